"""Those who judge a server: pytest's tests, and the contract cases in each generation, all in this process.

A judge is warmed up once. Then it either notes which line each of its checks runs, or is asked in a forked child
whether one of them fails.
"""

import pickle
import threading
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from time import perf_counter
from typing import Any

import pytest

from .operators import ROOT, SOURCES
from .plant import Caches

PYTEST = "pytest"
GENERATIONS = ("2012", "current")
JUDGES = (PYTEST, *GENERATIONS)
ACCOUNTS = ("demo", "carriers", "source-page")
FOLDERS = ("domain", "world", "sign_in", "http", "control", "lab", "fixture")
"""Of the tests, those that run the program in their own process. The cases' own tests are none of them."""

Started = Callable[[str], None]
"""Takes the name of the check that is begun."""


class Judge:
    """`checks` has what there is to run, by name. What is warmed up is shared by all children."""

    checks: tuple[str, ...] = ()

    def failed(self, names: Iterable[str], started: Started) -> str | None:
        """The first of these checks that fails."""
        raise NotImplementedError

    def failed_again(self, names: Sequence[str], started: Started) -> str | None:
        """As `failed`, with all of the program imported again."""
        raise NotImplementedError

    def lines(self, seconds: dict[str, float], started: Started) -> dict[str, dict[int, list[str]]]:
        """By file and line the checks that run it; `WARM` for what was run before them."""
        raise NotImplementedError


WARM = ""


class Cases(Judge):
    """The contract cases of a generation, each on the account that it is at home on, and a server for each account."""

    def __init__(self, generation: str) -> None:
        from ringmock.contract.cases import bundled_cases

        self.generation = generation
        cases = bundled_cases()
        self._pickled = pickle.dumps(cases)
        self._warm(cases)

    def _warm(self, cases: Sequence[Any]) -> None:
        from ringmock.contract.cases.homes import homes_of
        from ringmock.fixture import load_named
        from ringmock.serving.server import build
        from ringmock.sign_in.worlds import Worlds

        templates = [load_named(name, generation=self.generation) for name in ACCOUNTS]
        about = [case for case in cases if case.holds_in(self.generation)]
        self._homes = {case.name: (template, case) for template, those in homes_of(about, templates) for case in those}
        self._applications = {template.name: build(Worlds(template)) for template in templates}
        self.checks = tuple(self._homes)

    def failed(self, names: Iterable[str], started: Started) -> str | None:
        with ExitStack() as servers:
            run = self._runner(servers)
            for name in names:
                started(name)
                if run(name):
                    return name
        return None

    def failed_again(self, names: Sequence[str], started: Started) -> str | None:
        self._warm(pickle.loads(self._pickled))
        known = set(self.checks)
        lost = next((name for name in names if name not in known), None)
        return lost or self.failed(names, started)

    def _runner(self, servers: ExitStack) -> Callable[[str], bool]:
        from ringmock.contract.cases.runner import run_case
        from ringmock.contract.target import Target
        from ringmock.serving.server import served

        urls: dict[str, str] = {}

        def fails(name: str) -> bool:
            template, case = self._homes[name]
            if template.name not in urls:
                urls[template.name] = servers.enter_context(served(self._applications[template.name]))
            return run_case(case, Target(urls[template.name], template, has_worlds=True)).failure is not None

        return fails

    def lines(self, seconds: dict[str, float], started: Started) -> dict[str, dict[int, list[str]]]:
        caches = Caches()
        with ExitStack() as servers:
            run = self._runner(servers)

            def checked(name: str) -> bool:
                caches.clear()
                return not run(name)

            return _measured(self.checks, checked, seconds, started)


class Tests(Judge):
    """pytest's tests, as collected by the session that this command is."""

    def __init__(self, session: pytest.Session, recorder: "Recorder") -> None:
        self._items = {item.nodeid: item for item in session.items}
        self._recorder = recorder
        self.checks = tuple(self._items)

    def failed(self, names: Iterable[str], started: Started) -> str | None:
        items = [self._items[name] for name in names if name in self._items]
        for item, following in zip(items, [*items[1:], None], strict=True):
            started(item.nodeid)
            self._run(item, following)
            if self._recorder.failed:
                return item.nodeid
        return None

    def _run(self, item: pytest.Item, following: pytest.Item | None) -> None:
        item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)

    def failed_again(self, names: Sequence[str], started: Started) -> str | None:
        recorder = Recorder(started)
        ended = pytest.main([*OPTIONS, *names], plugins=[recorder])
        if recorder.failed:
            return recorder.failed
        return "collection" if ended not in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED) else None

    def lines(self, seconds: dict[str, float], started: Started) -> dict[str, dict[int, list[str]]]:
        caches = Caches()
        following = dict(zip(self.checks, [*self.checks[1:], None], strict=True))

        def checked(name: str) -> bool:
            caches.clear()
            self._recorder.failed = None
            after = following[name]
            self._run(self._items[name], self._items[after] if after else None)
            return self._recorder.failed is None

        return _measured(self.checks, checked, seconds, started)


OPTIONS = ("-q", "-m", "not long", "-x", "-s", "-n0", f"--rootdir={ROOT}", f"-c{ROOT / 'pyproject.toml'}")


class Recorder:
    """A plugin of pytest's that notes the first failure, and what is begun."""

    def __init__(self, started: Started = lambda name: None) -> None:
        self.failed: str | None = None
        self._started = started

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        self._started(nodeid)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed and self.failed is None:
            self.failed = report.nodeid

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed and self.failed is None:
            self.failed = f"collection of {report.nodeid}"


# --- which check runs which line ----------------------------------------------------------------------

_measuring: list[Any] = []


def measure() -> None:
    """Note from now on which lines are run, in this thread and in those to come."""
    from coverage import Coverage

    measuring = Coverage(data_file=None, source=[str(SOURCES)], config_file=False, messages=False)
    measuring.start()
    _measuring.append(measuring)


def _measured(
    names: Sequence[str], passes: Callable[[str], bool], seconds: dict[str, float], started: Started
) -> dict[str, dict[int, list[str]]]:
    """A check that fails at the right server is left out: it proves nothing about a wrong one."""
    measuring, broken = _measuring[0], set()
    for name in names:
        started(name)
        measuring.switch_context(name)
        begun = perf_counter()
        if not passes(name):
            broken.add(name)
        seconds[name] = perf_counter() - begun
    measuring.stop()
    data = measuring.get_data()
    prefix = f"{SOURCES}/"
    return {
        file.removeprefix(prefix): {
            line: [name for name in those if name not in broken]
            for line, those in data.contexts_by_lineno(file).items()
        }
        for file in data.measured_files()
    }


def no_threads() -> bool:
    """Whether this process may be forked: a fork takes no other thread with it."""
    return threading.active_count() == 1
