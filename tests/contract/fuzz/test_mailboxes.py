"""The probes of the mailboxes pass on the right server, and each fails on the wrong one that it is there for."""

from collections.abc import Callable
from typing import Any

import pytest

from faults.exchange import Exchange, around
from ringmock.contract.fuzz.client import Client
from ringmock.contract.fuzz.mailboxes import PROBES, faults_of
from ringmock.contract.fuzz.probes import Scene
from ringmock.contract.guard import Guard, Limits
from ringmock.fixture import load_named
from ringmock.serving.server import build, served
from ringmock.sign_in.worlds import Worlds

DEMO = load_named("demo")
INACTIVE = ("16509100104", "16509100105")

Records = list[dict[str, Any]]
Change = Callable[[Exchange], object]


def nothing(exchange: Exchange) -> None:
    """The right server."""


def change_records(exchange: Exchange, change: Callable[[Records], object]) -> None:
    if exchange.is_list:
        exchange.change_answer(lambda content: change(content["records"]))


class ShowsEverybodyEverything:
    """A mailbox lists what any mailbox was seen to hold."""

    def __init__(self) -> None:
        self.known: dict[int, dict[str, Any]] = {}

    def __call__(self, exchange: Exchange) -> None:
        change_records(exchange, self.leak)

    def leak(self, records: Records) -> None:
        self.known |= {record["id"]: record for record in records}
        records[:] = self.known.values()


def hides_pages_from_103(exchange: Exchange) -> None:
    if exchange.authorization == "Bearer demo-103":
        change_records(exchange, list.clear)


def forgets_what_was_dropped(exchange: Exchange) -> None:
    def forget(records: Records) -> None:
        records[:] = [record for record in records if not any(number in str(record["to"]) for number in INACTIVE)]

    change_records(exchange, forget)


def loses_the_last_of_a_further_page(exchange: Exchange) -> None:
    if "&page=" in exchange.query and "&page=1&" not in f"{exchange.query}&":
        change_records(exchange, lambda records: records.pop())


def counts_no_more_than_one_unread(exchange: Exchange) -> None:
    if "readStatus" in exchange.query:
        change_records(exchange, list.clear)


def failing(change: Change, guard: Guard | None = None) -> set[int]:
    """The places, in `PROBES`, of those that fail."""
    with served(around(build(Worlds(DEMO)), after=change)) as url, Client(url, guard=guard) as client:
        scene = Scene(client, DEMO)
        return {place for place, made in enumerate(PROBES) if faults_of(made, scene)}


def test_the_right_server_passes_them_all() -> None:
    assert failing(nothing) == set()


@pytest.mark.parametrize(
    ("change", "probe"),
    [
        (ShowsEverybodyEverything(), 0),
        (hides_pages_from_103, 1),
        (forgets_what_was_dropped, 2),
        (loses_the_last_of_a_further_page, 3),
        (counts_no_more_than_one_unread, 4),
    ],
)
def test_a_wrong_server_fails_the_probe_that_is_there_for_it(change: Change, probe: int) -> None:
    assert probe in failing(change)


def test_where_nothing_may_be_sent_nothing_is_found() -> None:
    assert failing(nothing, Guard(Limits(max_messages=0))) == set()
