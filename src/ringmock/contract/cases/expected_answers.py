"""What a case expects of an answer that a server has given once: what another run of it answers again."""

import re
from collections.abc import Mapping
from typing import Any, Final

from .expectations import ABSENT, MATCHERS, PATTERN_MARK
from .recorded_values import DATE, Names

Json = Any

_OF_MESSAGES: Final = re.compile(r".*/(sms|mms|company-pager|message-store(/[^/]+)?|message-sync|thread|messages)")
_PARTIES: Final = ("from", "to")
_LEFT_OUT: Final = ("paging", "navigation", "syncInfo", "creationTime", "lastModifiedTime", "smsDeliveryTime", "size")
_DROPPED: Final = object()
_SPECIAL_SIGNS: Final = re.compile(r"[][.$*+?{}|()^\\]")
_SPECIAL: Final = ("any", repr(ABSENT))


def literal(text: str) -> Json:
    """A text as an expectation that only this text meets; any for an empty one, which answers leave out."""
    if not text:
        return {}
    if "${" in text:
        return {"matches": _SPECIAL_SIGNS.sub(_escaped, text)}
    return {"equals": text} if text in _SPECIAL or text.startswith(PATTERN_MARK) else text


def _escaped(sign: re.Match[str]) -> str:
    return f"\\{sign[0]}" if sign[0] in "[]^\\" else f"[{sign[0]}]"


def held(text: str, key: str) -> Json:
    """A message of a mailbox or a phone, whose text is under `key`."""
    said = literal(text)
    return {key: said} if isinstance(said, dict) and said else said


class Expectations:
    """The `then` of steps. `is_timed`: whether a message's status depends on when one looks."""

    def __init__(self, names: Names, *, has_seeds: bool, is_timed: bool) -> None:
        self._names, self._has_seeds, self._is_timed = names, has_seeds, is_timed
        self.is_partial = False
        """Whether something is left out that changed the world: lists are not what they were."""

    def of(self, call: Mapping[str, Json]) -> dict[str, Json]:
        """The status; of a refusal its code and parameter, of a message's answer what it says of it."""
        then: dict[str, Json] = {"status": call["status"]}
        answer = call.get("answer")
        if call["status"] >= 400:
            errors = answer.get("errors") if isinstance(answer, dict) else None
            first = errors[0] if isinstance(errors, list) and errors else {}
            named = {"error": first.get("errorCode"), "parameter": first.get("parameterName")}
            return then | {key: value for key, value in named.items() if value is not None}
        if isinstance(answer, dict) and _OF_MESSAGES.fullmatch(call["path"]):
            body = self._object(answer)
            if body:
                then["body"] = body
        return then

    def of_event(self, notification: Json) -> dict[str, Json]:
        """What a notification says that another run of it says again, as `body` of it."""
        own = notification.get("body") if isinstance(notification, dict) else None
        body = self._object(own) if isinstance(own, dict) else {}
        return {"body": body} if body else {}

    def _object(self, value: Mapping[str, Json]) -> dict[str, Json]:
        found: dict[str, Json] = {}
        for key, item in value.items():
            if key in _LEFT_OUT or (key == "messageStatus" and self._is_timed):
                continue
            said = self._value(item, key)
            if said is not _DROPPED:
                found[key] = said
        return {"equals": found} if found and found.keys() <= set(MATCHERS) else found

    def _value(self, value: Json, key: str) -> Json:
        if key in _PARTIES and isinstance(value, (dict, list)):
            return self._parties(value)
        if isinstance(value, dict):
            return self._object(value) or _DROPPED
        if isinstance(value, list):
            return self._list(value, key)
        if value is None or isinstance(value, bool):
            return value
        named = self._names.kept(value)
        if named is not None:
            return named
        if key in ("id", "uri", "conversationId") or key.endswith(("Id", "Ids")) or DATE.fullmatch(str(value)):
            return _DROPPED
        if isinstance(value, str):
            return _DROPPED if "://" in value else literal(value)
        return value

    def _list(self, items: list[Json], key: str) -> Json:
        if key == "records" and self.is_partial:
            return _DROPPED
        said = [self._value(item, key) for item in items]
        if any(item is _DROPPED for item in said):
            return _DROPPED
        return {"contains": said} if key == "records" and self._has_seeds else said

    def _parties(self, value: Json) -> Json:
        parties = [self._names.party(party) for party in (value if isinstance(value, list) else [value])]
        if any(party is None for party in parties):
            return _DROPPED
        return parties if isinstance(value, list) else parties[0]
