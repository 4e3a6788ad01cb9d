"""Which parameters, keywords, enum values and formats of the contract an exchange exercises, on either side."""

import json

import pytest

from ringmock.contract.http_client import Answer, Exchange, Request
from ringmock.contract.traffic import MOST_BYTES, SchemaOnlooker
from ringmock.coverage.report import MOST_NAMES, schemas_text
from ringmock.coverage.schemas import Kind, Point, SchemaCoverage, Side, all_points

OWN = "/restapi/v1.0/account/~/extension/~"
JSON = {"Content-Type": "application/json"}
TEXT = "/components/schemas/CreateSMSMessage/properties/text"
SMS = {"from": {"phoneNumber": "16509100010"}, "to": [{"phoneNumber": "14151003732"}], "text": "Hello"}


def seen_in(method: str, target: str, sent: object = None, status: int = 200, answered: object = None) -> set[Point]:
    """What one exchange exercises; bodies are in JSON, or bytes of a form."""
    headers, body = {}, None
    if isinstance(sent, bytes):
        headers, body = {"Content-Type": "application/x-www-form-urlencoded"}, sent
    elif sent is not None:
        headers, body = JSON, json.dumps(sent).encode()
    text = b"" if answered is None else json.dumps(answered).encode()
    onlooker = SchemaOnlooker()
    answer = Answer(status, {"content-type": "application/json;charset=UTF-8"}, text)
    onlooker(Exchange("http://here", Request(method, target, headers, body), answer))
    return onlooker.coverage.seen


def of(kind: Kind, seen: set[Point], side: Side = Side.REQUEST) -> set[str]:
    return {point.name for point in seen if point.kind is kind and point.side is side}


def test_whatever_an_exchange_exercises_is_something_that_the_contract_has() -> None:
    seen = seen_in("POST", f"{OWN}/sms", SMS, answered={"id": 1, "type": "SMS", "to": SMS["to"]})
    assert seen
    assert seen <= set(all_points())


@pytest.mark.parametrize(
    ("text", "kept", "broken"),
    [
        ("a" * 1000, True, False),
        ("a" * 1001, False, True),
        ("😀" * 500, True, False),
        ("😀" * 501, False, True),
        (None, False, False),
        (7, False, False),
        ("\ud83d", False, False),
    ],
)
def test_a_keyword_is_kept_or_broken_by_a_value_that_it_is_about(text: object, kept: bool, broken: bool) -> None:
    seen = seen_in("POST", f"{OWN}/sms", {**SMS, "text": text}, status=200 if kept else 400)
    name = f"{TEXT} x-maxLengthUtf16"
    assert (name in of(Kind.KEYWORDS_KEPT, seen), name in of(Kind.KEYWORDS_BROKEN, seen)) == (kept, broken)


@pytest.mark.parametrize(("body", "broken"), [(SMS, False), ({**SMS, "text": 7}, True), ({**SMS, "text": None}, True)])
def test_a_value_of_another_type_breaks_the_type(body: object, broken: bool) -> None:
    assert (f"{TEXT} type" in of(Kind.KEYWORDS_BROKEN, seen_in("POST", f"{OWN}/sms", body, 400))) == broken


@pytest.mark.parametrize(("names", "broken"), [(["from", "to", "text"], False), (["from", "to"], True)])
def test_what_is_required_and_is_not_there_breaks_the_keyword(names: list[str], broken: bool) -> None:
    seen = seen_in("POST", f"{OWN}/sms", {name: SMS[name] for name in names}, 400)
    assert ("/components/schemas/CreateSMSMessage required" in of(Kind.KEYWORDS_BROKEN, seen)) == broken


def test_a_parameter_counts_for_its_operation_when_it_is_sent() -> None:
    seen = of(Kind.PARAMETERS, seen_in("GET", f"{OWN}/message-store?perPage=5&direction=Inbound"))
    assert {"listMessages query perPage", "listMessages query direction", "listMessages path extensionId"} <= seen
    assert "listMessages query page" not in seen
    assert not [name for name in seen if not name.startswith("listMessages ")]


@pytest.mark.parametrize(("asked", "exercised"), [("Inbound", {"Inbound"}), ("inbound", set()), ("", set())])
def test_an_enum_value_counts_when_it_is_sent_as_it_is_written(asked: str, exercised: set[str]) -> None:
    seen = of(Kind.ENUM_VALUES, seen_in("GET", f"{OWN}/message-store?direction={asked}"))
    assert {name.rpartition(" ")[2] for name in seen} == exercised


@pytest.mark.parametrize(("text", "is_read"), [("1000", True), ("x", False)])
def test_a_parameter_is_read_as_what_its_schema_says(text: str, is_read: bool) -> None:
    seen = seen_in("GET", f"{OWN}/message-store?perPage={text}")
    assert any(name.endswith("perPage/schema maximum") for name in of(Kind.KEYWORDS_KEPT, seen)) == is_read
    assert any(name.endswith("perPage/schema type") for name in of(Kind.KEYWORDS_BROKEN, seen)) != is_read


def test_a_field_of_a_form_is_read_like_a_parameter() -> None:
    seen = seen_in("POST", "/restapi/oauth/token", b"grant_type=password&username=1&password=")
    fields = {name.rpartition("/")[2] for name in of(Kind.KEYWORDS_KEPT, seen) if "/properties/" in name}
    assert {"grant_type type", "username type", "password type"} <= fields
    assert "access_token_ttl type" not in fields


def test_an_answer_counts_by_its_status_and_never_as_broken() -> None:
    answered = {"errorCode": "CMN-101", "message": "m", "errors": [{"errorCode": "CMN-101", "message": 7}]}
    seen = seen_in("POST", f"{OWN}/sms", SMS, 400, answered)
    assert any("ApiError" in name for name in of(Kind.KEYWORDS_KEPT, seen, Side.ANSWER))
    assert of(Kind.KEYWORDS_BROKEN, seen, Side.ANSWER) == set()
    assert of(Kind.KEYWORDS_KEPT, seen_in("POST", f"{OWN}/sms", SMS, 599, answered), Side.ANSWER) == set()


@pytest.mark.parametrize(("length", "is_seen"), [(MOST_BYTES, True), (MOST_BYTES + 1, False)])
def test_a_body_is_looked_at_up_to_a_length(length: int, is_seen: bool) -> None:
    around = len(json.dumps({**SMS, "text": ""}))
    seen = seen_in("POST", f"{OWN}/sms", {**SMS, "text": "a" * (length - around)}, 413)
    assert bool(of(Kind.KEYWORDS_BROKEN, seen)) == is_seen


def test_a_call_of_no_operation_counts_for_nothing() -> None:
    assert seen_in("GET", "/_mock/ready", answered={}) == set()


def test_the_report_has_figures_and_the_first_of_what_is_missing_and_json_all_of_it() -> None:
    found = SchemaCoverage()
    found.seen |= set(all_points()[:-1])
    told = schemas_text(found)
    last = all_points()[-1]
    assert told.endswith(f"{last.side} {last.kind}, missing:\n  {last.name}")
    share = found.of(last.side, last.kind)
    assert found.to_json()[last.side][last.kind] == {
        "exercised": share.total - 1,
        "of": share.total,
        "missing": [last.name],
    }
    nothing = SchemaCoverage()
    parameters = nothing.of(Side.REQUEST, Kind.PARAMETERS)
    assert parameters.exercised == 0
    assert f"and {parameters.total - MOST_NAMES} more" in schemas_text(nothing)
    assert len(nothing.to_json()["request"]["parameters"]["missing"]) == parameters.total
