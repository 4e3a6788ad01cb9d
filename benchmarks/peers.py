"""`POST sms` on ringmock and on its peers: medians and ratios of one run, never a timed test.

    python benchmarks/peers.py [--rounds 5] [--seconds 5] [--only ringmock,prism] [--connections 1 16 64] [--write]

One contender after another on the same core, the driver (wrk) on another, in interleaved rounds with a warm-up each.
What a contender claims to do is checked before it is timed. Whoever is not installed is left out, and told how to get.
"""

import argparse
import os
import statistics
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import readme
from contenders import CONTENDERS, Contender
from contenders.exchange import unkept_claims
from contenders.serving import ContenderFailed, pinned, serving
from driver import driven, need_wrk

HERE = Path(__file__).parent
OURS = "ringmock"
BUSY = 0.3
"""The load average, of one core, above which other work disturbs the figures."""


@dataclass
class Samples:
    """One contender at one number of connections: a figure for each round."""

    rates: list[float] = field(default_factory=list)
    p99s: list[float] = field(default_factory=list)
    cpus: list[float] = field(default_factory=list)
    """Microseconds of processor time a call; empty where the system does not tell."""


Results = Mapping[str, Mapping[int, Samples]]


def one_round(contender: Contender, asked: argparse.Namespace, samples: Mapping[int, Samples]) -> None:
    """Start it, check it, warm it up and time it. Raises `ContenderFailed`."""
    with serving(contender, asked.node_modules) as served:
        unkept = unkept_claims(
            served.url,
            contender.exchange,
            validates=contender.validates_request,
            remembers=contender.keeps_state,
        )
        if unkept:
            raise ContenderFailed("; ".join(unkept))
        exchange = contender.exchange
        call = (served.url + exchange.path, "POST", exchange.good, exchange.headers)
        driven(*call, 16, asked.warm_up * contender.warm_up, served.pid)
        for connections in asked.connections:
            found = driven(*call, connections, asked.seconds, served.pid)
            samples[connections].rates.append(found.rate)
            samples[connections].p99s.append(found.p99)
            samples[connections].cpus += () if found.cpu is None else (found.cpu,)


def measured(contenders: Sequence[Contender], asked: argparse.Namespace) -> tuple[Results, dict[str, str]]:
    """All rounds: the figures of those who ended them, and why the others did not."""
    results = {one.name: {connections: Samples() for connections in asked.connections} for one in contenders}
    failed: dict[str, str] = {}
    for number in range(asked.rounds):
        for contender in contenders:
            if contender.name in failed:
                continue
            told = f"round {number + 1} of {asked.rounds}: {contender.name:<16}"
            try:
                one_round(contender, asked, results[contender.name])
            except ContenderFailed as failure:
                failed[contender.name] = str(failure)
                print(f"{told} FAILED: {failure}", file=sys.stderr)
            else:
                rates = [samples.rates[-1] for samples in results[contender.name].values()]
                print(told + "".join(f"{rate:>9,.0f}" for rate in rates), file=sys.stderr)
    return {name: samples for name, samples in results.items() if name not in failed}, failed


def table(contenders: Sequence[Contender], results: Results, connections: Sequence[int]) -> str:
    """Medians, and how many times as fast ringmock is."""
    waiting = [number for number in connections if number > 1]
    heads = [
        *("contender", "validates request / answer", "keeps state"),
        *(f"requests/s at {number}" for number in connections),
        *(f"CPU a call at {number}, µs" for number in connections),
        *(f"p99 at {number}, ms" for number in waiting),
        f"ringmock is ... times as fast at {' / '.join(map(str, connections))}",
    ]
    rows = []
    for contender in contenders:
        if contender.name not in results:
            continue
        samples = results[contender.name]
        rates = {number: statistics.median(samples[number].rates) for number in connections}
        ratios = "–"
        if OURS in results and contender.name != OURS:
            ratios = " / ".join(
                f"{statistics.median(results[OURS][number].rates) / rates[number]:.1f}" for number in connections
            )
        rows.append(
            [
                contender.title,
                f"{yes(contender.validates_request)} / {yes(contender.validates_answer)}",
                yes(contender.keeps_state),
                *(f"{rates[number]:,.0f}" for number in connections),
                *(_processor_time(samples[number]) for number in connections),
                *(f"{statistics.median(samples[number].p99s):.1f}" for number in waiting),
                ratios,
            ]
        )
    return readme.table(heads, rows)


def _processor_time(samples: Samples) -> str:
    return f"{statistics.median(samples.cpus):.0f}" if samples.cpus else "unknown"


def yes(claim: bool) -> str:
    """A claim, for a table."""
    return "yes" if claim else "no"


def remarks(contenders: Sequence[Contender], results: Results, modules: Path) -> str:
    """Each contender's versions, and what it does and leaves out."""
    lines = []
    for contender in contenders:
        if contender.name in results:
            versions = ", ".join(f"{need.name} {need.version(modules)}" for need in contender.needs)
            lines.append(f"- {contender.title}: {contender.remark} ({versions}).")
    return "\n".join(lines)


def conditions(asked: argparse.Namespace, load: float) -> str:
    """Where, when and how it was measured."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    split = "one core for the server, one for the driver" if pinned(0) else "server and driver share the cores"
    noisy = f" **Noisy: the machine did other work (load {load:.1f} before the run).**" if load > BUSY * cores else ""
    return (
        f"{readme.machine(cores)}; {split}; medians of {asked.rounds} rounds of {asked.seconds:g} s for each number "
        f"of connections.{noisy}"
    )


def options() -> argparse.ArgumentParser:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--warm-up", type=float, default=2, help="seconds before each round; more for a JVM")
    parser.add_argument("--connections", type=int, nargs="+", default=[1, 16, 64])
    parser.add_argument("--only", metavar="A,B", help=", ".join(contender.name for contender in CONTENDERS))
    parser.add_argument(
        "--node-modules",
        type=Path,
        metavar="FOLDER",
        default=Path(os.environ.get("RINGMOCK_BENCH_MODULES", HERE / "contenders")),
        help="where `npm install --prefix FOLDER` put the contenders (RINGMOCK_BENCH_MODULES)",
    )
    readme.may_write(parser)
    return parser


def main() -> int:
    """Print the table; the exit status is 1 when a contender that is there failed."""
    parser = options()
    asked = parser.parse_args()
    asked.node_modules = asked.node_modules.resolve()
    names = asked.only.split(",") if asked.only else [contender.name for contender in CONTENDERS]
    unknown = set(names) - {contender.name for contender in CONTENDERS}
    if unknown:
        parser.error(f"no contender is named {', '.join(sorted(unknown))}")
    need_wrk(parser)
    load = os.getloadavg()[0]
    chosen = [contender for contender in CONTENDERS if contender.name in names]
    absent = {contender: contender.missing(asked.node_modules) for contender in chosen}
    present = [contender for contender in chosen if not absent[contender]]
    results, failed = measured(present, asked)
    written = [table(present, results, asked.connections), conditions(asked, load)]
    written.append(remarks(present, results, asked.node_modules))
    for contender, needs in absent.items():
        if needs:
            how = "; ".join(f"{need.name} is not installed ({need.how})" for need in needs)
            written.append(f"Left out: {contender.title}: {how}.")
    written += [f"Failed: {name}: {why}" for name, why in failed.items()]
    readme.end("peers", "\n\n".join(written), asked)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
