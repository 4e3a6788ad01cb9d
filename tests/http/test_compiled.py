"""The compiled checks and Connexion's own stage accept and refuse the same requests."""

import asyncio
import json
import os
import random
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

import pytest
from connexion import ConnexionMiddleware
from connexion.exceptions import NonConformingResponseBody
from starlette.types import ASGIApp

from ringmock.domain.errors import Refusal
from ringmock.http import compiled, validation
from ringmock.http.call import SCOPE_KEY, Answer, Call
from ringmock.http.compiled import AnswerOperation
from ringmock.http.errors import UnparseableJson, UnparseableRequest
from ringmock.http.json_schemas import schema_of
from ringmock.http.wire.record_cache import ListOfRecords, Record
from ringmock.openapi.document import load_contract
from ringmock.server_limits import DEFAULT

JSON = "application/json"

CORPUS = 100_000 if os.environ.get("RINGMOCK_FULL") else 20_000 if os.environ.get("CI") else 10_000

TEXTS = [
    "", "a", "~", "0", "00", "1", "-1", "+1", "1.0", "１", "١", "1_000", " 1", "1 ", "1\n", "2147483647", "2147483648",
    "9223372036854775807", "9223372036854775808", "99999999999999999999", "true", "false", "TRUE", "yes", "null",
    "101", "102", "200", "1346632010", "16509100010", "+16509100010", "14151003732", "++1", "12345678901234567",
    "Alive", "alive", "Deleted", "SMS", "Pager", "Fax", "SMS,Pager", "Inbound", "Read", "Unread", "All", "Personal",
    "2012", "2012-10", "2012-10-16", "2012-02-30", "2012-10-16T06:34:58.000Z", "2012-10-16T06:34:58+25:00",
    "2012-10-16T06:34:58Z\n", "0000", "x" * 999, "x" * 1000, "x" * 1001, "x" * 1024, "x" * 1025, "😀" * 500,
    "😀" * 501, "😀" * 512, "😀" * 513, "é", "e\u0301", "\x00", "\ufeff", "\u2028", "password", "refresh_token",
]  # fmt: skip
SCALARS: list[Any] = [*TEXTS, 0, 1, -1, 1.0, 1.5, 1e300, 2**31, 2**63 - 1, 2**63, 2**70, True, False, None, [], {}]
KEYS = [
    "from", "to", "text", "phoneNumber", "extensionNumber", "extensionId", "replyOn", "readStatus", "items",
    "departmentId", "addedExtensionIds", "removedExtensionIds", "country", "id", "isoCode", "other", "",
]  # fmt: skip
GOOD_BODIES: list[Any] = [
    {"from": {"phoneNumber": "16509100010"}, "to": [{"phoneNumber": "14151003732"}], "text": "Hi"},
    {"from": {"phoneNumber": "1"}, "to": [{"phoneNumber": "2"}], "text": "😀" * 500, "country": {"id": "1"}},
    {"from": {"phoneNumber": "1"}, "to": [{"phoneNumber": "2"}, {"phoneNumber": "+3"}], "text": "😀" * 501},
    {"to": [{"extensionNumber": "102"}], "text": "😀" * 512 + "a"},
    {"to": [{"extensionNumber": "102"}], "text": "Hi"},
    {"to": [{"extensionId": "7"}, {"extensionNumber": "103"}], "from": {"extensionNumber": "101"}, "text": "Hi"},
    {"replyOn": 320272670010, "text": "Hi"},
    {"readStatus": "Read"},
    {"items": [{"departmentId": "1346632200", "addedExtensionIds": ["1"], "removedExtensionIds": ["2", "3"]}]},
]  # fmt: skip
BROKEN_JSON = [
    b"", b"null", b"{", b"[" * 3000, b'{"text": NaN}', b'{"text": 1e999}', b'{"text": "\\ud800"}', b"\xff\xfe", b"{}x",
    b'{"readStatus": "Read", "readStatus": "Unread"}', b'{"\\udc00": 1}', b'{"replyOn": ' + b"9" * 5000 + b"}",
]  # fmt: skip


def mutated(value: Any, dice: random.Random) -> Any:
    """The value with something in it changed, added or left out."""
    if dice.random() < 0.15:
        return dice.choice(SCALARS)
    if isinstance(value, dict):
        return _mutated_object(value, dice)
    if isinstance(value, list):
        items = [mutated(item, dice) if dice.random() < 0.3 else item for item in value]
        return items * dice.choice([1, 1, 1, 2, 0])
    return dice.choice(SCALARS) if dice.random() < 0.3 else value


def _mutated_object(value: dict[str, Any], dice: random.Random) -> dict[str, Any]:
    changed = {k: mutated(v, dice) if dice.random() < 0.4 else v for k, v in value.items() if dice.random() > 0.08}
    if dice.random() < 0.2:
        changed[dice.choice(KEYS)] = dice.choice(SCALARS)
    return changed


def body(dice: random.Random) -> bytes:
    if dice.random() < 0.05:
        return dice.choice(BROKEN_JSON)
    good = dice.choice(GOOD_BODIES)
    value = good if dice.random() < 0.3 else mutated(good, dice)
    return json.dumps(value, ensure_ascii=dice.random() < 0.5).encode("utf-8", "surrogatepass")


def query(names: list[str], dice: random.Random) -> bytes:
    if not names or dice.random() < 0.3:
        return b""
    names = [dice.choice(names) + dice.choice(["", "", "", "[]"]) for _ in range(dice.randrange(1, 5))]
    return "&".join(f"{name}={_encoded(dice.choice(TEXTS), dice)}" for name in names).encode()


def _encoded(text: str, dice: random.Random) -> str:
    return quote(text, safe="+:" if dice.random() < 0.5 else "")


class Stages:
    """Both stages of every operation, ending in a note of what they let through."""

    def __init__(self) -> None:
        self.let_through: list[Call] = []
        self.operations: list[tuple[Any, compiled.RequestOperation]] = []
        stages = self

        class Api(compiled._RequestApi):
            def make_operation(self, operation: Any) -> compiled.RequestOperation:
                made = super().make_operation(operation)
                stages.operations.append((operation, made))
                return made

        class Stage(compiled.RequestValidation):
            api_cls = Api

            def __init__(self, app: ASGIApp) -> None:
                super().__init__(app, DEFAULT)

        app = ConnexionMiddleware(
            self.end,
            import_name="ringmock",
            middlewares=[Stage],
            resolver=lambda _: lambda: None,
            uri_parser_class=validation.StrictUriParser,
            validator_map=validation.VALIDATOR_MAP,
        )
        app.add_api(load_contract())
        app._build_middleware_stack()

    async def end(self, scope: Any, receive: Any, send: Any) -> None:
        self.let_through.append(scope[SCOPE_KEY])


def requests(stages: Stages, dice: random.Random) -> Iterator[tuple[compiled.RequestOperation, dict[str, Any]]]:
    while True:
        operation, stage = dice.choice(stages.operations)
        parameters = operation.parameters
        media_type = dice.choice(operation.consumes) if operation.consumes else ""
        content = body(dice) if operation.consumes else b""
        call = Call("POST", "/", "http://example.test", {b"content-type": media_type.encode()})
        call.content, call.media_type = content, media_type if content else ""
        yield (
            stage,
            {
                "type": "http",
                "method": "POST",
                "path": "/",
                "query_string": query([p["name"] for p in parameters if p["in"] == "query"], dice),
                "path_params": {p["name"]: dice.choice(TEXTS[1:34]) for p in parameters if p["in"] == "path"},
                "headers": [(b"content-type", media_type.encode())] if call.media_type else [],
                SCOPE_KEY: call,
            },
        )


async def is_let_through(stages: Stages, stage: Any, scope: dict[str, Any]) -> bool:
    return await refusal_of(stages, stage, scope) is None


async def refusal_of(stages: Stages, stage: Any, scope: dict[str, Any]) -> Exception | None:
    stages.let_through.clear()
    try:
        await stage(dict(scope), None, None)
    except (Refusal, UnparseableJson, UnparseableRequest) as refusal:
        return refusal
    assert stages.let_through == [scope[SCOPE_KEY]]
    return None


def refused_plainly(stage: compiled.RequestOperation, scope: dict[str, Any]) -> Exception | None:
    """What a plain call is refused for without the stages; None where they have to say it."""
    try:
        stage.refuse(scope, scope[SCOPE_KEY])
    except (Refusal, UnparseableJson, UnparseableRequest) as refusal:
        return refusal
    return None


def worded(problem: Exception | None) -> list[tuple[str, object, object]]:
    """Type, parameter and value of each refusal, in their order."""
    return [] if problem is None else [said(each) for each in getattr(problem, "refusals", (problem,))]


async def differences(count: int, seed: int) -> tuple[list[str], Counter[str]]:
    stages, dice, found, seen = Stages(), random.Random(seed), [], Counter[str]()
    for (stage, scope), _ in zip(requests(stages, dice), range(count), strict=False):
        call = scope[SCOPE_KEY]
        refusal = await refusal_of(stages, stage._stock, scope)
        stock = refusal is None
        read_by_stock = (call.parameters, call.body)
        both = await is_let_through(stages, stage, scope)
        has_opinion = call.media_type in ("", "application/json")
        alone = stage.accepts(scope, call) if has_opinion and (call.content or not stage._takes_body) else stock
        if not stock == both == alone or (stock and read_by_stock != (call.parameters, call.body)):
            found.append(f"{stock=} {both=} {alone=} {scope['query_string']!r} {scope['path_params']} {call.content!r}")
        if has_opinion and (refused := refused_plainly(stage, scope)) is not None:
            seen["refused plainly"] += 1
            if worded(refused) != worded(refusal):
                found.append(f"{worded(refused)} {worded(refusal)} {scope['query_string']!r} {call.content!r}")
        seen["accepted" if stock else "refused"] += 1
    return found, seen


@pytest.mark.long
def test_compiled_and_stock_stages_accept_and_refuse_the_same_requests() -> None:
    found, seen = asyncio.run(differences(CORPUS, seed=11))
    assert found == []
    assert min(seen.values()) > CORPUS / 20, seen


def test_what_the_compiled_check_says_of_a_body_is_among_what_the_stock_one_says() -> None:
    stages, dice, told = Stages(), random.Random(12), Counter[str]()
    schemas = [operation.body_schema(JSON) for operation, _ in stages.operations if JSON in operation.consumes]

    for _ in range(CORPUS // 5):
        schema, good = dice.choice(schemas), dice.choice(GOOD_BODIES)
        value = mutated(good, dice)
        by_stock = {repr(said(refusal)) for refusal in validation.problems_of(schema, value)}
        broken = schema_of(schema).first_broken(value)

        only = schema_of(schema).only_broken(value)
        assert only is None or {repr(said(validation._refusal(only)))} == by_stock, value
        if broken is None:
            assert by_stock == set(), value
        else:
            assert repr(said(validation._refusal(broken))) in by_stock, (value, broken)
            told[broken.keyword] += 1

    assert set(told) >= {"required", "type", "anyOf", "minItems", "x-maxLengthUtf16", "pattern", "enum"}, told


def said(refusal: Exception) -> tuple[str, object, object]:
    return type(refusal).__name__, getattr(refusal, "parameter", None), getattr(refusal, "value", None)


@pytest.mark.parametrize("count", [498, 499, 500, 501])
def test_a_large_body_is_refused_for_what_a_small_one_is(count: int) -> None:
    schema = {"properties": {"to": {"items": {"required": ["phoneNumber"]}}}}

    problems = validation.problems_of(schema, {"to": [*[1] * (count - 2), {}]})

    assert [said(problem) for problem in problems] == [("InvalidParameter", "to.phoneNumber", None)]


@pytest.mark.parametrize(
    ("schema", "fits", "breaks"),
    [
        ({"type": "integer", "format": "int64"}, 2**63 - 1, 2**63),
        ({"type": "integer", "format": "int32"}, -(2**31), -(2**31) - 1),
        ({"type": "integer", "format": "int32", "minimum": 1}, 1, 0),
        ({"type": "integer"}, 1, 1.0),
        ({"type": "integer"}, 1, True),
        ({"type": "string", "pattern": "^[0-9]+$"}, "1", "1\n"),
        ({"type": "string", "pattern": "^[0-9]+$"}, "1", "١"),
        ({"type": "string", "x-maxLengthUtf16": 3}, "😀a", "😀😀"),
        ({"type": "string", "format": "date-time"}, "2012-10-16T06:34:58Z", "2012-10-16"),
        ({"type": "string", "format": "ringcentral-date-time"}, "2012-10-16", "2012-02-30"),
        ({"type": "string", "maxLength": 1}, "😀", "ab"),
    ],
)
def test_both_validators_read_a_schema_alike(schema: dict[str, Any], fits: Any, breaks: Any) -> None:
    checks = [
        compiled.compiled(schema).is_valid,
        validation.RequestSchema(schema, format_checker=validation.formats).is_valid,
        validation.ResponseSchema(schema, format_checker=validation.formats).is_valid,
    ]
    assert [check(fits) for check in checks] == [True] * 3
    assert [check(breaks) for check in checks] == [False] * 3


LIST = {
    "type": "object",
    "required": ["uri", "records"],
    "properties": {
        "uri": {"type": "string"},
        "records": {"type": "array", "items": {"type": "object", "required": ["id"]}},
    },
}


class ListOperation:
    """An operation as Connexion describes it, as far as its answers go."""

    responses: Mapping[str, Any] = {"200": {"content": {"application/json": {"schema": LIST}}}}


async def no_app(*_: Any) -> None:
    """What follows in the stages: nothing."""


def checked(envelope: Mapping[str, Any], *records: Record) -> None:
    call = Call("GET", "/", "", {})
    call.answer = Answer(ListOfRecords(dict(envelope), records))
    AnswerOperation(no_app, ListOperation()).check(call)


@pytest.mark.parametrize(
    ("envelope", "records"),
    [
        ({"records": []}, [{"id": 1}]),
        ({"uri": 1, "records": []}, [{"id": 1}]),
        ({"uri": "", "records": []}, [{}]),
        ({"uri": "", "records": []}, [{"id": 1}, {"uri": ""}]),
    ],
)
def test_a_list_is_refused_for_its_envelope_and_for_any_of_its_records(
    envelope: Mapping[str, Any], records: list[Any]
) -> None:
    with pytest.raises(NonConformingResponseBody):
        checked(envelope, *map(Record, records))


def test_a_record_of_a_list_is_checked_once_and_again_for_another_schema() -> None:
    record = Record({"id": 1})
    for _ in range(2):
        checked({"uri": "", "records": []}, record)
    assert len(record.checked_by) == 1

    record.checked_by = (object(),)
    checked({"uri": "", "records": []}, record)
    assert len(record.checked_by) == 2
