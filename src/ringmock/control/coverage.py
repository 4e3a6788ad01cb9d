"""What this server's callers exercise of the contract, over all of its worlds: as JSON, as text and as a page."""

from typing import TYPE_CHECKING, Any

from flask import Response

from .call import ControlCall, NotThere

if TYPE_CHECKING:
    from ..coverage.collector import CoverageCollector
    from ..coverage.items import Coverage

Json = Any


def read_coverage(call: ControlCall) -> Json:
    """The counts, with the figures and what is missing."""
    from ..coverage.items import Dimension

    found = _coverage(call)
    figures = {str(dimension): found.of(dimension).percent for dimension in Dimension if found.of(dimension).total}
    missing = [item.name for item in found.missing]
    return {**found.exercised.to_json(), "figures": {"all": found.total.percent, **figures}, "missing": missing}


def coverage_as_text(call: ControlCall) -> Response:
    """The report for a terminal."""
    from ..contract.suggestions import cheapest
    from ..coverage import report

    found = _coverage(call)
    return Response(report.text(found, cheapest(found)) + "\n", content_type="text/plain; charset=utf-8")


def coverage_as_page(call: ControlCall) -> Response:
    """The report for a browser."""
    from ..contract.suggestions import cheapest
    from ..coverage import report

    found = _coverage(call)
    return Response(report.html(found, cheapest(found)), content_type="text/html; charset=utf-8")


def forget_coverage(call: ControlCall) -> Json:
    """Count from nothing again."""
    _tally(call).start()
    return read_coverage(call)


def _coverage(call: ControlCall) -> "Coverage":
    # Only a server that counts loads what a report takes.
    from ..coverage.items import coverage

    exercised = _tally(call).exercised
    assert exercised is not None
    return coverage(exercised)


def _tally(call: ControlCall) -> "CoverageCollector":
    if call.collector is None or call.collector.exercised is None:
        raise NotThere("This server does not count what its callers exercise: start it by ringmock serve --coverage.")
    return call.collector
