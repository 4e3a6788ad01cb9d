import random
from datetime import UTC, datetime, timedelta

import pytest

from builders import HANDSET, START, department, direct, page, set_members, sms, user, world
from ringmock.domain.generation import GENERATIONS
from ringmock.domain.message import Availability, Direction, Message, MessageType, ReadStatus
from ringmock.domain.message_sync import OVERLAP, Frame, Mailbox, Mark, Sync, full_sync, incremental_sync
from ringmock.world.world import World

MINUTE = timedelta(minutes=1)
FRAMES = [
    Frame(START),
    Frame(START + 3 * MINUTE),
    Frame(START, START + 20 * MINUTE),
    Frame(START, types=frozenset({MessageType.PAGER})),
    Frame(START, types=frozenset()),
    Frame(START, directions=frozenset({Direction.INBOUND})),
    Frame(START, distinct_conversations=True),
]


def mailbox_of(here: World, number: str) -> Mailbox:
    return Mailbox(here.messages, here.account.extensions[number], here.account, here.clock.now())


def told(sync: Sync) -> list[str]:
    return [message.text for message in sync.records]


class Copy:
    """What a client keeps: each message that it was told of, or the newest of each conversation."""

    def __init__(self, frame: Frame) -> None:
        self.frame = frame
        self.mark: Mark | None = None
        self.messages: dict[int | None, Message] = {}

    def sync(self, mailbox: Mailbox) -> int:
        """Take in what there is; how many records that were."""
        first = self.mark is None
        found = full_sync(mailbox, self.frame) if self.mark is None else incremental_sync(mailbox, self.mark)
        assert not first or all(message.availability is Availability.ALIVE for message in found.records)
        self.mark = found.mark
        for message in sorted(found.records, key=lambda m: m.availability is Availability.ALIVE):
            key = message.conversation.id if self.frame.distinct_conversations else message.id
            if message.availability is Availability.ALIVE:
                self.messages[key] = message
            elif self.messages.get(key) is message:
                del self.messages[key]
        return len(found.records)


def something_happens(here: World, dice: random.Random) -> None:
    """A message comes or goes, or one is changed."""
    me = here.account.extensions["101"]
    match dice.randrange(8):
        case 0:
            sms(here, "101", dice.choice([HANDSET, "14151003733"]))
        case 1 | 2:
            here.receive_sms(dice.choice([HANDSET, "14151003733"]), direct("101"), "in")
        case 3:
            page(here, "102", dice.choice(["101", "200"]))
        case 4:
            page(here, "101", "102")
        case _:
            records = here.messages.list_messages("101", Frame(START - MINUTE).filter(), here.account).records
            if records:
                message = dice.choice(records)
                here.change_message(
                    me,
                    message.id,
                    dice.choice([None, *ReadStatus]),
                    dice.choice([None, Availability.DELETED, Availability.PURGED]),
                )


@pytest.mark.parametrize("frame", FRAMES)
@pytest.mark.parametrize("seed", range(5))
def test_a_client_that_takes_in_the_changes_has_what_a_full_synchronization_gives(frame: Frame, seed: int) -> None:
    here = world(user("101"), user("102"), department("200", "101"))
    dice, copy, largest = random.Random(seed), Copy(frame), 0
    for _ in range(60):
        for _ in range(dice.randrange(5)):
            something_happens(here, dice)
            here.clock.advance(timedelta(seconds=dice.choice([0, 1, 30, -20])))
        largest = max(largest, copy.sync(mailbox_of(here, "101")))
        whole = full_sync(mailbox_of(here, "101"), frame).records
        assert {message.id for message in copy.messages.values()} == {message.id for message in whole}
    assert largest or not frame.types


def test_a_message_that_was_restored_is_told_again() -> None:
    here = world(user("101"))
    me = here.account.extensions["101"]
    message = sms(here, "101", HANDSET).message
    here.delete_message(me, message.id, purge=False)
    here.clock.advance(MINUTE)
    mark = full_sync(mailbox_of(here, "101"), Frame(START)).mark
    here.change_message(me, message.id, None, Availability.ALIVE)
    assert incremental_sync(mailbox_of(here, "101"), mark).records == (message,)


@pytest.mark.parametrize(("before", "is_told"), [(OVERLAP, True), (OVERLAP + timedelta(milliseconds=1), False)])
def test_the_overlap_is_five_seconds_to_the_millisecond(before: timedelta, is_told: bool) -> None:
    here = world(user("101"))
    here.receive_sms(HANDSET, direct("101"), "in")
    here.clock.advance(before)
    mark = full_sync(mailbox_of(here, "101"), Frame(START)).mark
    here.clock.advance(MINUTE)
    assert told(incremental_sync(mailbox_of(here, "101"), mark)) == ["in"] * is_told


def test_a_status_that_moved_by_itself_is_reported() -> None:
    here = world(user("101"), generation=GENERATIONS["current"])
    message = sms(here, "101", HANDSET).message
    mark = Mark(Frame(START), START + OVERLAP + timedelta(seconds=1.5), 1)
    assert here.messages.changed("101", 1, mark.time - OVERLAP, here.clock.now(), here.account) == ()
    here.clock.advance(MINUTE)
    assert incremental_sync(mailbox_of(here, "101"), mark).records == (message,)


def test_a_clock_that_goes_back_hides_no_change() -> None:
    here = world(user("101"))
    mark = full_sync(mailbox_of(here, "101"), Frame(START - timedelta(days=2))).mark
    here.clock.advance(timedelta(days=-1))
    here.receive_sms(HANDSET, direct("101"), "yesterday")
    assert told(incremental_sync(mailbox_of(here, "101"), mark)) == ["yesterday"]


def test_a_record_count_leaves_no_gap_behind() -> None:
    here = world(user("101"))
    for number in range(10):
        here.receive_sms(HANDSET, direct("101"), str(number))
    here.clock.advance(MINUTE)
    sync = full_sync(mailbox_of(here, "101"), Frame(START), 3)
    assert (told(sync), sync.older_records_exist) == (["9", "8", "7"], True)
    for count, more, is_cut in [(3, [], True), (5, ["6", "5"], True), (10, ["4", "3", "2", "1", "0"], False)]:
        sync = incremental_sync(mailbox_of(here, "101"), sync.mark, record_count=count)
        assert (told(sync), sync.older_records_exist) == (more, is_cut)
    assert told(incremental_sync(mailbox_of(here, "101"), sync.mark, record_count=11)) == []


@pytest.mark.parametrize(("number", "is_told"), [(7, True), (6, False)])
def test_of_what_a_record_count_left_out_no_change_is_reported(number: int, is_told: bool) -> None:
    here = world(user("101"))
    for text in range(10):
        here.receive_sms(HANDSET, direct("101"), str(text))
    mark = full_sync(mailbox_of(here, "101"), Frame(START), 3).mark
    here.clock.advance(MINUTE)
    mark = incremental_sync(mailbox_of(here, "101"), mark).mark
    message = next(m for m in full_sync(mailbox_of(here, "101"), Frame(START)).records if m.text == str(number))
    here.mark_message(here.account.extensions["101"], message.id, ReadStatus.READ)
    assert told(incremental_sync(mailbox_of(here, "101"), mark)) == [str(number)] * is_told


def test_an_earlier_date_adds_what_lies_before_and_a_later_one_nothing() -> None:
    here = world(user("101"))
    here.receive_sms(HANDSET, direct("101"), "old")
    here.clock.advance(MINUTE)
    here.receive_sms(HANDSET, direct("101"), "new")
    here.clock.advance(MINUTE)
    mark = full_sync(mailbox_of(here, "101"), Frame(START + MINUTE)).mark
    later = incremental_sync(mailbox_of(here, "101"), mark, START + 2 * MINUTE)
    assert (told(later), later.mark.frame) == ([], mark.frame)
    earlier = incremental_sync(mailbox_of(here, "101"), mark, START)
    assert (told(earlier), earlier.mark.frame.date_from) == (["old"], START)


def test_a_wider_frame_of_distinct_conversations_tells_of_none_twice() -> None:
    here = world(user("101"))
    here.receive_sms("14151003733", direct("101"), "another, old")
    here.receive_sms(HANDSET, direct("101"), "one, old")
    here.clock.advance(MINUTE)
    here.receive_sms(HANDSET, direct("101"), "one, new")
    here.clock.advance(MINUTE)
    mark = full_sync(mailbox_of(here, "101"), Frame(START + MINUTE, distinct_conversations=True)).mark
    assert told(incremental_sync(mailbox_of(here, "101"), mark, START)) == ["another, old"]


def test_a_thread_is_told_of_only_while_one_is_in_it() -> None:
    here = world(user("101"), user("102"), department("200", "102"))
    mark = full_sync(mailbox_of(here, "102"), Frame(START)).mark
    page(here, "101", "200", text="For the team")
    set_members(here, "200")
    assert told(incremental_sync(mailbox_of(here, "102"), mark)) == []
    set_members(here, "200", "102")
    assert told(incremental_sync(mailbox_of(here, "102"), mark)) == ["For the team"]


def test_a_frame_may_begin_with_the_calendar() -> None:
    here = world(user("101"))
    mark = full_sync(mailbox_of(here, "101"), Frame(datetime.min.replace(tzinfo=UTC))).mark
    assert told(incremental_sync(mailbox_of(here, "101"), mark, record_count=5)) == []


def test_an_empty_mailbox_has_nothing_to_tell() -> None:
    here = world(user("101"))
    sync = full_sync(mailbox_of(here, "101"), Frame(START))
    assert sync == Sync((), Mark(Frame(START), START, 0), False)
    assert incremental_sync(mailbox_of(here, "101"), sync.mark).records == ()
