"""Every fault at every operation: the call is carried out once, or not at all, as the rule declares."""

import asyncio
from dataclasses import replace
from random import Random
from typing import Any
from urllib.parse import unquote

import pytest

from ringmock.contract.cases.operation import Operation, known_operations
from ringmock.contract.cases.request import request_of
from ringmock.fixture import load_named
from ringmock.http.app import create_app
from ringmock.http.call import BREAK_OFF, Call
from ringmock.lab.faults import FaultRule, Spoiled
from ringmock.lab.webhooks import WebHooks
from ringmock.openapi.error_codes import documented
from ringmock.sign_in.worlds import Worlds
from support import basic

RULES = (
    FaultRule(error="CMN-203"),
    FaultRule(status=502),
    FaultRule(status=202),
    FaultRule(lost=True),
    FaultRule(lost=True, error="CMN-201"),
    FaultRule(lost=True, status=504),
    *(FaultRule(answer=how) for how in Spoiled),
    *(FaultRule(answer=how, lost=True) for how in Spoiled),
    FaultRule(answer="truncated", status=500),
    FaultRule(answer="slow", error="CMN-301", pause=0, pieces=3),
    FaultRule(),
)


STATUSES = {"CMN-203": 500, "CMN-201": 503, "CMN-301": 429}
LOG_IN = {"response_type": "code", "client_id": "ringmock", "redirect_uri": "http://127.0.0.1/"}
QUERIES = {"authorize": LOG_IN}
BODIES = {"authorize2": LOG_IN}


async def behind(*_: Any) -> None:
    raise AssertionError("no operation is here")


class Server:
    """The demo account in process, one call after the other, and which of them came to their handler."""

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self.broken: list[str] = []
        self.worlds = Worlds(load_named("demo"))
        numbers = iter(range(1_000_000))
        self._app = create_app(self.worlds, behind, self._done, lambda: b"%d" % next(numbers), WebHooks())

    def _done(self, call: Call, _: int, __: float) -> None:
        self.calls.append(call)

    def call(self, operation: Operation) -> tuple[Call, list[Any]]:
        """An example of a call of the operation, and what was sent back."""
        in_path = {**dict.fromkeys(operation.path_parameters, "~"), **operation.examples}
        example = {"operation": operation.id, "path": in_path, "query": QUERIES.get(operation.id, {})}
        if operation.media_type is not None:
            example["body"] = BODIES.get(operation.id, operation.example)
        request = request_of(example)
        path, _, query = request.target.partition("?")
        signs_in = operation.id in ("getToken", "revokeToken")
        own = basic("ringmock", "ringmock-secret") if signs_in else {"Authorization": "Bearer demo-101"}
        headers = {**own, **request.headers, "Host": "127.0.0.1"}
        sent: list[Any] = []

        async def receive() -> Any:
            return {"type": "http.request", "body": request.body or b"", "more_body": False}

        async def send(message: Any) -> None:
            sent.append(message)

        async def break_off(how: str) -> None:
            self.broken.append(how)

        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": request.method,
            "server": ("127.0.0.1", 80),
            "client": ("127.0.0.1", 40_000),
            "scheme": "http",
            "root_path": "",
            "path": unquote(path),
            "raw_path": path.encode(),
            "query_string": query.encode(),
            "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()],
            "extensions": {BREAK_OFF: break_off},
            "state": {},
        }
        asyncio.run(self._app(scope, receive, send))
        return self.calls[-1], sent


@pytest.fixture(scope="module")
def server() -> Server:
    return Server()


@pytest.mark.parametrize("operation", known_operations().values(), ids=lambda operation: operation.id)
def test_a_call_that_meets_a_fault_is_carried_out_once_or_not_at_all_as_declared(
    server: Server, operation: Operation
) -> None:
    world = server.worlds.default
    world.reset()
    plain, _ = server.call(operation)
    for rule in RULES:
        world.reset()
        of_operation = replace(rule, operation=operation.id, pause=0)
        world.plant([of_operation])
        server.broken.clear()
        call, sent = server.call(operation)
        assert world.faults is not None
        assert world.faults.standings[0].met == 1, of_operation
        assert call.is_handled is (plain.is_handled and of_operation.carries_out), of_operation
        assert bool(server.broken) is (of_operation.breaks or rule.answer == "truncated"), of_operation
        if not of_operation.breaks and rule.replaces:
            assert sent[0]["status"] == (rule.status or STATUSES[rule.error or ""])
            assert not rule.lost or call.is_lost


def test_most_operations_come_to_their_handler_in_the_test_above(server: Server) -> None:
    server.worlds.default.reset()
    handled = [operation.id for operation in known_operations().values() if server.call(operation)[0].is_handled]
    assert len(handled) >= 60, sorted(set(known_operations()) - set(handled))


@pytest.mark.parametrize("operation", documented())
def test_every_refusal_that_an_operation_documents_comes_on_demand(server: Server, operation: str) -> None:
    world, known = server.worlds.default, known_operations()[operation]
    for status, code in documented()[operation]:
        world.reset()
        world.plant([FaultRule(operation, error=code, status=status)])
        call, sent = server.call(known)
        said = sent[1]["body"].decode()
        assert (sent[0]["status"], f'"{code}"' in said) == (status, True), said
        assert "{" not in said.replace('{"', "").replace(": {", ""), said
        assert not call.is_handled


def test_a_share_spares_the_same_calls_again(server: Server) -> None:
    world, known = server.worlds.default, known_operations()["listMessages"]
    runs = []
    for _ in range(2):
        world.reset()
        world.plant([FaultRule("listMessages", status=503, share=0.5, seed=7)])
        runs.append([server.call(known)[1][0]["status"] for _ in range(12)])
    assert runs[0] == runs[1]
    assert set(runs[0]) == {200, 503}
    assert Random("7/0").random() >= 0.5 or runs[0][0] == 503
