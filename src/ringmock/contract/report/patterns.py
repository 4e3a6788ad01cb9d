"""What failures of many causes have in common: a habit of the server, which is reported once for all of them.

A server that was made from the contract alone fails a hundred cases in forty ways, of which a person would say four
things. A pattern looks at what was expected and what came, and at nothing that only one server has.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any, Final, NamedTuple

from ...domain.rulebook import RULEBOOK
from ...openapi.document import load_contract
from ..findings import Finding

FEWEST_CAUSES = 3
"""From so many causes on, about as many operations or more, a pattern is reported in their place."""
MAX_LISTED = 4
ABSENT = "absent"
CODE: Final = "errors.0.errorCode"
PARAMETER: Final = "errors.0.parameterName"
PLACEHOLDERS = ('"string"', '"http://example.com"')
"""What generators of mocks write where a contract has no example."""
ACCEPTED: Mapping[str, str] = {
    "400": "Wrong requests are accepted: calls succeed where 400 is due",
    "401": "Tokens that are wrong, ended or revoked are taken: calls succeed where 401 is due",
    "403": "Nobody's rights are looked at: calls succeed where 403 is due",
    "404": "What does not exist is answered as if it did: calls succeed where 404 is due",
}
_DOCUMENTED = frozenset(rule.id for rule in RULEBOOK)


class Pattern(NamedTuple):
    """`of` gives what findings of the pattern have in common, and None for others; `says` the words for all of them."""

    of: Callable[[Finding], str | None]
    says: Callable[[str, Sequence[Finding]], str]
    fewest: int = FEWEST_CAUSES
    """Operations that it is met at."""


def joined(failures: Mapping[str, Sequence[Finding]]) -> Iterator[tuple[str, Sequence[Finding], bool]]:
    """Failures by cause as they are to be reported: the words, the findings, and whether they have several causes."""
    left = dict(failures)
    for pattern in PATTERNS:
        for common, causes in _alike(pattern, left).items():
            found = [finding for cause in causes for finding in left[cause]]
            operations = {finding.operation for finding in found if finding.operation}
            if len(causes) >= FEWEST_CAUSES and len(operations) >= pattern.fewest:
                yield pattern.says(common, found), found, True
                for cause in causes:
                    del left[cause]
    yield from ((cause, found, False) for cause, found in left.items())


def _alike(pattern: Pattern, failures: Mapping[str, Sequence[Finding]]) -> dict[str, list[str]]:
    """Causes all of whose findings the pattern is met at, by what they have in common."""
    alike: dict[str, list[str]] = {}
    for cause, found in failures.items():
        common = {pattern.of(finding) for finding in found}
        if len(common) == 1 and (only := common.pop()) is not None:
            alike.setdefault(only, []).append(cause)
    return alike


# --- what failures have in common ------------------------------------------------------------------


def _compared(finding: Finding, where: str) -> tuple[str, str] | None:
    """What was expected there and what came."""
    return next(((due, came) for place, due, came in finding.compared if place == where), None)


def _status(finding: Finding) -> tuple[str, str] | None:
    first = finding.compared[0] if finding.compared else ("", "", "")
    return (first[1], first[2]) if first[0] == "status" else None


def _breaks_a_rule(finding: Finding) -> bool:
    """Whether it shows a sentence of the documentation, which is reported for itself."""
    return not _DOCUMENTED.isdisjoint(finding.keeps)


def _accepted(finding: Finding) -> str | None:
    status = _status(finding)
    is_accepted = status is not None and status[0] in ACCEPTED and status[1].startswith("2")
    return status[0] if status and is_accepted and not _breaks_a_rule(finding) else None


def _failed_at(finding: Finding) -> str | None:
    status = _status(finding)
    return "500" if status is not None and status[1] == "500" else None


def _signed_out(finding: Finding) -> str | None:
    status = _status(finding)
    return "401" if status is not None and status[1] == "401" else None


def _code(finding: Finding) -> str | None:
    """The code that came in the place of another."""
    code = _compared(finding, CODE)
    return code[1].strip('"') if code is not None and code[1] != ABSENT else None


def _parameter(finding: Finding) -> str | None:
    is_first = bool(finding.compared) and finding.compared[0][0] == PARAMETER
    return PARAMETER if is_first else None


def _value(finding: Finding) -> str | None:
    is_of_answer = bool(finding.compared) and finding.compared[0][0].startswith(("body.", "text"))
    return "body" if is_of_answer and not _breaks_a_rule(finding) else None


# --- the words -------------------------------------------------------------------------------------


def _of_codes(code: str, found: Sequence[Finding]) -> str:
    due = Counter(compared[0].strip('"') for each in found if (compared := _compared(each, CODE)))
    return f"Refusals have the code {code} whatever is wrong: {_listed(due)} are due"


def _of_values(_: str, found: Sequence[Finding]) -> str:
    came = [value for finding in found if (value := finding.compared[0][2]) != ABSENT]
    made_up = [value for value in came if value in examples() or any(each in value for each in PLACEHOLDERS)]
    what = "the contract's examples" if 2 * len(made_up) > len(came) else "other values"
    return f"Answers have {what} where the account's are due, or what was sent: {_operations(found)}"


def _listed(counts: Counter[str]) -> str:
    names = [name for name, _ in counts.most_common(MAX_LISTED)]
    return ", ".join([*names, *(["..."] if len(counts) > MAX_LISTED else [])])


@cache
def examples() -> frozenset[str]:
    """Every example of the contract, and what is in it, as JSON."""
    return frozenset(_examples_in(load_contract()))


def _examples_in(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        for key, value in node.items():
            yield from _scalars(value) if key in ("example", "examples") else _examples_in(value)
    elif isinstance(node, list):
        for value in node:
            yield from _examples_in(value)


def _scalars(value: Any) -> Iterator[str]:
    if isinstance(value, (dict, list)):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _scalars(inner)
    else:
        yield json.dumps(value, ensure_ascii=False, default=str)


PATTERNS: Sequence[Pattern] = (
    Pattern(_failed_at, lambda _, found: f"The server fails at calls of {_operations(found)}: they answer 500", 2),
    Pattern(_accepted, lambda due, _: ACCEPTED[due]),
    Pattern(_signed_out, lambda _, found: f"Who is signed in is refused: {_operations(found)} answer 401"),
    Pattern(_code, _of_codes, 1),
    Pattern(_parameter, lambda _, found: "Refusals name another parameter than the wrong one, or none"),
    Pattern(_value, _of_values, 5),
)
"""In the order in which they are looked for."""


def _operations(found: Sequence[Finding]) -> str:
    return _listed(Counter(finding.operation for finding in found if finding.operation))
