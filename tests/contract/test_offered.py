"""Which operations a server has: found by calls that send, change and delete nothing."""

import json
from collections.abc import Callable

import pytest

from ringmock.contract.cases.operation import Operation, known_operations
from ringmock.contract.guard import NotSent
from ringmock.contract.http_client import Answer, Request
from ringmock.contract.offered import not_implemented

SMS, PAGER = "/restapi/v1.0/account/~/extension/~/sms", "/restapi/v1.0/account/~/extension/~/company-pager"
EVERY = tuple(known_operations())
WITH_BODY = ("POST", "PUT", "PATCH")


def is_sent_a_body(known: Operation) -> bool:
    return known.method in WITH_BODY or known.media_type is not None


class Server:
    """Answers by a function, and remembers what it was asked."""

    def __init__(self, answer: Callable[[Request], tuple[int, str]]) -> None:
        self._answer, self.asked = answer, []

    def send(self, request: Request) -> Answer:
        self.asked.append(request)
        status, text = self._answer(request)
        return Answer(status, {}, text.encode())


def page(request: Request) -> str:
    """A 404 that names what was asked for, as servers like to."""
    return f"<p>404: {request.target.partition('?')[0]} not found, request {len(request.target)}</p>"


def with_sms_alone(request: Request) -> tuple[int, str]:
    return (401, "{}") if request.target == SMS else (404, page(request))


def gate_first(request: Request) -> tuple[int, str]:
    """Asks everybody for a token, whatever is called."""
    return (401, "{}") if "Authorization" not in request.headers else with_a_bad_body(request)


def with_a_bad_body(request: Request) -> tuple[int, str]:
    return (400, "{}") if request.target == SMS else (404, page(request))


def of_another_method(request: Request) -> tuple[int, str]:
    return (405, "") if request.target == PAGER else (401, "{}")


def described_alone(request: Request) -> tuple[int, str]:
    """Routes everything that the contract has, and has written one."""
    known = "nobody-has" not in request.target
    return (401, "{}") if request.target == SMS else (501, "not written") if known else (404, "no route")


def described_behind_a_gate(request: Request) -> tuple[int, str]:
    """Routes everything that the contract has, asks there for a token, and only then says what is written."""
    if "nobody-has" in request.target:
        return 404, "no route"
    if "Authorization" not in request.headers:
        return 401, "{}"
    return (400, "{}") if request.target == SMS else (501, "not written")


def body_first(request: Request) -> tuple[int, str]:
    """Reads a body before it looks where to: a broken one is refused alike everywhere."""
    return (400, "no JSON") if request.body else with_sms_alone(request)


def with_messages_alone(request: Request) -> tuple[int, str]:
    """Has the mailbox, which lacks that message, and says so."""
    is_one = request.target.endswith("message-store/999999999999")
    return (404, json.dumps({"errors": [{"errorCode": "CMN-102"}]})) if is_one else (404, page(request))


@pytest.mark.parametrize(
    ("answer", "there"),
    [
        (with_sms_alone, {"createSMSMessage"}),
        (gate_first, {"createSMSMessage"}),
        (of_another_method, set(EVERY) - {"createInternalTextMessage"}),
        (described_alone, {"createSMSMessage"}),
        (described_behind_a_gate, {"createSMSMessage"}),
        (with_messages_alone, {"readMessage", "updateMessage", "deleteMessage", "patchMessage"}),
        (
            body_first,
            {name for name, known in known_operations().items() if known.method in WITH_BODY or known.media_type},
        ),
        (lambda request: (401, "{}"), set(EVERY)),
    ],
    ids=["routes", "gate", "method", "described", "described behind a gate", "resource", "body first", "silent gate"],
)
def test_what_is_answered_as_what_nobody_has_is_not_there(answer: Callable, there: set[str]) -> None:
    always = {"getToken", "revokeToken", "authorize", "authorize2"}
    assert set(not_implemented(Server(answer), "a-token", EVERY)) == set(EVERY) - there - always


def test_nothing_that_is_asked_can_be_sent_changed_or_deleted() -> None:
    server = Server(lambda request: (404, page(request)))
    not_implemented(server, "a-token", EVERY)
    for asked in server.asked:
        is_of_nothing = any(sign in asked.target for sign in ("nobody-has", "999999999999", "dateTo=1990"))
        assert asked.method != "DELETE" or is_of_nothing or asked.body
        if asked.method in ("POST", "PUT", "PATCH") or asked.body:
            with pytest.raises(ValueError, match="Expecting property name"):
                json.loads(asked.body or b"")


def test_only_what_is_asked_for_is_called() -> None:
    server = Server(with_sms_alone)
    assert not_implemented(server, None, ["createInternalTextMessage"]) == ("createInternalTextMessage",)
    assert {asked.target for asked in server.asked} == {PAGER, "/restapi/v1.0/account/~/ringmock-asks-what-nobody-has"}


def test_what_may_not_be_asked_is_taken_for_there() -> None:
    def refused(request: Request) -> tuple[int, str]:
        raise NotSent("the limit of 0 messages is reached")

    assert not_implemented(Server(refused), None, EVERY) == ()
