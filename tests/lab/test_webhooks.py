"""Webhooks against a real server and real receivers: who is taken for a receiver, and what becomes of the others."""

import asyncio
import json
import shutil
import socket
import ssl
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx2
import pytest

from receivers import Answer, Names, Received, Receiver, RunsOut, answering, closed_port, good
from ringmock.domain.errors import WebHookUnreachable
from ringmock.domain.subscription import MAX_FAILURES, WebhookTerms
from ringmock.fixture import load_named
from ringmock.lab.addresses import Addresses, receiver_of
from ringmock.lab.webhooks import PATIENCE_SECONDS, WebHooks
from ringmock.serving.server import build, served
from ringmock.sign_in.worlds import Worlds
from support import Client, assert_refused, needs

SUBSCRIPTION = "/restapi/v1.0/subscription"
STORE_FILTER = "/restapi/v1.0/account/~/extension/~/message-store"
TOKEN = {"Validation_Token": "{token}"}
JSON = {"Content_Type": "application/json"}


@pytest.fixture(scope="module")
def patience() -> RunsOut:
    return RunsOut()


@pytest.fixture(scope="module")
def names() -> Names:
    return Names(
        hook_example=[["127.0.0.1"]],
        rebound_example=[["127.0.0.1"], ["169.254.169.254"]],
        cloud_example=[["127.0.0.1", "169.254.169.254"]],
        mapped_example=[["::ffff:169.254.169.254"]],
        public_example=[["93.184.216.34"]],
        empty_example=[[]],
        six_example=[["::1"]],
        clothed_example=[["::ffff:127.0.0.1"]],
        disguised_example=[["2002:a9fe:a9fe::1"]],
        this_example=[["0.0.0.0"]],
        moving_example=[["127.0.0.1"]],
    )


@pytest.fixture(scope="module")
def url(patience: RunsOut, names: Names) -> Iterator[str]:
    """A server that calls nobody but this machine, and these names."""
    allowed = ["hook.example", "Rebound.Example.", "cloud.example", "mapped.example", "public.example"]
    more = ["empty.example", "unknown.example", "six.example", "clothed.example", "disguised.example", "this.example"]
    addresses = Addresses([*allowed, *more, "2130706433"], names)
    with served(build(Worlds(load_named("demo")), WebHooks(addresses, patience=patience))) as url:
        yield url


@pytest.fixture
def client(url: str) -> Iterator[Client]:
    with Client(url) as client:
        yield client


def subscribe(client: Client, address: str, *filters: str, by: str = "101", **mode: Any) -> httpx2.Response:
    delivery = {"transportType": "WebHook", "address": address, **mode}
    return client.post(SUBSCRIPTION, by=by, json={"eventFilters": filters or (STORE_FILTER,), "deliveryMode": delivery})


def subscribed(client: Client, address: str, *filters: str, by: str = "101", **mode: Any) -> dict[str, Any]:
    answer = subscribe(client, address, *filters, by=by, **mode)
    assert answer.status_code == 200, answer.text
    return answer.json()


# --- the handshake -------------------------------------------------------------------------------


def test_a_receiver_that_returns_the_token_is_subscribed(client: Client, patience: RunsOut) -> None:
    with Receiver() as receiver:
        subscription = subscribed(client, receiver.url)

    handshake = receiver.next()
    assert (handshake.path, handshake.body) == ("/webhook?of=mine", b"")
    assert handshake.headers["validation-token"]
    assert handshake.headers["user-agent"] == "RingCentral-Webhook/8.3"
    assert handshake.headers["host"] == f"127.0.0.1:{receiver.port}"
    assert subscription["status"] == "Active"
    assert subscription["deliveryMode"] == {"transportType": "WebHook", "encryption": False, "address": receiver.url}
    assert patience.seconds[-1] == PATIENCE_SECONDS == 3


def half(_: Received, connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nValidation-Tok")


def half_a_body(request: Received, connection: socket.socket) -> None:
    head = f"HTTP/1.1 200 OK\r\nValidation-Token: {request.headers['validation-token']}\r\n"
    connection.sendall(f"{head}Content-Type: application/json\r\nContent-Length: 100\r\n\r\n".encode() + b'{"half": ')


def silent(_: Received, __: socket.socket) -> None:
    """Hangs up."""


def other_protocol(_: Received, connection: socket.socket) -> None:
    connection.sendall(b"220 mail.example ESMTP ready\r\n")


def header_flood(_: Received, connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\n" + b"".join(b"X-%d: flood\r\n" % number for number in range(100_000)))


BAD_RECEIVERS = [
    pytest.param(answering(**JSON), "SUB-520", id="the token is missing"),
    pytest.param(answering(Validation_Token="another", **JSON), "SUB-520", id="the token is another"),
    pytest.param(answering(Validation_Token="{token}x", **JSON), "SUB-520", id="the token is longer"),
    pytest.param(answering(Verification_Token="{token}", **JSON), "SUB-520", id="the token has another name"),
    pytest.param(answering("302 Found", Location="/elsewhere", **TOKEN, **JSON), "SUB-522", id="a redirect"),
    pytest.param(answering("500 Internal Server Error", b"<html>" * 1000), "SUB-522", id="a failure with a long story"),
    pytest.param(answering("404 Not Found", **TOKEN, **JSON), "SUB-522", id="not found, with the token"),
    pytest.param(answering("204 No Content", **TOKEN, **JSON), "SUB-522", id="no content, which is not 200"),
    pytest.param(answering(body=b"x" * 1024, **TOKEN, **JSON), "SUB-525", id="a large body"),
    pytest.param(answering(X_Large="x" * 1024, **TOKEN, **JSON), "SUB-525", id="a large header"),
    pytest.param(header_flood, "SUB-525", id="a flood of headers"),
    pytest.param(answering(Content_Type="text/html", **TOKEN), "SUB-525", id="HTML"),
    pytest.param(answering(**TOKEN), "SUB-525", id="no Content-Type"),
    pytest.param(half, "SUB-525", id="half of the headers"),
    pytest.param(half_a_body, "SUB-525", id="half of the body"),
    pytest.param(other_protocol, "SUB-525", id="another protocol"),
    pytest.param(silent, "SUB-521", id="it hangs up"),
]


@pytest.mark.parametrize(
    ("handshake", "message"),
    [
        pytest.param(
            answering(**JSON),
            "Validation Token is not returned [the answer has no Validation-Token, which has to be that of the"
            " request]",
            id="no token",
        ),
        pytest.param(
            answering(Validation_Token="another", **JSON),
            "Validation Token is not returned [the answer's Validation-Token is 'another', and has to be that of the"
            " request]",
            id="another token",
        ),
        pytest.param(
            answering("204 No Content", **TOKEN),
            "WebHook responds with incorrect HTTP status. HTTP status is 204 [it has to be 200]",
            id="another status",
        ),
        pytest.param(
            answering(**TOKEN),
            "WebHook server response is invalid [the answer has no Content-Type, and application/json is required of an"
            " empty one too, unless the fixture has webhooks: {content_type: any} or the server was started with"
            " --webhook-content-type any]",
            id="no Content-Type",
        ),
        pytest.param(
            answering(Content_Type="text/html", **TOKEN),
            "WebHook server response is invalid [the answer's Content-Type is 'text/html', and application/json is"
            " required of an empty one too, unless the fixture has webhooks: {content_type: any} or the server was"
            " started with --webhook-content-type any]",
            id="another Content-Type",
        ),
        pytest.param(
            answering(body=b"x" * 1024, **TOKEN, **JSON),
            "WebHook server response is invalid [the answer has more than 1024 bytes, status line and headers"
            " included]",
            id="too large",
        ),
        pytest.param(silent, "WebHook is not reachable [No answer]", id="no answer"),
    ],
)
def test_a_refusal_says_what_the_receiver_did_not_do_and_what_would_pass(
    client: Client, handshake: Answer, message: str
) -> None:
    with Receiver(handshake) as receiver:
        answer = subscribe(client, receiver.url).json()

    assert answer["message"] == answer["errors"][0]["message"] == message
    (entry,) = client.get("/_mock/journal?limit=1").json()
    assert entry["errors"][0]["message"] == message


@pytest.mark.parametrize("handshake", [answering(**TOKEN), answering(Content_Type="text/plain", body=b"ok", **TOKEN)])
def test_d33_a_receiver_may_leave_out_the_content_type_where_the_fixture_lets_it(handshake: Answer) -> None:
    lenient = replace(load_named("demo"), webhooks=WebhookTerms(content_type="any"))
    with served(build(Worlds(lenient))) as url, Client(url) as client, Receiver(handshake) as receiver:
        subscribed(client, receiver.url)
        receiver.handshake = answering()
        assert_refused(subscribe(client, receiver.url), 400, "SUB-520", "deliveryMode.address")


@pytest.mark.parametrize(("handshake", "code"), BAD_RECEIVERS)
def test_a_bad_receiver_is_refused(client: Client, handshake: Answer, code: str) -> None:
    with Receiver(handshake) as receiver:
        assert_refused(subscribe(client, receiver.url), 400, code, "deliveryMode.address")

    receiver.next()
    assert not receiver.has_more()  # no redirect was followed, and nothing tried twice
    assert client.get(SUBSCRIPTION).json()["records"] == []


@pytest.mark.parametrize(
    "pieces",
    [
        pytest.param((), id="hangs after it was asked"),
        pytest.param((b"HTTP/1.1 200 OK\r\n",), id="hangs in the headers"),
        pytest.param((b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", b"a", b"b"), id="hangs in the body"),
    ],
)
def test_a_receiver_that_takes_longer_than_three_seconds_is_refused(
    client: Client, patience: RunsOut, pieces: tuple[bytes, ...]
) -> None:
    with Receiver(patience.after(*pieces)) as receiver:
        assert_refused(subscribe(client, receiver.url), 400, "SUB-521", "deliveryMode.address")

    assert patience.seconds[-1] == 3


def test_others_are_served_while_a_receiver_hangs(client: Client, patience: RunsOut) -> None:
    sent: list[int] = []

    def asks_back(request: Received, connection: socket.socket) -> None:
        sent.append(client.post_sms().status_code)
        good(request, connection)

    with Receiver(asks_back) as receiver:
        subscribed(client, receiver.url)
    assert sent == [200]


def test_a_port_at_which_nobody_listens_is_not_reachable(client: Client) -> None:
    with closed_port() as port:
        assert_refused(subscribe(client, f"http://127.0.0.1:{port}/"), 400, "SUB-521", "deliveryMode.address")


def test_https_is_not_spoken_by_a_receiver_of_http(client: Client) -> None:
    with Receiver() as receiver:
        address = f"https://127.0.0.1:{receiver.port}/"
        assert_refused(subscribe(client, address), 400, "SUB-521", "deliveryMode.address")
    assert not receiver.has_more()


@pytest.mark.parametrize("size", [1024, 1025])
def test_a_whole_answer_may_have_1024_bytes(client: Client, size: int) -> None:
    def answer(request: Received, connection: socket.socket) -> None:
        token = request.headers["validation-token"]
        head = f"HTTP/1.1 200 OK\r\nValidation-Token: {token}\r\nContent-Type: application/json\r\n"
        length = size - len(f"{head}Content-Length: 100\r\n\r\n")
        assert 100 <= length < 1000
        connection.sendall(f"{head}Content-Length: {length}\r\n\r\n".encode() + b" " * length)

    with Receiver(answer) as receiver:
        assert subscribe(client, receiver.url).status_code == (200 if size == 1024 else 400)


# --- whom the server calls at all ----------------------------------------------------------------


def test_an_allowed_name_is_looked_up_once_and_called_by_its_name(client: Client, names: Names) -> None:
    names.asked.clear()
    with Receiver() as receiver:
        subscribed(client, f"http://hook.example:{receiver.port}/mine")

    assert receiver.next().headers["host"] == f"hook.example:{receiver.port}"
    assert names.asked == ["hook.example"]


def test_a_name_that_has_another_address_on_a_second_look_is_called_at_the_first(client: Client, names: Names) -> None:
    names.asked.clear()
    with Receiver() as receiver:
        subscribed(client, f"http://rebound.example:{receiver.port}/")
        assert names.asked == ["rebound.example"]
        receiver.next()

        # Each notification asks the name server anew, and what it says is checked anew.
        for _ in range(MAX_FAILURES):
            client.post_sms()
        (record,) = blacklisted(client)

    assert "169.254.169.254" in record["blacklistedData"]["reason"]
    assert not receiver.has_more()


@pytest.mark.parametrize(
    ("address", "code"),
    [
        pytest.param("https://cloud.example/", "SUB-521", id="one of its addresses is link-local"),
        pytest.param("https://mapped.example/", "SUB-521", id="its address is link-local in IPv6's clothes"),
        pytest.param("https://disguised.example/", "SUB-521", id="its address is link-local by 6to4"),
        pytest.param("https://this.example/", "SUB-521", id="its address is that of no machine"),
        pytest.param("https://empty.example/", "SUB-521", id="it has no address"),
        pytest.param("https://unknown.example/", "SUB-521", id="nobody knows it"),
        pytest.param("http://public.example/", "SUB-523", id="plain http over the internet"),
        pytest.param("https://other.example/", "SUB-521", id="it is not allowed"),
        pytest.param("https://hook.example.other.example/", "SUB-521", id="it begins like an allowed one"),
        pytest.param("https://93.184.216.34/", "SUB-521", id="an address of another machine"),
        pytest.param("http://93.184.216.34/", "SUB-523", id="an address of another machine, by http"),
        pytest.param("http://other.example/", "SUB-523", id="it is not allowed, by http"),
        pytest.param("http://0.0.0.0:1/", "SUB-523", id="an address of no machine"),
        pytest.param("https://[::ffff:93.184.216.34]/", "SUB-521", id="another machine in IPv6's clothes"),
    ],
)
def test_nobody_else_is_called(client: Client, names: Names, address: str, code: str) -> None:
    assert_refused(subscribe(client, address), 400, code, "deliveryMode.address")
    assert "other.example" not in names.asked  # not even looked up


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1/webhook",
        "ftp://127.0.0.1/",
        "http://",
        "http://user:secret@127.0.0.1/",
        "http://127.0.0.1:70000/",
        "http://127.0.0.1:0/",
        "http://127.0.0.1/#part",
        "http://127.0.0.1/a b",
        "http://127.0.0.1/\r\nX-Injected: yes",
        "http://[::1/",
        "http://höst/",
        "http://127.0.0.1/" + "a" * 2048,
    ],
)
def test_an_address_is_an_absolute_url_and_nothing_else(client: Client, address: str) -> None:
    assert_refused(subscribe(client, address), 400, "CMN-101", "deliveryMode.address")


def test_the_journal_says_what_would_let_a_host_be_called(client: Client) -> None:
    subscribe(client, "https://other.example/")

    (entry,) = client.get("/_mock/journal?limit=1").json()
    assert entry["errors"][0]["message"] == (
        "WebHook is not reachable [other.example is not this machine: --allow-webhook-host other.example]"
    )


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A key and a certificate that nobody has signed, in one file."""
    openssl = shutil.which("openssl")
    needs(openssl, "openssl", "install it")
    file = tmp_path_factory.mktemp("tls") / "both.pem"
    subprocess.run(
        [
            *(str(openssl), "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=receiver"),
            *("-keyout", str(file), "-out", str(file.with_suffix(".crt"))),
        ],
        check=True,
        capture_output=True,
    )
    file.write_text(file.read_text() + file.with_suffix(".crt").read_text())
    return file


@pytest.mark.parametrize(("host", "asked_for"), [("127.0.0.1", None), ("localhost", "localhost")])
def test_a_receiver_on_this_machine_needs_no_signed_certificate(
    client: Client, certificate: Path, host: str, asked_for: str | None
) -> None:
    names: list[str | None] = []
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    context.sni_callback = lambda _, name, __: names.append(name)
    with Receiver(tls=context) as receiver:
        subscribed(client, f"https://{host}:{receiver.port}/")
        assert receiver.next().headers["host"] == f"{host}:{receiver.port}"
    assert names == [asked_for]


def test_localhost_is_this_machine_without_a_look(client: Client, names: Names) -> None:
    names.asked.clear()
    with Receiver() as receiver:
        for host in ("localhost", "mine.localhost"):
            subscribed(client, f"http://{host}:{receiver.port}/")
    assert names.asked == []


def own_addresses() -> list[str]:
    """This machine's, loopback and that of the interface by which the others are reached."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # sends nothing
        except OSError:
            return ["127.0.0.1"]
        return ["127.0.0.1", probe.getsockname()[0]]


@pytest.mark.parametrize("host", ["clothed.example", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]"])
def test_loopback_may_be_called_in_ipv6s_clothes(client: Client, host: str) -> None:
    with Receiver() as receiver:
        subscribed(client, f"http://{host}:{receiver.port}/")
        assert receiver.next().is_handshake


def test_an_allowed_name_may_be_at_ipv6s_loopback() -> None:
    allowed = Addresses(["six.example"], Names(six_example=[["::1"]]))
    assert asyncio.run(allowed.of(receiver_of("http://six.example:8080/"))) == ("::1",)


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "127.8.0.1",
        "localhost",
        "LOCALHOST.",
        "mine.localhost",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[0:0:0:0:0:0:0:1]",
        "hook.example",
        "six.example",
        "clothed.example",
    ],
)
@pytest.mark.parametrize("path", ["/_mock/reset", "/restapi/v1.0/subscription", "/"])
def test_the_server_never_calls_itself(client: Client, host: str, path: str) -> None:
    client.post_sms()
    port = client.url.rpartition(":")[2]
    assert_refused(subscribe(client, f"http://{host}:{port}{path}"), 400, "SUB-521", "deliveryMode.address")
    (entry,) = client.get("/_mock/journal?limit=1").json()
    assert "is this server itself, which is no receiver" in entry["errors"][0]["message"]
    assert len(client.messages("101")) == 1


def test_the_server_does_not_call_itself_by_an_address_that_it_has_beside_loopback() -> None:
    addresses = own_addresses()
    port = 8080
    names = Names(hook_example=[addresses[-1:]])
    allowed = Addresses(["hook.example", *addresses], lambda host, port: names("hook.example", port))
    allowed.listens_on(port)
    for host in (*addresses, "hook.example"):
        with pytest.raises(WebHookUnreachable, match="this server itself"):
            asyncio.run(allowed.of(receiver_of(f"https://{host}:{port}/")))
    assert asyncio.run(allowed.of(receiver_of(f"https://hook.example:{port + 1}/"))) == tuple(addresses[-1:])


def test_a_name_that_leads_to_the_server_later_is_not_followed_there(client: Client, names: Names) -> None:
    port = int(client.url.rpartition(":")[2])
    allowed = Addresses(["moving.example"], Names(moving_example=[["93.184.216.34"], ["127.0.0.1"]]))
    allowed.listens_on(port)
    there = receiver_of(f"https://moving.example:{port}/")
    assert asyncio.run(allowed.of(there)) == ("93.184.216.34",)
    with pytest.raises(WebHookUnreachable):
        asyncio.run(allowed.of(there))


@pytest.mark.parametrize("number", ["2130706433", "0x7f000001", "0177.0.0.1", "127.1", "0"])
def test_numbers_that_only_some_take_for_addresses_are_names_that_must_be_allowed(client: Client, number: str) -> None:
    port = client.url.rpartition(":")[2]
    assert_refused(subscribe(client, f"https://{number}:{port}/_mock/reset"), 400, "SUB-521", "deliveryMode.address")


@pytest.mark.parametrize("number", ["2130706433", "0x7f000001", "0177.0.0.1", "127.1"])
def test_numbers_that_are_allowed_do_not_lead_to_the_server_either(number: str) -> None:
    allowed = Addresses([number])
    allowed.listens_on(8080)
    with pytest.raises(WebHookUnreachable, match="this server itself"):
        asyncio.run(allowed.of(receiver_of(f"http://{number}:8080/_mock/reset")))


def test_another_servers_control_api_takes_no_notifications(client: Client, server_url: str) -> None:
    with Client(server_url) as other:
        other.post_sms()
        assert_refused(subscribe(client, f"{server_url}/_mock/reset"), 400, "SUB-522", "deliveryMode.address")
        assert len(other.messages("101")) == 1


# --- notifications -------------------------------------------------------------------------------


def test_a_message_is_reported_with_the_token_that_both_know(client: Client) -> None:
    with Receiver() as receiver:
        subscription = subscribed(client, receiver.url, verificationToken="known to both")
        sent = client.post_sms().json()
        receiver.next()
        told = receiver.next()

    assert told.headers["verification-token"] == "known to both"
    assert "validation-token" not in told.headers  # samples take that for a handshake
    assert told.headers["content-type"] == "application/json; charset=UTF-8"
    body = json.loads(told.body)
    assert body["event"] == subscription["eventFilters"][0]
    assert body["subscriptionId"] == subscription["id"]
    assert body["body"]["changes"] == [{"type": "SMS", "newCount": 1, "updatedCount": 0, "newMessageIds": [sent["id"]]}]


def test_notifications_come_in_the_order_of_what_happened(client: Client) -> None:
    with Receiver() as receiver:
        subscribed(client, receiver.url)
        ids = [client.post_sms().json()["id"] for _ in range(5)]
        receiver.next()
        told = [json.loads(receiver.next().body)["body"]["changes"][0]["newMessageIds"] for _ in ids]
    assert told == [[number] for number in ids]


def blacklisted(client: Client) -> list[dict[str, Any]]:
    """The caller's subscriptions, as soon as they are blacklisted."""
    for _ in range(1000):
        records = client.get(SUBSCRIPTION).json()["records"]
        if all(record["status"] == "Blacklisted" for record in records):
            return records
    raise AssertionError(records)


@pytest.mark.parametrize(
    ("notification", "reason"),
    [
        pytest.param(
            answering("404 Not Found"), "Webhook responses with code: [404], reason: [Not Found]", id="not found"
        ),
        pytest.param(
            answering("599 Mine"), "Webhook responses with code: [599], reason: [Mine]", id="a status of its own"
        ),
        pytest.param(
            answering("302 Found", Location="/elsewhere"),
            "Webhook responses with code: [302], reason: [Found]",
            id="a redirect",
        ),
        pytest.param(silent, "I/O operation is failed. Details: [No answer]", id="it hangs up"),
        pytest.param(
            answering(body=b"x" * 1024), "Webhook response exceeds max size. Read bytes count: [1024]", id="too much"
        ),
    ],
)
def test_an_address_that_fails_again_and_again_is_blacklisted(
    client: Client, notification: Answer, reason: str
) -> None:
    with Receiver(notification=notification) as receiver:
        subscribed(client, receiver.url)
        receiver.next()
        for _ in range(MAX_FAILURES + 1):
            client.post_sms()
        (record,) = blacklisted(client)
        told = [receiver.next() for _ in range(MAX_FAILURES)]
        assert not any(request.is_handshake for request in told)
        assert record["blacklistedData"]["reason"] == reason
        client.post_sms()
        for renewed in (
            client.post(f"{SUBSCRIPTION}/{record['id']}/renew"),
            client.call("PUT", f"{SUBSCRIPTION}/{record['id']}"),
        ):
            assert_refused(renewed, 400, "SUB-521", "deliveryMode.address")
            assert reason in renewed.json()["message"]
            assert "create" in renewed.json()["message"]
        (unchanged,) = client.get(SUBSCRIPTION).json()["records"]
        assert unchanged["expirationTime"] == record["expirationTime"]
        assert not receiver.has_more()


def test_a_port_that_is_closed_later_is_refused_as_the_system_says(client: Client) -> None:
    with Receiver() as receiver:
        subscribed(client, receiver.url)
    for _ in range(MAX_FAILURES):
        client.post_sms()
    (record,) = blacklisted(client)
    assert record["blacklistedData"]["reason"] == "I/O operation is failed. Details: [Connection refused]"


# --- reconciliation ------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def reconciled_url() -> Iterator[str]:
    """A server whose fixture has blacklisted addresses asked again."""
    reconciled = replace(load_named("demo"), webhooks=WebhookTerms(blacklisting="reconciled"))
    with served(build(Worlds(reconciled))) as url:
        yield url


@pytest.fixture
def reconciled(reconciled_url: str) -> Iterator[Client]:
    """A world of its own, its clock stopped."""
    with Client(reconciled_url) as client:
        assert client.call("PUT", "/_mock/clock", json={"frozen": True}).status_code == 200
        yield client


def advance(client: Client, seconds: float) -> None:
    assert client.post("/_mock/clock/advance", json={"seconds": seconds}).status_code == 200


def given_up(client: Client, receiver: Receiver) -> dict[str, Any]:
    """A subscription whose receiver has failed too often, everything that it was sent looked at."""
    receiver.notification = answering("500 Internal Server Error")
    subscribed(client, receiver.url)
    for _ in range(MAX_FAILURES):
        client.post_sms()
    (record,) = blacklisted(client)
    for _ in range(MAX_FAILURES + 1):
        receiver.next()
    return record


def reinstated(client: Client) -> dict[str, Any]:
    """The caller's subscription, as soon as it is active again."""
    for _ in range(1000):
        (record,) = client.get(SUBSCRIPTION).json()["records"]
        if record["status"] == "Active":
            return record
    raise AssertionError(record)


def test_d32_an_address_that_answers_again_comes_back_after_fifteen_minutes(reconciled: Client) -> None:
    with Receiver() as receiver:
        record = given_up(reconciled, receiver)
        receiver.notification = good
        advance(reconciled, 899)
        reconciled.post_sms("Told to nobody")
        assert reconciled.get(SUBSCRIPTION).json()["records"][0]["blacklistedData"] == record["blacklistedData"]
        assert not receiver.has_more()

        advance(reconciled, 1)
        assert receiver.next().is_handshake
        assert "blacklistedData" not in reinstated(reconciled)

        sent = reconciled.post_sms("Told again").json()["id"]
        assert json.loads(receiver.next().body)["body"]["changes"][0]["newMessageIds"] == [sent]
        for _ in range(MAX_FAILURES - 1):  # it fails from nothing again
            receiver.notification = answering("500 Internal Server Error")
            reconciled.post_sms()
            receiver.next()
        advance(reconciled, 900)
        assert not receiver.has_more()


def test_one_that_does_not_is_asked_every_fifteen_minutes_and_once_for_many_that_went_by(reconciled: Client) -> None:
    with Receiver() as receiver:
        given_up(reconciled, receiver)
        receiver.handshake = answering("500 Internal Server Error")
        for seconds in (900, 2600):
            advance(reconciled, seconds)
            assert receiver.next().is_handshake
        assert blacklisted(reconciled)
        assert not receiver.has_more()


def test_what_may_come_back_is_renewed_and_says_that_it_is_away(reconciled: Client) -> None:
    with Receiver() as receiver:
        record = given_up(reconciled, receiver)
        for renewed in (
            reconciled.post(f"{SUBSCRIPTION}/{record['id']}/renew"),
            reconciled.call("PUT", f"{SUBSCRIPTION}/{record['id']}"),
        ):
            assert renewed.json()["status"] == "Blacklisted"
            assert renewed.json()["blacklistedData"] == record["blacklistedData"]


def test_nobody_asks_for_one_that_was_deleted_or_is_over(reconciled: Client) -> None:
    with Receiver() as receiver:
        record = given_up(reconciled, receiver)
        reconciled.call("DELETE", f"{SUBSCRIPTION}/{record['id']}")
        advance(reconciled, 900)
        record = given_up(reconciled, receiver)
        body = {"eventFilters": record["eventFilters"], "expiresIn": 60}
        assert reconciled.call("PUT", f"{SUBSCRIPTION}/{record['id']}", json=body).json()["expiresIn"] == 59
        advance(reconciled, 61)
        advance(reconciled, 900)
        subscribed(reconciled, receiver.url)
        assert receiver.next().is_handshake
        assert not receiver.has_more()


def test_a_receiver_that_hangs_is_given_up_as_timed_out(client: Client, patience: RunsOut) -> None:
    with Receiver(notification=patience.after()) as receiver:
        subscribed(client, receiver.url)
        for _ in range(MAX_FAILURES):
            client.post_sms()
        (record,) = blacklisted(client)
    assert record["blacklistedData"]["reason"] == "I/O operation is failed. Details: [Read timed out]"


def test_a_success_between_failures_counts_from_nothing_again(client: Client) -> None:
    receiver = Receiver(notification=answering("503 Service Unavailable"))
    with receiver:
        subscribed(client, receiver.url)
        receiver.next()
        for round_ in range(2 * MAX_FAILURES - 1):
            receiver.notification = good if round_ == MAX_FAILURES - 1 else answering("503 Service Unavailable")
            client.post_sms()
            receiver.next()
        client.post_sms()
        (record,) = blacklisted(client)
    assert record["blacklistedData"]["reason"] == "Webhook responses with code: [503], reason: [Service Unavailable]"


def test_what_is_deleted_is_told_no_more(client: Client) -> None:
    with Receiver() as receiver:
        subscription = subscribed(client, receiver.url)
        receiver.next()
        assert client.call("DELETE", f"{SUBSCRIPTION}/{subscription['id']}").status_code == 204
        client.post_sms()
        subscribed(client, receiver.url)

        assert receiver.next().is_handshake
    assert not receiver.has_more()
