"""What a refusal says beside its kind: the parameter at fault, as the request spells it, and what it held."""

from collections.abc import Callable

import pytest

from builders import (
    HANDSET,
    department,
    direct,
    extension,
    identity,
    mailbox,
    outcomes,
    page,
    set_members,
    sms,
    user,
    world,
)
from ringmock.domain import errors
from ringmock.domain.account import ExtensionType, Feature
from ringmock.domain.attachment import Attachment
from ringmock.domain.generation import GENERATIONS
from ringmock.domain.pager import Address, SendPager
from ringmock.domain.sms import SendSms, plan_inbound_sms
from ringmock.world.world import World

OTHER = "14151003733"
ABROAD = "442071234567"
TEN = tuple(f"1415100{number}" for number in range(4000, 4010))


def office() -> World:
    return world(
        user("101"), user("102"), user("103"), department("200", "102", "103"), department("201"),
        extension("300", ExtensionType.ANNOUNCEMENT),
        generation=GENERATIONS["current"], features=(Feature.SMS_SENDER, Feature.MMS_SENDER),
    )  # fmt: skip


def in_2012(act: Callable[[World], object]) -> Callable[[World], object]:
    return lambda _: act(world(user("101"), user("102")))


def pager(*to: Address, sender: Address | None = None, by: str = "101") -> Callable[[World], object]:
    return lambda here: here.send_pager(here.account.extensions[by], SendPager(to, "Hello!", sender))


def inbound(handset: str, recipient: str) -> Callable[[World], object]:
    return lambda here: plan_inbound_sms(here.account, SendSms(handset, (recipient,), "Hi"), here.generation)


SMS_REFUSALS = [
    (lambda here: sms(here, "101", "102"), errors.ExtensionNumberAsSmsRecipient, "to", "102"),
    (lambda here: sms(here, "101", "123456"), errors.ShortNumberAsSmsRecipient, "to", "123456"),
    (lambda here: sms(here, "101", "0234567"), errors.InvalidParameter, "to.phoneNumber", "0234567"),
    (lambda here: sms(here, "101", ABROAD), errors.InternationalNotAllowed, "to", ABROAD),
    (lambda here: sms(here, "101", HANDSET, ABROAD), errors.InternationalNotAllowed, "to", ABROAD),
    (lambda here: sms(here, "101", HANDSET, f"+{HANDSET}"), errors.DuplicateValue, "to", f"+{HANDSET}"),
    (lambda here: sms(here, "101", *TEN, HANDSET), errors.TooManySmsRecipients, "to", "10"),
    (in_2012(lambda here: sms(here, "101", HANDSET, OTHER)), errors.SeveralSmsRecipients, "to", None),
    (lambda here: sms(here, "101", HANDSET, from_number=OTHER), errors.SenderNumberUnknown, "from", OTHER),
    (inbound(direct("101"), direct("102")), errors.InvalidParameter, "from", direct("101")),
    (inbound("123\n", direct("102")), errors.InvalidParameter, "from", "123\n"),
    (inbound(HANDSET, OTHER), errors.InvalidParameter, "to", OTHER),
]  # fmt: skip

NOBODY = 7
PAGER_REFUSALS = [
    (pager(Address("101"), by="200"), errors.DepartmentCannotPage, "from", "200"),
    (pager(Address("102"), sender=Address(id=NOBODY)), errors.ParameterNotFound, "from.extensionId", "7"),
    (pager(Address("102"), sender=Address("103")), errors.SenderNumberMismatch, "from", "103"),
    (pager(Address("102"), sender=Address(id=identity("103"))), errors.SenderIdMismatch, "from", str(identity("103"))),
    (pager(Address(phone_number=HANDSET)), errors.PagerToPhoneNumber, "to.phoneNumber", HANDSET),
    (pager(Address("999")), errors.PagerRecipientNotFound, "to", "999"),
    (pager(Address("999", NOBODY)), errors.PagerRecipientNotFound, "to", "999"),
    (pager(Address(id=NOBODY)), errors.PagerRecipientNotFound, "to", "7"),
    (pager(Address(id=NOBODY, phone_number=HANDSET)), errors.PagerRecipientNotFound, "to", "7"),
    (pager(Address("102", identity("103"))), errors.RecipientIdAndNumberDisagree, "to", "102"),
    (pager(Address("300")), errors.PagerRecipientCannotReceive, "to", "300"),
    (pager(Address("201")), errors.DepartmentWithoutMembers, "to", "201"),
]  # fmt: skip


@pytest.mark.parametrize(("act", "kind", "parameter", "value"), [*SMS_REFUSALS, *PAGER_REFUSALS], ids=range(24))
def test_a_refusal_names_the_parameter_at_fault_and_what_it_held(
    act: Callable[[World], object], kind: type[errors.Refusal], parameter: str, value: str | None
) -> None:
    with pytest.raises(kind) as refused:
        act(office())

    assert [(type(one), one.parameter, one.value) for one in refused.value.refusals] == [(kind, parameter, value)]


def test_who_left_a_thread_is_refused_about_the_reply() -> None:
    here = office()
    page(here, "101", "200")
    held = mailbox(here, "102")[0]
    set_members(here, "200", "103")

    with pytest.raises(errors.NotAThreadParticipant) as refused:
        page(here, "102", reply_on=held)

    assert refused.value.parameter == "replyOn"


@pytest.mark.parametrize(("digits", "is_short"), [("234567", True), ("1234567", False)])
def test_r07_a_number_of_seven_digits_is_no_short_one(digits: str, is_short: bool) -> None:
    here = office()
    if not is_short:
        assert outcomes(sms(here, "101", digits).routed)[digits] == ("outside", "R-06")
        return
    with pytest.raises(errors.ShortNumberAsSmsRecipient):
        sms(here, "101", digits)


def test_r03_a_member_of_a_department_who_cannot_have_pages_is_passed_over() -> None:
    here = office()
    set_members(here, "200", "102", "300")

    routed = outcomes(page(here, "101", "200").routed)

    assert (routed["102"], routed["300"]) == (("delivered", "R-10"), ("skipped", "R-03"))


@pytest.mark.parametrize(
    "address", [Address("102", phone_number=HANDSET), Address(id=identity("102"), phone_number=HANDSET)]
)
def test_r08_a_phone_number_beside_the_extension_does_no_harm(address: Address) -> None:
    sent = pager(address)(office())

    assert outcomes(sent.routed) == {"102": ("delivered", "R-03")}


def test_r06_files_of_a_handset_come_with_its_text() -> None:
    file = Attachment("image/png", "a.png", b"png")
    here = office()

    sms = SendSms(HANDSET, (direct("101"),), "Hi", (file,))
    delivery = plan_inbound_sms(here.account, sms, here.generation)

    assert delivery.attachments == (file,)


def test_a_page_is_sent_by_its_sender_and_lies_in_his_outbox() -> None:
    here = office()

    page(here, "101", "102")

    assert [(message.sender, message.mailbox) for message in mailbox(here, "101")] == [("101", "101")]
