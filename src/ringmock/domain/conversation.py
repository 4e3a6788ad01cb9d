"""Conversations: their addressees, and their current participants.

A conversation stores its addressees, never the members of the addressed Departments. Membership is read from the
account each time, so a removed member is out of the thread without further code (R-22).
"""

from collections.abc import Iterable
from typing import NamedTuple

from .account import Account, Extension


class Conversation(NamedTuple):
    """A thread of messages.

    `addressed`: for pagers the extension numbers addressed in person, its starter first; empty for SMS. `departments`:
    those of them that are Departments. `numbers`: for SMS the phone numbers of all ends; empty for pagers.
    """

    id: int | None  # None until the store names it: a new pager thread may be named after its first message
    addressed: tuple[str, ...] = ()
    departments: tuple[str, ...] = ()
    numbers: frozenset[str] = frozenset()


def participants(conversation: Conversation, account: Account) -> tuple[Extension, ...]:
    """R-21, R-22: all addressees, then the current members of the addressed Departments; no duplicates."""
    numbers = dict.fromkeys(conversation.addressed)
    for department in conversation.departments:
        numbers.update(dict.fromkeys(account.extensions[department].members))
    return tuple(account.extensions[number] for number in numbers)


def is_member_of_any(departments: Iterable[str], extension_number: str, account: Account) -> bool:
    """Whether the extension is in one of the Departments now (R-20, R-22)."""
    return any(extension_number in account.extensions[number].members for number in departments)


def takes_part(conversation: Conversation, extension_number: str, account: Account) -> bool:
    """Whether the extension belongs to a pager thread now: addressed, or in an addressed Department (R-21).

    An SMS conversation belongs to each extension whose mailbox holds it.
    """
    return (
        bool(conversation.numbers)
        or extension_number in conversation.addressed
        or is_member_of_any(conversation.departments, extension_number, account)
    )
