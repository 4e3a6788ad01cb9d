"""A report as a person reads it on a terminal: the causes on the first screen, then each of them in full."""

import textwrap
from collections import Counter
from collections.abc import Iterable, Iterator

from ..findings import NOT_IMPLEMENTED, TO_HAVE_IT, ContractReport, Finding, Verdict, by_part
from .causes import Cause, causes_of, counted

WIDTH = 118
MAX_DETAIL_LINES = 60
MAX_DETAIL_LINE = 600
"""Characters of a line, as an answer is one."""
MAX_COMMANDS = 1500
"""Characters of what reproduces a failure: the longest text of an SMS fits, and a screen holds it."""
MAX_REPORTED = 10
"""Causes that are printed in full; the others in a line each. The other reports have all of them whole."""
MAX_MORE = 10
MAX_NAMES = 5
MAX_COUNTS = 8
MAX_OPERATIONS = 12
MAX_SKIPPED = 6
"""Reasons for skipping that are printed with the lines that take them away; as many again come without."""
INDENT = " " * 8


def text(report: ContractReport) -> str:
    """The causes, the most telling first; the most telling in full; what was skipped and why; and the counts."""
    causes = causes_of(report.new)
    lines = [*_overview(causes, report), *_in_full(causes), *_known(report)]
    return "\n".join([*lines, *_skipped(report.of(Verdict.SKIPPED)), *_totals(report)])


def failure_text(finding: Finding) -> str:
    """A failure as a person reads it: its name, where it is, what was expected and came, how to see it again."""
    keeps = f"; keeps {', '.join(finding.keeps)}" if finding.keeps else ""
    lines = [f"FAILED  {finding.name}", *_indented([f"{finding.where}{keeps}"])]
    detail = finding.detail.splitlines()
    lines += ["", *_indented(_bounded(line) for line in detail[:MAX_DETAIL_LINES])]
    if len(detail) > MAX_DETAIL_LINES:
        lines += _indented([f"... and {len(detail) - MAX_DETAIL_LINES} lines more; the JUnit report has them"])
    return "\n".join([*lines, *_indented(_commands(finding))]).rstrip()


def _commands(finding: Finding) -> list[str]:
    """What reproduces it: whole, so that it can be copied, or its beginning and where the whole is."""
    more = len(finding.reproduce) - MAX_COMMANDS
    if more <= 0:
        return finding.reproduce.splitlines()
    whole = f"the report of --report FOLDER has it whole, `ringmock contract replay FOLDER {finding.id}` does it again"
    return [*f"{finding.reproduce[:MAX_COMMANDS]}...".splitlines(), f"and {more} characters more: {whole}"]


def _bounded(line: str) -> str:
    more = len(line) - MAX_DETAIL_LINE
    return line if more <= 0 else f"{line[:MAX_DETAIL_LINE]}... and {more} characters more; the JSON report has them"


def _overview(causes: list[Cause], report: ContractReport) -> Iterator[str]:
    if not causes:
        return
    yield f"== {_number(len(report.new), 'failure')} of {_number(len(causes), 'cause')}"
    yield ""
    for place, cause in enumerate(causes[:MAX_REPORTED], start=1):
        yield f"{place:>3}. {_cut(cause.says, WIDTH - 18)} ({len(cause.findings)}) [{cause.first.id}]"
        if cause.sentence:
            yield f"     {_cut(cause.sentence, WIDTH - 5)}"
    yield from (
        f"   - {_cut(c.says, WIDTH - 12)} ({len(c.findings)})" for c in causes[MAX_REPORTED : MAX_REPORTED + MAX_MORE]
    )
    if len(causes) > MAX_REPORTED + MAX_MORE:
        yield f"   - and {len(causes) - MAX_REPORTED - MAX_MORE} causes more; the JSON report has them"
    yield ""
    for name, counts in zip(("operation", "rule"), counted(report.new), strict=True):
        if counts:
            parts = [f"{what} {count}" for what, count in counts.most_common(MAX_COUNTS)]
            more = [f"{len(counts) - MAX_COUNTS} more"] if len(counts) > MAX_COUNTS else []
            yield from textwrap.wrap(f"by {name}: {', '.join([*parts, *more])}", WIDTH, subsequent_indent="  ")
    yield ""


def _in_full(causes: list[Cause]) -> Iterator[str]:
    for place, cause in enumerate(causes[:MAX_REPORTED], start=1):
        yield f"-- {place}. {cause.says}"
        yield ""
        yield failure_text(cause.first)
        if len(cause.findings) > 1:
            yield ""
            yield from _indented([f"and {len(cause.findings) - 1} more because of it: {_names(cause.findings[1:])}"])
        yield ""


def _names(findings: Iterable[Finding]) -> str:
    names = list(dict.fromkeys(finding.group or finding.name for finding in findings))
    more = [f"{len(names) - MAX_NAMES} more"] if len(names) > MAX_NAMES else []
    return "; ".join([*names[:MAX_NAMES], *more])


def _known(report: ContractReport) -> Iterator[str]:
    if report.known:
        causes = len(causes_of(report.known))
        yield f"KNOWN   {_number(len(report.known), 'failure')} of {_number(causes, 'cause')}, by the baseline"
    for name in report.mended:
        yield f"MENDED  {name}: --update-baseline takes it out"
    if report.known or report.mended:
        yield ""


def _skipped(findings: Iterable[Finding]) -> Iterator[str]:
    """Each reason once, and how many it kept from running; the operations that are not there in one."""
    reasons = Counter((finding.part, finding.detail) for finding in findings)
    lacking = {reason: count for reason, count in reasons.items() if reason[1].startswith(NOT_IMPLEMENTED)}
    if lacking:
        names = sorted({reason.removeprefix(NOT_IMPLEMENTED) for _, reason in lacking})
        head = f"NOT IMPLEMENTED: {_number(len(names), 'operation')}"
        more = [f"and {len(names) - MAX_OPERATIONS} more"] if len(names) > MAX_OPERATIONS else []
        listed = ", ".join([*names[:MAX_OPERATIONS], *more])
        sentence = f"{head}, {_number(sum(lacking.values()), 'finding')} left out: {listed}"
        yield from textwrap.wrap(sentence, WIDTH, subsequent_indent="  ")
    rest = [each for each in reasons.most_common() if each[0] not in lacking]
    for place, ((part, reason), count) in enumerate(rest[: 2 * MAX_SKIPPED]):
        said = reason if place < MAX_SKIPPED else reason.partition(TO_HAVE_IT)[0]
        yield f"SKIPPED {part}, {count}: {_cut(said, 400)}"
    if beyond := rest[2 * MAX_SKIPPED :]:
        left = sum(count for _, count in beyond)
        yield f"SKIPPED for {_number(len(beyond), 'reason')} more, {left}: the JUnit report has them"
    if reasons:
        yield ""


def _totals(report: ContractReport) -> Iterator[str]:
    for part, findings in by_part(report.findings):
        counts = Counter(finding.verdict for finding in findings)
        known = sum(finding.is_known for finding in findings)
        yield (
            f"{part:<10}{counts[Verdict.PASSED]:>6} passed{counts[Verdict.FAILED] - known:>6} failed"
            f"{f'{known:>6} known' if known else ''}{counts[Verdict.SKIPPED]:>6} skipped{report.took(part):>9.1f} s"
        )


def _number(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"


def _cut(words: str, width: int) -> str:
    return words if len(words) <= width else f"{words[: width - 3].rstrip()}..."


def _indented(lines: Iterable[str]) -> list[str]:
    return [f"{INDENT}{line}".rstrip() for line in lines]
