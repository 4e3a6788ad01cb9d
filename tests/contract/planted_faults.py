"""Every planted fault against every part of the contract suite: which part catches it, and by what.

Run this file to see the table; it ends with status 1 when a fault is caught by no part.

    python tests/contract/planted_faults.py                                   all faults, all parts
    python tests/contract/planted_faults.py --only drops_nothing --part cases
    python tests/contract/planted_faults.py --write                           and put it into FAULTS.md
    python tests/contract/planted_faults.py --untried --write                 the pairs that FAULTS.md has no result of

A part is stopped at its first failure. What `--only`, `--part` and `--untried` leave out keeps its place in the page.
With `--write` the page is written after each result, so that a run that is stopped keeps what it found.
"""

import logging
import re
import sys
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime
from functools import cache
from multiprocessing import get_context
from pathlib import Path
from time import perf_counter
from typing import NamedTuple

import click

from faults import FAULTS, Fault
from ringmock.contract.cases import Case, bundled_cases
from ringmock.contract.cases.homes import homes_of
from ringmock.contract.findings import Finding
from ringmock.contract.options import Options
from ringmock.contract.parts import PARTS
from ringmock.contract.target import Target
from ringmock.domain.generation import GENERATIONS
from ringmock.fixture import load_named
from ringmock.serving.server import served
from ringmock.world.template import Template

PAGE = Path(__file__).with_name("FAULTS.md")
CORES = 2
EXAMPLES = 10
RUNS, STEPS = 100, 15
LINKED = ("createInternalTextMessage", "readMessage")
"""Fuzzed beside the operations at which a fault shows: Schemathesis follows no links within a single operation."""
LIVES = "-"
NOT_RUN = "?"
MAX_CELL = 110
LOGS = ("ringmock", "uvicorn.error")
"""Who tells of an exception that is no refusal: the application, and the server of what a fault puts around it."""

Caught = Mapping[str, str]
"""By part the finding that caught the fault, `LIVES` where none did."""


class BrokenFault(Exception):
    """A fault that makes the server fail inside. It proves nothing: any part would catch that."""


def is_caught_as_told(fault: Fault, row: "Row") -> bool:
    """Whether the part that the page names catches the fault.

    A case that the page names is tried alone: it takes a hundredth of the time of all of them, and says more. They
    are all tried where it has another name today, or lets the fault live. Raises `BrokenFault`.
    """
    part = row.assigned
    if part is None:
        return False
    named = {case.name for case in bundled_cases() if part == "cases" and _cell(case.name) == row.caught[part]}
    if named and catches(fault, [part], named)[part] != LIVES:
        return True
    return catches(fault, [part])[part] != LIVES


def catches(fault: Fault, parts: Sequence[str] = tuple(PARTS), named: Collection[str] | None = None) -> Caught:
    """What each of these parts finds first at the wrong server, of the cases with all or `named` alone.

    Raises `BrokenFault`.
    """
    failures = _Failures()
    caught = {part: _first_finding(fault, part, named, failures) for part in parts}
    if failures.told:
        raise BrokenFault(f"{fault.name}: {failures.told[0]}")
    return caught


class _Failures(logging.Handler):
    """What the server logs of exceptions that are no refusals."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.told: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.told.append(self.format(record))

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Of a server that has started: uvicorn's own start takes every handler off its loggers."""
        logs = [logging.getLogger(name) for name in LOGS]
        for log in logs:
            log.addHandler(self)
            log.propagate = False
        try:
            yield
        finally:
            for log in logs:
                log.propagate = True
                log.removeHandler(self)


def _first_finding(fault: Fault, part: str, named: Collection[str] | None, failures: _Failures) -> str:
    for template, cases in _in_turn(fault, part, named):
        with served(fault.application(template)) as url, failures.listening():
            target = Target(url, template, has_worlds=True)
            options = replace(_options(fault), cases=cases)
            for finding in PARTS[part](target, options):
                if finding.failed:
                    return _said(finding)
    return LIVES


def _in_turn(fault: Fault, part: str, named: Collection[str] | None) -> Iterator[tuple[Template, tuple[Case, ...]]]:
    """As `_templates` has them; the cases that call the fault's operations go before the others of any account."""
    others: list[tuple[Template, tuple[Case, ...]]] = []
    for template, cases in _templates(part, named):
        ordered = sorted(cases, key=lambda case: -_share(case, fault))
        about = tuple(case for case in ordered if _share(case, fault))
        rest = tuple(ordered[len(about) :])
        if about or not cases:
            yield template, about
        if rest:
            others.append((template, rest))
    yield from others


def _share(case: Case, fault: Fault) -> float:
    """How much of a case is calls of the operations at which the fault shows: those with most are tried first."""
    called = [step.when.get("operation") for step in case.steps if step.when is not None]
    called += ["authWsToken" for step in case.steps if step.connect is not None]
    return sum(name in fault.operations for name in called) / max(len(called), 1)


def _options(fault: Fault) -> Options:
    operations = tuple(dict.fromkeys([*fault.operations, *LINKED]))
    return Options(
        examples=EXAMPLES,
        identities=("101",),
        operations=operations,
        runs=RUNS,
        steps=STEPS,
    )


def _templates(part: str, named: Collection[str] | None) -> Iterator[tuple[Template, tuple[Case, ...]]]:
    """The accounts and generations that a part is run against, each with its cases.

    Those parts that take long are run against one.
    """
    if part != "cases":
        yield _account("demo", "2012"), ()
        return
    for account in ACCOUNTS:
        for generation in GENERATIONS:
            cases = _at_home(account, generation, None if named is None else frozenset(named))
            if cases:
                yield _account(account, generation), cases


ACCOUNTS = ("demo", "carriers", "source-page")


@cache
def _account(name: str, generation: str) -> Template:
    return load_named(name, generation=generation)


@cache
def _at_home(account: str, generation: str, named: frozenset[str] | None) -> tuple[Case, ...]:
    """The cases, all or `named` alone, that run on this account since the demo account lacks something for them."""
    accounts = [_account(name, generation) for name in ACCOUNTS]
    about = [case for case in bundled_cases() if case.holds_in(generation) and (named is None or case.name in named)]
    return next(cases for template, cases in homes_of(about, accounts) if template.name == account)


def _said(finding: Finding) -> str:
    """The finding in one line: its name, and of the fuzz's probes what the first of them says."""
    first = finding.detail.partition("\n")[0]
    return first if " should refuse with " in first else re.sub("Custom check failed: `(.+)`", r"\1", finding.name)


# --- the page -------------------------------------------------------------------------------------


class Row(NamedTuple):
    """A fault, what it says of itself, and what caught it."""

    fault: str
    says: str
    caught: Caught

    @property
    def lives(self) -> bool:
        return all(said in (LIVES, NOT_RUN) for said in self.caught.values())

    @property
    def assigned(self) -> str | None:
        """The first part, in the order in which they are run, that catches the fault."""
        return next((part for part, said in self.caught.items() if said not in (LIVES, NOT_RUN)), None)


def read_page() -> dict[str, Row]:
    """The rows of the page, by fault; none without a page."""
    rows: dict[str, Row] = {}
    parts: list[str] = []
    for line in PAGE.read_text(encoding="utf-8").splitlines() if PAGE.exists() else ():
        first, *more = re.split(r" \| ", line.removeprefix("| ").removesuffix(" |"))
        if first == "fault":
            parts = more[1:]
        elif first.startswith("`") and more:
            name = first.strip("`")
            rows[name] = Row(name, more[0], dict(zip(parts, more[1:], strict=True)))
    return rows


def page_of(rows: Mapping[str, Row], on: date) -> str:
    """The whole page."""
    lines = [
        "# Planted faults",
        "",
        "Wrong servers, each the right one with a single mistake put in from outside (`tests/contract/faults/`), and",
        "what each part of the contract suite finds first at it. Generated by",
        "`python tests/contract/planted_faults.py --write`; a test tries a sample of it.",
        "",
        f"`{LIVES}` is nothing. `{NOT_RUN}` was not tried, since a part takes half a minute to find nothing.",
        "",
        f"Written {on}. {_counted(rows.values())}",
    ]
    for room in dict.fromkeys(fault.room for fault in FAULTS.values()):
        lines += ["", f"## {room.replace('_', ' ').capitalize()}", "", *_table(room, rows)]
    return "\n".join([*lines, ""])


def _counted(rows: Iterable[Row]) -> str:
    rows = list(rows)
    told = []
    for part in PARTS:
        caught = [row for row in rows if row.caught.get(part, NOT_RUN) not in (LIVES, NOT_RUN)]
        alone = [row for row in caught if all(row.caught.get(other) == LIVES for other in PARTS if other != part)]
        told.append(f"{part} {len(caught)} ({len(alone)} alone)")
    untried = sum(row.caught.get(part, NOT_RUN) == NOT_RUN for row in rows for part in PARTS)
    return (
        f"{len(rows)} faults, {sum(row.lives for row in rows)} of them live. Caught by {', '.join(told)};"
        f" {untried} of {len(rows) * len(PARTS)} pairs not tried."
    )


def _table(room: str, rows: Mapping[str, Row]) -> Iterator[str]:
    yield f"| fault | what is wrong | {' | '.join(PARTS)} |"
    yield "|---" * (2 + len(PARTS)) + "|"
    for fault in FAULTS.values():
        if fault.room == room:
            said = [_cell(rows[fault.name].caught.get(part, NOT_RUN)) for part in PARTS]
            yield f"| `{fault.name}` | {fault.says} | {' | '.join(said)} |"


def _cell(text: str) -> str:
    text = " ".join(text.replace("|", "/").split())
    return text if len(text) <= MAX_CELL else f"{text[: MAX_CELL - 3]}..."


# --- the command ----------------------------------------------------------------------------------


def _run(name: str, parts: Sequence[str]) -> tuple[str, Caught | str, float]:
    """What each part finds, or why the fault proves nothing."""
    started = perf_counter()
    try:
        found: Caught | str = catches(FAULTS[name], parts)
    except BrokenFault as broken:
        found = str(broken).partition("\n")[0]
    return name, found, perf_counter() - started


def untried(row: Row, parts: Sequence[str]) -> tuple[str, ...]:
    """Those of these parts that the page has no result of for this fault."""
    return tuple(part for part in parts if row.caught.get(part, NOT_RUN) == NOT_RUN)


@click.command()
@click.option("--only", multiple=True, type=click.Choice(list(FAULTS)), metavar="FAULT", help="Keep to this fault.")
@click.option("--room", multiple=True, help="Keep to the faults of this room.")
@click.option("--part", "parts", multiple=True, type=click.Choice(list(PARTS)), help="Keep to this part.")
@click.option("--untried", "is_untried", is_flag=True, help=f"Keep to what FAULTS.md has as {NOT_RUN}.")
@click.option("--cores", type=click.IntRange(1), default=CORES, show_default=True, help="So many faults at a time.")
@click.option("--write", is_flag=True, help="Put what was found into FAULTS.md.")
def main(
    only: tuple[str, ...], room: tuple[str, ...], parts: tuple[str, ...], is_untried: bool, cores: int, write: bool
) -> None:
    """Try the contract suite on wrong servers; status 1 when one of them lives, or fails inside."""
    names = [name for name, fault in FAULTS.items() if name in (only or FAULTS) and fault.room in (room or fault.room)]
    known = read_page()
    rows = {name: Row(name, fault.says, known[name].caught if name in known else {}) for name, fault in FAULTS.items()}
    asked = parts or tuple(PARTS)
    wanted = {name: untried(rows[name], asked) if is_untried else asked for name in names}
    names = [name for name in names if wanted[name]]
    started, broken = perf_counter(), list[str]()
    with ProcessPoolExecutor(cores, get_context("spawn")) as pool:
        for name, caught, seconds in pool.map(_run, names, [wanted[name] for name in names]):
            if isinstance(caught, str):
                broken.append(name)
                click.echo(f"BROKEN {caught}")
                continue
            rows[name] = rows[name]._replace(caught={**rows[name].caught, **caught})
            said = "  ".join(f"{part}: {_cell(caught[part])}" for part in caught)
            click.echo(f"{'LIVES ' if rows[name].lives else ''}{name:<36}{seconds:>6.1f} s  {said}")
            if write:
                PAGE.write_text(page_of(rows, datetime.now(UTC).date()), encoding="utf-8")
    living = [name for name in names if rows[name].lives]
    click.echo(f"{_counted([rows[name] for name in names])} {perf_counter() - started:.0f} s.")
    sys.exit(1 if living or broken else 0)


if __name__ == "__main__":
    main()
