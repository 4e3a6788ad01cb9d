"""What an extension can do, by the names that the service gives its features; clients show and hide their forms by it.

The list is not the service's whole one, which has some 250: those of messages, those that clients ask for before they
show anything, and calls, which nobody makes here.
"""

from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import NamedTuple

from .account import Account, Extension, ExtensionType, Feature
from .message import MessageType
from .rules import SENDS_FAXES, can_receive


class ReasonCode(StrEnum):
    """Why a feature is not available."""

    ACCOUNT = "AccountLimitation"
    EXTENSION = "ExtensionLimitation"
    EXTENSION_TYPE = "ExtensionTypeLimitation"
    PERMISSIONS = "InsufficientPermissions"


class Unavailable(NamedTuple):
    """Why an extension does not have a feature; `permission` is the user's that is missing."""

    code: ReasonCode
    message: str
    permission: str | None = None


class ExtensionFeature(NamedTuple):
    """A feature of one extension: available when no reason is against it."""

    id: str
    reason: Unavailable | None = None
    parameters: tuple[tuple[str, str], ...] = ()

    @property
    def is_available(self) -> bool:
        return self.reason is None


_TURNED_OFF = Unavailable(ReasonCode.ACCOUNT, "The feature is turned off for the current account")
_NOT_THIS_ONE = Unavailable(ReasonCode.EXTENSION, "The feature is not available for the current extension")
_NOT_THIS_TYPE = Unavailable(ReasonCode.EXTENSION_TYPE, "The feature is not available for the current extension type")

_EVERYBODYS = (
    *("ReadMessages", "EditMessages", "ReadCompanyInfo", "ReadExtensions", "ReadExtensionInfo", "EditExtensionInfo"),
    *("ReadAccountPhoneNumbers", "ReadExtensionPhoneNumbers", "ReadExtensionDevices", "ReadOutboundCallerId"),
    *("EditOutboundCallerId", "ReadExtensionCallLog", "ReadPresenceStatus", "EditPresenceStatus"),
    *("ReadPersonalContacts", "EditPersonalContacts", "MessageThreads", "ThirdPartyApps"),
)
_ADMINISTRATORS: Mapping[str, str] = {
    "AccountAdministration": "AccountAdministration",
    "EditUsers": "Users",
    "EditGroups": "Groups",
    "EditUserGroups": "UserGroups",
}
"""And the permission that others lack."""
_OF_CALLS = (
    *("CallFlip", "CallForwarding", "CallMonitoring", "CallPark", "CallTransfer", "Conferencing", "DomesticCalling"),
    *("HardPhones", "Hold", "InternalCalling", "InternationalCalling", "OnDemandCallRecording", "Paging", "RingOut"),
    *("SoftPhones", "VoicemailToText", "Voicemail", "VoipCalling", "WebPhone"),
)
_OF_OTHER_PRODUCTS = ("Calendar", "Glip", "Meetings", "SharedVoicemail")
_PARAMETERS = {"MessageThreads": (("callQueueSupported", "true"), ("siteSupported", "true"))}


def can_send(account: Account, extension: Extension, feature: Feature) -> bool:
    """Whether it has, or shares, a phone number with the feature (R-13)."""
    numbers = (*account.numbers_of(extension), *account.numbers_shared_with(extension))
    return any(phone.can(feature) for phone in numbers)


def receives_sms(extension: Extension) -> bool:
    """Whether an SMS can arrive in its mailbox: by its type, or since it has SMS recipients."""
    return can_receive(extension, MessageType.SMS) or bool(extension.sms_recipients)


def features_of(account: Account, extension: Extension) -> list[ExtensionFeature]:
    """Every feature that this server knows, in the order of their names."""
    return sorted(_features(account, extension))


def _features(account: Account, extension: Extension) -> Iterator[ExtensionFeature]:
    for name in _EVERYBODYS:
        yield ExtensionFeature(name, parameters=_PARAMETERS.get(name, ()))
    for name, is_there in _of_messages(account, extension).items():
        yield ExtensionFeature(name, None if is_there else _NOT_THIS_ONE)
    for name, is_there in _of_types(extension).items():
        yield ExtensionFeature(name, None if is_there else _NOT_THIS_TYPE)
    for name, permission in _ADMINISTRATORS.items():
        lacks = Unavailable(ReasonCode.PERMISSIONS, f"No {permission} permission granted", permission)
        yield ExtensionFeature(name, None if extension.administrator else lacks)
    for name in (*_OF_CALLS, *_OF_OTHER_PRODUCTS):
        yield ExtensionFeature(name, _TURNED_OFF)


def _of_messages(account: Account, extension: Extension) -> Mapping[str, bool]:
    return {
        "SMSSending": can_send(account, extension, Feature.SMS_SENDER),
        "MMSSending": can_send(account, extension, Feature.MMS_SENDER),
        "InternationalSMS": can_send(account, extension, Feature.INTERNATIONAL_SMS_SENDER),
        "CallQueueSmsRecipient": any(
            owner.type is ExtensionType.DEPARTMENT for owner in account.shared_with(extension)
        ),
    }


def _of_types(extension: Extension) -> Mapping[str, bool]:
    return {
        "SMSReceiving": receives_sms(extension),
        "PagesSending": not extension.is_department,
        "PagesReceiving": can_receive(extension, MessageType.PAGER),
        "FaxSending": extension.type in SENDS_FAXES,
        "FaxReceiving": can_receive(extension, MessageType.FAX),
    }
