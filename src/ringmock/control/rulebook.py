"""The rules and decisions of this server, with the calls of a world that each has decided."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ..domain.rulebook import DECISIONS, RULEBOOK
from ..domain.slices import Slices
from ..http.slices import in_slices
from .call import ControlCall
from .journal import CALLS_AT_A_TIME
from .waiting import Client

if TYPE_CHECKING:
    from ..coverage.collector import CoverageCollector

Json = Any


def read_rulebook(call: ControlCall) -> Json:
    """All of them."""
    return call.waited


async def waiting_read_rulebook(call: ControlCall, _: Client) -> Json:
    """Look through the calls while others are served."""
    decided = await in_slices(_decided(call))
    exercised = _exercised(call.collector)

    def about(name: str) -> dict[str, Json]:
        numbers = decided.get(name, [])
        latest = numbers[0] if numbers else None
        return {"calls": len(numbers), "latest_call": latest, "is_exercised": exercised.get(name)}

    return {
        "is_counted": bool(exercised),
        "rules": [{"id": each.id, "sentence": each.sentence, "home": each.home, **about(each.id)} for each in RULEBOOK],
        "decisions": [
            {
                "id": each.id,
                "question": each.question,
                "decision": each.decision,
                "home": each.home,
                **about(each.id),
            }
            for each in DECISIONS
        ],
    }


def _decided(call: ControlCall) -> Slices[dict[str, list[int]]]:
    """The numbers of the kept calls that each rule has decided, newest first."""
    found: dict[str, list[int]] = {}
    for place, (number, make) in enumerate(call.world.journal.snapshot(), 1):
        for rule in make().rules:
            found.setdefault(rule, []).append(number)
        if place % CALLS_AT_A_TIME == 0:
            yield
    return found


def _exercised(collector: "CoverageCollector | None") -> Mapping[str, bool]:
    """Whether the server's callers have exercised each, over all worlds; nothing of what it does not count."""
    if collector is None or collector.exercised is None:
        return {}
    # Only a server that counts loads what a report takes.
    from ..coverage.exercised import Exercised
    from ..coverage.items import Dimension, coverage

    found = coverage(Exercised.sum([collector.exercised]))
    of_rules = (item for item in found.countable if item.dimension in (Dimension.RULES, Dimension.DECISIONS))
    return {item.name: found.is_exercised(item) for item in of_rules}
