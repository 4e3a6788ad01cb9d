"""SMS that go where they should not, or come from where they should not (R-06, R-07, R-11 to R-17)."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import count
from typing import Any

from ringmock.domain import errors
from ringmock.domain.account import Account, Extension, ExtensionStatus, ExtensionType, Feature, PhoneNumber, digits_of
from ringmock.domain.message import Delivery, Message, MessageType, Outcome, Routed
from ringmock.domain.ports import MessageStore
from ringmock.domain.sms import SendSms
from ringmock.world.world import Sent, World

from .exchange import Exchange, Json
from .fault import StoreAround, awake, everyone_as, in_answers, in_store, in_world, seeing
from .operations import LIST, PHONES, SMS


def _with_numbers(account: Account, change: Callable[[PhoneNumber], PhoneNumber]) -> Account:
    return replace(account, phone_numbers={digits: change(phone) for digits, phone in account.phone_numbers.items()})


# --- to the Frozen and the Disabled ---------------------------------------------------------------


@in_world(SMS)
class DropsNothing(World):
    """An SMS to a Frozen or Disabled extension is delivered."""

    def send_sms(self, sender: Extension, sms: SendSms) -> Sent:
        with seeing(self, everyone_as(self.account, awake)):
            return super().send_sms(sender, sms)


@in_world(SMS)
class DropsForTheFrozenOnly(World):
    """An SMS to a Disabled extension is delivered: only Frozen counts as inactive."""

    def send_sms(self, sender: Extension, sms: SendSms) -> Sent:
        def seen(extension: Extension) -> Extension:
            return awake(extension) if extension.status is ExtensionStatus.DISABLED else extension

        with seeing(self, everyone_as(self.account, seen)):
            return super().send_sms(sender, sms)


@in_world(LIST)
class DropsNothingFromOutside(World):
    """An SMS from a handset to a Frozen extension is delivered."""

    def receive_sms(self, handset: str, to: str | Sequence[str], *content: Any) -> tuple[Routed, ...]:
        with seeing(self, everyone_as(self.account, awake)):
            return super().receive_sms(handset, to, *content)


@in_world(SMS)
class RefusesWhatItShouldDrop(World):
    """An SMS to a Frozen extension is refused, as a page to it would be."""

    def send_sms(self, sender: Extension, sms: SendSms) -> Sent:
        for recipient in sms.recipients:
            owner = self.account.owner_of(digits_of(recipient))
            if owner is not None and not owner.is_active:
                raise errors.RecipientInactive("to", recipient)
        return super().send_sms(sender, sms)


@in_world(SMS)
class ForgetsWhatItDropped(World):
    """A dropped SMS is not in the sender's outbox either."""

    def send_sms(self, sender: Extension, sms: SendSms) -> Sent:
        sent = super().send_sms(sender, sms)
        if all(routed.outcome is not Outcome.DROPPED for routed in sent.routed):
            return sent
        answered = replace(sent.message)
        self.messages.delete(sent.message, self.clock.now(), purge=True)
        return Sent(answered, sent.routed)


@in_store(SMS)
class BetraysWhatItDropped(StoreAround):
    """A dropped SMS fails visibly, like one to a number that takes none."""

    def planned(self, delivery: Delivery) -> Delivery:
        def seen(routed: Routed) -> Routed:
            is_dropped = routed.outcome is Outcome.DROPPED
            return routed._replace(outcome=Outcome.UNDELIVERABLE) if is_dropped else routed

        return delivery._replace(routed=tuple(map(seen, delivery.routed)))


@in_store(SMS)
class KeepsTheDroppedForLater(StoreAround):
    """What was dropped is delivered once the extension thaws."""

    def __init__(self, store: MessageStore, world: World) -> None:
        super().__init__(store, world)
        self.waiting: list[Delivery] = []

    def record(self, delivery: Delivery, now: datetime) -> tuple[Message, ...]:
        self._deliver(now)
        if any(routed.outcome is Outcome.DROPPED for routed in delivery.routed):
            self.waiting.append(delivery)
        return self.store.record(delivery, now)

    def _deliver(self, now: datetime) -> None:
        for late in list(self.waiting):
            owner = self.world.account.owner_of(late.recipients[0])
            if owner is not None and owner.is_active:
                self.waiting.remove(late)
                arrived = late.routed[0]._replace(outcome=Outcome.DELIVERED, mailbox=owner.number)
                self.store.record(late._replace(outbox=None, routed=(arrived,)), now)


# --- from whom ------------------------------------------------------------------------------------


@in_world(SMS)
class SendsFromAnyNumber(World):
    """An SMS may come from any number of the account."""

    def send_sms(self, sender: Extension, sms: SendSms) -> Sent:
        with seeing(self, _with_numbers(self.account, lambda phone: replace(phone, owner=sender.number))):
            return super().send_sms(sender, sms)


@in_world(SMS)
class SendsForItsDepartments(World):
    """A manager sends from the number of a Department without having logged in as it."""

    def send_sms(self, sender: Extension, sms: SendSms) -> Sent:
        owner = self.account.owner_of(digits_of(sms.sender))
        manages = owner is not None and owner.manager == sender.number
        return super().send_sms(owner if manages else sender, sms)


@in_world(SMS)
class SendsWithoutTheFlag(World):
    """An SMS may come from a number without SmsSender."""

    def send_sms(self, sender: Extension, sms: SendSms) -> Sent:
        def seen(phone: PhoneNumber) -> PhoneNumber:
            return replace(phone, features=(*phone.features, Feature.SMS_SENDER))

        with seeing(self, _with_numbers(self.account, seen)):
            return super().send_sms(sender, sms)


@in_world(SMS)
class SendsNothingForDepartments(World):
    """A Department may not send SMS."""

    def send_sms(self, sender: Extension, sms: SendSms) -> Sent:
        if sender.is_department:
            raise errors.SenderNumberWithoutSms("from", sms.sender)
        return super().send_sms(sender, sms)


@in_answers(PHONES)
def hides_the_flag_of_departments(exchange: Exchange) -> None:
    """The phone number list of a Department lacks the SmsSender flag."""

    def hide(content: Json) -> None:
        for record in content["records"]:
            if record.get("extension", {}).get("extensionNumber") == "200":
                record["features"] = [feature for feature in record["features"] if feature != "SmsSender"]

    if exchange.resource == "phone-number" and "/extension/" in exchange.path and exchange.status == 200:
        exchange.change_answer(hide)


@in_answers(PHONES)
def shows_the_flag_everywhere(exchange: Exchange) -> None:
    """Every phone number has the SmsSender flag, whether it can send or not."""

    def show(content: Json) -> None:
        for record in content["records"]:
            record["features"] = list(dict.fromkeys([*record["features"], "SmsSender"]))

    if exchange.resource == "phone-number" and "/extension/" in exchange.path and exchange.status == 200:
        exchange.change_answer(show)


# --- to whom --------------------------------------------------------------------------------------


@in_world(SMS)
class SendsToSeveral(World):
    """An SMS may have several recipients in 2012 too."""

    def send_sms(self, sender: Extension, sms: SendSms) -> Sent:
        right, self.generation = self.generation, replace(self.generation, max_sms_recipients=10)
        try:
            return super().send_sms(sender, sms)
        finally:
            self.generation = right


@in_world(SMS)
class SendsAbroad(World):
    """An SMS may go abroad without the feature for it."""

    def send_sms(self, sender: Extension, sms: SendSms) -> Sent:
        def seen(phone: PhoneNumber) -> PhoneNumber:
            return replace(phone, features=(*phone.features, Feature.INTERNATIONAL_SMS_SENDER))

        with seeing(self, _with_numbers(self.account, seen)):
            return super().send_sms(sender, sms)


@in_world(SMS)
class DeliversToDepartments(World):
    """A Department receives SMS."""

    def send_sms(self, sender: Extension, sms: SendSms) -> Sent:
        def seen(extension: Extension) -> Extension:
            return replace(extension, type=ExtensionType.USER) if extension.is_department else extension

        with seeing(self, everyone_as(self.account, seen)):
            return super().send_sms(sender, sms)


@in_world(SMS)
class TakesExtensionNumbers(World):
    """An SMS to an extension number goes to the extension's direct number."""

    def send_sms(self, sender: Extension, sms: SendSms) -> Sent:
        def direct(number: str) -> str:
            extension = self.account.extensions.get(number)
            numbers = self.account.numbers_of(extension) if extension else ()
            return numbers[0].digits if numbers else number

        return super().send_sms(sender, sms._replace(recipients=tuple(map(direct, sms.recipients))))


@in_store(SMS)
class OpensAConversationForEach(StoreAround):
    """Every SMS is a conversation of its own."""

    def __init__(self, store: MessageStore, world: World) -> None:
        super().__init__(store, world)
        self.ids = count(4178398077955000000)

    def planned(self, delivery: Delivery) -> Delivery:
        if delivery.type is not MessageType.SMS:
            return delivery
        return delivery._replace(conversation=delivery.conversation._replace(id=next(self.ids)))


@in_store(SMS)
class LosesWhatArrives(StoreAround):
    """An SMS to a number of the account is in nobody's mailbox but the sender's."""

    def planned(self, delivery: Delivery) -> Delivery:
        if delivery.type is not MessageType.SMS or delivery.outbox is None:
            return delivery
        return delivery._replace(routed=tuple(routed._replace(mailbox=None) for routed in delivery.routed))


@in_store(SMS)
class KeepsSmsFromHandsets(StoreAround):
    """What is sent to a handset outside never reaches it."""

    def planned(self, delivery: Delivery) -> Delivery:
        kept = tuple(routed for routed in delivery.routed if routed.outcome is not Outcome.OUTSIDE)
        if len(kept) == len(delivery.routed):
            return delivery
        return delivery._replace(routed=kept, progress=delivery.progress or self.world.generation.sms_progress)


@in_store(SMS)
class SendsTwice(StoreAround):
    """An SMS to a handset outside reaches it twice."""

    def page_of_handset(self, digits: str, start: int, most: int) -> tuple[Message, ...]:
        return tuple(message for message in self.store.page_of_handset(digits, start, most) for _ in range(2))
