"""The commands of a run, as data: a run is a list of commands, which can be repeated, or repeated without some.

Messages are named by the key of the command that sent them, since their ids differ in each run.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from .model import Filters
from .texts import Maker, short


@dataclass(frozen=True, slots=True)
class Copy:
    """The record of a message in a mailbox; where that mailbox has none, the message as the others have it."""

    key: int
    mailbox: str
    direction: str = ""


@dataclass(frozen=True, slots=True)
class PageCommand:
    """`by` is logged in, here and below; extension numbers; `reply_on` makes it a reply."""

    by: str
    to: tuple[str, ...]
    text: Maker = field(default_factory=short)
    sender: str | None = None
    reply_on: Copy | None = None
    by_id: bool = False
    """Whether recipients are named by their ids."""


@dataclass(frozen=True, slots=True)
class SmsCommand:
    """Phone numbers as they are written in the request."""

    by: str
    sender: str
    to: tuple[str, ...]
    text: Maker = field(default_factory=short)


@dataclass(frozen=True, slots=True)
class SmsFromHandset:
    handset: str
    to: str
    text: Maker = field(default_factory=short)


@dataclass(frozen=True, slots=True)
class ChangeOfMembers:
    """Extension numbers."""

    by: str
    department: str
    joining: tuple[str, ...] = ()
    leaving: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ChangeOfStatus:
    number: str
    status: str


@dataclass(frozen=True, slots=True)
class Reading:
    by: str
    copy: Copy


@dataclass(frozen=True, slots=True)
class Marking:
    by: str
    copy: Copy
    read_status: str


@dataclass(frozen=True, slots=True)
class Deletion:
    by: str
    copy: Copy
    purge: bool = False


@dataclass(frozen=True, slots=True)
class Listing:
    """`in_thread_of`: the key of a message, to list only its conversation."""

    by: str
    wanted: Filters = field(default_factory=Filters)
    in_thread_of: int | None = None


Command = (
    PageCommand
    | SmsCommand
    | SmsFromHandset
    | ChangeOfMembers
    | ChangeOfStatus
    | Reading
    | Marking
    | Deletion
    | Listing
)
Keyed = tuple[int, Command]


def mailboxes_of(act: Command) -> tuple[str, ...]:
    """The mailboxes from which the command needs a copy of a message."""
    if isinstance(act, Reading | Marking | Deletion):
        return (act.copy.mailbox,)
    return (act.reply_on.mailbox,) if isinstance(act, PageCommand) and act.reply_on is not None else ()


def without_one(acts: tuple[Keyed, ...]) -> Iterator[tuple[Keyed, ...]]:
    """All variants without one command; the last command is left out first."""
    for index in reversed(range(len(acts))):
        yield acts[:index] + acts[index + 1 :]


def simpler(acts: tuple[Keyed, ...]) -> Iterator[tuple[Keyed, ...]]:
    """All variants with one simpler command."""
    for index, (key, act) in enumerate(acts):
        for simple in _simpler(act):
            yield (*acts[:index], (key, simple), *acts[index + 1 :])


def _simpler(act: Command) -> Iterator[Command]:
    """The command with a short text, without its optional parts, and with one recipient or member less."""
    if isinstance(act, PageCommand | SmsCommand | SmsFromHandset) and act.text != short():
        yield replace(act, text=short())
    if isinstance(act, PageCommand) and (act.sender is not None or act.by_id):
        yield replace(act, sender=None, by_id=False)
    if isinstance(act, PageCommand | SmsCommand) and (
        len(act.to) > 1 or (isinstance(act, PageCommand) and act.reply_on and act.to)
    ):
        yield from (replace(act, to=fewer) for fewer in _without_one_of(act.to))
    if isinstance(act, ChangeOfMembers):
        yield from (replace(act, joining=fewer) for fewer in _without_one_of(act.joining))
        yield from (replace(act, leaving=fewer) for fewer in _without_one_of(act.leaving))
    if isinstance(act, Listing) and act.wanted != Filters():
        yield replace(act, wanted=Filters())


def _without_one_of(numbers: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    for index in range(len(numbers)):
        yield numbers[:index] + numbers[index + 1 :]
