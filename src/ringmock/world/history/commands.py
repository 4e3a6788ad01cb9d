"""Commands: what has changed a world.

A handled call is the call itself, since its handler makes the same of it again at the same moment with the same draws.
Anything else is an `Event`: what a test did by the control API or its handle, a sign-in, and what came from outside by
itself. Both carry the real time at which they were accepted, aware UTC.
"""

from datetime import datetime
from typing import Any, NamedTuple


class Caller(NamedTuple):
    """Who has made a call: what a session has for its whole life."""

    extension: str
    client_id: str
    token: str
    permissions: frozenset[str] | None
    endpoint_id: str
    session_id: str
    is_of_connection: bool


class Handled(NamedTuple):
    """A call of the API that its handler has accepted."""

    at: datetime
    operation: str
    method: str
    path: str
    query: bytes
    content_type: bytes
    accept: bytes
    content: bytes
    caller: Caller | None
    origin: str
    """Where the caller reached the API, without a slash at the end."""
    draws: tuple[str, ...]
    number: int
    """Its place among the calls of the journal."""
    work: int
    """Names work that was not done when the call was handled: `sliced` and `finished` events do the rest; else 0."""
    status: int
    answer: bytes


class Event(NamedTuple):
    """Any other command: `kind` says what does it again, with these values."""

    at: datetime
    kind: str
    values: tuple[Any, ...]
    after: int = 0
    """The number of the latest call in the journal then; 0 where nobody asks."""


Command = Handled | Event


class Base(NamedTuple):
    """What a world began with at its last reset, beside its template: the time, and the secret of its tokens."""

    at: datetime
    secret: bytes


SLICED, FINISHED = "sliced", "finished"
"""So many more slices of a call's work were done; the rest of it was, with this answer."""
