"""The network of a call to a receiver: the addresses that were checked, and as many bytes as its answer may have.

Apart from `webhooks`, which imports httpcore with the first call.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import httpcore

if TYPE_CHECKING:
    from .webhooks import Count


class CheckedNetwork(httpcore.AsyncNetworkBackend):
    """Connects to addresses that were checked, whatever the host's name is by now."""

    def __init__(self, addresses: Iterable[str], count: "Count") -> None:
        self._addresses = addresses
        self._count = count
        self._network = httpcore.AnyIOBackend()

    async def connect_tcp(self, host: str, port: int, *args: Any, **options: Any) -> httpcore.AsyncNetworkStream:
        failure: Exception = httpcore.ConnectError(host)
        for address in self._addresses:
            try:
                return CountedStream(await self._network.connect_tcp(address, port, *args, **options), self._count)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
        raise failure

    async def sleep(self, seconds: float) -> None:
        await self._network.sleep(seconds)


class CountedStream(httpcore.AsyncNetworkStream):
    """A stream that says no more than the count allows: what is beyond it is not read."""

    def __init__(self, stream: httpcore.AsyncNetworkStream, count: "Count") -> None:
        self._stream = stream
        self._count = count

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        data = await self._stream.read(min(max_bytes, self._count.left) or 1, timeout)
        self._count.add(len(data))
        return data

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        await self._stream.write(buffer, timeout)

    async def aclose(self) -> None:
        await self._stream.aclose()

    async def start_tls(self, *args: Any, **options: Any) -> httpcore.AsyncNetworkStream:
        return CountedStream(await self._stream.start_tls(*args, **options), self._count)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)
