"""What Prism says of an accepted call and is no fault of the contract or of the server: by rules, each with its reason.

Prism 5.14 reads some bodies otherwise than OpenAPI 3.0 has them. Such a body is read here as the contract has it, and
what Prism says of it is Prism's own only if it then keeps the contract. A request that is written in another way than
OpenAPI can say is written anew, and Prism judges that.
"""

import json
from collections.abc import Iterator, Mapping
from email.message import Message
from email.parser import BytesParser
from functools import cache
from typing import Any, NamedTuple
from urllib.parse import quote, unquote, urlsplit

from openapi_schema_validator import OAS30Validator, oas30_format_checker
from referencing import Registry
from referencing.jsonschema import DRAFT4

from ringmock.coverage.paths import operation_of
from ringmock.openapi.document import At, follow, load_contract, operations, step

Json = Any

FORM_DATA = "multipart/form-data"
REASONS: Mapping[str, str] = {
    "parts of a request": "compares JSON in a part as text, and finds parts by their names alone (Prism issue 2008)",
    "parts of an answer": "takes apart no multipart but form-data, and compares the text (validators/body.js)",
    "media type with a suffix": "drops what stands before the + (Prism issues 1936, 2509 and 2713)",
    "parts that it ends at": "ends at a part that it does not know (Prism issue 2672)",
    "written otherwise": "has nothing against the same request in the one way that OpenAPI 3.0 can say",
}
"""What Prism does, by kind of what it says."""


class Said(NamedTuple):
    """One thing that Prism says: `("request", "body", "json")`, and its message."""

    location: tuple[str, ...]
    message: str


class Read(NamedTuple):
    """A call as it is judged: the request's target, and the media types and bodies of both sides."""

    method: str
    target: str
    status: int
    asked_type: str
    asked: bytes
    answered_type: str
    answered: bytes

    @property
    def operation(self) -> str | None:
        """Its operationId."""
        found = operation_of(self.method, unquote(urlsplit(self.target).path))
        return found[0] if found else None


def kinds_of(call: Read, said: tuple[Said, ...], said_plainly: tuple[Said, ...]) -> tuple[str, ...]:
    """Why Prism says this of a call, by keys of `REASONS`; "" for what is the contract's or the server's fault.

    `said_plainly` is what it says of the same call by `plain_target`.
    """
    otherwise = ("written otherwise",) if len(said_plainly) < len(said) else ()
    kinds = {_kind_of(call, each) for each in said_plainly}
    return (*otherwise, *sorted(kinds))


def kind_where_it_ends(call: Read) -> str:
    """Why Prism says nothing of an accepted call and ends; "" for what is the contract's or the server's fault."""
    is_in_parts = _essence(call.asked_type).startswith("multipart/")
    return "parts that it ends at" if is_in_parts and keeps_the_contract(call, "request") else ""


def _kind_of(call: Read, said: Said) -> str:
    side, *rest = said.location
    if rest[:1] != ["body"]:
        return ""
    kind = _not_read(call.asked_type if side == "request" else call.answered_type, side)
    return kind if kind and keeps_the_contract(call, side) else ""


def _not_read(content_type: str, side: str) -> str:
    """Why Prism does not read a body of this type as OpenAPI has it; "" where it does."""
    media_type = _essence(content_type)
    if media_type.startswith("multipart/"):
        return "parts of a request" if side == "request" else "parts of an answer"
    return "media type with a suffix" if "+" in media_type else ""


def _essence(content_type: str) -> str:
    return content_type.partition(";")[0].strip().lower()


# --- in the one way that OpenAPI can say -------------------------------------------------------------


def plain_target(call: Read) -> str:
    """The target without a slash at its end, `perPage` as a number, truth in small letters, each value by itself."""
    path, _, query = call.target.partition("?")
    path = path.rstrip("/")
    lists = _lists_of(call._replace(target=path).operation)
    pairs = (pair.partition("=") for pair in query.split("&") if pair)
    written = [each for name, _, value in pairs for each in _plain(name, value, name in lists)]
    return f"{path}?{'&'.join(written)}" if written else path


def _plain(name: str, value: str, is_list: bool) -> Iterator[str]:
    if name == "perPage" and value.lower() == "max":
        value = "1000"
    value = value.lower() if value in ("True", "False") else value
    for each in value.split(",") if is_list else [value]:
        yield f"{name}={each}"


def _lists_of(operation: str | None) -> frozenset[str]:
    """The names of an operation's parameters that are lists, a parameter for each value."""
    found = _found(operation)
    given = [follow(_contract(), At("", each)).node for each in found.node.get("parameters", ())] if found else []
    return frozenset(
        each["name"]
        for each in given
        if each["in"] == "query" and each.get("explode", True) and each["schema"].get("type") == "array"
    )


# --- as the contract has it --------------------------------------------------------------------------


def keeps_the_contract(call: Read, side: str) -> bool:
    """Whether the body of the request or of the response is as the contract says, its parts read one by one."""
    found = _found(call.operation)
    if found is None:
        return False
    at, contract = found.pointer, _contract()
    if side == "request":
        place, content_type, body = step(at, "requestBody"), call.asked_type, call.asked
    else:
        place, content_type, body = step(step(at, "responses"), str(call.status)), call.answered_type, call.answered
    described = follow(contract, At(place, _at(place)))
    place = step(step(step(described.pointer, "content"), _essence(content_type)), "schema")
    schema = follow(contract, At(place, _at(place)))
    try:
        value = _read(schema.node, content_type, body)
    except ValueError:
        return False
    return next(_validator(schema.pointer).iter_errors(value), None) is None


@cache
def _contract() -> dict[str, Any]:
    return load_contract()


@cache
def _validator(pointer: str) -> OAS30Validator:
    registry: Registry[Any] = Registry().with_resource("urn:contract", DRAFT4.create_resource(_contract()))
    return OAS30Validator(
        {"$ref": f"urn:contract#{quote(pointer)}"}, registry=registry, format_checker=oas30_format_checker
    )


@cache
def _found(operation: str | None) -> At | None:
    for method, path, found in operations(_contract()):
        if found["operationId"] == operation:
            return At(f"{step('/paths', path)}/{method}", found)
    return None


def _at(pointer: str) -> Json:
    node: Json = _contract()
    for key in pointer.split("/")[1:]:
        node = node.get(key.replace("~1", "/").replace("~0", "~"), {})
    return node


def _read(schema: Mapping[str, Json], content_type: str, body: bytes) -> Json:
    """The value of a body by the contract's schema. Raises `ValueError` for JSON that is none."""
    if not _essence(content_type).startswith("multipart/"):
        return json.loads(body)
    head = f"Content-Type: {content_type}\r\n\r\n".encode("latin-1")
    message = BytesParser().parsebytes(head + body)
    parts = [part for part in message.walk() if not part.is_multipart()]
    values: dict[str, list[Json]] = {}
    for place, name in enumerate(_names(schema, parts)):
        values.setdefault(name, []).append(_value(parts[place], _property(schema, name)))
    is_list = {name: _property(schema, name).get("type") == "array" for name in values}
    return {name: given if is_list[name] else given[-1] for name, given in values.items()}


def _property(schema: Mapping[str, Json], name: str) -> Mapping[str, Json]:
    own = schema.get("properties", {}).get(name) or schema.get("additionalProperties") or {}
    return follow(_contract(), At("", own)).node


def _names(schema: Mapping[str, Json], parts: list[Message]) -> Iterator[str]:
    """The contract's name of each part: by its place, or by its own name where it is a field of a form."""
    first, further = schema.get("x-first-part"), schema.get("x-further-parts")
    own = [str(part.get_param("name", "", header="content-disposition")) for part in parts]
    fields = schema.get("properties", {}).keys() - {first, further}
    is_form = any(name in fields for name in own)
    for place, name in enumerate(own):
        if is_form:
            yield name if name in fields else str(further)
        elif place == 0 and first is not None:
            yield str(first)
        else:
            yield str(further or place)


def _value(part: Message, schema: Mapping[str, Json]) -> Json:
    content = part.get_payload(decode=True)
    assert isinstance(content, bytes)  # no multipart, so it has some
    is_file = schema.get("format") == "binary" or schema.get("items", {}).get("format") == "binary"
    text = content.decode("latin-1" if is_file else "utf-8")
    if not is_file and (part.get_content_type() == "application/json" or text[:1] in ("{", "[")):
        return json.loads(text)
    return int(text) if schema.get("type") == "integer" and text.isdecimal() else text
