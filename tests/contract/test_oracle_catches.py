"""The oracle can fail: servers that break one rule each are caught, and the rule is named."""

import json
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

Json = Any
OWN_LIST = "/restapi/v1.0/account/~/extension/~/message-store"
THIRD_USER, FROZEN_USER = "1346632103", "1346632104"


def in_lists(change: Callable[[list[Json]], object]) -> Callable[[ASGIApp], ASGIApp]:
    """A server whose message lists are changed in place."""

    def after(exchange: Exchange) -> None:
        if exchange.path == OWN_LIST and exchange.method == "GET" and exchange.status == 200:
            exchange.change_answer(lambda answer: change(answer["records"]))

    return lambda app: around(app, after=after)


def owner_of(record: Json) -> str:
    """The id of the extension whose mailbox the record is in."""
    return str(record["uri"]).partition("/extension/")[2].partition("/")[0]


def without(is_lost: Callable[[Json], bool]) -> Callable[[list[Json]], None]:
    def lose(records: list[Json]) -> None:
        records[:] = [record for record in records if not is_lost(record)]

    return lose


def forwards_to_no_member(record: Json) -> bool:
    to = [party["extensionNumber"] for party in record["to"]] if record["type"] == "Pager" else []
    is_addressed = any(owner_of(record).endswith(number) for number in to)
    return record["direction"] == "Inbound" and bool(to) and not is_addressed


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
        own = [record for record in records if owner_of(record) == THIRD_USER]
        if own and seen:
            records.insert(0, seen[-1])
        seen.extend(record for record in records[:1] if record["type"] == "SMS" and not own)

    return in_lists(leak)(app)


def drops_into_mailboxes(app: ASGIApp) -> ASGIApp:
    """An SMS to somebody Frozen arrives with somebody else."""

    def before(exchange: Exchange) -> None:
        if exchange.resource == "sms" and b"16509100104" in exchange.body.partition(b'"to"')[2]:
            sent = exchange.sent
            exchange.body = json.dumps(sent | {"to": [{"phoneNumber": "16509100103"}]}).encode()

    return around(app, before=before)


CAUGHT = [
    (in_lists(without(forwards_to_no_member)), "R-10"),
    (serves_the_frozen, "R-18"),
    (lets_the_removed_reply, "R-23"),
    (removes_nobody, "R-22"),
    (in_lists(without(lambda record: record["type"] == "Pager" and record["direction"] == "Outbound")), "R-08"),
    (in_lists(without(lambda record: record["type"] == "SMS" and record["direction"] == "Inbound")), "R-02"),
    (leaks_a_mailbox, "R-07"),
    (drops_into_mailboxes, "R-09"),
    (faults.counts_code_points, "R-05"),
    (faults.cuts_texts, "R-04"),
    (faults.swaps_recipients, "R-09"),
]
NAMES = [
    "forwards to no member",
    "serves the Frozen",
    "lets the removed reply",
    "removes nobody",
    "keeps no page in the outbox",
    "delivers no SMS",
    "leaks a mailbox",
    "delivers what is to be dropped",
    "counts code points",
    "cuts texts",
    "swaps recipients",
]


@pytest.mark.parametrize(("fault", "rule"), CAUGHT, ids=NAMES)
def test_a_server_that_breaks_a_rule_is_caught_and_the_rule_is_named(
    fault: Callable[[ASGIApp], ASGIApp], rule: str
) -> None:
    (found,) = findings_of(fault)

    assert found.verdict is Verdict.FAILED
    assert rule in found.keeps, found.detail
    assert rule in found.detail
    assert "expected" in found.detail
    assert found.reproduce.startswith("curl ")


def findings_of(fault: Callable[[ASGIApp], ASGIApp]) -> list[Finding]:
    template = load_named("demo")
    with served(fault(build(Worlds(template)))) as url:
        return list(run(Target(url, template, has_worlds=True), Options(seed=1, runs=100, steps=20)))
