"""The report of a case for people: expected and actual side by side, and the curl that reproduces it."""

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from ..http_client import Answer, curl
from . import Case
from .expectations import ABSENT, Difference
from .runner import CaseResult, Failure, Mismatch

MAX_CELL = 60
MAX_BODY = 4000
MAX_TEXT = 40
"""Characters of each text of a list of texts, such as a mailbox."""
MAX_TEXTS = 5


def report(results: Iterable[CaseResult]) -> str:
    """Every failed case in full, then one line that counts."""
    results = tuple(results)
    failed = [failure_report(result.case, result.failure) for result in results if result.failure]
    return "\n\n".join([*failed, f"{len(results) - len(failed)} of {len(results)} cases passed"])


def failure_report(case: Case, failure: Failure) -> str:
    """The failed step of a case: expected, actual, and how to reproduce it."""
    lines = [
        f"FAILED  {case.name}",
        f"        {case.file}:{failure.line}: {step_of(failure)}; keeps {', '.join(case.keeps)}",
        "",
        *_indented(detail_of(failure).splitlines()),
        *_indented(reproduced_by(failure).splitlines()),
    ]
    return "\n".join(lines)


def step_of(failure: Failure) -> str:
    """Which step of the case failed."""
    return f"step {failure.number}" if failure.number else "what is given"


def detail_of(failure: Failure) -> str:
    """Expected and actual side by side, and the whole answer; call by call."""
    return "\n\n".join("\n".join(_mismatch(mismatch)) for mismatch in failure.mismatches)


def compared(failure: Failure) -> tuple[tuple[str, str, str], ...]:
    """Where the step's answers differ, what was expected there, and what came."""
    return tuple(_row(difference) for mismatch in failure.mismatches for difference in mismatch.differences)


def reproduced_by(failure: Failure) -> str:
    """The curl of every call with a wrong answer or a wrong effect, without repetitions."""
    exchanges = [exchange for m in failure.mismatches for exchange in (m.after, m.exchange, m.unanswered) if exchange]
    return "\n".join(dict.fromkeys(curl(exchange.base_url, exchange.request) for exchange in exchanges))


def _mismatch(mismatch: Mismatch) -> Iterator[str]:
    yield from _table([("", "expected", "actual"), *map(_row, mismatch.differences)])
    if mismatch.exchange is not None:
        yield ""
        yield f"answer: {_answer(mismatch.exchange.answer)}"


def _row(difference: Difference) -> tuple[str, str, str]:
    return difference.where, _cell(difference.expected), _cell(difference.actual)


def _cell(value: Any) -> str:
    if isinstance(value, list) and value and all(isinstance(item, str) for item in value):
        shown = [json.dumps(_shortened(item), ensure_ascii=False) for item in value[:MAX_TEXTS]]
        more = [f"and {len(value) - MAX_TEXTS} more"] if len(value) > MAX_TEXTS else []
        return f"[{', '.join([*shown, *more])}]"
    text = repr(value) if value is ABSENT else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= MAX_CELL else f"{text[: MAX_CELL - 3]}..."


def _shortened(text: str) -> str:
    """A text of a list, with its length where it is too long for one."""
    return text if len(text) <= MAX_TEXT else f"{text[: MAX_TEXT - 10]}... ({len(text)} characters)"


def _table(rows: Sequence[tuple[str, str, str]]) -> Iterator[str]:
    widths = [max(len(row[column]) for row in rows) for column in (0, 1)]
    for where, expected, actual in rows:
        yield f"{where:{widths[0]}}  {expected:{widths[1]}}  {actual}"


def _answer(answer: Answer) -> str:
    text = f"{answer.status} {answer.text}".rstrip()
    return text if len(text) <= MAX_BODY else f"{text[:MAX_BODY]}..."


def _indented(lines: Iterable[str]) -> Iterator[str]:
    return (f"        {line}".rstrip() for line in lines)
