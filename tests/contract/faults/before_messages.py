"""What a client asks before its first message, answered with something else than is so."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from ringmock.domain.account import Account, Extension, ExtensionStatus
from ringmock.domain.presence import Presence
from ringmock.domain.slices import Slices
from ringmock.domain.sms_batch import SendSmsBatch
from ringmock.domain.sms_registration import Registration, SmsRegistrations
from ringmock.world.history.commands import Base
from ringmock.world.sms_batches import SmsBatchSent
from ringmock.world.world import World

from .exchange import Exchange, Json
from .fault import in_answers, in_requests, in_world, turned_into
from .operations import (
    ACCOUNT_PRESENCE,
    CALLER_ID,
    FEATURES,
    LINK_NUMBERS,
    PRESENCE,
    PRESENCE_CHANGE,
    QUEUE_PRESENCE,
    QUEUE_PRESENCE_CHANGE,
    SMS_BATCH,
    SMS_BATCHES,
    SMS_OF_BATCHES,
    SUBSCRIBE,
)


@in_answers(FEATURES)
def has_every_feature(exchange: Exchange) -> None:
    """Every feature is available, whatever numbers the extension has."""
    if exchange.resource == "features" and exchange.status == 200:
        exchange.change_answer(_make_available)


def _make_available(body: Json) -> None:
    for record in body["records"]:
        record["available"] = True
        record.pop("reason", None)


@in_world(PRESENCE)
class ForgetsWhatItWasTold(World):
    """A change of a presence replaces all of it: what the body leaves out is as at the start."""

    def presence_of(self, extension: Extension) -> Presence:
        known = super().presence_of(extension)
        return Presence(user_status=known.user_status)


@in_world(PRESENCE)
class TakesFrozenForAvailable(World):
    """The presence of a frozen extension is Available."""

    def presence_of(self, extension: Extension) -> Presence:
        return self.presences.get(extension.number, Presence())


@in_world(QUEUE_PRESENCE)
class KeepsTakingQueueCalls(World):
    """A member of a call queue takes its calls, whatever he says."""

    def set_presence(self, extension: Extension, presence: Presence) -> None:
        for queue in presence.declined_queues:
            presence = presence.accepting(queue, accepts=True)
        super().set_presence(extension, presence)


@in_requests(PRESENCE_CHANGE, PRESENCE)
def lets_dnd_status_win(exchange: Exchange) -> None:
    """A change with a dndStatus leaves acceptCallQueueCalls aside."""
    is_change = exchange.method == "PUT" and exchange.resource == "presence"
    if is_change and {"dndStatus", "acceptCallQueueCalls"} <= exchange.sent.keys():
        kept = {name: value for name, value in exchange.sent.items() if name != "acceptCallQueueCalls"}
        exchange.body = json.dumps(kept).encode()


@in_world(PRESENCE, SUBSCRIBE)
class DoesNotTellOfFreezing(World):
    """Nobody is told that an extension is Offline since it was frozen."""

    def set_status(self, extension: Extension, status: ExtensionStatus) -> None:
        self.is_quiet = True
        super().set_status(extension, status)
        self.is_quiet = False

    def _notify_presence(self, number: str, before: Presence) -> None:
        if not getattr(self, "is_quiet", False):
            super()._notify_presence(number, before)


@in_world(PRESENCE_CHANGE, SUBSCRIBE)
class CountsNoPresenceEvents(World):
    """Every event of a presence is the first."""

    def _notify_presence(self, number: str, before: Presence) -> None:
        self.presence_changes = 0
        super()._notify_presence(number, before)


@in_answers(PRESENCE)
def hides_who_hides_from_himself(exchange: Exchange) -> None:
    """Who does not let himself be seen is Offline to himself too."""
    if exchange.method == "GET" and exchange.path.endswith("/extension/~/presence") and exchange.status == 200:
        exchange.change_answer(_hide)


def _hide(body: Json) -> None:
    if not body["allowSeeMyPresence"]:
        body["presenceStatus"] = "Offline"


@in_answers(PRESENCE)
def picks_up_what_it_rings_on(exchange: Exchange) -> None:
    """Who rings on monitored calls picks up held ones as well."""
    if exchange.resource == "presence" and exchange.status == 200:
        exchange.change_answer(_one_setting)


def _one_setting(body: Json) -> None:
    for presence in body.get("records", [body]):
        presence["pickUpCallsOnHold"] = presence["ringOnMonitoredCall"]


@in_answers(ACCOUNT_PRESENCE)
def lists_the_presence_of_users(exchange: Exchange) -> None:
    """The presences of an account are those of its users."""
    if exchange.path.endswith("/account/~/presence") and exchange.status == 200:
        exchange.change_answer(_of_users)


def _of_users(body: Json) -> None:
    body["records"] = [each for each in body["records"] if each["extension"]["extensionNumber"].startswith("1")]


@in_world(CALLER_ID)
class ForgetsOtherCallerIds(World):
    """A caller id that is chosen for one way of calling undoes the choice for the others."""

    def set_details(self, extension: Extension, details: Mapping[str, Any]) -> None:
        before = extension.details.get("caller_ids", {})
        chosen = details.get("caller_ids", {})
        changed = {feature: one for feature, one in chosen.items() if before.get(feature) != one}
        super().set_details(extension, {**details, **({"caller_ids": changed} if "caller_ids" in details else {})})


class _OneByOne(SmsRegistrations):
    def link(self, account: Account, to: Registration, phone_numbers: Sequence[str]) -> None:
        for each in phone_numbers:
            super().link(account, to, [each])


@in_world(LINK_NUMBERS)
class LinksNumbersOneByOne(World):
    """The numbers before a wrong one are registered all the same."""

    def begin_again(self, base: Base) -> None:
        super().begin_again(base)
        self.registrations = turned_into(_OneByOne, self.registrations)


class _FirstOfAll(SmsRegistrations):
    def of_number(self, digits: str) -> Registration | None:
        first = next((Registration(brand, each) for brand in self.brands for each in brand.campaigns), None)
        return super().of_number(digits) or first


@in_world(LINK_NUMBERS)
class RegistersEveryNumber(World):
    """A number that is registered for nothing has the account's first campaign."""

    def begin_again(self, base: Base) -> None:
        super().begin_again(base)
        self.registrations = turned_into(_FirstOfAll, self.registrations)


@in_answers(FEATURES)
def knows_no_sms_recipients(exchange: Exchange) -> None:
    """Nobody has the feature of a Department's SMS recipients."""
    if exchange.resource == "features" and exchange.status == 200:
        exchange.change_answer(_without_recipients)


def _without_recipients(body: Json) -> None:
    for record in body["records"]:
        if record["id"] == "CallQueueSmsRecipient":
            record["available"] = False


@in_answers(SMS_OF_BATCHES)
def bills_by_message(exchange: Exchange) -> None:
    """An SMS of a batch is one segment, however long."""
    if exchange.path.startswith("/restapi/v2/") and exchange.path.endswith("/sms/messages") and exchange.status == 200:
        exchange.change_answer(_of_one_segment)


def _of_one_segment(body: Json) -> None:
    for record in body["records"]:
        record.update(segmentCount=1, cost=0.0085 if record["cost"] else 0)


@in_answers(SMS_BATCH)
def numbers_the_rejected(exchange: Exchange) -> None:
    """What is rejected of a batch has its place among the rejected, not among the messages."""
    if exchange.method == "POST" and exchange.path.endswith("/sms/batches") and exchange.status == 201:
        exchange.change_answer(_number_rejected)


def _number_rejected(body: Json) -> None:
    for place, each in enumerate(body.get("rejected", ()), 1):
        each["index"] = place


@in_world(SMS_BATCH)
class SendsBatchesToWhoOptedOut(World):
    """An SMS of a batch is delivered to who has answered STOP."""

    def sending_sms_batch(self, sender: Extension, batch: SendSmsBatch) -> Slices[SmsBatchSent]:
        known, self.opt_outs = self.opt_outs, set()
        try:
            return (yield from super().sending_sms_batch(sender, batch))
        finally:
            self.opt_outs = known


@in_answers(SMS_BATCHES)
def leads_no_page_back(exchange: Exchange) -> None:
    """A page of batches leads to the next and never to the one before."""
    if exchange.method == "GET" and exchange.path.endswith("/sms/batches") and exchange.status == 200:
        exchange.change_answer(lambda body: body["paging"].pop("previousPageToken", None))


@in_requests(PRESENCE_CHANGE)
def passes_over_personal_dnd(exchange: Exchange) -> None:
    """A change of dndStatusPersonal is answered and not kept."""
    if exchange.method == "PUT" and exchange.resource == "presence" and "dndStatusPersonal" in exchange.sent:
        exchange.send(dndStatusPersonal=None)


@in_answers(PRESENCE)
def is_as_busy_as_it_says(exchange: Exchange) -> None:
    """Who takes no calls is as available as he says, not Busy."""
    if exchange.resource == "presence" and exchange.status == 200:
        exchange.change_answer(_as_said)


def _as_said(body: Json) -> None:
    for presence in body.get("records", [body]):
        presence["presenceStatus"] = presence.get("userStatus", "Offline")


@in_requests(PRESENCE_CHANGE)
def keeps_a_message_that_is_taken_back(exchange: Exchange) -> None:
    """An empty message leaves the one from before."""
    if exchange.method == "PUT" and exchange.resource == "presence" and exchange.sent.get("message") == "":
        exchange.send(message=None)


@in_world(QUEUE_PRESENCE_CHANGE)
class TakesQueuesTogether(World):
    """Who declines the calls of one queue declines those of all."""

    def set_presence(self, extension: Extension, presence: Presence) -> None:
        for queue in self.account.extensions.values():
            if presence.declined_queues and extension.number in queue.members:
                presence = presence.accepting(queue.number, accepts=False)
        super().set_presence(extension, presence)


@in_answers(QUEUE_PRESENCE)
def lets_members_decide(exchange: Exchange) -> None:
    """Every queue lets its members say whether they take its calls."""
    if exchange.resource == "call-queue-presence" and exchange.status == 200:
        exchange.change_answer(_editable)


def _editable(body: Json) -> None:
    for record in body["records"]:
        record["callQueue"]["editableMemberStatus"] = True


@in_answers(PRESENCE)
def tells_active_calls_unasked(exchange: Exchange) -> None:
    """A presence has its active calls, whether they are asked for or not."""
    if exchange.method == "GET" and exchange.path.endswith("/presence") and exchange.status == 200:
        exchange.change_answer(_with_calls)


def _with_calls(body: Json) -> None:
    for presence in body.get("records", [body]):
        presence.setdefault("activeCalls", [])


@in_answers(PRESENCE)
def denies_that_it_hides(exchange: Exchange) -> None:
    """Who does not let himself be seen says that he does."""
    if exchange.resource == "presence" and exchange.status == 200:
        exchange.change_answer(_visible)


def _visible(body: Json) -> None:
    for presence in body.get("records", [body]):
        presence["allowSeeMyPresence"] = True


@in_answers(ACCOUNT_PRESENCE)
def shows_the_hidden_to_all(exchange: Exchange) -> None:
    """In the list of all presences those are Available who hide theirs."""
    if exchange.path.endswith("/account/~/presence") and exchange.status == 200:
        exchange.change_answer(_all_available)


def _all_available(body: Json) -> None:
    for presence in body["records"]:
        if not presence["allowSeeMyPresence"]:
            presence["presenceStatus"] = "Available"
