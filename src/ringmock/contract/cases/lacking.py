"""What an account lacks for a case, in a sentence, and the lines of a fixture that would add it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ...domain.account import Account, Feature, digits_of
from ...domain.sms_registration import Brand, Campaign
from ...fixture.yaml_text import yaml_of
from ...world.template import Template
from ..findings import TO_HAVE_IT
from .roles import APPLICATION, BRAND, CAMPAIGN, HANDSET, PHONE_NUMBER, PHONES, SIGNS_IN
from .strangers import nobody

if TYPE_CHECKING:
    from .requirements import Condition, Required

Json = Any


@dataclass(frozen=True, slots=True)
class Lack:
    """`sentence` says what is missing, `lines` are the YAML to add to the fixture."""

    sentence: str
    lines: str

    def __str__(self) -> str:
        return f"{self.sentence}{TO_HAVE_IT}{self.lines}"


def account_line(sentence: str, line: Mapping[str, Json]) -> Lack:
    """Something that the account itself lacks."""
    return Lack(sentence, as_yaml(line))


def nobody_who(required: "Required", template: Template) -> Lack:
    """No extension fits the role: the first property, alone or with the ones before it, that none has."""
    everyone = _everyone(required, template)
    for condition in required.conditions:
        if not any(map(condition.holds, everyone)):
            return Lack(f"no {required.noun} {condition.phrase}", _to_add(required, template))
    left = everyone
    before: list[Condition] = []
    for condition in required.conditions:
        left = [each for each in left if condition.holds(each)]
        if not left:
            sentence = f"no {_subject(required, before)} {condition.phrase}"
            return Lack(sentence, _to_add(required, template))
        before.append(condition)
    return Lack(f"there is no {required.noun}", _to_add(required, template))


def nobody_left(required: "Required", taken: Mapping[str, str], template: Template) -> Lack:
    """Every extension that fits the role has another role."""
    others = ", ".join(f"{number} ({role.replace('_', ' ')})" for role, number in taken.items())
    sentence = f"no other {_subject(required, list(required.conditions))}"
    return Lack(sentence + (f", beside {others}" if others else ""), _to_add(required, template))


def _everyone(required: "Required", template: Template) -> list[Any]:
    account = template.account
    kind = required.role.get("type")
    if kind == HANDSET:
        return list(map(digits_of, account.handsets))
    if kind == PHONE_NUMBER:
        return list(account.phone_numbers.values())
    if kind == APPLICATION:
        return list(template.applications)
    if kind in (BRAND, CAMPAIGN):
        return registrations(template, kind)
    return list(account.extensions.values())


def registrations(template: Template, kind: str) -> list[Brand | Campaign]:
    """All brands, or the campaigns of all of them."""
    if kind == BRAND:
        return list(template.brands)
    return [campaign for brand in template.brands for campaign in brand.campaigns]


def _subject(required: "Required", known: "list[Condition]") -> str:
    """`User that is Enabled and has a phone number with SmsSender`."""
    phrases = [condition.phrase for condition in known]
    noun = required.noun
    if phrases and phrases[0] in (f"is a {required.role.get('type')}", f"is an {required.role.get('type')}"):
        noun = str(required.role["type"])
        phrases = phrases[1:]
    return f"{noun} that {' and '.join(phrases)}" if phrases else noun


# --- the lines -------------------------------------------------------------------------------------


def as_yaml(value: Mapping[str, Json]) -> str:
    """Top-level keys as blocks, and what is in them on a line each."""
    lines = []
    for key, item in value.items():
        if isinstance(item, list):
            lines += [f"{key}:", *(f"  - {_flow(each)}" for each in item)]
        else:
            lines.append(f"{key}: {_flow(item)}")
    return "\n".join(lines)


def _flow(value: Json) -> str:
    return yaml_of(value, default_flow_style=True, width=10_000).removesuffix("\n").removesuffix("\n...")


def _to_add(required: "Required", template: Template) -> str:
    kind, role = required.role.get("type"), required.role
    phone = nobody(template.account, "phone")
    if kind == HANDSET:
        line: dict[str, Json] = {"handsets": [phone]}
        if "carrier" in role:
            line["carrier"] = {"profiles": [{"numbers": [phone], "steps": role["carrier"]}]}
        return as_yaml(line)
    if kind == PHONE_NUMBER:
        owner = next(iter(template.account.extensions))
        return as_yaml({"phone_numbers": [_number_line(role, str(phone), owner)]})
    if kind == APPLICATION:
        said = {key: role[key] for key in ("redirect_uris", "grant_types") if key in role}
        secret = {} if role.get("secret") is False else {"client_secret": "a-secret"}
        return as_yaml({"applications": [{"client_id": "another-application", **secret, **said}]})
    if kind in (BRAND, CAMPAIGN):
        return as_yaml({"sms_registration": [_registration_line(required, template)]})
    return as_yaml(_extension_lines(required, template, str(phone)))


def _registration_line(required: "Required", template: Template) -> dict[str, Json]:
    """A brand, or one with a campaign: ids that nothing else has."""
    role = required.role
    first = max((each.id for kind in (BRAND, CAMPAIGN) for each in registrations(template, kind)), default=700_000) + 1
    said = {"status": role["registration"]} if "registration" in role else {}
    if role["type"] == BRAND:
        return {"id": first, "name": "Another Brand", **said}
    campaign = {"id": first + 1, "name": "Another Campaign", **said}
    return {"id": first, "name": "Another Brand", "campaigns": [campaign]}


def _extension_lines(required: "Required", template: Template, phone: str) -> dict[str, Json]:
    role, used = required.role, required.used
    number = _free_number(template.account)
    entry: dict[str, Json] = {
        "number": number,
        "id": max((each.id for each in template.account.extensions.values()), default=0) + 1,
        "type": role.get("type", "User"),
    }
    entry |= {"status": role["status"]} if "status" in role else {}
    entry |= {"name": "Another Person"}
    entry |= {"administrator": True} if role.get("administrator") else {}
    entry |= {"members": []} if role.get("type") == "Department" else {}
    entry |= {"contact": {"email": "another@example.com"}} if "email" in used else {}
    if used & {"jwt", "password", "token", "sign_in", SIGNS_IN}:
        entry["credentials"] = {
            key: f"{name}-of-{number}"
            for key, name, asked in (
                ("password", "password", {"password"}),
                ("jwt", "jwt", {"jwt", "sign_in", SIGNS_IN}),
                ("access_token", "token", {"token"}),
            )
            if used & asked
        }
    lines: dict[str, Json] = {"extensions": [entry]}
    numbers = []
    if used & {*PHONES, "location"}:
        own = role.get("phone", {"features": [Feature.SMS_SENDER.value]})
        numbers.append(_number_line(own, phone, number) | ({"location": "Belmont, CA"} if "location" in used else {}))
    for step, each in enumerate(required.belongs, start=1):
        further = f"{phone[:-2]}{(int(phone[-2:]) + step) % 100:02}"
        numbers.append(_number_line(each, further, number))
    return lines | ({"phone_numbers": numbers} if numbers else {})


def _free_number(account: Account) -> str:
    """An extension number of the account's own make: the one after the highest."""
    return str(max((int(number) for number in account.extensions if number.isdigit()), default=100) + 1)


def _number_line(role: Mapping[str, Json], phone: str, owner: str) -> dict[str, Json]:
    said: dict[str, Json] = {"number": phone}
    said |= {"assigned": owner} if "assigned" in role else {"owner": owner}
    said |= {"type": role["carries"]} if "carries" in role else {}
    said |= {key: role[key] for key in ("usage_type", "payment_type") if key in role}
    return said | {"features": [str(feature) for feature in role.get("features", ())]}
