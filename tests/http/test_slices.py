"""While the largest request that an operation takes is answered, others are answered in between.

Work is counted, not timed: the calls of functions, of Python's and of C's, that one turn of the loop makes. A hundred
thousand of them take some 50 ms on the machine that this was written on.
"""

# ruff: noqa: E501  # tables

import asyncio
import json
import sys
from collections.abc import Callable, Coroutine
from typing import Any, NamedTuple

import pytest

from ringmock.domain.sms import SendSms
from ringmock.fixture import load_named
from ringmock.server import build
from ringmock.worlds import Worlds
from support import OWN, PAGER, SMS, STORE, TOKEN

MOST_CALLS_OF_A_TURN = 100_000
ACCOUNT = "/restapi/v1.0/account/~"
CONSENTS = "/restapi/v2/accounts/~/sms/consents"
BATCHES = f"{ACCOUNT}/a2p-sms/batches"
OPT_OUTS = f"{ACCOUNT}/a2p-sms/opt-outs/bulk-assign"
A2P_NUMBER = "+16509100300"
PHONES = [f"+1415{number:07}" for number in range(5_000_000, 5_020_000)]


class CountingLoop(asyncio.SelectorEventLoop):
    """Counts the calls of functions in its turns."""

    def __init__(self) -> None:
        super().__init__()
        self._count = 0
        self.most = 0

    def _run_once(self) -> None:
        self._count = 0
        sys.setprofile(self._called)
        try:
            super()._run_once()  # type: ignore[misc]  # of the standard library's loop
        finally:
            sys.setprofile(None)
            self.most = max(self.most, self._count)

    def _called(self, _: Any, event: str, __: Any) -> None:
        self._count += event in ("call", "c_call")


class Large(NamedTuple):
    """The largest request of an operation, or one that asks for the most."""

    id: str
    method: str
    target: str
    body: Any = None
    status: int = 200


class Server:
    """The application without a socket, on a world of its own."""

    def __init__(self) -> None:
        self.worlds = Worlds(load_named("demo"))
        self.app = build(self.worlds)
        self.answered: list[str] = []
        """What was answered, in this order."""

    async def call(self, name: str, method: str, target: str, body: Any = None) -> tuple[int, Any]:
        """Status and JSON of the answer."""
        path, _, query = target.partition("?")
        content = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        media_type = b"application/x-www-form-urlencoded" if isinstance(body, bytes) else b"application/json"
        headers = [(b"host", b"127.0.0.1:8080")]
        if not isinstance(body, bytes):
            headers.append((b"authorization", b"Bearer demo-101"))
        if content:
            headers.append((b"content-type", media_type))
        sent: list[Any] = []

        async def receive() -> Any:
            return {"type": "http.request", "body": content, "more_body": False}

        async def send(message: Any) -> None:
            sent.append(message)

        scope = {
            "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": method, "scheme": "http",
            "path": path, "raw_path": path.encode(), "query_string": query.encode(), "root_path": "",
            "headers": headers, "server": ("127.0.0.1", 8080), "client": ("127.0.0.1", 50000), "extensions": {},
        }  # fmt: skip
        await self.app(scope, receive, send)
        self.answered.append(name)
        said = b"".join(message.get("body", b"") for message in sent[1:])
        return sent[0]["status"], json.loads(said) if said[:1] in (b"{", b"[") else None


def batch(size: int, last: str = "Hello") -> Any:
    messages = [{"to": [phone], "text": "Hello"} for phone in PHONES[:size]]
    return {"from": A2P_NUMBER, "messages": [*messages[:-1], {**messages[-1], "text": last}]}


def consents(size: int) -> Any:
    return {
        "records": [{"from": "*", "to": phone, "optStatus": "OptOut", "source": "Recipient"} for phone in PHONES[:size]]
    }


def run(work: Callable[[Server], Coroutine[Any, Any, None]]) -> CountingLoop:
    loop = CountingLoop()
    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        server = Server()
        runner.run(asyncio.sleep(0))
        runner.run(work(server))
    return loop


@pytest.mark.parametrize(
    "large",
    [
        Large("a batch of 10,000", "POST", BATCHES, batch(10_000), 201),
        Large("opt-outs and opt-ins of 10,000", "POST", OPT_OUTS, {"from": A2P_NUMBER, "optOuts": PHONES[:10_000], "optIns": PHONES[10_000:]}),
        Large("consents of 1,000", "PATCH", CONSENTS, consents(1000)),
    ],
    ids=lambda large: large.id,
)  # fmt: skip
def test_others_are_answered_while_a_large_call_is_carried_out(large: Large) -> None:
    async def work(server: Server) -> None:
        calls = asyncio.gather(
            server.call("large", large.method, large.target, large.body),
            *(server.call("small", "GET", f"{STORE}?perPage=1") for _ in range(3)),
        )
        (status, said), *_ = await calls
        assert status == large.status, said
        assert server.answered == ["small"] * 3 + ["large"]

    run(work)


LARGEST = [
    Large("a batch of 10,000", "POST", BATCHES, batch(10_000), 201),
    Large("a batch of 10,000 with a last one that is too long", "POST", BATCHES, batch(10_000, "x" * 1001), 400),
    Large("a batch of 10,001", "POST", BATCHES, batch(10_001), 400),
    Large("opt-outs and opt-ins of 10,000", "POST", OPT_OUTS, {"from": A2P_NUMBER, "optOuts": PHONES[:10_000], "optIns": PHONES[10_000:]}),
    Large("consents of 1,000", "PATCH", CONSENTS, consents(1000)),
    Large("consents of 1,001", "PATCH", CONSENTS, consents(1001), 400),
    Large("an SMS to 4,900", "POST", SMS, {"from": {"phoneNumber": "16509100010"}, "to": [{"phoneNumber": phone} for phone in PHONES[:4_900]], "text": "Hello"}, 400),
    Large("a page to 4,900 times the same", "POST", PAGER, {"to": [{"extensionNumber": "102"}] * 4_900, "text": "Hello"}),
    Large("a page to 4,900 Departments", "POST", PAGER, {"to": [{"extensionNumber": "200"}] * 4_900, "text": "Hello"}),
    Large("a page to 4,900 of whom the last is nobody", "POST", PAGER, {"to": [{"extensionNumber": "102"}] * 4_899 + [{"extensionNumber": "999"}], "text": "Hello"}, 400),
    Large("64 numbers to parse", "POST", "/restapi/v1.0/number-parser/parse", {"originalStrings": PHONES[:64]}),
    Large("64 numbers to parse, today's way", "POST", "/restapi/v2/number-parser/parse", {"originalStrings": PHONES[:64]}),
    Large("9,000 numbers to parse", "POST", "/restapi/v1.0/number-parser/parse", {"originalStrings": PHONES[:9_000]}, 400),
    Large("2,000 changes of a Department", "POST", f"{ACCOUNT}/department/bulk-assign", {"items": [{"departmentId": "1346632200", "addedExtensionIds": ["1346632102"]}] * 2_000}, 204),
    Large("9,000 members of a Department", "POST", f"{ACCOUNT}/department/bulk-assign", {"items": [{"departmentId": "1346632200", "addedExtensionIds": ["1346632102"] * 9_000}]}, 204),
    Large("1,000 messages to delete", "DELETE", f"{STORE}/*", [str(number) for number in range(1000)], 204),
    Large("9,000 messages to delete", "DELETE", f"{STORE}/*", [str(number) for number in range(9000)], 400),
    Large("9,000 event filters", "POST", "/restapi/v1.0/subscription", {"eventFilters": ["/restapi/v1.0/account/~/extension/~/message-store"] * 9_000, "deliveryMode": {"transportType": "WebSocket"}}, 400),
    Large("a page of 1,000 messages", "GET", f"{STORE}?perPage=1000"),
    Large("a synchronization", "GET", f"{OWN}/message-sync?recordCount=250"),
    Large("one newest of each conversation", "GET", f"{STORE}?distinctConversations=true&perPage=1000"),
    Large("a form of 1,000 fields", "POST", TOKEN, b"&".join(b"a%d=1" % number for number in range(1000)), 400),
    Large("a form of percent signs", "POST", TOKEN, b"grant_type=" + b"%" * 65_000, 400),
    Large("what a phone has received", "GET", "/_mock/handsets/14155000000/messages"),
    Large("the journal", "GET", "/_mock/journal?include=text"),
]  # fmt: skip


@pytest.mark.parametrize("large", LARGEST, ids=lambda large: large.id)
def test_no_turn_of_the_loop_has_much_work(large: Large) -> None:
    async def work(server: Server) -> None:
        world = server.worlds.default
        sender = world.account.extensions["101"]
        for number in range(2_000):
            world.send_sms(sender, SendSms("16509100010", (PHONES[number % 2].removeprefix("+"),), "Hello"))
        await asyncio.sleep(0)
        loop = asyncio.get_running_loop()
        assert isinstance(loop, CountingLoop)
        await asyncio.sleep(0)
        loop.most = 0
        status, said = await server.call("large", large.method, large.target, large.body)
        assert status == large.status, said
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert loop.most <= MOST_CALLS_OF_A_TURN

    run(work)


def test_a_batch_is_seen_whole_or_not_at_all_and_a_reset_in_between_leaves_nothing_of_it() -> None:
    async def work(server: Server) -> None:
        world = server.worlds.default
        seen: set[int] = set()
        sending = asyncio.create_task(server.call("large", "POST", BATCHES, batch(1000)))
        while not sending.done():
            await asyncio.sleep(0)
            seen.add(len(world.a2p))
        assert seen == {0, 1000}

        sending = asyncio.create_task(server.call("large", "POST", BATCHES, batch(1000)))
        for _ in range(5):
            await asyncio.sleep(0)
        world.reset()
        status, said = await sending
        assert (status, said["batchSize"]) == (201, 1000)
        assert len(world.a2p) == 0
        assert world.messages.received_by_handset(PHONES[0].removeprefix("+")) == ()
        assert await server.call("small", "GET", f"{BATCHES}/{said['id']}") == (404, unknown(said["id"]))

    run(work)


def unknown(batch_id: str) -> Any:
    problem = {
        "errorCode": "CMN-102",
        "message": "Resource for parameter [batchId] is not found",
        "parameterName": "batchId",
    }
    return {**problem, "errors": [problem]}


def test_consents_of_a_call_that_a_reset_interrupts_are_not_in_the_world_after_it() -> None:
    async def work(server: Server) -> None:
        stating = asyncio.create_task(server.call("large", "PATCH", CONSENTS, consents(1000)))
        for _ in range(5):
            await asyncio.sleep(0)
        server.worlds.default.reset()

        assert (await stating)[0] == 200
        assert list(server.worlds.default.consents) == []

    run(work)


@pytest.mark.parametrize(("size", "kept", "more"), [(100, 100, 0), (101, 100, 1)])
def test_the_journal_keeps_a_hundred_recipients_of_a_call_and_says_how_many_more(
    size: int, kept: int, more: int
) -> None:
    async def work(server: Server) -> None:
        await server.call("large", "POST", BATCHES, batch(size))
        (entry,) = server.worlds.default.journal.newest_first()

        assert (len(entry.routed), entry.more_routed) == (kept, more)

    run(work)
