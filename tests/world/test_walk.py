"""The clock of a world on its way along what is due: however far it goes at once, the same happens in order."""

import asyncio
import json
from collections.abc import Iterator
from random import Random
from typing import Any

import pytest

from broken_requests import Willing
from hostile.in_process import InProcess
from ringmock.world.controls import advancing_clock
from support import OWN, PAGER, SMS, STORE, sms_body

CLOCK, ADVANCE, DUE = "/_mock/clock", "/_mock/clock/advance", "/_mock/clock/due"
BULK = "/restapi/v1.0/account/~/a2p-sms"
SUBSCRIPTION = "/restapi/v1.0/subscription"
DAY, MINUTE = 86_400, 60


class Noting(Willing):
    """Notes what each receiver is sent."""

    def __init__(self) -> None:
        super().__init__()
        self.came: list[tuple[str, bytes]] = []

    async def notify(
        self, address: str, verification_token: str | None, body: bytes, mark: tuple[str, str] | None = None
    ) -> str | None:
        self.came.append((address, body))
        return None


class Server(InProcess):
    """The demo account at a moment, standing still."""

    def __init__(self) -> None:
        self.noting = Noting()
        super().__init__(webhooks=self.noting)
        self.ask("PUT", CLOCK, {"now": "2026-01-01T00:00:00Z", "frozen": True})

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        headers = [(b"content-type", b"application/json")]
        if not path.startswith("/_mock"):
            headers.append((b"authorization", b"Bearer demo-101"))
        answer = self.call(method, path.encode(), headers, b"" if body is None else json.dumps(body).encode())
        assert answer.status < 300, (method, path, answer)
        return json.loads(answer.content) if answer.content else None

    def advance(self, seconds: float) -> list[Any]:
        answer = self.ask("POST", ADVANCE, {"seconds": seconds})
        assert answer["count"] == len(answer["happened"])
        return answer["happened"]

    def settle(self) -> None:
        """Let every notification go its way."""
        for _ in range(200):
            self._run(asyncio.sleep(0))

    def subscribe(self, *filters: str, seconds: int = 400_000) -> str:
        delivery = {"transportType": "WebHook", "address": f"https://hook.test/{len(filters)}-{seconds}"}
        body = {"eventFilters": filters, "deliveryMode": delivery, "expiresIn": seconds}
        return str(self.ask("POST", SUBSCRIPTION, body)["id"])

    def carriers(self, *steps: dict[str, Any]) -> None:
        self.ask("PUT", "/_mock/carrier", {"profiles": [{"prefix": "1415", "steps": list(steps)}]})

    def sms(self, to: str = "14151003732") -> str:
        return str(self.ask("POST", SMS, sms_body(to=to))["id"])


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as server:
        yield server


def kinds(events: list[Any]) -> list[str]:
    return [each["kind"] for each in events]


# --- a day, and its minutes ----------------------------------------------------------------------


def busy(dice: Random) -> Server:
    """A world in which much is due within the next day."""
    server = Server()
    for _ in range(2):
        server.ask("DELETE", f"{STORE}/{server.sms()}")
    server.advance(5 * DAY - dice.randint(600, DAY - 600))
    server.subscribe(f"{OWN}/message-store", f"/restapi/v1.0/subscription/~?threshold={dice.randint(900, 30_000)}"
                     f"&interval={dice.randint(37, 400)}", seconds=dice.randint(70_000, 90_000))  # fmt: skip
    server.subscribe(f"{OWN}/message-store", f"{BULK}/messages", f"{BULK}/batches")
    late = [{"notification": "late", "delay": dice.randint(30, 5_000), "share": 0.3, "seed": dice.randint(0, 99)}]
    server.ask("PUT", "/_mock/faults", [*late, {"notification": "reordered", "nth": 4, "times": 1}])
    for _ in range(6):
        after = sorted(dice.sample(range(1, DAY + 5_000), 2))
        server.carriers({"status": "Sent", "after": after[0]}, {"status": "Delivered", "after": after[1]})
        server.sms(f"1415100{dice.randint(1000, 9999)}")
    server.ask("POST", PAGER, {"to": [{"extensionNumber": "102"}], "text": "Hello"})
    server.ask("POST", f"{BULK}/batches", {"from": "16509100300", "text": "Hi", "messages": [{"to": ["14151003732"]}]})
    server.ask("POST", "/_mock/tokens", {"extension": "102"})
    server.ask("POST", "/restapi/v1.0/account/~/message-store-report", {})
    server.settle()
    return server


def state(server: Server) -> Any:
    """Every status and expiry that shows."""
    server.settle()
    came: dict[str, list[bytes]] = {}
    for address, body in server.noting.came:
        came.setdefault(address, []).append(body)
    paths = (
        f"{STORE}?dateFrom=2025-01-01T00:00:00Z&availability=Alive,Deleted,Purged",
        SUBSCRIPTION,
        f"{BULK}/batches",
    )
    told = [server.ask("GET", path) for path in (*paths, CLOCK, "/_mock/messages", DUE)]
    for each in told:
        each.pop("paging", None)  # its tokens are secrets of each world
    return told, came


@pytest.mark.parametrize("seed", range(2))
def test_a_day_makes_the_same_happen_as_its_minutes_one_by_one(seed: int) -> None:
    with busy(Random(seed)) as at_once, busy(Random(seed)) as in_steps:
        day = at_once.advance(DAY)
        minutes = [event for _ in range(DAY // MINUTE) for event in in_steps.advance(MINUTE)]

        assert {"message-status", "batch-status", "notification", "subscription-reminder", "message-purged",
                "access-token-expired", "report-completed"} <= set(kinds(day))  # fmt: skip
        assert day == minutes
        assert state(at_once) == state(in_steps)


def test_what_is_due_is_what_then_happens(server: Server) -> None:
    with busy(Random(7)) as server:
        due = server.ask("GET", f"{DUE}?limit=1000")["due"]
        happened = server.advance(DAY)

        # What is late on demand is decided when it is sent.
        told = [event for event in happened if event["kind"] != "notification"]
        assert [event for event in due if event in told] == told


def two_messages(server: Server) -> list[str]:
    """One that is delivered after 70 seconds and one that is after 10; their ids."""
    made = []
    for seconds in (70, 10):
        server.carriers({"status": "Delivered", "after": seconds})
        made.append(server.sms())
    return made


# --- one after the other -------------------------------------------------------------------------


def test_the_clock_goes_to_what_is_due_next_and_nowhere_where_nothing_is(server: Server) -> None:
    late, soon = two_messages(server)
    entry = {"kind": "message-status", "extension": "101", "status": "Delivered"}
    due = [
        {"at": "2026-01-01T00:00:10.000Z", **entry, "id": soon},
        {"at": "2026-01-01T00:01:10.000Z", **entry, "id": late},
    ]
    assert server.ask("GET", DUE) == {"now": "2026-01-01T00:00:00.000Z", "frozen": True, "due": due}
    assert server.ask("GET", f"{DUE}?limit=1")["due"] == due[:1]

    told = [server.ask("POST", ADVANCE, {"to": "next"}) for _ in range(3)]

    assert [(each["now"], each["happened"]) for each in told] == [
        ("2026-01-01T00:00:10.000Z", due[:1]),
        ("2026-01-01T00:01:10.000Z", due[1:]),
        ("2026-01-01T00:01:10.000Z", []),
    ]


@pytest.mark.parametrize(("seconds", "count"), [(9, 0), (10, 1), (69, 1), (70, 2), (-70, 0)])
def test_an_event_happens_at_its_moment_and_not_before(server: Server, seconds: int, count: int) -> None:
    two_messages(server)

    assert len(server.advance(seconds)) == count


def test_a_running_clock_runs_on_from_where_it_was_moved_to(server: Server) -> None:
    server.ask("PUT", CLOCK, {"frozen": False})
    server.ask("POST", "/_mock/tokens", {"extension": "101"})

    answer = server.ask("POST", ADVANCE, {"to": "next"})

    assert (kinds(answer["happened"]), answer["frozen"]) == (["access-token-expired"], False)
    assert answer["happened"][0]["extension"] == "101"


def test_a_world_that_is_reset_on_the_way_begins_anew_and_stays_as_it_was_begun(server: Server) -> None:
    server.subscribe(f"{OWN}/message-store", "/restapi/v1.0/subscription/~?threshold=100000&interval=100")
    world = server.worlds.default

    async def scenario() -> None:
        walk = advancing_clock(world, 350_000)
        assert not walk.step()
        world.reset()
        walk.finish()
        assert world.walk is None

    server._run(scenario())
    assert server.ask("GET", CLOCK)["frozen"] is False


def test_a_second_way_begins_where_the_first_one_ends(server: Server) -> None:
    server.subscribe(f"{OWN}/message-store", "/restapi/v1.0/subscription/~?threshold=100000&interval=100")
    world = server.worlds.default
    begun = world.clock.now()

    async def scenario() -> None:
        first = advancing_clock(world, 350_000)
        assert not first.step()
        second = advancing_clock(world, 10)
        assert first.is_over
        second.finish()

    server._run(scenario())
    assert (world.clock.now() - begun).total_seconds() == 350_010
    assert world.clock.is_frozen


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({}, "'seconds'"),
        ({"seconds": 1, "to": "next"}, "'seconds'"),
        ({"to": "end"}, "'to' is one of next"),
        ({"second": 1}, "did you mean 'seconds'?"),
    ],
)
def test_what_is_no_way_for_a_clock_is_refused(server: Server, body: Any, said: str) -> None:
    answer = server.call("POST", ADVANCE.encode(), [], json.dumps(body).encode())

    assert (answer.status, said in answer.content.decode()) == (400, True), answer.content
