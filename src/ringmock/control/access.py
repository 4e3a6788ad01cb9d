"""Who may call the control API: one decision on the caller, the Host and the Origin, before anything is routed.

A browser is the danger: it runs pages of any site on this machine. Such a page is told by its Origin, and one whose
name was made to lead here ("DNS rebinding") by its Host, which names no machine of ours.
"""

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from ..lab.addresses import ip_address

WEBHOOK_AGENT = b"RingCentral-Webhook"
"""How ringmock's own notifications begin to name themselves; those of other servers on this machine, too."""

_HOST = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(?::([0-9]{1,5}))?")
_DEFAULT_PORTS = {"http": 80, "https": 443}


class Refused(Exception):
    """Why a call is not taken, and what would be; told to the caller as it stands."""


class _Authority(NamedTuple):
    """A host in its one spelling: lower case, no dot at the end, addresses as `ipaddress` writes them."""

    host: str
    port: int | None


class Access:
    """The decision, for the names by which the server may be called beside those of this machine."""

    def __init__(self, allowed_hosts: Iterable[str] = ()) -> None:
        """`allowed_hosts`: names or addresses, without a port. Raises `ValueError` for what is neither."""
        self._allowed = frozenset(_allowed(host) for host in allowed_hosts)

    def check(self, caller: str | None, reached: str | None, headers: Sequence[tuple[bytes, bytes]]) -> None:
        """Raise `Refused` for a call that is not from this machine, or may be the work of another site's page.

        `caller` is the address that calls, `reached` the one of ours that it calls.
        """
        if not _is_here(caller, reached):
            raise Refused("The control API takes calls from this machine only.")
        if any(value.startswith(WEBHOOK_AGENT) for name, value in headers if name == b"user-agent"):
            raise Refused("The control API takes no notifications: it is no receiver of webhooks.")
        host = self._checked_host([value for name, value in headers if name == b"host"], reached)
        _check_origin([value for name, value in headers if name == b"origin"], host)

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
