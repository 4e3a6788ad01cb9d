import random
from datetime import datetime, timedelta

import pytest

from builders import HANDSET, START, department, direct, mailbox, page, set_members, sms, texts, user, world
from ringmock.domain.account import Feature
from ringmock.domain.generation import GENERATIONS
from ringmock.domain.message import Availability, Direction, Message, MessageStatus, MessageType, ReadStatus
from ringmock.domain.message_filter import MessageFilter
from ringmock.domain.message_store import InMemoryMessageStore
from ringmock.world.world import World

DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)


def wanted(**fields) -> MessageFilter:
    """Two days before the start to two after, and whatever the test asks for."""
    return MessageFilter(**{"date_from": START - 2 * DAY, "date_to": START + 2 * DAY, **fields})


def ids_of(here: World, number: str, **fields) -> list[int]:
    return [m.id for m in here.list_messages(here.account.extensions[number], wanted(**fields)).records]


def busy_world() -> tuple[World, list[Message]]:
    """101 with every kind of record, made at irregular times: all of them, newest first by creation and age."""
    here = world(user("101"), user("102"), department("200", "101", "102"))
    dice = random.Random(7)
    for number in range(300):
        here.clock.set(START + timedelta(seconds=dice.randrange(3600)), frozen=True)
        match number % 5:
            case 0:
                sms(here, "101", dice.choice([HANDSET, "14151003733"]))
            case 1:
                here.receive_sms(dice.choice([HANDSET, "14151003733"]), direct("101"), f"in {number}")
            case 2:
                page(here, "101", "102")
            case 3:
                page(here, "102", "200")
            case 4:
                page(here, "101", "101")
    me = here.account.extensions["101"]
    records = list(here.list_messages(me, wanted(per_page=1000)).records)
    for message in dice.sample(records, 120):
        here.messages.set_read_status(message, dice.choice(list(ReadStatus)), here.clock.now())
    for message in dice.sample(records, 90):
        here.messages.delete(message, here.clock.now(), purge=dice.random() < 0.5)
    return here, records


FILTERS = [
    {},
    {"types": frozenset({MessageType.SMS})},
    {"types": frozenset()},
    {"directions": frozenset({Direction.INBOUND})},
    {"read_statuses": frozenset({ReadStatus.UNREAD}), "types": frozenset({MessageType.PAGER})},
    {"availabilities": frozenset(Availability)},
    {"availabilities": frozenset({Availability.DELETED, Availability.PURGED})},
    {"phone_number": HANDSET},
    {"phone_number": f"+{HANDSET}", "directions": frozenset({Direction.OUTBOUND})},
    {"date_from": START + timedelta(minutes=20), "date_to": START + timedelta(minutes=40)},
    {"distinct_conversations": True},
    {"distinct_conversations": True, "types": frozenset({MessageType.SMS})},
    {"distinct_conversations": True, "phone_number": HANDSET},
    {"distinct_conversations": True, "phone_number": direct("101"), "read_statuses": frozenset({ReadStatus.READ})},
    {"distinct_conversations": True, "date_to": START + timedelta(minutes=20)},
    {"distinct_conversations": True, "availabilities": frozenset({Availability.DELETED})},
    {"distinct_conversations": True, "types": frozenset()},
]


def expected(records: list[Message], asked: MessageFilter) -> list[int]:
    """The plain reading of a filter: one record after the other."""
    matching = [
        m
        for m in sorted(records, key=lambda m: m.order, reverse=True)
        if m.type in asked.types
        and m.direction in asked.directions
        and m.read_status in asked.read_statuses
        and m.availability in asked.availabilities
        and asked.date_from <= m.created <= asked.date_to
        and (asked.phone_number is None or asked.phone_number.lstrip("+") in m.conversation.numbers)
        and (asked.conversation_id is None or asked.conversation_id == m.conversation.id)
    ]
    if not asked.distinct_conversations:
        return [m.id for m in matching]
    newest: dict[int | None, int] = {}
    for m in matching:
        newest.setdefault(m.conversation.id, m.id)
    return list(newest.values())


def told(fields: dict) -> str:
    """The filters as a name of a test, the same in every process: a set has no order of its own."""
    values = (sorted(value) if isinstance(value, frozenset) else value for value in fields.values())
    return " ".join(f"{name}={value}" for name, value in zip(fields, values, strict=True))


@pytest.mark.parametrize("fields", FILTERS, ids=told)
@pytest.mark.parametrize("per_page", [1, 7, 100, 1000])
def test_every_filter_gives_what_a_plain_scan_gives_on_every_page(fields: dict, per_page: int) -> None:
    here, records = busy_world()
    me = here.account.extensions["101"]
    whole = expected(records, wanted(**fields))
    pages = range(1, len(whole) // per_page + 3)
    found = [here.list_messages(me, wanted(**fields, per_page=per_page, page=number)) for number in pages]
    assert [m.id for one in found for m in one.records] == whole
    assert {one.total for one in found} == {len(whole)}
    assert all(len(one.records) <= per_page for one in found)


def test_the_newest_of_each_conversation_is_the_newest_whatever_has_become_of_it_since_the_last_question() -> None:
    here, records = busy_world()
    me, dice = here.account.extensions["101"], random.Random(11)
    asked = [wanted(**fields, per_page=1000) for fields in FILTERS if fields.get("distinct_conversations")]
    for _ in range(40):
        message = dice.choice(records)
        if message.availability is not Availability.PURGED:
            here.change_message(me, message.id, dice.choice(list(ReadStatus)), dice.choice(list(Availability)))
        here.clock.set(START + timedelta(seconds=dice.randrange(3600)), frozen=True)
        here.receive_sms(HANDSET, direct("101"), "in")
        records = list(here.list_messages(me, wanted(availabilities=frozenset(Availability), per_page=1000)).records)
        for one in asked:
            assert [m.id for m in here.list_messages(me, one).records] == expected(records, one)


def test_more_kinds_of_questions_than_are_kept_ready_are_answered() -> None:
    here, records = busy_world()
    me = here.account.extensions["101"]
    for _ in range(2):
        for number in range(20):
            one = wanted(distinct_conversations=True, phone_number=f"141510037{number + 20:02}")
            assert [m.id for m in here.list_messages(me, one).records] == expected(records, one)


def test_one_conversation_has_one_newest_message() -> None:
    here, records = busy_world()
    one = next(m for m in records if m.type is MessageType.SMS and m.availability is Availability.ALIVE)
    asked = {"conversation_id": one.conversation.id, "distinct_conversations": True}
    assert ids_of(here, "101", **asked) == expected(records, wanted(**asked))
    assert ids_of(here, "101", **asked, page=2) == []


@pytest.mark.parametrize("conversations", [7, 8, 9, 20])
def test_a_number_lists_all_of_its_conversations_however_many_and_whatever_changes(conversations: int) -> None:
    here = world(user("101"))
    me = here.account.extensions["101"]
    sent = [sms(here, "101", f"141510037{number:02}").message for number in range(conversations)]
    sent += [sms(here, "101", f"141510037{number:02}").message for number in range(conversations)]
    for message in sent[::3]:
        here.mark_message(me, message.id, ReadStatus.READ)
    here.delete_message(me, sent[-1].id, purge=False)

    kept = [message.id for message in reversed(sent) if message is not sent[-1]]
    assert ids_of(here, "101", phone_number=direct("101")) == kept
    for number in (0, conversations - 1):
        with_it = [each.id for each in sent if f"141510037{number:02}" in each.recipients and each is not sent[-1]]
        assert ids_of(here, "101", phone_number=f"141510037{number:02}") == with_it[::-1]
    heads = ids_of(here, "101", distinct_conversations=True, phone_number=direct("101"))
    assert len(heads) == conversations


def test_conversation_and_phone_number_filter_together() -> None:
    here, records = busy_world()
    one = next(m for m in records if m.type is MessageType.SMS and m.availability is Availability.ALIVE)
    (number,) = one.conversation.numbers - {direct("101")}
    other = {HANDSET, "14151003733"} - {number}
    asked = {"conversation_id": one.conversation.id, "phone_number": number}
    assert ids_of(here, "101", **asked, per_page=1000) == expected(records, wanted(**asked))
    assert ids_of(here, "101", conversation_id=one.conversation.id, phone_number=other.pop()) == []
    assert ids_of(here, "101", conversation_id=12345) == []
    assert ids_of(here, "101", per_page=0) == []


def test_the_newest_comes_first_and_of_one_moment_the_later_one() -> None:
    here = world(user("101"))
    for number in range(3):
        sms(here, "101", HANDSET, text=f"same {number}")
    here.clock.advance(timedelta(seconds=-10))
    sms(here, "101", HANDSET, text="earlier")
    assert texts(here, "101") == ["same 2", "same 1", "same 0", "earlier"]


@pytest.mark.parametrize(
    ("date_from", "date_to", "found"),
    [
        (START, START, 1),
        (START + timedelta(milliseconds=1), START + DAY, 0),
        (START - DAY, START - timedelta(milliseconds=1), 0),
        (START + DAY, START - DAY, 0),
        (datetime.min.replace(tzinfo=START.tzinfo), datetime.max.replace(tzinfo=START.tzinfo), 1),
    ],
)
def test_both_dates_are_inclusive(date_from: datetime, date_to: datetime, found: int) -> None:
    here = world(user("101"))
    sms(here, "101", HANDSET)
    assert len(ids_of(here, "101", date_from=date_from, date_to=date_to)) == found


def test_a_page_counts_only_what_its_reader_may_see() -> None:
    here = world(user("101"), user("102"), department("200", "102"))
    page(here, "101", "200")
    page(here, "101", "102")
    reader = here.account.extensions["102"]
    assert here.list_messages(reader, wanted()).total == 2
    set_members(here, "200")
    assert here.list_messages(reader, wanted()).total == 1


def test_deleting_goes_from_alive_to_deleted_to_purged_and_takes_the_text_last() -> None:
    here = world(user("101"))
    message = sms(here, "101", HANDSET).message
    me = here.account.extensions["101"]
    here.delete_message(me, message.id, purge=False)
    assert (message.availability, message.text) == (Availability.DELETED, "Hi")
    assert here.read_message(me, message.id) is message
    here.delete_message(me, message.id, purge=False)
    assert (message.availability, message.text) == (Availability.PURGED, "")
    here.delete_message(me, message.id, purge=False)
    assert message.availability is Availability.PURGED
    here.delete_message(me, 12345, purge=True)


def test_purging_goes_all_the_way_at_once() -> None:
    here = world(user("101"))
    message = sms(here, "101", HANDSET).message
    here.delete_message(here.account.extensions["101"], message.id, purge=True)
    assert message.availability is Availability.PURGED
    assert mailbox(here, "101") == ()


def test_marking_moves_the_time_of_the_last_change() -> None:
    here = world(user("101"))
    message = sms(here, "101", HANDSET).message
    here.clock.advance(timedelta(minutes=5))
    here.mark_message(here.account.extensions["101"], message.id, ReadStatus.READ)
    assert (message.read_status, message.modified) == (ReadStatus.READ, START + timedelta(minutes=5))
    assert message.created == START


@pytest.mark.parametrize(
    ("generation", "outbound", "accepted", "by_the_next_look", "in_two_seconds"),
    [
        ("2012", ReadStatus.UNREAD, MessageStatus.SENT, MessageStatus.SENT, MessageStatus.SENT),
        ("current", ReadStatus.READ, MessageStatus.QUEUED, MessageStatus.SENT, MessageStatus.DELIVERED),
    ],
)
def test_the_generation_decides_how_an_outbound_sms_is_marked_and_how_it_fares(
    generation: str,
    outbound: ReadStatus,
    accepted: MessageStatus,
    by_the_next_look: MessageStatus,
    in_two_seconds: MessageStatus,
) -> None:
    here = world(user("101"), generation=GENERATIONS[generation])
    message = sms(here, "101", HANDSET).message
    assert (message.read_status, message.progress.accepted) == (outbound, accepted)
    assert message.status_at(here.clock.now()) is by_the_next_look
    here.clock.advance(timedelta(seconds=2))
    assert message.status_at(here.clock.now()) is in_two_seconds


@pytest.mark.parametrize(("generation", "is_first_id"), [("2012", True), ("current", False)])
def test_the_generation_decides_how_a_thread_is_named(generation: str, is_first_id: bool) -> None:
    here = world(user("101"), user("102"), generation=GENERATIONS[generation])
    message = page(here, "101", "102").message
    assert (message.conversation.id == message.id) is is_first_id
    assert 0 < (message.conversation.id or 0) < 1 << 63


def test_one_pair_of_numbers_has_one_conversation_and_another_pair_another() -> None:
    here = world(user("101"), user("102"), features=(Feature.SMS_SENDER,))
    first = sms(here, "101", HANDSET).message.conversation
    assert sms(here, "101", HANDSET).message.conversation == first
    assert sms(here, "102", HANDSET).message.conversation != first
    assert sms(here, "101", direct("102")).message.conversation == mailbox(here, "102")[0].conversation


def test_a_mailbox_does_not_hold_what_another_one_does() -> None:
    here = world(user("101"), user("102"))
    message = sms(here, "101", HANDSET).message
    assert isinstance(here.messages, InMemoryMessageStore)
    assert here.messages.find("101", message.id) is message
    assert here.messages.find("102", message.id) is None
    assert len(here.messages) == 1


def test_d19_what_is_deleted_loses_its_content_after_five_days_and_is_nowhere_after_five_more() -> None:
    here = world(user("101"))
    here.receive_sms(HANDSET, direct("101"), "Old")
    me, (message,) = here.account.extensions["101"], mailbox(here, "101")
    here.delete_message(me, message.id, purge=False)
    for age, availability, text in (
        (5 * DAY - SECOND, Availability.DELETED, "Old"),
        (5 * DAY, Availability.PURGED, ""),
        (10 * DAY - SECOND, Availability.PURGED, ""),
    ):
        here.clock.set(START + age, frozen=True)
        found = here.messages.find("101", message.id)
        assert found is not None
        assert (found.availability, found.text) == (availability, text)
    assert message.modified == START + 5 * DAY
    here.clock.set(START + 10 * DAY, frozen=True)
    assert here.messages.find("101", message.id) is None
    assert ids_of(here, "101", availabilities=frozenset(Availability), distinct_conversations=True) == []
    assert here.messages.changed("101", 0, START - DAY, here.clock.now(), here.account) == ()
    assert list(here.messages.moving("101", here.clock.now())) == []


def test_d19_what_was_purged_by_a_call_is_gone_five_days_after_it() -> None:
    here = world(user("101"))
    sms(here, "101", HANDSET, text="Kept by the phone")
    me, (message,) = here.account.extensions["101"], mailbox(here, "101")
    here.delete_message(me, message.id, purge=True)
    here.clock.set(START + 5 * DAY - SECOND, frozen=True)
    assert here.messages.find("101", message.id) is message
    here.clock.set(START + 5 * DAY, frozen=True)
    assert here.messages.find("101", message.id) is None
    assert [received.text for received in here.messages.received_by_handset(HANDSET)] == ["Kept by the phone"]


def test_d19_what_is_deleted_on_the_last_days_of_the_calendar_stays_as_it_is() -> None:
    here = world(user("101"))
    here.receive_sms(HANDSET, direct("101"), "Late")
    me, (message,) = here.account.extensions["101"], mailbox(here, "101")
    here.clock.set(datetime.max.replace(tzinfo=START.tzinfo) - DAY, frozen=True)
    here.delete_message(me, message.id, purge=False)
    here.clock.set(datetime.max.replace(tzinfo=START.tzinfo), frozen=True)
    assert here.messages.find("101", message.id) is message
    assert message.availability is Availability.DELETED
