"""An account as the messaging rules see it: extensions, phone numbers and their owners.

An `Account` is immutable. A changed status or member list makes a new one that shares the rest, so a fork of a world
costs nothing and a reset is an assignment.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

MAX_EXTENSION_NUMBER_LENGTH = 6
SHORT_EXTENSION_NUMBER_LENGTH = 3
"""Digits of an extension's number: at most, and without the code of a site in front."""

_TWO_DIGITS = re.compile("20|27|3[0-469]|4[013-9]|5[1-8]|6[0-6]|8[1246]|9[0-58]")
"""ITU-T E.164: the country codes of two digits. Those of one are 1 and 7, all others have three."""

_E164 = re.compile(r"\+?[1-9][0-9]{6,14}")


class ExtensionType(StrEnum):
    """Extension types of the API; only three of them take part in messaging (R-02, R-03)."""

    USER = "User"
    VOICEMAIL = "Voicemail"
    DEPARTMENT = "Department"
    ANNOUNCEMENT = "Announcement"
    DIGITAL_USER = "DigitalUser"
    VIRTUAL_USER = "VirtualUser"
    FAX_USER = "FaxUser"
    FLEXIBLE_USER = "FlexibleUser"
    PAGING_ONLY = "PagingOnly"
    SHARED_LINES_GROUP = "SharedLinesGroup"
    IVR_MENU = "IvrMenu"
    APPLICATION_EXTENSION = "ApplicationExtension"
    PARK_LOCATION = "ParkLocation"
    LIMITED = "Limited"
    BOT = "Bot"
    ROOM = "Room"
    SITE = "Site"


class ExtensionStatus(StrEnum):
    """Extension statuses of the API."""

    ENABLED = "Enabled"
    DISABLED = "Disabled"
    FROZEN = "Frozen"
    NOT_ACTIVATED = "NotActivated"
    UNASSIGNED = "Unassigned"


class Feature(StrEnum):
    """What a phone number can be used for; R-13 is about `SmsSender`."""

    CALLER_ID = "CallerId"
    SMS_SENDER = "SmsSender"
    A2P_SMS_SENDER = "A2PSmsSender"
    MMS_SENDER = "MmsSender"
    INTERNATIONAL_SMS_SENDER = "InternationalSmsSender"
    DELEGATED = "Delegated"


class UsageType(StrEnum):
    """Why the account has a phone number."""

    MAIN_COMPANY_NUMBER = "MainCompanyNumber"
    COMPANY_NUMBER = "CompanyNumber"
    ADDITIONAL_COMPANY_NUMBER = "AdditionalCompanyNumber"
    DIRECT_NUMBER = "DirectNumber"
    COMPANY_FAX_NUMBER = "CompanyFaxNumber"
    FORWARDED_NUMBER = "ForwardedNumber"


class PaymentType(StrEnum):
    """Who pays for calls to a number."""

    LOCAL = "Local"
    TOLL_FREE = "TollFree"


class PhoneNumberType(StrEnum):
    """What a number carries."""

    VOICE_FAX = "VoiceFax"
    VOICE_ONLY = "VoiceOnly"
    FAX_ONLY = "FaxOnly"


@dataclass(frozen=True, slots=True)
class Extension:
    """One extension. `members` and `manager` are extension numbers; only a Department has them.

    `sms_recipients`, of a Department or a Site, are the users who send SMS from its phone numbers and read them.
    """

    id: int
    number: str
    type: ExtensionType = ExtensionType.USER
    status: ExtensionStatus = ExtensionStatus.ENABLED
    name: str = ""
    administrator: bool = False
    members: tuple[str, ...] = ()
    manager: str | None = None
    sms_recipients: tuple[str, ...] = ()
    details: Mapping[str, Any] = field(default_factory=dict, compare=False)
    """Settings that no rule uses: `contact`, `regional_settings`, `service_level_settings` ..."""

    @property
    def email(self) -> str | None:
        """The e-mail address of its contact."""
        address: str | None = self.details.get("contact", {}).get("email")
        return address

    @property
    def is_active(self) -> bool:
        """R-15 names Disabled and Frozen; every other status receives (D-08)."""
        return self.status not in (ExtensionStatus.DISABLED, ExtensionStatus.FROZEN)

    @property
    def can_log_in(self) -> bool:
        """Only an Enabled extension can open a session (D-08)."""
        return self.status is ExtensionStatus.ENABLED

    @property
    def is_department(self) -> bool:
        return self.type is ExtensionType.DEPARTMENT

    @property
    def is_shared(self) -> bool:
        """Whether several users, its SMS recipients, can share its phone numbers."""
        return self.type in (ExtensionType.DEPARTMENT, ExtensionType.SITE)


@dataclass(frozen=True, slots=True)
class PhoneNumber:
    """A number of the account, as digits without `+`; `owner` is an extension number, None for the company's own.

    `assigned`, of one of the company's own, is the number of the extension that sends and receives SMS by it.
    """

    id: int
    digits: str
    owner: str | None = None
    features: tuple[Feature, ...] = ()
    usage_type: UsageType = UsageType.DIRECT_NUMBER
    payment_type: PaymentType = PaymentType.LOCAL
    type: PhoneNumberType = PhoneNumberType.VOICE_FAX
    assigned: str | None = None
    location: str | None = None
    """Its town and state, as the fixture has them."""

    @property
    def mailbox(self) -> str | None:
        """The number of the extension whose mailbox holds its SMS: the owner, or the user to whom it is assigned."""
        return self.owner or self.assigned

    def can(self, feature: Feature) -> bool:
        """Whether the number carries `feature` (R-13)."""
        return feature in self.features


@dataclass(frozen=True)
class Account:
    """Extensions by number, phone numbers by digits, and handsets: phones outside the account.

    `extensions` and `phone_numbers` keep the order of the fixture, which is the order of the API's lists.
    """

    id: int
    main_number: str
    extensions: Mapping[str, Extension]
    phone_numbers: Mapping[str, PhoneNumber]
    handsets: tuple[str, ...] = ()
    a2p_numbers: frozenset[str] = field(init=False, repr=False, compare=False)
    """The numbers of high-volume SMS, as digits."""
    threaded_numbers: frozenset[str] = field(init=False, repr=False, compare=False)
    """The numbers, as digits, that several users share: what comes there is in a thread (D-39)."""
    special_numbers: frozenset[str] = field(init=False, repr=False, compare=False)
    """Those where an SMS is not, or not only, in a mailbox."""
    home_code: str = field(init=False, repr=False, compare=False)
    """The country code of its main number: what begins otherwise is abroad."""
    _number_of_id: Mapping[int, str] = field(init=False, repr=False, compare=False)
    _owned: Mapping[str, tuple[PhoneNumber, ...]] = field(init=False, repr=False, compare=False)
    _assigned_to: Mapping[str, tuple[PhoneNumber, ...]] = field(init=False, repr=False, compare=False)
    _shared_with: Mapping[str, tuple[Extension, ...]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        owned: dict[str, list[PhoneNumber]] = {number: [] for number in self.extensions}
        for phone in self.phone_numbers.values():
            if phone.owner is not None:
                owned[phone.owner].append(phone)
        a2p = frozenset(p.digits for p in self.phone_numbers.values() if p.can(Feature.A2P_SMS_SENDER))
        object.__setattr__(self, "a2p_numbers", a2p)
        shares = {extension.number for extension in self.extensions.values() if extension.sms_recipients}
        threaded = frozenset(p.digits for p in self.phone_numbers.values() if p.owner in shares) - a2p
        object.__setattr__(self, "threaded_numbers", threaded)
        object.__setattr__(self, "special_numbers", a2p | threaded)
        object.__setattr__(self, "home_code", calling_code(digits_of(self.main_number)))
        object.__setattr__(self, "_number_of_id", {e.id: e.number for e in self.extensions.values()})
        object.__setattr__(self, "_owned", {number: tuple(phones) for number, phones in owned.items()})
        assigned: dict[str, list[PhoneNumber]] = {}
        for phone in self.phone_numbers.values():
            if phone.owner is None and phone.assigned is not None:
                assigned.setdefault(phone.assigned, []).append(phone)
        object.__setattr__(self, "_assigned_to", {number: tuple(phones) for number, phones in assigned.items()})
        shared: dict[str, list[Extension]] = {}
        for extension in self.extensions.values():
            for recipient in extension.sms_recipients:
                shared.setdefault(recipient, []).append(extension)
        object.__setattr__(self, "_shared_with", {number: tuple(owners) for number, owners in shared.items()})

    @classmethod
    def of(
        cls,
        *,
        id: int,  # noqa: A002 - RingCentral's own field name
        main_number: str,
        extensions: Iterable[Extension],
        phone_numbers: Iterable[PhoneNumber] = (),
        handsets: Iterable[str] = (),
    ) -> "Account":
        """An account of these parts, in this order."""
        return cls(
            id=id,
            main_number=main_number,
            extensions={extension.number: extension for extension in extensions},
            phone_numbers={phone.digits: phone for phone in phone_numbers},
            handsets=tuple(handsets),
        )

    def extension_by_id(self, extension_id: int) -> Extension | None:
        """The extension with this id, or None."""
        number = self._number_of_id.get(extension_id)
        return None if number is None else self.extensions[number]

    def owner_of(self, digits: str) -> Extension | None:
        """The extension that owns the phone number, None for a company number or a stranger's."""
        phone = self.phone_numbers.get(digits)
        return None if phone is None or phone.owner is None else self.extensions[phone.owner]

    def mailbox_of(self, digits: str) -> Extension | None:
        """The extension whose mailbox holds the SMS of the phone number, None when no mailbox does."""
        phone = self.phone_numbers.get(digits)
        return None if phone is None or phone.mailbox is None else self.extensions[phone.mailbox]

    def numbers_of(self, extension: Extension) -> tuple[PhoneNumber, ...]:
        """The phone numbers of one extension, in the fixture's order."""
        return self._owned[extension.number]

    def sms_recipients_of(self, extension: Extension) -> tuple[Extension, ...]:
        """The users who send SMS from the extension's numbers besides the extension itself."""
        return tuple(self.extensions[number] for number in extension.sms_recipients)

    def numbers_shared_with(self, extension: Extension) -> tuple[PhoneNumber, ...]:
        """The company's phone numbers assigned to it, and those of others that it is an SMS recipient of."""
        of_owners = (phone for owner in self.shared_with(extension) for phone in self._owned[owner.number])
        return (*self._assigned_to.get(extension.number, ()), *of_owners)

    def shared_with(self, extension: Extension) -> tuple[Extension, ...]:
        """The Departments and Sites that the extension is an SMS recipient of, in the fixture's order."""
        return self._shared_with.get(extension.number, ())

    def members_of(self, department: Extension) -> tuple[Extension, ...]:
        """The current members of the Department; empty for an extension of any other type."""
        return tuple(self.extensions[number] for number in department.members)

    def with_extension(self, extension: Extension) -> "Account":
        """The same account with this extension instead of the one with the same number."""
        return replace(self, extensions={**self.extensions, extension.number: extension})


def digits_of(phone_number: str) -> str:
    """A phone number without its `+`: both spellings name one number (D-10)."""
    return phone_number.removeprefix("+")


def calling_code(digits: str) -> str:
    """The country code that a full number without `+` begins with, by ITU-T E.164."""
    if digits[:1] in ("1", "7"):
        return digits[:1]
    return digits[:2] if _TWO_DIGITS.match(digits) else digits[:3]


def is_e164(phone_number: str) -> bool:
    """Whether the text is a full international number: 7 to 15 digits, with or without `+`."""
    return _E164.fullmatch(phone_number) is not None
