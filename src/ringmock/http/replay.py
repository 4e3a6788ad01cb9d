"""Doing the commands of a world again: each at its own time, with what was drawn for it, and without anybody outside.

Calls pass the checks of the contract and their handlers. They are not authenticated, limited or broken, since what that
changed is among the commands itself. Nothing is sent, and no timer runs.

Most of a call's time goes into its checks and its answer, which change nothing. Where only some of the answers are
compared, the other calls are read, planned and recorded, and no more: whether they are accepted is compared with all.
"""

import asyncio
import threading
from collections.abc import Callable, Coroutine, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from connexion.middleware.abstract import ROUTING_CONTEXT
from starlette.types import Message, Scope

from ..domain.slices import result_of
from ..lab.limits import Group, RateExceeded
from ..sign_in.followed import Difference
from ..sign_in.restored_log_ins import SIGN_INS
from ..sign_in.worlds import Worlds
from ..world import controls
from ..world.fork import FORKED, go_on_as_fork
from ..world.history.commands import FINISHED, SLICED, Base, Command, Event, Handled
from ..world.uncollected import uncollected
from ..world.walk import WALKED, Walk
from ..world.world import World
from .call import SCOPE_KEY, Call
from .compiled import RequestOperation
from .errors import render
from .fast_path import whole
from .notifications import DUE, NAMED, Notifier
from .stages import HandlerOperation, Routing, Staged, encoded, media_type_of, with_media_type


class Replays:
    """For the worlds of a server, by the stages that answer their calls. See `sign_in.followed.Replay`."""

    def __init__(self, stages: Sequence[Any], worlds: Worlds, notifier: Notifier) -> None:
        self.worlds = worlds
        self.notifier = notifier
        self._routing: Routing = next(each for each in stages if isinstance(each, Routing))
        self._parts: dict[str, tuple[RequestOperation, HandlerOperation] | None] = {}

    def __call__(self, world: World, base: Base, commands: Iterable[Command], compared: int = 1) -> Difference | None:
        """Whoever serves the worlds waits for it: nothing else happens meanwhile."""
        again = self.begun(world, base, compared)
        again.go_on(commands)
        return again.end()

    def begun(self, world: World, base: Base, compared: int = 1) -> "WorldAgain":
        """What does the commands of a world again, as they come. `compared`: of so many answers, one is."""
        return WorldAgain(self, world, base, compared)

    def unheard(self, world: World, command: Handled) -> tuple[int, bytes] | None:
        """Carry out a call again of which nobody reads the answer: its status, or as `handled` does for a refusal.

        None for a call that has to pass the stages; nothing has happened then.
        """
        parts = None if command.work else self._parts_of(command.operation)
        if parts is None:
            return None
        request, handler = parts
        try:
            call = self._call(world, command)
            path_params = self._routing.find(command.method, command.path)[1]
            scope = {"path": command.path, "path_params": path_params, "query_string": command.query}
            if not request.reads(scope, call):
                return None
        except Exception:
            return None
        call.is_unheard = True
        try:
            handler.handle(call)
            if call.work is not None:
                _finish(call)
        except Exception as error:
            return _refused(error)
        return (call.answer.status, b"") if call.answer is not None else (0, b"")

    def _parts_of(self, operation: str) -> tuple[RequestOperation, HandlerOperation] | None:
        """What reads and handles the calls of an operation; None where they wait for somebody."""
        if operation not in self._parts:
            request = self._request_stage(operation)
            handler: Any = request.next_app.next_app
            known = isinstance(request, RequestOperation) and isinstance(handler, HandlerOperation)
            self._parts[operation] = (request, handler) if known else None
        return self._parts[operation]

    async def handled(self, world: World, command: Handled, works: dict[int, Call]) -> tuple[int, bytes]:
        """Status and body of the answer to a call that is made again; status 0 for one that cannot be made now."""
        try:
            call = self._call(world, command)
            scope = self._scope(call, command)
            request = self._request_stage(command.operation)
            handler = request.next_app.next_app
            if isinstance(handler, HandlerOperation) and request.accepts(scope, call):
                handler.handle(call)
            else:
                await request(scope, whole(command.content), _sending_nothing)
        except Exception as error:
            return _refused(error)
        if call.work is not None:
            works[command.work] = call
            if not command.work:
                _finish(call)
                del works[command.work]
        return (call.answer.status, bytes(call.encoded)) if call.answer is not None else (0, b"")

    def _request_stage(self, operation: str) -> Any:
        """The part of the stages that checks the requests of an operation, and passes them on."""
        security = self._routing.app
        assert isinstance(security, Staged)
        lab: Any = security.part(operation)
        return lab.next_app.next_app

    def _call(self, world: World, command: Handled) -> Call:
        headers = {b"content-type": command.content_type} if command.content_type else {}
        if command.accept:
            headers[b"accept"] = command.accept
        call = Call(command.method, command.path, command.origin, headers)
        call.is_replayed, call.limits, call.world = True, self.worlds.limits, world
        call.operation, call.content, call.query_string = command.operation, command.content, command.query
        call.at = command.at
        if command.caller is not None:
            call.session, call.token = self.worlds.log_ins.session_again(world, command.caller), command.caller.token
        if command.content:
            call.media_type = media_type_of(headers)
        return call

    def _scope(self, call: Call, command: Handled) -> Scope:
        listed = list(call.headers.items())
        return {
            "type": "http",
            "method": command.method,
            "path": command.path,
            "path_params": self._routing.find(command.method, command.path)[1],
            "query_string": command.query,
            "headers": with_media_type(listed, call.media_type) if command.content else listed,
            "root_path": "",
            "scheme": "http",
            "http_version": "1.1",
            "server": None,
            "client": None,
            "extensions": {ROUTING_CONTEXT: {"api_base_path": "", "operation_id": command.operation}},
            SCOPE_KEY: call,
        }

    def do_event(self, world: World, event: Event, works: dict[int, Call]) -> None:
        """Carry out an event again."""
        kind, values = event.kind, event.values
        if self.worlds.log_ins.again is not None:
            self.worlds.log_ins.again.do(event)
        if kind in controls.COMMANDS:
            controls.COMMANDS[kind](world, *values)
        elif kind in _EVENTS:
            _EVENTS[kind](self.notifier, world, *values)
        elif kind not in SIGN_INS:
            assert kind in (SLICED, FINISHED), kind
            if values[0] in works:
                with world.moment.held(works[values[0]].at):
                    _go_on(works, kind, *values)


class WorldAgain:
    """One world, as far as its history was done again."""

    def __init__(self, replays: Replays, world: World, base: Base, compared: int) -> None:
        self._replays = replays
        self._world = world
        self._base: Base | None = base
        """What it is to begin with; None once it has."""
        self._compared = compared
        self._place = 0
        self._works: dict[int, Call] = {}
        self._way: tuple[Any, ...] = ()
        """Where a clock was to go that was on its way when the latest command came."""
        self._first: Difference | None = None

    def go_on(self, commands: Iterable[Command]) -> None:
        """Do these commands again, behind those that were. Whoever serves the worlds waits for it."""
        try:
            self._do_apart(self._go_on(commands))
        except BaseException:
            self.give_up()
            raise

    def give_up(self) -> None:
        """Forget what is beside the world while its history is done again."""
        self._replays.notifier.sockets.forget_replayed(self._world)

    def end(self) -> Difference | None:
        """Let the world live, from now on. Returns the first call that was answered differently."""
        unfinished = [(FINISHED, (number, True)) for number in self._works]
        if self._works:
            self._do_apart(self._finish_works())
        world, sockets, known = self._world, self._replays.notifier.sockets, self._replays.worlds.log_ins.again
        if known is not None:
            sockets.adopt_replayed(world, known.sessions)
        sockets.forget_replayed(world)
        if known is None:
            sockets.start(world)
        else:
            self._end(unfinished)
        world.notify_time()
        return self._first

    def _end(self, unfinished: Iterable[tuple[str, Sequence[Any]]]) -> None:
        """End what was under way when the server ended, and have the history say so."""
        for kind, values in unfinished:
            self._world.history.add(kind, *values)
        if self._way:
            Walk(self._world, self._way[0], stands=self._way[1]).finish()

    @staticmethod
    def _do_apart(work: Coroutine[Any, Any, None]) -> None:
        """In a loop of its own, and so in a thread of its own."""
        failures: list[BaseException] = []

        def run() -> None:
            try:
                with uncollected():
                    asyncio.run(work)
            except BaseException as error:
                failures.append(error)

        thread = threading.Thread(target=run, name="ringmock-replay")
        thread.start()
        thread.join()
        if failures:
            raise failures[0]

    @contextmanager
    def _replaying(self) -> Iterator[None]:
        history, moment, share = self._world.history, self._world.moment, self._world.share
        history.is_replaying, share.is_refilled, before = True, True, moment.at
        try:
            yield
        finally:
            history.is_replaying, share.is_refilled, moment.at = False, False, before
            moment.give(())
            history.pending.clear()
            moment.drawn.clear()

    async def _go_on(self, commands: Iterable[Command]) -> None:
        replays, world, works = self._replays, self._world, self._works
        moment, notify_changes = world.moment, replays.notifier.notify_changes
        with self._replaying():
            if self._base is not None:
                with moment.held(self._base.at):
                    world.begin_again(self._base)
                self._base = None
            for place, command in enumerate(commands, self._place):
                self._place = place + 1
                moment.at = command.at
                if isinstance(command, Event):
                    replays.do_event(world, command, works)
                    if command.kind == WALKED:
                        self._way = command.values[2:]
                    notify_changes(world)
                    continue
                moment.give(command.draws)
                is_heard = place % self._compared == 0
                said = None if is_heard else replays.unheard(world, command)
                if said is None:
                    is_heard, said = True, await replays.handled(world, command, works)
                moment.give(())
                notify_changes(world)
                if self._first is None and not command.work:
                    self._first = _difference(place, command, *said, is_heard=is_heard)

    async def _finish_works(self) -> None:
        with self._replaying():
            for call in self._works.values():
                with self._world.moment.held(call.at):
                    _finish(call)
        self._works.clear()


def _difference(place: int, command: Handled, status: int, answer: bytes, *, is_heard: bool) -> Difference | None:
    is_said = not is_heard or not command.answer or answer == command.answer
    return None if status == command.status and is_said else Difference(place, command, status, answer)


def _go_on(works: dict[int, Call], kind: str, work: int, count: int) -> None:
    """More of a call's work: so many slices, or the rest of it where there is a count."""
    call = works[work]
    assert call.work is not None
    if kind == SLICED:
        for _ in range(count):
            next(call.work)
        return
    del works[work]
    if count:
        _finish(call)


def _finish(call: Call) -> None:
    assert call.work is not None
    call.answer = result_of(call.work)
    call.encoded = encoded(call.answer.body)


def _walked(_: Notifier, world: World, until: Any, stands: bool, *_goal: Any) -> None:
    """`_goal` is where a clock that stands on its way was to go, and whether it was to stand there."""
    Walk(world, until, stands=stands).finish()


def _forked(notifier: Notifier, world: World) -> None:
    notifier.sockets.forget_replayed(world)
    go_on_as_fork(world)


def _counted(_: Notifier, world: World, group: Group, user: str, application: str, operation: str) -> None:
    if world.limits is not None:
        try:
            world.limits.count(Group(group), user, application, operation, world.clock.now())
        except RateExceeded:
            return


def _met(_: Notifier, world: World, operation: str, extension: str | None, recipients: Sequence[str]) -> None:
    if world.faults is not None:
        world.faults.meet(operation, extension, lambda: recipients)


def _met_notification(_: Notifier, world: World, extension: str, is_on_socket: bool) -> None:
    if world.faults is not None:
        world.faults.meet_notification(extension, is_on_socket=is_on_socket)


def _unsubscribed(_: Notifier, world: World, subscription_id: str) -> None:
    subscription = world.subscriptions.named(subscription_id)
    if subscription is not None:
        world.subscriptions.remove(subscription)


def _reinstated(_: Notifier, world: World, subscription_id: str) -> None:
    subscription = world.subscriptions.named(subscription_id)
    if subscription is not None:
        subscription.reinstate()


_EVENTS: dict[str, Callable[..., object]] = {
    WALKED: _walked,
    FORKED: lambda notifier, world: _forked(notifier, world),
    DUE: lambda notifier, world: notifier.do_due(world),
    NAMED: lambda _, world: world.subscriptions.name_notification(),
    "connected": lambda notifier, *values: notifier.sockets.connect_again(*values),
    "counted": _counted,
    "met": _met,
    "met-notification": _met_notification,
    "attempted": Notifier.note_again,
    "unsubscribed": _unsubscribed,
    "reinstated": _reinstated,
}
"""What comes from outside by itself, by its kind."""


def unknown_kinds(commands: Sequence[Command]) -> list[str]:
    """The kinds of events that cannot be carried out again here, each once."""
    known = {*controls.COMMANDS, *_EVENTS, *SIGN_INS, SLICED, FINISHED}
    return sorted({each.kind for each in commands if isinstance(each, Event)} - known)


def _refused(error: Exception) -> tuple[int, bytes]:
    """As what a call is refused that was accepted once."""
    try:
        status, _, body = render(error)
    except LookupError:
        return 0, repr(error).encode()
    return status, body


async def _sending_nothing(_: Message) -> None:
    pass
