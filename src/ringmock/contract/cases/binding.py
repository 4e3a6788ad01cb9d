"""Binding a case to an account: a search for extensions and phones that fit its roles.

The search is deterministic and sends nothing: a role gets the first extension of the fixture that fits, and no
extension has two roles. A Department without the needed members gets them.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from ...domain.account import Account, Extension, PhoneNumber, digits_of
from ...domain.generation import GENERATIONS
from ...domain.sms_registration import Brand, Campaign
from ...world.template import Application, Credentials, Template
from ..target import sign_in_forms
from . import Case, Step
from .lacking import Lack, nobody_left, nobody_who, registrations
from .requirements import (
    handsets_of,
    phone_of,
    requirements_of,
    unmet_by_account,
)
from .roles import (
    ACCOUNT,
    APPLICATION,
    BRAND,
    CAMPAIGN,
    HANDSET,
    LISTS,
    NOBODY,
    PHONE_NUMBER,
    PHONES,
    Needs,
    put_in,
    recipients_are,
    type_of,
    uses_of,
)
from .shapes import WRITTEN
from .strangers import nobody

Json = Any
Player = Extension | PhoneNumber | Application | Brand | Campaign | str
"""What plays a role; an external phone is its digits."""
Cast = dict[str, Player]


def bind(case: Case, template: Template) -> Case | Lack:
    """The case with the account's numbers and ids instead of roles; or what the account lacks for it."""
    uses = uses_of(case.needs, case.given, [step.written for step in (*case.steps, *case.after)])
    if not uses and ACCOUNT not in case.needs:
        return replace(case, given=_changes_left(case.given, template.account))
    lack = unmet_by_account(case.needs.get(ACCOUNT, {}), uses.get(ACCOUNT, set()), template)
    if lack is not None:
        return lack
    cast = _Search(case.needs, uses, template).cast()
    if isinstance(cast, Lack):
        return cast
    written = GENERATIONS[case.generation or WRITTEN]
    names = _Names(cast, case.needs, template, written.plus_before_numbers)
    given = names.change(case.given)
    members = {**_arranged(case.needs, cast), **given.get("members", {})}
    if members:
        given["members"] = members
    return replace(
        case,
        needs={},
        given=_changes_left(given, template.account),
        steps=tuple(map(names.step, case.steps)),
        after=tuple(map(names.step, case.after)),
    )


# --- the search --------------------------------------------------------------------------------------


class _Dead(NamedTuple):
    """The first role without a match, and the matches of the others."""

    role: str
    cast: Cast


@dataclass
class _Search:
    """Backtracking over the roles in an order in which each narrows down the next."""

    needs: Needs
    uses: Mapping[str, set[str]]
    template: Template
    _able: dict[str, list[Player]] = field(default_factory=dict)

    def cast(self) -> Cast | Lack:
        """The assignment of roles: with the present members of Departments, or else with added members."""
        order = self._order()
        for name in order:
            able = self._candidates(name)
            if not able:
                return nobody_who(self._required(name), self.template)
            self._able[name] = able
        found = self._from(order, {}, as_it_is=True)
        if isinstance(found, _Dead) and any(map(_has_members, self.needs.values())):
            found = self._from(order, {}, as_it_is=False)
        if isinstance(found, _Dead):
            return nobody_left(self._required(found.role), _numbers(found.cast), self.template)
        return found

    def _required(self, name: str) -> Any:
        return requirements_of(name, self.needs, self.uses[name], self.template)

    def _order(self) -> list[str]:
        """Departments with members first, then other extensions, and what belongs to them last."""
        ranks = {PHONE_NUMBER: 2, HANDSET: 3, APPLICATION: 4, BRAND: 5, CAMPAIGN: 6}
        played = [name for name in self.needs if name in self.uses and name != ACCOUNT]
        return sorted(
            played,
            key=lambda name: ranks.get(type_of(name, self.needs), 0 if _has_members(self.needs[name]) else 1),
        )

    def _candidates(self, name: str) -> list[Player]:
        required, account = self._required(name), self.template.account
        everyone: list[Player]
        match type_of(name, self.needs):
            case "Handset":
                count = sum(type_of(one, self.needs) == HANDSET for one in self.needs)
                everyone = list(handsets_of(self.template, count))
            case "PhoneNumber":
                everyone = list(account.phone_numbers.values())
            case "Application":
                everyone = list(self.template.applications)
            case "Brand" | "Campaign" as kind:
                everyone = list(registrations(self.template, kind))
            case _:
                everyone = [*sorted(account.extensions.values(), key=self._is_touched)]
        return [each for each in everyone if all(one.holds(each) for one in required.conditions)]

    def _is_touched(self, extension: Extension) -> bool:
        """Extensions with seeded messages, or with shared numbers, come last."""
        account = self.template.account
        numbers = {extension.number, *(phone.digits for phone in account.numbers_of(extension))}
        written = {number for seed in self.template.messages for number in (seed.sender, *seed.recipients)}
        return bool(extension.sms_recipients or account.shared_with(extension) or numbers & written)

    def _from(self, order: list[str], cast: Cast, *, as_it_is: bool) -> Cast | _Dead:
        if len(cast) == len(order):
            return cast
        name = order[len(cast)]
        deepest = _Dead(name, cast)
        for player in self._able[name]:
            grown = {**cast, name: player}
            if not self._goes_together(name, grown, as_it_is=as_it_is):
                continue
            found = self._from(order, grown, as_it_is=as_it_is)
            if not isinstance(found, _Dead):
                return found
            if len(found.cast) > len(deepest.cast):
                deepest = found
        return deepest

    def _goes_together(self, name: str, cast: Cast, *, as_it_is: bool) -> bool:
        player = cast[name]
        if any(other is player or other == player for role, other in cast.items() if role != name):
            return False
        if isinstance(player, PhoneNumber):
            return self._belongs(name, player, cast)
        if isinstance(player, Campaign):
            brand = cast.get(self.needs[name].get("brand", ""))
            return not isinstance(brand, Brand) or player in brand.campaigns
        return not as_it_is or all(_has_its_members(role, self.needs, cast) for role in cast)

    def _belongs(self, name: str, number: PhoneNumber, cast: Cast) -> bool:
        for key, of in (("owner", number.owner), ("assigned", number.assigned)):
            role = self.needs[name].get(key)
            if role is None:
                continue
            owner = cast[role]
            assert isinstance(owner, Extension)
            if owner.number != of:
                return False
            if not self.uses[role].isdisjoint(PHONES) and number == self._phone(role, owner):
                return False
        return True

    def _phone(self, role: str, extension: Extension) -> PhoneNumber | None:
        return phone_of(extension, self.needs[role].get("phone"), self.template.account)


def _has_its_members(role: str, needs: Needs, cast: Cast) -> bool:
    """Whether those are in the Department who are to be, and of the other active players none."""
    department = cast[role]
    if not isinstance(department, Extension) or not _has_members(needs[role]):
        return True
    wanted = _members(needs[role])
    if "only_members" in needs[role] and len(department.members) != len(wanted):
        return False
    for other, player in cast.items():
        if other == role or not isinstance(player, Extension):
            continue
        is_in = player.number in department.members
        if is_in != (other in wanted) and (other in wanted or player.is_active):
            return False
    return True


def _has_members(role: Mapping[str, Json]) -> bool:
    return "members" in role or "only_members" in role


def _members(role: Mapping[str, Json]) -> tuple[str, ...]:
    return tuple(role.get("only_members", role.get("members", ())))


def _numbers(cast: Cast) -> Mapping[str, str]:
    return {role: player.number for role, player in cast.items() if isinstance(player, Extension)}


def _arranged(needs: Needs, cast: Cast) -> dict[str, list[str]]:
    """The Departments without the needed members, and the members to add."""
    found = {}
    for role, department in cast.items():
        if isinstance(department, Extension) and not _has_its_members(role, needs, cast):
            players = [cast[name] for name in _members(needs[role])]
            found[department.number] = [player.number for player in players if isinstance(player, Extension)]
    return found


def _changes_left(given: Mapping[str, Json], account: Account) -> Mapping[str, Json]:
    """What is given without what the account has already: only the rest is a change of the world."""
    left = dict(given)
    members = {
        number: those
        for number, those in given.get("members", {}).items()
        if number not in account.extensions or set(account.extensions[number].members) != set(those)
    }
    left["members"] = members
    for word, status in zip(LISTS, ("Enabled", "Frozen", "Disabled", "NotActivated"), strict=True):
        left[word] = [
            number
            for number in given.get(word, ())
            if number not in account.extensions or account.extensions[number].status != status
        ]
    return {key: value for key, value in left.items() if value or key not in ("members", *LISTS)}


# --- the names ---------------------------------------------------------------------------------------


@dataclass
class _Names:
    """A case's values with roles replaced by their matches."""

    cast: Cast
    needs: Needs
    template: Template
    has_plus: bool
    """Whether the case's own shape has a plus before phone numbers."""

    def step(self, step: Step) -> Step:
        """The step about the account."""
        asked = recipients_are(step.when)
        return replace(
            step,
            change=self.change(step.change),
            caller=self._caller(step.caller),
            when=None if step.when is None else self._filled(dict(step.when)),
            then=self._filled(dict(step.then)),
            outcomes=self._keyed(step.outcomes, asked),
            mailboxes=self._keyed(step.mailboxes, "number"),
            handsets=self._keyed(step.handsets, "digits"),
            notifications=self._filled(list(step.notifications)),
            connect=None if step.connect is None else self._connect(step.connect),
            send=None if step.send is None else self._filled(dict(step.send)),
            sockets=self._filled(dict(step.sockets)),
        )

    def _connect(self, said: Mapping[str, Json]) -> Json:
        made = self._filled(dict(said))
        return {**made, "as": self._caller(said["as"])} if "as" in said else made

    def change(self, change: Mapping[str, Json]) -> dict[str, Json]:
        """The change of the world, with extension numbers and digits."""
        made = {key: self._filled(value) for key, value in change.items()}
        for word in LISTS:
            if word in change:
                made[word] = [self._named(name, "number") for name in change[word]]
        if "members" in change:
            made["members"] = {
                self._named(department, "number"): [self._named(name, "number") for name in those]
                for department, those in change["members"].items()
            }
        if "inbound" in change:
            made["inbound"] = [self._inbound(sms) for sms in change["inbound"]]
        if "faxes" in change:
            made["faxes"] = [self._inbound(fax) for fax in change["faxes"]]
        return made

    def _inbound(self, sms: Mapping[str, Json]) -> Json:
        to = sms["to"]
        numbers = [self._named(name, "digits") for name in to] if isinstance(to, list) else self._named(to, "digits")
        return {**self._filled(dict(sms)), "from": self._named(sms["from"], "digits"), "to": numbers}

    def _caller(self, caller: Json) -> Json:
        return self._named(caller, "number") if isinstance(caller, str) else self._filled(caller)

    def _keyed(self, value: Mapping[str, Json], asked: str) -> dict[str, Json]:
        return {self._named(key, asked): self._filled(item) for key, item in value.items()}

    def _named(self, name: str, asked: str) -> str:
        return str(self._value(name, asked) if name in self.cast else put_in(name, self._value))

    def _filled(self, value: Json) -> Json:
        if isinstance(value, str):
            return put_in(value, self._value)
        if isinstance(value, list):
            return [self._filled(item) for item in value]
        if isinstance(value, dict):
            return {str(put_in(key, self._value)): self._filled(item) for key, item in value.items()}
        return value

    def _value(self, role: str, asked: str) -> Json:
        account = self.template.account
        if role == ACCOUNT:
            return self._of_account(account, asked)
        if role == NOBODY:
            return self._phone_as(asked, str(nobody(account, "phone"))) if asked in PHONES else nobody(account, asked)
        player = self.cast[role]
        if isinstance(player, Application):
            return getattr(player, asked)
        if isinstance(player, Brand | Campaign):
            return str(player.id) if asked == "id_text" else getattr(player, asked)
        if isinstance(player, str):
            return self._phone_as(asked, player)
        if isinstance(player, PhoneNumber):
            return self._phone_as(asked, player.digits) if asked in PHONES else player.id
        return self._of_extension(role, player, asked)

    def _of_account(self, account: Account, asked: str) -> Json:
        if asked in PHONES:
            return self._phone_as(asked, digits_of(account.main_number))
        if asked == "area_code":
            digits = digits_of(account.main_number)
            return digits.removeprefix(account.home_code)[:3]
        if asked == "jwt_secret":
            return next(key.secret for key in self.template.jwt_keys if key.secret is not None)
        return account.id if asked == "id" else str(account.id)

    def _of_extension(self, role: str, extension: Extension, asked: str) -> Json:
        phone = phone_of(extension, self.needs[role].get("phone"), self.template.account)
        credentials = self.template.credentials.get(extension.number, Credentials())
        first, _, last = extension.name.partition(" ")
        values: Mapping[str, Callable[[], Json]] = {
            "number": lambda: extension.number,
            "id": lambda: extension.id,
            "id_text": lambda: str(extension.id),
            "name": lambda: extension.name,
            "first_name": lambda: first,
            "last_name": lambda: last,
            "email": lambda: extension.email,
            "location": lambda: phone.location if phone else None,
            "jwt": lambda: credentials.jwt,
            "password": lambda: credentials.password,
            "token": lambda: credentials.access_token,
            "sign_in": lambda: dict(sign_in_forms(self.template, extension.number)[0]),
        }
        if asked in PHONES:
            return self._phone_as(asked, phone.digits if phone else "")
        return values[asked]()

    def _phone_as(self, form: str, digits: str) -> str:
        """`phone` is as answers have it in the shape that the case is written in, `e164` has a plus in each."""
        return f"+{digits}" if form == "e164" or (form == "phone" and self.has_plus) else digits
