"""The high-volume store against one that looks through everything."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import timedelta
from itertools import pairwise, product
from random import Random

import pytest

from builders import START
from ringmock.domain.a2p_sms import A2PFilter, A2PMessage, Batch, BatchFilter, BatchPlan, BatchStatus
from ringmock.domain.a2p_store import A2PStore
from ringmock.domain.conversation import Conversation
from ringmock.domain.message import Delivery, Direction, MessageStatus, MessageType, Outcome, Progress, Reached, Routed
from ringmock.domain.pages import CollectionPage
from ringmock.world.ids import SequentialIds
from ringmock.world.template import IdStart

SENDERS = ("16509100300", "16509100301")
PHONES = ("14151003731", "14151003732", "14151003733", SENDERS[1])
SECOND = timedelta(seconds=1)
COURSES = (
    Progress(MessageStatus.QUEUED),
    Progress(MessageStatus.QUEUED, ((timedelta(0), Reached(MessageStatus.SENDING_FAILED, "SMS-RC-413")),)),
    Progress(
        MessageStatus.QUEUED,
        (
            (timedelta(0), Reached(MessageStatus.SENT)),
            (2 * SECOND, Reached(MessageStatus.DELIVERED)),
        ),
    ),
    Progress(
        MessageStatus.QUEUED,
        (
            (SECOND, Reached(MessageStatus.QUEUED, attempts=2)),
            (3 * SECOND, Reached(MessageStatus.SENT)),
            (7 * SECOND, Reached(MessageStatus.DELIVERY_FAILED, "SMS-CAR-411")),
        ),
    ),
)
MOMENTS = [START + timedelta(milliseconds=750) * step for step in range(-4, 30)]


def delivery(sender: str, recipient: str | tuple[str, ...], text: str, progress: Progress | None = None) -> Delivery:
    recipients = (recipient,) if isinstance(recipient, str) else recipient
    routed = tuple(Routed(each, Outcome.OUTSIDE, "R-06") for each in recipients)
    ends = Conversation(None, numbers=frozenset((sender, *recipients)))
    return Delivery(MessageType.SMS, sender, None, recipients, text, ends, routed, progress=progress)


class Filled:
    """A store with batches and answers of all kinds, and plain lists of them, oldest first. The clock goes back."""

    def __init__(self, seed: int) -> None:
        dice = Random(seed)
        self.store = A2PStore(SequentialIds(IdStart()))
        self.messages: list[A2PMessage] = []
        self.batches: list[Batch] = []
        for age in (0, 1, 2, 3, 5, 4, 8, 13):
            now = START + timedelta(seconds=age, microseconds=dice.randrange(2000))
            sender = dice.choice(SENDERS)
            # Those of version 2 are to groups too.
            groups = [tuple(dice.sample(PHONES, dice.choice([1, 1, 1, 2, 3]))) for _ in range(dice.randrange(5))]
            chosen = [(group, dice.choice(COURSES[1:])) for group in groups]
            deliveries = [delivery(sender, to, "a" * dice.choice([1, 161]), course) for to, course in chosen]
            batch, messages = self.store.record(BatchPlan(sender, tuple(deliveries), ()), now)
            self.batches.append(batch)
            self.messages += messages
            self.messages.append(self.store.receive(delivery(PHONES[0], sender, "Hi"), sender, now))
        self.messages.sort(key=lambda message: message.order)
        self.batches.sort(key=lambda batch: batch.first)


FILLED = [Filled(seed) for seed in range(3)]

FILTERS = [
    A2PFilter(START + low * SECOND, START + high * SECOND, directions, numbers)
    for (low, high), directions, numbers in product(
        [(-100, 100), (0, 0), (1, 4), (5, 4)],
        [frozenset(Direction), frozenset({Direction.INBOUND}), frozenset({Direction.OUTBOUND}), frozenset()],
        [None, (), (PHONES[0],), SENDERS, (SENDERS[0], PHONES[0], PHONES[1], PHONES[0]), ("1",)],
    )
]


def is_wanted(message: A2PMessage, wanted: A2PFilter) -> bool:
    ends = {message.sender, *message.recipients}
    return (
        wanted.date_from <= message.created <= wanted.date_to
        and message.direction in wanted.directions
        and (wanted.numbers is None or not ends.isdisjoint(wanted.numbers))
        and (wanted.batch is None or message.batch == wanted.batch.id)
    )


def filters_of(filled: Filled) -> Iterator[A2PFilter]:
    yield from FILTERS
    for batch in filled.batches:
        yield A2PFilter(START - 100 * SECOND, START + 100 * SECOND, batch=batch)
        yield A2PFilter(START - 100 * SECOND, START + 100 * SECOND, numbers=(PHONES[1], PHONES[2]), batch=batch)


@pytest.mark.parametrize("filled", FILLED, ids=range(len(FILLED)))
@pytest.mark.parametrize("size", [1, 3, 100])
def test_pages_forward_and_back_show_all_that_a_filter_lets_through_newest_first(filled: Filled, size: int) -> None:
    for wanted in filters_of(filled):
        expected = [message for message in reversed(filled.messages) if is_wanted(message, wanted)]
        pages: list[Sequence[A2PMessage]] = []
        before: int | None = None
        seen: list[tuple[int | None, CollectionPage]] = []
        while True:
            found = filled.store.list_messages(wanted, before, size)
            pages.append(found.records)
            seen.append((before, found.page))
            if not found.page.has_next:
                break
            before = found.page.next
        assert [message for records in pages for message in records] == expected
        assert all(len(records) == size for records in pages[:-1])
        assert not seen[0][1].has_previous
        for (place, _), (_, page) in pairwise(seen):
            assert page.has_previous
            assert filled.store.list_messages(wanted, page.previous, size).records == (
                filled.store.list_messages(wanted, place, size).records
            )


@pytest.mark.parametrize("filled", FILLED, ids=range(len(FILLED)))
def test_counts_are_those_of_looking_at_every_message(filled: Filled) -> None:
    for wanted, now in product(filters_of(filled), MOMENTS[::3]):
        expected: Counter[tuple[MessageStatus, str | None]] = Counter()
        segments: Counter[tuple[MessageStatus, str | None]] = Counter()
        for message in filled.messages:
            if is_wanted(message, wanted):
                step = message.step_at(now)
                reached = Reached(message.progress.accepted) if step is None else step[1]
                expected[reached.status, reached.error] += 1
                segments[reached.status, reached.error] += message.segments
        for collector in filled.store.counts(wanted, now):
            expected[collector.status, collector.error] -= collector.messages
            segments[collector.status, collector.error] -= collector.segments
        assert not any(expected.values())
        assert not any(segments.values())


@pytest.mark.parametrize("filled", FILLED, ids=range(len(FILLED)))
@pytest.mark.parametrize("sender", [None, *SENDERS, "1"])
def test_batches_are_listed_by_the_status_that_each_has_by_then(filled: Filled, sender: str | None) -> None:
    for now, statuses in product(MOMENTS, [{status} for status in BatchStatus] + [set(BatchStatus), set()]):
        wanted = BatchFilter(START, START + 10 * SECOND, sender, frozenset(statuses))
        expected = [
            batch
            for batch in reversed(filled.batches)
            if batch.status_at(now) in statuses
            and sender in (None, batch.sender)
            and wanted.date_from <= batch.created <= wanted.date_to
        ]
        assert list(filled.store.list_batches(wanted, None, 100, now).records) == expected


def test_a_message_that_never_leaves_the_queue_keeps_its_batch_processing() -> None:
    store = A2PStore(SequentialIds(IdStart()))
    plan = BatchPlan(SENDERS[0], (delivery(SENDERS[0], PHONES[0], "Hi", COURSES[0]),), ())
    batch, _ = store.record(plan, START)
    later = START + timedelta(days=365)
    assert batch.status_at(later) is BatchStatus.PROCESSING
    for status in BatchStatus:
        wanted = BatchFilter(START, later, statuses=frozenset({status}))
        assert len(store.list_batches(wanted, None, 1, later).records) == (status is BatchStatus.PROCESSING)


def test_a_batch_lists_its_own_messages_in_their_order() -> None:
    for filled in FILLED:
        for batch in filled.batches:
            expected = [message for message in filled.messages if message.batch == batch.id]
            assert list(filled.store.messages_of(batch)) == expected


def test_what_moves_is_what_is_not_at_rest() -> None:
    for filled, now in product(FILLED, MOMENTS):
        moving = {batch.id for batch in filled.batches if batch.status_at(now) is not BatchStatus.COMPLETED}
        assert {batch.id for batch in filled.store.moving(now)} == moving
