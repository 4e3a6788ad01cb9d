"""Replicas of one database: one that comes gets its part, others take that of one that ends, and calls get there."""

import asyncio
import json
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx2
import pytest
from websockets.exceptions import ConnectionClosed

from databases import Cluster
from receivers import SUBSCRIPTION, WAIT_SECONDS, Received, Receiver, body, event, good
from replica_pairs import has_come, of_slot, replica, replica_pair, slots_of
from ringmock.control.worlds import template_of
from ringmock.fixture import load_named
from ringmock.serving.connection_handover import Relay
from ringmock.serving.inner import Arrived, InnerListener
from ringmock.serving.replica import Replica
from ringmock.serving.replica_peers import ReplicaPeers
from ringmock.serving.server import bound_socket, build
from ringmock.serving.tls import self_signed
from ringmock.sign_in.kept_worlds import KeptWorlds
from ringmock.sign_in.world_slots import SLOTS, Share, slot_of
from ringmock.sign_in.worlds import Worlds
from ringmock.world.history.log import GroupCommit, Head, LogUnavailable
from ringmock.world.history.replicas import Member, View, joined
from socket_client import greeted_by_https, opened
from state_files import VERSION, log_in, mark_of
from support import SMS, STORE, Client, sms_body
from worker_pairs import client_at


@pytest.fixture
def url(databases: Cluster) -> str:
    return databases.empty()


def subjects(client: Client) -> list[str]:
    return [each["subject"] for each in client.messages("101")]


def spread(url: str, held: ExitStack) -> list[Client]:
    """Six clients whose worlds have slots far from each other: half of the slots have some of them, not all."""
    clients = [held.enter_context(Client(url)) for _ in range(6)]
    for number, client in enumerate(clients):
        client.client_id = of_slot(client.client_id, number * SLOTS // 6)
    return clients


# --- those that come and go ----------------------------------------------------------------------


def test_worlds_go_to_one_that_comes_and_back_when_it_ends_with_all_that_was_answered(url: str) -> None:
    with replica(url) as first:
        with ExitStack() as held:
            clients = spread(first.url, held)
            for client in clients:
                client.post_sms("alone")
            with replica(url) as second:
                assert has_come(lambda: slots_of(second) == SLOTS / 2)
                moved = [client for client in clients if second.worlds.share.has(client.client_id)]
                assert 0 < len(moved) < 6
                for client in clients:
                    client.post_sms("both")
                assert [subjects(client) for client in clients] == [["both", "alone"]] * 6
            for client in clients:
                assert client.post_sms("alone again").status_code == 200
                assert subjects(client) == ["alone again", "both", "alone"]
        assert has_come(lambda: slots_of(first) == SLOTS)


def test_the_world_of_the_fixture_goes_with_its_tokens(url: str) -> None:
    signed = {"Authorization": "Bearer demo-101"}
    with replica(url) as first, httpx2.Client(base_url=first.url, trust_env=False, headers=signed) as http:
        assert http.post(SMS, json=sms_body("one")).status_code == 200
        with replica(url) as second:
            assert has_come(lambda: slots_of(second) == SLOTS / 2)
            first.server.stop()
            with httpx2.Client(base_url=second.url, trust_env=False, headers=signed, timeout=30) as other:
                assert other.post(SMS, json=sms_body("two")).status_code == 200
                found = other.get(STORE).json()["records"]
                assert [each["subject"] for each in found] == ["two", "one"]
                assert has_come(lambda: slots_of(second) == SLOTS)
                assert [each["subject"] for each in other.get(STORE).json()["records"]] == ["two", "one"]


def test_connections_of_a_world_that_goes_are_closed_and_open_again_where_it_is(url: str) -> None:
    with replica(url) as first, ExitStack() as held:
        clients = spread(first.url, held)
        before = [opened(client)[0].connection for client in clients]
        second = held.enter_context(replica(url))
        assert has_come(lambda: slots_of(second) == SLOTS / 2)
        for client, connection in zip(clients, before, strict=True):
            if second.worlds.share.has(client.client_id):
                with pytest.raises(ConnectionClosed):
                    connection.recv(timeout=WAIT_SECONDS)
                again, _, _ = opened(client)
                with again.connection:
                    again.subscribe()
                    client.post_sms("seen")
                    header, said = again.receive()
                    assert (header["type"], said["body"]["changes"][0]["newCount"]) == ("ServerNotification", 1)
            connection.close()


def test_one_that_the_others_cannot_reach_says_so_and_has_no_worlds(url: str) -> None:
    with replica(url) as first:
        own = joined(url, mark_of(), VERSION, SLOTS)
        peers = ReplicaPeers(own.membership.number, own.membership.secret)
        kept = KeptWorlds(first.worlds, template_of)  # what it would have is never asked for
        late = Replica(kept, own.membership, peers, join_seconds=0.0)
        with pytest.raises(
            Exception, match=r"has reached this one at 127.0.0.1:1 within .* --replica-address HOST:PORT"
        ):
            asyncio.run(late.join("127.0.0.1:1"))
        own.log.close()
        late.leave()
        assert slots_of(first) == SLOTS


def test_nobody_asks_one_that_was_not_reached(url: str) -> None:
    with replica(url) as first, closing(socket.create_server(("127.0.0.1", 0))) as silent, ExitStack() as held:
        own = joined(url, mark_of(), VERSION, SLOTS)
        for each in (own.log, own.membership):
            held.enter_context(closing(each))
        own.membership.announce(f"127.0.0.1:{silent.getsockname()[1]}")
        peers = first.server.replica._peers
        assert has_come(lambda: own.membership.number in peers.view.members)
        assert peers.others() == []
        assert httpx2.get(f"{first.url}/_mock/worlds", trust_env=False).status_code == 200


class Unread:
    """A place among replicas of a database in which no histories can be read, while `is_away`."""

    number, name = 1, "db"
    is_away = True

    def __init__(self) -> None:
        self.reader = self

    def look(self) -> View:
        return View(1, {1: Member("here:1", True, True)}, dict.fromkeys(range(SLOTS), (1, 0)))

    def heads(self) -> list[Head]:
        if self.is_away:
            raise LogUnavailable("It is away.")
        return []

    def closed_names(self) -> list[str]:
        return []


def test_that_histories_cannot_be_read_is_said_once(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with closing(log_in(path)) as log:
        worlds = Worlds(load_named("demo"), commits=GroupCommit(log), share=Share(frozenset(), SLOTS))
        build(worlds)
        place: Any = Unread()
        taking = Replica(KeptWorlds(worlds, template_of), place, ReplicaPeers(1, b""))

        async def looks(count: int) -> None:
            for _ in range(count):
                assert await taking._look()
                while taking._taking is not None:
                    await asyncio.sleep(0)

        asyncio.run(looks(3))
        said = [each.getMessage() for each in caplog.records if each.levelname == "ERROR"]
        assert said == ["It is away. It is tried again until it can be."]
        place.is_away = False
        asyncio.run(looks(1))
        assert len(worlds.share.places) == SLOTS


# --- worlds on their way -------------------------------------------------------------------------


@pytest.fixture
def moving(url: str) -> Iterator[tuple[Client, Client]]:
    """Two clients of one replica; the world of the first has left the other replica, and comes back there."""
    with replica_pair(url) as (first, second), client_at(second, first) as client, client_at(second, second) as other:
        client.post_sms("before")
        other.token("101")
        for each in (client, other):
            each._http.timeout = httpx2.Timeout(30)
        first.server.do(lambda: KeptWorlds(first.worlds, template_of).leave(first.worlds.share.places))
        yield client, other


def test_a_world_on_its_way_is_in_the_list(moving: tuple[Client, Client]) -> None:
    client, other = moving
    names = {each["name"] for each in other.get("/_mock/worlds").json()["worlds"]}
    assert names == {"default", client.client_id, other.client_id}


def test_a_world_on_its_way_counts(moving: tuple[Client, Client]) -> None:
    _, other = moving
    assert other.get("/_mock/usage").json()["server"]["worlds"]["kept"] == 3


def test_a_token_of_a_world_on_its_way_is_good_in_another_world(moving: tuple[Client, Client]) -> None:
    client, other = moving
    signed = {**client.bearer("101"), "X-Ringmock-World": other.client_id}
    assert other.get(STORE, by=None, headers=signed).status_code == 200


def test_a_world_on_its_way_is_forked_when_it_is_there(moving: tuple[Client, Client]) -> None:
    client, other = moving
    name = of_slot("fork", slot_of(other.client_id))
    opened = other.call("POST", "/_mock/worlds", by=None, json={"name": name, "fork": client.client_id})
    assert (opened.status_code, opened.json().get("messages")) == (200, 1)


# --- a replica that is not what it should be -----------------------------------------------------


class Fake:
    """A replica that does with a connection what a test says."""

    def __init__(self, url: str) -> None:
        self._own = joined(url, mark_of(), VERSION, SLOTS)
        self._loop = asyncio.new_event_loop()
        self._bound = bound_socket("127.0.0.1", 0)
        self._bound.listen()
        self.is_dying = False
        self.calls = 0
        peers = ReplicaPeers(self._own.membership.number, self._own.membership.secret)
        self._listener = InnerListener(self._bound, {"there": lambda _: {}}, self._take, met=peers.met)
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        self._own.membership.announce(f"127.0.0.1:{self._bound.getsockname()[1]}")

    def _run(self) -> None:
        self._loop.call_soon(self._listener.begin)
        self._loop.run_forever()

    async def _take(self, connection: socket.socket, arrived: Arrived) -> None:
        self.calls += 1
        if self.is_dying:
            self._bound.close()
        connection.close()

    def end(self) -> None:
        """Its session ends, as with its process."""
        self._own.log.close()

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._listener.end)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
        self._bound.close()
        self._own.log.close()
        self._own.membership.close()


def test_a_call_whose_replica_is_gone_is_503_and_then_answered_by_the_one_that_takes_its_place(url: str) -> None:
    with replica(url) as first, ExitStack() as held:
        clients = spread(first.url, held)
        for client in clients:
            client.post_sms("before")
            client._http.timeout = httpx2.Timeout(30)
        fake = Fake(url)
        held.callback(fake.close)
        assert has_come(lambda: slots_of(first) == SLOTS / 2)
        client = next(each for each in clients if not first.worlds.share.has(each.client_id))
        fake.is_dying = True
        refused = client.post_sms("lost")
        assert (refused.status_code, refused.headers["Retry-After"], fake.calls) == (503, "1", 1)
        assert refused.json()["errorCode"] == "CMN-201"
        fake.end()
        assert client.post_sms("after").status_code == 200
        assert subjects(client) == ["after", "before"]


@pytest.mark.parametrize("fault", [{"lost": True}, {"answer": "empty"}, {"answer": "reset"}])
def test_an_answer_that_a_replica_loses_on_purpose_is_lost(url: str, fault: dict[str, object]) -> None:
    with replica_pair(url) as (first, second), client_at(first, second) as client:
        client.post_sms("kept")
        client.call("PUT", "/_mock/faults", json=[{"operation": "createSMSMessage", **fault}])
        with pytest.raises(httpx2.HTTPError):
            client.post_sms("lost")


def test_a_connection_that_would_be_relayed_twice_ends_with_its_answer(url: str) -> None:
    with replica_pair(url) as (first, second), client_at(first, first) as here, client_at(first, second) as there:
        for client in (here, there):
            client.token("101")
        where = urlsplit(first.url)
        with socket.create_connection((where.hostname, where.port), timeout=WAIT_SECONDS) as connection:
            answers = connection.makefile("rb")
            ended = [_asked(connection, answers, client) for client in (there, there, here)]
            assert ended == [False, False, True]
            assert answers.read() == b""
            answers.close()


def _asked(connection: socket.socket, answers: object, client: Client) -> bool:
    """Read a mailbox; whether the answer says that the connection ends."""
    signed = client.bearer("101")["Authorization"]
    connection.sendall(f"GET {STORE} HTTP/1.1\r\nHost: a\r\nAuthorization: {signed}\r\n\r\n".encode())
    lines = [line.decode().strip().lower() for line in iter(answers.readline, b"\r\n")]  # type: ignore[attr-defined]
    assert lines[0] == "http/1.1 200 ok"
    length = next(int(line.partition(":")[2]) for line in lines if line.startswith("content-length"))
    json.loads(answers.read(length))  # type: ignore[attr-defined]
    return "connection: close" in lines


def test_by_https_calls_and_connections_get_there_too(url: str) -> None:
    with replica_pair(url, self_signed()) as (first, second), client_at(first, second) as client:
        for _ in range(2):
            assert client.post_sms().status_code == 200
        token = client.post("/restapi/oauth/wstoken").json()
        assert greeted_by_https(client.url, token["ws_access_token"])["type"] == "ConnectionDetails"
        assert len(client.messages("101")) == 2


def test_a_world_goes_after_the_answer_to_a_call_that_is_under_way(url: str) -> None:
    may_answer = threading.Event()

    def handshake(request: Received, connection: socket.socket) -> None:
        assert may_answer.wait(WAIT_SECONDS)
        good(request, connection)

    with replica(url) as first, Client(first.url) as client, Receiver(handshake) as receiver, ExitStack() as held:
        threads = held.enter_context(ThreadPoolExecutor())
        client.client_id = of_slot(client.client_id, SLOTS - 1)
        client.token("101")
        late = threads.submit(client.post, SUBSCRIPTION, json=body(receiver))
        assert receiver.next().is_handshake
        second = held.enter_context(replica(url))
        assert has_come(lambda: slots_of(second) == SLOTS / 2 - 1)
        may_answer.set()
        assert late.result().status_code == 200
        assert has_come(lambda: slots_of(second) == SLOTS / 2)
        assert second.worlds.share.has(client.client_id)
        client.post_sms("seen")
        assert event(receiver)["body"]["changes"][0]["newCount"] == 1


def test_a_call_that_is_under_way_in_a_world_that_goes_is_refused(url: str) -> None:
    may_answer = threading.Event()

    def handshake(request: Received, connection: socket.socket) -> None:
        assert may_answer.wait(WAIT_SECONDS)
        good(request, connection)

    with replica(url) as first, Client(first.url) as client, Receiver(handshake) as receiver:
        client.post_sms("before")
        with ThreadPoolExecutor() as threads:
            late = threads.submit(client.post, SUBSCRIPTION, json=body(receiver))
            assert receiver.next().is_handshake
            first.server.do(lambda: KeptWorlds(first.worlds, template_of).leave(first.worlds.share.places))
            may_answer.set()
            assert late.result().status_code == 503
        assert has_come(lambda: slots_of(first) == SLOTS)  # the database says that they are its own
        assert subjects(client) == ["before"]
        assert client.get(SUBSCRIPTION).json()["records"] == []


def test_a_server_that_ends_waits_for_what_it_relays(url: str) -> None:
    with replica_pair(url) as (first, second), client_at(first, second) as client:
        client.post_sms()
        connections = first.server.server_state.connections
        assert [type(each) for each in connections] == [Relay]
        client._http.close()
        assert has_come(lambda: not connections)
