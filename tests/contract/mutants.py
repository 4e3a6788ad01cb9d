"""Mutants by machine: wrong servers made of the source, each judged by pytest's tests and by the contract cases.

    python tests/contract/mutants.py map --state build/mutants       once: which check runs which line (some minutes)
    python tests/contract/mutants.py run --state build/mutants       every mutant; again, and it goes on where it was
    python tests/contract/mutants.py run --state build/mutants --sample 300 --seed 1
    python tests/contract/mutants.py check --sample 20 --seed 1      those that cases caught, are they still caught?
    python tests/contract/mutants.py page --state build/mutants      MUTANTS.md, and the results that `check` reads
    python tests/contract/mutants.py page                            the same, of those that the source still has

A mutant is put into a forked child of one warm process, once for each judge (pytest, the cases in each generation), and
the checks that run its line are run until one fails, twice. A child that says nothing for so long counts as one that
failed.
"""

import json
import logging
import os
import random
import resource
import select
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from time import monotonic, perf_counter
from typing import Any, NamedTuple

import click
import pytest

from mutation.equivalent import EQUIVALENT, UNSEEN
from mutation.judges import FOLDERS, GENERATIONS, JUDGES, OPTIONS, PYTEST, Cases, Judge, Recorder, Tests, measure
from mutation.map import LineMap, kept
from mutation.operators import OFF_THE_WIRE, ROOMS, ROOT, SOURCES, Mutant, all_mutants, mutants_of
from mutation.plant import Functions, import_again, swap

SILENT_SECONDS = 40.0
"""A check that takes longer has no end."""
START_SECONDS = 240.0
"""So long a child may be busy before its first check, with importing the program again on a busy machine."""
MEMORY_BYTES = 4 << 30
AT_ONCE = 4
RESULTS = Path(__file__).with_name("mutants.jsonl")
PAGE = Path(__file__).with_name("MUTANTS.md")
TIMEOUT = "no end"
Say = Callable[[str], None]


class Result(NamedTuple):
    """What became of a mutant: by judge the check that failed, None for none; and how many were tried."""

    mutant: str
    killed: Mapping[str, str | None]
    tried: Mapping[str, int]

    @property
    def line(self) -> str:
        return json.dumps({"mutant": self.mutant, **self.killed, "tried": self.tried}, ensure_ascii=False)


def results_in(path: Path) -> dict[str, Result]:
    """The results that were kept, by mutant; a later one takes the place of an earlier one."""
    found = {}
    for line in path.read_text(encoding="utf-8").splitlines() if path.exists() else ():
        said = json.loads(line)
        killed = {judge: said[judge] for judge in JUDGES if judge in said}
        found[said["mutant"]] = Result(said["mutant"], killed, said.get("tried", {}))
    return found


# --- a child ---------------------------------------------------------------------------------------------


@dataclass
class Trial:
    """One mutant before one judge."""

    mutant: Mutant
    judge: str
    names: Sequence[str]
    pid: int = 0
    pipe: int = -1
    heard: float = 0.0
    said: bytes = b""

    @property
    def tried(self) -> int:
        return self.said.count(b"+")

    @property
    def verdict(self) -> str | None:
        """The check that failed; None for none. A child that died failed in the check that it had begun."""
        lines = self.said.decode("utf-8", "replace").splitlines()
        if lines and lines[-1].startswith("!"):
            return lines[-1][1:] or None
        begun = [line[1:] for line in lines if line.startswith("+")]
        return f"{begun[-1] if begun else 'start'} ({TIMEOUT})"


class Court:
    """Forks a child for each trial."""

    def __init__(self, judges: Mapping[str, Judge]) -> None:
        self.judges = judges
        self._functions = Functions()

    def begin(self, trial: Trial, *, is_warm: bool) -> None:
        """Fork. Raises `SyntaxError` for a mutant that is no Python."""
        changes = self._functions.changes(trial.mutant)
        again = is_warm or changes is None
        trial.pipe, write = os.pipe()
        trial.heard = monotonic()
        trial.pid = os.fork()
        if trial.pid:
            os.close(write)
            return
        os.close(trial.pipe)
        try:
            os.write(write, f"!{self._failed(trial, write, None if again else changes) or ''}\n".encode())
        finally:
            os._exit(0)

    def _failed(self, trial: Trial, write: int, changes: Any) -> str | None:
        _alone()
        judge = self.judges[trial.judge]
        started = lambda name: os.write(write, f"+{name}\n".encode())  # noqa: E731
        try:
            if changes is None:
                import_again(trial.mutant)
                return judge.failed_again(trial.names, started)
            swap(changes)
            return judge.failed(trial.names, started)
        except (Exception, SystemExit) as error:
            return f"start: {type(error).__name__}: {error}".partition("\n")[0]


def _alone() -> None:
    """A child says nothing but through its pipe, and may not take the machine's memory."""
    nothing = os.open(os.devnull, os.O_RDWR)
    for number in range(3):
        os.dup2(nothing, number)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    logging.disable(logging.CRITICAL)


def ended(live: list[Trial]) -> Iterator[Trial]:
    """Those of the trials under way that have come to an end, at least one if there are any; they are taken out."""
    while live:
        readable, _, _ = select.select([trial.pipe for trial in live], [], [], 1.0)
        over = []
        for trial in live:
            if trial.pipe in readable:
                piece = os.read(trial.pipe, 1 << 16)
                trial.said, trial.heard = trial.said + piece, monotonic()
                if not piece:
                    over.append(trial)
            elif monotonic() - trial.heard > (SILENT_SECONDS if trial.tried else START_SECONDS):
                with suppress(ProcessLookupError):
                    os.kill(trial.pid, signal.SIGKILL)
                over.append(trial)
        for trial in over:
            live.remove(trial)
            os.close(trial.pipe)
            os.waitpid(trial.pid, 0)
        if over:
            yield from over
            return


# --- a run -----------------------------------------------------------------------------------------------


@dataclass
class Killers:
    """What has killed mutants of a file: tried first at the next one of it."""

    by_file: dict[tuple[str, str], Counter[str]] = field(default_factory=dict)

    def note(self, result: Result) -> None:
        file = result.mutant.partition(" ")[0]
        for judge, name in result.killed.items():
            if name is not None and "(" + TIMEOUT not in name:
                self.by_file.setdefault((judge, file), Counter())[name] += 1

    def first(self, judge: str, mutant: Mutant, names: Sequence[str], at_most: int | None) -> list[str]:
        """The names, those first that have killed most in this file, and no more than so many."""
        counts = self.by_file.get((judge, mutant.file), Counter())
        return sorted(names, key=lambda name: -counts[name])[:at_most]


def confirmed(court: Court, trial: Trial, *, is_warm: bool) -> Trial:
    """The trial, when the check that failed fails again; else one of the checks after it, which failed by chance."""
    while trial.verdict in trial.names:
        name = str(trial.verdict)
        if _tried(court, Trial(trial.mutant, trial.judge, [name]), is_warm=is_warm).verdict is not None:
            return trial
        rest = trial.names[list(trial.names).index(name) + 1 :]
        trial = _tried(court, Trial(trial.mutant, trial.judge, rest), is_warm=is_warm)
    return trial


def _tried(court: Court, trial: Trial, *, is_warm: bool) -> Trial:
    if trial.names:
        court.begin(trial, is_warm=is_warm)
        list(ended([trial]))
    else:
        trial.said = b"!\n"
    return trial


def unmapped(judge: Judge, known: LineMap) -> list[str]:
    """Checks that were added after the map was made: nobody knows which lines they run, so every mutant meets them."""
    return [name for name in judge.checks if name not in known.seconds]


def judged(
    mutants: Iterable[Mutant], court: Court, maps: Mapping[str, LineMap], killers: Killers, at_most: int | None,
    known: Mapping[str, Result] | None = None,
) -> Iterator[Result]:  # fmt: skip
    """A result for each mutant, its judges at work at the same time.

    `known`: results by mutant, of which what was tried is not tried again.
    """
    added = {name: unmapped(judge, maps[name]) for name, judge in court.judges.items() if name != PYTEST}
    for mutant in mutants:
        live: list[Trial] = []
        done: list[Trial] = []
        try:
            for judge in court.judges:
                likely = killers.first(judge, mutant, maps[judge].of(mutant), at_most)
                if judge != PYTEST and known is not None and known[mutant.id].tried.get(judge, 0) >= len(likely):
                    likely = []  # all of them have let it live
                names = [*likely, *(name for name in added.get(judge, ()) if name not in likely)]
                trial = Trial(mutant, judge, names)
                if not names:
                    trial.said = b"!\n"
                    done.append(trial)
                    continue
                court.begin(trial, is_warm=maps[judge].is_warm(mutant))
                live.append(trial)
        except SyntaxError:
            continue
        while live:
            done += ended(live)
        done = [confirmed(court, one, is_warm=maps[one.judge].is_warm(mutant)) for one in done]
        result = Result(mutant.id, {one.judge: one.verdict for one in done}, {one.judge: one.tried for one in done})
        killers.note(result)
        yield result


class _Session:
    """A session of pytest's that, instead of running its tests, does something with them."""

    def __init__(self, recorder: Recorder, action: Callable[[Judge], None]) -> None:
        self._recorder = recorder
        self._action = action

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        self._action(Tests(session, self._recorder))
        return True


def with_tests(action: Callable[[Judge], None], rooms: Sequence[str]) -> None:
    """Collect the tests of these folders, and do something with them."""
    recorder = Recorder()
    folders = [str(ROOT / "tests" / folder) for folder in rooms or FOLDERS]
    ended_with = pytest.main([*OPTIONS, *folders], plugins=[recorder, _Session(recorder, action)])
    if recorder.failed and recorder.failed.startswith("collection"):
        raise click.ClickException(recorder.failed)
    if ended_with not in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED, pytest.ExitCode.TESTS_FAILED):
        raise click.ClickException(f"pytest ended with {ended_with}")


def drawn(mutants: Sequence[Any], sample: int | None, seed: str) -> list[Any]:
    """So many of them by a seed, all of them for None; a larger sample has the smaller one in it."""
    order = list(mutants)
    random.Random(seed).shuffle(order)
    return order if sample is None else order[:sample]


def _map_path(state: Path, judge: str) -> Path:
    return state / f"{judge}.map"


# --- the command ------------------------------------------------------------------------------------------


@click.group(help=__doc__, context_settings={"max_content_width": 120})
def main() -> None:
    """See the module."""


_state = click.option(
    "--state", type=click.Path(path_type=Path, file_okay=False), required=True, help="The folder of maps and results."
)
_sample = click.option("--sample", type=click.IntRange(1), help="So many, by the seed. All without it.")
_seed = click.option("--seed", default="0", show_default=True, help="Of the sample.")


def _below_tests(_: click.Context, __: click.Parameter, given: tuple[str, ...]) -> tuple[str, ...]:
    unknown = [name for name in given if not (ROOT / "tests" / name).exists()]
    if unknown:
        raise click.BadParameter(f"there is no {', '.join(unknown)} below tests/, as {FOLDERS[0]} is")
    return given


_tests = click.option(
    "--tests", "rooms", multiple=True, callback=_below_tests, help="pytest's tests of this folder or file alone."
)


@main.command("map")
@_state
@_tests
@click.option("--judge", "names", type=click.Choice(JUDGES), multiple=True, help="One of them alone.")
def map_(state: Path, rooms: tuple[str, ...], names: tuple[str, ...]) -> None:
    """Note which check runs which line."""
    for judge in names or JUDGES:
        child = os.fork()
        if not child:
            measure()
            _mapped(state, judge, rooms)
            os._exit(0)
        if os.waitpid(child, 0)[1] or not _map_path(state, judge).exists():
            raise click.ClickException(f"no map of {judge} was made")


def _mapped(state: Path, judge: str, rooms: Sequence[str]) -> None:
    def note(made: Judge) -> None:
        seconds: dict[str, float] = {}
        begun = perf_counter()
        touched = made.lines(seconds, lambda name: None)
        LineMap(touched, seconds).keep(_map_path(state, judge))
        click.echo(f"{judge}: {len(made.checks)} checks in {perf_counter() - begun:.0f} s")

    if judge == PYTEST:
        with_tests(note, rooms)
    else:
        note(Cases(judge))


@main.command()
@_state
@_tests
@_sample
@_seed
@click.option("--only", help="Mutants with this in their name.")
@click.option("--judge", "names", type=click.Choice(JUDGES), multiple=True, help="One of them alone.")
@click.option("--at-most", type=click.IntRange(1), help="Checks per mutant and judge, the likeliest first.")
@click.option("--again", is_flag=True, help="Those too that have a result.")
@click.option(
    "--survivors", is_flag=True, help="Of those that have a result, what a judge let live, by that judge again."
)
@click.option("--known", "is_known", is_flag=True, help="Those that another judge has a result of, and no others.")
def run(
    state: Path,
    rooms: tuple[str, ...], sample: int | None, seed: str, only: str | None, names: tuple[str, ...],
    at_most: int | None, again: bool, survivors: bool, is_known: bool,
) -> None:  # fmt: skip
    """Judge mutants, and keep each result in the state's results.jsonl."""
    judges = names or JUDGES
    missing = [judge for judge in judges if not _map_path(state, judge).exists()]
    if missing:
        raise click.UsageError(f"no map of {', '.join(missing)} in {state}: make it with `map` first")
    path = state / "results.jsonl"
    known = results_in(path)
    every = [one for one in all_mutants(state / "mutants") if only is None or only in one.id]
    every = [one for one in every if not is_known or one.id in known]
    mutants = drawn(every, sample, seed)
    unknown = Result("", {}, {})

    def is_left(one: Mutant) -> bool:
        killed = known.get(one.id, unknown).killed
        if survivors:
            return bool(killed) and any(killed.get(judge, "") is None for judge in GENERATIONS)
        return again or not set(judges) <= killed.keys()

    left = [one for one in mutants if is_left(one)]
    click.echo(f"{len(mutants)} mutants, {len(left)} to be judged by {', '.join(judges)}")
    killers = Killers()
    for result in known.values():
        killers.note(result)

    def judge_all(tests: Judge | None) -> None:
        found = {judge: tests if judge == PYTEST and tests is not None else Cases(judge) for judge in judges}
        maps = {judge: kept(_map_path(state, judge)) for judge in judges}
        begun = perf_counter()
        with path.open("a", encoding="utf-8") as file:
            for count, result in enumerate(
                judged(left, Court(found), maps, killers, at_most, known if survivors else None), start=1
            ):
                before = known.get(result.mutant, Result("", {}, {}))
                merged = Result(result.mutant, {**before.killed, **result.killed}, {**before.tried, **result.tried})
                file.write(merged.line + "\n")
                file.flush()
                click.echo(f"{count}/{len(left)} {perf_counter() - begun:.0f} s {_told(merged)}")

    if PYTEST in judges:
        with_tests(judge_all, rooms)
    else:
        judge_all(None)


@main.command()
@_sample
@_seed
def check(sample: int | None, seed: str) -> None:
    """Whether the case that caught a mutant still does, in each generation. Needs no map."""
    known = results_in(RESULTS).values()
    caught = [one for one in known if all(_is_a_case(one.killed.get(generation)) for generation in GENERATIONS)]
    rows = drawn(caught, sample, seed)
    files = {row.mutant.partition(" ")[0] for row in rows}
    made = {mutant.id: mutant for file in files for mutant in mutants_of(file)}
    court = Court({generation: Cases(generation) for generation in GENERATIONS})
    trials = [
        Trial(made[row.mutant], generation, [str(row.killed[generation])])
        for row in rows
        for generation in GENERATIONS
        if row.mutant in made and row.killed[generation] in court.judges[generation].checks
    ]
    # By the mutant in the functions that there are; where what they made is there already, by importing it again.
    live = list(_living(court, _living(court, trials, is_warm=False), is_warm=True))
    click.echo(f"{len(trials)} of {2 * len(rows)} pairs of mutant and case tried, seed {seed}: {len(live)} live")
    lives = [f"{one.judge}: {one.names[0]} no longer catches {one.mutant.id}" for one in live]
    if lives or not trials:
        raise click.ClickException("\n".join(lives) or "nothing was tried: judge the mutants again, and write the page")


def _is_a_case(name: str | None) -> bool:
    return name is not None and TIMEOUT not in name and not name.startswith("start")


def _living(court: Court, trials: Iterable[Trial], *, is_warm: bool) -> Iterator[Trial]:
    """Those of the trials whose mutant no check catches. Several are under way at once: most of them wait."""
    under_way: list[Trial] = []
    for trial in trials:
        trial.said = b""
        court.begin(trial, is_warm=is_warm)
        under_way.append(trial)
        if len(under_way) == AT_ONCE:
            yield from (one for one in ended(under_way) if one.verdict is None)
    while under_way:
        yield from (one for one in ended(under_way) if one.verdict is None)


@main.command()
@click.option("--state", type=click.Path(path_type=Path), help="Whose results; without it those that `check` reads.")
def page(state: Path | None) -> None:
    """Write MUTANTS.md, and the results that `check` reads, of those mutants that the source still has."""
    known = results_in(RESULTS if state is None else state / "results.jsonl").values()
    found = of_the_source(known)
    click.echo(f"{len(found)} mutants, {len(known) - len(found)} that the source no longer has")
    for name in sorted((EQUIVALENT.keys() | UNSEEN.keys()) - made_of_the_source((*EQUIVALENT, *UNSEEN))):
        click.echo(f"mutation/equivalent.py names one that the source no longer has: {name}")
    RESULTS.write_text("".join(f"{one.line}\n" for one in sorted(found)), encoding="utf-8")
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.strip()
    PAGE.write_text(page_of(sorted(found), commit, datetime.now(UTC).date()), encoding="utf-8")


def of_the_source(known: Iterable[Result]) -> list[Result]:
    """The results of the mutants that are made of the source as it is."""
    rows = list(known)
    made = made_of_the_source(row.mutant for row in rows)
    return [row for row in rows if row.mutant in made]


def made_of_the_source(names: Iterable[str]) -> set[str]:
    """The mutants that are made of the source as it is, of the files that these are of."""
    files = {name.partition(" ")[0] for name in names}
    return {mutant.id for file in files if (SOURCES / file).exists() for mutant in mutants_of(file)}


def page_of(found: Sequence[Result], commit: str, on: date) -> str:
    """The page: figures by room, and what is not caught."""
    lines = [
        "# Mutants",
        "",
        "Wrong servers made by a machine, each the source with one small change, and who notices them.",
        "Generated by `python tests/contract/mutants.py page`; CI tries a sample of what cases caught again.",
        "",
        f"Written {on.isoformat()} at {commit}: a sample of {len(found)} of the mutants of `domain/`, `world/`,",
        "`sign_in/`, `http/wire/` and `http/operations/`. A judge counts as not having caught what none of the checks",
        "that it was let try has caught; a judge is not asked about every mutant, `of` says about how many it was.",
        "Off the wire is code that no answer of the vendor's API comes from: pytest's to catch, not the cases'.",
        "",
        f"| room | {' | '.join(f'{judge} caught | of' for judge in JUDGES)} | caught by any |",
        f"|---|{'---|' * (2 * len(JUDGES) + 1)}",
    ]
    on_the_wire = [one for one in found if not _is_off_the_wire(one) and one.mutant not in EQUIVALENT]
    by_room = {room: [one for one in on_the_wire if one.mutant.startswith(f"{room}/")] for room in ROOMS}
    by_room |= {"all on the wire": on_the_wire, "off the wire": [one for one in found if _is_off_the_wire(one)]}
    for room, rows in by_room.items():
        cells = []
        for judge in JUDGES:
            judged_ones = [one for one in rows if judge in one.killed]
            cells += [str(sum(one.killed[judge] is not None for one in judged_ones)), str(len(judged_ones))]
        either = sum(any(one.killed.values()) for one in rows)
        lines.append(f"| {room} | {' | '.join(cells)} | {either} of {len(rows)} |")
    by_pytest = [one for one in on_the_wire if one.killed.get(PYTEST) is not None]
    shares = [
        f"{sum(one.killed.get(generation) is not None for one in by_pytest)} in {generation}"
        for generation in GENERATIONS
    ]
    lines += ["", f"Of the {len(by_pytest)} on the wire that pytest catches, the cases catch {' and '.join(shares)}."]
    is_compared = any(PYTEST in one.killed for one in found)
    lines += [] if is_compared else ["", "pytest's tests have judged none of these yet."]
    equivalent = [one.mutant for one in found if one.mutant in EQUIVALENT]
    lines += ["", f"## Equivalent: {len(equivalent)}", ""]
    lines += [f"- `{name.replace('`', chr(39))}`: {EQUIVALENT[name]}" for name in equivalent]
    lines += ["", "## Off the wire", "", *(f"- `{file}` {why}" for file, why in OFF_THE_WIRE.items())]
    unseen = [one.mutant for one in found if one.mutant in UNSEEN]
    lines += ["", f"## Off the wire in a file that is on it: {len(unseen)}", ""]
    lines += [f"- `{name.replace('`', chr(39))}`: {UNSEEN[name]}" for name in unseen]
    for title, is_one in _LISTS.items():
        if PYTEST in title and not is_compared:
            continue
        names = [one.mutant for one in on_the_wire if is_one(one)]
        lines += ["", f"## {title}: {len(names)}", "", *(f"- `{name.replace('`', chr(39))}`" for name in names)]
    living = [one.mutant for one in found if _is_off_the_wire(one) and not any(one.killed.values())]
    lines += ["", f"## Off the wire, caught by no judge that was asked: {len(living)}", ""]
    lines += [f"- `{name.replace('`', chr(39))}`" for name in living]
    return "\n".join(lines) + "\n"


def _is_off_the_wire(result: Result) -> bool:
    return result.mutant.partition(" ")[0] in OFF_THE_WIRE or result.mutant in UNSEEN


_LISTS: Mapping[str, Callable[[Result], bool]] = {
    f"Caught by pytest and by no case in {generation}": lambda one, generation=generation: (  # type: ignore[misc]
        one.killed.get(PYTEST) is not None and one.killed.get(generation, "") is None
    )
    for generation in GENERATIONS
} | {"Caught by no judge that was asked": lambda one: not any(one.killed.values())}


def _told(result: Result) -> str:
    marks = " ".join(f"{judge} {'-' if name is None else 'x'}" for judge, name in result.killed.items())
    return f"{marks}  {result.mutant}"


if __name__ == "__main__":
    sys.exit(main())
