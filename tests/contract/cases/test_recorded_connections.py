from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ringmock.contract.cases.recorded_connections import Connections, Moment, Place, places_of
from ringmock.timestamps import iso8601

Json = Any
NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def subscription(name: str, *came: tuple[str, datetime]) -> Mapping[str, Json]:
    """A subscription of a WebSocket, and what came for it: UUIDs and times."""
    notes = [
        {"at": iso8601(at), "uuid": uuid, "arrived": True, "on_demand": None, "body": {"uuid": uuid}}
        for uuid, at in came
    ]
    return {"id": name, "transport": "WebSocket", "notifications": notes}


def connections(attempted: Mapping[str, Place], *subscriptions: Mapping[str, Json]) -> Connections:
    """With a connection for each subscription."""
    made = Connections(subscriptions, attempted)
    for each in subscriptions:
        made.name_of(each["id"])
        made.note_answer(each["id"], {"id": each["id"]})
    return made


def came_before(made: Connections, moment: Moment | None) -> list[str]:
    return [received.body["uuid"] for received in made.received_before(moment)]


@pytest.mark.parametrize(
    ("came", "place", "moment", "is_before"),
    [
        (NOON, Place(5, 11), Moment(NOON, Place(6)), True),
        (NOON, Place(5, 11), Moment(NOON, Place(5)), False),
        (NOON, Place(5, 11), Moment(NOON, Place(5, 12)), True),
        (NOON, Place(5, 11), Moment(NOON, Place(5, 10)), False),
        (NOON + SECOND, Place(5, 11), Moment(NOON, Place(6)), True),
        (NOON, None, Moment(NOON, Place(6)), False),
        (NOON, None, Moment(NOON + SECOND, Place(6)), True),
        (NOON, Place(5, 11), Moment(NOON), False),
        (NOON, Place(5, 11), Moment(NOON + SECOND), True),
    ],
    ids=[
        "call after it", "call that it came after", "change after it", "change before it", "clock set back",
        "not in the history", "not in the history, earlier", "change without a place", "later change without a place",
    ],
)  # fmt: skip
def test_a_notification_is_placed_by_the_history_and_by_its_time_only_without_it(
    came: datetime, place: Place | None, moment: Moment, is_before: bool
) -> None:
    made = connections({} if place is None else {"note": place}, subscription("one", ("note", came)))
    assert came_before(made, moment) == (["note"] if is_before else [])
    assert came_before(made, None) == ([] if is_before else ["note"])


def test_notifications_of_one_time_come_in_the_order_of_the_history_and_those_that_it_has_not_after_them() -> None:
    made = connections(
        {"second": Place(2, 8), "first": Place(2, 7)},
        subscription("one", ("second", NOON), ("fourth", NOON + SECOND)),
        subscription("other", ("first", NOON), ("third", NOON)),
    )
    assert came_before(made, None) == ["first", "second", "third", "fourth"]


def test_an_event_is_after_the_call_before_it_though_the_journal_has_that_later_and_a_fork_counts_anew() -> None:
    lines: list[Mapping[str, Json]] = [
        {"number": 1, "call": "createInternalTextMessage", "journal": 5},
        {"number": 2, "event": "attempted", "after": 4},
        {"number": 3, "event": "attempted", "after": 7},
        {"number": 4, "event": "forked", "after": 0},
        {"number": 5, "event": "attempted", "after": 1},
    ]
    assert [place for place, _ in places_of(lines)] == [(5, 1), (5, 2), (7, 3), (0, 4), (1, 5)]
