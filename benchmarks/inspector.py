"""How the inspector feels with much in it: seconds and bytes in Chromium, never a timed test.

    python benchmarks/inspector.py [--stored 100000] [--live 10000] [--calls 20] [--rounds 5]

A server process holds the demo account with `--stored` messages: half of them in one conversation of extension 101,
the others with a thousand phones. Chromium opens the conversation, the list of conversations and the calls (first
contentful paint, and the moment when what they are about is there), searches for a text that the oldest message alone
has, for one that many have and for one that none has, waits for the bubbles of SMS that `curl` sends, and follows the
conversation while `--live` messages come: the heap after a full collection, and the nodes of the document.

Needs Chromium, Node.js, curl and the packages of tests/clients/js (or RINGMOCK_JS_MODULES).
"""

import argparse
import multiprocessing
import os
import shutil
import subprocess
import sys
from multiprocessing.connection import Connection as Pipe
from pathlib import Path

from ringmock.domain.sms import SendSms
from ringmock.fixture import load_named
from ringmock.serving import collector
from ringmock.serving.server import running
from ringmock.world.world import World

SCRIPTS = Path(__file__).parents[1] / "tests" / "clients" / "js"
MODULES = Path(os.environ.get("RINGMOCK_JS_MODULES", SCRIPTS / "node_modules"))
PHONE = "14151003732"
OWN = "16509100010"
PHONES = 1000
NEEDLE = "the needle in the haystack"


def fill(world: World, size: int) -> None:
    """Half of the messages in one conversation, both ways; the others out to a thousand phones."""
    sender = world.account.extensions["101"]
    world.send_sms(sender, SendSms(OWN, (PHONE,), f"This is {NEEDLE}, the first of all."))
    for number in range(1, size):
        text = f"Your order {number} is on its way, and arrives before noon."
        if number % 4 == 0:
            world.receive_sms(PHONE, OWN, f"Thanks for order {number}!")
        else:
            phone = PHONE if number % 4 == 2 else f"1202{number % PHONES:07}"
            world.send_sms(sender, SendSms(OWN, (phone,), text))


def serve(size: int, pipe: Pipe) -> None:
    """Serve the world until told to stop."""
    with running(load_named("demo")) as (url, worlds), collector.growing():  # as `ringmock serve`
        fill(worlds.default, size)
        pipe.send(url)
        pipe.recv()


def main() -> None:
    """Print what the browser has measured."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--stored", type=int, default=100_000)
    parser.add_argument("--live", type=int, default=10_000)
    parser.add_argument("--calls", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=5)
    asked = parser.parse_args()
    node, chromium = shutil.which("node"), shutil.which("chromium") or shutil.which("google-chrome")
    if node is None or chromium is None or not MODULES.is_dir():
        sys.exit("Node.js, Chromium and `npm ci` in tests/clients/js are needed (or RINGMOCK_JS_MODULES)")
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    server = context.Process(target=serve, args=(asked.stored, theirs))
    server.start()
    try:
        told = [ours.recv(), chromium, PHONE, OWN, NEEDLE, asked.live, asked.calls, asked.rounds]
        subprocess.run(
            [node, str(Path(__file__).with_suffix(".cjs")), *map(str, told)],
            env={**os.environ, "NODE_PATH": str(MODULES.resolve()), "NO_PROXY": "127.0.0.1"},
            check=True,
        )
    finally:
        ours.send("stop")
        server.join()


if __name__ == "__main__":
    main()
