"""What each operation costs ringmock, on a small and on a filled store; beside another checkout, pair by pair.

    python benchmarks/operations.py [--stored 200 100000] [--against CHECKOUT] [--rounds 5] [--seconds 2] [--only list]

One server after the other on the same core, wrk on another. With `--against`, that checkout's server is called right
after ours for each operation, and the ratios are the medians of the rounds' ratios. The longest pause is the garbage
collector's, by its own processor time.
"""

import argparse
import contextlib
import json
import statistics
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import readme
from contenders.exchange import SMS, call
from contenders.serving import ContenderFailed, environment, pinned, stop
from driver import Driven, driven, need_wrk

HERE = Path(__file__).parent
OWN = "/restapi/v1.0/account/~/extension/~"
STORE, SYNC = f"{OWN}/message-store", f"{OWN}/message-sync"
TOKEN = "/restapi/oauth/token"
FORM = {"Content-Type": "application/x-www-form-urlencoded", "Authorization": "Basic ZGVtbzpkZW1v"}
TO_DEPARTMENT = json.dumps(
    {"from": {"extensionNumber": "101"}, "to": [{"extensionNumber": "200"}], "text": "Test page"}
)


class Request(NamedTuple):
    """One call. `is_refused`: it has to be answered 4xx."""

    method: str
    path: str
    body: str = ""
    headers: Mapping[str, str] = SMS.headers
    is_refused: bool = False


def to_colleague(url: str) -> Request:
    """An SMS to an extension's number."""
    return Request("POST", SMS.path, SMS.good.replace("14151003732", "16509100102"))


def refused(url: str) -> Request:
    """An SMS without a text."""
    return Request("POST", SMS.path, SMS.bad[0], is_refused=True)


def one_message(url: str) -> Request:
    """The newest message."""
    return Request("GET", f"{STORE}/{_newest(url)['id']}")


def content(url: str) -> Request:
    """The text of the newest message, as its attachment."""
    uri = _newest(url)["attachments"][0]["uri"]
    return Request("GET", uri[uri.index("/restapi") :])


def changes(url: str) -> Request:
    """ISync when nothing has changed."""
    _get(url, "/_mock/clock/advance", "POST", '{"seconds": 600}')
    token = _get(url, f"{SYNC}?recordCount=1")["syncInfo"]["syncToken"]
    return Request("GET", f"{SYNC}?syncToken={token}")


def sign_in(url: str) -> Request:
    """A token by JWT."""
    grant = "urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer"
    return Request("POST", TOKEN, f"grant_type={grant}&assertion=demo-jwt-101", FORM)


OPERATIONS: Mapping[str, Callable[[str], Request]] = {
    "`POST sms`": lambda _: Request("POST", SMS.path, SMS.good),
    "SMS to an extension": to_colleague,
    "page to a Department": lambda _: Request("POST", f"{OWN}/company-pager", TO_DEPARTMENT),
    "a refused 400": refused,
    "one message": one_message,
    "content": content,
    "list of 20, filtered": lambda _: Request("GET", f"{STORE}?perPage=20&direction=Outbound&messageType=SMS"),
    "list of 100": lambda _: Request("GET", f"{STORE}?perPage=100"),
    "FSync of 100": lambda _: Request("GET", f"{SYNC}?syncType=FSync&recordCount=100"),
    "ISync": changes,
    "token by JWT": sign_in,
}
"""What makes the request, given a server's URL."""


def _get(url: str, path: str, method: str = "GET", body: str | None = None) -> Any:
    status, answer = call(url, method, path, SMS.headers, body)
    if status >= 300:
        raise ContenderFailed(f"{method} {path} is answered with {status}: {str(answer)[:200]}")
    return answer


def _newest(url: str) -> Any:
    return _get(url, f"{STORE}?perPage=1")["records"][0]


class Served(NamedTuple):
    """A server process with a filled store; `pause` tells its longest one since it was last asked."""

    url: str
    process: "subprocess.Popen[str]"

    def pause(self) -> float:
        """In milliseconds."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        return float(self.process.stdout.readline())


@contextlib.contextmanager
def serving(checkout: Path, stored: int) -> Iterator[Served]:
    """A server of a checkout whose world holds so many messages."""
    found = environment(HERE)
    command = [*pinned(0), sys.executable, str(HERE / "contenders" / "servers" / "filled.py"), str(stored)]
    process = subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=found | {"PYTHONPATH": f"{checkout / 'src'}:{HERE}"},
        start_new_session=True,
    )
    try:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        if not url:
            raise ContenderFailed(f"the server of {checkout} has ended with {process.wait()}")
        yield Served(url, process)
    finally:
        stop(process)  # type: ignore[arg-type]  # whatever its streams are


class Samples(NamedTuple):
    """Of one operation on one server, a figure for each round."""

    runs: list[Driven]
    pauses: list[float]


def one_round(served: Sequence[Served], name: str, asked: argparse.Namespace, samples: Sequence[Samples]) -> None:
    """Call one server after the other."""
    for server, found in zip(served, samples, strict=True):
        request = OPERATIONS[name](server.url)
        server.pause()
        run = driven(
            server.url + request.path,
            request.method,
            request.body,
            request.headers,
            asked.connections,
            asked.seconds,
            server.process.pid,
            refused=request.is_refused,
        )
        found.runs.append(run)
        found.pauses.append(server.pause())


def row_of(name: str, stored: int, samples: Sequence[Samples]) -> list[str]:
    """Medians, and the ratio to the other checkout."""
    runs = samples[0].runs
    rate, middle, p99 = (statistics.median(run[place] for run in runs) for place in range(3))
    cpus = [run.cpu for run in runs if run.cpu is not None]
    cells = [
        *(name, f"{stored:,}", f"{rate:,.0f}", f"{statistics.median(cpus):.0f}" if cpus else "unknown"),
        *(f"{middle:.1f}", f"{p99:.1f}", f"{p99 / middle:.1f}", f"{max(samples[0].pauses):.1f}"),
    ]
    if len(samples) > 1:
        both = list(zip(runs, samples[1].runs, strict=True))
        cells.append(_ratio([ours.rate / theirs.rate for ours, theirs in both]))
        costs = [ours.cpu / theirs.cpu for ours, theirs in both if ours.cpu is not None and theirs.cpu is not None]
        cells.append(_ratio(costs) if costs else "unknown")
    return cells


def _ratio(of_rounds: Sequence[float]) -> str:
    return f"{statistics.median(of_rounds):.2f} ({min(of_rounds):.2f} to {max(of_rounds):.2f})"


def options() -> argparse.ArgumentParser:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--stored", type=int, nargs="+", default=[200, 100_000], help="messages, each to another phone")
    parser.add_argument("--against", type=Path, metavar="CHECKOUT", help="another checkout of ringmock")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=2)
    parser.add_argument("--connections", type=int, default=16)
    parser.add_argument("--only", default="", help="operations whose names have this in them")
    readme.may_write(parser)
    return parser


def main() -> int:
    """Print the table."""
    parser = options()
    asked = parser.parse_args()
    need_wrk(parser)
    checkouts = [HERE.parent, *([asked.against.resolve()] if asked.against else [])]
    names = [name for name in OPERATIONS if asked.only in name]
    rows = []
    for stored in asked.stored:
        with contextlib.ExitStack() as held:
            served = [held.enter_context(serving(checkout, stored)) for checkout in checkouts]
            for name in names:
                samples = [Samples([], []) for _ in served]
                for _ in range(asked.rounds):
                    one_round(served, name, asked, samples)
                rows.append(row_of(name, stored, samples))
                print(" ".join(rows[-1]), file=sys.stderr)
    heads = ["operation", "stored", "requests/s", "CPU a call, µs", "median, ms", "p99, ms", "p99 / median"]
    heads += ["longest pause, ms", *(["rate by the other", "CPU by the other"] if asked.against else [])]
    said = f"at {asked.connections} connections; medians of {asked.rounds} rounds of {asked.seconds:g} s."
    written = f"{readme.table(heads, rows)}\n\n{readme.machine(2)}; {said}"
    readme.end("operations", written, asked)
    return 0


if __name__ == "__main__":
    sys.exit(main())
