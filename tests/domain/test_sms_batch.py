"""Batches of ordinary SMS: what is planned, and what is refused whole or in part."""

import pytest

from builders import HANDSET, Clock, account, direct, outcomes, user
from ringmock.domain import errors
from ringmock.domain.account import Feature
from ringmock.domain.attachment import Attachment
from ringmock.domain.slices import SLICE, result_of
from ringmock.domain.sms_batch import SendSmsBatch, SmsOfBatch
from ringmock.world.sms_batches import SmsBatchSent
from ringmock.world.template import Template
from ringmock.world.world import World

PNG = Attachment("image/png", "map.png", b"\x89PNG")
OTHER = "14151003733"


def sending(*features: Feature) -> World:
    people = account(user("101"), user("102"), features=(Feature.SMS_SENDER, *features))
    return World(Template("batches", people), Clock())


def send(world: World, *messages: SmsOfBatch, files: tuple[Attachment, ...] = ()) -> SmsBatchSent:
    batch = SendSmsBatch(direct("101"), messages, files)
    return result_of(world.sending_sms_batch(world.account.extensions["101"], batch))


def to(*numbers: str, text: str = "Hello") -> SmsOfBatch:
    return SmsOfBatch(numbers, text)


def received(world: World, phone: str) -> list[str]:
    return [message.text for message in world.messages.received_by_handset(phone)]


def test_d44_what_a_batch_sends_is_in_no_mailbox_of_the_sender_and_a_colleague_receives_it() -> None:
    world = sending()
    sent = send(world, to(HANDSET), to(direct("102"), text="Hi"))
    assert outcomes(sent.routed) == {HANDSET: ("outside", "R-06"), direct("102"): ("delivered", "R-02")}
    assert received(world, HANDSET) == ["Hello"]
    assert (len(world.messages), sent.batch.size) == (1, 2)


@pytest.mark.parametrize("number", ["102", "12345", "442079460958"])
def test_d44_a_number_that_cannot_be_reached_is_rejected_by_its_place(number: str) -> None:
    world = sending()
    sent = send(world, to(HANDSET), to(number))
    assert [(each.place, each.recipients) for each in sent.rejected] == [(2, (number,))]
    assert received(world, HANDSET) == ["Hello"]


def test_d44_a_group_of_a_batch_is_one_message_with_its_files() -> None:
    world = sending(Feature.MMS_SENDER)
    send(world, to(HANDSET, OTHER, text=""), files=(PNG,))
    mine, his = (world.messages.received_by_handset(phone) for phone in (HANDSET, OTHER))
    assert mine == his
    assert [held.file for held in mine[0].attachments] == [PNG]


@pytest.mark.parametrize(
    ("message", "files", "refusal"),
    [
        (to(HANDSET, text=""), (), errors.InvalidParameter),
        (to(HANDSET, text="a" * 1001), (), errors.TextTooLong),
        (to(HANDSET), (PNG,), errors.MmsNotAvailable),
        (to(HANDSET, OTHER), (), errors.MmsNotAvailable),
    ],
)
def test_d44_a_batch_with_what_no_sms_may_have_is_refused_whole(
    message: SmsOfBatch, files: tuple[Attachment, ...], refusal: type[errors.Refusal]
) -> None:
    world = sending()
    with pytest.raises(refusal):
        send(world, to(OTHER), message, files=files)
    assert (received(world, OTHER), len(world.messages)) == ([], 0)


def test_d44_a_reset_between_two_slices_leaves_nothing_of_a_batch() -> None:
    world = sending()
    batch = SendSmsBatch(direct("101"), tuple(to(f"1415{number:07}") for number in range(2 * SLICE)))
    work = world.sending_sms_batch(world.account.extensions["101"], batch)
    next(iter(work))
    world.reset()
    result_of(work)
    assert not world.messages.phones_received()
