"""A handle on a server anywhere: what the plugin's handle does, by the control API alone."""

import asyncio
import inspect
import re
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest

from ringmock.contract.http_client import NoAnswer
from ringmock.control.description import operations
from ringmock.testing import (
    Attachment,
    Clock,
    DueKind,
    Expect,
    Handset,
    MockServer,
    RemoteRingmock,
    Ringmock,
    connect,
    connect_async,
    run_server,
)
from ringmock.testing.remote import RemoteClock, RemoteExpect, RemoteHandset
from support import HANDSET, PAGER, SMS, sms_body


@pytest.fixture(scope="module")
def server() -> Iterator[MockServer]:
    with run_server("demo") as server:
        yield server


@pytest.fixture
def ringmock(server: MockServer) -> Iterator[RemoteRingmock]:
    with connect(server.url) as handle:
        yield handle


def post(ringmock: RemoteRingmock, path: str, body: object, by: str = "101") -> int:
    headers = {"Authorization": f"Bearer {ringmock.token(by)}"}
    return httpx2.post(f"{ringmock.url}{path}", json=body, headers=headers, trust_env=False).status_code


def text(ringmock: RemoteRingmock, words: str = "Hello") -> None:
    assert post(ringmock, SMS, sms_body(words)) == 200


def test_an_sms_is_waited_for_and_stands_in_mailbox_and_handset(ringmock: RemoteRingmock) -> None:
    later = threading.Timer(0.2, text, (ringmock, "Your code is 12"))
    later.start()
    found = ringmock.wait_for_sms(to=HANDSET, contains="code")
    later.join()
    assert (found.text, found.sender, found.recipients) == ("Your code is 12", "16509100010", (HANDSET,))
    assert [sms.text for sms in ringmock.handset(HANDSET).messages] == ["Your code is 12"]
    assert [sms.text for sms in ringmock.mailbox("101")] == ["Your code is 12"]
    text(ringmock, "Your code is 34")
    assert ringmock.wait_for_sms(contains="code", after=found).text == "Your code is 34"


def test_what_does_not_come_is_an_assertion_that_tells_what_came(ringmock: RemoteRingmock) -> None:
    text(ringmock)
    with pytest.raises(AssertionError, match="There is no Pager"):
        ringmock.wait_for_page(timeout=0)
    with pytest.raises(AssertionError, match="There should be no SMS"):
        ringmock.expect_no_sms()
    ringmock.expect_no_page()
    ringmock.expect.none(contains="Goodbye")


def test_a_handset_writes_with_a_file(ringmock: RemoteRingmock) -> None:
    file = Attachment("image/png", "map.png", b"a picture")
    assert ringmock.handset(HANDSET).send(to="16509100102", text="Look", attachments=[file]) == "delivered"
    assert [(sms.text, sms.direction) for sms in ringmock.mailbox("102")] == [("Look", "Inbound")]


def test_the_account_faults_carriers_and_the_clock_are_the_world_s_own(
    server: MockServer, ringmock: RemoteRingmock
) -> None:
    ringmock.freeze("102")
    ringmock.members("200", "103")
    ringmock.fault("createSMSMessage", error="MSG-304", nth=1)
    assert post(ringmock, SMS, sms_body()) == 403
    assert post(ringmock, PAGER, {"to": [{"extensionNumber": "102"}], "text": "Hello"}) == 400
    assert ringmock.why(ringmock.journal[-1]["id"])["decided"][0]["by"] == "R-18"
    ringmock.thaw("102")
    ringmock.no_faults()
    ringmock.carriers({"profiles": [{"steps": [{"status": "SendingFailed", "error": "SMS-UP-430"}]}]})
    text(ringmock)
    assert ringmock.mailbox("101")[0].status == "SendingFailed"
    ringmock.clock.freeze("2026-01-01T00:00:00Z")
    ringmock.clock.advance(timedelta(minutes=1))
    assert ringmock.clock.now.isoformat() == "2026-01-01T00:01:00+00:00"
    assert (ringmock.close_websockets(), ringmock.findings) == (0, [])
    with connect(server.url) as other:
        assert other.mailbox("101") == []


def test_names_that_are_not_there_are_refused_at_once_with_the_nearest(ringmock: RemoteRingmock) -> None:
    with pytest.raises(ValueError, match="no extension '1011': 101"):
        ringmock.token("1011")
    with pytest.raises(LookupError, match="no extension '999'"):
        ringmock.freeze("999")
    with pytest.raises(ValueError, match="createSMSMessage"):
        ringmock.fault("createSMSMesage")
    with pytest.raises(ValueError, match="no phone number"):
        ringmock.handset("12")


def test_nobody_there_is_said() -> None:
    with pytest.raises(NoAnswer):
        connect("http://127.0.0.1:1")


def test_a_world_of_its_own_is_closed_and_an_open_one_stays(server: MockServer) -> None:
    with connect(server.url) as own:
        with connect(server.url, world=own.client_id) as same:
            text(same)
        assert len(own.mailbox("101")) == 1
    with pytest.raises(LookupError, match="world"):
        own.mailbox("101")


def test_the_twin_waits_while_the_loop_goes_on(server: MockServer) -> None:
    async def main() -> None:
        async with connect_async(server.url) as ringmock:
            token = await ringmock.token("101")
            waiting = asyncio.create_task(ringmock.wait_for_sms(contains="Hello"))
            async with httpx2.AsyncClient(trust_env=False) as client:
                headers = {"Authorization": f"Bearer {token}"}
                await client.post(f"{server.url}{SMS}", json=sms_body(), headers=headers)
            assert (await waiting).text == "Hello"
            assert [sms.text for sms in await (await ringmock.handset(HANDSET)).messages()] == ["Hello"]

    asyncio.run(main())


def test_a_blocking_wait_in_a_running_loop_is_refused_with_what_to_do(ringmock: RemoteRingmock) -> None:
    async def main() -> None:
        ringmock.wait_for_sms(timeout=0)

    with pytest.raises(RuntimeError, match=r"await ringmock\.twin\.wait_for_sms"):
        asyncio.run(main())


def test_a_world_that_is_gone_is_no_message_that_did_not_come(server: MockServer) -> None:
    with connect(server.url) as handle:
        pass

    with pytest.raises(LookupError, match="There is no world"):
        handle.wait_for_sms(timeout=0)
    with pytest.raises(LookupError, match="There is no world"):
        handle.expect_no_sms()


# --- what each handle can do ---------------------------------------------------------------------

DELIVERED = {"profiles": [{"prefix": "1415", "steps": [{"status": "Delivered", "after": 60}]}]}


@pytest.fixture(params=["in the process", "anywhere", "twin"])
def either(request: pytest.FixtureRequest, server: MockServer) -> Iterator[Any]:
    """A handle of each kind, in a world that stands still and whose carriers take a minute."""
    if request.param == "in the process":
        with server.new_world() as handle:
            yield standing(handle)
    else:
        with connect(server.url) as handle:
            yield standing(handle) if request.param == "anywhere" else Awaited(standing(handle).twin)


def standing(handle: Any) -> Any:
    handle.clock.freeze("2026-01-01T00:00:00Z")
    handle.carriers(DELIVERED)
    return handle


class Awaited:
    """An async twin, of which each call is awaited in a loop of its own."""

    def __init__(self, twin: Any) -> None:
        self._twin = twin

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._twin, name)
        if name in ("clock", "expect"):
            return Awaited(found)
        if not callable(found):
            return found

        def call(*given: Any, **named: Any) -> Any:
            async def main() -> Any:
                return await found(*given, **named)

            return asyncio.run(main())

        return call


def test_the_clock_tells_what_is_due_and_what_it_made_happen(either: Any) -> None:
    assert post(either, SMS, sms_body()) == 200
    due = [event for event in either.clock.due(limit=5) if event.kind is DueKind.MESSAGE_STATUS]
    assert [(event.at.isoformat(), event.status) for event in due] == [("2026-01-01T00:01:00+00:00", "Delivered")]

    assert either.clock.advance("next") == due
    assert either.clock.advance(timedelta(minutes=1)) == []


def test_a_world_goes_back_to_a_label_and_forks_from_it(either: Any) -> None:
    either.label("begun")
    assert post(either, SMS, sms_body("one")) == 200
    fork, earlier = either.fork(), either.fork("begun")
    either.rewind("begun")
    assert [len(each.mailbox("101")) for each in (either, fork, earlier)] == [0, 1, 0]
    with pytest.raises(ValueError, match="no label 'nowhere': this world has begun"):
        either.rewind("nowhere")


def test_a_status_is_waited_for_by_the_worlds_clock(either: Any) -> None:
    assert post(either, SMS, sms_body()) == 200
    either.expect_no_page(advance=True)
    with pytest.raises(AssertionError, match="nothing is due that would bring one"):
        either.wait_for_sms(status="DeliveryFailed", advance=True)

    assert either.wait_for_sms(status="Delivered", advance=True).status == "Delivered"
    with pytest.raises(AssertionError, match="should be no"):
        either.expect_no_sms(advance=True)
    with pytest.raises(AssertionError, match="should be no"):
        either.expect.none(advance=True)
    with pytest.raises(ValueError, match="'status' is one of Queued, Sent"):
        either.wait_for_sms(status="Arrived", timeout=0)


def signatures(of: type) -> dict[str, str]:
    """The public verbs of a class, each with what it takes."""
    return {
        name: "a value" if isinstance(verb, property) else str(inspect.signature(verb)).partition(" ->")[0]
        for name, verb in vars(of).items()
        if not name.startswith("_") and name not in SERVER_S_OWN
    }


SERVER_S_OWN = {
    "allow_contract_violations", "allow_server_errors", "complaint",  # what fails a test under pytest
    "template",  # what its server serves
    "jwt",  # of the fixture, which a server elsewhere does not hand out
    "why",  # of the control API's journal
}  # fmt: skip


@pytest.mark.parametrize(
    ("here", "anywhere"),
    [(Ringmock, RemoteRingmock), (Clock, RemoteClock), (Expect, RemoteExpect), (Handset, RemoteHandset)],
)
def test_a_handle_on_a_server_anywhere_has_the_verbs_of_the_plugins(here: type, anywhere: type) -> None:
    assert signatures(here) == signatures(anywhere)


NO_VERB = {
    *("read_history", "read_commands", "export_world", "list_message_threads", "read_message_thread"),
    "fax_from_outside",  # by the path of the phone
    # of the server and not of a test, or of the whole run
    *("list_worlds", "read_world", "reset_world", "reset", "usage", "ready", "read_description"),
    *("metrics", "journal_as_text", "read_coverage", "forget_coverage", "coverage_as_text", "coverage_as_page"),
    # of the fixture, and of what a client shows itself
    *("read_limits", "put_limits", "read_subscriptions", "read_extension", "read_faults", "read_carrier"),
    *("read_journal_entry", "attachment_of_handset", "read_events"),
    # for looking into a world, as the inspector does, and for what is switched on it by hand
    *("read_contract", "read_message", "read_message_by_number", "read_rulebook", "list_extensions"),
    *("attachment_of_message", "resend_notification", "remove_fault", "measure_text"),
    *("list_mailboxes", "list_conversations", "read_conversation", "list_phones", "read_phone", "search"),
}
"""Operations that no verb of a handle calls."""


def test_a_handle_calls_every_operation_that_is_a_tests_to_call() -> None:
    """By its source: the plugin and other languages can do the same."""
    source = Path(inspect.getsourcefile(RemoteRingmock) or "").read_text(encoding="utf-8")
    called = {
        each.id
        for each in operations()
        if re.search(rf'"{each.method}",\s*(f?"|self\._path)' + _as_written(each.path.removeprefix("/_mock")), source)
    }
    assert {each.id for each in operations()} - called == NO_VERB


def _as_written(path: str) -> str:
    """The path of an operation as the handle's source writes it."""
    if path.startswith("/handsets/"):
        return "" if path.endswith("/messages") else "never"
    return re.sub(r"\\\{[^}]*\}", r"\\{[^}]*\\}", re.escape(path)) + r'["?]'
