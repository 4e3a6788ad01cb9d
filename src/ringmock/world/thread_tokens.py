"""The opaque tokens of the synchronization of message threads. Each holds the whole progress of a client."""

from datetime import UTC, datetime, timedelta

import orjson

from ..domain import errors
from ..domain.message_thread_sync import Scope, ThreadMark
from .signed_tokens import TokenSigner

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_THREADS, _ENTRIES = "threads", "entries"


class ThreadTokens:
    """Signs and verifies the tokens of a world between two resets. Tokens from before a reset are not valid."""

    def __init__(self, secret: bytes) -> None:
        self._signer = TokenSigner(secret)

    def issue(self, extension: str, mark: ThreadMark) -> str:
        """A token with the mark; its content has the names of the service's own."""
        content = {
            "callQueueIds": [str(owner) for owner in mark.owners],
            "scope": mark.scope,
            "threadIds": mark.threads,
            "syncTime": (mark.time - _EPOCH) // _MILLISECOND,
            "position": mark.position,
        }
        return self._signer.sign(orjson.dumps(content), _about(extension, mark.scope))

    def read(self, extension: str, token: str, *, of_entries: bool) -> ThreadMark:
        """The mark that the token was issued with. Raises `SyncTokenInvalid` for any other text."""
        content = self._signer.verify(token, f"{_ENTRIES if of_entries else _THREADS} of {extension}")
        if content is None:
            raise errors.SyncTokenInvalid("syncToken")
        said = orjson.loads(content)
        return ThreadMark(
            owners=tuple(map(int, said["callQueueIds"])),
            time=_EPOCH + said["syncTime"] * _MILLISECOND,
            position=said["position"],
            scope=None if said["scope"] is None else Scope(said["scope"]),
            threads=None if said["threadIds"] is None else tuple(said["threadIds"]),
        )


def _about(extension: str, scope: Scope | None) -> str:
    return f"{_THREADS if scope is None else _ENTRIES} of {extension}"
