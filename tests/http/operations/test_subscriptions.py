"""Subscriptions as a client meets them: what it is answered, and what the events are that it is sent."""

import socket
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest

from receivers import STORE_FILTER, SUBSCRIPTION, Receiver, body, event, subscribed
from support import HANDSET, STORE, Client, assert_refused, freeze_clock, from_handset

INSTANT = f"{STORE_FILTER}/instant?type=SMS"
REMINDER = "/restapi/v1.0/subscription/~?threshold=500&interval=200"
UNREACHABLE = "14151003733"
"""In the account among carriers: Sent after a second, DeliveryFailed after five."""

NEW_YEAR = "2026-01-01T00:00:00Z"
NOBODYS = "00000000-0000-4000-8000-000000000000"
ACCOUNT, OWN = "1346632010", "/restapi/v1.0/account/1346632010/extension/1346632010"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as receiver:
        yield receiver


# --- the resource --------------------------------------------------------------------------------


def test_a_subscription_is_answered_with_its_ids_and_a_second_less(world_client: Client, receiver: Receiver) -> None:
    freeze_clock(world_client)
    made = subscribed(world_client, receiver, expiresIn=604_800)

    assert made["uri"] == f"{world_client.url}{SUBSCRIPTION}/{made['id']}"
    assert made["eventFilters"] == [f"{OWN}/message-store"]
    assert (made["status"], made["expiresIn"]) == ("Active", 604_799)
    assert world_client.get(f"{SUBSCRIPTION}/{made['id']}").json() == made
    assert world_client.get(SUBSCRIPTION).json() == {"uri": f"{world_client.url}{SUBSCRIPTION}", "records": [made]}
    assert world_client.get(SUBSCRIPTION, by="102").json()["records"] == []


@pytest.mark.parametrize(("method", "suffix"), [("GET", ""), ("PUT", ""), ("DELETE", ""), ("POST", "/renew")])
def test_an_unknown_one_is_not_found_and_what_is_no_uuid_is_no_uri(
    world_client: Client, receiver: Receiver, method: str, suffix: str
) -> None:
    made = subscribed(world_client, receiver)
    for caller, identity in (("101", NOBODYS), ("102", made["id"])):
        answer = world_client.call(method, f"{SUBSCRIPTION}/{identity}{suffix}", by=caller)
        assert_refused(answer, 404, "CMN-102", "subscriptionId")
    assert_refused(world_client.call(method, f"{SUBSCRIPTION}/mine{suffix}"), 404, "CMN-120")


def test_a_put_replaces_the_filters_and_renews(world_client: Client, receiver: Receiver) -> None:
    freeze_clock(world_client)
    made = subscribed(world_client, receiver, expiresIn=1000)
    world_client.post("/_mock/clock/advance", json={"seconds": 600})
    assert world_client.get(f"{SUBSCRIPTION}/{made['id']}").json()["expiresIn"] == 399

    changed = world_client.call(
        "PUT", f"{SUBSCRIPTION}/{made['id']}", json={"eventFilters": [INSTANT], "expiresIn": 60}
    )

    assert changed.json()["eventFilters"] == [f"{OWN}/message-store/instant?type=SMS"]
    assert changed.json()["expiresIn"] == 59


@pytest.mark.parametrize(
    ("method", "suffix", "arguments"), [("PUT", "", {}), ("PUT", "", {"json": {}}), ("POST", "/renew", {})]
)
def test_a_put_without_a_body_and_a_renewal_only_renew(
    world_client: Client, receiver: Receiver, method: str, suffix: str, arguments: dict[str, Any]
) -> None:
    freeze_clock(world_client)
    made = subscribed(world_client, receiver, expiresIn=1000)
    world_client.post("/_mock/clock/advance", json={"seconds": 600})

    renewed = world_client.call(method, f"{SUBSCRIPTION}/{made['id']}{suffix}", **arguments).json()

    assert (renewed["eventFilters"], renewed["expiresIn"]) == (made["eventFilters"], 999)


def test_a_slash_at_the_end_changes_nothing_and_two_name_nothing(world_client: Client, receiver: Receiver) -> None:
    made = world_client.post(f"{SUBSCRIPTION}/", json=body(receiver))
    listed = world_client.get(f"{SUBSCRIPTION}/")
    assert (made.status_code, listed.status_code) == (200, 200)
    assert [one["id"] for one in listed.json()["records"]] == [made.json()["id"]]
    assert world_client.get(f"{SUBSCRIPTION}/{made.json()['id']}/").json()["id"] == made.json()["id"]
    assert_refused(world_client.get(f"{SUBSCRIPTION}//"), 404, "CMN-120")
    assert_refused(world_client.get(f"{SUBSCRIPTION}/{made.json()['id']}//"), 404, "CMN-120")


def test_an_expired_subscription_is_gone_and_is_told_nothing(world_client: Client, receiver: Receiver) -> None:
    made = subscribed(world_client, receiver, expiresIn=60)
    world_client.post("/_mock/clock/advance", json={"seconds": 61})

    assert_refused(world_client.get(f"{SUBSCRIPTION}/{made['id']}"), 404, "CMN-102", "subscriptionId")
    world_client.post_sms()
    subscribed(world_client, receiver)
    assert not receiver.has_more()


@pytest.mark.parametrize(
    ("change", "parameter"),
    [
        ({"eventFilters": []}, "eventFilters"),
        ({"eventFilters": [f"{STORE_FILTER}?messageType=SMS"]}, "eventFilters"),
        ({"eventFilters": [17]}, "eventFilters"),
        ({"expiresIn": 0}, "expiresIn"),
        ({"expiresIn": "60"}, "expiresIn"),
        ({"deliveryMode": {"transportType": "WebHook"}}, "deliveryMode.address"),
        ({"deliveryMode": {"transportType": "WebSocket"}}, "deliveryMode.transportType"),
        ({"deliveryMode": {"transportType": "PubNub"}}, "deliveryMode.transportType"),
        ({"deliveryMode": {}}, "deliveryMode.transportType"),
        (
            {
                "deliveryMode": {
                    "transportType": "WebHook",
                    "address": "http://127.0.0.1/",
                    "verificationToken": "a\r\nb: c",
                }
            },
            "deliveryMode.verificationToken",
        ),
    ],
)
def test_a_request_that_makes_no_sense_names_its_parameter(
    world_client: Client, receiver: Receiver, change: dict[str, Any], parameter: str
) -> None:
    answer = world_client.post(SUBSCRIPTION, json={**body(receiver), **change})
    assert_refused(answer, 400, "CMN-101", parameter)
    assert not receiver.has_more()


def test_one_more_than_twenty_is_refused_before_its_receiver_is_asked(world_client: Client, receiver: Receiver) -> None:
    for _ in range(20):
        subscribed(world_client, receiver)
    assert_refused(world_client.post(SUBSCRIPTION, json=body(receiver)), 403, "SUB-505")
    assert not receiver.has_more()
    assert len(world_client.get(SUBSCRIPTION).json()["records"]) == 20


# --- events --------------------------------------------------------------------------------------


def test_a_subscription_is_notified_of_what_came_what_was_marked_and_what_was_deleted(
    world_client: Client, receiver: Receiver
) -> None:
    made = subscribed(world_client, receiver)
    paged = world_client.page("101", "102").json()

    told = event(receiver)
    assert {key: told[key] for key in ("event", "subscriptionId", "ownerId")} == {
        "event": f"{OWN}/message-store",
        "subscriptionId": made["id"],
        "ownerId": ACCOUNT,
    }
    assert {key: told["body"][key] for key in ("accountId", "extensionId", "ownerId")} == {
        "accountId": ACCOUNT,
        "extensionId": ACCOUNT,
        "ownerId": ACCOUNT,
    }
    assert told["body"]["changes"][0]["newCount"] == 2  # a page to oneself leaves two records
    assert paged["id"] in told["body"]["changes"][0]["newMessageIds"]

    message = f"{STORE}/{paged['id']}"
    world_client.call("PUT", message, json={"readStatus": "Read"})
    world_client.call("DELETE", message)
    world_client.call("DELETE", message)
    world_client.call("DELETE", message)  # purged already: nothing changes
    from_handset(world_client, "Hello")
    changes = [event(receiver)["body"]["changes"] for _ in range(4)]
    assert changes[:3] == [[{"type": "Pager", "newCount": 0, "updatedCount": 1, "newMessageIds": []}]] * 3
    assert (changes[3][0]["type"], changes[3][0]["newCount"]) == ("SMS", 1)


def test_calls_that_arrive_in_one_piece_are_an_event_each(world_client: Client, receiver: Receiver) -> None:
    message = f"{STORE}/{world_client.post_sms().json()['id']}"
    subscribed(world_client, receiver)
    read = raw_call(world_client, "PUT", message, b'{"readStatus": "Read"}')
    deleted = raw_call(world_client, "DELETE", message)

    address = urlsplit(world_client.url)
    with socket.create_connection((address.hostname, address.port)) as connection:
        connection.sendall(read + deleted)
        changes = [event(receiver)["body"]["changes"][0] for _ in range(2)]

    assert [change["updatedCount"] for change in changes] == [1, 1]


def raw_call(client: Client, method: str, path: str, content: bytes = b"") -> bytes:
    headers = {
        "Host": urlsplit(client.url).netloc,
        **client.bearer("101"),
        "Content-Type": "application/json",
        "Content-Length": str(len(content)),
    }
    lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items()), "", ""]
    return "\r\n".join(lines).encode() + content


def test_what_one_call_changes_is_one_event(world_client: Client, receiver: Receiver) -> None:
    ids = [world_client.post_sms().json()["id"] for _ in range(3)]
    subscribed(world_client, receiver)
    assert world_client.call("DELETE", f"{STORE}/{','.join(map(str, ids))}").status_code == 204
    world_client.post_sms()

    changes = [event(receiver)["body"]["changes"][0] for _ in range(2)]
    assert [(change["newCount"], change["updatedCount"]) for change in changes] == [(0, 3), (1, 0)]


def test_a_notification_of_an_inbound_sms_has_the_whole_of_it_at_once(world_client: Client, receiver: Receiver) -> None:
    freeze_clock(world_client)
    made = subscribed(world_client, receiver, INSTANT)
    world_client.post_sms("Outbound is no instant event")
    from_handset(world_client, "Is anybody there?")
    (message,) = world_client.messages("101", direction="Inbound")

    told = event(receiver)
    assert told["event"] == made["eventFilters"][0] == f"{OWN}/message-store/instant?type=SMS"
    assert told["body"] == {
        "id": str(message["id"]),
        "to": [{"phoneNumber": "+16509100010", "name": "Administrator", "location": "Belmont, CA", "target": True}],
        "from": {
            "phoneNumber": "+14151003732",
            "phoneNumberInfo": {"countryCode": "1", "nationalDestinationCode": "415", "subscriberNumber": "1003732"},
        },
        "type": "SMS",
        "creationTime": message["creationTime"],
        "lastModifiedTime": message["lastModifiedTime"],
        "readStatus": "Unread",
        "priority": "Normal",
        "attachments": [{"id": str(message["id"]), "type": "Text", "contentType": "text/plain"}],
        "direction": "Inbound",
        "availability": "Alive",
        "subject": "Is anybody there?",
        "messageStatus": "Received",
        "conversationId": str(message["conversationId"]),
        "conversation": {"id": str(message["conversationId"])},
        "eventType": "Create",
        "owner": {"extensionId": ACCOUNT, "extensionType": "User", "name": "Administrator"},
        "ownerId": ACCOUNT,
    }
    assert not receiver.has_more()


def test_d36_of_a_file_the_event_tells_where_it_is_and_of_the_text_only_what_it_is(
    world_client: Client, receiver: Receiver
) -> None:
    subscribed(world_client, receiver, INSTANT)
    file = {"contentType": "image/gif", "fileName": "a.gif", "content": "R0lGODlhAQABAAAAACwAAAAAAQABAAACAkQBADs="}
    mms = {"to": "16509100010", "text": "Look", "attachments": [file]}
    assert world_client.post(f"/_mock/handsets/{HANDSET}/messages", json=mms).status_code == 200

    text, picture = event(receiver)["body"]["attachments"]
    assert text == {"id": text["id"], "type": "Text", "contentType": "text/plain"}
    assert set(picture) == {"id", "type", "uri", "contentType", "size"}
    (message,) = world_client.messages("101", direction="Inbound")
    assert (message["attachments"][1]["width"], message["attachments"][1]["height"]) == (1, 1)


def test_a_picture_is_reported_with_where_it_is(world_client: Client, receiver: Receiver) -> None:
    subscribed(world_client, receiver, INSTANT)
    mms = {"to": "16509100010", "text": "", "attachments": [{"contentType": "image/png", "content": "aGVsbG8="}]}
    assert world_client.post(f"/_mock/handsets/{HANDSET}/messages", json=mms).status_code == 200

    (picture,) = event(receiver)["body"]["attachments"]
    assert (picture["type"], picture["contentType"], picture["size"]) == ("MmsAttachment", "image/png", 5)
    assert world_client.get(picture["uri"]).content == b"hello"


def test_an_administrator_is_told_of_the_mailbox_that_he_named(world_client: Client, receiver: Receiver) -> None:
    subscribed(world_client, receiver, "/restapi/v1.0/account/~/extension/1346632102/message-store")
    world_client.page("102", by="103")

    told = event(receiver)
    assert (told["ownerId"], told["body"]["extensionId"]) == (ACCOUNT, "1346632102")


def test_worlds_hear_nothing_of_each_other(world_client: Client, receiver: Receiver, server_url: str) -> None:
    subscribed(world_client, receiver)
    with Client(server_url) as other:
        other.post_sms()
    world_client.post_sms("Mine")
    assert len(event(receiver)["body"]["changes"][0]["newMessageIds"]) == 1
    assert not receiver.has_more()


def test_a_reset_ends_every_subscription(world_client: Client, receiver: Receiver) -> None:
    subscribed(world_client, receiver)
    world_client.post("/_mock/reset")
    world_client.post_sms()
    subscribed(world_client, receiver)
    assert not receiver.has_more()


# --- by the clock --------------------------------------------------------------------------------


@pytest.fixture
def among_carriers(carriers_url: str) -> Iterator[Client]:
    """A world whose clock stands at the start of a second."""
    with Client(carriers_url) as client:
        assert client.call("PUT", "/_mock/clock", json={"now": NEW_YEAR, "frozen": True}).status_code == 200
        yield client


def advance(client: Client, seconds: float) -> None:
    assert client.post("/_mock/clock/advance", json={"seconds": seconds}).status_code == 200


def counts(told: dict[str, Any]) -> tuple[str, list[tuple[str, int, int]]]:
    """When it was, and of each type how many messages came and how many were changed."""
    changes = told["body"]["changes"]
    return told["timestamp"], [(change["type"], change["newCount"], change["updatedCount"]) for change in changes]


def test_a_mailbox_is_reported_as_the_status_of_its_messages_moves(among_carriers: Client, receiver: Receiver) -> None:
    subscribed(among_carriers, receiver, f"{STORE_FILTER}?type=SMS")
    for number in (UNREACHABLE, HANDSET):
        assert among_carriers.post_sms(to=number).status_code == 200
    told = [counts(event(receiver)) for _ in range(3)]
    # The carrier of the first has it still Queued, and the second is Sent as soon as it is looked at.
    assert told == [(f"{NEW_YEAR[:-1]}.000Z", [("SMS", *numbers)]) for numbers in ((1, 0), (1, 0), (0, 1))]

    advance(among_carriers, 60)

    told = [counts(event(receiver)) for _ in range(3)]
    assert told == [(f"2026-01-01T00:00:0{second}.000Z", [("SMS", 0, 1)]) for second in (1, 2, 5)]
    advance(among_carriers, 60)
    assert among_carriers.post_sms(to=UNREACHABLE).status_code == 200
    assert counts(event(receiver))[1] == [("SMS", 1, 0)]
    assert not receiver.has_more()


def test_what_moves_in_the_same_moment_is_one_event(among_carriers: Client, receiver: Receiver) -> None:
    for _ in range(3):
        among_carriers.post_sms(to=UNREACHABLE)
    subscribed(among_carriers, receiver)
    advance(among_carriers, 1)
    assert counts(event(receiver)) == ("2026-01-01T00:00:01.000Z", [("SMS", 0, 3)])


def test_messages_from_before_a_subscription_move_for_it_too_and_once(
    among_carriers: Client, receiver: Receiver
) -> None:
    among_carriers.post_sms(to=UNREACHABLE)
    advance(among_carriers, 2)
    made = subscribed(among_carriers, receiver)
    among_carriers.call("PUT", f"{SUBSCRIPTION}/{made['id']}")
    advance(among_carriers, 10)
    among_carriers.page("102")
    assert [counts(event(receiver))[1] for _ in range(2)] == [[("SMS", 0, 1)], [("Pager", 1, 0)]]


def test_a_purged_message_moves_no_more(among_carriers: Client, receiver: Receiver) -> None:
    ids = [among_carriers.post_sms(to=UNREACHABLE).json()["id"] for _ in range(2)]
    subscribed(among_carriers, receiver)
    among_carriers.call("DELETE", f"{STORE}/{ids[0]}", params={"purge": "true"})
    assert counts(event(receiver))[1] == [("SMS", 0, 1)]
    advance(among_carriers, 1)
    assert counts(event(receiver))[1] == [("SMS", 0, 1)]
    assert not receiver.has_more()


def test_a_clock_that_runs_brings_what_is_due(among_carriers: Client, receiver: Receiver) -> None:
    subscribed(among_carriers, receiver)
    among_carriers.post_sms(to=UNREACHABLE)
    assert counts(event(receiver))[1] == [("SMS", 1, 0)]
    advance(among_carriers, 0.95)
    assert not receiver.has_more()
    among_carriers.call("PUT", "/_mock/clock", json={"frozen": False})
    assert counts(event(receiver)) == ("2026-01-01T00:00:01.000Z", [("SMS", 0, 1)])


def test_a_subscription_is_reminded_of_its_expiry_until_it_is_renewed(
    among_carriers: Client, receiver: Receiver
) -> None:
    made = subscribed(among_carriers, receiver, STORE_FILTER, REMINDER, expiresIn=1000)
    advance(among_carriers, 499)
    assert not receiver.has_more()

    advance(among_carriers, 1)
    told = event(receiver)
    assert {name: told[name] for name in told if name != "uuid"} == {
        "event": REMINDER,
        "timestamp": "2026-01-01T00:08:20.000Z",
        "subscriptionId": made["id"],
        "ownerId": ACCOUNT,
        "body": {"expiresIn": 500},
    }
    advance(among_carriers, 450)
    assert [event(receiver)["body"]["expiresIn"] for _ in range(2)] == [300, 100]

    assert among_carriers.post(f"{SUBSCRIPTION}/{made['id']}/renew").status_code == 200
    advance(among_carriers, 600)
    assert event(receiver)["timestamp"] == "2026-01-01T00:24:10.000Z"
    among_carriers.page("102")
    assert "changes" in event(receiver)["body"]
    assert not receiver.has_more()


def test_nobody_is_reminded_of_what_was_deleted_is_over_or_asks_for_it_no_more(
    among_carriers: Client, receiver: Receiver
) -> None:
    made = [subscribed(among_carriers, receiver, STORE_FILTER, REMINDER, expiresIn=1000) for _ in range(2)]
    among_carriers.call("DELETE", f"{SUBSCRIPTION}/{made[0]['id']}")
    among_carriers.call("PUT", f"{SUBSCRIPTION}/{made[1]['id']}", json={"eventFilters": [STORE_FILTER]})
    advance(among_carriers, 999)
    among_carriers.page("102")
    assert "changes" in event(receiver)["body"]

    subscribed(among_carriers, receiver, STORE_FILTER, REMINDER, expiresIn=1000)
    advance(among_carriers, 1000)
    assert [event(receiver)["body"]["expiresIn"] for _ in range(3)] == [500, 300, 100]
    subscribed(among_carriers, receiver)
    advance(among_carriers, 1000)
    assert not receiver.has_more()


@pytest.mark.parametrize("steps", [(601,), (599, 2), (600, 1), (10_000,)])
def test_a_clock_that_is_moved_over_an_expiry_brings_what_was_due_before_it(
    among_carriers: Client, receiver: Receiver, steps: tuple[int, ...]
) -> None:
    reminder = "/restapi/v1.0/subscription/~?threshold=300&interval=100"
    subscribed(among_carriers, receiver, STORE_FILTER, reminder, expiresIn=600)
    among_carriers.post_sms(to="14151003733")
    for step in steps:
        advance(among_carriers, step)
    subscribed_later = body(receiver, STORE_FILTER, expiresIn=600)
    told = [event(receiver)["body"] for _ in range(6)]
    assert [one.get("expiresIn", "changes") for one in told] == ["changes", "changes", "changes", 300, 200, 100]
    assert among_carriers.post(SUBSCRIPTION, json=subscribed_later).status_code == 200
    assert receiver.next().is_handshake
    assert not receiver.has_more()


def test_a_clock_is_moved_over_each_of_many_reminders_and_not_over_too_many(
    among_carriers: Client, receiver: Receiver
) -> None:
    often = "/restapi/v1.0/subscription/~?threshold=100000&interval=1"
    subscribed(among_carriers, receiver, STORE_FILTER, often, expiresIn=200_000)
    before = among_carriers.get("/_mock/clock").json()["now"]

    answer = among_carriers.post("/_mock/clock/advance", json={"seconds": 199_999})

    assert (answer.status_code, "10000 at a time" in answer.json()["error"]) == (409, True)
    assert among_carriers.get("/_mock/clock").json()["now"][:16] == before[:16]
    advance(among_carriers, 99_999)
    assert among_carriers.post("/_mock/clock/advance", json={"seconds": 150}).json()["count"] == 150
    assert [event(receiver)["body"]["expiresIn"] for _ in range(150)] == list(range(100_000, 99_850, -1))


# --- the control API -----------------------------------------------------------------------------


def test_the_control_api_shows_subscriptions_and_what_became_of_their_notifications(
    world_client: Client, receiver: Receiver
) -> None:
    made = subscribed(world_client, receiver, INSTANT, by="102")
    from_handset(world_client, "Hello", to="16509100102")
    told = event(receiver)
    # The answer has been read when the next notification comes.
    from_handset(world_client, "Again", to="16509100102")
    event(receiver)

    (shown,) = world_client.get("/_mock/subscriptions").json()
    assert (shown["id"], shown["owner"], shown["transport"]) == (made["id"], "102", "WebHook")
    assert (shown["address"], shown["filters"]) == (receiver.url, made["eventFilters"])
    assert (shown["expires"], shown["blacklisted"]) == (made["expirationTime"], None)
    assert shown["notifications"][0] == {
        "at": shown["notifications"][0]["at"],
        "uuid": told["uuid"],
        "event": told["event"],
        "arrived": True,
        "failure": None,
        "on_demand": None,
        "messages": [int(told["body"]["id"])],
        "body": told,
    }
