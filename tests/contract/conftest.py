"""Servers for whole runs of the suite; what fuzz and oracle did, and how many cases run, at the end of the test run."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from ringmock.contract.target import Target
from ringmock.fixture import load_named
from ringmock.serving.own_target import own_target


@pytest.fixture(scope="session")
def target_of() -> Iterator[Callable[[str, str], Target]]:
    """A server of an account fixture in a generation, started when it is first asked for."""
    targets: dict[tuple[str, str], Target] = {}
    with ExitStack() as servers:

        def target(account: str, generation: str) -> Target:
            key = account, generation
            if key not in targets:
                targets[key] = servers.enter_context(own_target(load_named(account, generation=generation)))
            return targets[key]

        yield target


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Every table of a fuzz and of the oracle, and every count of cases, whichever process ran it."""
    reports = [report for key in ("passed", "failed") for report in terminalreporter.getreports(key)]
    for report in reports:
        for name, table in report.user_properties:
            if name in ("fuzz", "oracle", "generations") and report.when == "call":
                terminalreporter.write_sep("=", report.nodeid.rpartition("::")[2])
                terminalreporter.write_line(str(table))
