"""Codes, their challenges, and where users are sent back to."""

from datetime import timedelta

import pytest

from builders import START, user, world
from ringmock.domain.errors import InvalidParameter
from ringmock.sign_in import sessions
from ringmock.sign_in.authorization import (
    CODE_LIFETIME,
    Challenge,
    ChallengeMethod,
    Codes,
    Consent,
    answered_to,
    redirect_uri_of,
)
from ringmock.world.template import Application
from ringmock.world.world import World

BACK = "http://localhost:3000/callback"
VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
S256_OF_VERIFIER = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"  # RFC 7636, appendix B


# --- challenges --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("challenge", "verifier", "is_met"),
    [
        (Challenge(VERIFIER), VERIFIER, True),
        (Challenge(VERIFIER), S256_OF_VERIFIER, False),
        (Challenge(S256_OF_VERIFIER, ChallengeMethod.S256), VERIFIER, True),
        (Challenge(S256_OF_VERIFIER, ChallengeMethod.S256), S256_OF_VERIFIER, False),
        (Challenge(f"{S256_OF_VERIFIER}=", ChallengeMethod.S256), VERIFIER, False),
        (Challenge("ü"), "ü", True),
        (Challenge("ü"), "u", False),
    ],
)
def test_a_verifier_meets_the_challenge_that_it_makes(challenge: Challenge, verifier: str, is_met: bool) -> None:
    assert challenge.is_met_by(verifier) is is_met


# --- codes -------------------------------------------------------------------------------------------


@pytest.fixture
def here() -> World:
    return world(user("101"))


def consent(here: World, redirect_uri: str | None = BACK, challenge: Challenge | None = None) -> Consent:
    return Consent(here, "101", "app", here.clock.now() + CODE_LIFETIME, redirect_uri, challenge)


def test_a_code_serves_once(here: World) -> None:
    codes, given = Codes(most=9), consent(here)
    codes.add("code", given)

    assert codes.take("code", "app", BACK, None) is given

    with pytest.raises(sessions.AuthorizationCodeInvalid):
        codes.take("code", "app", BACK, None)


@pytest.mark.parametrize(("seconds", "is_good"), [(59, True), (60, False)])
def test_a_code_lives_for_a_minute_of_its_world(here: World, seconds: int, is_good: bool) -> None:
    codes = Codes(most=9)
    codes.add("code", consent(here))
    here.clock.advance(timedelta(seconds=seconds))
    if is_good:
        assert codes.take("code", "app", BACK, None)
        return
    with pytest.raises(sessions.AuthorizationCodeExpired):
        codes.take("code", "app", BACK, None)


PLAIN = Challenge(VERIFIER)


@pytest.mark.parametrize(
    ("asked_with", "challenge", "client", "redirect_uri", "verifier", "refusal"),
    [
        (BACK, None, "other", BACK, None, sessions.AuthorizationCodeInvalid),
        (BACK, None, "app", f"{BACK}/", None, sessions.RedirectUriMismatch),
        (BACK, None, "app", None, None, sessions.RedirectUriMismatch),
        (BACK, PLAIN, "app", BACK, None, sessions.CodeVerifierMismatch),
        (BACK, PLAIN, "app", BACK, "wrong", sessions.CodeVerifierMismatch),
        (BACK, None, "app", BACK, VERIFIER, sessions.CodeVerifierMismatch),
        (BACK, PLAIN, "app", BACK, VERIFIER, None),
        (None, None, "app", None, None, None),
        (None, None, "app", BACK, None, None),
    ],
)
def test_a_code_is_bound_to_what_it_was_asked_for_with(
    here: World,
    asked_with: str | None,
    challenge: Challenge | None,
    client: str,
    redirect_uri: str | None,
    verifier: str | None,
    refusal: type[Exception] | None,
) -> None:
    codes, given = Codes(most=9), consent(here, asked_with, challenge)
    codes.add("code", given)
    if refusal is None:
        assert codes.take("code", client, redirect_uri, verifier) is given
        return
    with pytest.raises(refusal):
        codes.take("code", client, redirect_uri, verifier)


def test_another_applications_try_leaves_a_code_good_and_a_wrong_verifier_does_not(here: World) -> None:
    codes = Codes(most=9)
    for code in ("tried by another", "tried with a wrong verifier"):
        codes.add(code, consent(here, challenge=PLAIN))
    with pytest.raises(sessions.AuthorizationCodeInvalid):
        codes.take("tried by another", "other", BACK, VERIFIER)
    with pytest.raises(sessions.CodeVerifierMismatch):
        codes.take("tried with a wrong verifier", "app", BACK, "wrong")

    assert codes.take("tried by another", "app", BACK, VERIFIER)
    with pytest.raises(sessions.AuthorizationCodeInvalid):
        codes.take("tried with a wrong verifier", "app", BACK, VERIFIER)


def test_only_so_many_codes_are_remembered_and_none_of_a_world_that_is_gone(here: World) -> None:
    codes, other = Codes(most=2), world(user("101"))
    for code, where in (("oldest", here), ("kept", here), ("of another world", other)):
        codes.add(code, consent(where))
    codes.forget(other)

    assert codes.take("kept", "app", BACK, None)
    for code in ("oldest", "of another world"):
        with pytest.raises(sessions.AuthorizationCodeInvalid):
            codes.take(code, "app", BACK, None)


def test_a_consent_does_not_outlast_its_worlds_clock(here: World) -> None:
    assert consent(here).expires == START + timedelta(seconds=60)


# --- redirect URIs -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("registered", "asked", "answer"),
    [
        (None, BACK, BACK),
        (None, "myapp://signed-in", "myapp://signed-in"),
        (None, "HTTPS://example.com?a=b", "HTTPS://example.com?a=b"),
        (None, None, InvalidParameter),
        (None, "callback", InvalidParameter),
        (None, "javascript:alert(1)", InvalidParameter),
        (None, f"{BACK}#here", InvalidParameter),
        (None, f"{BACK}\r\nSet-Cookie: a=b", InvalidParameter),
        (None, f"{BACK} ", InvalidParameter),
        (None, "http://exämple.com", InvalidParameter),
        ((), BACK, sessions.RedirectUriNotRegistered),
        ((), None, sessions.RedirectUriNotRegistered),
        ((BACK,), None, BACK),
        ((BACK,), BACK, BACK),
        ((BACK,), f"{BACK}/", sessions.RedirectUriMismatch),
        ((BACK,), BACK.upper(), sessions.RedirectUriMismatch),
        ((BACK, "http://other/"), "http://other/", "http://other/"),
        ((BACK, "http://other/"), None, InvalidParameter),
    ],
)
def test_a_user_goes_back_where_the_application_may_have_him(
    registered: tuple[str, ...] | None, asked: str | None, answer: str | type[Exception]
) -> None:
    application = Application("app", redirect_uris=registered)
    if isinstance(answer, str):
        assert redirect_uri_of(application, asked) == answer
        return
    with pytest.raises(answer):
        redirect_uri_of(application, asked)


@pytest.mark.parametrize(
    ("redirect_uri", "location"),
    [
        (BACK, f"{BACK}?code=c&state=a+b%26c%3D%22%C3%A9"),
        (f"{BACK}?tab=1", f"{BACK}?tab=1&code=c&state=a+b%26c%3D%22%C3%A9"),
        ("http://[", "http://[?code=c&state=a+b%26c%3D%22%C3%A9"),
    ],
)
def test_an_answer_goes_into_the_query_behind_what_is_there(redirect_uri: str, location: str) -> None:
    assert answered_to(redirect_uri, {"code": "c", "state": 'a b&c="é'}) == location
