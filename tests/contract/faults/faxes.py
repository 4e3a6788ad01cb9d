"""Faxes that are sent when they should not be, or told otherwise than they went."""

from ringmock.domain.account import Extension
from ringmock.domain.fax import SendFax
from ringmock.domain.message import Message
from ringmock.world.fax_operations import FaxSent
from ringmock.world.world import World

from .exchange import Exchange, Json
from .fault import in_answers, in_world
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
