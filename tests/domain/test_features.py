"""Which features an extension has."""

from dataclasses import replace

import pytest

from builders import department, user
from ringmock.domain.account import Account, Feature, PhoneNumber
from ringmock.domain.features import ReasonCode, features_of

ACCOUNT = Account.of(
    id=1,
    main_number="16505550100",
    extensions=[
        user("101", administrator=True),
        user("102"),
        replace(department("200", "102"), sms_recipients=("102",)),
    ],
    phone_numbers=[
        PhoneNumber(1, "16505550101", "101", (Feature.SMS_SENDER,)),
        PhoneNumber(2, "16505550200", "200", (Feature.MMS_SENDER,)),
    ],
)


def available(account: Account, extension: str) -> set[str]:
    return {known.id for known in features_of(account, account.extensions[extension]) if known.is_available}


@pytest.mark.parametrize(
    ("extension", "feature", "is_there"),
    [
        ("101", "SMSSending", True),
        ("101", "MMSSending", False),
        ("102", "SMSSending", False),
        ("102", "MMSSending", True),  # by the number that the Department shares with him
        ("102", "CallQueueSmsRecipient", True),
        ("101", "CallQueueSmsRecipient", False),
        ("200", "PagesSending", False),
        ("200", "SMSReceiving", True),  # it has an SMS recipient
        ("101", "InternationalSMS", False),
        ("101", "EditUsers", True),
        ("102", "EditUsers", False),
        ("101", "RingOut", False),
    ],
)
def test_a_feature_is_there_where_the_account_says_so(extension: str, feature: str, is_there: bool) -> None:
    assert (feature in available(ACCOUNT, extension)) is is_there


def test_what_is_missing_has_a_reason_and_what_is_there_has_none() -> None:
    found = features_of(ACCOUNT, ACCOUNT.extensions["102"])
    assert all((known.reason is None) is known.is_available for known in found)
    reasons = {known.id: known.reason.code for known in found if known.reason is not None}
    assert reasons["EditUsers"] is ReasonCode.PERMISSIONS
    assert reasons["SMSSending"] is ReasonCode.EXTENSION


def test_no_feature_is_there_twice() -> None:
    names = [known.id for known in features_of(ACCOUNT, ACCOUNT.extensions["101"])]
    assert names == sorted(set(names))
