"""Planning a page: to extensions of the sender's own account, or in answer to an earlier page."""

from collections.abc import Iterable
from dataclasses import dataclass

from . import errors
from .account import Account, Extension
from .conversation import Conversation, participants
from .message import Delivery, Message, MessageType, Outcome, Routed
from .rules import Route, can_receive, check_pager_sender, check_text_length, check_thread_access, when_inactive


@dataclass(frozen=True, slots=True)
class Address:
    """One party of a pager request, by extension number, by extension id, or by both."""

    number: str | None = None
    id: int | None = None
    phone_number: str | None = None
    """A phone number instead of an extension; never accepted (R-08)."""


@dataclass(frozen=True, slots=True)
class SendPager:
    """A request to send a page. `reply_on` is the id of a message that the sender holds."""

    to: tuple[Address, ...]
    text: str
    sender: Address | None = None
    reply_on: int | None = None


def plan_pager(account: Account, sender: Extension, pager: SendPager, replied_to: Message | None) -> Delivery:
    """Plan a page of `sender`. Pure; raises a `Refusal` for what the rules do not allow.

    `replied_to`: the message of the sender's mailbox with the id `pager.reply_on`, None when there is none. A reply in
    a thread with oneself goes to oneself. A thread of any age can be replied to (D-20).
    """
    check_pager_sender(sender)
    check_from(account, sender, pager.sender)
    check_text_length(pager.text, MessageType.PAGER)
    if pager.reply_on is None:
        recipients = resolve_recipients(account, pager.to)
        check_addressable(account, recipients)
        thread = _new_thread(sender, recipients)
    else:
        thread = _thread_of(replied_to)
        check_thread_access(thread, sender, account)
        check_in_thread(account, thread, resolve_recipients(account, pager.to))
        others = tuple(number for number in thread.addressed if number != sender.number)
        recipients = tuple(account.extensions[number] for number in others or thread.addressed)
    return Delivery(
        type=MessageType.PAGER,
        sender=sender.number,
        outbox=sender.number,
        recipients=tuple(recipient.number for recipient in recipients),
        text=pager.text,
        conversation=thread,
        routed=fan_out(account, sender, recipients, thread),
    )


def check_from(account: Account, sender: Extension, given: Address | None) -> None:
    """`from` is optional and can only name the sender.

    Raises `ParameterNotFound`, `SenderNumberMismatch` or `SenderIdMismatch`.
    """
    if given is None:
        return
    if given.id is not None and account.extension_by_id(given.id) is None:
        raise errors.ParameterNotFound("from.extensionId", str(given.id))
    if given.number is not None and given.number != sender.number:
        raise errors.SenderNumberMismatch("from", given.number)
    if given.id is not None and given.id != sender.id:
        raise errors.SenderIdMismatch("from", str(given.id))


def resolve_recipients(account: Account, to: Iterable[Address]) -> tuple[Extension, ...]:
    """R-08, R-09: the extensions of `to` in order, without duplicates, from the sender's account only."""
    found: dict[str, Extension] = {}
    problems: list[errors.Refusal] = []
    for address in to:
        try:
            extension = _resolve(account, address)
            found[extension.number] = extension
        except errors.Refusal as problem:
            problems.append(problem)
    errors.raise_all(problems)
    return tuple(found.values())


def _resolve(account: Account, address: Address) -> Extension:
    by_number = None if address.number is None else account.extensions.get(address.number)
    by_id = None if address.id is None else account.extension_by_id(address.id)
    extension = by_number or by_id
    if address.number is None and address.id is None and address.phone_number is not None:
        raise errors.PagerToPhoneNumber("to.phoneNumber", address.phone_number)
    missing = (address.number is not None and by_number is None) or (address.id is not None and by_id is None)
    if extension is None or missing:
        raise errors.PagerRecipientNotFound("to", address.number or str(address.id))
    if by_number is not None and by_id is not None and by_number is not by_id:
        raise errors.RecipientIdAndNumberDisagree("to", by_number.number)
    return extension


def check_addressable(account: Account, recipients: Iterable[Extension]) -> None:
    """R-03, D-07: every recipient of a new page can receive pagers, and no Department among them is empty."""
    problems: list[errors.Refusal] = []
    for recipient in recipients:
        if not can_receive(recipient, MessageType.PAGER):
            problems.append(errors.PagerRecipientCannotReceive("to", recipient.number))
        elif recipient.is_department and recipient.is_active and not account.members_of(recipient):
            problems.append(errors.DepartmentWithoutMembers("to", recipient.number))
    errors.raise_all(problems)


def check_in_thread(account: Account, thread: Conversation, recipients: Iterable[Extension]) -> None:
    """D-06: `to` together with `replyOn` may only name participants of the thread."""
    inside = {extension.number for extension in participants(thread, account)}
    errors.raise_all([errors.NotInThread("to", r.number) for r in recipients if r.number not in inside])


def fan_out(
    account: Account, sender: Extension, recipients: Iterable[Extension], thread: Conversation
) -> tuple[Routed, ...]:
    """R-10: all addressees, then the current members of the thread's Departments, without duplicates or the sender.

    Addressing oneself in person is allowed and adds a second copy. Raises `RecipientInactive` (R-18).
    """
    addressed = tuple(recipients)
    routed: dict[str, Routed] = {}
    problems: list[errors.Refusal] = []
    for recipient in addressed:
        try:
            routed[recipient.number] = _route(recipient, Route.PAGER_DIRECT)
        except errors.Refusal as problem:
            problems.append(problem)
    errors.raise_all(problems)
    for member in participants(thread, account):
        if member.number not in routed and member != sender:
            routed[member.number] = _route(member, Route.PAGER_VIA_DEPARTMENT)
    return tuple(routed.values())


def _route(recipient: Extension, route: Route) -> Routed:
    if not recipient.is_active:
        outcome, rule = when_inactive(route, recipient.number, "to")
        return Routed(recipient.number, outcome, rule)
    if not can_receive(recipient, MessageType.PAGER):
        return Routed(recipient.number, Outcome.SKIPPED, "R-03")
    rule = "R-10" if route is Route.PAGER_VIA_DEPARTMENT else "R-03"
    return Routed(recipient.number, Outcome.DELIVERED, rule, mailbox=recipient.number)


def _new_thread(sender: Extension, recipients: tuple[Extension, ...]) -> Conversation:
    return Conversation(
        id=None,
        addressed=tuple(dict.fromkeys((sender.number, *(recipient.number for recipient in recipients)))),
        departments=tuple(recipient.number for recipient in recipients if recipient.is_department),
    )


def _thread_of(replied_to: Message | None) -> Conversation:
    if replied_to is None or replied_to.type is not MessageType.PAGER:
        raise errors.ReplyTargetNotFound("replyOn")
    return replied_to.conversation
