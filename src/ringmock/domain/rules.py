"""The rules that are tables, and the checks that read them. The rulebook says which sentence each one implements."""

from enum import StrEnum

from . import errors
from .account import Account, Extension, ExtensionType, Feature, PhoneNumber, PhoneNumberType, digits_of
from .conversation import Conversation, takes_part
from .message import MessageType, Outcome
from .text import is_longer


class Route(StrEnum):
    """How a message reaches a recipient, as far as inactive recipients are concerned."""

    SMS = "sms"
    PAGER_DIRECT = "pager, addressed in person"
    PAGER_VIA_DEPARTMENT = "pager, as a member of a Department"


RECEIVABLE_BY = {
    MessageType.SMS: frozenset({ExtensionType.USER, ExtensionType.VOICEMAIL}),
    MessageType.PAGER: frozenset({ExtensionType.USER, ExtensionType.VOICEMAIL, ExtensionType.DEPARTMENT}),
    MessageType.FAX: frozenset(  # D-42
        {
            *(ExtensionType.USER, ExtensionType.VOICEMAIL, ExtensionType.DEPARTMENT, ExtensionType.FAX_USER),
            *(ExtensionType.DIGITAL_USER, ExtensionType.VIRTUAL_USER, ExtensionType.FLEXIBLE_USER),
        }
    ),
}

SENDS_FAXES = RECEIVABLE_BY[MessageType.FAX] - {ExtensionType.VOICEMAIL, ExtensionType.DEPARTMENT}

SMS_RECIPIENTS = frozenset({ExtensionType.USER, ExtensionType.DIGITAL_USER, ExtensionType.APPLICATION_EXTENSION})
"""The extension types that can be an SMS recipient of a Department or a Site."""

MAX_UTF16_UNITS = {MessageType.SMS: 1000, MessageType.PAGER: 1024}

WHEN_INACTIVE: dict[Route, tuple[Outcome, str] | type[errors.Refusal]] = {
    Route.SMS: (Outcome.DROPPED, "R-16"),
    Route.PAGER_DIRECT: errors.RecipientInactive,
    Route.PAGER_VIA_DEPARTMENT: (Outcome.SKIPPED, "R-19"),
}

READING = "ReadMessages"
EDITING = "EditMessages"
"""What a removed participant lacks for reading a thread's messages, and for changing and deleting them (D-04)."""


def can_receive(extension: Extension, message_type: MessageType) -> bool:
    """R-02, R-03: whether the extension's type receives messages of this type."""
    return extension.type in RECEIVABLE_BY[message_type]


# Python 3.11 takes twenty times as long for a member of an enumeration as for a name of the module.
_SMS_SENDER, _A2P_SMS_SENDER = Feature.SMS_SENDER, Feature.A2P_SMS_SENDER


def check_text_length(text: str, message_type: MessageType) -> None:
    """R-04, R-05: raise `TextTooLong` for a text of more UTF-16 units than the type allows."""
    if is_longer(text, MAX_UTF16_UNITS[message_type]):
        raise errors.TextTooLong("text")


def check_sms_sender(account: Account, sender: Extension, number: str) -> PhoneNumber:
    """R-11, R-12, R-13: the sender's own number with SmsSender, whatever the sender's type; a Department's too.

    Also a number whose owner the sender is an SMS recipient of, or a company number that is assigned to the sender.
    Raises `SenderNumberUnknown`, `SenderNumberOfAnother`, `SenderNumberForHighVolume`, `SenderNumberForFax` or
    `SenderNumberWithoutSms`, each about `from`.
    """
    phone = account.phone_numbers.get(digits_of(number))
    if phone is None:
        raise errors.SenderNumberUnknown("from", number)
    if phone.owner != sender.number and phone not in account.numbers_shared_with(sender):
        raise errors.SenderNumberOfAnother("from", number)
    if _A2P_SMS_SENDER in phone.features:
        raise errors.SenderNumberForHighVolume("from", number)
    if _SMS_SENDER not in phone.features:
        is_fax = phone.type is PhoneNumberType.FAX_ONLY
        raise (errors.SenderNumberForFax if is_fax else errors.SenderNumberWithoutSms)("from", number)
    return phone


def check_pager_sender(sender: Extension) -> None:
    """R-14: raise `DepartmentCannotPage` for a page on behalf of a Department."""
    if sender.is_department:
        raise errors.DepartmentCannotPage("from", sender.number)


def check_thread_access(conversation: Conversation, extension: Extension, account: Account) -> None:
    """R-20, R-23: raise `NotAThreadParticipant` when the extension no longer belongs to the thread."""
    if not takes_part(conversation, extension.number, account):
        raise errors.NotAThreadParticipant("replyOn")


def when_inactive(route: Route, recipient: str, parameter: str) -> tuple[Outcome, str]:
    """R-15: what becomes of a Disabled or Frozen recipient on this route: an outcome and its rule, or a refusal."""
    fate = WHEN_INACTIVE[route]
    if isinstance(fate, tuple):
        return fate
    raise fate(parameter, recipient)
