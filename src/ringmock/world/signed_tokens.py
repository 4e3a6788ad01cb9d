"""Signed tokens: texts that only this server can make and read."""

import base64
import hmac

_SIGNATURE_BYTES = 12


class TokenSigner:
    """Signs and verifies tokens. Each has a subject; a token of one subject is not valid for another."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    def sign(self, content: bytes, about: str) -> str:
        """Base64 without padding, fit for a query."""
        return base64.urlsafe_b64encode(content + self._of(content, about)).decode().rstrip("=")

    def verify(self, text: str, about: str) -> bytes | None:
        """The content; None for any text without a valid signature."""
        try:
            raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        except ValueError:
            return None
        content, signature = raw[:-_SIGNATURE_BYTES], raw[-_SIGNATURE_BYTES:]
        return content if hmac.compare_digest(signature, self._of(content, about)) else None

    def _of(self, content: bytes, about: str) -> bytes:
        return hmac.digest(self._secret, about.encode() + b" " + content, "sha256")[:_SIGNATURE_BYTES]
