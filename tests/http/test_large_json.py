"""Bodies that are parsed in slices are what one call of the parser makes of them, or are refused as it refuses them."""

import itertools
import json
import random
from typing import Any

import orjson
import pytest

from ringmock.domain.errors import InvalidParameter
from ringmock.domain.slices import result_of
from ringmock.http.errors import UnparseableJson
from ringmock.http.large_json import SLICE_BYTES, parsing


def made(dice: random.Random, depth: int) -> Any:
    if depth == 0 or dice.random() < 0.3:
        return dice.choice([1, -2.5, True, None, "", "a,b", '"[{', "\\", "list-0", "😀", "x" * 30])
    if dice.random() < 0.5:
        return [made(dice, depth - 1) for _ in range(dice.randrange(6))]
    return {f"k{dice.randrange(9)}": made(dice, depth - 1) for _ in range(dice.randrange(6))}


def test_what_is_parsed_in_slices_is_what_one_call_of_the_parser_finds() -> None:
    dice = random.Random(1)
    for _ in range(300):
        value = {
            "from": made(dice, 2),
            "messages": [made(dice, 3) for _ in range(dice.randrange(30))],
            "list-1": "list-0",
        }
        text = json.dumps(value, ensure_ascii=dice.random() < 0.5, indent=dice.choice([None, 1])).encode()
        assert result_of(parsing(text, 40)) == orjson.loads(text)


@pytest.mark.parametrize("size", [1, 2, 10, 1000])
def test_a_body_that_is_broken_anywhere_is_refused_as_the_parser_refuses_it(size: int) -> None:
    dice, whole = random.Random(2), json.dumps({"a": [[1, {"b": "c,d"}], "e"] * 9, "f": ["g"] * 9}).encode()
    for _ in range(600):
        place = dice.randrange(len(whole))
        text = (
            whole[:place]
            + dice.choice([b"", b",", b"]", b"}", b"[", b"{", b'"', b"x"])
            + whole[place + dice.randrange(2) :]
        )
        try:
            expected: Any = orjson.loads(text)
        except orjson.JSONDecodeError:
            expected = UnparseableJson
        try:
            found = result_of(parsing(text, size))
        except UnparseableJson:
            found = UnparseableJson
        assert found == expected, text


def test_of_a_name_that_comes_twice_the_last_counts() -> None:
    assert result_of(parsing(b'{"a": ["first", 1, 2], "a": ["last", 1, 2]}', 3)) == {"a": ["last", 1, 2]}


def test_a_lone_surrogate_is_reported_by_the_name_of_its_parameter() -> None:
    with pytest.raises(InvalidParameter) as refused:
        result_of(parsing(b'{"messages": [{"text": "a"}, {"text": "\\ud800"}, {"text": "b"}]}', 5))
    assert refused.value.parameter == "messages.text"


def test_a_body_of_megabytes_takes_a_slice_for_each_part_of_it() -> None:
    text = json.dumps({"messages": [{"to": ["+14155000000"], "text": "x" * 1000}] * 5_000}).encode()

    slices = sum(1 for _ in parsing(text))

    assert slices >= len(text) // (257 * 1024)


def slices_of(text: bytes) -> int:
    """How often others are served while the text is parsed, or refused."""
    parts = parsing(text)
    for count in itertools.count():
        try:
            next(parts)
        except (StopIteration, UnparseableJson):
            return count
    raise AssertionError


@pytest.mark.parametrize("escape", [b"\\\\", b'\\"', b"\\n", b"\\u0041"])
@pytest.mark.parametrize("times", [1, 4_999, 5_000, 5_001, 20_000])
def test_a_text_of_many_escapes_is_parsed_in_slices_to_what_one_call_of_the_parser_finds(
    escape: bytes, times: int
) -> None:
    text = b'{"text":"' + escape * times + b'","to":[1,2]}'

    assert result_of(parsing(text)) == orjson.loads(text)
    assert slices_of(text) >= times // 5_001


@pytest.mark.parametrize("escape", [b"\\\\", b'\\"', b"\\n", b"\\u0041", b"a", b"\\ud800"])
def test_a_text_without_an_end_is_refused_before_the_parser_looks_for_it(escape: bytes) -> None:
    with pytest.raises(UnparseableJson):
        result_of(parsing(b'{"text":"' + escape * 20_000))


@pytest.mark.parametrize(
    ("bytes_of_text", "refusal"), [(2 * SLICE_BYTES, InvalidParameter), (2 * SLICE_BYTES + 1, UnparseableJson)]
)
def test_a_lone_surrogate_is_named_where_the_body_is_not_too_long_to_be_searched(
    bytes_of_text: int, refusal: type[Exception]
) -> None:
    frame = len(b'{"text":"\\ud800"}')
    with pytest.raises(refusal):
        result_of(parsing(b'{"text":"' + b"a" * (bytes_of_text - frame) + b'\\ud800"}'))


@pytest.mark.parametrize("text", [b"\\" * 600_000, b"x" * 600_000, b"  }" + b" " * 600_000])
def test_what_begins_as_no_json_value_is_refused_before_the_parser_looks_at_it(text: bytes) -> None:
    with pytest.raises(UnparseableJson):
        next(parsing(text))
