"""What clients did in a world that would hurt them in production."""

from typing import Any

from ..http.findings import findings
from .call import ControlCall

Json = Any


def read_findings(call: ControlCall) -> Json:
    """Everything that is found in the calls of the journal."""
    journal = call.world.journal
    found = findings(list(journal.newest_first())[::-1])
    return {
        "findings": [{"kind": each.kind, "sentence": each.sentence, "calls": each.calls} for each in found],
        "calls": len(journal),
        "left_out": journal.left_out,
    }
