"""Loading and reading the contract, openapi.yaml."""

import pickle
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

import yaml

from .parse_cache import cached
from .resources import bundled

try:
    from yaml import CSafeLoader as _SafeLoader
except ImportError:  # PyYAML without libyaml
    from yaml import SafeLoader as _SafeLoader  # type: ignore[assignment]

FILE = "openapi.yaml"
APP_PERMISSION = "x-app-permission"
NO_PERMISSION = "NoPermission"
"""What an operation says that any token is enough for."""
METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")


class ContractError(ValueError):
    """The contract is missing or cannot be read; the message names file and line where there are any."""


def contract_text() -> str:
    """The text of openapi.yaml, the packaged copy or the checkout's. Raises ContractError if there is neither."""
    try:
        return bundled(FILE).read_text(encoding="utf-8")
    except OSError as error:
        raise ContractError(f"{FILE} cannot be read: {error.strerror}") from error


def load_contract() -> dict[str, Any]:
    """openapi.yaml as a fresh dict. Dates in it are strings. Raises ContractError with file and line."""
    contract: dict[str, Any] = pickle.loads(_pickled(contract_text()))
    return contract


@lru_cache(maxsize=1)
def _pickled(text: str) -> bytes:
    """The parsed contract, pickled: parsing takes 200 ms, unpickling 5."""
    return cached("contract", text.encode(), lambda: parse_contract(text))


def parse_contract(text: str, file: str = FILE) -> dict[str, Any]:
    """A contract from its YAML, a fresh dict.

    Raises ContractError("file:line: what is wrong") on broken YAML, a repeated key or one that is no string.
    """
    try:
        document = yaml.load(text, _ContractLoader)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise ContractError(f"{file}:{line}: {error.problem}") from error
    if not isinstance(document, dict):
        raise ContractError(f"{file}:1: the document is not a mapping")
    return document


class At(NamedTuple):
    """An object of the contract and the JSON pointer to it."""

    pointer: str
    node: dict[str, Any]


def follow(contract: dict[str, Any], at: At) -> At:
    """The final target of an object's $ref; the object itself without one."""
    while "$ref" in at.node:
        pointer = at.node["$ref"].removeprefix("#")
        node: Any = contract
        for key in pointer.split("/")[1:]:
            node = node[key.replace("~1", "/").replace("~0", "~")]
        at = At(pointer, node)
    return at


def operations(contract: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Every operation in the contract's order, as (method in lower case, path, Operation Object)."""
    for path, item in contract["paths"].items():
        for method in METHODS:
            if method in item:
                yield method, path, item[method]


@lru_cache(maxsize=1)
def operations_with_token() -> frozenset[str]:
    """The operationIds whose calls need an access token."""
    contract = load_contract()
    everywhere = contract.get("security", [])
    return frozenset(
        found["operationId"]
        for _, _, found in operations(contract)
        if any("oauth2" in requirement for requirement in found.get("security", everywhere))
    )


@lru_cache(maxsize=1)
def user_permissions() -> Mapping[str, str]:
    """The permission that a user needs for an operation, by operationId, where the contract names one."""
    named = ((found["operationId"], found.get("x-user-permission")) for _, _, found in operations(load_contract()))
    return {operation_id: permission for operation_id, permission in named if permission is not None}


def app_permissions(contract: dict[str, Any]) -> Mapping[str, str]:
    """The permission that an application needs for an operation, by operationId, of those that need one."""
    named = ((found["operationId"], found.get(APP_PERMISSION)) for _, _, found in operations(contract))
    return {name: permission for name, permission in named if permission not in (None, NO_PERMISSION)}


def line_marks(text: str) -> dict[str, int]:
    """The line, counted from 1, of everything in a YAML text, by JSON pointer (RFC 6901)."""
    root = yaml.compose(text, _ContractLoader)
    return {"": 1} | dict(_marks(root, "")) if root else {}


def step(pointer: str, key: str | int) -> str:
    """The JSON pointer (RFC 6901) to a member of what `pointer` points to."""
    return f"{pointer}/{str(key).replace('~', '~0').replace('/', '~1')}"


def _marks(node: yaml.Node, pointer: str) -> Iterator[tuple[str, int]]:
    if isinstance(node, yaml.MappingNode):
        members = [(key.value, key, value) for key, value in node.value]
    elif isinstance(node, yaml.SequenceNode):
        members = [(index, value, value) for index, value in enumerate(node.value)]
    else:
        members = []
    for name, marked, value in members:
        inner = step(pointer, name)
        yield inner, marked.start_mark.line + 1
        yield from _marks(value, inner)


class _ContractLoader(_SafeLoader):
    """Reads YAML with JSON's types: keys are unique strings, and a date is a string."""

    yaml_implicit_resolvers = {  # noqa: RUF012  (PyYAML's own class attribute)
        first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
        for first, resolvers in _SafeLoader.yaml_implicit_resolvers.items()
    }

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        first_lines: dict[str, int] = {}
        for key, _ in node.value:
            if key.tag != "tag:yaml.org,2002:str":
                raise _refused(key, f"the key {key.value} is not a string; quote it")
            if key.value in first_lines:
                raise _refused(key, f"the key {key.value!r} stands here again, first at line {first_lines[key.value]}")
            first_lines[key.value] = key.start_mark.line + 1
        return super().construct_mapping(node, deep)


def _refused(node: yaml.Node, problem: str) -> yaml.MarkedYAMLError:
    return yaml.MarkedYAMLError(problem=problem, problem_mark=node.start_mark)
