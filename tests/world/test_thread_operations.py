"""Message threads in a world: what the contract cases cannot reach."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from builders import HANDSET, START, account, department, direct, user
from ringmock.domain import errors
from ringmock.domain.account import Feature
from ringmock.domain.attachment import Attachment
from ringmock.domain.message import Delivery, Message
from ringmock.domain.message_filter import MessageFilter
from ringmock.domain.message_thread import MAX_LABEL, SendThreadMessage, ThreadsChanged, ThreadTerms
from ringmock.domain.message_thread_store import MessageThreads, ThreadFilter
from ringmock.domain.message_thread_sync import Scope
from ringmock.domain.slices import SLICE, result_of
from ringmock.world.fork import copy_into
from ringmock.world.template import ClockStart, Template
from ringmock.world.walk import Walk
from ringmock.world.world import World

SHARED = direct("200")
PNG = Attachment("image/png", b"\x89PNG", "map.png")


class Told:
    """A watcher that remembers whom it was told of."""

    def __init__(self) -> None:
        self.changes: list[ThreadsChanged] = []

    def recorded(self, delivery: Delivery, copies: Sequence[Message]) -> None: ...
    def changed(self, changes: Any) -> None: ...
    def answered(self, entry: Any) -> None: ...
    def batch_sent(self, batch: Any) -> None: ...
    def opted(self, sender: str, recipient: str, *, is_out: bool) -> None: ...
    def time_changed(self) -> None: ...

    def threads_changed(self, changed: ThreadsChanged) -> None:
        self.changes.append(changed)


def shared_world(**terms: Any) -> World:
    """A Department whose number 102 and 103 share, on a clock that stands still."""
    support = replace(department("200", "102", "103"), sms_recipients=("102", "103"))
    features = (Feature.SMS_SENDER, Feature.MMS_SENDER)
    people = account(user("101", administrator=True), user("102"), user("103"), support, features=features)
    template = Template("shared", people, clock=ClockStart(START, frozen=True), threads=ThreadTerms(**terms))
    return World(template, lambda: START)


def subjects(world: World, number: str) -> list[str]:
    box = world.messages.collected(number, ANYTHING, 10)
    return [message.text for message in box]


ANYTHING = MessageFilter(START - timedelta(days=1), START + timedelta(days=999))
EVERY_THREAD = ThreadFilter(frozenset({"200"}))


@pytest.mark.parametrize(("inbound", "kept"), [("both", ["Help"]), ("threads", [])])
def test_d39_a_text_to_a_shared_number_is_in_the_mailbox_too_unless_the_fixture_says_threads(
    inbound: str, kept: list[str]
) -> None:
    world = shared_world(inbound=inbound)
    world.receive_sms(HANDSET, SHARED, "Help")

    assert subjects(world, "200") == kept
    assert [thread.label for thread in world.threads.list_threads(EVERY_THREAD).records] == ["Help"]


@pytest.mark.parametrize(("seconds", "is_open"), [(9, True), (10, False)])
def test_d39_a_thread_is_resolved_after_the_seconds_of_the_fixture_and_no_earlier(seconds: int, is_open: bool) -> None:
    world = shared_world(expire_after=10)
    world.receive_sms(HANDSET, SHARED, "Help")
    Walk(world, START + timedelta(seconds=seconds)).finish()

    assert [thread.is_open for thread in world.threads.list_threads(EVERY_THREAD).records] == [is_open]


def test_an_expiry_is_told_to_every_handler_once_and_each_thread_at_its_own_time() -> None:
    world, told = shared_world(expire_after=10), Told()
    for second in (0, 3):
        world.clock.set(START + timedelta(seconds=second), frozen=True)
        world.receive_sms(f"1415555000{second}", SHARED, "Help")
    world.watch(told)
    happened = Walk(world, START + timedelta(seconds=60))
    happened.finish()

    assert [change.threads for change in told.changes] == [{"102", "103"}] * 2
    assert [(due.kind, due.at - START) for due in happened.happened] == [
        ("thread-expired", timedelta(seconds=10)),
        ("thread-expired", timedelta(seconds=13)),
    ]


@pytest.mark.parametrize(("length", "label"), [(MAX_LABEL, MAX_LABEL), (MAX_LABEL + 1, MAX_LABEL)])
def test_a_label_is_at_most_200_characters_of_the_newest_message(length: int, label: int) -> None:
    world = shared_world()
    world.receive_sms(HANDSET, SHARED, "a" * length)

    assert [len(thread.label) for thread in world.threads.list_threads(EVERY_THREAD).records] == [label]


def test_a_group_message_is_in_no_thread() -> None:
    support = shared_world()
    world = World(replace(support.template, generation="current"), lambda: START)
    world.receive_sms(HANDSET, (SHARED, "14155550199"), "All")

    assert world.threads.list_threads(EVERY_THREAD).total == 0
    assert subjects(world, "200") == ["All"]


def test_a_file_is_sent_in_a_thread_and_counted_as_stored() -> None:
    world = shared_world()
    agent = world.account.extensions["102"]
    before = world.share.file_bytes
    message = world.send_in_thread(agent, SendThreadMessage(SHARED, (HANDSET,), "", attachments=(PNG,)))

    assert [held.file for held in message.attachments] == [PNG]
    assert world.share.file_bytes > before


def test_d40_nobody_writes_in_a_thread_that_is_not_assigned_to_him() -> None:
    world = shared_world()
    world.receive_sms(HANDSET, SHARED, "Help")
    said = SendThreadMessage(SHARED, (HANDSET,), "Hi")
    with pytest.raises(errors.NotAssigned):
        world.send_in_thread(world.account.extensions["102"], said)

    assert world.threads.list_messages(EVERY_THREAD).total == 1


def test_d40_a_recipient_who_cannot_sign_in_is_assigned_nothing() -> None:
    world = shared_world()
    world.receive_sms(HANDSET, SHARED, "Help")
    (thread,) = world.threads.list_threads(EVERY_THREAD).records
    colleague = world.account.extensions["103"]
    world.set_status(colleague, type(colleague.status).FROZEN)
    with pytest.raises(errors.InvalidParameter):
        world.assign_thread(world.account.extensions["102"], thread.id, str(colleague.id))


def test_d41_a_client_that_handles_another_department_since_gets_its_threads_whole() -> None:
    world = shared_world()
    world.receive_sms(HANDSET, SHARED, "Help")
    newcomer = world.account.extensions["101"]
    mark = world.sync_entries(newcomer, Scope.ACCESSIBLE, None).mark
    world.set_sms_recipients(world.account.extensions["200"], ["101", "102"])
    sync = world.sync_changed_entries(newcomer, mark)

    assert [getattr(entry, "text", None) for entry in sync.records] == [None, "Help"]
    assert [thread.label for thread in world.sync_threads(newcomer, mark).records] == ["Help"]


def test_a_fork_goes_on_with_the_threads_of_its_origin_and_leaves_them_alone() -> None:
    world = shared_world(expire_after=10)
    world.receive_sms(HANDSET, SHARED, "Help")
    fork = World(world.template, lambda: START)
    copy_into(fork, world)
    Walk(fork, START + timedelta(seconds=10)).finish()

    assert [thread.is_open for thread in fork.threads.list_threads(EVERY_THREAD).records] == [False]
    assert [thread.is_open for thread in world.threads.list_threads(EVERY_THREAD).records] == [True]


def test_a_reset_forgets_every_thread() -> None:
    world = shared_world()
    world.receive_sms(HANDSET, SHARED, "Help")
    world.reset()

    assert world.threads.list_threads(EVERY_THREAD).total == 0


def test_messages_of_a_thread_are_resolved_and_deleted_slice_by_slice() -> None:
    world = shared_world()
    for _ in range(SLICE + 1):
        world.receive_sms(HANDSET, SHARED, "Help")
    agent = world.account.extensions["102"]
    (thread,) = world.threads.list_threads(EVERY_THREAD).records
    resolving = world.resolving_thread(agent, thread.id)
    next(resolving)
    world.delete_thread_messages(agent, [str(entry.id) for entry in thread.entries if isinstance(entry, Message)][-1:])
    result_of(resolving)
    result_of(world.deleting_thread(agent, thread.id))

    assert world.threads.list_messages(EVERY_THREAD).total == 0


@pytest.mark.parametrize(("page", "first"), [(1, 0), (2, 7), (15, 98), (16, None)])
def test_any_page_of_a_list_is_the_part_that_it_stands_for(page: int, first: int | None) -> None:
    world = shared_world()
    threads: MessageThreads = world.threads
    for place in range(100):
        world.clock.set(START + timedelta(seconds=place), frozen=True)
        world.receive_sms(f"141555501{place:02}", SHARED, str(place))
        if place % 3 == 0:
            thread = threads.open_between(SHARED, f"141555501{place:02}")
            assert thread is not None
            result_of(world.resolving_thread(world.account.extensions["102"], thread.id))
    found = world.threads.list_threads(replace(EVERY_THREAD, page=page, per_page=7))

    assert found.total == 100
    assert [int(thread.label) for thread in found.records] == (
        [] if first is None else list(range(100))[first : first + 7]
    )


def test_whoever_watches_is_told_which_thread_and_entry_has_changed() -> None:
    world, told = shared_world(), Told()
    agent = world.account.extensions["102"]
    world.watch(told)
    world.receive_sms(HANDSET, SHARED, "Help")
    (thread,) = world.threads.newest_first()
    world.assign_thread(agent, thread.id, str(agent.id))
    world.send_in_thread(agent, SendThreadMessage(SHARED, (HANDSET,), "We come"))
    note = world.add_note(agent, thread.id, "Far away")
    world.change_note(agent, note.id, "Near")
    world.delete_notes(agent, [note.id])
    result_of(world.resolving_thread(agent, thread.id))

    created, text, assigned, answer, noted, resolved = [str(entry.id) for entry in thread.entries]
    assert created not in {each for change in told.changes for each in change.about}
    assert [change.about[-1] for change in told.changes] == [text, assigned, answer, noted, noted, noted, resolved]
    assert [thread.id in change.about for change in told.changes] == [True] * 5 + [False, True]
