"""RingCentral's own SDKs by HTTPS and wss: of the server itself, and of nginx with a prefix before it."""

import asyncio
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import pytest
import trustme
from click.testing import CliRunner
from mcp.client import Client as Agent

from command_line import commands
from javascript import Day, day_with
from ringmock.cli.main import main
from ringmock.cli.mcp import server_of
from ringmock.contract.cases.operation import JSON, known_operations
from ringmock.contract.http_client import ConnectionOptions, HttpClient, NoAnswer, Request
from ringmock.fixture import load_named
from ringmock.lab.webhooks import WebHooks
from ringmock.serving.public_address import PublicAddress, networks_of
from ringmock.serving.server import bound_socket, build, serving
from ringmock.serving.tls import self_signed
from ringmock.sign_in.worlds import Worlds
from support import needs

NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
CONFIGURATION = """
daemon off; pid {folder}/pid; error_log stderr warn;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
    map $http_upgrade $connection_upgrade {{ default upgrade; "" ""; }}
    server {{
        listen 127.0.0.1:{port} ssl; server_name localhost;
        ssl_certificate {folder}/cert.pem; ssl_certificate_key {folder}/key.pem;
        location /rc/ {{
            proxy_pass {inner}/;
            proxy_http_version 1.1;
            proxy_set_header X-Forwarded-Proto $scheme;
            proxy_set_header X-Forwarded-Host $http_host;
            proxy_set_header X-Forwarded-Prefix /rc;
            proxy_set_header Upgrade $http_upgrade;
            proxy_set_header Connection $connection_upgrade;
        }}
    }}
}}
"""


class Server(NamedTuple):
    """Where clients call it, and the file of what they have to trust."""

    url: str
    root: Path


@contextmanager
def by_itself(folder: Path) -> Iterator[Server]:
    made, root = self_signed(), folder / "root.pem"
    root.write_bytes(made.root or b"")
    with serving(build(Worlds(load_named("demo"))), tls=made.context) as (url, _):
        yield Server(url, root)


@contextmanager
def behind_nginx(folder: Path) -> Iterator[Server]:
    needs(NGINX, "nginx", "install nginx, as Debian has it")
    authority, root = trustme.CA(), folder / "root.pem"
    leaf = authority.issue_cert("localhost")
    authority.cert_pem.write_to_path(root)
    (folder / "cert.pem").write_bytes(b"".join(each.bytes() for each in leaf.cert_chain_pems))
    leaf.private_key_pem.write_to_path(folder / "key.pem")
    with bound_socket("127.0.0.1", 0) as free:
        port = free.getsockname()[1]
    app = build(Worlds(load_named("demo")), WebHooks(), address=PublicAddress("", networks_of("loopback")))
    with serving(app) as (inner, _):
        (folder / "nginx.conf").write_text(CONFIGURATION.format(folder=folder, port=port, inner=inner))
        command = [str(NGINX), "-p", str(folder), "-e", "stderr", "-c", str(folder / "nginx.conf")]
        process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
        try:
            server = Server(f"https://localhost:{port}/rc", root)
            _await(server, process)
            yield server
        finally:
            process.terminate()
            process.communicate(timeout=30)


def _await(server: Server, process: "subprocess.Popen[str]") -> None:
    for _ in range(200):
        assert process.poll() is None, process.stderr and process.stderr.read()
        try:
            with HttpClient(server.url, connection=ConnectionOptions(server.root)) as client:
                client.send(Request("GET", "/restapi"))
            return
        except NoAnswer:
            _breathe(process)
    raise AssertionError("nginx does not answer")


def _breathe(process: "subprocess.Popen[str]") -> None:
    try:
        process.wait(timeout=0.05)
    except subprocess.TimeoutExpired:
        return


@pytest.fixture(scope="module", params=[by_itself, behind_nginx], ids=["itself", "nginx"])
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    start: Callable = request.param
    with start(tmp_path_factory.mktemp("https")) as running:
        yield running


def trusting(server: Server) -> dict[str, str]:
    """The environment of a client, as the how-to page has it."""
    names = ("NODE_EXTRA_CA_CERTS", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE")
    return {**{name: str(server.root) for name in names}, "NO_PROXY": "localhost,127.0.0.1"}


def javascript(server: Server, script: str, **environment: str) -> Day:
    packages = ("@ringcentral/sdk", "@ringcentral/subscriptions", "@rc-ex/core", "@rc-ex/ws")
    return day_with(
        script, server.url, f"{script}-https", "any-secret",
        packages=packages, environment={**trusting(server), **environment},
    )  # fmt: skip


def test_the_javascript_sdks_send_and_page_on(server: Server) -> None:
    day = javascript(server, "pages")
    assert day["sent with the SDK"].startswith(f"{server.url}/restapi/v1.0/account/")
    for client in ("the SDK", "the core"):
        assert day[f"read by uri with {client}"] == "two"
        assert day[f"pages with {client}"] == ["two", "one"]


def test_the_javascript_sdks_subscribe_and_receive(server: Server) -> None:
    watch = javascript(server, "subscriptions")
    for client in ("SDK", "extension"):
        (change,) = watch[f"event with the {client}"]["body"]["changes"]
        assert (change["type"], change["newCount"]) == ("Pager", 1)
    assert watch["call on the connection"]["uri"].startswith(f"{server.url}/restapi")


OF_CALLER = {"accountId", "extensionId", "apiVersion"}
WITHOUT_ID = [
    operation
    for operation in known_operations().values()
    if OF_CALLER.issuperset(operation.path_parameters) and operation.media_type in (None, JSON)
]
HERE = {"accountId": "~", "extensionId": "~", "apiVersion": "v1.0"}
REACHES_OUT = ("createSubscription",)
"""Its example is a webhook that is not there."""
NOT_FOR_HIM = ("authorize", "readInitialEntryPoints", "getSmsRecipients")
"""They ask for parameters, or for a Department that signs in."""
NOT_FOLLOWED = re.compile(
    r"/restapi/oauth/(authorize|token|revoke)|/.well-known/entry-points/initial"  # take no GET, or ask for parameters
    r"|/restapi/v1.0/number-parser/parse\?.*"  # the call itself, which takes no GET
    r"|"  # where all addresses begin, which is no call of a connection
)


@pytest.mark.parametrize("server", [behind_nginx], ids=["nginx"], indirect=True)
def test_every_uri_of_every_answer_is_followed_by_each_javascript_sdk(server: Server) -> None:
    reads = {each.id: each.path.format(**HERE) for each in WITHOUT_ID if each.method == "GET"}
    writes = [
        (each.path.format(**HERE), each.example)
        for each in WITHOUT_ID
        if each.method == "POST" and each.example is not None and each.id not in REACHES_OUT
    ]
    calls = json.dumps({"reads": list(reads.values()), "writes": writes})
    day = javascript(server, "uris", RINGMOCK_CALLS=calls)
    for client in ("the SDK", "the core", "the extension"):
        found = day[f"with {client}"]
        assert {name for name, path in reads.items() if path not in found["answered"]} <= set(NOT_FOR_HIM)
        assert found["followed"] > 60
        assert found["elsewhere"] == []
        assert [path for path in found["refused"] if not NOT_FOLLOWED.fullmatch(path)] == []


def test_the_python_sdk_sends_pages_on_subscribes_and_receives(server: Server) -> None:
    command = [sys.executable, str(Path(__file__).parent / "python_day.py"), server.url, "python-https", "any-secret"]
    ended = subprocess.run(
        command, env={**os.environ, **trusting(server)}, capture_output=True, text=True, timeout=120, check=False
    )
    assert ended.returncode == 0, ended.stderr
    day = {line["step"]: line["result"] for line in map(json.loads, ended.stdout.splitlines())}
    assert day["sent"].startswith(f"{server.url}/restapi/v1.0/account/")
    assert (day["read by uri"], day["pages"]) == ("two", ["two", "one"])
    assert '"Pager"' in json.dumps(day["event"])


@pytest.fixture(scope="module")
def signed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server on which one page was sent and one was refused."""
    folder = tmp_path_factory.mktemp("signed")
    made, root = self_signed(), folder / "root.pem"
    root.write_bytes(made.root or b"")
    with (
        serving(build(Worlds(load_named("demo"))), tls=made.context) as (url, _),
        HttpClient(url, connection=ConnectionOptions(root)) as client,
    ):
        for number in ("102", "104"):
            body = json.dumps({"to": [{"extensionNumber": number}], "text": "It is on"}).encode()
            headers = {"Authorization": "Bearer demo-101", "Content-Type": "application/json"}
            client.send(Request("POST", "/restapi/v1.0/account/~/extension/~/company-pager", headers, body))
        yield Server(url, root)


ONE_CASE = "A page of 1024 symbols is sent whole"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ("why --url {url}", "MSG-324"),
        ("text --from 14151003732 --to 16509100010 --url {url} Hello", "delivered"),
        ("coverage {url}", "start it by ringmock serve --coverage"),
        ("cases new 'A page arrives' --out - --from-world {url}", "It is on"),
        (f"contract --parts cases --only '{ONE_CASE}' --url {{url}}", "passed"),
    ],
    ids=lambda value: value.split()[0],
)
def test_every_command_that_calls_a_server_trusts_what_ca_names(signed: Server, arguments: str, said: str) -> None:
    command = shlex.split(arguments.format(url=signed.url))
    unsigned = CliRunner().invoke(main, command)
    assert unsigned.exit_code != 0
    assert "certificate" in unsigned.output
    done = CliRunner().invoke(main, [*command, "--ca", str(signed.root)])
    assert said in done.output
    assert "certificate" not in done.output


def test_the_tools_of_an_agent_trust_what_ca_names(signed: Server) -> None:
    async def asked(root: Path | None) -> str:
        async with Agent(server_of(signed.url, ConnectionOptions(root))) as agent:
            return str((await agent.call_tool("list_worlds", {})).content[0].text)  # type: ignore[union-attr]

    assert "certificate" in asyncio.run(asked(None))
    assert json.loads(asyncio.run(asked(signed.root)))["count"] >= 1


def test_a_command_that_takes_an_address_takes_ca() -> None:
    taking = {
        name: {option.name for option in command.params}
        for name, command in commands(main)
        if any(option.name == "url" or "URL" in (option.metavar or "") for option in command.params)
    }
    assert {name for name, options in taking.items() if "ca" not in options} == set()
    assert taking.keys() >= {"why", "text", "coverage", "cases new", "contract", "mcp"}
