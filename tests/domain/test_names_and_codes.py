"""Small answers about texts: which name was meant, and which country a number is of."""

import pytest

from ringmock.domain.account import calling_code
from ringmock.domain.nearest import nearest


@pytest.mark.parametrize(
    ("given", "found"),
    [("txt", ["text"]), ("TEXT", ["text"]), ("to", []), (7, []), ("n" * 200, ["n" * 200]), ("n" * 201, [])],
)
def test_the_nearest_name_is_guessed_of_a_text_that_is_like_one(given: object, found: list[str]) -> None:
    assert nearest(given, ["text", "replyOn", "n" * 200]) == found


@pytest.mark.parametrize(
    ("given", "first"),
    [("createSMS", "createSMSMessage"), ("createsms", "createSmsBatch"), ("crea", "createMMS"), ("cre", None)],
)
def test_a_name_that_another_one_begins_with_is_that_one_from_four_letters_on(given: str, first: str | None) -> None:
    known = ["createMMS", "createSMSMessage", "createSmsBatch"]
    assert next(iter(nearest(given, known)), None) == first


@pytest.mark.parametrize(
    ("digits", "code"), [("14151003732", "1"), ("74951234567", "7"), ("442079460000", "44"), ("358401234567", "358")]
)
def test_a_number_begins_with_the_code_of_its_country(digits: str, code: str) -> None:
    assert calling_code(digits) == code
