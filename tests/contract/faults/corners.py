"""Rules that are kept in their middle and broken at a corner: at a second call, beside another limit, rarely met."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from ringmock.domain import errors
from ringmock.domain.account import Extension
from ringmock.domain.message import Availability
from ringmock.domain.message_filter import MessageFilter
from ringmock.domain.message_store_report import MessageStoreReport, MessageStoreReports
from ringmock.domain.message_sync import Frame, Sync
from ringmock.domain.message_template import MAX_TEMPLATES, MessageTemplate, MessageTemplates
from ringmock.domain.segments import PART_OF_GSM_7, PART_OF_UCS_2, Encoding, segment_count, segmented
from ringmock.world.history.commands import Base
from ringmock.world.world import World

from .exchange import Exchange, Json
from .fault import in_answers, in_requests, in_world, turned_into
from .operations import ASSIGN, REPORT, REPORT_ARCHIVE, SMS, SYNC, TEMPLATES
from .second_calls import Reframing

REPORT_TASK = "readMessageStoreReportTask"


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
