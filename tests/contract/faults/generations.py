"""One row of the table of generations in the wrong column: `2012` answers as `current` would, and the other way."""

from dataclasses import replace
from typing import Any

from ringmock.domain.generation import GENERATIONS, Generation
from ringmock.world.clock import RealTime
from ringmock.world.template import Template
from ringmock.world.world import World

from .fault import in_world
from .operations import CONTENT, PAGER, READ, SMS


class _OfBoth(World):
    """Takes some rows of the table from the other generation."""

    rows: tuple[str, ...]

    def __init__(
        self, template: Template, real_time: RealTime, generation: Generation | None = None, **given: Any
    ) -> None:
        right = generation or GENERATIONS[template.generation]
        other = next(one for one in GENERATIONS.values() if one.name != right.name)
        taken: dict[str, Any] = {row: getattr(other, row) for row in self.rows}
        super().__init__(template, real_time, replace(right, **taken), **given)


@in_world(SMS)
class WritesNumbersWrongly(_OfBoth):
    """2012 writes phone numbers with a plus, and current without."""

    rows = ("plus_before_numbers",)


@in_world(SMS, PAGER)
class CountsTheSentAsRead(_OfBoth):
    """2012 counts what one has sent as read, and current as unread."""

    rows = ("outbound_read_status",)


@in_world(PAGER)
class MisplacesTheSender(_OfBoth):
    """2012 leaves the sender out of a page's `to`, and current puts him first."""

    rows = ("sender_first_in_pager_to",)


@in_world(READ, CONTENT)
class NamesAttachmentsWrongly(_OfBoth):
    """2012 names a text's attachment after the message, and current calls it 1."""

    rows = ("attachment_id_is_message_id",)


@in_world(PAGER)
class NumbersThreadsWrongly(_OfBoth):
    """2012 gives a thread a number of its own, and current that of its first message."""

    rows = ("thread_id_is_first_message_id",)


@in_world(SMS)
class HastensOrDelays(_OfBoth):
    """2012 says Queued of a new SMS, and current Sent at once."""

    rows = ("sms_progress",)


@in_world(SMS)
class CountsRecipientsWrongly(_OfBoth):
    """2012 takes ten recipients of an SMS, and current one."""

    rows = ("max_sms_recipients",)


@in_world(READ)
class WritesFieldsOfTheOther(_OfBoth):
    """2012 writes the fields that have come since, and current leaves them out."""

    rows = ("with_current_fields",)
