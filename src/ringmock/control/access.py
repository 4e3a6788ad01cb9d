"""Who may call the control API: one decision on the caller, the Host, the Origin and the token, before any routing.

Whoever calls from this machine needs no token; whoever calls from elsewhere does, and a server without one takes
none of their calls.

A browser is the danger: it runs pages of any site on this machine. The Origin shows such a page, and one whose
name was made to lead here ("DNS rebinding") by its Host, which names no machine of ours.
"""

import base64
import hmac
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from ..lab.addresses import ip_address

WEBHOOK_AGENT = b"RingCentral-Webhook"
"""How ringmock's own notifications begin to name themselves; those of other servers on this machine, too."""

_HOST = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(?::([0-9]{1,5}))?")
_DEFAULT_PORTS = {"http": 80, "https": 443}


TOKEN_HEADER = b"x-ringmock-token"
LEAST_TOKEN = 8
"""Characters of a token."""

Headers = Sequence[tuple[bytes, bytes]]


class Refused(Exception):
    """Why a call is not accepted, and what would be; sent to the caller as it is."""

    status = 403


class TokenWanted(Refused):
    """The call has no token, or not the one of the server."""

    status = 401


class _Authority(NamedTuple):
    """A host in its one spelling: lower case, no dot at the end, addresses as `ipaddress` writes them."""

    host: str
    port: int | None


class Access:
    """The decision, for the names by which the server may be called beside those of this machine."""

    def __init__(self, allowed_hosts: Iterable[str] = (), token: str | None = None, port: int | None = None) -> None:
        """`allowed_hosts`: names or addresses, without a port. `token`: what opens it to callers from elsewhere.

        `port`: the one that it has of its own; None for that of the API. Raises `ValueError` for what is no name of a
        machine, and for a token that can be guessed or sent by no header.
        """
        self._allowed = frozenset(_allowed(host) for host in allowed_hosts)
        if token is not None and not (len(token) >= LEAST_TOKEN and _TOKEN.fullmatch(token)):
            raise ValueError(f"a token has at least {LEAST_TOKEN} characters, of those that ASCII prints, and no space")
        self._token = None if token is None else token.encode()
        self.port = port

    @property
    def has_token(self) -> bool:
        """Whether it is open to callers from elsewhere."""
        return self._token is not None

    def check(
        self,
        caller: str | None,
        reached: str | None,
        headers: Headers,
        *,
        is_page: bool = False,
        proxied_as: bytes | None = None,
    ) -> Headers:
        """The headers without what only opens the control API.

        `caller` is the address that calls, `reached` the one of ours that it calls. `is_page`: whether it is for a page
        of the inspector, which other sites may have links to. `proxied_as`: the Host by which a proxy has passed
        the call on, where one did; a page can send what a proxy says of the host, and so has to pass with both.

        Raises `Refused` for a call from elsewhere without the token, and for one that may be the work of another site's
        page.
        """
        if any(value.startswith(WEBHOOK_AGENT) for name, value in headers if name == b"user-agent"):
            raise Refused("The control API takes no notifications: it is no receiver of webhooks.")
        rest = self._check_token(_is_here(caller, reached), headers)
        if proxied_as is not None:
            self._checked_host([proxied_as], reached)
        host = self._checked_host([value for name, value in headers if name == b"host"], reached)
        _check_origin([value for name, value in headers if name == b"origin"], host)
        _check_site(dict(headers), is_page=is_page)
        return rest

    def _check_token(self, is_here: bool, headers: Headers) -> Headers:
        """What is left of the headers where one of them is the token."""
        named = [value for name, value in headers if name == TOKEN_HEADER]
        if self._token is None:
            if is_here:
                return headers
            raise Refused(
                "The control API takes calls from this machine only: ringmock serve --control-token, or"
                " RINGMOCK_CONTROL_TOKEN, opens it to those that send the token."
            )
        if named:
            if len(named) == 1 and hmac.compare_digest(named[0], self._token):
                return headers
            raise TokenWanted("This is not the token of this control API.")
        found = [header for header in headers if header[0] == b"authorization"]
        given = [header for header in found if hmac.compare_digest(_secret_in(header[1]), self._token)]
        if given:
            return [header for header in headers if header not in given]
        if is_here:
            return headers
        raise TokenWanted(
            "The control API takes calls from elsewhere with its token, as in X-Ringmock-Token: <token>, or as the"
            " password of a browser."
        )

    def _checked_host(self, given: Sequence[bytes], reached: str | None) -> _Authority:
        written = given[0].decode("latin-1") if len(given) == 1 else ""
        authority = _authority(written)
        if authority is None:
            raise Refused("The control API wants one Host header that names this machine, as in Host: localhost:8080.")
        if not (_is_loopback(authority.host) or authority.host in self._allowed or _is_same(authority.host, reached)):
            raise Refused(
                f"The control API is not called {authority.host}: call it localhost or by the address that it listens"
                f" on, or start the server with --allow-host {authority.host}."
            )
        return authority


_TOKEN = re.compile(r"[!-~]+")


def _secret_in(authorization: bytes) -> bytes:
    """The token of a Bearer header, the password of a Basic one; nothing in any other."""
    kind, _, value = authorization.strip().partition(b" ")
    if kind.lower() == b"bearer":
        return value.strip()
    if kind.lower() != b"basic":
        return b""
    try:
        return base64.b64decode(value.strip(), validate=True).partition(b":")[2]
    except ValueError:
        return b""


def _check_site(headers: Mapping[bytes, bytes], *, is_page: bool) -> None:
    """What a browser says of where a call comes from: it says it of those without an Origin, too."""
    site = headers.get(b"sec-fetch-site", b"none").lower()
    if site in (b"none", b"same-origin"):
        return
    is_link = headers.get(b"sec-fetch-mode") == b"navigate" and headers.get(b"sec-fetch-dest") == b"document"
    if not (is_page and is_link):
        raise Refused("The control API takes no calls from other sites' pages: open its own, which is /_mock/.")


def _is_here(caller: str | None, reached: str | None) -> bool:
    """Whether both ends of the connection are on this machine: by loopback, or by one address of it."""
    address = ip_address(caller or "")
    return address is not None and (address.is_loopback or _is_same(str(address), reached))


def _is_same(host: str, reached: str | None) -> bool:
    address = ip_address(host)
    return address is not None and address == ip_address(reached or "")


def _is_loopback(host: str) -> bool:
    address = ip_address(host)
    return host == "localhost" or host.endswith(".localhost") or (address is not None and address.is_loopback)


def _check_origin(given: Sequence[bytes], host: _Authority) -> None:
    """A page may call what it comes from; whoever is no page sends no Origin."""
    if given and not (len(given) == 1 and _is_origin_of(given[0].decode("latin-1"), host)):
        raise Refused("The control API takes no calls from other sites' pages: open its own, which is /_mock/.")


def _is_origin_of(origin: str, host: _Authority) -> bool:
    """Whether pages of this origin come from that host, directly or by a TLS proxy before it."""
    scheme, separator, rest = origin.partition("://")
    port, authority = _DEFAULT_PORTS.get(scheme.lower()), _authority(rest)
    if not separator or port is None or authority is None:
        return False
    return (authority.host, authority.port or port) == (host.host, host.port or port)


def _authority(written: str) -> _Authority | None:
    """None for what is no host with or without a port."""
    found = _HOST.fullmatch(written)
    if found is None:
        return None
    name, port = found[1].lower().removesuffix("."), found[2]
    if name.startswith("[") and ip_address(name[1:-1]) is None:
        return None
    if not name or (port is not None and not 0 < int(port) < 65536):
        return None
    address = ip_address(name.strip("[]"))
    return _Authority(name if address is None else str(address), int(port) if port else None)


def _allowed(host: str) -> str:
    authority = _authority(f"[{host}]" if ip_address(host) is not None and ":" in host else host)
    if authority is None or authority.port is not None:
        raise ValueError(f"{host!r} is no name of a machine: write it without scheme and port, as in mock.test")
    return authority.host
