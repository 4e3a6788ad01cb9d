"""Threads that forget who takes part in them, or remember too long (R-20 to R-24)."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from ringmock.domain.account import Account, Extension
from ringmock.domain.conversation import participants
from ringmock.domain.message import Delivery, Message, MessageType
from ringmock.domain.message_filter import MessageFilter, MessagePage
from ringmock.domain.pager import SendPager, plan_pager
from ringmock.world.history.commands import Base
from ringmock.world.world import Sent, World

from .exchange import Exchange
from .fault import StoreAround, awake, everyone_as, in_answers, in_store, in_world, seeing
from .operations import ASSIGN, CONTENT, DELETE, LIST, MEMBERS, PAGER, READ
from .pages import addressed


def _thread(world: World, sender: Extension, pager: SendPager) -> Message | None:
    return None if pager.reply_on is None else world.messages.find(sender.number, pager.reply_on)


class _Remembering(World):
    """Knows whoever was in a Department at any time."""

    def begin_again(self, base: Base) -> None:
        super().begin_again(base)
        self.ever = {number: list(e.members) for number, e in self.account.extensions.items()}

    def set_members(self, department: Extension, members: Iterable[str]) -> None:
        super().set_members(department, members)
        now = self.account.extensions[department.number].members
        self.ever[department.number] = list(dict.fromkeys([*self.ever[department.number], *now]))

    def with_everyone(self) -> Account:
        """The account as if nobody had ever left a Department."""
        return everyone_as(self.account, lambda e: replace(e, members=tuple(self.ever[e.number])))


@in_world(PAGER, ASSIGN)
class LetsTheRemovedReply(_Remembering):
    """A member who was removed can still reply."""

    def send_pager(self, sender: Extension, pager: SendPager) -> Sent:
        def seen(extension: Extension) -> Extension:
            was_in = sender.number in self.ever[extension.number] and sender.number not in extension.members
            return replace(extension, members=(*extension.members, sender.number)) if was_in else extension

        with seeing(self, everyone_as(self.account, seen)):
            return super().send_pager(sender, pager)


@in_world(PAGER, ASSIGN)
class PagesTheRemoved(_Remembering):
    """A member who was removed receives the replies all the same."""

    def send_pager(self, sender: Extension, pager: SendPager) -> Sent:
        replied_to = _thread(self, sender, pager)
        takes_part = replied_to is not None and sender in participants(replied_to.conversation, self.account)
        with seeing(self, self.with_everyone() if takes_part else self.account):
            return super().send_pager(sender, pager)


@in_world(READ, CONTENT, ASSIGN)
class ShowsTheRemoved(_Remembering):
    """A member who was removed can still read the messages of the thread."""

    def read_message(self, extension: Extension, message_id: int) -> Message:
        with seeing(self, self.with_everyone()):
            return super().read_message(extension, message_id)

    def change_message(self, extension: Extension, message_id: int, *change: Any) -> Message:
        World.read_message(self, extension, message_id)
        return super().change_message(extension, message_id, *change)

    def delete_message(self, extension: Extension, message_id: int, *, purge: bool) -> None:
        if self.messages.find(extension.number, message_id) is not None:
            World.read_message(self, extension, message_id)
        super().delete_message(extension, message_id, purge=purge)


@in_world(LIST, ASSIGN)
class ListsForTheRemoved(_Remembering):
    """A member who was removed still finds the thread in his lists."""

    def list_messages(self, extension: Extension, wanted: MessageFilter) -> MessagePage:
        with seeing(self, self.with_everyone()):
            return super().list_messages(extension, wanted)


@in_world(DELETE, ASSIGN)
class DeletesForTheRemoved(World):
    """A member who was removed can still delete messages of the thread."""

    def delete_message(self, extension: Extension, message_id: int, *, purge: bool) -> None:
        message = self.messages.find(extension.number, message_id)
        if message is not None:
            self.messages.delete(message, self.clock.now(), purge=purge)


@in_world(PAGER, ASSIGN)
class CountsMembersAtTheStart(World):
    """Whoever was in the Department when a thread began takes part for good, and nobody else."""

    def begin_again(self, base: Base) -> None:
        super().begin_again(base)
        self.members: dict[int, dict[str, tuple[str, ...]]] = {}

    def send_pager(self, sender: Extension, pager: SendPager) -> Sent:
        replied_to = _thread(self, sender, pager)
        if replied_to is None:
            sent = super().send_pager(sender, pager)
            then = {number: e.members for number, e in self.account.extensions.items()}
            self.members[sent.message.conversation.id] = then
            return sent
        then = self.members.get(replied_to.conversation.id, {})
        account = everyone_as(self.account, lambda e: replace(e, members=then.get(e.number, e.members)))
        with seeing(self, account):
            return super().send_pager(sender, pager)


@in_world(PAGER, ASSIGN)
class KeepsTheRemovedOutForGood(World):
    """A member who comes back to the Department does not find its threads again."""

    def begin_again(self, base: Base) -> None:
        super().begin_again(base)
        self.removed: set[str] = set()

    def set_members(self, department: Extension, members: Iterable[str]) -> None:
        before = self.account.extensions[department.number].members
        super().set_members(department, members)
        self.removed |= set(before) - set(self.account.extensions[department.number].members)

    def list_messages(self, extension: Extension, wanted: MessageFilter) -> MessagePage:
        found = super().list_messages(extension, wanted)
        kept = tuple(m for m in found.records if not (m.via and extension.number in self.removed))
        return MessagePage(kept, len(kept) if len(kept) < len(found.records) else found.total)


@in_world(ASSIGN, MEMBERS)
class RemovesNobody(World):
    """Whoever leaves a Department stays in it."""

    def set_members(self, department: Extension, members: Iterable[str]) -> None:
        before = self.account.extensions[department.number].members
        super().set_members(department, [*before, *members])


@in_store(PAGER)
class AnswersInANewThread(StoreAround):
    """A reply opens a conversation of its own."""

    def planned(self, delivery: Delivery) -> Delivery:
        if delivery.type is not MessageType.PAGER:
            return delivery
        return delivery._replace(conversation=delivery.conversation._replace(id=None))


@in_world(PAGER)
class AnswersStrangers(World):
    """One can reply to a page of which one holds no copy."""

    def send_pager(self, sender: Extension, pager: SendPager) -> Sent:
        if pager.reply_on is None or _thread(self, sender, pager) is not None:
            return super().send_pager(sender, pager)
        copies = (self.messages.find(number, pager.reply_on) for number in self.account.extensions)
        replied_to = next((copy for copy in copies if copy is not None), None)
        plan = plan_pager(self.account, sender, pager, replied_to)
        return Sent(self.messages.record(plan, self.clock.now())[0], plan.routed)


@in_world(PAGER)
class OverlooksAnUnknownThread(World):
    """A page whose replyOn names nothing is sent as a new one."""

    def send_pager(self, sender: Extension, pager: SendPager) -> Sent:
        if pager.to and _thread(self, sender, pager) is None:
            return super().send_pager(sender, replace(pager, reply_on=None))
        return super().send_pager(sender, pager)


@in_world(PAGER)
class OverlooksToInReplies(World):
    """A reply may name anyone in `to`: nobody looks."""

    def send_pager(self, sender: Extension, pager: SendPager) -> Sent:
        return super().send_pager(sender, pager if pager.reply_on is None else replace(pager, to=()))


@in_world(PAGER)
class AnswersOnlyToTheNamed(World):
    """A reply reaches those in `to` and not the others of the thread."""

    def send_pager(self, sender: Extension, pager: SendPager) -> Sent:
        plan = plan_pager(self.account, sender, pager, _thread(self, sender, pager))
        if pager.reply_on is not None and pager.to:
            named = {extension.number for extension in addressed(self, pager)}
            plan = plan._replace(routed=tuple(routed for routed in plan.routed if routed.recipient in named))
        return Sent(self.messages.record(plan, self.clock.now())[0], plan.routed)


@in_world(PAGER)
class AnswersOnlyToTheAuthor(World):
    """A reply reaches the author of the page that it answers, and nobody else of the thread."""

    def send_pager(self, sender: Extension, pager: SendPager) -> Sent:
        replied_to = _thread(self, sender, pager)
        plan = plan_pager(self.account, sender, pager, replied_to)
        if replied_to is not None and replied_to.sender != sender.number:
            plan = plan._replace(routed=tuple(r for r in plan.routed if r.recipient == replied_to.sender))
        return Sent(self.messages.record(plan, self.clock.now())[0], plan.routed)


@in_store(PAGER)
class ForgetsTheStarter(StoreAround):
    """A reply reaches those whom the thread was addressed to, and not who started it."""

    def planned(self, delivery: Delivery) -> Delivery:
        starter, is_reply = delivery.conversation.addressed[:1], delivery.conversation.id is not None
        if delivery.type is not MessageType.PAGER or not is_reply:
            return delivery
        return delivery._replace(routed=tuple(r for r in delivery.routed if r.recipient not in starter))


@in_world(PAGER)
class AnswersPastTheFrozen(World):
    """A reply passes over an addressed participant who is Frozen now, as if he were a Department's member."""

    def send_pager(self, sender: Extension, pager: SendPager) -> Sent:
        replied_to = _thread(self, sender, pager)
        if replied_to is None:
            return super().send_pager(sender, pager)
        in_person = replied_to.conversation.addressed
        asleep = {number for number in in_person if not self.account.extensions[number].is_active}
        with seeing(self, everyone_as(self.account, lambda e: awake(e) if e.number in asleep else e)):
            plan = plan_pager(self.account, sender, pager, replied_to)
        plan = plan._replace(routed=tuple(r for r in plan.routed if r.recipient not in asleep))
        return Sent(self.messages.record(plan, self.clock.now())[0], plan.routed)


@in_answers(PAGER)
def refuses_the_removed_with_another_code(exchange: Exchange) -> None:
    """A removed member's reply is refused as any other message that he may not see."""
    if exchange.status == 403 and b"MSG-326" in exchange.answer:
        exchange.refuse(403, "CMN-408")


@in_answers(PAGER)
def hides_from_the_removed(exchange: Exchange) -> None:
    """A removed member's reply is refused with 404, as if the thread were not there."""
    if exchange.status == 403 and b"MSG-326" in exchange.answer:
        exchange.refuse(404, "CMN-102", "replyOn")
