import json
import re
from copy import deepcopy
from functools import reduce
from typing import Any

import connexion
import pytest
from starlette.testclient import TestClient

from ringmock.openapi.document import (
    ContractError,
    contract_text,
    line_marks,
    load_contract,
    operations,
    parse_contract,
)
from ringmock.openapi.lint import lint

pytestmark = pytest.mark.long

GONE = object()
SMS = "/paths/~1restapi~1v1.0~1account~1{accountId}~1extension~1{extensionId}~1sms/post"
SMS_JSON = f"{SMS}/requestBody/content/application~1json"
STORE = "/paths/~1restapi~1v1.0~1account~1{accountId}~1extension~1{extensionId}~1message-store"
UPDATE = "/components/schemas/ExtensionUpdateRequest/properties/extensionNumber"
OPT_OUTS = "/components/schemas/OptOutBulkAssignRequest/properties/from"
REVOKED = "/paths/~1restapi~1oauth~1revoke/post/responses/200"
AUTHORIZE = "/paths/~1restapi~1oauth~1authorize"
MMS_PARTS = "/components/schemas/CreateMMSMessageParts"
DATE = "/components/schemas/DateTimeFilter"
PAGER = "/components/schemas/CreateInternalTextMessageRequest"
QUEUE_SET = "/components/schemas/CallQueueDetailsForUpdate/properties"
QUEUE_SHOWN = "/components/schemas/CallQueueInfo/properties"
EXTENSION = "/components/schemas/GetExtensionInfoResponse"
ACCOUNT = "https://platform.ringcentral.com/restapi/v1.0/account/1346632010"


@pytest.fixture(scope="module")
def contract() -> dict[str, Any]:
    return load_contract()


def at(document: Any, pointer: str) -> Any:
    keys = [key.replace("~1", "/").replace("~0", "~") for key in pointer.split("/")[1:]]
    return reduce(lambda node, key: node[int(key) if isinstance(node, list) else key], keys, document)


def with_planted(document: dict[str, Any], pointer: str, value: Any) -> dict[str, Any]:
    planted = deepcopy(document)
    parent, _, key = pointer.rpartition("/")
    key = key.replace("~1", "/")
    if value is GONE:
        del at(planted, parent)[key]
    else:
        at(planted, parent)[key] = value
    return planted


def test_the_contract_is_sound(contract):
    assert [str(problem) for problem in lint(contract, line_marks(contract_text()))] == []


@pytest.mark.parametrize(
    ("pointer", "value", "found_at", "says"),
    [
        # the OpenAPI schema itself
        ("/info/title", GONE, "/info", '"title" is a required property'),
        ("/components/schemas/PhoneNumber/pattern", "^[", "/components/schemas/PhoneNumber", "is not valid"),
        ("/components/schemas/PhoneNumber/minLenght", 3, "/components/schemas/PhoneNumber", "is not valid"),
        # references
        (
            f"{SMS_JSON}/schema/$ref",
            "#/components/schemas/Nowhere",
            f"{SMS_JSON}/schema",
            "nothing is at #/comp",
        ),
        (f"{SMS_JSON}/schema/description", "beside", f"{SMS_JSON}/schema", "description beside $ref"),
        # operations
        (f"{SMS}/operationId", "readMessage", "/paths", "'readMessage' for 'get'"),
        ("/paths/~1restapi~1{apiVersion}/get/parameters", [], "/paths", "apiVersion"),
        (f"{SMS}/operationId", GONE, SMS, "no operationId"),
        (f"{SMS}/summary", GONE, SMS, "no summary"),
        (f"{SMS}/tags", [], SMS, "no tags"),
        (f"{SMS}/tags", ["Fox"], f"{SMS}/tags", "tag Fox is not declared"),
        # security
        (f"{SMS}/security", [{"apiKey": []}], f"{SMS}/security/0", "security scheme apiKey is not declared"),
        # components
        ("/components/schemas/Lonely", {"type": "string"}, "/components/schemas/Lonely", "unused"),
        (
            "/components/schemas/Lonely",
            {"type": "object", "properties": {"self": {"$ref": "#/components/schemas/Lonely"}}},
            "/components/schemas/Lonely",
            "unused",
        ),
        (
            "/components/securitySchemes/key",
            {"type": "http", "scheme": "x"},
            "/components/securitySchemes/key",
            "unused",
        ),
        # what independent tools say of a contract
        (f"{UPDATE}/pattern", GONE, UPDATE, "extensionNumber takes"),
        (f"{OPT_OUTS}/pattern", "^[0-9]+$", OPT_OUTS, "from takes '000'"),
        (f"{STORE}/get/parameters/3/description", "Before then.", f"{STORE}/get/parameters/3", "included"),
        (
            f"{AUTHORIZE}/get/parameters/0/example",
            GONE,
            f"{AUTHORIZE}/get/parameters/0",
            "response_type is required and",
        ),
        (f"{REVOKED}/content", {"text/plain": {"schema": {"type": "string"}}}, REVOKED, "no body"),
        # parameters
        (
            "/components/parameters/page/schema",
            {"oneOf": [{"type": "integer"}]},
            "/components/parameters/page/schema",
            "page has no type",
        ),
        # patterns
        (
            "/components/schemas/PhoneNumber/pattern",
            r"^\d+$",
            "/components/schemas/PhoneNumber/pattern",
            r"\d differs",
        ),
        # required names
        (f"{PAGER}/required", ["txet"], f"{PAGER}/required", "txet is required but no property"),
        (
            f"{PAGER}/allOf/0/anyOf/0/required",
            ["ot"],
            f"{PAGER}/allOf/0/anyOf/0/required",
            "ot is required but no property",
        ),
        # values
        (
            "/components/parameters/page/schema/default",
            0,
            "/components/parameters/page/schema/default",
            "minimum",
        ),
        (f"{PAGER}/properties/text/example", 7, f"{PAGER}/properties/text/example", "not of type 'string'"),
        (f"{PAGER}/properties/text/example", "😀" * 513, f"{PAGER}/properties/text/example", "1024 UTF-16"),
        (
            f"{PAGER}/properties/replyOn/example",
            2**63,
            f"{PAGER}/properties/replyOn/example",
            "any of the given",
        ),
        ("/components/parameters/page/example", 2**31, "/components/parameters/page/example", "int32"),
        (
            "/components/schemas/ApiVersionInfo/properties/releaseDate/example",
            "yesterday",
            "/components/schemas/ApiVersionInfo/properties/releaseDate/example",
            "date-time",
        ),
        (
            f"{SMS_JSON}/examples/TestSms/value/text",
            "",
            f"{SMS_JSON}/examples/TestSms/value",
            ".text: ",
        ),
        # links
        ("/components/links/ReadMessage/operationId", "read", "/components/links/ReadMessage", "called read"),
        (
            "/components/links/ReadMessage/parameters/id",
            "$response.body#/id",
            "/components/links/ReadMessage/parameters",
            "readMessage has no parameter id",
        ),
        (
            "/components/links/ReadMessage/parameters/messageId",
            GONE,
            "/components/links/ReadMessage",
            "leaves out the path parameter messageId",
        ),
        # refusals
        (f"{SMS}/responses/400/x-error-codes", GONE, f"{SMS}/responses/400", "lists no codes"),
        (f"{SMS}/responses/400/x-error-codes", [], f"{SMS}/responses/400", "lists no codes"),
        (f"{SMS}/responses/400/content", GONE, f"{SMS}/responses/400", "does not carry the error envelope"),
        (
            f"{SMS}/responses/400/x-error-codes",
            ["CMN-101"],
            f"{SMS}/responses/400/content/application~1json/examples/TextTooLong/value",
            "MSG-338 is not among the refusal's codes",
        ),
        (
            f"{SMS}/responses/405",
            {"description": "No."},
            f"{SMS}/responses/405",
            "405 is not an operation's own",
        ),
        (
            f"{SMS}/responses/default",
            {"description": "No."},
            f"{SMS}/responses/default",
            "not an operation's own",
        ),
        (f"{SMS}/x-app-permission", GONE, SMS, "has no x-app-permission"),
        (f"{SMS}/responses/403", GONE, f"{SMS}/responses", "lacking it is no answer"),
        (f"{SMS}/responses/500", {"description": "No."}, f"{SMS}/responses/500", "not an operation's own"),
        # what generators of clients make of it
        (
            "/components/schemas/PatchMessageRequest/anyOf",
            [{"required": ["readStatus"]}, {"required": ["availability"]}],
            "/components/schemas/PatchMessageRequest/anyOf",
            "anyOf beside properties",
        ),
        # what is taken beside the plainest request
        (f"{MMS_PARTS}/x-first-part", GONE, MMS_PARTS, "x-first-part is none of the properties"),
        (f"{MMS_PARTS}/x-further-parts", "files", MMS_PARTS, "x-further-parts is none of the properties"),
        (f"{MMS_PARTS}/required", ["json"], f"{MMS_PARTS}/required", "json is required beside a form"),
        (f"{MMS_PARTS}/properties/from", GONE, f"{MMS_PARTS}/properties", "no field is from"),
        (f"{STORE}/delete/requestBody", GONE, f"{STORE}/delete", "a body is ignored, and none is declared"),
        (f"{DATE}/pattern", "^2012-10-16T06:34:58[+-]08:00$", f"{DATE}/pattern", "06:34:58+08:00 loses its plus"),
        (f"{DATE}/pattern", "^2012-10-16T06:34:58[+-]0800$", f"{DATE}/pattern", "06:34:58+0800 loses its plus"),
        # what is set and what is shown
        (f"{QUEUE_SET}/name/maxLength", GONE, f"{QUEUE_SET}/name", "name: readExtension shows maxLength: 129 only"),
        (f"{QUEUE_SET}/name/maxLength", 130, f"{QUEUE_SET}/name", "name: listExtensions shows maxLength: 129 only"),
        (f"{QUEUE_SHOWN}/name/maxLength", 63, f"{QUEUE_SET}/name", "name: listCallQueues shows maxLength: 63 only"),
        (f"{QUEUE_SHOWN}/name/x-maxLengthUtf16", 127, f"{QUEUE_SET}/name", "shows x-maxLengthUtf16: 127 only"),
        (f"{QUEUE_SHOWN}/name/minLength", 2, f"{QUEUE_SET}/name", "shows minLength: 2 only"),
        (f"{QUEUE_SHOWN}/name/pattern", "^[a-z ]+$", f"{QUEUE_SET}/name", "shows pattern: ^[a-z ]+$ only"),
        (f"{QUEUE_SHOWN}/name/format", "email", f"{QUEUE_SET}/name", "shows format: email only"),
        (f"{QUEUE_SHOWN}/name/type", "integer", f"{QUEUE_SET}/name", "shows type: integer only"),
        (f"{QUEUE_SHOWN}/status/enum", ["Enabled", "Disabled"], f"{QUEUE_SET}/status", "no NotActivated, Unassigned"),
        (
            f"{EXTENSION}/properties/contact/properties/firstName/maxLength",
            63,
            "/components/schemas/ExtensionUpdateRequest/properties/contact/properties/firstName",
            "contact.firstName: readExtension shows maxLength: 63 only",
        ),
        (
            "/components/schemas/CreateSubscriptionRequest/properties/eventFilters",
            {"type": "array", "items": {"type": "integer"}},
            "/components/schemas/CreateSubscriptionRequest/properties/eventFilters/items",
            "eventFilters[]: listSubscriptions shows type: string only",
        ),
        (
            "/components/schemas/ConsentSender/x-shown-as",
            GONE,
            "/components/schemas/ConsentSender",
            "records[].from: listSmsConsentRecords shows pattern: ^[+]?[0-9]{1,15}$ only",
        ),
    ],
)
def test_the_lint_finds_a_planted_mistake_and_says_what_would_pass(contract, pointer, value, found_at, says):
    problems = lint(with_planted(contract, pointer, value))
    assert [problem for problem in problems if problem.pointer == found_at and says in problem.message], problems
    assert all(problem.passes for problem in problems)


@pytest.mark.parametrize(
    ("pointer", "value"),
    [
        (f"{QUEUE_SET}/name/maxLength", 129),
        (f"{QUEUE_SHOWN}/name/maxLength", 64),
        (f"{QUEUE_SHOWN}/name/x-maxLengthUtf16", 128),
        (f"{QUEUE_SHOWN}/name/minLength", 1),
        (f"{QUEUE_SHOWN}/status/enum", ["Enabled", "Disabled", "NotActivated", "Unassigned", "Frozen"]),
        (f"{QUEUE_SHOWN}/name", {"type": "object"}),  # something else by the same name
    ],
)
def test_an_answer_that_allows_just_what_can_be_set_is_sound(contract, pointer, value):
    assert [str(problem) for problem in lint(with_planted(contract, pointer, value))] == []


def test_the_lint_leaves_the_contract_as_it_was(contract):
    before = deepcopy(contract)
    lint(contract)
    assert contract == before


def test_a_problem_is_shown_with_file_and_line():
    text = contract_text().replace(
        "operationId: readMessage\n      description", "operationId: read\n      description"
    )
    problem, *_ = lint(parse_contract(text), line_marks(text))
    line = 1 + text[: text.index("    ReadMessage:\n      operationId: read\n")].count("\n")
    assert str(problem).startswith(f"openapi.yaml:{line}: /components/links/ReadMessage: no operation is called read ")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("paths:\n  /a: {}\n  /a: {}\n", "openapi.yaml:3: the key '/a' stands here again, first at line 2"),
        ("responses:\n  200: {}\n", "openapi.yaml:2: the key 200 is not a string; quote it"),
        ("a: [1\n", "openapi.yaml:2: did not find expected ',' or ']'"),
        ("- a\n", "openapi.yaml:1: the document is not a mapping"),
    ],
)
def test_a_contract_that_cannot_be_read_is_refused_with_its_line(text, message):
    with pytest.raises(ContractError, match=f"^{re.escape(message)}$"):
        parse_contract(text)


def test_a_date_in_the_contract_stays_a_string():
    assert parse_contract("a: 2012-10-16\nb: 2012-10-16T06:34:58.000Z\n") == {
        "a": "2012-10-16",
        "b": "2012-10-16T06:34:58.000Z",
    }


def test_every_load_gives_a_fresh_contract(contract):
    load_contract()["paths"].clear()
    assert load_contract() == contract


def test_the_operations_are_ringcentrals():
    assert [operation["operationId"] for _, _, operation in operations(load_contract())] == [
        "readAPIVersions",
        "readAPIVersion",
        "authorize",
        "authorize2",
        "getToken",
        "revokeToken",
        "authUserInfo",
        "authJwks",
        "readOpenIdConfiguration",
        "readInitialEntryPoints",
        "readExternalEntryPoints",
        "authWsToken",
        "readAccountInfo",
        "listExtensions",
        "readExtension",
        "updateExtension",
        "listAccountPhoneNumbers",
        "readAccountPhoneNumber",
        "listExtensionPhoneNumbers",
        "smsConfigurationInfo",
        "listAllTcrBrands",
        "findTcrBrandById",
        "listAllTcrCampaigns",
        "findTcrCampaignById",
        "linkNumbers",
        "readAPIStatus",
        "readClientInfo",
        "createSIPRegistration",
        "listTimezones",
        "readTimezone",
        "listFaxCoverPages",
        "readCountry",
        "readAccountServiceInfo",
        "listDialingPlans",
        "readExtensionFeatures",
        "readUserPresenceStatus",
        "updateUserPresenceStatus",
        "readAccountPresence",
        "readExtensionCallQueuePresence",
        "updateExtensionCallQueuePresence",
        "listExtensionDevices",
        "listForwardingNumbers",
        "readExtensionCallerId",
        "updateExtensionCallerId",
        "readUserVideoConfiguration",
        "readUserCallLog",
        "syncUserCallLog",
        "listExtensionActiveCalls",
        "listDepartmentMembers",
        "assignMultipleDepartmentMembers",
        "listCallQueues",
        "readCallQueueInfo",
        "updateCallQueueInfo",
        "listCallQueueMembers",
        "assignMultipleCallQueueMembers",
        "getSmsRecipients",
        "bulkAssignSmsRecipients",
        "createSMSMessage",
        "createMMS",
        "createFaxMessage",
        "listA2PBatches",
        "createA2PSMS",
        "readA2PBatch",
        "listA2PSMS",
        "readA2PSMS",
        "readA2PSMSOptOuts",
        "addA2PSMSOptOuts",
        "aggregateA2PSMSStatuses",
        "createInternalTextMessage",
        "listMessages",
        "deleteMessageByFilter",
        "readMessage",
        "updateMessage",
        "deleteMessage",
        "patchMessage",
        "readMessageContent",
        "syncMessages",
        "readMessageStoreConfiguration",
        "updateMessageStoreConfiguration",
        "createMessageStoreReport",
        "readMessageStoreReportTask",
        "readMessageStoreReportArchive",
        "readMessageStoreReportArchiveContent",
        "listCompanyMessageTemplates",
        "createCompanyMessageTemplate",
        "readCompanyMessageTemplate",
        "updateCompanyMessageTemplate",
        "deleteCompanyMessageTemplate",
        "listUserMessageTemplates",
        "createUserMessageTemplate",
        "readUserMessageTemplate",
        "updateUserMessageTemplate",
        "deleteUserMessageTemplate",
        "mthListThreads",
        "mthSyncThreads",
        "mthSyncEntries",
        "mthListMessages",
        "mthSendMessage",
        "mthDeleteMessages",
        "mthReadMessageContent",
        "mthListNotes",
        "mthCreateNote",
        "mthDeleteNotes",
        "mthUpdateNote",
        "mthGetThread",
        "mthDeleteThread",
        "mthAssignThread",
        "mthResolveThread",
        "listContacts",
        "createContact",
        "readContact",
        "updateContact",
        "deleteContact",
        "patchContact",
        "listContactGroups",
        "syncAddressBook",
        "listDirectoryEntries",
        "searchDirectoryEntries",
        "readDirectoryEntry",
        "parsePhoneNumber",
        "parsePhoneNumberV2",
        "listSubscriptions",
        "createSubscription",
        "readSubscription",
        "updateSubscription",
        "deleteSubscription",
        "renewSubscription",
        "listSmsBatches",
        "createSmsBatch",
        "readSmsBatch",
        "listSmsMessages",
        "readSmsMessage",
        "readSmsMessageContent",
        "readSmsStatusSummary",
        "listSmsConsentRecords",
        "editSmsConsentRecords",
        "exportSmsConsentRecords",
        "listSmsConsentHistoryRecords",
        "searchSmsConsentRecords",
    ]


def test_the_contract_names_no_python(contract):
    text = contract_text()
    assert not re.search(r"x-openapi-router-controller|x-[a-zA-Z]*Func\b|\bringmock\.|\bsrc/|[.]py\b", text)
    assert all("." not in operation["operationId"] for _, _, operation in operations(contract))


def test_the_contract_says_that_the_project_is_independent(contract):
    assert "not made, endorsed or supported by RingCentral" in " ".join(contract["info"]["description"].split())


SMS_ASKED = {
    "to": [{"phoneNumber": "14151003732"}],
    "from": {"phoneNumber": "16509100010"},
    "text": "Test SMS message",
}
SMS_ANSWERED = {
    "uri": f"{ACCOUNT}/extension/1346632010/message-store/320270670010",
    "id": 320270670010,
    "to": [{"phoneNumber": "14151003732"}],
    "from": {"phoneNumber": "16509100010"},
    "type": "SMS",
    "creationTime": "2012-10-16T06:34:58.000Z",
    "readStatus": "Unread",
    "priority": "Normal",
    "attachments": [
        {
            "id": 1,
            "uri": f"{ACCOUNT}/extension/1346632010/message-store/320270670010/content/1",
            "contentType": "text/plain",
        }
    ],
    "direction": "Outbound",
    "availability": "Alive",
    "subject": "Test SMS message",
    "messageStatus": "Sent",
    "conversationId": 4178398077955743750,
    "lastModifiedTime": "2012-10-16T06:34:59.000Z",
}
PAGE_ASKED = {
    "to": [{"extensionNumber": "102"}, {"extensionNumber": "103"}],
    "from": {"extensionNumber": "101"},
    "text": "Hello!",
}
PAGE_ANSWERED = {
    "uri": f"{ACCOUNT}/extension/1346632010/message-store/320272670010",
    "id": 320272670010,
    "to": [{"extensionNumber": "101"}, {"extensionNumber": "102"}, {"extensionNumber": "103"}],
    "from": {"extensionNumber": "101"},
    "type": "Pager",
    "creationTime": "2012-10-18T13:18:24.000Z",
    "readStatus": "Unread",
    "priority": "Normal",
    "attachments": [
        {
            "id": 1,
            "uri": f"{ACCOUNT}/extension/1346632010/message-store/320272670010/content/1",
            "contentType": "text/plain",
        }
    ],
    "direction": "Outbound",
    "availability": "Alive",
    "subject": "Hello!",
    "messageStatus": "Sent",
    "conversationId": 320272670010,
    "lastModifiedTime": "2012-10-18T13:18:24.000Z",
    "pgToDepartment": False,
}


@pytest.mark.parametrize(
    ("operation_id", "example", "asked", "answered"),
    [
        ("createSMSMessage", "TestSms", SMS_ASKED, SMS_ANSWERED),
        ("createInternalTextMessage", "PageToTwo", PAGE_ASKED, PAGE_ANSWERED),
    ],
)
def test_the_source_pages_examples_stand_in_the_contract_key_by_key(contract, operation_id, example, asked, answered):
    [operation] = [found for *_, found in operations(contract) if found["operationId"] == operation_id]
    request = operation["requestBody"]["content"]["application/json"]
    response = operation["responses"]["200"]["content"]["application/json"]
    assert json.dumps(request["examples"][example]["value"]) == json.dumps(asked)
    assert json.dumps(response["examples"][example]["value"]) == json.dumps(answered)


@pytest.mark.parametrize(
    ("schema", "answered", "not_of_faxes"),
    [
        ("GetSMSMessageInfoResponse", SMS_ANSWERED, set()),
        ("GetInternalTextMessageInfoResponse", PAGE_ANSWERED, set()),
        ("GetMessageInfoResponse", SMS_ANSWERED, {"subject", "conversationId"}),
    ],
)
def test_a_message_requires_the_keys_of_the_source_pages_example(contract, schema, answered, not_of_faxes):
    required = contract["components"]["schemas"][schema]["required"]
    assert required == [name for name in answered if name not in not_of_faxes]


@pytest.mark.parametrize(
    ("written", "fits"),
    [
        ("2012", True),
        ("2012-10", True),
        ("2012-10-16", True),
        ("2012-10-16T06:34", True),
        ("2012-10-16T06:34Z", True),
        ("2012-10-16T06:34:58+08:00", True),
        ("2012-10-16T06:34:58 08:00", True),
        ("2012-10-16T06:34:58 0800", True),
        ("2012-10-16T06:34:58.000Z", True),
        ("0001-01-01", True),
        ("9999-12-31", True),
        ("2012-02-29", True),
        ("2000-02-29", True),
        ("0000", False),
        ("12", False),
        ("2012-13", False),
        ("2012-04-31", False),
        ("2013-02-29", False),
        ("1900-02-29", False),
        ("2012-10T06:34", False),
        ("2012-10-16T06", False),
        ("2012-10-16T24:00", False),
        ("2012-10-16T06:60", False),
        ("2012-10-16T06:34:60Z", False),
        ("2012-10-16T06:34:58+24:00", False),
        ("2012-10-16 06:34", False),
    ],
)
def test_the_pattern_of_a_date_filter_takes_what_is_a_date_and_nothing_else(contract, written, fits):
    pattern = contract["components"]["schemas"]["DateTimeFilter"]["pattern"]
    assert bool(re.fullmatch(pattern, written)) is fits


def test_connexion_serves_the_contract(contract):
    app = connexion.AsyncApp("contract", resolver=lambda name: lambda **arguments: {"served": name})
    app.add_api(deepcopy(contract))
    client = TestClient(app)
    assert client.get("/restapi").json() == {"served": "readAPIVersions"}
    assert client.get("/restapi/v1.0/account/~/extension/~/message-store").status_code == 401
