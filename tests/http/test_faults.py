"""Faults on demand over the socket: what a client sees, and what is left behind."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import httpx2
import pytest

from ringmock.fixture import load_named
from ringmock.lab.faults import FaultRule
from ringmock.serving.server import running
from support import HANDSET, OWN, SMS, STORE, Client, assert_refused, sms_body

FAULTS = "/_mock/faults"


def plant(client: Client, *rules: dict[str, Any]) -> list[dict[str, Any]]:
    """What the world's rules are then."""
    answer = client.call("PUT", FAULTS, json=list(rules))
    assert answer.status_code == 200, answer.text
    planted: list[dict[str, Any]] = answer.json()
    return planted


def latest(client: Client) -> dict[str, Any]:
    return client.get("/_mock/journal?limit=1").json()[0]


@pytest.mark.parametrize(("code", "status"), [("CMN-201", 503), ("CMN-203", 500), ("CMN-301", 429)])
def test_an_error_comes_as_often_as_asked_and_leaves_nothing_behind(
    world_client: Client, code: str, status: int
) -> None:
    plant(world_client, {"operation": "createSMSMessage", "error": code, "times": 2})
    for _ in range(2):
        assert_refused(world_client.post_sms(), status, code)
        assert latest(world_client)["refused_by"] == "faults"
    assert world_client.messages("101") == []
    assert world_client.post_sms().status_code == 200
    assert len(world_client.messages("101")) == 1
    assert [rule["left"] for rule in world_client.get(FAULTS).json()] == [0]


def test_a_busy_service_says_when_to_come_again(world_client: Client) -> None:
    plant(world_client, {"error": "CMN-301"})
    assert world_client.get(OWN).headers["retry-after"] == "60"


def test_a_lost_answer_is_of_a_call_that_was_carried_out(world_client: Client) -> None:
    plant(world_client, {"operation": "createSMSMessage", "lost": True, "times": 1})
    with pytest.raises(httpx2.TransportError):
        world_client.post_sms("once")
    entry = latest(world_client)
    assert (entry["status"], entry["lost"], entry["refused_by"]) == (200, True, None)
    assert world_client.post_sms("twice").status_code == 200
    assert [message["subject"] for message in world_client.messages("101")] == ["twice", "once"]
    assert latest(world_client)["lost"] is False


def test_a_refusal_is_lost_as_well(world_client: Client) -> None:
    plant(world_client, {"lost": True, "times": 1})
    with pytest.raises(httpx2.TransportError):
        world_client.post(SMS, json=sms_body(to="102"))
    entry = latest(world_client)
    assert (entry["status"], entry["lost"]) == (400, True)
    assert entry["errors"][0]["errorCode"] == "MSG-246"


def test_others_are_answered_while_a_call_is_delayed(world_client: Client) -> None:
    plant(world_client, {"operation": "createSMSMessage", "delay": 1.5, "times": 1})
    with Client(world_client.url) as slow, ThreadPoolExecutor(1) as beside:
        slow.client_id = world_client.client_id
        sms = beside.submit(slow.post_sms)
        answered = 0
        while not sms.done():
            assert world_client.get(OWN).status_code == 200
            answered += 1
        assert sms.result().status_code == 200
    assert answered > 10
    assert latest(world_client)["status"] == 200


def test_other_operations_and_other_worlds_go_on(world_client: Client) -> None:
    plant(world_client, {"operation": "listMessages", "error": "CMN-201"})
    assert world_client.get(STORE).status_code == 503
    assert world_client.get(OWN).status_code == 200
    with Client(world_client.url) as other:
        assert other.get(STORE).status_code == 200
        assert other.get(FAULTS).json() == []


def test_a_request_that_the_contract_does_not_have_meets_the_fault_first(world_client: Client) -> None:
    plant(world_client, {"error": "CMN-203"})
    assert_refused(world_client.post(SMS, json={"to": []}), 500, "CMN-203")


def test_the_third_call_can_be_the_one_that_fails(world_client: Client) -> None:
    plant(world_client, {"times": 2}, {"error": "CMN-201", "times": 1})
    assert [world_client.get(OWN).status_code for _ in range(4)] == [200, 200, 503, 200]


@pytest.mark.parametrize("way", ["an empty list", "a reset"])
def test_the_rules_are_taken_off(world_client: Client, way: str) -> None:
    plant(world_client, {"error": "CMN-201"})
    assert world_client.get(OWN).status_code == 503
    if way == "a reset":
        world_client.post("/_mock/reset")
    else:
        plant(world_client)
    assert world_client.get(FAULTS).json() == []
    assert world_client.get(OWN).status_code == 200


@pytest.mark.parametrize("first", ["limits", "faults"])
def test_calls_that_fail_on_demand_are_counted_by_rate_limits_whichever_a_server_had_first(first: str) -> None:
    hinder = {
        "limits": lambda: client.call("PUT", "/_mock/limits", json={"medium": 2}),
        "faults": lambda: plant(client, {"operation": "createSMSMessage", "error": "CMN-201"}),
    }
    with running(load_named("demo")) as (url, _), Client(url) as client:
        hinder.pop(first)()
        (then,) = hinder.values()
        then()
        codes = [client.post_sms(to=HANDSET).json()["errorCode"] for _ in range(3)]
    assert codes == ["CMN-201", "CMN-201", "CMN-301"]


@pytest.mark.parametrize(
    ("rules", "said"),
    [
        ({}, "The body is a list of at most 100 rules"),
        ([{"error": "CMN-201"}] * 101, "The body is a list of at most 100 rules"),
        (["CMN-201"], "The body is a list of at most 100 rules"),
        ([{"eror": "CMN-201"}], "'eror' is not known in '[0]': did you mean 'error'? It takes"),
        ([{"error": 503}], "'[0].error' is a text"),
        ([{"lost": True, "times": True}], "'[0].times' is a number from 1"),
        ([{"lost": True, "times": None}], "'[0].times' is a number from 1"),
        ([{"error": "CMN-999"}], "Of a rule, 'error' is one of CMN-201, CMN-203, CMN-301, not 'CMN-999'."),
        ([{"operation": "getToken", "error": "CMN-201"}], "'operation' is one that takes an access token"),
        ([{"operation": "sendSms", "error": "CMN-201"}], "not 'sendSms'"),
    ],
)
def test_what_is_no_list_of_rules_is_refused_and_changes_nothing(world_client: Client, rules: Any, said: str) -> None:
    before = plant(world_client, {"operation": "listMessages", "error": "CMN-201", "times": 3})
    answer = world_client.call("PUT", FAULTS, json=rules)
    assert answer.status_code == 400
    assert said in answer.json()["error"]
    assert world_client.get(FAULTS).json() == before


def test_as_many_rules_as_there_may_be(world_client: Client) -> None:
    assert len(plant(world_client, *[{"error": "CMN-201"}] * 100)) == 100


def test_the_faults_of_a_fixture_are_there_from_the_start_and_after_a_reset() -> None:
    template = replace(load_named("demo"), faults=(FaultRule("listMessages", error="CMN-201", times=1),))
    with running(template) as (url, _), Client(url) as client:
        assert [client.get(STORE).status_code for _ in range(2)] == [503, 200]
        client.post("/_mock/reset")
        assert [client.get(STORE).status_code for _ in range(2)] == [503, 200]
