"""Message stores that lose, double, leak or misplace what they hold."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from starlette.types import ASGIApp

from ringmock.domain import errors
from ringmock.domain.account import Extension
from ringmock.domain.message import Availability, Delivery, Direction, Message, MessageType, ReadStatus
from ringmock.domain.message_filter import MessageFilter, MessagePage
from ringmock.domain.message_store import InMemoryMessageStore
from ringmock.domain.ports import MessageStore
from ringmock.world.history.commands import Base
from ringmock.world.ids import SequentialIds
from ringmock.world.world import World

from .exchange import Exchange, Json, around
from .fault import StoreAround, in_answers, in_app, in_store, in_world
from .operations import CONTENT, DELETE, LIST, PAGER, READ, SMS, UPDATE

# --- filing ---------------------------------------------------------------------------------------


@in_app(PAGER, READ)
def loses_what_was_sent(app: ASGIApp) -> ASGIApp:
    """A sent message cannot be read afterwards."""
    lost: set[str] = set()

    def lose(exchange: Exchange) -> None:
        if exchange.is_sent:
            exchange.change_messages(lambda message: lost.add(str(message["id"])))
        elif exchange.method == "GET" and exchange.resource in lost:
            exchange.refuse(404, "CMN-102", "messageId")

    return around(app, after=lose)


@in_store(SMS, PAGER, READ)
class StoresNothing(StoreAround):
    """A sending is answered and stored nowhere."""

    def __init__(self, store: MessageStore, world: World) -> None:
        super().__init__(store, world)
        self.nowhere = InMemoryMessageStore(SequentialIds(world.template.ids), world.generation)

    def record(self, delivery: Delivery, now: datetime) -> tuple[Message, ...]:
        return self.nowhere.record(delivery, now)


@in_store(SMS, PAGER, LIST)
class StoresTwice(StoreAround):
    """Every message is filed twice."""

    def record(self, delivery: Delivery, now: datetime) -> tuple[Message, ...]:
        self.store.record(delivery, now)
        return self.store.record(delivery, now)


@in_store(PAGER, READ)
class NamesCopiesAlike(StoreAround):
    """The recipients' copies have the id of the sender's."""

    def record(self, delivery: Delivery, now: datetime) -> tuple[Message, ...]:
        copies = self.store.record(delivery, now)
        for copy in copies:
            copy.id = copies[0].id
        return copies


@in_store(UPDATE)
class SharesWhatIsRead(StoreAround):
    """What one recipient marks as read is read for all."""

    def __init__(self, store: MessageStore, world: World) -> None:
        super().__init__(store, world)
        self.copies: dict[int, tuple[Message, ...]] = {}

    def record(self, delivery: Delivery, now: datetime) -> tuple[Message, ...]:
        copies = self.store.record(delivery, now)
        self.copies |= dict.fromkeys((copy.id for copy in copies), copies)
        return copies

    def set_read_status(self, message: Message, status: ReadStatus, now: datetime) -> None:
        for copy in self.copies[message.id]:
            self.store.set_read_status(copy, status, now)


@in_store(DELETE)
class DeletesForEveryone(StoreAround):
    """What the sender deletes is gone from the recipients' mailboxes too."""

    def __init__(self, store: MessageStore, world: World) -> None:
        super().__init__(store, world)
        self.copies: dict[int, tuple[Message, ...]] = {}

    def record(self, delivery: Delivery, now: datetime) -> tuple[Message, ...]:
        copies = self.store.record(delivery, now)
        self.copies |= dict.fromkeys((copy.id for copy in copies), copies)
        return copies

    def delete(self, message: Message, now: datetime, *, purge: bool = False) -> None:
        for copy in self.copies[message.id]:
            self.store.delete(copy, now, purge=purge)


# --- reading --------------------------------------------------------------------------------------


@in_world(READ, CONTENT)
class LeaksMessages(World):
    """Any message can be read by its id, whoever holds it."""

    def read_message(self, extension: Extension, message_id: int) -> Message:
        copies = (self.messages.find(number, message_id) for number in self.account.extensions)
        found = next((copy for copy in copies if copy is not None), None)
        return super().read_message(self.account.extensions[found.mailbox] if found else extension, message_id)


@in_world(LIST)
class ListsAnothersMailbox(World):
    """A mailbox that is empty shows the messages of the account's first extension."""

    def list_messages(self, extension: Extension, wanted: MessageFilter) -> MessagePage:
        own = super().list_messages(extension, wanted)
        first = next(iter(self.account.extensions.values()))
        return own if own.total else super().list_messages(first, wanted)


@in_world(LIST)
class LeaksToTheNext(World):
    """A list begins with the newest message of the mailbox that was listed before."""

    def begin_again(self, base: Base) -> None:
        super().begin_again(base)
        self.before: dict[str, Message] = {}

    def list_messages(self, extension: Extension, wanted: MessageFilter) -> MessagePage:
        own = super().list_messages(extension, wanted)
        others = [message for number, message in self.before.items() if number != extension.number]
        self.before = {extension.number: own.records[0]} if own.records else {}
        return MessagePage((*others, *own.records), own.total + len(others))


@in_world(READ, LIST)
class ReadsByReading(World):
    """A message that was read by its id is marked as read."""

    def read_message(self, extension: Extension, message_id: int) -> Message:
        message = super().read_message(extension, message_id)
        if message.direction is Direction.INBOUND:
            self.messages.set_read_status(message, ReadStatus.READ, self.clock.now())
        return message


@in_app(CONTENT)
def mixes_contents_up(app: ASGIApp) -> ASGIApp:
    """The content of a message is that of the one whose content was asked for before."""
    before: list[bytes] = []

    def mix(exchange: Exchange) -> None:
        if "/content/" in exchange.path and exchange.status == 200:
            before.append(exchange.answer)
            exchange.answer = before[-2] if len(before) > 1 else exchange.answer

    return around(app, after=mix)


@in_answers(CONTENT)
def serves_contents_in_ascii(exchange: Exchange) -> None:
    """The content of a message has lost every character beyond ASCII."""
    if "/content/" in exchange.path and exchange.status == 200:
        exchange.answer = exchange.answer.decode(errors="replace").encode("ascii", errors="replace")


@in_answers(CONTENT)
def serves_any_attachment(exchange: Exchange) -> None:
    """An attachment that a message does not have is an empty one."""
    if "/content/" in exchange.path and exchange.status == 404 and b"attachmentId" in exchange.answer:
        exchange.status, exchange.answer = 200, b""
        exchange.headers["content-type"] = "text/plain; charset=utf-8"


# --- marking and deleting -------------------------------------------------------------------------


@in_world(UPDATE)
class MarksNothing(World):
    """An update is answered and not kept."""

    def change_message(self, extension: Extension, message_id: int, status: ReadStatus | None, *more: Any) -> Message:
        message = self.read_message(extension, message_id)
        return replace(message, read_status=status or message.read_status)


@in_world(UPDATE)
class MarksOnlyAsRead(World):
    """A message can be marked as Read and never as Unread again."""

    def change_message(self, extension: Extension, message_id: int, status: ReadStatus | None, *more: Any) -> Message:
        return super().change_message(extension, message_id, ReadStatus.READ if status else None, *more)


@in_store(UPDATE)
class MarksSilently(StoreAround):
    """A message that was marked keeps its lastModifiedTime."""

    def set_read_status(self, message: Message, status: ReadStatus, now: datetime) -> None:
        before = message.modified
        self.store.set_read_status(message, status, now)
        message.modified = before


@in_world(DELETE)
class DeletesNothing(World):
    """A deletion is answered and changes nothing."""

    def delete_message(self, extension: Extension, message_id: int, *, purge: bool) -> None:
        return


@in_world(DELETE)
class PurgesAtOnce(World):
    """A deleted message is purged at once."""

    def delete_message(self, extension: Extension, message_id: int, *, purge: bool) -> None:
        super().delete_message(extension, message_id, purge=True)


@in_world(DELETE)
class NeverPurges(World):
    """A deleted message stays Deleted, however often it is deleted and whatever is asked."""

    def delete_message(self, extension: Extension, message_id: int, *, purge: bool) -> None:
        message = self.messages.find(extension.number, message_id)
        if message is None or message.availability is Availability.ALIVE:
            super().delete_message(extension, message_id, purge=False)


@in_store(DELETE)
class PurgesTheNameOnly(StoreAround):
    """A purged message has kept its text."""

    def delete(self, message: Message, now: datetime, *, purge: bool = False) -> None:
        text = message.text
        self.store.delete(message, now, purge=purge)
        message.text = text


@in_world(DELETE)
class DeletesForAnyone(World):
    """Any message can be deleted by its id, whoever holds it."""

    def delete_message(self, extension: Extension, message_id: int, *, purge: bool) -> None:
        copies = (self.messages.find(number, message_id) for number in self.account.extensions)
        found = next((copy for copy in copies if copy is not None), None)
        super().delete_message(self.account.extensions[found.mailbox] if found else extension, message_id, purge=purge)


@in_world(READ, DELETE)
class HidesTheDeleted(World):
    """A deleted message cannot be read any more."""

    def read_message(self, extension: Extension, message_id: int) -> Message:
        message = super().read_message(extension, message_id)
        if message.availability is not Availability.ALIVE:
            raise errors.NotFound("messageId", str(message_id))
        return message

    def delete_message(self, extension: Extension, message_id: int, *, purge: bool) -> None:
        message = self.messages.find(extension.number, message_id)
        if message is not None and message.availability is Availability.ALIVE:
            super().delete_message(extension, message_id, purge=purge)
        elif message is not None:
            self.messages.delete(message, self.clock.now(), purge=purge)


@in_world(DELETE)
class MissesWhatToDelete(World):
    """Deleting what is not there is refused with 404."""

    def delete_message(self, extension: Extension, message_id: int, *, purge: bool) -> None:
        self.read_message(extension, message_id)
        super().delete_message(extension, message_id, purge=purge)


# --- listing --------------------------------------------------------------------------------------


class _Listing(World):
    """Lists by another filter than the one that was asked for."""

    def asked(self, wanted: MessageFilter) -> MessageFilter:
        return wanted

    def list_messages(self, extension: Extension, wanted: MessageFilter) -> MessagePage:
        return super().list_messages(extension, self.asked(wanted))


@in_world(LIST)
class ListsTheDeleted(_Listing):
    """Deleted messages stay in the list."""

    def asked(self, wanted: MessageFilter) -> MessageFilter:
        return replace(wanted, availabilities=wanted.availabilities | {Availability.DELETED})


@in_world(LIST)
class IgnoresMessageType(_Listing):
    """The filter messageType is ignored."""

    def asked(self, wanted: MessageFilter) -> MessageFilter:
        return replace(wanted, types=frozenset(MessageType))


@in_world(LIST)
class IgnoresDirection(_Listing):
    """The filter direction is ignored."""

    def asked(self, wanted: MessageFilter) -> MessageFilter:
        return replace(wanted, directions=frozenset(Direction))


@in_world(LIST)
class IgnoresReadStatus(_Listing):
    """The filter readStatus is ignored."""

    def asked(self, wanted: MessageFilter) -> MessageFilter:
        return replace(wanted, read_statuses=frozenset(ReadStatus))


@in_world(LIST)
class IgnoresAvailability(_Listing):
    """The filter availability is ignored: there is no way to the Deleted."""

    def asked(self, wanted: MessageFilter) -> MessageFilter:
        return replace(wanted, availabilities=frozenset({Availability.ALIVE}))


@in_world(LIST)
class IgnoresConversationId(_Listing):
    """The filter conversationId is ignored."""

    def asked(self, wanted: MessageFilter) -> MessageFilter:
        return replace(wanted, conversation_id=None)


@in_world(LIST)
class IgnoresPhoneNumber(_Listing):
    """The filter phoneNumber is ignored."""

    def asked(self, wanted: MessageFilter) -> MessageFilter:
        return replace(wanted, phone_number=None)


@in_world(LIST)
class IgnoresDistinctConversations(_Listing):
    """The filter distinctConversations is ignored."""

    def asked(self, wanted: MessageFilter) -> MessageFilter:
        return replace(wanted, distinct_conversations=False)


@in_world(LIST)
class ListsFromTheBeginning(_Listing):
    """A list goes back to the first message, whatever dateFrom says."""

    def asked(self, wanted: MessageFilter) -> MessageFilter:
        return replace(wanted, date_from=datetime(2000, 1, 1, tzinfo=UTC))


@in_world(LIST)
class ListsToTheEnd(_Listing):
    """A list goes on to the last message, whatever dateTo says."""

    def asked(self, wanted: MessageFilter) -> MessageFilter:
        return replace(wanted, date_to=datetime(2100, 1, 1, tzinfo=UTC))


class _Paging(World):
    """Cuts its pages out of the whole list."""

    def cut(self, records: tuple[Message, ...], wanted: MessageFilter) -> tuple[Message, ...]:
        start = (wanted.page - 1) * wanted.per_page
        return records[start : start + wanted.per_page]

    def list_messages(self, extension: Extension, wanted: MessageFilter) -> MessagePage:
        whole = super().list_messages(extension, replace(wanted, page=1, per_page=100_000))
        return MessagePage(self.cut(whole.records, wanted), whole.total)


@in_world(LIST)
class ListsOldestFirst(_Paging):
    """A list begins with the oldest message."""

    def cut(self, records: tuple[Message, ...], wanted: MessageFilter) -> tuple[Message, ...]:
        return super().cut(records[::-1], wanted)


@in_world(LIST)
class CountsPagesFromZero(_Paging):
    """The first page is passed over: pages count from 0."""

    def cut(self, records: tuple[Message, ...], wanted: MessageFilter) -> tuple[Message, ...]:
        return super().cut(records, replace(wanted, page=wanted.page + 1))


@in_world(LIST)
class RepeatsBetweenPages(_Paging):
    """Each page but the first begins with the last message of the page before."""

    def cut(self, records: tuple[Message, ...], wanted: MessageFilter) -> tuple[Message, ...]:
        start = max(0, (wanted.page - 1) * wanted.per_page - 1)
        return records[start : start + wanted.per_page]


@in_world(LIST)
class MissesBetweenPages(_Paging):
    """Each page but the first leaves out its first message."""

    def cut(self, records: tuple[Message, ...], wanted: MessageFilter) -> tuple[Message, ...]:
        page = super().cut(records, wanted)
        return page[1:] if wanted.page > 1 else page


@in_world(LIST)
class OverfillsPages(_Paging):
    """A page has one message more than perPage."""

    def cut(self, records: tuple[Message, ...], wanted: MessageFilter) -> tuple[Message, ...]:
        start = (wanted.page - 1) * wanted.per_page
        return records[start : start + wanted.per_page + 1]


@in_world(LIST)
class CountsThePage(World):
    """totalElements counts the page and not the whole list."""

    def list_messages(self, extension: Extension, wanted: MessageFilter) -> MessagePage:
        page = super().list_messages(extension, wanted)
        return MessagePage(page.records, len(page.records))


@in_answers(LIST)
def promises_a_next_page(exchange: Exchange) -> None:
    """The last page of a list names a next one."""

    def promise(content: Json) -> None:
        content["navigation"].setdefault("nextPage", dict(content["navigation"]["lastPage"]))

    if exchange.is_list:
        exchange.change_answer(promise)


@in_answers(LIST)
def finds_no_empty_lists(exchange: Exchange) -> None:
    """A list without messages is refused with 404."""
    if exchange.is_list and b'"records":[]' in exchange.answer.replace(b" ", b""):
        exchange.refuse(404, "CMN-102")
