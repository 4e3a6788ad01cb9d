"""What the guard lets pass: only sendings are its business, and only to whom the fixture names."""

import json

import pytest

from ringmock.contract.guard import (
    Guard,
    Limits,
    NotSent,
    changing_operations,
    is_sending,
    named_in,
    recipients_of,
    seconds_between,
)
from ringmock.fixture import load_named

OWN = "/restapi/v1.0/account/~/extension/~"
SMS, STORE = f"{OWN}/sms", f"{OWN}/message-store"
JSON = {"Content-Type": "application/json"}
NAMED = named_in(load_named("demo"))


def sms(*to: str) -> bytes:
    return json.dumps({"from": {"phoneNumber": "16509100010"}, "to": [{"phoneNumber": n} for n in to]}).encode()


def guard(**limits: object) -> Guard:
    return Guard(Limits(**limits))


@pytest.mark.parametrize(
    ("method", "target", "sends"),
    [
        ("POST", SMS, True),
        ("POST", f"{SMS}?a=b", True),
        ("POST", f"{OWN}/company-pager", True),
        ("POST", "/restapi/v1.0/account/1/extension/2/sms", True),
        ("POST", "/restapi/v1.0/account/~/a2p-sms/batches", True),
        ("POST", "/restapi/v1.0/account/~/a2p-sms/opt-outs/bulk-assign", False),
        ("GET", SMS, False),
        ("PUT", f"{STORE}/1", False),
        ("POST", "/restapi/oauth/token", False),
        ("POST", "/restapi/v1.0/account/~/department/bulk-assign", False),
    ],
)
def test_what_takes_recipients_sends(method: str, target: str, sends: bool) -> None:
    assert is_sending(method, target) is sends


@pytest.mark.parametrize(
    ("headers", "body", "recipients"),
    [
        (JSON, sms("+14151003732", "16509100102"), ["14151003732", "16509100102"]),
        (JSON, b'{"to": [{"extensionNumber": "102", "extensionId": "1346632102"}]}', ["102", "1346632102"]),
        (JSON, b'{"to": "12025550123"}', ["12025550123"]),
        (JSON, b'{"to": [{"phoneNumber": 12025550123}, null, {"location": "here"}]}', ["12025550123"]),
        (JSON, b'{"messages": [{"to": ["+12025550123"]}]}', ["12025550123"]),
        (JSON, b'{"from": {"phoneNumber": "16509100010"}, "text": "12025550123"}', []),
        (JSON, b'{"to": [{"phoneNumber": "12025550123"', ["12025550123"]),
        ({}, None, []),
        (
            {"content-type": "multipart/mixed; boundary=b"},
            b"--b\r\nContent-Type: application/json\r\n\r\n" + sms("14151003732") + b"\r\n--b\r\n"
            b"Content-Type: image/gif\r\n\r\nGIF89a 12025550123\r\n--b--\r\n",
            ["14151003732"],
        ),
        (
            {"content-type": "multipart/form-data; boundary=b"},
            b'--b\r\nContent-Disposition: form-data; name="to"\r\n\r\n12025550123\r\n--b--\r\n',
            ["12025550123"],
        ),
        ({"content-type": "multipart/mixed"}, b'{"to": "12025550123"}', ["12025550123"]),
    ],
)
def test_a_body_is_read_for_whom_it_is_addressed_to(
    headers: dict[str, str], body: bytes | None, recipients: list[str]
) -> None:
    assert list(recipients_of(headers, body)) == recipients


@pytest.mark.parametrize(("to", "passes"), [("14151003732", True), ("+14151003732", True), ("12025550123", False)])
def test_a_number_passes_that_the_fixture_names_and_no_other(to: str, passes: bool) -> None:
    reason = guard(numbers=NAMED).reason_against("POST", SMS, JSON, sms(to))
    assert (reason is None) is passes


def test_one_stranger_among_the_recipients_is_enough() -> None:
    watching = guard(numbers=NAMED)
    with pytest.raises(NotSent, match="does not name"):
        watching.check("POST", SMS, JSON, sms("14151003732", "12025550123"))
    assert watching.refused.total() == 1


def test_recipients_are_counted_up_to_the_limit_and_refusals_are_not() -> None:
    watching = guard(max_messages=3)
    watching.count("POST", SMS, JSON, sms("14151003732"), 400)
    watching.count("POST", SMS, JSON, sms("14151003732", "14151003733"), 200)
    watching.count("GET", STORE, {}, None, 200)
    assert watching.sent == 2
    assert watching.reason_against("POST", SMS, JSON, sms("14151003732")) is None
    assert "3 messages" in (watching.reason_against("POST", SMS, JSON, sms("14151003732", "14151003733")) or "")


def test_an_answer_of_500_may_have_sent_the_message() -> None:
    watching = guard(max_messages=1)
    watching.count("POST", SMS, JSON, sms("14151003732"), 503)
    assert watching.reason_against("POST", SMS, JSON, sms("14151003732"))


def test_a_guard_goes_on_in_another_process_where_it_stood() -> None:
    first = guard(numbers=("1",), max_messages=5, rate="40/m", may_change=False)
    first.sent = 2
    first.refuse("why")
    second = Guard.from_json(first.to_json())
    assert (second.limits, second.sent, second.refused) == (first.limits, 2, first.refused)
    second.sent = 4
    first.take_over(json.loads(second.to_json()))
    assert first.sent == 4
    first.take_over({})
    assert first.sent == 4


@pytest.mark.parametrize(("rate", "seconds"), [("40/m", 1.5), ("2/s", 0.5), ("1/h", 3600.0)])
def test_a_rate_is_a_pause_between_calls(rate: str, seconds: float) -> None:
    assert seconds_between(rate) == seconds


@pytest.mark.parametrize("rate", ["40", "0/m", "m", "40/d", "-1/s", "40/m\n"])
def test_what_is_no_rate_is_refused(rate: str) -> None:
    with pytest.raises(ValueError, match="is no rate"):
        seconds_between(rate)


def test_what_changes_an_account_are_not_the_sendings_nor_the_reads() -> None:
    assert {"updateMessage", "deleteMessage", "assignMultipleDepartmentMembers"} <= set(changing_operations())
    assert not {"createSMSMessage", "listMessages", "getToken"} & set(changing_operations())
