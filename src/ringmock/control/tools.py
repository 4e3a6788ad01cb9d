"""Operations of the control API as tools of agents: what each takes, and the call that it makes."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from urllib.parse import quote, urlencode

from . import sentences
from .call import BadInput
from .description import JSON, Operation, operations

Json = Any

WORLD = "world"
_WORLD: Mapping[str, Json] = {
    "type": "string",
    "description": "The name of the world that is meant; the server's own without it.",
}
_BODY = "body"
"""The argument for a body that is no object of known keys."""


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A call of the control API. `world` is the name of the world that is meant, None for the server's own."""

    method: str
    target: str
    body: Json
    world: str | None
    waits: float
    """Seconds that it may wait."""


@dataclass(frozen=True, slots=True)
class Tool:
    """One operation as a tool. Its arguments are those of path, query and body, each by its name."""

    operation: Operation

    @property
    def name(self) -> str:
        return self.operation.id

    @property
    def description(self) -> str:
        """What it does, in Markdown."""
        return "\n\n".join(filter(None, (self.operation.summary, self.operation.about.strip())))

    @property
    def input_schema(self) -> dict[str, Json]:
        """JSON Schema of its arguments."""
        properties = {name: dict(schema) for name, schema in self._arguments()}
        for name, value in self._defaults.items():
            properties[name]["default"] = value
        required = [each.name for each in self.operation.parameters if each.is_required]
        required += [_BODY] if self._takes_whole_body else list(self._body_schema.get("required", ()))
        return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}

    def call(self, arguments: Mapping[str, Json]) -> ToolCall:
        """The call that it makes with these arguments. Raises `BadInput`."""
        known = dict(self._arguments())
        for name in arguments:
            if name not in known:
                near = sentences.did_you_mean(name, known)
                raise BadInput(f"{name!r} is not known here{near} {self.name} takes {sentences.listed(list(known))}.")
        given = {**self._defaults, **{name: value for name, value in arguments.items() if value is not None}}
        world = given.pop(WORLD, None)
        if world is not None and not isinstance(world, str):
            raise BadInput("'world' is the name of a world, as in checkout-test; create_world opens one.")
        target = self._target(given)
        body = self._body(given)
        waits = [given[name] for name in ("wait", "within") if isinstance(given.get(name), (int, float))]
        return ToolCall(self.operation.method, target, body, world, float(sum(waits)))

    @property
    def _defaults(self) -> Mapping[str, Json]:
        return self.operation.tool or {}

    @property
    def _body_schema(self) -> Mapping[str, Json]:
        check = self.operation.bodies.get(JSON)
        return {} if check is None else check.schema

    @property
    def _takes_whole_body(self) -> bool:
        return JSON in self.operation.bodies and "properties" not in self._body_schema

    def _arguments(self) -> Iterator[tuple[str, Mapping[str, Json]]]:
        for each in self.operation.parameters:
            yield each.name, {**each.schema, **({"description": each.about} if each.about else {})}
        if self._takes_whole_body:
            yield _BODY, {**self._body_schema, "examples": [self.operation.example]}
        yield from self._body_schema.get("properties", {}).items()
        yield WORLD, _WORLD

    def _target(self, given: dict[str, Json]) -> str:
        """Path and query; takes what is in them out of the arguments."""
        path = {}
        for each in self.operation.of("path"):
            if each.name not in given:
                raise BadInput(sentences.missing_parameter(each))
            path[each.name] = quote(str(given.pop(each.name)), safe="")
        query = {each.name: _written(given[each.name]) for each in self.operation.of("query") if each.name in given}
        target = self.operation.path.format(**path)
        return f"{target}?{urlencode(query)}" if query else target

    def _body(self, given: Mapping[str, Json]) -> Json:
        """What of the arguments is the body; None where the operation takes none."""
        if JSON not in self.operation.bodies:
            return None
        if not self._takes_whole_body:
            return {name: given[name] for name in self._body_schema["properties"] if name in given}
        if _BODY not in given:
            raise BadInput(f"'body' is missing: it is {sentences.what(self._body_schema)}.")
        return given[_BODY]


def _written(value: Json) -> str:
    """A value as a query has it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return ",".join(map(str, value)) if isinstance(value, list) else str(value)


@lru_cache(maxsize=1)
def tools() -> Mapping[str, Tool]:
    """Every tool by its name, in the order of the description."""
    return {each.id: Tool(each) for each in operations() if each.tool is not None}


def tool_named(name: str) -> Tool:
    """Raises `BadInput` where there is none."""
    found = tools().get(name)
    if found is None:
        near = sentences.did_you_mean(name, tools())
        raise BadInput(f"There is no tool {name!r}{near} The tools are {sentences.listed(list(tools()))}.")
    return found
