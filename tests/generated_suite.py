"""A suite of tests that is generated, and run under xdist: expected outcomes, and no leftovers.

    python tests/generated_suite.py [--tests 2000] [--seeds 1,2,3] [--processes 2]

Each test has a world, and does one of the things that `KINDS` has: calls, sockets, webhooks, clocks that are moved,
resets, faults; some fail, are skipped, or fail as expected, before or after a call that breaks the contract. What is
told of each run: outcomes beside those foretold, the memory of each process after a third of its tests and at its end,
server threads that are left, and posts that came to a receiver after its world was closed. Exit status 1 for a
difference, a thread, a post, or memory that grew by more than `MOST_GROWTH`.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path
from random import Random
from typing import NamedTuple

MOST_GROWTH = 0.15
"""Of the memory after a third of the tests."""

CONFTEST = '''
import gc, http.server, json, os, threading
from collections import Counter
from pathlib import Path
import pytest

DONE = {"tests": 0, "early": 0}
LATE = []
CLOSED = set()
ARRIVED = threading.Condition()
POSTS = Counter()

def memory():
    gc.collect()
    with open("/proc/self/statm") as statm:
        return int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")

class Receiver(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        with ARRIVED:
            if self.path in CLOSED:
                LATE.append(self.path)
            POSTS[self.path] += 1
            ARRIVED.notify_all()
        self.send_response(200)
        if "Validation-Token" in self.headers:
            self.send_header("Validation-Token", self.headers["Validation-Token"])
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", "0")
        self.end_headers()
    def log_message(self, *_): pass

@pytest.fixture(scope="session")
def receivers():
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Receiver) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()

@pytest.fixture
def receiver(receivers, request):
    """Asked for before the world, and closed after it."""
    path = "/" + request.node.name
    yield receivers + path
    CLOSED.add(path)

def wait_for_posts(address, count):
    path = "/" + address.rpartition("/")[2]
    with ARRIVED:
        assert ARRIVED.wait_for(lambda: POSTS[path] >= count, 30), "no post came"

def pytest_runtest_logreport(report):
    if report.when == "teardown" and not hasattr(pytest, "controller"):
        DONE["tests"] += 1
        if DONE["tests"] == int(os.environ["SUITE_EARLY"]):
            DONE["early"] = memory()

@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session):
    worker = getattr(session.config, "workerinput", {}).get("workerid")
    if worker is not None:
        threads = [thread.name for thread in threading.enumerate() if thread.name.startswith("ringmock")]
        told = {"early": DONE["early"], "late": memory(), "threads": threads, "posts": LATE, "tests": DONE["tests"]}
        Path(session.config.rootpath, f"worker-{worker}.json").write_text(json.dumps(told))

def pytest_terminal_summary(terminalreporter, config):
    counted = {name: len(terminalreporter.stats.get(name, ())) for name in
               ("passed", "failed", "skipped", "xfailed", "xpassed", "error")}
    Path(config.rootpath, "outcomes.json").write_text(json.dumps(counted))
'''

HEAD = """
import json, urllib.error, urllib.request
import pytest
from websockets.sync.client import connect
from conftest import wait_for_posts

OWN = "/restapi/v1.0/account/~/extension/~"
OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))

def call(ringmock, path, body=None, token=None):
    headers = {"Authorization": "Bearer " + (token or ringmock.token("101")), "Content-Type": "application/json"}
    content = json.dumps({} if body is None else body).encode()
    try:
        with OPENER.open(urllib.request.Request(ringmock.url + path, content, headers)) as answer:
            return json.loads(answer.read() or b"null")
    except urllib.error.HTTPError as error:
        with error:
            return error.code

def sms(ringmock, text="Hello"):
    body = {"from": {"phoneNumber": "16509100010"}, "to": [{"phoneNumber": "14151003732"}], "text": text}
    return call(ringmock, OWN + "/sms", body)

def page(ringmock, text="Hello"):
    return call(ringmock, OWN + "/company-pager", {"to": [{"extensionNumber": "101"}], "text": text})

def bad(ringmock):
    assert call(ringmock, OWN + "/company-pager", {"text": 7}) == 400

def subscribe(ringmock, address):
    body = {"eventFilters": [OWN + "/message-store"], "deliveryMode": {"transportType": "WebHook", "address": address}}
    return call(ringmock, "/restapi/v1.0/subscription", body)
"""


class Kind(NamedTuple):
    """A test by its decorators, its arguments and its body, and the outcomes that it has."""

    body: str
    outcomes: tuple[str, ...] = ("passed",)
    arguments: str = "ringmock"
    decorators: str = ""


_FAILS_AS_EXPECTED = "@pytest.mark.xfail\n"

KINDS = {
    "sms": Kind("sms(ringmock, 'one'); assert ringmock.wait_for_sms(contains='one').text == 'one'"),
    "handset": Kind(
        "assert ringmock.handset('14151003733').send(to='16509100102', text='Hi') == 'delivered'\n"
        "    assert [message.text for message in ringmock.mailbox('102')] == ['Hi']"
    ),
    "clock": Kind(
        "ringmock.clock.freeze('2030-01-01T00:00:00Z'); ringmock.clock.advance(86400 * {days})\n"
        "    assert sms(ringmock)['creationTime'] == ringmock.clock.now.strftime('%Y-%m-%dT%H:%M:%S.000Z')"
    ),
    "reset": Kind(
        "token = ringmock.token('101'); first = sms(ringmock)\n"
        "    call(ringmock, '/_mock/reset', token=token); ringmock.expect_no_sms()\n"
        "    assert sms(ringmock)['id'] == first['id']"
    ),
    "fault": Kind(
        "ringmock.fault('createSMSMessage', error='CMN-201', times=1)\n"
        "    assert sms(ringmock) == 503; assert sms(ringmock)['id']"
    ),
    "webhook": Kind(
        "subscribe(ringmock, receiver); page(ringmock); wait_for_posts(receiver, 2)", arguments="receiver, ringmock"
    ),
    "webhook, reset": Kind(
        "token = ringmock.token('101'); subscribe(ringmock, receiver); call(ringmock, '/_mock/reset', token=token)\n"
        "    page(ringmock); wait_for_posts(receiver, 1)",
        arguments="receiver, ringmock",
    ),
    "socket": Kind(
        "found = call(ringmock, '/restapi/oauth/wstoken')\n"
        "    with connect(found['uri'] + '?access_token=' + found['ws_access_token'], proxy=None) as connection:\n"
        "        assert 'ConnectionDetails' in connection.recv(30)\n"
        "        sms(ringmock)"
    ),
    "skipped": Kind("pytest.skip()", ("skipped",)),
    "skipped after a bad call": Kind("bad(ringmock); pytest.skip()", ("skipped",)),
    "failing": Kind("sms(ringmock); assert False", ("failed",)),
    "failing by a bad call": Kind("bad(ringmock)", ("failed",)),
    "failing after a bad call": Kind("bad(ringmock); assert False", ("failed",)),
    "failing as expected": Kind("assert False", ("xfailed",), decorators=_FAILS_AS_EXPECTED),
    "failing as expected after a bad call": Kind(
        "bad(ringmock); assert False", ("xfailed",), decorators=_FAILS_AS_EXPECTED
    ),
    "failing as expected by a bad call": Kind("bad(ringmock)", ("xfailed",), decorators=_FAILS_AS_EXPECTED),
    "passing unexpectedly": Kind("sms(ringmock)", ("xpassed",), decorators=_FAILS_AS_EXPECTED),
    "an error in set-up": Kind("pass", ("error",), arguments="ringmock, broken"),
    "a bad call in tear-down": Kind("pass", ("passed", "error"), arguments="untidy"),
}

FIXTURES = """
@pytest.fixture
def broken(ringmock):
    bad(ringmock)
    raise ValueError

@pytest.fixture
def untidy(ringmock):
    yield
    bad(ringmock)
"""


def suite(seed: int, tests: int) -> tuple[str, Counter[str]]:
    """The text of a module of so many tests, and the outcomes that they have."""
    random = Random(seed)
    text, foretold = [HEAD, FIXTURES], Counter[str]()
    for number in range(tests):
        kind = KINDS[random.choice(list(KINDS))]
        body = kind.body.replace("{days}", str(random.randint(-1000, 1000)))
        text.append(f"\n{kind.decorators}def test_{number}({kind.arguments}):\n    {body}\n")
        foretold.update(kind.outcomes)
    return "".join(text), foretold


def differences(seed: int, tests: int, processes: int, *, most_growth: float | None = MOST_GROWTH) -> list[str]:
    """What a run left behind, or what came otherwise than foretold; prints a line of what it took."""
    with tempfile.TemporaryDirectory() as folder:
        text, foretold = suite(seed, tests)
        Path(folder, "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
        Path(folder, "conftest.py").write_text(CONFTEST, encoding="utf-8")
        Path(folder, "test_suite.py").write_text(text, encoding="utf-8")
        environment = {"SUITE_EARLY": str(max(1, tests // processes // 3))}
        run = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-n", str(processes), folder],
            cwd=folder,
            env={**os_environment(), **environment},
            capture_output=True,
            text=True,
            check=False,
        )
        if not Path(folder, "outcomes.json").exists():
            return [f"the run ended: {run.stdout[-2000:]}{run.stderr[-2000:]}"]
        outcomes = Counter(json.loads(Path(folder, "outcomes.json").read_text(encoding="utf-8")))
        workers = [json.loads(file.read_text(encoding="utf-8")) for file in sorted(Path(folder).glob("worker-*.json"))]
    found = [] if +outcomes == foretold else [f"foretold {dict(foretold)}, and it was {dict(+outcomes)}"]
    if len(workers) != processes:
        found.append(f"{processes - len(workers)} processes did not come to their end")
    for worker in workers:
        found += [f"a thread is left: {name}" for name in worker["threads"]]
        found += [f"a post came to {path} after its world was closed" for path in worker["posts"]]
        grown = worker["late"] / worker["early"] - 1 if worker["early"] else 0.0
        print(f"seed {seed}: {worker['tests']} tests, {worker['late'] / 1e6:.0f} MB at the end, {grown:+.1%}")
        if most_growth is not None and grown > most_growth:
            found.append(f"the memory of a process grew by {grown:.1%}")
    return found


def os_environment() -> dict[str, str]:
    """Ours, without what a run of pytest around this one says of itself."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "COV_"))}


def main() -> None:
    """Print what each run took, and what was found."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tests", type=int, default=2000)
    parser.add_argument("--seeds", default="1,2,3")
    parser.add_argument("--processes", type=int, default=2)
    asked = parser.parse_args()
    found = [each for seed in asked.seeds.split(",") for each in differences(int(seed), asked.tests, asked.processes)]
    print("\n".join(found) or "as expected")
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
