"""Batches of ordinary SMS, by version 2 of the API."""

from ...domain.slices import Slices
from ..call import Answer, Call
from ..wire import sms_batches as wire
from .access import own_extension, view_of


def create_sms_batch(call: Call) -> Slices[Answer]:
    """`createSmsBatch`."""
    extension = own_extension(call)
    sent = yield from call.here.sending_sms_batch(extension, wire.batch_from(call.body, call.attachments))
    call.routed = sent.routed
    return Answer(wire.batch_resource(sent, view_of(call)), status=201)
