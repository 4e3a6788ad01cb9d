"""The report of a disagreement: the steps in words, what the model expects by which rule, and the actual result."""

from collections.abc import Iterator
from dataclasses import replace

from ...domain.rulebook import DECISIONS, RULEBOOK
from ..http_client import Exchange, curl
from .comparison import code_of
from .runner import Disagreement, Step

MAX_DIFFERENCES = 8


def name_of(disagreement: Disagreement) -> str:
    """The last step in a few words, and what went wrong there."""
    steps = len(disagreement.steps)
    first = disagreement.differences[0]
    return f"after {steps} step{'' if steps == 1 else 's'}: {first.where} is not as the rules have it"


def report_text(disagreement: Disagreement) -> str:
    """The text: every step, then expected and actual side by side, then the rules word for word."""
    lines = [f"{number:>3}. {_step(step)}" for number, step in enumerate(disagreement.steps, 1)]
    for difference in disagreement.differences[:MAX_DIFFERENCES]:
        by = f"  (by {', '.join(difference.rules)})" if difference.rules else ""
        lines += [
            "",
            difference.where,
            f"     expected  {difference.expected}{by}",
            f"     actual    {difference.came}",
        ]
    more = len(disagreement.differences) - MAX_DIFFERENCES
    if more > 0:
        lines += ["", f"and {more} differences more"]
    return "\n".join([*lines, "", *_rules(disagreement.rules)]).rstrip()


def commands(disagreement: Disagreement) -> str:
    """Commands that repeat the steps in a new world of the fixture, and show the results."""
    exchanges = [step.exchange for step in disagreement.steps if step.exchange is not None]
    seen = [disagreement.seen] if disagreement.seen is not None else []
    return "\n".join(_curl(exchange) for exchange in (*exchanges, *seen))


def _step(step: Step) -> str:
    if step.exchange is None:
        return f"{step.words}  ->  no answer"
    answer = step.exchange.answer
    return f"{step.words}  ->  {answer.status} {_outcome(step.exchange)}".rstrip()


def _outcome(exchange: Exchange) -> str:
    """The code of a refusal, or the id of the new message."""
    body = exchange.answer.json
    is_sent = exchange.request.method == "POST" and isinstance(body, dict) and "id" in body
    return code_of(exchange.answer) or (f"message {body['id']}" if is_sent else "")


def _curl(exchange: Exchange) -> str:
    """With `$TOKEN_...` in double quotes, so that a shell expands it."""
    headers = dict(exchange.request.headers)
    authorization = headers.pop("Authorization", "")
    line = curl(exchange.base_url, replace(exchange.request, headers=headers))
    return f'{line} -H "Authorization: {authorization}"'


def _rules(names: tuple[str, ...]) -> Iterator[str]:
    sentences = {rule.id: f'"{rule.sentence}"' for rule in RULEBOOK}
    sentences |= {made.id: f"{made.question} {made.decision}" for made in DECISIONS}
    yield from (f"{name}  {sentences[name]}" for name in names if name in sentences)
