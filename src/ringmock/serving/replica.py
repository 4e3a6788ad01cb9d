"""One of several servers of one database: it has its part of the slots, more when another ends, fewer when one comes.

What it does about its worlds is in `sign_in.kept_worlds`, what the database says of all in `world.history.replicas`,
and how calls get to who has their world in `worker`.
"""

import asyncio
import logging
import socket
from collections import Counter
from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from ..sign_in.kept_worlds import KeptWorlds
from ..world.history.log import Given, LogDamaged, LogLost, LogUnavailable
from ..world.history.replicas import Membership, View
from .inner import PeerAway
from .replica_peers import ReplicaPeers
from .take_over import TakeOver
from .worker_server import WorkerServer

log = logging.getLogger("ringmock")

LOOK_SECONDS = 0.25
"""Between two looks at who is there, and whose the slots are."""

BUSY_LOOKS = 40
"""For how many looks a slot is kept because calls are under way there."""

JOIN_SECONDS = 20.0
"""How long a replica waits until the others have reached it, and all slots are somebody's."""


class Replica:
    """Keeps the worlds of a process to those that the database says are its own."""

    def __init__(
        self,
        kept: KeptWorlds,
        membership: Membership,
        peers: ReplicaPeers,
        is_busy: Callable[[int], bool] = lambda _: False,
        join_seconds: float = JOIN_SECONDS,
    ) -> None:
        """`is_busy`: whether calls are under way in the worlds of a slot."""
        self.failure: LogUnavailable | LogDamaged | None = None
        """Why it cannot go on; None while it can."""
        self._kept, self._worlds, self._commits = kept, kept.worlds, kept.commits
        self._membership, self._peers = membership, peers
        self._given: dict[int, int] = {}
        """Slots that were given away and that the database may still call its own: how often each was moved by then."""
        self._is_busy = is_busy
        self._kept_busy: Counter[int] = Counter()
        """For how many looks each slot that is to be given was busy."""
        self._thread = ThreadPoolExecutor(1, "ringmock-replicas")
        self._take_over = TakeOver(kept, membership.reader, self._thread)
        self._taking: asyncio.Task[None] | None = None
        self._unread: set[str] = set()
        """What could not be read at the last try, which the log says once."""
        self._join_seconds = join_seconds

    async def join(self, address: str) -> None:
        """Be one of the replicas, reached by this address. Raises `LogUnavailable` where it cannot be."""
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(self._thread, self._membership.announce, address)
        until = loop.time() + self._join_seconds
        while not await self._look() or not self._has_joined() or self._taking is not None:
            if self.failure is not None:
                raise self.failure
            if loop.time() > until and self._taking is None:
                raise LogUnavailable(
                    f"None of the other replicas has reached this one at {address} within"
                    f" {self._join_seconds:.0f} seconds: give the address, and the port, that they can reach as"
                    " --replica-address HOST:PORT."
                )
            await asyncio.sleep(LOOK_SECONDS)

    def _has_joined(self) -> bool:
        view = self._peers.view
        own = view.members.get(self._membership.number)
        return own is not None and own.is_reached and not view.has_orphans()

    async def keep(self, stop: Callable[[], None]) -> None:
        """Do so until the server ends; end it where this one cannot go on."""
        try:
            while self.failure is None:
                await asyncio.sleep(LOOK_SECONDS)
                await self._look()
        except Exception as error:  # it would keep its slots, and never look again
            log.exception("a replica has failed")
            self.failure = LogUnavailable(f"This replica has failed: {error!r}.")
        log.error("%s This replica ends; started again, it joins the others anew.", self.failure)
        stop()

    def take_no_more(self) -> None:
        """Take no slots from now on; what is under way is given up."""
        if self._taking is not None:
            self._taking.cancel()

    def leave(self) -> None:
        """Let the others have all slots, after the last of its own was written."""
        self._thread.submit(self._membership.leave).result()
        self._thread.shutdown()

    async def _look(self) -> bool:
        """Do what the database says by now; whether it could be read."""
        loop = asyncio.get_running_loop()
        try:
            view = await loop.run_in_executor(self._thread, self._membership.look)
            self._follow(view)
            await self._reach(view)
        except LogUnavailable as error:
            self._note_away("replicas", error)
            return False
        self._unread.discard("replicas")
        return True

    def _note_away(self, what: str, error: LogUnavailable) -> None:
        if what not in self._unread:
            log.error("%s It is tried again until it can be.", error)
        self._unread.add(what)

    def _follow(self, view: View) -> None:
        self._peers.view = view
        lost = self._commits.failure
        if isinstance(lost, LogLost) or view.own not in view.members:
            taken = f"The others have taken the place of this replica in {self._membership.name}."
            self.failure = lost or LogLost(taken)
            return
        own, has = view.own_slots, self._worlds.share.places
        self._given = {slot: moves for slot, moves in self._given.items() if own.get(slot) == moves}
        new = own.keys() - has - self._given.keys()
        if self._taking is not None:
            return
        if new:
            self._taking = asyncio.get_running_loop().create_task(self._take(new))
        elif lost is None:
            self._give(view)

    async def _take(self, slots: Collection[int]) -> None:
        """Have these slots; those that could not be had are tried again after the next look."""
        try:
            await self._take_over.take(slots)
            self._unread.discard("histories")
            log.info("this replica has %d slots of worlds", len(self._worlds.share.places))
        except LogUnavailable as error:
            self._note_away("histories", error)
        except LogDamaged as error:
            self.failure = error
        except Exception as error:  # it would wait for these slots for ever
            log.exception("a replica cannot have worlds")
            self.failure = LogUnavailable(f"This replica has failed: {error!r}.")
        finally:
            self._taking = None

    def _give(self, view: View) -> None:
        """Give what is more than this replica's part to those that have less, behind all that was written of it.

        A call that is under way is refused when its world goes, and so is given some time.
        """
        planned = [(slot, to) for slot, to in view.to_give() if slot in self._worlds.share.places]
        self._kept_busy = Counter({slot: self._kept_busy[slot] + 1 for slot, _ in planned if self._is_busy(slot)})
        to_give = [(slot, to) for slot, to in planned if not 0 < self._kept_busy[slot] <= BUSY_LOOKS]
        if not to_give:
            return
        self._kept.leave([slot for slot, _ in to_give])
        for slot, to in to_give:
            self._given[slot] = view.slots[slot][1]
            self._commits.add(Given(slot, to))

    async def _reach(self, view: View) -> None:
        """Try the address of each that has said it and that nobody has reached yet."""
        for number, member in view.members.items():
            if number == view.own or member.is_reached or not member.is_there:
                continue
            try:
                await self._peers.ask(number, "there")
            except PeerAway:
                continue
            loop = asyncio.get_running_loop()
            await loop.run_in_executor(self._thread, self._membership.note_reached, number)


class ReplicaServer(WorkerServer):
    """Serves once it has joined the others, and leaves them when it ends."""

    def __init__(self, *args: Any, replica: Replica, address: str, inner: socket.socket, **kwargs: Any) -> None:
        """`address` is where the others reach it, by `inner`."""
        super().__init__(*args, inner=inner, **kwargs)
        self.replica, self._address, self._inner = replica, address, inner
        self._keeping: asyncio.Task[None] | None = None

    async def begin(self) -> None:
        await super().begin()
        await self.replica.join(self._address)
        self._keeping = self._listener.do(self.replica.keep(self.stop))

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        if self._keeping is not None:
            self._keeping.cancel()
        self.replica.take_no_more()
        self._listener.refuse()
        self._inner.close()  # who has a call for its worlds waits for those that get them
        await super().shutdown(sockets)

    async def serve(self, sockets: list[socket.socket] | None = None) -> None:
        try:
            await super().serve(sockets)
        finally:
            self.replica.leave()
