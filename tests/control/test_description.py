"""The description of the control API: an OpenAPI document that is kept, whose every example is carried out."""

import json
from collections.abc import Iterator
from typing import Any

import jsonschema_rs
import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from ringmock.control import description
from ringmock.control.api import function_of
from ringmock.control.description import Operation, Parameter, operations
from support import Client

NOT_THERE = {"close_world": 409, "rewind": 409, **dict.fromkeys((
    "attachment_of_handset", "attachment_of_message", "read_message", "read_message_by_number", "resend_notification",
    "remove_fault", "read_conversation", "read_message_thread",
    "read_coverage", "forget_coverage", "coverage_as_text", "coverage_as_page"), 404)}  # fmt: skip
"""What the examples are answered by a world that has just begun, where it is not 200."""


def test_it_is_an_openapi_document() -> None:
    assert list(OpenAPIV31SpecValidator(description.document()).iter_errors()) == []  # type: ignore[arg-type]


def test_it_is_served_as_it_stands(world_client: Client) -> None:
    answer = world_client.get("/_mock/openapi.yaml", by=None)

    assert (answer.status_code, answer.text) == (200, description.text())
    assert answer.headers["content-type"] == "application/yaml; charset=utf-8"


def test_every_number_that_identifies_something_has_64_bits_in_typed_languages() -> None:
    found = dict(identifiers(description.document()))

    assert len(found) > 5
    assert [where for where, schema in found.items() if schema.get("format") != "int64"] == []


def identifiers(thing: Any, where: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Each integer that is named `id` or `account`, as generators of clients see it."""
    for key, value in thing.items() if isinstance(thing, dict) else enumerate(thing) if isinstance(thing, list) else ():
        if key in ("id", "account") and isinstance(value, dict) and "integer" in value.get("type", ()):
            yield f"{where}/{key}", value
        yield from identifiers(value, f"{where}/{key}")


@pytest.mark.parametrize("operation", operations(), ids=lambda each: each.id)
def test_every_operation_is_answered_by_a_function_of_its_tag(operation: Operation) -> None:
    assert callable(function_of(operation))
    assert operation.summary.endswith((".", ".)"))


def test_no_operation_stands_twice() -> None:
    assert (
        len({each.id for each in operations()}) == len({(e.method, e.path) for e in operations()}) == len(operations())
    )


@pytest.mark.parametrize("operation", operations(), ids=lambda each: each.id)
def test_every_body_has_an_example_that_keeps_its_schema(operation: Operation) -> None:
    if description.JSON in operation.bodies:
        assert operation.example is not None
        assert operation.bodies[description.JSON].first_broken(operation.example) is None


@pytest.mark.parametrize("operation", operations(), ids=lambda each: each.id)
def test_its_example_is_carried_out_and_answered_as_described(world_client: Client, operation: Operation) -> None:
    path = operation.path.format(**{each.name: each.example for each in operation.of("path")})
    query = {each.name: _written(each) for each in operation.of("query") if each.example is not None}
    body = None if operation.example is None else json.dumps(operation.example)

    answer = world_client.call(operation.method, path, params=query, content=body)

    assert answer.status_code == NOT_THERE.get(operation.id, 200), answer.text
    if answer.headers["content-type"] == description.JSON:
        assert_described(operation, answer.status_code, answer.json())


def assert_described(operation: Operation, status: int, body: Any) -> None:
    """The answer keeps the schema that the description has for it."""
    item = description.document()["paths"][operation.path.removeprefix("/_mock")]
    responses = item[operation.method.lower()]["responses"]
    schema = responses.get(str(status), responses["default"])["content"][description.JSON]["schema"]
    jsonschema_rs.Draft202012Validator(schema).validate(body)


def _written(parameter: Parameter) -> str:
    return json.dumps(parameter.example) if isinstance(parameter.example, bool) else str(parameter.example)
