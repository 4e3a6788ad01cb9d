"""The roles that the extensions and phones of a recording play, and what they need to be."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any, Final

from ...domain.account import (
    Extension,
    ExtensionStatus,
    ExtensionType,
    PaymentType,
    PhoneNumber,
    PhoneNumberType,
    digits_of,
)
from ...world.template import Template
from .requirements import phone_of
from .roles import HANDSET, PHONE_NUMBER

Json = Any

_ORDINALS: Final = ("", "second_", "third_", "fourth_", "fifth_", "sixth_", "seventh_", "eighth_", "ninth_")


class Roles:
    """Names for the extensions and phones of an account, each given when it is first spoken of."""

    def __init__(self, template: Template) -> None:
        self._template = template
        self._names: dict[str, str] = {}
        """By extension number, or by digits."""
        self._needs: dict[str, dict[str, Json]] = {}
        self.phones_outside: set[str] = set()
        """The digits of phones outside that have a part in what was done."""

    def extension(self, number: str, *, calls: bool = False, sends: bool = False) -> str:
        """The role of an extension. Raises `KeyError` for one that the account has not."""
        known = self._template.account.extensions[number]
        if number not in self._names:
            name = self._new_name(_word_of(known, calls=calls, sends=sends))
            self._names[number], self._needs[name] = name, _needed(known)
        name = self._names[number]
        if calls and known.type is ExtensionType.USER:
            self._needs[name].setdefault("administrator", known.administrator)
            managers = {each.manager for each in self._template.account.extensions.values()}
            if not known.administrator and number in managers:
                del self._needs[name]["administrator"]
        return name

    def phone(self, number: str) -> str:
        """The role of a phone number, which may be an extension's whose number it is."""
        digits = digits_of(number)
        phone = self._template.account.phone_numbers.get(digits)
        if phone is None:
            if digits not in self._names:
                name = self._new_name("phone")
                self._names[digits], self._needs[name] = name, {"type": HANDSET, **self._carrier_of(digits)}
            return self._names[digits]
        owner = None if phone.owner is None else self._template.account.extensions[phone.owner]
        if owner is not None and phone_of(owner, None, self._template.account) == phone:
            return self.extension(owner.number)
        if digits not in self._names:
            owned = {} if owner is None else {"owner": self.extension(owner.number)}
            name = self._new_name("number")
            self._names[digits], self._needs[name] = name, {"type": PHONE_NUMBER, **owned, **_described(phone)}
        return self._names[digits]

    def is_known_phone(self, number: str) -> bool:
        """Whether these digits are a phone of the account, or one outside that has a part."""
        digits = digits_of(number)
        return digits in self._template.account.phone_numbers or digits in self.phones_outside

    def has(self, number: str) -> bool:
        """Whether an extension has a role."""
        return number in self._names

    def extensions(self) -> list[tuple[str, str]]:
        """The extensions that have a role, each with it."""
        known = self._template.account.extensions
        return [(number, name) for number, name in self._names.items() if number in known]

    def needs(self) -> dict[str, dict[str, Json]]:
        """As a case file has them: Departments with those of their members that have a part."""
        account = self._template.account
        for number, name in self.extensions():
            members = [self._names[member] for member in account.extensions[number].members if member in self._names]
            if members:
                self._needs[name]["members"] = members
        return self._needs

    def _new_name(self, word: str) -> str:
        taken = self._needs.keys()
        named: Iterator[str] = (f"{ordinal}{word}" for ordinal in _ORDINALS)
        return next((name for name in named if name not in taken), f"{word}_{len(taken) + 1}")

    def _carrier_of(self, digits: str) -> Mapping[str, Json]:
        profiles = self._template.carrier.profiles if self._template.carrier is not None else ()
        served = next((profile for profile in profiles if profile.serves(digits)), None)
        if served is None:
            return {}
        steps = []
        for after, reached in served.steps:
            step: dict[str, Json] = {"status": str(reached.status), "after": after / timedelta(seconds=1)}
            steps.append(step | ({"error": reached.error} if reached.error else {}))
        return {"carrier": steps}


def _word_of(extension: Extension, *, calls: bool, sends: bool) -> str:
    if extension.status is not ExtensionStatus.ENABLED:
        return _snake(extension.status)
    if extension.type is not ExtensionType.USER:
        return _snake(extension.type)
    return "sender" if sends else "caller" if calls else "colleague"


def _snake(word: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in word).strip("_")


def _needed(extension: Extension) -> dict[str, Json]:
    needed: dict[str, Json] = {"type": str(extension.type)}
    return needed if extension.status is ExtensionStatus.ENABLED else {**needed, "status": str(extension.status)}


def _described(phone: PhoneNumber) -> dict[str, Json]:
    said: dict[str, Json] = {"features": [str(feature) for feature in sorted(phone.features)]}
    said["usage_type"] = str(phone.usage_type)
    if phone.payment_type is not PaymentType.LOCAL:
        said["payment_type"] = str(phone.payment_type)
    if phone.type is not PhoneNumberType.VOICE_FAX:
        said["carries"] = str(phone.type)
    return said
