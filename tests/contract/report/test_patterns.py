"""What a server does wrong in many ways at once is one cause, which a person would name."""

from collections.abc import Sequence

import pytest

from findings_made import failed
from ringmock.contract.findings import Finding
from ringmock.contract.report.causes import GOES_ON_ANSWERING, causes_of

OPERATIONS = ("createSMSMessage", "listMessages", "readMessage", "readExtension", "readAccountInfo", "listExtensions")
CODE, PARAMETER = "errors.0.errorCode", "errors.0.parameterName"


def alike(*compared: tuple[str, str, str], keeps: tuple[str, ...] = ()) -> list[Finding]:
    """Failures with one difference each, every one of another operation and with a cause of its own."""
    return [
        failed(f"case {n}", operation=operation, cause=f"{operation} is wrong", compared=(each,), keeps=keeps)
        for n, (operation, each) in enumerate(zip(OPERATIONS, compared, strict=False))
    ]


def said(found: Sequence[Finding]) -> list[str]:
    return [cause.says for cause in causes_of(found)]


@pytest.mark.parametrize(
    ("compared", "says"),
    [
        (
            [("status", "401", "200")] * 3,
            "Tokens that are wrong, ended or revoked are taken: calls succeed where 401 is due",
        ),
        ([("status", "403", "200")] * 3, "Nobody's rights are looked at: calls succeed where 403 is due"),
        (
            [("status", "404", "204")] * 3,
            "What does not exist is answered as if it did: calls succeed where 404 is due",
        ),
        ([("status", "400", "200")] * 3, "Wrong requests are accepted: calls succeed where 400 is due"),
        (
            [("status", "200", "500"), ("status", "404", "500"), ("status", "302", "500")],
            "The server fails at calls of createSMSMessage, listMessages, readMessage: they answer 500",
        ),
        (
            [("status", "200", "401"), ("status", "403", "401"), ("status", "207", "401")],
            "Who is signed in is refused: createSMSMessage, listMessages, readMessage answer 401",
        ),
        (
            [(CODE, '"AGW-401"', '"OAU-213"'), (CODE, '"AGW-402"', '"OAU-213"'), (CODE, '"OAU-151"', '"OAU-213"')],
            "Refusals have the code OAU-213 whatever is wrong: AGW-401, AGW-402, OAU-151 are due",
        ),
        (
            [(PARAMETER, '"accountId"', '"page"'), (PARAMETER, '"to"', "absent"), (PARAMETER, '"text"', '"to"')],
            "Refusals name another parameter than the wrong one, or none",
        ),
        (
            [(f"body.{name}", '"ours"', '"string"') for name in "abcde"],
            "Answers have the contract's examples where the account's are due, or what was sent: createSMSMessage,"
            " listMessages, readMessage, readExtension, ...",
        ),
        (
            [(f"body.{name}", '"ours"', '"16509100010"') for name in "abcde"],
            "Answers have the contract's examples where the account's are due, or what was sent: createSMSMessage,"
            " listMessages, readMessage, readExtension, ...",
        ),
        (
            [(f"body.{name}", '"ours"', '"theirs"') for name in "abcde"],
            "Answers have other values where the account's are due, or what was sent: createSMSMessage,"
            " listMessages, readMessage, readExtension, ...",
        ),
    ],
)
def test_a_habit_that_several_operations_have_is_one_cause(compared: list[tuple[str, str, str]], says: str) -> None:
    found = alike(*compared)
    (cause,) = causes_of(found)
    assert (cause.says, len(cause.findings), cause.is_pattern) == (says, len(compared), True)
    assert len(said(found[:-1])) == len(found) - 1


def test_one_operation_with_several_mistakes_has_no_habit() -> None:
    found = [
        failed(str(n), operation="listMessages", cause=str(n), compared=(("status", "400", "200"),)) for n in range(3)
    ]
    assert len(said(found)) == 3


def test_what_breaks_a_rule_of_the_documentation_is_told_for_itself() -> None:
    found = alike(*[("status", "400", "200")] * 3)
    rules = alike(*[("status", "400", "200")] * 3, keeps=("R-05",))
    assert len(said(rules)) == 3
    assert "Wrong requests are accepted: calls succeed where 400 is due" in said([*found, *alike_of_others(rules)])
    assert len(said([*found, *alike_of_others(rules)])) == 4


def alike_of_others(found: Sequence[Finding]) -> list[Finding]:
    return [
        failed(f"other {each.name}", cause=f"rule: {each.cause}", compared=each.compared, keeps=each.keeps)
        for each in found
    ]


def test_a_habit_goes_before_a_broken_rule_from_five_failures_on() -> None:
    rule = failed("rule", cause="a Frozen extension is paged", keeps=("R-18",))
    assert said([rule, *alike(*[("status", "401", "200")] * 4)])[0] == "a Frozen extension is paged"
    assert said([rule, *alike(*[("status", "401", "200")] * 5)])[0].startswith("Tokens that are wrong")


def test_that_the_server_has_gone_is_told_before_all_that_was_found_until_then() -> None:
    gone = failed(GOES_ON_ANSWERING, cause="The server gives no answer")
    silent = failed("a case", cause="The server gives no answer", keeps=("D-42",))
    first = causes_of([*alike(*[("status", "401", "200")] * 5), silent, gone])[0]
    assert (first.says, first.sentence) == ("The server gives no answer", "")
