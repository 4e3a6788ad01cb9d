"""What stands between security and the rest when a world first has rate limits or faults on demand, and not before."""

from collections.abc import Mapping
from typing import Protocol

from starlette.types import ASGIApp

from ..lab.limits import Group
from ..worlds import Worlds
from .faults import Faulty
from .throttling import Counting


class Before(Protocol):
    """One operation's part of the stage before."""

    next_app: ASGIApp


class Hindrances:
    """Knows where each operation's would be. A call is counted first, and then meets its fault."""

    def __init__(self, worlds: Worlds, groups: Mapping[str, str]) -> None:
        """`groups` are the contract's `x-throttling-group` by operationId; some have no limit."""
        self._worlds = worlds
        self._groups = {name: Group(group.lower()) for name, group in groups.items() if group.lower() in set(Group)}
        self._places: list[tuple[str, Before]] = []
        self._are_in_place = False
        worlds.when_hindered(self.put_in_place)

    def add(self, operation_id: str, before: Before) -> None:
        """Hinder the calls of an operation behind `before`, from when it is asked for."""
        self._places.append((operation_id, before))
        if self._are_in_place:
            self._put_behind(operation_id, before)

    def put_in_place(self) -> None:
        """Hinder calls from now on."""
        if self._are_in_place:
            return
        self._are_in_place = True
        for operation_id, before in self._places:
            self._put_behind(operation_id, before)

    def _put_behind(self, operation_id: str, before: Before) -> None:
        group = self._groups.get(operation_id)
        behind = Faulty(before.next_app)
        before.next_app = behind if group is None else Counting(behind, group, self._worlds)
