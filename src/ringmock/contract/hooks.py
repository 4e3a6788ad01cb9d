"""Schemathesis's hooks: generation that is grounded in an account, and the account of what was met.

Schemathesis loads this module by name (`hooks` of its configuration); nothing else imports it. The grounding comes
from the JSON file that the environment variable RINGMOCK_GROUNDING names, and what was met goes to the file of
RINGMOCK_OBSERVED at the end of the run.

A hook only ever swaps one valid value for another. A case that breaks the contract keeps its defect.
"""

import json
import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from random import Random
from typing import Any

import jsonschema_rs
import schemathesis
from hypothesis import strategies as st
from schemathesis import Case, HookContext, Response

from . import checks
from .client import codes_of
from .examples import with_examples
from .grounding import NO_EXTENSION, Grounding
from .openapi import load_contract
from .texts import texts_around

Body = dict[str, Any]

GROUNDING = Grounding(**json.loads(Path(os.environ["RINGMOCK_GROUNDING"]).read_text(encoding="utf-8")))
LIMITS = (1000, 1024)
NO_MESSAGE = "999999999999"
CONTRACT = load_contract()

checks.start(GROUNDING, Path(os.environ["RINGMOCK_OBSERVED"]))
for _limit in LIMITS:
    schemathesis.openapi.format(f"utf16-{_limit}", texts_around(_limit))


# --- the contract, as the generator reads it ------------------------------------------------------


@schemathesis.hook
def before_load_schema(context: HookContext, raw_schema: Any) -> None:
    """Draw texts at the UTF-16 limit, take examples from the account, and see bearer tokens in OAuth 2.0.

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
    """Whether a value keeps the schema at this place of the contract, by the engine that Schemathesis judges by."""
    schema = {"$ref": f"#/components/{pointer}", "components": CONTRACT["components"]}
    return jsonschema_rs.Draft4Validator(schema).is_valid


_SMS = "schemas/CreateSMSMessage/properties"
_PAGER = "schemas/CreateInternalTextMessageRequest/properties"
_is_sms_from, _is_sms_to = _validator(f"{_SMS}/from"), _validator(f"{_SMS}/to")
_is_page_from, _is_page_to = _validator(f"{_PAGER}/from"), _validator(f"{_PAGER}/to")
_is_reply_on = _validator(f"{_PAGER}/replyOn")
_is_assignment = _validator("schemas/DepartmentBulkAssignResource/properties/items")
_is_grant_type = _validator("schemas/GetTokenRequest/properties/grant_type")
_is_path_id = re.compile(r"~|[1-9][0-9]{0,18}").fullmatch
_is_message_id = re.compile(r"[0-9]{1,19}").fullmatch


# --- what was seen --------------------------------------------------------------------------------


class Seen:
    """Messages in the identity's own mailbox, by id, the newest last; at most `SIZE` of them."""

    SIZE = 200

    def __init__(self) -> None:
        self.messages: dict[str, Body] = {}

    def note(self, message: Any) -> None:
        if isinstance(message, dict) and {"id", "type", "to", "attachments"} <= message.keys():
            self.messages[str(message["id"])] = message
            if len(self.messages) > self.SIZE:
                del self.messages[next(iter(self.messages))]

    def any(self, rnd: Random) -> Body | None:
        return rnd.choice(list(self.messages.values())) if self.messages else None

    def any_page(self, rnd: Random) -> Body | None:
        pages = [message for message in self.messages.values() if message["type"] == "Pager"]
        return rnd.choice(pages) if pages else None


SEEN = Seen()


@schemathesis.hook
def after_call(context: HookContext, case: Case, response: Response) -> None:
    """Count the call, and remember the messages in the answer."""
    if context.operation is None or case.method.upper() != context.operation.method.upper():
        return
    body = _json_of(response)
    checks.OBSERVED.of(checks.operation_id(case)).count(response.status_code, codes_of(body))
    if response.status_code == 200 and isinstance(body, dict):
        for message in [body, *(body.get("records") or ())]:
            SEEN.note(message)


def _json_of(response: Response) -> Any:
    try:
        return response.json()
    except ValueError:
        return None


# --- generation -----------------------------------------------------------------------------------


@schemathesis.hook
def flatmap_path_parameters(context: HookContext, path_parameters: Any) -> st.SearchStrategy[Any]:
    """Paths that lead somewhere, and now and then to another's or to nothing."""
    return _path(path_parameters) if isinstance(path_parameters, dict) else st.just(path_parameters)


@schemathesis.hook
def flatmap_query(context: HookContext, query: Any) -> st.SearchStrategy[Any]:
    """Filters that keep something."""
    return _query(query) if isinstance(query, dict) else st.just(query)


@schemathesis.hook
def flatmap_body(context: HookContext, body: Any) -> st.SearchStrategy[Any]:
    """Bodies with numbers, extensions and messages that exist."""
    operation = context.operation
    ground = BODIES.get(operation.definition.raw.get("operationId")) if operation is not None else None
    if ground is None:
        return st.just(body)
    if isinstance(body, dict):
        return _body(ground, body)
    fields = getattr(body, "body", None)
    if isinstance(fields, dict):  # a form, with the content type of each field
        kind, content_types = type(body), getattr(body, "content_types", None)
        return _body(ground, fields).map(lambda grounded: kind(body=grounded, content_types=content_types))
    return st.just(body)


@st.composite
def _path(draw: st.DrawFn, parameters: Mapping[str, Any]) -> dict[str, Any]:
    rnd: Random = draw(st.randoms(use_true_random=True))
    path = dict(parameters)
    message = SEEN.any(rnd)
    for name, value in parameters.items():
        if not isinstance(value, str):
            continue
        if name in ("accountId", "extensionId") and _is_path_id(value):
            path[name] = _account_id(rnd, value) if name == "accountId" else _extension_id(rnd, value)
        elif name == "departmentId" and _is_message_id(value) and rnd.random() < 0.9:
            path[name] = GROUNDING.ids[rnd.choice(GROUNDING.departments)]
        elif name == "messageId" and _is_message_id(value) and rnd.random() < 0.9:
            path[name] = str(message["id"]) if message else NO_MESSAGE
        elif name == "attachmentId" and _is_message_id(value) and rnd.random() < 0.9:
            path[name] = _attachment_id(message, value)
        elif name == "apiVersion" and rnd.random() < 0.7:
            path[name] = "v1.0"
    return path


def _account_id(rnd: Random, value: str) -> str:
    return rnd.choices(["~", GROUNDING.account_id, value], [60, 38, 2])[0]


def _extension_id(rnd: Random, value: str) -> str:
    other = GROUNDING.ids[rnd.choice(GROUNDING.others)]
    return rnd.choices(["~", GROUNDING.id, other, value], [55, 40, 3, 2])[0]


def _attachment_id(message: Body | None, value: str) -> str:
    attachments = message["attachments"] if message else []
    return str(attachments[0]["id"]) if attachments else value


@st.composite
def _query(draw: st.DrawFn, parameters: Mapping[str, Any]) -> dict[str, Any]:
    rnd: Random = draw(st.randoms(use_true_random=True))
    query = dict(parameters)
    message = SEEN.any(rnd)
    conversation_id = query.get("conversationId")
    if message and isinstance(conversation_id, str) and _is_message_id(conversation_id) and rnd.random() < 0.8:
        query["conversationId"] = str(message["conversationId"])
    for name in ("page", "perPage"):
        if type(query.get(name)) is int and query[name] > 0 and rnd.random() < 0.7:
            query[name] = rnd.choice([1, 2, 3, 10])
    return query


@st.composite
def _body(draw: st.DrawFn, ground: Callable[[Random, Body], Body], body: Body) -> Body:
    return ground(draw(st.randoms(use_true_random=True)), dict(body))


def _ground_sms(rnd: Random, body: Body) -> Body:
    if isinstance(body.get("json"), dict):  # parts: the first one is the message
        return {"json": _ground_sms(rnd, dict(body["json"]))} | {k: v for k, v in body.items() if k != "json"}
    if _is_sms_from(body.get("from")) and GROUNDING.sms_from:
        senders = GROUNDING.sms_from if rnd.random() < 0.93 else GROUNDING.sms_from_refused
        body["from"] = {"phoneNumber": _spelled(rnd, rnd.choice(senders))}
    if _is_sms_to(body.get("to")):
        recipients = GROUNDING.sms_to if rnd.random() < 0.9 else GROUNDING.sms_to_refused
        body["to"] = [{"phoneNumber": _spelled(rnd, number)} for number in rnd.choice(recipients)]
    return body


def _spelled(rnd: Random, number: str) -> str:
    """D-10: with or without `+`; what is no full number stays as it is."""
    return f"+{number}" if len(number) > 8 and number[0] != "+" and rnd.random() < 0.3 else number


def _ground_page(rnd: Random, body: Body) -> Body:
    if _is_page_from(body.get("from")):
        body["from"] = _page_from(rnd)
    thread = None
    if _is_reply_on(body.get("replyOn")) and rnd.random() < 0.9:
        thread = SEEN.any_page(rnd)
        body["replyOn"] = int(thread["id"]) if thread else body["replyOn"]
    if _is_page_to(body.get("to")):
        parties = [to["extensionNumber"] for to in thread["to"] if "extensionNumber" in to] if thread else []
        if parties and rnd.random() < 0.9:
            body["to"] = [_party(rnd, rnd.choice(parties))]
        else:
            lists = GROUNDING.page_to if rnd.random() < 0.85 else GROUNDING.page_to_refused
            body["to"] = [_party(rnd, number) for number in rnd.choice(lists)]
    return body


def _page_from(rnd: Random) -> Body:
    if rnd.random() < 0.94:
        return _named(rnd, GROUNDING.number, GROUNDING.id)
    other = rnd.choice(GROUNDING.others)
    return rnd.choice(
        [{"extensionNumber": other}, {"extensionId": GROUNDING.ids[other]}, {"extensionId": NO_EXTENSION}]
    )


def _party(rnd: Random, number: str) -> Body:
    party = _named(rnd, number, GROUNDING.ids.get(number, NO_EXTENSION))
    if len(party) == 2 and rnd.random() < 0.1:
        party["extensionId"] = GROUNDING.ids[rnd.choice(GROUNDING.others)]
    return party


def _named(rnd: Random, number: str, extension_id: str) -> Body:
    """An extension by its number, by its id, or by both."""
    by_number, by_id = {"extensionNumber": number}, {"extensionId": extension_id}
    return rnd.choices([by_number, by_id, by_number | by_id], [60, 20, 20])[0]


def _ground_assignment(rnd: Random, body: Body) -> Body:
    if _is_assignment(body.get("items")) and rnd.random() < 0.9:
        body["items"] = [_assignment(rnd) for _ in body["items"][:3]]
    return body


def _assignment(rnd: Random) -> Body:
    joining, leaving = rnd.choice(GROUNDING.may_join), rnd.choice(GROUNDING.may_join)
    return {
        "departmentId": GROUNDING.ids[rnd.choice(GROUNDING.departments)],
        "addedExtensionIds": [GROUNDING.ids[joining]],
        "removedExtensionIds": [GROUNDING.ids[leaving]],
    }


def _ground_sign_in(rnd: Random, body: Body) -> Body:
    if _is_grant_type(body.get("grant_type")) and GROUNDING.sign_in and rnd.random() < 0.8:
        body.update(rnd.choice(GROUNDING.sign_in))
    return body


BODIES: Mapping[str | None, Callable[[Random, Body], Body]] = {
    "createSMSMessage": _ground_sms,
    "createInternalTextMessage": _ground_page,
    "assignMultipleDepartmentMembers": _ground_assignment,
    "getToken": _ground_sign_in,
}
