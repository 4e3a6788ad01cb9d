"""What the fuzz met is shown at the end of the test run, whichever process fuzzed."""

import pytest


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    reports = [report for key in ("passed", "failed") for report in terminalreporter.getreports(key)]
    for report in reports:
        for name, table in report.user_properties:
            if name == "fuzz" and report.when == "call":
                terminalreporter.write_sep("=", report.nodeid.rpartition("::")[2])
                terminalreporter.write_line(str(table))
