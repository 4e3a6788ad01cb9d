"""Coverage as text for a terminal, and as one HTML page that needs nothing else."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from jinja2 import Environment, PackageLoader, StrictUndefined

from .items import Coverage, CoverageItem, Dimension, Share
from .schemas import Kind, SchemaCoverage, Side

WIDTH = 118
MOST_NAMES = 5
"""Of each kind of a schema's things so many are named as missing; the report in JSON names all."""
_BAR = 30
_BEHAVIOUR = tuple(dimension for dimension in Dimension if dimension is not Dimension.OPERATIONS)


COST = "calls and changes of the world that a test makes, for each thing that it newly exercises"


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A test to add. `text` is the case in YAML, for under `cases:`; `items` is what it would exercise in addition."""

    name: str
    text: str
    calls: int
    items: tuple[CoverageItem, ...]
    generation: str
    curl: str | None = None
    """A command that makes its one call; None when the case has more."""

    @property
    def cost(self) -> float:
        """See `COST`."""
        return self.calls / len(self.items)


class Answers(NamedTuple):
    """One status of an operation, and its error codes."""

    status: CoverageItem
    codes: tuple[CoverageItem, ...]


class OperationRow(NamedTuple):
    """One operation: how much of it, and its answers."""

    item: CoverageItem
    share: Share
    answers: tuple[Answers, ...]


def text(coverage: Coverage, suggestions: Sequence[Suggestion]) -> str:
    """The figures, what is missing, and the cheapest tests to add."""
    lines = [
        _headline(coverage),
        "",
        *_figures(coverage),
        *_operations(coverage),
        *_signed(coverage),
        *_not_counted(coverage),
    ]
    if suggestions:
        lines += ["", f"The {_count(len(suggestions))} to add, by the fewest {COST}:"]
    for suggestion in suggestions:
        lines += ["", *_suggested(suggestion)]
    return "\n".join(lines)


def schemas_text(found: SchemaCoverage) -> str:
    """How much of the contract's schemas came in requests and in answers, and the beginning of what did not."""
    lines = [f"{'coverage of schemas':<24}{'done':>6}{'of':>6}{'':>9}"]
    for side in Side:
        for kind in Kind:
            share = found.of(side, kind)
            if share.total:
                lines.append(_figure(f"{side} {kind}", share))
    for side in Side:
        for kind in Kind:
            names = [point.name for point in found.missing if point.side is side and point.kind is kind]
            if names:
                shown = [*names[:MOST_NAMES], *([f"and {len(names) - MOST_NAMES} more"] if names[MOST_NAMES:] else [])]
                lines += ["", f"{side} {kind}, missing:", *(f"  {name}" for name in shown)]
    return "\n".join(lines)


def one_line(coverage: Coverage) -> str:
    """The percentages, as short as possible."""
    parts = [f"{each} {coverage.of(each)}" for each in _BEHAVIOUR if coverage.of(each).total]
    return f"{_headline(coverage)}; {', '.join([*parts, f'all {coverage.total}'])}"


def _headline(coverage: Coverage) -> str:
    touched = coverage.touched
    return f"{touched} of the operations are touched, {touched.exercised} of {touched.total}"


def _count(number: int) -> str:
    return "cheapest test" if number == 1 else f"{('no', 'one', 'two', 'three')[number]} cheapest tests"


def _figures(coverage: Coverage) -> Iterator[str]:
    yield f"{'of their behaviour':<24}{'done':>6}{'of':>6}{'':>9}"
    for dimension in _BEHAVIOUR:
        share = coverage.of(dimension)
        if share.total:
            yield _figure(dimension, share)
    yield _figure("all", coverage.total)


def _figure(name: str, share: Share) -> str:
    filled = int(_BAR * share.exercised / share.total) if share.total else _BAR
    return f"{name:<24}{share.exercised:>6}{share.total:>6}{share!s:>9}  {'#' * filled:.<{_BAR}}"


def _operations(coverage: Coverage) -> Iterator[str]:
    """The touched operations, each with what is missing of it; the others by their names alone."""
    rows = operation_rows(coverage)
    touched = [row for row in rows if coverage.is_exercised(row.item)]
    if touched:
        yield ""
        yield f"{'operation':<34}{'done':>6}{'of':>6}{'':>9}  missing"
    for row in touched:
        head = f"{row.item.name:<34}{row.share.exercised:>6}{row.share.total:>6}{row.share!s:>9}"
        yield from _wrapped(head + "  ", _missing_answers(coverage, row), len(head) + 2)
    others = [row.item.name for row in rows if not coverage.is_exercised(row.item)]
    if others:
        yield ""
        yield from _wrapped(f"never called, {len(others)}: ", ", ".join(others), 2)


def _missing_answers(coverage: Coverage, row: OperationRow) -> str:
    parts = []
    for answers in row.answers:
        codes = [item.name.rpartition(" ")[2] for item in answers.codes if not coverage.is_exercised(item)]
        status = answers.status.name.rpartition(" ")[2]
        if codes or not coverage.is_exercised(answers.status):
            parts.append(" ".join([status, *codes]))
    return "; ".join(parts)


def _signed(coverage: Coverage) -> Iterator[str]:
    for dimension in (Dimension.RULES, Dimension.DECISIONS, Dimension.GENERATIONS):
        missing = [item for item in coverage.missing if item.dimension is dimension]
        if missing:
            yield ""
            yield f"{dimension}, missing:"
        for item in missing:
            lacking = [
                said for key, said in zip(item.keys, item.evidence, strict=True) if key not in coverage.exercised.seen
            ]
            yield from _wrapped(f"  {item.name}: ", "; ".join(lacking), 8)


def _not_counted(coverage: Coverage) -> Iterator[str]:
    """What counts for nothing, and what should not be."""
    if coverage.hidden:
        names = ", ".join(item.name for item in coverage.hidden)
        yield ""
        yield from _wrapped("not to be seen in this run, and not counted: ", names, 2)
    if coverage.undocumented:
        yield ""
        yield from _wrapped("answers that the contract does not have: ", ", ".join(coverage.undocumented), 2)


def _suggested(suggestion: Suggestion) -> Iterator[str]:
    things = "thing" if len(suggestion.items) == 1 else "things"
    calls = "call" if suggestion.calls == 1 else "calls"
    names = ", ".join(item.name for item in suggestion.items)
    yield from _wrapped(f"# {suggestion.calls} {calls}, {len(suggestion.items)} {things}: ", names, 2, "# ")
    yield suggestion.text
    line = suggestion.curl
    if line is not None:
        yield f"# {line}"


def _wrapped(head: str, words: str, indent: int, mark: str = "") -> Iterator[str]:
    """`head` and the words, broken into lines at spaces."""
    line = head
    for word in words.split(" "):
        if len(line) + len(word) > WIDTH and line.strip():
            yield line.rstrip()
            line = mark.ljust(indent)
        line += f"{word} "
    yield line.rstrip()


def operation_rows(coverage: Coverage) -> tuple[OperationRow, ...]:
    """Every operation, in the contract's order."""
    of_codes = [item for item in coverage.countable if item.dimension is Dimension.CODES]
    of_statuses = [item for item in coverage.countable if item.dimension is Dimension.STATUSES]
    return tuple(
        OperationRow(
            operation,
            coverage.of_operation(operation.name),
            tuple(
                Answers(status, tuple(code for code in of_codes if code.name.startswith(f"{status.name} ")))
                for status in of_statuses
                if status.operation == operation.name
            ),
        )
        for operation in coverage.countable
        if operation.dimension is Dimension.OPERATIONS
    )


def html(coverage: Coverage, suggestions: Sequence[Suggestion]) -> str:
    """One page with style and without scripts, for a file or a browser."""
    environment = Environment(
        loader=PackageLoader("ringmock.coverage", ""),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
    )
    return environment.get_template("report.html").render(
        title="Coverage of behaviour",
        coverage=coverage,
        dimensions=[(dimension, coverage.of(dimension)) for dimension in Dimension if coverage.of(dimension).total],
        operations=operation_rows(coverage),
        signed=[
            (dimension, [item for item in (*coverage.countable, *coverage.hidden) if item.dimension is dimension])
            for dimension in (Dimension.RULES, Dimension.DECISIONS, Dimension.GENERATIONS)
        ],
        suggestions=suggestions,
        heading=_count(len(suggestions)),
        cost=COST,
    )
