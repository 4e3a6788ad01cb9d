"""Faxes as clients send them: form fields with and without file names, JSON in the first part, and JSON alone."""

import json
from typing import Any

import pytest

from parts import field, part, send
from support import HANDSET, OWN, STORE, Client, assert_refused

FAX = f"{OWN}/fax"
PDF = b"%PDF-1.4"


def document(content: bytes = PDF, name: str = "order.pdf", kind: str = "application/pdf") -> bytes:
    disposition = f'form-data; name="attachment"; filename="{name}"'
    return part(content, Content_Disposition=disposition, Content_Type=kind)


def unnamed(name: str, value: str) -> bytes:
    """A field as the guide has it: with a file name that is empty."""
    disposition = f'form-data; name="{name}"; filename=""'
    encoding = {"Content_Transfer_Encoding": "8bit"}
    return part(value.encode(), Content_Disposition=disposition, Content_Type="text/plain", **encoding)


def as_json(body: Any) -> bytes:
    return part(
        json.dumps(body).encode(), Content_Disposition='form-data; name="json"', Content_Type="application/json"
    )


FIELDS = {"to": HANDSET, "faxResolution": "Low", "coverIndex": "7", "coverPageText": "Urgent", "isoCode": "US"}


@pytest.mark.parametrize(
    ("parts", "subtype"),
    [
        ([*(field(*each) for each in FIELDS.items()), document()], "form-data"),
        ([document(), *(unnamed(*each) for each in FIELDS.items()), unnamed("sendTime", "")], "form-data"),
        (
            [
                as_json(
                    {
                        "to": [{"phoneNumber": f"+{HANDSET}"}],
                        "faxResolution": "Low",
                        "coverIndex": 7,
                        "coverPageText": "Urgent",
                        "country": {"isoCode": "US"},
                    }
                ),
                document(),
            ],
            "mixed",
        ),
    ],
)
def test_d42_a_fax_in_parts_is_sent_whichever_way_its_fields_are_written(
    world_client: Client, parts: list[bytes], subtype: str
) -> None:
    answer = send(world_client, FAX, *parts, subtype=subtype)
    assert answer.status_code == 200, answer.text
    said = answer.json()
    assert said["to"] == [{"recipientId": f"{said['id']}00", "phoneNumber": HANDSET, "messageStatus": "Queued"}]
    assert (said["faxResolution"], said["coverIndex"], said["coverPageText"]) == ("Low", 7, "Urgent")
    assert (said["type"], said["readStatus"], said["messageStatus"], said["faxPageCount"]) == (
        *("Fax", "Unread", "Queued"),
        0,
    )
    [listed] = world_client.get(STORE, params={"messageType": "Fax"}).json()["records"]
    assert (listed["messageStatus"], listed["faxPageCount"]) == ("Sent", 2)
    uri = said["attachments"][0]["uri"].removeprefix(world_client.url)
    content = world_client.get(uri)
    assert (content.content, content.headers["content-type"]) == (PDF, "application/pdf")


def test_d42_several_recipients_are_a_field_each(world_client: Client) -> None:
    answer = send(world_client, FAX, field("to", "4151003732"), field("to", "+14151003733"), document(), document())
    assert [to["phoneNumber"] for to in answer.json()["to"]] == [HANDSET, "14151003733"]
    assert len(answer.json()["attachments"]) == 2


@pytest.mark.parametrize(
    ("parts", "status", "code", "parameter"),
    [
        ([field("to", HANDSET)], 400, "CMN-101", "attachment"),
        ([field("coverIndex", "1"), document()], 400, "CMN-101", "to"),
        ([field("to", HANDSET), field("coverIndex", "one"), document()], 400, "CMN-101", "coverIndex"),
        ([field("to", HANDSET), field("coverIndex", "14"), document()], 400, "CMN-101", "coverIndex"),
        ([field("to", HANDSET), field("sendTime", "tomorrow"), document()], 400, "CMN-101", "sendTime"),
        ([field("to", HANDSET), field("coverPageText", "a" * 1025), document()], 400, "CMN-101", "coverPageText"),
        ([as_json({"to": [{"phoneNumber": f"1415100{n:04}"} for n in range(51)]}), document()], 400, "CMN-101", "to"),
        ([field("to", HANDSET), document(b"")], 400, "MSG-347", "attachment"),
        ([field("to", HANDSET), document(kind="audio/mpeg", name="a.mp3")], 415, "MSG-348", "attachment"),
        ([document()], 400, "MSG-349", None),
    ],
)
def test_d42_a_fax_that_cannot_be_sent_is_refused(
    world_client: Client, parts: list[bytes], status: int, code: str, parameter: str | None
) -> None:
    assert_refused(send(world_client, FAX, *parts), status, code, parameter)
    assert world_client.messages("101") == []


@pytest.mark.parametrize("length", [1024])
def test_d42_a_cover_page_takes_so_much_text(world_client: Client, length: int) -> None:
    answer = send(world_client, FAX, field("to", HANDSET), field("coverPageText", "a" * length), document())
    assert answer.status_code == 200


def test_d42_a_fax_is_sent_again_by_its_id_as_text_or_number(world_client: Client) -> None:
    sent = send(world_client, FAX, field("to", HANDSET), document()).json()
    for named in (sent["id"], str(sent["id"])):
        again = world_client.post(FAX, json={"originalMessageId": named})
        assert (again.status_code, again.json()["to"][0]["phoneNumber"]) == (200, HANDSET)
    assert_refused(world_client.post(FAX, json={"originalMessageId": "1"}), 400, "CMN-102", "originalMessageId")


def test_d42_a_fax_is_whole_in_todays_event(world_client: Client) -> None:
    body = {"to": "16509100010", "attachments": [{"contentType": "application/pdf", "content": "JVBERi0="}]}
    answer = world_client.post(f"/_mock/handsets/{HANDSET}/faxes", json=body)
    assert (answer.status_code, answer.json()["recipients"][0]["outcome"]) == (200, "delivered")
    [received] = world_client.get(STORE).json()["records"]
    assert (received["direction"], received["subject"], received["faxPageCount"]) == ("Inbound", "16509100010", 1)
    assert "conversationId" not in received
