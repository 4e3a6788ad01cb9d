"""HTTPS and wss: certificates from files and made for the run, and clients that do not keep to TLS."""

import socket
from collections.abc import Iterator
from contextlib import closing
from importlib import import_module
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import trustme

from ringmock.contract.cases.sockets import Socket
from ringmock.contract.fuzz.client import Client as FuzzClient
from ringmock.contract.http_client import ConnectionOptions, HttpClient, NoAnswer, Request, trusting
from ringmock.contract.target import remote
from ringmock.fixture import load_named
from ringmock.server_limits import ServerLimits
from ringmock.serving.server import build, serving
from ringmock.serving.tls import BadCertificate, from_files, is_root_of_ours, self_signed
from ringmock.sign_in.worlds import Worlds
from ringmock.testing import connect

import_module("ringmock.serving.websocket_protocol")  # else the first socket does, within the header timeout below

API = "/restapi/v1.0"
LIMITS = ServerLimits(tls_handshake_timeout=0.3, header_timeout=0.3)


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("tls") / "root.pem"


@pytest.fixture(scope="module")
def url(root: Path) -> Iterator[str]:
    """A server by HTTPS, of which `root` is what to trust."""
    made = self_signed(["mock.test", "192.0.2.1"])
    root.write_bytes(made.root or b"")
    with serving(build(Worlds(load_named("demo"))), LIMITS, tls=made.context) as (address, _):
        yield address


# --- clients of ours -------------------------------------------------------------------------------


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]"])
def test_whoever_trusts_the_root_is_answered_with_addresses_by_https(url: str, root: Path, host: str) -> None:
    called = f"https://{host}:{urlsplit(url).port}"
    with HttpClient(called, connection=ConnectionOptions(root)) as client:
        assert client.send(Request("GET", API)).json["uri"] == f"{called}{API}"


def test_whoever_trusts_the_system_alone_is_not_answered(url: str) -> None:
    with HttpClient(url) as client, pytest.raises(NoAnswer, match="CERTIFICATE_VERIFY_FAILED"):
        client.send(Request("GET", API))


def test_a_test_drives_a_world_of_a_server_by_https(url: str, root: Path) -> None:
    with connect(url, root=root) as ringmock:
        ringmock.handset("14151003732").send(to="16509100102", text="Hello")
        assert ringmock.wait_for_sms(to="16509100102").text == "Hello"
        assert [message.text for message in ringmock.mailbox("102")] == ["Hello"]


def test_a_websocket_is_opened_where_the_token_says(url: str, root: Path) -> None:
    with HttpClient(url, connection=ConnectionOptions(root)) as client:
        token = client.send(Request("POST", "/restapi/oauth/wstoken", {"Authorization": "Bearer demo-101"})).json
    assert token["uri"] == f"wss{url.removeprefix('https')}/ws"
    address = f"{token['uri']}?access_token={token['ws_access_token']}"
    with closing(Socket(url, address, trusting(root))) as connection:
        connection.first()
        answer = connection.call({"request": f"GET {API}/account/~"}).answer
    assert (answer.status, answer.json["uri"].partition("/restapi")[0]) == (200, url)


def test_the_contract_suite_trusts_the_root_it_is_given(url: str, root: Path) -> None:
    template = load_named("demo")
    target = remote(url, template, connection=ConnectionOptions(root))
    assert (target.is_ringmock, target.has_worlds) == (True, True)
    with FuzzClient(url, connection=ConnectionOptions(root)) as client:
        assert client.announce("POST", f"{API}/account/~", 20_000_000, {}).status == 413


# --- certificates in files -------------------------------------------------------------------------


class Files:
    """A certificate and its key in files, apart and together, and what is wrong with others."""

    def __init__(self, folder: Path) -> None:
        authority = trustme.CA()
        leaf, other = authority.issue_cert("localhost", "127.0.0.1"), authority.issue_cert("localhost")
        self.root, self.cert, self.key = folder / "root.pem", folder / "cert.pem", folder / "key.pem"
        self.both, self.other_key, self.garbage = folder / "both.pem", folder / "other.pem", folder / "garbage.pem"
        self.locked = folder / "locked.pem"
        self.missing = folder / "missing.pem"
        authority.cert_pem.write_to_path(self.root)
        self.cert.write_bytes(b"".join(each.bytes() for each in leaf.cert_chain_pems))
        leaf.private_key_pem.write_to_path(self.key)
        leaf.private_key_and_cert_chain_pem.write_to_path(self.both)
        other.private_key_pem.write_to_path(self.other_key)
        self.garbage.write_bytes(b"\x00 no PEM")
        self.locked.write_bytes(_with_password(leaf.private_key_pem.bytes()))


def _with_password(key: bytes) -> bytes:
    from cryptography.hazmat.primitives.serialization import (
        BestAvailableEncryption,
        Encoding,
        PrivateFormat,
        load_pem_private_key,
    )

    read = load_pem_private_key(key, None)
    return read.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"secret"))


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Files:
    return Files(tmp_path_factory.mktemp("files"))


@pytest.mark.parametrize(("cert", "key"), [("cert", "key"), ("both", None)])
def test_a_server_shows_the_certificate_of_its_files(files: Files, cert: str, key: str | None) -> None:
    shown = from_files(getattr(files, cert), None if key is None else getattr(files, key))
    assert shown.root is None
    with (
        serving(build(Worlds(load_named("demo"))), tls=shown.context) as (url, _),
        HttpClient(url, connection=ConnectionOptions(files.root)) as c,
    ):
        assert c.send(Request("GET", API)).status == 200


@pytest.mark.parametrize(
    ("cert", "key", "blamed", "said"),
    [
        ("garbage", "key", "garbage", "there is no certificate in PEM in it"),
        ("key", "key", "key", "there is no certificate in PEM in it"),
        ("cert", "garbage", "garbage", "there is no private key in PEM in it"),
        ("cert", None, "cert", "there is no private key in PEM in it"),
        ("cert", "other_key", "other_key", "this is not the key of the certificate in"),
        ("cert", "locked", "locked", "the key has a password"),
    ],
)
def test_a_file_that_does_not_do_is_named(files: Files, cert: str, key: str | None, blamed: str, said: str) -> None:
    with pytest.raises(BadCertificate) as refused:
        from_files(getattr(files, cert), None if key is None else getattr(files, key))
    assert str(refused.value).startswith(f"{getattr(files, blamed)}: {said}")


@pytest.mark.parametrize("name", ["", "no name", "a" * 300])
def test_what_no_certificate_can_name_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        self_signed([name])


def test_a_root_of_ours_is_told_from_others(files: Files, url: str, root: Path) -> None:
    assert is_root_of_ours(root.read_bytes())
    for other in (files.root.read_bytes(), root.read_bytes() * 2, b"", b"\x00"):
        assert not is_root_of_ours(other)


@pytest.mark.parametrize(("file", "said"), [("garbage", "no certificate in PEM"), ("missing", "No such file")])
def test_a_client_is_told_which_root_is_none(files: Files, file: str, said: str) -> None:
    with pytest.raises(ValueError, match=said) as refused:
        HttpClient("https://127.0.0.1:1", connection=ConnectionOptions(getattr(files, file)))
    assert str(getattr(files, file)) in str(refused.value)


# --- clients that do not keep to it ----------------------------------------------------------------


def ended(url: str, sent: bytes) -> bytes:
    """What comes until the server ends a connection on which these bytes were sent, without TLS."""
    parts = urlsplit(url)
    with socket.create_connection((parts.hostname, parts.port), timeout=20) as connection:
        connection.sendall(sent)
        return b"".join(iter(lambda: connection.recv(1000), b""))


@pytest.mark.parametrize("sent", [b"", b"\x16\x03\x01"], ids=["nothing", "half a handshake"])
def test_a_client_that_stays_silent_in_the_handshake_is_cut_off(url: str, sent: bytes) -> None:
    assert ended(url, sent) == b""


def test_plain_http_is_no_call_of_a_server_by_https(url: str) -> None:
    assert b"HTTP/1.1 2" not in ended(url, b"GET /restapi HTTP/1.1\r\nHost: localhost\r\n\r\n")


@pytest.mark.parametrize(
    ("sent", "answer"),
    [(b"", b""), (b"GET /restapi HT", b"HTTP/1.1 408"), (b"garbage\r\n\r\n", b"HTTP/1.1 400")],
    ids=["nothing", "half a head", "no HTTP"],
)
def test_the_time_outs_and_refusals_of_plain_http_hold(url: str, root: Path, sent: bytes, answer: bytes) -> None:
    parts = urlsplit(url)
    with (
        socket.create_connection((parts.hostname, parts.port), timeout=20) as plain,
        trusting(root).wrap_socket(plain, server_hostname="localhost") as connection,
    ):
        connection.sendall(sent)
        assert b"".join(iter(lambda: connection.recv(1000), b""))[: len(answer) or 1] == answer


def test_a_call_whose_client_ends_its_side_at_once_harms_nobody(
    url: str, root: Path, caplog: pytest.LogCaptureFixture
) -> None:
    parts = urlsplit(url)
    with socket.create_connection((parts.hostname, parts.port), timeout=20) as plain:
        connection = trusting(root).wrap_socket(plain, server_hostname="localhost")
        connection.sendall(b"GET /restapi HTTP/1.1\r\nHost: localhost\r\n\r\n")
        connection.shutdown(socket.SHUT_WR)
        connection.close()
    with HttpClient(url, connection=ConnectionOptions(root)) as client:
        assert client.send(Request("GET", "/restapi")).status == 200
    assert "eof_received" not in caplog.text
