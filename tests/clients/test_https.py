"""RingCentral's own SDKs by HTTPS and wss: of the server itself, and of nginx with a prefix before it."""

import json
import os
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

from javascript import Day, day_with
from ringmock.cli.main import main
from ringmock.contract.http_client import HttpClient, NoAnswer, Request
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
            with HttpClient(server.url, ca=server.root) as client:
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


def javascript(server: Server, script: str) -> Day:
    packages = ("@ringcentral/sdk", "@ringcentral/subscriptions", "@rc-ex/core", "@rc-ex/ws")
    return day_with(
        script, server.url, f"{script}-https", "any-secret", packages=packages, environment=trusting(server)
    )


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


def test_a_case_is_written_from_what_was_done_by_https(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    body = json.dumps({"to": [{"extensionNumber": "102"}], "text": "It is on"}).encode()
    headers = {"Authorization": "Bearer demo-101", "Content-Type": "application/json"}
    how = ["cases", "new", "A page arrives", "--out", str(file), "--from-world"]
    with by_itself(tmp_path) as server:
        with HttpClient(server.url, ca=server.root) as client:
            client.send(Request("POST", "/restapi/v1.0/account/~/extension/~/company-pager", headers, body))
        unsigned = CliRunner().invoke(main, [*how, server.url])
        done = CliRunner().invoke(main, [*how, server.url, "--ca", str(server.root)])
    assert (unsigned.exit_code, "certificate" in unsigned.stderr) == (1, True)
    assert done.exit_code == 0, done.stderr
    assert "It is on" in file.read_text(encoding="utf-8")
