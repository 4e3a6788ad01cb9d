"""The key with which a server signs its id tokens (OpenID Connect).

It is made when it is first needed, because making one takes longer than starting the server.
"""

import hashlib
import os
from collections.abc import Callable, Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

ALGORITHM = "RS256"
BITS = 2048


class SigningKey:
    """A new RSA key for each server, kept no longer than that."""

    def __init__(self, shared: Callable[[bytes], bytes] | None = None) -> None:
        """`shared` gives the key, as PEM, that the processes of one server have: this one, where nobody was first."""
        self._shared = shared

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
        if self._shared is None:
            return made
        from cryptography.hazmat.primitives import serialization

        encoding, encryption = serialization.Encoding.PEM, serialization.NoEncryption()
        written = made.private_bytes(encoding, serialization.PrivateFormat.PKCS8, encryption)
        found: Any = serialization.load_pem_private_key(self._shared(written), None)
        key: RSAPrivateKey = found
        return key


def shared_by_file(path: Path, written: bytes) -> bytes:
    """The key that a file has, or this one, which it has from now on."""
    own = path.with_name(f"{path.name}-{os.getpid()}")
    own.write_bytes(written)
    try:
        os.link(own, path)  # as a whole, and only where nobody was before
    except FileExistsError:
        pass
    finally:
        own.unlink()
    return path.read_bytes()
