"""The published shapes of the API that answers can follow: a table of differences and nothing more."""

from dataclasses import dataclass
from datetime import timedelta

from .message import MessageStatus, Progress, Reached, ReadStatus


@dataclass(frozen=True, slots=True)
class Generation:
    """One column of the table in docs/reference/generations.md."""

    name: str
    plus_before_numbers: bool
    outbound_read_status: ReadStatus
    sender_first_in_pager_to: bool
    attachment_id_is_message_id: bool
    thread_id_is_first_message_id: bool
    sms_progress: Progress
    max_sms_recipients: int
    with_current_fields: bool
    """Whether messages carry what the API has added since 2012: names, extension ids, `conversation` ..."""


_AT_ONCE = timedelta(0)

GENERATIONS = {
    "2012": Generation(
        name="2012",
        plus_before_numbers=False,
        outbound_read_status=ReadStatus.UNREAD,
        sender_first_in_pager_to=True,
        attachment_id_is_message_id=False,
        thread_id_is_first_message_id=True,
        sms_progress=Progress(MessageStatus.SENT),
        max_sms_recipients=1,
        with_current_fields=False,
    ),
    "current": Generation(
        name="current",
        plus_before_numbers=True,
        outbound_read_status=ReadStatus.READ,
        sender_first_in_pager_to=False,
        attachment_id_is_message_id=True,
        thread_id_is_first_message_id=False,
        # Official samples poll while a message is Queued, without a limit: the next request must find it Sent.
        sms_progress=Progress(
            MessageStatus.QUEUED,
            (
                (_AT_ONCE, Reached(MessageStatus.SENT)),
                (timedelta(seconds=2), Reached(MessageStatus.DELIVERED)),
            ),
        ),
        max_sms_recipients=10,
        with_current_fields=True,
    ),
}

SMS_IS_MODIFIED_AFTER = timedelta(seconds=1)
"""The source page's SMS was last modified one second after its creation, when the carrier had accepted it."""


def ending_in(status: MessageStatus, progress: Progress) -> Progress:
    """Accepted like any other SMS; the next request finds it in this final status (D-03, D-09)."""
    return Progress(progress.accepted, ((_AT_ONCE, Reached(status)),))
