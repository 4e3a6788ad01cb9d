"""The number of radio network messages of a text (3GPP TS 23.038): 160 septets of GSM-7, or 70 units of UCS-2.

A longer text is divided into parts of 153 or 67, because a header joins the parts. A character that counts as two is
never divided.
"""

from collections.abc import Iterable

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
    widths = list(widths)
    if sum(widths) <= alone:
        return 1
    count, taken = 1, 0
    for width in widths:
        if taken + width > part:
            count, taken = count + 1, 0
        taken += width
    return count
