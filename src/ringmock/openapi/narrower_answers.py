"""What a request can set, and the answers that show it: a comparison of their schemas.

Where an answer is narrower than the request, one good call makes every list that shows its result an answer of 500.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from openapi_schema_validator import OAS30Validator

from .document import At, follow, operations, step

Object = dict[str, Any]

SHOWN_AS = "x-shown-as"
"""In a request's schema: what answers show instead of a value that stands for others, such as `*`."""

_WRITES = ("post", "put", "patch")
_UTF16 = "x-maxLengthUtf16"
_UPPER = ("maxLength", _UTF16, "maximum", "maxItems")
_LOWER = ("minLength", "minimum", "minItems")
_CONTAINERS = frozenset({"object", "array"})
_WIDER = {("integer", "number"), ("int32", "int64")}


class Narrower(NamedTuple):
    """A value that a request can set and that an answer cannot show."""

    pointer: str
    """JSON pointer to the request's schema of the value."""
    message: str
    passes: str


@dataclass(frozen=True, slots=True)
class _Value:
    """A schema with what its $ref and its `allOf` say; of what may be text or number, the one it is spelled as."""

    pointer: str
    keywords: Object = field(default_factory=dict)
    members: dict[str, At] = field(default_factory=dict)
    items: At | None = None

    @property
    def type(self) -> str:
        """Its JSON type; empty when it may have any."""
        return str(self.keywords.get("type", "object" if self.members else ""))


def narrower_answers(contract: Object) -> Iterator[Narrower]:
    """Every value that the request of an operation can set and an answer that shows it does not allow.

    An answer shows a written value when it is the operation's own, or that of a GET at the same path, at the path of
    its list, or of the list's items; or at such a path of a GET that one of the operation's links names. It shows the
    value under the same names, as itself or in a list. A property that is a list or an object in only one of the two is
    a different one with the same name.
    """
    reader = _Reader(contract)
    for method, path, operation in operations(contract):
        if method in _WRITES:
            for asked in reader.asked(method, path, operation):
                for operation_id, answered in reader.answered(path, operation):
                    yield from reader.compared(asked, answered, operation_id)


class _Reader:
    def __init__(self, contract: Object) -> None:
        self._contract = contract
        self._reads = {path: operation for method, path, operation in operations(contract) if method == "get"}
        self._paths = {operation.get("operationId"): path for path, operation in self._reads.items()}

    def asked(self, method: str, path: str, operation: Object) -> Iterator[_Value]:
        """What each body of an operation may be."""
        place = f"{step('/paths', path)}/{method}/requestBody"
        body = follow(self._contract, At(place, operation.get("requestBody", {})))
        for media_type, content in body.node.get("content", {}).items():
            pointer = step(step(body.pointer, "content"), media_type)
            yield self._value(At(step(pointer, "schema"), content.get("schema", {})))

    def answered(self, path: str, operation: Object) -> Iterator[tuple[str, _Value]]:
        """What shows a resource in the answers that may, and the operationId of each."""
        shown = {path: operation} | {each: self._reads[each] for each in self._paths_showing(path, operation)}
        own = (operation.get("operationId", ""), operation)
        reads = ((each.get("operationId", ""), each) for each in shown.values() if each is not operation)
        for operation_id, each in (own, *reads):
            for schema in self._good_answers(each):
                whole = self._value(At("", schema))
                for value in (whole, *self._listed(whole)):
                    yield operation_id, value

    def _paths_showing(self, path: str, operation: Object) -> list[str]:
        linked = (self._paths.get(name, "") for name in self._linked(operation))
        return list(dict.fromkeys(near for each in (path, *linked) for near in self._near(each)))

    def _linked(self, operation: Object) -> Iterator[str]:
        for response in operation.get("responses", {}).values():
            for link in follow(self._contract, At("", response)).node.get("links", {}).values():
                yield follow(self._contract, At("", link)).node.get("operationId", "")

    def _near(self, path: str) -> Iterator[str]:
        """The paths that can be read of a resource, of the list that it is in, and of those in it."""
        folder, _, last = path.rpartition("/")
        for each in self._reads:
            inside, _, name = each.rpartition("/")
            is_member = inside == path and name.startswith("{")
            if each == path or is_member or (last.startswith("{") and each == folder):
                yield each

    def _good_answers(self, operation: Object) -> Iterator[Object]:
        for status, response in operation.get("responses", {}).items():
            content = follow(self._contract, At("", response)).node.get("content", {})
            if status.startswith("2") and "application/json" in content:
                yield content["application/json"].get("schema", {})

    def _listed(self, value: _Value) -> Iterator[_Value]:
        for member in value.members.values():
            items = self._value(member).items
            if items is not None:
                yield self._value(items)

    def compared(self, asked: _Value, answered: _Value, by: str, name: str = "") -> Iterator[Narrower]:
        """Every part of the request's schema that the answer's schema does not allow, under the same names."""
        for key in asked.members.keys() & answered.members.keys():
            one, other = self._value(asked.members[key]), self._value(answered.members[key])
            inner = f"{name}.{key}".removeprefix(".")
            while one.items is not None and other.items is not None:
                yield from _narrower(one, other, by, inner)
                one, other, inner = self._value(one.items), self._value(other.items), f"{inner}[]"
            yield from _narrower(one, other, by, inner)
            yield from self.compared(one, other, by, inner)

    def _value(self, at: At) -> _Value:
        at = follow(self._contract, at)
        node = at.node | at.node.get(SHOWN_AS, {})
        alternatives = [self._inner(at, key, index) for key in ("anyOf", "oneOf") for index in _range(node, key)]
        parts = [self._inner(at, "allOf", index) for index in _range(node, "allOf")]
        if {alternative.type for alternative in alternatives} == {"string", "integer"}:
            parts.append(alternatives[0])
        own = {name: At(step(f"{at.pointer}/properties", name), each) for name, each in _properties(node).items()}
        members: dict[str, At] = {}
        for each in (*alternatives, *parts):
            members |= each.members
        items = At(f"{at.pointer}/items", node["items"]) if isinstance(node.get("items"), dict) else None
        return _Value(
            at.pointer,
            _together([*(part.keywords for part in parts), _scalars(node)]),
            members | own,
            items or next((part.items for part in parts if part.items), None),
        )

    def _inner(self, at: At, key: str, index: int) -> _Value:
        return self._value(At(f"{at.pointer}/{key}/{index}", at.node[key][index]))


def _range(node: Object, key: str) -> range:
    return range(len(node.get(key, ())))


def _properties(node: Object) -> Object:
    found: Object = node.get("properties", {})
    return found


def _scalars(node: Object) -> Object:
    keys = ("type", "enum", "pattern", "format", *_UPPER, *_LOWER)
    return {key: node[key] for key in keys if key in node}


def _together(parts: list[Object]) -> Object:
    """What holds where all of them hold."""
    found: Object = {}
    for part in parts:
        for key, value in part.items():
            earlier: Any = found.get(key, value)
            if key in _UPPER:
                found[key] = min(value, earlier)
            elif key in _LOWER:
                found[key] = max(value, earlier)
            elif key == "enum":
                found[key] = [each for each in value if each in earlier]
            else:
                found[key] = value
    return found


def _narrower(asked: _Value, answered: _Value, by: str, name: str) -> Iterator[Narrower]:
    for said in _differences(asked, answered):
        yield Narrower(
            asked.pointer,
            f"{name}: {by} shows {said} only, and more can be set",
            f"{said} here too, a wider schema there, or {SHOWN_AS}",
        )


def _differences(asked: _Value, answered: _Value) -> Iterator[str]:
    """A constraint of an answer, such as `maxLength: 64`, that is narrower than the request's."""
    wants, gives = asked.keywords, answered.keywords
    if asked.type != answered.type and (asked.type, answered.type) not in _WIDER:
        if answered.type and not _CONTAINERS & {asked.type, answered.type}:
            yield f"type: {answered.type}"
        return
    if "enum" in wants:
        odd = [value for value in wants["enum"] if not OAS30Validator(gives).is_valid(value)]
        if odd:
            yield f"no {', '.join(map(str, odd))}"
        return
    for key in ("enum", "pattern", "format"):
        if key in gives and gives[key] != wants.get(key) and (str(wants.get(key)), str(gives[key])) not in _WIDER:
            yield f"{key}: {gives[key]}"
    for key in _UPPER:
        if key in gives and _most(wants, key) > gives[key]:
            yield f"{key}: {gives[key]}"
    for key in _LOWER:
        if key in gives and wants.get(key, -math.inf) < gives[key] > (0 if key != "minimum" else -math.inf):
            yield f"{key}: {gives[key]}"


def _most(wants: Mapping[str, Any], key: str) -> float:
    """An upper bound; a text of n characters has up to 2n UTF-16 units, and one of n units up to n characters."""
    most: float = wants.get(key, math.inf)
    units: float = wants.get(_UTF16, math.inf)
    characters: float = wants.get("maxLength", math.inf)
    return {_UTF16: min(most, 2 * characters), "maxLength": min(most, units)}.get(key, most)
