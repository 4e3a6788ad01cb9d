"""The opaque tokens of the synchronization of an address book."""

from ..domain import errors
from .signed_tokens import TokenSigner

_BYTES = 8


class ContactTokens:
    """Signs and verifies the tokens of a world between two resets. Tokens from before a reset are not valid."""

    def __init__(self, secret: bytes) -> None:
        self._signer = TokenSigner(secret)

    def issue(self, extension: str, position: int) -> str:
        """A token of a client that has got the changes up to a position."""
        return self._signer.sign(position.to_bytes(_BYTES), _about(extension))

    def read(self, extension: str, token: str) -> int:
        """What the token was issued with. Raises `SyncTokenInvalid` for any other text."""
        content = self._signer.verify(token, _about(extension))
        if content is None:
            raise errors.SyncTokenInvalid("syncToken")
        return int.from_bytes(content)


def _about(extension: str) -> str:
    return f"contacts of {extension}"
