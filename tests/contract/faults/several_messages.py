"""Several messages in one call, and mailboxes that clients keep copies of."""

import re
from dataclasses import replace
from datetime import datetime
from typing import Any

from ringmock.domain.account import Account, Extension
from ringmock.domain.message import Availability, Message
from ringmock.domain.message_sync import Frame, Sync
from ringmock.world.world import World

from .exchange import Exchange
from .fault import StoreAround, in_answers, in_requests, in_store, in_world
from .operations import DELETE, DELETE_ALL, READ, SYNC, UPDATE


@in_requests(READ, DELETE)
def looks_at_the_first_only(exchange: Exchange) -> None:
    """Of several messages in the path only the first is looked at."""
    exchange.path = re.sub(r"(?<=/message-store/)([0-9]+),[0-9,]+$", r"\1", exchange.path)


@in_answers(READ)
def lets_one_spoil_all(exchange: Exchange) -> None:
    """Of several messages one that is missing makes the whole call a 404."""
    if exchange.status == 207 and b"404" in exchange.answer:
        exchange.refuse(404, "CMN-102", "messageId")


@in_answers(READ, UPDATE)
def answers_several_with_200(exchange: Exchange) -> None:
    """Several messages are answered with 200, as if there were one."""
    if exchange.status == 207:
        exchange.status = 200


@in_requests(DELETE_ALL)
def deletes_all_conversations(exchange: Exchange) -> None:
    """Who deletes one conversation deletes all messages."""
    if exchange.method == "DELETE" and exchange.resource == "message-store":
        exchange.forget("conversationId")


@in_world(UPDATE)
class RestoresThePurged(World):
    """A Purged message comes back when it is marked as Alive, without its text."""

    def change_message(self, extension: Extension, message_id: int, *change: Any) -> Message:
        message = self.read_message(extension, message_id)
        if message.availability is Availability.PURGED and Availability.ALIVE in change:
            return replace(message, availability=Availability.ALIVE)
        return super().change_message(extension, message_id, *change)


@in_world(SYNC)
class TellsNoDeletions(World):
    """An incremental synchronization leaves out what was deleted."""

    def sync_changes(self, extension: Extension, token: str, *wider: Any) -> Sync:
        sync = super().sync_changes(extension, token, *wider)
        alive = tuple(message for message in sync.records if message.availability is Availability.ALIVE)
        return sync._replace(records=alive)


@in_store(SYNC)
class TellsEverythingAgain(StoreAround):
    """Every incremental synchronization begins at the first change of all."""

    def changed(
        self, mailbox: str, position: int, since: datetime, now: datetime, account: Account
    ) -> tuple[Message, ...]:
        return tuple(self.store.changed(mailbox, 0, since, now, account))


@in_store(SYNC)
class TellsNothingTwice(StoreAround):
    """What changed less than five seconds before the last synchronization is not told again."""

    def changed(
        self, mailbox: str, position: int, since: datetime, now: datetime, account: Account
    ) -> tuple[Message, ...]:
        return tuple(self.store.changed(mailbox, position, now, now, account))


@in_world(SYNC)
class SynchronizesEverything(World):
    """A synchronization begins without its filters."""

    def sync_messages(self, extension: Extension, frame: Frame, record_count: int | None = None) -> Sync:
        return super().sync_messages(extension, Frame(frame.date_from, frame.date_to), record_count)


@in_answers(SYNC)
def knows_of_nothing_older(exchange: Exchange) -> None:
    """olderRecordsExist is always false."""
    if exchange.resource == "message-sync" and exchange.status == 200:
        exchange.change_answer(lambda content: content["syncInfo"].update(olderRecordsExist=False))
