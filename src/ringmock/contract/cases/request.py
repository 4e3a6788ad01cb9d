"""The HTTP request of a case's call."""

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlencode

from .. import multipart
from ..http_client import Request
from .operation import FORM, JSON, known_operations

Json = Any


def request_of(call: Mapping[str, Json]) -> Request:
    """The HTTP request of a call, without its Authorization."""
    if "operation" in call:
        operation = known_operations()[call["operation"]]
        method, path, media_type = operation.method, operation.path, operation.media_type or JSON
        parts = operation.parts
    else:
        method, _, path = call["request"].partition(" ")
        media_type, parts = JSON, multipart.OF_MESSAGES
    for name, value in {"accountId": "~", "extensionId": "~", **call.get("path", {})}.items():
        path = path.replace(f"{{{name}}}", quote(str(value), safe="~"))
    query = _query(call.get("query", {}))
    if "attachments" in call or media_type.startswith("multipart/"):
        headers, body = _in_parts(call, parts)
    else:
        headers, body = encoded(call.get("body"), media_type)
    if "raw" in call:
        headers, body = {"Content-Type": media_type}, str(call["raw"]).encode()
    return Request(method, f"{path}?{query}" if query else path, {**headers, **call.get("headers", {})}, body)


def _in_parts(call: Mapping[str, Json], names: multipart.PartNames) -> tuple[dict[str, str], bytes | None]:
    files = map(file_of, call.get("attachments", ()))
    content_type, content = multipart.encoded(call.get("body"), files, names, call.get("multipart", "form-data"))
    return {"Content-Type": content_type}, content


def file_of(said: Mapping[str, Json]) -> multipart.File:
    """One of the `attachments` that a case sends."""
    content = bytes(said["bytes"]) if "bytes" in said else str(said["text"]).encode()
    return multipart.File(content, said.get("type"), said.get("name"))


def _query(said: Mapping[str, Json] | str) -> str:
    if isinstance(said, str):
        return said
    return urlencode({name: _query_value(value) for name, value in said.items()}, doseq=True)


def _query_value(value: Json) -> Json:
    return str(value).lower() if isinstance(value, bool) else value


def encoded(body: Json, media_type: str) -> tuple[dict[str, str], bytes | None]:
    """Headers and bytes of a body."""
    if body is None:
        return {}, None
    text = urlencode(body) if media_type == FORM else json.dumps(body, ensure_ascii=False)
    return {"Content-Type": media_type}, text.encode("utf-8", errors="surrogatepass")
