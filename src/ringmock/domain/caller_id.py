"""Caller ids: which of the account's phone numbers an extension shows to whom it calls, for each way of calling."""

from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple

from . import errors
from .account import Account, Extension, Feature, PhoneNumber


class CallFeature(StrEnum):
    """The ways of calling that have a caller id."""

    RING_OUT = "RingOut"
    RING_ME = "RingMe"
    CALL_FLIP = "CallFlip"
    FAX_NUMBER = "FaxNumber"
    ADDITIONAL_SOFTPHONE = "AdditionalSoftphone"
    ALTERNATE = "Alternate"
    COMMON_PHONE = "CommonPhone"
    MOBILE_APP = "MobileApp"
    DELEGATED = "Delegated"
    BUSINESS_MOBILE = "BusinessMobile"


class CallerIdType(StrEnum):
    """What is shown: a number, nothing, or the number of where the call is made."""

    PHONE_NUMBER = "PhoneNumber"
    BLOCKED = "Blocked"
    CURRENT_LOCATION = "CurrentLocation"


class CallerId(NamedTuple):
    """`digits` is the number that is shown; None without one."""

    type: CallerIdType = CallerIdType.PHONE_NUMBER
    digits: str | None = None


CallerIds = Mapping[CallFeature, CallerId]


def caller_ids_of(account: Account, extension: Extension, chosen: CallerIds) -> CallerIds:
    """The caller id of every way of calling: the chosen one, or the first number that it may show, if any."""
    numbers = numbers_to_show(account, extension)
    first = CallerId(digits=numbers[0].digits) if numbers else CallerId(CallerIdType.BLOCKED)
    return {feature: chosen.get(feature, first) for feature in CallFeature}


def numbers_to_show(account: Account, extension: Extension) -> tuple[PhoneNumber, ...]:
    """Its own and shared numbers with CallerId, then the company's main number."""
    numbers = (*account.numbers_of(extension), *account.numbers_shared_with(extension))
    shown = tuple(phone for phone in numbers if phone.can(Feature.CALLER_ID))
    main = account.phone_numbers.get(account.main_number)
    return shown if main is None or main in shown else (*shown, main)


def check_caller_id(account: Account, extension: Extension, caller_id: CallerId) -> None:
    """Raise `InvalidParameter` for a PhoneNumber without a number, or with one that the extension may not show."""
    shown = {phone.digits for phone in numbers_to_show(account, extension)}
    if caller_id.type is CallerIdType.PHONE_NUMBER and caller_id.digits not in shown:
        raise errors.InvalidParameter("byFeature.callerId.phoneInfo", caller_id.digits)
