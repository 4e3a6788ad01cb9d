"""The opaque tokens of lists without page numbers. Each holds the bound of its page and is valid for its world only."""

from enum import StrEnum

from ..domain import errors
from .signed_tokens import TokenSigner

_PLACE_BYTES = 17


class Listing(StrEnum):
    """The lists with such tokens. A token of one list is not valid for another."""

    A2P_MESSAGES = "a2p-sms/messages"
    A2P_BATCHES = "a2p-sms/batches"
    A2P_OPT_OUTS = "a2p-sms/opt-outs"
    SMS_BATCHES = "sms/batches"
    SMS_MESSAGES = "sms/messages"
    SMS_CONSENTS = "sms/consents"
    SMS_CONSENT_HISTORY = "sms/consents/history"


class PageTokens:
    """Signs and verifies the tokens of a world between two resets. Tokens from before a reset are not valid."""

    def __init__(self, secret: bytes) -> None:
        self._signer = TokenSigner(secret)

    def issue(self, listing: Listing, before: int | None) -> str:
        """The token of the page that begins right below `before`; of the first page for None."""
        content = b"" if before is None else before.to_bytes(_PLACE_BYTES, signed=True)
        return self._signer.sign(content, _about(listing))

    def read(self, listing: Listing, token: str) -> int | None:
        """What the token was issued with. Raises `InvalidParameter` about `pageToken` for any other text."""
        content = self._signer.verify(token, _about(listing))
        if content is None:
            raise errors.InvalidParameter("pageToken", token)
        return int.from_bytes(content, signed=True) if content else None


def _about(listing: Listing) -> str:
    return f"page of {listing}"
