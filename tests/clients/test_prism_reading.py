"""The rules by which `benchmarks/prism_between.py` tells what Prism says from what is wrong."""

import json
from typing import Any

import pytest

from prism_reading import Read, Said, kind_where_it_ends, kinds_of, plain_target

STORE = "/restapi/v1.0/account/~/extension/~/message-store"
ACCOUNT = "https://platform.ringcentral.com/restapi/v1.0/account/1346632010"
OF_SMS = {"from": {"phoneNumber": "16509100010"}, "to": [{"phoneNumber": "14151003732"}]}
IN_PARTS = ("request", "body", "json")
IN_ANSWER = ("response", "body")


def parts(*given: tuple[str, str, str], subtype: str = "form-data") -> tuple[str, bytes]:
    """Content-Type and bytes of parts: the rest of a disposition, a media type and a content each."""
    texts = [
        f"--b\r\nContent-Disposition: form-data{rest}\r\nContent-Type: {kind}\r\n\r\n{text}\r\n"
        for rest, kind, text in given
    ]
    return f"multipart/{subtype}; boundary=b", "".join([*texts, "--b--\r\n"]).encode()


def part(name: str, value: Any) -> tuple[str, str, str]:
    if isinstance(value, str):
        return f'; name="{name}"', "text/plain", value
    return f'; name="{name}"', "application/json", json.dumps(value)


def file(name: str) -> tuple[str, str, str]:
    return f'; name="{name}"; filename="a.png"', "image/png", "x"


@pytest.mark.parametrize(
    ("resource", "body", "keeps"),
    [
        ("mms", parts(part("json", OF_SMS), file("attachments")), True),
        ("mms", parts(part("request.json", OF_SMS), file("attachment")), True),
        ("mms", parts(part("json", OF_SMS), file("attachment"), subtype="mixed"), True),
        ("mms", parts(part("json", OF_SMS)), False),
        ("mms", parts(part("json", {"to": OF_SMS["to"]}), file("attachments")), False),
        ("mms", parts(file("attachment"), part("from", "+16509100010"), part("to", "14151003732")), True),
        ("mms", parts(file("attachment"), part("from", "anybody"), part("to", "14151003732")), False),
        ("mms", parts(file("attachment"), part("from", "+16509100010")), False),
        ("sms", parts(part("json", {**OF_SMS, "text": "Hi"})), True),
        ("sms", parts(part("json", OF_SMS)), False),
        ("sms", parts(part("json", OF_SMS), file("attachments")), True),
        ("sms", parts(part("from", "1"), part("to", "2"), part("to", "3"), part("text", "Hi")), True),
        ("sms", parts(part("from", "1"), part("to", "2"), part("text", "")), False),
        ("fax", parts(part("json", {"to": OF_SMS["to"]}), file("attachment")), True),
        ("fax", parts(part("json", {"to": []}), file("attachment")), False),
        ("fax", parts(part("to", "14151003732"), part("coverIndex", "13"), file("attachment")), True),
        ("fax", parts(part("to", "14151003732"), part("coverIndex", "14"), file("attachment")), False),
        ("fax", parts(part("to", "14151003732")), False),
    ],
)
def test_what_prism_says_of_parts_is_its_own_only_if_they_keep_the_contract(
    resource: str, body: tuple[str, bytes], keeps: bool
) -> None:
    call = Read("POST", f"/restapi/v1.0/account/~/extension/~/{resource}", 200, *body, "application/json", b"{}")
    said = (Said(IN_PARTS, "Request body property json must be object"),)
    assert kinds_of(call, said, said) == (("parts of a request",) if keeps else ("",))
    assert kind_where_it_ends(call) == ("parts that it ends at" if keeps else "")


MESSAGES = {"response": [{"href": f"{ACCOUNT}/1", "status": 404, "responseDescription": "Not Found"}]}
NOT_FOUND = {"errorCode": "CMN-102", "message": "x", "errors": [{"errorCode": "CMN-102", "message": "x"}]}


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (parts(part("", MESSAGES), part("", NOT_FOUND), subtype="mixed"), "parts of an answer"),
        (parts(part("", MESSAGES), part("", {"id": 1}), subtype="mixed"), ""),
        (parts(part("", NOT_FOUND), part("", MESSAGES), subtype="mixed"), ""),
        (parts(part("", MESSAGES), subtype="mixed"), ""),
        (("multipart/mixed; boundary=b", b"--b\r\nContent-Type: application/json\r\n\r\n{\r\n--b--\r\n"), ""),
        (("application/json", b"[]"), ""),
    ],
)
def test_what_prism_says_of_an_answer_in_parts_is_its_own_only_if_they_keep_the_contract(
    answer: tuple[str, bytes], kind: str
) -> None:
    call = Read("GET", f"{STORE}/1,2", 207, "", b"", *answer)
    said = (Said(IN_ANSWER, "Response body must be object"),)
    assert kinds_of(call, said, said) == (kind,)


@pytest.mark.parametrize(
    ("content_type", "body", "kind"),
    [
        ("application/vnd.ringcentral.multipart+json", [{"body": {"readStatus": "Read"}}], "media type with a suffix"),
        ("application/vnd.ringcentral.multipart+json", {"readStatus": "Read"}, ""),
        ("application/json", [{"body": {"readStatus": "Read"}}], ""),
    ],
)
def test_what_prism_says_of_another_media_type_is_its_own_only_if_the_body_keeps_the_contract(
    content_type: str, body: Any, kind: str
) -> None:
    call = Read("PUT", f"{STORE}/1,2", 207, content_type, json.dumps(body).encode(), "", b"")
    said = (Said(("request", "body"), "Request body must be object"),)
    assert kinds_of(call, said, said) == (kind,)


@pytest.mark.parametrize(
    ("target", "plain"),
    [
        (f"{STORE}/", STORE),
        (f"{STORE}/?messageType=Fax,Pager&page=1", f"{STORE}?messageType=Fax&messageType=Pager&page=1"),
        (f"{STORE}?perPage=MAX&phoneNumber=1,2", f"{STORE}?perPage=1000&phoneNumber=1,2"),
        (f"{STORE}/1,2", f"{STORE}/1,2"),
        (f"{STORE}/1?purge=True", f"{STORE}/1?purge=true"),
    ],
)
def test_a_target_is_written_in_the_one_way_that_openapi_can_say(target: str, plain: str) -> None:
    assert plain_target(Read("GET", target, 200, "", b"", "", b"")) == plain


def test_a_call_that_prism_objects_to_however_it_is_written_is_at_fault() -> None:
    call = Read("GET", f"{STORE}/?perPage=no", 200, "", b"", "application/json", b"{}")
    path = Said(("request", "path"), "Request path must have required property 'messageid'")
    page = Said(("request", "query", "perpage"), "Request query parameter perpage must be integer")
    assert kinds_of(call, (path,), ()) == ("written otherwise",)
    assert kinds_of(call, (path, page), (page,)) == ("written otherwise", "")
    assert kinds_of(call, (page,), (page,)) == ("",)
