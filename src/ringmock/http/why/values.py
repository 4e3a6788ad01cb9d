"""Values that a world takes: its own numbers, extensions and messages, by what a parameter is called."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from ...domain.account import Account, Extension, Feature
from ...domain.message import MessageType
from ...domain.message_filter import MessageFilter
from ...domain.rules import can_receive
from ...world.template import Credentials
from ...world.world import World

Json = Any

_EVER = MessageFilter(datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC), per_page=1)
FALLBACK_PHONE = "14151003732"


class Values:
    """For a caller in a world, as it is now."""

    def __init__(self, world: World, caller: Extension) -> None:
        self._world = world
        self.account: Account = world.account
        self.caller = caller

    @property
    def credentials(self) -> Mapping[str, Credentials]:
        """By extension number, as the fixture has them."""
        return self._world.template.credentials

    def phone_outside(self) -> str:
        """A phone that SMS go to."""
        return self.account.handsets[0] if self.account.handsets else FALLBACK_PHONE

    def sms_number(self, feature: Feature = Feature.SMS_SENDER) -> str | None:
        """A number that the caller may send SMS from."""
        numbers = (*self.account.numbers_of(self.caller), *self.account.numbers_shared_with(self.caller))
        fine = (phone.digits for phone in numbers if phone.can(Feature.SMS_SENDER) and phone.can(feature))
        return next((digits for digits in fine if digits not in self.account.a2p_numbers), None)

    def a2p_number(self) -> str | None:
        """A number that the caller may send high-volume SMS from."""
        own = (p.digits for p in self.account.numbers_of(self.caller) if p.digits in self.account.a2p_numbers)
        return next(own, next(iter(sorted(self.account.a2p_numbers)), None))

    def paged(self) -> Iterator[str]:
        """Numbers of extensions that pages reach, the caller's last."""
        last = []
        for extension in self.account.extensions.values():
            is_empty = extension.is_department and not self.account.members_of(extension)
            if extension.is_active and can_receive(extension, MessageType.PAGER) and not is_empty:
                if extension.number == self.caller.number:
                    last.append(extension.number)
                else:
                    yield extension.number
        yield from last

    def message_id(self) -> int | None:
        """Of the newest message that the caller can read."""
        found = self._world.list_messages(self.caller, _EVER).records
        return found[0].id if found else None

    def holds(self, message_id: object) -> bool:
        """Whether the caller holds a page of this id."""
        if not isinstance(message_id, int) or not 0 <= message_id < 1 << 63:
            return False
        held = self._world.messages.find(self.caller.number, message_id)
        return held is not None and held.type is MessageType.PAGER

    def for_name(self, operation: str, names: Sequence[str]) -> Json:
        """A value for a parameter, by the names that lead to it; None where it is nobody's business here."""
        last, above = names[-1] if names else "", names[-2] if len(names) > 1 else ""
        sends_many = operation == "createA2PSMS" or "A2P" in operation
        if sends_many and last == "from":
            return self.a2p_number()
        if sends_many and last == "to":
            return [self.phone_outside()]
        if last == "phoneNumber" and above == "from":
            return self.sms_number()
        if last == "phoneNumber" and above == "to":
            return self.phone_outside()
        if last == "extensionNumber":
            return self.caller.number if above == "from" else next(self.paged(), None)
        if last == "extensionId" and above:
            number = self.caller.number if above == "from" else next(self.paged(), None)
            return None if number is None else str(self.account.extensions[number].id)
        return None
