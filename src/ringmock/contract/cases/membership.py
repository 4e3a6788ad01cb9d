"""Members of Departments on a server without separate worlds: a case restores them."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from ...domain.account import Account
from ..http_client import Exchange, Request
from . import Case
from .expectations import found_at

Json = Any

CHANGING = ("assignMultipleDepartmentMembers", "assignMultipleCallQueueMembers")
ACCOUNT = "/restapi/v1.0/account/~"

Send = Callable[[Request], Exchange]
"""Makes a call as an extension that may read and change the members."""


def changes_members(case: Case) -> bool:
    """Whether the case changes the members of a Department."""
    return any(step.when is not None and step.when.get("operation") in CHANGING for step in case.steps)


class Unreadable(Exception):
    """The members of a Department could not be read; the message names it and the answer."""


class Membership:
    """The ids of all Departments' members when it was made. Raises `Unreadable`."""

    def __init__(self, account: Account, send: Send) -> None:
        self._send = send
        self._departments = {
            str(extension.id): number for number, extension in account.extensions.items() if extension.is_department
        }
        self._at_first = self._now()

    def put_back(self) -> Exchange | None:
        """Restore the members; returns the refused call, None on success."""
        items = [
            {
                "departmentId": department,
                "addedExtensionIds": sorted(first - now),
                "removedExtensionIds": sorted(now - first),
            }
            for (department, first), now in zip(self._at_first.items(), self._now().values(), strict=True)
            if first != now
        ]
        if not items:
            return None
        body = json.dumps({"items": items}).encode()
        path = f"{ACCOUNT}/department/bulk-assign"
        exchange = self._send(Request("POST", path, {"Content-Type": "application/json"}, body))
        return None if 200 <= exchange.answer.status < 300 else exchange

    def _now(self) -> Mapping[str, frozenset[str]]:
        return {department: self._members(department) for department in self._departments}

    def _members(self, department: str) -> frozenset[str]:
        exchange = self._send(Request("GET", f"{ACCOUNT}/department/{department}/members?perPage=1000"))
        records = found_at(exchange.answer.json, "records")
        if exchange.answer.status != 200 or not isinstance(records, list):
            said = f"{exchange.answer.status} {exchange.answer.text}".strip()
            raise Unreadable(f"the members of {self._departments[department]} cannot be read: {said}")
        return frozenset(str(found_at(record, "id")) for record in records)
