"""The key with which a server signs its id tokens (OpenID Connect).

It is made when it is first needed, because making one takes longer than starting the server.
"""

import hashlib
from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

ALGORITHM = "RS256"
BITS = 2048


class SigningKey:
    """A new RSA key for each server, never stored."""

    def sign(self, claims: Mapping[str, Any]) -> str:
        """The JWT that says so."""
        import jwt

        return jwt.encode(dict(claims), self._private, ALGORITHM, {"kid": self.public["kid"]})

    @cached_property
    def public(self) -> Mapping[str, Any]:
        """The public half as a JWK."""
        from jwt.algorithms import RSAAlgorithm

        said = RSAAlgorithm.to_jwk(self._private.public_key(), as_dict=True)
        key = {name: said[name] for name in ("kty", "n", "e")}
        name = hashlib.sha256(key["n"].encode()).hexdigest()[:16]
        return {**key, "use": "sig", "alg": ALGORITHM, "kid": name}

    @cached_property
    def _private(self) -> "RSAPrivateKey":
        from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key

        return generate_private_key(65537, BITS)
