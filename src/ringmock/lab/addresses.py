"""The machines and addresses that a webhook may call.

Nothing leaves this machine unless a host is allowed by its name. A name is resolved once: every address is checked, and
only checked addresses are called, so a second answer of the name server cannot matter. The server never calls itself,
by any name: its port and the addresses of this machine are known.
"""

import asyncio
import ipaddress
import re
import socket
from collections.abc import Awaitable, Callable, Iterable
from typing import NamedTuple
from urllib.parse import urlsplit

from ..domain import errors

ADDRESS = "deliveryMode.address"
MAX_LENGTH = 2048
DEFAULT_PORTS = {"http": 80, "https": 443}
LOOPBACK = ("127.0.0.1", "::1")

_PRINTABLE = re.compile(r"[!-~]+")
_HOST = re.compile(r"[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*\.?|[0-9A-Fa-f:.]+")

Resolve = Callable[[str, int], Awaitable[Iterable[str]]]
"""The addresses of a host name, as texts. Raises `OSError` for a name that has none."""


async def resolve(host: str, port: int) -> Iterable[str]:
    """What the system says."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(address[0]) for *_, address in found]


class Receiver(NamedTuple):
    """A webhook's address, split into its parts."""

    url: str
    scheme: str
    host: str
    """In lower case, without the brackets of an IPv6 address and the dot that may end a name."""
    port: int


def receiver_of(address: str) -> Receiver:
    """An absolute http or https URL. Raises `InvalidParameter` for anything else."""
    try:
        parts = urlsplit(address)
        port, host = parts.port, parts.hostname or ""
    except ValueError as error:
        raise errors.InvalidParameter(ADDRESS, address) from error
    is_plain = len(address) <= MAX_LENGTH and _PRINTABLE.fullmatch(address) and "#" not in address
    if (
        not is_plain
        or parts.scheme not in DEFAULT_PORTS
        or "@" in parts.netloc
        or not _HOST.fullmatch(host)
        or port == 0
    ):
        raise errors.InvalidParameter(ADDRESS, address)
    return Receiver(address, parts.scheme, host.removesuffix("."), port or DEFAULT_PORTS[parts.scheme])


IpAddress = ipaddress.IPv4Address | ipaddress.IPv6Address


def ip_address(text: str) -> IpAddress | None:
    """The address that a text writes, None for none; an IPv4 address in IPv6's clothes without them."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


class Addresses:
    """The addresses that may be dialled for a receiver."""

    def __init__(self, allowed_hosts: Iterable[str] = (), resolve: Resolve = resolve) -> None:
        """`allowed_hosts`: names or addresses of machines besides this one that may be called."""
        self._allowed = frozenset(host.lower().removesuffix(".").strip("[]") for host in allowed_hosts)
        self._resolve = resolve
        self._own_ports: set[int] = set()

    def listens_on(self, port: int) -> None:
        """Refuse this port of this machine from now on: the server itself listens there."""
        self._own_ports.add(port)

    async def of(self, receiver: Receiver) -> tuple[str, ...]:
        """At least one address, each checked.

        Raises `HttpsRequired`, or `WebHookUnreachable` for a host that is neither local nor allowed, that has no
        address, or has a forbidden one, such as the server's own.
        """
        if receiver.host in self._allowed:
            found = await self._looked_up(receiver)
        else:
            found = _of_this_machine(receiver)
        if receiver.port in self._own_ports and any(map(_is_ours, found)):
            raise errors.WebHookUnreachable(
                ADDRESS, f"{receiver.host}:{receiver.port} is this server itself, which is no receiver"
            )
        if receiver.scheme == "http" and not all(address.is_private for address in found):
            raise _https_required(receiver)
        return tuple(map(str, found))

    async def _looked_up(self, receiver: Receiver) -> list[IpAddress]:
        try:
            said = [ip_address(text) for text in await self._resolve(receiver.host, receiver.port)]
        except (OSError, ValueError) as error:
            raise errors.WebHookUnreachable(ADDRESS, f"{receiver.host} has no address") from error
        found = [address for address in said if address is not None]
        unfit = [str(address) for address in found if _is_unfit(address)]
        if unfit or not found:
            raise errors.WebHookUnreachable(
                ADDRESS, f"{receiver.host} has the address {', '.join(unfit) or 'of nothing'}"
            )
        return list(dict.fromkeys(found))


def _of_this_machine(receiver: Receiver) -> list[IpAddress]:
    """Raises for a host that is, or may be, another machine, without resolving its name."""
    if receiver.host == "localhost" or receiver.host.endswith(".localhost"):
        return [ipaddress.ip_address(address) for address in LOOPBACK]
    address = ip_address(receiver.host)
    if address is not None and address.is_loopback:
        return [address]
    if receiver.scheme == "http":
        raise _https_required(receiver)
    raise errors.WebHookUnreachable(
        ADDRESS, f"{receiver.host} is not this machine: --allow-webhook-host {receiver.host}"
    )


def _https_required(receiver: Receiver) -> errors.HttpsRequired:
    return errors.HttpsRequired(ADDRESS, f"{receiver.host} is on no network where plain http is allowed")


def is_this_machine(address: str) -> bool:
    """Whether the address is one of this machine."""
    found = ip_address(address)
    return found is not None and found.is_loopback


def _is_ours(address: IpAddress) -> bool:
    """Whether this machine has the address: a socket can be bound to no other."""
    if address.is_loopback or address.is_unspecified:
        return True
    family = socket.AF_INET if address.version == 4 else socket.AF_INET6
    with socket.socket(family, socket.SOCK_DGRAM) as probe:
        try:
            probe.bind((str(address), 0))
        except OSError:
            return False
    return True


def _is_unfit(address: IpAddress) -> bool:
    """Addresses that a name may have by mistake or as an attack; clouds serve secrets at a link-local one."""
    if address.is_loopback:  # Python counts ::1 among the reserved ones
        return False
    seen = getattr(address, "sixtofour", None) or address
    return bool(seen.is_link_local or seen.is_multicast or seen.is_unspecified or seen.is_reserved)
