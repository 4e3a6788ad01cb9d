"""Sending faxes."""

from ..call import Answer, Call
from ..wire import faxes as wire
from ..wire.messages import message_resource
from .access import own_extension, view_of

_JSON = "application/json"


def create_fax_message(call: Call) -> Answer:
    """`createFaxMessage`: documents in parts, or in JSON a fax that is sent again."""
    extension, world = own_extension(call), call.here
    if call.media_type == _JSON:
        body = call.body
        recipients, send_at = wire.recipients_from(body), wire.send_at_from(body)
        sent = world.resend_fax(extension, str(body["originalMessageId"]), recipients, send_at)
    else:
        sent = world.send_fax(extension, wire.fax_from(call.body, call.attachments))
    call.routed = sent.routed
    return Answer(message_resource(sent.message, view_of(call), just_sent=True))
