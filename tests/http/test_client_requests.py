"""Requests as clients in use send them: what is meant is plain, and is done."""

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from ringmock.domain.errors import InvalidParameter
from ringmock.http.errors import UnparseableJson
from ringmock.http.json_schemas import schema_of
from ringmock.http.validation import parse_json, periods_of, problems_of
from ringmock.openapi.document import load_contract, operations
from support import PAGER, STORE, Client, assert_refused

Json = Any

CONTRACT = load_contract()
IDS = {"101": 1346632010, "102": 1346632102}

# --- ids -----------------------------------------------------------------------------------------


def resolved(node: Json) -> Json:
    """A part of the contract without references."""
    if isinstance(node, list):
        return [resolved(item) for item in node]
    if not isinstance(node, Mapping):
        return node
    if "$ref" in node:
        _, *steps = str(node["$ref"]).split("/")
        found: Json = CONTRACT
        for step in steps:
            found = found[step]
        return resolved(found)
    return {name: resolved(member) for name, member in node.items()}


def named_values(schema: Json, name: str = "") -> Iterator[tuple[str, Json]]:
    """Every schema of a value in a body, under the name of the property that it is or is listed in."""
    yield name, schema
    for branch in [each for key in ("anyOf", "oneOf", "allOf") for each in schema.get(key, ())]:
        if "properties" in branch or "items" in branch:
            yield from named_values(branch, name)
    for member, of_member in schema.get("properties", {}).items():
        yield from named_values(of_member, member)
    for key in ("items", "additionalProperties"):
        if isinstance(schema.get(key), Mapping):
            yield from named_values(schema[key], name)


OPAQUE = ("partnerId", "appExternalId", "threadId")
"""Texts of the partner's or the application's own, and ids that answers have as a text that may have letters."""


def is_id(name: str, schema: Json) -> bool:
    if name in OPAQUE:
        return False
    is_scalar = schema.get("type") in ("string", "integer", "number") or "string" in types_of(schema)
    return is_scalar and (name in ("id", "replyOn") or name.endswith(("Id", "Ids")))


def types_of(schema: Json) -> list[str]:
    return [branch.get("type") for branch in schema.get("anyOf", ())]


BODIES = [
    (operation["operationId"], media_type, resolved(content["schema"]))
    for _, _, operation in operations(CONTRACT)
    for media_type, content in resolved(operation.get("requestBody", {})).get("content", {}).items()
    if media_type != "application/x-www-form-urlencoded"  # a form has texts alone
]
ID_SCHEMAS = [
    pytest.param(schema, id=f"{operation} {media_type} {name}")
    for operation, media_type, body in BODIES
    for name, schema in named_values(body)
    if is_id(name, schema)
]


def test_the_contract_names_ids_in_bodies() -> None:
    assert len(ID_SCHEMAS) >= 14


@pytest.mark.parametrize("schema", ID_SCHEMAS)
def test_an_id_in_a_body_is_a_number_or_its_digits_and_a_handler_sees_one_of_the_two(schema: Json) -> None:
    compiled = schema_of(schema)
    assert compiled.ids is not None
    assert compiled.ids(7) == compiled.ids("7")
    for value, is_good in [
        ("7", True), (7, True), (-7, False), (7.5, False), (7.0, False), (1e30, False), (2**63, False), (True, False),
    ]:  # fmt: skip
        assert compiled.validator.is_valid(value) is is_good, value
        assert (not problems_of(schema, value)) is is_good, value


@pytest.mark.parametrize("spell", [int, str])
def test_a_page_names_its_parties_by_ids_as_numbers_or_texts(world_client: Client, spell: type) -> None:
    sender, recipient = {"extensionId": spell(IDS["101"])}, {"extensionId": spell(IDS["102"])}
    sent = world_client.post(PAGER, json={"from": sender, "to": [recipient], "text": "Hi"})
    assert sent.status_code == 200, sent.text
    reply = world_client.post(PAGER, json={"replyOn": spell(sent.json()["id"]), "text": "Again"})
    assert reply.status_code == 200, reply.text
    assert [message["subject"] for message in world_client.messages("102")] == ["Again", "Hi"]


@pytest.mark.parametrize("wrong", [1346632010.5, -1346632010, 2**63, True, 1e30])
def test_an_id_that_is_no_whole_number_is_refused_by_its_name(world_client: Client, wrong: float) -> None:
    answer = world_client.post(PAGER, json={"to": [{"extensionId": wrong}], "text": "Hi"})
    assert_refused(answer, 400, "CMN-101", "to.extensionId")


def test_messages_are_deleted_and_changed_by_ids_as_numbers(world_client: Client) -> None:
    ids = [world_client.page("102", text=text).json()["id"] for text in ("one", "two", "three")]
    entries = [{"resourceId": one, "body": {"readStatus": "Read"}} for one in ids]
    headers = {"Content-Type": "application/vnd.ringcentral.multipart+json"}
    changed = world_client.call("PUT", f"{STORE}/*", json=entries, headers=headers)
    assert changed.status_code == 207, changed.text
    assert world_client.call("DELETE", f"{STORE}/*", json=ids[:2]).status_code == 204
    assert [message["subject"] for message in world_client.messages("101")] == ["three"]


# --- paths ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(("method", "path"), [(method.upper(), path) for method, path, _ in operations(CONTRACT)])
def test_a_slash_at_the_end_changes_nothing(world_client: Client, method: str, path: str) -> None:
    path = path.replace("{accountId}", "~").replace("{extensionId}", "~").replace("{messageId}", "1")
    for query in ("", "?page=0"):
        plain, slashed = (world_client.call(method, f"{path}{slash}{query}") for slash in ("", "/"))
        assert slashed.status_code == plain.status_code
        assert slashed.headers.get("content-type") == plain.headers.get("content-type")
        if plain.status_code >= 400:
            assert slashed.json() == plain.json()


def test_a_message_is_sent_to_a_path_with_a_slash_at_its_end(world_client: Client) -> None:
    assert world_client.post(f"{PAGER}/", json={"to": [{"extensionNumber": "102"}], "text": "Hi"}).status_code == 200
    assert len(world_client.get(f"{STORE}/?messageType=Pager").json()["records"]) == 1
    assert_refused(world_client.get(f"{STORE}//"), 404, "CMN-120")


# --- queries -------------------------------------------------------------------------------------

LISTS = [
    pytest.param(parameter["name"], operation["operationId"], id=f"{operation['operationId']} {parameter['name']}")
    for _, path, operation in operations(CONTRACT)
    for parameter in resolved([*CONTRACT["paths"][path].get("parameters", []), *operation.get("parameters", [])])
    if parameter["in"] == "query" and parameter["schema"].get("type") == "array"
]
PATHS = {operation["operationId"]: (method.upper(), path) for method, path, operation in operations(CONTRACT)}


@pytest.mark.parametrize(("name", "operation"), LISTS)
def test_every_list_parameter_is_read_in_each_of_its_spellings(world_client: Client, name: str, operation: str) -> None:
    """A wrong value is refused wherever it stands; where any text is one, all spellings answer alike."""
    method, path = PATHS[operation]
    path = path.replace("{accountId}", "~").replace("{extensionId}", "~").replace("{groupId}", str(IDS["101"]))
    spelled = [
        f"{name}=!&{name}=!", f"{name}=!,!", f"{name}[]=!&{name}[]=!", f"{name}[0]=!&{name}[1]=!",
        f"{name}%5B0%5D=!&{name}%5B1%5D=!",
    ]  # fmt: skip
    answers = [world_client.call(method, f"{path}?{query}") for query in spelled]
    assert len({answer.status_code for answer in answers}) == 1
    if answers[0].status_code == 400:
        assert {answer.json()["parameterName"] for answer in answers} == {name}


@pytest.mark.parametrize(
    "query",
    ["messageType[0]=Fax&messageType[1]=Pager", "messageType[]=Fax&messageType[]=Pager", "messageType=Fax,Pager",
     "messageType%5B10%5D=Pager", "messageType=Fax&messageType=Pager"],
)  # fmt: skip
def test_a_list_in_brackets_filters(world_client: Client, query: str) -> None:
    world_client.post_sms()
    world_client.page("102", text="a page")
    assert [record["subject"] for record in world_client.get(f"{STORE}?{query}").json()["records"]] == ["a page"]
    assert world_client.get(f"{STORE}?messageType[0]=Fax").json()["records"] == []


@pytest.mark.parametrize("zone", ["Z", "+00:00", "+0000", "%2B0000", "%2000:00", "%200000", "-0000", "+0530"])
def test_a_date_is_read_with_its_zone_as_clients_write_it(world_client: Client, zone: str) -> None:
    world_client.page("102")
    answer = world_client.get(f"{STORE}?dateFrom=2012-01-01T00:00:00{zone}")
    assert answer.status_code == 200, answer.text
    assert len(answer.json()["records"]) == 1
    again = world_client.get(answer.json()["uri"].removeprefix(world_client.url))
    assert again.json()["records"] == answer.json()["records"]


WITH_PERIODS = [
    pytest.param(PATHS[operation["operationId"]], period, id=operation["operationId"])
    for _, path, operation in operations(CONTRACT)
    for period in periods_of(
        [
            each
            for each in resolved([*CONTRACT["paths"][path].get("parameters", []), *operation.get("parameters", [])])
            if each["in"] == "query"
        ]
    )
]


@pytest.mark.parametrize(("call", "period"), WITH_PERIODS)
def test_a_period_that_ends_before_it_begins_is_refused(
    world_client: Client, call: tuple[str, str], period: tuple[str, str]
) -> None:
    method, path = call
    path = path.replace("{accountId}", "~").replace("{extensionId}", "~")
    moment, before = "2012-01-01T00:00:00.000Z", "2011-12-31T23:59:59.999Z"
    reversed_one = world_client.call(method, path, params={period[0]: moment, period[1]: before})
    at_once = world_client.call(method, path, params={period[0]: moment, period[1]: moment})
    assert_refused(reversed_one, 400, "CMN-101", period[1])
    assert at_once.status_code == 200, at_once.text


def test_a_period_ends_after_it_begins_in_every_operation_that_has_one() -> None:
    assert len(WITH_PERIODS) >= 5


def test_the_uris_of_an_answer_name_what_was_asked_for_whoever_encodes_them_anew(world_client: Client) -> None:
    for text in ("one", "two"):
        world_client.post_sms(text)
    answer = world_client.get(f"{STORE}?phoneNumber=%2B14151003732&perPage=1").json()
    following = answer["navigation"]["nextPage"]["uri"]
    assert "phoneNumber=%2B14151003732" in following
    assert "+" not in following.partition("?")[2]
    page = world_client.get(following.removeprefix(world_client.url)).json()
    assert [record["subject"] for record in page["records"]] == ["one"]


# --- numbers and halves of characters --------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "parameter"),
    [
        (rb'{"text": "\ud800", "number": 1.5}', "text"),
        (rb'{"to": [7, true, {"name": "\udc00"}]}', "to.name"),
        (rb'{"text": "\ud800", "number": 1e999}', None),
        (rb'{"text": "\ud800", "number": -1e999}', None),
        (rb'{"text": "\ud800", "number": NaN}', None),
        (rb'{"text": "\ud800"', None),
    ],
)
def test_half_a_character_is_refused_by_its_name_in_what_is_json_otherwise(body: bytes, parameter: str | None) -> None:
    with pytest.raises((InvalidParameter, UnparseableJson)) as refused:
        parse_json(body, 100, 10)
    assert getattr(refused.value, "parameter", None) == parameter
