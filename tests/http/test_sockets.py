"""WebSocket connections as the official SDKs use them: calls, notifications, recovery and time-outs."""

import json
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from ringmock.http.sockets import world_of_socket
from socket_client import STORE_FILTER, SUBSCRIPTION, WAIT_SECONDS, WS_TOKEN, Header, Socket, opened, uri
from support import HANDSET, OWN, SMS, STORE, Client, assert_envelope, assert_refused, sms_body


@pytest.fixture
def socket(world_client: Client) -> Iterator[Socket]:
    socket, _, _ = opened(world_client)
    with closing(socket.connection):
        yield socket


def advance(client: Client, seconds: int) -> None:
    assert client.post("/_mock/clock/advance", json={"seconds": seconds}).status_code == 200


# --- connecting ----------------------------------------------------------------------------------


def test_a_connection_says_first_what_it_is(world_client: Client) -> None:
    token = world_client.post(WS_TOKEN).json()
    assert token["uri"] == world_client.url.replace("http", "ws") + "/ws"
    assert token["expires_in"] == 600

    socket, header, details = opened(world_client)
    with closing(socket.connection):
        assert (header["type"], header["status"], header["wsc"]["sequence"]) == ("ConnectionDetails", 200, 1)
        assert header["wsc"]["token"]
        assert header["headers"]["RCRequestId"]
        assert {name: details[name] for name in details if name != "creationTime"} == {
            "maxConnectionsPerSession": 50,
            "recoveryBufferSize": 100,
            "recoveryTimeout": 180,
            "idleTimeout": 1800,
            "absoluteTimeout": 86400,
            "maxActiveRequests": 10,
        }


@pytest.mark.parametrize("query", ["", "?access_token=made-up", "?access_token="])
def test_a_token_that_opens_nothing_is_refused(world_client: Client, query: str) -> None:
    with connect(f"{world_client.url.replace('http', 'ws')}/ws{query}", proxy=None) as connection:
        header, body = json.loads(connection.recv(timeout=WAIT_SECONDS))
        assert (header["type"], header["status"]) == ("Error", 401)
        assert_envelope(body, "OAU-213")
        with pytest.raises(ConnectionClosed):
            connection.recv(timeout=WAIT_SECONDS)


def test_a_token_opens_connections_for_ten_minutes(world_client: Client) -> None:
    address = uri(world_client)
    for _ in range(2):
        with connect(address, proxy=None) as connection:
            assert json.loads(connection.recv(timeout=WAIT_SECONDS))[0]["type"] == "ConnectionDetails"
    advance(world_client, 600)
    with connect(address, proxy=None) as connection:
        assert json.loads(connection.recv(timeout=WAIT_SECONDS))[0]["type"] == "Error"


def test_there_is_one_place_for_connections(world_client: Client) -> None:
    with pytest.raises(InvalidStatus) as refused:
        connect(uri(world_client).replace("/ws?", "/elsewhere?"), proxy=None)
    assert refused.value.response.status_code == 404
    assert_envelope(json.loads(refused.value.response.body), "CMN-120")


@pytest.mark.parametrize("query", ["", "?access_token=made-up"])
@pytest.mark.parametrize("path", ["/elsewhere", "/restapi/v1.0/account/~", "/_mock/journal", "/ws/ws"])
def test_who_has_no_token_is_not_told_which_places_there_are(world_client: Client, path: str, query: str) -> None:
    with pytest.raises(InvalidStatus) as refused:
        connect(f"{world_client.url.replace('http', 'ws')}{path}{query}", proxy=None)
    assert refused.value.response.status_code == 401
    assert_envelope(json.loads(refused.value.response.body), "OAU-213")


def test_a_token_for_a_connection_needs_a_log_in(world_client: Client) -> None:
    assert_refused(world_client.post(WS_TOKEN, by=None), 401, "AGW-401")


def test_a_reminder_and_a_status_come_on_the_connection_by_the_worlds_clock(
    carriers_url: str,
) -> None:
    with Client(carriers_url) as client:
        client.call("PUT", "/_mock/clock", json={"now": "2026-01-01T00:00:00Z", "frozen": True})
        socket, _, _ = opened(client)
        with closing(socket.connection):
            reminder = f"{SUBSCRIPTION}/~?threshold=60&interval=30"
            body = {
                "eventFilters": [STORE_FILTER, reminder],
                "deliveryMode": {"transportType": "WebSocket"},
                "expiresIn": 120,
            }
            assert socket.call("POST", f"{SUBSCRIPTION}/", body)[0]["status"] == 200
            client.post_sms(to="14151003733")
            advance(client, 90)
            told = [socket.receive() for _ in range(5)]
    assert [header["type"] for header, _ in told] == ["ServerNotification"] * 5
    changes = [notification["body"]["changes"][0] for _, notification in told[:3]]
    assert [(change["newCount"], change["updatedCount"]) for change in changes] == [(1, 0), (0, 1), (0, 1)]
    assert [(said["event"], said["body"]) for _, said in told[3:]] == [
        (reminder, {"expiresIn": 60}),
        (reminder, {"expiresIn": 30}),
    ]


# --- calls ---------------------------------------------------------------------------------------


def test_any_call_can_be_made_on_a_connection(socket: Socket) -> None:
    answer, me = socket.call("GET", OWN)
    assert (answer["status"], me["extensionNumber"]) == (200, "101")
    assert socket.call("GET", OWN.replace("~", "%7E"))[0]["status"] == 200
    assert answer["headers"]["Content-Type"].startswith("application/json")
    assert answer["headers"]["RCRequestId"]

    answer, sent = socket.call("POST", SMS, sms_body("On a socket"))
    assert (answer["status"], sent["subject"]) == (200, "On a socket")
    _, found = socket.call("GET", STORE, query={"direction": ["Outbound"], "perPage": 1})
    assert [message["subject"] for message in found["records"]] == ["On a socket"]
    _, found = socket.call("GET", f"{STORE}?direction=Inbound")
    assert found["records"] == []
    assert socket.call("GET", f"{STORE}/{sent['id']}/content/1")[1] == "On a socket"
    answer, nothing = socket.call("DELETE", f"{STORE}/{sent['id']}")
    assert (answer["status"], nothing) == (204, None)


def test_a_connection_is_good_for_what_its_token_was_asked_for(world_client: Client) -> None:
    token = world_client.log_in("101", scope="ReadMessages WebSocket")["access_token"]
    made = world_client.post(WS_TOKEN, by=None, headers={"Authorization": f"Bearer {token}"}).json()
    socket = Socket(connect(f"{made['uri']}?access_token={made['ws_access_token']}", proxy=None))
    with closing(socket.connection):
        socket.receive()
        assert socket.call("GET", STORE)[0]["status"] == 200
        header, body = socket.call("POST", SMS, sms_body())
        assert header["status"] == 403
        assert_envelope(body, "CMN-401")


def test_a_refusal_is_answered_as_any_other(socket: Socket) -> None:
    answer, body = socket.call("GET", f"{OWN}/nowhere")
    assert answer["status"] == 404
    assert_envelope(body, "CMN-120")
    answer, body = socket.call("POST", SMS, {"text": 17})
    assert answer["status"] == 400
    assert body["errors"][0]["errorCode"] == "CMN-101"


def test_calls_on_a_connection_are_in_the_journal(world_client: Client, socket: Socket) -> None:
    socket.call("GET", OWN)
    (entry,) = world_client.get("/_mock/journal?limit=1").json()
    assert (entry["who"], entry["operation"], entry["status"]) == ("101", "readExtension", 200)


def test_a_connection_outlives_the_token_that_opened_it(world_client: Client, socket: Socket) -> None:
    advance(world_client, 1000)
    socket.call("GET", OWN)
    advance(world_client, 1500)
    socket.call("GET", OWN)
    advance(world_client, 1500)  # the log-in from before has expired by now
    assert socket.call("GET", OWN)[0]["status"] == 200


def test_a_heartbeat_is_echoed(socket: Socket) -> None:
    socket.send({"type": "Heartbeat", "messageId": "still-there"})
    assert socket.receive() == ({"type": "Heartbeat", "messageId": "still-there"}, None)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("no JSON", "CMN-103"),
        ("", "CMN-103"),
        ("[", "CMN-103"),
        ("{}", "CMN-104"),
        ("[]", "CMN-104"),
        ("[17]", "CMN-104"),
        ('[{"type": "Greeting"}]', "CMN-104"),
        ('[{"type": "ClientRequest"}]', "CMN-104"),
        ('[{"type": "ClientRequest", "method": "GET", "path": "nowhere"}]', "CMN-104"),
        ('[{"type": "ClientRequest", "method": 17, "path": "/restapi"}]', "CMN-104"),
        ('[{"type": "ClientRequest", "method": "GET", "path": "/restapi", "query": "a"}]', "CMN-104"),
    ],
)
def test_what_is_no_call_is_an_error_and_the_connection_goes_on(socket: Socket, text: str, code: str) -> None:
    socket.connection.send(text)
    header, body = socket.receive()
    assert header["type"] == "Error"
    assert_envelope(body, code)
    assert socket.call("GET", OWN)[0]["status"] == 200


# --- subscriptions -------------------------------------------------------------------------------


def test_a_subscription_on_a_connection_is_told_there(world_client: Client, socket: Socket) -> None:
    subscription = socket.subscribe()
    assert subscription["uri"] == f"{SUBSCRIPTION}/{subscription['id']}"
    assert subscription["deliveryMode"]["transportType"] == "WebSocket"
    assert subscription["expiresIn"] == 86_399

    sent = world_client.post_sms().json()

    header, told = socket.receive()
    assert (header["type"], header["status"]) == ("ServerNotification", 200)
    assert told["subscriptionId"] == subscription["id"]
    assert told["body"]["changes"][0]["newMessageIds"] == [sent["id"]]
    (shown,) = world_client.get("/_mock/subscriptions").json()
    assert (shown["transport"], shown["notifications"][0]["arrived"]) == ("WebSocket", True)


def test_a_call_that_changes_something_is_answered_after_or_before_its_event_but_answered(socket: Socket) -> None:
    socket.subscribe()
    socket.send({"type": "ClientRequest", "messageId": "sms", "method": "POST", "path": SMS}, sms_body())
    assert {socket.receive()[0]["type"] for _ in range(2)} == {"ServerNotification", "ClientRequest"}


def test_a_connection_has_one_subscription_the_latest(world_client: Client, socket: Socket) -> None:
    socket.subscribe()
    latest = socket.subscribe(f"{STORE_FILTER}/instant?type=SMS")

    assert [one["id"] for one in world_client.get(SUBSCRIPTION).json()["records"]] == [latest["id"]]
    world_client.post_sms()
    world_client.post(f"/_mock/handsets/{HANDSET}/messages", json={"to": "16509100010", "text": "Hi"})
    assert socket.receive()[1]["body"]["subject"] == "Hi"


def test_a_subscription_is_changed_and_deleted_on_its_connection(world_client: Client, socket: Socket) -> None:
    subscription = socket.subscribe()
    path = f"{SUBSCRIPTION}/{subscription['id']}"

    answer, changed = socket.call("PUT", path, {"eventFilters": [f"{STORE_FILTER}?type=Pager"]})
    assert answer["headers"]["WSG-SubscriptionId"] == subscription["id"]
    assert changed["eventFilters"][0].endswith("?type=Pager")
    assert socket.call("DELETE", path)[0]["status"] == 204
    world_client.page("102")
    assert socket.call("GET", path)[0]["status"] == 404


# --- recovery and time-outs ----------------------------------------------------------------------


def lost(world_client: Client) -> tuple[str, dict[str, Any]]:
    """The token of a connection that was subscribed and is lost, and its subscription."""
    socket, header, _ = opened(world_client)
    subscription = socket.subscribe()
    socket.connection.close()
    world_client.get(OWN)  # by the time this is answered the server knows that the connection is lost
    return header["wsc"]["token"], subscription


def test_a_lost_connection_is_recovered_with_what_it_missed(world_client: Client) -> None:
    wsc, subscription = lost(world_client)
    sent = [world_client.post_sms().json()["id"] for _ in range(2)]
    advance(world_client, 179)

    socket, header, details = opened(world_client, wsc=wsc)
    with closing(socket.connection):
        assert (details["recoveryState"], header["wsc"]["token"]) == ("Successful", wsc)
        told = [socket.receive()[1] for _ in range(2)]
        assert [one["body"]["changes"][0]["newMessageIds"] for one in told] == [[number] for number in sent]
        assert {one["subscriptionId"] for one in told} == {subscription["id"]}
        world_client.post_sms()
        assert socket.receive()[0]["type"] == "ServerNotification"


def test_the_latest_hundred_are_kept_for_a_lost_connection(world_client: Client) -> None:
    wsc, _ = lost(world_client)
    sent = [world_client.post_sms().json()["id"] for _ in range(101)]

    socket, _, _ = opened(world_client, wsc=wsc)
    with closing(socket.connection):
        told = [socket.receive()[1]["body"]["changes"][0]["newMessageIds"][0] for _ in range(100)]
    assert told == sent[1:]


def test_after_three_minutes_a_connection_is_lost_for_good(world_client: Client) -> None:
    wsc, subscription = lost(world_client)
    advance(world_client, 180)

    socket, header, details = opened(world_client, wsc=wsc)
    with closing(socket.connection):
        assert (details["recoveryState"], details["recoveryErrorCode"]) == ("Failed", "WSG-1005")
        assert header["wsc"]["token"] != wsc
        assert socket.call("GET", f"{SUBSCRIPTION}/{subscription['id']}")[0]["status"] == 404
        socket.subscribe()


def test_nobody_recovers_the_connection_of_another(world_client: Client) -> None:
    wsc, _ = lost(world_client)
    socket, _, details = opened(world_client, by="102", wsc=wsc)
    socket.connection.close()
    assert details["recoveryState"] == "Failed"


def test_a_recovered_connection_takes_the_place_of_one_that_is_still_open(world_client: Client) -> None:
    first, header, _ = opened(world_client)
    second, _, details = opened(world_client, wsc=header["wsc"]["token"])
    with closing(second.connection):
        assert details["recoveryState"] == "Successful"
        with pytest.raises(ConnectionClosed):
            first.receive()
        assert second.call("GET", OWN)[0]["status"] == 200


@pytest.mark.parametrize(
    ("step", "steps", "code", "message"),
    [
        (1800, 1, "WSG-902", "Idle timeout expired"),
        (1700, 51, "WSG-903", "Absolute timeout expired"),
    ],
)
def test_a_connection_ends_when_its_time_is_over(
    world_client: Client, socket: Socket, step: int, steps: int, code: str, message: str
) -> None:
    heartbeat = {"type": "Heartbeat", "messageId": "1"}
    for _ in range(steps - 1):
        advance_as_anybody(world_client, step)
        socket.send(heartbeat)
        assert socket.receive()[0]["type"] == "Heartbeat"
    advance_as_anybody(world_client, step)

    header, body = socket.receive()
    assert (header["type"], body["errorCode"], body["message"]) == ("Error", code, message)
    with pytest.raises(ConnectionClosed):
        socket.receive()


def test_a_connection_ends_by_itself_where_the_clock_runs(world_client: Client) -> None:
    socket, _, _ = opened(world_client)
    with closing(socket.connection):
        advance_as_anybody(world_client, 1799.95)
        assert socket.receive()[1]["errorCode"] == "WSG-902"


def test_a_connection_that_was_recovered_has_all_its_time_again(world_client: Client) -> None:
    first, header, _ = opened(world_client)
    advance_as_anybody(world_client, 1000)
    second, _, _ = opened(world_client, wsc=header["wsc"]["token"])
    with closing(second.connection):
        advance_as_anybody(world_client, 1000)
        assert second.call("GET", OWN)[0]["status"] == 200
        with pytest.raises(ConnectionClosed):
            first.receive()


def advance_as_anybody(client: Client, seconds: float) -> None:
    """As `advance`, with a log-in that is never too old."""
    fresh = client.log_in("101")["access_token"]
    headers = {"Authorization": f"Bearer {fresh}"}
    assert client.post("/_mock/clock/advance", by=None, headers=headers, json={"seconds": seconds}).status_code == 200


@pytest.mark.parametrize(
    "header",
    [
        {"path": "/restapi/v1.0/account/\u0000"},
        {"path": "/%00"},
        {"path": "//"},
        {"path": "/?" + "a" * 100_000},
        {"path": "/restapi", "query": {"a": {"b": [None, True, 1e300]}, "c": None}},
        {"path": "/restapi", "headers": {"Content-Type": "text/plain\r\nX: y", "\u20ac": "\u20ac", "a": None}},
        {"path": "/restapi", "headers": {"Content-Length": "1000000", "Authorization": "Basic x", "Host": "elsewhere"}},
        {"path": OWN, "method": "BREW"},
        {"path": SMS, "method": "POST", "headers": {"Content-Encoding": "gzip"}},
    ],
)
def test_no_call_breaks_the_connection(socket: Socket, header: dict[str, Any]) -> None:
    socket.send({"type": "ClientRequest", "messageId": "odd", "method": "GET", **header}, {"text": "odd"})
    answer, _ = socket.receive()
    assert answer["messageId"] == "odd"
    assert answer["status"] < 500
    assert socket.call("GET", OWN)[0]["status"] == 200


@pytest.mark.parametrize(
    ("more", "status"),
    [
        ({"query": {"a": "b" * 8000}}, 200),
        ({"query": {"a": "b" * 8192}}, 400),
        ({"query": {"a": ["b"] * 501}}, 400),
        ({"headers": {f"x-{n}": "1" for n in range(100)}}, 200),
        ({"headers": {f"x-{n}": "1" for n in range(101)}}, 400),
        ({"headers": {"x": [1] * 99_989}}, 200),
        ({"headers": {"x": [1] * 100_000}}, 413),
    ],
    ids=["8,000 characters", "8,192 characters", "501 values", "100 headers", "101 headers", "full", "too full"],
)
def test_a_frame_has_bounds_as_a_request_has(socket: Socket, more: Header, status: int) -> None:
    socket.send({"type": "ClientRequest", "messageId": "1", "method": "GET", "path": STORE, **more})

    assert socket.receive()[0]["status"] == status


# --- what a connection does not take -----------------------------------------------------------------


@pytest.mark.parametrize(
    "path",
    [
        "/_mock/reset",
        "/_mock",
        "/_mock/",
        "/%5fmock/reset",
        "/%5Fmock/reset",
        "/%255fmock/reset",
        "/_mock%2freset",
        "/_mock%2Freset?a=1",
        "/%2e/_mock/reset",
        "//_mock/reset",
        "/restapi/../_mock/reset",
        "/restapi/%2e%2e/_mock/reset",
        "/_mock//reset",
        "/_mock/./reset",
        "/_mock/reset/",
        "/\\_mock/reset",
        "/%5c_mock/reset",
        "/_MOCK/reset",
        "/_mock/%72eset",
        "/%5f%6d%6f%63%6b/reset",
    ],
)
def test_a_call_on_a_connection_never_reaches_the_control_api(socket: Socket, path: str) -> None:
    sent, _ = socket.call("POST", SMS, sms_body("Still here"))
    assert sent["status"] == 200

    answer, body = socket.call("POST", path)

    assert answer["status"] == 404
    assert_envelope(body, "CMN-120")
    _, listed = socket.call("GET", STORE)
    assert [record["subject"] for record in listed["records"]] == ["Still here"]


@pytest.mark.parametrize("depth", [253, 254, 255, 256, 800, 1000, 1023])
def test_a_body_of_many_levels_is_refused_and_the_connection_stays(socket: Socket, depth: int) -> None:
    header = {"type": "ClientRequest", "messageId": "deep", "method": "POST", "path": SMS}
    socket.connection.send(json.dumps([header])[:-1] + "," + "[" * depth + "]" * depth + "]")

    answer, body = socket.receive()

    assert answer["status"] == 400
    assert body["errors"][0]["errorCode"] in ("CMN-101", "CMN-103")
    assert socket.call("GET", STORE)[0]["status"] == 200


@pytest.mark.parametrize("field", ["messageId", "wsc", "headers", "query", "type", "path"])
@pytest.mark.parametrize("kind", ["ClientRequest", "Heartbeat"])
def test_a_header_of_many_levels_is_refused_and_the_connection_stays(socket: Socket, field: str, kind: str) -> None:
    deep = "[" * 20 + "]" * 20
    header = {"type": kind, "messageId": "deep", "method": "GET", "path": STORE, field: 0}
    inner = f'{{"a": {deep}}}' if field in ("headers", "query") else deep
    socket.connection.send("[" + json.dumps(header).replace(f'"{field}": 0', f'"{field}": {inner}') + "]")

    answer, body = socket.receive()

    assert (answer["type"], answer["status"]) == ("Error", 400)
    assert_envelope(body, "CMN-104")
    assert socket.call("GET", STORE)[0]["status"] == 200


def assert_ended_by(connection: ClientConnection, code: int) -> None:
    """The server has closed the connection, and said why."""
    with pytest.raises(ConnectionClosed) as closed:
        connection.recv(timeout=WAIT_SECONDS)
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == code


def test_a_text_that_is_no_utf_8_ends_the_connection_by_its_code(world_client: Client, caplog: Any) -> None:
    connection = connect(uri(world_client), proxy=None)
    connection.recv(timeout=WAIT_SECONDS)
    connection.send(b"\xff\xfe", text=True)

    assert_ended_by(connection, 1007)
    assert [record.levelname for record in caplog.records if record.levelno >= 40] == []


def test_a_message_over_the_limit_alone_ends_the_connection_by_its_code(world_client: Client, caplog: Any) -> None:
    connection = connect(uri(world_client), proxy=None, compression=None)
    connection.recv(timeout=WAIT_SECONDS)
    connection.send("a" * 1024 * 1024)
    assert json.loads(connection.recv(timeout=WAIT_SECONDS))[0]["status"] == 400
    connection.send("a" * (1024 * 1024 + 1))

    assert_ended_by(connection, 1009)
    assert [record.levelname for record in caplog.records if record.levelno >= 40] == []


def test_another_path_logs_no_error(world_client: Client, caplog: Any) -> None:
    with pytest.raises(InvalidStatus):
        connect(uri(world_client).replace("/ws?", "/elsewhere?"), proxy=None)

    assert [record.levelname for record in caplog.records if record.levelno >= 40] == []


@pytest.mark.parametrize(
    ("offered", "query", "headers", "named"),
    [
        (["other", "ringmock-world.a"], {"X-Ringmock-World": ["b"]}, [(b"x-ringmock-world", b"c")],
         ("a", "ringmock-world.a")),
        (["other"], {"x-ringmock-WORLD": ["a", "b"]}, [(b"x-ringmock-world", b"c")], ("b", None)),
        ([], {}, [(b"host", b"x"), (b"x-ringmock-world", b"c")], ("c", None)),
        ([], {}, [(b"host", b"x")], (None, None)),
    ],
)  # fmt: skip
def test_a_connection_names_its_world_by_a_sub_protocol_the_query_or_a_header_in_this_order(
    offered: list[str], query: dict[str, list[str]], headers: list[tuple[bytes, bytes]], named: tuple[str | None, ...]
) -> None:
    assert world_of_socket({"subprotocols": offered, "headers": headers}, query) == named
