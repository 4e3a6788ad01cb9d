"""High-volume SMS: who sends it, what is rejected of a batch, and what becomes of the rest."""

from datetime import UTC, datetime, timedelta

import pytest

from builders import HANDSET, START, direct, mailbox, outcomes, sms, user
from builders import account as ordinary_account
from ringmock.domain import errors
from ringmock.domain.a2p_sms import Assignment, Batch, BatchMessage, BatchStatus, SendBatch, cost_of
from ringmock.domain.account import Account, Feature, PhoneNumber
from ringmock.domain.carrier import Carrier, CarrierProfile
from ringmock.domain.message import MessageStatus, MessageType, Reached
from ringmock.world.template import ClockStart, SeedMessage, Template
from ringmock.world.world import BatchSent, World

BULK = "16509100300"
LOST = "14151003733"
SLOW = "14151003734"
AT_ONCE, SECOND = timedelta(0), timedelta(seconds=1)


def account(*features: Feature) -> Account:
    """Extensions 101 and 102 with ordinary numbers, and one of 101's for high-volume SMS."""
    ordinary = ordinary_account(user("101"), user("102"))
    bulk = PhoneNumber(9, BULK, "101", (Feature.A2P_SMS_SENDER, *features))
    return Account.of(
        id=ordinary.id,
        main_number=ordinary.main_number,
        extensions=ordinary.extensions.values(),
        phone_numbers=[*ordinary.phone_numbers.values(), bulk],
    )


def world(*features: Feature, carrier: Carrier | None = None, seeds: tuple[SeedMessage, ...] = ()) -> World:
    template = Template(
        "test", account(*features), clock=ClockStart(START, frozen=True), carrier=carrier, messages=seeds
    )
    return World(template, lambda: START)


def send(here: World, *messages: tuple[str, str], sender: str = BULK, by: str = "101") -> BatchSent:
    batch = SendBatch(sender, tuple(BatchMessage(*message) for message in messages))
    return here.send_batch(here.account.extensions[by], batch)


CARRIER = Carrier(
    (
        CarrierProfile(
            (
                (SECOND, Reached(MessageStatus.SENT)),
                (5 * SECOND, Reached(MessageStatus.DELIVERY_FAILED, "SMS-CAR-411")),
            ),
            numbers=frozenset({LOST}),
        ),
        CarrierProfile(
            ((10 * SECOND, Reached(MessageStatus.QUEUED)), (30 * SECOND, Reached(MessageStatus.SENT))),
            numbers=frozenset({SLOW}),
        ),
    )
)


@pytest.mark.parametrize(("sender", "by"), [(direct("101"), "101"), ("14151003732", "101"), (BULK, "102"), ("", "101")])
def test_a_batch_comes_from_ones_own_high_volume_number_and_from_no_other(sender: str, by: str) -> None:
    with pytest.raises(errors.InvalidParameter) as refused:
        send(world(), (HANDSET, "Hi"), sender=sender, by=by)
    assert refused.value.parameter == "from"


@pytest.mark.parametrize("sender", [BULK, f"+{BULK}"])
def test_d10_it_is_the_same_number_with_and_without_a_plus(sender: str) -> None:
    assert send(world(), (HANDSET, "Hi"), sender=sender).batch.sender == BULK


@pytest.mark.parametrize(
    ("recipient", "features", "is_sent"),
    [
        (HANDSET, (), True),
        (f"+{HANDSET}", (), True),
        (direct("102"), (), True),
        ("29395", (), False),
        ("101", (), False),
        ("0123456789", (), False),
        ("1415100373x", (), False),
        ("447700900123", (), False),
        ("447700900123", (Feature.INTERNATIONAL_SMS_SENDER,), True),
    ],
)
def test_what_cannot_be_sent_to_is_rejected_with_its_place_and_the_rest_is_sent(
    recipient: str, features: tuple[Feature, ...], is_sent: bool
) -> None:
    sent = send(world(*features), (HANDSET, "Hi"), (recipient, "Hi"), (HANDSET, "Hi"))
    assert sent.batch.size == 2 + is_sent
    assert sent.rejected == (() if is_sent else ((2, recipient),))


@pytest.mark.parametrize(("text", "refusal"), [("", errors.InvalidParameter), ("😀" * 501, errors.TextTooLong)])
def test_r04_one_text_that_does_not_do_and_nothing_is_sent(text: str, refusal: type[errors.Refusal]) -> None:
    here = world()
    with pytest.raises(refusal):
        send(here, (HANDSET, "😀" * 500), (HANDSET, text))
    assert here.messages.received_by_handset(HANDSET) == ()


def test_a_handset_gets_what_was_sent_to_it() -> None:
    here = world()
    send(here, (HANDSET, "First"), (HANDSET, "Second"))
    received = here.messages.received_by_handset(HANDSET)
    assert [(message.sender, message.text) for message in received] == [(BULK, "First"), (BULK, "Second")]


def test_d14_an_sms_to_a_high_volume_number_is_in_no_mailbox_and_one_from_it_is_refused() -> None:
    here = world()
    sent = sms(here, "102", BULK, text="Hello")
    assert outcomes(sent.routed) == {BULK: ("delivered", "D-14")}
    assert outcomes(here.receive_sms(HANDSET, BULK, "Hi")) == {BULK: ("delivered", "D-14")}
    assert mailbox(here, "101") == ()
    with pytest.raises(errors.SenderNumberForHighVolume):
        sms(here, "101", HANDSET, from_number=BULK)


def test_a_world_may_begin_with_what_came_to_a_high_volume_number() -> None:
    seed = SeedMessage(MessageType.SMS, HANDSET, (BULK,), "STOP", read=True)
    here = world(seeds=(seed,))
    assert outcomes(send(here, (HANDSET, "Hi")).routed) == {HANDSET: ("failed", "D-12")}


def test_a_reset_leaves_nothing_of_a_batch() -> None:
    here = world()
    batch = send(here, (HANDSET, "Hi")).batch
    here.reset()
    with pytest.raises(errors.NotFound):
        here.a2p.batch(batch.id)
    assert here.messages.received_by_handset(HANDSET) == ()


@pytest.mark.parametrize(
    ("age", "status", "processed"),
    [
        (timedelta(seconds=-1), BatchStatus.PROCESSING, 0),
        (AT_ONCE, BatchStatus.PROCESSING, 1),
        (SECOND, BatchStatus.PROCESSING, 2),
        (timedelta(seconds=29.999), BatchStatus.PROCESSING, 2),
        (30 * SECOND, BatchStatus.COMPLETED, 3),
    ],
)
def test_a_batch_is_processing_until_its_last_message_is_on_its_way(
    age: timedelta, status: BatchStatus, processed: int
) -> None:
    batch = send(world(carrier=CARRIER), (HANDSET, "Hi"), (LOST, "Hi"), (SLOW, "Hi")).batch
    assert (batch.status_at(START + age), batch.processed_at(START + age)) == (status, processed)


@pytest.mark.parametrize(
    ("age", "status"), [(SECOND, BatchStatus.SENT), (4 * SECOND, BatchStatus.SENT), (5 * SECOND, BatchStatus.COMPLETED)]
)
def test_a_batch_is_sent_until_its_last_receipt_is_there(age: timedelta, status: BatchStatus) -> None:
    batch = send(world(carrier=CARRIER), (HANDSET, "Hi"), (LOST, "Hi")).batch
    assert batch.status_at(START + age) is status


def test_a_batch_of_nothing_but_mistakes_is_completed_at_once() -> None:
    batch = send(world(), ("29395", "Hi")).batch
    assert (batch.size, batch.status_at(START)) == (0, BatchStatus.COMPLETED)


def test_d12_what_could_not_be_sent_costs_nothing() -> None:
    here = world()
    here.receive_sms(HANDSET, BULK, "STOP")
    batch: Batch = send(here, (HANDSET, "Hi"), (LOST, "a" * 161)).batch
    assert cost_of(batch.segments_at(START)) == 0.014


@pytest.mark.parametrize(("phones", "is_out"), [((HANDSET,), True), ((f"+{HANDSET}", HANDSET), True), ((), False)])
def test_what_the_account_says_for_a_phone_holds_as_if_it_had_said_so(phones: tuple[str, ...], is_out: bool) -> None:
    here = world()
    here.assign_opt_outs(Assignment(BULK, phones, ()))
    assert ((BULK, HANDSET) in here.opt_outs) is is_out
    here.assign_opt_outs(Assignment(BULK, (), phones))
    assert here.opt_outs == set()


@pytest.mark.parametrize(
    ("opt_outs", "opt_ins", "problems"),
    [
        (("29395", LOST), (), ["no phone number", None]),
        ((direct("101"), LOST), (), ["a number of the account itself", None]),
        ((HANDSET, LOST), (f"+{HANDSET}",), ["to be opted out and in", None, "to be opted out and in"]),
    ],
)
def test_an_assignment_does_what_it_can(
    opt_outs: tuple[str, ...], opt_ins: tuple[str, ...], problems: list[str | None]
) -> None:
    here = world()
    assigned = here.assign_opt_outs(Assignment(BULK, opt_outs, opt_ins))
    assert [each.problem for each in assigned] == problems
    assert here.opt_outs == {(BULK, LOST)}


def test_a_batch_tells_when_it_changes_next_and_which_of_its_messages_do() -> None:
    batch = send(world(carrier=CARRIER), (HANDSET, "Hi"), (LOST, "Hi"), (SLOW, "Hi")).batch
    moments, at = [], batch.next_change()
    while at is not None:
        moments.append(((at - START).total_seconds(), len(batch.courses_changed(at)), batch.becomes_another(at)))
        at = batch.next_change(at)
    # The try in vain after ten seconds is no change.
    assert moments == [(0, 1, False), (1, 1, False), (2, 1, False), (5, 1, False), (30, 1, True)]


def test_a_batch_at_the_end_of_time_changes_no_more() -> None:
    here = world()
    here.clock.set(datetime.max.replace(tzinfo=UTC), frozen=True)
    batch = send(here, (HANDSET, "Hi")).batch
    assert batch.next_change(here.clock.now()) is None
    assert batch.status_at(here.clock.now()) is BatchStatus.SENT
