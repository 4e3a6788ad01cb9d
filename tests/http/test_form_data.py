"""Messages in the fields of a form, and files as clients send them, by the calls of the API."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from parts import field, part, send
from support import HANDSET, OWN, SMS, Client, assert_refused, sms_body

MMS = f"{OWN}/mms"
NUMBER = "16509100010"
FROM = ("from", NUMBER)
TO = ("to", HANDSET)
TEXT = ("text", "Hello")
PNG = b"\x89PNG\r\n\x1a\n"

Field = tuple[str, str]


def file(name: str = "map.png", content: bytes = PNG, media_type: str = "image/png", **headers: str) -> bytes:
    disposition = f'form-data; name="attachment"; filename="{name}"'
    return part(content, Content_Disposition=disposition, Content_Type=media_type, **headers)


def message(body: Mapping[str, Any], **headers: str) -> bytes:
    return part(json.dumps(body).encode(), Content_Type="application/json", **headers)


def content_of(client: Client, said: Mapping[str, Any], attachment: int) -> bytes:
    return client.get(said["attachments"][attachment]["uri"].removeprefix(client.url)).content


@pytest.mark.parametrize(
    "fields",
    [
        [FROM, TO, TEXT],
        [TEXT, TO, FROM, ("submit", "Send")],
        [("from[phoneNumber]", NUMBER), ("to[0][phoneNumber]", HANDSET), ("to[0][name]", "X"), TEXT],
        [("from.phoneNumber", NUMBER), ("to[]", HANDSET), TEXT, ("country", "US")],
        [("from", json.dumps({"phoneNumber": NUMBER})), ("to", json.dumps([{"phoneNumber": HANDSET}])), TEXT],
    ],
)
def test_d34_a_message_may_be_the_fields_of_a_form(world_client: Client, fields: list[Field]) -> None:
    answer = send(world_client, SMS, *(field(*each) for each in fields))
    assert answer.status_code == 200, answer.text
    said = answer.json()
    assert (said["from"], said["to"], said["subject"]) == (
        {"phoneNumber": NUMBER},
        [{"phoneNumber": HANDSET}],
        "Hello",
    )


def test_a_form_sends_its_files_wherever_they_stand(world_client: Client) -> None:
    answer = send(world_client, MMS, file(), field(*FROM), field(*TO))
    assert answer.status_code == 200, answer.text
    assert [each["fileName"] for each in answer.json()["attachments"]] == ["map.png"]


@pytest.mark.parametrize(
    ("fields", "parameter"),
    [
        ([TO, TEXT], "from"),
        ([FROM, TEXT], "to"),
        ([FROM, TO], "text"),
        ([FROM, FROM, TO, TEXT], "from"),
        ([FROM, TO, TEXT, TEXT], "text"),
        ([FROM, ("to", "me"), TEXT], "to.phoneNumber"),
        ([FROM, TO, TO, TEXT], "to"),
    ],
)
def test_a_form_that_breaks_the_contract_is_refused_about_its_field(
    world_client: Client, fields: list[Field], parameter: str
) -> None:
    assert_refused(send(world_client, SMS, *(field(*each) for each in fields)), 400, "CMN-101", parameter)
    assert world_client.messages("101") == []


def test_a_field_that_is_no_text_is_refused(world_client: Client) -> None:
    spoiled = part(b"\xff", Content_Disposition='form-data; name="text"')
    assert_refused(send(world_client, SMS, field(*FROM), field(*TO), spoiled), 400, "CMN-104")
    unknown = part(b"Hi", Content_Disposition='form-data; name="text"', Content_Type="text/plain; charset=punycode")
    assert_refused(send(world_client, SMS, field(*FROM), field(*TO), unknown), 400, "CMN-104")


def test_an_old_browsers_text_is_read_by_its_charset(world_client: Client) -> None:
    said = part("Grüße".encode("latin-1"), Content_Disposition='form-data; name="text"',
                Content_Type="text/plain; charset=ISO-8859-1")  # fmt: skip
    assert send(world_client, SMS, field(*FROM), field(*TO), said).json()["subject"] == "Grüße"


@pytest.mark.parametrize("subtype", ["form-data", "mixed"])
def test_parts_in_base64_and_quoted_printable_are_decoded(world_client: Client, subtype: str) -> None:
    body = sms_body("Hello", to=HANDSET, sender=NUMBER)
    quoted = part(json.dumps(body).replace("=", "=3D").replace("Hello", "Gr=C3=BC=C3=9Fe").encode(),
                  Content_Type="application/json", Content_Transfer_Encoding="quoted-printable")  # fmt: skip
    picture = file(content=b"iVBO\r\nRw0KGgo=", Content_Transfer_Encoding="base64")
    answer = send(world_client, SMS, quoted, picture, subtype=subtype)
    assert answer.status_code == 200, answer.text
    assert answer.json()["subject"] == "Grüße"
    assert content_of(world_client, answer.json(), 1) == PNG


def test_what_is_not_in_base64_is_refused_and_nothing_is_stored(world_client: Client) -> None:
    body = sms_body("Hello", to=HANDSET, sender=NUMBER)
    answer = send(world_client, SMS, message(body), file(content=PNG, Content_Transfer_Encoding="base64"))
    assert_refused(answer, 400, "CMN-104")
    assert "base64" in answer.json()["message"]
    assert world_client.messages("101") == []


def test_several_changes_of_messages_may_be_encoded_too(world_client: Client) -> None:
    ids = [world_client.post_sms(text).json()["id"] for text in ("one", "two")]
    changes = [part(b"eyJyZWFkU3RhdHVzIjoiUmVhZCJ9", Content_Transfer_Encoding="base64")] * 2
    content = b"".join(b"--b\r\n" + each + b"\r\n" for each in changes) + b"--b--\r\n"
    answer = world_client.call("PUT", f"{OWN}/message-store/{ids[0]},{ids[1]}", content=content,
                               headers={"Content-Type": "multipart/mixed; boundary=b"})  # fmt: skip
    assert answer.status_code == 207
    assert {each["readStatus"] for each in world_client.messages("101")} == {"Read"}


@pytest.mark.parametrize("text", [{}, {"text": ""}])
def test_an_sms_with_a_file_needs_no_text(world_client: Client, text: dict[str, str]) -> None:
    body = {"from": {"phoneNumber": NUMBER}, "to": [{"phoneNumber": HANDSET}], **text}
    answer = send(world_client, SMS, message(body), file())
    assert answer.status_code == 200, answer.text
    assert answer.json()["subject"] == ""
    assert_refused(send(world_client, SMS, message(body)), 400, "CMN-101", "text")
    assert_refused(world_client.post(SMS, json=body), 400, "CMN-101", "text")


def test_a_field_in_which_no_file_was_chosen_is_no_file(world_client: Client) -> None:
    none = file(name="", content=b"", media_type="application/octet-stream")
    assert send(world_client, SMS, field(*FROM), field(*TO), field(*TEXT), none).status_code == 200
    assert_refused(send(world_client, MMS, field(*FROM), field(*TO), none), 400, "CMN-101", "attachments")


@pytest.mark.parametrize(
    ("name", "media_type", "known"),
    [
        ("a.jpg", "image/jpg", "image/jpeg"),
        ("a.mp3", "audio/mp3", "audio/mpeg"),
        ("a.wav", "audio/x-wav", "audio/wav"),
        ("a.m4a", "AUDIO/X-M4A", "audio/mp4"),
        ("a.avi", "video/x-msvideo", "video/avi"),
        ("a.vcf", "text/x-vcard; charset=utf-8", "text/vcard"),
        ("a.zip", "application/x-zip-compressed", "application/zip"),
        ("a.csv", "application/vnd.ms-excel", "text/csv"),
        ("a.PNG", "application/octet-stream", "image/png"),
        ("a.png", "image/*", "image/png"),
    ],
)
def test_a_file_is_known_by_other_names_of_its_type(
    world_client: Client, name: str, media_type: str, known: str
) -> None:
    body = sms_body("Hello", to=HANDSET, sender=NUMBER)
    answer = send(world_client, SMS, message(body), file(name, b"x", media_type))
    assert answer.status_code == 200, answer.text
    assert answer.json()["attachments"][1]["contentType"] == known


@pytest.mark.parametrize(
    ("name", "media_type"),
    [("a", "application/octet-stream"), ("a.png", "image/heic"), ("a.xls", "application/vnd.ms-excel")],
)
def test_a_file_of_another_type_is_refused(world_client: Client, name: str, media_type: str) -> None:
    body = sms_body("Hello", to=HANDSET, sender=NUMBER)
    assert_refused(send(world_client, SMS, message(body), file(name, b"x", media_type)), 415, "MSG-348", "attachments")
