"""Calls whose heads were met before: who takes the shortest way, and that what it cannot finish goes on."""

from collections.abc import Mapping

import httpx2
import pytest

from ringmock.fixture import load_named
from ringmock.http.app import Stages
from ringmock.http.call import HEADERS
from ringmock.http.known_calls import KnownCalls
from ringmock.serving.server import Swappable, build, running
from ringmock.sign_in.worlds import Worlds
from support import OWN, SMS, STORE

BATCHES = "/restapi/v1.0/account/~/a2p-sms/batches"


@pytest.fixture(scope="module")
def calls() -> KnownCalls:
    app = build(Worlds(load_named("demo")))
    assert isinstance(app, Stages)
    assert app.known_calls is not None
    return app.known_calls


def scope_of(path: str, headers: Mapping[bytes, bytes], method: str = "POST", query: bytes = b"") -> dict[str, object]:
    listed = list(headers.items())
    return {
        "type": "http",
        "method": method,
        "path": path,
        "query_string": query,
        "headers": listed,
        HEADERS: (listed, dict(headers)),
    }


HOST = {b"host": b"here.test"}


@pytest.mark.parametrize(
    ("scope", "is_known"),
    [
        (scope_of(SMS, HOST), True),
        (scope_of(SMS, {**HOST, b"content-type": b"application/json"}), True),
        (scope_of(SMS, {**HOST, b"content-type": b"text/plain"}), False),
        (scope_of(SMS, {**HOST, b"x-http-method-override": b"PUT"}), False),
        (scope_of(SMS, {b"host": b"what is this"}), False),
        (scope_of(SMS, {}), False),
        (scope_of(SMS, HOST, "HEAD"), False),
        (scope_of(SMS, HOST, "DELETE"), False),
        (scope_of(f"{OWN}/nothing", HOST), False),
        (scope_of("/_mock/worlds", HOST, "GET"), False),
        (scope_of("/restapi/oauth/token", HOST), True),
        (scope_of(STORE, HOST, "GET", b"_method=DELETE"), False),
    ],
    ids=lambda value: str(value)[:60],
)
def test_a_head_is_read_when_its_calls_can_be_answered_without_the_stages(
    calls: KnownCalls, scope: dict[str, object], *, is_known: bool
) -> None:
    assert (calls.read(scope, "http") is not None) is is_known


def test_a_call_with_more_work_than_one_slice_goes_on(batches_of_250: list[httpx2.Response]) -> None:
    totals = [answer.json()["batchSize"] for answer in batches_of_250]
    assert totals == [250, 250, 250]


@pytest.fixture(scope="module")
def batches_of_250() -> list[httpx2.Response]:
    """Those to three batches of 250 messages, whose heads are equal."""
    with running(load_named("carriers")) as (url, _), httpx2.Client(trust_env=False, verify=False) as client:
        messages = [{"to": [f"1202555{number:04}"]} for number in range(250)]
        body = {"from": "16509100300", "text": "Hi", "messages": messages}
        headers = {"Authorization": "Bearer demo-101"}
        return [client.post(url + BATCHES, json=body, headers=headers) for _ in range(3)]


def test_a_page_of_another_origin_may_read_each_of_equal_calls() -> None:
    with running(load_named("demo")) as (url, _), httpx2.Client(trust_env=False, verify=False) as client:
        headers = {"Authorization": "Bearer demo-101", "Origin": "https://app.test"}
        answers = [client.get(f"{url}{OWN}", headers=headers) for _ in range(3)]
    assert [answer.headers["access-control-allow-origin"] for answer in answers] == ["https://app.test"] * 3


def test_an_application_that_takes_the_place_of_another_answers_by_its_own_calls() -> None:
    first, second = build(Worlds(load_named("demo"))), build(Worlds(load_named("demo")))
    swappable = Swappable(first)
    assert isinstance(first, Stages)
    assert isinstance(second, Stages)
    assert swappable.known_calls is first.known_calls
    swappable.app = second
    assert swappable.known_calls is second.known_calls
