"""The measures of a text: how long the rules find it, and how it travels."""

import unicodedata
from itertools import accumulate
from typing import Any

from ..domain.message import MessageType
from ..domain.rules import MAX_UTF16_UNITS
from ..domain.segments import Segmented, segmented
from ..domain.text import place_beyond, utf16_units
from .call import ControlCall

Json = Any


def measure_text(call: ControlCall) -> Json:
    """The measures, each with the character that tipped it."""
    text = call.body["text"]
    found, units = segmented(text), utf16_units(text)
    return {
        "characters": len(text),
        "utf16_units": units,
        "encoding": found.encoding.value,
        "units": sum(found.widths),
        "units_per_segment": found.per_part,
        "segments": _segments(text, found),
        "tipped_to_ucs_2": _character(text, found.tipped),
        "limits": [
            {
                "type": kind.value,
                "rule": "R-04",
                "most": most,
                "over": max(0, units - most),
                "tipped": _character(text, place_beyond(text, most)),
            }
            for kind, most in MAX_UTF16_UNITS.items()
            if kind in MessageType
        ],
    }


def _segments(text: str, found: Segmented) -> list[Json]:
    """Each with where it begins in UTF-16 units, and how much of its room it takes."""
    ends = [*found.starts[1:], len(text)]
    offsets = [0, *accumulate(utf16_units(text[start:end]) for start, end in zip(found.starts, ends, strict=True))]
    return [
        {"start": offset, "units": sum(found.widths[start:end])}
        for offset, start, end in zip(offsets, found.starts, ends, strict=False)
    ]


def _character(text: str, place: int | None) -> Json:
    """One character of a text, with its place in UTF-16 units from 0 and the name that Unicode has for it."""
    if place is None:
        return None
    character = text[place]
    code = f"U+{ord(character):04X}"
    return {
        "at": utf16_units(text[:place]),
        "character": character,
        "code": code,
        "name": unicodedata.name(character, code),
    }
