"""What made a case fail, in words that all cases have in common which fail because of it."""

from typing import Any

import pytest

from ringmock.contract.cases import parse_cases
from ringmock.contract.cases.causes import cause_of
from ringmock.contract.cases.expectations import ABSENT, Difference
from ringmock.contract.cases.runner import Failure, Mismatch

CASE = """
cases:
  - name: Messages are listed
    keeps: [R-01]
    steps:
      - {as: "101", when: {operation: listMessages}, then: {status: 200}}
"""
HOLDS_ELSE = "A call: a mailbox holds something else than it should (R-01)"


@pytest.mark.parametrize(
    ("where", "expected", "actual", "cause"),
    [
        ("status", 200, 501, "Operations answer 501: they are described, and not implemented"),
        ("status", 200, 415, "Operations answer 415: a media type that the contract names is not read"),
        (
            "errors.0.errorCode",
            "CMN-101",
            ABSENT,
            "Refusals have no error code: a client looks for errors[0].errorCode",
        ),
        ("errors.0.errorCode", "CMN-101", "CMN-102", "A call refuses with CMN-102 where CMN-101 is due"),
        ("status", 200, 500, "A call answers 500 where 200 is due"),
        (
            "mailbox of 102",
            ["Hello"],
            [],
            "A call: what was sent is not there afterwards, in a mailbox (R-01)",
        ),
        ("mailbox of 102", ["Hello"], ["Goodbye"], HOLDS_ELSE),
        ("mailbox of 102", [], ["Hello"], HOLDS_ELSE),
        ("mailbox of 102.0.readStatus", "Read", "Unread", HOLDS_ELSE),
        ("sign-in of 102", "an access token", "401 no", "Extension 102 cannot sign in: 401 no"),
    ],
)
def test_failures_of_one_kind_have_a_cause_in_common(where: str, expected: Any, actual: Any, cause: str) -> None:
    (case,) = parse_cases(CASE)
    failure = Failure(1, 1, (Mismatch((Difference(where, expected, actual),), None),))
    assert cause_of(case, failure) == cause
