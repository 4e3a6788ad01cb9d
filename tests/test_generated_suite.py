"""The generated suite in a small size; `python tests/generated_suite.py` runs it in the large."""

import pytest

from generated_suite import KINDS, differences, suite


@pytest.mark.long
def test_a_generated_suite_has_the_expected_outcomes_and_leaves_nothing_behind() -> None:
    assert differences(1, 100, 2, most_growth=None) == []


def test_every_kind_of_test_is_in_a_suite() -> None:
    text, _ = suite(1, 100)
    assert [name for name, kind in KINDS.items() if kind.body.partition("{")[0] not in text] == []
