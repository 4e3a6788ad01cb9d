"""Notifications that are lost, doubled, late or reordered on demand, and connections that close."""

import json
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed

from receivers import Receiver, subscribed
from socket_client import STORE_FILTER, Socket, opened
from support import OWN, SMS, Client, freeze_clock, from_handset, sms_body

INSTANT = f"{STORE_FILTER}/instant?type=SMS"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as receiver:
        yield receiver


@pytest.fixture
def told(world_client: Client, receiver: Receiver) -> Receiver:
    """A receiver of the instant messages of extension 102, in a world that stands still."""
    freeze_clock(world_client)
    subscribed(world_client, receiver, INSTANT, by="102")
    return receiver


def plant(client: Client, **rule: Any) -> None:
    answer = client.call("PUT", "/_mock/faults", json=[rule])
    assert answer.status_code == 200, answer.text


def write(client: Client, *texts: str) -> None:
    for text in texts:
        from_handset(client, text, to="16509100102")


def next_text(receiver: Receiver) -> str:
    return json.loads(receiver.next().body)["body"]["subject"]


def advance(client: Client, seconds: int) -> None:
    assert client.post("/_mock/clock/advance", json={"seconds": seconds}).status_code == 200


def test_a_lost_notification_never_comes_and_is_no_failure_of_its_receiver(
    world_client: Client, told: Receiver
) -> None:
    plant(world_client, notification="lost", nth=2)
    write(world_client, "one", "two", "three")
    assert [next_text(told), next_text(told)] == ["one", "three"]
    write(world_client, "four")
    assert next_text(told) == "four"
    (shown,) = world_client.get("/_mock/subscriptions").json()
    by_mishap = {note["on_demand"]: (note["arrived"], note["failure"]) for note in shown["notifications"]}
    assert by_mishap == {None: (True, None), "lost": (False, None)}


def test_a_doubled_notification_comes_twice_the_same(world_client: Client, told: Receiver) -> None:
    plant(world_client, notification="doubled", times=1, extension="102")
    write(world_client, "one", "two")
    first, again = told.next().body, told.next().body
    assert first == again
    assert next_text(told) == "two"


def test_a_late_notification_comes_when_the_world_s_clock_says_so(world_client: Client, told: Receiver) -> None:
    plant(world_client, notification="late", delay=30, times=1)
    write(world_client, "late", "in time")
    assert next_text(told) == "in time"
    advance(world_client, 29)
    write(world_client, "before")
    assert next_text(told) == "before"
    advance(world_client, 1)
    assert next_text(told) == "late"


def test_reordered_notifications_change_places(world_client: Client, told: Receiver) -> None:
    plant(world_client, notification="reordered", times=1)
    write(world_client, "one", "two", "three")
    assert [next_text(told) for _ in range(3)] == ["two", "one", "three"]
    advance(world_client, 60)
    write(world_client, "four")
    assert next_text(told) == "four"


def test_a_reordered_notification_that_none_follows_comes_after_a_minute(world_client: Client, told: Receiver) -> None:
    plant(world_client, notification="reordered", times=1)
    write(world_client, "alone")
    advance(world_client, 60)
    assert next_text(told) == "alone"


def test_a_reset_forgets_what_was_held_back(world_client: Client, told: Receiver) -> None:
    plant(world_client, notification="reordered")
    write(world_client, "before")
    world_client.post("/_mock/reset")
    freeze_clock(world_client)
    subscribed(world_client, told, INSTANT, by="102")
    write(world_client, "after")
    advance(world_client, 60)
    assert next_text(told) == "after"


def test_notifications_of_others_come_as_ever(world_client: Client, told: Receiver) -> None:
    plant(world_client, notification="lost", extension="101")
    write(world_client, "one")
    assert next_text(told) == "one"


# --- connections ---------------------------------------------------------------------------------


@pytest.fixture
def socket(world_client: Client) -> Iterator[Socket]:
    socket, _, _ = opened(world_client, by="102")
    with closing(socket.connection):
        socket.subscribe(INSTANT)
        yield socket


def text_of(socket: Socket) -> str:
    header, body = socket.receive()
    assert header["type"] == "ServerNotification"
    return body["body"]["subject"]


@pytest.mark.parametrize(
    ("mishap", "texts"), [("lost", ["two"]), ("doubled", ["one", "one", "two"]), ("reordered", ["two", "one"])]
)
def test_the_same_happens_on_a_connection(world_client: Client, socket: Socket, mishap: str, texts: list[str]) -> None:
    plant(world_client, notification=mishap, times=1)
    write(world_client, "one", "two")
    assert [text_of(socket) for _ in texts] == texts


def test_a_connection_that_closes_instead_keeps_its_notification_for_who_recovers_it(world_client: Client) -> None:
    lost, header, _ = opened(world_client, by="102")
    with closing(lost.connection):
        lost.subscribe(INSTANT)
        plant(world_client, notification="closed", times=1)
        write(world_client, "one")
        with pytest.raises(ConnectionClosed):
            lost.receive()
    again, _, details = opened(world_client, by="102", wsc=header["wsc"]["token"])
    with closing(again.connection):
        assert details["recoveryState"] == "Successful"
        assert text_of(again) == "one"


def test_no_webhook_can_be_closed(world_client: Client, told: Receiver) -> None:
    plant(world_client, notification="closed")
    write(world_client, "one")
    assert next_text(told) == "one"
    assert world_client.get("/_mock/faults").json()[0]["met"] == 0


def test_every_connection_of_a_world_is_closed_at_once_and_of_no_other(world_client: Client, socket: Socket) -> None:
    with Client(world_client.url) as other:
        kept, _, _ = opened(other)
        with closing(kept.connection):
            assert world_client.call("DELETE", "/_mock/websockets").json() == {"closed": 1}
            with pytest.raises(ConnectionClosed):
                socket.receive()
            assert kept.call("GET", OWN)[0]["status"] == 200
    assert world_client.call("DELETE", "/_mock/websockets").json() == {"closed": 0}


@pytest.mark.parametrize(
    ("rule", "sent"), [({"answer": "reset"}, 0), ({"lost": True}, 1), ({"answer": "truncated"}, 1)]
)
def test_a_call_on_a_connection_loses_it_with_its_answer(
    world_client: Client, socket: Socket, rule: dict[str, Any], sent: int
) -> None:
    plant(world_client, operation="createSMSMessage", **rule)
    header = {"type": "ClientRequest", "messageId": "1", "method": "POST", "path": SMS}
    socket.send(header, sms_body(sender="16509100102"))
    with pytest.raises(ConnectionClosed):
        socket.receive()
    assert len(world_client.messages("102")) == sent


# --- carriers ------------------------------------------------------------------------------------


def test_carriers_are_set_while_the_server_runs(world_client: Client) -> None:
    freeze_clock(world_client)
    failing = {"steps": [{"status": "SendingFailed", "error": "SMS-UP-430"}], "numbers": ["14151003733"]}
    said = world_client.call("PUT", "/_mock/carrier", json={"profiles": [failing]})
    assert (said.status_code, said.json()["profiles"][0]["numbers"]) == (200, ["14151003733"])
    for to in ("14151003733", "14151003732"):
        assert world_client.post_sms(to=to).status_code == 200
    assert [message["messageStatus"] for message in world_client.messages("101")] == ["Sent", "SendingFailed"]
    assert world_client.get("/_mock/carrier").json() == said.json()
    assert world_client.call("PUT", "/_mock/carrier", json=said.json()).json() == said.json()
    assert world_client.call("PUT", "/_mock/carrier", json={}).json() is None
    world_client.post_sms(to="14151003733")
    assert world_client.messages("101")[0]["messageStatus"] == "Sent"


@pytest.mark.parametrize(
    ("carrier", "status", "said"),
    [
        ([], 400, "The body is an object, as in"),
        ({"profile": []}, 422, "did you mean 'profiles'?"),
        (
            {"profiles": [{"steps": [{"status": "Delivered"}, {"status": "Sent"}]}]},
            422,
            "Sent does not come after Delivered",
        ),
        (
            {"profiles": [{"steps": [{"status": "Sent"}], "numbers": ["16509100102"]}]},
            422,
            "is a number of the account",
        ),
    ],
)
def test_carriers_without_sense_are_refused_and_change_nothing(
    world_client: Client, carrier: Any, status: int, said: str
) -> None:
    answer = world_client.call("PUT", "/_mock/carrier", json=carrier)
    assert answer.status_code == status
    assert said in answer.json()["error"]
    assert world_client.get("/_mock/carrier").json() is None
