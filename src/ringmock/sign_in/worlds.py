"""The registry of worlds, and the world of each client and token.

Client credentials select the world: those of the fixture its default world, any others a new fork of the template. So
tests in parallel on one port never share a world.
"""

import json
import logging
import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from ..domain.generation import Generation
from ..server_limits import DEFAULT, ServerLimits, option_of
from ..world.capacity import Capacity
from ..world.clock import RealTime, real_time
from ..world.fork import FORKED, copy_into, go_on_as_fork
from ..world.history.commands import Base, Command
from ..world.history.durable import DurableHistory
from ..world.history.log import (
    Claimed,
    GroupCommit,
    Head,
    HistoryLog,
    LogDamaged,
    LogUnavailable,
    NameClosed,
    NameFreed,
    Opened,
)
from ..world.history.moment import Moment
from ..world.history.world_history import History, NotKept, Room
from ..world.template import Application, Key, Template
from ..world.world import World
from . import assertions
from .assertions import BY_PUBLIC_KEY, BY_SECRET, Assertion
from .followed import Difference, Replay
from .lifetimes import Lifetimes
from .log_ins import LogIns, TokenSource, random_token
from .sessions import ClientAssertionInvalid, Session, TooManyWorlds, UnknownClient, WrongClientSecret
from .world_slots import WHOLE, Share, marked, slot_of

log = logging.getLogger("ringmock")

_WELL_FORMED = re.compile(r"[A-Za-z0-9._~-]{1,64}")

COMPARED = 16
"""Of so many answers one is compared when a world is made of its history by the version that has made that."""


class Worlds:
    """The registry: worlds by their names, which are client ids or made up. See `KeptWorlds` for those of a log."""

    log_ins_kind: type[LogIns] = LogIns
    """The class of the log-ins, for tests that change rules."""

    def __init__(
        self,
        template: Template,
        *,
        open_worlds: bool = True,
        generation: Generation | None = None,
        real_time: RealTime = real_time,
        token_source: TokenSource = random_token,
        kind: type[World] = World,
        limits: ServerLimits = DEFAULT,
        commits: GroupCommit | None = None,
        share: Share = WHOLE,
    ) -> None:
        """`open_worlds`: whether well-formed client credentials that the fixture does not have open a world.

        `kind`: the class of the worlds, for tests that change rules. `limits`: the limits of the server. `commits`: of
        the log that keeps the histories; without one they end with the server. What the log has is there after
        `KeptWorlds.restore`. `share`: which worlds of the log are this process's, where several serve it.
        """
        self.limits, self.template, self._generation, self._kind = limits, template, generation, kind
        self._open_worlds = open_worlds
        self.commits, self.share = commits, share
        self.room, self._history_room = Capacity(limits), Room(limits)
        self.forgotten: Counter[str] = Counter()
        """How many valid entries were dropped, by the limit that caused it."""
        self.moment = real_time if isinstance(real_time, Moment) else Moment(real_time)
        self._token_source = partial(self.moment.draw, token_source)
        self.replay: Replay | None = None
        """Does the commands of a world again, by whoever serves it."""
        self.on_default: Callable[[World], object] = lambda _: None
        """Called with the fixture's own world, or what stands for it, whenever it is another one."""
        self.closed: dict[str, None] = {}
        """The names that open no worlds, the oldest first."""
        self.by_name: dict[str, World] = {}
        self._lifetimes = Lifetimes(self.by_name, self.end_world, timedelta(seconds=limits.world_ttl))
        self.log_ins = self._new_log_ins()
        self._applications = {application.client_id: application for application in template.applications}
        self.secrets = {app.client_id: app.client_secret for app in template.applications}
        """What the applications have shown first, by their client ids."""
        self._numbers: dict[int, Iterator[int]] = {}
        """Those of new worlds in the log, by the places of these."""
        self._largest = 0
        heads = () if commits is None else self.own_heads(commits.log)
        self._have_default(self.new_default(next((head for head in heads if not head.name), None)))

    def _new_log_ins(self) -> LogIns:
        return self.log_ins_kind(
            self.moment,
            self.limits,
            token_source=self._token_source,
            draw=self.draw,
            may_refresh=lambda client_id: self.application(client_id).may_use("refresh_token"),
            check_is_here=self.check_is_here,
            note_use=self._note_use,
            note_forgotten=self.note_forgotten,
        )

    def note_forgotten(self, limit: str) -> None:
        """Count a valid entry that was dropped because of this limit."""
        if not self.forgotten[limit]:
            log.warning("valid entries were dropped because of %s; GET /_mock/usage has their number", option_of(limit))
        self.forgotten[limit] += 1

    def __len__(self) -> int:
        return len(set(map(id, self.by_name.values())))

    def application(self, client_id: str) -> Application:
        """The application of a client id; one that the fixture does not have has all permissions.

        Raises `UnknownClient`, also for a client whose world was closed: a late sign-in must not open a world that
        nothing closes.
        """
        if client_id in self._applications:
            return self._applications[client_id]
        if client_id in self.by_name:
            return Application(client_id)
        if not self._open_worlds or client_id in self.closed or not _WELL_FORMED.fullmatch(client_id):
            raise UnknownClient(client_id)
        return Application(client_id)

    def world_of_client(self, client_id: str, client_secret: str | None, name: str | None = None) -> World:
        """The application's world, opened when it is new; the one of this name, where a call names one.

        Raises `UnknownClient`, `WrongClientSecret` or `TooManyWorlds`.
        """
        world = self.world_before_sign_in(client_id, name)
        known = self.secrets.setdefault if name is None else self.secrets.get
        if name is None and client_id not in self.secrets:
            self._note(world, lambda number: Claimed(number, client_secret))
        if known(client_id, client_secret) != client_secret:
            raise WrongClientSecret(client_id)
        return world

    def client_by_assertion(self, assertion: str, client_id: str | None, audiences: Collection[str]) -> str:
        """The client id of the application that a client assertion proves; `client_id` is the one of the form.

        The signature of an application that is not in the fixture and has sent no secret cannot be verified. The
        assertion is checked against real time, because applications use their own clock. Raises
        `ClientAssertionInvalid` or `UnknownClient`.
        """
        said = assertions.read(assertion)
        if said is None:
            raise ClientAssertionInvalid("the client assertion is no JWT")
        named = said.claims.get("iss")
        if not isinstance(named, str) or said.claims.get("sub") != named or client_id not in (None, named):
            raise ClientAssertionInvalid("iss and sub of the client assertion are not the client id")
        application = self.application(named)
        if not self._is_signed_by(said, application):
            raise ClientAssertionInvalid("the client assertion is not signed with the client's key")
        problem = said.problem(audiences, self.moment())
        if problem is not None:
            raise ClientAssertionInvalid(f"of the client assertion, {problem}")
        return application.client_id

    def _is_signed_by(self, said: Assertion, application: Application) -> bool:
        secret, public_key = self.secrets.get(application.client_id), application.public_key
        if application.client_id not in self._applications and secret is None:
            return said.algorithm in (*BY_PUBLIC_KEY, *BY_SECRET)
        return any(said.is_signed_with(key) for key in (Key(secret=secret), Key(public_key=public_key)))

    def world_before_sign_in(self, client_id: str, name: str | None = None) -> World:
        """As `world_of_client`, for the log-in page: the user authenticates first, the application later."""
        self.application(client_id)
        return self.world_of_name(client_id if name is None else name)

    def world_of_name(self, name: str) -> World:
        """The world of this name, opened when it is new.

        Raises `UnknownClient` or `TooManyWorlds`, and `LogUnavailable` where another process has it.
        """
        now = self.moment()
        self._lifetimes.close_ended(now)
        world = self.by_name.get(name)
        if world is None:
            self.check_is_here(slot_of(name))
            self.application(name)
            world = self._opened(name, self.new_world(self.template, name=name))
        world.used = now
        return world

    def _make_room_for_world(self, name: str) -> None:
        if len(self.by_name) - len(self._applications) < self.limits.max_worlds:
            return
        if not self._lifetimes.close_oldest(self.moment()):
            raise TooManyWorlds(name)
        self.note_forgotten("max_worlds")

    def _opened(self, name: str, world: World, fixture: Any = None) -> World:
        world.fixture = fixture
        said = None if fixture is None else json.dumps(fixture)
        self._note(world, lambda number: Opened(number, name, world.opened, said))
        return self.file(name, world)

    def file(self, name: str, world: World) -> World:
        """Have a new world by its name."""
        world.name = name
        self.by_name[name] = world
        self._lifetimes.add(name, world)
        return world

    def open_world(self, name: str, template: Template | None = None, fixture: Any = None) -> World:
        """A new world, of this template where it is not the fixture's; the name may be one that was closed.

        `fixture` is what the template was made from, as JSON has it: the state of the server says it. Raises
        `ValueError` for a name that is taken or none, and `TooManyWorlds`.
        """
        self._lifetimes.close_ended(self.moment())
        if not _WELL_FORMED.fullmatch(name):
            raise ValueError(f"{name!r} is no name: it has 1 to 64 of A-Z, a-z, 0-9 and . _ ~ -.")
        if name in self.by_name:
            raise ValueError(f"There is a world {name!r} already: close it, or choose another name.")
        if name in self.closed:
            del self.closed[name]
            self._note_name(NameFreed(name))
        return self._opened(name, self.new_world(template or self.template, name=name), fixture)

    def all_worlds(self) -> Iterator[tuple[str, World]]:
        """Every world but the fixture's own, by name, the newest first."""
        self._lifetimes.close_ended(self.moment())
        found = reversed(tuple(self.by_name.items()))
        return ((name, world) for name, world in found if world is not self.default)

    def now(self) -> datetime:
        """The real time."""
        return self.moment()

    def use(self, world: World) -> None:
        """Note that a world is called."""
        world.used = self.moment()

    def known_world(self, client_id: str, client_secret: str | None) -> World | None:
        """The world that these client credentials have opened, None when there is none."""
        is_known = client_id in self.by_name and self.secrets.get(client_id) == client_secret
        return self.by_name[client_id] if is_known else None

    def check_is_here(self, slot: int) -> None:
        """Raise `LogUnavailable` where the worlds of a slot are another process's: they may go while a body is read."""
        if not self.share.has_slot(slot):
            raise LogUnavailable("The world is another process's by now.")

    def world_named(self, client_id: str) -> World | None:
        """The world that an application has opened, or a call has named; None when there is none."""
        world = self.by_name.get(client_id)
        if world is None or world is self.default or not self._lifetimes.has_ended(world, self.moment()):
            return world
        self.end_world(client_id)
        return None

    def client_of(self, world: World) -> str:
        """An application whose world it is; an empty text where the fixture names none."""
        return world.name or next(iter(self._applications), "")

    def close_world(self, client_id: str) -> None:
        """Forget an application that no fixture names, with its world and every log-in to it."""
        if client_id in self.by_name:
            self.end_world(client_id)
        self.closed[client_id] = None
        self._note_name(NameClosed(client_id))
        if len(self.closed) > self.limits.max_closed_worlds:
            oldest = next(iter(self.closed))
            del self.closed[oldest]
            self._note_name(NameFreed(oldest))
            self.note_forgotten("max_closed_worlds")

    def end_world(self, name: str) -> None:
        """Close a world, which whoever comes back under its name opens anew."""
        world = self.by_name[name]
        assert world is not self.default
        del self.by_name[name]
        self.secrets.pop(name, None)
        world.close()

    # --- the log-ins of calls --------------------------------------------------------------------

    def _note_use(self, world: World) -> None:
        """Note that a world is called; one that nobody has called for too long is closed instead."""
        now = self.moment()
        if world.name and self._lifetimes.has_ended(world, now):
            self.end_world(world.name)
        world.used = now

    def session_in(self, access_token: str, name: str) -> Session:
        """The same log-in, in the world that the call names, which is opened when it is new.

        The ready-made tokens of that world's fixture are good there too. Raises as `session_of` and `world_of_name`.
        """
        world = self.world_of_name(name)
        if world.template is not self.template:
            for number, credentials in world.template.credentials.items():
                if credentials.access_token == access_token:
                    return self.log_ins.in_world(world, Session(world, number, "", access_token, endpoint_id=number))
        return self.log_ins.in_world(world, self.log_ins.session_here_or_lent(access_token))

    def session_as(self, session: Session, name: str) -> Session:
        """The session in the world of this name. Raises as `session_in`."""
        return self.log_ins.in_world(self.world_of_name(name), session)

    # --- new worlds ------------------------------------------------------------------------------

    def new_world(
        self, template: Template | None = None, head: Head | None = None, *, name: str = "", is_kept: bool = True
    ) -> World:
        """A world that nobody finds yet; with `head` one that the log has.

        Without a template it is the fixture's own. `is_kept`: whether its history is. Raises `TooManyWorlds`.
        """
        if template is not None and head is None:
            self._make_room_for_world("")
        template = template or self.template
        generation = self._generation if template is self.template else None
        history = self._new_history(name, head, is_kept=is_kept)
        world = self._kind(template, self.moment, generation, limits=self.limits, room=self.room, history=history)
        self.log_ins.begin(world)
        world.on_reset(partial(self._life_ended, world))
        return world

    def _life_ended(self, world: World) -> None:
        """Called after a reset, which restarts the lifetimes of the world's sessions, or a close, which ends them."""
        if world.is_closed:
            self.log_ins.end(world)
        else:
            self.log_ins.restart(world)

    def _new_history(self, name: str, head: Head | None, *, is_kept: bool) -> History:
        if self.commits is None or not is_kept:
            return History(self.moment, self.limits, self._history_room)
        number = self._new_number(name) if head is None else head.world
        return DurableHistory(self.moment, self.commits, number, self.limits, head)

    def _new_number(self, name: str) -> int:
        """For a new world in the log."""
        place = self.share.place_of(name)
        if place not in self._numbers:
            self._numbers[place] = self.share.numbers(name, self._largest)
        return next(self._numbers[place])

    # --- the fixture's own world -----------------------------------------------------------------

    def new_default(self, head: Head | None = None) -> World:
        """The fixture's own world; where another process has it, what stands for it here."""
        return self.new_world(head=head, is_kept=self.share.has(""))

    def replace_default(self, world: World, ready_made: Mapping[str, Session] | None = None) -> None:
        """Have this as the fixture's own world, or for what stands for it, instead of the one before.

        `ready_made`: the log-ins of the fixture's own tokens there, where they are not new.
        """
        before = self.default
        if isinstance(before.history, DurableHistory):
            before.history.leave()
        before.close()
        self.log_ins.lent.clear()
        self._have_default(world, ready_made)
        self.on_default(world)

    def _have_default(self, world: World, ready_made: Mapping[str, Session] | None = None) -> None:
        self.default = world
        self.by_name.update(dict.fromkeys(self._applications, world))
        self.ready_made = self.ready_made_of(world) if ready_made is None else ready_made
        self.log_ins.have(self.ready_made)

    def ready_made_of(self, world: World) -> Mapping[str, Session]:
        """The log-ins of the fixture's own access tokens, by these, for what is its own world."""
        return {
            credentials.access_token: Session(world, number, "", credentials.access_token, endpoint_id=number)
            for number, credentials in self.template.credentials.items()
            if credentials.access_token is not None
        }

    # --- what the log knows ----------------------------------------------------------------------

    def own_heads(self, history_log: HistoryLog) -> Sequence[Head]:
        """The worlds of this process in the log. New ones have larger numbers than all that are there."""
        heads = history_log.heads()
        self._largest = max((head.world for head in heads), default=0)
        own = [head for head in heads if self.share.has(head.name)]
        if own:
            self._numbers.clear()
        return own

    def have_place(self, place: int, largest: int) -> Share:
        """Have the worlds of one more place, of a log whose largest number this is. Returns that share alone."""
        taken = Share(frozenset({place}), self.share.of)
        self.share = self.share._replace(places=self.share.places | taken.places)
        self._largest = largest
        self._numbers.pop(place, None)
        return taken

    def note_default(self) -> None:
        """Have the log know that the fixture's own world was opened."""
        self._note(self.default, lambda number: Opened(number, "", self.default.opened, None))

    def _note(self, world: World, change: Callable[[int], Claimed | Opened]) -> None:
        """Have the log know of what changes a world beside its history, where there is one."""
        if self.commits is not None and isinstance(world.history, DurableHistory):
            self.commits.add(change(world.history.world))

    def _note_name(self, change: NameClosed | NameFreed) -> None:
        if self.commits is not None:
            self.commits.add(change)

    # --- histories -------------------------------------------------------------------------------

    def draw(self, world: World) -> str:
        """32 random characters of `A-Za-z0-9_-`, known to the command that they are drawn for.

        With a log the first one says the slot of the world, for whoever has to find the process that has it.
        """
        drawn = self._token_source()
        return drawn if self.commits is None else marked(drawn, slot_of(world.name))

    def rewind(self, world: World, to: int | str) -> Difference | None:
        """Take a world back to a label, or to the number of a command. Its log-ins stay good, their times begin anew.

        Returns the first call that is answered differently now. Raises `NotKept`, `LogUnavailable` and `LogDamaged`,
        and changes nothing then.
        """
        history, journal = world.history, world.journal
        number = history.number_of(to)
        commands, base, after = list(history.commands(number)), history.base, history.call_after(number)
        assert base is not None
        assert self.replay is not None, "no server answers for these worlds"
        found = self.replay(world, base, commands)
        history.cut(number)
        if after is not None:
            journal.cut(after - 1)
        world.journal = journal
        self.log_ins.restart(world)
        world.note_log_ins()
        return found

    def fork(self, name: str, origin: World, at: int | str | None = None) -> World:
        """A new world that begins as another one is; as it was at a label, or after a command of this number.

        Log-ins, connections and subscriptions stay with the origin. Raises as `open_world` does, `StoreFull` and
        `NotKept`; there is no new world then.
        """
        number = None if at is None else origin.history.number_of(at)
        if number is not None:
            origin.history.commands(number)
        world = self.open_world(name, origin.template, origin.fixture)
        try:
            if number is None:
                copy_into(world, origin)
            else:
                self._begin_as(world, origin.history, number)
        except BaseException:
            self.close_world(name)
            raise
        return world

    def fork_of_log(
        self, name: str, number: int, at: int | str | None, template_of: Callable[[Any], Template]
    ) -> World:
        """As `fork`, of a world that another process has, by its number in the log: as the log has it now.

        `template_of` makes a template of what a world was opened from.
        """
        head, commands = self._read_of_log(number, at)
        fixture = None if head.fixture is None else json.loads(head.fixture)
        world = self.open_world(name, self.template if fixture is None else template_of(fixture), fixture)
        try:
            assert isinstance(world.history, DurableHistory)
            world.history.begin_as(head, commands)
            self._be_fork(world, head.base, commands)
        except BaseException:
            self.close_world(name)
            raise
        return world

    def _read_of_log(self, number: int, at: int | str | None) -> tuple[Head, Sequence[Command]]:
        """A world that another process has, and its commands up to a point. They are read once: it may change them."""
        assert self.commits is not None
        self.commits.flush()  # nothing else uses the log while it is read
        head = next((each for each in self.commits.log.heads() if each.world == number), None)
        if head is None:
            raise NotKept("The world was closed meanwhile.")
        history = DurableHistory(self.moment, self.commits, number, self.limits, head)
        until = head.latest if at is None else history.number_of(at)
        try:
            commands = list(history.commands(until))
        except LogDamaged:
            commands = []
        if len(commands) != until - head.before:
            raise NotKept("The world was reset, or taken back, meanwhile.")
        return head, commands

    def _begin_as(self, world: World, origin: History, number: int) -> None:
        commands, base = origin.commands(number), origin.base
        assert base is not None
        world.history.continue_from(origin, number)
        self._be_fork(world, base, commands)

    def _be_fork(self, world: World, base: Base, commands: Iterable[Command]) -> None:
        assert self.replay is not None, "no server answers for these worlds"
        self.replay(world, base, commands, COMPARED)
        world.share.take(0)  # nothing was refused for want of room until now
        go_on_as_fork(world)
        world.history.add(FORKED)
