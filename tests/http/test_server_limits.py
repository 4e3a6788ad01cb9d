"""Each limit of a server, one below it, at it and one above."""

# ruff: noqa: E501  # a table

import asyncio
import json
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta
from typing import Any, NamedTuple

import pytest

from builders import STANDING_STILL, account, page, user
from hostile.in_process import InProcess
from receivers import Received, Receiver
from ringmock.domain.errors import SyncTokenInvalid
from ringmock.domain.message_sync import Frame
from ringmock.domain.subscription import Delivery, SubscriptionRequest, Transport
from ringmock.http.notifications import Notifier
from ringmock.http.sockets import Sockets
from ringmock.lab.webhooks import WebHooks
from ringmock.server_limits import ServerLimits
from ringmock.serving.server import Server, build
from ringmock.sign_in.sessions import TooManyWorlds, UnknownClient
from ringmock.sign_in.worlds import Worlds
from ringmock.world.template import Application, Template
from support import OWN, SMS, STORE, TOKEN

BATCHES = "/restapi/v1.0/account/~/a2p-sms/batches"
FORM = b"application/x-www-form-urlencoded"
MIXED = b"multipart/mixed; boundary=b"
JSON = b"application/json"
ONE_SMS = {"from": {"phoneNumber": "16509100010"}, "to": [{"phoneNumber": "14151003732"}], "text": "Hello"}
ONE_BATCH = {"from": "+16509100300", "messages": [{"to": ["+14155000000"], "text": "Hello"}]}
MARK = {"readStatus": "Read"}


class Request(NamedTuple):
    method: str
    target: str
    body: bytes = b""
    media_type: bytes = JSON


class Limit(NamedTuple):
    """What a limit of `most` does to a request of a size."""

    limits: ServerLimits
    most: int
    request: Callable[[int], Request]
    passes: tuple[int, str | None]
    """Status and code of what is taken."""
    refused: tuple[int, str]


def padded(body: Any) -> Callable[[int], bytes]:
    return lambda size: json.dumps(body).encode().ljust(size)


def with_values(size: int) -> bytes:
    """JSON of so many values, the object itself and the list among them."""
    return json.dumps({**MARK, "x": [1] * (size - 3)}, separators=(",", ":")).encode()


def nested(size: int) -> bytes:
    return b'{"readStatus": "Read", "x": ' + b"[" * (size - 1) + b"]" * (size - 1) + b"}"


def in_parts(size: int) -> bytes:
    first = b"--b\r\nContent-Type: application/json\r\n\r\n" + json.dumps(ONE_SMS).encode() + b"\r\n"
    return first + b"--b\r\nContent-Type: image/png\r\n\r\nx\r\n" * (size - 1) + b"--b--\r\n"


def with_part_headers(size: int) -> bytes:
    return b"--b\r\nX: " + b"x" * (size - 3) + b"\r\n\r\n" + json.dumps(ONE_SMS).encode() + b"\r\n--b--\r\n"


LIMITS = {
    "path": Limit(ServerLimits(max_path=60), 60, lambda n: Request("GET", STORE + "/" + "1" * (n - len(STORE) - 1)), (404, "CMN-102"), (404, "CMN-120")),
    "body": Limit(ServerLimits(max_body=300), 300, lambda n: Request("POST", SMS, padded(ONE_SMS)(n)), (200, None), (413, "CMN-104")),
    "body of a batch": Limit(ServerLimits(max_batch_body=300), 300, lambda n: Request("POST", BATCHES, padded(ONE_BATCH)(n)), (201, None), (413, "CMN-104")),
    "values": Limit(ServerLimits(max_json_values=60), 60, lambda n: Request("PUT", f"{STORE}/1", with_values(n)), (404, "CMN-102"), (413, "CMN-104")),
    "levels": Limit(ServerLimits(max_json_depth=7), 7, lambda n: Request("PUT", f"{STORE}/1", nested(n)), (404, "CMN-102"), (400, "CMN-103")),
    "form": Limit(ServerLimits(max_form_bytes=100), 100, lambda n: Request("POST", TOKEN, b"grant_type=x&a=".ljust(n, b"a"), FORM), (400, "OAU-123"), (413, "CMN-104")),
    "fields": Limit(ServerLimits(max_form_fields=9), 9, lambda n: Request("POST", TOKEN, b"&".join([b"grant_type=x", *[b"a%d=1" % i for i in range(n - 1)]]), FORM), (400, "OAU-123"), (400, "CMN-104")),
    "parameters": Limit(ServerLimits(max_form_fields=9), 9, lambda n: Request("GET", STORE + "?" + "&".join(f"a{i}=1" for i in range(n))), (200, None), (400, "CMN-104")),
    "parts": Limit(ServerLimits(max_parts=4), 4, lambda n: Request("POST", SMS, in_parts(n), MIXED), (200, None), (400, "CMN-104")),
    "headers of a part": Limit(ServerLimits(max_part_headers=90), 90, lambda n: Request("POST", SMS, with_part_headers(n), MIXED), (200, None), (400, "CMN-104")),
}  # fmt: skip


Serving = Callable[[ServerLimits], InProcess]


@pytest.fixture
def serving() -> Iterator[Serving]:
    """Servers of such limits, until the test ends."""
    with ExitStack() as stack:
        yield lambda limits: stack.enter_context(InProcess(limits))


@pytest.mark.long
@pytest.mark.parametrize("more", [-1, 0, 1])
@pytest.mark.parametrize("name", LIMITS)
def test_a_request_is_accepted_up_to_its_limit_and_refused_in_the_envelope_beyond(
    name: str, more: int, serving: Serving
) -> None:
    limit = LIMITS[name]
    request = limit.request(limit.most + more)

    answer = serving(limit.limits).call(
        request.method,
        request.target.encode(),
        [(b"content-type", request.media_type), *credentials(request)],
        request.body,
    )

    said = json.loads(answer.content)
    code = said["errors"][0]["errorCode"] if answer.status >= 400 else None
    assert (answer.status, code) == (limit.refused if more > 0 else limit.passes)


def credentials(request: Request) -> list[tuple[bytes, bytes]]:
    return [] if request.target == TOKEN else [(b"authorization", b"Bearer demo-101")]


@pytest.mark.parametrize(("size", "said"), [(6, "'x' is not known"), (7, "'x' is not known"), (8, "at most 7 values")])
def test_the_control_api_counts_values_by_the_same_limit(size: int, said: str, serving: Serving) -> None:
    server = serving(ServerLimits(max_json_values=7))

    answer = server.call(
        "POST", b"/_mock/clock/advance", [], with_values(size).replace(b'"readStatus":"Read"', b'"x":0')
    )

    assert answer.status == 400
    assert said in json.loads(answer.content)["error"]


@pytest.mark.parametrize(("size", "is_taken"), [(19, True), (20, True), (21, False)])
def test_a_frame_has_as_many_values_as_it_may(size: int, is_taken: bool, serving: Serving) -> None:
    call = [{"type": "ClientRequest", "messageId": "1", "method": "PUT", "path": f"{STORE}/1"}, {**MARK, "x": []}]
    call[1]["x"] = [1] * (size - values_of(call))

    server = serving(ServerLimits(max_frame_values=20))

    sent = [json.loads(each["text"]) for each in server.connect([json.dumps(call)]) if "text" in each]

    refused = [body["errorCode"] for header, body, *_ in sent if header["type"] == "Error"]
    assert refused == ([] if is_taken else ["CMN-104"])
    assert [each.method for each in server.worlds.default.journal.newest_first()] == ["PUT", "POST"][not is_taken :]


def values_of(call: Any) -> int:
    """Of the list, of both objects and their members, and of a list that has nothing in it yet."""
    return 1 + sum(1 + len(part) for part in call) + 1 - 1


# --- what is kept --------------------------------------------------------------------------------


@pytest.mark.parametrize(("calls", "left_out"), [(2, 0), (3, 0), (4, 1)])
def test_the_journal_keeps_the_latest_calls_and_counts_those_that_it_leaves_out(
    calls: int, left_out: int, serving: Serving
) -> None:
    server = serving(ServerLimits(max_journal_calls=3))
    for number in range(calls):
        server.call("GET", f"{OWN}?n={number}".encode(), [(b"authorization", b"Bearer demo-101")], b"")

    journal = server.worlds.default.journal
    assert (len(journal), journal.left_out) == (min(calls, 3), left_out)
    assert len(json.loads(server.call("GET", b"/_mock/journal", [], b"").content)) == min(calls, 3)
    assert server.call("GET", b"/_mock/journal?limit=3", [], b"").status == 200
    refused = server.call("GET", b"/_mock/journal?limit=4", [], b"")
    assert json.loads(refused.content) == {"error": "'limit' is a number from 1 to 3, as in ?limit=3."}


@pytest.mark.parametrize(("size", "is_kept"), [(199, True), (200, True), (201, False)])
def test_the_journal_leaves_a_long_body_out(size: int, is_kept: bool, serving: Serving) -> None:
    server = serving(ServerLimits(max_journal_body=200))
    headers = [(b"authorization", b"Bearer demo-101"), (b"content-type", JSON)]
    server.call("POST", SMS.encode(), headers, padded(ONE_SMS)(size))

    (entry,) = server.worlds.default.journal.newest_first()
    assert entry.body == (ONE_SMS if is_kept else None)


@pytest.mark.parametrize(("recipients", "more"), [(1, 0), (2, 0), (3, 1)])
def test_the_journal_keeps_so_many_recipients_and_says_how_many_more(
    recipients: int, more: int, serving: Serving
) -> None:
    server = serving(ServerLimits(max_journal_recipients=2))
    batch = {**ONE_BATCH, "messages": [{"to": [f"+141550000{n:02}"], "text": "Hi"} for n in range(recipients)]}
    headers = [(b"authorization", b"Bearer demo-101"), (b"content-type", JSON)]
    server.call("POST", BATCHES.encode(), headers, json.dumps(batch).encode())

    (entry,) = server.worlds.default.journal.newest_first()
    assert (len(entry.routed), entry.more_routed) == (recipients - more, more)


def worlds(limits: ServerLimits) -> Worlds:
    home = account(user("101"), user("102"))
    return Worlds(Template("test", home, (Application("app", "hush"),), clock=STANDING_STILL), limits=limits)


@pytest.mark.parametrize(("closed", "is_known"), [(1, True), (2, True), (3, False)])
def test_so_many_closed_worlds_are_known_as_such(closed: int, is_known: bool) -> None:
    here = worlds(ServerLimits(max_closed_worlds=2))
    for number in range(closed):
        here.world_of_client(f"client-{number}", None)
        here.close_world(f"client-{number}")

    if is_known:
        with pytest.raises(UnknownClient):
            here.world_of_client("client-0", None)
    else:
        assert here.world_of_client("client-0", None) is not here.default


@pytest.mark.parametrize(("opened", "passes"), [(1, True), (2, True), (3, False)])
def test_so_many_worlds_are_open_beside_the_fixtures(opened: int, passes: bool) -> None:
    here = worlds(ServerLimits(max_worlds=2))
    for number in range(opened - 1):
        here.world_of_client(f"client-{number}", None)

    if passes:
        assert here.world_of_client("last", None) is not here.default
    else:
        with pytest.raises(TooManyWorlds):
            here.world_of_client("last", None)


@pytest.mark.parametrize(("codes", "is_known"), [(1, True), (2, True), (3, False)])
def test_so_many_codes_wait_to_be_exchanged(codes: int, is_known: bool) -> None:
    here = worlds(ServerLimits(max_codes=2))
    world = here.default
    first, *_ = [here.log_ins.consent(world, world.account.extensions["101"], "app") for _ in range(codes)]

    assert (here.log_ins.holder_of_code(first) == "101") is is_known


# --- receivers -----------------------------------------------------------------------------------


class Silent(WebHooks):
    """Takes no notification before the test ends."""

    async def notify(
        self, address: str, verification_token: str | None, body: bytes, mark: tuple[str, str] | None = None
    ) -> str | None:
        await asyncio.Event().wait()
        return None


@pytest.mark.parametrize(("waiting", "failed"), [(2, 0), (3, 0), (4, 1)])
def test_so_many_notifications_wait_for_a_receiver_and_more_count_as_failed(waiting: int, failed: int) -> None:
    async def telling() -> None:
        here = worlds(ServerLimits(max_webhook_queue=3))
        world, owner = here.default, here.default.account.extensions["101"]
        delivery = Delivery(Transport.WEBHOOK, "http://127.0.0.1:9/")
        wanted = SubscriptionRequest((f"{OWN}/message-store",), delivery)
        now = world.clock.now()
        subscription = world.subscriptions.create(world.account, owner, wanted, now, origin="http://127.0.0.1")
        Notifier(Silent(), Sockets(here)).follow(world, subscription)
        page(world, "101", "102")
        await asyncio.sleep(0)  # the first is on its way
        for _ in range(waiting):
            page(world, "101", "102")

        failures = [attempt.failure for attempt in subscription.attempts]
        assert failures == ["I/O operation is failed. Details: [3 notifications are waiting]"] * failed

    asyncio.run(telling())


@pytest.mark.parametrize(("more", "passes"), [(-1, True), (0, True), (1, False)])
def test_a_receiver_may_answer_so_many_bytes(more: int, passes: bool) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nX-Padding: "

    def answer(_: Received, connection: socket.socket) -> None:
        connection.sendall(head.ljust(200 - 4 + more, b"a") + b"\r\n\r\n")

    with Receiver(notification=answer) as receiver:
        webhooks = WebHooks(limits=ServerLimits(max_webhook_answer=200))
        failure = asyncio.run(webhooks.notify(receiver.url, None, b"{}"))

    assert failure == (None if passes else "Webhook response exceeds max size. Read bytes count: [200]")


def test_a_connection_is_kept_for_as_long_as_it_may_be_idle() -> None:
    server = Server(build(worlds(ServerLimits())), limits=ServerLimits(keep_alive_timeout=7.5))

    assert server.config.timeout_keep_alive == 7.5


@pytest.mark.parametrize(("messages", "told", "older"), [(2, 2, False), (3, 3, False), (4, 3, True)])
def test_a_synchronization_tells_of_so_many_messages_and_that_there_are_more(
    messages: int, told: int, older: bool
) -> None:
    world = worlds(ServerLimits(max_sync_records=3)).default
    for _ in range(messages):
        page(world, "101", "102")
    frame = Frame(world.clock.now() - timedelta(days=1))

    for count in (None, 100):
        sync = world.sync_messages(world.account.extensions["101"], frame, count)
        assert (len(sync.records), sync.older_records_exist) == (told, older)


@pytest.mark.parametrize(("changes", "passes"), [(2, True), (3, True), (4, False)])
def test_a_token_is_good_for_so_many_changes_and_expired_for_more(changes: int, passes: bool) -> None:
    world = worlds(ServerLimits(max_sync_records=3)).default
    own = world.account.extensions["101"]
    sync = world.sync_messages(own, Frame(world.clock.now() - timedelta(days=1)))
    token = world.sync_tokens.issue("101", sync.mark)
    for _ in range(changes):
        page(world, "101", "102")

    if passes:
        assert len(world.sync_changes(own, token).records) == changes
    else:
        with pytest.raises(SyncTokenInvalid):
            world.sync_changes(own, token)
