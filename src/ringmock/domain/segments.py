"""The number of radio network messages of a text (3GPP TS 23.038): 160 septets of GSM-7, or 70 units of UCS-2.

A longer text is divided into parts of 153 or 67, because a header joins the parts. A character that counts as two is
never divided.
"""

from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import NamedTuple

GSM_7 = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§"
    "¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
GSM_7_EXTENSION = frozenset("\f^{}\\[~]|€")
"""Characters that need an escape, and so count as two."""

ONE_GSM_7, PART_OF_GSM_7 = 160, 153
ONE_UCS_2, PART_OF_UCS_2 = 70, 67


def segment_count(text: str) -> int:
    """At least 1."""
    if GSM_7.issuperset(text):
        return _parts_of_ones(len(text), ONE_GSM_7, PART_OF_GSM_7)
    if (GSM_7 | GSM_7_EXTENSION).issuperset(text):
        return _parts((1 + (character in GSM_7_EXTENSION) for character in text), ONE_GSM_7, PART_OF_GSM_7)
    return _parts((1 + (ord(character) > 0xFFFF) for character in text), ONE_UCS_2, PART_OF_UCS_2)


def _parts_of_ones(length: int, alone: int, part: int) -> int:
    return 1 if length <= alone else -(-length // part)


def _parts(widths: Iterable[int], alone: int, part: int) -> int:
    """The number of parts for these characters, each of one or two units, in their order."""
    return len(_starts(list(widths), alone, part))


def _starts(widths: Sequence[int], alone: int, part: int) -> list[int]:
    """The place of the first character of each part."""
    starts = [0]
    if sum(widths) <= alone:
        return starts
    taken = 0
    for place, width in enumerate(widths):
        if taken + width > part:
            starts.append(place)
            taken = 0
        taken += width
    return starts


class Encoding(StrEnum):
    """How a text travels."""

    GSM_7 = "GSM-7"
    UCS_2 = "UCS-2"


class Segmented(NamedTuple):
    """A text as it travels. `widths` are the units of each character: septets of GSM-7, or 16-bit units of UCS-2."""

    encoding: Encoding
    widths: Sequence[int]
    starts: Sequence[int]
    """The place, in characters, at which each part begins."""
    per_part: int
    """Units that a part has room for."""
    tipped: int | None
    """The place of the first character that GSM-7 does not have; None where it has all of them."""


def segmented(text: str) -> Segmented:
    """The parts of a text, of which there are `segment_count`, and why it travels so."""
    known = GSM_7 | GSM_7_EXTENSION
    tipped = next((place for place, character in enumerate(text) if character not in known), None)
    if tipped is None:
        encoding, alone, part = Encoding.GSM_7, ONE_GSM_7, PART_OF_GSM_7
        widths = [1 + (character in GSM_7_EXTENSION) for character in text]
    else:
        encoding, alone, part = Encoding.UCS_2, ONE_UCS_2, PART_OF_UCS_2
        widths = [1 + (ord(character) > 0xFFFF) for character in text]
    starts = _starts(widths, alone, part)
    return Segmented(encoding, widths, starts, alone if len(starts) == 1 else part, tipped)
