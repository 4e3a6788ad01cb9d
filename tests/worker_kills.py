"""Workers that are killed under load, one at a time, while the server goes on.

    python tests/worker_kills.py --times 100 [--workers 3] [--durability power | --state postgresql://...]

Each sender has a world, some of them of each worker, and pages two extensions each time; a webhook is told of the pages
of one mailbox. A worker is killed again and again after a random number of answers. At the end every page that was
answered is there once, under its id, in all three mailboxes, one that was not answered is there as a whole or not at
all, and no webhook has come twice. Then all of it is there after a restart of the server.
"""

import argparse
import os
import random
import signal
import subprocess
import tempfile
import threading
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import httpx2

from command_line import Served, served
from kills import MAILBOXES, Round, check
from receivers import Receiver, event, subscribed
from support import PAGER, Client

SENDERS = 4
MOST_ANSWERED = 60


@dataclass
class Sender:
    """One world, and what came of it."""

    client: Client
    receiver: Receiver
    found: Round = field(default_factory=Round)
    broken: int = 0
    """Calls that no answer came to."""


def load(sender: Sender, until: threading.Event, answered: "threading.Semaphore") -> None:
    """Page until it is over. A call without an answer is not made again."""
    number = 0
    with httpx2.Client(base_url=sender.client.url, trust_env=False, timeout=60) as http:
        while not until.is_set():
            text, number = f"{sender.client.client_id}-{number}", number + 1
            body = {"text": text, "to": [{"extensionNumber": "102"}, {"extensionNumber": "103"}]}
            sender.found.sent += 1
            try:
                answer = http.post(PAGER, json=body, headers=sender.client.bearer("101"))
            except httpx2.HTTPError:
                sender.broken += 1
                continue
            if answer.status_code == 200:
                sender.found.answered[text] = answer.json()["id"]
                answered.release()
            else:
                sender.found.problems.append(f"{text} was refused: {answer.status_code} {answer.text}")
                return


def workers_of(server: Served) -> list[int]:
    """The processes that serve, now."""
    said = subprocess.run(
        ["ps", "-o", "pid=", "--ppid", str(server.process.pid)], capture_output=True, text=True, check=False
    )
    return [int(each) for each in said.stdout.split()]


def kill_one(server: Served, dice: random.Random) -> None:
    """Kill one of the workers, and see it started again."""
    found = workers_of(server)
    while not found:  # all of them are about to be started again
        found = workers_of(server)
    victim = dice.choice(found)
    os.kill(victim, signal.SIGKILL)
    server.log_until(lambda line: "is started again" in line)


def kill_under_load(server: Served, senders: Sequence[Sender], times: int, dice: random.Random) -> None:
    """So often, each time after a random number of answers."""
    until, answered = threading.Event(), threading.Semaphore(0)
    threads = [threading.Thread(target=load, args=(each, until, answered)) for each in senders]
    for each in threads:
        each.start()
    try:
        for _ in range(times):
            while answered.acquire(blocking=False):
                pass  # what was answered before the last kill
            for _ in range(dice.randint(1, MOST_ANSWERED)):
                assert answered.acquire(timeout=60), "nothing is answered any more"
            kill_one(server, dice)
        for _ in range(MOST_ANSWERED):
            assert answered.acquire(timeout=60), "nothing is answered any more"
    finally:
        until.set()
        for each in threads:
            each.join()


def twice(receiver: Receiver) -> list[str]:
    """What has come more than once."""
    uuids: Counter[str] = Counter()
    while receiver.has_more():
        with suppress(ValueError):  # half of one, of a worker that was killed
            uuids[event(receiver)["uuid"]] += 1
    return [f"the webhook {uuid} has come {count} times" for uuid, count in uuids.items() if count > 1]


def problems_of(senders: Sequence[Sender]) -> list[str]:
    """What was lost, is half there, or has come twice."""
    for each in senders:
        check(each.client, each.found)
    return [problem for each in senders for problem in (*each.found.problems, *twice(each.receiver))]


def survived(state: Path | str, dice: random.Random, times: int, *arguments: str) -> tuple[list[Sender], list[str]]:
    """What was sent, and what went wrong."""
    senders = [Sender(Client(""), Receiver()) for _ in range(SENDERS)]
    for each in senders:
        each.receiver.__enter__()
    try:
        with served("--quiet", "--state", str(state), *arguments) as server:
            _move(senders, server.url)
            for each in senders:
                for extension in MAILBOXES:
                    each.client.token(extension)
                subscribed(each.client, each.receiver, by="102")
            kill_under_load(server, senders, times, dice)
            problems = problems_of(senders)
        with served("--quiet", "--state", str(state), *arguments) as server:
            _move(senders, server.url)
            return senders, [*problems, *problems_of(senders)]
    finally:
        for each in senders:
            each.receiver.__exit__()
            each.client.__exit__()


def _move(senders: Sequence[Sender], url: str) -> None:
    """Let the clients, with what they have, call another server."""
    for each in senders:
        moved = Client(url)
        moved.client_id, moved._tokens = each.client.client_id, each.client._tokens
        each.client.__exit__()
        each.client = moved


def main() -> None:
    """Print what went wrong, and exit with 1 for anything that did."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--times", type=int, default=100)
    parser.add_argument("--workers", type=int, default=3)
    parser.add_argument("--durability", choices=["process", "power"])
    parser.add_argument("--state", help="an empty database, instead of a file")
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        state, dice = asked.state or Path(folder) / "kills.db", random.Random(asked.seed)
        durability = () if asked.durability is None else ("--durability", asked.durability)
        arguments = ("--workers", str(asked.workers), *durability)
        senders, problems = survived(state, dice, asked.times, *arguments)
    for problem in problems:
        print(problem)
    sent, answered = sum(each.found.sent for each in senders), sum(len(each.found.answered) for each in senders)
    broken = sum(each.broken for each in senders)
    print(f"{asked.times} kills, {sent} calls, {answered} answered, {broken} without an answer: {len(problems)} wrong")
    raise SystemExit(1 if problems else 0)


if __name__ == "__main__":
    main()
