"""How much a JSON text holds, counted before it is parsed."""

import json
import random
from typing import Any

import pytest

from ringmock.http.json_bounds import LARGE, SLICE, TooDeep, TooManyValues, check_bounds, checking_bounds, is_large

PADDING = b" " * SLICE
"""Long enough that the text is looked at in slices, whatever else is in it."""


def is_allowed(text: bytes, most: int, deepest: int = 100) -> bool:
    try:
        check_bounds(text, most, deepest)
    except (TooManyValues, TooDeep):
        return False
    return True


def values_in(value: Any) -> int:
    members = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return 1 + sum(map(values_in, members))


@pytest.mark.parametrize(("count", "passes"), [(9, True), (10, False)])
@pytest.mark.parametrize("member", [b"1", b'"a"', b'"[,{"', b'"\\",\\",\\\\"', b"null"])
def test_a_list_has_as_many_values_as_members_and_one(member: bytes, count: int, passes: bool) -> None:
    text = b"[" + b",".join([member] * count) + b"]"

    assert is_allowed(text + PADDING, most=10) is passes


@pytest.mark.parametrize(("levels", "passes"), [(4, True), (5, False)])
@pytest.mark.parametrize(("opening", "closing"), [(b"[", b"]"), (b'{"[":', b"}")])
def test_levels_are_counted_outside_of_texts(opening: bytes, closing: bytes, levels: int, passes: bool) -> None:
    text = opening * levels + b"1" + closing * levels

    assert is_allowed(text, most=100, deepest=4) is passes


def test_brackets_side_by_side_are_no_levels() -> None:
    assert is_allowed(b"[" + b",".join([b"[[]]"] * 50) + b"]", most=1000, deepest=3)


@pytest.mark.parametrize("offset", range(-3, 4))
def test_what_lies_across_two_slices_is_read_as_one(offset: int) -> None:
    filler = b'["' + b"a" * (SLICE - 4 + offset)

    assert is_allowed(filler + b'\\\\\\",[[[[[,,,,,"]', most=3, deepest=2)
    assert not is_allowed(filler + b'\\\\",1,2]', most=3)


def test_a_text_is_allowed_what_it_holds_and_refused_one_less() -> None:
    dice = random.Random(1)
    for _ in range(200):
        value = made(dice, 5)
        text = json.dumps(value, ensure_ascii=dice.random() < 0.5).encode() + PADDING

        assert is_allowed(text, most=values_in(value)), value
        assert not is_allowed(text, most=values_in(value) - 1), value


def made(dice: random.Random, levels: int) -> Any:
    texts = ["", ",", "[{", '"', '\\"', "\\", "é,", "{}"]
    if levels == 0 or dice.random() < 0.3:
        return dice.choice([*texts, 1, None, True])
    if dice.random() < 0.5:
        return [made(dice, levels - 1) for _ in range(dice.randrange(1, 4))]
    return {dice.choice(texts) + str(n): made(dice, levels - 1) for n in range(dice.randrange(1, 4))}


@pytest.mark.parametrize(
    ("value", "large"),
    [
        ([1] * LARGE, False),
        ([1] * (LARGE + 1), True),
        ({str(n): 1 for n in range(LARGE + 1)}, True),
        ([[1] * 300, [1] * 300], True),
        ("a" * 64 * 1024, False),
        (["a" * 64 * 1024, "a"], True),
        ({"a" * 65 * 1024: 1}, True),
        (None, False),
    ],
)
def test_a_value_is_large_by_its_parts_or_by_its_characters(value: Any, large: bool) -> None:
    assert is_large(value) is large


def test_what_is_certainly_within_its_bounds_is_checked_in_no_slice() -> None:
    assert list(checking_bounds(b"[1, 2]", 100, 10)) == []
