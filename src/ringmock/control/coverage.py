"""What this server's callers exercise of the contract, over all of its worlds: as JSON, as text and as a page."""

from typing import TYPE_CHECKING, NoReturn

from flask import Blueprint, Response, abort, current_app, jsonify

if TYPE_CHECKING:
    from ..coverage.collector import CoverageCollector
    from ..coverage.items import Coverage

pages = Blueprint("coverage", __name__)


@pages.get("/coverage")
def read_coverage() -> Response:
    """The counts, in the form that they add up in, with the figures and what is missing."""
    from ..coverage.items import Dimension

    found = _coverage()
    figures = {str(dimension): found.of(dimension).percent for dimension in Dimension if found.of(dimension).total}
    missing = [item.name for item in found.missing]
    return jsonify({**found.met.to_json(), "figures": {"all": found.total.percent, **figures}, "missing": missing})


@pages.get("/coverage.txt")
def coverage_as_text() -> Response:
    """The report for a terminal."""
    from ..contract.suggestions import cheapest
    from ..coverage import report

    found = _coverage()
    return Response(report.text(found, cheapest(found)) + "\n", content_type="text/plain; charset=utf-8")


@pages.get("/coverage.html")
def coverage_as_page() -> Response:
    """The report for a browser."""
    from ..contract.suggestions import cheapest
    from ..coverage import report

    found = _coverage()
    return Response(report.html(found, cheapest(found)), content_type="text/html; charset=utf-8")


@pages.delete("/coverage")
def forget_coverage() -> Response:
    """Count from nothing again."""
    _coverage()
    _tally().start()
    return read_coverage()


def _coverage() -> "Coverage":
    # Only a server that counts loads what a report takes.
    from ..coverage.items import coverage

    met = _tally().met
    if met is None:
        _refuse()
    return coverage(met)


def _tally() -> "CoverageCollector":
    tally: CoverageCollector | None = current_app.extensions["ringmock.tally"]
    return tally if tally is not None else _refuse()


def _refuse() -> NoReturn:
    abort(404, "This server does not count what its callers exercise: start it by ringmock serve --coverage.")
