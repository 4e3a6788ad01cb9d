"""RingCentral's own JavaScript SDKs, as npm has them, against the server's socket.

Each is run once, through one day of a small account; the tests look at what each step came to.
"""

import pytest

from javascript import Day, day_with
from support import Client, assert_envelope


@pytest.fixture(scope="module", params=["ringcentral-sdk", "rc-ex-core"])
def day(request: pytest.FixtureRequest, server_url: str) -> Day:
    """What each step of the SDK's day came to, by the step's name."""
    return day_of(request.param, server_url, "@ringcentral/sdk", "@rc-ex/core")


@pytest.fixture(scope="module")
def watch(server_url: str) -> Day:
    """What each step with subscriptions came to, by the step's name."""
    return day_of("subscriptions", server_url, "@ringcentral/subscriptions", "@rc-ex/ws")


def day_of(script: str, server_url: str, *packages: str) -> Day:
    """What each of its steps came to, in a world of its own."""
    with Client(server_url) as application:
        return day_with(script, server_url, application.client_id, application.client_secret, packages=packages)


@pytest.mark.parametrize(("step", "number"), [("log in by JWT", "101"), ("log in by password", "102")])
def test_the_extension_that_logs_in_is_the_one_that_calls(day: Day, step: str, number: str) -> None:
    assert day[step]["extensionNumber"] == number


def test_an_sms_is_answered_with_the_message(day: Day) -> None:
    sent = day["send an SMS"]

    assert (sent["type"], sent["direction"], sent["subject"]) == ("SMS", "Outbound", "Hello")
    assert sent["to"] == [{"phoneNumber": "14151003732"}]


def test_an_mms_comes_back_as_it_was_sent(day: Day) -> None:
    message, content, media_type = (day["send an MMS"][name] for name in ("message", "content", "type"))

    assert (message["type"], message["subject"]) == ("SMS", "The way to us")
    text, picture = message["attachments"]
    assert (text["contentType"], picture["contentType"]) == ("text/plain", "image/png")
    assert (picture["fileName"], picture["size"]) == ("map.png", len(content))
    assert (content, media_type) == ("a picture, or the bytes of one", "image/png")


def test_a_file_needs_no_text(day: Day) -> None:
    sent = day["send a file without a text"]

    assert sent["subject"] == ""
    assert [file["fileName"] for file in sent["attachments"]] == ["map.png"]


def test_a_page_to_oneself_may_name_the_id_as_the_number_that_it_is(day: Day) -> None:
    page = day["page oneself by a number"]

    assert (page["subject"], page["from"], page["direction"]) == (
        "Note to self",
        {"extensionNumber": "101"},
        "Outbound",
    )


def test_a_page_to_a_department_is_in_the_mailbox_of_its_member(day: Day) -> None:
    assert day["page a Department"]["pgToDepartment"] is True
    assert [(m["subject"], m["direction"]) for m in day["list"]["records"]] == [("Anyone there?", "Inbound")]


def test_a_reply_stays_in_the_thread(day: Day) -> None:
    reply = day["reply"]

    assert reply["conversationId"] == day["page a Department"]["conversationId"]
    assert reply["subject"] == "I am"
    assert {"extensionNumber": "101"} in reply["to"]


def test_a_received_message_is_read_in_full(day: Day) -> None:
    assert day["read"] == day["list"]["records"][0]
    assert day["read the text"] == "Anyone there?"


def test_a_message_is_unread_until_it_is_marked(day: Day) -> None:
    assert day["read"]["readStatus"] == "Unread"
    assert day["mark as read"]["readStatus"] == "Read"


@pytest.mark.parametrize(("step", "status"), [("read several", "Read"), ("mark several", "Unread")])
def test_several_messages_are_answered_one_by_one(day: Day, step: str, status: str) -> None:
    found, missing = day[step]

    assert (found["status"], found["body"]["id"]) == (200, day["read"]["id"])
    assert found["body"]["readStatus"] == status
    assert missing["status"] == 404
    assert_envelope(missing["body"], "CMN-102", "messageId")


def test_a_synchronization_tells_what_has_changed(day: Day) -> None:
    page, reply = day["read"]["id"], day["reply"]["id"]

    assert [record["id"] for record in day["synchronize"]["records"]] == [reply, page]
    changed = {record["id"]: record["availability"] for record in day["synchronize again"]["records"]}
    assert changed == {page: "Deleted", reply: "Alive"}  # the reply is young: the last five seconds are told again


def test_a_restored_message_can_be_deleted_with_others_and_by_its_conversation(day: Day) -> None:
    assert day["restore"]["availability"] == "Alive"
    assert (day["delete several"], day["delete the conversation"]) == (204, 204)
    assert day["list what is left"]["records"] == []


def test_a_deleted_message_says_so(day: Day) -> None:
    assert day["delete"] == 204
    assert day["read what was deleted"]["availability"] == "Deleted"


def test_a_refusal_reaches_the_caller_with_its_envelope(day: Day) -> None:
    refused = day["send too long a text"]

    assert refused["status"] == 400
    assert_envelope(refused["body"], "MSG-338", "text")


def test_a_refresh_kills_the_old_token_and_the_new_one_serves(day: Day) -> None:
    refresh = day["refresh"]

    assert refresh["replaced"]
    assert refresh["new"]["status"] == 200
    assert refresh["old"]["status"] == 401
    assert_envelope(refresh["old"]["body"], "OAU-129")


def test_the_token_is_dead_after_a_log_out(day: Day) -> None:
    assert day["log out"]["status"] == 401
    assert_envelope(day["log out"]["body"], "OAU-213")


# --- subscriptions -------------------------------------------------------------------------------

CLIENTS = ["SDK", "extension"]


@pytest.mark.parametrize("client", CLIENTS)
def test_a_subscription_on_a_connection_is_told_of_what_comes(watch: Day, client: str) -> None:
    subscription, page = watch[f"subscribe with the {client}"], watch[f"page with the {client}"]

    told = watch[f"event with the {client}"]
    assert subscription["status"] == "Active"
    assert told["subscriptionId"] == subscription["id"]
    (change,) = told["body"]["changes"]
    assert (change["type"], change["newCount"]) == ("Pager", 1)
    assert change["newMessageIds"] != [page["id"]]  # the recipient's copy, and not the sender's


@pytest.mark.parametrize("client", CLIENTS)
def test_a_subscription_is_gone_when_its_connection_is_revoked(watch: Day, client: str) -> None:
    assert watch[f"unsubscribe with the {client}"]["records"] == []


def test_calls_go_over_the_connection_and_so_do_refusals(watch: Day) -> None:
    assert watch["call on the connection"]["extensionNumber"] == "102"
    refused = watch["refusal on the connection"]
    assert refused["status"] == 400
    assert_envelope(refused["body"], "CMN-101", "from")


def test_a_recovered_connection_gets_what_it_missed(watch: Day) -> None:
    assert watch["recover the connection"]["recoveryState"] == "Successful"
    missed = watch["event that was missed"]
    assert missed["subscriptionId"] == watch["subscribe with the extension"]["id"]
    assert missed["body"]["changes"][0]["newCount"] == 1


def test_the_token_of_who_watched_is_dead_after_a_log_out(watch: Day) -> None:
    assert watch["log out"]["status"] == 401


def test_no_event_is_lost_on_the_way_from_one_socket_to_the_next(server_url: str) -> None:
    recovered = day_of("recovery", server_url, "@rc-ex/core", "@rc-ex/ws")
    assert recovered["recover"] == {"Successful": 200}
