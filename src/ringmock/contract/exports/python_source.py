"""Values as Python source: what Python's own `repr` has no form for, and lines that a person can read."""

import re
from typing import Any, Final

WIDTH: Final = 110
_ESCAPED: Final = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}
_CONTROL: Final = re.compile(r'[\x00-\x1f\x7f-\xa0\u2028\u2029\ud800-\udfff"\\]')


class Source(str):
    """An expression, as it is to stand there."""

    __slots__ = ()


def text(value: str) -> str:
    """A text between double quotes."""
    return f'"{_CONTROL.sub(_escape, value)}"'


def _escape(sign: re.Match[str]) -> str:
    return _ESCAPED.get(sign[0]) or f"\\u{ord(sign[0]):04x}"


def with_names(value: str, names: dict[str, str]) -> str:
    """A text in which the values of some variables stand; `names` are by value, as texts."""
    if not names:
        return text(value)
    pattern = "|".join(re.escape(known) for known in sorted(names, key=len, reverse=True))
    pieces = re.split(f"({pattern})", value)
    written = [
        f"{{{names[piece]}}}" if place % 2 else text(piece)[1:-1].replace("{", "{{").replace("}", "}}")
        for place, piece in enumerate(pieces)
    ]
    return f'f"{"".join(written)}"' if len(pieces) > 1 else text(value)


def literal(value: Any, indent: int, used: int = 0) -> str:
    """A value, on one line where it fits behind `used` characters, else on several."""
    flat = _flat(value)
    if indent + used + len(flat) <= WIDTH or not isinstance(value, (dict, list)) or isinstance(value, Source):
        return flat
    inner = " " * (indent + 4)
    if isinstance(value, dict):
        items = [f"{text(key)}: {literal(each, indent + 4, len(key) + 5)}" for key, each in value.items()]
        opening, closing = "{", "}"
    else:
        items = [literal(each, indent + 4, 1) for each in value]
        opening, closing = "[", "]"
    return "\n".join([opening, *(f"{inner}{item}," for item in items), " " * indent + closing])


def _flat(value: Any) -> str:
    if isinstance(value, Source):
        return str(value)
    if isinstance(value, str):
        return text(value)
    if isinstance(value, dict):
        return f"{{{', '.join(f'{text(key)}: {_flat(each)}' for key, each in value.items())}}}"
    if isinstance(value, list):
        return f"[{', '.join(map(_flat, value))}]"
    if isinstance(value, tuple):
        return f"({', '.join(map(_flat, value))}{',' if len(value) == 1 else ''})"
    return repr(value)
