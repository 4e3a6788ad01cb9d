"""JWTs that others make: with them applications prove themselves, and users sign in (RFC 7523).

PyJWT, and the `cryptography` that it checks signatures with, are loaded with the first of them and not before.
"""

import binascii
import warnings
from base64 import urlsafe_b64decode
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any, NamedTuple, TypeGuard

import orjson

from ..world.template import Key

BY_SECRET = ("HS256", "HS384", "HS512")
BY_PUBLIC_KEY = (
    *("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"),
    *("ES256", "ES384", "ES512", "EdDSA"),
)
"""The accepted signature algorithms, by the kind of key. `none` is not one of them."""


class Assertion(NamedTuple):
    """The claims of a JWT, verified or not."""

    token: str
    algorithm: str
    claims: Mapping[str, Any]

    def is_signed_with(self, key: Key) -> bool:
        """Whether this key's owner has signed it."""
        import jwt

        known, text = (BY_SECRET, key.secret) if key.public_key is None else (BY_PUBLIC_KEY, key.public_key)
        if self.algorithm not in known or text is None:
            return False
        try:
            with warnings.catch_warnings():
                # The service's client secrets are shorter than what PyJWT would like them to be.
                warnings.simplefilter("ignore", jwt.InsecureKeyLengthWarning)
                jwt.PyJWS().decode(self.token, text, algorithms=[self.algorithm])
        except (jwt.PyJWTError, ValueError, TypeError):
            return False
        return True

    def problem(self, audiences: Collection[str], now: datetime) -> str | None:
        """Why the claims are not valid here and now; None when they are."""
        given = self.claims.get("aud")
        if not set(filter(_is_text, given if isinstance(given, list) else [given])) & set(audiences):
            return f"its aud is not {next(iter(audiences))}"
        expires, begins, moment = self.claims.get("exp"), self.claims.get("nbf", 0), now.timestamp()
        if not _is_number(expires) or not _is_number(begins):
            return "its exp or its nbf is no time"
        if expires <= moment:
            return "it has expired"
        return "it is not valid yet" if begins > moment else None


def read(token: str) -> Assertion | None:
    """The claims of a JWT; None for a text that is no JWT."""
    parts = token.split(".")
    try:
        header, claims = (orjson.loads(urlsafe_b64decode(part + "=" * (-len(part) % 4))) for part in parts[:2])
    except (ValueError, binascii.Error):
        return None
    if len(parts) != 3 or not isinstance(header, dict) or not isinstance(claims, dict):
        return None
    return Assertion(token, str(header.get("alg")), claims)


def is_public_key(text: str) -> bool:
    """Whether a text is a public key in PEM that signatures can be checked with."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    try:
        key = load_pem_public_key(text.encode())
    except (ValueError, UnsupportedAlgorithm):
        return False
    return isinstance(key, (RSAPublicKey, EllipticCurvePublicKey, Ed25519PublicKey))


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _is_number(value: object) -> TypeGuard[float]:
    return isinstance(value, (int, float)) and not isinstance(value, bool)
