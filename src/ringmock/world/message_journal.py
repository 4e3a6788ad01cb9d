"""Every message that a world has seen sent or received, with its outcome; and whoever waits for one."""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import NamedTuple

from ..domain.made import maker
from ..domain.message import Delivery, Message, MessageStatus, MessageType, Routed
from ..domain.slices import SLICE, Slices


class MessageEntry(NamedTuple):
    """One message. `sender` and `recipients` as in `Delivery`; `number` counts the messages of the world's life."""

    number: int
    at: datetime
    type: MessageType
    sender: str
    outbox: str | None
    recipients: tuple[str, ...]
    text: str
    routed: tuple[Routed, ...]
    message: Message | None
    """Its first copy, the sender's where there is one; None for what left none."""
    is_seed: bool = False
    """Whether it is the fixture's."""
    copies: Sequence[Message] = ()
    """What it left, the sender's copy first."""

    def status_at(self, now: datetime) -> MessageStatus | None:
        """Where the first copy has come by then."""
        return None if self.message is None else self.message.status_at(now)


@dataclass(frozen=True, slots=True)
class MessageQuery:
    """Which messages are meant; None takes any. Numbers are digits, of phones or of extensions."""

    to: str | None = None
    """A recipient, in person or through a Department."""
    sender: str | None = None
    mailbox: str | None = None
    """An extension that has sent or received it."""
    handset: str | None = None
    """A phone outside that has."""
    contains: str = ""
    matches: Callable[[str], bool] | None = None
    """May raise what ends the question."""
    type: MessageType | None = None
    since: datetime | None = None
    after: int = 0
    """The number of an earlier message."""
    status: MessageStatus | None = None

    def takes(self, entry: MessageEntry) -> bool:
        """Whether it is one of those, but for its status."""
        return (
            entry.number > self.after
            and (self.since is None or entry.at >= self.since)
            and self.type in (None, entry.type)
            and (self.sender is None or self.sender in (entry.sender, entry.outbox))
            and (self.to is None or self.to in entry.recipients or any(r.mailbox == self.to for r in entry.routed))
            and (
                self.mailbox is None
                or entry.outbox == self.mailbox
                or any(routed.mailbox == self.mailbox for routed in entry.routed)
            )
            and (self.handset is None or self.handset in (entry.sender, *entry.recipients))
            and self.contains in entry.text
            and (self.matches is None or self.matches(entry.text))
        )

    def is_at_status(self, entry: MessageEntry, now: datetime) -> bool:
        """Whether it has the status that is asked for."""
        return self.status is None or entry.status_at(now) is self.status


class Wait:
    """A question that is answered as soon as enough messages are there. All in the thread that serves the world."""

    def __init__(self, query: MessageQuery, count: int, changed: Callable[[], None]) -> None:
        """`changed` is called whenever it may have become another: it must not wait."""
        self.query = query
        self.count = count
        self.found: list[MessageEntry] = []
        """What is meant, but for its status."""
        self.problem: Exception | None = None
        """Why there is no answer."""
        self._changed = changed

    def notice(self, entry: MessageEntry) -> None:
        """Look at a message."""
        try:
            if not self.query.takes(entry):
                return
        except Exception as problem:  # whoever sends the message has no part in it
            self.problem = problem
        else:
            self.found.append(entry)
        self._changed()

    def begin_anew(self) -> None:
        """Forget what a reset has undone, or look at the clock again."""
        self.found.clear()
        self._changed()

    def clock_moved(self) -> None:
        """Look at the clock again."""
        if self.query.status is not None:
            self._changed()

    def met(self, now: datetime) -> Sequence[MessageEntry]:
        """The messages that are meant, as they are by now."""
        return [entry for entry in self.found if self.query.is_at_status(entry, now)]

    def next_change(self, now: datetime) -> datetime | None:
        """When one of them becomes another by itself."""
        if self.query.status is None:
            return None
        moving = (entry.message.next_change(now) for entry in self.found if entry.message is not None)
        return min((at for at in moving if at is not None), default=None)


class Kept(NamedTuple):
    """What an entry is made of when it is read, which few are."""

    number: int
    at: datetime
    delivery: Delivery
    copies: Sequence[Message]
    is_seed: bool

    def entry(self) -> MessageEntry:
        """The same each time."""
        said = self.delivery
        return MessageEntry(
            self.number,
            self.at,
            said.type,
            said.sender,
            said.outbox,
            said.recipients,
            said.text,
            said.routed,
            self.copies[0] if self.copies else None,
            self.is_seed,
            self.copies,
        )


_kept = maker(Kept)


class MessageJournal:
    """A bounded list, the oldest first. It outlives resets, which empty it."""

    def __init__(self, most: int) -> None:
        """`most` are kept; the oldest are left out."""
        self.most = most
        self.left_out = 0
        """How many were, since the world began."""
        self.left_out_until: datetime | None = None
        """When the newest of those was sent."""
        self._entries: deque[Kept] = deque(maxlen=most)
        self._count = 0
        self._waits: dict[Wait, None] = {}
        self._by_copy: dict[int, Kept] = {}
        """By the id of each copy: those up to the number `_filed`, which are filed when somebody looks for one."""
        self._filed = 0
        self._filed_from = 0

    def __len__(self) -> int:
        return len(self._entries)

    def __iter__(self) -> Iterator[MessageEntry]:
        return iter([kept.entry() for kept in self._entries])

    def newest(self, most: int) -> list[MessageEntry]:
        """The newest of those that are kept, the oldest of them first."""
        return [kept.entry() for kept in islice(reversed(self._entries), most)][::-1]

    def since(self, number: int) -> list[MessageEntry]:
        """Those that are kept after this number, the oldest first."""
        return self.newest(max(0, self._count - number))

    def without_copies(self, sender: str, most: int) -> list[MessageEntry]:
        """What a number sent that left no copy, the newest first; it looks at the newest `most` messages."""
        newest = islice(reversed(self._entries), most)
        return [kept.entry() for kept in newest if not kept.copies and kept.delivery.sender == sender]

    def add(self, delivery: Delivery, copies: Sequence[Message], at: datetime, *, is_seed: bool = False) -> None:
        """Remember a message with its copies, and notify whoever waits."""
        self._count += 1
        entries = self._entries
        if len(entries) == self.most:
            self.left_out, self.left_out_until = self.left_out + 1, entries[0].at
        if delivery.attachments:  # the message has them, until it is purged
            delivery = delivery._replace(attachments=())
        kept = _kept((self._count, at, delivery, copies, is_seed))
        entries.append(kept)
        if self._waits:
            entry = kept.entry()
            for wait in tuple(self._waits):
                wait.notice(entry)

    def clear(self) -> None:
        """Begin anew."""
        self._entries.clear()
        self._count = self.left_out = self._filed = self._filed_from = 0
        self._by_copy = {}
        self.left_out_until = None
        for wait in tuple(self._waits):
            wait.begin_anew()

    def numbered(self, number: int) -> MessageEntry | None:
        """The message of this number; None for one that is not kept, or never was."""
        place = number - self._count + len(self._entries) - 1
        return self._entries[place].entry() if 0 <= place < len(self._entries) else None

    def finding(self, message_id: int) -> Slices[MessageEntry | None]:
        """The message that has a copy of this id, in slices; None for one that is not kept, or never was.

        It looks at what has come since somebody last looked, and so at each message once or twice.
        """
        if self.left_out - self._filed_from > self.most or self._filed > self._count:
            self._by_copy, self._filed, self._filed_from = {}, 0, self.left_out
        new = list(islice(reversed(self._entries), max(0, self._count - self._filed)))[::-1]
        for place, kept in enumerate(new, 1):
            self._by_copy.update((copy.id, kept) for copy in kept.copies)
            self._filed = max(self._filed, kept.number)
            if place % SLICE == 0:
                yield
        found = self._by_copy.get(message_id)
        return None if found is None else self.numbered(found.number)

    @property
    def count(self) -> int:
        """How many messages there were, since the world began."""
        return self._count

    @property
    def state(self) -> tuple[int, int, datetime | None, list[Kept]]:
        """What a fork begins with."""
        return self._count, self.left_out, self.left_out_until, list(self._entries)

    @state.setter
    def state(self, state: tuple[int, int, datetime | None, list[Kept]]) -> None:
        self._count, self.left_out, self.left_out_until, entries = state
        self._entries = deque(entries, maxlen=self.most)
        self._by_copy, self._filed, self._filed_from = {}, 0, self.left_out

    def may_have_left_out(self, query: MessageQuery) -> bool:
        """Whether a message that was meant may be among those that are left out."""
        if not self.left_out or query.after >= self.left_out:
            return False
        return query.since is None or self.left_out_until is None or query.since <= self.left_out_until

    def begin(self, wait: Wait) -> None:
        """Notify a wait of every message of the world's epoch, past and future, but the fixture's."""
        for entry in self:
            if not entry.is_seed and wait.problem is None:
                wait.notice(entry)
        self._waits[wait] = None

    def end(self, wait: Wait) -> None:
        """Notify it no more."""
        self._waits.pop(wait, None)

    @property
    def is_waited_for(self) -> bool:
        """Whether anybody waits."""
        return bool(self._waits)

    def clock_moved(self) -> None:
        """Notify the waits for a status that the clock has moved."""
        for wait in tuple(self._waits):
            wait.clock_moved()
