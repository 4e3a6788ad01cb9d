"""The oracle can fail: servers that break one rule each are caught, and the rule is named."""

import json
import os
from collections.abc import Callable
from typing import Any

import faults
import pytest
from faults import Exchange, around
from starlette.types import ASGIApp

from ringmock.contract.findings import Finding, Verdict
from ringmock.contract.options import Options
from ringmock.contract.oracle.part import run
from ringmock.contract.target import Target
from ringmock.fixture import load_named
from ringmock.server import build, served
from ringmock.worlds import Worlds
from support import needs

Json = Any
OWN_LIST = "/restapi/v1.0/account/~/extension/~/message-store"
ID_OF = {extension.number: str(extension.id) for extension in load_named("demo").account.extensions.values()}


def in_lists(change: Callable[[list[Json]], object]) -> Callable[[ASGIApp], ASGIApp]:
    """A server whose message lists are changed in place."""

    def after(exchange: Exchange) -> None:
        if exchange.path == OWN_LIST and exchange.method == "GET" and exchange.status == 200:
            exchange.change_answer(lambda answer: change(answer["records"]))

    return lambda app: around(app, after=after)


def owner_of(record: Json) -> str:
    """The id of the extension whose mailbox the record, or the list, is of."""
    return str(record["uri"]).partition("/extension/")[2].partition("/")[0]


def is_inbound(record: Json) -> bool:
    return bool(record["direction"] == "Inbound")


def without(is_lost: Callable[[Json], bool]) -> Callable[[list[Json]], None]:
    def lose(records: list[Json]) -> None:
        records[:] = [record for record in records if not is_lost(record)]

    return lose


def came_through_a_department(record: Json) -> bool:
    to = [ID_OF[party["extensionNumber"]] for party in record["to"]] if record["type"] == "Pager" else []
    return record["direction"] == "Inbound" and bool(to) and owner_of(record) not in to


def serves_the_frozen(app: ASGIApp) -> ASGIApp:
    """A page to somebody inactive goes to the others, or to somebody else."""

    def before(exchange: Exchange) -> None:
        sent = exchange.sent
        if exchange.resource == "company-pager" and isinstance(sent, dict) and sent.get("to"):
            active = [party for party in sent["to"] if party.get("extensionNumber") not in ("104", "105")]
            exchange.body = json.dumps(sent | {"to": active or [{"extensionNumber": "102"}]}).encode()

    return around(app, before=before)


def lets_the_removed_reply(app: ASGIApp) -> ASGIApp:
    """A reply of somebody who is no longer in the thread is answered as if it were sent."""

    def after(exchange: Exchange) -> None:
        if exchange.status == 403 and b"MSG-326" in exchange.answer:
            exchange.status = 200
            exchange.answer = json.dumps({"id": 1, "type": "Pager", "subject": exchange.sent["text"]}).encode()

    return around(app, after=after)


def removes_nobody(app: ASGIApp) -> ASGIApp:
    """Whoever leaves a Department stays in it."""

    def before(exchange: Exchange) -> None:
        if exchange.resource == "bulk-assign" and isinstance(exchange.sent, dict):
            items = [item | {"removedExtensionIds": []} for item in exchange.sent["items"]]
            exchange.body = json.dumps({"items": items}).encode()

    return around(app, before=before)


def leaks_a_mailbox(app: ASGIApp) -> ASGIApp:
    """The third user also sees the newest SMS of whoever looked before."""
    seen: list[Json] = []

    def leak(records: list[Json]) -> None:
        own = [record for record in records if owner_of(record) == ID_OF["103"]]
        if own and seen:
            records.insert(0, seen[-1])
        seen.extend(record for record in records[:1] if record["type"] == "SMS" and not own)

    return in_lists(leak)(app)


def delivers_to_the_inactive(app: ASGIApp) -> ASGIApp:
    """An SMS to somebody Frozen or Disabled is in his mailbox."""
    dropped: dict[str, list[Json]] = {ID_OF["104"]: [], ID_OF["105"]: []}

    def after(exchange: Exchange) -> None:
        if exchange.is_sent and exchange.resource == "sms":
            message = json.loads(exchange.answer)
            received = message | {"direction": "Inbound", "id": message["id"] + 1}
            for number in message["to"]:
                dropped.get(f"1346632{number['phoneNumber'][-3:]}", []).append(received)
        elif exchange.path == OWN_LIST and exchange.method == "GET":
            exchange.change_answer(lambda answer: answer["records"].extend(dropped.get(owner_of(answer), ())))

    return around(app, after=after)


CAUGHT = [
    ("forwards to no member", in_lists(without(came_through_a_department)), "R-10"),
    ("serves the Frozen", serves_the_frozen, "R-18"),
    ("lets the removed reply", lets_the_removed_reply, "R-23"),
    ("removes nobody", removes_nobody, "R-22"),
    ("loses a message", in_lists(without(lambda record: record["type"] == "SMS" and is_inbound(record))), "R-02"),
    ("leaks a mailbox", leaks_a_mailbox, "R-07"),
    ("delivers what is to be dropped", delivers_to_the_inactive, "R-16"),
    ("counts code points", faults.counts_code_points, "R-05"),
]


SAMPLE = ("forwards to no member", "serves the Frozen", "loses a message")
"""What is tried elsewhere than in CI, where all of them are."""


@pytest.mark.parametrize(("name", "fault", "rule"), CAUGHT, ids=[name for name, *_ in CAUGHT])
def test_a_server_that_breaks_a_rule_is_caught_and_the_rule_is_named(
    name: str, fault: Callable[[ASGIApp], ASGIApp], rule: str
) -> None:
    needs(name in SAMPLE or os.environ.get("CI"), "the time for all faults", "CI=true takes it")
    (found,) = findings_of(fault)

    assert found.verdict is Verdict.FAILED
    assert rule in found.keeps, found.detail
    assert rule in found.detail
    assert "expected" in found.detail
    assert found.reproduce.startswith("curl ")


def findings_of(fault: Callable[[ASGIApp], ASGIApp]) -> list[Finding]:
    template = load_named("demo")
    with served(fault(build(Worlds(template)))) as url:
        return list(run(Target(url, template, has_worlds=True), Options(seed=1, runs=150, steps=15)))
