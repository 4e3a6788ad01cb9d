"""What is wrong with a body, in sentences."""

from typing import Any

import pytest

from ringmock.http.why.plans import plans
from ringmock.http.why.reasons import place_of, sentences
from support import sms_body


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({**sms_body(), "to": {"phoneNumber": "1"}}, "`to` is a list of objects"),
        ({**sms_body(), "to": 7}, 'such as [{"phoneNumber":'),
        ({"from": sms_body()["from"], "to": sms_body()["to"], "txt": "x"}, "`txt` is not known: `text`?"),
        ({"from": sms_body()["from"], "to": sms_body()["to"]}, "`text` is missing: it is a text"),
        ({**sms_body(), "from": {"phoneNumber": "x"}}, "`from.phoneNumber` is a text"),
        ({**sms_body(), "to": [{"phoneNumber": "14151003732"}, {}]}, "`to[1].phoneNumber` is missing"),
        ({**sms_body(), "text": "a" * 1001}, "`text` is a text of at most 1000 UTF-16 units"),
        ([], "the body is an object"),
    ],
)
def test_a_reason_says_what_would_be_right(body: Any, said: str) -> None:
    assert said in "; ".join(sentences(plans()["createSMSMessage"], body))


def test_a_body_that_keeps_its_schema_has_no_reason_against_it_whatever_else_it_says() -> None:
    assert sentences(plans()["createSMSMessage"], {**sms_body(), "txt": "x"}) == []


def test_a_place_is_written_as_people_write_it() -> None:
    assert place_of(("to", 0, "phoneNumber")) == "to[0].phoneNumber"
