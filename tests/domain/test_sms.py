from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from builders import (
    HANDSET,
    department,
    direct,
    extension,
    mailbox,
    outcomes,
    set_sms_recipients,
    set_status,
    sms,
    texts,
    user,
    world,
)
from ringmock.domain import errors
from ringmock.domain.account import (
    ExtensionStatus,
    ExtensionType,
    Feature,
    PaymentType,
    PhoneNumber,
    PhoneNumberType,
    UsageType,
)
from ringmock.domain.generation import GENERATIONS
from ringmock.domain.message import Direction, MessageStatus, MessageType
from ringmock.domain.rules import RECEIVABLE_BY
from ringmock.world.world import World

ENABLED, DISABLED, FROZEN = ExtensionStatus.ENABLED, ExtensionStatus.DISABLED, ExtensionStatus.FROZEN
CURRENT = GENERATIONS["current"]
RECEIVERS = {ExtensionType.USER, ExtensionType.VOICEMAIL}


def test_r01_there_are_two_types_of_short_text_messages_and_faxes_besides() -> None:
    assert [str(kind) for kind in MessageType] == ["SMS", "Pager", "Fax"]


@pytest.mark.parametrize("kind", list(ExtensionType))
def test_r02_d09_an_sms_is_received_by_users_and_voicemails_and_fails_for_any_other_type(kind: ExtensionType) -> None:
    here = world(user("101"), extension("106", kind))
    sent = sms(here, "101", direct("106"))
    receives = kind in RECEIVERS
    assert (kind in RECEIVABLE_BY[MessageType.SMS]) is receives
    assert outcomes(sent.routed) == {direct("106"): ("delivered", "R-02") if receives else ("undeliverable", "D-09")}
    assert len(mailbox(here, "106")) == receives
    assert sent.message.progress.accepted is MessageStatus.SENT
    reached = sent.message.status_at(here.clock.now())
    assert reached is (MessageStatus.SENT if receives else MessageStatus.DELIVERY_FAILED)


def test_d09_an_sms_to_a_number_of_the_company_itself_fails() -> None:
    here = world(user("101"))
    sent = sms(here, "101", "16509100001")
    assert outcomes(sent.routed) == {"16509100001": ("undeliverable", "D-09")}
    assert sent.message.status_at(here.clock.now()) is MessageStatus.DELIVERY_FAILED


def test_r06_an_sms_reaches_a_handset_and_a_handset_reaches_an_extension() -> None:
    here = world(user("101"))
    sent = sms(here, "101", HANDSET, text="out")
    assert outcomes(sent.routed) == {HANDSET: ("outside", "R-06")}
    assert [m.text for m in here.messages.received_by_handset(HANDSET)] == ["out"]
    assert outcomes(here.receive_sms(HANDSET, direct("101"), "in")) == {direct("101"): ("delivered", "R-02")}
    inbound, outbound = mailbox(here, "101")
    assert (inbound.text, inbound.direction, inbound.sender) == ("in", Direction.INBOUND, HANDSET)
    assert (outbound.text, outbound.direction, outbound.recipients) == ("out", Direction.OUTBOUND, (HANDSET,))
    assert inbound.conversation == outbound.conversation


@pytest.mark.parametrize(
    ("handset", "recipient", "parameter"),
    [
        (direct("101"), direct("101"), "from"),
        ("123", direct("101"), "from"),
        (HANDSET, HANDSET, "to"),
        (HANDSET, "101", "to"),
    ],
)
def test_r06_a_handset_is_outside_and_writes_to_a_number_of_the_account(
    handset: str, recipient: str, parameter: str
) -> None:
    here = world(user("101"))
    with pytest.raises(errors.InvalidParameter) as refused:
        here.receive_sms(handset, recipient, "in")
    assert refused.value.parameter == parameter
    assert mailbox(here, "101") == ()


@pytest.mark.parametrize(
    ("recipients", "refusal"),
    [
        ((HANDSET, "14151003733"), errors.SeveralSmsRecipients),
        (("102",), errors.ExtensionNumberAsSmsRecipient),
        (("12345",), errors.ShortNumberAsSmsRecipient),
        (("+123456",), errors.ShortNumberAsSmsRecipient),
        (("04151003732",), errors.InvalidParameter),
        (("442071838750",), errors.InternationalNotAllowed),
    ],
)
def test_r07_an_sms_goes_to_one_full_phone_number(recipients: tuple[str, ...], refusal: type[errors.Refusal]) -> None:
    here = world(user("101"), user("102"))
    with pytest.raises(refusal):
        sms(here, "101", *recipients)
    assert mailbox(here, "101") == ()


def test_an_international_recipient_needs_a_number_with_that_feature() -> None:
    here = world(user("101"), features=(Feature.SMS_SENDER, Feature.INTERNATIONAL_SMS_SENDER))
    assert outcomes(sms(here, "101", "442071838750").routed) == {"442071838750": ("outside", "R-06")}


@pytest.mark.parametrize(
    ("count", "features", "refusal"),
    [
        (2, (Feature.SMS_SENDER, Feature.MMS_SENDER), None),
        (10, (Feature.SMS_SENDER, Feature.MMS_SENDER), None),
        (11, (Feature.SMS_SENDER, Feature.MMS_SENDER), errors.TooManySmsRecipients),
        (2, (Feature.SMS_SENDER,), errors.MmsNotAvailable),
    ],
)
def test_in_the_current_generation_a_group_has_up_to_ten_recipients_and_needs_mms(
    count: int, features: tuple[Feature, ...], refusal: type[errors.Refusal] | None
) -> None:
    here = world(user("101"), generation=CURRENT, features=features)
    group = [f"1415100{number}" for number in range(4000, 4000 + count)]
    if refusal is not None:
        with pytest.raises(refusal):
            sms(here, "101", *group)
        return
    assert sms(here, "101", *group).message.recipients == tuple(group)
    assert len(mailbox(here, "101")) == 1


def test_in_the_current_generation_a_number_given_twice_is_refused_in_either_spelling() -> None:
    here = world(user("101"), generation=CURRENT, features=(Feature.SMS_SENDER, Feature.MMS_SENDER))
    with pytest.raises(errors.DuplicateValue):
        sms(here, "101", HANDSET, f"+{HANDSET}")


def test_several_bad_recipients_of_a_kind_are_reported_together() -> None:
    here = world(user("101"), generation=CURRENT, features=(Feature.SMS_SENDER, Feature.MMS_SENDER))
    with pytest.raises(errors.SeveralRefusals) as refused:
        sms(here, "101", "111", "222", HANDSET)
    assert [r.value for r in refused.value.refusals] == ["111", "222"]


def test_r11_r12_a_department_sends_sms_from_its_own_number() -> None:
    here = world(user("101"), department("200", "101"))
    assert sms(here, "200", HANDSET).message.sender == direct("200")
    assert len(mailbox(here, "200")) == 1


@pytest.mark.parametrize(
    ("sender", "from_number", "refusal"),
    [
        ("101", direct("200"), errors.SenderNumberOfAnother),
        ("101", direct("102"), errors.SenderNumberOfAnother),
        ("200", direct("101"), errors.SenderNumberOfAnother),
        ("101", "16509100001", errors.SenderNumberOfAnother),
        ("101", HANDSET, errors.SenderNumberUnknown),
        ("101", "101", errors.SenderNumberUnknown),
    ],
)
def test_r12_an_sms_goes_out_from_the_senders_own_number_only(
    sender: str, from_number: str, refusal: type[errors.Refusal]
) -> None:
    here = world(user("101", administrator=True), user("102"), department("200", "101"))
    with pytest.raises(refusal) as refused:
        sms(here, sender, HANDSET, from_number=from_number)
    assert refused.value.parameter == "from"


@pytest.mark.parametrize(
    ("features", "sends"), [((Feature.SMS_SENDER,), True), ((Feature.CALLER_ID,), False), ((), False)]
)
def test_r13_a_number_sends_sms_when_it_has_the_sms_sender_feature(features: tuple[Feature, ...], sends: bool) -> None:
    here = world(department("200"), features=features)
    if sends:
        assert sms(here, "200", HANDSET)
        return
    with pytest.raises(errors.SenderNumberWithoutSms):
        sms(here, "200", HANDSET)


@pytest.mark.parametrize(
    ("status", "is_active"),
    [
        (ENABLED, True),
        (ExtensionStatus.NOT_ACTIVATED, True),
        (ExtensionStatus.UNASSIGNED, True),
        (DISABLED, False),
        (FROZEN, False),
    ],
)
def test_r15_r16_d08_an_sms_to_a_disabled_or_frozen_extension_is_dropped(
    status: ExtensionStatus, is_active: bool
) -> None:
    here = world(user("101"), user("104", status))
    assert here.account.extensions["104"].is_active is is_active
    sent = sms(here, "101", direct("104"))
    assert outcomes(sent.routed) == {direct("104"): ("delivered", "R-02") if is_active else ("dropped", "R-16")}
    assert len(mailbox(here, "104")) == is_active


@pytest.mark.parametrize("generation", GENERATIONS.values(), ids=GENERATIONS)
def test_r17_d03_a_dropped_sms_is_kept_as_sent_in_the_senders_outbox_and_nowhere_else(generation) -> None:
    here = world(user("101"), user("104", FROZEN), generation=generation)
    sent = sms(here, "101", direct("104"))
    assert mailbox(here, "101") == (sent.message,)
    for _ in range(2):
        assert sent.message.status_at(here.clock.now()) is MessageStatus.SENT
        here.clock.advance(timedelta(days=1))
    set_status(here, "104", ENABLED)
    assert mailbox(here, "104") == ()
    assert here.messages.received_by_handset(direct("104")) == ()


@pytest.mark.parametrize(("given", "told"), [(f"+{HANDSET}", HANDSET), (HANDSET, HANDSET)])
def test_d10_a_number_with_a_plus_and_one_without_are_the_same(given: str, told: str) -> None:
    here = world(user("101"))
    sent = sms(here, "101", given, from_number=f"+{direct('101')}").message
    assert (sent.sender, sent.recipients) == (direct("101"), (told,))


def test_an_sms_to_oneself_leaves_two_records() -> None:
    here = world(user("101"))
    sms(here, "101", direct("101"))
    assert [m.direction for m in mailbox(here, "101")] == [Direction.INBOUND, Direction.OUTBOUND]


# --- toll-free and company numbers -------------------------------------------------------------------

TOLL_FREE, COMPANY = "18005550101", "16509100002"


def with_number(here: World, phone: PhoneNumber) -> World:
    numbers = {**here.account.phone_numbers, phone.digits: phone}
    here.account = replace(here.account, phone_numbers=numbers)
    return here


def toll_free(*features: Feature) -> PhoneNumber:
    return PhoneNumber(7, TOLL_FREE, "101", features, payment_type=PaymentType.TOLL_FREE)


def of_the_company(assigned: str | None) -> PhoneNumber:
    return PhoneNumber(7, COMPANY, None, (Feature.SMS_SENDER,), UsageType.COMPANY_NUMBER, assigned=assigned)


@pytest.mark.parametrize(
    ("recipients", "refusal"),
    [
        ((HANDSET,), None),
        (("442071838750",), errors.InternationalFromTollFree),
        ((HANDSET, "14151003733"), errors.MmsNotAvailable),
    ],
)
def test_d23_a_toll_free_number_sends_to_one_phone_of_its_country(
    recipients: tuple[str, ...], refusal: type[errors.Refusal] | None
) -> None:
    here = with_number(world(user("101"), generation=CURRENT), toll_free(Feature.SMS_SENDER))
    if refusal is None:
        assert sms(here, "101", *recipients, from_number=TOLL_FREE).message.sender == TOLL_FREE
    else:
        with pytest.raises(refusal):
            sms(here, "101", *recipients, from_number=TOLL_FREE)
        assert mailbox(here, "101") == ()


def test_d09_a_number_for_faxes_alone_neither_sends_nor_receives_sms() -> None:
    fax = PhoneNumber(7, "16509100113", "102", type=PhoneNumberType.FAX_ONLY)
    here = with_number(world(user("101"), user("102")), fax)
    with pytest.raises(errors.SenderNumberForFax):
        sms(here, "102", HANDSET, from_number=fax.digits)
    assert outcomes(sms(here, "101", fax.digits).routed) == {fax.digits: ("undeliverable", "D-09")}
    assert mailbox(here, "102") == ()


def test_d24_a_company_number_sends_and_receives_for_whom_it_is_assigned_to() -> None:
    here = with_number(world(user("101"), user("102")), of_the_company("102"))
    sent = sms(here, "102", HANDSET, from_number=COMPANY)
    assert (sent.message.sender, sent.message.mailbox) == (COMPANY, "102")
    with pytest.raises(errors.SenderNumberOfAnother):
        sms(here, "101", HANDSET, from_number=COMPANY)
    assert outcomes(sms(here, "101", COMPANY).routed) == {COMPANY: ("delivered", "R-02")}
    assert len(mailbox(here, "102")) == 2


@pytest.mark.parametrize(
    ("change", "fate"),
    [
        (lambda here: set_status(here, "102", FROZEN), ("dropped", "R-16")),
        (lambda here: with_number(here, of_the_company(None)), ("undeliverable", "D-09")),
    ],
)
def test_d24_what_a_company_number_is_sent_has_the_fate_of_whom_it_is_assigned_to(
    change: Callable[[World], object], fate: tuple[str, str]
) -> None:
    here = with_number(world(user("101"), user("102")), of_the_company("102"))
    change(here)
    assert outcomes(sms(here, "101", COMPANY).routed) == {COMPANY: fate}
    assert mailbox(here, "102") == ()


# --- SMS recipients ----------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [ExtensionType.DEPARTMENT, ExtensionType.SITE])
def test_an_sms_recipient_sends_from_a_shared_number_and_the_message_is_in_its_owners_mailbox(kind) -> None:
    here = world(user("101"), user("102"), extension("200", kind))
    set_sms_recipients(here, "200", "101")
    sent = sms(here, "101", HANDSET, from_number=direct("200"))
    assert (sent.message.sender, sent.message.mailbox) == (direct("200"), "200")
    assert (mailbox(here, "101"), mailbox(here, "200")) == ((), (sent.message,))
    with pytest.raises(errors.SenderNumberOfAnother):
        sms(here, "102", HANDSET, from_number=direct("200"))


def test_r12_a_department_with_sms_recipients_sends_from_its_number_as_before() -> None:
    here = world(user("101"), department("200"))
    set_sms_recipients(here, "200", "101")
    assert sms(here, "200", HANDSET).message.mailbox == "200"


def test_who_is_no_sms_recipient_any_more_sends_nothing_more() -> None:
    here = world(user("101"), department("200"))
    set_sms_recipients(here, "200", "101")
    set_sms_recipients(here, "200")
    with pytest.raises(errors.SenderNumberOfAnother):
        sms(here, "101", HANDSET, from_number=direct("200"))
    assert mailbox(here, "200") == ()


def test_r13_an_sms_recipient_sends_only_where_the_shared_number_has_the_flag() -> None:
    here = world(user("101"), department("200"), features=())
    set_sms_recipients(here, "200", "101")
    with pytest.raises(errors.SenderNumberWithoutSms):
        sms(here, "101", HANDSET, from_number=direct("200"))


@pytest.mark.parametrize("has_recipients", [True, False])
def test_d09_a_department_receives_sms_while_it_has_sms_recipients(has_recipients: bool) -> None:
    here = world(user("101"), department("200"))
    if has_recipients:
        set_sms_recipients(here, "200", "101")
    here.receive_sms(HANDSET, direct("200"), "Can you help?")
    assert texts(here, "200") == (["Can you help?"] if has_recipients else [])
    assert mailbox(here, "101") == ()


def test_r16_an_sms_to_a_disabled_department_is_dropped_whoever_its_sms_recipients_are() -> None:
    here = world(user("101"), department("200", status=DISABLED))
    set_sms_recipients(here, "200", "101")
    assert outcomes(here.receive_sms(HANDSET, direct("200"), "Hi")) == {direct("200"): ("dropped", "R-16")}


# --- groups from outside ---------------------------------------------------------------------------

ANOTHER_HANDSET = "14151003733"
GROUP = (direct("101"), ANOTHER_HANDSET, direct("102"))


def test_in_current_a_handset_writes_to_a_group_which_is_one_conversation() -> None:
    here = world(user("101"), user("102"), generation=CURRENT)
    routed = here.receive_sms(HANDSET, [direct("101"), f"+{ANOTHER_HANDSET}", direct("102")], "All of you")
    assert outcomes(routed) == {
        direct("101"): ("delivered", "R-02"),
        ANOTHER_HANDSET: ("outside", "R-06"),
        direct("102"): ("delivered", "R-02"),
    }
    [first], [second] = mailbox(here, "101"), mailbox(here, "102")
    assert first.recipients == second.recipients == GROUP
    assert first.conversation == second.conversation
    assert first.conversation.numbers == {HANDSET, *GROUP}
    assert [m.text for m in here.messages.received_by_handset(ANOTHER_HANDSET)] == ["All of you"]


def test_an_answer_to_a_group_from_outside_stays_in_its_conversation() -> None:
    features = (Feature.SMS_SENDER, Feature.MMS_SENDER)
    here = world(user("101"), user("102"), generation=CURRENT, features=features)
    here.receive_sms(HANDSET, GROUP, "All of you")
    sms(here, "101", HANDSET, ANOTHER_HANDSET, direct("102"), text="Yes?")
    answer, question = mailbox(here, "101")
    assert answer.conversation == question.conversation


def test_a_group_none_of_whom_is_reached_reaches_no_handset_either() -> None:
    here = world(user("101", FROZEN), generation=CURRENT)
    assert outcomes(here.receive_sms(HANDSET, (direct("101"), ANOTHER_HANDSET), "Hi"))[direct("101")] == (
        "dropped",
        "R-16",
    )
    assert here.messages.received_by_handset(ANOTHER_HANDSET) == ()


@pytest.mark.parametrize(("others", "is_sent"), [(9, True), (10, False)])
def test_a_group_from_outside_is_as_large_as_one_of_the_account(others: int, is_sent: bool) -> None:
    here = world(user("101"), generation=CURRENT)
    to = (direct("101"), *(f"120255501{number:02}" for number in range(others)))
    if is_sent:
        assert len(here.receive_sms(HANDSET, to, "Hi")) == 10
    else:
        with pytest.raises(errors.TooManySmsRecipients):
            here.receive_sms(HANDSET, to, "Hi")


@pytest.mark.parametrize(
    ("to", "refusal", "value"),
    [
        ((ANOTHER_HANDSET, "12025550123"), errors.InvalidParameter, ANOTHER_HANDSET),
        ((direct("101"), HANDSET), errors.InvalidParameter, HANDSET),
        ((direct("101"), "102"), errors.InvalidParameter, "102"),
        ((direct("101"), f"+{direct('101')}"), errors.DuplicateValue, f"+{direct('101')}"),
    ],
)
def test_a_group_that_cannot_be_reaches_nobody(to: tuple[str, ...], refusal: type[errors.Refusal], value: str) -> None:
    here = world(user("101"), generation=CURRENT)
    with pytest.raises(refusal) as refused:
        here.receive_sms(HANDSET, to, "Hi")
    assert (type(refused.value), refused.value.parameter, refused.value.value) == (refusal, "to", value)
    assert mailbox(here, "101") == ()


def test_in_2012_a_handset_writes_to_one_number() -> None:
    here = world(user("101"))
    with pytest.raises(errors.SeveralSmsRecipients):
        here.receive_sms(HANDSET, (direct("101"), ANOTHER_HANDSET), "Hi")


def test_stop_to_a_group_is_said_to_each_of_the_accounts_numbers_in_it() -> None:
    here = world(user("101"), user("102"), user("103"), generation=CURRENT)
    here.receive_sms(HANDSET, GROUP, "STOP")
    assert here.opt_outs == {(direct("101"), HANDSET), (direct("102"), HANDSET)}
