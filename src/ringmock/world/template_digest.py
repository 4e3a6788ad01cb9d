"""A digest of an account: whether a history was recorded on the same one."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Set
from dataclasses import MISSING, fields, is_dataclass
from datetime import date, timedelta
from enum import Enum
from typing import Any

from .template import Template

_LEFT_OUT = {"name", "generation", "limits", "webhooks"}
"""Of a template: the same account may be read from a file of another name, and options of the server set the rest."""


def digest_of(template: Template) -> str:
    """`sha256:` and 64 hexadecimal digits of all that an account says.

    What has its default value does not count, so that a later version, which knows more, makes the same digest.
    """
    given = {name: each for name, each in _given(template).items() if name not in _LEFT_OUT}
    written = json.dumps(given, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return f"sha256:{hashlib.sha256(written.encode('utf-8', 'surrogatepass')).hexdigest()}"


def _given(value: Any) -> dict[str, Any]:
    """The fields of a dataclass that have another value than their default."""
    found = {}
    for each in fields(value):
        said = getattr(value, each.name)
        default = each.default if each.default_factory is MISSING else each.default_factory()
        if each.init and (default is MISSING or said != default):
            found[each.name] = _plain(said)
    return found


def _plain(value: Any) -> Any:
    if isinstance(value, Enum):
        return _plain(value.value)
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if is_dataclass(value):
        return _given(value)
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        defaults = getattr(value, "_field_defaults")  # noqa: B009  # of a named tuple
        pairs = zip(value._fields, value, strict=True)
        return {name: _plain(each) for name, each in pairs if name not in defaults or defaults[name] != each}
    if isinstance(value, Mapping):
        return {str(_plain(key)): _plain(each) for key, each in value.items()}
    if isinstance(value, Set):
        return sorted((_plain(each) for each in value), key=lambda each: json.dumps(each, sort_keys=True))
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, Iterable):
        return [_plain(each) for each in value]
    return getattr(value, "pattern", type(value).__name__)
