"""Names as long as a request takes them are shown by every answer that has them; one letter more is refused."""

from typing import Any

import pytest

from support import OWN, Client, assert_refused

ACCOUNT = "/restapi/v1.0/account/~"
QUEUE = f"{ACCOUNT}/call-queues/1346632200"


def all_lists_work(client: Client) -> None:
    own = ("", "/extension", "/call-queues", "/phone-number", "/department/1346632200/members", "/extension/1346632200")
    for path in (*(f"{ACCOUNT}{path}" for path in own), OWN, QUEUE, f"{QUEUE}/members", f"{OWN}/message-store"):
        answer = client.get(path)
        assert answer.status_code == 200, (path, answer.text)


@pytest.mark.parametrize("name", ["q" * 64, "q " * 32, "\N{GRINNING FACE}" * 64, "q"])
def test_the_longest_name_of_a_call_queue_is_shown_wherever_it_stands(world_client: Client, name: str) -> None:
    assert world_client.call("PUT", QUEUE, json={"name": name}).status_code == 200
    assert world_client.page("200").status_code == 200
    all_lists_work(world_client)


@pytest.mark.parametrize("name", ["q" * 65, ""])
def test_a_longer_name_of_a_call_queue_is_refused_and_breaks_nothing(world_client: Client, name: str) -> None:
    assert_refused(world_client.call("PUT", QUEUE, json={"name": name}), 400, "CMN-101", "name")
    all_lists_work(world_client)


@pytest.mark.parametrize(
    "contact",
    [
        {"firstName": "f" * 64, "lastName": "l" * 64},
        {"firstName": "a " + "f" * 62, "lastName": "l" * 64},
        {"firstName": "f" * 64, "lastName": "a b " + "l" * 60},
        {"firstName": " " * 64, "lastName": " l" * 32},
    ],
)
def test_the_longest_name_of_an_extension_is_shown_wherever_it_stands(
    world_client: Client, contact: dict[str, Any]
) -> None:
    assert world_client.call("PUT", OWN, json={"contact": contact}).status_code == 200
    assert world_client.page("102").status_code == 200
    all_lists_work(world_client)
