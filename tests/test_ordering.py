"""Two workers start with long tests, end with short ones, and share no file of long ones."""

import pytest

from ordering import ordered

LONG = {"a1", "a2", "b1", "b2", "b3", "c1"}


def order_of(tests: str) -> str:
    return " ".join(ordered(tests.split(), LONG.__contains__, lambda test: test[0]))


@pytest.mark.parametrize(
    ("tests", "order"),
    [
        ("s1 a1 b1 c1 s2 b2 a2 s3 b3 s4", "a1 a2 c1 s1 s2 b1 b2 b3 s3 s4"),
        ("s1 s2 s3 s4", "s1 s2 s3 s4"),
        ("a1 a2 b1 s1", "a1 a2 b1 s1"),
        ("b1 s1 b2 s2 b3", "b1 b2 b3 s1 s2"),
        ("", ""),
    ],
)
def test_each_half_begins_with_whole_files_of_long_tests_and_ends_with_short_ones(tests: str, order: str) -> None:
    assert order_of(tests) == order
