"""Pages that reach too many, too few or the wrong ones (R-03, R-08 to R-10, R-14, R-18, R-19)."""

import json
import re
from collections.abc import Callable
from dataclasses import replace

from ringmock.domain import errors
from ringmock.domain.account import Extension, ExtensionType
from ringmock.domain.message import Delivery, MessageType, Outcome, Routed
from ringmock.domain.pager import Address, SendPager
from ringmock.world.world import Sent, World

from .exchange import Exchange, Json
from .fault import StoreAround, awake, everyone_as, in_answers, in_requests, in_store, in_world, seeing
from .operations import PAGER


def addressed(world: World, pager: SendPager) -> list[Extension]:
    """The extensions that a page names and that the account has."""
    found = [_extension(world, address) for address in pager.to]
    return [extension for extension in found if extension is not None]


def _extension(world: World, address: Address) -> Extension | None:
    if address.number is not None:
        return world.account.extensions.get(address.number)
    return None if address.id is None else world.account.extension_by_id(address.id)


def _without(world: World, pager: SendPager, unwanted: Callable[[Extension | None], bool]) -> SendPager:
    return replace(pager, to=tuple(to for to in pager.to if not unwanted(_extension(world, to))))


def _is_inactive(extension: Extension | None) -> bool:
    return extension is not None and not extension.is_active


# --- fan-out --------------------------------------------------------------------------------------


@in_store(PAGER)
class DoesNotFanOut(StoreAround):
    """A page to a Department reaches the Department and none of its members."""

    def planned(self, delivery: Delivery) -> Delivery:
        return delivery._replace(routed=tuple(routed for routed in delivery.routed if routed.rule != "R-10"))


@in_store(PAGER)
class FansOutToTheFirst(StoreAround):
    """A page to a Department reaches its first member only, like a call that is answered."""

    def planned(self, delivery: Delivery) -> Delivery:
        members = [routed for routed in delivery.routed if routed.rule == "R-10"]
        return delivery._replace(routed=tuple(routed for routed in delivery.routed if routed not in members[1:]))


@in_store(PAGER)
class FansOutToTheSender(StoreAround):
    """A member who pages his own Department gets his page back."""

    def planned(self, delivery: Delivery) -> Delivery:
        departments = [self.world.account.extensions[number] for number in delivery.conversation.departments]
        if not any(delivery.sender in department.members for department in departments):
            return delivery
        back = Routed(delivery.sender, Outcome.DELIVERED, "R-10", mailbox=delivery.sender)
        return delivery._replace(routed=(*delivery.routed, back))


@in_store(PAGER)
class DeliversTwice(StoreAround):
    """Someone who is addressed in person and is a member as well gets two copies."""

    def planned(self, delivery: Delivery) -> Delivery:
        departments = [self.world.account.extensions[number] for number in delivery.conversation.departments]
        again = [
            routed
            for routed in delivery.routed
            if routed.rule == "R-03" and any(routed.recipient in department.members for department in departments)
        ]
        return delivery._replace(routed=(*delivery.routed, *again))


@in_store(PAGER)
class FansOutByDepartment(StoreAround):
    """A member of two Departments gets a copy through each."""

    def planned(self, delivery: Delivery) -> Delivery:
        departments = [self.world.account.extensions[number] for number in delivery.conversation.departments]
        again = [
            routed
            for routed in delivery.routed
            for department in departments[1:]
            if routed.rule == "R-10" and routed.recipient in department.members and len(departments) > 1
        ]
        return delivery._replace(routed=(*delivery.routed, *again))


@in_store(PAGER)
class KeepsNothingForDepartments(StoreAround):
    """A page to a Department is in its members' mailboxes and not in its own."""

    def planned(self, delivery: Delivery) -> Delivery:
        departments = delivery.conversation.departments
        return delivery._replace(routed=tuple(r for r in delivery.routed if r.recipient not in departments))


@in_store(PAGER)
class ForgetsTheLastRecipient(StoreAround):
    """Of several recipients the last gets nothing."""

    def planned(self, delivery: Delivery) -> Delivery:
        is_page_to_several = delivery.type is MessageType.PAGER and len(delivery.routed) > 1
        return delivery._replace(routed=delivery.routed[:-1]) if is_page_to_several else delivery


@in_answers(PAGER)
def knows_no_departments(exchange: Exchange) -> None:
    """pgToDepartment is always false."""

    def deny(message: Json) -> None:
        if "pgToDepartment" in message:
            message["pgToDepartment"] = False

    exchange.change_messages(deny)


# --- the Frozen and the Disabled ------------------------------------------------------------------


@in_world(PAGER)
class PagesTheFrozen(World):
    """A page to a Frozen extension is delivered."""

    def send_pager(self, sender: Extension, pager: SendPager) -> Sent:
        numbers = {extension.number for extension in addressed(self, pager)}

        def seen(extension: Extension) -> Extension:
            return awake(extension) if extension.number in numbers else extension

        with seeing(self, everyone_as(self.account, seen)):
            return super().send_pager(sender, pager)


@in_world(PAGER)
class SkipsTheFrozen(World):
    """A page to a list with a Frozen extension is accepted, and passes that one over."""

    def send_pager(self, sender: Extension, pager: SendPager) -> Sent:
        return super().send_pager(sender, _without(self, pager, _is_inactive))


@in_world(PAGER)
class PagesTheOthersAndRefuses(World):
    """A page to a list with a Frozen extension reaches the others before it is refused."""

    def send_pager(self, sender: Extension, pager: SendPager) -> Sent:
        try:
            return super().send_pager(sender, pager)
        except errors.RecipientInactive:
            others = _without(self, pager, _is_inactive)
            if others.to:
                super().send_pager(sender, others)
            raise


@in_store(PAGER)
class PagesFrozenMembers(StoreAround):
    """A page through a Department is received by its Frozen members too."""

    def planned(self, delivery: Delivery) -> Delivery:
        def served(routed: Routed) -> Routed:
            return routed._replace(mailbox=routed.recipient) if routed.rule == "R-19" else routed

        return delivery._replace(routed=tuple(map(served, delivery.routed)))


@in_world(PAGER)
class RefusesFrozenMembers(World):
    """A page to a Department with a Frozen member is refused."""

    def send_pager(self, sender: Extension, pager: SendPager) -> Sent:
        for department in addressed(self, pager):
            for member in self.account.members_of(department):
                if not member.is_active:
                    raise errors.RecipientInactive("to", member.number)
        return super().send_pager(sender, pager)


@in_world(PAGER)
class RefusesSleepingDepartments(World):
    """A Department all of whose members are inactive counts as one without members."""

    def send_pager(self, sender: Extension, pager: SendPager) -> Sent:
        for extension in addressed(self, pager):
            if extension.is_department and not any(m.is_active for m in self.account.members_of(extension)):
                raise errors.DepartmentWithoutMembers("to", extension.number)
        return super().send_pager(sender, pager)


@in_world(PAGER)
class RefusesNotActivated(World):
    """A page to an extension that is NotActivated is refused as if it were Disabled."""

    def send_pager(self, sender: Extension, pager: SendPager) -> Sent:
        for extension in addressed(self, pager):
            if not extension.can_log_in:
                raise errors.RecipientInactive("to", extension.number)
        return super().send_pager(sender, pager)


# --- who and whom ---------------------------------------------------------------------------------


@in_world(PAGER)
class LetsDepartmentsPage(World):
    """A Department may send pages."""

    def send_pager(self, sender: Extension, pager: SendPager) -> Sent:
        return super().send_pager(replace(sender, type=ExtensionType.USER), pager)


@in_world(PAGER)
class PagesInOthersNames(World):
    """`from` may name anyone; the page goes out under one's own name."""

    def send_pager(self, sender: Extension, pager: SendPager) -> Sent:
        return super().send_pager(sender, replace(pager, sender=None))


@in_world(PAGER)
class PagesAnnouncements(World):
    """An extension of a type that receives no pages gets one."""

    def send_pager(self, sender: Extension, pager: SendPager) -> Sent:
        def seen(extension: Extension) -> Extension:
            is_deaf = extension.type is ExtensionType.ANNOUNCEMENT
            return replace(extension, type=ExtensionType.USER) if is_deaf else extension

        with seeing(self, everyone_as(self.account, seen)):
            return super().send_pager(sender, pager)


@in_world(PAGER)
class PagesEmptyDepartments(World):
    """A page to a Department without members is accepted."""

    def send_pager(self, sender: Extension, pager: SendPager) -> Sent:
        def seen(extension: Extension) -> Extension:
            is_empty = extension.is_department and not extension.members
            return replace(extension, members=(sender.number,)) if is_empty else extension

        with seeing(self, everyone_as(self.account, seen)):
            return super().send_pager(sender, pager)


@in_requests(PAGER)
def pages_owners_of_numbers(exchange: Exchange) -> None:
    """A page to a direct number of the account goes to the extension that owns it."""

    def owner(party: Json) -> Json:
        number = re.fullmatch(r"\+?16509100([0-9]{3})", str(party.get("phoneNumber", "")))
        return party if number is None else {"extensionNumber": number[1]}

    to = exchange.sent.get("to")
    if exchange.resource == "company-pager" and isinstance(to, list) and all(isinstance(one, dict) for one in to):
        exchange.body = json.dumps(exchange.sent | {"to": [owner(party) for party in to]}).encode()


@in_world(PAGER)
class OverlooksStrangers(World):
    """A recipient that the account does not have is passed over."""

    def send_pager(self, sender: Extension, pager: SendPager) -> Sent:
        known = _without(self, pager, lambda extension: extension is None)
        return super().send_pager(sender, known if known.to else pager)


@in_world(PAGER)
class BelievesTheNumber(World):
    """A recipient whose number and id name two extensions is the one with the number."""

    def send_pager(self, sender: Extension, pager: SendPager) -> Sent:
        def by_number(address: Address) -> Address:
            return address if address.number is None else replace(address, id=None)

        return super().send_pager(sender, replace(pager, to=tuple(map(by_number, pager.to))))
