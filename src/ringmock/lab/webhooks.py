"""Calls to the receivers of notifications: the handshake of a new subscription, and each notification.

A call dials the address that was checked and no other, follows no redirect, uses no proxy, reads no more than it
may and is over when its time is.
"""

import asyncio
import contextlib
import secrets
import ssl
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import AbstractAsyncContextManager
from functools import cached_property
from typing import TYPE_CHECKING, Any

from ..domain import errors
from ..server_limits import DEFAULT, ServerLimits
from .addresses import ADDRESS, Addresses, Receiver, is_this_machine, receiver_of

if TYPE_CHECKING:
    import httpcore

PATIENCE_SECONDS = 3.0
MAX_HANDSHAKE_BYTES = 1024
"""Of the whole answer, status line and headers included."""

JSON = "application/json"
HEADERS: dict[bytes | str, bytes | str] = {
    "User-Agent": "RingCentral-Webhook/8.3",
    "Content-Type": "application/json; charset=UTF-8",
    "Accept": JSON,
    "Connection": "close",
}
READ_TIMED_OUT = "Read timed out"
TOO_LARGE = "Webhook response exceeds max size. Read bytes count: [{most}]"
MAX_REPORTED = 100
"""The maximum of characters of a receiver's text that errors quote."""

NO_JSON = (
    "and application/json is required of an empty one too, unless the fixture has webhooks: {content_type: any} or the"
    " server was started with --webhook-content-type any"
)

Patience = Callable[[float], AbstractAsyncContextManager[Any]]
"""Raises `TimeoutError` in its block after so many seconds."""

TokenSource = Callable[[], str]


class AnswerTooLarge(Exception):
    """A receiver said more than it may."""


class Count:
    """The bytes of a receiver's answer, at most as many as allowed."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self.seen = 0

    @property
    def left(self) -> int:
        """How many more there may be."""
        return self._limit - self.seen

    def add(self, count: int) -> None:
        """So many were read. Raises `AnswerTooLarge`."""
        self.seen += count
        if self.left < 0:
            raise AnswerTooLarge(f"the answer has more than {self._limit} bytes, status line and headers included")


class WebHooks:
    """For the loop that serves the worlds, within a task."""

    def __init__(
        self,
        addresses: Addresses | None = None,
        *,
        patience: Patience = asyncio.timeout,
        token_source: TokenSource = lambda: secrets.token_urlsafe(24),
        limits: ServerLimits = DEFAULT,
    ) -> None:
        self._most_bytes = limits.max_webhook_answer
        self._addresses = addresses or Addresses()
        self._patience = patience
        self._token_source = token_source

    def listens_on(self, port: int) -> None:
        """Never call this port of this machine: the server itself listens there."""
        self._addresses.listens_on(port)

    async def shake_hands(self, address: str, *, is_json_required: bool = True) -> None:
        """Make the handshake with the receiver.

        Raises `InvalidParameter` for an invalid address, and a `Refusal` about `deliveryMode.address` for each
        condition that the receiver does not meet.
        """
        receiver, token = receiver_of(address), self._token_source()
        async with self._answer(receiver, {"Validation-Token": token}, b"", MAX_HANDSHAKE_BYTES) as answer:
            if answer.status != 200:
                raise errors.WebHookStatusIncorrect(ADDRESS, f"{answer.status} [it has to be 200]")
            await answer.aread()
            given = {name.lower(): value.decode("latin-1") for name, value in answer.headers}
            if given.get(b"validation-token") != token:
                said = _said(given, "Validation-Token")
                raise errors.ValidationTokenMissing(ADDRESS, f"{said[0]}, {said[1]} has to be that of the request")
            if is_json_required and given.get(b"content-type", "").partition(";")[0].strip().lower() != JSON:
                raise errors.WebHookAnswerInvalid(ADDRESS, f"{_said(given, 'Content-Type')[0]}, {NO_JSON}")

    async def notify(
        self, address: str, verification_token: str | None, body: bytes, mark: tuple[str, str] | None = None
    ) -> str | None:
        """Send a notification, with one more header as its `mark`.

        Why it did not arrive, in the service's words; None when it did.
        """
        headers: dict[bytes | str, bytes | str] = (
            {} if verification_token is None else {"Verification-Token": verification_token}
        )
        if mark is not None:
            headers[mark[0]] = mark[1]
        try:
            async with self._answer(receiver_of(address), headers, body, self._most_bytes) as answer:
                if not 200 <= answer.status < 300:
                    reason = answer.extensions.get("reason_phrase", b"").decode("latin-1")[:MAX_REPORTED]
                    return f"Webhook responses with code: [{answer.status}], reason: [{reason}]"
                await answer.aread()
                return None
        except errors.Refusal as refusal:
            if isinstance(refusal.__cause__, AnswerTooLarge):
                return TOO_LARGE.format(most=self._most_bytes)
            return f"I/O operation is failed. Details: [{refusal.value}]"

    @contextlib.asynccontextmanager
    async def _answer(
        self, receiver: Receiver, headers: Mapping[bytes | str, bytes | str], body: bytes, limit: int
    ) -> AsyncIterator["httpcore.Response"]:
        """The receiver's answer, to be read within the block. Raises a `Refusal` when there is none."""
        # Imported by the first call: a start, which needs none of it, takes 10 ms less.
        import httpcore

        from .dialling import CheckedNetwork

        count = Count(limit)
        try:
            async with self._patience(PATIENCE_SECONDS):
                dialled = await self._addresses.of(receiver)
                pool = httpcore.AsyncConnectionPool(
                    ssl_context=self._tls_for(dialled),
                    network_backend=CheckedNetwork(dialled, count),
                )
                async with (
                    pool,
                    pool.stream("POST", receiver.url, headers={**HEADERS, **headers}, content=body) as answer,
                ):
                    yield answer
        except TimeoutError as error:
            raise errors.WebHookUnreachable(ADDRESS, READ_TIMED_OUT) from error
        except (AnswerTooLarge, httpcore.ProtocolError) as error:
            if count.seen == 0:
                raise errors.WebHookUnreachable(ADDRESS, "No answer") from error
            raise errors.WebHookAnswerInvalid(ADDRESS, str(error)[:MAX_REPORTED]) from error
        except (httpcore.NetworkError, httpcore.TimeoutException) as error:
            raise errors.WebHookUnreachable(ADDRESS, _why(error)) from error

    def _tls_for(self, dialled: Iterable[str]) -> ssl.SSLContext:
        return self._local_tls if all(map(is_this_machine, dialled)) else self._tls

    @cached_property
    def _tls(self) -> ssl.SSLContext:
        return ssl.create_default_context()

    @cached_property
    def _local_tls(self) -> ssl.SSLContext:
        """For receivers on this machine with self-signed certificates."""
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        return context


def _said(given: Mapping[bytes, str], name: str) -> tuple[str, str]:
    """The value of an answer's header, and the word before it in a sentence."""
    value = given.get(name.lower().encode())
    if value is None:
        return f"the answer has no {name}", "which"
    return f"the answer's {name} is {value[:MAX_REPORTED]!r}", "and"


def _why(error: BaseException) -> str:
    """Why the connection failed, in the system's words if it has any."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ConnectionRefusedError):
            return "Connection refused"
        cause = cause.__cause__ or cause.__context__
    return str(error)[:MAX_REPORTED] or type(error).__name__
