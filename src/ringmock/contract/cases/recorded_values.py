"""The values of a recording as a case writes them: what an account or an earlier answer has is named."""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, Final

from ...domain.account import digits_of
from ...world.template import Template
from .recorded_roles import Roles

Json = Any

DATE: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)?")
_ID: Final = re.compile(r"id|.*Id|ids|uri|syncToken|pageToken|.*ConversationId")
_SECRET: Final = re.compile(r".*(token|secret|password|assertion|authorization).*", re.IGNORECASE)
_NOT_SECRET: Final = ("syncToken", "pageToken")
_HIDDEN: Final = "$SECRET"


class CannotBeWritten(Exception):
    """What of a recording a case cannot say; the message is the reason."""


class Kept:
    """Ids and URIs of answers, which later steps name; one that none names is not kept."""

    def __init__(self) -> None:
        self._found: dict[tuple[str, bool], tuple[dict[str, Json], str, str]] = {}
        """By the value as a text, and whether it is one: the step that has it, where in its answer, and its key."""
        self._named: dict[tuple[str, bool], str] = {}
        self._counts: dict[str, int] = {}

    def note(self, answer: Json, step: dict[str, Json], but: Collection[str] = ()) -> None:
        """Remember what an answer has, but what the account itself has, and what is numbered within its own whole."""
        for where, key, value in _leaves(answer, ""):
            is_own = "." not in where or (where.count(".") == 2 and where.startswith("records."))
            of_type = str(value), isinstance(value, str)
            if is_own and _ID.fullmatch(key) and of_type not in self._found and str(value) not in but:
                self._found[of_type] = (step, where, key)

    def name_of(self, value: Json, *, as_sent: bool = True) -> str | None:
        """`${name}` for a value that an earlier answer had; `as_sent`: be it as a number or as a text."""
        found = str(value), isinstance(value, str)
        if as_sent and found not in self._found:
            found = str(value), not found[1]
        if isinstance(value, bool) or found not in self._found:
            return None
        if found not in self._named:
            word = _word_of(self._found[found])
            self._counts[word] = count = self._counts.get(word, 0) + 1
            self._named[found] = word if count == 1 else f"{word}_{count}"
        return f"${{{self._named[found]}}}"

    def put_into(self, step: dict[str, Json]) -> None:
        """The `keep` of a step, as far as later steps name what its answer had."""
        own = [(found, where) for found, (of, where, _) in self._found.items() if of is step]
        kept = {self._named[found]: where for found, where in own if found in self._named}
        if kept:
            after: dict[str, Json] = {key: step.pop(key) for key in ("mailboxes", "handsets", "sockets") if key in step}
            step |= {"keep": kept, **after}


def _word_of(found: tuple[dict[str, Json], str, str]) -> str:
    step, _, key = found
    operation = str(step.get("when", {}).get("operation", ""))
    if key not in ("id", "uri"):
        return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in key).strip("_")
    subject = "subscription" if "ubscription" in operation else "message"
    return subject if key == "id" else f"{subject}_uri"


def _leaves(value: Json, where: str) -> Iterator[tuple[str, str, Json]]:
    """Every text and number of an answer: where it is, its key, and it."""
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in pairs:
        place = f"{where}.{key}" if where else str(key)
        if isinstance(item, (dict, list)):
            yield from _leaves(item, place)
        elif isinstance(item, (str, int)) and not isinstance(item, bool) and item != "":
            yield place, str(key), item


class Names:
    """Values of requests, with roles and kept names in them."""

    def __init__(self, roles: Roles, kept: Kept, template: Template) -> None:
        self._roles, self._kept, self._account = roles, kept, template.account
        self._extensions_by_id = {str(each.id): each.number for each in template.account.extensions.values()}
        self.ids = frozenset([*self._extensions_by_id, str(template.account.id)])
        """The ids of the account and its extensions, as texts."""
        self.has_dates = False
        """Whether a request names a time."""
        self.has_unknown = False
        """Whether a request names an id that no answer of the case had: only this account has it."""

    def of(self, value: Json, key: str = "") -> Json:
        """A value of a request's body."""
        if isinstance(value, dict):
            return {name: self.of(item, name) for name, item in value.items()}
        if isinstance(value, list):
            return [self.of(item, key) for item in value]
        if isinstance(value, bool) or value is None:
            return value
        self._check(key, value)
        named = self.named(value, key)
        if named is not None:
            return named
        if isinstance(value, int) and _ID.fullmatch(key):
            self.has_unknown = True
        return self.of_text(value) if isinstance(value, str) else value

    def named(self, value: Json, key: str = "") -> Json | None:
        """`${...}` for what an earlier answer or the account has; None for anything else."""
        if value == "${receiver}":
            return value
        kept = self._kept.name_of(value)
        if kept is not None:
            return kept
        text = str(value)
        form = "id" if isinstance(value, int) else "id_text"
        if text in self._extensions_by_id and key != "phoneNumber":
            return f"${{{self._roles.extension(self._extensions_by_id[text])}.{form}}}"
        if text == str(self._account.id):
            return f"${{account.{form}}}"
        if key == "extensionNumber":
            is_there = text in self._account.extensions
            return f"${{{self._roles.extension(text) if is_there else 'nobody'}.number}}"
        if isinstance(value, str) and key == "phoneNumber":
            return self._phone(value)
        if isinstance(value, str) and "/" in value and " " not in value:
            return self._in_segments(value)
        return None

    def _phone(self, value: str) -> str | None:
        if not re.fullmatch(r"\+?\d{5,15}", value) or not self._roles.is_known_phone(value):
            return None
        form = "e164" if value.startswith("+") else "digits"
        if digits_of(value) == digits_of(self._account.main_number):
            return f"${{account.{form}}}"
        return f"${{{self._roles.phone(value)}.{form}}}"

    def _in_segments(self, value: str) -> str:
        """A path, as an event filter is one, with the ids in it named."""
        segments = (self.named(segment) if segment.isdigit() else None for segment in value.split("/"))
        return "/".join(new or old for new, old in zip(segments, value.split("/"), strict=True))

    def of_path(self, value: str) -> Json:
        """A path parameter."""
        named = self.named(value)
        if named is not None:
            return named
        if value.isdigit() and len(value) > 3:
            self.has_unknown = True
        return value

    def of_query(self, pairs: Sequence[Sequence[str]]) -> Json:
        """The query, several values of a name as a list."""
        query: dict[str, Json] = {}
        for name, value in pairs:
            self._check(name, value)
            said = self.named(value, "phoneNumber" if name.lower().endswith("number") else name) or self.of_text(value)
            before = query.get(name)
            query[name] = said if before is None else [*(before if isinstance(before, list) else [before]), said]
        return query

    def of_text(self, value: str) -> Json:
        """A text as it stands, whatever the grammar takes `${` for."""
        if DATE.fullmatch(value):
            self.has_dates = True
        head, mark, rest = value.partition("${")
        return {"repeat": f"{head}$", "times": 1, "then": f"{{{rest}"} if mark else value

    def _check(self, key: str, value: Json) -> None:
        if _HIDDEN in str(value) or (_SECRET.fullmatch(key) and key not in _NOT_SECRET):
            raise CannotBeWritten(f"it sent a secret as {key!r}, which no case has")

    def kept(self, value: Json) -> str | None:
        """`${name}` for a value that an earlier answer had."""
        return self._kept.name_of(value, as_sent=False)

    def party(self, party: Mapping[str, Json]) -> dict[str, Json] | None:
        """A sender or recipient of an answer by its role; None for who has no part in the case."""
        said: dict[str, Json] = {}
        if "extensionNumber" in party:
            if not self._roles.has(str(party["extensionNumber"])):
                return None
            said["extensionNumber"] = self.named(str(party["extensionNumber"]), "extensionNumber")
        if "phoneNumber" in party:
            said["phoneNumber"] = self._phone(str(party["phoneNumber"]))
        return None if None in said.values() else said
