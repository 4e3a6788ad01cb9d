"""Which parameters, schema keywords, enum values and formats of the contract were exercised, in requests and answers.

A keyword is kept when a value came that it is about and that keeps it, and broken when one came that does not. What
requests may do wrong counts as much as what they do right; what answers may not do wrong does not count.
"""

from collections.abc import Callable, Iterator, Mapping
from enum import StrEnum
from functools import cache
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlsplit

from ..http.json_schemas import compiled
from ..openapi.document import At, follow, load_contract, operations
from .items import Share

Json = Any

MOST_ITEMS = 50
"""Of a list so many are looked at, and as many members of an object that may have any."""
FORM = "application/x-www-form-urlencoded"
_APPLIES: Mapping[str, type | tuple[type, ...]] = {
    "maxLength": str, "minLength": str, "pattern": str, "x-maxLengthUtf16": str,
    "maximum": (int, float), "minimum": (int, float), "multipleOf": (int, float),
    "maxItems": list, "minItems": list, "uniqueItems": list,
    "maxProperties": dict, "minProperties": dict, "required": dict,
}  # fmt: skip
"""The keywords with a limit, and the values that each is about. `type` is about all."""


class Side(StrEnum):
    REQUEST = "request"
    ANSWER = "answer"


class Kind(StrEnum):
    """The kinds of things of a schema, in the order of a report."""

    PARAMETERS = "parameters"
    KEYWORDS_KEPT = "keywords kept"
    KEYWORDS_BROKEN = "keywords broken"
    ENUM_VALUES = "enum values"
    FORMATS = "formats"


class Point(NamedTuple):
    """One thing of the contract, on one side."""

    side: Side
    kind: Kind
    name: str
    """`listMessages query dateFrom`, or a JSON pointer and what stands there: `/components/schemas/X maxLength`."""


class Body(NamedTuple):
    """What was sent or answered: the value of a JSON text, or the fields of a form, each with its texts."""

    media_type: str
    value: Json


class SchemaExchange(NamedTuple):
    """A call of an operation, and its answer, as far as schemas are concerned."""

    operation: str
    target: str
    status: int
    path: Mapping[str, str] = {}
    request_headers: Mapping[str, str] = {}
    sent: Body | None = None
    answer_headers: Mapping[str, str] = {}
    answered: Body | None = None


class SchemaCoverage:
    """What of the contract's schemas a run exercised. Not thread-safe."""

    def __init__(self) -> None:
        self.seen: set[Point] = set()

    def note(self, exchange: SchemaExchange) -> None:
        """Count a call and its answer."""
        self.seen |= points_of(exchange)

    def of(self, side: Side, kind: Kind) -> Share:
        """How many of how many."""
        every = [point for point in all_points() if point.side is side and point.kind is kind]
        return Share(sum(point in self.seen for point in every), len(every))

    @property
    def missing(self) -> tuple[Point, ...]:
        """What the run did not exercise, in the contract's order."""
        return tuple(point for point in all_points() if point not in self.seen)

    def to_json(self) -> dict[str, Json]:
        """By side and kind how many of how many, and the names of what is missing."""
        missing = self.missing
        return {
            side: {
                kind: {
                    "exercised": self.of(side, kind).exercised,
                    "of": self.of(side, kind).total,
                    "missing": [point.name for point in missing if point.side is side and point.kind is kind],
                }
                for kind in Kind
                if self.of(side, kind).total
            }
            for side in Side
        }


# --- the contract --------------------------------------------------------------------------------------


class _Operation(NamedTuple):
    parameters: tuple[At, ...]
    bodies: Mapping[str, At]
    answers: Mapping[str, Mapping[str, At]]
    """By status and media type."""
    headers: Mapping[str, Mapping[str, At]]
    """By status and lower-case name."""


@cache
def _contract() -> dict[str, Any]:
    return load_contract()


@cache
def _operations() -> Mapping[str, _Operation]:
    contract = _contract()
    return {found["operationId"]: _operation(path, method, found) for method, path, found in operations(contract)}


def _operation(path: str, method: str, found: Mapping[str, Any]) -> _Operation:
    contract = _contract()
    pointer = f"/paths/{path.replace('~', '~0').replace('/', '~1')}"
    shared = contract["paths"][path].get("parameters", [])
    listed = [At(f"{pointer}/parameters/{place}", each) for place, each in enumerate(shared)]
    listed += [At(f"{pointer}/{method}/parameters/{n}", each) for n, each in enumerate(found.get("parameters", []))]
    body = follow(contract, At(f"{pointer}/{method}/requestBody", found.get("requestBody", {})))
    answers = {
        status: follow(contract, At(f"{pointer}/{method}/responses/{status}", response))
        for status, response in found["responses"].items()
    }
    return _Operation(
        tuple(follow(contract, each) for each in listed),
        _contents(body),
        {status: _contents(answer) for status, answer in answers.items()},
        {status: _headers(answer) for status, answer in answers.items()},
    )


def _contents(body: At) -> Mapping[str, At]:
    return {
        media_type: At(f"{body.pointer}/content/{media_type.replace('/', '~1')}/schema", content["schema"])
        for media_type, content in body.node.get("content", {}).items()
        if "schema" in content
    }


def _headers(answer: At) -> Mapping[str, At]:
    found = {}
    for name, node in answer.node.get("headers", {}).items():
        header = follow(_contract(), At(f"{answer.pointer}/headers/{name}", node))
        if "schema" in header.node:
            found[name.lower()] = At(f"{header.pointer}/schema", header.node["schema"])
    return found


@cache
def all_points() -> tuple[Point, ...]:
    """Everything that requests and answers can exercise, by openapi.yaml."""
    found: dict[Point, None] = {}
    for name, operation in _operations().items():
        for parameter in operation.parameters:
            found[_parameter_point(name, parameter)] = None
            found |= dict.fromkeys(_declared(_schema_of(parameter), Side.REQUEST))
        for schema in operation.bodies.values():
            found |= dict.fromkeys(_declared(schema, Side.REQUEST))
        for status in operation.answers:
            for schema in (*operation.answers[status].values(), *operation.headers[status].values()):
                found |= dict.fromkeys(_declared(schema, Side.ANSWER))
    return tuple(found)


def _schema_of(parameter: At) -> At:
    return At(f"{parameter.pointer}/schema", parameter.node.get("schema", {}))


def _parameter_point(operation: str, parameter: At) -> Point:
    return Point(Side.REQUEST, Kind.PARAMETERS, f"{operation} {parameter.node['in']} {parameter.node['name']}")


def _declared(schema: At, side: Side, above: frozenset[str] = frozenset()) -> Iterator[Point]:
    schema = follow(_contract(), schema)
    if schema.pointer in above:
        return
    for keyword in _keywords(schema.node):
        yield from _keyword_points(schema, side, keyword)
    for child in _children(schema):
        yield from _declared(child, side, above | {schema.pointer})


def _keywords(schema: Mapping[str, Any]) -> Iterator[str]:
    yield from (keyword for keyword in ("type", *_APPLIES) if keyword in schema)


def _keyword_points(schema: At, side: Side, keyword: str) -> Iterator[Point]:
    yield Point(side, Kind.KEYWORDS_KEPT, f"{schema.pointer} {keyword}")
    if side is Side.REQUEST:
        yield Point(side, Kind.KEYWORDS_BROKEN, f"{schema.pointer} {keyword}")
    if keyword == "type":
        yield from (Point(side, Kind.ENUM_VALUES, f"{schema.pointer} {value}") for value in schema.node.get("enum", ()))
        if "format" in schema.node:
            yield Point(side, Kind.FORMATS, f"{schema.pointer} {schema.node['format']}")


def _children(schema: At) -> Iterator[At]:
    for name, node in schema.node.get("properties", {}).items():
        yield At(f"{schema.pointer}/properties/{name}", node)
    for word in ("items", "additionalProperties"):
        if isinstance(schema.node.get(word), Mapping):
            yield At(f"{schema.pointer}/{word}", schema.node[word])
    for word in ("allOf", "anyOf", "oneOf"):
        for place, node in enumerate(schema.node.get(word, ())):
            yield At(f"{schema.pointer}/{word}/{place}", node)


# --- an exchange ----------------------------------------------------------------------------------------


def points_of(exchange: SchemaExchange) -> set[Point]:
    """What one call and its answer exercise."""
    operation = _operations()[exchange.operation]
    found = set(_of_parameters(exchange, operation))
    if exchange.sent is not None:
        schema = operation.bodies.get(exchange.sent.media_type)
        if schema is not None:
            value = exchange.sent.value
            value = _fields(schema, value) if exchange.sent.media_type == FORM else value
            found |= set(_exercised(schema, value, Side.REQUEST))
    status = next((each for each in (str(exchange.status), "default") if each in operation.answers), None)
    if status is not None:
        for name, header in operation.headers[status].items():
            if name in exchange.answer_headers:
                found |= set(_exercised(header, _read(header, exchange.answer_headers[name]), Side.ANSWER))
        schema = operation.answers[status].get(exchange.answered.media_type) if exchange.answered else None
        if schema is not None and exchange.answered is not None:
            found |= set(_exercised(schema, exchange.answered.value, Side.ANSWER))
    return found


def _fields(form: At, texts: Mapping[str, list[str]]) -> Json:
    """The values of a form's fields, as their schemas have them."""
    known = follow(_contract(), form).node.get("properties", {})
    return {name: _values(At("", known.get(name, {})), found) for name, found in texts.items()}


def _of_parameters(exchange: SchemaExchange, operation: _Operation) -> Iterator[Point]:
    query: dict[str, list[str]] = {}
    for name, text in parse_qsl(urlsplit(exchange.target).query, keep_blank_values=True):
        query.setdefault(name, []).append(text)
    headers = {name.lower(): text for name, text in exchange.request_headers.items()}
    for parameter in operation.parameters:
        name, place = parameter.node["name"], parameter.node["in"]
        texts = {
            "query": query.get(name, []),
            "path": [exchange.path[name]] if name in exchange.path else [],
            "header": [headers[name.lower()]] if name.lower() in headers else [],
        }.get(place, [])
        if texts:
            yield _parameter_point(exchange.operation, parameter)
            schema = _schema_of(parameter)
            yield from _exercised(schema, _values(schema, texts), Side.REQUEST)


def _values(schema: At, texts: list[str]) -> Json:
    """The value, or the list of values, that these texts are."""
    schema = follow(_contract(), schema)
    if schema.node.get("type") == "array":
        return [_read(At("", schema.node["items"]), text) for text in texts]
    return _read(schema, texts[-1])


def _read(schema: At, text: str) -> Json:
    """The value that a text of a query, path or header is; the text itself when it is none of the schema's type."""
    readers: Mapping[str, Callable[[str], Json]] = {"integer": int, "number": float, "boolean": _boolean}
    try:
        return readers.get(follow(_contract(), schema).node.get("type", ""), str)(text)
    except ValueError:
        return text


def _boolean(text: str) -> bool:
    if text not in ("true", "false"):
        raise ValueError(text)
    return text == "true"


def _exercised(schema: At, value: Json, side: Side) -> Iterator[Point]:
    schema = follow(_contract(), schema)
    for keyword in _keywords(schema.node):
        if keyword == "type" or _is_about(keyword, value):
            yield from _judged(schema, keyword, value, side)
    yield from _inside(schema, value, side)
    for word in ("allOf", "anyOf", "oneOf"):
        for place, node in enumerate(schema.node.get(word, ())):
            branch = At(f"{schema.pointer}/{word}/{place}", node)
            if word == "allOf" or _is_meant(follow(_contract(), branch), value):
                yield from _exercised(branch, value, side)


def _is_about(keyword: str, value: Json) -> bool:
    return isinstance(value, _APPLIES[keyword]) and not isinstance(value, bool)


def _judged(schema: At, keyword: str, value: Json, side: Side) -> Iterator[Point]:
    node = schema.node
    is_kept = _keeps(keyword, node, value)
    if not is_kept:
        if side is Side.REQUEST and is_kept is not None:
            yield Point(side, Kind.KEYWORDS_BROKEN, f"{schema.pointer} {keyword}")
        return
    yield Point(side, Kind.KEYWORDS_KEPT, f"{schema.pointer} {keyword}")
    if keyword == "type" and value is not None:
        if value in node.get("enum", ()):
            yield Point(side, Kind.ENUM_VALUES, f"{schema.pointer} {value}")
        if "format" in node and _accepts({"type": node["type"], "format": node["format"]}, value):
            yield Point(side, Kind.FORMATS, f"{schema.pointer} {node['format']}")


def _keeps(keyword: str, schema: Mapping[str, Any], value: Json) -> bool | None:
    """None for a value that the validator cannot read."""
    if keyword == "required":
        return all(name in value for name in schema["required"])
    if keyword == "type" and value is None:
        return bool(schema.get("nullable", False))
    return _accepts({keyword: schema[keyword]}, value)


def _accepts(schema: Mapping[str, Any], value: Json) -> bool | None:
    try:
        return bool(compiled(schema).is_valid(value))
    except UnicodeEncodeError:  # a lone surrogate in it, which is no text to the validator
        return None


def _inside(schema: At, value: Json, side: Side) -> Iterator[Point]:
    if isinstance(value, list) and isinstance(schema.node.get("items"), Mapping):
        items = At(f"{schema.pointer}/items", schema.node["items"])
        for item in value[:MOST_ITEMS]:
            yield from _exercised(items, item, side)
    if isinstance(value, dict):
        known = schema.node.get("properties", {})
        for name in known.keys() & value.keys():
            yield from _exercised(At(f"{schema.pointer}/properties/{name}", known[name]), value[name], side)
        others = schema.node.get("additionalProperties")
        if isinstance(others, dict):
            more = At(f"{schema.pointer}/additionalProperties", others)
            for name in [name for name in value if name not in known][:MOST_ITEMS]:
                yield from _exercised(more, value[name], side)


def _is_meant(branch: At, value: Json) -> bool:
    """Whether a value is one of this alternative: of its type, with what it requires, and among its values."""
    node = branch.node
    for each in node.get("allOf", ()):
        if not _is_meant(follow(_contract(), At("", each)), value):
            return False
    for keyword in ("type", "required"):
        if keyword in node and (keyword == "type" or isinstance(value, dict)) and not _keeps(keyword, node, value):
            return False
    return "enum" not in node or value in node["enum"]
