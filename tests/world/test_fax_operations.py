"""Faxes in a world: what becomes of them by carriers and by the clock."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest

from builders import HANDSET, START, Clock, account, department, direct, extension, mailbox, set_status, user
from ringmock.domain import errors
from ringmock.domain.account import ExtensionStatus, ExtensionType, PhoneNumber, PhoneNumberType
from ringmock.domain.attachment import Attachment
from ringmock.domain.carrier import Carrier, CarrierProfile
from ringmock.domain.fax import FaxRecipient, SendFax, fax_file, full_number
from ringmock.domain.message import Delivery, FaxResolution, Message, MessageStatus, Outcome, Reached
from ringmock.domain.message_filter import MessageFilter
from ringmock.domain.slices import result_of
from ringmock.world import controls
from ringmock.world.fork import copy_into
from ringmock.world.template import ClockStart, Template
from ringmock.world.walk import Walk, upcoming
from ringmock.world.world import World

PDF = Attachment("application/pdf", "order.pdf", b"%PDF-1.4")
SECOND = timedelta(seconds=1)
OTHER = "14151003733"


def faxing(*people: Any, carrier: Carrier | None = None) -> World:
    """Users 101 to 103 and a Department, on a clock that stands still."""
    everyone = people or (user("101", administrator=True), user("102"), user("103"), department("200", "102"))
    template = Template("faxing", account(*everyone), clock=ClockStart(START, frozen=True), carrier=carrier)
    return World(template, Clock())


def fax(*to: str, after: timedelta | None = None, files: tuple[Attachment, ...] = (PDF,), **more: Any) -> SendFax:
    send_at = None if after is None else START + after
    return SendFax(tuple(map(FaxRecipient, to)), files, send_at=send_at, **more)


def send(world: World, request: SendFax, by: str = "101") -> Message:
    return world.send_fax(world.account.extensions[by], request).message


def statuses(world: World, sent: Message, *seconds: float) -> list[MessageStatus]:
    return [sent.status_at(sent.created + SECOND * each) for each in seconds]


def go(world: World, to: timedelta) -> None:
    Walk(world, START + to, stands=True).finish()


def course(*steps: tuple[float, MessageStatus]) -> Carrier:
    """A carrier of every number."""
    made = tuple((SECOND * after, Reached(status, fax_error="LineBusy")) for after, status in steps)
    return Carrier((CarrierProfile(made, frozenset({HANDSET})),))


def test_d42_a_fax_is_queued_and_sent_by_the_next_look_with_its_files_as_they_came() -> None:
    world = faxing()
    sent = send(world, fax(HANDSET))
    assert sent.progress.accepted is MessageStatus.QUEUED
    assert sent.status_at(START) is MessageStatus.SENT
    assert [(held.id, held.file) for held in sent.attachments] == [(sent.id, PDF)]
    assert mailbox(world, "101") == (sent,)


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        ([(1, MessageStatus.SENT), (5, MessageStatus.DELIVERED)], ["Queued", "Sent", "Sent"]),
        ([(1, MessageStatus.SENDING_FAILED)], ["Queued", "SendingFailed", "SendingFailed"]),
        ([(1, MessageStatus.SENT), (5, MessageStatus.DELIVERY_FAILED)], ["Queued", "Sent", "SendingFailed"]),
    ],
)
def test_d42_a_carrier_sends_a_fax_or_fails(steps: list[tuple[float, MessageStatus]], expected: list[str]) -> None:
    world = faxing(carrier=course(*steps))
    sent = send(world, fax(HANDSET))
    assert statuses(world, sent, 0, 1, 5) == expected


def test_d42_a_fax_to_several_is_queued_while_it_is_for_one_and_failed_when_it_has_for_one() -> None:
    world = faxing(carrier=course((5, MessageStatus.SENDING_FAILED)))
    sent = send(world, fax(HANDSET, OTHER))
    assert statuses(world, sent, 0, 5) == ["Queued", "SendingFailed"]
    each = [progress.later[-1][1] for progress in sent.recipient_progress]
    assert [(reached.status, reached.fax_error) for reached in each] == [("SendingFailed", "LineBusy"), ("Sent", None)]


def test_d42_a_fax_to_a_colleague_is_in_his_mailbox_and_in_no_conversation_with_texts() -> None:
    world = faxing()
    sent = send(world, fax(direct("102")))
    [received] = mailbox(world, "102")
    assert received.status_at(START) is MessageStatus.RECEIVED
    assert received.attachments[0].id == received.id != sent.id
    again = send(world, fax(direct("102")))
    assert again.conversation.id != sent.conversation.id


@pytest.mark.parametrize("status", [ExtensionStatus.FROZEN, ExtensionStatus.DISABLED])
def test_d42_a_fax_to_a_frozen_colleague_fails(status: ExtensionStatus) -> None:
    world = faxing()
    set_status(world, "102", status)
    sent = world.send_fax(world.account.extensions["101"], fax(direct("102")))
    assert sent.message.status_at(START) is MessageStatus.SENDING_FAILED
    assert sent.routed[0].outcome is Outcome.UNDELIVERABLE
    assert mailbox(world, "102") == ()


# --- faxes that are sent later -------------------------------------------------------------------


def test_d42_a_fax_that_is_sent_later_is_queued_until_then_and_arrives_then() -> None:
    world = faxing()
    sent = send(world, fax(direct("102"), after=SECOND * 60))
    assert (statuses(world, sent, 59, 60), mailbox(world, "102")) == (["Queued", "Sent"], ())
    assert [due.status for due in result_of(upcoming(world, 9))] == ["Sent", "Received"]
    go(world, SECOND * 59)
    assert mailbox(world, "102") == ()
    go(world, SECOND * 60)
    [received] = mailbox(world, "102")
    assert received.created == START + SECOND * 60


@pytest.mark.parametrize("after", [timedelta(0), -SECOND])
def test_d42_a_fax_of_now_or_before_is_sent_at_once(after: timedelta) -> None:
    world = faxing()
    assert statuses(world, send(world, fax(HANDSET, after=after)), 0) == ["Sent"]


@pytest.mark.parametrize("purge", [False, True])
def test_d42_a_fax_that_is_deleted_before_it_is_sent_never_is(purge: bool) -> None:
    world = faxing()
    sent = send(world, fax(direct("102"), after=SECOND * 60))
    world.delete_message(world.account.extensions["101"], sent.id, purge=purge)
    go(world, SECOND * 60)
    assert (statuses(world, sent, 0, 60), mailbox(world, "102")) == (["SendingFailed", "SendingFailed"], ())


def test_d42_a_fax_that_is_deleted_after_it_was_sent_stays_sent() -> None:
    world = faxing()
    sent = send(world, fax(HANDSET))
    world.delete_message(world.account.extensions["101"], sent.id, purge=False)
    assert statuses(world, sent, 0) == ["Sent"]


def test_a_fax_to_be_sent_in_a_year_makes_no_synchronization_look_at_all_of_the_mailbox() -> None:
    world = faxing()
    send(world, fax(HANDSET, after=timedelta(days=365)))
    box = world.messages._mailboxes["101"]  # type: ignore[attr-defined]
    assert box.longest_progress < timedelta(days=1)
    assert [message.type for message in world.messages.moving("101", START)] == ["Fax"]


def test_a_fork_sends_what_its_origin_has_yet_to_send() -> None:
    world = faxing()
    send(world, fax(direct("102"), after=SECOND * 60))
    fork = World(world.template, Clock())
    copy_into(fork, world)
    for each in (fork, world):
        go(each, SECOND * 60)
        assert len(mailbox(each, "102")) == 1


def test_a_reset_forgets_what_was_to_be_sent() -> None:
    world = faxing()
    send(world, fax(direct("102"), after=SECOND * 60))
    world.reset()
    go(world, SECOND * 60)
    assert mailbox(world, "102") == ()


class Told:
    """A watcher that remembers what was recorded."""

    def __init__(self) -> None:
        self.mailboxes: list[str] = []

    def recorded(self, delivery: Delivery, copies: Sequence[Message]) -> None:
        self.mailboxes += [copy.mailbox for copy in copies]

    def changed(self, changes: Any) -> None: ...
    def answered(self, entry: Any) -> None: ...
    def batch_sent(self, batch: Any) -> None: ...
    def opted(self, sender: str, recipient: str, *, is_out: bool) -> None: ...
    def threads_changed(self, changed: Any) -> None: ...
    def presence_changed(self, extension: Any) -> None: ...
    def time_changed(self) -> None: ...


def test_who_watches_is_told_of_a_fax_when_it_arrives() -> None:
    world, told = faxing(), Told()
    world.watch(told)
    send(world, fax(direct("102"), after=SECOND * 60))
    go(world, SECOND * 60)
    assert told.mailboxes == ["101", "102"]


# --- sending again -------------------------------------------------------------------------------


def test_d42_a_fax_is_sent_again_to_all_or_on_to_others() -> None:
    world = faxing()
    me = world.account.extensions["101"]
    sent = send(world, fax(HANDSET, cover_index=7, cover_text="Urgent"))
    again = world.resend_fax(me, str(sent.id), (), None).message
    assert (again.recipients, again.attachments[0].file, again.fax) == (sent.recipients, PDF, sent.fax)
    on = world.resend_fax(me, str(sent.id), (FaxRecipient(OTHER),), None).message
    assert on.recipients == (OTHER,)


def test_d42_a_received_fax_goes_on_to_somebody() -> None:
    world = faxing()
    world.receive_fax(HANDSET, direct("101"), (PDF,), FaxResolution.LOW)
    [received] = mailbox(world, "101")
    me = world.account.extensions["101"]
    with pytest.raises(errors.InvalidParameter, match="to"):
        world.resend_fax(me, str(received.id), (), None)
    on = world.resend_fax(me, str(received.id), (FaxRecipient(OTHER),), None).message
    assert on.fax is not None
    assert (on.fax.resolution, on.fax.pages) == ("Low", 1)


def test_d42_what_is_no_fax_of_the_mailbox_is_not_sent_again() -> None:
    world = faxing()
    sent, me = send(world, fax(HANDSET)), world.account.extensions["101"]
    for who, named in ((world.account.extensions["102"], str(sent.id)), (me, "1"), (me, "9" * 30), (me, "x")):
        with pytest.raises(errors.ParameterNotFound):
            world.resend_fax(who, named, (), None)


def test_d42_a_fax_that_waits_or_is_purged_is_not_sent_again() -> None:
    world = faxing()
    me = world.account.extensions["101"]
    waits = send(world, fax(HANDSET, after=SECOND))
    gone = send(world, fax(OTHER))
    world.delete_message(me, gone.id, purge=True)
    for each in (waits, gone):
        with pytest.raises(errors.FaxNotResendable):
            world.resend_fax(me, str(each.id), (), None)


# --- refusals ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("request_", "refusal", "parameter"),
    [
        (fax("101"), errors.InvalidParameter, "to.phoneNumber"),
        (fax(HANDSET, f"+{HANDSET}"), errors.DuplicateValue, "to"),
        (fax(HANDSET, cover_index=14), errors.InvalidParameter, "coverIndex"),
        (fax(HANDSET, files=()), errors.InvalidParameter, "attachment"),
        (fax(HANDSET, files=(PDF._replace(content=b""),)), errors.AttachmentEmpty, "attachment"),
        (
            fax(HANDSET, files=(PDF._replace(content_type="audio/mpeg"),)),
            errors.AttachmentTypeNotSupported,
            "attachment",
        ),
    ],
)
def test_d42_a_fax_is_refused_and_nothing_recorded(
    request_: SendFax, refusal: type[errors.Refusal], parameter: str
) -> None:
    world = faxing()
    with pytest.raises(refusal) as refused:
        send(world, request_)
    assert (refused.value.parameter, mailbox(world, "101")) == (parameter, ())


@pytest.mark.parametrize("kind", [ExtensionType.DEPARTMENT, ExtensionType.VOICEMAIL, ExtensionType.ANNOUNCEMENT])
def test_d42_an_extension_of_this_type_sends_no_fax(kind: ExtensionType) -> None:
    world = faxing(user("101", administrator=True), extension("104", kind))
    with pytest.raises(errors.FaxNotAvailable):
        send(world, fax(HANDSET), by="104")


@pytest.mark.parametrize(
    ("written", "digits"),
    [("4151003732", HANDSET), ("+14151003732", HANDSET), ("1151003732", "1151003732"), ("101", None), ("", None)],
)
def test_d42_a_number_of_ten_digits_is_of_north_america_where_the_account_is(written: str, digits: str | None) -> None:
    assert full_number(faxing().account, written) == digits


@pytest.mark.parametrize(
    ("stated", "name", "expected"),
    [
        (
            "application/octet-stream",
            "a.DOCX",
            "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        ),
        ("application/pdf", "a.doc", "application/pdf"),
        ("audio/mpeg", "a.doc", "audio/mpeg"),
        ("application/octet-stream", None, "application/octet-stream"),
    ],
)
def test_d42_a_document_is_known_by_the_ending_of_its_name_where_its_type_says_nothing(
    stated: str, name: str | None, expected: str
) -> None:
    assert fax_file(Attachment(stated, name, b"x")).content_type == expected


# --- from outside --------------------------------------------------------------------------------


def test_d42_a_fax_from_outside_is_received_and_no_phone_has_it_as_a_text() -> None:
    world = faxing()
    routed = controls.fax_from_machine(world, HANDSET, direct("102"), [PDF])
    assert routed[0].outcome is Outcome.DELIVERED
    [received] = mailbox(world, "102")
    assert (received.type, received.sender) == ("Fax", HANDSET)
    assert world.messages.received_by_handset(HANDSET) == ()


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ((HANDSET, "16509999999", [PDF]), "a phone number of this account"),
        ((HANDSET, direct("102"), []), "one file or more"),
        ((HANDSET, direct("102"), [PDF] * 11), "at most 10 files"),
        ((HANDSET, direct("102"), [PDF], "Medium"), "High, Low"),
        ((HANDSET, direct("102"), [PDF._replace(content_type="audio/mpeg")]), "application/pdf"),
    ],
)
def test_what_no_machine_can_fax_is_refused_by_a_sentence(arguments: tuple[Any, ...], sentence: str) -> None:
    world = faxing()
    with pytest.raises(ValueError, match=sentence):
        controls.fax_from_machine(world, *arguments)
    assert mailbox(world, "102") == ()


def test_d42_a_number_for_voice_alone_takes_no_fax() -> None:
    people = account(user("101", administrator=True), user("102"))
    phones = [*people.phone_numbers.values(), PhoneNumber(9, OTHER, "102", type=PhoneNumberType.VOICE_ONLY)]
    named = type(people).of(
        id=people.id, main_number=people.main_number, extensions=people.extensions.values(), phone_numbers=phones
    )
    world = World(Template("voice", named, clock=ClockStart(START, frozen=True)), Clock())
    sent = send(world, fax(OTHER))
    assert sent.recipient_progress[0].later[-1][1].fax_error == "NoFaxMachine"


def test_what_is_to_arrive_arrives_once_whoever_looks() -> None:
    world = faxing()
    send(world, fax(direct("102"), after=SECOND))
    world.clock.set(START + SECOND * 2, frozen=True)
    everything = MessageFilter(START - SECOND, START + SECOND * 9)
    for _ in range(2):
        assert world.list_messages(world.account.extensions["102"], everything).total == 1
