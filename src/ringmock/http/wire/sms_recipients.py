"""The users who send SMS from the phone numbers of a Department or a Site."""

from collections.abc import Iterable

from ...domain.account import Extension
from .view import Json


def sms_recipients(recipients: Iterable[Extension]) -> Json:
    """`getSmsRecipients`."""
    return {"smsRecipients": [_sms_recipient(recipient) for recipient in recipients]}


def _sms_recipient(recipient: Extension) -> Json:
    return {
        "id": str(recipient.id),
        "extensionNumber": recipient.number,
        "extensionType": recipient.type.value,
        "name": recipient.name,
        "assignable": recipient.can_log_in,
        "hasLicense": True,
    }
