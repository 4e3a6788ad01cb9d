"""A message's life: what made it, what became of it, who changed it, who was told, and what it looks like."""

import asyncio
import json
from typing import Any

import pytest

from control_calls import InProcess
from receivers import SUBSCRIPTION, Receiver, body
from ringmock.domain.sms import SendSms
from ringmock.fixture import load_named
from ringmock.server_limits import ServerLimits
from ringmock.sign_in.worlds import Worlds
from support import DIRECT_NUMBER, HANDSET, STORE, Client, from_handset


def life(client: Client, message_id: Any) -> Any:
    answer = client.get(f"/_mock/messages/{message_id}")
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_it_names_the_call_the_outcome_with_its_sentence_and_the_steps(world_client: Client) -> None:
    sent = world_client.post_sms("Hello").json()

    told = life(world_client, sent["id"])

    assert (told["origin"], told["text"], told["sent_by"]) == ("call", "Hello", "101")
    assert (told["call"]["operation"], told["call"]["who"], told["call"]["status"]) == ("createSMSMessage", "101", 200)
    [fate] = told["recipients"]
    assert (fate["recipient"], fate["outcome"], fate["rule"], fate["mailbox"]) == (HANDSET, "outside", "R-06", None)
    assert fate["sentence"].startswith("SMS messages can be sent out to or received from the handsets")
    [copy] = told["copies"]
    assert (copy["id"], copy["mailbox"], copy["direction"]) == (sent["id"], "101", "Outbound")
    assert [step["status"] for step in copy["steps"]] == ["Sent"]


def test_the_steps_are_past_or_due_by_the_worlds_clock(carriers_url: str) -> None:
    with Client(carriers_url) as client:
        client.call("PUT", "/_mock/clock", json={"frozen": True})
        sent = client.post_sms("Hello").json()
        before = life(client, sent["id"])["copies"][0]
        client.post("/_mock/clock/advance", json={"to": "next"})
        after = life(client, sent["id"])["copies"][0]

    assert [step["is_past"] for step in before["steps"]].count(False) >= 1
    assert [step["at"] for step in before["steps"]] == sorted(step["at"] for step in before["steps"])
    past = [step["is_past"] for step in after["steps"]]
    assert past.count(True) == [step["is_past"] for step in before["steps"]].count(True) + 1


def test_every_copy_tells_the_same_life_and_is_shown_in_both_generations(world_client: Client) -> None:
    sent = world_client.page("200", text="To everyone").json()

    told = life(world_client, sent["id"])

    assert [copy["mailbox"] for copy in told["copies"]] == ["101", "200", "102", "103"]
    assert {fate["outcome"] for fate in told["recipients"]} >= {"delivered"}
    for copy in told["copies"]:
        assert life(world_client, copy["id"])["copies"] == told["copies"]
        own = world_client.get(f"{STORE}/{copy['id']}", by=copy["mailbox"]).json()
        assert copy["resource"]["2012"] == own
        assert "conversation" in copy["resource"]["current"]
        assert "conversation" not in copy["resource"]["2012"]


@pytest.mark.parametrize(
    ("method", "query", "body", "is_set", "ages"),
    [
        ("PUT", "", {"readStatus": "Read"}, {"readStatus": "Read"}, None),
        ("DELETE", "", None, {"availability": "Deleted"}, "Purged"),
        ("DELETE", "?purge=true", None, {"availability": "Purged"}, "removed"),
        ("GET", "", None, None, None),
    ],
)
def test_reads_and_deletions_are_told_with_who_made_them(
    world_client: Client, method: str, query: str, body: Any, is_set: Any, ages: str | None
) -> None:
    sent = world_client.page("102", text="For you").json()
    theirs = life(world_client, sent["id"])["copies"][1]["id"]
    path = f"/restapi/v1.0/account/~/extension/~/message-store/{theirs}{query}"

    assert world_client.call(method, path, by="102", json=body).status_code < 300
    told = life(world_client, sent["id"])

    assert [(call["who"], call["method"], call["set"]) for call in told["calls"]] == [("102", method, is_set)]
    assert (told["copies"][1]["ages"] or {}).get("becomes") == ages


def test_what_a_phone_outside_wrote_has_no_call_and_its_files_are_there_to_look_at(world_client: Client) -> None:
    files = {"file": ("map.png", b"\x89PNG\r\n\x1a\n", "image/png")}
    form = {"to": DIRECT_NUMBER["102"], "text": "Look"}
    world_client.post(f"/_mock/handsets/{HANDSET}/messages", data=form, files=files)
    [seen] = world_client.get("/_mock/messages", params={"from": HANDSET}).json()["messages"]

    told = life(world_client, seen["id"])

    assert (told["origin"], told["call"], told["number"]) == ("handset", None, seen["number"])
    [file] = told["copies"][0]["attachments"]
    assert (file["contentType"], file["fileName"], file["size"]) == ("image/png", "map.png", 8)
    answer = world_client.get(file["uri"])
    assert answer.content == b"\x89PNG\r\n\x1a\n"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in answer.headers["content-security-policy"]


def test_what_nobody_received_has_a_life_by_its_number(world_client: Client) -> None:
    from_handset(world_client, "To the Frozen one", to="16509100104")
    [seen] = world_client.get("/_mock/messages", params={"from": HANDSET}).json()["messages"]

    told = world_client.get(f"/_mock/messages/by-number/{seen['number']}").json()

    assert (told["copies"], told["recipients"][0]["rule"]) == ([], "R-16")


def test_a_lost_answer_hides_no_call(world_client: Client) -> None:
    world_client.call(
        "PUT", "/_mock/faults", json=[{"operation": "createSMSMessage", "lost": True, "error": "CMN-201"}]
    )
    assert world_client.post_sms("Lost").status_code == 503
    [seen] = world_client.get("/_mock/messages").json()["messages"]

    told = life(world_client, seen["id"])

    assert (told["origin"], told["call"]["operation"]) == ("call", "createSMSMessage")


def test_each_notification_of_it_is_told_and_can_be_sent_once_more(world_client: Client) -> None:
    with Receiver() as receiver:
        world_client.post(SUBSCRIPTION, json=body(receiver))
        assert receiver.next().is_handshake
        sent = world_client.post_sms("Hello").json()
        first = json.loads(receiver.next().body)
        other = world_client.page("102", text="Another").json()
        receiver.next()
        [note] = life(world_client, sent["id"])["notifications"]
        assert (note["transport"], note["address"], note["owner"]) == ("WebHook", receiver.url, "101")
        assert note["body"] == first
        assert note["messages"] == [sent["id"]]

        path = f"/_mock/subscriptions/{note['subscription']}/notifications/{note['uuid']}/resend"
        assert world_client.post(path).json()["uuid"] == note["uuid"]
        assert json.loads(receiver.next().body) == first
        world_client.post_sms("One more")
        receiver.next()  # so the one before has been noted

    assert [each["on_demand"] for each in life(world_client, sent["id"])["notifications"]] == [None, "resent"]
    assert life(world_client, other["id"])["notifications"][0]["uuid"] != note["uuid"]


def test_a_status_and_a_mark_are_told_of_the_message_that_they_are_about(carriers_url: str) -> None:
    with Receiver() as receiver, Client(carriers_url) as client:
        client.call("PUT", "/_mock/clock", json={"frozen": True})
        client.post(SUBSCRIPTION, json=body(receiver))
        receiver.next()
        sent, other = client.post_sms("Hello").json(), client.post_sms("Other").json()
        client.call("PUT", f"{STORE}/{sent['id']}", json={"readStatus": "Read"})
        client.post("/_mock/clock/advance", json={"to": "next"})
        client.post_sms("Last")
        for _ in range(7):
            receiver.next()

        told, of_the_other = (life(client, each["id"])["notifications"] for each in (sent, other))
        assert [len(each["messages"]) for each in told] == [1, 1, 1, 2]
        assert [len(each["messages"]) for each in of_the_other] == [1, 1, 2]


@pytest.mark.parametrize(
    ("subscription", "uuid", "status", "said"),
    [
        ("nothing", "nothing", 404, "There is no subscription 'nothing' in this world"),
        (None, "nothing", 404, "has sent no notification 'nothing' that is kept: its latest 100 are"),
    ],
)
def test_what_is_not_kept_is_not_sent_again(
    world_client: Client, subscription: str | None, uuid: str, status: int, said: str
) -> None:
    with Receiver() as receiver:
        made = world_client.post(SUBSCRIPTION, json=body(receiver)).json()["id"]
        path = f"/_mock/subscriptions/{subscription or made}/notifications/{uuid}/resend"
        answer = world_client.post(path)

    assert (answer.status_code, said in answer.json()["error"]) == (status, True), answer.text


def test_the_journal_finds_a_message_as_long_as_it_keeps_it() -> None:
    worlds = Worlds(load_named("demo"), limits=ServerLimits(max_journal_messages=2))
    world, api = worlds.default, InProcess(worlds)
    sender = world.account.extensions["101"]
    ids = [world.send_sms(sender, SendSms(DIRECT_NUMBER["101"], (HANDSET,), text)).message.id for text in "abcdef"]

    async def looked() -> list[tuple[Any, ...]]:
        lives = [(await api.call("GET", f"/_mock/messages/{each}"))[1] for each in ids]
        return [(told["text"], told["number"], told["recipients_are_kept"]) for told in lives]

    kept = world.message_journal.count - 1, world.message_journal.count
    assert asyncio.run(looked()) == [
        *((text, None, False) for text in "abcd"), ("e", kept[0], True), ("f", kept[1], True),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/_mock/messages/7", "There is no message 7 in this world: GET /_mock/messages lists them with their ids."),
        ("/_mock/messages/by-number/7", "There is no message of number 7: the journal has no messages."),
        ("/_mock/messages/x", "'id' is a number from 0 to 9223372036854775807, as in 1."),
        ("/_mock/messages/7/attachments/8", "Message 7 has no such file: GET /_mock/messages/7 lists the 'uri'"),
    ],
)
def test_a_message_that_is_not_there_is_refused_in_a_sentence(path: str, said: str) -> None:
    worlds = Worlds(load_named("source-page"))
    status, answer = asyncio.run(InProcess(worlds).call("GET", path))
    assert (status in (400, 404), said in answer["error"]) == (True, True), answer
