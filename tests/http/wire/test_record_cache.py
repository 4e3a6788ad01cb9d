"""The records of lists, kept until anything about them changes: always what rendering them anew would say."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from builders import HANDSET, START, Clock, department, mailbox, page, set_members, set_status, sms, user, world
from ringmock.domain.account import ExtensionStatus
from ringmock.domain.attachment import Attachment
from ringmock.domain.errors import Refusal
from ringmock.domain.fax import FaxRecipient, SendFax
from ringmock.domain.generation import GENERATIONS
from ringmock.domain.message import Availability, Message, MessageStatus, ReadStatus
from ringmock.http.wire import messages as wire
from ringmock.http.wire.message_sync import records_of
from ringmock.http.wire.record_cache import OVERHEAD, ListOfRecords, Record, RecordCache
from ringmock.http.wire.view import View
from ringmock.server_limits import ServerLimits
from ringmock.world.fork import copy_into
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


def test_a_fax_that_is_called_off_and_restored_while_the_clock_stands_is_listed_as_failed() -> None:
    here, cache = world(user("101", administrator=True), user("102")), RecordCache()
    me, files = here.account.extensions["101"], (Attachment("application/pdf", "order.pdf", b"%PDF-1.4"),)
    later = SendFax((FaxRecipient(HANDSET),), files, send_at=START + timedelta(hours=1))
    message = here.send_fax(me, later).message
    assert cache.record(message, view(here)).value["messageStatus"] == MessageStatus.QUEUED

    restored(here, message)

    assert cache.record(message, view(here)).value["messageStatus"] == MessageStatus.SENDING_FAILED


def size_of(message: Message, here: World) -> int:
    return len(Record(wire.message_resource(message, view(here))).json) + OVERHEAD


@pytest.mark.parametrize(("more", "young"), [(-2, 1), (0, 2), (2, 2)])
def test_no_more_bytes_are_kept_than_the_bound_says(more: int, young: int) -> None:
    here = office("2012")
    one, two = (sms(here, "101", HANDSET).message for _ in range(2))
    bound = 2 * (size_of(one, here) + size_of(two, here)) + more
    cache = RecordCache(ServerLimits(max_list_cache=bound).max_list_cache)

    found = cache.records([one, two], view(here))

    assert len(cache._young) == young
    assert cache.bytes <= bound
    assert [cache.record(one, view(here)) is found[0], cache.record(two, view(here)) is found[1]] == [True, True]
    assert cache.bytes <= bound


def test_a_record_that_is_larger_than_half_of_the_bound_is_not_kept() -> None:
    here = office("2012")
    message = sms(here, "101", HANDSET).message
    cache = RecordCache(most=2 * size_of(message, here) - 1)

    first = cache.record(message, view(here))

    assert (len(cache), cache.bytes) == (0, 0)
    assert cache.record(message, view(here)) is not first


def test_the_records_that_were_not_listed_for_the_longest_time_go_first() -> None:
    here = office("2012")
    messages = [sms(here, "101", HANDSET).message for _ in range(5)]
    cache = RecordCache(most=4 * size_of(messages[0], here))
    first, second = cache.records(messages[:4], view(here))[:2]
    assert cache.record(messages[0], view(here)) is first

    cache.records(messages[4:], view(here))

    assert len(cache) <= 4
    assert cache.record(messages[0], view(here)) is first
    assert cache.record(messages[1], view(here)) is not second


def test_a_record_that_is_made_anew_counts_once() -> None:
    here, cache = office("2012"), RecordCache()
    message = sms(here, "101", HANDSET).message
    for _ in range(3):
        marked(here, message)
        record = cache.record(message, view(here))
        assert cache.bytes == len(record.json) + OVERHEAD


# --- whatever happens ----------------------------------------------------------------------------

PEOPLE = ("101", "102")

HAPPENINGS: dict[str, Callable[[World, int], object]] = {
    "an SMS": lambda here, _: sms(here, "101", HANDSET),
    "an SMS to a colleague": lambda here, _: sms(here, "101", "16509100102"),
    "a text from a phone": lambda here, _: here.receive_sms(HANDSET, "16509100101", "Hello"),
    "a page to a Department": lambda here, _: page(here, "101", "200"),
    "a message marked": lambda here, which: marked(here, chosen(here, which)),
    "a message deleted": lambda here, which: deleted(here, chosen(here, which)),
    "a message restored": lambda here, which: restored(here, chosen(here, which)),
    "a message purged": lambda here, which: purged(here, chosen(here, which)),
    "another name": lambda here, which: renamed(here, chosen(here, which)),
    "a second later": lambda here, _: here.clock.advance(timedelta(seconds=1)),
    "an hour later": lambda here, _: here.clock.advance(timedelta(hours=1)),
    "an hour earlier": lambda here, _: here.clock.advance(timedelta(hours=-1)),
    "six days later": lambda here, _: here.clock.advance(timedelta(days=6)),
    "nobody in the Department": lambda here, _: set_members(here, "200"),
    "everybody in the Department": lambda here, _: set_members(here, "200", *PEOPLE),
    "an extension disabled": lambda here, _: set_status(here, "102", ExtensionStatus.DISABLED),
    "an extension enabled": lambda here, _: set_status(here, "102", ExtensionStatus.ENABLED),
    "a reset": lambda here, _: here.reset(),
}


def chosen(here: World, which: int) -> Message:
    held = mailbox(here, "101") or (sms(here, "101", HANDSET).message,)
    return held[which % len(held)]


def happens(what: str, which: int, here: World) -> None:
    with suppress(Refusal):  # nothing has changed then
        HAPPENINGS[what](here, which)


def forked(origin: World) -> World:
    fork = World(origin.template, Clock(), origin.generation)
    copy_into(fork, origin)
    return fork


@settings(max_examples=50, deadline=None, derandomize=True, database=None)
@given(
    st.sampled_from(sorted(GENERATIONS)),
    st.lists(st.tuples(st.sampled_from(sorted(HAPPENINGS)), st.integers(0, 5), st.booleans()), max_size=15),
)
def test_whatever_happens_lists_and_synchronizations_show_what_is(
    generation: str, happenings: list[tuple[str, int, bool]]
) -> None:
    people = (user("101"), user("102"), department("200", *PEOPLE))
    worlds = [world(*people, generation=GENERATIONS[generation])]
    cache = RecordCache(most=8 * 1500)
    for what, which, forks in happenings:
        happens(what, which, worlds[-1])
        if forks and len(worlds) < 3:
            worlds.append(forked(worlds[-1]))
        for here in worlds:
            for number in PEOPLE:
                check_shown(here, number, cache)


def check_shown(here: World, number: str, cache: RecordCache) -> None:
    messages, seen = mailbox(here, number), view(here)
    anew = [Record(wire.message_resource(message, seen)).json for message in messages]
    assert [record.json for record in cache.records(messages, seen)] == anew
    me = here.account.extensions[number]
    assert [record.json for record in records_of(messages, me, seen, cache)] == anew


def test_a_synchronization_has_the_whole_of_what_is_alive_and_of_the_rest_the_fact_alone() -> None:
    here, cache = office("2012"), RecordCache()
    messages = [sms(here, "101", HANDSET).message for _ in range(4)]
    deleted(here, messages[1])
    purged(here, messages[2])

    records = records_of(messages, here.account.extensions["101"], view(here), cache)

    assert [record.value["id"] for record in records] == [message.id for message in messages]
    assert [len(record.value) > 3 for record in records] == [True, False, False, True]


# --- lists ---------------------------------------------------------------------------------------


def test_a_text_that_reads_like_an_empty_list_of_records_stays_a_text() -> None:
    uri = 'a "records":[] b'
    body = ListOfRecords({"uri": uri, "records": [], "note": uri}, [Record({"id": 1})])

    assert body.encoded() == orjson.dumps({"uri": uri, "records": [{"id": 1}], "note": uri})


def test_a_list_is_encoded_with_its_records_in_the_place_of_the_empty_ones() -> None:
    body = ListOfRecords({"uri": "a", "records": [], "paging": {}}, [Record({"id": 1}), Record({"id": 2})])

    assert body.encoded() == b'{"uri":"a","records":[{"id":1},{"id":2}],"paging":{}}'
    assert body.whole == {"uri": "a", "records": [{"id": 1}, {"id": 2}], "paging": {}}
