"""While the largest request that an operation takes is answered, others are answered in between.

Work is counted, not timed: the calls of functions, of Python's and of C's, that one turn of the loop makes. A hundred
thousand of them take some 50 ms on the machine that this was written on.
"""

# ruff: noqa: E501  # tables

import asyncio
import json
from collections.abc import Callable, Coroutine, Iterator
from cProfile import Profile
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import pytest

from ringmock.domain.consent import ConsentSource, OptStatus, Statement
from ringmock.domain.message import Direction, MessageType
from ringmock.domain.message_filter import MessageFilter
from ringmock.domain.sms import SendSms
from ringmock.domain.subscription import Kind
from ringmock.fixture import load_named
from ringmock.openapi.document import load_contract, operations
from ringmock.serving.server import build
from ringmock.sign_in.worlds import Worlds
from ringmock.world.world import World
from support import OWN, PAGER, SMS, STORE, TOKEN

pytestmark = pytest.mark.long

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
        self._profile = Profile(subcalls=False)
        self.most = 0

    def _run_once(self) -> None:
        self._profile.clear()
        self._profile.enable()
        try:
            super()._run_once()  # type: ignore[misc]  # of the standard library's loop
        finally:
            self._profile.disable()
            self.most = max(self.most, sum(entry.callcount for entry in self._profile.getstats()))


class Large(NamedTuple):
    """The largest request of an operation, or one that asks for the most."""

    operation: str | None
    """An operationId; None for a call of the control API."""
    id: str
    method: str
    target: str
    body: Any = None
    status: int = 200
    in_slices: bool = False
    """Whether it is more than one turn of the loop may have."""
    of_much: bool = False
    """Whether it makes more work where more is stored."""


class Server:
    """The application without a socket, on a world of its own."""

    def __init__(self, fill: Callable[[World], None] = lambda world: None) -> None:
        self.worlds = Worlds(load_named("demo"))
        fill(self.worlds.default)
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


def run(
    work: Callable[[Server], Coroutine[Any, Any, None]], fill: Callable[[World], None] = lambda world: None
) -> CountingLoop:
    loop, server = CountingLoop(), Server(fill)
    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        runner.run(asyncio.sleep(0))
        runner.run(work(server))
    return loop


MANY = 1_200


def fill(world: World) -> None:
    """As much as makes work of what goes with what is stored: messages, conversations, consents and a report."""
    sender = world.account.extensions["101"]
    for number in range(MANY):
        world.send_sms(sender, SendSms("16509100010", (PHONES[number].removeprefix("+"),), "Hello"))
    for _ in range(1_200):
        world.send_sms(sender, SendSms("16509100010", ("14155000000",), "Hello"))
    said = [Statement("16509100300", phone[1:], OptStatus.OUT, ConsentSource.API) for phone in PHONES[:3_000]]
    world.state_consents(said)
    now = world.clock.now()
    for _ in range(2):
        report = world.reports.create(world.account.id, "101", (now - timedelta(days=1), now), None, now)
        REPORTS.append(report.id)
    world.clock.advance(timedelta(seconds=10))


REPORTS: list[str] = []
"""Ids of reports, the latest two last."""

MINE = {"from": {"phoneNumber": "16509100010"}, "text": "Hello"}
WEBSOCKET = {"transportType": "WebSocket"}
SMS_BATCHES = "/restapi/v2/accounts/~/extensions/~/sms/batches"


def sms_batch(size: int) -> dict[str, Any]:
    """A batch of ordinary SMS."""
    messages = [{"to": [{"phoneNumber": phone}]} for phone in PHONES[:size]]
    return {"from": {"phoneNumber": "16509100010"}, "text": "Hello", "messages": messages}


FILTER = "/restapi/v1.0/account/~/extension/~/message-store"
IDS = ",".join(str(number) for number in range(50))

LARGEST = [
    Large("createA2PSMS", "a batch of 10,000", "POST", BATCHES, batch(10_000), 201, in_slices=True),
    Large("createA2PSMS", "a batch of 10,000 with a last one that is too long", "POST", BATCHES, batch(10_000, "x" * 1001), 400),
    Large("createA2PSMS", "a batch of 10,001", "POST", BATCHES, batch(10_001), 400),
    Large("addA2PSMSOptOuts", "opt-outs and opt-ins of 10,000", "POST", OPT_OUTS, {"from": A2P_NUMBER, "optOuts": PHONES[:10_000], "optIns": PHONES[10_000:]}, in_slices=True),
    Large("editSmsConsentRecords", "consents of 1,000", "PATCH", CONSENTS, consents(1000), in_slices=True),
    Large("editSmsConsentRecords", "consents of 1,001", "PATCH", CONSENTS, consents(1001), 400),
    Large("exportSmsConsentRecords", "all consents", "GET", f"{CONSENTS}/export", in_slices=True, of_much=True),
    Large("listSmsConsentRecords", "a page of consents", "GET", f"{CONSENTS}?perPage=1000", of_much=True),
    Large("searchSmsConsentRecords", "a page of consents of ten phones", "POST", f"{CONSENTS}/search", {"to": PHONES[:10], "perPage": 1000}, of_much=True),
    Large("listSmsConsentHistoryRecords", "a page of what was said", "GET", f"{CONSENTS}/history?perPage=1000", of_much=True),
    Large("createSMSMessage", "an SMS to 4,900", "POST", SMS, {**MINE, "to": [{"phoneNumber": phone} for phone in PHONES[:4_900]]}, 400),
    Large("createInternalTextMessage", "a page to 4,900 times the same", "POST", PAGER, {"to": [{"extensionNumber": "102"}] * 4_900, "text": "Hello"}),
    Large("createInternalTextMessage", "a page to 4,900 Departments", "POST", PAGER, {"to": [{"extensionNumber": "200"}] * 4_900, "text": "Hello"}),
    Large("createInternalTextMessage", "a page to 4,900 of whom the last is nobody", "POST", PAGER, {"to": [{"extensionNumber": "102"}] * 4_899 + [{"extensionNumber": "999"}], "text": "Hello"}, 400),
    Large("parsePhoneNumber", "64 numbers to parse", "POST", "/restapi/v1.0/number-parser/parse", {"originalStrings": PHONES[:64]}),
    Large("parsePhoneNumberV2", "64 numbers to parse, today's way", "POST", "/restapi/v2/number-parser/parse", {"originalStrings": PHONES[:64]}),
    Large("parsePhoneNumber", "9,000 numbers to parse", "POST", "/restapi/v1.0/number-parser/parse", {"originalStrings": PHONES[:9_000]}, 400),
    Large("assignMultipleDepartmentMembers", "2,000 changes of a Department", "POST", f"{ACCOUNT}/department/bulk-assign", {"items": [{"departmentId": "1346632200", "addedExtensionIds": ["1346632102"]}] * 2_000}, 204),
    Large("assignMultipleDepartmentMembers", "9,000 members of a Department", "POST", f"{ACCOUNT}/department/bulk-assign", {"items": [{"departmentId": "1346632200", "addedExtensionIds": ["1346632102"] * 9_000}]}, 204),
    Large("assignMultipleCallQueueMembers", "9,000 members of a call queue", "POST", f"{ACCOUNT}/call-queues/1346632200/bulk-assign", {"addedExtensionIds": ["1346632102"] * 9_000}, 204),
    Large("bulkAssignSmsRecipients", "50 SMS recipients", "POST", f"{ACCOUNT}/extension/1346632200/sms-recipients/bulk-assign", {"addedExtensionIds": ["1346632102"] * 50}, 204),
    Large("deleteMessage", "1,000 messages to delete", "DELETE", f"{STORE}/*", [str(number) for number in range(1000)], 204),
    Large("deleteMessage", "9,000 messages to delete", "DELETE", f"{STORE}/*", [str(number) for number in range(9000)], 400),
    Large("readMessage", "50 messages", "GET", f"{STORE}/{IDS}", None, 207),
    Large("readUserPresenceStatus", "50 presences", "GET", f"{ACCOUNT}/extension/{IDS[2:]},1346632102/presence", None, 207),
    Large("updateMessage", "50 changes of messages", "PUT", f"{STORE}/{IDS}", {"readStatus": "Read"}, 207),
    Large("patchMessage", "50 changes of messages, PATCH", "PATCH", f"{STORE}/{IDS}", {"readStatus": "Read"}, 207),
    Large("listMessages", "a page of 1,000 messages", "GET", f"{STORE}?perPage=1000", of_much=True),
    Large("listMessages", "one newest of each conversation", "GET", f"{STORE}?distinctConversations=true&perPage=1000", in_slices=True, of_much=True),
    Large("syncMessages", "a full synchronization", "GET", f"{OWN}/message-sync", of_much=True),
    Large("syncMessages", "a full synchronization of all that there may be", "GET", f"{OWN}/message-sync?recordCount=2147483647", of_much=True),
    Large("readMessageStoreReportArchive", "the archives of a report", "GET", f"{ACCOUNT}/message-store-report/REPORT-0/archive", in_slices=True, of_much=True),
    Large("readMessageStoreReportArchiveContent", "an archive of a report", "GET", f"{ACCOUNT}/message-store-report/REPORT-1/archive/0", in_slices=True, of_much=True),
    Large("listA2PSMS", "a page of high-volume messages", "GET", f"{ACCOUNT}/a2p-sms/messages?perPage=1000"),
    Large("readA2PSMSOptOuts", "a page of opt-outs", "GET", f"{ACCOUNT}/a2p-sms/opt-outs?perPage=1000", of_much=True),
    Large("createSmsBatch", "a batch of 10,000 SMS", "POST", SMS_BATCHES, sms_batch(10_000), 201, in_slices=True),
    Large("listSmsMessages", "a page of messages of batches", "GET", f"{SMS_BATCHES.removesuffix('batches')}messages?perPage=1000"),
    Large("createSmsBatch", "a batch of 10,001 SMS", "POST", SMS_BATCHES, sms_batch(10_001), 400),
    Large("createSubscription", "9,000 event filters", "POST", "/restapi/v1.0/subscription", {"eventFilters": [FILTER] * 9_000, "deliveryMode": WEBSOCKET}, 400),
    Large("getToken", "a form of 1,000 fields", "POST", TOKEN, b"&".join(b"a%d=1" % number for number in range(1000)), 400),
    Large("getToken", "a form of percent signs", "POST", TOKEN, b"grant_type=" + b"%" * 65_000, 400),
    Large(None, "what a phone has received", "GET", "/_mock/handsets/14155000000/messages", of_much=True),
    Large(None, "the journal", "GET", "/_mock/journal?include=text"),
    Large("deleteMessageByFilter", "all messages to delete", "DELETE", f"{STORE}?type=All", None, 204, in_slices=True, of_much=True),  # the last: it leaves nothing
]  # fmt: skip

FIXED = "What it says goes with nothing that is stored or sent."
ONE = "It is about one resource of bounded size."
OF_THE_ACCOUNT = "Pages of at most 1,000 of what the fixture has."
FEW = "There are no more than a few dozen of a user."
SMALL = {
    **dict.fromkeys(
        ("readAPIVersions", "readAPIVersion", "authJwks", "readOpenIdConfiguration", "readInitialEntryPoints", "readExternalEntryPoints"),
        FIXED,
    ),
    **dict.fromkeys(("readAPIStatus", "readClientInfo", "createSIPRegistration", "listTimezones", "readTimezone", "listFaxCoverPages", "readCountry", "readAccountServiceInfo", "listDialingPlans", "readExtensionFeatures", "readUserVideoConfiguration"), FIXED),
    **dict.fromkeys(("listExtensionDevices", "listForwardingNumbers", "readUserCallLog", "syncUserCallLog", "listExtensionActiveCalls"), FIXED),
    **dict.fromkeys(("updateUserPresenceStatus", "readExtensionCallerId", "updateExtensionCallerId", "readExtensionCallQueuePresence", "updateExtensionCallQueuePresence"), ONE),
    "readAccountPresence": OF_THE_ACCOUNT,
    **dict.fromkeys(("authorize", "authorize2", "revokeToken", "authUserInfo", "authWsToken"), ONE),
    **dict.fromkeys(("readAccountInfo", "readExtension", "updateExtension", "smsConfigurationInfo"), ONE),
    **dict.fromkeys(
        ("listExtensions", "listAccountPhoneNumbers", "readAccountPhoneNumber", "listExtensionPhoneNumbers", "listDepartmentMembers", "listCallQueues", "listCallQueueMembers", "getSmsRecipients"),
        OF_THE_ACCOUNT,
    ),
    **dict.fromkeys(("readCallQueueInfo", "updateCallQueueInfo"), ONE),
    **dict.fromkeys(("listAllTcrBrands", "findTcrBrandById", "listAllTcrCampaigns", "findTcrCampaignById"), "There are as many as the fixture has."),
    "linkNumbers": "A thousand numbers at most.",
    "createFaxMessage": "Fifty recipients at most; the files' bytes are handed on as they are.",
    "createMMS": "Ten attachments at most, whose bytes are handed on as they are.",
    **dict.fromkeys(("readA2PBatch", "readA2PSMS", "readMessageContent"), ONE),
    **dict.fromkeys(("readSmsBatch", "readSmsMessage", "readSmsMessageContent"), ONE),
    **dict.fromkeys(("listA2PBatches", "listSmsBatches"), "Pages of at most 1,000, of which each says as much as any other."),
    "listContactGroups": FIXED,
    "readSmsStatusSummary": "No message is looked at; fifteen numbers at most, and their groups in slices.",
    "aggregateA2PSMSStatuses": "No message is looked at; fifteen numbers at most.",
    **dict.fromkeys(("readMessageStoreConfiguration", "updateMessageStoreConfiguration"), ONE),
    **dict.fromkeys(("createMessageStoreReport", "readMessageStoreReportTask"), ONE),
    **{
        f"{verb}{whose}MessageTemplate{'s' * (verb == 'list')}": FEW
        for whose in ("Company", "User")
        for verb in ("list", "create", "read", "update", "delete")
    },
    **dict.fromkeys(("mthListThreads", "mthListMessages", "mthListNotes"), "Pages of at most 1,000 small records."),
    **dict.fromkeys(("mthSyncThreads", "mthSyncEntries"), "What is open of the numbers that a user shares, presented in slices."),
    **dict.fromkeys(("mthGetThread", "mthAssignThread", "mthSendMessage", "mthReadMessageContent", "mthCreateNote", "mthUpdateNote"), ONE),
    **dict.fromkeys(("mthResolveThread", "mthDeleteThread"), "The entries of one thread, in slices."),
    **dict.fromkeys(("mthDeleteMessages", "mthDeleteNotes"), "A hundred at most."),
    **dict.fromkeys(("createContact", "readContact", "updateContact", "patchContact", "deleteContact", "readDirectoryEntry"), ONE),
    **dict.fromkeys(("listContacts", "syncAddressBook"), "There are 10,000 of an extension at most, and 1,000 on a page."),
    **dict.fromkeys(("listDirectoryEntries", "searchDirectoryEntries"), OF_THE_ACCOUNT),
    **dict.fromkeys(("listSubscriptions", "readSubscription", "updateSubscription", "deleteSubscription", "renewSubscription"), FEW),
}  # fmt: skip
"""Operations no request of which is large, and why."""


def test_every_operation_has_its_largest_request_here_or_a_reason_why_none_is_large() -> None:
    known = {found["operationId"] for _, _, found in operations(load_contract())}
    large = {each.operation for each in LARGEST} - {None}

    assert (large | SMALL.keys(), large & SMALL.keys()) == (known, set())


@pytest.fixture(scope="module")
def much() -> Iterator[tuple[asyncio.Runner, Server]]:
    """A server that has much stored, and a loop to serve it in."""
    with asyncio.Runner(loop_factory=CountingLoop) as runner:
        yield runner, Server(fill)


@pytest.mark.parametrize("large", LARGEST, ids=lambda large: large.id)
def test_no_turn_of_the_loop_has_much_work_and_others_are_answered_in_between(
    large: Large, much: tuple[asyncio.Runner, Server]
) -> None:
    async def work(server: Server) -> None:
        loop, world = asyncio.get_running_loop(), server.worlds.default
        assert isinstance(loop, CountingLoop)
        target = large.target
        for number, report in enumerate(REPORTS[-2:]):
            target = target.replace(f"REPORT-{number}", report)
        await asyncio.sleep(0)
        loop.most = 0
        server.answered.clear()
        (status, said), *_ = await asyncio.gather(
            server.call("large", large.method, target, large.body),
            *(server.call("small", "GET", f"{STORE}?perPage=1") for _ in range(3)),
        )
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert status == large.status, said
        assert loop.most <= MOST_CALLS_OF_A_TURN
        assert not large.in_slices or server.answered == ["small"] * 3 + ["large"]
        path = target.partition("?")[0]
        assert {entry.operation for entry in world.journal.newest_first() if entry.path == path} == (
            set() if large.operation is None else {large.operation}
        ) or path == STORE

    if large.of_much:
        runner, server = much
        runner.run(work(server))
    else:
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


# --- what happens by itself ----------------------------------------------------------------------


def delete_all(world: World) -> None:
    fill(world)
    everything = MessageFilter(datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC))
    world.delete_messages(world.account.extensions["101"], [everything], purge=False)


def test_a_jump_over_the_age_of_many_deleted_messages_is_made_in_slices() -> None:
    async def work(server: Server) -> None:
        loop, world = asyncio.get_running_loop(), server.worlds.default
        assert isinstance(loop, CountingLoop)
        await asyncio.sleep(0)
        loop.most = 0
        assert (await server.call("jump", "POST", "/_mock/clock/advance", {"seconds": 6 * 86_400}))[0] == 200
        purged = 0
        while purged < MANY + 1_200:
            _, said = await server.call(
                "list", "GET", f"{STORE}?availability=Purged&perPage=1&dateFrom=2000-01-01T00:00:00Z"
            )
            assert said["paging"]["totalElements"] > purged
            purged = said["paging"]["totalElements"]
            await asyncio.sleep(0)
        assert loop.most <= MOST_CALLS_OF_A_TURN
        assert world.messages.received_by_handset("14155000000")[0].text == "Hello"

    run(work, delete_all)


def test_one_deletion_of_many_messages_is_reported_as_one_event() -> None:
    told: list[Any] = []

    async def work(server: Server) -> None:
        world = server.worlds.default
        world.watch(Telling(told))
        status, _ = await server.call("large", "DELETE", f"{STORE}?type=All")
        assert status == 204

    run(work, fill)
    assert len(told) == 1
    assert told[0][Kind("101", MessageType.SMS, Direction.OUTBOUND)].total >= MANY + 1_200


class Telling:
    """A `Watcher` that keeps what was changed."""

    def __init__(self, told: list[Any]) -> None:
        self._told = told

    def changed(self, changes: Any) -> None:
        self._told.append(changes)

    def __getattr__(self, name: str) -> Callable[..., None]:
        return lambda *_, **__: None


def test_a_reset_amid_a_deletion_leaves_the_next_life_as_the_fixture_has_it() -> None:
    async def work(server: Server) -> None:
        world = server.worlds.default
        deleting = asyncio.create_task(server.call("large", "DELETE", f"{STORE}?type=All"))
        for _ in range(5):
            await asyncio.sleep(0)
        assert not deleting.done()
        world.reset()
        kept = len(world.messages)

        assert (await deleting)[0] == 204
        assert await server.call("small", "GET", f"{STORE}?availability=Deleted") != (500, None)
        assert (len(world.messages), world.share.records >= kept) == (kept, True)

    run(work, fill)


class Frames:
    """The application's side of a WebSocket: what it was sent, and when its turn came."""

    def __init__(self, server: Server, token: str) -> None:
        self.read: list[Any] = []
        self._incoming: asyncio.Queue[Any] = asyncio.Queue()
        self._incoming.put_nowait({"type": "websocket.connect"})
        scope = {
            "type": "websocket", "asgi": {"version": "3.0"}, "http_version": "1.1", "scheme": "ws", "path": "/ws",
            "raw_path": b"/ws", "query_string": b"access_token=" + token.encode(), "root_path": "",
            "headers": [(b"host", b"127.0.0.1:8080")], "server": ("127.0.0.1", 8080), "client": ("127.0.0.1", 1),
            "extensions": {}, "state": {},
        }  # fmt: skip
        self.task = asyncio.create_task(server.app(scope, self._incoming.get, self._send))  # type: ignore[arg-type]

    async def _send(self, message: Any) -> None:
        if "text" in message:
            self.read.append(json.loads(message["text"]))

    def say(self, *parts: Any) -> None:
        self._incoming.put_nowait({"type": "websocket.receive", "text": json.dumps(parts)})

    def end(self) -> None:
        self._incoming.put_nowait({"type": "websocket.disconnect", "code": 1000})


def test_the_events_of_a_batch_go_to_a_socket_in_slices_whole_and_in_order() -> None:
    async def work(server: Server) -> None:
        loop = asyncio.get_running_loop()
        assert isinstance(loop, CountingLoop)
        _, said = await server.call("token", "POST", "/restapi/oauth/wstoken")
        frames = Frames(server, said["ws_access_token"])
        wanted = {"eventFilters": [f"{ACCOUNT}/a2p-sms/messages"], "deliveryMode": WEBSOCKET}
        call = {"type": "ClientRequest", "messageId": "1", "method": "POST", "path": "/restapi/v1.0/subscription"}
        frames.say(call, wanted)
        while len(frames.read) < 2:
            await asyncio.sleep(0)
        assert (await server.call("batch", "POST", BATCHES, batch(5_000)))[0] == 201
        await server.call("freeze", "PUT", "/_mock/clock", {"frozen": True})
        loop.most = 0
        await server.call("jump", "POST", "/_mock/clock/advance", {"seconds": 60})
        assert len(frames.read) < 5_000
        for _ in range(500):
            await asyncio.sleep(0)
        assert loop.most <= MOST_CALLS_OF_A_TURN
        told = [body["body"]["to"][0] for header, body, *_ in frames.read if header["type"] == "ServerNotification"]
        assert told[:5_000] == PHONES[:5_000]
        frames.end()
        await frames.task

    run(work)
