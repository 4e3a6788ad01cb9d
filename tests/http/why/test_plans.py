"""What the contract says of an operation: values that keep a schema, schemas without references, and lines."""

from typing import Any

import pytest

from ringmock.http.json_schemas import compiled
from ringmock.http.why.plans import (
    JSON,
    every_property,
    example_in,
    line_of,
    line_of_body,
    merged,
    plans,
    resolved,
    schema_at,
)
from ringmock.openapi.document import contract_text

TEXT, TRUTH = {"type": "string"}, {"type": "boolean"}


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({"example": "Hi", "type": "string"}, "Hi"),
        ({"default": 3, "type": "integer"}, 3),
        ({"enum": [None, "Read"]}, "Read"),
        (TRUTH, True),
        ({"type": "integer"}, 1),
        ({"type": "integer", "minimum": 7}, 7),
        ({"type": "integer", "maximum": 0}, 0),
        ({"type": "string", "format": "date"}, "2026-01-01"),
        ({"type": "string", "format": "date-time"}, "2026-01-01T00:00:00Z"),
        ({"type": "string", "minLength": 7}, "HelloHe"),
        ({"type": "string", "maxLength": 2}, "He"),
        ({"type": "array", "items": TRUTH}, [True]),
        ({"type": "array", "items": TRUTH, "minItems": 2}, [True, True]),
        ({"properties": {"a": TRUTH, "b": TEXT}, "required": ["a"]}, {"a": True}),
        ({"oneOf": [TRUTH, TEXT]}, True),
        ({}, "Hello"),
    ],
)
def test_an_example_that_is_made_of_a_schema_keeps_it(schema: dict[str, Any], value: object) -> None:
    assert example_in(schema) == value
    assert compiled(schema).is_valid(value)


def test_a_schema_that_refers_to_itself_ends_there() -> None:
    reference = {"$ref": "#/components/schemas/Node"}
    contract = {"components": {"schemas": {"Node": {"properties": {"below": reference, "name": TEXT}}}}}
    assert resolved(contract, reference) == {"properties": {"below": {}, "name": TEXT}}


def test_what_all_branches_say_is_in_a_merged_schema_and_of_alternatives_the_first() -> None:
    first = {"properties": {"a": TEXT, "b": TEXT}, "required": ["a"], "minProperties": 1}
    second = {"properties": {"c": TEXT}, "required": ["a", "c"]}
    schema = {
        "properties": {"a": TRUTH},
        "allOf": [first, second],
        "anyOf": [{"maxProperties": 3}, {"maxProperties": 4}],
    }
    assert merged(schema) == {
        "properties": {"a": TRUTH, "b": TEXT, "c": TEXT},
        "required": ["a", "c"],
        "minProperties": 1,
        "maxProperties": 3,
    }


def test_the_properties_of_an_object_are_those_of_every_branch_its_own_before_others() -> None:
    schema = {
        "properties": {"a": TRUTH},
        "oneOf": [{"properties": {"a": TEXT, "b": TEXT}}, {"allOf": [{"properties": {"c": TRUTH}}]}],
    }
    assert every_property(schema) == {"a": TRUTH, "b": TEXT, "c": TRUTH}
    assert schema_at(schema, ("b",)) == TEXT
    assert schema_at(schema, ("d",)) == {}
    assert schema_at({"type": "array", "items": schema}, (0, "c")) == TRUTH


def line(number: int | None) -> str:
    assert number is not None
    return contract_text().splitlines()[number - 1].strip()


def test_the_line_of_what_is_not_there_is_that_of_what_is_around_it() -> None:
    pointer = plans()["createSMSMessage"].pointer
    assert line(line_of(pointer)) == "post:"
    assert line_of(f"{pointer}/nothing/here") == line_of(pointer)


@pytest.mark.parametrize(
    ("operation", "names", "said"),
    [
        ("createSMSMessage", ["to"], "to:"),
        ("createSMSMessage", ["to", "phoneNumber"], "phoneNumber:"),
        ("createInternalTextMessage", ["to", "extensionId"], "extensionId:"),
        ("readMessage", ["text"], "get:"),
    ],
)
def test_the_line_of_a_value_of_a_body_is_that_of_its_property(operation: str, names: list[str], said: str) -> None:
    assert line(line_of_body(plans()[operation], JSON, names)) == said


@pytest.mark.parametrize("operation", ["createSMSMessage", "createInternalTextMessage"])
def test_the_line_of_a_value_that_the_contract_lacks_is_that_of_what_holds_it(operation: str) -> None:
    plan = plans()[operation]
    assert line_of_body(plan, JSON, ["nothing"]) == line_of_body(plan, JSON, [])
    assert line_of_body(plan, JSON, ["to", "nothing"]) != line_of_body(plan, JSON, [])
    assert line_of_body(plan, "text/plain", ["to"]) == line_of_body(plan, JSON, ["to"])
