"""High-volume SMS, batches, consents, templates and reports that are wrong at one point."""

import re
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime

from ringmock.domain.a2p_sms import Assigned, Assignment, SendBatch
from ringmock.domain.a2p_store import A2PStore
from ringmock.domain.account import Extension, digits_of
from ringmock.domain.consent import ConsentFilter, Consents, Statement
from ringmock.domain.message import Delivery
from ringmock.domain.message_store_report import MessageStoreReport
from ringmock.domain.slices import Slices
from ringmock.domain.sms_batch import SendSmsBatch, SmsOfBatch
from ringmock.world.sms_batches import SmsBatchSent
from ringmock.world.world import BatchSent, World

from .exchange import Exchange, Json
from .fault import in_answers, in_requests, in_world
from .operations import (
    A2P,
    A2P_BATCHES,
    A2P_LIST,
    A2P_STATUSES,
    CONSENT_EXPORT,
    CONSENT_HISTORY,
    CONSENTS,
    OPT_OUTS,
    OPT_OUTS_CHANGE,
    REPORT,
    REPORT_ARCHIVE,
    SMS,
    SMS_BATCH,
    SMS_BATCHES,
    SMS_OF_BATCHES,
    TEMPLATE,
    TEMPLATES,
)


@in_answers(A2P)
def counts_the_rejected_of_a_batch(exchange: Exchange) -> None:
    """What was rejected is counted among the messages of a batch."""
    if exchange.is_answer("POST", "/a2p-sms/batches", 201):
        exchange.change_answer(lambda body: body.update(batchSize=body["batchSize"] + len(body["rejected"])))


@in_answers(A2P)
def numbers_the_rejected_from_nothing(exchange: Exchange) -> None:
    """The messages of a batch that were rejected are counted from 0."""
    if exchange.is_answer("POST", "/a2p-sms/batches", 201):

        def change(body: Json) -> None:
            for each in body["rejected"]:
                each["index"] -= 1

        exchange.change_answer(change)


@in_world(A2P)
class SaysTheSameToEveryone(World):
    """The text of a batch is that of each of its messages, whatever they say themselves."""

    def sending_batch(self, sender: Extension, batch: SendBatch) -> Slices[BatchSent]:
        said = [each.text for each in batch.messages]
        common = next((text for text in said if said.count(text) > 1), said[0])
        same = tuple(each._replace(text=common) for each in batch.messages)
        return (yield from super().sending_batch(sender, batch._replace(messages=same)))


@in_answers(A2P)
def costs_what_failed(exchange: Exchange) -> None:
    """A message that could not be sent costs as much as one that was."""
    if "/a2p-sms/messages" in exchange.path and exchange.status == 200:

        def change(body: Json) -> None:
            for each in body.get("records", [body]):
                if each["messageStatus"] == "SendingFailed":
                    each["cost"] = round(0.007 * each["segmentCount"], 3)

        exchange.change_answer(change)


@in_answers(A2P_LIST)
def tells_texts_unasked(exchange: Exchange) -> None:
    """A list of high-volume messages has their texts, whichever view is asked for."""
    if exchange.is_answer("GET", "/a2p-sms/messages") and "view=Detailed" not in exchange.query:

        def change(body: Json) -> None:
            for each in body["records"]:
                each["text"] = ""

        exchange.change_answer(change)


@in_requests(A2P_LIST)
def lists_both_directions(exchange: Exchange) -> None:
    """A list of high-volume messages passes over the direction that is asked for."""
    if exchange.method == "GET" and exchange.path.endswith("/a2p-sms/messages"):
        exchange.forget("direction")


@in_requests(A2P_LIST)
def lists_the_first_number(exchange: Exchange) -> None:
    """Of several phone numbers that are asked for the first counts."""
    if exchange.method == "GET" and exchange.path.endswith("/a2p-sms/messages"):
        first = re.search("phoneNumber=[^&]*", exchange.query)
        if first is not None:
            exchange.forget("phoneNumber")
            exchange.query = "&".join(part for part in (exchange.query, first.group()) if part)


@in_requests(A2P_BATCHES)
def lists_batches_of_any_status(exchange: Exchange) -> None:
    """A list of batches passes over the status that is asked for."""
    if exchange.method == "GET" and exchange.path.endswith("/a2p-sms/batches"):
        exchange.forget("status")


@in_requests(A2P_BATCHES)
def lists_batches_of_any_sender(exchange: Exchange) -> None:
    """A list of batches passes over the sender that is asked for."""
    if exchange.method == "GET" and exchange.path.endswith("/a2p-sms/batches"):
        exchange.forget("from")


@in_answers(A2P_STATUSES)
def counts_no_errors(exchange: Exchange) -> None:
    """The numbers of messages by status do not say why messages failed."""
    if exchange.is_answer("GET", "/a2p-sms/statuses"):

        def change(body: Json) -> None:
            for each in body.values():
                if "errorCodeCounts" in each:
                    each["errorCodeCounts"] = {}

        exchange.change_answer(change)


@in_answers(A2P_STATUSES)
def costs_nothing_once_delivered(exchange: Exchange) -> None:
    """What was delivered costs nothing among the numbers of messages by status."""
    if exchange.is_answer("GET", "/a2p-sms/statuses"):
        exchange.change_answer(lambda body: body["delivered"].update(cost=0))


@in_world(OPT_OUTS_CHANGE)
class OptsOutAndIn(World):
    """A phone that is to be opted out and in is opted in."""

    def assigning_opt_outs(self, assignment: Assignment) -> Slices[Sequence[Assigned]]:
        ins = set(map(digits_of, assignment.opt_ins))
        kept = tuple(phone for phone in assignment.opt_outs if digits_of(phone) not in ins)
        return (yield from super().assigning_opt_outs(assignment._replace(opt_outs=kept)))


@in_requests(OPT_OUTS)
def tells_of_opt_ins_unasked(exchange: Exchange) -> None:
    """A list of opt-outs has the opt-ins, too, unless a status is asked for."""
    if exchange.method == "GET" and exchange.path.endswith("/a2p-sms/opt-outs") and "status=" not in exchange.query:
        exchange.query = "&".join(part for part in (exchange.query, "status=all") if part)


@in_answers(OPT_OUTS)
def has_no_head(exchange: Exchange) -> None:
    """The table of opt-outs has no head."""
    if exchange.is_answer("GET", "/a2p-sms/opt-outs") and exchange.headers["content-type"].startswith("text/csv"):
        exchange.answer = exchange.answer.partition(b"\r\n")[2]


@in_answers(OPT_OUTS)
def hears_everything_from_the_account(exchange: Exchange) -> None:
    """Whoever opted out, the account did it for him."""
    if exchange.is_answer("GET", "/a2p-sms/opt-outs"):
        exchange.answer = exchange.answer.replace(b'"Recipient"', b'"Account"')


@in_answers(CONSENTS, CONSENT_HISTORY)
def hears_everything_from_the_phone(exchange: Exchange) -> None:
    """Whoever stated a consent, the phone did it itself."""
    if "/sms/consents" in exchange.path and exchange.status == 200:
        exchange.answer = exchange.answer.replace(b'"Api"', b'"Recipient"').replace(b'"Carrier"', b'"Recipient"')


class _OptingAll(World):
    """Hears what a phone says in another way."""

    def _note_consent(self, delivery: Delivery, now: datetime) -> None:
        super()._note_consent(self.heard(delivery), now)

    def heard(self, delivery: Delivery) -> Delivery:
        raise NotImplementedError


@in_world(SMS)
class HearsStopAsItIsWritten(_OptingAll):
    """STOP is heard in capital letters alone."""

    def heard(self, delivery: Delivery) -> Delivery:
        return delivery if delivery.text.strip().isupper() else delivery._replace(text="no word")


@in_world(SMS)
class HearsStopWithoutBlanks(_OptingAll):
    """STOP is not heard with a blank beside it."""

    def heard(self, delivery: Delivery) -> Delivery:
        return delivery if delivery.text == delivery.text.strip() else delivery._replace(text="no word")


@in_world(SMS)
class HearsStopAlone(_OptingAll):
    """STOP is heard, and none of its synonyms."""

    def heard(self, delivery: Delivery) -> Delivery:
        is_known = delivery.text.strip().upper() in ("STOP", "START")
        return delivery if is_known else delivery._replace(text="no word")


@in_world(SMS)
class HearsStopForEveryNumber(World):
    """Who says STOP to a number has said it to all numbers of the account."""

    def _note_consent(self, delivery: Delivery, now: datetime) -> None:
        super()._note_consent(delivery._replace(recipients=tuple(self.account.phone_numbers)), now)


@in_world(CONSENT_HISTORY)
class RemembersTheLatest(World):
    """The history of consents has the latest statement of each pair alone."""

    def _note(self, said: Statement, now: datetime) -> None:
        super()._note(said, now)
        self.consents.__class__ = _Latest


class _Latest(Consents):
    def history(self, recipients: Collection[str], before: int | None, size: int) -> "Json":
        return self.page(ConsentFilter(recipients=frozenset(recipients) or None), before, size)


@in_answers(CONSENT_EXPORT)
def exports_all_but_the_last(exchange: Exchange) -> None:
    """An export of consents lacks its last line."""
    if "/sms/consents" in exchange.path and exchange.headers.get("content-type", "").startswith("text/csv"):
        head, *lines = exchange.answer.splitlines(keepends=True)
        exchange.answer = b"".join([head, *lines[:-1]])


@in_requests(CONSENTS)
def lists_consents_of_both_kinds(exchange: Exchange) -> None:
    """A list of consents passes over the status that is asked for."""
    if exchange.method == "GET" and exchange.path.endswith("/sms/consents"):
        exchange.forget("optStatus")
        exchange.forget("status")


@in_world(SMS_BATCH)
class SendsAGroupOneByOne(World):
    """A message of a batch to several goes to each of them alone."""

    def sending_sms_batch(self, sender: Extension, batch: SendSmsBatch) -> Slices[SmsBatchSent]:
        each = tuple(SmsOfBatch((number,), one.text) for one in batch.messages for number in one.recipients)
        return (yield from super().sending_sms_batch(sender, batch._replace(messages=each)))


@in_world(SMS_BATCH)
class SendsBatchesWithoutFiles(World):
    """The messages of a batch have none of its files."""

    def sending_sms_batch(self, sender: Extension, batch: SendSmsBatch) -> Slices[SmsBatchSent]:
        return (yield from super().sending_sms_batch(sender, batch._replace(attachments=())))


@in_world(SMS_OF_BATCHES)
class SharesBatches(World):
    """What batches have sent is in one store for all extensions."""

    def sms_store(self, extension: Extension) -> A2PStore:
        return next(iter(self._sms_stores.values()), super().sms_store(extension))


@in_requests(SMS_BATCHES)
def lists_sms_batches_of_any_status(exchange: Exchange) -> None:
    """A list of batches of SMS passes over the status that is asked for."""
    if exchange.method == "GET" and exchange.path.endswith("/sms/batches"):
        exchange.forget("status")


@in_answers(SMS_OF_BATCHES)
def tells_texts_of_batches_unasked(exchange: Exchange) -> None:
    """The list of what batches have sent has texts, whichever view is asked for."""
    if exchange.is_answer("GET", "/sms/messages") and "view=Detailed" not in exchange.query:

        def change(body: Json) -> None:
            for each in body["records"]:
                each.setdefault("text", "")

        exchange.change_answer(change)


# --- templates -----------------------------------------------------------------------------------------


@in_requests(TEMPLATES)
def lists_templates_of_any_scope(exchange: Exchange) -> None:
    """A list of templates passes over the scope that is asked for."""
    if exchange.method == "GET" and exchange.path.endswith("-templates"):
        exchange.forget("scope")


@in_answers(TEMPLATES)
def lists_own_templates_first(exchange: Exchange) -> None:
    """An extension's own templates come before those of the company."""
    if "/extension/" in exchange.path and exchange.is_answer("GET", "/message-store-templates"):
        exchange.change_answer(lambda body: body["records"].sort(key=lambda one: one["scope"] != "Personal"))


@in_answers(TEMPLATE)
def keeps_the_name_of_a_template(exchange: Exchange) -> None:
    """A changed template has its new text, and no new id nor name: it is another one."""
    if exchange.method == "PUT" and "-templates/" in exchange.path and exchange.status == 200:
        exchange.change_answer(lambda body: body.update(id="00000000-0000-4000-8000-000000000000"))


# --- reports -------------------------------------------------------------------------------------------


class _Reporting(World):
    """Makes reports of another range."""

    def collected_for(self, report: MessageStoreReport) -> Json:
        return super().collected_for(self.reported(report))

    def reported(self, report: MessageStoreReport) -> MessageStoreReport:
        raise NotImplementedError


@in_world(REPORT_ARCHIVE)
class ReportsEveryType(_Reporting):
    """A report has messages of every type, whichever were asked for."""

    def reported(self, report: MessageStoreReport) -> MessageStoreReport:
        return replace(report, types=None)


@in_world(REPORT_ARCHIVE)
class ReportsFromTheBeginning(_Reporting):
    """A report begins with the first message, whatever its dateFrom says."""

    def reported(self, report: MessageStoreReport) -> MessageStoreReport:
        return replace(report, date_from=datetime.min.replace(tzinfo=report.date_from.tzinfo))


@in_world(REPORT_ARCHIVE)
class ReportsToTheEnd(_Reporting):
    """A report has what came after its dateTo."""

    def reported(self, report: MessageStoreReport) -> MessageStoreReport:
        return replace(report, date_to=report.finished)


@in_answers(REPORT)
def reports_at_once(exchange: Exchange) -> None:
    """A report says that it is Completed when it has just been begun."""
    if exchange.is_answer("POST", "/message-store-report", 202):
        exchange.change_answer(lambda body: body.update(status="Completed"))
