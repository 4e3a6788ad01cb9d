"""What a client did that would hurt it in production: no false alarm and no miss, on sessions made by a generator."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest

from ringmock.domain.message import Outcome, Routed
from ringmock.http.findings import LOOKS, Kind, findings
from ringmock.http.redaction import HIDDEN
from ringmock.world.journal import Entry
from support import PAGER, SMS, STORE, Client, sms_body

START = datetime(2026, 1, 1, tzinfo=UTC)
SENT = (Routed("14151003732", Outcome.OUTSIDE, "R-06"),)


class Session:
    """Calls, each so many seconds after the one before."""

    def __init__(self) -> None:
        self.calls: list[Entry] = []
        self._now = START

    def call(self, after: float = 5, **given: Any) -> "Session":
        self._now += timedelta(seconds=after)
        known: dict[str, Any] = {
            "at": self._now, "who": "101", "method": "GET", "path": STORE, "operation": "listMessages", "status": 200,
            "milliseconds": 1.0, "number": len(self.calls) + 1,
        }  # fmt: skip
        self.calls.append(Entry(**{**known, **given}))
        return self

    def send(self, text: str = "Hello", after: float = 5, to: str = "14151003732", **given: Any) -> "Session":
        body = sms_body(text, to=to)
        known = {"method": "POST", "path": SMS, "operation": "createSMSMessage", "body": body, "routed": SENT}
        return self.call(after, **{**known, **given})

    @property
    def kinds(self) -> list[Kind]:
        return [finding.kind for finding in findings(self.calls)]


LOST: dict[str, Any] = {"is_lost": True, "fault": "the answer is lost"}
REFUSED: dict[str, Any] = {"status": 503, "routed": (), "fault": "CMN-201"}
TOLD_IT_FAILED: dict[str, Any] = {"status": 500, "is_lost": True, "fault": "carried out, CMN-203"}
BUSY: dict[str, Any] = {"status": 429, "routed": ()}


# --- duplicates ----------------------------------------------------------------------------------


def made(dice: Random) -> tuple[Session, int]:
    """A session, and how many duplicates are in it: what a client sends, loses, sends again, or looks up before."""
    session, duplicates = Session(), 0
    for number in range(dice.randrange(1, 7)):
        text, to = f"text {number}", f"1415100{dice.randrange(1000, 9999)}"
        way = dice.randrange(8)
        after = dice.choice((0.5, 5, 300, 3000))
        if way == 0:  # it went well, and the same is sent again on purpose
            session.send(text, to=to).send(text, after=after, to=to)
        elif way == 1:
            session.send(text, to=to, **LOST).send(text, after=after, to=to)
            duplicates += 1
        elif way == 2:  # lost twice, and sent a third time
            session.send(text, to=to, **LOST).send(text, after=after / 2, to=to, **LOST).send(
                text, after=after / 2, to=to
            )
            duplicates += 2
        elif way == 3:  # refused before it was carried out
            session.send(text, to=to, **REFUSED).send(text, after=after, to=to)
        elif way == 4:  # the client looks whether it was sent, and leaves it
            session.send(text, to=to, **LOST).call()
        elif way == 5:  # another text, another number
            session.send(text, to=to, **LOST).send(text + "!", after=after, to=to).send(
                text, after=after, to="14151003732"
            )
        elif way == 6:
            session.send(text, to=to, **TOLD_IT_FAILED).send(text, after=after, to=to)
            duplicates += 1
        else:  # much later it is another message
            session.send(text, to=to, **LOST).send(text, after=3601, to=to)
        if dice.random() < 0.3:
            session.send(text, to=to, who="102", path=SMS)  # somebody else's
    return session, duplicates


@pytest.mark.long
def test_the_duplicates_of_200_labelled_sessions_are_found_and_nothing_else() -> None:
    dice = Random(18)
    sessions = [made(dice) for _ in range(200)]
    assert sum(count for _, count in sessions) > 100
    for session, count in sessions:
        assert session.kinds.count(Kind.DUPLICATE) == count, session.calls


@pytest.mark.parametrize(("seconds", "found"), [(3600, 1), (3601, 0)])
def test_a_message_sent_again_after_more_than_an_hour_is_another(seconds: int, found: int) -> None:
    assert Session().send(**LOST).send(after=seconds).kinds.count(Kind.DUPLICATE) == found


# --- the other kinds -----------------------------------------------------------------------------


def polled(times: int, gap: float) -> Session:
    session = Session()
    for _ in range(times):
        session.call(gap)
    return session


@pytest.mark.parametrize(
    ("session", "kinds"),
    [
        (lambda: Session().send(**BUSY).send(after=59, **BUSY), [Kind.RATE_PENALTY]),
        (lambda: Session().send(**BUSY).send(after=60), []),
        (lambda: Session().send(fault="CMN-301", **BUSY).send(after=59), [Kind.RETRY_AFTER]),
        (lambda: Session().send(**BUSY).call(after=1, operation="authWsToken", path="/x", method="POST"), []),
        (lambda: Session().send(routed=(Routed("1415", Outcome.FAILED, "D-12"),)), [Kind.OPTED_OUT]),
        (lambda: polled(LOOKS, 0.9), [Kind.POLLING]),
        (lambda: polled(LOOKS - 1, 0.9), []),
        (lambda: polled(LOOKS, 1), []),
        (lambda: polled(LOOKS, 0), []),
        (lambda: Session().call(has_next_page=True), [Kind.NEXT_PAGE]),
        (lambda: Session().call(has_next_page=True).call(query=(("page", "2"),)), []),
        (lambda: Session().call(has_next_page=True, query=(("perPage", "1"),)), []),
        (lambda: Session().call(has_next_page=True).call(has_next_page=True), [Kind.NEXT_PAGE]),
        (lambda: Session().call(query=(("access_token", HIDDEN),)), [Kind.TOKEN_IN_QUERY]),
        (lambda: Session().call(operation="createSubscription", status=400, errors=({"errorCode": "SUB-520"},)),
         [Kind.VALIDATION_TOKEN]),
        (lambda: Session().send().send("Another").call(), []),
    ],
)  # fmt: skip
def test_each_kind_is_found_and_what_is_nearly_one_is_not(session: Callable[[], Session], kinds: list[Kind]) -> None:
    assert session().kinds == kinds


# --- on the wire ---------------------------------------------------------------------------------


def test_a_duplicate_is_told_with_its_calls(world_client: Client) -> None:
    rule = {"operation": "createInternalTextMessage", "lost": True, "error": "CMN-203", "times": 1}
    world_client.call("PUT", "/_mock/faults", json=[rule])
    assert [world_client.page("102").status_code for _ in range(2)] == [500, 200]
    said = world_client.get("/_mock/findings").json()
    (found,) = said["findings"]
    numbers = [entry["id"] for entry in world_client.get("/_mock/journal").json() if entry["path"] == PAGER]
    assert (found["kind"], found["calls"]) == ("duplicate", sorted(numbers))
    assert (said["calls"], said["left_out"]) == (len(world_client.get("/_mock/journal").json()), 0)


def test_a_list_whose_second_page_nobody_asks_for_is_told(world_client: Client) -> None:
    for _ in range(3):
        world_client.post_sms()
    world_client.get(f"{STORE}?perPage=2")
    kinds = [found["kind"] for found in world_client.get("/_mock/findings").json()["findings"]]
    assert kinds == ["next-page"]
    world_client.get(f"{STORE}?perPage=2&page=2")
    assert world_client.get("/_mock/findings").json()["findings"] == []


def test_a_world_in_which_all_is_well_has_no_findings(world_client: Client) -> None:
    world_client.post_sms()
    assert world_client.get("/_mock/findings").json()["findings"] == []
