"""The call that is timed, what must be answered to it, and what must be refused."""

import functools
import http.client
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import jsonschema_rs

from ringmock.openapi.document import load_contract

Json = Any
TIMEOUT = 30


@dataclass(frozen=True)
class Exchange:
    """A POST. `wrong` tells what an answer to the good body lacks; `read_back` is where it can be read again."""

    path: str
    headers: Mapping[str, str]
    good: str
    bad: tuple[str, ...]
    wrong: Callable[[Json], str | None]
    read_back: Callable[[Json], str] | None = None


def call(url: str, method: str, path: str, headers: Mapping[str, str], body: str | None = None) -> tuple[int, Json]:
    """One call over a connection of its own: the status, and the JSON or the text of the answer."""
    connection = http.client.HTTPConnection(url.removeprefix("http://"), timeout=TIMEOUT)
    try:
        connection.request(method, path, body, dict(headers))
        answer = connection.getresponse()
        text = answer.read().decode("utf-8", errors="replace")
    finally:
        connection.close()
    try:
        return answer.status, json.loads(text)
    except ValueError:
        return answer.status, text


def post(url: str, exchange: Exchange, body: str) -> tuple[int, Json]:
    """The exchange's POST with this body."""
    return call(url, "POST", exchange.path, exchange.headers, body)


@functools.cache
def answer_schema() -> jsonschema_rs.Validator:
    """The contract's schema of the answer to `POST sms`."""
    return jsonschema_rs.Draft4Validator(
        {
            "$ref": "#/components/schemas/GetSMSMessageInfoResponse",
            "components": {"schemas": load_contract()["components"]["schemas"]},
        }
    )


def wrong_sms(answer: Json) -> str | None:
    """What keeps an answer from being an SMS of the contract."""
    problem = next(answer_schema().iter_errors(answer), None)
    return None if problem is None else f"{problem.message[:200]} at {'/'.join(map(str, problem.instance_path))}"


_BODY = {"from": {"phoneNumber": "16509100010"}, "to": [{"phoneNumber": "14151003732"}], "text": "Test SMS message"}

SMS = Exchange(
    path="/restapi/v1.0/account/~/extension/~/sms",
    headers={"Authorization": "Bearer demo-101", "Content-Type": "application/json"},
    good=json.dumps(_BODY),
    bad=(
        json.dumps({"from": _BODY["from"], "to": _BODY["to"]}),
        json.dumps(_BODY | {"text": 7}),
        json.dumps(_BODY | {"to": [{"phoneNumber": "not a number"}]}),
        json.dumps(_BODY | {"text": "a" * 1001}),
    ),
    wrong=wrong_sms,
    read_back=lambda answer: f"/restapi/v1.0/account/~/extension/~/message-store/{answer['id']}",
)


def unkept_claims(url: str, exchange: Exchange, *, validates: bool, remembers: bool) -> list[str]:
    """What is claimed and not done; nobody is credited for work that is left out."""
    status, answer = post(url, exchange, exchange.good)
    if status != 200:
        return [f"a good call is answered with {status}: {str(answer)[:200]}"]
    problems = []
    wrong = exchange.wrong(answer)
    if wrong is not None:
        problems.append(f"the answer has another shape: {wrong}")
    if validates:
        for body in exchange.bad:
            refused = post(url, exchange, body)[0]
            if not 400 <= refused < 500:
                problems.append(f"a bad body is answered with {refused}: {body[:100]}")
    if remembers and exchange.read_back is not None:
        status, again = call(url, "GET", exchange.read_back(answer), exchange.headers)
        if status != 200 or (again["id"], again["subject"]) != (answer["id"], json.loads(exchange.good)["text"]):
            problems.append(f"what was sent cannot be read back: {status} {str(again)[:200]}")
    return problems
