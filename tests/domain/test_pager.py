from datetime import timedelta

import pytest

from builders import (
    START,
    department,
    direct,
    extension,
    identity,
    mailbox,
    outcomes,
    page,
    set_members,
    set_status,
    sms,
    texts,
    user,
    world,
)
from ringmock.domain import errors
from ringmock.domain.account import ExtensionStatus, ExtensionType
from ringmock.domain.message import Direction, MessageStatus, MessageType
from ringmock.domain.pager import Address, SendPager
from ringmock.domain.rules import RECEIVABLE_BY
from ringmock.world.world import World

ENABLED, DISABLED, FROZEN = ExtensionStatus.ENABLED, ExtensionStatus.DISABLED, ExtensionStatus.FROZEN
RECEIVERS = {ExtensionType.USER, ExtensionType.VOICEMAIL, ExtensionType.DEPARTMENT}


def office() -> World:
    """Three users, a Department of two of them, and one outside it."""
    return world(user("101"), user("102"), user("103"), user("109"), department("200", "102", "103"))


def send(here: World, caller: str, *to: Address, **fields) -> None:
    here.send_pager(here.account.extensions[caller], SendPager(to, "Hello!", **fields))


@pytest.mark.parametrize("kind", list(ExtensionType))
def test_r03_a_page_is_received_by_users_voicemails_and_departments(kind: ExtensionType) -> None:
    other = department("200", "102") if kind is ExtensionType.DEPARTMENT else extension("200", kind)
    here = world(user("101"), user("102"), other)
    assert (kind in RECEIVABLE_BY[MessageType.PAGER]) is (kind in RECEIVERS)
    if kind in RECEIVERS:
        assert outcomes(page(here, "101", "200").routed)["200"] == ("delivered", "R-03")
        assert texts(here, "200") == ["Hello!"]
        return
    with pytest.raises(errors.PagerRecipientCannotReceive):
        page(here, "101", "200")
    assert mailbox(here, "101") == ()


@pytest.mark.parametrize(
    ("address", "refusal", "parameter"),
    [
        (Address(number="999"), errors.PagerRecipientNotFound, "to"),
        (Address(id=7), errors.PagerRecipientNotFound, "to"),
        (Address(number="102", id=7), errors.PagerRecipientNotFound, "to"),
        (Address(number="102", id=identity("103")), errors.RecipientIdAndNumberDisagree, "to"),
        (Address(phone_number=direct("102")), errors.PagerToPhoneNumber, "to.phoneNumber"),
    ],
)
def test_r08_a_page_stays_within_the_account(address: Address, refusal: type[errors.Refusal], parameter: str) -> None:
    here = office()
    with pytest.raises(refusal) as refused:
        send(here, "101", Address(number="103"), address)
    assert refused.value.parameter == parameter
    assert mailbox(here, "103") == ()


def test_r09_a_page_has_several_recipients_by_number_or_by_id_each_once() -> None:
    here = office()
    send(here, "101", Address(number="102"), Address(id=identity("103")), Address("102", identity("102")))
    assert mailbox(here, "101")[0].recipients == ("102", "103")
    assert texts(here, "102") == texts(here, "103") == ["Hello!"]


def test_r10_a_page_to_a_department_reaches_every_member_once_and_never_the_sender_again() -> None:
    here = office()
    sent = page(here, "102", "200", "103")
    assert outcomes(sent.routed) == {"200": ("delivered", "R-03"), "103": ("delivered", "R-03")}
    assert [m.direction for m in mailbox(here, "102")] == [Direction.OUTBOUND]
    assert texts(here, "103") == texts(here, "200") == ["Hello!"]
    assert outcomes(page(here, "101", "200").routed)["102"] == ("delivered", "R-10")


def test_a_page_to_oneself_leaves_two_records() -> None:
    here = office()
    page(here, "101", "101")
    assert [m.direction for m in mailbox(here, "101")] == [Direction.INBOUND, Direction.OUTBOUND]


def test_every_mailbox_has_a_record_of_its_own_in_one_conversation() -> None:
    here = office()
    page(here, "101", "200")
    records = [mailbox(here, number)[0] for number in ("101", "200", "102", "103")]
    assert len({m.id for m in records}) == 4
    assert len({m.conversation.id for m in records}) == 1
    assert {m.status_at(here.clock.now()) for m in records} == {MessageStatus.SENT}


def test_r14_d02_a_department_cannot_page_not_even_in_reply() -> None:
    here = office()
    asked = page(here, "101", "200")
    received = mailbox(here, "200")[0]
    for attempt in ({"reply_on": None}, {"reply_on": received.id}):
        with pytest.raises(errors.DepartmentCannotPage):
            send(here, "200", Address(number="101"), **attempt)
    assert mailbox(here, "101") == (asked.message,)


@pytest.mark.parametrize("status", list(ExtensionStatus))
def test_r15_r18_d08_a_list_with_one_disabled_or_frozen_extension_reaches_nobody(status: ExtensionStatus) -> None:
    here = world(user("101"), user("102"), user("104", status))
    if status not in (DISABLED, FROZEN):
        assert outcomes(page(here, "101", "102", "104").routed)["104"] == ("delivered", "R-03")
        return
    with pytest.raises(errors.RecipientInactive) as refused:
        page(here, "101", "102", "104")
    assert (refused.value.parameter, refused.value.value) == ("to", "104")
    assert mailbox(here, "101") == mailbox(here, "102") == ()


def test_r18_a_frozen_member_who_is_also_addressed_in_person_is_refused() -> None:
    here = world(user("101"), user("102"), user("104", FROZEN), department("200", "102", "104"))
    with pytest.raises(errors.RecipientInactive):
        page(here, "101", "200", "104")


def test_r18_a_frozen_department_is_refused() -> None:
    here = world(user("101"), user("102"), department("200", "102", status=FROZEN))
    with pytest.raises(errors.RecipientInactive):
        page(here, "101", "200")


@pytest.mark.parametrize("status", [DISABLED, FROZEN])
def test_r19_through_a_department_only_active_members_receive_and_no_error_is_reported(status: ExtensionStatus) -> None:
    here = world(user("101"), user("102"), user("104", status), department("200", "102", "104"))
    sent = page(here, "101", "200")
    assert outcomes(sent.routed) == {
        "200": ("delivered", "R-03"),
        "102": ("delivered", "R-10"),
        "104": ("skipped", "R-19"),
    }
    set_status(here, "104", ENABLED)
    assert mailbox(here, "104") == ()


def test_d07_a_department_without_members_is_refused_and_one_of_inactive_members_is_not() -> None:
    here = world(user("101"), user("104", FROZEN), department("201"), department("202", "104"))
    with pytest.raises(errors.DepartmentWithoutMembers):
        page(here, "101", "201")
    assert outcomes(page(here, "101", "202").routed)["104"] == ("skipped", "R-19")


@pytest.mark.parametrize(
    ("given", "refusal", "parameter"),
    [
        (Address(number="102"), errors.SenderNumberMismatch, "from"),
        (Address(id=identity("102")), errors.SenderIdMismatch, "from"),
        (Address("101", identity("102")), errors.SenderIdMismatch, "from"),
        (Address(id=7), errors.ParameterNotFound, "from.extensionId"),
    ],
)
def test_from_can_only_name_the_sender(given: Address, refusal: type[errors.Refusal], parameter: str) -> None:
    here = office()
    with pytest.raises(refusal) as refused:
        send(here, "101", Address(number="103"), sender=given)
    assert refused.value.parameter == parameter
    send(here, "101", Address(number="103"), sender=Address("101", identity("101")))
    assert texts(here, "103") == ["Hello!"]


# --- threads -------------------------------------------------------------------------------------


def test_a_reply_reaches_everyone_in_the_thread_but_its_sender_and_keeps_the_conversation() -> None:
    here = office()
    asked = page(here, "101", "102", "109").message
    answer = page(here, "102", text="Yes", reply_on=mailbox(here, "102")[0])
    assert answer.message.conversation == asked.conversation
    assert answer.message.recipients == ("101", "109")
    assert texts(here, "101") == texts(here, "102") == texts(here, "109") == ["Yes", "Hello!"]


def test_r21_a_member_takes_part_in_the_departments_conversation() -> None:
    here = office()
    page(here, "101", "200")
    page(here, "102", text="Mine", reply_on=mailbox(here, "102")[0])
    assert texts(here, "103") == texts(here, "101") == texts(here, "200") == ["Mine", "Hello!"]


def test_r21_who_joins_a_department_receives_what_is_said_from_then_on() -> None:
    here = office()
    asked = page(here, "101", "200").message
    set_members(here, "200", "102", "103", "109")
    page(here, "101", text="More", reply_on=asked)
    assert texts(here, "109") == ["More"]
    page(here, "109", text="Welcome", reply_on=mailbox(here, "109")[0])
    assert texts(here, "102") == ["Welcome", "More", "Hello!"]


def test_r20_d04_who_was_removed_sees_nothing_of_the_thread_until_he_is_back() -> None:
    here = office()
    page(here, "101", "200")
    received = mailbox(here, "102")[0]
    set_members(here, "200", "103")
    member = here.account.extensions["102"]
    assert mailbox(here, "102") == ()
    for attempt, permission in (
        (lambda: here.read_message(member, received.id), "ReadMessages"),
        (lambda: here.mark_message(member, received.id, received.read_status), "EditMessages"),
        (lambda: here.delete_message(member, received.id, purge=True), "EditMessages"),
    ):
        with pytest.raises(errors.ThreadNotAccessible) as refused:
            attempt()
        assert refused.value.value == permission
    set_members(here, "200", "102", "103")
    assert mailbox(here, "102") == (received,)


def test_r20_his_own_pages_in_that_thread_are_hidden_too_and_other_threads_are_not() -> None:
    here = office()
    page(here, "101", "200")
    page(here, "102", text="Mine", reply_on=mailbox(here, "102")[0])
    page(here, "101", "102", text="In person")
    set_members(here, "200", "103")
    assert texts(here, "102") == ["In person"]


def test_r22_who_was_removed_neither_replies_nor_receives() -> None:
    here = office()
    asked = page(here, "101", "200").message
    received = mailbox(here, "102")[0]
    set_members(here, "200", "103")
    with pytest.raises(errors.NotAThreadParticipant):
        page(here, "102", reply_on=received)
    page(here, "101", text="Later", reply_on=asked)
    page(here, "101", "200", text="Anew")
    set_members(here, "200", "102", "103")
    assert texts(here, "102") == ["Hello!"]
    assert texts(here, "103") == ["Anew", "Later", "Hello!"]


def test_r23_the_check_is_made_on_every_reply_explicitly_or_through_any_department() -> None:
    here = world(user("101"), user("102"), user("103"), department("200", "102"), department("201", "102", "103"))
    page(here, "101", "200", "201")
    received = mailbox(here, "102")[0]
    set_members(here, "200", "103")
    assert page(here, "102", reply_on=received)
    set_members(here, "201", "103")
    with pytest.raises(errors.NotAThreadParticipant):
        page(here, "102", reply_on=received)


def test_r23_who_is_addressed_in_person_stays_in_whatever_becomes_of_the_department() -> None:
    here = office()
    page(here, "101", "200", "102")
    received = mailbox(here, "102")[0]
    set_members(here, "200", "103")
    assert page(here, "102", text="Still here", reply_on=received)
    assert texts(here, "102") == ["Still here", "Hello!"]


def test_the_starter_of_a_thread_takes_part_in_person_as_the_documented_to_shows() -> None:
    here = office()
    asked = page(here, "102", "200").message
    set_members(here, "200", "103")
    assert page(here, "102", text="More", reply_on=asked)
    page(here, "103", text="Well", reply_on=mailbox(here, "103")[0])
    assert texts(here, "102") == ["Well", "More", "Hello!"]


@pytest.mark.parametrize("status", [DISABLED, FROZEN])
@pytest.mark.parametrize("inactive", ["101", "109"])
def test_d05_a_reply_is_refused_when_someone_addressed_in_person_is_inactive_now(
    status: ExtensionStatus, inactive: str
) -> None:
    here = office()
    page(here, "101", "102", "109")
    received = mailbox(here, "102")[0]
    set_status(here, inactive, status)
    with pytest.raises(errors.RecipientInactive):
        page(here, "102", reply_on=received)
    assert mailbox(here, "102") == (received,)
    set_status(here, inactive, ENABLED)
    assert page(here, "102", reply_on=received)


def test_d05_a_reply_skips_an_inactive_member_of_the_department() -> None:
    here = office()
    asked = page(here, "101", "200").message
    set_status(here, "103", FROZEN)
    assert outcomes(page(here, "101", reply_on=asked).routed)["103"] == ("skipped", "R-19")


def test_d06_to_beside_reply_on_names_participants_and_the_whole_thread_is_addressed() -> None:
    here = office()
    asked = page(here, "101", "200").message
    with pytest.raises(errors.NotInThread) as refused:
        page(here, "101", "103", "109", reply_on=asked)
    assert (refused.value.parameter, refused.value.value) == ("to", "109")
    page(here, "101", "103", text="All", reply_on=asked)
    assert texts(here, "102") == texts(here, "103") == ["All", "Hello!"]


def test_d11_a_reply_needs_a_page_that_the_sender_holds() -> None:
    here = office()
    elsewhere = page(here, "101", "103").message
    sent_sms = sms(here, "102", "14151003732").message
    for missing in (elsewhere.id, sent_sms.id, 12345):
        with pytest.raises(errors.ReplyTargetNotFound) as refused:
            page(here, "102", reply_on=missing)
        assert refused.value.parameter == "replyOn"


def test_r23_d20_a_reply_in_a_thread_with_oneself_reaches_oneself_after_years_too() -> None:
    here = office()
    page(here, "101", "101", text="Note")
    here.clock.set(START + timedelta(days=3650), frozen=True)
    page(here, "101", text="Another", reply_on=mailbox(here, "101")[0])
    received = [message.text for message in mailbox(here, "101") if message.direction is Direction.INBOUND]
    assert received == ["Another", "Note"]
