"""Being told of high-volume SMS: whose events a filter lets through, and what of a batch is still to come."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from receivers import Receiver, event, subscribed
from ringmock.server_limits import DEFAULT
from socket_client import opened
from support import Client, freeze_clock, from_handset

BULK = "/restapi/v1.0/account/~/a2p-sms"
NUMBER = "16509100300"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as receiver:
        yield receiver


def sent(client: Client, *to: str) -> str:
    messages = [{"to": [number]} for number in to]
    answer = client.post(f"{BULK}/batches", json={"from": NUMBER, "text": "Hello", "messages": messages})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def advance(client: Client, seconds: int) -> None:
    assert client.post("/_mock/clock/advance", json={"seconds": seconds}).status_code == 200


def status_of(told: dict[str, Any]) -> str:
    body: dict[str, Any] = told["body"]
    return str(body.get("messageStatus") or body["status"])


@pytest.mark.parametrize(
    ("query", "is_told"),
    [
        ("", True),
        ("?direction=Outbound", True),
        ("?direction=Inbound", False),
        (f"?from=+{NUMBER}", True),
        (f"?from={NUMBER}&direction=Outbound", True),
        ("?from=16509100010", False),
        ("?to=14151003732", True),
        ("?to=14151003733", False),
        ("?batchId=another", False),
    ],
)
def test_a_filter_lets_through_the_messages_that_it_asks_for(
    world_client: Client, receiver: Receiver, query: str, is_told: bool
) -> None:
    freeze_clock(world_client)
    subscribed(world_client, receiver, f"{BULK}/messages{query}", f"{BULK}/opt-outs")
    sent(world_client, "14151003732")
    from_handset(world_client, "START", to=NUMBER)
    kinds = ["messages"] * is_told + ["opt-outs"]
    assert [event(receiver)["event"].partition("?")[0].rpartition("/")[2] for _ in kinds] == kinds


@pytest.mark.parametrize("path", ["batches", "batch"])
def test_one_batch_is_asked_for_by_its_id_and_told_of_what_is_still_to_come(
    world_client: Client, receiver: Receiver, path: str
) -> None:
    freeze_clock(world_client)
    batch, _ = sent(world_client, "14151003732"), sent(world_client, "14151003732")
    subscribed(world_client, receiver, f"{BULK}/{path}/{batch}")
    advance(world_client, 2)
    told = event(receiver)
    assert (told["body"]["id"], status_of(told)) == (batch, "Completed")
    assert not receiver.has_more()


def test_a_running_clock_brings_a_batch_to_its_end(world_client: Client, receiver: Receiver) -> None:
    subscribed(world_client, receiver, f"{BULK}/batches")
    sent(world_client, "14151003732")
    assert [status_of(event(receiver)) for _ in range(3)] == ["Processing", "Sent", "Completed"]


def test_a_reset_leaves_nothing_to_be_told(world_client: Client, receiver: Receiver) -> None:
    freeze_clock(world_client)
    subscribed(world_client, receiver, f"{BULK}/messages")
    sent(world_client, "14151003732")
    assert status_of(event(receiver)) == "Sent"
    assert world_client.post("/_mock/reset").status_code == 200
    advance(world_client, 60)
    subscribed(world_client, receiver, f"{BULK}/messages")
    from_handset(world_client, "Hello", to=NUMBER)
    assert event(receiver)["body"]["direction"] == "Inbound"


def test_a_batch_of_more_than_may_wait_is_told_whole(world_client: Client, receiver: Receiver) -> None:
    freeze_clock(world_client)
    subscribed(world_client, receiver, f"{BULK}/messages")
    many = DEFAULT.max_webhook_queue + 5
    sent(world_client, *(f"1415{number:07}" for number in range(many)))
    told = [json.loads(receiver.next().body)["body"]["to"] for _ in range(many)]
    assert told == [[f"+1415{number:07}"] for number in range(many)]


def test_a_connection_is_told_too(world_client: Client) -> None:
    freeze_clock(world_client)
    socket, _, _ = opened(world_client)
    with socket.connection:
        socket.subscribe(f"{BULK}/messages", f"{BULK}/batches")
        sent(world_client, "14151003732")
        told = [socket.receive()[1] for _ in range(3)]
    assert list(map(status_of, told)) == ["Processing", "Sent", "Sent"]
    assert told[1]["body"]["text"] == "Hello"


def test_nobody_in_another_world_is_reported(world_client: Client, server_url: str, receiver: Receiver) -> None:
    subscribed(world_client, receiver, f"{BULK}/messages")
    with Client(server_url) as another:
        sent(another, "14151003732")
    from_handset(world_client, "Mine", to=NUMBER)
    assert event(receiver)["body"]["text"] == "Mine"
