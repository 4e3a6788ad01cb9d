"""Values beside a boundary, and second values beside a first one, that are taken for others."""

import json
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from starlette.types import ASGIApp

from ringmock.domain.account import Extension
from ringmock.domain.message import Delivery, Message
from ringmock.domain.message_store_report import MessageStoreReport, MessageStoreReports
from ringmock.domain.message_template import MessageTemplate, MessageTemplates
from ringmock.domain.pager import SendPager
from ringmock.domain.slices import Slices
from ringmock.lab.limits import PENALTY, WINDOW, Counter, Limits, RateLimits
from ringmock.world.history.commands import Base
from ringmock.world.world import Sent, World

from .exchange import LIMITS, Exchange, around
from .fault import in_answers, in_app, in_requests, in_world, seeing, turned_into
from .operations import A2P, ASSIGN, CONTENT, LIST, MMS, PAGER, SMS, SYNC, TEMPLATE

Json = Any


def _counting(counted: Callable[[str], str]) -> Callable[[ASGIApp], ASGIApp]:
    """A text is too long when what is counted of it is; what is sent is what was given."""

    def wrap(app: ASGIApp) -> ASGIApp:
        def shorten(exchange: Exchange) -> None:
            if exchange.is_sending and len(counted(exchange.text)) <= LIMITS[exchange.resource] < exchange.units:
                exchange.kept = exchange.text
                exchange.send_text("x")

        def restore(exchange: Exchange) -> None:
            if exchange.kept is not None and exchange.is_sent:
                exchange.change_answer(lambda message: message.update(subject=exchange.kept))

        return around(app, before=shorten, after=restore)

    return wrap


@in_app(SMS, PAGER)
def counts_a_line_break_once(app: ASGIApp) -> ASGIApp:
    """CR LF counts as one symbol."""
    return _counting(lambda text: text.replace("\r\n", "\n"))(app)


@in_app(SMS, PAGER)
def counts_no_combining_marks(app: ASGIApp) -> ASGIApp:
    """A combining mark does not count."""
    return _counting(lambda text: "".join(one for one in text if not unicodedata.combining(one)))(app)


@in_app(PAGER)
def counts_no_joiners(app: ASGIApp) -> ASGIApp:
    """A zero-width joiner does not count."""
    return _counting(lambda text: text.replace("\u200d", ""))(app)


@in_requests(PAGER)
def limits_replies_like_sms(exchange: Exchange) -> None:
    """A reply may be no longer than an SMS."""
    if exchange.is_sending and "replyOn" in exchange.sent and exchange.units > LIMITS["sms"]:
        exchange.refuse(400, "MSG-338", "text")


@in_requests(MMS)
def limits_no_text_of_an_mms(exchange: Exchange) -> None:
    """The text beside a file may be as long as you like."""
    if exchange.resource in ("mms", "sms") and b"Content-Disposition" in exchange.body:
        exchange.body = exchange.body.replace(b"a" * 1001, b"a" * 1000)


@in_world(PAGER)
class PagesTheManager(World):
    """A Department's manager gets its pages, member or not."""

    def send_pager(self, sender: Extension, pager: SendPager) -> Sent:
        managed = {
            number: replace(one, members=tuple(dict.fromkeys((*one.members, one.manager))))
            for number, one in self.account.extensions.items()
            if one.manager is not None and one.members
        }
        with seeing(self, replace(self.account, extensions={**self.account.extensions, **managed})):
            return super().send_pager(sender, pager)


@in_requests(ASSIGN)
def takes_out_whom_it_puts_in(exchange: Exchange) -> None:
    """Who is both added to a Department and taken from it is not in it."""
    sent = exchange.sent
    for item in sent.get("items", [sent]):
        if {"addedExtensionIds", "removedExtensionIds"} <= item.keys():
            item["addedExtensionIds"] = [i for i in item["addedExtensionIds"] if i not in item["removedExtensionIds"]]
            exchange.body = json.dumps(sent).encode()


@in_requests(PAGER)
def passes_over_an_empty_department(exchange: Exchange) -> None:
    """An empty Department is left out when others are addressed beside it."""
    to = exchange.sent.get("to", []) if exchange.resource == "company-pager" else []
    others = [party for party in to if party.get("extensionNumber") != "201"]
    if others and len(others) < len(to):
        exchange.body = json.dumps(exchange.sent | {"to": others}).encode()


@in_answers(PAGER)
def answers_with_everyone_who_was_named(exchange: Exchange) -> None:
    """A page's `to` has a recipient as often as he was named."""
    sent = exchange.sent.get("to", [])
    if exchange.is_sent and exchange.resource == "company-pager" and any("extensionId" in party for party in sent):
        exchange.change_answer(lambda message: message["to"].append(message["to"][-1]))


@in_world(SMS)
class HearsStopInASentence(World):
    """STOP is heard as a word among others."""

    def _note_consent(self, delivery: Delivery, now: datetime) -> None:
        says_so = "stop" in delivery.text.lower().split()
        super()._note_consent(delivery._replace(text="STOP") if says_so else delivery, now)


@in_answers(LIST)
def promises_a_page_too_many(exchange: Exchange) -> None:
    """A list whose last page is full has one page more."""

    def promise(content: Json) -> None:
        paging = content["paging"]
        if paging["totalElements"] and paging["totalElements"] % paging["perPage"] == 0:
            paging["totalPages"] += 1
            content["navigation"].setdefault("nextPage", content["navigation"]["firstPage"])

    if exchange.is_list:
        exchange.change_answer(promise)


@in_answers(LIST)
def links_with_one_value_of_each_filter(exchange: Exchange) -> None:
    """The links of a list keep only the last value of a filter that was given twice."""

    def forget(content: Json) -> None:
        for link in (content, *content["navigation"].values()):
            parts = urlsplit(link["uri"])
            link["uri"] = urlunsplit(parts._replace(query=urlencode(dict(parse_qsl(parts.query)), safe=":")))

    if exchange.is_list:
        exchange.change_answer(forget)


@in_answers(CONTENT)
def answers_ranges_past_the_end(exchange: Exchange) -> None:
    """A range that begins behind the end of a file is an empty part of it."""
    if exchange.status == 416:
        exchange.status, exchange.answer = 206, b""


@in_answers(CONTENT)
def promises_more_than_there_is(exchange: Exchange) -> None:
    """The answer to a range that ends behind the file says that all of it came."""
    if exchange.status == 206:
        exchange.headers["content-range"] = exchange.headers["content-range"].replace("-9/", "-99/")


@in_app(SYNC)
def forgets_distinct_conversations(app: ASGIApp) -> ASGIApp:
    """A synchronization that was begun with one message of each conversation goes on with all of them."""

    def forget(exchange: Exchange) -> None:
        if exchange.resource == "message-sync" and "distinctConversations" in exchange.query:
            exchange.kept = True
            exchange.forget("distinctConversations")

    def restore(exchange: Exchange) -> None:
        if exchange.kept and exchange.status == 200:
            exchange.change_answer(_one_of_each_conversation)

    return around(app, before=forget, after=restore)


def _one_of_each_conversation(content: Json) -> None:
    newest = {record["conversationId"]: record for record in reversed(content["records"])}
    content["records"] = [record for record in content["records"] if newest[record["conversationId"]] is record]


class _Inclusive(Counter):
    def let_through(self, now: datetime) -> bool:
        if self._calls and now - self._calls[0] == WINDOW and len(self._calls) >= self._limit:
            self._penalty_until = now + PENALTY
            return False
        return super().let_through(now)


class _InclusiveLimits(RateLimits):
    def _counter(self, caller: tuple[str, ...], limit: int) -> Counter:
        return self._counters.setdefault(caller, _Inclusive(limit))


@in_world(PAGER)
class CountsACallForAMinuteAndMore(World):
    """A call that is exactly 60 seconds old is counted."""

    def limit(self, limits: Limits | None) -> None:
        super().limit(limits)
        self.limits = None if limits is None else _InclusiveLimits(limits)


@in_answers(A2P)
def costs_by_the_message(exchange: Exchange) -> None:
    """A batch costs by its messages, however long they are."""
    if exchange.resource == "batches" and exchange.method == "POST" and exchange.status == 201:
        exchange.change_answer(lambda batch: batch.update(cost=round(0.007 * batch["batchSize"], 3)))


@in_requests(A2P)
def counts_the_extension_of_gsm_7_once(exchange: Exchange) -> None:
    """A character of GSM-7's extension, as €, counts as one."""
    if exchange.resource == "batches" and exchange.method == "POST":
        exchange.body = exchange.body.replace("€".encode(), b"E")


@in_requests(A2P)
def counts_all_texts_as_gsm_7(exchange: Exchange) -> None:
    """A text in Cyrillic takes no more parts than one in Latin."""
    if exchange.resource == "batches" and exchange.method == "POST":
        exchange.body = exchange.body.replace("я".encode(), b"a")


class _Moving(MessageTemplates):
    def update(self, template: MessageTemplate, name: str, text: str) -> MessageTemplate:
        self.delete(template)
        return super().update(template, name, text)


@in_world(TEMPLATE)
class MovesAChangedTemplate(World):
    """A template that is changed goes to the end of the list."""

    def begin_again(self, base: Base) -> None:
        super().begin_again(base)
        self.message_templates = turned_into(_Moving, self.message_templates)


class _MadeAnew(MessageStoreReports):
    def archives(self, report: MessageStoreReport, *given: Any, **named: Any) -> Slices[tuple[bytes, ...]]:
        self._archives.pop(report.id, None)
        return super().archives(report, *given, **named)


@in_world("readMessageStoreReportArchive")
class LetsReportsGrow(World):
    """A report has what has come since it was completed, too."""

    def begin_again(self, base: Base) -> None:
        super().begin_again(base)
        self.reports = turned_into(_MadeAnew, self.reports)

    def collected_for(self, report: MessageStoreReport) -> Iterator[tuple[Extension, Iterator[Sequence[Message]]]]:
        return super().collected_for(replace(report, date_to=self.clock.now(), started=self.clock.now()))


@in_answers(SMS)
def counts_the_fastest_of_a_group(exchange: Exchange) -> None:
    """A group message is as far as the fastest of its recipients."""
    order = ("DeliveryFailed", "Queued", "Sent", "Delivered")

    def hasten(message: Json) -> None:
        reached = [party["messageStatus"] for party in message["to"] if "messageStatus" in party]
        if set(reached) <= set(order) and len(reached) > 1:
            message["messageStatus"] = max(reached, key=order.index)

    exchange.change_messages(hasten)


@in_answers(SMS)
def counts_the_first_of_a_group(exchange: Exchange) -> None:
    """A group message is as far as the first of its recipients."""

    def follow(message: Json) -> None:
        if len(message["to"]) > 1 and "messageStatus" in message["to"][0]:
            message["messageStatus"] = message["to"][0]["messageStatus"]

    exchange.change_messages(follow)
