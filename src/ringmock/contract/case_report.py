"""Telling a person what came of a case: expected and actual side by side, and the curl that shows it again."""

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from .case_runner import CaseResult, Failure, Finding
from .cases import Case
from .expectations import ABSENT, Difference
from .http_client import Answer, curl

MAX_CELL = 60
MAX_BODY = 4000


def report(results: Iterable[CaseResult]) -> str:
    """Every failed case in full, then one line that counts."""
    results = tuple(results)
    failed = [failure_report(result.case, result.failure) for result in results if result.failure]
    return "\n\n".join([*failed, f"{len(results) - len(failed)} of {len(results)} cases passed"])


def failure_report(case: Case, failure: Failure) -> str:
    """The failed step of a case: what was expected, what came, and how to see it again."""
    step = f"step {failure.number}" if failure.number else "what is given"
    lines = [
        f"FAILED  {case.name}",
        f"        {case.file}:{failure.line}: {step}; keeps {', '.join(case.keeps)}",
    ]
    for finding in failure.findings:
        lines += ["", *_indented(_finding(finding))]
    return "\n".join(lines)


def _finding(finding: Finding) -> Iterator[str]:
    yield from _table([("", "expected", "actual"), *map(_row, finding.differences)])
    if finding.exchange is not None:
        yield ""
        yield f"answer: {_answer(finding.exchange.answer)}"
        if finding.after is not None:
            yield curl(finding.after.base_url, finding.after.request)
        yield curl(finding.exchange.base_url, finding.exchange.request)


def _row(difference: Difference) -> tuple[str, str, str]:
    return difference.where, _cell(difference.expected), _cell(difference.actual)


def _cell(value: Any) -> str:
    text = repr(value) if value is ABSENT else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= MAX_CELL else f"{text[: MAX_CELL - 3]}..."


def _table(rows: Sequence[tuple[str, str, str]]) -> Iterator[str]:
    widths = [max(len(row[column]) for row in rows) for column in (0, 1)]
    for where, expected, actual in rows:
        yield f"{where:{widths[0]}}  {expected:{widths[1]}}  {actual}"


def _answer(answer: Answer) -> str:
    text = f"{answer.status} {answer.text}".rstrip()
    return text if len(text) <= MAX_BODY else f"{text[:MAX_BODY]}..."


def _indented(lines: Iterable[str]) -> Iterator[str]:
    return (f"        {line}".rstrip() for line in lines)
