"""A lint of the contract. Each check finds one kind of mistake and says what would pass instead."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from textwrap import shorten
from typing import Any
from urllib.parse import quote

from jsonschema import ValidationError
from jsonschema.protocols import Validator
from jsonschema.validators import extend
from openapi_schema_validator import OAS30Validator, oas30_format_checker
from openapi_spec_validator import OpenAPIV30SpecValidator
from openapi_spec_validator.validation.keywords import KeywordValidator
from referencing import Registry
from referencing.jsonschema import DRAFT4

from .document import APP_PERMISSION, FILE, NO_PERMISSION, At, follow, operations, step
from .narrower_answers import narrower_answers

Object = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Problem:
    """A mistake in a contract: where it is, what is wrong, and what would pass instead."""

    pointer: str
    """JSON pointer into the contract; empty for the whole document."""
    message: str
    passes: str
    line: int | None = None

    def __str__(self) -> str:
        """`openapi.yaml:12: /paths/~1restapi: message (passes: what would)`; no line if it is unknown."""
        place = FILE if self.line is None else f"{FILE}:{self.line}"
        return f"{place}: {self.pointer or '/'}: {self.message} (passes: {self.passes})"


Check = Callable[[Object], Iterator[Problem]]


def lint(contract: Object, lines: Mapping[str, int] | None = None) -> list[Problem]:
    """All problems of a contract, ordered by line; an empty list means a sound contract.

    `lines` are those of `openapi.line_marks`. For a document that is no OpenAPI 3.0, or has a $ref to nothing, only
    that is reported: the other checks assume a valid document.
    """
    unreadable = [problem for check in FIRST_CHECKS for problem in check(contract)]
    problems = unreadable or [problem for check in CHECKS for problem in check(contract)]
    placed = [replace(problem, line=_line(problem.pointer, lines or {})) for problem in problems]
    return sorted(placed, key=lambda problem: (problem.line or 0, problem.pointer))


def _line(pointer: str, lines: Mapping[str, int]) -> int | None:
    while pointer and pointer not in lines:
        pointer = pointer.rpartition("/")[0]
    return lines.get(pointer)


# --- traversing a contract


# Members whose content is a value and not a part of the contract, unless they are names given by the author.
_VALUES = {"default", "enum", "example", "value"}
_NAME_MAPS = {"content", "encoding", "examples", "headers", "links", "parameters", "paths", "properties"}
_NAME_MAPS |= {"callbacks", "requestBodies", "responses", "schemas", "securitySchemes", "variables"}


def _objects(node: Any, pointer: str = "", names: bool = False) -> Iterator[At]:
    if isinstance(node, list):
        for index, member in enumerate(node):
            yield from _objects(member, step(pointer, index))
    elif isinstance(node, dict):
        if not names:
            yield At(pointer, node)
        for key, member in node.items():
            if names or (key not in _VALUES and not key.startswith("x-")):
                yield from _objects(member, step(pointer, key), names=not names and key in _NAME_MAPS)


def _root_schemas(contract: Object) -> Iterator[At]:
    for pointer, node in _objects(contract):
        if isinstance(node.get("schema"), dict):
            yield At(step(pointer, "schema"), node["schema"])
    for name, schema in contract.get("components", {}).get("schemas", {}).items():
        yield At(f"/components/schemas/{name}", schema)


def _members(schema: At) -> Iterator[At]:
    """The schemas directly within a schema that describe other values than the schema itself does."""
    for key in ("items", "additionalProperties"):
        if isinstance(schema.node.get(key), dict):
            yield At(step(schema.pointer, key), schema.node[key])
    for name, member in schema.node.get("properties", {}).items():
        yield At(step(step(schema.pointer, "properties"), name), member)


def _alternatives(schema: At) -> Iterator[At]:
    """The schemas directly within a schema that describe the same value as the schema itself."""
    for key in ("allOf", "anyOf", "oneOf"):
        for index, member in enumerate(schema.node.get(key, [])):
            yield At(step(step(schema.pointer, key), index), member)
    if "not" in schema.node:
        yield At(step(schema.pointer, "not"), schema.node["not"])


def _schemas(contract: Object) -> Iterator[At]:
    pending = list(_root_schemas(contract))
    while pending:
        schema = pending.pop()
        yield schema
        pending += [*_members(schema), *_alternatives(schema)]


def _operations(contract: Object) -> Iterator[At]:
    for method, path, operation in operations(contract):
        yield At(f"{step('/paths', path)}/{method}", operation)


def _parameters(contract: Object) -> dict[str, list[Object]]:
    """The parameters of each operation by its operationId, those of its path among them."""
    return {
        operation.get("operationId", ""): [
            follow(contract, At("", parameter)).node
            for parameter in contract["paths"][path].get("parameters", []) + operation.get("parameters", [])
        ]
        for _, path, operation in operations(contract)
    }


# --- the checks


def valid_by_the_openapi_schema(contract: Object) -> Iterator[Problem]:
    """Every object has the members OpenAPI 3.0 gives it, and patterns compile."""
    for error in OpenAPIV30SpecValidator.schema_validator.iter_errors(contract):
        pointer = "".join(step("", key) for key in error.absolute_path)
        yield Problem(pointer, shorten(error.message, 200), "what OpenAPI 3.0.3 allows here")


def references_resolve(contract: Object) -> Iterator[Problem]:
    """Each $ref points into this document."""
    for at in _objects(contract):
        try:
            follow(contract, at)
        except (KeyError, IndexError, TypeError, ValueError):
            yield Problem(at.pointer, f"nothing is at {at.node['$ref']}", "a pointer to a component")


class _SchemasAside(KeywordValidator):
    """Says nothing of a schema: required_names_are_properties and values_meet_their_schema do, and are faster."""

    def __call__(self, *_: object, **__: object) -> Iterator[ValidationError]:
        return iter(())


class _OperationsValidator(OpenAPIV30SpecValidator):
    keyword_validators = {**OpenAPIV30SpecValidator.keyword_validators, "schema": _SchemasAside}  # noqa: RUF012


def operations_are_consistent(contract: Object) -> Iterator[Problem]:
    """operationIds are unique, and the parameters in a path are declared."""
    validator = _OperationsValidator(contract)
    for error in validator.root_validator(validator.schema_path):
        yield Problem("/paths", error.message, "a name of its own, or a declaration")


def references_stand_alone(contract: Object) -> Iterator[Problem]:
    """OpenAPI 3.0 ignores siblings of a $ref; some tools do not."""
    for pointer, node in _objects(contract):
        if "$ref" in node and len(node) > 1:
            beside = ", ".join(sorted(node.keys() - {"$ref"}))
            yield Problem(pointer, f"{beside} beside $ref has no effect", "$ref alone")


def operations_are_described(contract: Object) -> Iterator[Problem]:
    """Each operation has an operationId, a summary and a tag that the document declares."""
    declared = {tag["name"] for tag in contract.get("tags", [])}
    for pointer, operation in _operations(contract):
        for key in ("operationId", "summary", "tags"):
            if not operation.get(key):
                yield Problem(pointer, f"the operation has no {key}", f"{key} with a value")
        for tag in set(operation.get("tags", [])) - declared:
            yield Problem(step(pointer, "tags"), f"the tag {tag} is not declared", f"one of {sorted(declared)}")


def security_schemes_are_declared(contract: Object) -> Iterator[Problem]:
    """Each security requirement names a scheme of components/securitySchemes."""
    declared = sorted(contract.get("components", {}).get("securitySchemes", {}))
    for pointer, node in [At("", contract), *_operations(contract)]:
        for index, requirement in enumerate(node.get("security", [])):
            for name in requirement.keys() - set(declared):
                place = step(step(pointer, "security"), index)
                yield Problem(place, f"the security scheme {name} is not declared", f"one of {declared}")


def permissions_are_stated(contract: Object) -> Iterator[Problem]:
    """Each operation that takes a token names the permission that it needs, and its refusal without it."""
    everywhere: list[Object] = contract.get("security", [])
    for pointer, operation in _operations(contract):
        security = operation.get("security", everywhere)
        if not any("oauth2" in requirement for requirement in security):
            continue
        permission = operation.get(APP_PERMISSION)
        if permission is None:
            yield Problem(pointer, f"the operation has no {APP_PERMISSION}", f"a permission, or {NO_PERMISSION}")
        elif permission != NO_PERMISSION:
            place = step(pointer, "responses")
            refusal = follow(contract, At(place, operation["responses"].get("403", {}))).node
            if "CMN-401" not in refusal.get("x-error-codes", []):
                yield Problem(place, f"{permission} is needed, and lacking it is no answer", "403 with CMN-401")


def components_are_used(contract: Object) -> Iterator[Problem]:
    """Each component is reached from the paths, directly or through other components."""
    components = contract.get("components", {})
    reached: set[str] = set()
    pending = [At("", {"paths": contract["paths"]})]
    while pending:
        for _, node in _objects(pending.pop().node):
            if "$ref" in node and node["$ref"] not in reached:
                reached.add(node["$ref"])
                pending.append(follow(contract, At("", node)))
    secured = [contract, *(operation for _, operation in _operations(contract))]
    schemes = {name for node in secured for requirement in node.get("security", []) for name in requirement}
    reached |= {f"#/components/securitySchemes/{name}" for name in schemes}
    for kind, named in components.items():
        for name in named:
            if f"#/components/{kind}/{name}" not in reached:
                yield Problem(f"/components/{kind}/{name}", "the component is unused", "a $ref to it, or its removal")


def parameters_have_a_type(contract: Object) -> Iterator[Problem]:
    """Parameters are parsed from text: a parameter's schema without a type does not say how."""
    for pointer, node in _objects(contract):
        if "in" in node and isinstance(node.get("schema"), dict):
            schema = follow(contract, At(step(pointer, "schema"), node["schema"]))
            if "type" not in schema.node:
                yield Problem(schema.pointer, f"the schema of {node['name']} has no type", "a schema with a type")


def patterns_are_portable(contract: Object) -> Iterator[Problem]:
    r"""Python's \d, \w and \s match more characters than ECMA-262's."""
    for pointer, schema in _schemas(contract):
        found = re.search(r"\\[dDwWsS]", schema.get("pattern", ""))
        if found:
            yield Problem(step(pointer, "pattern"), f"{found[0]} differs between readers", "a class such as [0-9]")


def required_names_are_properties(contract: Object) -> Iterator[Problem]:
    """Each name in `required` is a property of the schema or of the one it refines."""
    for schema in _root_schemas(contract):
        yield from _unknown_required(contract, schema, frozenset())


def _unknown_required(contract: Object, schema: At, outer: frozenset[str]) -> Iterator[Problem]:
    names = outer | _property_names(contract, schema)
    for name in schema.node.get("required", []):
        if name not in names:
            place = step(schema.pointer, "required")
            yield Problem(place, f"{name} is required but no property", f"one of {sorted(names)}")
    for alternative in _alternatives(schema):
        yield from _unknown_required(contract, alternative, names)
    for member in _members(schema):
        yield from _unknown_required(contract, member, frozenset())


def _property_names(contract: Object, schema: At) -> frozenset[str]:
    schema = follow(contract, schema)
    inherited = [_property_names(contract, alternative) for alternative in _alternatives(schema)]
    return frozenset(schema.node.get("properties", {})).union(*inherited)


def values_meet_their_schema(contract: Object) -> Iterator[Problem]:
    """Defaults and examples are valid, with formats and the length in UTF-16 code units."""
    for pointer, schema, value in _values(contract):
        for error in _validator(contract, schema).iter_errors(value):
            where = error.json_path.removeprefix("$")
            yield Problem(pointer, f"{where}: {error.message}".removeprefix(": "), f"a value valid by {schema}")


def _values(contract: Object) -> Iterator[tuple[str, str, Any]]:
    """Every default and example: pointer to it, pointer to its schema, and the value."""
    for pointer, schema in _schemas(contract):
        for key in ("default", "example"):
            if key in schema:
                yield step(pointer, key), pointer, schema[key]
    for pointer, node in _objects(contract):
        if isinstance(node.get("schema"), dict):
            for place, value in _examples(At(pointer, node)):
                yield place, step(pointer, "schema"), value


def _examples(described: At) -> Iterator[tuple[str, Any]]:
    """The examples of a parameter, header or media type: pointer to the value, and the value."""
    if "example" in described.node:
        yield step(described.pointer, "example"), described.node["example"]
    for name, example in described.node.get("examples", {}).items():
        if "value" in example:
            yield step(step(step(described.pointer, "examples"), name), "value"), example["value"]


def _max_length_utf16(validator: Validator, limit: int, instance: Any, schema: Object) -> Iterator[ValidationError]:
    if isinstance(instance, str) and len(instance.encode("utf-16-le", "surrogatepass")) // 2 > limit:
        yield ValidationError(f"{instance!r} is longer than {limit} UTF-16 code units")


_ValueValidator: Callable[..., Validator] = extend(  # type: ignore[no-untyped-call]
    OAS30Validator, {"x-maxLengthUtf16": _max_length_utf16}
)


def _validator(contract: Object, pointer: str) -> Validator:
    registry: Registry[Any] = Registry().with_resource("urn:contract", DRAFT4.create_resource(contract))
    schema = {"$ref": f"urn:contract#{quote(pointer)}"}
    return _ValueValidator(schema, registry=registry, format_checker=oas30_format_checker)


def links_lead_somewhere(contract: Object) -> Iterator[Problem]:
    """Each link names an operation, gives it parameters it has, and leaves out none of its path's."""
    parameters = _parameters(contract)
    for pointer, node in _objects(contract):
        if "operationId" not in node or "responses" in node:
            continue
        if node["operationId"] not in parameters:
            yield Problem(pointer, f"no operation is called {node['operationId']}", f"one of {sorted(parameters)}")
            continue
        target = parameters[node["operationId"]]
        given = {re.sub(r"^(path|query|header|cookie)\.", "", name) for name in node.get("parameters", {})}
        for name in given - {parameter["name"] for parameter in target}:
            known = sorted(parameter["name"] for parameter in target)
            yield Problem(
                step(pointer, "parameters"),
                f"{node['operationId']} has no parameter {name}",
                f"one of {known}",
            )
        for name in {parameter["name"] for parameter in target if parameter["in"] == "path"} - given:
            yield Problem(pointer, f"the link leaves out the path parameter {name}", f"{name} among its parameters")


def refusals_are_declared(contract: Object) -> Iterator[Problem]:
    """Each 4xx answer has the envelope and lists its codes; 405 and 5xx are no operation's own."""
    declared: dict[str, tuple[str, Object]] = {}
    for pointer, operation in _operations(contract):
        for status, response in operation["responses"].items():
            at = follow(contract, At(step(step(pointer, "responses"), status), response))
            declared[at.pointer] = (status, at.node)
    for pointer, (status, response) in declared.items():
        if status in ("405", "default") or status.startswith("5"):
            yield Problem(pointer, f"{status} is not an operation's own answer", "a 2xx or 4xx status")
        elif status.startswith("4"):
            yield from _refusal_problems(contract, At(pointer, response))


def _refusal_problems(contract: Object, refusal: At) -> Iterator[Problem]:
    pointer, response = refusal
    answer = response.get("content", {}).get("application/json", {})
    envelope = follow(contract, At("", answer.get("schema", {}))).node
    if "errors" not in envelope.get("required", []):
        yield Problem(pointer, "the refusal does not carry the error envelope", "a JSON schema that requires errors")
    codes = response.get("x-error-codes", [])
    if not codes:
        yield Problem(pointer, "the refusal lists no codes", "x-error-codes with at least one code")
    for place, example in _examples(At(f"{pointer}/content/application~1json", answer)):
        for error in example.get("errors", []):
            if error.get("errorCode") not in codes:
                yield Problem(place, f"{error.get('errorCode')} is not among the refusal's codes", f"one of {codes}")


def answers_show_what_is_set(contract: Object) -> Iterator[Problem]:
    """What a request can set, every answer that shows it allows."""
    for found in narrower_answers(contract):
        yield Problem(found.pointer, found.message, found.passes)


_NO_IDENTIFIERS = ("", "0" * 63)
_IDENTIFIER = re.compile(r"(extension|department|group|phone)(Id|Ids|Number)|\w+ExtensionIds?|phoneNumber|from")
_UPPER_BOUNDS = ("dateTo", "creationTimeTo")


def identifiers_name_something(contract: Object) -> Iterator[Problem]:
    """What a request names an extension or a phone number by is neither empty nor without an end."""
    for schema in _sent(contract):
        for name, member in schema.node.get("properties", {}).items():
            place = step(step(schema.pointer, "properties"), name)
            if _IDENTIFIER.fullmatch(name) and follow(contract, At(place, member)).node.get("type") == "string":
                taken = [value for value in _NO_IDENTIFIERS if _validator(contract, place).is_valid(value)]
                for value in taken:
                    said = f"{name} takes {value[:3]!r} of {len(value)} characters"
                    yield Problem(place, said, "a pattern, as ^[0-9]{1,15}$")


def _sent(contract: Object) -> Iterator[At]:
    """Every schema of what a request's body can have, references followed; each once."""
    pending = [
        At(step(step(f"{pointer}/requestBody/content", media_type), "schema"), described["schema"])
        for pointer, operation in _operations(contract)
        for media_type, described in operation.get("requestBody", {}).get("content", {}).items()
        if "schema" in described
    ]
    seen: set[str] = set()
    while pending:
        schema = follow(contract, pending.pop())
        if schema.pointer not in seen:
            seen.add(schema.pointer)
            yield schema
            pending += [*_members(schema), *_alternatives(schema)]


def bounds_say_that_they_are_included(contract: Object) -> Iterator[Problem]:
    """The end of a window of time says on which side of it a message lies that was created right then."""
    for pointer, found in _objects(contract):
        if found.get("name") in _UPPER_BOUNDS and found.get("in") == "query":
            said = found.get("description", "")
            if "then or earlier" not in said and "then or before" not in said:
                yield Problem(pointer, f"{found['name']} does not say whether it is included", "then or earlier")


def required_parameters_have_examples(contract: Object) -> Iterator[Problem]:
    """A tool that calls by the contract alone has something to call with."""
    for pointer, found in _objects(contract):
        # Dredd looks at the parameter and at its own schema, and follows no $ref.
        said = {"example", "examples", "default"} & (found.keys() | found.get("schema", {}).keys())
        if found.get("in") == "query" and found.get("required") is True and not said:
            yield Problem(pointer, f"{found.get('name')} is required and has no example", "example: ...")


def answers_without_content_are_empty(contract: Object) -> Iterator[Problem]:
    """An answer that is described as having no body declares none, and the other way."""
    for pointer, operation in _operations(contract):
        for status, response in operation.get("responses", {}).items():
            has_none = "No body" in response.get("description", "")
            if has_none and "content" in response:
                yield Problem(step(step(pointer, "responses"), status), "no body, and content", "one of them")


def alternatives_hide_no_properties(contract: Object) -> Iterator[Problem]:
    """A generator of clients takes an `anyOf` or `oneOf` for the whole schema, and loses what is beside it."""
    for schema in _schemas(contract):
        for key in ("anyOf", "oneOf"):
            if key in schema.node and schema.node.get("properties"):
                yield Problem(step(schema.pointer, key), f"{key} beside properties", f"allOf: [{{{key}: [...]}}]")


_FIRST_PART, _FURTHER_PARTS = "x-first-part", "x-further-parts"


def parts_differ(contract: Object) -> Iterator[Problem]:
    """A body in parts says which property the first part is and which the further ones, or that all are alike.

    OpenAPI 3.0 knows parts by their names alone, and clients choose these as they like.
    """
    for pointer, operation in _operations(contract):
        for media_type, described in operation.get("requestBody", {}).get("content", {}).items():
            place = step(step(f"{pointer}/requestBody/content", media_type), "schema")
            if media_type.startswith("multipart/"):
                yield from _untold_parts(follow(contract, At(place, described.get("schema", {}))))


def _untold_parts(schema: At) -> Iterator[Problem]:
    properties = sorted(schema.node.get("properties", {}))
    for key in (_FIRST_PART, _FURTHER_PARTS) if "additionalProperties" not in schema.node else ():
        if schema.node.get(key) not in properties:
            yield Problem(schema.pointer, f"{key} is none of the properties", f"one of {properties}")


def forms_need_no_json(contract: Object) -> Iterator[Problem]:
    """Where the message may be the fields of a form, it is not required as JSON, and the fields are properties."""
    for schema in _sent(contract):
        said = " ".join(schema.node.get("description", "").split())
        if "fields of a form" not in said or _FIRST_PART not in schema.node:
            continue
        first = schema.node[_FIRST_PART]
        if first in schema.node.get("required", []):
            yield Problem(step(schema.pointer, "required"), f"{first} is required beside a form", f"without {first}")
        own = schema.node["properties"]
        message = follow(contract, At("", own.get(first, {}))).node
        for name in message.get("required", []):
            if name not in own:
                yield Problem(step(schema.pointer, "properties"), f"no field is {name}", f"{name} as in {first}")


def ignored_bodies_are_declared(contract: Object) -> Iterator[Problem]:
    """An operation that takes a body says so, though it reads nothing of it."""
    for pointer, operation in _operations(contract):
        if "body is ignored" in " ".join(operation.get("description", "").split()) and "requestBody" not in operation:
            yield Problem(pointer, "a body is ignored, and none is declared", "requestBody")


_WITH_PLUS = ("2012-10-16T06:34:58+08:00", "2012-10-16T06:34:58+0800")


def dates_in_queries_take_a_blank_for_a_plus(contract: Object) -> Iterator[Problem]:
    """A plus that nobody escaped comes as a blank: a form's decoding makes it one."""
    for pointer, found in _objects(contract):
        if found.get("in") == "query" and "schema" in found:
            schema = follow(contract, At(step(pointer, "schema"), found["schema"]))
            pattern = re.compile(schema.node.get("pattern", ""))
            for date in _WITH_PLUS if "date" in schema.node.get("format", "") and pattern.pattern else ():
                if pattern.search(date) and not pattern.search(date.replace("+", " ")):
                    yield Problem(step(schema.pointer, "pattern"), f"{date} loses its plus", "[ +-] before a zone")


FIRST_CHECKS: tuple[Check, ...] = (valid_by_the_openapi_schema, references_resolve)
CHECKS: tuple[Check, ...] = (
    operations_are_consistent,
    references_stand_alone,
    operations_are_described,
    security_schemes_are_declared,
    permissions_are_stated,
    components_are_used,
    parameters_have_a_type,
    patterns_are_portable,
    required_names_are_properties,
    values_meet_their_schema,
    links_lead_somewhere,
    refusals_are_declared,
    answers_show_what_is_set,
    identifiers_name_something,
    bounds_say_that_they_are_included,
    required_parameters_have_examples,
    answers_without_content_are_empty,
    alternatives_hide_no_properties,
    parts_differ,
    forms_need_no_json,
    ignored_bodies_are_declared,
    dates_in_queries_take_a_blank_for_a_plus,
)
