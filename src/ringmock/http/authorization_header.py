"""The Authorization header of a call, as RFC 9110 has it: a scheme, and credentials."""


def credentials_of(authorization: str | bytes | None) -> tuple[str, str]:
    """The scheme in small letters, and the credentials; both are empty without a header."""
    text = authorization.decode("latin-1") if isinstance(authorization, bytes) else authorization or ""
    scheme, _, credentials = text.strip().partition(" ")
    return scheme.lower(), credentials.strip()


def bearer_of(authorization: str | bytes | None) -> str | None:
    """The token of a Bearer header; None for any other one."""
    scheme, credentials = credentials_of(authorization)
    return credentials if scheme == "bearer" else None
