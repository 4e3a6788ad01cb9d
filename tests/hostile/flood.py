"""Hostile requests by the hundred thousand at a server of its own, over real sockets: HTTP and WebSocket.

    python tests/hostile/flood.py --requests 1000000

Each is an input that was kept (`inputs.py`, `corpus`, `data`), or one made from it by a few changes of bytes. The
server runs in a process of its own; its world begins anew now and then, so that what is stored does not add up. The
summary at the end: answers by status, what was outside the envelope, the server's memory after a tenth of the requests
and at the end. The exit status is 1 where the server ended, answered 500, or left the envelope.
"""

import argparse
import base64
import contextlib
import json
import os
import random
import re
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))

from hostile import inputs  # noqa: E402  (found by the line above)
from hostile.targets import AUTHORIZATION, calls  # noqa: E402

READ = 65_536
SECONDS_FOR_AN_ANSWER = 20
ANEW_EVERY = 20_000
STATUS = re.compile(rb"HTTP/1\.1 (\d{3}) ")
TOKEN = b"".join((AUTHORIZATION[0], b": ", AUTHORIZATION[1], b"\r\n"))
PIECES = (
    b"\0", b"\xff", b"\r\n", b"\n", b"\r\n\r\n", b":", b";", b"%00", b"%", b"%2f", b"..", b"//", b"?", b"#", b"\\",
    b"Transfer-Encoding: chunked\r\n", b"Content-Length: 5\r\n", b"Host: x\r\n", b"Expect: 100-continue\r\n",
    b"0\r\n\r\n", b"--b", b"--b--", b"[", b"{", b'"', b"\\ud800", b"1e999", b"9" * 40, b"\xf0\x9f\x98\x80" * 8,
    b"a" * 9000,
    b"Connection: upgrade\r\nUpgrade: websocket\r\n", b"_method=HEAD", b"X-HTTP-Method-Override: HEAD\r\n", b" " * 200,
)  # fmt: skip


@dataclass
class Tally:
    """What came of the requests so far, of all threads."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    sent: int = 0
    statuses: Counter[str] = field(default_factory=Counter)
    wrong: list[tuple[str, bytes, bytes]] = field(default_factory=list)

    def add(self, statuses: list[str], wrong: list[tuple[str, bytes, bytes]]) -> None:
        with self.lock:
            self.sent += 1
            self.statuses.update(statuses or ["no answer"])
            self.wrong += wrong


def http_seeds() -> list[bytes]:
    """Whole requests, as they go over the wire."""
    made = []
    for one in inputs.HOSTILE_INPUTS:
        if len(one.body) < READ:
            headers = {"Content-Length": str(len(one.body)), **one.headers}
            lines = [
                f"{one.method} {one.target} HTTP/1.1",
                "Host: 127.0.0.1",
                *(f"{k}: {v}" for k, v in headers.items()),
            ]
            made.append("\r\n".join(lines).encode("latin-1") + b"\r\n" + TOKEN + b"\r\n" + one.body)
    for file in sorted((HERE / "corpus" / "body").iterdir()):
        data = file.read_bytes()
        with_body = [call for call in calls() if call[0] != "GET"]
        method, path = with_body[(data[:1] or b"\0")[0] % len(with_body)]
        made.append(_request(method.encode(), path, b"Content-Type: application/json\r\n", data[1:]))
    made += [_request(method.encode(), path, b"", b"") for method, path in calls()]
    suite = json.loads((HERE / "data" / "json_test_suite.json").read_text(encoding="utf-8"))
    sms = b"/restapi/v1.0/account/~/extension/~/sms"
    made += [
        _request(b"POST", sms, b"Content-Type: application/json\r\n", text.encode("latin-1")) for text in suite.values()
    ]
    return made


def frame_seeds() -> list[bytes]:
    """Messages of a WebSocket."""
    return [line for file in sorted((HERE / "corpus" / "frames").iterdir()) for line in file.read_bytes().split(b"\n")]


def _request(method: bytes, target: bytes, headers: bytes, content: bytes) -> bytes:
    head = b"%b %b HTTP/1.1\r\nHost: 127.0.0.1\r\n%b%bContent-Length: %d\r\n\r\n"
    return head % (method, target, TOKEN, headers, len(content)) + content


def mutated(data: bytes, dice: random.Random) -> bytes:
    """The same with up to four changes; one in ten as it is."""
    changed = bytearray(data)
    for _ in range(dice.choice((0, 1, 1, 1, 2, 2, 3, 4, 1, 1))):
        at = dice.randrange(len(changed) + 1)
        kind = dice.randrange(5)
        if kind == 0 and changed:
            changed[min(at, len(changed) - 1)] = dice.randrange(256)
        elif kind == 1:
            changed[at:at] = dice.choice(PIECES)
        elif kind == 2:
            del changed[at : at + dice.randrange(1, 20)]
        elif kind == 3:
            changed[at:at] = changed[max(0, at - 40) : at]
        else:
            del changed[at:]
    return bytes(changed)


def http_exchange(port: int, data: bytes, dice: random.Random) -> bytes:
    """All that comes back until the server closes, or has answered what was sent."""
    with socket.create_connection(("127.0.0.1", port), timeout=SECONDS_FOR_AN_ANSWER) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with contextlib.suppress(OSError):  # refused before it was all sent
            for piece in _pieces(data, dice):
                connection.sendall(piece)
            connection.shutdown(socket.SHUT_WR)
        return _all_of(connection)


def _pieces(data: bytes, dice: random.Random) -> Iterator[bytes]:
    if dice.random() < 0.9 or len(data) > 2_000:
        yield data
        return
    at = dice.randrange(len(data) + 1)
    yield data[:at]
    yield data[at:]


def _all_of(connection: socket.socket) -> bytes:
    said = b""
    with contextlib.suppress(ConnectionError):
        while piece := connection.recv(READ):
            said += piece
    return said


def judged(data: bytes, said: bytes) -> tuple[list[str], list[tuple[str, bytes, bytes]]]:
    """The statuses of the answers, and what is wrong with them."""
    statuses: list[str] = []
    wrong = [] if said or not data.strip(b"\r\n") else [("no answer", data, b"")]
    rest = said
    while rest:
        match = STATUS.match(rest)
        head, parted, after = rest.partition(b"\r\n\r\n")
        if match is None or not parted:
            wrong.append(("no HTTP", data, rest[:200]))
            break
        status = match[1].decode()
        statuses.append(status)
        if status == "100":
            rest = after
            continue
        body, rest = _body_of(head.lower(), after, rest_is_head=_is_head(data))
        problem = _problem(status, head.lower(), body)
        if problem is not None:
            wrong.append((problem, data, (head + parted + body)[:400]))
    return statuses, wrong


def _is_head(data: bytes) -> bool:
    return b"HEAD" in data.upper()


def _body_of(head: bytes, after: bytes, *, rest_is_head: bool) -> tuple[bytes, bytes]:
    length = re.search(rb"\ncontent-length: *(\d+)", head)
    if length is None:
        return after, b""
    if rest_is_head and not after[: int(length[1])]:
        return b"", b""
    return after[: int(length[1])], after[int(length[1]) :]


def _problem(status: str, head: bytes, body: bytes) -> str | None:
    if status == "500":
        return "500"
    if int(status) < 400 or not body or b"text/html" in head:
        return None
    try:
        said = json.loads(body)
    except ValueError:
        return "a refusal that is no JSON"
    is_told = isinstance(said, dict) and (
        ("errorCode" in said and "message" in said) or isinstance(said.get("error"), str)
    )
    return None if is_told else "a refusal outside the envelope"


def ws_exchange(port: int, data: bytes, dice: random.Random) -> tuple[list[str], list[tuple[str, bytes, bytes]]]:
    """A connection of its own, on which this message, or these bytes in the place of frames, are sent."""
    token = _ws_token(port)
    key = base64.b64encode(dice.randbytes(16)).decode()
    handshake = (
        f"GET /ws?access_token={token} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: Upgrade\r\n"
        f"Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n\r\n"
    ).encode()
    if dice.random() < 0.1:
        handshake = mutated(handshake, dice)
        said = http_exchange(port, handshake, dice)
        if said.startswith(b"HTTP/1.1 101"):
            return ["ws 101"], []
        statuses, wrong = judged(handshake, said)
        return ["ws " + status for status in statuses], wrong
    frames = b"".join(_frame(mutated(data, dice), dice) for _ in range(dice.randrange(1, 4)))
    if dice.random() < 0.2:
        frames = mutated(frames, dice)
    said = http_exchange(port, handshake + frames + _frame(b"\x03\xe8", random.Random(0), opcode=8), dice)
    wrong = [("500 over a WebSocket", data, said[-400:])] if b'"status":500' in said else []
    if not said.startswith(b"HTTP/1.1 101"):
        wrong.append(("no WebSocket", data, said[:200]))
    return ["ws 101"], wrong


def _frame(data: bytes, dice: random.Random, opcode: int | None = None) -> bytes:
    mask = dice.randbytes(4)
    kind = opcode if opcode is not None else dice.choice((1, 1, 1, 1, 2, 9, 0))
    size = len(data) if kind < 8 else min(len(data), 125)
    length = (
        bytes([size | 128])
        if size < 126
        else b"\xfe" + size.to_bytes(2, "big")
        if size < 65_536
        else b"\xff" + size.to_bytes(8, "big")
    )
    return bytes([128 | kind]) + length + mask + bytes(byte ^ mask[at % 4] for at, byte in enumerate(data[:size]))


_tokens: dict[int, tuple[float, str]] = {}


def _ws_token(port: int) -> str:
    """One for a while: it opens many connections."""
    made, token = _tokens.get(port, (0.0, ""))
    if time.monotonic() - made > 20:
        said = http_exchange(port, _request(b"POST", b"/restapi/oauth/wstoken", b"", b""), random.Random(0))
        token = json.loads(said.partition(b"\r\n\r\n")[2])["ws_access_token"]
        _tokens[port] = time.monotonic(), token
    return token


def work(port: int, requests: int, share: float, seed: int, tally: Tally) -> None:
    """One thread's part: `share` of its requests are connections of a WebSocket."""
    dice, seeds, frames = random.Random(seed), http_seeds(), frame_seeds()
    for _ in range(requests):
        is_ws = dice.random() < share
        data = dice.choice(frames) if is_ws else mutated(dice.choice(seeds), dice)
        try:
            tally.add(*(ws_exchange(port, data, dice) if is_ws else judged(data, http_exchange(port, data, dice))))
        except OSError as error:
            tally.add([type(error).__name__], [(str(error), data, b"")])


@contextlib.contextmanager
def serving() -> Iterator[tuple[subprocess.Popen[bytes], int, Path]]:
    """`ringmock serve` on any port: its process, its port and its log."""
    with tempfile.TemporaryDirectory() as folder:
        file, log = Path(folder) / "port", Path(folder) / "log"
        command = [Path(sys.executable).with_name("ringmock"), "serve", "--port", "0", "--port-file", str(file)]
        with log.open("wb") as written:
            process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=written)
        try:
            while not file.exists() and process.poll() is None:
                time.sleep(0.05)
            yield process, int(file.read_text()), log
        finally:
            process.terminate()
            process.wait()


def megabytes(process: subprocess.Popen[bytes]) -> float:
    """What the server holds now."""
    pages = int(Path(f"/proc/{process.pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def restart(port: int) -> None:
    call = urllib.request.Request(f"http://127.0.0.1:{port}/_mock/reset", method="POST")
    urllib.request.build_opener(urllib.request.ProxyHandler({})).open(call, timeout=60).read()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--requests", type=int, default=20_000)
    parser.add_argument("--websockets", type=float, default=0.1, help="their share (0.1)")
    parser.add_argument("--threads", type=int, default=8)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    tally, memory = Tally(), []
    began = time.monotonic()
    with serving() as (process, port, log):
        part = options.requests // options.threads
        threads = [
            threading.Thread(
                target=work, args=(port, part, options.websockets, options.seed * 1000 + number, tally), daemon=True
            )
            for number in range(options.threads)
        ]
        for thread in threads:
            thread.start()
        _watch(threads, process, port, tally, memory, part * options.threads)
        status, text = process.poll(), log.read_text(errors="replace")
    return _summary(options, tally, memory, status, text, time.monotonic() - began)


def _watch(
    threads: list[threading.Thread], process: Any, port: int, tally: Tally, memory: list[float], whole: int
) -> None:
    anew = 0
    while any(thread.is_alive() for thread in threads) and process.poll() is None:
        time.sleep(0.2)
        if tally.sent // ANEW_EVERY > anew:
            anew = tally.sent // ANEW_EVERY
            restart(port)
            memory.append(megabytes(process))
            print(f"{tally.sent:9} of {whole}  {memory[-1]:6.1f} MB  {len(tally.wrong)} wrong", flush=True)


def _summary(options: Any, tally: Tally, memory: list[float], status: int | None, log: str, seconds: float) -> int:
    for problem, data, said in tally.wrong[:10]:
        print(f"\n{problem}\n  sent {data[:300]!r}\n  got  {said!r}")
    tracebacks = log.count("Traceback")
    if tracebacks:
        print(log[log.index("Traceback") - 200 :][:4000])
    warm = memory[len(memory) // 10] if memory else 0.0
    wrong = Counter(problem for problem, _, _ in tally.wrong)
    print(f"\n{tally.sent} requests in {seconds:.0f} s, seed {options.seed}: {dict(sorted(tally.statuses.items()))}")
    print(f"exits: {0 if status is None else 1}; answers of 500: {tally.statuses['500']}; wrong: {dict(wrong) or 0}")
    last = memory[-1] if memory else 0.0
    print(f"tracebacks in the log: {tracebacks}; memory: {warm:.0f} MB after a tenth, {last:.0f} MB at the end")
    return 0 if status is None and not tally.wrong and not tracebacks else 1


if __name__ == "__main__":
    sys.exit(main())
