"""The key with which a server signs its id tokens (OpenID Connect).

It is made when it is first needed, because making one takes longer than starting the server.
"""

import hashlib
import os
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

ALGORITHM = "RS256"
BITS = 2048


class SigningKey:
    """A new RSA key for each server, kept no longer than that."""

    def __init__(self, path: Path | None = None) -> None:
        """`path`: where the processes of one server have it, of which the first that needs it makes it."""
        self._path = path

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

        made = generate_private_key(65537, BITS)
        return made if self._path is None else _shared(self._path, made)


def _shared(path: Path, made: "RSAPrivateKey") -> "RSAPrivateKey":
    """The key that is there, or this one, which is there from now on."""
    from cryptography.hazmat.primitives import serialization

    written = made.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    own = path.with_name(f"{path.name}-{os.getpid()}")
    own.write_bytes(written)
    try:
        os.link(own, path)  # as a whole, and only where nobody was before
    except FileExistsError:
        pass
    finally:
        own.unlink()
    found: Any = serialization.load_pem_private_key(path.read_bytes(), None)
    key: RSAPrivateKey = found
    return key
