"""The journal as somebody searches it: filtered, and a page at a time."""

from typing import Any

import pytest

from support import DIRECT_NUMBER, HANDSET, STORE, Client

JOURNAL = "/_mock/journal"


def found(client: Client, **query: Any) -> list[int]:
    """The ids of the calls."""
    answer = client.get(JOURNAL, params=query)
    assert answer.status_code == 200, answer.text
    return [call["id"] for call in answer.json()]


@pytest.fixture
def busy(world_client: Client) -> Client:
    """Seven calls: two sign-ins are the first of them, and nobody makes the last."""
    world_client.token("101"), world_client.token("102")
    world_client.post_sms("Grüße an Straße 7")  # 3
    world_client.post_sms("Hello", to="not-a-number")  # 4
    world_client.page("104", text="Frozen")  # 5
    world_client.get(f"{STORE}?perPage=7", by="102")  # 6
    world_client.get(STORE, by=None, headers={"X-Ringmock-World": world_client.client_id})  # 7
    return world_client


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        ({}, [7, 6, 5, 4, 3, 2, 1]),
        ({"operation": "createSMSMessage"}, [4, 3]),
        ({"who": "102"}, [6, 2]),
        ({"who": ""}, [7]),
        ({"status": "4xx"}, [7, 5, 4]),
        ({"status": "200", "operation": "createSMSMessage"}, [3]),
        ({"status": "201"}, []),
        ({"refused_by": "any"}, [7, 5, 4]),
        ({"refused_by": "rules"}, [7, 5]),
        ({"refused_by": "R-18"}, [5]),
        ({"refused_by": "R-06"}, []),
        ({"rule": "R-06"}, [3]),
        ({"refused_by": "MSG-324"}, [5]),
        ({"text": "STRASSE 7"}, [3]),
        ({"text": "perpage=7"}, [6]),
        ({"text": "nowhere"}, []),
        ({"before": 4}, [3, 2, 1]),
        ({"after": 4}, [7, 6, 5]),
        ({"after": 3, "before": 5}, [4]),
        ({"after": 2, "order": "oldest", "limit": 2}, [3, 4]),
        ({"order": "oldest", "status": "4xx"}, [4, 5, 7]),
    ],
)
def test_calls_are_found_by_what_they_are(busy: Client, query: dict[str, Any], ids: list[int]) -> None:
    assert found(busy, **query) == ids


def test_calls_about_a_message_are_found_by_its_id(world_client: Client) -> None:
    sent = world_client.post_sms("Hello").json()["id"]
    other = world_client.post_sms("Another").json()["id"]
    world_client.get(f"{STORE}/{sent}")
    world_client.get(f"{STORE}/{other},{sent}")
    world_client.get(f"{STORE}/{other}")

    assert found(world_client, message=sent) == [5, 4, 2]


def test_pages_follow_each_other_while_calls_are_made(busy: Client) -> None:
    first = busy.get(JOURNAL, params={"limit": 2, "status": "2xx", "include": "text,token"})
    busy.post_sms("Meanwhile")
    second = busy.get(first.links["next"]["url"])
    third = busy.get(second.links["next"]["url"]) if "next" in second.links else None

    pages = [[call["id"] for call in page.json()] for page in (first, second)]
    assert (pages, third) == ([[6, 3], [2, 1]], None)
    assert "token" in second.json()[0]


def test_one_call_has_the_command_that_makes_it_again(world_client: Client) -> None:
    world_client.post_sms("It's me")

    told = world_client.get(f"{JOURNAL}/2").json()

    assert told["curl"].startswith("curl -H \"Authorization: Bearer $TOKEN\" -H 'Content-Type: application/json'")
    assert "It'\"'\"'s me" in told["curl"]
    assert (DIRECT_NUMBER["101"] in told["curl"], HANDSET in told["curl"]) == (True, True)


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ({"status": "600"}, "'status' is three digits, or a class as 4xx."),
        ({"refused_by": "me"}, "'refused_by' is one of contract, rules, faults and any, or a rule, decision or error"),
        ({"rule": "R18"}, "'rule' is a rule or a decision, as R-18."),
        ({"before": 0}, "'before' is a number from 1 to"),
        ({"opration": "x"}, "'opration' is not known here: did you mean 'operation'?"),
    ],
)
def test_a_filter_that_means_nothing_is_refused(world_client: Client, query: dict[str, Any], said: str) -> None:
    answer = world_client.get(JOURNAL, params=query)

    assert (answer.status_code, said in answer.json()["error"]) == (400, True), answer.text
