"""How replicas on several machines reach each other: by TCP, and a secret that all of them know.

Whoever connects says a random text and gets another one back, with a digest of both by the secret; its own digest comes
before its message. So each knows that the other one has the secret, which is never sent.
"""

import asyncio
import hmac
import secrets
import socket
from pathlib import Path

from ..world.history.replicas import View
from .inner import PeerAway, Peers

PATIENCE_SECONDS = 10.0
"""How long a call waits for who has its world: longer than the others take to replace one that is gone."""

MEET_SECONDS = 2.0
"""How long it may take to connect, and to show that both know the secret."""

_RANDOM = 16
_DIGEST = 32
_HERE, _THERE = b"who listens", b"who connects"


class ReplicaPeers(Peers):
    """The replicas, by their numbers, as they were at the last look."""

    patience = PATIENCE_SECONDS
    is_elsewhere = True

    def __init__(self, number: int, secret: bytes) -> None:
        super().__init__(Path(), number, 0)
        self._secret = secret
        self.view = View(number, {}, {})

    def others(self) -> list[int]:
        known = self.view.members.items()
        return [number for number, each in known if each.is_reached and number != self.place]

    def of(self, slot: int) -> int:
        owner, _ = self.view.slots.get(slot, (None, 0))
        if owner is None or owner == self.place:
            raise PeerAway
        return owner

    async def met(self, inner: socket.socket) -> None:
        """Make sure that who has connected knows the secret. Raises `PeerAway`."""
        try:
            await asyncio.wait_for(_meet_who_connects(inner, self._secret), MEET_SECONDS)
        except OSError as error:  # the end of the time is one, too
            raise PeerAway from error

    async def _connected(self, place: int) -> socket.socket:
        if place not in self.view.members:
            raise PeerAway
        host, _, port = self.view.members[place].address.rpartition(":")
        try:
            async with asyncio.timeout(MEET_SECONDS):
                inner = await _opened(host.strip("[]"), int(port))
                try:
                    await _meet_who_listens(inner, self._secret)
                except BaseException:
                    inner.close()
                    raise
        except OSError as error:  # the end of the time is one, too
            raise PeerAway from error
        return inner


async def _opened(host: str, port: int) -> socket.socket:
    loop = asyncio.get_running_loop()
    problem: OSError = OSError(f"{host} has no address")
    for family, kind, protocol, _, address in await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM):
        inner = socket.socket(family, kind, protocol)
        inner.setblocking(False)
        inner.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            await loop.sock_connect(inner, address)
        except BaseException as error:
            inner.close()
            if not isinstance(error, OSError) or isinstance(error, TimeoutError):
                raise
            problem = error
        else:
            return inner
    raise problem


async def _meet_who_listens(inner: socket.socket, secret: bytes) -> None:
    loop, own = asyncio.get_running_loop(), secrets.token_bytes(_RANDOM)
    await loop.sock_sendall(inner, own)
    said = await _exactly(inner, _RANDOM + _DIGEST)
    both = own + said[:_RANDOM]
    if not hmac.compare_digest(said[_RANDOM:], _digest(secret, _HERE, both)):
        raise PeerAway
    await loop.sock_sendall(inner, _digest(secret, _THERE, both))


async def _meet_who_connects(inner: socket.socket, secret: bytes) -> None:
    loop, own = asyncio.get_running_loop(), secrets.token_bytes(_RANDOM)
    inner.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    both = await _exactly(inner, _RANDOM) + own
    await loop.sock_sendall(inner, own + _digest(secret, _HERE, both))
    if not hmac.compare_digest(await _exactly(inner, _DIGEST), _digest(secret, _THERE, both)):
        raise PeerAway


async def _exactly(inner: socket.socket, count: int) -> bytes:
    """So many bytes. Raises `PeerAway` where there are not."""
    found = b""
    while len(found) < count:
        more = await asyncio.get_running_loop().sock_recv(inner, count - len(found))
        if not more:
            raise PeerAway
        found += more
    return found


def _digest(secret: bytes, who: bytes, both: bytes) -> bytes:
    return hmac.digest(secret, who + both, "sha256")
