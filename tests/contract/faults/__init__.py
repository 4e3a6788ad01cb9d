"""Wrong servers: the right one with a single mistake in it, each planted from outside, by room.

A fault is put around the application, or is a world, a message store or a registry that goes by other rules and is
handed to the right application. Nothing of the application is patched.
"""

from types import ModuleType

from . import (
    access,
    accounts,
    address_books,
    answers,
    attachments,
    before_messages,
    boundaries,
    corners,
    events,
    faxes,
    generations,
    headers,
    high_volume,
    listings,
    mailboxes,
    message_threads,
    pages,
    refusals,
    second_calls,
    several_messages,
    sign_in,
    sms,
    subscriptions,
    text_length,
    threads,
    today,
    unusual_calls,
)
from .fault import Fault

ROOMS = (
    text_length,
    sms,
    attachments,
    pages,
    threads,
    mailboxes,
    several_messages,
    access,
    answers,
    refusals,
    generations,
    boundaries,
    sign_in,
    events,
    before_messages,
    message_threads,
    address_books,
    faxes,
    today,
    listings,
    subscriptions,
    high_volume,
    headers,
    accounts,
    second_calls,
    unusual_calls,
    corners,
)


def _planted_in(room: ModuleType) -> list[Fault]:
    return [value for value in vars(room).values() if isinstance(value, Fault)]


FAULTS = {fault.name: fault for room in ROOMS for fault in _planted_in(room)}
