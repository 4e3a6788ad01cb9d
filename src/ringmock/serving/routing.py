"""Which process of a server answers a call: the one that has its world, whichever has accepted the connection."""

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple
from urllib.parse import parse_qs

from starlette.types import Scope

from ..http.authorization_header import bearer_of
from ..http.call import WORLD_HEADER
from ..http.errors import AuthorizationMalformed, AuthorizationNotSupported
from ..http.oauth import basic_credentials
from ..http.sockets import world_of_socket
from ..http.stages import CONTROL_PREFIX, remembered
from ..sign_in import assertions
from ..sign_in.world_slots import DEFAULT, slot_of, slot_of_token

_HEADER = WORLD_HEADER.lower().encode()
_OWN_TOKEN = re.compile(r"(AT|RT|AC)-[A-Za-z0-9_-]{32}")
_SOCKET_TOKEN = re.compile(r"[A-Za-z0-9_-]{32}")
_SIGN_IN = tuple(f"/restapi/oauth/{each}" for each in ("token", "revoke", "authorize"))
_WORLDS = f"{CONTROL_PREFIX}worlds"
_ANYWHERE = tuple(
    f"{CONTROL_PREFIX}{each}" for each in ("ui", "openapi.yaml", "contract.yaml", "rulebook", "text-measures")
)
"""What is the same in every world; a call that names a world is refused all the same where there is none."""


class Whereabouts(NamedTuple):
    """What a call says of its world."""

    slot: int | None
    """Of the world; None where any process answers."""
    token: str | None = None
    """The one that says it, which an earlier version of the server may have drawn: it may be of another slot then."""
    is_lent: bool = False
    """Whether the token is of another world than the one of the slot."""


ANYWHERE = Whereabouts(None)


class Whose:
    """Finds the world of a call."""

    def __init__(self, clients: Iterable[str], base_path: str = "") -> None:
        """`clients`: the application ids of the fixture, whose world is the default one."""
        self._first = frozenset((*clients, DEFAULT, ""))
        self._base_path = base_path
        self._own_token = remembered(_own_token)

    def path_of(self, scope: Scope) -> str:
        """The path below the base path."""
        path: str = scope["path"]
        return path.removeprefix(self._base_path)

    def needs_body(self, scope: Scope) -> bool:
        """Whether the body says which world it is."""
        path = self.path_of(scope)
        return scope["type"] == "http" and scope["method"] == "POST" and (path.startswith(_SIGN_IN) or path == _WORLDS)

    def plain_token(self, scope: Scope, headers: Mapping[bytes, bytes]) -> str | None:
        """The token of a call of the API that says its world by nothing else; None for any other call."""
        path = self.path_of(scope)
        if scope["type"] != "http" or _HEADER in headers or path.startswith((CONTROL_PREFIX, *_SIGN_IN)):
            return None
        return self._own_token(headers.get(b"authorization", b""))

    def of(self, scope: Scope, body: bytes = b"") -> Whereabouts:
        """What a call says."""
        path, headers = self.path_of(scope), dict(scope["headers"])
        if scope["type"] == "websocket":
            return self._of_socket(scope)
        if path.startswith(CONTROL_PREFIX):
            return self._of_control(scope, path, headers, body)
        named = headers.get(_HEADER)
        name = None if named is None else named.decode("latin-1")
        if path.startswith(_SIGN_IN):
            return self._of_sign_in(scope, headers, body, name)
        return self._of_token(_token(headers) or _in_query(scope, "access_token"), name)

    def origin(self, body: bytes) -> str | None:
        """The world that a new one is to begin as."""
        named = _json(body).get("fork")
        return named if isinstance(named, str) else None

    def slot(self, name: str) -> int:
        """The slot of a name."""
        return 0 if name in self._first else slot_of(name)

    def _of_token(self, token: str | None, name: str | None = None) -> Whereabouts:
        own = token is not None and (_OWN_TOKEN.fullmatch(token) is not None)
        if name is not None:
            return Whereabouts(self.slot(name), token if own else None, is_lent=own)
        return Whereabouts(slot_of_token(token or "") if own else 0, token if own else None)

    def _of_socket(self, scope: Scope) -> Whereabouts:
        query = parse_qs(scope["query_string"].decode("latin-1"))
        name, _ = world_of_socket(scope, query)
        token = query.get("access_token", [""])[-1]
        if not _SOCKET_TOKEN.fullmatch(token):
            return Whereabouts(0)
        if name is None:
            return Whereabouts(slot_of_token(f"WS-{token}"), token)
        return Whereabouts(self.slot(name), token, is_lent=True)

    def _of_control(self, scope: Scope, path: str, headers: Mapping[bytes, bytes], body: bytes) -> Whereabouts:
        is_listing = path == _WORLDS and scope["method"] in ("GET", "HEAD")
        if path == _WORLDS and not is_listing:
            return self._of_token(_token(headers), str(_json(body).get("name", "")))
        if path.startswith(f"{_WORLDS}/"):
            return self._of_token(_token(headers), path.removeprefix(f"{_WORLDS}/").partition("/")[0])
        named = headers.get(_HEADER)
        name = None if named is None else named.decode("latin-1")
        if name is None and scope["method"] in ("GET", "HEAD"):
            name = _in_query(scope, WORLD_HEADER)
        if name is not None:
            return Whereabouts(self.slot(name))
        where = self._of_token(_token(headers))
        return ANYWHERE if where.token is None and (is_listing or path.startswith(_ANYWHERE)) else where

    def _of_sign_in(self, scope: Scope, headers: Mapping[bytes, bytes], body: bytes, name: str | None) -> Whereabouts:
        form = {**_form(scope["query_string"]), **_form(body)}
        client = _basic(headers) or _of_assertion(form.get("client_assertion")) or form.get("client_id", "")
        if name is not None:
            return Whereabouts(self.slot(name))
        token = form.get("refresh_token") or form.get("token") or form.get("code")
        if client in self._first and token and _OWN_TOKEN.fullmatch(token):
            return Whereabouts(slot_of_token(token), token)
        return Whereabouts(self.slot(client))


def _own_token(authorization: bytes) -> str | None:
    """The token of a Bearer header, where it is one of the server's."""
    token = bearer_of(authorization)
    return token if token is not None and _OWN_TOKEN.fullmatch(token) else None


def _token(headers: Mapping[bytes, bytes]) -> str | None:
    return bearer_of(headers.get(b"authorization"))


def _basic(headers: Mapping[bytes, bytes]) -> str | None:
    try:
        return basic_credentials(headers.get(b"authorization", b"").decode("latin-1"))[0]
    except (AuthorizationMalformed, AuthorizationNotSupported):
        return None


def _of_assertion(assertion: str | None) -> str | None:
    said = None if not assertion else assertions.read(assertion)
    named = None if said is None else said.claims.get("iss")
    return named if isinstance(named, str) else None


def _in_query(scope: Scope, name: str) -> str | None:
    found = parse_qs(scope["query_string"].decode("latin-1")).get(name)
    return None if found is None else found[-1]


def _form(written: bytes) -> dict[str, str]:
    """The fields of a form or a query; nothing for what is none."""
    try:
        return {name: values[-1] for name, values in parse_qs(written.decode("utf-8", "replace")).items()}
    except ValueError:
        return {}


def _json(body: bytes) -> Mapping[str, Any]:
    try:
        said = json.loads(body)
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}
