"""Hooks of Schemathesis for the control API: its calls wait for no longer than the server needs to notice."""

from typing import Any

import schemathesis

LONGEST = 600
"""Seconds that the description allows; what is beyond goes out as it was made, since it is to be refused."""


@schemathesis.hook
def before_call(context: Any, case: Any, kwargs: Any) -> None:
    for name in ("wait", "within"):
        if _is_wait((case.query or {}).get(name)):
            case.query[name] = "0.01"


def _is_wait(given: Any) -> bool:
    try:
        return 0 < float(given) <= LONGEST
    except (TypeError, ValueError):
        return False
