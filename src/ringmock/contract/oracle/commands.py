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


def mailboxes_of(command: Command) -> tuple[str, ...]:
    """The mailboxes from which the command needs a copy of a message."""
    if isinstance(command, Reading | Marking | Deletion):
        return (command.copy.mailbox,)
    return (command.reply_on.mailbox,) if isinstance(command, PageCommand) and command.reply_on is not None else ()


def without_one(commands: tuple[Keyed, ...]) -> Iterator[tuple[Keyed, ...]]:
    """All variants without one command; the last command is left out first."""
    for index in reversed(range(len(commands))):
        yield commands[:index] + commands[index + 1 :]


def simpler(commands: tuple[Keyed, ...]) -> Iterator[tuple[Keyed, ...]]:
    """All variants with one simpler command."""
    for index, (key, command) in enumerate(commands):
        for simple in _simpler(command):
            yield (*commands[:index], (key, simple), *commands[index + 1 :])


def _simpler(command: Command) -> Iterator[Command]:
    """The command with a short text, without its optional parts, and with one recipient or member less."""
    if isinstance(command, PageCommand | SmsCommand | SmsFromHandset) and command.text != short():
        yield replace(command, text=short())
    if isinstance(command, PageCommand) and (command.sender is not None or command.by_id):
        yield replace(command, sender=None, by_id=False)
    if isinstance(command, PageCommand | SmsCommand) and (
        len(command.to) > 1 or (isinstance(command, PageCommand) and command.reply_on and command.to)
    ):
        yield from (replace(command, to=fewer) for fewer in _without_one_of(command.to))
    if isinstance(command, ChangeOfMembers):
        yield from (replace(command, joining=fewer) for fewer in _without_one_of(command.joining))
        yield from (replace(command, leaving=fewer) for fewer in _without_one_of(command.leaving))
    if isinstance(command, Listing) and command.wanted != Filters():
        yield replace(command, wanted=Filters())


def _without_one_of(numbers: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    for index in range(len(numbers)):
        yield numbers[:index] + numbers[index + 1 :]
