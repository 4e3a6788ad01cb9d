"""`ringmock contract`: contract tests of any server, and their report."""

import contextlib
import os
import shlex
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .. import __version__
from .console import CONTROL_TOKEN, with_options, write_whole
from .contract_options import OPTIONS, arguments, request
from .contract_progress import shown
from .coverage import is_under

if TYPE_CHECKING:
    from ..contract.baseline import Baseline
    from ..contract.findings import ContractReport, Finding
    from ..contract.suite import Run

STOPPED = 130
"""The exit status of what Ctrl-C has ended."""


class NothingTested(click.ClickException):
    """What kept a run from testing anything."""

    exit_code = 2


@click.group(invoke_without_command=True)
@with_options(OPTIONS)
@click.pass_context
def contract(context: click.Context, /, **given: Any) -> None:
    """Learn whether a server keeps the contract: cases, a grounded fuzz and a state machine.

    The report goes to standard output, progress to standard error. The exit status is 1 when something failed that
    the baseline does not know or the coverage is under --fail-under, 2 when there was nothing to test, and 130 when
    it was stopped by Ctrl-C.

    On a server that is no ringmock, the command sends nothing to numbers that the fixture does not name. Beyond this
    machine it also sends few messages, slowly, and changes and deletes nothing. Credentials can come from the
    environment: RINGMOCK_CLIENT_ID, RINGMOCK_CLIENT_SECRET, and for each extension RINGMOCK_JWT_101,
    RINGMOCK_PASSWORD_101 or RINGMOCK_TOKEN_101. Of an extension they are tried in the order token, JWT, password.
    """
    if context.invoked_subcommand is not None:
        return
    from ..contract.baseline import UnreadableBaseline
    from ..contract.cases import CaseFileError
    from ..contract.findings import ContractReport
    from ..contract.http_client import NoAnswer
    from ..contract.progress import Progress
    from ..contract.selection import WrongUse
    from ..contract.suite import Run
    from ..fixture import FixtureError
    from ..serving.own_target import own_target

    found = ContractReport()
    try:
        baseline, progress = _baseline(given), Progress()
        with contextlib.ExitStack() as display:
            say = _quiet if given["dry_run"] else display.enter_context(shown(progress))
            wanted = request(given, say, say if given["verbose"] else _quiet)
            run = Run(wanted, os.environ, own_target=own_target, progress=progress)
            _make_folders(given)
            if given["dry_run"]:
                for line in run.dry():
                    click.echo(line)
                return
            is_stopped = _is_stopped_while_reported(run.findings(), found, baseline)
    except BrokenPipeError:
        raise
    except (WrongUse, FixtureError, CaseFileError, NoAnswer, UnreadableBaseline, ValueError, OSError) as error:
        raise NothingTested(str(error)) from error
    found.seconds, found.mended = run.seconds, baseline.mended(found)
    _end(given, found, run, baseline, is_stopped)


def _end(given: Mapping[str, Any], found: "ContractReport", run: "Run", known: "Baseline", is_stopped: bool) -> None:
    """Write the reports, and end with the status."""
    _write_reports(given, found, run)
    if is_stopped:
        click.echo("Stopped: this is what was found until then.", err=True)
        sys.exit(STOPPED)
    if not found.tested:
        raise NothingTested(_why_nothing_was_tested(found))
    is_short = run.coverage is not None and is_under(run.coverage, given["fail_under"])
    if given["update_baseline"]:
        write_whole(given["baseline"], known.updated(found).to_json())
        click.echo(f"{given['baseline']} has what fails now.", err=True)
        sys.exit(1 if is_short else 0)
    if is_short or not found.passed:
        sys.exit(1)


def _quiet(line: str) -> None:
    """Say nothing."""


def _why_nothing_was_tested(found: "ContractReport") -> str:
    if not found.findings:
        return "Nothing was tested: no case, no operation and no run was chosen."
    return f"Nothing was tested: all {len(found.findings)} were skipped, for the reasons above."


def _baseline(given: Mapping[str, Any]) -> "Baseline":
    """What is known; nothing without a file. Raises `UnreadableBaseline`, `WrongUse` and `OSError`."""
    from ..contract.baseline import Baseline, read_baseline
    from ..contract.selection import WrongUse

    path: Path | None = given["baseline"]
    if path is None:
        if given["update_baseline"]:
            raise WrongUse("--update-baseline writes the file that --baseline names: name one")
        return Baseline()
    if path.exists():
        return read_baseline(path)
    if not given["update_baseline"]:
        raise WrongUse(f"there is no baseline {path}: --update-baseline writes it")
    return Baseline()


def _make_folders(given: Mapping[str, Any]) -> None:
    """Make the folders of what is written at the end. Raises `OSError`."""
    files = [given[name] for name in ("junit", "html", "html_report", "json", "sarif", "baseline")]
    for folder in (given["report"], *(file.parent for file in files if file is not None)):
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)


def _write_reports(given: Mapping[str, Any], found: "ContractReport", run: "Run") -> None:
    from ..contract.report.as_json import as_json, sarif
    from ..contract.report.html import html
    from ..contract.report.junit import junit
    from ..contract.report.text import text as text_of
    from ..contract.suggestions import cheapest
    from ..coverage import report as pages

    exercised, schemas = run.coverage, run.schemas
    suggestions = () if exercised is None else cheapest(exercised)
    text = text_of(found) if exercised is None else f"{text_of(found)}\n\n{pages.text(exercised, suggestions)}"
    text = text if schemas is None else f"{text}\n\n{pages.schemas_text(schemas)}"
    click.echo(text)
    page = f"Contract of {given['url'] or 'ringmock'}"
    formats = {
        "report.txt": lambda: text + "\n",
        "report.html": lambda: html(found, page),
        "report.json": lambda: as_json(found, arguments(given), exercised, schemas),
        "report.sarif": lambda: sarif(found, __version__),
        "junit.xml": lambda: junit(found),
    }
    single = {"junit": "junit.xml", "html_report": "report.html", "json": "report.json", "sarif": "report.sarif"}
    files = {given[option]: name for option, name in single.items() if given[option] is not None}
    files |= {given["report"] / name: name for name in formats} if given["report"] is not None else {}
    for file, name in files.items():
        write_whole(file, formats[name]())
    if given["html"] is not None and exercised is not None:
        write_whole(given["html"], pages.html(exercised, suggestions))
    _tell_github(given["github"], found)


def _tell_github(is_wanted: bool | None, found: "ContractReport") -> None:
    """Annotations to standard output, and the summary to the file that GitHub names."""
    from ..contract.report.github import annotations, summary

    if is_wanted is False or (is_wanted is None and os.environ.get("GITHUB_ACTIONS") != "true"):
        return
    for line in annotations(found):
        click.echo(line)
    path = os.environ.get("GITHUB_STEP_SUMMARY")
    if path:
        with Path(path).open("a", encoding="utf-8", errors="replace") as file:
            file.write(summary(found))


def _is_stopped_while_reported(findings: "Iterable[Finding]", found: "ContractReport", known: "Baseline") -> bool:
    """Add the findings to the report; whether Ctrl-C came before the last. What was found by then is not lost."""
    try:
        for finding in findings:
            found.add(known.held_against(finding))
    except KeyboardInterrupt:
        if not found.findings:
            raise
        return True
    return False


@contract.command()
@click.argument("case")
@click.option(
    "--cases",
    "case_files",
    multiple=True,
    metavar="FILE|FOLDER",
    type=click.Path(path_type=Path, exists=True),
    help="Cases of your own to look in too; again for more.",
)
@click.option(
    "--fixture", default="demo", show_default=True, metavar="NAME|FILE", help="Account that the report is about."
)
def explain(case: str, case_files: tuple[Path, ...], fixture: str) -> None:
    """Tell what a case expects, of which field, and why: its rules in their own words, step by step.

    CASE is a case's name, with * for any letters, or the six digits that a report has for it.
    """
    from ..contract.cases import CaseFileError
    from ..contract.explain import NoSuchCase, explained
    from ..contract.selection import WrongUse
    from ..fixture import FixtureError, load_named

    try:
        for line in explained(case, case_files, load_named(fixture)):
            click.echo(line)
    except (NoSuchCase, CaseFileError, FixtureError, WrongUse) as error:
        raise NothingTested(str(error)) from error


@contract.command()
@click.argument("report", type=click.Path(path_type=Path, exists=True))
@click.argument("finding", required=False, metavar="[ID]")
@CONTROL_TOKEN
def replay(report: Path, finding: str | None, control_token: str | None) -> None:
    """Do one failure of a report again: the same case, or the same calls by the same seed.

    REPORT is the JSON report, or the folder of --report; ID the six digits of a failure, the first without it. The
    exit status is that of `ringmock contract`: 0 when it does not fail any more.
    """
    from ..contract.report.as_json import UnreadableReport, read_json

    file = report / "report.json" if report.is_dir() else report
    if not file.exists():
        raise NothingTested(f"there is no report.json in {report}: --report {report} of `ringmock contract` writes it")
    try:
        made_by, failures = read_json(file.read_text(encoding="utf-8"), str(file))
    except (UnreadableReport, OSError, UnicodeDecodeError) as error:
        raise NothingTested(str(error)) from error
    chosen = [one for one in failures if finding is None or one["id"] == finding]
    if not chosen:
        known = ", ".join(one["id"] for one in failures[:20]) or "none"
        raise NothingTested(f"{file} has no failure {finding or ''}: it has {known}")
    again = [*made_by, "--generation", chosen[0]["on"].rpartition(" ")[2], *chosen[0]["again"]]
    click.echo(shlex.join(["ringmock", "contract", *again]), err=True)
    again += ["--control-token", control_token] if control_token is not None else []
    contract.main(again, prog_name="ringmock contract", standalone_mode=False)
