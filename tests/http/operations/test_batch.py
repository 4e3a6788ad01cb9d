"""Calls about several messages, as they are on the wire."""

import json

import pytest

from ringmock.http.operations.batch import preferred_media_type
from ringmock.http.wire.batch import Result, entries, parts
from support import STORE, Client

MIXED = "multipart/mixed"
ENTRIES = "application/vnd.ringcentral.multipart+json"


@pytest.mark.parametrize(
    ("accept", "chosen"),
    [
        ("", MIXED),
        ("*/*", MIXED),
        ("application/json", MIXED),
        (ENTRIES, ENTRIES),
        (ENTRIES.upper(), ENTRIES),
        (f"{ENTRIES};q=0", MIXED),
        (f"{ENTRIES};q=0.5, {MIXED}", MIXED),
        (f"{ENTRIES}, {MIXED};q=0.5", ENTRIES),
        (f"{MIXED}, {ENTRIES}", MIXED),
        (f"{ENTRIES};q=much", ENTRIES),
    ],
)
def test_accept_chooses_the_shape_of_207(accept: str, chosen: str) -> None:
    assert preferred_media_type(accept) == chosen


def test_the_parts_come_after_their_statuses_and_the_boundary_has_no_quotes() -> None:
    found = parts([Result("7", 200, {"text": "--Boundary_2_7\r\n"}), Result("8", 204, None)], "http://x/store")

    assert found.media_type == "multipart/mixed; boundary=Boundary_2_7"
    opening = "--Boundary_2_7\r\nContent-Type: application/json\r\n\r\n"
    statuses = [
        {"href": "http://x/store/7", "status": 200, "responseDescription": "OK"},
        {"href": "http://x/store/8", "status": 204, "responseDescription": "No Content"},
    ]
    status_part = json.dumps({"response": statuses}, separators=(",", ":"))
    message_part = json.dumps({"text": "--Boundary_2_7\r\n"}, separators=(",", ":"))
    assert found.encoded().decode() == (
        f"{opening}{status_part}\r\n{opening}{message_part}\r\n{opening}{{}}\r\n--Boundary_2_7--\r\n"
    )


def test_an_entry_has_a_body_where_there_is_one() -> None:
    assert entries([Result("7", 204, None), Result("8", 404, {"errorCode": "CMN-102"})]) == [
        {"resourceId": "7", "status": 204},
        {"resourceId": "8", "status": 404, "body": {"errorCode": "CMN-102"}},
    ]


def test_an_id_given_twice_is_acted_on_once(world_client: Client) -> None:
    message = world_client.post_sms().json()["id"]

    assert world_client.call("DELETE", f"{STORE}/{message},{message}").status_code == 204

    assert world_client.get(f"{STORE}/{message}").json()["availability"] == "Deleted"


@pytest.mark.parametrize(("count", "status"), [(1000, 207), (1001, 400)])
def test_a_body_names_a_thousand_messages_and_no_more(world_client: Client, count: int, status: int) -> None:
    entries = [{"resourceId": str(number), "body": {"readStatus": "Read"}} for number in range(1, count + 1)]
    headers = {"Content-Type": ENTRIES, "Accept": ENTRIES}

    answer = world_client.call("PUT", f"{STORE}/*", content=json.dumps(entries), headers=headers)

    assert answer.status_code == status
    assert len(answer.json()) == count if status == 207 else answer.json()["errors"][0]["errorCode"] == "CMN-106"


@pytest.mark.parametrize(
    ("path", "body", "code"),
    [
        ("1,2", [{"body": {"readStatus": "Read"}}], "CMN-108"),
        ("1", [{"body": {"readStatus": "Read"}}, {"body": {"readStatus": "Read"}}], "CMN-108"),
        ("*", [{"body": {"readStatus": "Read"}}], "CMN-108"),
        ("1,1", [{"body": {"readStatus": "Read"}}, {"body": {"readStatus": "Unread"}}], "CMN-406"),
        ("1", [], "CMN-101"),
        ("1", [{"resourceId": "1"}], "CMN-101"),
        ("1", {"readStatus": "Read"}, "CMN-101"),
    ],
)
def test_a_list_of_changes_has_one_for_each_message(world_client: Client, path: str, body: object, code: str) -> None:
    answer = world_client.call("PUT", f"{STORE}/{path}", content=json.dumps(body), headers={"Content-Type": ENTRIES})

    assert (answer.status_code, answer.json()["errors"][0]["errorCode"]) == (400, code)


@pytest.mark.parametrize("path", ["*", "1,", ",1", "1,,2", "1;2", "1,*"])
def test_a_path_that_names_no_messages_reads_none(world_client: Client, path: str) -> None:
    answer = world_client.get(f"{STORE}/{path}")

    assert (answer.status_code, answer.json()["errors"][0]["errorCode"]) == (400, "CMN-101")


@pytest.mark.parametrize(
    "content",
    [b"--x\r\n\r\n{}", b"--x\r\n\r\n{\r\n--x--\r\n", b"--x--\r\n", b"{}"],
    ids=["broken off", "no JSON", "none", "JSON"],
)
def test_broken_parts_change_nothing(world_client: Client, content: bytes) -> None:
    message = world_client.post_sms().json()
    headers = {"Content-Type": "multipart/mixed; boundary=x"}

    answer = world_client.call("PATCH", f"{STORE}/{message['id']}", content=content, headers=headers)

    assert answer.status_code == 400
    assert world_client.get(f"{STORE}/{message['id']}").json() == message
