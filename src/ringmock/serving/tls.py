"""TLS: the certificate of a server, from files or made for the run."""

import ssl
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

ALWAYS_NAMED = ("localhost", "127.0.0.1", "::1")
"""What every certificate that is made here is good for."""
OF_OURS = "ringmock, made for one run"
"""The organization in a root that is made here."""


class BadCertificate(Exception):
    """A file that the server cannot take its certificate or its key from; says which, and why."""


class LibraryMissing(Exception):
    """What makes certificates is not installed; says what installs it."""


class Certificate(NamedTuple):
    """How a server shows who it is."""

    context: ssl.SSLContext
    root: bytes | None = None
    """The certificate, in PEM, that clients have to trust, of one that was made here."""
    own: bytes | None = None
    """Its key and the certificate itself, in PEM, of one that was made here."""


def from_files(certificate: Path, key: Path | None = None) -> Certificate:
    """A certificate in PEM, with those that it is signed by; its key from the same file where there is no other.

    Raises `BadCertificate` and `OSError`.
    """
    _check(certificate, key or certificate)
    context = _context()
    try:
        context.load_cert_chain(certificate, key, password=_no_password)
    except ssl.SSLError as error:
        raise BadCertificate(f"{certificate}: {error.reason or error}") from error
    return Certificate(context)


def self_signed(names: Iterable[str] = ()) -> Certificate:
    """A certificate for this machine's loopbacks and these names or addresses, signed by a root of its own.

    The root's key is kept nowhere. Raises `LibraryMissing`, and `ValueError` for what is no name.
    """
    try:
        import trustme
    except ModuleNotFoundError as error:
        raise LibraryMissing("--tls self-signed needs trustme: pip install 'ringmock[tls]'") from error
    root = trustme.CA(organization_name=OF_OURS)
    context = _context()
    issued = root.issue_cert(*dict.fromkeys([*ALWAYS_NAMED, *names]))
    issued.configure_cert(context)
    return Certificate(context, root.cert_pem.bytes(), issued.private_key_and_cert_chain_pem.bytes())


def is_root_of_ours(content: bytes) -> bool:
    """Whether a file holds nothing but a root that was made here."""
    from cryptography import x509
    from cryptography.x509.oid import NameOID

    try:
        found = x509.load_pem_x509_certificates(content)
    except ValueError:
        return False
    organizations = [each.subject.get_attributes_for_oid(NameOID.ORGANIZATION_NAME) for each in found]
    return len(found) == 1 and [name.value for name in organizations[0]] == [OF_OURS]


def _context() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    return context


def _no_password() -> str:
    raise ValueError("a password would be asked for")  # which `_check` has refused


def _check(certificate: Path, key: Path) -> None:
    """Say what of two files is wrong: OpenSSL says that something is."""
    from cryptography import x509

    try:
        shown = x509.load_pem_x509_certificates(certificate.read_bytes())[0].public_key()
    except ValueError as error:
        raise BadCertificate(f"{certificate}: there is no certificate in PEM in it") from error
    if _public(_private_key(key).public_key()) != _public(shown):
        raise BadCertificate(f"{key}: this is not the key of the certificate in {certificate}")


def _private_key(path: Path) -> Any:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        return load_pem_private_key(path.read_bytes(), None)
    except TypeError as error:
        raise BadCertificate(f"{path}: the key has a password; write it without one") from error
    except (ValueError, UnsupportedAlgorithm) as error:
        raise BadCertificate(f"{path}: there is no private key in PEM in it") from error


def _public(key: Any) -> bytes:
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    written: bytes = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return written
