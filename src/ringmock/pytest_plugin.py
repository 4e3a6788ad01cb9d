"""The pytest plugin: one server for the whole run, and a separate world for each test that asks for one.

It is loaded into every run of pytest, so it imports only pytest before a fixture is used.
"""

import contextlib
import json
import warnings
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from .coverage.exercised import Exercised
    from .testing import AsyncTwin, MockServer, Ringmock

MARKER = "ringmock_allows"
_ALLOWED = ("contract_violations", "server_errors", "findings")
_WAYS = ("warn", "error", "ignore")
_HANDLE: "pytest.StashKey[Ringmock]" = pytest.StashKey()
_COMPLAINT: pytest.StashKey[str] = pytest.StashKey()
_KEPT: pytest.StashKey[bool] = pytest.StashKey()
_SERVERS: "pytest.StashKey[list[MockServer]]" = pytest.StashKey()
_FROM_WORKERS: "pytest.StashKey[list[Exercised]]" = pytest.StashKey()
_OUTPUT = "ringmock_coverage"


def pytest_addoption(parser: pytest.Parser) -> None:
    """The options, and the ini options."""
    parser.getgroup("ringmock").addoption(
        "--ringmock-coverage",
        nargs="?",
        const="",
        metavar="FILE",
        help="Tell at the end what of ringmock's contract the tests exercised; FILE.html or FILE.json is written too.",
    )
    parser.getgroup("ringmock").addoption(
        "--ringmock-export",
        metavar="FOLDER",
        help="Keep the history of each failed test there, with a contract case and a pytest file that do it again.",
    )
    parser.addini("ringmock_fixture", "Account of ringmock: a bundled name, or a YAML file.", default="demo")
    parser.addini(
        "ringmock_findings",
        "What a client did that would hurt it in production: warn, error or ignore.",
        default="warn",
    )
    parser.addini(
        "ringmock_generation", "Shape of ringmock's answers, over the fixture's: 2012 or current.", default=""
    )


class RingmockFinding(UserWarning):
    """Something that a client did in a test which would hurt it in production."""


def pytest_configure(config: pytest.Config) -> None:
    """The marker, and where coverage is gathered."""
    wanted = config.getoption("ringmock_coverage")
    if wanted and Path(wanted).suffix not in (".html", ".json"):
        raise pytest.UsageError(f"--ringmock-coverage=FILE takes FILE.html or FILE.json, and not {wanted}")
    if config.getini("ringmock_findings") not in _WAYS:
        raise pytest.UsageError(f"ringmock_findings is one of {', '.join(_WAYS)}")
    config.stash[_SERVERS] = []
    config.stash[_FROM_WORKERS] = []
    config.addinivalue_line(
        "markers",
        f"{MARKER}(*what): calls that do not fail the test, 'contract_violations' of the client or 'server_errors'.",
    )


@pytest.fixture(scope="session")
def ringmock_server(pytestconfig: pytest.Config) -> "Iterator[MockServer]":
    """A server on any port of 127.0.0.1, one in each process of the run. `url` has no slash at the end."""
    with warnings.catch_warnings():
        # Connexion 3.3 imports jsonschema.RefResolver, and the run may turn warnings into errors.
        warnings.simplefilter("ignore", DeprecationWarning)
        from .fixture import FixtureError, bundled_names, load_named
        from .testing import run_server

    name: str = pytestconfig.getini("ringmock_fixture")
    path = name if name in bundled_names() else str(pytestconfig.rootpath / name)
    try:
        template = load_named(path, generation=pytestconfig.getini("ringmock_generation") or None)
    except FixtureError as error:
        raise pytest.fail.Exception(f"ringmock_fixture: {error}", pytrace=False) from None
    with run_server(template) as server:
        yield server


@pytest.fixture
def ringmock(request: pytest.FixtureRequest, ringmock_server: "MockServer") -> "Iterator[Ringmock]":
    """A handle on a new world. The test fails when the server fails or the client violates the contract."""
    if request.config.getoption("ringmock_coverage") is not None:
        _count(ringmock_server, request.config)
    with ringmock_server.new_world() as handle:
        _allow(handle, request.node)
        request.node.stash[_HANDLE] = handle
        try:
            yield handle
            with _keeping(handle, request.node):
                _fail_by_calls(handle)  # those of other fixtures, on their way out
                _tell_findings(handle, request)
        finally:
            del request.node.stash[_HANDLE]


@pytest.fixture
def async_ringmock(ringmock: "Ringmock") -> "AsyncTwin":
    """The same handle for an async test: each of its methods is awaited."""
    return ringmock.twin


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    """Fail a test that would pass, for the calls that it should not have made."""
    result = yield
    handle = item.stash.get(_HANDLE, None)
    if handle is not None:
        _fail_by_calls(handle, item)
    return result


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show the calls of a test that failed by itself.

    Whatever its outcome, also a skip or an expected failure, its calls until then do not affect a later outcome.
    """
    report = yield
    handle = item.stash.get(_HANDLE, None)
    if handle is not None and report.when != "teardown" and not report.passed:
        from .testing.timeline import HEAD, by_marks

        text = handle.complaint(by_marks) or item.stash.get(_COMPLAINT, None) or handle.timeline
        if report.failed and HEAD not in report.longreprtext:
            report.sections.append(("ringmock", text))
        if report.failed:
            report.sections += _kept(handle, item)
    return report


def _tell_findings(handle: "Ringmock", request: pytest.FixtureRequest) -> None:
    """Warn of what the client did that would hurt it in production, or fail for it, as the ini option says."""
    way = request.config.getini("ringmock_findings")
    marks = request.node.iter_markers(MARKER)
    if way == "ignore" or any("findings" in mark.args for mark in marks):
        return
    found = [str(finding) for finding in handle.findings]
    # A report of the run, as by --junitxml, has them as properties of the test.
    request.node.user_properties += [("ringmock_finding", text) for text in found]
    if found and way == "error":
        advice = f'A test that wants this says @pytest.mark.{MARKER}("findings").'
        pytest.fail("\n".join(["What would hurt in production:", *found, "", advice]), pytrace=False)
    for text in found:
        warnings.warn(RingmockFinding(text), stacklevel=1)


# --- evidence ------------------------------------------------------------------------------------


@contextlib.contextmanager
def _keeping(handle: "Ringmock", item: pytest.Item) -> Iterator[None]:
    """Keep the history of a test that fails on its way out."""
    try:
        yield
    except BaseException:
        for title, text in _kept(handle, item):
            item.add_report_section("teardown", title, text)
        raise


def _kept(handle: "Ringmock", item: pytest.Item) -> list[tuple[str, str]]:
    """Sections of the report: where the history of a failed test is, or why it is not kept."""
    wanted: str | None = item.config.getoption("ringmock_export")
    if wanted is None or item.stash.get(_KEPT, False):
        return []
    item.stash[_KEPT] = True
    from .contract.exports.evidence import keep
    from .contract.http_client import NoAnswer

    folder = item.config.invocation_params.dir / wanted
    try:
        lines = list(keep(folder, item.nodeid, handle.url, handle.client_id, handle.template))
    except (OSError, NoAnswer) as error:
        lines = [f"not kept: {error}"]
    return [("ringmock: history", "\n".join(lines))]


def _allow(handle: "Ringmock", item: pytest.Item) -> None:
    for marker in item.iter_markers(MARKER):
        unknown = [what for what in marker.args if what not in _ALLOWED]
        if unknown or marker.kwargs or not marker.args:
            pytest.fail(f"@pytest.mark.{MARKER} takes {', '.join(map(repr, _ALLOWED))}", pytrace=False)
        if "contract_violations" in marker.args:
            handle.allow_contract_violations()
        if "server_errors" in marker.args:
            handle.allow_server_errors()


def _fail_by_calls(handle: "Ringmock", item: pytest.Item | None = None) -> None:
    from .testing.timeline import by_marks

    complaint = handle.complaint(by_marks)
    if complaint is not None:
        if item is not None:  # a unittest.TestCase that failed by itself is reported with its own failure
            item.stash[_COMPLAINT] = complaint
        pytest.fail(complaint, pytrace=False)


# --- coverage ------------------------------------------------------------------------------------


def _count(server: "MockServer", config: pytest.Config) -> None:
    server.start_coverage()
    if server not in config.stash[_SERVERS]:
        config.stash[_SERVERS].append(server)


def _exercised(config: pytest.Config) -> "Exercised | None":
    """The coverage of the servers of this process and of finished workers; None when no test had a server."""
    own = (server.collector.exercised for server in config.stash[_SERVERS])
    counted = [exercised for exercised in (*own, *config.stash[_FROM_WORKERS]) if exercised is not None]
    if not counted:
        return None
    from .coverage.exercised import Exercised

    return Exercised.sum(counted)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Hand what a worker has counted to the process that reports."""
    output: dict[str, Any] | None = getattr(session.config, "workeroutput", None)
    exercised = _exercised(session.config) if output is not None else None
    if output is not None and exercised is not None:
        output[_OUTPUT] = json.dumps(exercised.to_json())


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Add the coverage of a pytest-xdist worker."""
    output = getattr(node, "workeroutput", {}).get(_OUTPUT)
    if output is not None:
        from .coverage.exercised import Exercised

        node.config.stash[_FROM_WORKERS].append(Exercised.from_json(json.loads(output)))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """The coverage report of the tests, when it was requested."""
    wanted: str | None = config.getoption("ringmock_coverage")
    if wanted is None or hasattr(config, "workerinput"):
        return
    terminalreporter.write_sep("=", "ringmock: coverage of behaviour")
    exercised = _exercised(config)
    if exercised is None:
        terminalreporter.write_line("No test asked for the fixture ringmock.")
        return
    from .contract.suggestions import cheapest
    from .coverage import report
    from .coverage.items import coverage

    found = coverage(exercised)
    suggestions = cheapest(found)
    terminalreporter.write_line(report.text(found, suggestions))
    if wanted:
        page = (
            report.html(found, suggestions)
            if wanted.endswith(".html")
            else json.dumps(exercised.to_json(), indent=1) + "\n"
        )
        (config.invocation_params.dir / wanted).write_text(page, encoding="utf-8")
        terminalreporter.write_line(f"\nwritten to {wanted}")
