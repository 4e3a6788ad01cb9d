"""The opaque tokens of lists without page numbers: each says below what its page begins, and dies with its world."""

import base64
import hmac
from enum import StrEnum

from .domain import errors

_PLACE_BYTES = 17
_SEAL_BYTES = 12


class Listing(StrEnum):
    """The lists that such tokens are pages of; a token of one is none of another's."""

    A2P_MESSAGES = "a2p-sms/messages"
    A2P_BATCHES = "a2p-sms/batches"
    A2P_OPT_OUTS = "a2p-sms/opt-outs"


class PageTokens:
    """Writes and reads the tokens of one life of a world: those of another do not bear its seal."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    def issue(self, listing: Listing, before: int | None) -> str:
        """The token of the page that begins right below `before`; of the first page for None."""
        content = b"" if before is None else before.to_bytes(_PLACE_BYTES, signed=True)
        return base64.urlsafe_b64encode(content + self._seal(listing, content)).decode().rstrip("=")

    def read(self, listing: Listing, token: str) -> int | None:
        """What the token was issued with. Raises `InvalidParameter` about `pageToken` for any other text."""
        try:
            raw = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
        except ValueError as error:
            raise errors.InvalidParameter("pageToken", token) from error
        content, seal = raw[:-_SEAL_BYTES], raw[-_SEAL_BYTES:]
        if not hmac.compare_digest(seal, self._seal(listing, content)):
            raise errors.InvalidParameter("pageToken", token)
        return int.from_bytes(content, signed=True) if content else None

    def _seal(self, listing: Listing, content: bytes) -> bytes:
        return hmac.digest(self._secret, f"page of {listing} ".encode() + content, "sha256")[:_SEAL_BYTES]
