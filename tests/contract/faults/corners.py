"""Rules that are kept in their middle and broken at a corner: at a second call, beside another limit, rarely met."""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qs

from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.types import Message as Part

from ringmock.domain import errors
from ringmock.domain.account import Extension
from ringmock.domain.message import Availability, Delivery, Message
from ringmock.domain.message_filter import MessageFilter
from ringmock.domain.message_store_report import MessageStoreReport, MessageStoreReports
from ringmock.domain.message_sync import Frame, Sync
from ringmock.domain.message_template import MAX_TEMPLATES, MessageTemplate, MessageTemplates
from ringmock.domain.segments import PART_OF_GSM_7, PART_OF_UCS_2, Encoding, segment_count, segmented
from ringmock.domain.slices import Slices
from ringmock.domain.sms_batch import SendSmsBatch
from ringmock.domain.subscription import Changes, EventFilter, EventKind, Subscription
from ringmock.domain.subscription_store import SubscriptionStore
from ringmock.world.history.commands import Base
from ringmock.world.sms_batches import SmsBatchSent
from ringmock.world.world import World

from .events import WithSubscriptions
from .exchange import Exchange, Json
from .fault import StoreAround, in_answers, in_app, in_requests, in_store, in_world, turned_into
from .operations import (
    A2P,
    A2P_BATCHES,
    ASSIGN,
    CONSENTS,
    CONTENT,
    DIRECTORY_SEARCH,
    EXTENSIONS,
    LIST,
    PHONES,
    REPORT,
    REPORT_ARCHIVE,
    SMS,
    SMS_BATCH,
    SUBSCRIBE,
    SUBSCRIPTION_UPDATE,
    SYNC,
    TEMPLATES,
    THREAD_LIST,
    UPDATE,
    WS_TOKEN,
)
from .second_calls import Filtering, Reframing
from .subscriptions import saying

REPORT_TASK = "readMessageStoreReportTask"
ACCOUNT_PHONES = "listAccountPhoneNumbers"


# --- segments ----------------------------------------------------------------------------------------


def _counted(exchange: Exchange, count: Callable[[str], int]) -> None:
    """The segments of each message by another count."""

    def change(message: Json) -> None:
        if "segmentCount" in message:
            message["segmentCount"] = count(message["subject"])

    exchange.change_messages(change)


def _divided(text: str, encoding: Encoding, part: int) -> int:
    """The segments of a text in an encoding when each is filled, whatever character is divided by its end."""
    found = segmented(text)
    is_divided = found.encoding is encoding and len(found.starts) > 1
    return -(-sum(found.widths) // part) if is_divided else segment_count(text)


@in_answers(SMS)
def divides_escapes(exchange: Exchange) -> None:
    """A character of GSM-7's extension may be divided between two segments."""
    _counted(exchange, lambda text: _divided(text, Encoding.GSM_7, PART_OF_GSM_7))


@in_answers(SMS)
def divides_surrogate_pairs(exchange: Exchange) -> None:
    """A character of two UTF-16 units may be divided between two segments."""
    _counted(exchange, lambda text: _divided(text, Encoding.UCS_2, PART_OF_UCS_2))


@in_answers(SMS)
def takes_the_small_cedilla_for_gsm_7(exchange: Exchange) -> None:
    """GSM-7 has the small c with a cedilla, and not the capital one."""
    _counted(exchange, lambda text: segment_count(text.translate(str.maketrans("çÇ", "Çç"))))


@in_answers(SMS)
def counts_a_bar_once(exchange: Exchange) -> None:
    """The bar needs no escape in GSM-7."""
    _counted(exchange, lambda text: segment_count(text.replace("|", "l")))


# --- templates and reports ---------------------------------------------------------------------------


class _CountingAll(MessageTemplates):
    def create(self, owner: str | None, name: str, text: str) -> MessageTemplate:
        if sum(map(len, self._of.values())) >= MAX_TEMPLATES:
            raise errors.InvalidParameter("scope")
        return super().create(owner, name, text)


@in_world(TEMPLATES)
class CountsTemplatesTogether(World):
    """The templates of the company count against the 25 of each extension, and those of the extensions, too."""

    def begin_again(self, base: Base) -> None:
        super().begin_again(base)
        self.message_templates = turned_into(_CountingAll, self.message_templates)


class _OfOtherMessages(MessageStoreReport):
    __slots__ = ()

    def of_others(self, wanted: MessageFilter) -> MessageFilter:
        raise NotImplementedError

    @property
    def wanted(self) -> MessageFilter:
        return self.of_others(super().wanted)


class _OfTheAlive(_OfOtherMessages):
    __slots__ = ()

    def of_others(self, wanted: MessageFilter) -> MessageFilter:
        return replace(wanted, availabilities=frozenset({Availability.ALIVE}))


class _UntilItBegins(_OfOtherMessages):
    __slots__ = ()

    def of_others(self, wanted: MessageFilter) -> MessageFilter:
        return replace(wanted, date_to=min(wanted.date_to, self.started))


class _Reports(MessageStoreReports):
    kind: type[MessageStoreReport]

    def get(self, report_id: str) -> MessageStoreReport:
        return self.kind(**_fields_of(super().get(report_id)))


def _fields_of(report: MessageStoreReport) -> dict[str, Any]:
    return {name: getattr(report, name) for name in MessageStoreReport.__dataclass_fields__}


class _ReportsOfTheAlive(_Reports):
    kind = _OfTheAlive


class _ReportsUntilTheyBegin(_Reports):
    kind = _UntilItBegins


class _WithReports(World):
    reporting: type[MessageStoreReports]

    def begin_again(self, base: Base) -> None:
        super().begin_again(base)
        self.reports = turned_into(self.reporting, self.reports)


@in_world(REPORT, REPORT_ARCHIVE)
class ReportsTheAliveAlone(_WithReports):
    """A report leaves out what was deleted."""

    reporting = _ReportsOfTheAlive


@in_world(REPORT, REPORT_ARCHIVE)
class ReportsUntilItBegins(_WithReports):
    """A report leaves out what comes while it is made."""

    reporting = _ReportsUntilTheyBegin


@in_answers(REPORT_TASK)
def finishes_whenever_it_is_read(exchange: Exchange) -> None:
    """A report that is completed was finished when somebody asks for it."""
    if exchange.method == "GET" and "/message-store-report/" in exchange.path and exchange.status == 200:

        def change(body: Json) -> None:
            if "finishTime" in body:
                body["finishTime"] = "2012-10-16T23:59:59.000Z"

        exchange.change_answer(change)


# --- synchronizations --------------------------------------------------------------------------------


@in_world(SYNC)
class ForgetsTheOwnersOfAFrame(Reframing):
    """A synchronization of what one type of extension owns goes on with what every type owns."""

    def reframed(self, frame: Frame) -> Frame:
        return replace(frame, owners=replace(frame.owners, types=None))


@in_world(SYNC)
class ReplacesNothingThatWasDeleted(World):
    """Where the newest message of a conversation was deleted a synchronization tells no other one of it."""

    def sync_changes(self, extension: Extension, token: str, *given: Any) -> Sync:
        sync = super().sync_changes(extension, token, *given)
        if not sync.mark.frame.distinct_conversations:
            return sync
        gone = {each.conversation.id for each in sync.records if each.availability is not Availability.ALIVE}
        alive = Availability.ALIVE
        kept = (each for each in sync.records if each.availability is not alive or each.conversation.id not in gone)
        return sync._replace(records=tuple(kept))


# --- Departments -------------------------------------------------------------------------------------


@in_requests(ASSIGN)
def keeps_the_last_change_of_a_department(exchange: Exchange) -> None:
    """Of several changes of one Department in a call the last is made."""
    if exchange.method == "POST" and exchange.path.endswith("/department/bulk-assign"):
        items = exchange.sent.get("items")
        if isinstance(items, list):
            exchange.send(items=_last_of_each(items))


def _last_of_each(items: Iterable[Json]) -> list[Json]:
    return list({item["departmentId"]: item for item in items}.values())


# --- events ------------------------------------------------------------------------------------------


class _RemindingAsBefore(SubscriptionStore):
    def renew(self, subscription: Subscription, now: datetime) -> None:
        self._check_not_blacklisted(subscription)
        subscription.renewed = now


@in_world(SUBSCRIPTION_UPDATE)
class RemindsAsBeforeTheUpdate(WithSubscriptions):
    """A subscription that is to end sooner is reminded as if it were to end when it would have."""

    kind = _RemindingAsBefore


class _AnyPhoneOptsOut(Filtering):
    def widened(self, wanted: EventFilter) -> EventFilter:
        return wanted._replace(recipient=None) if wanted.kind is EventKind.A2P_OPT_OUTS else wanted


@in_world(SUBSCRIBE)
class TellsOfEverybodysOptOut(WithSubscriptions):
    """An event filter that names the phone of opt-outs lets those of all phones through."""

    kind = _AnyPhoneOptsOut


class _AnySenderOfBatches(Filtering):
    def widened(self, wanted: EventFilter) -> EventFilter:
        return wanted._replace(sender=None) if wanted.kind is EventKind.A2P_BATCHES else wanted


@in_world(SUBSCRIBE)
class TellsOfBatchesOfEverySender(WithSubscriptions):
    """An event filter that names the sender of batches lets those of all senders through."""

    kind = _AnySenderOfBatches


@in_world(SUBSCRIBE, UPDATE)
class CountsTheChangesOfOneDirection(World):
    """Of messages that one call has changed those of the first one's direction are counted."""

    def begin_again(self, base: Base) -> None:
        self._first: dict[tuple[int, str, str], str] = {}
        super().begin_again(base)

    def _notify_changes(self, changes: Changes) -> None:
        call = self.journal.latest
        first = {kind: self._first.setdefault((call, kind.mailbox, kind.type), kind.direction) for kind in changes}
        super()._notify_changes({kind: changes[kind] for kind, way in first.items() if way == kind.direction})


class _BesideAnother(SubscriptionStore):
    def remove(self, subscription: Subscription) -> None:
        connection = subscription.delivery.connection
        others = (each for each in self._by_id.values() if each is not subscription)
        if not connection or all(each.delivery.connection != connection for each in others):
            super().remove(subscription)


@in_world(WS_TOKEN)
class KeepsSeveralSubscriptionsOfAConnection(WithSubscriptions):
    """A connection has as many subscriptions as were made on it."""

    kind = _BesideAnother


@in_app(WS_TOKEN)
def recovers_whatever_was_missed(app: ASGIApp) -> ASGIApp:
    """A connection that has missed more than it can keep says that it is recovered."""

    async def faulty(scope: Scope, receive: Receive, send: Send) -> None:
        recovered = parse_qs(scope.get("query_string", b"").decode()).get("wsc", [""])[-1]

        def change(said: Json) -> None:
            if said[0]["type"] == "ConnectionDetails" and said[0]["wsc"]["token"] == recovered:
                said[1]["recoveryState"] = "Successful"
                said[1].pop("recoveryErrorCode", None)

        await saying(app, change)(scope, receive, send)

    return faulty


# --- batches -----------------------------------------------------------------------------------------


@in_requests(A2P)
def passes_over_the_texts_of_the_rejected(exchange: Exchange) -> None:
    """A message of a batch that is rejected needs no text."""
    if exchange.method == "POST" and exchange.path.endswith("/a2p-sms/batches") and "text" not in exchange.sent:
        messages = exchange.sent.get("messages")
        if messages:
            exchange.send(messages=[{"text": "-", **each} if len(each["to"][0]) < 7 else each for each in messages])


@in_world(SMS_BATCH)
class AsksForATextBesideFiles(World):
    """A message of a batch needs a text, though it has files."""

    def sending_sms_batch(self, sender: Extension, batch: SendSmsBatch) -> Slices[SmsBatchSent]:
        if not all(each.text for each in batch.messages):
            raise errors.InvalidParameter("text")
        return (yield from super().sending_sms_batch(sender, batch))


# --- messages ----------------------------------------------------------------------------------------


class _AsTheGroupMoves(Message):
    __slots__ = ()

    def delays(self) -> Iterator[timedelta]:
        return (delay for delay, _ in self.progress.later)


@in_store(SMS)
class MovesWithTheGroupAlone(StoreAround):
    """A group message is modified when the group gets on, not when one of its recipients does."""

    def record(self, delivery: Delivery, now: datetime) -> tuple[Message, ...]:
        copies = super().record(delivery, now)
        for copy in copies:
            if copy.recipient_progress:
                copy.__class__ = _AsTheGroupMoves
        return copies


@in_answers(SMS)
def fails_in_a_group_without_a_reason(exchange: Exchange) -> None:
    """A group message that has reached nobody has no code of the carrier."""

    def change(message: Json) -> None:
        if len(message["to"]) > 1:
            message.pop("deliveryErrorCode", None)

    exchange.change_messages(change)


@in_requests(LIST)
def lists_the_whole_of_one_conversation(exchange: Exchange) -> None:
    """A list of one conversation has all its messages, though the newest of each conversation is asked for."""
    if exchange.method == "GET" and exchange.resource == "message-store" and "conversationId=" in exchange.query:
        exchange.forget("distinctConversations")


# --- lists and files ---------------------------------------------------------------------------------


@in_requests(EXTENSIONS)
def keeps_the_first_status(exchange: Exchange) -> None:
    """Of several statuses of extensions that are asked for the first counts."""
    _keep_the_first(exchange, "/extension", "status")


@in_requests(DIRECTORY_SEARCH)
def orders_by_the_place_of_an_order(exchange: Exchange) -> None:
    """Of several orders of a search the one that stands first counts most, whatever its index."""
    orders = exchange.sent.get("orderBy") if exchange.path.endswith("/directory/entries/search") else None
    if orders:
        exchange.send(orderBy=[{**each, "index": place} for place, each in enumerate(orders, 1)])


@in_requests(CONSENTS)
def searches_ten_consents(exchange: Exchange) -> None:
    """A search of consents that says nothing of its size has ten on a page."""
    if exchange.method == "POST" and exchange.path.endswith("/sms/consents/search"):
        exchange.send(perPage=exchange.sent.get("perPage", 10))


@in_app(CONTENT)
def ignores_conditions_of_ranges(app: ASGIApp) -> ASGIApp:
    """A range is answered as one, though it is of another version of the file."""

    async def faulty(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            scope = {**scope, "headers": [each for each in scope["headers"] if each[0] != b"if-range"]}
        await app(scope, receive, send)

    return faulty


@in_app(CONTENT)
def begins_before_the_file(app: ASGIApp) -> ASGIApp:
    """The last bytes of a file, when more are asked for than it has, begin before its first."""

    async def faulty(scope: Scope, receive: Receive, send: Send) -> None:
        asked = dict(scope["headers"]).get(b"range", b"") if scope["type"] == "http" else b""
        suffix = re.fullmatch(rb"bytes=-([0-9]{1,9})", asked)

        async def changed(message: Part) -> None:
            if suffix is not None and message["type"] == "http.response.start":
                headers = [(name, _shifted(name, value, int(suffix[1]))) for name, value in message["headers"]]
                message = {**message, "headers": headers}
            await send(message)

        await app(scope, receive, changed)

    return faulty


def _shifted(name: bytes, value: bytes, most: int) -> bytes:
    length = int(value.rpartition(b"/")[2]) if name.lower() == b"content-range" else most
    return b"bytes %d-%d/%d" % (length - most, length - 1, length) if most > length else value


# --- several values of a filter ----------------------------------------------------------------------


def _keep_the_first(exchange: Exchange, ending: str, name: str) -> None:
    """Ask a list with the first value alone of a parameter that is given several times."""
    if exchange.method == "GET" and exchange.path.endswith(ending):
        pairs = [each for each in exchange.query.split("&") if each]
        named = [each for each in pairs if each.startswith(f"{name}=")]
        exchange.query = "&".join([*(each for each in pairs if each not in named), *named[:1]])


@in_requests(LIST)
def keeps_the_first_direction(exchange: Exchange) -> None:
    """Of several directions of messages that are asked for the first counts."""
    _keep_the_first(exchange, "/message-store", "direction")


@in_requests(PHONES, ACCOUNT_PHONES)
def keeps_the_first_usage(exchange: Exchange) -> None:
    """Of several usages of phone numbers that are asked for the first counts."""
    _keep_the_first(exchange, "/phone-number", "usageType")


@in_requests(ACCOUNT_PHONES)
def keeps_the_first_payment_type(exchange: Exchange) -> None:
    """Of several payment types of phone numbers that are asked for the first counts."""
    _keep_the_first(exchange, "/phone-number", "paymentType")


@in_requests(A2P_BATCHES)
def keeps_the_first_status_of_batches(exchange: Exchange) -> None:
    """Of several statuses of batches that are asked for the first counts."""
    _keep_the_first(exchange, "/a2p-sms/batches", "status")


@in_requests(THREAD_LIST)
def keeps_the_first_owner_of_threads(exchange: Exchange) -> None:
    """Of several owners of threads that are asked for the first counts."""
    _keep_the_first(exchange, "/message-threads", "ownerExtensionIds")


@in_requests(DIRECTORY_SEARCH)
def keeps_the_first_status_of_a_search(exchange: Exchange) -> None:
    """Of several statuses of extensions that are searched for the first counts."""
    statuses = exchange.sent.get("extensionStatuses") if exchange.path.endswith("/directory/entries/search") else None
    if statuses:
        exchange.send(extensionStatuses=statuses[:1])
