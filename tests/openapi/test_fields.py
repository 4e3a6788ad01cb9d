"""What the server answers and what openapi.yaml declares, against the fields of the newest published API.

`tests/data/fields.json` holds names, types, enums and what is required, in the words of that API: an operation's
answers by status, and schemas whose `of` are the schemas they extend, `oneOf` the ones they choose among.
"""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from receivers import Receiver
from ringmock.fixture import load_named
from ringmock.openapi.document import load_contract, operations
from ringmock.serving.server import running
from support import JWT_BEARER, OWN, PAGER, SMS, STORE, Client, jwt_of, sms_body

ACCOUNT = "/restapi/v1.0/account/~"
REPORT = f"{ACCOUNT}/message-store-report"
CONSENTS = "/restapi/v2/accounts/~/sms/consents"
SUBSCRIPTION = "/restapi/v1.0/subscription"
PARSE = "/restapi/v2/number-parser/parse"
ENTRIES = "application/vnd.ringcentral.multipart+json"
JSON_TYPES = ("application/json", ENTRIES)
PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x03\0\0\0\x02\x08\x02\0\0\0"

TABLE = json.loads((Path(__file__).parents[1] / "data" / "fields.json").read_text(encoding="utf-8"))

NOT_IN_THE_TABLE = {
    "authJwks": "its keys are another standard's",
    "readInitialEntryPoints": "clients ask for it; no published description has it",
    "readExternalEntryPoints": "as readInitialEntryPoints",
    "readClientInfo": "its callers read these fields; no published description has it",
    "listDialingPlans": "as readClientInfo",
    "readCountry": "the records of phone numbers lead there; older descriptions have it",
    "readAccountServiceInfo": "the account leads there; older descriptions have it",
    "createSmsBatch": "the vendor's samples call it, and print these fields; no published description has it",
    **dict.fromkeys(
        ("listSmsBatches", "readSmsBatch", "listSmsMessages", "readSmsMessage", "readSmsStatusSummary"),
        "the guide to version 2 prints these fields; no published description has it",
    ),
    "listContactGroups": "lists of contacts lead there; older descriptions have it",
    "deleteMessage": "answers 204; several at once are answered as other calls about several, with a 207",
}
"""Operations whose answers the published table does not have, and why this server has them."""

BEYOND_THE_TABLE = {
    ("GetSMSMessageInfoResponse", "extensionId"): "a sent message is answered as it is read, with its owner",
    ("GetInternalTextMessageInfoResponse", "extensionId"): "as of an SMS",
    ("ApiError", "parameterName"): "the table leaves room for more, and every refusal names its parameter",
    ("OpenIdDiscovery", "token_endpoint_auth_signing_alg_values_supported"): "RFC 8414 wants it beside assertions",
    ("PresenceInfoResponse", "totalActiveCalls"): "the service's own widgets ask for it and read it",
    ("ParsePhoneNumberResponseV2Results", "originalString"): "in the published examples alone",
    ("ParsePhoneNumberResponseV2Results", "category"): "in the published examples alone",
}
"""Fields that are answered and not in the table: (schema, field) and where they are from."""

NOT_ALWAYS_THERE = {
    ("GetSingleMessageInfoResponse", "vmSideRecipients"): "required of voicemail alone, which is not answered here",
}
"""Fields that the table requires and some answers are without."""

OTHER_VALUES = {
    ("GetSMSMessageInfoResponse", "type"): "nothing but SMS, which the table's one enum for all messages does not say",
    ("GetInternalTextMessageInfoResponse", "type"): "nothing but Pager",
    ("UserPhoneNumberExtensionInfo", "type"): "one schema for every reference to an extension; it is not answered here",
}
"""Fields that openapi.yaml declares with other values than the table: (schema, field) and why."""

Spec = dict[str, Any]
Asked = tuple[str, Any]
"""An operationId and the answer to a call of it."""


@pytest.fixture(scope="module")
def stories() -> dict[str, list[Asked]]:
    """By generation, and one among carriers."""
    found = {}
    for generation in ("2012", "current"):
        with (
            running(load_named("demo", generation=generation)) as (url, _),
            Client(url) as client,
            Receiver() as receiver,
        ):
            found[generation] = list(told(client, receiver))
    with running(load_named("carriers", generation="current")) as (url, _), Client(url) as client:
        found["carriers"] = list(told_among_carriers(client))
    return found


@pytest.fixture(params=["2012", "current", "carriers"])
def story(request: pytest.FixtureRequest, stories: dict[str, list[Asked]]) -> list[Asked]:
    return stories[request.param]


def told(client: Client, receiver: Receiver) -> Iterator[Asked]:
    """Every operation that answers JSON, by an administrator with messages of each kind in each direction."""
    yield "readAPIVersions", client.get("/restapi", by=None)
    yield "readAPIVersion", client.get("/restapi/v1.0", by=None)
    yield "getToken", client.ask_token(grant_type="password", username="16509100010", password="Secret-1")
    yield "getToken", client.ask_token(grant_type=JWT_BEARER, assertion=jwt_of("101"), scope="openid")
    yield "readOpenIdConfiguration", client.get("/.well-known/openid-configuration", by=None)
    yield "authUserInfo", client.get("/restapi/oauth/userinfo")
    yield "authWsToken", client.post("/restapi/oauth/wstoken")
    yield "readAccountInfo", client.get(ACCOUNT)
    yield "listExtensions", client.get(f"{ACCOUNT}/extension", params={"perPage": 2, "page": 2})
    for extension in client.get(f"{ACCOUNT}/extension").json()["records"]:
        yield "readExtension", client.get(f"{ACCOUNT}/extension/{extension['id']}")
    yield "listAccountPhoneNumbers", client.get(f"{ACCOUNT}/phone-number")
    yield "listExtensionPhoneNumbers", client.get(f"{OWN}/phone-number")
    yield from told_before_messages(client)
    some_number = client.get(f"{ACCOUNT}/phone-number").json()["records"][0]["id"]
    yield "readAccountPhoneNumber", client.get(f"{ACCOUNT}/phone-number/{some_number}")
    yield from registrations_told(client)
    own_number = client.get(f"{OWN}/phone-number").json()["records"][0]["id"]
    yield "smsConfigurationInfo", client.get(f"{OWN}/phone-number/{own_number}/sms-configuration")
    recipients = f"{ACCOUNT}/extension/1346632200/sms-recipients"
    client.post(f"{recipients}/bulk-assign", json={"addedExtensionIds": ["1346632102", "1346632104"]})
    yield "getSmsRecipients", client.get(recipients)
    yield from threads_told(client)
    yield from contacts_told(client)
    yield "listDepartmentMembers", client.get(f"{ACCOUNT}/department/1346632200/members")
    yield "listCallQueues", client.get(f"{ACCOUNT}/call-queues")
    yield "readCallQueueInfo", client.get(f"{ACCOUNT}/call-queues/1346632200")
    queue = f"{ACCOUNT}/call-queues/1346632200"
    yield "updateCallQueueInfo", client.call("PUT", queue, json={"name": "Support", "status": "Enabled"})
    yield "updateExtension", client.call("PUT", OWN, json={"contact": {"firstName": "Administrator"}})
    yield from details_told(client, queue)
    yield "listCallQueueMembers", client.get(f"{ACCOUNT}/call-queues/1346632200/members")
    yield "createFaxMessage", fax_told(client, "14151003732", "16509100010")
    yield from messages_told(client)
    yield from bulk_told(client)
    yield from templates_told(client, "Company", f"{ACCOUNT}/message-store-templates")
    yield from templates_told(client, "User", f"{OWN}/message-store-templates")
    configuration = f"{ACCOUNT}/message-store-configuration"
    yield "readMessageStoreConfiguration", client.get(configuration)
    yield "updateMessageStoreConfiguration", client.call("PUT", configuration, json={"retentionPeriod": 30})
    yield from reports_told(client)
    yield from consents_told(client)
    yield from numbers_told(client)
    yield from subscriptions_told(client, receiver)


def told_before_messages(client: Client) -> Iterator[Asked]:
    """What a client asks before it shows its first message."""
    yield "readExtensionFeatures", client.get(f"{OWN}/features")
    yield "readExtensionFeatures", client.get(f"{OWN}/features", by="102")
    presence = f"{OWN}/presence?detailedTelephonyState=true&sipData=true&totalActiveCalls"
    yield "readUserPresenceStatus", client.get(presence)
    several = f"{ACCOUNT}/extension/1346632102,1346632103/presence"
    yield "readUserPresenceStatus", client.get(several, headers={"Accept": ENTRIES})
    body = {"userStatus": "Busy", "message": "In a meeting"}
    yield "updateUserPresenceStatus", client.call("PUT", f"{OWN}/presence", json=body)
    yield "readAccountPresence", client.get(f"{ACCOUNT}/presence", params={"perPage": 2, "page": 2})
    queues = f"{ACCOUNT}/extension/1346632102/call-queue-presence"
    yield "readExtensionCallQueuePresence", client.get(queues)
    record = {"callQueue": {"id": "1346632200"}, "acceptCalls": False}
    yield "updateExtensionCallQueuePresence", client.call("PUT", queues, json={"records": [record]})
    yield "listExtensionDevices", client.get(f"{OWN}/device")
    yield "listForwardingNumbers", client.get(f"{OWN}/forwarding-number")
    yield "readExtensionCallerId", client.get(f"{OWN}/caller-id")
    choice = {"feature": "RingOut", "callerId": {"type": "Blocked"}}
    yield "updateExtensionCallerId", client.call("PUT", f"{OWN}/caller-id", json={"byFeature": [choice]})
    told = {"device": {"computerName": "desk", "serial": "1"}, "sipInfo": [{"transport": "WSS"}]}
    yield "createSIPRegistration", client.post("/restapi/v1.0/client-info/sip-provision", json=told)
    yield "listTimezones", client.get("/restapi/v1.0/dictionary/timezone", params={"perPage": 2, "page": 2})
    yield "readTimezone", client.get("/restapi/v1.0/dictionary/timezone/58")
    yield "listFaxCoverPages", client.get("/restapi/v1.0/dictionary/fax-cover-page", params={"perPage": 2, "page": 2})
    yield "readUserCallLog", client.get(f"{OWN}/call-log")
    yield "listExtensionActiveCalls", client.get(f"{OWN}/active-calls")
    yield "syncUserCallLog", client.get(f"{OWN}/call-log-sync")
    yield "readUserVideoConfiguration", client.get(f"{OWN}/video-configuration")


def details_told(client: Client, queue: str) -> Iterator[Asked]:
    """What an extension and a queue say once they were told."""
    address = {"street": "20 Davis Drive", "city": "Belmont", "state": "CA", "zip": "94002", "country": "United States"}
    contact = {"firstName": "Ad", "lastName": "Min", "company": "Example", "jobTitle": "Head", "department": "Office"}
    contact |= {"mobilePhone": "+14151003732", "businessAddress": address, "emailAsLoginName": False}
    contact |= {"pronouncedName": {"type": "TextToSpeech", "text": "Add Min"}}
    named = ("homeCountry", "timezone", "language", "greetingLanguage", "formattingLocale")
    body = {
        "contact": contact,
        "regionalSettings": {name: {"id": "1"} for name in named},
        "statusInfo": {"comment": "none", "reason": "Voluntarily"},
        "partnerId": "partner",
    }
    yield "updateExtension", client.call("PUT", OWN, json=body)
    yield "readExtension", client.get(OWN)
    yield "authUserInfo", client.get("/restapi/oauth/userinfo")
    levels = {"slaGoal": 80, "slaThresholdSeconds": 5, "includeAbandonedCalls": True, "abandonedThresholdSeconds": 5}
    told = {"serviceLevelSettings": levels, "alertTimer": 30}
    yield "updateCallQueueInfo", client.call("PUT", queue, json=told)
    yield "readExtension", client.get(f"{ACCOUNT}/extension/1346632200")
    yield "listExtensions", client.get(f"{ACCOUNT}/extension")


def told_among_carriers(client: Client) -> Iterator[Asked]:
    """Statuses that move, a group message each way, and what somebody did not want."""
    for sms in ("12025550110", "14151003733"):
        client.post_sms(to=sms)
    yield "createFaxMessage", fax_told(client, "14151003733", "12025550199")
    several = {**sms_body("All"), "to": [{"phoneNumber": number} for number in ("14151003732", "12025550199")]}
    yield "createSMSMessage", client.post(SMS, json=several)
    client.post("/_mock/handsets/14151003732/messages", json={"to": ["16509100010", "12025550199"], "text": "All"})
    client.post("/_mock/clock/advance", json={"seconds": 120})
    yield "listMessages", client.get(STORE)
    for message in client.messages("101"):
        yield "readMessage", client.get(f"{STORE}/{message['id']}")


def fax_told(client: Client, *to: str) -> Any:
    """A fax with a cover page."""
    fields = {"to": [{"phoneNumber": number, "name": "Other"} for number in to], "coverIndex": 1}
    parts = [("json", ("json", json.dumps({**fields, "coverPageText": "For you"}), "application/json"))]
    return client.post(f"{OWN}/fax", files=[*parts, ("attachment", ("order.pdf", b"%PDF-1.4", "application/pdf"))])


def registrations_told(client: Client) -> Iterator[Asked]:
    """What the account has registered for SMS, and a number that is registered too."""
    brands = f"{ACCOUNT}/sms-registration-brands"
    yield "listAllTcrBrands", client.get(brands)
    brand = client.get(brands).json()["records"][0]["id"]
    yield "findTcrBrandById", client.get(f"{brands}/{brand}")
    campaigns = client.get(f"{brands}/{brand}/campaigns")
    yield "listAllTcrCampaigns", campaigns
    one = f"{brands}/{brand}/campaigns/{campaigns.json()['records'][0]['id']}"
    yield "findTcrCampaignById", client.get(one)
    client.post(f"{one}/submit-phone-numbers", json={"phoneNumbers": ["16509100010"]})


def threads_told(client: Client) -> Iterator[Asked]:
    """A thread with entries of every kind, by a recipient of the Department's SMS."""
    threads, by = f"{ACCOUNT}/message-threads", "102"
    for kind in ("sync", "entries/sync"):
        yield {"sync": "mthSyncThreads"}.get(kind, "mthSyncEntries"), client.get(f"{threads}/{kind}", by=by)
    entries = client.get(f"{threads}/entries/sync", by=by, params={"scope": "Accessible"}).json()["syncInfo"]
    file = {"contentType": "image/png", "content": "iVBORw0KGgo=", "fileName": "map.png"}
    client.post("/_mock/handsets/14151003732/messages", json={"to": "16509100200", "text": "?", "attachments": [file]})
    yield "mthListThreads", client.get(threads, by=by)
    yield "mthSyncEntries", client.get(f"{threads}/entries/sync", by=by, params={"scope": "Unassigned"})
    thread = client.get(threads, by=by).json()["records"][0]["id"]
    one, me = f"{threads}/{thread}", {"assignee": {"extensionId": "1346632102"}}
    yield "mthAssignThread", client.post(f"{one}/assign", by=by, json=me)
    yield "mthAssignThread", client.post(f"{one}/assign", by=by, json={"assignee": None})
    yield "mthAssignThread", client.post(f"{one}/assign", by=by, json=me)
    yield "mthGetThread", client.get(one, by=by)
    sent = client.post(f"{threads}/messages", by=by, json=sms_body("!", sender="16509100200"))
    yield "mthSendMessage", sent
    notes = [client.post(f"{threads}/notes", by=by, json={"threadId": thread, "text": text}) for text in "ab"]
    yield from (("mthCreateNote", note) for note in notes)
    first, second = (note.json()["id"] for note in notes)
    yield "mthUpdateNote", client.call("PATCH", f"{threads}/notes/{first}", by=by, json={"text": "c"})
    client.call("DELETE", f"{threads}/notes", by=by, json={"ids": [second]})
    client.call("DELETE", f"{threads}/messages", by=by, json={"ids": [sent.json()["id"]]})
    both = {"availability": ["Alive", "Deleted"]}
    yield "mthListMessages", client.get(f"{threads}/messages", by=by, params=both)
    yield "mthListNotes", client.get(f"{threads}/notes", by=by, params=both)
    yield "mthResolveThread", client.post(f"{one}/resolve", by=by)
    client.call("DELETE", one, by=by)
    since = {"syncToken": entries["syncToken"]}
    yield "mthSyncEntries", client.get(f"{threads}/entries/sync", by=by, params=since)


def contacts_told(client: Client) -> Iterator[Asked]:
    """An address book of which every field is filled, and the directory."""
    book = f"{OWN}/address-book/contact"
    fields = TABLE["schemas"]["PersonalContactResource"]["fields"]
    address = {"street": "20 Davis Drive", "city": "Belmont", "country": "US", "state": "CA", "zip": "94002"}
    filled: dict[str, Any] = {name: "x" for name, field in fields.items() if field.get("type") == "string"}
    filled |= {name: address for name, field in fields.items() if "ref" in field}
    filled |= {"birthday": "2000-01-01T00:00:00Z", "webPage": "https://example.com"}
    for _ in range(2):
        made = client.post(book, json=filled)
    yield "createContact", made
    one = f"{book}/{made.json()['id']}"
    yield "readContact", client.get(one)
    yield "patchContact", client.call("PATCH", one, json={"firstName": "y"})
    yield "updateContact", client.call("PUT", one, json=filled)
    for page in (1, 2):
        yield "listContacts", client.get(book, params={"perPage": 1, "page": page})
    yield "syncAddressBook", client.get(f"{OWN}/address-book-sync", params={"perPage": 1})
    directory = f"{ACCOUNT}/directory/entries"
    yield "listDirectoryEntries", client.get(directory)
    yield "searchDirectoryEntries", client.post(f"{directory}/search", json={"searchString": "Min"})
    yield "readDirectoryEntry", client.get(f"{directory}/1346632010")


def messages_told(client: Client) -> Iterator[Asked]:
    yield "createSMSMessage", client.post_sms()
    client.post("/_mock/handsets/14151003732/messages", json={"to": "16509100200", "text": "To the Department"})
    yield "listMessages", client.get(STORE, by="102", params={"owner": "Any"})
    # To the administrator himself: an inbound message of each kind is in the mailbox that is read below.
    client.post(SMS, by="102", json=sms_body(to="16509100010", sender="16509100102"))
    yield "createInternalTextMessage", client.page("102", "103")
    yield (
        "createInternalTextMessage",
        client.post(PAGER, by="102", json={"text": "a", "to": [{"extensionNumber": "101"}]}),
    )
    yield "createInternalTextMessage", client.page("200")
    parts = [("json", (None, json.dumps(sms_body("With a map")), "application/json"))]
    mms = client.post(f"{OWN}/mms", files=[*parts, ("attachment", ("map.png", PNG, "image/png"))])
    yield "createMMS", mms
    yield "listMessages", client.get(STORE, params={"availability": ["Alive", "Deleted", "Purged"]})
    yield "listMessages", client.get(STORE, params={"perPage": 1, "page": 2})
    ids = [message["id"] for message in client.messages("101")]
    for message in ids:
        yield "readMessage", client.get(f"{STORE}/{message}")
    both = f"{STORE}/{ids[0]},{ids[1]}"
    entries = {"Accept": ENTRIES, "Content-Type": ENTRIES}
    change = json.dumps([{"body": {"readStatus": "Read"}}] * 2)
    yield "readMessage", client.get(both, headers={"Accept": ENTRIES})
    yield "updateMessage", client.call("PUT", f"{STORE}/{ids[0]}", json={"readStatus": "Read"})
    yield "updateMessage", client.call("PUT", both, content=change, headers=entries)
    yield "patchMessage", client.call("PATCH", f"{STORE}/{ids[0]}", json={"readStatus": "Unread"})
    yield "patchMessage", client.call("PATCH", both, content=change, headers=entries)
    synced = client.get(f"{OWN}/message-sync", params={"syncType": "FSync"})
    yield "syncMessages", synced
    token = synced.json()["syncInfo"]["syncToken"]
    client.call("DELETE", f"{STORE}/{ids[0]}")
    yield "syncMessages", client.get(f"{OWN}/message-sync", params={"syncType": "ISync", "syncToken": token})


def bulk_told(client: Client) -> Iterator[Asked]:
    bulk, sender = f"{ACCOUNT}/a2p-sms", "16509100300"
    opt_outs = {"from": sender, "optOuts": ["14151003733", "29395"], "optIns": ["14151003734", "29395"]}
    yield "addA2PSMSOptOuts", client.post(f"{bulk}/opt-outs/bulk-assign", json=opt_outs)
    yield "readA2PSMSOptOuts", client.get(f"{bulk}/opt-outs", params={"status": "all"})
    client.post(SMS, by="102", json=sms_body(to=sender, sender="16509100102"))
    messages = [{"to": [number]} for number in ("14151003732", "14151003733", "29395")]
    made = client.post(f"{bulk}/batches", json={"from": sender, "text": "Hello", "messages": messages})
    yield "createA2PSMS", made
    yield "readA2PBatch", client.get(f"{bulk}/batches/{made.json()['id']}")
    yield "listA2PBatches", client.get(f"{bulk}/batches")
    listed = client.get(f"{bulk}/messages", params={"view": "Detailed", "perPage": 2})
    yield "listA2PSMS", listed
    second = client.get(f"{bulk}/messages", params={"pageToken": listed.json()["paging"]["nextPageToken"]})
    yield "listA2PSMS", second
    for message in listed.json()["records"] + second.json()["records"]:
        yield "readA2PSMS", client.get(f"{bulk}/messages/{message['id']}")
    yield "aggregateA2PSMSStatuses", client.get(f"{bulk}/statuses")


def templates_told(client: Client, whose: str, templates: str) -> Iterator[Asked]:
    body = {"displayName": "Greeting", "body": {"text": "Good morning"}}
    made = client.post(templates, json=body)
    yield f"create{whose}MessageTemplate", made
    one = f"{templates}/{made.json()['id']}"
    yield f"read{whose}MessageTemplate", client.get(one)
    yield f"update{whose}MessageTemplate", client.call("PUT", one, json=body)
    yield f"list{whose}MessageTemplates", client.get(templates)


def reports_told(client: Client) -> Iterator[Asked]:
    made = client.post(REPORT, json={"messageTypes": ["SMS", "Fax"]})
    yield "createMessageStoreReport", made
    one = f"{REPORT}/{made.json()['id']}"
    yield "readMessageStoreReportTask", client.get(one)
    client.post("/_mock/clock/advance", json={"seconds": 5})
    yield "readMessageStoreReportTask", client.get(one)
    yield "readMessageStoreReportArchive", client.get(f"{one}/archive")


def consents_told(client: Client) -> Iterator[Asked]:
    records = [
        {"from": sender, "to": "14151003732", "optStatus": "OptIn", "source": "Api"} for sender in ("*", "12025550123")
    ]
    yield "editSmsConsentRecords", client.call("PATCH", CONSENTS, json={"records": records})
    yield "listSmsConsentRecords", client.get(CONSENTS, params={"optStatus": "OptIn"})
    page = client.post(f"{CONSENTS}/search", json={"perPage": 1})
    yield "searchSmsConsentRecords", page
    following = {"perPage": 1, "pageToken": page.json()["paging"]["nextPageToken"]}
    yield "searchSmsConsentRecords", client.post(f"{CONSENTS}/search", json=following)
    yield "listSmsConsentHistoryRecords", client.get(f"{CONSENTS}/history")


def numbers_told(client: Client) -> Iterator[Asked]:
    texts = ["*6716505558275*303@sip.example.com", "+442079460958,,1", "911", "102", "*67", "words", "650555XXXX"]
    texts += ["98005558275", "137777"]
    for country in ("US", "GB"):
        asked = f"/restapi/v1.0/number-parser/parse?homeCountry={country}"
        yield "parsePhoneNumber", client.post(asked, json={"originalStrings": texts})
    context = {"maskedPhoneNumbersAllowed": True, "siteCode": "10", "outboundCallPrefix": "9"}
    ambiguous = {"conflictHandling": "Client", "maxExtensionNumberLength": 6, "country": {"isoCode": "AU"}}
    yield "parsePhoneNumberV2", client.post(PARSE, json={"originalStrings": texts, "context": ambiguous})
    asked_in_context = {"originalStrings": texts, "contextSource": "Account", "context": context}
    yield "parsePhoneNumberV2", client.post(PARSE, json=asked_in_context)


def subscriptions_told(client: Client, receiver: Receiver) -> Iterator[Asked]:
    delivery = {"transportType": "WebHook", "address": receiver.url}
    made = client.post(SUBSCRIPTION, json={"eventFilters": [STORE], "deliveryMode": delivery})
    yield "createSubscription", made
    one = f"{SUBSCRIPTION}/{made.json()['id']}"
    yield "readSubscription", client.get(one)
    yield "updateSubscription", client.call("PUT", one, json={"eventFilters": [STORE], "expiresIn": 3600})
    yield "renewSubscription", client.post(f"{one}/renew")
    yield "listSubscriptions", client.get(SUBSCRIPTION)


# --- answers -------------------------------------------------------------------------------------


def test_every_answer_has_the_fields_of_the_published_api_and_no_others(story: list[Asked]) -> None:
    problems = [problem for asked in story for problem in answer_problems(*asked)]
    assert not problems, "\n".join(problems)


@pytest.mark.parametrize("generation", ["2012", "current"])
def test_the_story_leaves_out_no_operation_that_answers_json(stories: dict[str, list[Asked]], generation: str) -> None:
    asked = {(operation_id, str(answer.status_code)) for operation_id, answer in stories[generation]}
    declared = {
        (operation["operationId"], status)
        for _, _, operation in operations(load_contract())
        if operation["operationId"] not in NOT_IN_THE_TABLE
        for status, response in operation["responses"].items()
        if status.startswith("2") and json_schema(resolved(response)) is not None
    }
    assert declared - asked == set()


def test_what_is_said_not_to_be_in_the_table_is_not() -> None:
    assert {name for name in NOT_IN_THE_TABLE if name in TABLE["operations"]} == set()
    assert {(schema, field) for schema, field in BEYOND_THE_TABLE if field in fields_of({"ref": schema})} == set()


def answer_problems(operation_id: str, answer: Any) -> Iterator[str]:
    if not answer.is_success:
        yield f"{operation_id}: {answer.status_code} {answer.text}"
        return
    schema = TABLE["operations"].get(operation_id, {}).get(str(answer.status_code))
    if schema is None:
        yield f"{operation_id}: {answer.status_code} is not in the table"
        return
    yield from value_problems(answer.json(), {"ref": schema}, f"{operation_id} {answer.status_code}")


def value_problems(value: Any, spec: Spec, at: str) -> Iterator[str]:
    """Where a value is not as the table has it, each with its path."""
    spec = opened(spec)
    if choices := spec.get("oneOf"):
        found = [list(value_problems(value, {"ref": choice}, at)) for choice in choices]
        yield from min(found, key=len)
    elif "items" in spec and isinstance(value, list):
        for index, item in enumerate(value):
            yield from value_problems(item, spec["items"], f"{at}[{index}]")
    elif "fields" in spec and isinstance(value, dict):
        yield from field_problems(value, spec, at)
    elif not TYPES[spec["type"]](value):
        yield f"{at}: {value!r} is no {spec['type']}"
    elif "enum" in spec and value not in spec["enum"]:
        yield f"{at}: {value!r} is not one of {spec['enum']}"


def field_problems(value: dict[str, Any], spec: Spec, at: str) -> Iterator[str]:
    fields = spec["fields"]
    for name, inner in value.items():
        if name in fields:
            yield from value_problems(inner, fields[name], f"{at}.{name}")
        elif (spec.get("name", ""), name) not in BEYOND_THE_TABLE:
            yield f"{at}.{name}: {spec.get('name')} has no such field"
    for name, field in fields.items():
        if field.get("required") and name not in value and (spec.get("name", ""), name) not in NOT_ALWAYS_THERE:
            yield f"{at}: {name} is missing"


def is_integer(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


TYPES: dict[str, Callable[[Any], bool]] = {
    "string": lambda value: isinstance(value, str),
    "integer": is_integer,
    "number": lambda value: is_integer(value) or isinstance(value, float),
    "boolean": lambda value: isinstance(value, bool),
    "object": lambda value: isinstance(value, dict),
    "array": lambda value: isinstance(value, list),
}


def opened(spec: Spec) -> Spec:
    """A spec without a reference at its top: with the name of its schema, and the fields of those it extends."""
    if "ref" not in spec:
        return spec
    schema = TABLE["schemas"][spec["ref"]]
    if "items" in schema:
        return {"type": "array", "name": spec["ref"], **schema}
    if "oneOf" in schema:
        return {"name": spec["ref"], **schema}
    return {"type": "object", "name": spec["ref"], "fields": fields_of(spec)}


def fields_of(spec: Spec) -> dict[str, Spec]:
    schema = TABLE["schemas"][spec["ref"]]
    inherited = [fields_of({"ref": base}) for base in schema.get("of", [])]
    merged: dict[str, Spec] = {}
    for fields in [*inherited, schema.get("fields", {})]:
        merged |= fields
    return merged


# --- the contract --------------------------------------------------------------------------------

CONTRACT = load_contract()


def resolved(node: Any) -> Any:
    """What a node of the contract refers to, or the node itself."""
    while "$ref" in node:
        target: Any = CONTRACT
        for key in node["$ref"].split("/")[1:]:
            target = target[key]
        node = target
    return node


def json_schema(response: dict[str, Any]) -> Any:
    content = response.get("content", {})
    return next((content[media_type]["schema"] for media_type in JSON_TYPES if media_type in content), None)


def answers_declared() -> list[tuple[str, str, Any]]:
    return [
        (operation["operationId"], status, schema)
        for _, _, operation in operations(CONTRACT)
        for status, response in operation["responses"].items()
        if status.startswith("2") and (schema := json_schema(resolved(response))) is not None
        if operation["operationId"] not in NOT_IN_THE_TABLE
    ]


@pytest.mark.parametrize(
    ("operation_id", "status", "schema"),
    [pytest.param(*declared, id=f"{declared[0]}-{declared[1]}") for declared in answers_declared()],
)
def test_the_contract_gives_the_fields_the_types_and_values_of_the_published_api(
    operation_id: str, status: str, schema: Any
) -> None:
    spec = {"ref": TABLE["operations"][operation_id][status]}
    assert list(schema_problems(schema, spec, operation_id)) == []


def schema_problems(schema: Any, spec: Spec, at: str) -> Iterator[str]:
    """Where a schema of the contract and a spec of the table differ in what they both have."""
    schema, spec = flat(schema), joined(opened(spec))
    if schema["type"] != spec["type"]:
        yield f"{at}: {schema['type']} is {spec['type']} in the table"
    elif "items" in spec:
        yield from schema_problems(schema["items"], spec["items"], f"{at}[]")
    elif values(schema) != values(spec):
        yield f"{at}: {schema.get('enum')} is {spec.get('enum')} in the table"
    for name, inner in schema.get("properties", {}).items():
        if name in spec.get("fields", {}) and (spec.get("name", ""), name) not in OTHER_VALUES:
            yield from schema_problems(inner, spec["fields"][name], f"{at}.{name}")


def values(spec: Spec) -> set[Any]:
    """What an enum allows; `encryption` is the one boolean that has any."""
    return set() if spec["type"] == "boolean" else set(spec.get("enum", []))


def joined(spec: Spec) -> Spec:
    """A choice as one object with the fields, and each field with the values, of all its choices."""
    if "oneOf" not in spec:
        return spec
    fields: dict[str, Spec] = {}
    for choice in spec["oneOf"]:
        for name, field in joined(opened({"ref": choice}))["fields"].items():
            known = fields.setdefault(name, dict(field))
            if "enum" in known:
                known["enum"] = sorted({*known["enum"], *field["enum"]})
    return {"type": "object", "fields": fields}


def flat(schema: Any) -> Any:
    """A schema without a reference at its top and with the properties of its parts. Of alternatives, the first: the
    others are refusals within an answer about several messages."""
    schema = resolved(schema)
    if "anyOf" in schema and "type" not in schema:
        return flat(schema["anyOf"][0])
    if "allOf" not in schema:
        return schema
    parts = [flat(part) for part in schema["allOf"]]
    return {
        "type": "object",
        "properties": {name: inner for part in parts for name, inner in part["properties"].items()},
    }


# --- what no answer has --------------------------------------------------------------------------

Field = tuple[str, str]
"""A schema of the table, and a field of it."""


NEVER_RETURNED: dict[str, tuple[str, ...]] = {
    # the account knows nothing of it
    "AccountLimitsInfo": (
        *("cloudRecordingStorage", "freeSoftPhoneLinesPerExtension", "maxMonitoredExtensionsPerUser", "meetingSize"),
        "siteCodeLength",
    ),
    "AccountOperatorInfo": ("partnerId",),
    "AccountRegionalSettings": (
        *("currency", "formattingLocale", "greetingLanguage", "language", "timeFormat", "timezone"),
    ),
    "CallQueueDetails": ("site", "subType"),
    "CallQueueInfo": ("site", "subType"),
    "CompanyPhoneNumberInfo": (
        *("activationStatus", "callerIdName", "contactCenterProvider", "label", "temporaryNumber", "vanityPattern"),
    ),
    "DialingDetails": ("specialPrefix",),
    "ExtensionInfo": ("partnerId",),
    "GetAccountInfoResponse": (
        *("bsid", "cfid", "federated", "outboundCallPrefix", "partnerId", "signupInfo", "statusInfo"),
    ),
    "GetExtensionInfoResponse": (
        *("assignedCountry", "costCenter", "creationTime", "customFields", "extensionNumbers", "profileImage"),
        *("references", "roles", "site", "siteAccess", "subType"),
    ),
    "GetExtensionListInfoResponse": (
        *("assignedCountry", "costCenter", "creationTime", "profileImage", "references", "roles", "site", "subType"),
    ),
    "MessageTemplateResponse": ("site",),
    "NumberDetails": ("allocationBlockCode",),
    "ServiceInfo": ("billingPlan", "contractedCountry", "servicePlan", "targetServicePlan", "uBrand", "ubrand"),
    "SmsBrandInfo": ("errors",),
    "SmsCampaignInfo": ("consentSettings", "coverageType", "errors"),
    "TcrBrandRecord": ("companyDetails", "errors"),
    "TcrCampaignRecord": ("consentSettings", "errors"),
    "TokenInfo": ("session_expiration_time", "session_expires_in", "session_idle_timeout"),
    "UserInfoResource": ("email_verified",),
    "UserPhoneNumberExtensionInfo": ("contactCenterProvider", "partnerId", "type"),
    "UserPhoneNumberInfo": ("callerIdName", "contactCenterProvider", "label", "subType"),
    # nobody calls anybody, and no server would register a phone
    "CreateSipRegistrationResponse": ("persistGatewayConfigured", "sipInfoPstn"),
    "PresenceInfoResponse": ("aggregatedTelephonyStatus", "cxTelephonyStatus"),
    "SipInfoResponse": (
        *("certificate", "outboundProxyBackup", "outboundProxyIPv6", "outboundProxyIPv6Backup", "stunServers"),
    ),
    "SipRegistrationDeviceInfo": (
        *("boxBillingId", "emergency", "emergencyServiceAddress", "extension", "hotDeskDevice", "inCompanyNet"),
        *("lastLocationReportTime", "linePooling", "model", "name", "shipping", "site", "sku", "uri"),
        "useAsCommonPhone",
    ),
    # an extension is told them by their ids
    "CountryInfoShortModel": ("uri",),
    "FormattingLocaleInfo": ("localeCode", "name"),
    "GreetingLanguageInfo": ("localeCode", "name"),
    "RegionalLanguageInfo": ("localeCode", "name"),
    # the directory of an account without sites, pictures and federation; and nothing is left out of an address book
    "AccountResource": ("companyName", "federatedName"),
    "AdgPhoneNumberResource": (
        *("e164", "formatted", "formattedPhoneNumber", "hidden", "label", "primary", "smsAvailabilityStatus"),
        "smsCampaignId",
    ),
    "ContactResource": (
        "customFields",
        "department",
        "firstName",
        "integration",
        "jobTitle",
        "lastName",
        "profileImage",
        "site",
    ),
    "SyncInfo": ("olderRecordsExist",),
    # of recordings and voicemails, and of filters that are disabled, which none is
    "GetMessageInfoResponse": ("forwarding", "private", "vmTranscriptionStatus"),
    "GetSingleMessageInfoResponse": ("forwarding", "private", "vmSideRecipients", "vmTranscriptionStatus"),
    "MessageAttachmentInfoIntId": ("filename",),
    "MessageAttachmentInfo": ("vmDuration",),
    "PronouncedNameInfo": ("prompt",),
    "SubscriptionInfo": ("disabledFilters",),
    # the first and the last name say it; no SMS has been delivered when it is accepted; there is one page for all
    "ContactInfo": ("name",),
    "GetSMSMessageInfoResponse": ("smsDeliveryTime",),
    "OpenIdDiscovery": ("display_values_supported", "ui_locales_supported"),
}
"""By schema of the table, what D-37 is about."""

RETURNED_ELSEWHERE: dict[Field, str] = {
    ("SubscriptionInfo", "blacklistedData"): "tests/lab/test_webhooks.py",
    ("GetSingleMessageInfoResponse", "owner"): "fixtures/cases/sms-recipients.yaml",
}
"""Fields that a story would be long for, and where they are seen."""


def test_d37_no_answer_leaves_out_a_field_of_the_published_api_without_a_reason(
    stories: dict[str, list[Asked]],
) -> None:
    subscribed_to = {field for field in published(stories) if field not in RETURNED_ELSEWHERE}
    assert subscribed_to == {(schema, field) for schema, fields in NEVER_RETURNED.items() for field in fields}


def published(stories: dict[str, list[Asked]]) -> set[Field]:
    """The fields that the table has and no answer, of the schemas of which any answer has anything."""
    seen: set[Field] = set()
    for operation_id, answer in [asked for story in stories.values() for asked in story]:
        schema = TABLE["operations"].get(operation_id, {}).get(str(answer.status_code))
        if schema is not None:
            seen.update(fields_in(answer.json(), {"ref": schema}))
    reached = {schema for schema, _ in seen}
    return {(schema, field) for schema in reached for field in fields_of({"ref": schema})} - seen


def fields_in(value: Any, spec: Spec) -> Iterator[Field]:
    spec = opened(spec)
    if choices := spec.get("oneOf"):
        spec = opened({"ref": min(choices, key=lambda choice: len(list(value_problems(value, {"ref": choice}, ""))))})
    if "items" in spec and isinstance(value, list):
        for item in value:
            yield from fields_in(item, spec["items"])
    elif "fields" in spec and isinstance(value, dict):
        for name, field in spec["fields"].items():
            if name in value:
                if "name" in spec:
                    yield spec["name"], name
                yield from fields_in(value[name], field)
