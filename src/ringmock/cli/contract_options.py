"""The options of `ringmock contract`, and what a run is asked for by them."""

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..domain.generation import GENERATIONS
from .console import CA, CONTROL_TOKEN, FILE

if TYPE_CHECKING:
    from ..contract.suite import RunRequest

OPTIONS = (
    click.option("--url", metavar="URL", help="Server to test. Without it: ringmock's own, started for the run."),
    CONTROL_TOKEN,
    CA,
    click.option(
        "--fixture",
        metavar="NAME|FILE",
        help="Account that the server serves: its extensions and numbers, and how they sign in.  [default: demo]",
    ),
    click.option(
        "--generation",
        type=click.Choice(list(GENERATIONS)),
        help="Shape of the answers.  [default: the fixture's; without --url every one]",
    ),
    click.option(
        "--parts", multiple=True, metavar="PART,...", help="Of cases, fuzz and stateful, those to run.  [default: all]"
    ),
    click.option(
        "--only",
        multiple=True,
        metavar="WORD",
        help="Keep to the cases of this name, tag, operation or rule, or to a part; * for any letters; again for more.",
    ),
    click.option("--skip", multiple=True, metavar="WORD", help="Leave out what --only would keep; again for more."),
    click.option(
        "--operation",
        "operations",
        multiple=True,
        metavar="ID",
        help="Of all parts, keep to what calls this operation; again for more.",
    ),
    click.option(
        "--cases",
        "case_files",
        multiple=True,
        metavar="FILE|FOLDER",
        type=click.Path(path_type=Path, exists=True),
        help="Cases of your own, beside the bundled ones; again for more.",
    ),
    click.option("--mine", "is_mine", is_flag=True, help="Run the cases of --cases alone, and no other part."),
    click.option(
        "--quick",
        "is_quick",
        is_flag=True,
        help="Only what finds the most in half a minute: no Schemathesis, few runs.",
    ),
    click.option("--as", "identities", multiple=True, metavar="NUMBER,...", help="Extensions that the fuzz acts as."),
    click.option(
        "--seed",
        default=1,
        show_default=True,
        type=click.IntRange(0),
        help="Random seed; the same seed makes the same calls.",
    ),
    click.option(
        "--examples", default=10, show_default=True, type=click.IntRange(1), help="Of the fuzz, for each operation."
    ),
    click.option("--runs", default=20, show_default=True, type=click.IntRange(1), help="Of the state machine."),
    click.option("--steps", default=30, show_default=True, type=click.IntRange(1), help="Of each run of it."),
    click.option(
        "--require",
        multiple=True,
        metavar="ID|all",
        help="Fail when the server does not have this operation, or all of them; again for more.",
    ),
    click.option(
        "--baseline",
        type=FILE,
        metavar="FILE",
        help="Failures that are known: fail for others alone, and list those that are mended.",
    ),
    click.option(
        "--update-baseline",
        is_flag=True,
        help="Write what fails now into the file of --baseline; the exit status is 0.",
    ),
    click.option(
        "--max-messages",
        type=click.IntRange(0),
        metavar="N",
        help="Recipients of all messages together.  [default: 25, and no limit for a server on this machine]",
    ),
    click.option("--any-number", is_flag=True, help="Send to numbers, too, that the fixture does not name."),
    click.option(
        "--rate-limit", "rate", metavar="N/s|m|h", help="Calls in a time.  [default: 40/m, none on this machine]"
    ),
    click.option(
        "--may-change/--may-not-change",
        default=None,
        help="Whether calls may change and delete what the account holds.  [default: on this machine they may]",
    ),
    click.option("--dry-run", is_flag=True, help="Print what would be sent, and to whom; send nothing."),
    click.option("--verbose", is_flag=True, help="Show Schemathesis's own output as it comes."),
    click.option("--junit", type=FILE, metavar="FILE", help="Write the JUnit report here."),
    click.option(
        "--html-report",
        type=FILE,
        metavar="FILE",
        help="Write the report as one page: what came beside what was expected.",
    ),
    click.option(
        "--json",
        type=FILE,
        metavar="FILE",
        help="Write everything as JSON, to replay.",
    ),
    click.option("--sarif", type=FILE, metavar="FILE", help="Write the failures as SARIF."),
    click.option(
        "--github/--no-github",
        default=None,
        help="Annotate lines of cases and write the summary of the step.  [default: in GitHub Actions]",
    ),
    click.option(
        "--report",
        type=click.Path(path_type=Path, file_okay=False),
        metavar="FOLDER",
        help="Keep the report here, as text, HTML, JSON, SARIF and JUnit, and Schemathesis's own output.",
    ),
    click.option("--coverage", "with_coverage", is_flag=True, help="Tell what of the contract the run exercised."),
    click.option(
        "--html",
        type=FILE,
        metavar="FILE",
        help="Write the coverage as a page; implies --coverage. The report as one: --html-report.",
    ),
    click.option(
        "--fail-under",
        type=click.FloatRange(0, 100),
        metavar="PERCENT",
        help="Exit with 1 when the coverage is below this figure; implies --coverage.",
    ),
)


def request(given: Mapping[str, Any], say: Callable[[str], None], trace: Callable[[str], None]) -> "RunRequest":
    """What the options ask for; `say` takes a line of progress, `trace` one of Schemathesis's output."""
    from ..contract.http_client import ConnectionOptions
    from ..contract.options import Options
    from ..contract.parts import PARTS
    from ..contract.selection import Selection
    from ..contract.suite import RunRequest

    options = Options(
        identities=listed(given["identities"]),
        reports=given["report"],
        say=say,
        trace=trace,
        **{name: given[name] for name in ("seed", "examples", "runs", "steps")},
    )
    alike = ("url", "fixture", "generation", "any_number", "max_messages", "rate", "may_change")
    return RunRequest(
        connection=ConnectionOptions(given["ca"], given["control_token"]),
        parts=listed(given["parts"]) or tuple(PARTS),
        cases=given["case_files"],
        selection=Selection(given["only"], given["skip"], given["operations"]),
        with_coverage=given["with_coverage"] or given["html"] is not None or given["fail_under"] is not None,
        options=options,
        **{name: given[name] for name in (*alike, "is_mine", "is_quick", "require")},
    )


REPLAYED = {
    "url": "--url",
    "ca": "--ca",
    "fixture": "--fixture",
    "case_files": "--cases",
    "identities": "--as",
    "seed": "--seed",
    "examples": "--examples",
    "runs": "--runs",
    "steps": "--steps",
    "max_messages": "--max-messages",
    "rate": "--rate-limit",
}
"""The options that say on what a run was made and by which dice."""


def arguments(given: Mapping[str, Any]) -> list[str]:
    """The arguments that make a run on the same server by the same dice; no credentials."""
    found: list[str] = []
    for name, option in REPLAYED.items():
        value = given[name]
        values = value if isinstance(value, tuple) else () if value in (None, "") else (value,)
        found += [word for each in values for word in (option, _absolute(each, is_file=name == "fixture"))]
    found += ["--any-number"] if given["any_number"] else []
    if given["may_change"] is not None:
        found.append("--may-change" if given["may_change"] else "--may-not-change")
    return found


def _absolute(value: Any, *, is_file: bool) -> str:
    """A path, or the name of a file that there is, so that it leads there from wherever the run is made again."""
    leads = isinstance(value, Path) or (is_file and os.path.isfile(value))
    return os.path.abspath(value) if leads else str(value)


def listed(texts: Sequence[str]) -> tuple[str, ...]:
    """The words of lists with commas, each once."""
    return tuple(dict.fromkeys(word.strip() for word in ",".join(texts).split(",") if word.strip()))
