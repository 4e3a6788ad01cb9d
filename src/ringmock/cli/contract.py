"""`ringmock contract`: contract tests of any server, and their report."""

import os
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..domain.generation import GENERATIONS
from .console import write_whole
from .coverage import is_under

if TYPE_CHECKING:
    from ..contract.findings import ContractReport, Finding
    from ..contract.suite import Run, RunRequest

STOPPED = 130
"""The exit status of what Ctrl-C has ended."""


@click.command()
@click.option("--url", metavar="URL", help="Server to test. Without it: ringmock's own, started for the run.")
@click.option(
    "--fixture",
    metavar="NAME|FILE",
    help="Account that the server serves: its extensions and numbers, and how they sign in.  [default: demo]",
)
@click.option(
    "--generation",
    type=click.Choice(list(GENERATIONS)),
    help="Shape of the answers.  [default: the fixture's; without --url every one]",
)
@click.option(
    "--parts", default="", metavar="PART,...", help="Of cases, fuzz and stateful, those to run.  [default: all]"
)
@click.option(
    "--cases",
    "case_files",
    multiple=True,
    metavar="FILE|FOLDER",
    type=click.Path(path_type=Path, exists=True),
    help="Your own cases, in addition to the bundled ones; can be repeated.",
)
@click.option("--as", "identities", default="", metavar="NUMBER,...", help="Extensions that the fuzz acts as.")
@click.option(
    "--operation", "operations", multiple=True, metavar="ID", help="Fuzz this operation only; again for more."
)
@click.option(
    "--seed",
    default=1,
    show_default=True,
    type=click.IntRange(0),
    help="Random seed; the same seed makes the same calls.",
)
@click.option(
    "--examples", default=20, show_default=True, type=click.IntRange(1), help="Of the fuzz, for each operation."
)
@click.option("--runs", default=20, show_default=True, type=click.IntRange(1), help="Of the state machine.")
@click.option("--steps", default=30, show_default=True, type=click.IntRange(1), help="Of each run of it.")
@click.option(
    "--max-messages",
    type=click.IntRange(0),
    metavar="N",
    help="Recipients of all messages together.  [default: 25, and no limit for a server on this machine]",
)
@click.option("--any-number", is_flag=True, help="Send to numbers, too, that the fixture does not name.")
@click.option("--rate-limit", "rate", metavar="N/s|m|h", help="Calls in a time.  [default: 40/m, none on this machine]")
@click.option(
    "--may-change/--may-not-change",
    default=None,
    help="Whether calls may change and delete what the account holds.  [default: on this machine they may]",
)
@click.option("--dry-run", is_flag=True, help="Print what would be sent, and to whom; send nothing.")
@click.option(
    "--junit", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE", help="Write the JUnit report here."
)
@click.option(
    "--report",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="FOLDER",
    help="Keep the report here, and Schemathesis's own output and JUnit.",
)
@click.option("--coverage", "with_coverage", is_flag=True, help="Tell what of the contract the run exercised.")
@click.option(
    "--html",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Write the coverage as a page; implies --coverage.",
)
@click.option(
    "--fail-under",
    type=click.FloatRange(0, 100),
    metavar="PERCENT",
    help="Exit with 1 when the coverage is below this figure; implies --coverage.",
)
def contract(**given: Any) -> None:
    """Learn whether a server keeps the contract: cases, a grounded fuzz and a state machine.

    The report goes to standard output, progress to standard error. The exit status is 1 when something failed or
    the coverage is under --fail-under, 2 when there was nothing to test, and 130 when it was stopped by Ctrl-C.

    On a server that is no ringmock of this machine, nothing is sent to numbers that the fixture does not name, few
    messages, slowly, and nothing is changed or deleted. Its credentials can come from the environment:
    RINGMOCK_CLIENT_ID, RINGMOCK_CLIENT_SECRET, and for each extension RINGMOCK_JWT_101, RINGMOCK_PASSWORD_101 or
    RINGMOCK_TOKEN_101.
    """
    from ..contract.cases import CaseFileError
    from ..contract.findings import ContractReport
    from ..contract.http_client import NoAnswer
    from ..contract.suite import Run, WrongUse
    from ..fixture import FixtureError
    from ..serving.own_target import own_target

    found = ContractReport()
    try:
        run = Run(_request(given), os.environ, own_target=own_target)
        _make_folders(given)
        if given["dry_run"]:
            for line in run.dry():
                click.echo(line)
            return
        is_stopped = _is_interrupted_while_collecting(run.findings(), found)
    except BrokenPipeError:
        raise
    except (WrongUse, FixtureError, CaseFileError, NoAnswer, ValueError, OSError) as error:
        raise _NothingTested(str(error)) from error
    _write_reports(given, found, run)
    if is_stopped:
        click.echo("Stopped: this is what was found until then.", err=True)
        sys.exit(STOPPED)
    is_short = run.coverage is not None and is_under(run.coverage, given["fail_under"])
    if is_short or not found.passed:
        sys.exit(1)


def _request(given: Mapping[str, Any]) -> "RunRequest":
    """What the options ask for."""
    from ..contract.options import Options
    from ..contract.parts import PARTS
    from ..contract.suite import RunRequest

    options = Options(
        identities=_listed(given["identities"]),
        reports=given["report"],
        say=lambda line: click.echo(line, err=True),
        **{name: given[name] for name in ("seed", "examples", "runs", "steps", "operations")},
    )
    alike = ("url", "fixture", "generation", "any_number", "max_messages", "rate", "may_change")
    return RunRequest(
        parts=_listed(given["parts"]) or tuple(PARTS),
        cases=given["case_files"],
        with_coverage=given["with_coverage"] or given["html"] is not None or given["fail_under"] is not None,
        options=options,
        **{name: given[name] for name in alike},
    )


def _make_folders(given: Mapping[str, Any]) -> None:
    """Make the folders of what is written at the end. Raises `OSError`."""
    files = (given["junit"], given["html"])
    for folder in (given["report"], *(file.parent for file in files if file is not None)):
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)


def _write_reports(given: Mapping[str, Any], found: "ContractReport", run: "Run") -> None:
    from ..contract.suggestions import cheapest
    from ..coverage import report as pages

    exercised = run.coverage
    suggestions = () if exercised is None else cheapest(exercised)
    text = found.text() if exercised is None else f"{found.text()}\n\n{pages.text(exercised, suggestions)}"
    click.echo(text)
    if given["junit"] is not None:
        write_whole(given["junit"], found.junit())
    if given["report"] is not None:
        write_whole(given["report"] / "report.txt", text + "\n")
        write_whole(given["report"] / "junit.xml", found.junit())
    if given["html"] is not None and exercised is not None:
        write_whole(given["html"], pages.html(exercised, suggestions))


def _is_interrupted_while_collecting(findings: "Iterable[Finding]", found: "ContractReport") -> bool:
    """Add the findings to the report; whether Ctrl-C came before the last. What was found by then is not lost."""
    try:
        for finding in findings:
            found.add(finding)
    except KeyboardInterrupt:
        if not found.findings:
            raise
        return True
    return False


class _NothingTested(click.ClickException):
    exit_code = 2


def _listed(text: str) -> tuple[str, ...]:
    """The words of a list with commas."""
    return tuple(word.strip() for word in text.split(",") if word.strip())
