"""Worlds that a log keeps: made of their histories when a server begins, stands by, or has them from another one.

A server goes on with all worlds of its share at once; `Worlds` has them from then on. One of several replicas is given
more of them later, and gives some away.
"""

import asyncio
import json
import logging
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any

from ..world.history.commands import Command
from ..world.history.durable import DurableHistory
from ..world.history.log import Head, HistoryLog
from ..world.template import Template
from ..world.world import World
from .followed import Difference, Followed, Replay
from .restored_log_ins import LogInsAgain
from .sessions import Session
from .world_slots import Share
from .worlds import COMPARED, Worlds

log = logging.getLogger("ringmock")

MOST_QUOTED = 500
"""Bytes of an answer that a line of the log quotes."""


class KeptWorlds:
    """Brings worlds to what the log has of them, and lets them go on from there."""

    def __init__(self, worlds: Worlds, template_of: Callable[[Any], Template]) -> None:
        """`worlds` have a log. `template_of` makes a template of what a world was opened from."""
        assert worlds.commits is not None
        self.worlds, self.commits = worlds, worlds.commits
        self._template_of = template_of
        self._followed: dict[int, Followed] = {}
        """By their numbers in the log, the worlds that do not live yet."""

    def begin(self, loop: asyncio.AbstractEventLoop) -> None:
        """Go on with all worlds, and write them, in this loop, which runs. Raises as `restore` does."""
        self.restore()
        self.commits.begin(loop)

    def end(self) -> None:
        """Write what is left; of worlds that could not go on, nothing."""
        self.commits.end()

    def restore(self) -> None:
        """Be what the log has: each world as it was, with its log-ins. For who serves them, before the first call.

        Raises `LogDamaged`, and what `template_of` does.
        """
        self.catch_up()
        if not self._followed:
            self.worlds.note_default()
        for followed in self._followed.values():
            self._let_live(followed)
        self._followed = {}

    def catch_up(self) -> None:
        """Be what the log has by now, but for the log-ins, which are there when the worlds live: after `restore`.

        For who stands by while another server writes the log. Raises as `restore` does.
        """
        worlds, log = self.worlds, self.commits.log
        heads = {head.world: head for head in worlds.own_heads(log)}
        worlds.closed = dict.fromkeys(name for name in log.closed_names() if worlds.share.has(name))
        for number, followed in tuple(self._followed.items()):
            if not followed.is_there(heads.get(number)):
                del self._followed[number]
                self._forget(followed.world)
        for head in heads.values():
            self._follow(head, log)

    def _follow(self, head: Head, log: HistoryLog) -> None:
        worlds, followed = self.worlds, self._followed.get(head.world)
        if followed is None:
            world = worlds.file(head.name, self._world_of(head)) if head.name else worlds.default
            followed = Followed(world, head)
        elif followed.is_at(head):
            return
        if head.name and head.is_claimed:
            worlds.secrets[head.name] = head.secret
        is_continued = followed.is_continued(head, log)
        _history_of(followed.world).go_on_to(head)
        if not is_continued:
            self._begin(followed, head, worlds.ready_made if not head.name else {})
        self._followed[head.world] = followed
        with worlds.log_ins.made_again(followed.log_ins):
            followed.go_on(head, log)

    # --- worlds that come from other processes, and go to them -----------------------------------

    def coming(self, head: Head) -> Followed:
        """A world of the log that another process had, as it began. Nobody finds it until it has `arrived`.

        After `restore`. Raises what `template_of` does.
        """
        followed = Followed(self._world_of(head), head)
        self._begin(followed, head, {} if head.name else self.worlds.ready_made_of(followed.world))
        self.go_on(followed, ())
        return followed

    def go_on(self, coming: Followed, commands: Iterable[tuple[int, Command]]) -> None:
        """Do commands of a world that comes, each with its number, behind those that were. Others are not served."""
        with self.worlds.log_ins.made_again(coming.log_ins):
            coming.do(commands)

    def give_up(self, coming: Followed) -> None:
        """Leave a world that comes to others."""
        coming.again.give_up()
        _history_of(coming.world).leave()
        coming.world.close()

    def arrived(self, place: int, coming: Collection[Followed], heads: Collection[Head], closed: Iterable[str]) -> None:
        """Have the worlds of one more place, which nobody else writes any more, and go on with them.

        `coming`: all of them, with their histories done. `heads` and `closed`: what the log has of all worlds, and the
        names that open none.
        """
        worlds = self.worlds
        taken = worlds.have_place(place, max((head.world for head in heads), default=0))
        worlds.closed.update(dict.fromkeys(name for name in closed if taken.has(name)))
        worlds.secrets.update({each.name: each.secret for each in heads if each.is_claimed and taken.has(each.name)})
        own = next((each for each in coming if not each.world.name), None)
        if own is not None:
            worlds.replace_default(own.world, own.log_ins.ready_made)
        elif taken.has(""):
            worlds.replace_default(worlds.new_default())
            worlds.note_default()
        for each in coming:
            if each is not own:
                worlds.file(each.world.name, each.world)
            self._let_live(each)

    def leave(self, places: Collection[int]) -> None:
        """Have the worlds of these places no more: another process goes on with them, from the log.

        A call that is under way in one of them is refused.
        """
        worlds = self.worlds
        left = Share(frozenset(places), worlds.share.of)
        worlds.share = worlds.share._replace(places=worlds.share.places - left.places)
        for name, world in tuple(worlds.by_name.items()):
            if world is not worlds.default and left.has(name):
                self._forget(world)
        worlds.closed = {name: None for name in worlds.closed if not left.has(name)}
        if left.has(""):
            worlds.replace_default(worlds.new_default())

    # --- one of them -----------------------------------------------------------------------------

    def _world_of(self, head: Head) -> World:
        """What a world of the log begins as. Raises what `template_of` does."""
        fixture = None if head.fixture is None else json.loads(head.fixture)
        template = self.worlds.template if fixture is None else self._template_of(fixture)
        world = self.worlds.new_world(template, head)
        world.fixture, world.name = fixture, head.name
        return world

    def _begin(self, followed: Followed, head: Head, ready_made: Mapping[str, Session]) -> None:
        replay: Replay | None = self.worlds.replay
        assert replay is not None, "no server answers for these worlds"
        compared = COMPARED if self.commits.log.was_served else 1
        followed.begin(LogInsAgain(followed.world, ready_made), replay.begun(followed.world, head.base, compared))

    def _let_live(self, followed: Followed) -> None:
        """Go on with a world from where the log is, with its log-ins; this server writes it from now on."""
        world = followed.world
        world.journal.left_out = followed.latest_call
        with self.worlds.log_ins.made_again(followed.log_ins):
            found = followed.again.end()
        world.opened, world.used = followed.opened, self.worlds.now()
        self.worlds.log_ins.restore(followed.log_ins)
        if found is not None:
            _warn(world, found)

    def _forget(self, world: World) -> None:
        """Forget a world that another server has, or has closed."""
        _history_of(world).leave()
        self.worlds.end_world(world.name)


def _history_of(world: World) -> DurableHistory:
    """That of a world of the log."""
    assert isinstance(world.history, DurableHistory)
    return world.history


def _warn(world: World, found: Difference) -> None:
    log.warning(
        "command %d of world %s, %s, is answered otherwise by this version: by %d %s, not by %d %s",
        world.history.before + found.place + 1,
        world.name or "default",
        found.command.operation,
        found.status,
        found.answer[:MOST_QUOTED].decode("utf-8", "replace"),
        found.command.status,
        found.command.answer[:MOST_QUOTED].decode("utf-8", "replace"),
    )
