"""The address by which clients reach a server: a path of its own, and what a proxy says of host, scheme and prefix.

A proxy is believed when it is asked for, and only from the addresses that are named. Whoever else sends its headers is
answered as if there were none.
"""

import ipaddress
import logging
import re
from collections.abc import Mapping, Sequence
from functools import lru_cache

from starlette.types import ASGIApp, Receive, Scope, Send

from ..domain.errors import InvalidParameter
from ..http import errors, parser_refusals
from ..http.call import PREFIX_KEY, PROXIED_KEY
from ..http.recording import printable
from ..lab.addresses import ip_address

log = logging.getLogger("ringmock")

LOOPBACK = "loopback"
"""The word for every loopback address."""
PROTO, HOST, PREFIX = b"x-forwarded-proto", b"x-forwarded-host", b"x-forwarded-prefix"
FORWARDED = frozenset({PROTO, HOST, PREFIX})
_SCHEMES = {"http": "http", "https": "https", "ws": "http", "wss": "https"}
_SOCKET_SCHEMES = {"http": "ws", "https": "wss"}
_HOST = re.compile(r"([A-Za-z0-9._-]{1,255}|\[[0-9A-Fa-f:.]{2,45}\])(:[0-9]{1,5})?")
_PATH = re.compile(r"(/[A-Za-z0-9._~-]+)*")
MOST_PATH = 255

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
_LOOPBACKS: tuple[Network, ...] = (ipaddress.ip_network("127.0.0.0/8"), ipaddress.ip_network("::1/128"))


def path_of(text: str) -> str:
    """A base path or prefix, without a slash at the end; empty for the root. Raises `ValueError`."""
    path = text.removesuffix("/")
    if not _PATH.fullmatch(path) or len(path) > MOST_PATH or {".", ".."} & set(path.split("/")):
        raise ValueError(f"{text!r} is no path: write it as /rc, of letters, digits and . _ ~ -")
    return path


def networks_of(text: str) -> tuple[Network, ...]:
    """Those of a list with commas: addresses, networks as 10.0.0.0/8, and `loopback`. Raises `ValueError`."""
    found: list[Network] = []
    for word in map(str.strip, text.split(",")):
        try:
            found += _LOOPBACKS if word == LOOPBACK else (ipaddress.ip_network(word),)
        except ValueError as error:
            wanted = f"{LOOPBACK}, an address or a network, as in {LOOPBACK},172.18.0.0/16"
            raise ValueError(f"{word!r} is no address of a proxy: {wanted}") from error
    return tuple(found)


class PublicAddress:
    """What clients put before the paths of the API."""

    def __init__(self, base_path: str = "", proxies: Sequence[Network] = ()) -> None:
        """`base_path` as `path_of` writes it; calls come with it. `proxies` are believed."""
        self.base_path = base_path
        self._proxies = tuple(proxies)
        self._is_trusted = lru_cache(1024)(self._is_of_a_proxy)

    def __bool__(self) -> bool:
        return bool(self.base_path or self._proxies)

    def of(self, app: ASGIApp) -> ASGIApp:
        """The application at this address."""

        async def asgi(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] not in ("http", "websocket"):
                await app(scope, receive, send)
                return
            inside = self._inside(scope["path"])
            if inside is None:
                await _refuse(errors.InvalidUri(), scope, receive, send)
                return
            try:
                scope = self._seen(scope, inside)
            except InvalidParameter as problem:
                await _refuse(problem, {**scope, "path": inside}, receive, send)
                return
            await app(scope, receive, send)

        return asgi

    def _inside(self, path: str) -> str | None:
        """The path below the base path; None for one that is not."""
        if not self.base_path:
            return path
        rest = path.removeprefix(self.base_path)
        if not path.startswith(self.base_path) or rest[:1] not in ("", "/"):
            return None
        return rest or "/"

    def _seen(self, scope: Scope, path: str) -> Scope:
        """The scope as the client would have made it. Raises `InvalidParameter`."""
        scope = {**scope, "path": path, PREFIX_KEY: self.base_path}
        if "raw_path" in scope and self.base_path:
            scope["raw_path"] = scope["raw_path"][len(self.base_path) :] or b"/"
        caller = (scope.get("client") or ("",))[0]
        if not (self._proxies and self._is_trusted(caller)):
            return scope
        said = {name: value.decode("latin-1") for name, value in reversed(scope["headers"]) if name in FORWARDED}
        return _forwarded(scope, said) if said else scope

    def _is_of_a_proxy(self, caller: str) -> bool:
        address = ip_address(caller)
        return address is not None and any(address in network for network in self._proxies)


def _forwarded(scope: Scope, said: Mapping[bytes, str]) -> Scope:
    found = dict(scope)
    found[PROXIED_KEY] = next((value for name, value in scope["headers"] if name == b"host"), b"")
    if PROTO in said:
        scheme = _SCHEMES.get(_first(said[PROTO]).lower())
        if scheme is None:
            raise InvalidParameter("X-Forwarded-Proto", said[PROTO])
        found["scheme"] = scheme if scope["type"] == "http" else _SOCKET_SCHEMES[scheme]
    if HOST in said:
        host = _first(said[HOST])
        if not _HOST.fullmatch(host):
            raise InvalidParameter("X-Forwarded-Host", said[HOST])
        rest = [(name, value) for name, value in scope["headers"] if name != b"host"]
        found["headers"] = [(b"host", host.encode("ascii")), *rest]
    if PREFIX in said:
        try:
            prefixes = [path_of(each.strip()) for each in said[PREFIX].split(",")]
        except ValueError as error:
            raise InvalidParameter("X-Forwarded-Prefix", said[PREFIX]) from error
        found[PREFIX_KEY] = "".join([*prefixes, scope[PREFIX_KEY]])
    return found


def _first(value: str) -> str:
    """What the proxy nearest to the client has said, of several in a row."""
    return value.partition(",")[0].strip()


async def _refuse(problem: Exception, scope: Scope, receive: Receive, send: Send) -> None:
    log.info("refused before it was a call: %s at %s", type(problem).__name__, printable(scope["path"]))
    await parser_refusals.refuse(problem, scope["path"], scope, receive, send)
