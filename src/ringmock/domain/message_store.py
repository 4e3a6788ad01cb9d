"""Every mailbox of one world, in memory, indexed so that no request costs more when more is stored."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from heapq import merge
from itertools import chain, count, islice, takewhile
from typing import NamedTuple

from sortedcontainers import SortedList

from .account import Account, digits_of
from .attachment import HeldAttachment
from .carrier import progress_to
from .conversation import Conversation, is_member_of_any, takes_part
from .generation import SMS_IS_MODIFIED_AFTER, Generation
from .handset_index import HandsetIndex
from .message import (
    Availability,
    Delivery,
    Direction,
    Message,
    MessageStatus,
    MessageType,
    Outcome,
    Progress,
    Reached,
    ReadStatus,
)
from .message_filter import MessageFilter, MessagePage, Span
from .message_index import Bucket, Index, MailboxIndex, Slice, bounds, bucket_of, first_order, newest_of, page_of
from .moments import moved
from .owners import ReadableMailbox
from .ports import IdGenerator
from .slices import Slices

# Python 3.11 takes twenty times as long for a member of an enumeration as for a name of the module.
_SMS, _PAGER = MessageType.SMS, MessageType.PAGER
_OUTBOUND, _INBOUND = Direction.OUTBOUND, Direction.INBOUND
_OUTSIDE, _UNREAD = Outcome.OUTSIDE, ReadStatus.UNREAD

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SECOND = timedelta(seconds=1)
_FOREVER = datetime.max.replace(tzinfo=UTC)


EVERYTHING = MessageFilter(datetime.min.replace(tzinfo=UTC), _FOREVER, availabilities=frozenset(Availability))
"""Each message of a mailbox, the deleted among them."""
NOT_PURGED = replace(EVERYTHING, availabilities=frozenset({Availability.ALIVE, Availability.DELETED}))
UNREAD = replace(
    EVERYTHING,
    directions=frozenset({Direction.INBOUND}),
    read_statuses=frozenset({ReadStatus.UNREAD}),
    availabilities=frozenset({Availability.ALIVE}),
)


class _Second(NamedTuple):
    """A whole second, in which messages are created.

    Its start and end, the modification time of an SMS created in it, and the lowest `Message.order` in it.
    """

    created: datetime
    end: datetime
    sms_modified: datetime
    first_order: int


def _second_from(created: datetime) -> _Second:
    return _Second(created, moved(created, _SECOND), moved(created, SMS_IS_MODIFIED_AFTER), first_order(created))


class InMemoryMessageStore:
    """The `MessageStore` of a world. Not thread-safe: one thread serves a world."""

    def __init__(self, ids: IdGenerator, generation: Generation) -> None:
        self._ids = ids
        self._generation = generation
        self._messages: dict[int, Message] = {}
        self._by_order: dict[int, Message] = {}
        self._second = _second_from(_EPOCH)
        self._mailboxes: defaultdict[str, MailboxIndex] = defaultdict(MailboxIndex)
        self._sms_conversations: dict[frozenset[str], Conversation] = {}
        self._handsets = HandsetIndex()
        self._sorted_on_phone: dict[str, SortedList[tuple[int, int]]] = {}
        """For each phone that was looked at, what it has received, by `order`."""
        self._ages = count()
        self._changes = 0

    def __len__(self) -> int:
        return len(self._messages)

    def record(self, delivery: Delivery, now: datetime) -> tuple[Message, ...]:
        """R-17: the outbox gets every sent message; a mailbox gets a copy only when one was delivered.

        Returns the copies, the sender's first; none for an SMS from a handset that reaches no mailbox.
        """
        second = self._second_of(now)
        conversation: Conversation | None = None
        copies: list[Message] = []
        for mailbox, direction in _mailboxes(delivery):
            message_id = self._ids.next_message_id()
            conversation = conversation or self._named(delivery, message_id)
            is_outbound = direction is _OUTBOUND
            is_outbound_sms = is_outbound and delivery.type is _SMS
            is_outbound_sms_or_page = is_outbound and delivery.fax is None
            message = Message(
                message_id,
                mailbox,
                delivery.type,
                direction,
                delivery.sender,
                delivery.recipients,
                delivery.text,
                second.created,
                modified=second.sms_modified if is_outbound_sms else now,
                read_status=self._generation.outbound_read_status if is_outbound_sms_or_page else _UNREAD,
                progress=progress_of(delivery, direction, self._generation),
                conversation=conversation,
                order=second.first_order + next(self._ages),
                attachments=self._held(delivery, message_id) if delivery.attachments else (),
                recipient_progress=delivery.recipient_progress if is_outbound else (),
                fax=delivery.fax,
            )
            self._file(message)
            copies.append(message)
        self._hand_over(delivery, copies)
        return tuple(copies)

    def prepare(self, delivery: Delivery, sent: Message, mailbox: str, created: datetime) -> Message:
        """A recipient's copy of a fax that is sent later. It has its id, and is in no mailbox before `arrive`."""
        message_id = self._ids.next_message_id()
        return Message(
            message_id,
            mailbox,
            delivery.type,
            Direction.INBOUND,
            delivery.sender,
            delivery.recipients,
            delivery.text,
            created.replace(microsecond=0),
            modified=created,
            read_status=ReadStatus.UNREAD,
            progress=Progress(MessageStatus.RECEIVED),
            conversation=sent.conversation,
            order=0,
            attachments=self._held(delivery, message_id),
            fax=delivery.fax,
        )

    def arrive(self, message: Message) -> None:
        """File what was prepared."""
        message.order = first_order(message.created) + next(self._ages)
        self._file(message)

    def cancel(self, message: Message, now: datetime) -> None:
        """Send what still waits no more: it has failed."""
        failed = ((now - message.created, Reached(MessageStatus.SENDING_FAILED)),)
        message.progress = replace(message.progress, later=failed)
        message.recipient_progress = tuple(replace(each, later=failed) for each in message.recipient_progress)
        message.revision += 1

    def find(self, mailbox: str, message_id: int) -> Message | None:
        """The message when that mailbox holds it, whatever its availability."""
        message = self._messages.get(message_id)
        return message if message is not None and message.mailbox == mailbox else None

    def held(self, message_id: int) -> Message | None:
        """The message, whichever mailbox holds it."""
        return self._messages.get(message_id)

    def held_together(self, message_ids: Iterable[int]) -> list[Message]:
        """Those of the messages that mailboxes still hold."""
        return [each for each in map(self._messages.get, message_ids) if each is not None]

    def list_messages(self, mailbox: str, wanted: MessageFilter, account: Account) -> MessagePage:
        """Newest first; D-04: without the threads that the mailbox's owner was removed from."""
        return self.list_together((ReadableMailbox(mailbox),), wanted, account)

    def list_together(
        self, mailboxes: Sequence[ReadableMailbox], wanted: MessageFilter, account: Account
    ) -> MessagePage:
        """As `list_messages`, of several mailboxes as if they were one; a conversation in two of them is two."""
        slices = [part for mailbox in mailboxes for part in self._slices(mailbox, wanted, account)]
        total = sum(map(len, slices))
        return self._page(page_of(slices, total, wanted), total)

    def preparing_list(self, mailboxes: Sequence[ReadableMailbox], wanted: MessageFilter) -> Slices[None]:
        """Compute in slices what `list_together` would compute in one call for its first query of this kind."""
        for readable in mailboxes:
            box = self._mailboxes.get(readable.number)
            if box is not None and wanted.distinct_conversations and wanted.conversation_id is None:
                box.file()
                yield from box.preparing_heads(_of_types(wanted, readable))

    def _slices(self, readable: ReadableMailbox, wanted: MessageFilter, account: Account) -> list[Slice]:
        """What matches in one mailbox."""
        mailbox, box = readable.number, self._mailboxes.get(readable.number)
        if box is None:
            return []
        box.file()
        wanted = _of_types(wanted, readable)

        def is_visible(bucket: Bucket) -> bool:
            return not bucket.via or is_member_of_any(bucket.via, mailbox, account)

        if wanted.distinct_conversations and wanted.conversation_id is None:
            return self._newest_of_each(box, wanted, is_visible)
        index = box.index_for(wanted)
        slices = [] if index is None else index.slices(wanted, is_visible)
        return slices if wanted.conversation_id is None else self._of_one_conversation(slices, wanted)

    def preparing_conversations(self, mailbox: str, before: int | None, most: int) -> Slices[Sequence[Message]]:
        """The newest message of each conversation, the newest first, in slices: those before `before`, an `order`.

        Deleted messages count, and threads that the mailbox's owner was removed from.
        """
        box = self._mailboxes.get(mailbox)
        if box is None:
            return ()
        box.file()
        heads = yield from box.preparing_heads(EVERYTHING)
        return tuple(islice(self._newest_first(heads, replace(EVERYTHING, before=before)), most))

    def conversation(self, mailbox: str, conversation_id: int, span: Span, most: int) -> Sequence[Message]:
        """So many messages of a conversation in a span of it, the newest first; the deleted, too."""
        box = self._mailboxes.get(mailbox)
        if box is None:
            return ()
        box.file()
        index = box.by_conversation.get(conversation_id)
        if index is None:
            return ()
        wanted = replace(EVERYTHING, before=span.before, oldest=span.oldest)
        if not span.is_ascending:
            return tuple(islice(self._newest_first(index, wanted), most))
        ascending = merge(*(part.oldest_first() for part in index.slices(wanted, _always)))
        return tuple(map(self._by_order.__getitem__, islice(ascending, most)))[::-1]

    def conversation_counts(self, mailbox: str, conversation_id: int) -> tuple[int, int]:
        """How many messages it has, and how many of those that have come and are not deleted are unread."""
        box = self._mailboxes.get(mailbox)
        index = None if box is None else box.by_conversation.get(conversation_id)
        if index is None:
            return 0, 0
        return tuple(sum(map(len, index.slices(wanted, _always))) for wanted in (EVERYTHING, UNREAD))  # type: ignore[return-value]  # two

    def written_by_phone(self, digits: str, span: Span) -> Iterator[Message]:
        """What a phone outside has sent to mailboxes, one copy of each message, in the order of the span."""
        wanted = replace(EVERYTHING, directions=frozenset({Direction.INBOUND}), before=span.before, oldest=span.oldest)
        slices = []
        for box in self._mailboxes.values():
            box.file()
            index = box.by_phone_number.get(digits)
            slices += [] if index is None else index.slices(wanted, _always)
        if span.is_ascending:
            orders = merge(*(part.oldest_first() for part in slices))
        else:
            orders = merge(*(part.newest_first() for part in slices), reverse=True)
        group: dict[str, None] = {}
        last: Message | None = None
        for message in map(self._by_order.__getitem__, orders):
            if message.sender != digits:
                continue
            is_copy = last is not None and message.mailbox not in group and are_beside(message, last)
            if not is_copy:
                group.clear()
                yield message
            group[message.mailbox], last = None, message

    def on_phone(self, digits: str, span: Span) -> Iterator[Message]:
        """What a phone outside has received, in the order of the span; sorted at the first look, and from there on."""
        received = self._handsets.ids(digits)
        known = self._sorted_on_phone.setdefault(digits, SortedList())
        held = self._handsets.by_id(digits)
        known.update((held[message_id].order, message_id) for message_id in received[len(known) :])
        low = None if span.oldest is None else (span.oldest, 0)
        high = None if span.before is None else (span.before, 0)
        places = known.irange(low, high, (True, False), reverse=not span.is_ascending)
        return (held[message_id] for _, message_id in places)

    def ids_since(self, message_id: int) -> list[int]:
        """The ids of what mailboxes hold that is newer, the newest first."""
        return list(takewhile(message_id.__lt__, reversed(self._messages)))

    def ids_after(self, message_id: int | None) -> list[int]:
        """The ids of what came to mailboxes after that one, in the order in which it came; all for None."""
        return list(takewhile(lambda known: known != message_id, reversed(self._messages)))[::-1]

    def phones_received(self) -> Collection[str]:
        """The phones outside that have received anything, in the order in which they first did."""
        return self._handsets.phones

    def last_received(self, digits: str) -> int:
        """The id of the last message that came to one of these phones."""
        return self._handsets.ids(digits)[-1]

    def _newest_first(self, index: Index, wanted: MessageFilter) -> Iterator[Message]:
        orders = merge(*(part.newest_first() for part in index.slices(wanted, _always)), reverse=True)
        return map(self._by_order.__getitem__, orders)

    def collected(self, mailbox: str, wanted: MessageFilter, most: int) -> Sequence[Message]:
        """The newest of the mailbox's matching messages, those in threads that it was removed from, too.

        Of the filter, dates, types, directions and statuses count.
        """
        box = self._mailboxes.get(mailbox)
        if box is None:
            return ()
        box.file()
        slices = box.all.slices(wanted, lambda bucket: True)
        orders = islice(merge(*(part.newest_first() for part in slices), reverse=True), most)
        return tuple(map(self._by_order.__getitem__, orders))

    def oldest_kept(self) -> Iterator[Message]:
        """What mailboxes hold that is not purged, the oldest first. Nothing may change meanwhile."""
        slices: list[Slice] = []
        for box in self._mailboxes.values():
            box.file()
            slices += box.all.slices(NOT_PURGED, _always)
        return map(self._by_order.__getitem__, merge(*(part.oldest_first() for part in slices)))

    def change_count(self) -> int:
        """How often anything was recorded or changed, in whichever mailbox."""
        return self._changes

    def changes_since(self, mailbox: str, position: int) -> int:
        """The number of changes of a mailbox after the store's first `position` ones."""
        box = self._mailboxes.get(mailbox)
        return 0 if box is None else len(box.places) - bisect_left(box.places, position)

    def changed(
        self, mailbox: str, position: int, since: datetime, now: datetime, account: Account
    ) -> Sequence[Message]:
        """What changed after the store's first `position` changes, or at `since` or later; D-04: less what is hidden.

        Costs as much as there were changes in that time.
        """
        box = self._mailboxes.get(mailbox)
        if box is None:
            return ()
        begin = bisect_left(box.places, position)
        ids = dict.fromkeys(self._changed_of_late(box, begin, since, now))
        ids |= dict.fromkeys(box.changes[begin:])
        messages = (self._messages[message_id] for message_id in ids if message_id in self._messages)
        return tuple(message for message in messages if takes_part(message.conversation, mailbox, account))

    def _changed_of_late(self, box: MailboxIndex, position: int, since: datetime, now: datetime) -> Iterator[int]:
        """Messages among the first `position` changes that changed at `since` or later, or whose status did."""
        slow = (self._messages.get(message_id) for message_id in box.slow)
        yield from (each.id for each in slow if each is not None and each.last_changed(now) >= since)
        while position:
            position -= 1
            message = self._messages.get(box.changes[position])
            if message is None:
                continue
            if message.modified < since - box.longest_progress:
                return
            if message.last_changed(now) >= since:
                yield message.id

    def moving(self, mailbox: str, now: datetime) -> Iterator[Message]:
        """Messages whose status can still change after now. The cost is the number of changes within that time."""
        box = self._mailboxes.get(mailbox)
        slow = () if box is None else (self._messages.get(message_id) for message_id in box.slow)
        yield from (message for message in slow if message is not None and message.next_change(now) is not None)
        for message_id in () if box is None else reversed(box.changes):
            message = self._messages.get(message_id)
            if message is None or (box is not None and message_id in box.slow):
                continue
            if box is None or message.modified < moved(now, -box.longest_progress):
                return
            yield message

    def received_by_handset(self, digits: str) -> Sequence[Message]:
        """What a phone outside the account was sent, oldest first: the first copy of each, mostly the sender's."""
        return tuple(self._handsets.by_id(digits).values())

    def latest_of_handset(self, digits: str, limit: int) -> MessagePage:
        """The newest of what that phone was sent, newest first; the rest costs nothing."""
        received = self._handsets.by_id(digits)
        return MessagePage(tuple(islice(reversed(received.values()), limit)), len(received))

    def page_of_handset(self, digits: str, start: int, most: int) -> Sequence[Message]:
        """What that phone was sent, oldest first, from the place `start` on, which counts from 0."""
        received = self._handsets.by_id(digits)
        return tuple(received[message_id] for message_id in self._handsets.ids(digits)[start : start + most])

    def find_on_handset(self, digits: str, message_id: int) -> Message | None:
        """The message when that phone has received it, by the id of the sender's copy."""
        return self._handsets.by_id(digits).get(message_id)

    def hand_over(self, digits: str, message: Message) -> None:
        """Deliver to a handset a message that is in no mailbox."""
        self._handsets.add(digits, message)

    def send_to_handset(self, sender: str, digits: str, text: str, now: datetime) -> None:
        """Deliver to a handset an SMS that is in no mailbox, from a number of the account."""
        second = self._second_of(now)
        message = Message(
            self._ids.next_message_id(),
            "",
            MessageType.SMS,
            Direction.OUTBOUND,
            sender,
            (digits,),
            text,
            second.created,
            modified=now,
            read_status=ReadStatus.UNREAD,
            progress=Progress(MessageStatus.SENT),
            conversation=Conversation(None, numbers=frozenset((sender, digits))),
            order=second.first_order + next(self._ages),
        )
        self.hand_over(digits, message)

    def set_read_status(self, message: Message, status: ReadStatus, now: datetime) -> None:
        """Mark as Read or Unread; `modified` moves even when nothing else does."""
        with self._refiled(message, now):
            message.read_status = status

    def restore(self, message: Message, now: datetime) -> None:
        """Deleted becomes Alive again. A Purged message has no content to restore and stays Purged."""
        if message.availability is not Availability.PURGED:
            with self._refiled(message, now):
                message.availability = Availability.ALIVE

    def delete(self, message: Message, now: datetime, *, purge: bool = False) -> None:
        """Alive becomes Deleted, Deleted becomes Purged; with `purge`, Alive becomes Purged. Purged stays Purged."""
        if message.availability is Availability.PURGED:
            return
        is_last_step = purge or message.availability is Availability.DELETED
        with self._refiled(message, now):
            message.availability = Availability.PURGED if is_last_step else Availability.DELETED
            if is_last_step:
                self._leave_with_handsets(message)
                message.text = ""
                message.attachments = ()

    def forget(self, message: Message) -> None:
        """Remove a message from its mailbox and from every list. Handsets keep what they received."""
        box = self._mailboxes[message.mailbox]
        box.file()
        self._leave_with_handsets(message)
        bucket = bucket_of(message)
        for index in box.indexes_of(message):
            index.remove(message.order, bucket)
        box.update_head(message)
        del self._messages[message.id], self._by_order[message.order]

    def _held(self, delivery: Delivery, message_id: int) -> tuple[HeldAttachment, ...]:
        """The files with the ids of one copy; the bytes are shared. The first file of a fax has the fax's own id."""
        files = delivery.attachments
        if delivery.fax is None:
            return tuple(HeldAttachment(self._ids.next_message_id(), file) for file in files)
        others = (HeldAttachment(self._ids.next_message_id(), file) for file in files[1:])
        return (HeldAttachment(message_id, files[0]), *others)

    def _second_of(self, now: datetime) -> _Second:
        """The second that `now` is in, which is most often the one of the message before."""
        if not self._second.created <= now < self._second.end:
            self._second = _second_from(now.replace(microsecond=0))
        return self._second

    def _page(self, orders: Iterable[int], total: int) -> MessagePage:
        return MessagePage(tuple(map(self._by_order.__getitem__, orders)), total)

    def _newest_of_each(
        self, box: MailboxIndex, wanted: MessageFilter, is_visible: Callable[[Bucket], bool]
    ) -> list[Slice]:
        """The newest matching record of each conversation.

        It is the conversation's newest of all, or none, unless that one is too new: then the conversation is searched.
        """
        heads, older = box.heads_for(wanted), Index()
        too_new = replace(wanted, oldest=bounds(wanted)[1], before=None, date_to=_FOREVER)
        for order in chain.from_iterable(part.newest_first() for part in heads.slices(too_new, is_visible)):
            conversation_id = self._by_order[order].conversation.id
            assert conversation_id is not None  # named when recorded
            newest = newest_of(box.by_conversation[conversation_id].slices(wanted, is_visible))
            if newest is not None:
                older.add(newest, bucket_of(self._by_order[newest]))
        return [*heads.slices(wanted, is_visible), *older.slices(wanted, is_visible)]

    def _of_one_conversation(self, slices: list[Slice], wanted: MessageFilter) -> list[Slice]:
        """The conversation's records that match the filters on conversations."""
        newest = newest_of(slices)
        number = None if wanted.phone_number is None else digits_of(wanted.phone_number)
        if newest is None or (number is not None and number not in self._by_order[newest].conversation.numbers):
            return []
        return [Slice(SortedList([newest]), 0, 1)] if wanted.distinct_conversations else slices

    def _named(self, delivery: Delivery, first_message_id: int) -> Conversation:
        """The conversation with its id: the given one, the one of these phone numbers, or a new one, as of each fax."""
        thread = delivery.conversation
        if thread.id is not None:
            return thread
        if delivery.fax is not None:
            return thread._replace(id=self._ids.next_conversation_id())
        if not thread.numbers:
            by_message = self._generation.thread_id_is_first_message_id
            return thread._replace(id=first_message_id if by_message else self._ids.next_conversation_id())
        known = self._sms_conversations.get(thread.numbers)
        if known is None:
            known = thread._replace(id=self._ids.next_conversation_id())
            self._sms_conversations[thread.numbers] = known
        return known

    def _hand_over(self, delivery: Delivery, copies: Sequence[Message]) -> None:
        for routed in delivery.routed if delivery.fax is None else ():
            if routed.outcome is _OUTSIDE and copies:
                self.hand_over(routed.recipient, copies[0])

    def _leave_with_handsets(self, message: Message) -> None:
        """A handset keeps what it received, whatever the sender does with the outbound copy."""
        for number in message.recipients:
            if self.find_on_handset(number, message.id) is message:
                self._handsets.change(number, replace(message))

    def _file(self, message: Message) -> None:
        self._messages[message.id] = self._by_order[message.order] = message
        box = self._mailboxes[message.mailbox]
        self._note_change(box, message)
        box.add(message)

    def _note_change(self, box: MailboxIndex, message: Message) -> None:
        box.note_change(message, self._changes)
        self._changes += 1

    @contextmanager
    def _refiled(self, message: Message, now: datetime) -> Iterator[None]:
        """Move the record to the bucket that its properties name after the block."""
        box = self._mailboxes[message.mailbox]
        box.file()
        indexes = tuple(box.indexes_of(message))
        for index in indexes:
            index.sort()
        before = bucket_of(message)
        yield
        message.modified = max(now, message.created)
        message.revision += 1
        self._note_change(box, message)
        after = bucket_of(message)
        if after != before:
            for index in indexes:
                index.remove(message.order, before)
                index.add(message.order, after)
            box.update_head(message)


def _always(_: Bucket) -> bool:
    return True


def are_beside(message: Message, other: Message) -> bool:
    """Whether both are copies of one message, of which one was recorded right after the other."""
    return (
        abs(other.order - message.order) == 1
        and message.conversation is other.conversation
        and (message.sender, message.text, message.created) == (other.sender, other.text, other.created)
    )


def _of_types(wanted: MessageFilter, readable: ReadableMailbox) -> MessageFilter:
    """The requested types that may be read in a mailbox."""
    return wanted if wanted.types <= readable.types else replace(wanted, types=wanted.types & readable.types)


def _mailboxes(delivery: Delivery) -> list[tuple[str, Direction]]:
    """Each mailbox that gets a copy, the sender's first."""
    found = [] if delivery.outbox is None else [(delivery.outbox, _OUTBOUND)]
    for routed in delivery.routed:
        if routed.mailbox is not None:
            found.append((routed.mailbox, _INBOUND))
    return found


def progress_of(delivery: Delivery, direction: Direction, generation: Generation) -> Progress:
    """How the status of a copy moves; D-03 for a dropped message, D-09 for one that no mailbox receives."""
    if delivery.type is _PAGER:
        return Progress(MessageStatus.SENT)
    if direction is _INBOUND:
        return Progress(MessageStatus.RECEIVED)
    if delivery.progress is not None:
        return delivery.progress
    first = delivery.routed[0].outcome
    is_one = len(delivery.routed) == 1 or all(routed.outcome is first for routed in delivery.routed)
    return progress_to(first, generation) if is_one else generation.sms_progress
