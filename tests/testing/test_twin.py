"""The async twin of a handle, and blocking calls where an event loop runs."""

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from typing import Any

import httpx2
import pytest

from ringmock.testing import Ringmock, WouldBlock, run_server
from support import HANDSET, SMS, sms_body


@pytest.fixture(scope="module")
def ringmock() -> Iterator[Ringmock]:
    with run_server("demo") as server, server.new_world() as handle:
        yield handle


def test_the_loop_goes_on_while_the_twin_waits(ringmock: Ringmock) -> None:
    async def main() -> None:
        twin = ringmock.twin
        waiting = asyncio.create_task(twin.wait_for_sms(contains="from the loop"))
        async with httpx2.AsyncClient(trust_env=False) as client:
            headers = {"Authorization": f"Bearer {await twin.token('101')}"}
            sent = await client.post(f"{twin.url}{SMS}", json=sms_body("from the loop"), headers=headers)
        assert sent.status_code == 200
        assert (await waiting).text == "from the loop"
        handset = await twin.handset(HANDSET)
        assert "from the loop" in [sms.text for sms in await handset.messages()]
        await twin.clock.freeze("2026-01-01T00:00:00Z")
        assert (await twin.clock.now()).year == 2026
        assert len(await twin.journal()) > 0
        await twin.expect.none(contains="nobody says this")

    asyncio.run(main())


@pytest.mark.parametrize(
    ("wait", "name"),
    [
        (lambda ringmock: ringmock.wait_for_sms(timeout=0), "wait_for_sms"),
        (lambda ringmock: ringmock.wait_for_page(timeout=0), "wait_for_page"),
        (lambda ringmock: ringmock.expect_no_sms(within=1), "expect_no_sms"),
        (lambda ringmock: ringmock.expect_no_page(within=1), "expect_no_page"),
        (lambda ringmock: ringmock.expect.none(within=1), "expect.none"),
    ],
)
def test_a_call_that_waits_is_refused_where_a_loop_runs(
    ringmock: Ringmock, wait: Callable[[Ringmock], object], name: str
) -> None:
    async def main() -> None:
        wait(ringmock)

    with pytest.raises(WouldBlock, match=name):
        asyncio.run(main())


def test_what_does_not_wait_may_be_called_in_a_loop(ringmock: Ringmock) -> None:
    async def main() -> None:
        ringmock.expect_no_page()
        assert ringmock.token("101")

    asyncio.run(main())


def test_a_twin_raises_what_its_handle_does(ringmock: Ringmock) -> None:
    async def failing(call: Callable[[Any], Coroutine[Any, Any, Any]]) -> None:
        await call(ringmock.twin)

    with pytest.raises(LookupError, match="999"):
        asyncio.run(failing(lambda twin: twin.freeze("999")))
    with pytest.raises(AssertionError, match="no Pager"):
        asyncio.run(failing(lambda twin: twin.wait_for_page(timeout=0)))
    with pytest.raises(AttributeError):
        asyncio.run(failing(lambda twin: twin.wait_for_fax()))
