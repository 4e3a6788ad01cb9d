"""Faxes: planning what an extension sends, and what a fax machine outside sends to a number of the account.

Nothing is rendered: a fax has its files as they came (D-42).
"""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from random import Random
from typing import NamedTuple

from . import errors
from .account import Account, Extension, PhoneNumberType, digits_of, is_e164
from .attachment import MEDIA_TYPES, UNKNOWN_TYPE, Attachment
from .caller_id import CallerIds, CallerIdType, CallFeature, caller_ids_of
from .carrier import FAILURES, Carrier
from .conversation import Conversation
from .message import (
    Delivery,
    FaxDetails,
    FaxResolution,
    Message,
    MessageStatus,
    MessageType,
    Outcome,
    Progress,
    Reached,
    Routed,
    Step,
    reached_by,
)
from .rules import SENDS_FAXES, can_receive

MAX_RECIPIENTS = 50
"""Of one fax: each is called by itself."""

COVER_PAGES = (
    *("None", "Ancient", "Birthday", "Blank", "Clasmod", "Classic", "Confidential", "Contempo", "Elegant", "Express"),
    *("Formal", "Jazzy", "Modern", "Urgent"),
)
"""By their `coverIndex`. The first is no page."""

NO_FAX_MACHINE, NO_ANSWER = "NoFaxMachine", "NoAnswer"

ERROR_CODES = frozenset(
    {
        *("AllLinesInUse", "Undefined", "NoFaxSendPermission", "NoInternationalPermission", NO_FAX_MACHINE, NO_ANSWER),
        *("LineBusy", "CallerHungUp", "NotEnoughCredits", "SentPartially", "InternationalCallingDisabled"),
        *("DestinationCountryDisabled", "UnknownCountryCode", "NotAccepted", "InvalidNumber", "CallDeclined"),
        *("TooManyCallsPerLine", "CallFailed", "RenderingFailed", "TooManyPages", "ReturnToDBQueue", "NoCallTime"),
        *("WrongNumber", "ProhibitedNumber", "InternalError", "FaxSendingProhibited", "ThePhoneIsBlacklisted"),
        *("UserNotFound", "ConvertError", "DBGeneralError", "SkypeBillingFailed", "AccountSuspended"),
        *("ProhibitedDestination", "InternationalDisabled"),
    }
)
"""Why a fax did not reach a recipient (`faxErrorCode`)."""

RENDERED_TYPES = frozenset({"application/pdf", "image/tiff"})
"""What the service makes of a fax; a file of any other type is the sender's document."""

_OFFICE: Mapping[str, str] = {
    "doc": "application/msword",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xls": "application/vnd.ms-excel",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "ppt": "application/vnd.ms-powerpoint",
    "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "ps": "application/postscript",
    "eps": "application/postscript",
    "psd": "image/vnd.adobe.photoshop",
}
_PRINTED = frozenset(
    {
        *("application/pdf", "application/rtf", "text/html", "text/plain", "text/csv"),
        *("image/jpeg", "image/png", "image/bmp", "image/gif", "image/tiff"),
    }
)
FAX_TYPES = _PRINTED | frozenset(_OFFICE.values())
"""The documents that a fax takes."""

_NATIONAL = re.compile(r"[2-9][0-9]{9}")
_AT_ONCE = timedelta(0)


class FaxRecipient(NamedTuple):
    """A phone number as it was written, and a name for the cover page."""

    phone_number: str
    name: str | None = None


class SendFax(NamedTuple):
    """A request to send a fax: by `send_at`, aware UTC, later than now, or at once."""

    recipients: tuple[FaxRecipient, ...]
    files: tuple[Attachment, ...]
    resolution: FaxResolution = FaxResolution.HIGH
    cover_index: int = 0
    cover_text: str | None = None
    send_at: datetime | None = None


def plan_fax(
    account: Account, sender: Extension, fax: SendFax, now: datetime, carrier: Carrier | None, dice: Random
) -> Delivery:
    """Decide what a fax of `sender` would do. Pure; raises a `Refusal` for what is not allowed.

    It waits until `send_at`, and then goes to each recipient as the carrier has it.
    """
    if sender.type not in SENDS_FAXES:
        raise errors.FaxNotAvailable("extensionId", sender.type.value)
    recipients = _recipients(account, fax.recipients)
    if not 0 <= fax.cover_index < len(COVER_PAGES):
        raise errors.InvalidParameter("coverIndex", str(fax.cover_index))
    check_files(fax.files)
    wait = _AT_ONCE if fax.send_at is None or fax.send_at <= now else fax.send_at - now.replace(microsecond=0)
    routes = [_route(account, recipient) for recipient in recipients]
    each = [_progress(routed, carrier, dice, wait) for routed in routes]
    details = FaxDetails(
        fax.resolution,
        pages_of(fax.files) + bool(fax.cover_index),
        fax.cover_index,
        fax.cover_text,
        tuple(recipient.name for recipient in fax.recipients),
    )
    return _delivery(account, fax_number_of(account, sender), sender.number, recipients, fax.files, details)._replace(
        routed=tuple(_fate(routed, progress) for routed, progress in zip(routes, each, strict=True)),
        progress=_together(each),
        recipient_progress=tuple(each),
    )


def plan_inbound_fax(
    account: Account, machine: str, recipient: str, files: tuple[Attachment, ...], resolution: FaxResolution
) -> Delivery:
    """Plan a fax from a machine outside to a number of the account. Raises a `Refusal` about `to` or the files."""
    number = digits_of(recipient)
    if number not in account.phone_numbers:
        raise errors.InvalidParameter("to", recipient)
    check_files(files)
    details = FaxDetails(resolution, pages_of(files))
    routed = _route(account, number)
    return _delivery(account, machine, None, (number,), files, details)._replace(routed=(routed,))


def _delivery(
    account: Account,
    sender: str,
    outbox: str | None,
    recipients: tuple[str, ...],
    files: tuple[Attachment, ...],
    details: FaxDetails,
) -> Delivery:
    conversation = Conversation(None, numbers=frozenset((sender, *recipients)))
    return Delivery(MessageType.FAX, sender, outbox, recipients, "", conversation, (), files, fax=details)


def fax_number_of(account: Account, sender: Extension) -> str:
    """The number that its faxes come from: its caller id for faxes, else its first that carries faxes, else the
    company's.
    """
    chosen: CallerIds = sender.details.get("caller_ids", {})
    shown = caller_ids_of(account, sender, chosen)[CallFeature.FAX_NUMBER]
    if shown.type is CallerIdType.PHONE_NUMBER and shown.digits is not None:
        return shown.digits
    own = (phone.digits for phone in account.numbers_of(sender) if phone.type is not PhoneNumberType.VOICE_ONLY)
    return next(own, digits_of(account.main_number))


def _recipients(account: Account, given: Sequence[FaxRecipient]) -> tuple[str, ...]:
    found: list[str] = []
    problems: list[errors.Refusal] = []
    for recipient in given:
        number = full_number(account, recipient.phone_number)
        if number is None:
            problems.append(errors.InvalidParameter("to.phoneNumber", recipient.phone_number))
        elif number in found:
            problems.append(errors.DuplicateValue("to", recipient.phone_number))
        else:
            found.append(number)
    errors.raise_all(problems)
    return tuple(found)


def full_number(account: Account, written: str) -> str | None:
    """The digits of a phone number; one of ten digits is of North America where the account is. None for no number."""
    if account.home_code == "1" and _NATIONAL.fullmatch(written):
        return f"1{written}"
    return digits_of(written) if is_e164(written) else None


# --- files ---------------------------------------------------------------------------------------


def check_files(files: Sequence[Attachment]) -> None:
    """Raise `AttachmentEmpty` or `AttachmentTypeNotSupported`, with all files that have the same problem, and
    `InvalidParameter` for no file at all.
    """
    if not files:
        raise errors.InvalidParameter("attachment")
    shown = [(f"[{place}]: [{each.file_name or ''}]", each) for place, each in enumerate(files, start=1)]
    errors.raise_all([errors.AttachmentEmpty("attachment", name) for name, each in shown if not each.content])
    unknown = [name for name, each in shown if each.content_type not in FAX_TYPES]
    errors.raise_all([errors.AttachmentTypeNotSupported("attachment", name) for name in unknown])


def fax_file(file: Attachment) -> Attachment:
    """The file of a part: where its type says nothing, the ending of its name says what document it is."""
    if file.content_type in FAX_TYPES:
        return file
    ending = (file.file_name or "").rpartition(".")[2].lower()
    found = _OFFICE.get(ending)
    is_unsaid = file.content_type == UNKNOWN_TYPE or file.content_type not in MEDIA_TYPES
    return file._replace(content_type=found) if found is not None and is_unsaid else file


def pages_of(files: Sequence[Attachment]) -> int:
    """One for each file: nothing here knows how many a document is printed on (D-42)."""
    return len(files)


# --- what becomes of it --------------------------------------------------------------------------


def _route(account: Account, recipient: str) -> Routed:
    phone = account.phone_numbers.get(recipient)
    if phone is None:
        return Routed(recipient, Outcome.OUTSIDE, "D-42")
    owner = account.mailbox_of(recipient)
    is_machine = owner is not None and phone.type is not PhoneNumberType.VOICE_ONLY
    if owner is None or not is_machine or not owner.is_active or not can_receive(owner, MessageType.FAX):
        return Routed(recipient, Outcome.UNDELIVERABLE, "D-42")
    return Routed(recipient, Outcome.DELIVERED, "D-42", mailbox=owner.number)


def _progress(routed: Routed, carrier: Carrier | None, dice: Random, wait: timedelta) -> Progress:
    if routed.outcome is Outcome.UNDELIVERABLE:
        return _queued(((wait, Reached(MessageStatus.SENDING_FAILED, fax_error=NO_FAX_MACHINE)),))
    outside = carrier is not None and routed.outcome is Outcome.OUTSIDE
    course = carrier.course_of(routed.recipient, dice) if carrier is not None and outside else None
    if course is None:
        return _queued(((wait, Reached(MessageStatus.SENT)),))
    return _queued(tuple((wait + delay, _as_fax(reached)) for delay, reached in course))


def _queued(later: tuple[Step, ...]) -> Progress:
    """Accepted as Queued; a step that changes nothing is left out."""
    kept: list[Step] = []
    for step in later:
        before = kept[-1][1].status if kept else MessageStatus.QUEUED
        if step[1].status is not before:
            kept.append(step)
    return Progress(MessageStatus.QUEUED, tuple(kept))


def _as_fax(reached: Reached) -> Reached:
    """A step of a carrier's course: a fax that was sent has arrived, and one that did not arrive was not sent."""
    if reached.status in FAILURES:
        return Reached(MessageStatus.SENDING_FAILED, fax_error=reached.fax_error or NO_ANSWER)
    return Reached(MessageStatus.QUEUED if reached.status is MessageStatus.QUEUED else MessageStatus.SENT)


def _fate(routed: Routed, progress: Progress) -> Routed:
    has_failed = bool(progress.later) and progress.later[-1][1].status is MessageStatus.SENDING_FAILED
    return routed._replace(outcome=Outcome.FAILED, rule="D-13") if has_failed and _is_outside(routed) else routed


def _is_outside(routed: Routed) -> bool:
    return routed.outcome is Outcome.OUTSIDE


def _together(each: Sequence[Progress]) -> Progress:
    """The status of the fax: Queued while it is for any recipient, then SendingFailed if it has for any, else Sent."""
    later: list[Step] = []
    for delay in sorted({delay for progress in each for delay, _ in progress.later}):
        statuses = {reached_by(progress, delay).status for progress in each}
        order = (MessageStatus.QUEUED, MessageStatus.SENDING_FAILED, MessageStatus.SENT)
        reached = Reached(next(status for status in order if status in statuses))
        if (later[-1][1] if later else Reached(MessageStatus.QUEUED)) != reached:
            later.append((delay, reached))
    return Progress(MessageStatus.QUEUED, tuple(later))


# --- sending again -------------------------------------------------------------------------------


def sent_again(
    original: Message | None, named: str, recipients: tuple[FaxRecipient, ...], send_at: datetime | None, now: datetime
) -> SendFax:
    """The request to send a fax of the mailbox again: to others, or to all that it was sent to.

    Raises `ParameterNotFound` when it is no fax, `FaxNotResendable` for one that is still being sent or was deleted,
    and `InvalidParameter` about `to` for a received one that is to go to nobody.
    """
    if original is None or original.fax is None:
        raise errors.ParameterNotFound("originalMessageId", named)
    if original.status_at(now) is MessageStatus.QUEUED or not original.attachments:
        raise errors.FaxNotResendable("originalMessageId", named)
    details = original.fax
    if not recipients:
        if details.cover_index is None:
            raise errors.InvalidParameter("to")
        names = details.names
        recipients = tuple(map(FaxRecipient, [f"+{digits}" for digits in original.recipients], names))
    files = tuple(held.file for held in original.attachments)
    return SendFax(recipients, files, details.resolution, details.cover_index or 0, details.cover_text, send_at)
