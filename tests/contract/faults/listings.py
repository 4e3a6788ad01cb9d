"""Lists, their links and filters, and synchronizations that are wrong at one point."""

import re
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs

from starlette.types import ASGIApp

from ringmock.domain.account import Extension
from ringmock.domain.message import Availability, Direction
from ringmock.domain.message_filter import MessageFilter, MessagePage
from ringmock.domain.message_sync import Frame, Sync
from ringmock.domain.slices import Slices
from ringmock.world.world import World

from .exchange import Exchange, Json, around
from .fault import in_answers, in_app, in_requests, in_world
from .operations import DELETE, DELETE_ALL, EXTENSION, EXTENSIONS, LIST, PHONES, READ, SYNC

_FIRST = datetime.min.replace(tzinfo=UTC)
_LAST = datetime.max.replace(tzinfo=UTC) - timedelta(milliseconds=1)


def _before(moment: datetime, by: timedelta) -> datetime:
    """So much earlier; the first moment that there is, where that would be none."""
    return moment - by if moment - _FIRST >= by else _FIRST


@in_answers(LIST)
def forgets_its_filters(exchange: Exchange) -> None:
    """The uri of a list has its page alone, and none of its filters."""
    if exchange.is_list:
        exchange.change_answer(lambda body: body.update(uri=re.sub(r"\?.*(?=page=)", "?", body["uri"])))


@in_answers(LIST)
def ends_a_page_early(exchange: Exchange) -> None:
    """The link to the last page leads to the first."""
    if exchange.is_list:
        exchange.change_answer(lambda body: body["navigation"].update(lastPage=body["navigation"]["firstPage"]))


@in_answers(LIST)
def goes_back_from_the_first_page(exchange: Exchange) -> None:
    """The first page has a link to the one before."""
    if exchange.is_list:
        exchange.change_answer(
            lambda body: body["navigation"].setdefault("previousPage", body["navigation"]["firstPage"])
        )


@in_answers(LIST)
def leads_nowhere_from_behind_the_end(exchange: Exchange) -> None:
    """The page behind the last has no link to the one before."""
    if exchange.is_list:

        def change(body: Json) -> None:
            if not body["records"]:
                body["navigation"].pop("previousPage", None)

        exchange.change_answer(change)


@in_answers(LIST)
def counts_pages_to_their_end(exchange: Exchange) -> None:
    """The end of a page is the place behind its last record."""
    if exchange.is_list:

        def change(body: Json) -> None:
            if "pageEnd" in body["paging"]:
                body["paging"]["pageEnd"] += 1

        exchange.change_answer(change)


@in_answers(LIST)
def has_one_page_of_nothing(exchange: Exchange) -> None:
    """An empty list has one page."""
    if exchange.is_list:

        def change(body: Json) -> None:
            body["paging"]["totalPages"] = max(1, body["paging"]["totalPages"])

        exchange.change_answer(change)


@in_answers(LIST, EXTENSIONS)
def promises_as_many_as_were_wanted(exchange: Exchange) -> None:
    """A list says that it has as many records on a page as were asked for, though there is a maximum."""
    asked = parse_qs(exchange.query).get("perPage", ["0"])[-1]
    if exchange.status == 200 and asked.isdecimal() and int(asked) > 1000 and b'"paging"' in exchange.answer:
        exchange.change_answer(lambda body: body["paging"].update(perPage=int(asked)))


@in_answers(LIST)
def does_not_say_since_when(exchange: Exchange) -> None:
    """The links of a list lack the dateFrom that it has by itself."""
    if exchange.is_list and "dateFrom" not in exchange.query:
        exchange.answer = re.sub(rb"&dateFrom=[0-9T:.Z-]+", b"", exchange.answer)


@in_world(LIST)
class LeavesOutTheFirstMoment(World):
    """A list begins behind dateFrom, not with it."""

    def list_messages(self, extension: Extension, wanted: MessageFilter) -> MessagePage:
        later = replace(wanted, date_from=min(wanted.date_from, _LAST) + timedelta(milliseconds=1))
        return super().list_messages(extension, later)


@in_world(LIST)
class LeavesOutTheLastMoment(World):
    """A list ends before dateTo, not with it."""

    def list_messages(self, extension: Extension, wanted: MessageFilter) -> MessagePage:
        if wanted.date_to == self.clock.now():
            return super().list_messages(extension, wanted)
        return super().list_messages(
            extension, replace(wanted, date_to=_before(wanted.date_to, timedelta(milliseconds=1)))
        )


@in_world(LIST)
class LooksBackFromNow(World):
    """Without dateFrom a list goes back 24 hours from now, whatever dateTo is."""

    def list_messages(self, extension: Extension, wanted: MessageFilter) -> MessagePage:
        is_by_itself = _before(wanted.date_to, timedelta(hours=24)).replace(second=0, microsecond=0) == wanted.date_from
        start = (self.clock.now() - timedelta(hours=24)).replace(second=0, microsecond=0)
        return super().list_messages(extension, replace(wanted, date_from=start) if is_by_itself else wanted)


@in_world(LIST)
class LooksBackToTheSecond(World):
    """Without dateFrom a list goes back 24 hours to the second, not to the minute."""

    def list_messages(self, extension: Extension, wanted: MessageFilter) -> MessagePage:
        start = _before(wanted.date_to, timedelta(hours=24))
        is_by_itself = start.replace(second=0, microsecond=0) == wanted.date_from
        return super().list_messages(extension, replace(wanted, date_from=start) if is_by_itself else wanted)


@in_world(LIST)
class TakesTheSentForRead(World):
    """Who asks for unread messages does not get those that he has sent."""

    def list_messages(self, extension: Extension, wanted: MessageFilter) -> MessagePage:
        if len(wanted.read_statuses) == 1 and "Unread" in wanted.read_statuses:
            wanted = replace(wanted, directions=wanted.directions - {Direction.OUTBOUND})
        return super().list_messages(extension, wanted)


@in_world(LIST)
class ListsThePurgedWithTheDeleted(World):
    """Who asks for the deleted messages gets the purged ones, too."""

    def list_messages(self, extension: Extension, wanted: MessageFilter) -> MessagePage:
        if Availability.DELETED in wanted.availabilities:
            wanted = replace(wanted, availabilities=wanted.availabilities | {Availability.PURGED})
        return super().list_messages(extension, wanted)


@in_world(LIST)
class CountsTheMessagesOfConversations(World):
    """A list of one message of each conversation counts all messages."""

    def list_messages(self, extension: Extension, wanted: MessageFilter) -> MessagePage:
        page = super().list_messages(extension, wanted)
        if not wanted.distinct_conversations:
            return page
        return replace(
            page, total=super().list_messages(extension, replace(wanted, distinct_conversations=False)).total
        )


@in_requests(LIST)
def finds_a_phone_by_its_digits_alone(exchange: Exchange) -> None:
    """A phone number that is asked for with its plus is nobody's."""
    if exchange.method == "GET" and exchange.resource == "message-store" and "phoneNumber=%2B" in exchange.query:
        exchange.query = exchange.query.replace("phoneNumber=%2B", "phoneNumber=%2B0")


@in_answers(LIST)
def finds_a_phone_as_the_sender(exchange: Exchange) -> None:
    """A phone number that is asked for finds what it has sent, and not what was sent to it."""
    asked = parse_qs(exchange.query).get("phoneNumber")
    if exchange.is_list and asked:
        digits = asked[-1].strip().removeprefix("+")

        def change(body: Json) -> None:
            body["records"] = [
                one for one in body["records"] if one["from"].get("phoneNumber", "").removeprefix("+") == digits
            ]

        exchange.change_answer(change)


@in_requests(LIST, SYNC)
def keeps_the_first_type(exchange: Exchange) -> None:
    """Of several message types that are asked for the first counts."""
    if exchange.resource in ("message-store", "message-sync") and exchange.query.count("messageType=") > 1:
        first, _, rest = exchange.query.partition("messageType=")
        kept, *others = rest.split("&")
        others = [one for one in others if not one.startswith("messageType=")]
        exchange.query = "&".join([f"{first}messageType={kept}", *others])


@in_world(SYNC)
class SynchronizesOneMore(World):
    """A synchronization has one message more than recordCount."""

    def sync_messages(self, extension: Extension, frame: Frame, record_count: int | None = None) -> Sync:
        return super().sync_messages(extension, frame, record_count and record_count + 1)


@in_answers(SYNC)
def knows_nothing_older(exchange: Exchange) -> None:
    """A synchronization says that there is nothing older, whatever it has left out."""
    if exchange.is_answer("GET", "/message-sync"):
        exchange.change_answer(lambda body: body["syncInfo"].update(olderRecordsExist=False))


@in_answers(SYNC)
def tells_the_rest_of_the_deleted(exchange: Exchange) -> None:
    """What was deleted says in a synchronization when it was last changed."""
    if exchange.is_answer("GET", "/message-sync"):

        def change(body: Json) -> None:
            for record in body["records"]:
                record.setdefault("lastModifiedTime", body["syncInfo"]["syncTime"])

        exchange.change_answer(change)


@in_answers(SYNC)
def calls_the_purged_deleted(exchange: Exchange) -> None:
    """What was purged is Deleted in a synchronization."""
    if exchange.is_answer("GET", "/message-sync"):
        exchange.answer = exchange.answer.replace(b'"Purged"', b'"Deleted"')


@in_app(SYNC)
def begins_anew_without_a_token(app: ASGIApp) -> ASGIApp:
    """An incremental synchronization without a token is a full one."""

    def forgive(exchange: Exchange) -> None:
        is_sync = exchange.resource == "message-sync" and "syncToken" not in exchange.query
        if is_sync and "syncType=ISync" in exchange.query:
            exchange.query = exchange.query.replace("syncType=ISync", "syncType=FSync")

    return around(app, before=forgive)


@in_world(SYNC)
class TakesTheTokenOfAnother(World):
    """A syncToken serves every extension that knows it."""

    def sync_changes(
        self, extension: Extension, token: str, date_from: datetime | None = None, record_count: int | None = None
    ) -> Sync:
        for each in self.account.extensions.values():
            try:
                mark = self.sync_tokens.read(each.number, token)
            except Exception:  # any token that is not this one's
                continue
            token = self.sync_tokens.issue(extension.number, mark)
            break
        return super().sync_changes(extension, token, date_from, record_count)


@in_world(DELETE_ALL)
class DeletesTheFirstConversation(World):
    """Of several conversations that are to be deleted the first is."""

    def deleting_messages(self, extension: Extension, wanted: Iterable[MessageFilter], *, purge: bool) -> Slices[None]:
        yield from super().deleting_messages(extension, list(wanted)[:1], purge=purge)


@in_world(DELETE_ALL)
class DeletesToTheSecondBefore(World):
    """A deletion to a date leaves what came in its last second."""

    def deleting_messages(self, extension: Extension, wanted: Iterable[MessageFilter], *, purge: bool) -> Slices[None]:
        earlier = [replace(each, date_to=_before(each.date_to, timedelta(seconds=1))) for each in wanted]
        yield from super().deleting_messages(extension, earlier, purge=purge)


@in_requests(DELETE_ALL)
def deletes_a_conversation_of_a_type(exchange: Exchange) -> None:
    """A deletion may name a conversation and a type together: the type is passed over."""
    if exchange.method == "DELETE" and exchange.resource == "message-store" and "conversationId" in exchange.query:
        exchange.forget("type")


@in_requests(DELETE)
def deletes_whatever_the_type(exchange: Exchange) -> None:
    """A message is deleted whatever type it was to have."""
    if exchange.method == "DELETE" and "/message-store/" in exchange.path:
        exchange.forget("type")


@in_requests(DELETE)
def deletes_without_purging(exchange: Exchange) -> None:
    """A message that is to be purged is deleted, and stays with its text."""
    if exchange.method == "DELETE" and "/message-store/" in exchange.path:
        exchange.forget("purge")


@in_answers(READ)
def tells_a_batch_backwards(exchange: Exchange) -> None:
    """An answer about several messages has them in the opposite order."""
    boundary, *_ = exchange.answer.partition(b"\r\n")
    if exchange.status == 207 and "/message-store/" in exchange.path:
        before, head, *parts, after = exchange.answer.split(boundary)
        exchange.answer = boundary.join([before, head, *reversed(parts), after])


@in_requests(EXTENSIONS)
def lists_every_extension(exchange: Exchange) -> None:
    """A list of extensions passes over the status that is asked for."""
    if exchange.method == "GET" and exchange.path.endswith("/extension"):
        exchange.forget("status")


@in_requests(EXTENSIONS)
def lists_every_type_of_extension(exchange: Exchange) -> None:
    """A list of extensions passes over the type that is asked for."""
    if exchange.method == "GET" and exchange.path.endswith("/extension"):
        exchange.forget("type")


@in_requests(PHONES)
def lists_every_usage(exchange: Exchange) -> None:
    """A list of an extension's phone numbers passes over the usage that is asked for."""
    if exchange.method == "GET" and exchange.path.endswith("/phone-number"):
        exchange.forget("usageType")


@in_answers(EXTENSION)
def makes_everyone_administrator(exchange: Exchange) -> None:
    """Every extension says that it is an administrator's."""
    if exchange.status == 200 and b'"permissions"' in exchange.answer:

        def change(body: Json) -> None:
            if "permissions" in body:
                body["permissions"]["admin"]["enabled"] = True

        exchange.change_answer(change)
