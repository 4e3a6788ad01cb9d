"""A handle on a server anywhere: what the plugin's handle does, by the control API alone."""

import asyncio
import threading
from collections.abc import Iterator
from datetime import timedelta

import httpx2
import pytest

from ringmock.contract.http_client import NoAnswer
from ringmock.testing import Attachment, MockServer, RemoteRingmock, connect, connect_async, run_server
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
