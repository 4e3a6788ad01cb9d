"""Presences of a world: each change is told once."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from builders import set_status, user, world
from ringmock.domain.account import ExtensionStatus
from ringmock.domain.message import Delivery, Message
from ringmock.domain.presence import Presence, UserStatus
from ringmock.domain.subscription import PresenceChanged


class Told:
    """A watcher that remembers the presences that it was told of."""

    def __init__(self) -> None:
        self.changes: list[tuple[str, str, int]] = []

    def recorded(self, delivery: Delivery, copies: Sequence[Message]) -> None: ...
    def changed(self, changes: Any) -> None: ...
    def answered(self, entry: Any) -> None: ...
    def batch_sent(self, batch: Any) -> None: ...
    def opted(self, sender: str, recipient: str, *, is_out: bool) -> None: ...
    def threads_changed(self, changed: Any) -> None: ...
    def time_changed(self) -> None: ...

    def presence_changed(self, changed: PresenceChanged) -> None:
        self.changes.append((changed.extension, changed.presence.user_status.value, changed.sequence))


def test_d47_a_change_of_a_presence_is_told_once_and_what_changes_nothing_never() -> None:
    here, told = world(user("101"), user("102")), Told()
    here.watch(told)
    busy = replace(Presence(), user_status=UserStatus.BUSY)
    for presence in (busy, busy, Presence()):
        here.set_presence(here.account.extensions["102"], presence)
    assert told.changes == [("102", "Busy", 1), ("102", "Available", 2)]


def test_d47_who_is_frozen_is_offline_and_that_is_told() -> None:
    here, told = world(user("101"), user("102")), Told()
    here.watch(told)
    for status in (ExtensionStatus.FROZEN, ExtensionStatus.DISABLED, ExtensionStatus.ENABLED):
        set_status(here, "102", status)
    assert told.changes == [("102", "Offline", 1), ("102", "Available", 2)]


def test_a_reset_forgets_how_often_a_presence_was_changed() -> None:
    here, told = world(user("101")), Told()
    here.set_presence(here.account.extensions["101"], replace(Presence(), message="Away"))
    here.reset()
    here.watch(told)
    here.set_presence(here.account.extensions["101"], replace(Presence(), message="Away"))
    assert [sequence for _, _, sequence in told.changes] == [1]
