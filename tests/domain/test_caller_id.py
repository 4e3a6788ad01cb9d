"""Which number is shown by which way of calling."""

from dataclasses import replace

import pytest

from builders import department, user
from ringmock.domain import errors
from ringmock.domain.account import Account, Extension, Feature, PhoneNumber
from ringmock.domain.caller_id import CallerId, CallerIdType, CallFeature, caller_ids_of, check_caller_id

MAIN = PhoneNumber(1, "16505550100")


def account(extensions: list[Extension], *phones: PhoneNumber) -> Account:
    return Account.of(id=1, main_number=MAIN.digits, extensions=extensions, phone_numbers=[MAIN, *phones])


ACCOUNT = account(
    [user("101"), user("102"), replace(department("200", "101"), sms_recipients=("102",))],
    PhoneNumber(2, "16505550101", "101", (Feature.CALLER_ID,)),
    PhoneNumber(3, "16505550111", "101", (Feature.SMS_SENDER,)),
    PhoneNumber(4, "16505550200", "200", (Feature.CALLER_ID,)),
)


@pytest.mark.parametrize(("extension", "shown"), [("101", "16505550101"), ("102", "16505550200")])
def test_the_first_number_with_caller_id_is_shown_unless_another_is_chosen(extension: str, shown: str) -> None:
    blocked = {CallFeature.RING_OUT: CallerId(CallerIdType.BLOCKED)}
    found = caller_ids_of(ACCOUNT, ACCOUNT.extensions[extension], blocked)
    assert {caller_id.digits for feature, caller_id in found.items() if feature not in blocked} == {shown}
    assert found[CallFeature.RING_OUT] == blocked[CallFeature.RING_OUT]


def test_who_has_no_number_shows_the_main_number_of_the_company() -> None:
    alone = account([user("101")])
    found = caller_ids_of(alone, alone.extensions["101"], {})
    assert {caller_id.digits for caller_id in found.values()} == {MAIN.digits}


@pytest.mark.parametrize(
    ("digits", "may"),
    [("16505550101", True), ("16505550100", True), ("16505550111", False), ("16505550200", False), (None, False)],
)
def test_a_number_without_caller_id_or_of_another_is_not_shown(digits: str | None, may: bool) -> None:
    if may:
        check_caller_id(ACCOUNT, ACCOUNT.extensions["101"], CallerId(digits=digits))
        return
    with pytest.raises(errors.InvalidParameter):
        check_caller_id(ACCOUNT, ACCOUNT.extensions["101"], CallerId(digits=digits))
