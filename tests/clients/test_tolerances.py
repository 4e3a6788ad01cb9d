"""What one client or another sends that a strict reader of the standards would refuse."""

import json
from typing import Any

import pytest

from hostile.inputs import VALID, exchange
from support import (
    DIRECT_NUMBER,
    JWT_BEARER,
    MAIN_NUMBER,
    OWN,
    PASSWORD,
    REVOKE,
    SMS,
    STORE,
    TOKEN,
    Client,
    basic,
    jwt_of,
)

FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def multipart(headers: str, boundary: str = "b") -> bytes:
    """A valid SMS as the one part."""
    return f"--{boundary}\r\n{headers}\r\n".encode() + VALID + f"\r\n--{boundary}--\r\n".encode()


@pytest.mark.parametrize("scheme", ["bearer", "Bearer", "BEARER"])
def test_python_and_javascript_write_the_token_type_as_it_was_answered(world_client: Client, scheme: str) -> None:
    signed = {"Authorization": f"{scheme} {world_client.token('102')}"}

    assert world_client.get(OWN, by=None, headers=signed).json()["extensionNumber"] == "102"


@pytest.mark.parametrize("path", [OWN, STORE, "/restapi/v1.0/account/~"])
def test_python_names_a_content_type_on_calls_without_a_body(world_client: Client, path: str) -> None:
    assert world_client.get(path, headers={"Content-Type": "application/json"}).status_code == 200


@pytest.mark.parametrize("body", ["[]", "{}", ""], ids=["an empty array", "an empty object", "nothing"])
def test_rc_ex_sends_a_json_body_with_every_delete(world_client: Client, body: str) -> None:
    message = f"{STORE}/{world_client.post_sms().json()['id']}"

    deleted = world_client.call("DELETE", message, content=body, headers={"Content-Type": "application/json"})

    assert deleted.status_code == 204
    assert deleted.content == b""
    assert world_client.messages("101") == []


@pytest.mark.parametrize("name", ["messageType", "messageType[]", "messageType%5B%5D"])
def test_older_javascript_and_php_put_brackets_after_the_name_of_a_list(world_client: Client, name: str) -> None:
    world_client.post_sms("An SMS")
    world_client.page("102", text="A page")

    listed = world_client.get(f"{STORE}?{name}=Pager&{name}=Fax").json()["records"]

    assert [message["subject"] for message in listed] == ["A page"]


@pytest.mark.parametrize("plus", ["+", "%2B", ""], ids=["raw", "encoded", "none"])
def test_python_leaves_the_plus_of_a_phone_number_raw(world_client: Client, plus: str) -> None:
    world_client.post_sms("To one", to="14151003732")
    world_client.post_sms("To another", to="14151003733")

    listed = world_client.get(f"{STORE}?phoneNumber={plus}14151003733").json()["records"]

    assert [message["subject"] for message in listed] == ["To another"]


@pytest.mark.parametrize(
    ("access", "refresh", "expires_in", "refresh_expires_in"),
    [
        ("-1", "604800", 600, 604800),
        ("NaN", "NaN", 3600, 604800),
        ("", "", 3600, 604800),
        ("undefined", "1e3", 3600, 604800),
    ],
    ids=["-1 after a 401", "NaN without an expires_in", "empty", "words"],
)
def test_javascript_asks_for_lifetimes_that_are_none(
    world_client: Client, access: str, refresh: str, expires_in: int, refresh_expires_in: int
) -> None:
    info = world_client.log_in("101", access_token_ttl=access, refresh_token_ttl=refresh)

    assert (info["expires_in"], info["refresh_token_expires_in"]) == (expires_in, refresh_expires_in)


def test_javascript_refreshes_with_a_lifetime_of_minus_one(world_client: Client) -> None:
    old = world_client.log_in("101")

    refreshed = world_client.ask_token(
        grant_type="refresh_token",
        refresh_token=old["refresh_token"],
        access_token_ttl="-1",
        refresh_token_ttl="604800",
    )

    assert refreshed.status_code == 200
    assert refreshed.json()["access_token"] != old["access_token"]


def test_rc_ex_names_its_client_in_the_form_beside_the_basic_header(world_client: Client) -> None:
    client = {"client_id": world_client.client_id}

    info = world_client.log_in("101", **client)
    revoked = world_client.post(
        REVOKE,
        by=None,
        data={"token": info["access_token"], **client},
        headers=basic(world_client.client_id, world_client.client_secret),
    )

    assert revoked.status_code == 200
    assert world_client.get(OWN, by=None, headers=bearer(info)).status_code == 401


@pytest.mark.parametrize(
    ("username", "who"),
    [
        (f"{MAIN_NUMBER}*102", "102"),
        (f"+{MAIN_NUMBER}*102", "102"),
        (f"{DIRECT_NUMBER['102']}*102", "102"),
        (f"{MAIN_NUMBER}*", "101"),
    ],
)
def test_javascript_puts_a_star_between_phone_number_and_extension(
    world_client: Client, username: str, who: str
) -> None:
    info = world_client.ask_token(grant_type="password", username=username, password=PASSWORD).json()

    assert world_client.get(OWN, by=None, headers=bearer(info)).json()["extensionNumber"] == who


def test_a_public_javascript_client_has_no_secret_and_no_basic_header(world_client: Client) -> None:
    form = {"grant_type": JWT_BEARER, "assertion": jwt_of("102"), "client_id": f"{world_client.client_id}-public"}

    info = world_client.post(TOKEN, by=None, data=form).json()

    assert world_client.get(OWN, by=None, headers=bearer(info)).json()["extensionNumber"] == "102"


@pytest.mark.parametrize(
    ("headers", "content_type"),
    [
        ('Content-Disposition: form-data; name="json"; filename="request.json"\r\nContent-Type: application/json\r\n',
         "multipart/form-data; boundary=b"),
        ('Content-Disposition: form-data; name="request.json"; filename="request.json"\r\n'
         "Content-Type: application/json\r\n", "multipart/form-data; boundary=b"),
        ("Content-Type: application/json\r\n", "multipart/form-data; boundary=b"),
        ("Content-Type: application/json; charset=utf-8\r\nContent-Disposition: form-data; name=request.json\r\n",
         'multipart/form-data; boundary="b"'),
        ("", "multipart/mixed;boundary=b"),
        ("content-type: application/json\r\n", "Multipart/Form-Data; Boundary=b"),
    ],
    ids=["Python", "rc-ex", "Java, without a disposition", ".NET, quoted boundary, bare name", "no header", "any case"],
)  # fmt: skip
def test_each_client_has_its_own_name_for_the_first_part_of_an_sms(
    world_client: Client, headers: str, content_type: str
) -> None:
    sent = world_client.post(SMS, content=multipart(headers), headers={"Content-Type": content_type})

    assert sent.status_code == 200, sent.text
    assert sent.json()["subject"] == "Hello"


@pytest.mark.parametrize(
    ("message", "picture", "content_type"),
    [
        ("Content-Type: application/json; charset=utf-8\r\n", "Content-Type: image/png\r\n",
         "multipart/form-data; boundary=b"),
        ("Content-Disposition: form-data; name=request.json\r\nContent-Type: application/json\r\n",
         "Content-Disposition: form-data; name=attachments; filename=map.png; filename*=utf-8''map.png\r\n"
         "Content-Type: image/png\r\n", 'multipart/form-data; boundary="b"'),
        ("Content-Type: application/json\r\nContent-Transfer-Encoding: binary\r\nContent-Length: 1\r\n",
         'Content-Disposition: attachment; filename="map.png"\r\n', "multipart/mixed; boundary=b"),
    ],
    ids=["Java, parts without a disposition", ".NET, bare names", "mixed, a type by the file's name"],
)  # fmt: skip
@pytest.mark.parametrize("resource", ["sms", "mms"])
def test_each_client_has_its_own_way_to_write_the_parts_of_an_mms(
    world_client: Client, resource: str, message: str, picture: str, content_type: str
) -> None:
    parts = [message.encode() + b"\r\n" + VALID, picture.encode() + b"\r\na picture"]
    content = b"".join(b"--b\r\n" + part + b"\r\n" for part in parts) + b"--b--\r\n"

    sent = world_client.post(f"{OWN}/{resource}", content=content, headers={"Content-Type": content_type})

    assert sent.status_code == 200, sent.text
    assert [each["contentType"] for each in sent.json()["attachments"]] == ["text/plain", "image/png"]


def test_java_and_net_boundaries_hold_what_a_uuid_holds(world_client: Client) -> None:
    boundary = "0b0d2a64-5d2b-4f1e-8a76_(x)+':=?"
    headers = {"Content-Type": f'multipart/form-data; boundary="{boundary}"'}

    sent = world_client.post(SMS, content=multipart("Content-Type: application/json\r\n", boundary), headers=headers)

    assert sent.status_code == 200, sent.text


@pytest.mark.parametrize(
    "content_type",
    ["application/json", "application/json;charset=UTF-8", 'application/json; charset="utf-8"', "Application/JSON ;"],
)
def test_every_client_spells_json_in_utf_8_in_its_own_way(world_client: Client, content_type: str) -> None:
    sent = world_client.post(SMS, content=VALID, headers={"Content-Type": content_type})

    assert sent.status_code == 200, sent.text


def test_a_client_that_streams_sends_its_body_in_chunks(world_client: Client) -> None:
    head = f"POST {SMS} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nContent-Type: application/json\r\n"
    token = f"Authorization: Bearer {world_client.token('101')}\r\nTransfer-Encoding: chunked\r\n\r\n"
    halves = VALID[:20], VALID[20:]
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(half), half) for half in halves) + b"0\r\n\r\n"

    answer = exchange(world_client.url, (head + token).encode() + chunks)

    assert answer.status == 200, answer.content
    assert json.loads(answer.content)["subject"] == "Hello"


def test_every_client_follows_the_uri_of_an_attachment_as_it_stands(world_client: Client) -> None:
    attachment = world_client.post_sms("Grüße 😀").json()["attachments"][0]

    content = world_client.get(attachment["uri"])

    assert attachment["uri"].startswith(f"{world_client.url}/restapi/v1.0/account/")
    assert content.headers["content-type"].startswith(attachment["contentType"])
    assert content.text == "Grüße 😀"


def test_a_browser_follows_the_uri_of_an_attachment_with_the_token_in_the_query(world_client: Client) -> None:
    uri = world_client.post_sms("Hello").json()["attachments"][0]["uri"]

    content = world_client.get(f"{uri}?access_token={world_client.token('101')}", by=None)

    assert content.text == "Hello"


def test_official_samples_poll_an_sms_until_it_has_left_the_queue(world_client: Client) -> None:
    message = world_client.post_sms().json()

    world_client.post("/_mock/clock/advance", json={"seconds": 60})

    assert world_client.get(f"{STORE}/{message['id']}").json()["messageStatus"] in ("Sent", "Delivered")


def bearer(info: dict[str, Any]) -> dict[str, str]:
    return {"Authorization": f"Bearer {info['access_token']}"}
