"""What made a case fail, in words that all cases have in common which fail because of the same."""

import re
from collections.abc import Mapping

from ...coverage.paths import operation_of
from ..http_client import Request
from . import Case
from .expectations import ABSENT, Difference
from .runner import CLOSED, CONNECTION, Failure, Mismatch

_INDEX = re.compile(r"(?<=\.)\d+(?=\.|$)")
_ERROR_CODE = "errors.0.errorCode"
MAX_STATUS = 40
SHARED: Mapping[object, str] = {
    415: "Operations answer 415: a media type that the contract names is not read",
    501: "Operations answer 501: they are described, and not implemented",
}
"""By its status, an answer that is due nowhere it comes and that has one cause, whatever is called."""
NO_CODE = "Refusals have no error code: a client looks for errors[0].errorCode"


def cause_of(case: Case, failure: Failure) -> str:
    """As `createSMSMessage answers 200 where 400 MSG-338 is due`."""
    mismatch = failure.mismatches[0]
    difference = mismatch.differences[0]
    subject = _subject(case, failure)
    if difference.where == CONNECTION:
        return "The server gives no answer"
    if difference.where == CLOSED:
        return f"{subject} closes the connection instead of answering"
    if difference.where.startswith("sign-in of "):
        return f"Extension {difference.where.rpartition(' ')[2]} cannot sign in: {_short(difference.actual)}"
    if difference.where == "control API":
        return f"The control API refuses: {_short(difference.actual)}"
    if difference.where == "status" and difference.actual in SHARED:
        return SHARED[difference.actual]
    if difference.where == "status":
        return f"{subject} answers {_answered(mismatch)} where {_due(case, failure, mismatch)} is due"
    if difference.where == _ERROR_CODE and difference.actual is ABSENT:
        return NO_CODE
    if difference.where == _ERROR_CODE:
        return f"{subject} refuses with {_short(difference.actual)} where {difference.expected} is due"
    if difference.where.startswith(("mailbox of ", "handset ")):
        kept = f" ({case.keeps[0]})" if case.keeps else ""
        if difference.expected and difference.actual == []:
            return f"{subject}: what was sent is not there afterwards, in a {difference.where.split(' ')[0]}{kept}"
        return f"{subject}: a {difference.where.split(' ')[0]} holds something else than it should{kept}"
    what = "is missing" if difference.actual is ABSENT else "should not be there" if _is_too_much(difference) else None
    return f"{subject}: {_INDEX.sub('*', difference.where)} {what or 'is another than it should be'}"


def is_behaviour(failure: Failure) -> bool:
    """Whether something else was done than should be, and not only said: let through, or put into a mailbox."""
    difference = failure.mismatches[0].differences[0]
    if difference.where == "status":
        return isinstance(difference.actual, int) and difference.actual < 300 <= int(difference.expected)
    return difference.where.startswith(("mailbox of ", "handset "))


def _subject(case: Case, failure: Failure) -> str:
    """What is spoken of: the call, or by what one entry of many cases says of each of them."""
    operation = operation_of_failure(case, failure)
    return f"Whatever {case.group_name}" if case.group_name else operation or "A call"


def operation_of_failure(case: Case, failure: Failure) -> str:
    """The operationId of the call that was answered wrongly, or that left something wrong; empty for none."""
    mismatch = failure.mismatches[0]
    exchange = mismatch.after or mismatch.exchange or mismatch.unanswered
    if exchange is None:
        return case.operation or ""
    return _operation(exchange.request) or case.operation or ""


def _operation(request: Request) -> str:
    found = operation_of(request.method, request.target.partition("?")[0])
    return "" if found is None else found[0]


def _is_too_much(difference: Difference) -> bool:
    return difference.expected is ABSENT or difference.expected == repr(ABSENT)


def _answered(mismatch: Mismatch) -> str:
    """The status and, of a refusal, the error code."""
    status = mismatch.differences[0].actual
    body = mismatch.exchange.answer.json if mismatch.exchange is not None else None
    code = body.get("errorCode") if isinstance(body, dict) else None
    return f"{status} {code}" if code and isinstance(status, int) and status >= 400 else str(status)


def _due(case: Case, failure: Failure, mismatch: Mismatch) -> str:
    due = str(mismatch.differences[0].expected)
    step = case.steps[failure.number - 1] if failure.number else None
    code = step.then.get("error") if step is not None else None
    return f"{due} {code}" if code else due


def _short(value: object) -> str:
    words = str(value)
    return words if len(words) <= MAX_STATUS else f"{words[:MAX_STATUS].rstrip()}..."
