"""Who may not do what, and what is not there: a call for each reason of a handler, and what is left unchanged by it."""

from typing import Any

import pytest

from support import (
    HANDSET,
    MAIN_NUMBER,
    OWN,
    STORE,
    TOKEN,
    Client,
    assert_oauth_refused,
    assert_refused,
    sms_body,
)

ACCOUNT = "/restapi/v1.0/account/~"
ADMINISTRATOR, SECOND, THIRD = 1346632010, 1346632102, 1346632103
SUPPORT, EMPTY, OPENING_HOURS = 1346632200, 1346632201, 1346632107
TEMPLATE = {"displayName": "A", "body": {"text": "B"}}
PARSE, PARSE_2 = "/restapi/v1.0/number-parser/parse", "/restapi/v2/number-parser/parse"
OPT_OUTS = f"{ACCOUNT}/a2p-sms/opt-outs"


def extension(number: int) -> str:
    return f"{ACCOUNT}/extension/{number}"


def added(name: str, number: int) -> dict[str, Any]:
    return {name: [str(number)]}


@pytest.mark.parametrize(
    ("by", "method", "path", "body", "status", "code", "parameter"),
    [
        ("101", "GET", extension(999), None, 404, "CMN-102", "extensionId"),
        ("101", "POST", f"{extension(SECOND)}/sms", sms_body(sender="16509100102"), 403, "CMN-419", None),
        ("102", "GET", f"{extension(ADMINISTRATOR)}/message-store", None, 403, "CMN-419", None),
        ("102", "GET", f"{extension(ADMINISTRATOR)}/phone-number", None, 403, "CMN-419", None),
        ("102", "GET", f"{extension(ADMINISTRATOR)}/message-store-templates", None, 403, "CMN-419", None),
        ("102", "POST", f"{ACCOUNT}/message-store-templates", TEMPLATE, 403, "CMN-408", None),
        ("101", "POST", f"{ACCOUNT}/message-store-templates", {**TEMPLATE, "site": {"id": "1"}},
         400, "CMN-102", "site.id"),
        ("102", "POST", f"{extension(SUPPORT)}/sms-recipients/bulk-assign", added("addedExtensionIds", SECOND),
         403, "CMN-408", None),
        ("101", "POST", f"{extension(SUPPORT)}/sms-recipients/bulk-assign", added("addedExtensionIds", OPENING_HOURS),
         400, "CMN-101", "addedExtensionIds"),
        ("101", "GET", f"{extension(SECOND)}/sms-recipients", None, 404, "CMN-102", "extensionId"),
        ("102", "POST", f"{ACCOUNT}/department/bulk-assign",
         {"items": [{"departmentId": str(SUPPORT), **added("addedExtensionIds", SECOND)}]}, 403, "CMN-408", None),
        ("101", "POST", f"{ACCOUNT}/department/bulk-assign",
         {"items": [{"departmentId": str(SUPPORT), **added("addedExtensionIds", OPENING_HOURS)}]},
         400, "CMN-101", "items.addedExtensionIds"),
        ("101", "POST", f"{ACCOUNT}/department/bulk-assign",
         {"items": [{"departmentId": str(SECOND), **added("addedExtensionIds", THIRD)}]},
         400, "CMN-102", "items.departmentId"),
        ("102", "POST", f"{ACCOUNT}/call-queues/{SUPPORT}/bulk-assign", added("addedExtensionIds", SECOND),
         403, "CMN-408", None),
        ("101", "POST", f"{ACCOUNT}/call-queues/{SUPPORT}/bulk-assign", added("addedExtensionIds", EMPTY),
         400, "CMN-101", "addedExtensionIds"),
        ("102", "GET", f"{ACCOUNT}/message-store-configuration", None, 403, "CMN-408", None),
        ("102", "PUT", f"{ACCOUNT}/message-store-configuration", {"retentionPeriod": 7}, 403, "CMN-408", None),
        ("102", "POST", f"{ACCOUNT}/message-store-report", {}, 403, "CMN-408", None),
        ("101", "GET", f"{OWN}/message-sync?syncType=ISync", None, 400, "CMN-101", "syncToken"),
        ("101", "POST", f"{PARSE}?homeCountry=ZZ", {"originalStrings": ["1"]}, 400, "CMN-101", "homeCountry"),
        ("101", "POST", PARSE_2, {"originalStrings": ["1"], "context": {"country": {"isoCode": "ZZ"}}},
         400, "CMN-101", "context.country.isoCode"),
        ("102", "PUT", extension(THIRD), {"contact": {"firstName": "X"}}, 403, "CMN-408", None),
        ("102", "PUT", OWN, {"status": "Enabled"}, 403, "CMN-408", None),
        ("102", "PUT", OWN, {"ivrPin": "1234"}, 400, "CMN-101", "ivrPin"),
        ("101", "DELETE", f"{STORE}/*", None, 400, "CMN-108", "messageId"),
        ("101", "DELETE", f"{STORE}/*", [], 400, "CMN-108", "messageId"),
        ("101", "PUT", f"{STORE}/*", {"readStatus": "Read"}, 400, "CMN-108", "messageId"),
        ("101", "DELETE", f"{STORE}?conversationId=1&type=SMS", None, 400, "MSG-390", "conversationId"),
    ],
)  # fmt: skip
def test_a_handler_refuses_what_is_not_there_or_not_allowed_by_its_name(
    world_client: Client, by: str, method: str, path: str, body: Any, status: int, code: str, parameter: str | None
) -> None:
    arguments = {} if body is None else {"json": body}
    answer = world_client.call(method, path, by=by, **arguments)
    said = answer.json()["errors"][0]
    assert (answer.status_code, said["errorCode"], said.get("parameterName")) == (status, code, parameter)


def test_an_sms_recipient_reads_of_the_departments_mailbox_the_sms_alone(world_client: Client) -> None:
    shared = f"{extension(SUPPORT)}/message-store"
    path = f"{extension(SUPPORT)}/sms-recipients/bulk-assign"
    assert world_client.post(path, json=added("addedExtensionIds", SECOND)).status_code == 204
    sms = world_client.post_sms(by="200").json()["id"]
    for asked, found in (("", [sms]), ("?messageType=SMS&messageType=Pager", [sms]), ("?messageType=Pager", [])):
        assert [record["id"] for record in world_client.get(shared + asked, by="102").json()["records"]] == found
    assert world_client.get(f"{shared}/{sms}", by="102").status_code == 200


def test_what_is_of_another_type_is_not_deleted(world_client: Client) -> None:
    kept = world_client.post_sms().json()["id"]
    assert world_client.call("DELETE", f"{STORE}/{kept}?type=Pager").status_code == 204
    assert world_client.get(f"{STORE}/{kept}").json()["availability"] == "Alive"
    assert world_client.call("DELETE", f"{STORE}/{kept}?type=SMS").status_code == 204
    assert world_client.get(f"{STORE}/{kept}").json()["availability"] == "Deleted"


def test_a_part_past_the_end_of_a_file_is_refused_with_its_length(world_client: Client) -> None:
    message = world_client.post_sms("Hello").json()
    content = message["attachments"][0]["uri"].removeprefix(world_client.url)
    assert world_client.get(content, headers={"Range": "bytes=4-"}).content == b"o"
    answer = world_client.get(content, headers={"Range": "bytes=5-"})
    assert (answer.status_code, answer.headers["content-range"]) == (416, "bytes */5")


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [("application/json", "application/json"), ("text/csv", "text/csv"), ("text/html, text/*;q=0.5", "text/csv"),
     ("*/*", "application/json"), ("image/png", None)],
)  # fmt: skip
def test_opt_outs_come_as_the_client_likes_them_or_not_at_all(
    world_client: Client, accept: str, media_type: str | None
) -> None:
    answer = world_client.get(OPT_OUTS, headers={"Accept": accept})
    if media_type is None:
        assert_refused(answer, 400, "CMN-407", "Accept")
    else:
        assert answer.headers["content-type"].partition(";")[0] == media_type


def test_a_page_of_a_list_by_tokens_has_those_of_its_neighbours(world_client: Client) -> None:
    numbers = [f"1415100373{last}" for last in "234"]
    body = {"from": "16509100300", "optOuts": numbers}
    assert world_client.post(f"{OPT_OUTS}/bulk-assign", json=body).status_code == 200
    first = world_client.get(f"{OPT_OUTS}?perPage=1").json()
    assert set(first["paging"]) == {"perPage", "pageToken", "firstPageToken", "nextPageToken"}
    second = world_client.get(f"{OPT_OUTS}?perPage=1&pageToken={first['paging']['nextPageToken']}").json()
    assert {"previousPageToken", "nextPageToken"} <= set(second["paging"])
    back = world_client.get(f"{OPT_OUTS}?perPage=1&pageToken={second['paging']['previousPageToken']}").json()
    assert back["records"] == first["records"] != second["records"]


def test_a_batch_among_carriers_says_why_messages_failed(carriers_url: str) -> None:
    with Client(carriers_url) as client:
        client.call("PUT", "/_mock/clock", json={"now": "2026-01-01T00:00:00Z", "frozen": True})
        body = {"from": "16509100300", "text": "Hi", "messages": [{"to": ["12025550101"]}, {"to": [HANDSET]}]}
        batch = client.post(f"{ACCOUNT}/a2p-sms/batches", json=body).json()["id"]
        client.post("/_mock/clock/advance", json={"seconds": 60})
        records = client.get(f"{ACCOUNT}/a2p-sms/messages?batchId={batch}").json()["records"]
        totals = client.get(f"{ACCOUNT}/a2p-sms/statuses?batchId={batch}").json()
    assert sorted(record.get("errorCode", "") for record in records) == ["", "SMS-UP-410"]
    assert totals["sendingFailed"]["errorCodeCounts"] == {"SMS-UP-410": 1}
    assert totals["deliveryFailed"]["errorCodeCounts"] == {}


@pytest.mark.parametrize(
    ("text", "country", "said"),
    [
        ("911", "US", {"special": True, "formattedInternational": "911", "normalized": "911"}),
        ("5551234", "US", {"special": False, "e164": None, "areaCode": None, "subscriberNumber": "5551234"}),
        ("+80012345678", "US", {"special": False, "e164": "+80012345678"}),
        ("020 7946 0000", "GB", {"e164": "+442079460000", "areaCode": "20"}),
    ],
)  # fmt: skip
def test_a_number_is_read_in_its_country(world_client: Client, text: str, country: str, said: dict[str, Any]) -> None:
    answer = world_client.post(f"{PARSE}?homeCountry={country}", json={"originalStrings": [text]}).json()
    (number,) = answer["phoneNumbers"]
    assert {name: number.get(name) for name in said} == said
    assert answer["homeCountry"]["isoCode"] == country
    assert ("uri" in answer["homeCountry"]) == (country == "US")


def test_settings_besides_the_contact_leave_it_as_it_is(world_client: Client) -> None:
    before = world_client.get(OWN).json()["contact"]
    assert world_client.call("PUT", OWN, json={"partnerId": "mine"}).status_code == 200
    after = world_client.get(OWN).json()
    assert (after["partnerId"], after["contact"]) == ("mine", before)


@pytest.mark.parametrize(
    ("secret", "error"), [("wrong", "invalid_client"), ("", "invalid_client"), ("ringmock-secret", None)]
)
def test_a_known_application_proves_itself_in_the_form_as_well(
    world_client: Client, secret: str, error: str | None
) -> None:
    form = {"grant_type": "password", "username": MAIN_NUMBER, "extension": "101", "password": "Secret-1"}
    answer = world_client.call("POST", TOKEN, by=None, data={**form, "client_id": "ringmock", "client_secret": secret})
    assert answer.json().get("error") == error, answer.text


def test_an_application_without_the_grant_of_a_log_in_page_gets_none(world_client: Client) -> None:
    query = "response_type=code&client_id=ringmock-device"
    answer = world_client.get(f"/restapi/oauth/authorize?{query}", by=None)
    assert_oauth_refused(answer, "unauthorized_client", "OAU-251")


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_log_in_page_for_permissions_that_nobody_has_sends_the_user_back(world_client: Client, method: str) -> None:
    asked = {"response_type": "code", "client_id": "ringmock-browser", "scope": "Nonsense", "state": "7"}
    arguments = {"params": asked} if method == "GET" else {"data": asked}
    answer = world_client.call(method, "/restapi/oauth/authorize", by=None, **arguments)
    assert answer.status_code == 302
    assert "error=invalid_scope" in answer.headers["location"]
    assert "state=7" in answer.headers["location"]
