"""The requirements of a role: conditions, each with a text for the case that no extension meets it."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from ...domain.account import (
    Account,
    Extension,
    Feature,
    PaymentType,
    PhoneNumber,
    PhoneNumberType,
    calling_code,
    digits_of,
)
from ...domain.sms_registration import BrandStatus, CampaignStatus
from ...fixture.build import steps_of
from ...world.template import Application, Credentials, Template
from .lacking import Lack, account_line
from .roles import APPLICATION, BRAND, CAMPAIGN, HANDSET, PHONE_NUMBER, PHONES, SIGNS_IN, Needs, type_of
from .strangers import outside

Json = Any
Role = Mapping[str, Json]

ONLY_SMS: Role = {"features": [Feature.SMS_SENDER]}
"""What a phone number that a case sends from or to needs unless the case says otherwise."""


class Condition(NamedTuple):
    """`phrase` continues "no extension ..."."""

    phrase: str
    holds: Callable[[Any], bool]


@dataclass(frozen=True, slots=True)
class Required:
    """All requirements of one role, the most selective first; `noun` is the kind of thing that can have it."""

    name: str
    noun: str
    conditions: tuple[Condition, ...]
    role: Role
    used: frozenset[str]
    belongs: tuple[Role, ...] = ()
    """The phone numbers that it must own besides its own."""


def requirements_of(name: str, needs: Needs, used: set[str], template: Template) -> Required:
    """The requirements of a role, by its properties and by its use in the case."""
    role, kind = needs[name], type_of(name, needs)
    belongs: tuple[Role, ...] = ()
    if kind == HANDSET:
        noun, conditions = "phone outside", tuple(_of_handset(role, template))
    elif kind == PHONE_NUMBER:
        noun, conditions = "phone number", (Condition(_described(role), lambda phone: _fits(phone, role)),)
    elif kind == APPLICATION:
        noun, conditions = "application", tuple(_of_application(role))
    elif kind in (BRAND, CAMPAIGN):
        noun, conditions = f"registered {kind.lower()}", (_registered_as(kind, role),)
    else:
        owned = [(key, each) for each in needs.values() for key in ("owner", "assigned") if each.get(key) == name]
        belongs = tuple(each for _, each in owned)
        noun = "extension"
        conditions = (
            *_of_extension(role, frozenset(used), template),
            *(_has_number(key, each, template.account) for key, each in owned),
        )
    return Required(name, noun, conditions, role, frozenset(used), belongs)


# --- extensions ------------------------------------------------------------------------------------


def _of_extension(role: Role, used: frozenset[str], template: Template) -> Iterator[Condition]:
    account = template.account
    status = role.get("status", "Enabled")
    if "type" in role:
        article = "an" if role["type"][0] in "AEIOU" else "a"
        yield Condition(f"is {article} {role['type']}", lambda extension: extension.type == role["type"])
    yield Condition(f"is {status}", lambda extension: extension.status == status)
    if "administrator" in role:
        yield _governs(account, wanted=role["administrator"])
    if not used.isdisjoint((*PHONES, "location")):
        said = role.get("phone")
        yield Condition(
            f"has a phone number {_described(ONLY_SMS if said is None else said)}",
            lambda extension: phone_of(extension, said, account) is not None,
        )
    if "numbers" in role:
        some = "one phone number" if role["numbers"] == 1 else f"{role['numbers']} phone numbers"
        yield Condition(f"has {some} and no more", lambda each: len(account.numbers_of(each)) == role["numbers"])
    if role.get("shared") is False:
        yield Condition("has no SMS recipients", lambda extension: not extension.sms_recipients)
    yield from _kept_of(role, used, template)


def _kept_of(role: Role, used: frozenset[str], template: Template) -> Iterator[Condition]:
    """What the fixture must have for it: credentials, and names."""

    def credentials(extension: Extension) -> Credentials:
        return template.credentials.get(extension.number, Credentials())

    if "jwt" in used:
        yield Condition("has a JWT to sign in with", lambda each: credentials(each).jwt is not None)
    if "password" in used:
        yield Condition("has a password to sign in with", lambda each: credentials(each).password is not None)
    if "token" in used:
        yield Condition("has a ready-made access token", lambda each: credentials(each).access_token is not None)
    if "sign_in" in used:
        yield Condition(
            "has a JWT or a password", lambda each: bool(credentials(each).jwt or credentials(each).password)
        )
    if SIGNS_IN in used:
        yield Condition("has credentials to sign in with", lambda each: credentials(each).can_sign_in)
    if "email" in used:
        yield Condition("has an e-mail address", lambda each: each.email is not None)
    if not used.isdisjoint(("first_name", "last_name")):
        yield Condition("has a first and a last name", lambda each: len(each.name.split(" ")) == 2)
    if "name" in used:
        yield Condition("has a name", lambda each: each.name != "")
    if "location" in used:
        said = role.get("phone")
        yield Condition(
            "has a phone number with a location",
            lambda each: getattr(phone_of(each, said, template.account), "location", None) is not None,
        )


def _governs(account: Account, *, wanted: bool) -> Condition:
    if wanted:
        return Condition("is an administrator", lambda extension: extension.administrator)
    managers = {extension.manager for extension in account.extensions.values()}
    return Condition(
        "is neither an administrator nor a Department's manager",
        lambda extension: not extension.administrator and extension.number not in managers,
    )


def _has_number(key: str, role: Role, account: Account) -> Condition:
    of = {"owner": "owns", "assigned": "is assigned"}[key]
    return Condition(
        f"{of} a phone number {_described(role)}",
        lambda extension: any(
            _fits(phone, role) and getattr(phone, key) == extension.number for phone in account.phone_numbers.values()
        ),
    )


# --- phone numbers ---------------------------------------------------------------------------------


def phone_of(extension: Extension, role: Role | None, account: Account) -> PhoneNumber | None:
    """The first of the extension's own numbers that meets the requirements."""
    wanted = ONLY_SMS if role is None else role
    return next((phone for phone in account.numbers_of(extension) if _fits(phone, wanted)), None)


def _fits(phone: PhoneNumber, role: Role) -> bool:
    features = set(role.get("features", ()))
    is_high_volume = phone.can(Feature.A2P_SMS_SENDER)
    return (
        features <= set(phone.features)
        and not set(role.get("without", ())) & set(phone.features)
        and is_high_volume == (Feature.A2P_SMS_SENDER in features)
        and phone.payment_type == role.get("payment_type", PaymentType.LOCAL)
        and phone.type == role.get("carries", PhoneNumberType.VOICE_FAX)
        and ("usage_type" not in role or phone.usage_type == role["usage_type"])
        and ("location" not in role or (phone.location is not None) == role["location"])
    )


def _described(role: Role) -> str:
    said = []
    if role.get("payment_type", PaymentType.LOCAL) != PaymentType.LOCAL:
        said.append("that is toll-free")
    if "carries" in role:
        said.append(f"of type {role['carries']}")
    if role.get("features"):
        said.append(f"with {' and '.join(role['features'])}")
    if role.get("without"):
        said.append(f"without {' and '.join(role['without'])}")
    if "location" in role:
        said.append("with a location" if role["location"] else "without a location")
    return " ".join(said) or "of its own"


# --- handsets, applications, the account itself -----------------------------------------------------------


def handsets_of(template: Template, count: int) -> Iterator[str]:
    """Phones outside, more than `count` of them; those first that the fixture names."""
    served = len(template.carrier.profiles) if template.carrier else 0
    return outside(template.account, count + served)


def _of_handset(role: Role, template: Template) -> Iterator[Condition]:
    profiles = template.carrier.profiles if template.carrier else ()
    if "carrier" not in role:
        yield Condition("is served by no carrier profile", lambda digits: not any(p.serves(digits) for p in profiles))
        return
    steps = tuple(steps_of(role["carrier"]))

    def is_served_so(digits: str) -> bool:
        profile = next((profile for profile in profiles if profile.serves(digits)), None)
        return profile is not None and profile.share >= 1 and profile.steps == steps

    said = ", ".join(f"{step['status']} after {step.get('after', 0)} s" for step in role["carrier"])
    yield Condition(f"is at a carrier of these steps: {said}", is_served_so)


def _of_application(role: Role) -> Iterator[Condition]:
    if "secret" in role:
        phrase = "has a secret" if role["secret"] else "is public, which has no secret"
        yield Condition(phrase, lambda each: (each.client_secret is not None) == role["secret"])
    if "redirect_uris" in role:
        wanted = set(role["redirect_uris"])
        phrase = f"may send users back to {', '.join(sorted(wanted))} alone" if wanted else "has no redirect_uris"
        yield Condition(phrase, lambda each: _registered(each, wanted))
    if "grant_types" in role:
        granted = set(role["grant_types"])
        yield Condition(
            f"may use {', '.join(sorted(granted))} alone",
            lambda each: each.grant_types is not None and set(each.grant_types) == granted,
        )
    else:
        yield Condition("may use every grant", lambda each: each.grant_types is None)


def _registered(application: Application, wanted: set[str]) -> bool:
    registered = application.redirect_uris
    return registered is not None and wanted <= set(registered) and (bool(wanted) or not registered)


def _registered_as(kind: str, role: Role) -> Condition:
    usual = BrandStatus.VERIFIED if kind == BRAND else CampaignStatus.CONFIRMED
    wanted = role.get("registration", usual)
    return Condition(f"is {wanted}", lambda each: each.status == wanted)


def unmet_by_account(role: Role, used: set[str], template: Template) -> Lack | None:
    """What the account itself lacks."""
    if "jwt_secret" in used and not any(key.secret for key in template.jwt_keys):
        line: dict[str, Json] = {"jwt_keys": [{"secret": "a-secret-that-signs-jwts"}]}
        return account_line("the account has no secret that JWTs are signed with", line)
    code = role.get("country_code")
    if code is not None and calling_code(digits_of(template.account.main_number)) != code:
        number = f"{code}5551230100"
        line = {"account": {"id": template.account.id, "main_number": number}}
        return account_line(f"the account's main number has not the country code {code}", line)
    for key in ("clock", "ids"):
        if key in role and not _is_so(role[key], key, template):
            return account_line(f"the account has another start of its {key}", {key: role[key]})
    return None


def _is_so(wanted: Role, key: str, template: Template) -> bool:
    has: Any = template.clock if key == "clock" else template.ids
    for name, value in wanted.items():
        found = getattr(has, name)
        if name == "now" and found is not None:
            found = found.strftime("%Y-%m-%dT%H:%M:%SZ")
        if found != value:
            return False
    return True
