"""Several processes on one state: any of them answers any call, as one process would."""

import json
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import httpx2
import pytest

from databases import cluster
from receivers import Receiver, event, subscribed
from replica_pairs import replica_pair
from ringmock.control.worlds import template_of
from ringmock.serving.tls import self_signed
from ringmock.sign_in.worlds import Worlds
from ringmock.world.world import World
from socket_client import greeted_by_https, opened
from state_files import Kept, kept_server
from support import OWN, REVOKE, SMS, STORE, WAIT_SECONDS, Client, basic, claims_of, from_handset, sms_body
from worker_pairs import OneOf, client_at, pair, same_client

Pair = tuple[OneOf, OneOf]
DEMO = {"Authorization": "Bearer demo-101"}


@pytest.fixture(scope="module", params=["workers", "replicas"])
def both(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[Pair]:
    if request.param == "workers":
        with pair(tmp_path_factory.mktemp("state") / "demo.db") as servers:
            yield servers
    else:
        with cluster() as database, replica_pair(database.empty()) as servers:
            yield servers


@pytest.fixture(params=["of the one that is asked", "of the other one"])
def client(both: Pair, request: pytest.FixtureRequest) -> Iterator[Client]:
    """A client of the first server; its world is one of either."""
    first, second = both
    with client_at(first, first if request.param == "of the one that is asked" else second) as found:
        yield found


@pytest.fixture
def other(both: Pair, client: Client) -> Iterator[Client]:
    """The same client, at the second server."""
    with same_client(client, both[1]) as found:
        yield found


# --- calls ---------------------------------------------------------------------------------------


def test_each_answers_calls_of_a_world_that_either_has(client: Client, other: Client) -> None:
    for number in range(4):
        assert (client, other)[number % 2].post_sms(f"{number}").status_code == 200
    assert [each["subject"] for each in client.messages("101")] == ["3", "2", "1", "0"]
    assert [each["id"] for each in client.messages("101")] == [each["id"] for each in other.messages("101")]


def test_a_world_is_kept_by_one_alone(both: Pair, client: Client, other: Client) -> None:
    client.post_sms()
    other.post_sms()
    assert [server.worlds.world_named(client.client_id) is not None for server in both].count(True) == 1


def test_a_file_of_many_pieces_comes_to_who_has_the_world(client: Client, other: Client) -> None:
    content = bytes(range(256)) * 4000
    parts = {"json": (None, json.dumps(sms_body("MMS")), "application/json"), "file": ("a.png", content, "image/png")}
    for each in (client, other):
        answer = each.post(f"{OWN}/mms", files=parts)
        assert answer.status_code == 200, answer.text
        uri = next(a["uri"] for a in answer.json()["attachments"] if a["contentType"] == "image/png")
        assert each.get(urlsplit(uri).path).content == content


def test_a_client_that_has_ended_its_side_gets_its_answer(client: Client, other: Client) -> None:
    body = json.dumps(sms_body("half")).encode()
    for each in (client, other):
        lines = [f"POST {SMS} HTTP/1.1", "Host: a", "Content-Type: application/json", f"Content-Length: {len(body)}"]
        lines.append(f"Authorization: {each.bearer('101')['Authorization']}")
        assert exchanged(each.url, "\r\n".join([*lines, "", ""]).encode() + body).startswith(b"HTTP/1.1 200 OK")
    assert len(client.messages("101")) == 2


def exchanged(url: str, sent: bytes) -> bytes:
    """What a server sends to a client that then sends nothing more."""
    with socket.create_connection((urlsplit(url).hostname, urlsplit(url).port), timeout=WAIT_SECONDS) as connection:
        connection.sendall(sent)
        connection.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: connection.recv(65536), b""))


def test_of_requests_together_those_of_another_world_are_for_another_connection(both: Pair) -> None:
    """RFC 9112, 9.3.2: what was not answered is sent again on another connection."""
    first, second = both
    with client_at(first, first) as here, client_at(first, second) as there:
        sent = [
            f"GET {STORE} HTTP/1.1\r\nHost: a\r\nAuthorization: {each.bearer('101')['Authorization']}\r\n\r\n"
            for each in (here, there)
        ]
        assert exchanged(first.url, "".join(sent).encode()).count(b"HTTP/1.1 200 OK") == 1
        assert exchanged(first.url, "".join([sent[1], sent[1]]).encode()).count(b"HTTP/1.1 200 OK") == 2


def test_a_connection_goes_from_world_to_world(both: Pair) -> None:
    first, second = both
    with (
        client_at(first, first) as here,
        client_at(first, second) as there,
        httpx2.Client(base_url=first.url, trust_env=False) as http,
    ):
        for number in range(6):
            signed = (here, there)[number % 2].bearer("101")
            assert http.post(SMS, json=sms_body(str(number)), headers=signed).status_code == 200
        assert [len(each.messages("101")) for each in (here, there)] == [3, 3]


def test_by_https_what_is_of_another_one_is_relayed(tmp_path: Path) -> None:
    with pair(tmp_path / "demo.db", self_signed()) as (first, second):
        for owner in (first, second):
            with client_at(first, owner) as client, same_client(client, second) as other:
                for each in (client, other, client):
                    assert each.post_sms().status_code == 200
                token = other.post("/restapi/oauth/wstoken").json()
                assert greeted_by_https(client.url, token["ws_access_token"])["type"] == "ConnectionDetails"
                assert len(client.messages("101")) == 3


# --- log-ins -------------------------------------------------------------------------------------


def test_a_log_in_at_one_is_good_at_the_other_until_it_is_revoked(client: Client, other: Client) -> None:
    said = client.log_in("101")
    fresh = other.ask_token(grant_type="refresh_token", refresh_token=said["refresh_token"]).json()
    signed = {"Authorization": f"Bearer {fresh['access_token']}"}
    assert client.get(OWN, by=None, headers=signed).status_code == 200
    answer = client.post(
        REVOKE, by=None, data={"token": fresh["access_token"]}, headers=basic(client.client_id, client.client_secret)
    )
    assert answer.status_code == 200
    assert [each.get(OWN, by=None, headers=signed).status_code for each in (client, other)] == [401, 401]


def test_a_secret_that_one_has_seen_holds_at_the_other(client: Client, other: Client) -> None:
    client.log_in("101")
    other.client_secret = "another"
    assert other.ask_token(grant_type="password").json()["errors"][0]["errorCode"] == "OAU-146"


def test_id_tokens_of_both_are_signed_with_the_key_that_both_publish(both: Pair) -> None:
    first, second = both
    with client_at(first, first) as here, client_at(second, second) as there:
        for each in (here, there):
            assert claims_of(each, each.log_in("101", scope="openid")["id_token"])["iss"] == each.url
        assert here.get("/restapi/oauth/jwks", by=None).json() == there.get("/restapi/oauth/jwks", by=None).json()


@pytest.mark.parametrize("is_good", [True, False])
def test_a_token_of_one_is_its_extension_in_a_world_of_the_other(both: Pair, *, is_good: bool) -> None:
    first, second = both
    with client_at(first, first) as client, client_at(first, second) as elsewhere:
        signed = {**client.bearer("101"), "X-Ringmock-World": elsewhere.client_id}
        if not is_good:
            answer = client.post(
                REVOKE,
                by=None,
                data={"token": client.token("101")},
                headers=basic(client.client_id, client.client_secret),
            )
            assert answer.status_code == 200
        sent = client.post(SMS, by=None, json=sms_body("there"), headers=signed)
        assert sent.status_code == (200 if is_good else 401)
        assert len(elsewhere.messages("101")) == is_good


def test_a_token_from_before_there_were_several_is_found(tmp_path: Path) -> None:
    path = tmp_path / "demo.db"
    with kept_server(path, kind=_Unmarked) as kept, Client(kept.url) as client:
        for _ in range(8):
            client.sign_in_again()
            client.post_sms()
    with pair(path) as (first, second):
        for server in (first, second):
            with same_client(client, server) as again:
                assert len(again.messages("101")) == 8


class _Unmarked(Worlds):
    """Draws as versions did that knew of no slots."""

    def draw(self, world: World) -> str:
        return self._token_source()


# --- notifications -------------------------------------------------------------------------------


def test_a_change_made_at_one_comes_to_a_connection_at_the_other(client: Client, other: Client) -> None:
    connection, _, _ = opened(other)
    with connection.connection:
        connection.subscribe()
        client.post_sms("seen")
        header, said = connection.receive()
        assert (header["type"], said["body"]["changes"][0]["newCount"]) == ("ServerNotification", 1)


def test_a_webhook_is_sent_once_whoever_is_called(client: Client, other: Client) -> None:
    with Receiver() as receiver:
        subscribed(client, receiver)
        for each in (client, other):
            from_handset(each, "one")
            assert event(receiver)["body"]["changes"][0]["newCount"] == 1
        assert not receiver.has_more()


# --- worlds --------------------------------------------------------------------------------------


def names_at(server: OneOf) -> set[str]:
    said = httpx2.get(f"{server.url}/_mock/worlds", trust_env=False).json()
    assert said["count"] == len(said["worlds"])
    assert said["worlds"][0]["name"] == "default"
    return {each["name"] for each in said["worlds"]}


def test_each_lists_counts_and_closes_the_worlds_of_all(both: Pair, client: Client, other: Client) -> None:
    client.post_sms()
    assert names_at(both[0]) == names_at(both[1])
    assert client.client_id in names_at(both[0])
    counts = [each.get("/_mock/usage").json()["server"]["worlds"]["kept"] for each in (client, other)]
    assert counts == [len(names_at(both[0]))] * 2
    assert other.call("DELETE", f"/_mock/worlds/{client.client_id}").status_code == 200
    assert client.client_id not in names_at(both[0]) | names_at(both[1])
    for each in (client, other):
        assert each.ask_token(grant_type="password").json()["errors"][0]["errorCode"] == "OAU-153"


@pytest.mark.parametrize("path", ["worlds", "rulebook", "openapi.yaml", "contract.yaml", "usage", "metrics"])
def test_what_is_about_no_world_is_said_to_whoever_is_signed_in(client: Client, both: Pair, path: str) -> None:
    for signed in (client.bearer("101"), {"X-Ringmock-World": client.client_id}):
        for server in both:
            assert httpx2.get(f"{server.url}/_mock/{path}", headers=signed, trust_env=False).status_code == 200


@pytest.mark.parametrize("is_of_the_first", [True, False])
def test_a_fork_begins_as_a_world_of_either_was(
    client: Client, other: Client, both: Pair, *, is_of_the_first: bool
) -> None:
    for text in ("one", "two"):
        client.post_sms(text)
        client.call("PUT", f"/_mock/history/labels/{text}")
    client.post_sms("three")
    owner = both[0] if is_of_the_first else both[1]
    for at, expected in ({}, ["three", "two", "one"]), ({"at": "one"}, ["one"]):
        with client_at(both[0], owner) as fork:
            opened = other.call(
                "POST", "/_mock/worlds", by=None, json={"name": fork.client_id, "fork": client.client_id, **at}
            )
            assert opened.status_code == 200, opened.text
            assert [each["subject"] for each in fork.messages("101")] == expected
            fork.post_sms("its own")
    assert len(client.messages("101")) == 3


def test_a_fork_of_a_world_that_is_reset_before_it_is_written_is_whole(both: Pair) -> None:
    first, second = both
    with client_at(first, first) as client, client_at(first, second) as fork:
        for text in ("one", "two"):
            client.post_sms(text)
        client.call("PUT", "/_mock/history/labels/two")
        origin = first.worlds.world_named(client.client_id)
        assert origin is not None

        def reset() -> None:
            origin.reset()
            first.worlds.commits.flush()

        def forked() -> World:
            opened = second.worlds.fork_of_log(fork.client_id, origin.history.world, None, template_of)
            first.server.do(reset)
            return opened

        world = second.server.do(forked)
        assert len(second.server.do(lambda: list(world.history.commands()))) == len(world.history) > 2
        assert [each["subject"] for each in fork.messages("101")] == ["two", "one"]
        assert fork.call("POST", "/_mock/history/rewind", json={"to": "two"}).status_code == 200


@pytest.mark.parametrize(("asked", "status"), [({"fork": "nowhere"}, 404), ({"fork": "{own}", "at": "never"}, 409)])
def test_what_cannot_be_forked_is_said(client: Client, both: Pair, asked: dict[str, str], status: int) -> None:
    client.post_sms()
    for owner in both:
        with client_at(both[0], owner) as fork:
            body = {name: value.format(own=client.client_id) for name, value in asked.items()}
            answer = client.call("POST", "/_mock/worlds", by=None, json={"name": fork.client_id, **body})
            assert answer.status_code == status, answer.text
            assert fork.client_id not in names_at(both[0])


def test_a_reset_a_way_back_and_the_clock_are_the_same_at_both(client: Client, other: Client) -> None:
    client.post_sms("one")
    other.call("PUT", "/_mock/history/labels/ready")
    other.post_sms("two")
    assert client.call("POST", "/_mock/history/rewind", json={"to": "ready"}).status_code == 200
    assert [each["subject"] for each in other.messages("101")] == ["one"]
    client.call("PUT", "/_mock/clock", json={"now": "2030-01-01T00:00:00Z", "frozen": True})
    other.sign_in_again()
    assert other.get("/_mock/clock").json()["now"] == "2030-01-01T00:00:00.000Z"
    other.call("POST", "/_mock/reset")
    assert client.messages("101") == []


# --- the journal ---------------------------------------------------------------------------------


def test_each_has_the_whole_journal_of_a_world(client: Client, other: Client) -> None:
    for each in (client, other, other):
        each.post_sms()
    for each in (client, other):
        calls = each.get("/_mock/journal").json()
        assert [call["operation"] for call in calls].count("createSMSMessage") == 3


@pytest.mark.parametrize("token", ["AT-" + "b" * 32, "AT-" + "A" * 32, "nonsense"])
def test_a_call_that_is_of_no_world_is_in_the_journal_of_the_default_one(both: Pair, token: str) -> None:
    first, second = both
    path = f"{OWN}/message-store/{sum(map(ord, token))}"
    for server in (first, second):
        answer = httpx2.get(f"{server.url}{path}", headers={"Authorization": f"Bearer {token}"}, trust_env=False)
        assert answer.status_code == 401
    for server in (first, second):
        assert until(lambda at=server: journalled(at, path) == 2)


def journalled(server: OneOf, path: str) -> int:
    calls = httpx2.get(f"{server.url}/_mock/journal", trust_env=False).json()
    return [call["path"] for call in calls].count(path)


def until(holds: Callable[[], bool]) -> bool:
    """Whether it comes to hold, within so many looks that are calls each."""
    return any(holds() for _ in range(100))


# --- the state -----------------------------------------------------------------------------------


def test_one_process_goes_on_from_what_two_have_written_and_two_from_that(tmp_path: Path) -> None:
    path = tmp_path / "demo.db"
    with pair(path) as (first, second), client_at(first, first) as here, client_at(first, second) as there:
        for each in (here, there):
            each.post_sms("two")
        assert httpx2.post(f"{second.url}{SMS}", json=sms_body(), headers=DEMO, trust_env=False).status_code == 200
    with kept_server(path) as kept:
        for each in (here, there):
            _go_on(each, kept, "one")
        assert httpx2.get(f"{kept.url}{STORE}", headers=DEMO, trust_env=False).json()["paging"]["totalElements"] == 1
    with pair(path) as (first, second):
        for each in (here, there):
            with same_client(each, second) as again:
                assert [said["subject"] for said in again.messages("101")] == ["one", "two"]


def _go_on(client: Client, kept: Kept, text: str) -> None:
    with Client(kept.url) as again:
        again.client_id, again._tokens = client.client_id, client._tokens
        again.post_sms(text)
