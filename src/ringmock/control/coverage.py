"""What this server's callers exercise of the contract, over all of its worlds: as JSON, as text and as a page."""

import asyncio
from typing import TYPE_CHECKING, Any

from flask import Response

from .call import ControlCall, NotThere

if TYPE_CHECKING:
    from ..coverage.collector import CoverageCollector
    from ..coverage.items import Coverage
    from .waiting import Client

Json = Any


def read_coverage(call: ControlCall) -> Json:
    """The counts, with the figures and what is missing; the share of the operations is `operations`."""
    from ..coverage.items import Dimension

    found = _coverage(call)
    figures = {str(dimension): found.of(dimension).percent for dimension in Dimension if found.of(dimension).total}
    missing = [item.name for item in found.missing]
    return {**found.exercised.to_json(), "figures": {"all": found.total.percent, **figures}, "missing": missing}


def coverage_as_text(call: ControlCall) -> Response:
    """The report for a terminal."""
    return Response(call.waited or _text(_coverage(call)), content_type="text/plain; charset=utf-8")


async def waiting_coverage_as_text(call: ControlCall, _: "Client") -> str:
    """The text, made beside the loop: to look for the cheapest tests takes seconds the first time."""
    return await asyncio.to_thread(_text, _coverage(call))


def coverage_as_page(call: ControlCall) -> Response:
    """The report for a browser."""
    return Response(call.waited or _page(_coverage(call)), content_type="text/html; charset=utf-8")


async def waiting_coverage_as_page(call: ControlCall, _: "Client") -> str:
    """The page, made beside the loop as the text is."""
    return await asyncio.to_thread(_page, _coverage(call))


def _text(found: "Coverage") -> str:
    from ..contract.suggestions import cheapest
    from ..coverage import report

    return report.text(found, cheapest(found)) + "\n"


def _page(found: "Coverage") -> str:
    from ..contract.suggestions import cheapest
    from ..coverage import report

    return report.html(found, cheapest(found))


def forget_coverage(call: ControlCall) -> Json:
    """Count from nothing again."""
    _collector(call).start()
    return read_coverage(call)


def _coverage(call: ControlCall) -> "Coverage":
    # Only a server that counts loads what a report takes.
    from ..coverage.exercised import Exercised
    from ..coverage.items import coverage

    exercised = _collector(call).exercised
    assert exercised is not None
    return coverage(Exercised.sum([exercised]))


def _collector(call: ControlCall) -> "CoverageCollector":
    if call.collector is None or call.collector.exercised is None:
        raise NotThere("This server does not count what its callers exercise: start it by ringmock serve --coverage.")
    return call.collector
