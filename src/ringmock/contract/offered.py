"""Which operations a server has, found at the start by one harmless call of each.

A server has not an operation that it answers as it answers what nobody has (404), with 405, or with 501. One that it
fails at it has, also where it closes the connection instead of answering. No call can send, change or delete anything:
bodies are broken JSON, ids are nobody's, and the first try has no token.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from .cases.operation import Operation, known_operations
from .guard import NotSent
from .http_client import Answer, ConnectionEnded, HttpClient, Request

NOBODYS = "999999999999"
NOWHERE = "/restapi/v1.0/account/~/ringmock-asks-what-nobody-has"
OWN = ("accountId", "extensionId")
NOT_THERE = (405, 501)
NEEDS_TOKEN = (401, 403)
NO_STATUS = 0
"""The status of a call that the server took and did not answer."""
NO_MESSAGE_OF = "?dateFrom=1990-01-01T00:00:00.000Z&dateTo=1990-01-01T00:00:01.000Z"
ALWAYS_CALLED = frozenset({"getToken", "revokeToken", "authorize", "authorize2"})
"""How to sign in, which is listed separately."""


def not_implemented(client: HttpClient, token: str | None, names: Iterable[str]) -> tuple[str, ...]:
    """Those of these operations that the server has not, in the contract's order. Raises `NoAnswer`."""
    asked = set(names) - ALWAYS_CALLED
    search = _Search(client, token)
    return tuple(name for name, operation in known_operations().items() if name in asked and search.lacks(operation))


@dataclass
class _Search:
    client: HttpClient
    token: str | None
    _nowhere: dict[tuple[str, bool, bool], tuple[int, str]] = field(default_factory=dict)
    _unsigned: dict[str, int] = field(default_factory=dict)
    """The status of each operation without a token."""

    def lacks(self, operation: Operation) -> bool:
        """Whether the server has not the operation; not where it may not be asked."""
        try:
            if self._is_nobodys(operation, False):
                return True
            return self._asks_first(operation) and self._is_nobodys(operation, True)
        except NotSent:
            return False

    def _asks_first(self, operation: Operation) -> bool:
        """Whether the server could say more with a token: it asks for one before it says whether anything is there."""
        if self.token is None:
            return False
        answers = (self._of_nowhere(operation, False)[0], self._unsigned.get(operation.id))
        return any(status in NEEDS_TOKEN for status in answers)

    def _is_nobodys(self, operation: Operation, signed: bool) -> bool:
        path = _path_of(operation)
        answer = self._ask(operation, path, signed)
        if not signed:
            self._unsigned[operation.id] = answer.status
        if answer.status in NOT_THERE:
            return True
        nowhere = self._of_nowhere(operation, signed)
        # One that reads a body before it looks where to answers a broken one alike everywhere.
        return nowhere[0] in (404, *NOT_THERE) and _shape(answer, path) == nowhere

    def _of_nowhere(self, operation: Operation, signed: bool) -> tuple[int, str]:
        key = (operation.method, has_body(operation), signed)
        if key not in self._nowhere:
            self._nowhere[key] = _shape(self._ask(operation, NOWHERE, signed), NOWHERE)
        return self._nowhere[key]

    def _ask(self, operation: Operation, path: str, signed: bool) -> Answer:
        headers = {"Authorization": f"Bearer {self.token}"} if signed else {}
        body = None
        if has_body(operation):
            headers, body = {**headers, "Content-Type": "application/json"}, b"{"
        return answered(self.client, Request(operation.method, path, headers, body))


def answered(client: HttpClient, request: Request) -> Answer:
    """The answer; one of `NO_STATUS`, which says why, where the connection ends without one. Raises `NoAnswer`."""
    try:
        return client.send(request)
    except ConnectionEnded as error:
        return Answer(NO_STATUS, {}, str(error).encode())


def has_body(operation: Operation) -> bool:
    """Whether a call of it is made with a broken body: it changes something, or names in its body what it deletes."""
    return operation.method in ("POST", "PUT", "PATCH") or operation.media_type is not None


def _path_of(operation: Operation) -> str:
    """With nobody's ids, and where all messages could be deleted, with a filter that no message meets."""
    path = re.sub(r"\{(\w+)\}", lambda found: "~" if found[1] in OWN else NOBODYS, operation.path)
    return path + NO_MESSAGE_OF if operation.id == "deleteMessageByFilter" else path


def _shape(answer: Answer, path: str) -> tuple[int, str]:
    """The answer without what is its path's own, and numbers that differ from call to call."""
    text = answer.text.replace(path.partition("?")[0], "").replace(path, "")
    return answer.status, re.sub(r"[0-9a-f-]*\d[0-9a-f-]*", "", text)
