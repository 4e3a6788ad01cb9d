"""Expected held against actual."""

from typing import Any

import pytest

from ringmock.contract.cases.expectations import ABSENT, differences, filled, found_at


@pytest.mark.parametrize(
    ("expected", "actual", "fits"),
    [
        ({"a": 1}, {"a": 1, "b": 2}, True),
        ({"a": 1}, {"a": 2}, False),
        ({"a": 1}, {}, False),
        ({}, [], False),
        ([1, 2], [1, 2], True),
        ([1, 2], [2, 1], False),
        ([1], [1, 2], False),
        ([1, 2], [1], False),
        ([], [1], False),
        (1, True, False),
        (True, 1, False),
        (True, True, True),
        (1, "1", False),
        (4178398077955743750, 4178398077955743751, False),
        ("any", None, True),
        ({"a": "any"}, {}, False),
        ({"a": "absent"}, {}, True),
        ({"a": "absent"}, {"a": None}, False),
        ("~[0-9]+", "12", True),
        ("~[0-9]+", 12, True),
        ("~[0-9]+", "12\n", False),
        ("~[0-9]+", "a12", False),
        ("~.*", "two\nlines", True),
        ("~.*", None, False),
        ("~.*", True, False),
    ],
)
def test_what_is_expected_fits_or_not(expected: Any, actual: Any, fits: bool) -> None:
    assert (list(differences(expected, actual)) == []) is fits


@pytest.mark.parametrize(
    ("expected", "actual", "fits"),
    [
        ({"a": 1}, {"a": 1}, True),
        ({"a": 1}, {"a": 1, "b": 2}, False),
        ({"a": [{"b": 1}]}, {"a": [{"b": 1, "c": 2}]}, False),
        ({"a": "any"}, {"a": {"b": 1}}, True),
    ],
)
def test_an_exact_expectation_names_all_the_keys(expected: Any, actual: Any, fits: bool) -> None:
    assert (list(differences(expected, actual, exact=True)) == []) is fits


def test_every_difference_is_found_with_its_place() -> None:
    found = list(differences({"a": {"b": 1}, "c": [1, 2]}, {"a": {"b": 2}, "c": [1]}, "body"))
    assert [(one.where, one.expected, one.actual) for one in found] == [("body.a.b", 1, 2), ("body.c.1", 2, ABSENT)]


@pytest.mark.parametrize(
    ("where", "value"),
    [("id", 7), ("records.0.id", 8), ("records.1.id", ABSENT), ("id.x", ABSENT), ("gone", ABSENT), ("text.0", ABSENT)],
)
def test_a_place_in_an_answer_is_found(where: str, value: Any) -> None:
    assert found_at({"id": 7, "records": [{"id": 8}], "text": "abc"}, where) == value


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("${page}", 7),
        ("/${page}/content", "/7/content"),
        ({"a": ["${page}"]}, {"a": [7]}),
        ("~${name}", r"~a\.b"),
        ({"repeat": "a", "times": 3}, "aaa"),
        ({"repeat": "a", "times": 2, "then": "😀"}, "aa😀"),
        ({"repeat": "a"}, {"repeat": "a"}),
        (None, None),
    ],
)
def test_kept_values_and_repetitions_are_written_out(written: Any, meant: Any) -> None:
    assert filled(written, {"page": 7, "name": "a.b"}) == meant


@pytest.mark.parametrize(
    ("expected", "actual", "fits"),
    [
        ({"not": 1}, 2, True),
        ({"not": 1}, 1, False),
        ({"a": {"not": 1}}, {}, False),
        ({"any of": [1, "x"]}, "x", True),
        ({"any of": [1, "x"]}, "y", False),
        ({"matches": "[a-z]+"}, "abc", True),
        ({"matches": "[a-z]+"}, "abc1", False),
        ({"equals": "any"}, "any", True),
        ({"equals": "any"}, "else", False),
        ({"count": 2}, [1, 2], True),
        ({"count": 2}, [1], False),
        ({"count": {"at least": 2, "at most": 3}}, [1, 2, 3], True),
        ({"count": {"at least": 2, "at most": 3}}, [1, 2, 3, 4], False),
        ({"count": 2}, {"count": 2}, True),
        ({"count": 2}, {"count": 3}, False),
        ({"contains": {"a": 1}}, [{"a": 2}, {"a": 1, "b": 2}], True),
        ({"contains": [{"a": 1}, {"a": 3}]}, [{"a": 1}], False),
        ({"contains": "wor"}, "Hello, world", True),
        ({"in any order": [1, 2]}, [2, 1], True),
        ({"in any order": [1, 1]}, [1, 2], False),
        ({"in any order": ["any", 1]}, [1, 2], True),
        ({"each": {"a": 1}}, [{"a": 1}, {"a": 1, "b": 2}], True),
        ({"each": {"a": 1}}, [{"a": 1}, {"a": 2}], False),
        ({"at least": 2}, 2, True),
        ({"at least": 2}, 1, False),
        ({"at least": 0}, True, False),
        ({"contains": 1, "count": 2}, [1, 3], True),
        ({"contains": 1, "count": 2}, [1], False),
    ],
)
def test_a_matcher_says_by_its_name_what_is_expected(expected: Any, actual: Any, fits: bool) -> None:
    assert (list(differences(expected, actual)) == []) is fits


def test_a_jwt_is_signed_where_a_case_says_its_claims() -> None:
    made = filled({"signed": {"sub": "${who}"}, "secret": "s"}, {"who": "1"})
    head, claims, signature = made.split(".")
    assert (head, claims) == ("eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9", "eyJzdWIiOiIxIn0")
    assert signature == "D3SsIxiD_AgNBoQ7Zbl5kLqXKfftF2caQLEDDyL4X0Y"
