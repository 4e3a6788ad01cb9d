"""RingCentral's own Python SDK, as PyPI has it, against the server's socket. Only its server URL is ours."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from ringcentral import SDK
from ringcentral.http.api_exception import ApiException
from ringcentral.http.multipart_builder import MultipartBuilder
from ringcentral.platform.platform import Platform
from ringcentral.websocket.events import WebSocketEvents

from support import (
    DIRECT_NUMBER,
    HANDSET,
    MAIN_NUMBER,
    PASSWORD,
    Client,
    assert_envelope,
    assert_oauth_envelope,
    jwt_of,
    sms_body,
)

OWN = "/account/~/extension/~"
SMS = f"{OWN}/sms"
PAGER = f"{OWN}/company-pager"
STORE = f"{OWN}/message-store"
SYNC = f"{OWN}/message-sync"


@pytest.fixture
def new_sdk(world_client: Client) -> Callable[[], SDK]:
    """Makes SDKs of one application: their users are in one world."""
    return lambda: SDK(world_client.client_id, world_client.client_secret, world_client.url, "ringmock-tests", "1.0")


@pytest.fixture
def sdk(new_sdk: Callable[[], SDK]) -> SDK:
    return new_sdk()


@pytest.fixture
def log_in(new_sdk: Callable[[], SDK]) -> Callable[[str], Platform]:
    """Logs an extension in by its JWT."""

    def log_in(extension: str) -> Platform:
        platform = new_sdk().platform()
        platform.login(jwt=jwt_of(extension))
        return platform

    return log_in


def own_extension_number(platform: Platform) -> str:
    return platform.get(OWN).json_dict()["extensionNumber"]


def page(platform: Platform, *to: str, text: str = "Hello", **more: Any) -> dict[str, Any]:
    return platform.post(
        PAGER, {"to": [{"extensionNumber": number} for number in to], "text": text, **more}
    ).json_dict()


def inbox(platform: Platform, **filters: Any) -> list[dict[str, Any]]:
    return platform.get(STORE, {"direction": "Inbound", **filters}).json_dict()["records"]


def refusal_of(call: Callable[[], object]) -> tuple[int, dict[str, Any]]:
    """The status and the body of the ApiException that a call raises."""
    with pytest.raises(ApiException) as caught:
        call()
    response = caught.value.api_response()
    return response.response().status_code, response.json_dict()


# --- whose messages one reads --------------------------------------------------------------------


def test_one_administrators_token_synchronizes_the_mailbox_of_every_extension(
    log_in: Callable[[str], Platform], world_client: Client
) -> None:
    for number in ("101", "102", "103"):
        text = {"to": DIRECT_NUMBER[number], "text": f"For {number}"}
        assert world_client.post(f"/_mock/handsets/{HANDSET}/messages", json=text).status_code < 300
    administrator, texts = log_in("101"), {}
    for extension in administrator.get("/account/~/extension").json_dict()["records"]:
        sync = f"/account/~/extension/{extension['id']}/message-sync"
        full = administrator.get(sync, {"syncType": "FSync"}).json_dict()
        texts[extension["extensionNumber"]] = [record["subject"] for record in full["records"]]
        for record in full["records"]:
            assert administrator.get(record["uri"]).json_dict()["subject"] == record["subject"]
        changes = administrator.get(sync, {"syncToken": full["syncInfo"]["syncToken"]}).json_dict()
        assert changes["syncInfo"]["syncType"] == "ISync"
    assert {number: found for number, found in texts.items() if found} == {
        number: [f"For {number}"] for number in ("101", "102", "103")
    }


def test_the_vendors_quick_start_runs_as_an_sms_recipient_of_a_department(log_in: Callable[[str], Platform]) -> None:
    added = {"addedExtensionIds": ["1346632108"]}
    log_in("101").post("/account/~/extension/1346632200/sms-recipients/bulk-assign", added)
    recipient = log_in("108")

    numbers = recipient.get(f"{OWN}/phone-number").json_dict()["records"]
    sender = next(one["phoneNumber"] for one in numbers if "SmsSender" in one["features"])
    assert sender == DIRECT_NUMBER["200"]
    sent = recipient.post(SMS, sms_body(sender=sender)).json_dict()
    for path in (f"{STORE}/{sent['id']}", sent["uri"]):
        polled = recipient.get(path).json_dict()
        assert (polled["id"], polled["messageStatus"]) == (sent["id"], "Sent")
    shared = recipient.get(STORE, {"owner": "Shared"}).json_dict()["records"]
    assert [(one["id"], one["owner"]["extensionType"]) for one in shared] == [(sent["id"], "Department")]
    assert recipient.get(STORE).json_dict()["records"] == []


# --- log-in and log-out --------------------------------------------------------------------------


def test_a_jwt_logs_in_the_extension_that_it_was_made_for(sdk: SDK) -> None:
    sdk.platform().login(jwt=jwt_of("102"))

    assert own_extension_number(sdk.platform()) == "102"


@pytest.mark.parametrize(
    ("username", "extension", "who"),
    [
        (DIRECT_NUMBER["102"], "", "102"),
        ("+" + DIRECT_NUMBER["102"], "", "102"),
        (DIRECT_NUMBER["102"], "102", "102"),
        (MAIN_NUMBER, "103", "103"),
        ("+" + MAIN_NUMBER, "103", "103"),
        (MAIN_NUMBER, "", "101"),
        (DIRECT_NUMBER["200"], "", "200"),
        (MAIN_NUMBER, "200", "200"),
    ],
)
def test_a_password_logs_in_by_direct_number_or_by_main_number_and_extension(
    sdk: SDK, username: str, extension: str, who: str
) -> None:
    with pytest.warns(UserWarning, match="will soon be deprecated"):
        sdk.platform().login(username, extension, PASSWORD)

    assert own_extension_number(sdk.platform()) == who


def test_a_refresh_replaces_both_tokens_and_the_session_goes_on(sdk: SDK) -> None:
    platform = sdk.platform()
    before = platform.login(jwt=jwt_of("102")).json_dict()

    after = platform.refresh().json_dict()

    assert {before["access_token"], before["refresh_token"]}.isdisjoint({after["access_token"], after["refresh_token"]})
    assert own_extension_number(platform) == "102"


def test_an_expired_access_token_is_refreshed_before_the_next_call(sdk: SDK) -> None:
    platform = sdk.platform()
    before = platform.login(jwt=jwt_of("102")).json_dict()
    platform.auth().set_data({"expire_time": 0})

    assert own_extension_number(platform) == "102"
    assert platform.auth().access_token() != before["access_token"]


def test_the_access_token_is_dead_after_a_log_out(sdk: SDK, world_client: Client) -> None:
    platform = sdk.platform()
    token = platform.login(jwt=jwt_of("102")).json_dict()["access_token"]

    platform.logout()

    answer = world_client.get("/restapi/v1.0" + OWN, by=None, headers={"Authorization": f"bearer {token}"})
    assert answer.status_code == 401
    assert_envelope(answer.json(), "OAU-213")
    assert platform.logged_in() is False


# --- sending -------------------------------------------------------------------------------------


def test_an_sms_to_a_handset_is_answered_with_the_message(log_in: Callable[[str], Platform]) -> None:
    sent = log_in("101").post(SMS, sms_body("Hello")).json()

    assert sent.type == "SMS"
    assert sent.direction == "Outbound"
    assert sent.subject == "Hello"
    assert sent.to[0].phoneNumber == HANDSET
    assert sent.from_.phoneNumber == DIRECT_NUMBER["101"]


@pytest.mark.parametrize("is_mixed", [False, True], ids=["form-data", "mixed"])
def test_the_multipart_builder_sends_an_sms_of_a_json_part_alone(
    sdk: SDK, log_in: Callable[[str], Platform], is_mixed: bool
) -> None:
    builder = sdk.create_multipart_builder().set_body(sms_body("In parts")).set_multipart_mixed(is_mixed)

    sent = log_in("101").send_request(builder.request(SMS)).json_dict()

    assert sent["subject"] == "In parts"


def test_a_page_to_a_department_reaches_its_active_members_and_a_reply_goes_back(
    log_in: Callable[[str], Platform],
) -> None:
    administrator, member = log_in("101"), log_in("102")

    sent = page(administrator, "200", text="Anyone there?")
    received = inbox(member)
    reply = member.post(PAGER, {"replyOn": received[0]["id"], "text": "I am"}).json_dict()

    assert sent["pgToDepartment"] is True
    assert [message["subject"] for message in received] == ["Anyone there?"]
    assert reply["conversationId"] == sent["conversationId"]
    assert [message["subject"] for message in inbox(administrator)] == ["I am"]


def test_a_page_to_oneself_may_name_the_id_as_the_number_that_it_is(log_in: Callable[[str], Platform]) -> None:
    administrator = log_in("101")
    self = administrator.get(OWN).json_dict()["id"]
    assert isinstance(self, int)

    note = {"from": {"extensionId": self}, "to": [{"extensionId": self}], "text": "Note to self"}
    sent = administrator.post(PAGER, note).json_dict()

    [received] = inbox(administrator)
    assert (received["subject"], received["readStatus"]) == ("Note to self", "Unread")
    assert received["id"] != sent["id"]


# --- the message store ---------------------------------------------------------------------------


def test_a_list_is_filtered_by_a_phone_number_with_a_raw_plus(log_in: Callable[[str], Platform]) -> None:
    administrator = log_in("101")
    administrator.post(SMS, sms_body("To one", to="14151003732"))
    administrator.post(SMS, sms_body("To another", to="14151003733"))

    listed = administrator.get(STORE, {"phoneNumber": "+14151003733"})

    assert "phoneNumber=+14151003733" in listed.request().url
    assert [message["subject"] for message in listed.json_dict()["records"]] == ["To another"]


@pytest.mark.parametrize(
    ("types", "subjects"),
    [(["SMS", "Pager"], ["A page", "An SMS"]), (["SMS"], ["An SMS"]), (["Pager"], ["A page"]), (["Fax"], [])],
)
def test_a_list_is_filtered_by_every_message_type_that_is_named(
    log_in: Callable[[str], Platform], types: list[str], subjects: list[str]
) -> None:
    administrator = log_in("101")
    administrator.post(SMS, sms_body("An SMS"))
    page(administrator, "102", text="A page")

    listed = administrator.get(STORE, {"messageType": types}).json_dict()["records"]

    assert [message["subject"] for message in listed] == subjects


def test_a_message_is_read_marked_as_read_and_deleted(log_in: Callable[[str], Platform]) -> None:
    administrator, member = log_in("101"), log_in("102")
    page(administrator, "102", text="Read me")
    message = f"{STORE}/{inbox(member)[0]['id']}"

    before = member.get(message).json_dict()
    marked = member.put(message, {"readStatus": "Read"}).json_dict()
    deleted = member.delete(message)

    assert (before["subject"], before["readStatus"]) == ("Read me", "Unread")
    assert marked["readStatus"] == "Read"
    assert deleted.response().status_code == 204
    assert inbox(member) == []
    assert member.get(message).json_dict()["availability"] == "Deleted"


def test_several_messages_are_answered_in_parts(log_in: Callable[[str], Platform]) -> None:
    administrator = log_in("101")
    sent = administrator.post(SMS, sms_body("Hello")).json_dict()

    found, missing = administrator.get(f"{STORE}/{sent['id']},1").multipart()
    (marked,) = administrator.put(f"{STORE}/{sent['id']},{sent['id']}", {"readStatus": "Read"}).multipart()

    assert found.json_dict() == sent
    assert (missing.ok(), missing.response().status_code) == (False, 404)
    assert_envelope(missing.json_dict(), "CMN-102", "messageId")
    assert marked.json_dict()["readStatus"] == "Read"


def test_a_copy_of_the_mailbox_is_kept_up_to_date(log_in: Callable[[str], Platform]) -> None:
    administrator = log_in("101")
    gone = administrator.post(SMS, sms_body("To be deleted")).json_dict()["id"]
    first = administrator.get(SYNC, {"syncType": "FSync"}).json_dict()

    administrator.delete(f"{STORE}/{gone}")
    administrator.post(SMS, sms_body("New"))
    token = first["syncInfo"]["syncToken"]
    changed = administrator.get(SYNC, {"syncType": "ISync", "syncToken": token}).json_dict()

    assert [record["subject"] for record in first["records"]] == ["To be deleted"]
    new, deleted = changed["records"]
    assert (new["subject"], changed["syncInfo"]["syncType"]) == ("New", "ISync")
    assert deleted == {"uri": deleted["uri"], "id": gone, "availability": "Deleted"}


def test_messages_are_deleted_by_their_conversation(log_in: Callable[[str], Platform]) -> None:
    administrator = log_in("101")
    sent = administrator.post(SMS, sms_body("Hello")).json_dict()

    administrator.delete(STORE, {"conversationId": sent["conversationId"]})

    assert administrator.get(STORE).json_dict()["records"] == []


def test_an_attachment_is_fetched_by_its_absolute_uri(log_in: Callable[[str], Platform]) -> None:
    administrator = log_in("101")
    sent = administrator.post(SMS, sms_body("Grüße 😀")).json_dict()

    content = administrator.get(sent["attachments"][0]["uri"])

    assert content.body().decode() == "Grüße 😀"


# --- MMS -----------------------------------------------------------------------------------------

PICTURE = bytes(range(256)) * 8


def send_mms(platform: Platform, path: str, *files: Any, mixed: bool = False, **change: Any) -> dict[str, Any]:
    """What the SDK's own builder makes of a message and these files."""
    builder = MultipartBuilder(platform).set_body({**sms_body("The way to us"), **change})
    for file in files:
        builder.add(file)
    if mixed:
        builder.set_multipart_mixed(True)
    return platform.send_request(builder.request(path)).json_dict()


@pytest.mark.parametrize("mixed", [False, True], ids=["form-data", "mixed"])
@pytest.mark.parametrize("path", [SMS, f"{OWN}/mms"])
def test_an_mms_comes_back_as_it_was_sent(log_in: Callable[[str], Platform], path: str, mixed: bool) -> None:
    administrator = log_in("101")

    sent = send_mms(administrator, path, ("map.png", PICTURE, "image/png"), ("prices.csv", "1,2"), mixed=mixed)

    assert (sent["type"], sent["direction"], sent["subject"]) == ("SMS", "Outbound", "The way to us")
    text, picture, prices = sent["attachments"]
    assert (picture["fileName"], picture["contentType"], picture["size"]) == ("map.png", "image/png", len(PICTURE))
    assert (prices["fileName"], prices["contentType"], prices["size"]) == ("prices.csv", "text/csv", 3)
    received = administrator.get(picture["uri"]).response()
    assert (received.content, received.headers["Content-Type"]) == (PICTURE, "image/png")
    assert administrator.get(text["uri"]).response().text == "The way to us"


def test_an_mms_without_a_text_and_one_to_a_colleague_are_received(log_in: Callable[[str], Platform]) -> None:
    administrator, member = log_in("101"), log_in("102")
    to = [{"phoneNumber": DIRECT_NUMBER["102"]}]

    send_mms(administrator, f"{OWN}/mms", ("map.png", PICTURE, "image/png"), to=to, text="")

    [picture] = inbox(member)[0]["attachments"]
    assert member.get(picture["uri"]).response().content == PICTURE


@pytest.mark.parametrize("path", [SMS, f"{OWN}/mms"])
def test_a_file_needs_no_text_by_either_operation(log_in: Callable[[str], Platform], path: str) -> None:
    administrator = log_in("101")
    builder = MultipartBuilder(administrator)
    builder.set_body({name: value for name, value in sms_body().items() if name != "text"})
    builder.add(("map.png", PICTURE, "image/png"))

    sent = administrator.send_request(builder.request(path)).json_dict()

    assert (sent["subject"], [file["fileName"] for file in sent["attachments"]]) == ("", ["map.png"])


@pytest.mark.parametrize(
    ("files", "status", "code"),
    [
        ([("stuff.smil", b"<smil/>", "application/smil")], 415, "MSG-348"),
        ([("map.png", bytes(1_500_001), "image/png")], 400, "MSG-376"),
        ([("map.png", b"x", "image/png")] * 11, 400, "MSG-379"),
        ([("map.png", b"", "image/png")], 400, "MSG-347"),
    ],
)
def test_a_refused_mms_raises_an_exception_with_the_envelope(
    log_in: Callable[[str], Platform], files: list[Any], status: int, code: str
) -> None:
    administrator = log_in("101")

    refused, envelope = refusal_of(lambda: send_mms(administrator, f"{OWN}/mms", *files))

    assert refused == status
    assert_envelope(envelope, code, "attachments")
    assert administrator.get(STORE).json_dict()["records"] == []


# --- refusals ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "status", "code", "parameter"),
    [
        ({"from": {"phoneNumber": DIRECT_NUMBER["102"]}}, 403, "MSG-304", "from"),
        ({"text": "a" * 1001}, 400, "MSG-338", "text"),
        ({"to": []}, 400, "CMN-101", "to"),
        ({"text": None}, 400, "CMN-101", "text"),
    ],
)
def test_a_refused_sms_raises_an_exception_with_the_envelope(
    log_in: Callable[[str], Platform], change: dict[str, Any], status: int, code: str, parameter: str | None
) -> None:
    administrator = log_in("101")

    refused, envelope = refusal_of(lambda: administrator.post(SMS, {**sms_body(), **change}))

    assert refused == status
    assert_envelope(envelope, code, parameter)
    assert administrator.get(STORE).json_dict()["records"] == []


def test_a_message_that_does_not_exist_raises_an_exception_with_the_envelope(log_in: Callable[[str], Platform]) -> None:
    administrator = log_in("101")

    status, envelope = refusal_of(lambda: administrator.get(f"{STORE}/1"))

    assert status == 404
    assert_envelope(envelope, "CMN-102", "messageId")


def test_a_jwt_of_nobody_raises_an_exception_with_the_words_of_oauth(sdk: SDK) -> None:
    status, body = refusal_of(lambda: sdk.platform().login(jwt="nobody"))

    assert status == 400
    assert_oauth_envelope(body, "invalid_grant", "OAU-140")
    assert body["error_description"] == "Unparseable assertion"


# --- subscriptions -------------------------------------------------------------------------------


def test_a_subscription_on_a_connection_is_told_of_what_comes_until_it_is_removed(
    sdk: SDK, log_in: Callable[[str], Platform], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    colleague = log_in("102")
    sdk.platform().login(jwt=jwt_of("101"))

    subscription, told, left = asyncio.run(asyncio.wait_for(watched(sdk, lambda: page(colleague, "101")), 20))

    assert subscription["deliveryMode"]["transportType"] == "WebSocket"
    assert told["subscriptionId"] == subscription["id"]
    assert told["body"]["changes"][0]["newCount"] == 1
    assert left == []
    sdk.platform().logout()


def test_a_subscription_on_a_connection_is_told_that_the_carrier_failed(
    carriers_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with Client(carriers_url) as client:
        client.call("PUT", "/_mock/clock", json={"frozen": True})
        sdk = SDK(client.client_id, client.client_secret, client.url, "ringmock-tests", "1.0")
        sdk.platform().login(jwt=jwt_of("101"))
        sent = sdk.platform().post(SMS, sms_body(to="12025550101")).json_dict()

        later = {"seconds": 5}
        _, told, _ = asyncio.run(
            asyncio.wait_for(watched(sdk, lambda: client.post("/_mock/clock/advance", json=later)), 20)
        )

        change = {"type": "SMS", "newCount": 0, "updatedCount": 1, "newMessageIds": []}
        assert told["body"]["changes"] == [change]
        assert sdk.platform().get(f"{STORE}/{sent['id']}").json_dict()["messageStatus"] == "SendingFailed"
        sdk.platform().logout()


async def watched(sdk: SDK, happen: Callable[[], object]) -> tuple[dict[str, Any], dict[str, Any], list[Any]]:
    """The subscription, the event that it is told of, and the subscriptions that are left when it was removed."""
    connected, created, told, removed = (asyncio.get_running_loop().create_future() for _ in range(4))
    client = sdk.create_web_socket_client()
    client.on(WebSocketEvents.connectionCreated, connected.set_result)
    client.on(WebSocketEvents.subscriptionCreated, created.set_result)
    client.on(WebSocketEvents.receiveSubscriptionNotification, told.set_result)
    connection = asyncio.create_task(client.create_new_connection())
    await connected
    await client.create_subscription(["/restapi/v1.0/account/~/extension/~/message-store"])
    subscription = await created
    info = subscription.get_subscription_info()[1]
    await asyncio.to_thread(happen)
    _, event = await told
    client.on(WebSocketEvents.receiveMessage, removed.set_result)
    await client.remove_subscription(subscription)
    await removed  # the SDK sends, and leaves the answer to whoever listens
    left = sdk.platform().get("/restapi/v1.0/subscription").json_dict()["records"]
    await client.close_connection()
    connection.cancel()
    await asyncio.gather(connection, return_exceptions=True)
    return info, event, left
