"""Preconditions of a case that a server may not meet: a world to change, empty mailboxes, the fixture's secrets.

Such a case is skipped with the reason.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from itertools import chain
from typing import Any, NamedTuple

from ...fixture import bundled_names, load_named
from ...fixture.shape import nearest
from ...fixture.yaml_source import Problem
from ...world.template import Credentials, Template
from ..guard import changing_operations
from ..target import Target
from . import Case, Step
from .binding import bind
from .expectations import names_in
from .lacking import Lack
from .roles import LISTS as STATUS_CHANGES

Json = Any

CONTROL = "it needs ringmock's control API, which this server has not"
WORLDS = "it needs a world of its own, which this server does not open"
FOR_GOOD = frozenset(
    {
        *("updateExtension", "updateCallQueueInfo", "bulkAssignSmsRecipients", "updateMessageStoreConfiguration"),
        *("updateUserPresenceStatus", "updateExtensionCallQueuePresence", "updateExtensionCallerId"),
        "linkNumbers",
    }
)
MESSAGE_LISTS = frozenset({"listMessages", "syncMessages", "listA2PSMS", "listSmsBatches", "listSmsMessages"})
CONTACT_LISTS = frozenset({"listContacts", "syncAddressBook"})
MESSAGE_COLLECTIONS = ("/message-store", "/message-sync", "/a2p-sms/messages", "/sms/batches", "/sms/messages")
LISTS = ("records", "paging", "navigation")
SUMMARIES = frozenset({"aggregateA2PSMSStatuses", "readSmsStatusSummary"})


class PreparedCase(NamedTuple):
    """A case about a target's account, with no reason; or as it was written, and the reason to skip it there."""

    case: Case
    reason: str | None


def reason_to_skip(case: Case, target: Target) -> str | None:
    """Why the case cannot be run against the target; None when it can."""
    return prepared(case, target).reason


def prepared(case: Case, target: Target) -> PreparedCase:
    """The case as it is run against the target, or why it is not."""
    reason = next(_reasons(case, target), None)
    if reason is not None:
        return PreparedCase(case, reason)
    bound = bind(case, target.template)
    if isinstance(bound, Lack):
        return PreparedCase(case, str(bound))
    of_worlds = _in_a_world(bound, target.template) if target.has_worlds else _without_a_world(bound, target)
    reasons = chain(_strangers(bound, target.template), of_worlds)
    return PreparedCase(bound, next(reasons, None))


def _strangers(case: Case, template: Template) -> Iterator[str]:
    """Extensions that make calls or are looked into by their numbers, and that the account has not."""
    return (stranger.message for stranger in unknown_extensions(case, template) if stranger.path != "change")


def unknown_extensions(case: Case, template: Template) -> Iterator[Problem]:
    """Every extension that the case, bound to the account, names and that is not there, with the nearest that is."""
    known = template.account.extensions
    for step in (Step(case.line, change=case.given), *case.steps, *case.after):
        for part, names in _numbers_in(step).items():
            for number in names:
                if number.isdigit() and number not in known:
                    close = nearest(number, known)
                    sentence = f"the account has no extension {number}" + (f": did you mean {close}?" if close else "")
                    yield Problem(case.file, step.line, part, sentence)


def _numbers_in(step: Step) -> Mapping[str, Sequence[str]]:
    """By the part of the step what stands there for extensions."""
    members = step.change.get("members", {})
    changed = [number for word in STATUS_CHANGES for number in step.change.get(word, ())]
    callers = (step.caller, (step.connect or {}).get("as"))
    return {
        "change": [*changed, *members, *(number for those in members.values() for number in those)],
        "as": [caller for caller in callers if isinstance(caller, str)],
        "mailboxes": list(step.mailboxes),
    }


def _reasons(case: Case, target: Target) -> Iterator[str]:
    if case.account not in (None, target.account):
        yield (
            f"it is about the account {case.account}, and the server serves {target.account}:"
            " a case that says what it `needs` runs on every account that has it"
        )
    if not case.holds_in(target.generation):
        yield f"it is about the generation {case.generation}, and the server answers in {target.generation}"
    if target.limits.rate is not None and not case.is_first:
        yield "another operation has shown it, and how often the server is called is limited"


def _in_a_world(case: Case, template: Template) -> Iterator[str]:
    """Extensions that cannot sign in there: their only credentials are access tokens, which open no world."""
    for number in sorted({number for step in case.steps for number in _looked_at(step)}):
        credentials = template.credentials.get(number, Credentials())
        if credentials.can_sign_in and not credentials.opens_worlds:
            yield f"extension {number} has an access token alone, which opens no world: give it a JWT or a password"


def _without_a_world(case: Case, target: Target) -> Iterator[str]:
    template = target.template
    if template.clock.frozen or template.clock.now is not None:
        yield "it counts on the account's own clock and ids, which this server cannot be given"
    if case.given or any(step.change for step in case.steps):
        yield f"it changes the world (status, members, clock, SMS from outside ...): {CONTROL}"
    if any(step.handsets for step in case.steps):
        yield f"it looks at a phone outside the account: {CONTROL}"
    if any(step.connect for step in case.steps):
        yield f"it opens a WebSocket, on which what it sends could not be limited: {WORLDS}"
    if any(step.outcomes for step in case.steps):
        yield f"it asks for the outcome of each recipient: {CONTROL}"
    if any(_counts(step) for step in case.steps):
        yield "it counts all that a mailbox holds, and here it may hold more"
    if any(step.when and step.when.get("operation") in CONTACT_LISTS and _is_listed(step) for step in case.steps):
        yield "it counts all that an address book holds, and here it may hold more"
    if any(_is_counted(step) for step in case.steps):
        yield "it counts all that a list holds, and here it may hold more"
    foreign = _foreign_secrets(template)
    for step in case.steps:
        yield from _of_step(step, template, foreign)
    if any(_changes_for_good(step) for step in case.steps):
        yield "it changes extensions or settings of the account, and nothing would put them back here"
    if not target.limits.may_change and any(_changes_what_was_there(step) for step in case.steps):
        yield "it would change or delete what the account holds; --may-change lets it"


def _counts(step: Step) -> bool:
    """Whether the step expects the whole content of a list of messages, or a summary of it, and not only its form."""
    if step.when is None:
        return False
    if step.when.get("operation") in SUMMARIES:
        return bool(step.then.get("body")) and "batchId" not in step.when.get("query", {})
    return _is_of_messages(step.when) and _is_listed(step)


def _is_listed(step: Step) -> bool:
    """Whether something is expected, or kept, of what a list holds."""
    expected = {**(step.then.get("body") or {}), **(step.then.get("exact") or {})}
    return bool(expected.keys() & set(LISTS)) or any(where.startswith(LISTS) for where in step.keep.values())


def _is_counted(step: Step) -> bool:
    """Whether so many entries of a list are expected."""
    body = step.then.get("body")
    expected = body if isinstance(body, Mapping) else {}
    return any(isinstance(expected.get(name), Mapping) and "count" in expected[name] for name in LISTS)


def _is_of_messages(when: Mapping[str, Json]) -> bool:
    """Whether the call, by operation or by path, is of a list of messages."""
    if "operation" in when:
        return when["operation"] in MESSAGE_LISTS
    path = str(when["request"]).partition(" ")[2].partition("?")[0]
    return path.rstrip("/").endswith(MESSAGE_COLLECTIONS)


def _changes_for_good(step: Step) -> bool:
    """Whether the step makes a change that no case reverts. Members of Departments are restored."""
    is_done = 200 <= step.then.get("status", 0) < 300
    return is_done and step.when is not None and step.when.get("operation") in FOR_GOOD


def _of_step(step: Step, template: Template, foreign: frozenset[str]) -> Iterator[str]:
    account = template.account
    for number in _looked_at(step):
        extension = account.extensions.get(number)
        if extension is not None and not extension.can_log_in:
            yield f"it signs in as an extension that is {extension.status}, or looks into its mailbox: {CONTROL}"
        elif extension is not None and not template.credentials.get(number, Credentials()).can_sign_in:
            yield f"the fixture has no credentials of extension {number}"
    if not foreign.isdisjoint(_texts([step.when, step.caller])):
        yield "it signs in with credentials that are not this server's"


def _looked_at(step: Step) -> Iterator[str]:
    """The extensions whose access tokens the step needs."""
    yield from step.mailboxes
    if isinstance(step.caller, str):
        yield step.caller


def _foreign_secrets(template: Template) -> frozenset[str]:
    """What the bundled account of this name signs in with, and this server does not."""
    if template.name not in bundled_names():
        return frozenset()
    return _bundled_secrets(template.name) - _secrets_of(template)


@cache
def _bundled_secrets(name: str) -> frozenset[str]:
    """Cached: a run checks every step of every case."""
    return _secrets_of(load_named(name))


def _secrets_of(template: Template) -> frozenset[str]:
    found = {secret for app in template.applications for secret in (app.client_id, app.client_secret)}
    for credentials in template.credentials.values():
        found |= {credentials.jwt, credentials.password, credentials.access_token}
    return frozenset(secret for secret in found if secret)


def _texts(value: Json) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for child in value.values():
            yield from _texts(child)
    elif isinstance(value, list):
        for child in value:
            yield from _texts(child)


def _changes_what_was_there(step: Step) -> bool:
    """Whether the step changes anything but what the case has made, which it names by a kept value."""
    if step.when is None or step.when.get("operation") not in changing_operations():
        return False
    return not any(names_in(step.when.get("path")))
