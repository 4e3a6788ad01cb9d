"""One client of a WebSocket over all its sockets: its pending messages, and its time-outs.

A message stays in the queue until it is written to the transport of an open socket. Otherwise the next socket gets it.
"""

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import NamedTuple

from starlette.types import Send

from ..domain.agenda import Timer
from ..domain.due import Due, DueKind
from ..domain.subscription import Subscription
from ..server_limits import ServerLimits
from ..sign_in.sessions import Session, later

RECOVERY_SECONDS = 180

IDLE_SECONDS = 1800
ABSOLUTE_SECONDS = 86_400

IDLE = ("WSG-902", "Idle timeout expired")
ABSOLUTE = ("WSG-903", "Absolute timeout expired")
POLICY_VIOLATION, GOING_AWAY = 1008, 1001

Done = Callable[[bool], None]
"""Called once with the result of a notification: whether it was written, or dropped."""


class Outgoing(NamedTuple):
    """A text that waits to be written."""

    text: str
    done: Done | None = None
    """None for a message that is only for the open socket: an answer, or the reason for its close."""
    is_last: bool = False
    """Whether the socket ends with it."""


class Socket:
    """One open WebSocket. It writes the pending messages of its connection, while it is the connection's current
    socket.
    """

    def __init__(self, connection: "Connection", send: Send) -> None:
        self._connection = connection
        self._send = send
        self._woken = asyncio.Event()
        self.slots = asyncio.Semaphore(connection.limits.max_socket_calls)
        self.is_ending = False
        """Whether it accepts no more calls."""

    def wake(self) -> None:
        """Wake up the writer."""
        self._woken.set()

    async def write(self) -> None:
        """Write messages until the connection has another socket or none, then close."""
        with contextlib.suppress(OSError, RuntimeError):  # the client has disconnected
            while self._connection.socket is self:
                await self._write_waiting()
                if self._connection.socket is self:
                    self._woken.clear()
                    await self._woken.wait()
            await self._send({"type": "websocket.close", "code": GOING_AWAY})

    async def _write_waiting(self) -> None:
        connection = self._connection
        while connection.socket is self and connection.waiting:
            first = connection.waiting[0]
            await self._send({"type": "websocket.send", "text": first.text})
            connection.written(self, first)


class Connection(Timer):
    """What is known of a client. Times are those of the world.

    As its own timer it refers to nothing that refers to it: the collector ignores frozen objects.
    """

    def __init__(
        self,
        token: str,
        session: Session,
        now: datetime,
        look: Callable[["Connection", datetime], datetime | None],
        limits: ServerLimits,
    ) -> None:
        """`look` ends what has expired at a time, and returns when to look again."""
        self.token = token
        self.limits = limits
        self.session = session
        """The session in which its calls are made."""
        self.created: datetime
        self.active: datetime
        self.start(now)
        self.subscription: Subscription | None = None
        self.waiting: deque[Outgoing] = deque()
        self.socket: Socket | None = None
        """The open one; None while the client is away."""
        self.lost: datetime | None = None
        """Since when."""
        self.has_missed = False
        """Whether notifications were dropped that the client has not been informed about."""
        self._look = look

    def callback(self, at: datetime) -> datetime | None:
        """End what has expired."""
        return self._look(self, at)

    def event(self, at: datetime) -> Due | None:
        """When it times out, if nothing comes before."""
        ends = self.times_out
        owner = self.session.extension_number
        return None if ends is None else Due(max(at, ends), DueKind.CONNECTION_TIMEOUT, owner)

    def start(self, now: datetime) -> None:
        """Count both timeouts, and the time of the log-in, from now."""
        self.created = self.active = now
        self.session.start(now)

    # --- what waits ------------------------------------------------------------------------------

    def notify(self, text: str, done: Done) -> None:
        """Write it on the open socket, or the next one."""
        self.waiting.append(Outgoing(text, done))
        if self.socket is None:
            self._drop_oldest(self.limits.max_missed)
        elif len(self.waiting) > self.limits.max_socket_queue:
            self.leave(self.socket)
        else:
            self.socket.wake()

    def answer(self, socket: Socket, text: str, *, is_last: bool = False) -> None:
        """Write it on this socket, while it is the open one."""
        if self.socket is not socket:
            return
        self.waiting.append(Outgoing(text, is_last=is_last))
        socket.is_ending = socket.is_ending or is_last
        if len(self.waiting) > self.limits.max_socket_queue:
            self.leave(socket)
        else:
            socket.wake()

    def written(self, socket: Socket, first: Outgoing) -> None:
        """This text was written on this socket. Where the client is on another by now, it gets it there once more."""
        if self.socket in (socket, None) and self.waiting and self.waiting[0] is first:
            self.waiting.popleft()
            if first.done is not None:
                first.done(True)
            if first.is_last:
                self.leave(socket)

    def join(self, socket: Socket, details: str) -> None:
        """Continue on this socket: first these texts, then all pending messages."""
        previous = self.socket
        self.socket, self.lost, self.has_missed = socket, None, False
        self.waiting = deque([Outgoing(details), *self._notifications()])
        if previous is not None:
            previous.wake()

    def leave(self, socket: Socket) -> None:
        """End this socket, if it is the current one, and keep the latest messages that it has not written."""
        if self.socket is socket:
            self.socket, self.lost = None, self.session.world.clock.now()
            self.waiting = self._notifications()
            self._drop_oldest(self.limits.max_missed)
            socket.wake()

    def restart(self, now: datetime) -> None:
        """The world was reset: drop all pending messages, and restart the time-outs."""
        self.start(now)
        self.subscription = None
        self.waiting = deque([each for each in self.waiting if each.done is None])

    def _notifications(self) -> deque[Outgoing]:
        return deque(each for each in self.waiting if each.done is not None)

    def _drop_oldest(self, most: int) -> None:
        while len(self.waiting) > most:
            self.has_missed = True
            missed = self.waiting.popleft()
            if missed.done is not None:
                missed.done(False)

    # --- time ------------------------------------------------------------------------------------

    def is_past_recovery(self, at: datetime) -> bool:
        """Whether it is too late to recover it."""
        return self.lost is not None and at - self.lost >= timedelta(seconds=RECOVERY_SECONDS)

    def timed_out(self, at: datetime) -> tuple[str, str] | None:
        """Code and message of the expired time-out."""
        if at - self.created >= timedelta(seconds=ABSOLUTE_SECONDS):
            return ABSOLUTE
        return IDLE if at - self.active >= timedelta(seconds=IDLE_SECONDS) else None

    @property
    def times_out(self) -> datetime | None:
        """The next time-out, if nothing happens before; None when that is beyond the representable time."""
        if self.lost is not None:
            return later(self.lost, RECOVERY_SECONDS)
        ends = (later(self.active, IDLE_SECONDS), later(self.created, ABSOLUTE_SECONDS))
        return min((end for end in ends if end is not None), default=None)
