"""Why a call of the journal was answered so: what decided, with its sentence and its line, and what would pass."""

import contextlib
import json
import shlex
from collections.abc import Iterator
from typing import Any, NamedTuple
from urllib.parse import urlencode

from ...domain.rulebook import SENTENCES
from ...world.journal import Entry
from ...world.world import World
from .plans import FORM, JSON, Plan, line_of, line_of_body, plans
from .repair import Account, Repaired, Request, repaired

Json = Any


class Decided(NamedTuple):
    """What decided: a rule, a decision, the contract or a fault; its sentence, and where that stands."""

    by: str
    sentence: str
    where: str | None = None
    about: str | None = None
    """The recipient or the value that it decided about."""


class Explanation(NamedTuple):
    """Why a call was answered so. `repair` is of a refusal, where it is clear what was meant."""

    entry: Entry
    decided: tuple[Decided, ...]
    repair: Repaired | None
    curl: str | None


def explain(entry: Entry, world: World) -> Explanation:
    """Why a call of this world was answered so, by the account as it is now."""
    decided = tuple(_decided(entry, world))
    mended = None
    if entry.status >= 400 and entry.fault is None:
        with contextlib.suppress(RecursionError):  # a body of a thousand levels is nobody's mistake
            mended = repaired(request_of(entry), Account(world, _extension(entry, world)))
    if mended is not None and not mended.changes:  # as far as a repair can tell, it would have passed
        mended = None
    return Explanation(entry, decided, mended, None if mended is None else curl(mended.request, entry.origin))


def _extension(entry: Entry, world: World) -> str:
    """Who calls, or who would: the first that can, where nobody was signed in."""
    if entry.who in world.account.extensions:
        return str(entry.who)
    able = [each for each in world.account.extensions.values() if each.can_log_in]
    return (able or list(world.account.extensions.values()))[0].number


def request_of(entry: Entry) -> Request:
    """The request as it was made, what opens anything left out."""
    given = entry.headers.get("authorization", "")
    kind = given.partition(" ")[0].lower()
    has_token = kind == "bearer" or any(name == "access_token" for name, _ in entry.query)
    is_refused = entry.status == 401
    authorization = "none" if is_refused or not (given or has_token) else "basic" if kind == "basic" else "bearer"
    query = tuple(pair for pair in entry.query if pair[0] != "access_token")
    media_type = entry.headers.get("content-type", "")
    return Request(entry.method, entry.path, query, media_type, entry.body, authorization)


# --- what decided --------------------------------------------------------------------------------


def _decided(entry: Entry, world: World) -> Iterator[Decided]:
    if entry.fault is not None:
        yield Decided("fault", f"a fault on demand: {entry.fault}", "/_mock/faults")
        return
    plan = plans().get(entry.operation or "")
    for routed in entry.routed:
        yield Decided(routed.rule, SENTENCES.get(routed.rule, ""), None, f"{routed.recipient} {routed.outcome.value}")
    for rule in entry.rules if entry.errors else ():
        about = next((str(error["value"]) for error in entry.errors if "value" in error), None)
        yield Decided(rule, SENTENCES.get(rule, ""), _in_fixture(about, world), about)
    for reason in entry.reasons:
        yield Decided("contract", reason, None if plan is None else _line_of_reason(plan, entry, reason))
    if entry.errors and not entry.rules and not entry.reasons:
        for error in entry.errors:
            about = error.get("value") or error.get("parameterName")
            where = None if plan is None else _contract_line(line_of(plan.pointer))
            yield Decided(error["errorCode"], error["message"], where, about)
    if entry.near_path is not None:
        yield Decided("contract", f"the path names nothing: did you mean {entry.near_path}?")


def _line_of_reason(plan: Plan, entry: Entry, reason: str) -> str | None:
    name = reason.split("`")[1] if "`" in reason else ""
    names = [each.partition("[")[0] for each in name.split(".") if each]
    media_type = entry.headers.get("content-type", JSON).partition(";")[0]
    if names and names[0] in {each.name for each in plan.parameters}:
        return _contract_line(line_of(f"{plan.pointer}/parameters"))
    return _contract_line(line_of_body(plan, media_type, names))


def _contract_line(line: int | None) -> str | None:
    return None if line is None else f"openapi.yaml:{line}"


def _in_fixture(about: str | None, world: World) -> str | None:
    """Where the account says what the rule is about."""
    account = world.account
    extension = account.extensions.get(about or "")
    if extension is not None:
        place = list(account.extensions).index(extension.number)
        return f"fixture {world.template.name}: extensions[{place}], {extension.type} {extension.status}"
    phone = account.phone_numbers.get((about or "").removeprefix("+"))
    if phone is not None:
        place = list(account.phone_numbers).index(phone.digits)
        features = ", ".join(phone.features) or "no features"
        return f"fixture {world.template.name}: phone_numbers[{place}], of {phone.owner or 'the company'}, {features}"
    return None


# --- how it is shown -----------------------------------------------------------------------------


def curl(request: Request, origin: str) -> str:
    """The command that makes a request. What opens anything is a variable of the shell."""
    words = ["curl"]
    if request.method != ("GET" if request.body is None else "POST"):
        words += ["-X", request.method]
    said = " ".join(map(shlex.quote, words))
    if request.authorization == "bearer":
        said += ' -H "Authorization: Bearer $TOKEN"'
    elif request.authorization == "basic":
        said += ' -u "$CLIENT_ID:$CLIENT_SECRET"'
    if request.body is not None:
        content = (
            urlencode(request.body) if request.media_type == FORM else json.dumps(request.body, ensure_ascii=False)
        )
        if request.media_type != FORM:
            said += f" -H {shlex.quote(f'Content-Type: {request.media_type}')}"
        said += f" -d {shlex.quote(content)}"
    query = f"?{urlencode(request.query)}" if request.query else ""
    return f"{said} {shlex.quote(origin + request.path + query)}"


def as_json(explanation: Explanation) -> Json:
    """What the control API answers."""
    entry, mended = explanation.entry, explanation.repair
    said: dict[str, Json] = {
        "id": entry.number,
        "call": f"{entry.method} {entry.path}",
        "status": entry.status,
        "errors": list(entry.errors),
        "decided": [each._asdict() for each in explanation.decided],
        "repair": None,
    }
    if mended is not None:
        request = mended.request
        said["repair"] = {
            "changes": list(mended.changes),
            "operation": mended.operation,
            "method": request.method,
            "path": request.path,
            "query": [list(pair) for pair in request.query],
            "body": request.body,
            "curl": explanation.curl,
        }
    return said


def as_text(said: Json) -> str:
    """The same for a terminal, made of what the control API answers."""
    lines = [f"{said['call']} {said['status']}"]
    lines += [f"  {error['errorCode']} {error['message']}" for error in said["errors"]]
    for each in said["decided"]:
        about = f" ({each['about']})" if each["about"] else ""
        where = f"\n    {each['where']}" if each["where"] else ""
        lines.append(f"  {each['by']}{about}: {each['sentence']}{where}")
    if said["repair"] is not None:
        lines += ["", "What would pass:", *(f"  {change}" for change in said["repair"]["changes"])]
        lines += ["", said["repair"]["curl"]]
    return "\n".join(lines)
