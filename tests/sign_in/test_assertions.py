"""JWTs that others make, with keys of every kind: who has signed them, and whether they say anything here and now."""

import base64
import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from builders import START
from ringmock.sign_in.assertions import BY_PUBLIC_KEY, BY_SECRET, Key, is_public_key, read

HERE = ("http://here/restapi/oauth/token", "http://here")
SECRET = "a-secret-that-is-long-enough-for-the-longest-of-the-hashes-of-PyJWT"
RSA = rsa.generate_private_key(65537, 2048)
EC = ec.generate_private_key(ec.SECP256R1())
EDWARDS = ed25519.Ed25519PrivateKey.generate()


def pem(private: Any) -> str:
    return private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


KEYS: Mapping[str, Key] = {"RS": Key(pem(RSA)), "ES": Key(pem(EC)), "Ed": Key(pem(EDWARDS)), "HS": Key(secret=SECRET)}


def signed(private: Any, algorithm: str, **claims: Any) -> str:
    return jwt.encode({"sub": "101", **claims}, private, algorithm)


def saying(claims: dict[str, Any]) -> str:
    """PyJWT itself makes no claim that would be refused."""
    parts = [json.dumps(part).encode() for part in ({"alg": "HS256"}, claims)]
    return ".".join([*(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts), "signature"])


def test_a_short_secret_is_as_good_as_any() -> None:
    with pytest.warns(jwt.InsecureKeyLengthWarning):
        said = read(signed("short", "HS256"))
    assert said is not None
    assert said.is_signed_with(Key(secret="short"))


@pytest.mark.parametrize(
    ("private", "algorithm", "owner"),
    [
        (RSA, "RS256", "RS"),
        (RSA, "PS512", "RS"),
        (EC, "ES256", "ES"),
        (EDWARDS, "EdDSA", "Ed"),
        (SECRET, "HS256", "HS"),
        (SECRET, "HS512", "HS"),
    ],
)
def test_a_signature_is_its_owners_and_nobody_elses(private: Any, algorithm: str, owner: str) -> None:
    said = read(signed(private, algorithm))
    assert said is not None
    assert (said.algorithm, said.claims["sub"]) == (algorithm, "101")
    assert [name for name, key in KEYS.items() if said.is_signed_with(key)] == [owner]


def test_a_public_key_is_no_secret_and_what_is_not_signed_is_signed_by_nobody() -> None:
    forged, unsigned = signed("another-" + SECRET, "HS256"), jwt.encode({"sub": "101"}, None, "none")
    for token in (forged, unsigned, f"{forged}x", f"{signed(RSA, 'RS256')[:-8]}AAAAAAAA"):
        said = read(token)
        assert said is not None
        assert not any(said.is_signed_with(key) for key in (*KEYS.values(), Key(), Key("no key at all")))
    assert "none" not in (*BY_SECRET, *BY_PUBLIC_KEY)


@pytest.mark.parametrize(
    "token", ["", "demo-jwt-101", "a.b", "a.b.c", "e30.e30", "e30.W10.", "W10.e30.", "e30.e30.a.b", "é.é.é", "====.=.="]
)
def test_what_is_no_jwt_says_nothing(token: str) -> None:
    assert read(token) is None


@pytest.mark.parametrize(
    ("claims", "problem"),
    [
        ({"aud": HERE[0], "exp": 1}, None),
        ({"aud": HERE[1], "exp": 0.5}, None),
        ({"aud": ["http://there", HERE[1]], "exp": 60, "nbf": 0}, None),
        ({"aud": HERE[0], "exp": 0}, "it has expired"),
        ({"aud": HERE[0], "exp": 60, "nbf": 1}, "it is not valid yet"),
        ({"aud": HERE[0]}, "its exp or its nbf is no time"),
        ({"aud": HERE[0], "exp": True}, "its exp or its nbf is no time"),
        ({"aud": HERE[0], "exp": "60"}, "its exp or its nbf is no time"),
        ({"exp": 60}, f"its aud is not {HERE[0]}"),
        ({"aud": "http://there", "exp": 60}, f"its aud is not {HERE[0]}"),
        ({"aud": [{}, 1], "exp": 60}, f"its aud is not {HERE[0]}"),
    ],
)
def test_a_jwt_is_for_somebody_and_for_some_time(claims: dict[str, Any], problem: str | None) -> None:
    """`exp` and `nbf` are seconds from the start here."""
    moments = {
        name: value + START.timestamp() if type(value) in (int, float) else value for name, value in claims.items()
    }
    said = read(saying(moments))
    assert said is not None
    assert said.problem(HERE, START) == problem
    assert said.problem(HERE, START + timedelta(days=1)) is not None


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        (pem(RSA), True),
        (pem(EC), True),
        (pem(EDWARDS), True),
        (pem(dsa.generate_private_key(1024)), False),
        ("-----BEGIN PUBLIC KEY-----\nnonsense\n-----END PUBLIC KEY-----", False),
        (SECRET, False),
        ("ü", False),
    ],
    ids=["RSA", "EC", "Ed25519", "DSA", "nonsense", "secret", "not ASCII"],
)
def test_a_public_key_is_one_that_signatures_can_be_checked_with(text: str, is_one: bool) -> None:
    assert is_public_key(text) is is_one
