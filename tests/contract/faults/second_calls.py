"""Mistakes in what a call leaves for another one: frames, hand-shakes, credentials, tokens of pages."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any

from ringmock.domain.account import Extension
from ringmock.domain.message import Availability, Direction, Message, MessageType, ReadStatus
from ringmock.domain.message_filter import MessageFilter
from ringmock.domain.message_sync import Frame, Sync
from ringmock.domain.slices import Slices
from ringmock.domain.subscription import EventFilter, Subscription
from ringmock.domain.subscription_store import SubscriptionStore
from ringmock.sign_in.log_ins import LogIns
from ringmock.sign_in.sessions import Session
from ringmock.sign_in.worlds import Worlds
from ringmock.world.template import Application
from ringmock.world.world import World

from .events import WithSubscriptions
from .exchange import Exchange, Json
from .fault import in_answers, in_log_ins, in_requests, in_world, in_worlds
from .operations import (
    A2P_BATCHES,
    A2P_LIST,
    CONSENT_HISTORY,
    CONTENT,
    DELETE_ALL,
    LIST,
    OPT_OUTS,
    SMS,
    SUBSCRIBE,
    SYNC,
    TEMPLATES,
    TOKEN,
    UPDATE,
)


class Reframing(World):
    """Goes on with another frame than a synchronization was begun with."""

    def sync_changes(
        self, extension: Extension, token: str, date_from: datetime | None = None, record_count: int | None = None
    ) -> Sync:
        mark = self.sync_tokens.read(extension.number, token)
        other = self.sync_tokens.issue(extension.number, replace(mark, frame=self.reframed(mark.frame)))
        return super().sync_changes(extension, other, date_from, record_count)

    def reframed(self, frame: Frame) -> Frame:
        raise NotImplementedError


@in_world(SYNC)
class ForgetsTheDirectionOfAFrame(Reframing):
    """A synchronization of one direction goes on with both."""

    def reframed(self, frame: Frame) -> Frame:
        return replace(frame, directions=frozenset(Direction))


@in_world(SYNC)
class ForgetsTheTypeOfAFrame(Reframing):
    """A synchronization of one type goes on with all."""

    def reframed(self, frame: Frame) -> Frame:
        return replace(frame, types=frozenset(MessageType))


@in_world(SYNC)
class ForgetsTheConversationOfAFrame(Reframing):
    """A synchronization of one conversation goes on with all."""

    def reframed(self, frame: Frame) -> Frame:
        return replace(frame, conversation_id=None)


@in_world(SYNC)
class ForgetsTheEndOfAFrame(Reframing):
    """A synchronization that ends at a date goes on beyond it."""

    def reframed(self, frame: Frame) -> Frame:
        return replace(frame, date_to=None)


@in_world(SYNC)
class ForgetsTheBeginningOfAFrame(Reframing):
    """A synchronization tells of changes of messages from before its beginning."""

    def reframed(self, frame: Frame) -> Frame:
        return replace(frame, date_from=datetime.min.replace(tzinfo=frame.date_from.tzinfo))


@in_world(SYNC)
class ForgetsTheCountOfAFrame(Reframing):
    """A synchronization that a record count has cut tells of changes of what it has left out."""

    def reframed(self, frame: Frame) -> Frame:
        return replace(frame, start=None)


# --- the message store -------------------------------------------------------------------------------


@in_world(DELETE_ALL)
class DeletesInsteadOfPurging(World):
    """Messages that are to be purged by a filter are deleted."""

    def deleting_messages(self, extension: Extension, wanted: Iterable[MessageFilter], *, purge: bool) -> Slices[None]:
        yield from super().deleting_messages(extension, wanted, purge=False)


@in_world(UPDATE)
class ChangesOneOfTwo(World):
    """Who changes the read status and the availability at once changes the read status."""

    def change_message(
        self, extension: Extension, message_id: int, status: ReadStatus | None, availability: Availability | None
    ) -> Message:
        return super().change_message(extension, message_id, status, None if status is not None else availability)


@in_requests(LIST)
def lists_shared_messages_unasked(exchange: Exchange) -> None:
    """A list of an SMS recipient has the shared messages, too, asked for or not."""
    if exchange.method == "GET" and exchange.resource == "message-store" and "owner" not in exchange.query:
        exchange.query = "&".join(part for part in (exchange.query, "owner=Any") if part)


@in_requests(LIST)
def lists_messages_of_every_owner(exchange: Exchange) -> None:
    """A list passes over the owner that is asked for."""
    if exchange.method == "GET" and exchange.resource == "message-store":
        exchange.forget("owner")


@in_requests(LIST)
def lists_messages_of_every_type_of_owner(exchange: Exchange) -> None:
    """A list passes over the type of owner that is asked for."""
    if exchange.method == "GET" and exchange.resource == "message-store":
        exchange.forget("ownerExtensionType")


@in_requests(SMS)
def takes_two_countries(exchange: Exchange) -> None:
    """A country may be given by its id and by its code at once."""
    country = exchange.sent.get("country") if exchange.is_sending else None
    if isinstance(country, dict) and len(country) == 2:
        exchange.send(country=None)


# --- sign-in -----------------------------------------------------------------------------------------


@in_worlds(TOKEN)
class AllowsEveryGrant(Worlds):
    """An application may use every grant, whichever it is registered for."""

    def application(self, client_id: str) -> Application:
        return replace(super().application(client_id), grant_types=None)


@in_worlds(TOKEN)
class TakesEverySecret(Worlds):
    """An application may have any secret."""

    def world_of_client(self, client_id: str, client_secret: str | None, name: str | None = None) -> World:
        known = self.secrets.get(client_id)
        return super().world_of_client(client_id, client_secret and (known or client_secret), name)


@in_log_ins(TOKEN)
class KeepsTokensBeyondTheirTime(LogIns):
    """An access token serves a second longer than it says."""

    def session_of(self, access_token: str) -> Session:
        session = self._sessions.get(access_token)
        if session is None or session.expires is None or session.expires != session.world.clock.now():
            return super().session_of(access_token)
        expires, session.expires = session.expires, None
        try:
            return super().session_of(access_token)
        finally:
            session.expires = expires


# --- subscriptions -----------------------------------------------------------------------------------


class _RemindedOnce(Subscription):
    """Is reminded once."""

    __slots__ = ()

    def next_reminder(self, after: datetime, now: datetime | None = None) -> datetime | None:
        found = super().next_reminder(after, now)
        first = [self._first_reminder(wanted) for wanted in self._reminders]
        return found if found in first else None


class _RemindingOnce(SubscriptionStore):
    def create(self, *given: Any, **named: Any) -> Subscription:
        subscription = super().create(*given, **named)
        subscription.__class__ = _RemindedOnce
        return subscription


@in_world(SUBSCRIBE)
class RemindsOnce(WithSubscriptions):
    """A subscription is reminded of its expiry once."""

    kind = _RemindingOnce


class Filtering(SubscriptionStore):
    """Lets filters through that are wider than they say."""

    def create(self, *given: Any, **named: Any) -> Subscription:
        subscription = super().create(*given, **named)
        subscription.filters = tuple(map(self.widened, subscription.filters))
        return subscription

    def widened(self, wanted: EventFilter) -> EventFilter:
        raise NotImplementedError


class _AnyBatch(Filtering):
    def widened(self, wanted: EventFilter) -> EventFilter:
        return wanted._replace(batch=None)


class _AnySender(Filtering):
    def widened(self, wanted: EventFilter) -> EventFilter:
        return wanted._replace(sender=None)


class _AnyRecipient(Filtering):
    def widened(self, wanted: EventFilter) -> EventFilter:
        return wanted._replace(recipient=None)


@in_world(SUBSCRIBE)
class TellsOfEveryBatch(WithSubscriptions):
    """An event filter that names a batch lets all batches through."""

    kind = _AnyBatch


@in_world(SUBSCRIBE)
class TellsOfEverySender(WithSubscriptions):
    """An event filter that names a sender of high-volume SMS lets all of them through."""

    kind = _AnySender


@in_world(SUBSCRIBE)
class TellsOfEveryRecipient(WithSubscriptions):
    """An event filter that names a recipient of high-volume SMS lets all of them through."""

    kind = _AnyRecipient


# --- pages of lists ----------------------------------------------------------------------------------


def _of_tokens(exchange: Exchange) -> bool:
    return exchange.method == "GET" and exchange.status == 200 and b'"paging"' in exchange.answer


@in_answers(A2P_LIST, A2P_BATCHES, OPT_OUTS)
def leads_on_from_the_last_page(exchange: Exchange) -> None:
    """The last page of high-volume SMS leads to a first one."""
    if "/a2p-sms/" in exchange.path and _of_tokens(exchange):

        def change(body: Json) -> None:
            if "previousPageToken" in body["paging"]:
                body["paging"].setdefault("nextPageToken", body["paging"]["previousPageToken"])

        exchange.change_answer(change)


@in_answers(A2P_LIST, A2P_BATCHES, OPT_OUTS)
def leads_nowhere_back(exchange: Exchange) -> None:
    """A page of high-volume SMS does not lead to the one before."""
    if "/a2p-sms/" in exchange.path and _of_tokens(exchange):
        exchange.change_answer(lambda body: body["paging"].pop("previousPageToken", None))


@in_answers(CONSENT_HISTORY)
def tells_history_forwards(exchange: Exchange) -> None:
    """The history of consents begins with the oldest."""
    if "history" in exchange.path and exchange.status == 200 and exchange.method == "GET":
        exchange.change_answer(lambda body: body["records"].reverse())


@in_requests(CONSENT_HISTORY)
def tells_the_history_of_everyone(exchange: Exchange) -> None:
    """The history of consents passes over the phones that are asked for."""
    if "history" in exchange.path and exchange.method == "GET":
        exchange.forget("to")


# --- message threads ---------------------------------------------------------------------------------


@in_requests("mthListNotes")
def lists_notes_of_every_thread(exchange: Exchange) -> None:
    """A list of notes passes over the threads that are asked for."""
    if exchange.method == "GET" and exchange.path.endswith("/message-threads/notes"):
        exchange.forget("threadIds")


@in_requests("mthListNotes")
def lists_every_note(exchange: Exchange) -> None:
    """A list of notes passes over the ids that are asked for."""
    if exchange.method == "GET" and exchange.path.endswith("/message-threads/notes"):
        exchange.forget("noteIds")


@in_requests("mthListMessages")
def lists_every_message_of_threads(exchange: Exchange) -> None:
    """A list of messages of threads passes over the ids that are asked for."""
    if exchange.method == "GET" and exchange.path.endswith("/message-threads/messages"):
        exchange.forget("messageIds")


@in_answers("mthListMessages")
def does_not_say_who_answered(exchange: Exchange) -> None:
    """A message that was sent in a thread has no author."""
    if exchange.is_answer("GET", "/message-threads/messages"):

        def change(body: Json) -> None:
            for each in body["records"]:
                each.pop("author", None)

        exchange.change_answer(change)


@in_answers("mthListThreads")
def counts_the_page_of_threads(exchange: Exchange) -> None:
    """A list of threads counts those of its page."""
    if exchange.is_answer("GET", "/message-threads"):
        exchange.change_answer(lambda body: body["paging"].update(totalElements=len(body["records"])))


@in_answers(CONTENT)
def serves_texts_without_their_charset(exchange: Exchange) -> None:
    """The content of a text does not say that it is UTF-8."""
    if "/content/" in exchange.path and exchange.headers.get("content-type", "").startswith("text/plain"):
        exchange.headers["content-type"] = "text/plain"


@in_answers(TEMPLATES)
def tells_no_scope_of_a_template(exchange: Exchange) -> None:
    """Every template is the company's."""
    if "-templates" in exchange.path and exchange.status in (200, 201):
        exchange.answer = exchange.answer.replace(b'"Personal"', b'"Company"')
