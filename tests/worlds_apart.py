"""Many worlds called by several threads at once, by credentials of their own or by a header: none sees another's.

`python tests/worlds_apart.py --worlds 200 --threads 8` tells how many messages were seen in another world than theirs.
"""

import argparse
import sys
import uuid
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from random import Random
from typing import Any

from ringmock.fixture import load_named
from ringmock.serving.server import running
from support import SMS, STORE, Client, sms_body

HEADER = "X-Ringmock-World"
READY_MADE = {"Authorization": "Bearer demo-101"}
MESSAGES_EACH = 3


class Tagged:
    """One world's client: it tags what it sends, by the world's name."""

    def __init__(self, url: str, *, by_header: bool) -> None:
        self._client = Client(url)
        self.name = f"apart-{uuid.uuid4().hex[:12]}" if by_header else self._client.client_id
        self._signed = {**READY_MADE, HEADER: self.name} if by_header else self._client.bearer("101")

    def send(self, number: int) -> None:
        """One SMS that says whose it is."""
        answer = self._call("POST", SMS, json=sms_body(f"{self.name} {number}"))
        assert answer.status_code == 200, answer.text

    def foreign(self) -> list[str]:
        """What its mailbox, its handset and its journal have of others, and what they lack of its own."""
        wanted = sorted(f"{self.name} {number}" for number in range(MESSAGES_EACH))
        mailbox = sorted(each["subject"] for each in self._call("GET", STORE).json()["records"])
        seen = sorted(each["text"] for each in self._call("GET", "/_mock/messages").json()["messages"])
        calls = [call["operation"] for call in self._call("GET", "/_mock/journal").json()]
        sent = calls.count("createSMSMessage")
        found = [f"{self.name}: {each}" for each in (mailbox, seen) if each != wanted]
        return [*found, *([f"{self.name}: {sent} calls"] if sent != MESSAGES_EACH else [])]

    def _call(self, method: str, path: str, **more: Any) -> Any:
        return self._client.call(method, path, by=None, headers=self._signed, **more)

    def close(self) -> None:
        self._client.call("DELETE", f"/_mock/worlds/{self.name}", by=None)
        self._client.__exit__()


def apart(url: str, worlds: int, threads: int, seed: int = 1) -> list[str]:
    """What was seen across worlds: half of them by credentials, half by the header."""
    clients = [Tagged(url, by_header=number % 2 == 1) for number in range(worlds)]
    steps = [(client, number) for client in clients for number in range(MESSAGES_EACH)]
    Random(seed).shuffle(steps)
    try:
        with ThreadPoolExecutor(threads) as pool:
            list(pool.map(lambda step: step[0].send(step[1]), steps))
            return list(_joined(pool.map(Tagged.foreign, clients)))
    finally:
        for client in clients:
            client.close()


def _joined(parts: Iterator[Sequence[str]]) -> Iterator[str]:
    for part in parts:
        yield from part


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--worlds", type=int, default=200)
    parser.add_argument("--threads", type=int, default=8)
    given = parser.parse_args()
    with running(load_named("demo")) as (url, _):
        found = apart(url, given.worlds, given.threads)
    print("\n".join([*found[:20], f"{given.worlds} worlds on {given.threads} threads: {len(found)} seen across them"]))
    sys.exit(bool(found))
