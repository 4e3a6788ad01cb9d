"""Calls that have to wait, and a world that is reset or closed meanwhile: they belong to neither life of it."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from starlette.types import Receive, Scope, Send

from builders import STANDING_STILL, account, direct, mailbox, user
from ringmock.domain.sms import SendSms
from ringmock.http.call import SCOPE_KEY, Call
from ringmock.http.faults import with_its_fault
from ringmock.http.notifications import Notifier
from ringmock.http.operations.subscriptions import create_subscription
from ringmock.http.recording import recorder
from ringmock.http.sockets import Sockets
from ringmock.lab.faults import BrokenOff, FaultRule
from ringmock.lab.webhooks import WebHooks
from ringmock.sign_in.worlds import Worlds
from ringmock.world.template import Application, Template
from ringmock.world.world import World

STORE_FILTER = "/restapi/v1.0/account/~/extension/~/message-store"
ENDS: list[Callable[[World], None]] = [World.reset, World.close]


def office() -> Worlds:
    home = account(user("101", administrator=True))
    return Worlds(Template("test", home, (Application("app", "hush"),), clock=STANDING_STILL))


def call_of(here: Worlds, world: World, body: Any = None) -> Call:
    call = Call("POST", "/restapi", "http://127.0.0.1", {})
    call.session = here.log_ins.open_session(
        world, world.account.extensions["101"], "one", access_ttl=3600, refresh_ttl=0
    )
    call.world, call.body = world, body
    return call


@pytest.mark.parametrize("end", ENDS)
def test_a_call_whose_delay_spans_the_end_of_a_life_leaves_nothing_in_the_next(end: Callable[[World], None]) -> None:
    async def delayed() -> None:
        here = office()
        world = here.world_of_client("one", "x")
        call = call_of(here, world)
        call.operation = "createSMSMessage"
        world.plant([FaultRule(delay=0.001)])

        async def app(_: Scope, __: Receive, ___: Send) -> None:
            world.send_sms(call.caller, SendSms(direct("101"), ("14151003732",), "late"))

        task = asyncio.create_task(with_its_fault(app, {SCOPE_KEY: call}, None, None, world, None))  # type: ignore[arg-type]
        await asyncio.sleep(0)
        end(world)
        with pytest.raises(BrokenOff) as refused:
            await task
        assert mailbox(world, "101") == ()
        call.problems = [refused.value]
        recorder(here)(call, 503, 1.0)
        assert list(world.journal.newest_first()) == []

    asyncio.run(delayed())


@pytest.mark.parametrize("end", ENDS)
def test_a_subscription_whose_handshake_spans_the_end_of_a_life_is_none_in_the_next(
    end: Callable[[World], None],
) -> None:
    class Slow(WebHooks):
        async def shake_hands(self, address: str, *, is_json_required: bool = True) -> None:
            end(world)

    here = office()
    world = here.world_of_client("one", "x")
    delivery = {"transportType": "WebHook", "address": "http://127.0.0.1:9/"}
    call = call_of(here, world, {"eventFilters": [STORE_FILTER], "deliveryMode": delivery})
    with pytest.raises(BrokenOff):
        asyncio.run(create_subscription(Notifier(Slow(), Sockets(here)))(call))
    assert world.subscriptions.everyone(world.clock.now()) == []


class Receiver(WebHooks):
    """Takes each notification when it is let."""

    def __init__(self) -> None:
        super().__init__()
        self.begun = self.taken = 0
        self.may_answer = asyncio.Event()

    async def shake_hands(self, address: str, *, is_json_required: bool = True) -> None:
        """It wants to be told."""

    async def notify(
        self, address: str, verification_token: str | None, body: bytes, mark: tuple[str, str] | None = None
    ) -> str | None:
        self.begun += 1
        await self.may_answer.wait()
        self.taken += 1
        return None


@pytest.mark.parametrize("end", ENDS)
def test_nothing_is_posted_after_the_end_of_a_life(end: Callable[[World], None]) -> None:
    async def telling() -> None:
        here, receiver = office(), Receiver()
        world = here.world_of_client("one", "x")
        delivery = {"transportType": "WebHook", "address": "http://127.0.0.1:9/"}
        call = call_of(here, world, {"eventFilters": [STORE_FILTER], "deliveryMode": delivery})
        await create_subscription(Notifier(receiver, Sockets(here)))(call)
        for text in ("one", "two"):
            world.send_sms(call.caller, SendSms(direct("101"), ("14151003732",), text))
        await asyncio.sleep(0)
        assert (receiver.begun, receiver.taken) == (1, 0)
        world.send_sms(call.caller, SendSms(direct("101"), ("14151003732",), "three"))
        end(world)
        world.send_sms(world.account.extensions["101"], SendSms(direct("101"), ("14151003732",), "four"))
        receiver.may_answer.set()
        for _ in range(10):
            await asyncio.sleep(0)
        assert (receiver.begun, receiver.taken) == (1, 0)

    asyncio.run(telling())
