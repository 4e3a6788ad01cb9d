"""Consent of phones to messages from a number: STOP and START, and what an application states for them.

Consent belongs to a pair: a number of the account, and an external phone. The latest statement counts, whoever made it.
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from heapq import merge
from typing import NamedTuple

from sortedcontainers import SortedList

from . import errors
from .account import Account
from .carrier import OptOut
from .pages import CollectionPart, page_below
from .slices import SLICE

OPT_OUT_WORDS = ("STOP", "UNSUBSCRIBE", "QUIT", "CANCEL", "END")
OPT_IN_WORDS = ("START", "SUBSCRIBE", "RESUME", "CONTINUE", "UNSTOP")
"""https://developers.ringcentral.com/guide/messaging/sms/high-volume/opt-out"""

_OPTS_OUT = dict.fromkeys(OPT_OUT_WORDS, True) | dict.fromkeys(OPT_IN_WORDS, False)

CONFIRMED = {
    True: "You will no longer receive texts from this number. To opt back in, reply START.",
    False: "You have successfully subscribed to receive texts from this number. To opt out at any time, simply reply"
    " with STOP.",
}
"""What a phone is answered that has opted out (True) or in, as captured from the service's own client."""

_CONFIRMED_BY_NETWORK = {
    True: 'NETWORK MSG: You replied with the word "{}" which blocks all texts from this number. Text back "unstop" to'
    " receive messages again.",
    False: 'NETWORK MSG: You have replied "{}" and will begin receiving messages again from this number.',
}
"""The keywords for numbers of high-volume SMS, according to the guide of 2020."""

ANY_SENDER = "*"
"""Stands for all numbers of the account."""


class OptStatus(StrEnum):
    """Whether the phone accepts messages."""

    OUT = "OptOut"
    IN = "OptIn"


class ConsentSource(StrEnum):
    """By whom it is known."""

    RECIPIENT = "Recipient"
    API = "Api"
    UPSTREAM = "Upstream"
    CARRIER = "Carrier"


class Statement(NamedTuple):
    """A statement about a pair. Both numbers are digits; `sender` may be `ANY_SENDER`."""

    sender: str
    recipient: str
    status: OptStatus
    source: ConsentSource


class Consent(NamedTuple):
    """A recorded statement about a pair. `order` sorts by age; the newest record of a pair is its consent."""

    sender: str
    recipient: str
    status: OptStatus
    source: ConsentSource
    at: datetime
    order: int


@dataclass(frozen=True, slots=True)
class ConsentFilter:
    """A filter of consents; None matches any number. Numbers are digits."""

    statuses: frozenset[OptStatus] = frozenset(OptStatus)
    senders: frozenset[str] | None = None
    recipients: frozenset[str] | None = None


class ConsentPage(NamedTuple):
    """One page, newest first, and the orders below which the adjacent pages begin; None for the first page."""

    records: Sequence[Consent]
    has_previous: bool = False
    previous: int | None = None
    has_next: bool = False
    next: int | None = None


def opts_out(text: str) -> bool | None:
    """True for STOP and its synonyms, False for START and its synonyms, None for any other text.

    The keyword must be the whole text, in any case. A text that begins with more than a kilobyte of blanks has none.
    """
    return _OPTS_OUT.get(text.strip().upper()) if len(text) <= 1024 else None


def confirmation(text: str, *, is_out: bool, is_high_volume: bool) -> str:
    """What the carrier answers to a text that opts out, or in."""
    return (_CONFIRMED_BY_NETWORK if is_high_volume else CONFIRMED)[is_out].format(text.strip().lower())


def check_statement(account: Account, statement: Statement) -> None:
    """D-15: consent is of a number of the account and a phone outside it.

    Raises `ParameterNotFound` about `from` and `InvalidParameter` about `to`.
    """
    if statement.sender != ANY_SENDER and statement.sender not in account.phone_numbers:
        raise errors.ParameterNotFound("from", statement.sender)
    if statement.recipient in account.phone_numbers:
        raise errors.InvalidParameter("to", statement.recipient)


class Consents:
    """The consents of one world, and all that were ever said. Not thread-safe: one thread serves a world."""

    def __init__(self) -> None:
        self.opt_outs: set[OptOut] = set()
        """The pairs of which OptOut was said last."""
        self._said: list[Consent] = []
        self._said_of: defaultdict[str, list[int]] = defaultdict(list)
        self._now: dict[OptOut, Consent] = {}
        self._senders_to: defaultdict[str, set[str]] = defaultdict(set)
        self._orders: defaultdict[tuple[OptStatus, str | None], SortedList[int]] = defaultdict(SortedList)
        """The newest of each pair, by status, and again by status and sender."""

    def note(self, statement: Statement, account: Account, at: datetime) -> None:
        """Record the statement for the pair, or for all the account's numbers and the phone (D-15)."""
        senders = account.phone_numbers if statement.sender == ANY_SENDER else (statement.sender,)
        for sender in senders:
            self._note(Consent(sender, *statement[1:], at, order=len(self._said)))

    def _note(self, consent: Consent) -> None:
        pair = (consent.sender, consent.recipient)
        before = self._now.get(pair)
        if before is not None:
            for orders in self._lists_of(before):
                orders.remove(before.order)
        for orders in self._lists_of(consent):
            orders.add(consent.order)
        self._now[pair] = consent
        self._senders_to[consent.recipient].add(consent.sender)
        self._said.append(consent)
        self._said_of[consent.recipient].append(consent.order)
        (self.opt_outs.add if consent.status is OptStatus.OUT else self.opt_outs.discard)(pair)

    def _lists_of(self, consent: Consent) -> "Iterator[SortedList[int]]":
        yield self._orders[consent.status, None]
        yield self._orders[consent.status, consent.sender]

    def page(self, wanted: ConsentFilter, before: int | None, size: int) -> ConsentPage:
        """What holds now: the page that begins right below `before`, or the first."""
        return self._page(self._wanted(wanted), before, size)

    def history(self, recipients: Collection[str], before: int | None, size: int) -> ConsentPage:
        """All statements, of these phones or, without any, of all; pages as above."""
        of_phones: list[Sequence[int]] = [self._said_of[number] for number in set(recipients) & self._said_of.keys()]
        return self._page(of_phones if recipients else [range(len(self._said))], before, size)

    def __iter__(self) -> Iterator[Consent]:
        """What holds now, newest first."""
        parts = _parts(self._wanted(ConsentFilter()), 0, len(self._said))
        return (self._said[order] for order in merge(*(part.newest_first() for part in parts), reverse=True))

    def parts(self) -> Iterator[Sequence[Consent]]:
        """The consents at the start of the call, newest first, a few at a time; later statements are not included."""
        seen: set[OptOut] = set()
        for end in range(len(self._said), 0, -SLICE):
            part = []
            for consent in reversed(self._said[max(0, end - SLICE) : end]):
                pair = (consent.sender, consent.recipient)
                if pair not in seen:
                    seen.add(pair)
                    part.append(consent)
            yield part

    def _page(self, lists: Sequence[Sequence[int]], before: int | None, size: int) -> ConsentPage:
        page = page_below(lambda low, high: _parts(lists, low, high), 0, len(self._said), before, size)
        return ConsentPage(tuple([self._said[order] for order in page.orders]), *page[1:])

    def _wanted(self, wanted: ConsentFilter) -> Sequence[Sequence[int]]:
        """Sorted lists of the orders that a filter lets through, none of which is in two of them."""
        if wanted.recipients is not None:
            return [sorted(self._of_recipients(wanted, wanted.recipients))]
        senders: Iterable[str | None] = (None,) if wanted.senders is None else wanted.senders
        keys = [(status, sender) for status in wanted.statuses for sender in senders]
        return [self._orders[key] for key in keys if key in self._orders]

    def _of_recipients(self, wanted: ConsentFilter, recipients: Iterable[str]) -> Iterator[int]:
        """A phone has at most one consent for each number of the account."""
        for recipient in recipients:
            known = self._senders_to.get(recipient, set())
            for sender in known if wanted.senders is None else known & wanted.senders:
                consent = self._now[sender, recipient]
                if consent.status in wanted.statuses:
                    yield consent.order


def _parts(lists: Iterable[Sequence[int]], low: int, high: int) -> Iterator[CollectionPart]:
    """What sorted lists have from `low` to below `high`."""
    return (CollectionPart(orders, bisect_left(orders, low), bisect_left(orders, high)) for orders in lists)
