"""Replicas of one database that are killed under load, and a restart of the database.

    python tests/replica_kills.py --kills 20 --restarts 5 [--replicas 3] [--clients 8]

Each client has a world and a webhook, and calls any of the replicas each time, as a balancer would. It pages two
extensions, and then reads a mailbox: all that was answered is there once, under its id, what was not answered is there
as a whole or not at all, and what was deleted is gone. Meanwhile replicas are killed, each after a random number of
answers and replaced by a new one, and the database is stopped as by a crash and started. In the end no webhook has come
twice, and there were no more of them than pages.
"""

import argparse
import random
import signal
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field

import httpx2

from command_line import Served, served
from databases import Cluster, cluster
from kills import MAILBOXES
from receivers import Receiver, event, subscribed
from replica_pairs import are_shared, has_come
from support import PAGER, STORE, Client

MOST_ANSWERED = 60
MOST_TRIES = 2000
"""Of a reading that replicas are asked for until one has answered."""


class Replicas:
    """So many servers of one database, each of which may be killed and replaced."""

    def __init__(self, url: str, count: int, held: ExitStack) -> None:
        self._url, self._held = url, held
        self._serving: list[Served] = []
        for _ in range(count):
            self._start()
        assert has_come(lambda: are_shared(url, count)), "the replicas do not share the slots"

    def _start(self) -> None:
        self._serving.append(self._held.enter_context(served("--quiet", "--replica", "--state", self._url)))

    @property
    def urls(self) -> Sequence[str]:
        """Where they are, but for those that were killed."""
        return [each.url for each in self._serving]

    def kill_one(self, dice: random.Random) -> None:
        """Kill one of them, and start another one in its place."""
        victim = dice.choice(self._serving)
        self._serving.remove(victim)
        victim.process.send_signal(signal.SIGKILL)
        self._start()

    def still_serve(self) -> bool:
        """Whether none of those that were not killed has ended."""
        return all(each.process.poll() is None for each in self._serving)


@dataclass
class Sender:
    """One client, and what it has been told."""

    client: Client
    receiver: Receiver
    dice: random.Random
    urls: Callable[[], Sequence[str]]
    answered: dict[str, int] = field(default_factory=dict)
    """The id of each page that was answered and not deleted, by its text."""
    unsure: set[str] = field(default_factory=set)
    """What was not answered, or refused because a replica or the database was away."""
    deleted: set[str] = field(default_factory=set)
    sent: int = 0
    steps: int = 0
    told: int = 0
    """The pages that webhooks have told of."""
    problems: list[str] = field(default_factory=list)

    def call(self, method: str, path: str, by: str = "101", **more: object) -> httpx2.Response | None:
        """What any of the replicas answers; None where that is nothing."""
        url = self.dice.choice(self.urls())
        with suppress(httpx2.HTTPError), httpx2.Client(base_url=url, trust_env=False, timeout=60) as http:
            return http.request(method, path, headers=self.client.bearer(by), **more)
        return None

    def read(self, path: str, by: str, **more: object) -> httpx2.Response:
        """What is answered in the end."""
        for _ in range(MOST_TRIES):
            answer = self.call("GET", path, by, **more)
            if answer is not None and answer.status_code == 200:
                return answer
            if answer is not None and answer.status_code != 503:
                raise AssertionError(f"{path}: {answer.status_code} {answer.text}")
        raise AssertionError(f"{path} is not answered any more")


def step(sender: Sender) -> bool:
    """Do something, and compare with what is there then; whether it was answered."""
    text = f"{sender.client.client_id}-{sender.steps}"
    sender.steps += 1
    if sender.answered and sender.dice.random() < 0.1:
        return delete(sender, sender.dice.choice(list(sender.answered)))
    body = {"text": text, "to": [{"extensionNumber": "102"}, {"extensionNumber": "103"}]}
    sender.sent += 1
    answer = sender.call("POST", PAGER, json=body)
    if answer is not None and answer.status_code == 200:
        sender.answered[text] = answer.json()["id"]
        return True
    sender.unsure.add(text)
    if answer is not None and answer.status_code != 503:
        sender.problems.append(f"{text} was refused: {answer.status_code} {answer.text}")
    return False


def delete(sender: Sender, text: str) -> bool:
    """Delete a page from the mailbox of who has sent it, for good."""
    number = sender.answered.pop(text)
    sender.unsure.add(text)
    answer = sender.call("DELETE", f"{STORE}/{number}", params={"purge": "true"})
    if answer is None or answer.status_code not in (200, 204):
        return False
    sender.unsure.remove(text)
    sender.deleted.add(text)
    return True


def compare(sender: Sender, extension: str) -> None:
    """Compare a mailbox with what was answered."""
    found: dict[str, int] = {}
    for page in range(1, 1000):
        answer = sender.read(STORE, extension, params={"perPage": 1000, "page": page}).json()
        for each in answer["records"]:
            if each["subject"] in found:
                sender.problems.append(f"{each['subject']} is there twice")
            found[each["subject"]] = each["id"]
        if "nextPage" not in answer["navigation"]:
            break
    own = extension == "101"
    expected = sender.answered if own else dict.fromkeys([*sender.answered, *sender.deleted], 0)
    for text, number in expected.items():
        if text not in found or (own and found[text] != number):
            sender.problems.append(f"{text} was answered as {number}, and is {found.get(text)} of {extension}")
    for text in found.keys() - expected.keys() - sender.unsure:
        sender.problems.append(f"{text} is there of {extension}, and should not be")


def work(sender: Sender, until: threading.Event, answered: threading.Semaphore) -> None:
    """Go on until it is over, or something is wrong."""
    try:
        while not until.is_set() and not sender.problems:
            if step(sender):
                answered.release()
            compare(sender, sender.dice.choice(MAILBOXES))
    except Exception as error:
        sender.problems.append(repr(error))
    finally:
        answered.release(MOST_ANSWERED)  # nobody waits for it any more


def in_the_end(sender: Sender) -> None:
    """Compare all mailboxes, and the webhooks with them."""
    for extension in MAILBOXES:
        compare(sender, extension)
    theirs = sender.read(STORE, "102", params={"perPage": 1}).json()["paging"]["totalElements"]
    uuids = Counter[str]()
    while sender.receiver.has_more():
        with suppress(ValueError):  # half of one, of a replica that was killed
            said = event(sender.receiver)
            uuids[said["uuid"]] += 1
            sender.told += sum(each["newCount"] for each in said["body"]["changes"])
    sender.problems += [f"the webhook {uuid} has come {count} times" for uuid, count in uuids.items() if count > 1]
    if sender.told > theirs:
        sender.problems.append(f"{sender.told} pages were told of, and there are {theirs}")


@contextmanager
def senders_of(replicas: Replicas, count: int, dice: random.Random) -> Iterator[list[Sender]]:
    """Clients that are signed in, each with a webhook about the pages of one extension."""
    with ExitStack() as held:
        found = []
        for _ in range(count):
            client = held.enter_context(Client(dice.choice(replicas.urls)))
            receiver = held.enter_context(Receiver())
            for extension in MAILBOXES:
                client.token(extension)
            subscribed(client, receiver, by="102")
            found.append(Sender(client, receiver, random.Random(dice.random()), lambda: replicas.urls))
        yield found


def disturbed(replicas: Replicas, database: Cluster, dice: random.Random, what: str) -> None:
    """One of what replicas have to survive."""
    if what == "kill":
        replicas.kill_one(dice)
    else:
        database.stop("immediate")
        database.start()


def survived(
    database: Cluster,
    dice: random.Random,
    events: Sequence[str],
    replicas: int = 3,
    clients: int = 8,
    most: int = MOST_ANSWERED,
) -> tuple[list[Sender], bool]:
    """What was sent and what went wrong, and whether nobody has ended but those that were killed.

    At most so many calls are answered between two events.
    """
    until, answered = threading.Event(), threading.Semaphore(0)
    with ExitStack() as held:
        serving = Replicas(database.empty(), replicas, held)
        senders = held.enter_context(senders_of(serving, clients, dice))
        threads = [threading.Thread(target=work, args=(each, until, answered)) for each in senders]
        for each in threads:
            each.start()
        try:
            for what in [*events, ""]:
                while answered.acquire(blocking=False):
                    pass  # what was answered before the last of them
                for _ in range(dice.randint(1, most)):
                    assert answered.acquire(timeout=120), "nothing is answered any more"
                if what:
                    disturbed(serving, database, dice, what)
        finally:
            until.set()
            for each in threads:
                each.join()
        for sender in senders:
            in_the_end(sender)
        return senders, serving.still_serve()


def main() -> None:
    """Print what went wrong, and exit with 1 for anything that did."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--restarts", type=int, default=5)
    parser.add_argument("--replicas", type=int, default=3)
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    dice = random.Random(asked.seed)
    events = ["kill"] * asked.kills + ["restart"] * asked.restarts
    dice.shuffle(events)
    with cluster() as database:
        senders, still_serve = survived(database, dice, events, asked.replicas, asked.clients)
    problems = [problem for each in senders for problem in each.problems]
    for problem in problems:
        print(problem)
    sent, unsure = sum(each.sent for each in senders), sum(len(each.unsure) for each in senders)
    print(
        f"{asked.kills} kills and {asked.restarts} restarts of the database: {sent} pages and"
        f" {sum(len(each.deleted) for each in senders)} deletions, {unsure} of them refused or without an answer,"
        f" {sum(each.steps for each in senders)} comparisons, {sum(each.told for each in senders)} pages told of by"
        f" webhooks; {len(problems)} wrong" + ("" if still_serve else "; a replica has ended that was not killed")
    )
    raise SystemExit(1 if problems or not still_serve else 0)


if __name__ == "__main__":
    main()
