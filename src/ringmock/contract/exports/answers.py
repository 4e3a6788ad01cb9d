"""Whether an answer says the same as a recorded one, where ids, tokens, times and addresses may be others."""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple
from urllib.parse import urlsplit

from ..cases.recorded_values import DATE

Json = Any

_ID: Final = re.compile(r"id|ids|replyOn|.*Ids?")
_TOKEN: Final = re.compile(r".*([Tt]oken|[Kk]ey|[Uu]uid|[Ee]tag|[Pp]assword|[Ss]ecret|[Ss]ince)|address|expiresIn")
_ABSENT: Final = "nothing"


class Unlike(NamedTuple):
    """A place of an answer that differs. `where` is as in `to.0.phoneNumber`."""

    where: str
    recorded: Json
    now: Json


class Known:
    """What of recorded answers is called otherwise now: each id, by the first answer that has it."""

    def __init__(self) -> None:
        self._now: dict[str, Json] = {}
        self.shift = timedelta(0)
        """How much later it is now than it was."""

    def unlike(self, recorded: Json, now: Json, where: str = "", key: str = "") -> Iterator[Unlike]:
        """Every place that differs. Ids that are met for the first time are noted."""
        if isinstance(recorded, dict) and isinstance(now, dict):
            for name in dict.fromkeys([*recorded, *now]):
                yield from self.unlike(recorded.get(name, _ABSENT), now.get(name, _ABSENT), _joined(where, name), name)
        elif isinstance(recorded, list) and isinstance(now, list):
            for place in range(max(len(recorded), len(now))):
                was = recorded[place] if place < len(recorded) else _ABSENT
                found = now[place] if place < len(now) else _ABSENT
                yield from self.unlike(was, found, _joined(where, str(place)), key)
        elif not self._is_like(recorded, now, key):
            yield Unlike(where, recorded, now)

    def _is_like(self, recorded: Json, now: Json, key: str) -> bool:
        if type(recorded) is not type(now):
            return False
        if recorded == _ABSENT or now == _ABSENT or isinstance(recorded, bool) or recorded is None:
            return bool(recorded == now)
        text = str(recorded)
        if text in self._now and _ID.fullmatch(key):
            return str(self._now[text]) == str(now)
        if _ID.fullmatch(key):
            self._now[text] = now
            return True
        if not isinstance(recorded, str):
            return bool(recorded == now) or _TOKEN.fullmatch(key) is not None
        if DATE.fullmatch(recorded):
            return DATE.fullmatch(now) is not None
        if "://" in recorded:
            return "://" in now and self._is_like_address(recorded, now)
        return recorded == now or _TOKEN.fullmatch(key) is not None

    def _is_like_address(self, recorded: str, now: str) -> bool:
        """Whether two addresses lead to the same place, but for the server and ids."""
        was, found = (urlsplit(address).path.split("/") for address in (recorded, now))
        if len(was) != len(found):
            return False
        return all(
            self._is_like(one, other, "id" if one.isdigit() and one != "1" else "")
            for one, other in zip(was, found, strict=True)
        )

    # --- requests --------------------------------------------------------------------------------

    def now(self, value: Json, key: str = "") -> Json:
        """A value of a recorded request as it is called now."""
        if isinstance(value, dict):
            return {name: self.now(each, name) for name, each in value.items()}
        if isinstance(value, list):
            return [self.now(each, key) for each in value]
        if isinstance(value, bool) or not isinstance(value, (str, int)):
            return value
        found = self._now.get(str(value))
        if found is not None and (_ID.fullmatch(key) or len(str(value)) > 5):
            return type(value)(found)
        if isinstance(value, str) and DATE.fullmatch(value):
            return self._later(value)
        return self._in_segments(value) if isinstance(value, str) and "/" in value and " " not in value else value

    def path(self, path: str) -> str:
        """A path as it is now."""
        return self._in_segments(path)

    def content(self, content: bytes) -> bytes:
        """Content that is no JSON, with the ids in it that are called otherwise now."""
        for was, found in self._now.items():
            if str(found) != was and len(was) > 5:
                content = content.replace(was.encode(), str(found).encode())
        return content

    def has_id(self, text: str) -> bool:
        return text in self._now

    def _in_segments(self, text: str) -> str:
        return "/".join(
            str(self._now.get(segment, segment)) if segment.isdigit() else segment for segment in text.split("/")
        )

    def _later(self, written: str) -> str:
        if not self.shift:
            return written
        try:
            moment = datetime.fromisoformat(written) + self.shift
        except (ValueError, OverflowError):
            return written
        return moment.isoformat().replace("+00:00", "Z")


def plain_differences(recorded: Json, now: Json, where: str = "") -> Iterator[Unlike]:
    """Every place in which two answers are not the same to the letter."""
    if isinstance(recorded, dict) and isinstance(now, dict):
        for name in dict.fromkeys([*recorded, *now]):
            yield from plain_differences(recorded.get(name, _ABSENT), now.get(name, _ABSENT), _joined(where, name))
    elif isinstance(recorded, list) and isinstance(now, list) and len(recorded) == len(now):
        for place, (was, found) in enumerate(zip(recorded, now, strict=True)):
            yield from plain_differences(was, found, _joined(where, str(place)))
    elif recorded != now or type(recorded) is not type(now):
        yield Unlike(where, recorded, now)


def _joined(where: str, name: str) -> str:
    return f"{where}.{name}" if where else name
