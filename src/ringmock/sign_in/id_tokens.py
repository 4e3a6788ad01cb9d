"""The key that a server signs its id tokens with (OpenID Connect).

It is made when it is first needed: to make one takes longer than to start the server.
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
    """An RSA key of one server's, which nobody has seen before and nobody will after it."""

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
