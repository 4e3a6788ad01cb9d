"""What the tests of the logs write: a call, an event, a world that has both."""

from datetime import UTC, datetime

from ringmock.world.history.commands import Base, Caller, Event, Handled
from ringmock.world.history.log import Added, Begun, Change, Closed, Copied, Cut, Labelled, Opened
from ringmock.world.history.sqlite import LONG, FixtureMark

AT = datetime(2026, 1, 2, 3, 4, 5, 678901, UTC)
CALLER = Caller("101", "client", "AT-1", frozenset({"SMS", "ReadMessages"}), "endpoint", "session", False)
MARK = FixtureMark("demo", "digest")
BASE = Base(AT, b"secret")


def handled(content: bytes = b"{}", path: str = "/sms", caller: Caller | None = CALLER) -> Handled:
    return Handled(
        AT, "createSMSMessage", "POST", path, b"a=%20b", b"application/json", b"*/*", content, caller,
        "http://localhost", ("drawn",), 3, 1, 200, b'{"id": 1}',
    )  # fmt: skip


FIRST: list[Change] = [
    Opened(1, "", AT, None),
    Begun(1, 0, BASE),
    Added(1, 1, handled()),
    Added(1, 2, Event(AT, "walked", (AT, True))),
    Labelled(1, "two", 2),
    Added(1, 3, handled(b"x" * LONG)),
]

NUMBERED: list[tuple[list[Change], list[int], dict[str, int]]] = [
    ([Cut(1, 2)], [1, 2], {"two": 2}),
    ([Cut(1, 1)], [1], {}),
    ([Cut(1, 1), Added(1, 2, handled())], [1, 2], {}),
    ([Begun(1, 3, BASE), Added(1, 4, handled())], [4], {}),
    ([Labelled(1, "two", 3)], [1, 2, 3], {"two": 3}),
    ([Opened(2, "fork", AT, None), Begun(2, 0, BASE), Copied(2, 1, 2), Closed(1)], [], {}),
]
"""What comes after the first changes; the numbers of the commands that the world has then, and its labels."""
