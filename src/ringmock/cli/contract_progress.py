"""How far a run is, shown: a bar on a terminal, and elsewhere a line now and then."""

import contextlib
import sys
import threading
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from ..contract.progress import Progress

BETWEEN_LINES = 30.0
"""Seconds: a CI that hears nothing for minutes looks stuck."""
BETWEEN_STEPS = 0.5


@contextlib.contextmanager
def shown(progress: "Progress") -> Iterator[Callable[[str], None]]:
    """Show it on standard error until the end; gives what says a line beside it."""
    bar = _bar(progress) if sys.stderr.isatty() else None
    if bar is not None:
        with bar as say:
            yield say
        return
    with _repeated(lambda: click.echo(f"  {progress.reached()}", err=True), BETWEEN_LINES):
        yield lambda line: click.echo(line, err=True)


def _bar(progress: "Progress") -> "contextlib.AbstractContextManager[Callable[[str], None]] | None":
    """A bar by rich; none where the extra `contract` is not installed."""
    try:
        from rich.console import Console
        from rich.progress import BarColumn, TextColumn
        from rich.progress import Progress as Bar
    except ModuleNotFoundError:
        return None

    @contextlib.contextmanager
    def drawn() -> Iterator[Callable[[str], None]]:
        console = Console(stderr=True)
        with Bar(BarColumn(), TextColumn("{task.description}"), console=console, transient=True) as bar:
            task = bar.add_task("", total=1.0)

            def step() -> None:
                reached = progress.reached()
                bar.update(task, completed=reached.share, description=str(reached))

            with _repeated(step, BETWEEN_STEPS):
                yield lambda line: console.print(line, markup=False, highlight=False)

    return drawn()


@contextlib.contextmanager
def _repeated(step: Callable[[], None], seconds: float) -> Iterator[None]:
    """The step every so many seconds, in a thread of its own."""
    ended = threading.Event()

    def work() -> None:
        while not ended.wait(seconds):
            step()

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
