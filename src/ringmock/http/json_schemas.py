"""The contract's schemas, compiled: whether a value is valid, and its first violation."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from itertools import islice
from typing import Any, NamedTuple

import jsonschema_rs
import orjson

from .. import timestamps
from ..domain.slices import SLICE, Slices
from ..domain.text import is_longer
from .resource_ids import Spell, spelled_ids

Json = Any

UTF16 = "x-maxLengthUtf16"
_BOUNDS = {"int64": (-(1 << 63), (1 << 63) - 1), "int32": (-(1 << 31), (1 << 31) - 1)}
_FORMATS = {"ringcentral-date-time": lambda text: timestamps.parse(text) is not None}


_OF_ALTERNATIVES = frozenset({"anyOf", "oneOf", "not"})


class _MaxLengthUtf16:
    """`x-maxLengthUtf16` for the compiled validator."""

    def __init__(self, _: Json, limit: int, __: Json) -> None:
        self._limit = limit

    def validate(self, instance: Json) -> None:
        if isinstance(instance, str) and is_longer(instance, self._limit):
            raise ValueError(f"more than {self._limit} UTF-16 units")


class Broken(NamedTuple):
    """One way in which a value breaks its schema."""

    path: tuple[str, ...]
    """The names on the path to the invalid value, without list indexes."""
    keyword: str
    schema: Mapping[str, Any]
    """The part of the schema that has the keyword."""
    instance: Json


class Schema(NamedTuple):
    """A compiled schema, and its source."""

    validator: "jsonschema_rs.Validator"
    contract: Mapping[str, Any]
    """The schema as the contract has it, dereferenced, without the components."""
    draft_4: Mapping[str, Any]
    ids: Spell | None
    """Converts the ids of a valid value to one spelling; None when it has no ids."""

    def first_broken(self, value: Json) -> Broken | None:
        """What is wrong with a value, or the first of it; None for nothing. Costs little more than the verdict."""
        try:
            self.validator.validate(value)
        except jsonschema_rs.ValidationError as error:
            return _broken(self.draft_4, error)
        return None

    def only_broken(self, value: Json) -> Broken | None:
        """What is wrong with a value, if that is one thing and no matter of alternatives; None for any other value."""
        errors = list(islice(self.validator.iter_errors(value), 2))
        if len(errors) != 1:
            return None
        broken = _broken(self.draft_4, errors[0])
        return None if broken.keyword in _OF_ALTERNATIVES else broken

    def finding_broken(self, value: Json) -> Slices[Broken | None]:
        """As `first_broken`, in slices, of an object that has a long list."""
        name = max(value, key=lambda key: len(value[key]) if isinstance(value[key], list) else 0, default="")
        listed = self.draft_4.get("properties", {}).get(name, {})
        if not isinstance(value.get(name), list) or len(value[name]) <= SLICE or "uniqueItems" in listed:
            return self.first_broken(value)
        if len(value[name]) > listed.get("maxItems", len(value[name])):
            return Broken((name,), "maxItems", listed, value[name])
        for start in range(0, len(value[name]), SLICE):
            broken = self.first_broken({**value, name: value[name][start : start + SLICE]})
            if broken is not None:
                return broken
            yield
        return None


def _broken(root: Mapping[str, Any], error: "jsonschema_rs.ValidationError") -> Broken:
    *steps, keyword = error.schema_path
    path, schema = _names(error.instance_path), _as_in_the_contract(root)
    for step in steps:
        if step == "allOf" and UTF16 in schema:
            return Broken(path, UTF16, schema, error.instance)
        schema = _as_in_the_contract(schema[step])
    if isinstance(error.kind, jsonschema_rs.ValidationErrorKind.Required):
        path = (*path, error.kind.property)
    return Broken(path, str(keyword), schema, error.instance)


def _as_in_the_contract(schema: Json) -> Json:
    """A part of a schema under the keyword that `_in_draft_4` has rewritten."""
    parts = schema.get("allOf", ()) if isinstance(schema, Mapping) else ()
    return {**schema, UTF16: None} if any(UTF16 in part.get("anyOf", [{}])[-1] for part in parts) else schema


def _names(path: Sequence[Any]) -> tuple[str, ...]:
    return tuple(step for step in path if isinstance(step, str))


def compiled(schema: Mapping[str, Any]) -> "jsonschema_rs.Validator":
    """A validator of a dereferenced schema of the contract, with the contract's keywords and formats."""
    return schema_of(schema).validator


def schema_of(schema: Mapping[str, Any]) -> Schema:
    """A dereferenced schema of the contract, compiled. Operations share most of theirs, and one `Schema` with each."""
    return _compiled(orjson.dumps({key: value for key, value in schema.items() if key != "components"}))


@lru_cache(maxsize=1024)
def _compiled(schema: bytes) -> Schema:
    written = orjson.loads(schema)
    draft_4 = _in_draft_4(written)
    validator = jsonschema_rs.Draft4Validator(
        draft_4, formats=_FORMATS, validate_formats=True, keywords={UTF16: _MaxLengthUtf16}
    )
    return Schema(validator, written, draft_4, spelled_ids(written))


def _in_draft_4(schema: Json) -> Json:
    """The schema in JSON Schema's terms: integer formats become bounds, nullable becomes a null type.

    Unreferenced components are left out.
    """
    if isinstance(schema, list):
        return [_in_draft_4(item) for item in schema]
    if not isinstance(schema, Mapping):
        return schema
    plain = {key: _in_draft_4(value) for key, value in schema.items() if key not in ("components", "example")}
    if isinstance(plain.get("format"), str) and plain["format"] in _BOUNDS:
        low, high = _BOUNDS[plain.pop("format")]
        plain["minimum"] = max(low, plain.get("minimum", low))
        plain["maximum"] = min(high, plain.get("maximum", high))
    if plain.get("nullable") is True:
        plain["type"] = [plain["type"], "null"]
    if UTF16 in plain:
        # No character has more than two units, so the keyword, which is a call of Python, is for long texts only.
        limit = plain.pop(UTF16)
        plain["allOf"] = [*plain.get("allOf", ()), {"anyOf": [{"maxLength": limit // 2}, {UTF16: limit}]}]
    return plain


def most_values(schema: Mapping[str, Any]) -> int:
    """How many JSON values a body of this schema has at most, each member of a list or an object being one.

    Lists to which the contract sets no end count as empty.
    """
    parts = [schema, *schema.get("allOf", ())]
    members = [most_values(member) for part in parts for member in part.get("properties", {}).values()]
    branches = [most_values(branch) for key in ("anyOf", "oneOf") for branch in schema.get(key, ())]
    items = schema.get("items")
    listed = schema.get("maxItems", 0) * most_values(items) if isinstance(items, Mapping) else 0
    return 1 + sum(members) + listed + max(branches, default=0)
