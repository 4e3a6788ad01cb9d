"""Schemathesis's hooks: generation that is grounded in an account, and recording of the observations.

Schemathesis loads this module by name (`hooks` of its configuration); nothing else imports it. The environment variable
RINGMOCK_GROUNDING names the JSON file of the grounding; RINGMOCK_OBSERVED names the file for the observations at the
end of the run.

A hook only replaces one valid value by another. An invalid case keeps its defect.
"""

import json
import os
import re
from collections.abc import Callable, Mapping, Sequence
from copy import copy
from functools import partial
from pathlib import Path
from random import Random
from typing import Any, NamedTuple
from urllib.parse import urlencode

import jsonschema_rs
import schemathesis
from hypothesis import Phase, settings
from hypothesis import strategies as st
from schemathesis import Case, HookContext, Response
from schemathesis.resources import repository

from ...openapi.document import load_contract, operations
from ..guard import Guard, NotSent
from ..http_client import Answer
from . import checks
from .client import codes_of
from .defects import body_with_defect, parameters_with_defects
from .examples import with_examples
from .grounding import NO_EXTENSION, Grounding
from .texts import near, texts_around

Values = dict[str, Any]

LONGEST_QUERY = 4096
"""Characters: a server may refuse longer targets before it has parsed them."""
CONSENT_LISTS = ("listSmsConsentRecords", "listSmsConsentHistoryRecords")
REDIRECT_URI = "http://localhost:3000/callback"

GROUNDING = Grounding(**json.loads(Path(os.environ["RINGMOCK_GROUNDING"]).read_text(encoding="utf-8")))
CONTRACT = load_contract()

GUARD = Guard.from_json(Path(os.environ["RINGMOCK_LIMITS"]).read_text(encoding="utf-8"))

checks.start(GROUNDING, Path(os.environ["RINGMOCK_OBSERVED"]), GUARD)
# For each draw that could use one, Schemathesis looks at every resource that it has captured, up to 10,000 of a kind: a
# third of a run. The latest are as good, and nearer to what is still there.
repository.PER_CONTEXT_CAPACITY = repository.MAX_CONTEXTS_PER_TYPE = 10
# From the tenth example on, Hypothesis would only vary the first that was accepted, a quarter of a run, though nothing
# scores better than accepted. Without that phase every example is as different as the first ten.
settings.register_profile("ringmock", phases=(Phase.explicit, Phase.generate, Phase.shrink))
settings.load_profile("ringmock")
for _limit in checks.LIMITS.values():
    schemathesis.openapi.format(f"utf16-{_limit}", texts_around(_limit))


# --- the contract, as the generator reads it ------------------------------------------------------


@schemathesis.hook
def before_load_schema(context: HookContext, raw_schema: Any) -> None:
    """Draw texts at the UTF-16 limit, use examples from the account, and use bearer tokens for OAuth 2.0.

    For a scheme of type oauth2 Schemathesis generates no credentials, and its `ignored_auth` does nothing.
    """
    _draw_at_the_limit(raw_schema)
    with_examples(raw_schema, GROUNDING)
    raw_schema["components"]["securitySchemes"]["oauth2"] = {"type": "http", "scheme": "bearer"}


def _draw_at_the_limit(node: Any) -> None:
    if isinstance(node, dict):
        if node.get("type") == "string" and "x-maxLengthUtf16" in node:
            node["format"] = f"utf16-{node['x-maxLengthUtf16']}"
        for child in node.values():
            _draw_at_the_limit(child)
    elif isinstance(node, list):
        for child in node:
            _draw_at_the_limit(child)


def _validator(pointer: str) -> Callable[[Any], bool]:
    """Whether a value matches the schema at this place of the contract, by Schemathesis's validator."""
    schema = {"$ref": f"#/components/{pointer}", "components": CONTRACT["components"]}
    return jsonschema_rs.Draft4Validator(schema).is_valid


_SMS = "schemas/CreateSMSMessage/properties"
_PAGER = "schemas/CreateInternalTextMessageRequest/properties"
_is_sms_from, _is_sms_to, _is_sms_text = (_validator(f"{_SMS}/{name}") for name in ("from", "to", "text"))
_is_page_from, _is_page_to, _is_page_text = (_validator(f"{_PAGER}/{name}") for name in ("from", "to", "text"))
_is_form_number, _are_form_numbers = _validator("schemas/FormNumber"), _validator("schemas/FormNumbers")
_BATCH = "schemas/MessageBatchCreateRequest/properties"
_is_a2p_from, _are_batch_messages = (_validator(f"{_BATCH}/{name}") for name in ("from", "messages"))
_is_a2p_text = _validator("schemas/A2PText")
_is_opt_out_list = _validator("schemas/OptOutNumbers")
_is_phone_number = _validator("schemas/PhoneNumber")
_is_reply_on = _validator(f"{_PAGER}/replyOn")
_is_assignment = _validator("schemas/DepartmentBulkAssignResource/properties/items")
_is_membership = _validator("schemas/CallQueueBulkAssignResource")
_is_thread_id = _validator("schemas/NewThreadMessageRequest/properties/threadId")
_is_sms_recipients = _validator("schemas/BulkAssignSmsRecipientsRequest")
_is_event_filters = _validator("schemas/EventFilters")
_is_delivery_mode = _validator("schemas/NotificationDeliveryModeRequest")
_is_consent_sender = _validator("schemas/ConsentSender")
_is_consent_recipient = _validator("schemas/UpdateSmsOptRecord/properties/to")


def _are_phone_numbers(value: Any) -> bool:
    return isinstance(value, list) and all(map(_is_phone_number, value))


_is_grant_type = _validator("schemas/GetTokenRequest/properties/grant_type")
_is_client_id = _validator("schemas/AuthorizeRequest/properties/client_id")
_is_owned_id = re.compile(r"~|[1-9][0-9]{0,18}").fullmatch
_is_uuid = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}").fullmatch
_is_id = re.compile(r"[0-9]{1,19}").fullmatch
_are_ids = re.compile(r"[0-9]{1,19}(,[0-9]{1,19})*").fullmatch


@schemathesis.deserializer("multipart/mixed")
def parts_of(context: Any, response: Response) -> Any:
    """The parts of a 207 by the names in the contract: `status`, then the ids of their subjects."""
    content_type = response.headers["content-type"][0]
    status, *bodies = Answer(response.status_code, {"content-type": content_type}, response.content).parts
    return {"status": status} | {
        entry["href"].rpartition("/")[2]: body for entry, body in zip(status["response"], bodies, strict=True)
    }


# --- what was seen --------------------------------------------------------------------------------


class Seen:
    """Messages in the identity's own mailbox, by id, the newest last; at most `SIZE` of them. And a subscription."""

    SIZE = 200

    def __init__(self) -> None:
        self.messages: dict[str, Values] = {}
        self.subscription: str | None = None
        """The id of the latest."""
        self.sync_token: str | None = None
        self.templates: dict[str, str] = {}
        """The id of the latest template of each scope."""
        self.report: str | None = None
        """The id of the latest report of the message store."""
        self.batch: str | None = None
        """The id of the latest batch of high-volume SMS."""
        self.a2p_messages: dict[str, Values] = {}
        self.sms_batch: str | None = None
        """The id of the latest batch of ordinary SMS."""
        self.sms_messages: dict[str, Values] = {}
        self.page_tokens: dict[str, str] = {}
        """The latest token of each operation."""

    def note(self, message: Any) -> None:
        if isinstance(message, dict) and {"id", "eventFilters"} <= message.keys():
            self.subscription = message["id"]
        if isinstance(message, dict) and {"id", "displayName", "scope"} <= message.keys():
            self.templates[message["scope"]] = message["id"]
        if isinstance(message, dict) and {"id", "startTime"} <= message.keys():
            self.report = message["id"]
        if isinstance(message, dict) and {"id", "type", "to", "attachments"} <= message.keys():
            self.messages[str(message["id"])] = message
            if len(self.messages) > self.SIZE:
                del self.messages[next(iter(self.messages))]

    def note_bulk(self, operation: str, body: Values) -> None:
        """Record the items of a list without page numbers, or of the answer to a batch."""
        if operation == "createA2PSMS":
            self.batch = body["id"]
        if operation == "listA2PSMS":
            self.a2p_messages = {str(message["id"]): message for message in body["records"][: self.SIZE]}
        if operation == "createSmsBatch":
            self.sms_batch = body["id"]
        if operation == "listSmsMessages":
            self.sms_messages = {str(message["id"]): message for message in body["records"][: self.SIZE]}
        if isinstance(body.get("paging"), dict) and "pageToken" in body["paging"]:
            self.page_tokens[operation] = body["paging"].get("nextPageToken", body["paging"]["pageToken"])

    def any(self, rnd: Random) -> Values | None:
        return rnd.choice(list(self.messages.values())) if self.messages else None

    def any_page(self, rnd: Random) -> Values | None:
        pages = [message for message in self.messages.values() if message["type"] == "Pager"]
        return rnd.choice(pages) if pages else None


SEEN = Seen()


@schemathesis.hook
def filter_case(context: HookContext, case: Case[Any]) -> bool:
    """Filter cases that the guard would refuse; Schemathesis sends a case twice more, with bad credentials."""
    if len(urlencode(case.query or {}, doseq=True)) > LONGEST_QUERY or _is_of_another_type_in_a_form(case):
        return False
    reason = _reason_against(case, times=3)
    if reason is not None:
        GUARD.refuse(reason, case.operation.label)
    return reason is None


def _is_of_another_type_in_a_form(case: Case[Any]) -> bool:
    """A text in a field of a form has no type that could be wrong, and an empty field says nothing.

    What is to be a list and is none is one field of it. Of JSON and fields beside it the server reads one.
    """
    body = getattr(case.body, "body", case.body)
    if not isinstance(body, dict) or not _is_form(case):
        return False
    if any(not isinstance(body[name], list) for name in ("attachments", "to") if name in body):
        return True
    if "json" in body and not body.keys().isdisjoint(("from", "to")):
        return True
    recipients = body.get("to")
    numbers = [body.get("from", {}), *(recipients if isinstance(recipients, list) else ())]
    if any(not isinstance(number, dict) and not _is_form_number(number) for number in numbers):
        return True
    is_empty = any(body.get(name) == "" for name in ("isoCode", "sendTime", "faxResolution", "coverIndex"))
    return is_empty or any(not isinstance(body.get(name, ""), str) for name in ("coverPageText", "text"))


def _is_form(case: Case[Any]) -> bool:
    return str(case.media_type).startswith("multipart/")


@schemathesis.hook
def before_call(context: HookContext, case: Case[Any], kwargs: dict[str, Any]) -> None:
    """Stop the run before a call that was changed after `filter_case` let it pass."""
    reason = _reason_against(case)
    if reason is not None:
        GUARD.refuse(reason, case.operation.label)
        raise NotSent(reason)


def _reason_against(case: Case[Any], times: int = 1) -> str | None:
    if GUARD.limits.numbers is None and GUARD.limits.max_messages is None:
        return None
    return GUARD.reason_against(*_on_the_wire(case), times)


def _on_the_wire(case: Case[Any]) -> tuple[str, str, dict[str, str], bytes | None]:
    """Method, path, headers and body, as far as the guard needs them."""
    body = case.body
    if isinstance(body, bytes):
        return case.method, case.formatted_path, {}, body
    fields = getattr(body, "body", body)
    return case.method, case.formatted_path, {}, json.dumps(fields, default=repr).encode()


@schemathesis.hook
def after_call(context: HookContext, case: Case[Any], response: Response) -> None:
    """Count the call, and remember the messages in the answer."""
    GUARD.count(*_on_the_wire(case), response.status_code)
    if context.operation is None or case.method.upper() != context.operation.method.upper():
        return
    body = checks.json_of(response)
    checks.OBSERVED.of(checks.operation_id(case)).count(response.status_code, codes_of(body))
    if response.status_code in (200, 201, 202) and isinstance(body, dict):
        SEEN.note_bulk(checks.operation_id(case), body)
        for message in [body, *(body.get("records") or ())]:
            SEEN.note(message)
        if "syncInfo" in body:
            SEEN.sync_token = body["syncInfo"]["syncToken"]


# --- generation -----------------------------------------------------------------------------------


@schemathesis.hook
def flatmap_path_parameters(context: HookContext, path_parameters: Any) -> st.SearchStrategy[Any]:
    """Paths that lead somewhere, and now and then to another's or to nothing."""
    name = _name(context)
    ground = _ground_path
    if name in A2P:
        ground = _ground_a2p_path
    elif name in SMS_STORE:
        ground = _ground_sms_store_path
    return _grounded(ground, path_parameters, partial(parameters_with_defects, name, "path"))


@schemathesis.hook
def flatmap_query(context: HookContext, query: Any) -> st.SearchStrategy[Any]:
    """Filters with at least one condition."""
    name, ground = _name(context), _ground_query
    if name in A2P:
        ground = partial(_ground_a2p_query, name)
    elif name in SMS_STORE:
        ground = partial(_ground_sms_store_query, name)
    elif name in CONSENT_LISTS:
        ground = partial(_ground_consent_filters, name)
    return _grounded(ground, query, partial(parameters_with_defects, name, "query"))


def _name(context: HookContext) -> str:
    """The operationId; empty where none is at hand."""
    operation = context.operation
    return "" if operation is None else str(operation.definition.raw.get("operationId", ""))


@schemathesis.hook
def flatmap_body(context: HookContext, body: Any) -> st.SearchStrategy[Any]:
    """Bodies with numbers, extensions and messages that exist."""
    name = _name(context)
    ground, keep = BODIES.get(name), partial(body_with_defect, name)
    if ground is None or (isinstance(body, list) and ground is not _ground_entries):  # a list breaks the contract
        return st.just(body)
    fields = getattr(body, "body", None)
    if isinstance(fields, dict):  # a form, with the content type of each field
        kind, content_types = type(body), body.content_types
        return _grounded(ground, fields, keep).map(lambda grounded: kind(body=grounded, content_types=content_types))
    return _grounded(ground, body, keep)


Ground = Callable[[Random, Any], Any]
Keep = Callable[[Any, Any], Any]
"""Of generated and grounded values, those that still break the contract where the generated ones did."""


def _grounded(ground: Ground, values: Any, keep: Keep) -> st.SearchStrategy[Any]:
    """Grounded values; anything else than a mapping or a list unchanged.

    The random seed is from Hypothesis and from the values, so a replay makes the same choices, and values that differ
    only in replaced parts do not all get the same.
    """
    if not isinstance(values, (dict, list)):
        return st.just(values)
    return st.integers(0, 1 << 32).map(lambda seed: keep(values, ground(Random(f"{seed} {values!r}"), copy(values))))


def _ground_path(rnd: Random, path: Values) -> Values:
    """A value that already names something, such as the value of a link, stays."""
    message = SEEN.messages.get(str(path.get("messageId"))) or SEEN.any(rnd)
    for name, swap in PATHS.items():
        value = path.get(name)
        if isinstance(value, str) and swap.is_valid(value):
            path[name] = swap.other(rnd, value, message)
    template = SEEN.templates.get("Personal" if "extensionId" in path else "Company")
    if "templateId" in path and template is not None and rnd.random() < 0.9:
        path["templateId"] = template
    return path


def _account_id(rnd: Random, value: str, message: Values | None) -> str:
    return rnd.choices(["~", GROUNDING.account_id, value], [60, 38, 2])[0]


def _extension_id(rnd: Random, value: str, message: Values | None) -> str:
    if value in GROUNDING.ids.values():
        return value
    other = GROUNDING.ids[rnd.choice(GROUNDING.others)] if GROUNDING.others else value
    return rnd.choices(["~", GROUNDING.id, other, value], [55, 40, 3, 2])[0]


def _department_id(rnd: Random, value: str, message: Values | None) -> str:
    is_grounded = GROUNDING.departments and rnd.random() < 0.9
    return GROUNDING.ids[rnd.choice(GROUNDING.departments)] if is_grounded else value


def _message_ids(rnd: Random, value: str, message: Values | None) -> str:
    """One id, or as many as before, of observed messages."""
    first, *others = value.split(",")
    first = str(message["id"]) if message and rnd.random() < 0.95 else first
    return ",".join([first, *(_seen_id(rnd, other) for other in others)])


def _seen_id(rnd: Random, value: str) -> str:
    message = SEEN.any(rnd)
    return str(message["id"]) if message and rnd.random() < 0.9 else value


def _attachment_id(rnd: Random, value: str, message: Values | None) -> str:
    attachments = message["attachments"] if message else []
    return str(attachments[0]["id"]) if attachments and rnd.random() < 0.95 else value


def _subscription_id(rnd: Random, value: str, message: Values | None) -> str:
    return SEEN.subscription if SEEN.subscription and rnd.random() < 0.9 else value


def _task_id(rnd: Random, value: str, message: Values | None) -> str:
    return SEEN.report if SEEN.report and rnd.random() < 0.9 else value


class Swap(NamedTuple):
    """When a path parameter may be swapped, and for what."""

    is_valid: Callable[[str], object]
    other: Callable[[Random, str, Values | None], str]


PATHS = {
    # An inferred link uses a template's id for an account's.
    "accountId": Swap(lambda value: _is_owned_id(value) or _is_uuid(value), _account_id),
    "extensionId": Swap(_is_owned_id, _extension_id),
    "departmentId": Swap(_is_id, _department_id),
    "groupId": Swap(_is_id, _department_id),
    "messageId": Swap(_are_ids, _message_ids),
    "attachmentId": Swap(_is_id, _attachment_id),
    "subscriptionId": Swap(bool, _subscription_id),
    "taskId": Swap(bool, _task_id),
    "archiveId": Swap(_is_id, lambda rnd, value, message: "0" if rnd.random() < 0.8 else value),
    "apiVersion": Swap(bool, lambda rnd, value, message: "v1.0" if rnd.random() < 0.7 else value),
}


def _ground_query(rnd: Random, query: Values) -> Values:
    message, conversation_id = SEEN.any(rnd), query.get("conversationId")
    if message and isinstance(conversation_id, str) and _is_id(conversation_id) and rnd.random() < 0.8:
        query["conversationId"] = str(message.get("conversationId", conversation_id))
    if SEEN.sync_token is not None and isinstance(query.get("syncToken"), str) and rnd.random() < 0.8:
        query["syncToken"] = SEEN.sync_token
    if _is_client_id(query.get("client_id")) and rnd.random() < 0.8:
        query.update(client_id=GROUNDING.client_id, redirect_uri=REDIRECT_URI)
    for name in ("page", "perPage"):
        if type(query.get(name)) is int and query[name] > 0 and rnd.random() < 0.7:
            query[name] = rnd.choice([1, 2, 3, 10])
    return query


def _ground_a2p_path(rnd: Random, path: Values) -> Values:
    return _ground_path_of_batches(rnd, path, SEEN.batch, SEEN.a2p_messages)


def _ground_sms_store_path(rnd: Random, path: Values) -> Values:
    path = _ground_path_of_batches(rnd, path, SEEN.sms_batch, SEEN.sms_messages)
    if "attachmentId" in path and rnd.random() < 0.9:  # the text has the message's id
        path["attachmentId"] = path["messageId"]
    return path


def _ground_path_of_batches(rnd: Random, path: Values, batch: str | None, messages: Mapping[str, Values]) -> Values:
    owned = {name: value for name, value in path.items() if name in ("accountId", "extensionId")}
    path = path | _ground_path(rnd, owned)
    if "batchId" in path and batch is not None and rnd.random() < 0.9:
        path["batchId"] = batch
    if "messageId" in path and messages and rnd.random() < 0.9:
        path["messageId"] = rnd.choice(list(messages))
    return path


def _ground_page_token(operation: str, rnd: Random, values: Values) -> None:
    if isinstance(values.get("pageToken"), str) and operation in SEEN.page_tokens and rnd.random() < 0.8:
        values["pageToken"] = SEEN.page_tokens[operation]


def _ground_consent_filters(operation: str, rnd: Random, values: Any) -> Any:
    """Of a query or of a search's body."""
    if not isinstance(values, dict):  # a list, of a case that breaks the contract
        return values
    _ground_page_token(operation, rnd, values)
    for name, numbers in (("from", GROUNDING.sms_from), ("to", [to[0] for to in GROUNDING.sms_to])):
        if values.get(name) and _are_phone_numbers(values[name]) and numbers and rnd.random() < 0.8:
            values[name] = [_spelled(rnd, rnd.choice(numbers)) for _ in values[name]]
    return values


def _ground_a2p_query(operation: str, rnd: Random, query: Values) -> Values:
    return _ground_query_of_batches(operation, rnd, query, SEEN.batch, GROUNDING.a2p_from)


def _ground_sms_store_query(operation: str, rnd: Random, query: Values) -> Values:
    return _ground_query_of_batches(operation, rnd, query, SEEN.sms_batch, GROUNDING.sms_from[:2])


def _ground_query_of_batches(
    operation: str, rnd: Random, query: Values, batch: str | None, senders: Sequence[str]
) -> Values:
    if isinstance(query.get("batchId"), str) and batch is not None and rnd.random() < 0.8:
        query["batchId"] = batch
    _ground_page_token(operation, rnd, query)
    if isinstance(query.get("from"), str) and _is_phone_number(query["from"]) and senders:
        query["from"] = _spelled(rnd, rnd.choice(senders))
    if _are_phone_numbers(query.get("phoneNumber")) and senders and rnd.random() < 0.7:
        query["phoneNumber"] = [_spelled(rnd, number) for number in (*senders, GROUNDING.sms_to[0][0])]
    return query


def _ground_batch(rnd: Random, body: Values) -> Values:
    _ground_a2p_sender(rnd, body)
    if _is_a2p_text(body.get("text")):
        body["text"] = _text(rnd, body["text"], checks.LIMITS["createSMSMessage"])
    if _are_batch_messages(body.get("messages")) and rnd.random() < 0.9:
        recipients = (*GROUNDING.sms_to, *GROUNDING.sms_to_refused)
        for message in body["messages"]:
            message["to"] = [_spelled(rnd, rnd.choice(recipients)[0])]
        if not body.get("text"):
            body["text"] = "Hello"
    return body


def _ground_opt_outs(rnd: Random, body: Values) -> Values:
    _ground_a2p_sender(rnd, body)
    for name in ("optOuts", "optIns"):
        if _is_opt_out_list(body.get(name)) and rnd.random() < 0.8:
            body[name] = [_spelled(rnd, rnd.choice(GROUNDING.sms_to)[0]) for _ in body[name][:3]]
    return body


def _ground_a2p_sender(rnd: Random, body: Values) -> None:
    if _is_a2p_from(body.get("from")) and rnd.random() < 0.93:
        body["from"] = _spelled(rnd, rnd.choice(GROUNDING.a2p_from or GROUNDING.sms_from_refused))


def _ground_sms(rnd: Random, body: Values) -> Values:
    if isinstance(body.get("json"), dict):
        return _ground_parts(rnd, body)
    if _is_form_number(body.get("from")) and GROUNDING.sms_from:
        senders = GROUNDING.sms_from if rnd.random() < 0.93 else GROUNDING.sms_from_refused
        body["from"] = _written(rnd, rnd.choice(senders), body["from"])
    _ground_recipients(rnd, body)
    if _is_sms_text(body.get("text")):
        body["text"] = _text(rnd, body["text"], checks.LIMITS["createSMSMessage"])
    country = body.get("country")
    if (
        isinstance(country, dict)
        and "id" in country
        and _is_country_code(country.get("isoCode"))
        and rnd.random() < 0.9
    ):
        body["country"] = {name: value for name, value in country.items() if name != "isoCode"}
    return _fields_first(body)


def _ground_recipients(rnd: Random, body: Values) -> None:
    if _are_form_numbers(body.get("to")):
        recipients = GROUNDING.sms_to if rnd.random() < 0.9 else GROUNDING.sms_to_refused
        body["to"] = [_written(rnd, number, body["to"][0]) for number in rnd.choice(recipients)]


def _written(rnd: Random, number: str, like: Any) -> Any:
    """A number alone, as only a form may have it, or as JSON."""
    spelled = _spelled(rnd, number)
    return spelled if isinstance(like, str) else {"phoneNumber": spelled}


def _is_country_code(value: Any) -> bool:
    """Whether the field did not make the request invalid, and is optional."""
    return isinstance(value, str) and len(value) == 2


def _text(rnd: Random, text: str, limit: int) -> str:
    """Another one for each that is too long: Hypothesis draws a text once, and repeats it in many examples."""
    is_too_long = len(text.encode("utf-16-le", errors="surrogatepass")) // 2 > limit
    return near(rnd, limit) if is_too_long or rnd.random() < 0.3 else text


def _ground_parts(rnd: Random, parts: Values) -> Values:
    """The message is first, mostly alone: any further part makes it an MMS, which not every number sends.

    Invalid files stay, and those of a message that has no text without them.
    """
    message, files = {"json": _ground_sms(rnd, dict(parts["json"]))}, parts.get("attachments")
    is_enough = files is None or (_are_files(files) and _is_sms_text(message["json"].get("text")))
    if is_enough and rnd.random() < 0.85:
        return message
    return message | {name: parts[name] for name in parts if name != "json"}


def _fields_first(body: Values) -> Values:
    """What stands before the fields of a form may be the message itself, whatever its name."""
    fields = {name: body[name] for name in ("from", "to", "text") if name in body}
    return fields | body


def _are_files(parts: Any) -> bool:
    """Whether the parts match the schema, which a check of JSON cannot decide for bytes."""
    contents = [getattr(part, "data", part) for part in parts] if isinstance(parts, list) else []
    return 1 <= len(contents) <= 10 and all(isinstance(one, (str, bytes)) and one for one in contents)


def _ground_mms(rnd: Random, parts: Values) -> Values:
    """The message is first, and the files follow; or there are the fields of a form."""
    if not isinstance(parts.get("json"), dict):
        return _ground_sms(rnd, parts)
    return {"json": _ground_sms(rnd, dict(parts["json"]))} | {name: parts[name] for name in parts if name != "json"}


def _ground_thread_message(rnd: Random, body: Values) -> Values:
    """From a number whose messages the identity handles to one that there is, mostly in the thread of the two.

    In parts, the message is first, and the files follow.
    """
    if isinstance(body.get("metadata"), dict):
        message = _ground_thread_message(rnd, dict(body["metadata"]))
        return {"metadata": message} | {name: part for name, part in body.items() if name != "metadata"}
    if _is_sms_from(body.get("from")) and GROUNDING.thread_from and rnd.random() < 0.9:
        body["from"] = {"phoneNumber": _spelled(rnd, rnd.choice(GROUNDING.thread_from))}
    if _is_sms_to(body.get("to")) and rnd.random() < 0.9:
        body["to"] = [{"phoneNumber": _spelled(rnd, rnd.choice(GROUNDING.sms_to)[0])}]
    if _is_thread_id(body.get("threadId")) and rnd.random() < 0.7:
        del body["threadId"]
    return body


def _ground_fax(rnd: Random, body: Values) -> Values:
    """Phones that there are, and a fax that was sent. In parts, the JSON is first, and the files follow."""
    if isinstance(body.get("json"), dict):
        fax = _ground_fax(rnd, dict(body["json"]))
        return {"json": fax} | {name: part for name, part in body.items() if name != "json"}
    _ground_recipients(rnd, body)
    body = _fields_first(body)
    named = body.get("originalMessageId")
    if isinstance(named, str) and _is_id(named):
        body["originalMessageId"] = _seen_id(rnd, named)
    return body


def _ground_sms_batch(rnd: Random, body: Values) -> Values:
    """In parts, the batch is first, and the files follow."""
    if isinstance(body.get("metadata"), dict):
        batch = _ground_sms_batch(rnd, dict(body["metadata"]))
        return {"metadata": batch} | {name: part for name, part in body.items() if name != "metadata"}
    if _is_sms_from(body.get("from")) and GROUNDING.sms_from:
        body["from"] = {"phoneNumber": _spelled(rnd, rnd.choice(GROUNDING.sms_from))}
    messages = body.get("messages")
    for message in messages if isinstance(messages, list) else ():
        if isinstance(message, dict) and _is_sms_to(message.get("to")) and rnd.random() < 0.9:
            message["to"] = [{"phoneNumber": _spelled(rnd, number)} for number in rnd.choice(GROUNDING.sms_to)]
    return body


def _spelled(rnd: Random, number: str) -> str:
    """D-10: with or without `+`; a value that is no full number stays unchanged."""
    return f"+{number}" if len(number) > 8 and number[0] != "+" and rnd.random() < 0.3 else number


def _ground_page(rnd: Random, body: Values) -> Values:
    if _is_page_from(body.get("from")):
        body["from"] = _page_from(rnd)
    thread = None
    if _is_reply_on(body.get("replyOn")) and rnd.random() < 0.9:
        thread = SEEN.messages.get(str(body["replyOn"])) or SEEN.any_page(rnd)
        if thread:
            body["replyOn"] = int(thread["id"])
        else:  # no page was seen, and without a first one none ever is
            del body["replyOn"]
            body.setdefault("to", [{"extensionNumber": GROUNDING.number}])
    if _is_page_to(body.get("to")):
        parties = [to["extensionNumber"] for to in thread["to"] if "extensionNumber" in to] if thread else []
        if parties and rnd.random() < 0.9:
            body["to"] = [_party(rnd, rnd.choice(parties))]
        else:
            lists = GROUNDING.page_to if rnd.random() < 0.85 else GROUNDING.page_to_refused
            body["to"] = [_party(rnd, number) for number in rnd.choice(lists)]
    if _is_page_text(body.get("text")):
        body["text"] = _text(rnd, body["text"], checks.LIMITS["createInternalTextMessage"])
    return body


def _page_from(rnd: Random) -> Values:
    if rnd.random() < 0.94 or not GROUNDING.others:
        return _named(rnd, GROUNDING.number, GROUNDING.id)
    other = rnd.choice(GROUNDING.others)
    return rnd.choice(
        [{"extensionNumber": other}, {"extensionId": GROUNDING.ids[other]}, {"extensionId": NO_EXTENSION}]
    )


def _party(rnd: Random, number: str) -> Values:
    party = _named(rnd, number, GROUNDING.ids.get(number, NO_EXTENSION))
    if GROUNDING.others and len(party) == 2 and rnd.random() < 0.1:
        party["extensionId"] = GROUNDING.ids[rnd.choice(GROUNDING.others)]
    return party


def _named(rnd: Random, number: str, extension_id: str) -> Values:
    """An extension by its number, by its id, or by both."""
    by_number, by_id = {"extensionNumber": number}, {"extensionId": extension_id}
    return rnd.choices([by_number, by_id, by_number | by_id], [60, 20, 20])[0]


def _ground_assignment(rnd: Random, body: Values) -> Values:
    may_assign = GROUNDING.departments and GROUNDING.may_join
    if may_assign and _is_assignment(body.get("items")) and rnd.random() < 0.9:
        body["items"] = [_assignment(rnd) for _ in body["items"][:3]]
    return body


def _assignment(rnd: Random) -> Values:
    return {"departmentId": GROUNDING.ids[rnd.choice(GROUNDING.departments)], **_membership(rnd)}


def _membership(rnd: Random) -> Values:
    joining, leaving = rnd.choice(GROUNDING.may_join), rnd.choice(GROUNDING.may_join)
    return {"addedExtensionIds": [GROUNDING.ids[joining]], "removedExtensionIds": [GROUNDING.ids[leaving]]}


def _ground_membership(is_valid: Callable[[Any], bool], rnd: Random, body: Values) -> Values:
    may_join = GROUNDING.may_join and rnd.random() < 0.9
    return body | _membership(rnd) if may_join and is_valid(body) else body


def _ground_update(rnd: Random, body: Values) -> Values:
    """Every extension keeps its number and its status, which later checks need."""
    left_out = {"status"} if body.get("status") in _STATUSES else set()
    left_out |= {"extensionNumber"} if isinstance(body.get("extensionNumber"), str) and rnd.random() < 0.9 else set()
    return {name: value for name, value in body.items() if name not in left_out}


_STATUSES = ("Enabled", "Disabled", "Frozen", "NotActivated", "Unassigned")


def _ground_sign_in(rnd: Random, body: Values) -> Values:
    if _is_grant_type(body.get("grant_type")) and GROUNDING.sign_in and rnd.random() < 0.8:
        body.update(rnd.choice(GROUNDING.sign_in))
    return body


def _ground_consents(rnd: Random, body: Any) -> Any:
    """Statements about numbers of the account, and phones that it writes to."""
    if isinstance(body, dict) and isinstance(body.get("records"), list):
        body["records"] = [_ground_consent(rnd, record) for record in body["records"]]
    return body


def _ground_consent(rnd: Random, record: Any) -> Any:
    if not isinstance(record, dict):
        return record
    if _is_consent_sender(record.get("from")) and rnd.random() < 0.9:
        record = record | {"from": rnd.choice(["*", *GROUNDING.sms_from])}
    if _is_consent_recipient(record.get("to")) and rnd.random() < 0.9:
        record = record | {"to": _spelled(rnd, rnd.choice(GROUNDING.sms_to)[0])}
    return record


def _ground_entries(rnd: Random, body: Any) -> Any:
    """Changes of several messages that were seen; a change of one is as good as it is."""
    return [_ground_entry(rnd, entry) for entry in body] if isinstance(body, list) else body


def _ground_entry(rnd: Random, entry: Any) -> Any:
    if isinstance(entry, str) and _is_id(entry):
        return _seen_id(rnd, entry)
    if isinstance(entry, dict) and isinstance(entry.get("resourceId"), str) and _is_id(entry["resourceId"]):
        return entry | {"resourceId": _seen_id(rnd, entry["resourceId"])}
    return entry


def _ground_subscription(rnd: Random, body: Values) -> Values:
    if _is_event_filters(body.get("eventFilters")) and rnd.random() < 0.9:
        body["eventFilters"] = [rnd.choice(EVENT_FILTERS) for _ in body["eventFilters"]]
    if _is_delivery_mode(body.get("deliveryMode")) and rnd.random() < 0.9:
        body["deliveryMode"] = {"transportType": "WebHook", "address": GROUNDING.webhook}
    return body


STORE_EVENTS = "/restapi/v1.0/account/~/extension/~/message-store"
EVENT_FILTERS = (
    STORE_EVENTS,
    f"{STORE_EVENTS}?type=SMS&direction=Inbound",
    f"{STORE_EVENTS}/instant?type=SMS",
    "/restapi/v1.0/account/~/a2p-sms/messages?direction=Outbound",
    "/restapi/v1.0/account/~/a2p-sms/batches",
    "/restapi/v1.0/account/~/a2p-sms/opt-outs",
)


def _ground_log_in(rnd: Random, body: Values) -> Values:
    """An application that may show the page, and usually a user who logs in."""
    passwords = [form for form in GROUNDING.sign_in if form["grant_type"] == "password"]
    if _is_client_id(body.get("client_id")) and passwords and rnd.random() < 0.8:
        typed = {name: passwords[0][name] for name in ("username", "extension", "password")}
        body.update(client_id=GROUNDING.client_id, redirect_uri=REDIRECT_URI, **typed)
    return body


A2P = frozenset(operation["operationId"] for _, path, operation in operations(CONTRACT) if "/a2p-sms/" in path)
"""The operations of high-volume SMS, which has its own ids and tokens."""
SMS_STORE = frozenset(
    operation["operationId"]
    for method, path, operation in operations(CONTRACT)
    if "/extensions/{extensionId}/sms/" in path and method == "get"
)
"""Those that read what batches of ordinary SMS have sent, which has its own ids and tokens too."""

BODIES: Mapping[str | None, Ground] = {
    "createA2PSMS": _ground_batch,
    "addA2PSMSOptOuts": _ground_opt_outs,
    "authorize2": _ground_log_in,
    "createSubscription": _ground_subscription,
    "updateSubscription": _ground_subscription,
    "createSMSMessage": _ground_sms,
    "createMMS": _ground_mms,
    "mthSendMessage": _ground_thread_message,
    "createFaxMessage": _ground_fax,
    "createSmsBatch": _ground_sms_batch,
    "createInternalTextMessage": _ground_page,
    "assignMultipleDepartmentMembers": _ground_assignment,
    "assignMultipleCallQueueMembers": partial(_ground_membership, _is_membership),
    "bulkAssignSmsRecipients": partial(_ground_membership, _is_sms_recipients),
    "updateCallQueueInfo": _ground_update,
    "updateExtension": _ground_update,
    "getToken": _ground_sign_in,
    "editSmsConsentRecords": _ground_consents,
    "searchSmsConsentRecords": partial(_ground_consent_filters, "searchSmsConsentRecords"),
    "updateMessage": _ground_entries,
    "patchMessage": _ground_entries,
    "deleteMessage": _ground_entries,
}
