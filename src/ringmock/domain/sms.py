"""Planning an SMS: from a number of the account, or from a handset to one."""

from typing import NamedTuple

from . import errors
from .account import Account, Extension, Feature, PaymentType, PhoneNumber, PhoneNumberType, digits_of, is_e164
from .attachment import Attachment, check_attachments
from .conversation import Conversation
from .generation import Generation
from .made import maker
from .message import Delivery, MessageType, Outcome, Routed
from .rules import Route, can_receive, check_sms_sender, check_text_length, when_inactive

# Python 3.11 takes twenty times as long for a member of an enumeration as for a name of the module.
_SMS, _OUTSIDE = MessageType.SMS, Outcome.OUTSIDE
_routed, _conversation, _delivery = maker(Routed), maker(Conversation), maker(Delivery)


class SendSms(NamedTuple):
    """A request to send an SMS: phone numbers with or without `+` (D-10)."""

    sender: str
    recipients: tuple[str, ...]
    text: str
    attachments: tuple[Attachment, ...] = ()
    """With attachments it is an MMS, whose text may be empty."""


def plan_sms(account: Account, sender: Extension, sms: SendSms, generation: Generation) -> Delivery:
    """Decide what an SMS of `sender` would do. Pure; raises a `Refusal` for what the rules do not allow.

    The outbox is that of the number's owner: a Department's own for what its SMS recipients send. A company number
    has the outbox of whom it is assigned to.
    """
    check_text_length(sms.text, _SMS)
    number = check_sms_sender(account, sender, sms.sender)
    check_recipients(account, number, sms.recipients, generation)
    if sms.attachments:
        if not number.can(Feature.MMS_SENDER):
            raise errors.MmsNotAvailable
        check_attachments(sms.attachments)
    recipients = tuple([digits_of(recipient) for recipient in sms.recipients])
    return delivery_of(account, number.digits, number.mailbox, recipients, sms.text, sms.attachments)


def plan_inbound_sms(account: Account, sms: SendSms, generation: Generation) -> Delivery:
    """R-06: plan an SMS from a handset: to a number of the account, or to a group with one.

    Neither the length nor the attachments of an inbound SMS are limited. Raises `InvalidParameter` about `from` when
    the handset is a number of the account, about `to` when no recipient is; otherwise `to` may hold what it may for the
    account's own messages.
    """
    handset = digits_of(sms.sender)
    if not is_e164(sms.sender) or handset in account.phone_numbers:
        raise errors.InvalidParameter("from", sms.sender)
    recipients = tuple([digits_of(recipient) for recipient in sms.recipients])
    if account.phone_numbers.keys().isdisjoint(recipients):
        raise errors.InvalidParameter("to", sms.recipients[0])
    _check_count(sms.recipients, generation)
    for place, recipient in enumerate(sms.recipients):
        if not is_e164(recipient) or recipients[place] == handset:
            raise errors.InvalidParameter("to", recipient)
        if recipients[place] in recipients[:place]:
            raise errors.DuplicateValue("to", recipient)
    return delivery_of(account, handset, None, recipients, sms.text, sms.attachments)


def check_recipients(
    account: Account, sender: PhoneNumber, recipients: tuple[str, ...], generation: Generation
) -> None:
    """R-07: full phone numbers, at most as many as the generation allows, without duplicates. Raises all problems of a
    kind.
    """
    if len(recipients) == 1:
        only_problem = _recipient_problem(account, sender, recipients[0])
        if only_problem is not None:
            raise only_problem
        return
    _check_count(recipients, generation)
    if len(recipients) > 1 and not sender.can(Feature.MMS_SENDER):
        raise errors.MmsNotAvailable
    found: list[errors.Refusal] = []
    seen: set[str] = set()
    for recipient in recipients:
        problem = _recipient_problem(account, sender, recipient)
        if problem is None and digits_of(recipient) in seen:
            problem = errors.DuplicateValue("to", recipient)
        seen.add(digits_of(recipient))
        if problem is not None:
            found.append(problem)
    errors.raise_all(found)


def _check_count(recipients: tuple[str, ...], generation: Generation) -> None:
    if len(recipients) <= 1:
        return
    if generation.max_sms_recipients == 1:
        raise errors.SeveralSmsRecipients("to")
    if len(recipients) > generation.max_sms_recipients:
        raise errors.TooManySmsRecipients("to", str(generation.max_sms_recipients))


def _recipient_problem(account: Account, sender: PhoneNumber, recipient: str) -> errors.Refusal | None:
    if recipient in account.extensions:
        return errors.ExtensionNumberAsSmsRecipient("to", recipient)
    digits = digits_of(recipient)
    if len(digits) < 7:
        return errors.ShortNumberAsSmsRecipient("to", recipient)
    if not is_e164(recipient):
        return errors.InvalidParameter("to.phoneNumber", recipient)
    if digits.startswith(account.home_code):
        return None
    if sender.payment_type is PaymentType.TOLL_FREE:
        return errors.InternationalFromTollFree("to", recipient)
    return None if sender.can(Feature.INTERNATIONAL_SMS_SENDER) else errors.InternationalNotAllowed("to", recipient)


def delivery_of(
    account: Account,
    sender: str,
    outbox: str | None,
    recipients: tuple[str, ...],
    text: str,
    attachments: tuple[Attachment, ...],
) -> Delivery:
    """The plan of an SMS whose numbers, as digits, were checked. Without an outbox it is in none."""
    conversation = _conversation((None, (), (), frozenset((sender, *recipients))))
    routed = tuple([route_sms(account, recipient) for recipient in recipients])
    return _delivery((_SMS, sender, outbox, recipients, text, conversation, routed, attachments, None, (), None))


def route_sms(account: Account, recipient: str) -> Routed:
    """R-06 outside; D-14 high-volume SMS; R-16 dropped; D-09 no mailbox for it, or that of several; R-02 delivered."""
    phone = account.phone_numbers.get(recipient)
    if phone is None:
        return _routed((recipient, _OUTSIDE, "R-06", None))
    if recipient in account.a2p_numbers:
        return Routed(recipient, Outcome.DELIVERED, "D-14")
    owner = account.mailbox_of(recipient)
    if owner is None or phone.type is PhoneNumberType.FAX_ONLY:
        return Routed(recipient, Outcome.UNDELIVERABLE, "D-09")
    if not owner.is_active:
        outcome, rule = when_inactive(Route.SMS, owner.number, "to")
        return Routed(recipient, outcome, rule)
    if owner.sms_recipients:
        return Routed(recipient, Outcome.DELIVERED, "D-09", mailbox=owner.number)
    if not can_receive(owner, MessageType.SMS):
        return Routed(recipient, Outcome.UNDELIVERABLE, "D-09")
    return Routed(recipient, Outcome.DELIVERED, "R-02", mailbox=owner.number)
