"""What stands at the root: the way to the inspector for a browser, the address of the contract for a program."""

import json
from urllib.parse import urlsplit

from starlette.types import Scope, Send

from .. import __version__
from ..openapi.document import contract_text
from .call import PREFIX_KEY, SCOPE_KEY, Call
from .stages import CONTROL_PREFIX

ROOT, CONTRACT = "/", "/openapi.yaml"
METHODS = ("GET", "HEAD")
HTML = b"text/html"


def is_for(call: Call) -> bool:
    """Whether a call that the contract does not have is for one of these pages."""
    return call.path in (ROOT, CONTRACT) and call.method in METHODS


async def answer(scope: Scope, send: Send, control_port: int | None) -> None:
    """Answer a call that `is_for`. `control_port` is where the control API is by itself; None for the API's."""
    call: Call = scope[SCOPE_KEY]
    if call.path == CONTRACT:
        await _send(send, 200, contract_text().encode(), [(b"content-type", b"application/yaml; charset=utf-8")])
        return
    contract, control = f"{call.base_url}{CONTRACT}", _control(call, scope, control_port)
    link = (b"link", f'<{contract}>; rel="service-desc"'.encode())
    if HTML in call.headers.get(b"accept", b"").lower():
        await _send(send, 302, b"", [(b"location", control.encode()), (b"vary", b"accept"), link])
        return
    said = {
        "name": "ringmock",
        "version": __version__,
        "contract": contract,
        "inspector": control,
        "controlApi": f"{control}openapi.yaml",
    }
    headers = [(b"content-type", b"application/json;charset=utf-8"), (b"vary", b"accept"), link]
    await _send(send, 200, json.dumps(said).encode(), headers)


def _control(call: Call, scope: Scope, port: int | None) -> str:
    if port is None:
        return f"{call.base_url}{CONTROL_PREFIX}"
    parts = urlsplit(call.base_url)
    host = parts.netloc.rpartition(":")[0] if parts.port is not None else parts.netloc
    return f"{parts.scheme}://{host}:{port}{scope.get(PREFIX_KEY, '')}{CONTROL_PREFIX}"


async def _send(send: Send, status: int, body: bytes, headers: list[tuple[bytes, bytes]]) -> None:
    length = (b"content-length", b"%d" % len(body))
    await send({"type": "http.response.start", "status": status, "headers": [length, *headers]})
    await send({"type": "http.response.body", "body": body})
