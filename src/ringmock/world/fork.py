"""A world that begins as another one is now."""

import copyreg
import io
import pickle
from typing import Any

from ..domain.agenda import Agenda
from ..domain.message import Message
from ..domain.subscription_store import SubscriptionStore
from .fax_operations import Arrival
from .ids import SequentialIds
from .template import ClockStart
from .uncollected import uncollected
from .world import World

_COPIED = (
    "_messages",
    "_ids",
    "a2p",
    "_sms_stores",
    "_threads",
    "message_templates",
    "presences",
    "presence_changes",
    "account_changes",
    "reports",
    "retention",
    "consents",
    "carrier",
    "_dice",
    "limits",
    "faults",
    "has_limits_or_faults",
    "sync_tokens",
    "page_tokens",
    "_signer",
    "thread_tokens",
    "contacts",
    "registrations",
    "contact_tokens",
)


def copy_into(fork: World, origin: World) -> None:
    """Give `fork` the account, mailboxes, clock, ids, limits and faults of `origin`, as they are now.

    Subscriptions, connections and sessions stay with the origin, and the journal of calls begins anew. Raises
    `StoreFull` when the server has no space for the copies, and changes nothing then.
    """
    fork.share.take(origin.share.records, origin.share.file_bytes)
    fork.share.add(-(fork.share.records - origin.share.records), -(fork.share.file_bytes - origin.share.file_bytes))
    clock = origin.clock
    with fork.moment.held():
        fork.clock.restart(ClockStart(clock.now(), frozen=clock.is_frozen))
    fork.account = origin.account
    ageing = [(message, at) for at, message in origin.ageing_things()]
    state = {name: getattr(origin, name) for name in _COPIED}
    held = {**state, "ageing": ageing, "arrivals": origin.arrivals(), "entries": origin.message_journal.state}
    copied = _copied(held, (origin.template, origin.account, origin.generation))
    for name in _COPIED:
        setattr(fork, name, copied[name])
    fork.opt_outs = fork.consents.opt_outs
    fork.message_journal.state = copied["entries"]
    again: Agenda[Message] = Agenda()
    for message, at in copied["ageing"]:
        again.schedule(message, at)
    fork.replace_ageing(again)
    arriving: Agenda[Arrival] = Agenda()
    for at, arrival in copied["arrivals"]:
        arriving.schedule(arrival, at)
    fork.replace_arrivals(arriving)
    fork.schedule_expiry()
    fork.history.continue_from(origin.history)
    fork.history.add(FORKED)


FORKED = "forked"
"""The world went on as a fork of what it was: without the subscriptions."""


def go_on_as_fork(world: World) -> None:
    """Leave the subscriptions, with what is due for them, to the origin."""
    world.agenda = Agenda(world.notify_time)
    world.subscriptions = SubscriptionStore(SequentialIds(world.template.ids), world.agenda, world.template.webhooks)
    world.schedule_expiry()
    world.schedule_arrivals()


def _copied(value: Any, shared: tuple[Any, ...]) -> Any:
    """A copy with the same references within it; `shared` objects are not copied.

    A pickler asks about objects of their classes alone: a persistent id would be asked of every text and number.
    """
    places = {id(each): place for place, each in enumerate(shared)}
    written = io.BytesIO()

    def reduced(each: Any) -> Any:
        place = places.get(id(each))
        return each.__reduce_ex__(pickle.HIGHEST_PROTOCOL) if place is None else (_shared, (place,))

    class Reader(pickle.Unpickler):
        def find_class(self, module: str, name: str) -> Any:
            found = super().find_class(module, name)
            return shared.__getitem__ if found is _shared else found

    writer = pickle.Pickler(written, pickle.HIGHEST_PROTOCOL)
    writer.dispatch_table = {**copyreg.dispatch_table, **{type(each): reduced for each in shared}}
    with uncollected():
        writer.dump(value)
        written.seek(0)
        return Reader(written).load()


def _shared(_: int) -> Any:
    """Stands for a shared object, by its place."""
    raise AssertionError("whoever reads a copy has what this stands for")
