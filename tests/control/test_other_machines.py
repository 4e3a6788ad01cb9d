"""A caller in another network namespace, over a bridge, as a container is: with the token, without, and waiting."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from ringmock.control.access import Access
from ringmock.fixture import load_named
from ringmock.serving.server import build, serving
from ringmock.sign_in.worlds import Worlds

TOKEN = "a-token-of-the-test"
HERE, THERE = "10.213.77.1", "10.213.77.2"
CALL = """
import json, sys, urllib.error, urllib.request
url, headers = sys.argv[1], json.loads(sys.argv[2])
opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
try:
    body = sys.argv[4].encode() or None
    answer = opener.open(urllib.request.Request(url, body, headers, method=sys.argv[3]), timeout=30)
except urllib.error.HTTPError as error:
    answer = error
print(json.dumps([answer.status, answer.read().decode()]))
"""


def run(*command: str) -> bool:
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


@pytest.fixture(scope="module")
def namespace() -> Iterator[str]:
    """The name of a namespace that reaches this one by a bridge."""
    if os.geteuid() != 0 or shutil.which("ip") is None:
        pytest.skip("a namespace is made as root, by `ip` of iproute2")
    name, bridge, ours, theirs = (f"rm{kind}{os.getpid()}" for kind in ("n", "b", "o", "t"))
    steps = [
        f"ip netns add {name}",
        f"ip link add {bridge} type bridge",
        f"ip link add {ours} type veth peer name {theirs}",
        f"ip link set {ours} master {bridge}",
        f"ip link set {theirs} netns {name}",
        f"ip addr add {HERE}/24 dev {bridge}",
        f"ip link set {bridge} up",
        f"ip link set {ours} up",
        f"ip -n {name} addr add {THERE}/24 dev {theirs}",
        f"ip -n {name} link set {theirs} up",
        f"ip -n {name} link set lo up",
    ]
    try:
        for step in steps:
            if not run(*step.split()):
                pytest.skip(f"this machine makes no namespaces: `{step}` failed")
        yield name
    finally:
        run("ip", "link", "del", ours)
        run("ip", "link", "del", bridge)
        run("ip", "netns", "del", name)


@pytest.fixture(scope="module")
def url(namespace: str) -> Iterator[str]:
    """A server with a token, at the address of the bridge."""
    with serving(build(Worlds(load_named("demo")), access=Access(token=TOKEN)), host=HERE) as (url, _):
        yield url


def call(namespace: str, url: str, method: str = "GET", *, body: Any = None, **headers: str) -> tuple[int, Any]:
    """A call from the namespace."""
    program = ["ip", "netns", "exec", namespace, sys.executable, "-S", "-c", CALL]
    sent = "" if body is None else json.dumps(body)
    done = subprocess.run(
        [*program, url, json.dumps(headers), method, sent], capture_output=True, text=True, check=True
    )
    status, text = json.loads(done.stdout)
    return status, json.loads(text) if text.startswith(("{", "[")) else text


def test_another_machine_is_refused_without_the_token_and_served_with_it(namespace: str, url: str) -> None:
    assert call(namespace, f"{url}/restapi/v1.0/account/~/extension/~", Authorization="Bearer demo-101")[0] == 200
    refused = [call(namespace, f"{url}/_mock/reset", "POST"), call(namespace, f"{url}/_mock/ready")]
    assert [status for status, _ in refused] == [401, 401]
    assert "X-Ringmock-Token" in refused[0][1]["error"]
    assert call(namespace, f"{url}/_mock/ready", **{"X-Ringmock-Token": "a-token-of-no-test"})[0] == 401

    assert call(namespace, f"{url}/_mock/ready", **{"X-Ringmock-Token": TOKEN})[0] == 200
    assert call(namespace, f"{url}/_mock/ready", **{"X-Ringmock-Token": TOKEN, "Host": "evil.test"})[0] == 403


def test_another_machine_waits_with_the_token(namespace: str, url: str) -> None:
    signed = {"X-Ringmock-Token": TOKEN}
    assert call(namespace, f"{url}/_mock/messages?wait=0.1", **signed)[0] == 404
    assert call(namespace, f"{url}/_mock/messages?wait=0.1")[0] == 401


def test_another_machine_is_refused_by_a_server_without_a_token(namespace: str) -> None:
    with serving(build(Worlds(load_named("demo"))), host=HERE) as (url, _):
        status, body = call(namespace, f"{url}/_mock/ready", **{"X-Ringmock-Token": TOKEN})
    assert (status, "--control-token" in body["error"]) == (403, True)


def test_another_machine_drives_a_world_from_its_opening_to_its_close_with_the_token(namespace: str, url: str) -> None:
    signed = {"X-Ringmock-Token": TOKEN, "X-Ringmock-World": "of-another-machine"}
    typed = {"Content-Type": "application/json"}

    def control(method: str, path: str, body: Any = None) -> Any:
        named = signed if path != "/worlds" else {"X-Ringmock-Token": TOKEN}
        status, said = call(namespace, f"{url}/_mock{path}", method, body=body, **named)
        assert status == 200, said
        return said

    control("POST", "/worlds", {"name": "of-another-machine"})
    bearer = {"Authorization": f"Bearer {control('POST', '/tokens', {'extension': '101'})['access_token']}"}
    own = f"{url}/restapi/v1.0/account/~/extension/~"
    page = {"to": [{"extensionNumber": "104"}], "text": "Are you there?"}
    assert call(namespace, f"{own}/company-pager", "POST", body=page, **bearer, **typed)[0] == 400
    control("POST", "/handsets/14151003732/messages", {"to": "16509100010", "text": "Hello"})
    assert control("GET", "/messages?to=16509100010&wait=5")["messages"][0]["text"] == "Hello"
    (refused,) = [each for each in control("GET", "/journal") if each["status"] == 400]
    assert control("GET", f"/journal/{refused['id']}/why")["errors"][0]["errorCode"] == "MSG-324"
    control("DELETE", "/worlds/of-another-machine")
