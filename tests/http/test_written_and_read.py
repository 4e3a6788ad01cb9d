"""What can be written can be read: values at the edges of what a request's schema lets through are sent to every
operation that has a body, and then every list and every resource is read that may show them.

The server checks its answers against the contract and answers 500 where one does not fit; the last ones are checked
here once more, by another validator.
"""

import json
import re
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple
from urllib.parse import quote, urlencode

import pytest
import yaml
from openapi_schema_validator import OAS30Validator
from referencing import Registry
from referencing.jsonschema import DRAFT4

from hostile.in_process import TOKEN, Answer, InProcess
from ringmock.domain.generation import GENERATIONS
from ringmock.domain.text import is_encodable
from ringmock.lab.webhooks import WebHooks, receiver_of
from ringmock.openapi.document import At, follow, load_contract, operations, step
from support import DIRECT_NUMBER, HANDSET, JWT_BEARER, basic, jwt_of

pytestmark = pytest.mark.long

JSON = "application/json"
FORM = "application/x-www-form-urlencoded"
PARTS = "multipart/mixed; boundary=b"
FORM_PARTS = "multipart/form-data; boundary=b"
SEVERAL = "application/vnd.ringcentral.multipart+json"

DEMO = Path(__file__).parents[2] / "fixtures" / "accounts" / "demo.yaml"
CONTRACT = load_contract()
OPERATIONS = {found["operationId"]: (method, path, found) for method, path, found in operations(CONTRACT)}
PATHS = {name: path for name, (_, path, _) in OPERATIONS.items()}
# The message of a batch is named in paths as one of a mailbox is, and has an id of its own.
PATHS["readA2PSMS"] = PATHS["readA2PSMS"].replace("{messageId}", "{a2pMessageId}")
for name in ("readSmsBatch", "readSmsMessage", "readSmsMessageContent"):
    PATHS[name] = (
        PATHS[name]
        .replace("{batchId}", "{smsBatchId}")
        .replace("{messageId}", "{smsMessageId}")
        .replace("{attachmentId}", "{smsAttachmentId}")
    )
# So is one of a thread, and its files.
PATHS["mthReadMessageContent"] = (
    PATHS["mthReadMessageContent"]
    .replace("{messageId}", "{threadMessageId}")
    .replace("{attachmentId}", "{threadAttachmentId}")
)

LENGTHS = (1, 64, 65, 129, 130, 255, 256, 1000)
"""Of texts without a limit: those that answers could have."""
UNUSUAL = (
    "\"><&'\\",
    "\0\x1f\x7f\x85\u2028",
    "\r\n\t ",
    "\u202eleft\u202c",
    "e\u0301",
    "\N{FAMILY}\u200d\N{GRINNING FACE}",
    "\ufeff\u3000",
    "\ud800",
    "",
)
PATTERNED = ("0", "1", "*", "12345678", "+14151003732", "9" * 15, "1" * 7, "9" * 19, "a", "a" * 64, "-_", "x  y", "")
FILE_NAMES = ("n" * 255, "n" * 256, "\N{GRINNING FACE}" * 255, "..", "a/b\\c", *filter(is_encodable, UNUSUAL))
NO_CONTENT = ("multipart/mixed", "message/rfc822", "font/woff", "image/*", f"image/{'p' * 128}", "image")
NOT_SENT = ("application/x-y+z", f"image/{'p' * 127}")
FILE_TYPES = ("text/html", "IMAGE/PNG ; a=b", 'video/mp4; a="b"', *NOT_SENT, *NO_CONTENT)
MOMENTS = ("0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999Z", "2024-02-29T12:00:00+14:00", "2016-12-31T23:59:60Z")
NUMBERS = (0, 1, -1, 2**31 - 1, 2**31, 2**63 - 1, -(2**63))
MOST_ITEMS = 51

Json = Any
Ids = Mapping[str, str]
NO_IDS: Ids = MappingProxyType({})


class Write(NamedTuple):
    """An operation, a body that it takes, and the name in paths for the id that it answers.

    A text `<name>` in a body is the id of that name in paths.
    """

    operation: str
    body: Json
    id_named: str = ""
    path: Ids = NO_IDS
    after: tuple[str, ...] = ()
    media_type: str = JSON
    shown_by: tuple[str, ...] = ()
    """The reads that may show what it sets; all of them when empty."""

    def __str__(self) -> str:
        return f"{self.operation} {self.media_type}"


TEMPLATE = {"displayName": "Greeting", "body": {"text": "Hello"}}
SMS = {"from": {"phoneNumber": DIRECT_NUMBER["101"]}, "to": [{"phoneNumber": HANDSET}], "text": "Hello"}
FAX = {"to": [{"phoneNumber": HANDSET}], "coverPageText": "Hello"}
BATCH = {**SMS, "messages": [{"to": SMS["to"]}]}
MOVED = {"addedExtensionIds": ["1346632103"], "removedExtensionIds": ["1346632102"]}
QUEUE = {"groupId": "1346632200"}
OTHER = {"extensionId": "1346632102"}
TAKES_NONE = {"callQueue": {"id": "1346632200"}, "acceptCalls": False}
RECIPIENT = ("bulkAssignSmsRecipients",)
IN_THREAD = (*RECIPIENT, "mthSendMessage")
THREADS = ("mthListThreads", "mthSyncThreads", "mthGetThread")
ENTRIES = (*THREADS, "mthSyncEntries", "mthListMessages", "mthReadMessageContent", "mthListNotes")
BOOK = ("listContacts", "readContact", "syncAddressBook")
SENT_IN_BATCHES = ("listSmsBatches", "readSmsBatch", "listSmsMessages", "readSmsMessage", "readSmsMessageContent")
FROM_SHARED = {**SMS, "from": {"phoneNumber": "+16509100200"}}
CONTACT = {"firstName": "A", "mobilePhone": HANDSET}

WRITES = (
    Write("createSMSMessage", SMS, "messageId"),
    Write("createInternalTextMessage", {"to": [{"extensionNumber": "102"}], "text": "Hello"}, "messageId"),
    Write("updateMessage", {"readStatus": "Read"}, after=("createSMSMessage",)),
    Write("patchMessage", {"readStatus": "Read"}, after=("createSMSMessage",)),
    Write("updateMessage", [{"body": {"readStatus": "Read"}}], after=("createSMSMessage",), media_type=SEVERAL),
    Write("patchMessage", [{"body": {"readStatus": "Read"}}], after=("createSMSMessage",), media_type=SEVERAL),
    Write("createA2PSMS", {"from": "16509100300", "text": "Hello", "messages": [{"to": [HANDSET]}]}, "batchId"),
    Write("addA2PSMSOptOuts", {"from": "16509100300", "optOuts": [HANDSET]}),
    Write("updateExtension", {"contact": {"firstName": "A", "lastName": "B"}}, path=OTHER),
    Write("updateExtension", {"contact": {"firstName": "n" * 64, "lastName": "n" * 64}}, path=OTHER),
    Write("updateCallQueueInfo", {"name": "Support"}, path=QUEUE),
    Write("assignMultipleCallQueueMembers", MOVED, path=QUEUE),
    Write("assignMultipleDepartmentMembers", {"items": [{"departmentId": "1346632200", **MOVED}]}),
    Write("bulkAssignSmsRecipients", {"addedExtensionIds": ["1346632010"]}, path={"extensionId": "1346632200"}),
    Write("updateMessageStoreConfiguration", {"retentionPeriod": 30}),
    Write("createMessageStoreReport", {}, "taskId"),
    Write("createCompanyMessageTemplate", TEMPLATE, "templateId"),
    Write("updateCompanyMessageTemplate", TEMPLATE, after=("createCompanyMessageTemplate",)),
    Write("createUserMessageTemplate", TEMPLATE, "templateId"),
    Write("updateUserMessageTemplate", TEMPLATE, after=("createUserMessageTemplate",)),
    Write("parsePhoneNumber", {"originalStrings": [HANDSET]}),
    Write("parsePhoneNumberV2", {"originalStrings": [HANDSET]}),
    Write(
        "createSubscription",
        {
            "eventFilters": ["/restapi/v1.0/account/~/extension/~/message-store"],
            "deliveryMode": {"transportType": "WebHook", "address": "http://127.0.0.1:9/hook"},
        },
        "subscriptionId",
    ),
    Write(
        "updateSubscription",
        {"eventFilters": ["/restapi/v1.0/account/~/extension/~/message-store"]},
        after=("createSubscription",),
    ),
    Write(
        "editSmsConsentRecords",
        {"records": [{"from": DIRECT_NUMBER["101"], "to": HANDSET, "optStatus": "OptOut", "source": "Recipient"}]},
    ),
    Write("searchSmsConsentRecords", {}),
    Write("createSmsBatch", BATCH, "smsBatchId", shown_by=SENT_IN_BATCHES),
    Write("linkNumbers", {"phoneNumbers": [DIRECT_NUMBER["101"]]}),
    Write("updateUserPresenceStatus", {"userStatus": "Busy"}),
    Write("updateExtensionCallQueuePresence", {"records": [TAKES_NONE]}, path=OTHER),
    Write("updateExtensionCallerId", {"byFeature": [{"feature": "RingOut", "callerId": {"type": "Blocked"}}]}),
    Write("createSIPRegistration", {"sipInfo": [{"transport": "WSS"}]}),
    Write("mthSendMessage", FROM_SHARED, "threadMessageId", after=RECIPIENT),
    Write("mthDeleteMessages", {"ids": ["<threadMessageId>"]}, after=IN_THREAD, shown_by=ENTRIES),
    Write("mthAssignThread", {"assignee": {"extensionId": "1346632010"}}, after=IN_THREAD, shown_by=ENTRIES),
    Write("mthCreateNote", {"threadId": "<threadId>", "text": "A"}, "noteId", after=IN_THREAD, shown_by=ENTRIES),
    Write("mthUpdateNote", {"text": "B"}, after=(*IN_THREAD, "mthCreateNote"), shown_by=ENTRIES),
    Write("mthDeleteNotes", {"ids": ["<noteId>"]}, after=(*IN_THREAD, "mthCreateNote"), shown_by=ENTRIES),
    Write("createContact", CONTACT, "contactId", shown_by=BOOK),
    Write("updateContact", CONTACT, after=("createContact",), shown_by=BOOK),
    Write("patchContact", CONTACT, after=("createContact",), shown_by=BOOK),
    Write("searchDirectoryEntries", {"searchString": "A"}),
)
SETS_NOTHING = (
    "createSIPRegistration",
    "parsePhoneNumber",
    "parsePhoneNumberV2",
    "searchSmsConsentRecords",
    "searchDirectoryEntries",
)
FILES = {
    "createSMSMessage": (Write("createSMSMessage", SMS, "messageId", media_type=PARTS), "readMessageContent"),
    "createMMS": (Write("createMMS", SMS, "messageId", media_type=PARTS), "readMessageContent"),
    "createFaxMessage": (Write("createFaxMessage", FAX, "messageId", media_type=PARTS), "readMessageContent"),
    "mthSendMessage": (
        Write("mthSendMessage", FROM_SHARED, "threadMessageId", after=RECIPIENT, media_type=FORM_PARTS),
        "mthReadMessageContent",
    ),
}
"""Messages with files, and what shows a file of each."""
NOT_SENT_BY = {"createFaxMessage": ('video/mp4; a="b"',)}
"""What one of them does not carry, and the others do."""
NOT_TRIED = {
    "authorize2": "a page",
    "getToken": "a form, below",
    "revokeToken": "sets nothing",
    "createMMS": "files, below",
    "createFaxMessage": "files, below",
    "deleteMessage": "sets nothing",
    "deleteMessageByFilter": "sets nothing",
}
BY_NAME = {write.operation: write for write in reversed(WRITES)}

KNOWN = {
    "accountId": "~",
    "extensionId": "~",
    "departmentId": "1346632200",
    "groupId": "1346632200",
    "phoneNumberId": "16509100010004",
    "timezoneId": "58",
    "tcrBrandId": "700001",
    "tcrCampaignId": "710001",
    "countryId": "1",
}
"""What can be named in paths from the start."""
LEADS_ON = {
    "readMessage": ("attachments", "attachmentId"),
    "listA2PSMS": ("records", "a2pMessageId"),
    "listSmsMessages": ("records", "smsMessageId"),
    "readSmsMessage": ("attachments", "smsAttachmentId"),
    "listDirectoryEntries": ("records", "entryId"),
}
"""The list in an answer whose last member has an id to go on with, and the name of that."""
READ_AT = {"getSmsRecipients": {"extensionId": "1346632200"}}
OF_ONE_SCOPE = ("readCompanyMessageTemplate", "readUserMessageTemplate")
NOT_READ = {
    "readAPIVersions": "about the server",
    "readAPIVersion": "about the server",
    "readAPIStatus": "about the server",
    "authorize": "a page",
    "authUserInfo": "needs a token for openid",
    "authJwks": "about the server",
    "readOpenIdConfiguration": "about the server",
    "readInitialEntryPoints": "about the server",
    "readExternalEntryPoints": "about the server",
    "readMessageStoreReportArchive": "a report that is done",
    "readMessageStoreReportArchiveContent": "a report that is done",
}
READS = [name for name, (method, _, _) in OPERATIONS.items() if method == "get" and name not in NOT_READ]
NAMES_IN_PATH = {name: set(re.findall(r"{(\w+)}", path)) for name, path in PATHS.items()}
CLIENT = basic("demo", "demo")["Authorization"]
REGISTRY: Registry[Any] = Registry().with_resource("urn:contract", DRAFT4.create_resource(CONTRACT))


# --- values at the edges of a schema


def resolved(node: Json) -> Json:
    """A schema without $ref, with what its allOf say."""
    node = follow(CONTRACT, At("", node)).node
    for part in map(resolved, node.get("allOf", ())):
        members = {**part.get("properties", {}), **node.get("properties", {})}
        node = {**part, **node, "properties": members}
    return node


def edges(schema: Json, now: Json = None) -> Iterator[Json]:
    """Values that a schema lets through, and some that it may not; `now` is one that it does."""
    schema = resolved(schema)
    branches = [*schema.get("anyOf", ()), *schema.get("oneOf", ())]
    if "type" not in schema and branches:
        for branch in branches:
            yield from edges(branch, now)
    if schema.get("nullable"):
        yield None
    yield from EDGES.get(schema.get("type", "object" if "properties" in schema else ""), no_edges)(schema, now)


def no_edges(schema: Json, now: Json) -> Iterator[Json]:
    yield from ()


def object_edges(schema: Json, now: Json) -> Iterator[Json]:
    members = schema.get("properties", {})
    now = now if isinstance(now, dict) else {name: first(members[name]) for name in schema.get("required", ())}
    yield now
    for name, member in members.items():
        for value in edges(member, now.get(name)):
            yield {**now, name: value}


def array_edges(schema: Json, now: Json) -> Iterator[Json]:
    now = now if isinstance(now, list) and now else [first(schema["items"])]
    yield []
    yield now
    yield now * min(schema.get("maxItems", MOST_ITEMS), MOST_ITEMS)
    for value in edges(schema["items"], now[0]):
        yield [value, *now[1:]]


def string_edges(schema: Json, now: Json) -> Iterator[Json]:
    if "enum" in schema:
        yield from schema["enum"]
    elif "pattern" in schema:
        yield from (text for text in PATTERNED if re.search(schema["pattern"], text))
    elif "date-time" in schema.get("format", ""):
        yield from MOMENTS
    else:
        most = schema.get("maxLength", LENGTHS[-1])
        for length in {1, most - 1, most} if "maxLength" in schema else LENGTHS:
            yield "n" * length
        yield from ("\N{GRINNING FACE}" * most, "\N{GRINNING FACE}" * (most // 2), *UNUSUAL)


def integer_edges(schema: Json, now: Json) -> Iterator[Json]:
    least, most = schema.get("minimum", NUMBERS[-1]), schema.get("maximum", NUMBERS[-2])
    yield from (value for value in {least, most, *NUMBERS} if least <= value <= most)


def boolean_edges(schema: Json, now: Json) -> Iterator[Json]:
    yield from (True, False)


EDGES = {
    "object": object_edges,
    "array": array_edges,
    "string": string_edges,
    "integer": integer_edges,
    "boolean": boolean_edges,
}


def first(schema: Json) -> Json:
    return schema.get("example", next(edges(schema), None))


# --- an account that is written to and read


class Willing(WebHooks):
    """Every receiver there is takes what it is sent."""

    async def shake_hands(self, address: str, *, is_json_required: bool = True) -> None:
        receiver_of(address)

    async def notify(
        self, address: str, verification_token: str | None, body: bytes, mark: tuple[str, str] | None = None
    ) -> str | None:
        return None


class Account:
    """An administrator's calls; each write is in a life of the world of its own."""

    def __init__(self, server: InProcess) -> None:
        self._server = server
        self._known: dict[str, str] = {}
        self.shown: dict[str, Json] = {}
        """The latest answer of each read."""

    def call(
        self,
        name: str,
        content: bytes = b"",
        media_type: str = JSON,
        path: Ids = NO_IDS,
        credentials: str = f"Bearer {TOKEN}",
    ) -> Answer:
        method, _, _ = OPERATIONS[name]
        ids = {key: quote(value, safe="~") for key, value in {**self._known, **path}.items()}
        headers = [(b"authorization", credentials.encode()), (b"content-type", media_type.encode())]
        return self._server.call(method.upper(), PATHS[name].format_map(ids).encode(), headers, content)

    def begin(self, *before: str) -> None:
        """A world in which these operations have been called."""
        self._server.worlds.default.reset()
        self._known = dict(KNOWN)
        for name in before:
            assert self.write(BY_NAME[name], BY_NAME[name].body).status < 300, name

    def write(self, write: Write, body: Json) -> Answer:
        return self.send(write, json.dumps(body).encode())

    def send(self, write: Write, content: bytes) -> Answer:
        for name, known in self._known.items():
            content = content.replace(f'"<{name}>"'.encode(), json.dumps(known).encode())
        answer = self.call(write.operation, content, write.media_type, write.path)
        if write.id_named and answer.status < 300:
            made = json.loads(answer.content)
            self._known[write.id_named] = str(made["id"])
            self._known |= {"threadId": made["threadId"]} if "threadId" in made else {}
        return answer

    def read_all(self, written_at: Ids = NO_IDS, names: Collection[str] = ()) -> dict[str, str]:
        """Every answer, or those of some reads, that does not show what has been written as it may be shown."""
        wrong = {}
        at = {"extensionId": written_at.get("extensionId", written_at.get("groupId", "~"))}
        for name in [name for name in READS if name in names] if names else READS:
            if NAMES_IN_PATH[name] <= self._known.keys():
                answer = self.call(name, path=READ_AT.get(name, at if name == "readExtension" else NO_IDS))
                if answer.status == 200:
                    self._note(name, answer)
                elif answer.status != 404 or name not in OF_ONE_SCOPE:
                    wrong[name] = f"{answer.status} {answer.content[:200]!r}"
        return wrong

    def _note(self, name: str, answer: Answer) -> None:
        is_json = answer.headers["content-type"].startswith(JSON)
        self.shown[name] = shown = json.loads(answer.content) if is_json else None
        if name in LEADS_ON:
            list_name, id_name = LEADS_ON[name]
            for member in shown.get(list_name, [])[-1:]:
                self._known[id_name] = str(member["id"])
        if name == "mthListMessages":
            for message in shown["records"]:
                for file in message.get("attachments", ()):
                    self._known |= {"threadMessageId": str(message["id"]), "threadAttachmentId": str(file["id"])}


def changed(write: Write) -> Iterator[Json]:
    """The bodies that are sent, each once."""
    _, _, operation = OPERATIONS[write.operation]
    schema = follow(CONTRACT, At("", operation["requestBody"])).node["content"][write.media_type]["schema"]
    return iter({json.dumps(body): body for body in (write.body, *edges(schema, write.body))}.values())


def breaches(shown: dict[str, Json]) -> dict[str, str]:
    """What another validator finds wrong with answers."""
    found = {}
    for name, body in shown.items():
        method, path, _ = OPERATIONS[name]
        pointer = f"{step('/paths', path)}/{method}/responses/200/content/application~1json/schema"
        schema = {"$ref": f"urn:contract#{quote(pointer)}"}
        errors = OAS30Validator(schema, registry=REGISTRY).iter_errors(body) if body is not None else ()
        found |= {f"{name} {error.json_path}": error.message for error in errors}
    return found


@pytest.fixture(scope="module", params=["2012", "current"])
def account(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Account]:
    fixture = tmp_path_factory.mktemp("accounts") / "shared-mms.yaml"
    numbers = yaml.safe_load(DEMO.read_text())["phone_numbers"]
    for number in numbers:
        if number.get("owner") == "200":
            number["features"].append("MmsSender")
    # The carriers, and files in the threads of a Department.
    fixture.write_text(json.dumps({"extends": "carriers", "phone_numbers": numbers}))
    with InProcess(account=str(fixture), generation=GENERATIONS[request.param], webhooks=Willing()) as server:
        yield Account(server)


@pytest.mark.parametrize("write", WRITES, ids=str)
def test_what_a_request_may_set_is_shown_by_every_list_and_read(account: Account, write: Write) -> None:
    wrong, taken = {}, 0
    for body in changed(write):
        account.begin(*write.after)
        answer = account.write(write, body)
        if answer.status < 300:
            taken += 1
            unreadable = {} if write.operation in SETS_NOTHING else account.read_all(write.path, write.shown_by)
        else:
            unreadable = {} if answer.status < 500 else {write.operation: f"{answer.status} {answer.content[:200]!r}"}
        wrong |= {name: (told, json.dumps(body)[:200]) for name, told in unreadable.items()}
    assert wrong == {}
    assert taken > 0
    assert breaches(account.shown) == {}


@pytest.mark.parametrize("operation", FILES)
def test_files_are_shown_under_every_name_and_type_that_is_accepted(account: Account, operation: str) -> None:
    write, shown_by = FILES[operation]
    json_part = b"Content-Type: application/json\r\n\r\n" + json.dumps(write.body).encode()
    refused, wrong = {}, {}
    for name, media_type in [*((name, "image/png") for name in FILE_NAMES), *(("file", kind) for kind in FILE_TYPES)]:
        headers = f"Content-Type: {media_type}\r\nContent-Disposition: attachment; filename*=UTF-8''{quote(name)}"
        account.begin(*write.after)
        account.shown.clear()
        answer = account.send(
            write,
            b"".join(b"--b\r\n" + part + b"\r\n" for part in (json_part, f"{headers}\r\n\r\nbytes".encode()))
            + b"--b--\r\n",
        )
        if answer.status < 300:
            wrong |= {(name, media_type, read): told for read, told in account.read_all().items()}
            assert shown_by in account.shown
        else:
            refused[name, media_type] = answer.status
    assert wrong == {}
    assert breaches(account.shown) == {}
    assert refused == {("file", kind): 415 for kind in (*NO_CONTENT, *NOT_SENT, *NOT_SENT_BY.get(operation, ()))}


def test_a_token_shows_every_name_of_an_installation_that_is_accepted(account: Account) -> None:
    account.begin()
    schema = CONTRACT["components"]["schemas"]["GetTokenRequest"]["properties"]["endpoint_id"]
    for name in edges(schema):
        form = urlencode({"grant_type": JWT_BEARER, "assertion": jwt_of("101"), "endpoint_id": name})
        answer = account.call("getToken", form.encode(), FORM, credentials=CLIENT)
        assert answer.status == 200, (name, answer.content)
        assert json.loads(answer.content)["endpoint_id"] == name or name == ""


def test_every_operation_with_a_body_is_tried_and_every_list_and_resource_read(account: Account) -> None:
    tried = {write.operation for write in WRITES} | NOT_TRIED.keys()
    assert {name for name, (_, _, found) in OPERATIONS.items() if "requestBody" in found} == tried
    assert set(READS) | NOT_READ.keys() == {name for name, (method, _, _) in OPERATIONS.items() if method == "get"}

    seen: set[str] = set()
    for write in WRITES:
        account.begin(*write.after)
        account.shown.clear()
        assert account.write(write, write.body).status < 300, write
        assert account.read_all(write.path) == {}, write
        seen |= account.shown.keys()
    assert set(READS) - seen == {"mthReadMessageContent"}  # a file, above
