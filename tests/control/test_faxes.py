"""Faxes from machines outside, by the control API and by the handles of tests."""

import base64

import pytest

from support import HANDSET, STORE, Client

FAXES = f"/_mock/handsets/{HANDSET}/faxes"
PDF = b"%PDF-1.4"
DOCUMENT = {"content": "JVBERi0=", "contentType": "application/pdf"}


def test_a_form_with_a_file_is_a_fax(world_client: Client) -> None:
    form = {"to": "16509100010", "resolution": "Low"}
    answer = world_client.post(FAXES, data=form, files={"file": ("order.pdf", PDF, "application/pdf")})
    assert answer.json()["recipients"][0]["outcome"] == "delivered"
    [received] = world_client.get(STORE, params={"messageType": "Fax"}).json()["records"]
    assert (received["faxResolution"], received["attachments"][0]["size"]) == ("Low", len(PDF))


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ({"to": "16509100010"}, "one file or more"),
        ({"to": "16509100010", "attachments": []}, "one file or more"),
        (
            {"to": "14151003733", "attachments": [{"content": "JVBERi0=", "contentType": "application/pdf"}]},
            "this account",
        ),
        (
            {"to": "16509100010", "attachments": [{"content": "JVBERi0=", "contentType": "audio/mpeg"}]},
            "application/pdf",
        ),
    ],
)
def test_what_is_no_fax_is_refused_by_a_sentence(world_client: Client, body: dict[str, object], sentence: str) -> None:
    answer = world_client.post(FAXES, json=body)
    assert answer.status_code == 409
    assert sentence in answer.text


def test_a_fax_is_among_the_messages_of_the_world_and_of_its_type(world_client: Client) -> None:
    content = base64.b64encode(PDF).decode()
    world_client.post(FAXES, json={"to": "16509100010", "attachments": [{"content": content}]})
    world_client.post(
        FAXES, json={"to": "16509100010", "attachments": [{"content": content, "contentType": "application/pdf"}]}
    )
    found = world_client.get("/_mock/messages", params={"type": "Fax"}).json()
    assert [each["type"] for each in found["messages"]] == ["Fax"]
