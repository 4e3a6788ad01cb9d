"""The records of lists, kept until anything about them changes: always what rendering them anew would say."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from builders import HANDSET, START, sms, user, world
from ringmock.domain.generation import GENERATIONS
from ringmock.domain.message import Availability, Message, ReadStatus
from ringmock.http.wire import messages as wire
from ringmock.http.wire.record_cache import ListOfRecords, Record, RecordCache
from ringmock.http.wire.view import View
from ringmock.world.world import World

BASE = "http://example.test"


def view(here: World, base: str = BASE) -> View:
    return View(here.account, here.generation, base, here.clock.now())


def office(generation: str) -> World:
    return world(user("101"), user("102"), generation=GENERATIONS[generation])


def marked(here: World, message: Message) -> None:
    here.mark_message(here.account.extensions["101"], message.id, ReadStatus.UNREAD)
    here.mark_message(here.account.extensions["101"], message.id, ReadStatus.READ)


def deleted(here: World, message: Message) -> None:
    here.delete_message(here.account.extensions["101"], message.id, purge=False)


def restored(here: World, message: Message) -> None:
    deleted(here, message)
    here.change_message(here.account.extensions["101"], message.id, None, Availability.ALIVE)


def purged(here: World, message: Message) -> None:
    here.delete_message(here.account.extensions["101"], message.id, purge=True)


def renamed(here: World, _: Message) -> None:
    here.account = here.account.with_extension(replace(here.account.extensions["101"], name="Another"))


def later(here: World, _: Message) -> None:
    here.clock.advance(timedelta(hours=1))


def earlier(here: World, _: Message) -> None:
    here.clock.advance(timedelta(hours=-1))


def nothing(_: World, __: Message) -> None:
    pass


CHANGES = (nothing, renamed, marked, deleted, restored, purged, later, earlier)


@pytest.mark.parametrize("generation", GENERATIONS)
@pytest.mark.parametrize("change", CHANGES, ids=[change.__name__ for change in CHANGES])
def test_a_record_is_what_it_would_be_if_nothing_were_kept(
    change: Callable[[World, Message], None], generation: str
) -> None:
    here, cache = office(generation), RecordCache()
    message = sms(here, "101", HANDSET).message
    here.clock.set(START + timedelta(minutes=1), frozen=True)
    cache.record(message, view(here))

    change(here, message)

    assert cache.record(message, view(here)).value == Record(wire.message_resource(message, view(here))).value


def test_a_record_that_has_not_changed_is_the_same_one_until_its_status_moves_or_another_address_is_asked() -> None:
    here, cache = office("current"), RecordCache()
    message = sms(here, "101", HANDSET).message
    here.clock.set(message.created, frozen=True)
    first = cache.record(message, view(here))
    moves = message.next_change(message.created)
    assert moves is not None

    here.clock.set(moves - timedelta(microseconds=1), frozen=True)
    assert cache.record(message, view(here)) is first
    here.clock.set(moves, frozen=True)
    second = cache.record(message, view(here))
    assert second.value["messageStatus"] != first.value["messageStatus"]
    assert cache.record(message, view(here, "http://other.test")).value["uri"].startswith("http://other.test/")
    assert cache.record(message, view(here)).value == second.value


def test_the_record_that_was_not_listed_for_the_longest_time_goes_first() -> None:
    here, cache = office("2012"), RecordCache(most=2)
    one, two, three = (sms(here, "101", HANDSET).message for _ in range(3))
    first, second = cache.records([one, two], view(here))
    assert cache.record(one, view(here)) is first

    cache.record(three, view(here))

    assert len(cache) == 2
    assert cache.record(one, view(here)) is first
    assert cache.record(two, view(here)) is not second


def test_a_list_is_encoded_with_its_records_in_the_place_of_the_empty_ones() -> None:
    body = ListOfRecords({"uri": "a", "records": [], "paging": {}}, [Record({"id": 1}), Record({"id": 2})])

    assert body.encoded() == b'{"uri":"a","records":[{"id":1},{"id":2}],"paging":{}}'
    assert body.whole == {"uri": "a", "records": [{"id": 1}, {"id": 2}], "paging": {}}
