"""A server that is killed under load, and what is there after the restart.

    python tests/kills.py --times 200 [--durability power | --state postgresql://...]

Several senders page two extensions each time. The server is killed after a random number of answers and started again
on the same state: every page that was answered is there once, under its id, in all three mailboxes; one that was not
answered is there as a whole or not at all. A token that was told before is good.
"""

import argparse
import random
import signal
import tempfile
import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx2

from command_line import Served, served
from support import Client

SENDERS = 4
MAILBOXES = ("101", "102", "103")
MOST_ANSWERED = 300


@dataclass
class Round:
    """What one life of a server was asked for."""

    answered: dict[str, int] = field(default_factory=dict)
    """The id of each page that was answered, by its text."""
    sent: int = 0
    until: int = 0
    """How many are answered before the server is killed."""
    is_time: threading.Event = field(default_factory=threading.Event)
    problems: list[str] = field(default_factory=list)


def load(url: str, client: Client, found: Round, sender: int) -> None:
    """Page until the server is gone."""
    with httpx2.Client(base_url=url, trust_env=False) as http:
        for number in range(10_000):
            text = f"{sender}-{number}"
            body = {"text": text, "to": [{"extensionNumber": "102"}, {"extensionNumber": "103"}]}
            found.sent += 1
            try:
                answer = http.post(
                    "/restapi/v1.0/account/~/extension/~/company-pager", json=body, headers=client.bearer("101")
                )
            except httpx2.HTTPError:
                found.is_time.set()
                return
            if answer.status_code != 200:
                found.problems.append(f"{text} was refused: {answer.status_code} {answer.text}")
                found.is_time.set()
                return
            found.answered[text] = answer.json()["id"]
            if len(found.answered) >= found.until:
                found.is_time.set()


def pages_of(client: Client, extension: str) -> list[tuple[str, int]]:
    """Text and conversation of each page in a mailbox."""
    found: list[tuple[str, int]] = []
    for page in range(1, 1000):
        answer = client.get(
            "/restapi/v1.0/account/~/extension/~/message-store", by=extension, params={"perPage": 1000, "page": page}
        ).json()
        found += [(each["subject"], each["id"]) for each in answer["records"]]
        if "nextPage" not in answer["navigation"]:
            return found
    raise AssertionError("a mailbox without an end")


def check(client: Client, found: Round) -> None:
    """Compare what there is with what was answered."""
    mailboxes = {extension: pages_of(client, extension) for extension in MAILBOXES}
    ids = dict(mailboxes["101"])
    for text, number in found.answered.items():
        if ids.get(text) != number:
            found.problems.append(f"{text} was answered as {number}, and is {ids.get(text)}")
    counted = {extension: Counter(text for text, _ in pages) for extension, pages in mailboxes.items()}
    for text in set().union(*counted.values()):
        counts = [counted[extension][text] for extension in MAILBOXES]
        if counts != [1, 1, 1]:
            found.problems.append(f"{text} is there {counts} times")


def lives(state: Path | str, dice: random.Random, times: int, *arguments: str) -> Iterator[Round]:
    """So many servers, each killed, and each asked for what the one before it had answered."""
    found, token, client_id = Round(), {}, ""
    for number in range(times + 1):
        with served("--quiet", "--state", str(state), *arguments) as server, Client(server.url) as client:
            if number:
                client.client_id, client._tokens = client_id, token
                check(client, found)
                client.call("DELETE", f"/_mock/worlds/{client_id}")
                yield found
            if number == times:
                return
            found, client.client_id, client._tokens = Round(), f"kills-{number}", {}
            client_id, token = client.client_id, client._tokens
            kill_under_load(server, client, found, dice)


def kill_under_load(server: Served, client: Client, found: Round, dice: random.Random) -> None:
    """After a random number of answers, while others are on their way."""
    found.until = dice.randint(1, MOST_ANSWERED)
    for extension in MAILBOXES:
        client.token(extension)
    senders = [threading.Thread(target=load, args=(server.url, client, found, each)) for each in range(SENDERS)]
    for each in senders:
        each.start()
    found.is_time.wait(60)
    server.process.send_signal(signal.SIGKILL)
    for each in senders:
        each.join()


def main() -> None:
    """Print what was lost, and exit with 1 for anything that was."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--times", type=int, default=200)
    parser.add_argument("--durability", choices=["process", "power"])
    parser.add_argument("--state", help="an empty database, instead of a file")
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    dice, answered, sent, problems = random.Random(asked.seed), 0, 0, 0
    with tempfile.TemporaryDirectory() as folder:
        durability = () if asked.durability is None else ("--durability", asked.durability)
        for found in lives(asked.state or Path(folder) / "kills.db", dice, asked.times, *durability):
            answered, sent = answered + len(found.answered), sent + found.sent
            problems += len(found.problems)
            for problem in found.problems:
                print(problem)
    print(f"{asked.times} kills, {sent} calls, {answered} answered: {problems} lost or half there")
    raise SystemExit(1 if problems else 0)


if __name__ == "__main__":
    main()
