"""The command line: serve an account, check contract and fixtures, print the rules."""

import asyncio
import contextlib
import gc
import logging
import os
import sys
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from .. import __version__
from ..domain.generation import GENERATIONS
from ..lab.limits import PROFILES
from ..server_limits import DEFAULT, ServerLimits, limit_options
from .console import Commands, port_file, write_whole

if TYPE_CHECKING:
    from socket import socket

    from starlette.types import ASGIApp

    from ..contract.findings import ContractReport, Finding
    from ..coverage.collector import CoverageCollector
    from ..coverage.exercised import Exercised
    from ..coverage.items import Coverage
    from ..serving.server import Server, Swappable

STOPPED = 130
"""The exit status of what Ctrl-C has ended."""


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="ringmock")
def main() -> None:
    """A mock server of RingCentral's SMS, pager and message-store API.

    Independent of RingCentral: not made, endorsed or supported by RingCentral, Inc.
    """


@main.command()
@click.option("--fixture", default="demo", show_default=True, metavar="NAME|FILE", help="Account to serve.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=8080, show_default=True, type=click.IntRange(0, 65535), help="Port; 0 for any.")
@click.option(
    "--port-file", "port_path", type=click.Path(path_type=Path, dir_okay=False), help="Write the port here when ready."
)
@click.option("--generation", type=click.Choice(list(GENERATIONS)), help="Shape of the answers, over the fixture's.")
@click.option(
    "--open-worlds/--named-worlds",
    default=True,
    show_default=True,
    help="Whether client credentials that the fixture does not name open a world of their own.",
)
@click.option(
    "--allow-webhook-host",
    "webhook_hosts",
    multiple=True,
    metavar="NAME",
    help="A machine beside this one that webhooks may call; can be given several times.",
)
@click.option(
    "--allow-host",
    "hosts",
    multiple=True,
    metavar="NAME",
    help="A name, beside localhost and its addresses, by which the control API may be called; again for more.",
)
@click.option("--limits", type=click.Choice(list(PROFILES)), help="Hold calls to rate limits, over the fixture's.")
@click.option(
    "--webhook-content-type",
    type=click.Choice(["json", "any"]),
    help="What receivers of webhooks have to answer the handshake with, over the fixture's.",
)
@click.option("--reload", is_flag=True, help="Start afresh whenever the fixture or the contract changes.")
@click.option("--coverage", is_flag=True, help="Count what callers exercise; GET /_mock/coverage.html tells.")
@click.option("--quiet", is_flag=True, help="No line for each call.")
@limit_options
def serve(
    fixture: str,
    host: str,
    port: int,
    port_path: Path | None,
    generation: str | None,
    open_worlds: bool,
    webhook_hosts: tuple[str, ...],
    hosts: tuple[str, ...],
    limits: str | None,
    webhook_content_type: Literal["json", "any"] | None,
    reload: bool,
    coverage: bool,
    quiet: bool,
    **limits_given: float,
) -> None:
    """Serve an account until Ctrl-C.

    NAME is a bundled account (carriers, demo, source-page); FILE is a YAML file of your own.
    """
    # What loading makes stays, and looking through it for garbage would cost a fifth of the start.
    gc.disable()
    stack = click.get_current_context().with_resource(ExitStack())
    stack.callback(gc.enable)

    from ..control.access import Access
    from ..fixture import FixtureError, load_named, sources_of
    from ..lab.addresses import Addresses
    from ..lab.webhooks import WebHooks
    from ..resources import bundled
    from ..serving import collector, server
    from ..sign_in.worlds import Worlds
    from . import start_screen

    logging.basicConfig(level=logging.WARNING if quiet else logging.INFO, format="%(message)s", stream=sys.stderr)

    tally = _started_tally() if coverage else None
    server_limits = ServerLimits(**limits_given)  # type: ignore[arg-type]  # click has made them ints and floats
    webhooks = WebHooks(Addresses(webhook_hosts), limits=server_limits)
    try:
        access = Access(hosts)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="'--allow-host'") from error

    def worlds() -> Worlds:
        template = load_named(fixture, generation=generation)
        terms = template.webhooks
        if webhook_content_type is not None:
            terms = terms._replace(content_type=webhook_content_type)
        given = replace(template, limits=limits or template.limits, webhooks=terms)
        return Worlds(given, open_worlds=open_worlds, limits=server_limits)

    def rebuild() -> "ASGIApp | None":
        try:
            app = server.build(worlds(), webhooks, tally, access)
        except FixtureError as error:
            click.echo(f"{error}\nThe account from before stays.", err=True)
            return None
        click.echo("Started afresh.", err=True)
        return app

    held = stack.enter_context(port_file(port_path))
    try:
        first = worlds()
        bound = server.bound_socket(host, port)
    except FixtureError as error:
        raise click.ClickException(str(error)) from error
    except OSError as error:
        raise click.ClickException(f"cannot listen on {host}:{port}: {error.strerror}; --port 0 takes any") from error

    def ready() -> None:
        stack.enter_context(collector.growing())
        gc.enable()
        if held is not None:
            held.write(bound.getsockname()[1])
        with contextlib.suppress(OSError):  # who looks no longer has others to serve
            click.echo(start_screen.text(first, server.url_of(bound), open_worlds=open_worlds))

    app = server.Swappable(server.build(first, webhooks, tally, access))
    running = server.Server(app, ready, server_limits)
    with bound:
        watched = (*sources_of(fixture), Path(str(bundled("openapi.yaml")))) if reload else ()
        with asyncio.Runner(loop_factory=running.config.get_loop_factory()) as runner:
            runner.run(_until_stopped(running, bound, app, rebuild, watched))


def _started_tally() -> "CoverageCollector":
    from ..coverage.collector import CoverageCollector

    tally = CoverageCollector()
    tally.start()
    return tally


async def _until_stopped(
    running: "Server",
    bound: "socket",
    app: "Swappable",
    rebuild: Callable[[], "ASGIApp | None"],
    watched: Sequence[Path],
) -> None:
    from ..serving.server import rebuilt_on_change

    watching = asyncio.create_task(rebuilt_on_change(app, rebuild, watched)) if watched else None
    await running.serve(sockets=[bound])
    if watching is not None:
        watching.cancel()


@main.command()
@click.argument("fixtures", nargs=-1, metavar="[NAME|FILE]...")
def check(fixtures: tuple[str, ...]) -> None:
    """Check the contract and account fixtures, the bundled ones unless told which.

    Every mistake is told with its file, line and what would pass; the exit status is 1 when there is one.
    """
    from ..fixture import FixtureError, bundled_names, load_named
    from ..openapi.document import contract_text, line_marks, load_contract
    from ..openapi.lint import lint

    mistakes = [f"openapi.yaml: {problem}" for problem in lint(load_contract(), line_marks(contract_text()))]
    click.echo(f"openapi.yaml: {'fine' if not mistakes else f'{len(mistakes)} mistakes'}")
    for name in fixtures or bundled_names():
        try:
            template = load_named(name)
        except FixtureError as error:
            mistakes.append(str(error))
            click.echo(f"{name}: refused")
        else:
            click.echo(f"{name}: fine, {len(template.account.extensions)} extensions")
    click.echo("\nlimits of a server, and what sets them on ringmock serve:")
    for line in DEFAULT.lines():
        click.echo(f"  {line}")
    if mistakes:
        click.echo("\n" + "\n".join(mistakes), err=True)
        sys.exit(1)


@main.command("text")
@click.option("--from", "sender", required=True, metavar="NUMBER", help="The phone outside that sends.")
@click.option(
    "--to",
    "recipients",
    required=True,
    multiple=True,
    metavar="NUMBER",
    help="The number of the account that gets it; given again, the message goes to all of them as a group.",
)
@click.option(
    "--attach",
    "files",
    multiple=True,
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="A file to go with it; may be given again.",
)
@click.option("--url", default="http://127.0.0.1:8080", show_default=True, help="The server.")
@click.option("--token", help="An access token, whose world it goes to; the fixture's own without one.")
@click.argument("words", nargs=-1, metavar="TEXT")
def send_text(
    sender: str,
    recipients: tuple[str, ...],
    files: tuple[Path, ...],
    url: str,
    token: str | None,
    words: tuple[str, ...],
) -> None:
    """Send a text from a phone outside to a number of the account, and say what became of it."""
    from .texting import NotSent, Text, send

    try:
        for line in send(url, Text(sender, recipients, " ".join(words), files), token):
            click.echo(line)
    except NotSent as error:
        raise click.ClickException(str(error)) from error


@main.command()
@click.argument("sources", nargs=-1, required=True, metavar="FILE|URL...")
@click.option("--html", type=click.Path(path_type=Path, dir_okay=False), help="Write the report as a page.")
@click.option("--json", type=click.Path(path_type=Path, dir_okay=False), help="Write the counts, to be added up later.")
@click.option("--fail-under", type=click.FloatRange(0, 100), metavar="PERCENT", help="Exit with 1 below this figure.")
@click.option(
    "--generation",
    "generations",
    multiple=True,
    type=click.Choice(list(GENERATIONS)),
    help="Count this generation's rows; by default of those that were answered in.",
)
def coverage(
    sources: tuple[str, ...],
    html: Path | None,
    json: Path | None,
    fail_under: float | None,
    generations: tuple[str, ...],
) -> None:
    """Tell what of the contract was exercised, and which tests would be the cheapest to add.

    FILE is a recording (.har, Schemathesis's .ndjson) or counts from --json or GET /_mock/coverage; URL is a server
    started by ringmock serve --coverage. Several are added up.
    """
    from json import dumps

    from ..contract.suggestions import cheapest
    from ..coverage import report
    from ..coverage.exercised import Exercised
    from ..coverage.items import coverage as coverage_of

    met = Exercised.sum(map(_met_in, sources))
    found = coverage_of(met, generations)
    suggestions = cheapest(found)
    click.echo(report.text(found, suggestions))
    if html is not None:
        write_whole(html, report.html(found, suggestions))
    if json is not None:
        write_whole(json, dumps(met.to_json(), indent=1) + "\n")
    if _is_under(found, fail_under):
        sys.exit(1)


def _is_under(found: "Coverage", figure: float | None) -> bool:
    """Whether less was exercised than has to be, which is told."""
    if figure is None or found.total.percent >= figure:
        return False
    click.echo(f"\ncoverage of behaviour {found.total} is under {figure:g} %", err=True)
    return True


def _met_in(source: str) -> "Exercised":
    from ..contract.http_client import NoAnswer
    from ..contract.traffic import UnreadableTraffic, read_recording, read_server

    try:
        return read_server(source) if "://" in source else read_recording(Path(source))
    except (UnreadableTraffic, NoAnswer, ValueError) as error:
        raise click.ClickException(str(error)) from error


@main.command()
def rules() -> None:
    """Print the documented rules, word for word, and the decisions, each with what keeps it."""
    from ..domain.rulebook import DECISIONS, RULEBOOK

    for rule in RULEBOOK:
        click.echo(f'{rule.id}  "{rule.sentence}"\n      ringmock.{rule.home}\n')
    for made in DECISIONS:
        click.echo(f"{made.id}  {made.question}\n      {made.decision}\n      ringmock.{made.home}\n")


@main.command()
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
    help="Cases of your own, beside the bundled ones; again for more.",
)
@click.option("--as", "identities", default="", metavar="NUMBER,...", help="Extensions that the fuzz acts as.")
@click.option(
    "--operation", "operations", multiple=True, metavar="ID", help="Fuzz this operation only; again for more."
)
@click.option(
    "--seed", default=1, show_default=True, type=click.IntRange(0), help="Of all dice, so that a run can be repeated."
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
def contract(
    url: str | None,
    fixture: str | None,
    generation: str | None,
    parts: str,
    case_files: tuple[Path, ...],
    identities: str,
    operations: tuple[str, ...],
    seed: int,
    examples: int,
    runs: int,
    steps: int,
    max_messages: int | None,
    any_number: bool,
    rate: str | None,
    may_change: bool | None,
    dry_run: bool,
    junit: Path | None,
    report: Path | None,
    with_coverage: bool,
    html: Path | None,
    fail_under: float | None,
) -> None:
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
    from ..contract.options import Options
    from ..contract.parts import PARTS
    from ..contract.suggestions import cheapest
    from ..contract.suite import Run, RunRequest, WrongUse
    from ..coverage import report as pages
    from ..fixture import FixtureError
    from ..serving.own_target import own_target

    options = Options(
        seed=seed,
        examples=examples,
        runs=runs,
        steps=steps,
        identities=_listed(identities),
        operations=operations,
        reports=report,
        say=lambda line: click.echo(line, err=True),
    )
    wanted = RunRequest(
        url=url,
        fixture=fixture,
        generation=generation,
        parts=_listed(parts) or tuple(PARTS),
        cases=case_files,
        any_number=any_number,
        max_messages=max_messages,
        rate=rate,
        may_change=may_change,
        with_coverage=with_coverage or html is not None or fail_under is not None,
        options=options,
    )
    found = ContractReport()
    try:
        run = Run(wanted, os.environ, own_target=own_target)
        for folder in (report, junit.parent if junit else None, html.parent if html else None):
            if folder is not None:
                folder.mkdir(parents=True, exist_ok=True)
        if dry_run:
            for line in run.dry():
                click.echo(line)
            return
        is_stopped = _is_stopped_while_told(run.findings(), found)
    except BrokenPipeError:
        raise
    except (WrongUse, FixtureError, CaseFileError, NoAnswer, ValueError, OSError) as error:
        raise _NothingTested(str(error)) from error
    exercised = run.coverage
    told = found.text() if exercised is None else f"{found.text()}\n\n{pages.text(exercised, cheapest(exercised))}"
    click.echo(told)
    if junit is not None:
        write_whole(junit, found.junit())
    if report is not None:
        write_whole(report / "report.txt", told + "\n")
        write_whole(report / "junit.xml", found.junit())
    if html is not None and exercised is not None:
        write_whole(html, pages.html(exercised, cheapest(exercised)))
    if is_stopped:
        click.echo("Stopped: this is what was found until then.", err=True)
        sys.exit(STOPPED)
    is_under = exercised is not None and _is_under(exercised, fail_under)
    if is_under or not found.passed:
        sys.exit(1)


def _is_stopped_while_told(findings: "Iterable[Finding]", found: "ContractReport") -> bool:
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
