"""Servers for whole runs of cases, and what the fuzz met, shown at the end of the test run."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from ringmock.domain.generation import GENERATIONS
from ringmock.fixture import load_named
from ringmock.server import running


@pytest.fixture(scope="session")
def server_of() -> Iterator[Callable[[str, str], str]]:
    """The URL of a server for an account fixture and a generation, started when it is first asked for."""
    urls: dict[tuple[str, str], str] = {}
    with ExitStack() as servers:

        def url_of(account: str, generation: str) -> str:
            key = account, generation
            if key not in urls:
                server = running(load_named(account), generation=GENERATIONS[generation])
                urls[key], _ = servers.enter_context(server)
            return urls[key]

        yield url_of


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Every table of a fuzz, whichever process ran it."""
    reports = [report for key in ("passed", "failed") for report in terminalreporter.getreports(key)]
    for report in reports:
        for name, table in report.user_properties:
            if name == "fuzz" and report.when == "call":
                terminalreporter.write_sep("=", report.nodeid.rpartition("::")[2])
                terminalreporter.write_line(str(table))
