"""Group commit: no answer before what it tells is kept, and 503 where it cannot be kept."""

import logging
import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import httpx2
import pytest

from ringmock.control.worlds import template_of
from ringmock.fixture import load_named
from ringmock.serving.committed import CommittedTransport
from ringmock.serving.public_address import PublicAddress
from ringmock.serving.server import Server, build, serving
from ringmock.sign_in.kept_worlds import KeptWorlds
from ringmock.sign_in.worlds import Worlds
from ringmock.world.history.commands import Command, Handled
from ringmock.world.history.log import MOST_GATHERED, Added, Change, GroupCommit, Head, LogUnavailable, NameClosed
from support import HANDSET, OWN, SMS, STORE, TOKEN, Client, sms_body

CHANGE = NameClosed("somebody")


class FakeLog:
    """A log in memory, whose disk is full when a test says so."""

    was_served = True

    def __init__(self) -> None:
        self.batches: list[list[Change]] = []
        self.is_full = False

    def append(self, batch: Sequence[Change]) -> None:
        if self.is_full:
            raise LogUnavailable("The state demo.db cannot be written: the disk is full.")
        self.batches.append(list(batch))

    def read(self, world: int, after: int, until: int) -> Iterator[tuple[int, Command]]:
        each = (change for batch in self.batches for change in batch if isinstance(change, Added))
        return ((one.number, one.command) for one in each if one.world == world and after < one.number <= until)

    def heads(self) -> Sequence[Head]:
        return ()

    def closed_names(self) -> Sequence[str]:
        return ()

    def close(self) -> None:
        pass

    def operations(self) -> list[list[str]]:
        """The calls in each batch that has any."""
        found = [[each.command for each in batch if isinstance(each, Added)] for batch in self.batches]
        named = [[each.operation for each in batch if isinstance(each, Handled)] for batch in found]
        return [batch for batch in named if batch]


# --- one connection ------------------------------------------------------------------------------


class FakeTransport:
    """What a connection writes to."""

    def __init__(self) -> None:
        self.done: list[str | bytes] = []

    def write(self, data: bytes) -> None:
        self.done.append(data)

    def close(self) -> None:
        self.done.append("closed")

    def abort(self) -> None:
        self.done.append("aborted")

    def is_closing(self) -> bool:
        return self.done[-1:] in (["closed"], ["aborted"])

    def get_write_buffer_size(self) -> int:
        return 0


class Held:
    """A connection, a log and the end of the turn."""

    def __init__(self) -> None:
        self.log, self.transport = FakeLog(), FakeTransport()
        self.commits = GroupCommit(self.log)
        self.turns: list[Callable[[], object]] = []
        self.commits.soon = self.turns.append
        self.output = CommittedTransport(self.transport, self.commits, lambda: b"503")  # type: ignore[arg-type]

    def end_turn(self) -> None:
        """Do what was to be done at the end of this turn."""
        due, self.turns[:] = self.turns[:], []
        for each in due:
            each()


def test_what_is_written_while_nothing_is_pending_goes_out_at_once() -> None:
    held = Held()
    held.output.write(b"HTTP/1.1 200")
    assert held.transport.done == [b"HTTP/1.1 200"]


def test_what_is_written_while_something_is_pending_goes_out_after_its_commit_in_order() -> None:
    held = Held()
    held.commits.add(CHANGE)
    held.output.write(b"HTTP/1.1 200 one")
    held.output.writelines([b" tw", b"o"])
    held.output.close()
    assert (held.transport.done, held.output.is_closing()) == ([], True)
    assert held.output.get_write_buffer_size() == len(b"HTTP/1.1 200 one two")
    held.end_turn()
    assert held.transport.done == []
    held.end_turn()
    assert held.transport.done == [b"HTTP/1.1 200 one two", "closed"]
    assert held.turns == []


def test_what_is_accepted_until_a_turn_brings_nothing_is_one_batch() -> None:
    held = Held()
    for names in ("abc", "d", ""):
        for name in names:
            held.commits.add(NameClosed(name))
        assert len(held.turns) == 1
        held.end_turn()
    assert held.log.batches == [[NameClosed(name) for name in "abcd"]]
    assert held.turns == []


@pytest.mark.parametrize(("brought", "is_kept"), [(MOST_GATHERED - 1, False), (MOST_GATHERED, True)])
def test_what_waits_for_others_waits_for_so_many_of_them(brought: int, is_kept: bool) -> None:
    held = Held()
    for _ in range(brought):
        held.commits.add(CHANGE)
    held.end_turn()
    assert bool(held.log.batches) is is_kept


@pytest.mark.parametrize(
    ("written", "done"), [(b"HTTP/1.1 200 OK", [b"503", "closed"]), (b"the rest of something", ["aborted"])]
)
def test_what_cannot_be_kept_is_not_told(written: bytes, done: list[object]) -> None:
    held = Held()
    held.log.is_full = True
    held.commits.add(CHANGE)
    held.output.write(written)
    held.commits.commit()
    assert held.transport.done == done
    assert held.commits.is_pending


def test_what_could_not_be_kept_is_kept_with_the_next(caplog: pytest.LogCaptureFixture) -> None:
    held, told = Held(), []
    held.log.is_full = True
    held.commits.add(CHANGE)
    held.commits.when_kept(lambda: told.append("kept"))
    with caplog.at_level(logging.WARNING, "ringmock"):
        assert [held.commits.is_available(), held.commits.is_available()] == [True, True]
        held.commits.commit()
        assert [held.commits.is_available(), held.commits.is_available()] == [False, False]
        held.log.is_full = False
        assert told == []
        assert held.commits.is_available()
    assert held.log.batches == [[CHANGE]]
    assert told == ["kept"]
    assert [record.message for record in caplog.records] == [
        "The state demo.db cannot be written: the disk is full. Every call is answered 503 until it can be written.",
        "the state is written again",
    ]


# --- a server ------------------------------------------------------------------------------------


class Served:
    """A server whose log a test fills."""

    def __init__(self, log: FakeLog, client: Client, server: Server) -> None:
        self.log, self.client, self.server = log, client, server


@contextmanager
def served(base_path: str = "") -> Iterator[Served]:
    log = FakeLog()
    worlds = Worlds(load_named("demo"), commits=GroupCommit(log))
    app, state = build(worlds, address=PublicAddress(base_path)), KeptWorlds(worlds, template_of)
    with serving(app, base_path=base_path, state=state) as (url, server), Client(url) as client:
        yield Served(log, client, server)


@pytest.mark.parametrize("base_path", ["", "/mock"])
def test_a_sign_in_that_cannot_be_kept_is_refused_as_oauth_has_it_wherever_the_api_is(base_path: str) -> None:
    with served(base_path) as kept:
        kept.client.post_sms("kept")
        kept.log.is_full = True
        kept.client.post_sms("not kept")
        answer = kept.client.ask_token(grant_type="password", username="x", password="y")
    assert (answer.status_code, answer.json()["error"]) == (503, "invalid_request")


def test_a_full_disk_is_503_in_the_callers_envelope_and_nothing_that_was_answered_is_lost() -> None:
    with served() as kept:
        client, log = kept.client, kept.log
        assert client.post_sms("kept").status_code == 200
        log.is_full = True
        refused = [client.post_sms("first"), client.post_sms("second"), client.get(STORE)]
        said = {"errorCode": "CMN-201"}
        for answer in refused:
            assert (answer.status_code, {"errorCode": answer.json()["errorCode"]}) == (503, said)
            assert answer.headers["Retry-After"] == "1"
            assert "the state of this server cannot be written" in answer.json()["message"]
        sign_in = client.ask_token(grant_type="password", username="x", password="y")
        assert (sign_in.status_code, sign_in.headers["Retry-After"]) == (503, "1")
        assert {"error", "error_description"} <= sign_in.json().keys()
        control = client.call("POST", "/_mock/reset")
        assert control.status_code == 503
        assert control.json().keys() == {"error"}
        assert log.operations() == [["createSMSMessage"]]
        log.is_full = False
        texts = [each["subject"] for each in client.messages("101")]
        assert texts == ["first", "kept"]
        assert log.operations() == [["createSMSMessage"], ["createSMSMessage"]]


def test_calls_that_arrive_together_are_committed_together() -> None:
    with served() as kept:
        token = kept.client.token("101")
        kept.client.get(STORE)
        host, port = kept.client.url.removeprefix("http://").split(":")
        request = httpx2.Request("POST", f"{kept.client.url}{SMS}", json=sms_body("together", to=HANDSET))
        head = (
            f"POST {OWN}/sms HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {token}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(request.content)}\r\n\r\n"
        )
        with socket.create_connection((host, int(port))) as connection:
            connection.sendall((head.encode() + request.content) * 3)
            answers = b""
            while answers.count(b"HTTP/1.1 200") < 3:
                answers += connection.recv(65536)
        assert kept.log.operations() == [["createSMSMessage"] * 3]


def test_a_sign_in_is_kept_before_its_tokens_are_told() -> None:
    with served() as kept:
        kept.log.is_full = True
        answer = kept.client.ask_token(grant_type="password", username="16509100001", extension="101", password="x")
        assert answer.status_code in (400, 503)
        form = {"grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer", "assertion": "demo-jwt-101"}
        assert kept.client._http.post(TOKEN, data=form, headers={}).status_code == 503
