"""Faxes that are sent when they should not be, or told otherwise than they went."""

from datetime import datetime

from ringmock.domain import errors
from ringmock.domain.account import Extension
from ringmock.domain.fax import FaxRecipient, SendFax
from ringmock.domain.message import FaxResolution, Message
from ringmock.world.fax_operations import FaxSent
from ringmock.world.world import World

from .exchange import Exchange, Json
from .fault import awake, everyone_as, in_answers, in_world, seeing
from .operations import DELETE, FAX, READ


@in_world(FAX)
class SendsLaterFaxesAtOnce(World):
    """A fax is sent at once, whatever its time."""

    def send_fax(self, sender: Extension, fax: SendFax) -> FaxSent:
        return super().send_fax(sender, fax._replace(send_at=None))


@in_world(FAX, DELETE)
class SendsDeletedFaxes(World):
    """A fax is sent although it was deleted while it was Queued."""

    def cancel_fax(self, message: Message, now: object) -> None:
        pass


@in_world(FAX)
class ForgetsCoverPages(World):
    """No fax has a cover page."""

    def send_fax(self, sender: Extension, fax: SendFax) -> FaxSent:
        return super().send_fax(sender, fax._replace(cover_index=0, cover_text=None))


@in_answers(FAX)
def says_that_a_fax_is_sent(exchange: Exchange) -> None:
    """The answer to a fax says that it is Sent already."""
    if exchange.method == "POST" and exchange.resource == "fax" and exchange.status == 200:
        exchange.change_answer(lambda body: body.update(messageStatus="Sent"))


@in_answers(READ)
def says_not_why_a_fax_failed(exchange: Exchange) -> None:
    """A recipient whom a fax did not reach has no code."""
    is_read = "/message-store/" in exchange.path and "/content/" not in exchange.path
    if exchange.method == "GET" and is_read and exchange.status == 200:
        exchange.change_answer(_without_codes)


def _without_codes(body: Json) -> None:
    if isinstance(body, dict) and body.get("type") == "Fax":
        for party in body["to"]:
            party.pop("faxErrorCode", None)


@in_answers(READ)
def puts_faxes_into_conversations(exchange: Exchange) -> None:
    """A fax belongs to a conversation."""
    if exchange.method == "POST" and exchange.resource == "fax" and exchange.status == 200:
        exchange.change_answer(lambda body: body.update(conversationId=1))


@in_world(FAX)
class ResendsWithoutTheCover(World):
    """A fax that is sent again has no cover page, and the finest resolution."""

    def resend_fax(
        self, sender: Extension, original: str, recipients: tuple[FaxRecipient, ...], send_at: datetime | None
    ) -> FaxSent:
        self.is_again = True
        try:
            return super().resend_fax(sender, original, recipients, send_at)
        finally:
            self.is_again = False

    def send_fax(self, sender: Extension, fax: SendFax) -> FaxSent:
        plain = fax._replace(cover_index=0, cover_text=None, resolution=FaxResolution.HIGH)
        return super().send_fax(sender, plain if getattr(self, "is_again", False) else fax)


@in_world(FAX)
class ResendsToTheFirst(World):
    """A fax that is sent again to nobody in particular goes to the first of its recipients."""

    def resend_fax(
        self, sender: Extension, original: str, recipients: tuple[FaxRecipient, ...], send_at: datetime | None
    ) -> FaxSent:
        self.most = None if recipients else 1
        try:
            return super().resend_fax(sender, original, recipients, send_at)
        finally:
            self.most = None

    def send_fax(self, sender: Extension, fax: SendFax) -> FaxSent:
        return super().send_fax(sender, fax._replace(recipients=fax.recipients[: getattr(self, "most", None)]))


@in_world(FAX)
class FaxesTheFrozen(World):
    """A fax to a Frozen extension arrives."""

    def send_fax(self, sender: Extension, fax: SendFax) -> FaxSent:
        with seeing(self, everyone_as(self.account, awake)):
            return super().send_fax(sender, fax)


@in_world(FAX)
class RefusesFaxesOfYesterday(World):
    """A fax whose time is over is refused, not sent at once."""

    def send_fax(self, sender: Extension, fax: SendFax) -> FaxSent:
        if fax.send_at is not None and fax.send_at <= self.clock.now():
            raise errors.InvalidParameter("sendTime")
        return super().send_fax(sender, fax)


@in_world(FAX)
class RefusesNationalNumbers(World):
    """A fax to a number of ten digits is refused, at home too."""

    def send_fax(self, sender: Extension, fax: SendFax) -> FaxSent:
        for recipient in fax.recipients:
            if len(recipient.phone_number) == 10:
                raise errors.InvalidParameter("to.phoneNumber", recipient.phone_number)
        return super().send_fax(sender, fax)


@in_world(FAX)
class SendsEveryFaxFinely(World):
    """A fax has the resolution High, whichever is asked for."""

    def send_fax(self, sender: Extension, fax: SendFax) -> FaxSent:
        return super().send_fax(sender, fax._replace(resolution=FaxResolution.HIGH))


@in_answers(FAX, READ)
def counts_no_cover_page(exchange: Exchange) -> None:
    """The cover page is no page of a fax."""
    if exchange.status == 200 and b'"faxPageCount"' in exchange.answer:

        def change(body: Json) -> None:
            for fax in body.get("records", [body]):
                if fax.get("coverIndex") and fax["faxPageCount"]:
                    fax["faxPageCount"] -= 1

        exchange.change_answer(change)


@in_answers(FAX, READ)
def counts_pages_before_sending(exchange: Exchange) -> None:
    """A fax has pages while it is Queued."""
    if exchange.status == 200 and b'"faxPageCount": 0' in exchange.answer.replace(b":0", b": 0"):

        def change(body: Json) -> None:
            for fax in body.get("records", [body]):
                if fax.get("faxPageCount") == 0:
                    fax["faxPageCount"] = len(fax["attachments"])

        exchange.change_answer(change)


@in_world(FAX)
class ForgetsNamesOfRecipients(World):
    """The recipients of a fax have lost the names that they were given."""

    def send_fax(self, sender: Extension, fax: SendFax) -> FaxSent:
        return super().send_fax(
            sender, fax._replace(recipients=tuple(one._replace(name=None) for one in fax.recipients))
        )


@in_world(FAX)
class ForgetsCoverTexts(World):
    """A fax with a cover page has lost the text on it."""

    def send_fax(self, sender: Extension, fax: SendFax) -> FaxSent:
        return super().send_fax(sender, fax._replace(cover_text=None))


@in_answers(READ, FAX)
def renders_every_document(exchange: Exchange) -> None:
    """Every file of a fax is a rendered document."""
    if exchange.status == 200 and b'"SourceDocument"' in exchange.answer:
        exchange.answer = exchange.answer.replace(b'"SourceDocument"', b'"RenderedDocument"')


@in_answers(READ)
def numbers_recipients_alike(exchange: Exchange) -> None:
    """All recipients of a fax have one recipientId."""
    if exchange.status == 200 and b'"recipientId"' in exchange.answer:

        def change(body: Json) -> None:
            for fax in body.get("records", [body]):
                for party in fax["to"]:
                    if "recipientId" in party:
                        party["recipientId"] = fax["to"][0]["recipientId"]

        exchange.change_answer(change)


@in_answers(READ)
def has_sent_a_fax_to_somebody(exchange: Exchange) -> None:
    """A fax is Sent when it has reached one of its recipients."""
    if exchange.status == 200 and b'"faxPageCount"' in exchange.answer:

        def change(body: Json) -> None:
            for fax in body.get("records", [body]):
                if any(party.get("messageStatus") == "Sent" for party in fax.get("to", ())):
                    fax["messageStatus"] = "Sent"

        exchange.change_answer(change)
