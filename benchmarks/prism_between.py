"""Prism between the contract cases and ringmock: what it says of each call, and no call is lost.

    npm install --prefix benchmarks/contenders
    python benchmarks/prism_between.py [--generation current] [--prisms 3] [--only TEXT]

Of what it says of accepted calls, `prism_reading.py` tells what is Prism's own from what is the contract's or the
server's fault; the exit status is 1 when there is any of that.

Calls go client, front, Prism, back, ringmock. The front gives each a number, which Prism passes on in a header. The
back sends ringmock the bytes that the client sent, once, and the front answers with ringmock's bytes: whatever Prism
makes of XX"""

import asyncio
import json
import os
import re
import signal
import sys
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import click

from prism_reading import REASONS, Read, Said, kind_where_it_ends, kinds_of, plain_target
from ringmock.contract.cases import Case, bundled_cases
from ringmock.contract.cases.homes import homes_of
from ringmock.contract.cases.runner import run_case
from ringmock.contract.target import Target
from ringmock.domain.generation import GENERATIONS
from ringmock.fixture import load_named
from ringmock.openapi.document import load_contract
from ringmock.serving.server import bound_socket, build, served
from ringmock.sign_in.worlds import Worlds

CLI = "node_modules/@stoplight/prism-cli/dist/index.js"
NUMBER = b"x-call-number"
ACCOUNTS = ("demo", "carriers", "source-page")
REFUSED_WITHIN_SECONDS = 1
"""When a body is too large by its announced length."""
MOST_BYTES = 1_000_000
"""A larger body goes past Prism, which takes minutes for it."""
SAID = re.compile(r'\{"location":(\[[^]]*\])[^{}]*?"message":("(?:[^"\\]|\\.)*")')
"""Where a violation is and what it says, in a list that Prism cuts where it is long."""


class Head(NamedTuple):
    """The start of a request or an answer: its first line, and its headers with names in lower case."""

    line: bytes
    headers: tuple[tuple[bytes, bytes], ...]

    def get(self, name: bytes) -> bytes:
        return next((value for known, value in self.headers if known == name), b"")

    def written(self, **others: bytes) -> bytes:
        """As bytes, with other headers, each `_` of whose names is a dash."""
        changed = {name.replace("_", "-").encode(): value for name, value in others.items()}
        kept = [(name, value) for name, value in self.headers if name not in changed]
        lines = [self.line, *(name + b": " + value for name, value in [*kept, *changed.items()])]
        return b"\r\n".join([*lines, b"", b""])


def head_of(raw: bytes) -> Head:
    """The start of a message, without the blank line that ends it."""
    line, *rest = raw.removesuffix(b"\r\n\r\n").split(b"\r\n")
    pairs = (each.partition(b":") for each in rest)
    return Head(line, tuple((name.strip().lower(), value.strip()) for name, _, value in pairs))


@dataclass
class Call:
    """One call: its start and its body as they came, ringmock's answer, and what Prism says of it."""

    head: Head
    body: bytes
    answer: bytes = b""
    violations: tuple[Said, ...] = ()
    violations_plainly: tuple[Said, ...] = ()
    """Of the same call by its plain target."""
    is_judged: bool = False
    said: str = ""
    """What Prism said in place of passing the call on."""

    @property
    def is_accepted(self) -> bool:
        return self.answer[9:10] == b"2"

    @property
    def read(self) -> Read:
        """As it is judged."""
        method, target, _ = self.head.line.decode("latin-1").split(" ")
        head, _, content = self.answer.partition(b"\r\n\r\n")
        answer = head_of(head)
        types = (each.get(b"content-type").decode("latin-1") for each in (self.head, answer))
        status = int(answer.line.split(b" ")[1])
        return Read(method, target, status, next(types), self.body, next(types), content)

    @property
    def kinds(self) -> tuple[str, ...]:
        """Why Prism says what it says of an accepted call, or judges it not at all, by keys of `REASONS`."""
        if not self.is_judged:
            return (kind_where_it_ends(self.read),)
        return kinds_of(self.read, self.violations, self.violations_plainly) if self.violations else ()


class Prism(NamedTuple):
    """One that runs, and where it listens."""

    port: int
    process: asyncio.subprocess.Process


@dataclass
class Between:
    """The calls that went through, by number, and the way there."""

    server: int
    calls: dict[int, Call] = field(default_factory=dict)
    prisms: asyncio.Queue[Prism] = field(default_factory=asyncio.Queue)
    """Those that have no call."""
    ends: int = 0
    """How often a Prism has ended."""
    past: int = 0
    """The connections that went past Prism."""

    async def front(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one request of a client."""
        with suppress(asyncio.IncompleteReadError, ConnectionError), closing(writer):
            head = head_of(await reader.readuntil(b"\r\n\r\n"))
            path = head.line.split(b" ")[1] if head.line.count(b" ") == 2 else b""
            if head.get(b"upgrade") or int(head.get(b"content-length") or 0) > MOST_BYTES:
                self.past += 1
                await (self._tunnel if head.get(b"upgrade") else self._large)(head, reader, writer)
                return
            call = Call(head, await body_of(head, reader))
            if path.startswith(b"/restapi"):
                await self._judged(call)
            await self._answered(call)
            answer, _, content = call.answer.partition(b"\r\n\r\n")
            writer.write(head_of(answer).written(connection=b"close") + content)
            await writer.drain()

    async def back(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer what a Prism has passed on."""
        with suppress(asyncio.IncompleteReadError, ConnectionError), closing(writer):
            head = head_of(await reader.readuntil(b"\r\n\r\n"))
            call = self.calls[int(head.get(NUMBER))]
            await self._answered(call)
            writer.write(call.answer)
            await writer.drain()

    async def _answered(self, call: Call) -> None:
        """Have ringmock answer, once."""
        if not call.answer:
            call.answer = await exchange(self.server, call.head.written(connection=b"close") + call.body)

    async def _judged(self, call: Call) -> None:
        """Have a Prism say what it thinks of a call, and of a violating one once more by its plain target."""
        number = len(self.calls)
        self.calls[number] = call
        said = await self._asked(call.head, call.body, number)
        head, _, content = said.partition(b"\r\n\r\n")
        call.is_judged = bool(call.answer) and bool(said)
        if not call.is_judged:
            call.said = (content or head or b"it ended").decode("utf-8", "replace")[:300]
            return
        call.violations = call.violations_plainly = violations_in(head)
        if call.violations and call.is_accepted:
            method, target, version = call.head.line.split(b" ")
            plain = plain_target(call.read).encode("latin-1")
            if plain != target:
                line = b" ".join((method, plain, version))
                said = await self._asked(call.head._replace(line=line), call.body, number)
                call.violations_plainly = violations_in(said.partition(b"\r\n\r\n")[0])

    async def _asked(self, head: Head, body: bytes, number: int) -> bytes:
        """What a Prism answers. Each has one call at a time: it may be the one that it ends at."""
        prism = await self.prisms.get()
        try:
            said = await exchange(prism.port, head.written(connection=b"close", x_call_number=b"%d" % number) + body)
        except OSError:
            said = b""
        with suppress(TimeoutError):
            await asyncio.wait_for(prism.process.wait(), 0 if said else 1)
        if prism.process.returncode is None:
            self.prisms.put_nowait(prism)
        return said

    async def _tunnel(self, head: Head, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """A WebSocket goes past Prism."""
        there, back = await asyncio.open_connection("127.0.0.1", self.server)
        with closing(back):
            back.write(head.written())
            await asyncio.gather(piped(reader, back), piped(there, writer))

    async def _large(self, head: Head, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """A large body goes past Prism. One that is refused by its length is read all the same: its client sends it."""
        there, back = await asyncio.open_connection("127.0.0.1", self.server)
        with closing(back):
            back.write(head.written(connection=b"close"))
            try:
                answer = await asyncio.wait_for(there.read(-1), REFUSED_WITHIN_SECONDS)
            except TimeoutError:
                back.write(await body_of(head, reader))
                await back.drain()
                answer = await there.read(-1)
        writer.write(answer)
        writer.write_eof()
        with suppress(TimeoutError):
            while await asyncio.wait_for(reader.read(65_536), REFUSED_WITHIN_SECONDS):
                pass


def violations_in(head: bytes) -> tuple[Said, ...]:
    """What the head of Prism's answer says of a call."""
    told = head_of(head).get(b"sl-violations").decode("utf-8", "replace")
    return tuple(Said(tuple(json.loads(where)), json.loads(what)) for where, what in SAID.findall(told))


@contextmanager
def closing(writer: asyncio.StreamWriter) -> Iterator[None]:
    """Close the connection in the end."""
    try:
        yield
    finally:
        writer.close()


async def body_of(head: Head, reader: asyncio.StreamReader) -> bytes:
    """The body of a request, as it came."""
    if head.get(b"transfer-encoding"):
        parts = [b""]
        while parts[-1] != b"0\r\n":
            size = await reader.readline()
            parts += [size, await reader.readexactly(int(size, 16) + 2)] if size != b"0\r\n" else [size]
        return b"".join(parts) + await reader.readuntil(b"\r\n")
    return await reader.readexactly(int(head.get(b"content-length") or 0))


async def exchange(port: int, request: bytes) -> bytes:
    """The whole answer to a request that ends its connection; empty for none."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    with closing(writer):
        writer.write(request)
        await writer.drain()
        return await reader.read(-1)


async def piped(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError), closing(writer):
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()


# --- Prisms ----------------------------------------------------------------------------------------


def without_int64(value: Any) -> Any:
    """A part of the contract without this format."""
    if isinstance(value, dict):
        return {key: without_int64(each) for key, each in value.items() if (key, each) != ("format", "int64")}
    return [without_int64(each) for each in value] if isinstance(value, list) else value


async def kept_running(between: Between, command: Sequence[str], upstream: str) -> None:
    """Keep one Prism running until the task is cancelled."""
    while True:
        with bound_socket("127.0.0.1", 0) as free:
            port: int = free.getsockname()[1]
        process = await asyncio.create_subprocess_exec(
            *(*command, upstream, "--host", "127.0.0.1", "--port", str(port), "--multiprocess", "false"),
            env={**os.environ, "NO_PROXY": "127.0.0.1"},
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )
        try:
            await listening(port, process)
            between.prisms.put_nowait(Prism(port, process))
            await process.wait()
            between.ends += 1
        finally:
            if process.returncode is None:
                process.terminate()
                await process.wait()


async def listening(port: int, process: asyncio.subprocess.Process) -> None:
    while process.returncode is None:
        with suppress(OSError):
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.close()
            return
        await asyncio.sleep(0.1)


@asynccontextmanager
async def between_both(server: int, command: Sequence[str], prisms: int) -> AsyncIterator[tuple[Between, int]]:
    """A way through so many Prisms to the server at this port, and the port that it begins at."""
    between = Between(server)
    back = await asyncio.start_server(between.back, "127.0.0.1", 0, limit=1 << 24)
    front = await asyncio.start_server(between.front, "127.0.0.1", 0, limit=1 << 24)
    upstream = f"http://127.0.0.1:{back.sockets[0].getsockname()[1]}"
    tasks = [asyncio.create_task(kept_running(between, command, upstream)) for _ in range(prisms)]
    while between.prisms.qsize() < prisms:
        await asyncio.sleep(0.1)
    try:
        yield between, front.sockets[0].getsockname()[1]
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        front.close()
        back.close()


# --- a run -----------------------------------------------------------------------------------------


def cases_by_account(generation: str, only: tuple[str, ...]) -> Iterator[tuple[str, tuple[Case, ...]]]:
    """The bundled cases of a generation, each on the first account that has what it needs."""
    accounts = [load_named(name, generation=generation) for name in ACCOUNTS]
    holding = [case for case in bundled_cases() if case.holds_in(generation)]
    about = [case for case in holding if not only or any(word in f"{case.file} {case.name}" for word in only)]
    for template, cases in homes_of(about, accounts):
        yield template.name, cases


@contextmanager
def given_up(pool: ThreadPoolExecutor) -> Iterator[ThreadPoolExecutor]:
    """Begin nothing more in the end, and wait for nothing: what runs needs the loop, which waits here."""
    try:
        yield pool
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


async def run(account: str, generation: str, cases: tuple[Case, ...], command: Sequence[str], prisms: int) -> Between:
    """Run the cases by Prism against a server of their own, and say which of them fail."""
    template = load_named(account, generation=generation)
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    assert task is not None  # a coroutine runs in one
    loop.add_signal_handler(signal.SIGTERM, task.cancel)
    with served(build(Worlds(template))) as url:
        async with between_both(int(url.rpartition(":")[2]), command, prisms) as (between, port):
            target = Target(f"http://127.0.0.1:{port}", template, has_worlds=True)
            with given_up(ThreadPoolExecutor(prisms)) as pool:
                ran = [loop.run_in_executor(pool, run_case, case, target) for case in cases]
                for case, done in zip(cases, ran, strict=True):
                    failure = (await done).failure
                    if failure is not None:
                        click.echo(f"FAILED {case.name}: {failure}")
            return between


def told(betweens: list[Between]) -> int:
    """Say what Prism says of accepted calls, and which calls it did not judge. Returns for how many it is right."""
    calls = [call for between in betweens for call in between.calls.values()]
    accepted = [call for call in calls if call.is_accepted]
    unjudged = [call for call in calls if not call.is_judged]
    kinds = {id(call): call.kinds for call in accepted if call.violations or not call.is_judged}
    wrong = [call for call in accepted if "" in kinds.get(id(call), ())]
    found = Counter(each.message for call in accepted for each in call.violations)
    click.echo(
        f"{len(calls)} calls, {len(calls) - len(unjudged)} of them judged by Prism; {len(accepted)} accepted,"
        f" {sum(bool(call.violations) for call in accepted)} of these with violations"
        f" and {sum(call.is_accepted for call in unjudged)} not judged: {len(wrong)} by a fault of contract or server."
        f" A Prism ended {sum(between.ends for between in betweens)} times;"
        f" {sum(between.past for between in betweens)} WebSockets and large bodies went past it."
    )
    for kind, often in Counter(kind for all_of_one in kinds.values() for kind in all_of_one if kind).most_common():
        click.echo(f"{often:>6} calls, {kind}: Prism {REASONS[kind]}")
    for call in wrong:
        click.echo(
            f" WRONG {call.head.line.decode()[:160]}: {'; '.join(each.message for each in call.violations)[:300]}"
        )
    for what, often in found.most_common():
        violating = (call for call in accepted if any(each.message == what for each in call.violations))
        click.echo(f"{often:>6} {what[:140]}  e.g. {next(violating).head.line.decode()[:160]}")
    for (said, line), often in Counter((call.said, call.head.line.decode()[:80]) for call in unjudged).most_common(40):
        click.echo(f"{often:>6} not judged: {line}: {said[:120]!r}")
    return len(wrong)


@click.command()
@click.option("--generation", type=click.Choice(list(GENERATIONS)), default="current", show_default=True)
@click.option("--prisms", type=click.IntRange(1), default=3, show_default=True, help="So many of them.")
@click.option("--only", multiple=True, help="Keep to cases with this in their file or name; again for more.")
@click.option(
    "--node-modules", "modules", type=click.Path(path_type=Path), default=Path(__file__).parent / "contenders"
)
def main(generation: str, prisms: int, only: tuple[str, ...], modules: Path) -> None:
    """Say what Prism says of the calls of the contract cases, and of ringmock's answers.

    --node-modules is the folder with `node_modules` in it.
    """
    cli = modules.resolve() / CLI
    if not cli.is_file():
        sys.exit(f"{cli} is missing: npm install --prefix benchmarks/contenders")
    parts = [part for part in cases_by_account(generation, only) if part[1]]
    with TemporaryDirectory() as folder:
        contract = Path(folder) / "openapi.json"
        contract.write_text(json.dumps(without_int64(load_contract())), encoding="utf-8")
        command = ("node", str(cli), "proxy", str(contract))
        try:
            sys.exit(told([asyncio.run(run(name, generation, cases, command, prisms)) for name, cases in parts]) > 0)
        except asyncio.CancelledError:
            sys.exit(128 + signal.SIGTERM)


if __name__ == "__main__":
    main()
