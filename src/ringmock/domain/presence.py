"""Presence: what users say of themselves. Nobody calls anybody here, so nothing else moves it."""

from dataclasses import dataclass, replace
from enum import StrEnum


class UserStatus(StrEnum):
    """What a user says; also what others see (`presenceStatus`)."""

    OFFLINE = "Offline"
    BUSY = "Busy"
    AVAILABLE = "Available"


class DndStatus(StrEnum):
    """Which calls a user takes: his own, those of his call queues, both or neither."""

    ALL = "TakeAllCalls"
    NO_QUEUE = "DoNotAcceptDepartmentCalls"
    QUEUE_ONLY = "TakeDepartmentCallsOnly"
    NONE = "DoNotAcceptAnyCalls"


class CallerIdVisibility(StrEnum):
    """Who sees with whom a user speaks."""

    ALL = "All"
    NOBODY = "None"
    PERMITTED = "PermittedUsers"


_TAKEN = {
    DndStatus.ALL: (True, True),
    DndStatus.NO_QUEUE: (True, False),
    DndStatus.QUEUE_ONLY: (False, True),
    DndStatus.NONE: (False, False),
}
"""Whether a user takes his own calls, and those of his call queues."""
_DND = {taken: status for status, taken in _TAKEN.items()}


@dataclass(frozen=True, slots=True)
class Presence:
    """Of one extension. `declined_queues`: the numbers of the Departments whose calls a member does not take."""

    user_status: UserStatus = UserStatus.AVAILABLE
    takes_own_calls: bool = True
    takes_queue_calls: bool = True
    message: str = ""
    is_visible: bool = True
    caller_id_visibility: CallerIdVisibility = CallerIdVisibility.ALL
    ring_on_monitored_call: bool = False
    pick_up_calls_on_hold: bool = False
    declined_queues: frozenset[str] = frozenset()

    @property
    def dnd_status(self) -> DndStatus:
        return _DND[self.takes_own_calls, self.takes_queue_calls]

    @property
    def personal_dnd_status(self) -> DndStatus:
        """The same of the user's own calls alone."""
        return DndStatus.ALL if self.takes_own_calls else DndStatus.NONE

    @property
    def status(self) -> UserStatus:
        """What others see: who takes no call at all is Busy, whatever he says."""
        is_away = self.user_status is UserStatus.OFFLINE
        return UserStatus.BUSY if self.dnd_status is DndStatus.NONE and not is_away else self.user_status

    def with_dnd(self, status: DndStatus) -> "Presence":
        """The same, with these calls taken."""
        own, queue = _TAKEN[status]
        return replace(self, takes_own_calls=own, takes_queue_calls=queue)

    def accepting(self, queue: str, *, accepts: bool) -> "Presence":
        """The same, with the calls of this Department taken or not."""
        declined = self.declined_queues - {queue} if accepts else self.declined_queues | {queue}
        return replace(self, declined_queues=declined)


OFFLINE = Presence(user_status=UserStatus.OFFLINE)
"""Of who is not Enabled: nobody can be signed in as him."""
