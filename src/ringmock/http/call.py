"""One HTTP call on its way through the stages."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cached_property
from types import MappingProxyType
from typing import Any, NamedTuple

from ..domain.account import Extension
from ..domain.attachment import Attachment
from ..domain.message import Routed
from ..domain.slices import Slices
from ..lab.faults import BrokenOff, FaultRule
from ..server_limits import DEFAULT, ServerLimits
from ..sign_in.sessions import Session
from ..world.world import World

ON_SOCKET = "ringmock.on_socket"
"""Present in the scope of a call that came as a message on a WebSocket."""

PREFIX_KEY = "ringmock.prefix"
"""The key of a scope for what stands before the paths of the API where clients call it, and not in `path`."""

PROXIED_KEY = "ringmock.proxied"
"""Present in the scope of a call that a trusted proxy has passed on: the `Host` by which the proxy called."""

ON_STOP = "ringmock.on_stop"
"""In the extensions of a scope: what calls a function when the server begins to stop."""

HAND_OVER = "ringmock.hand_over"
"""The extension of a scope by which a process among several hands the connection over to another one."""

ELSEWHERE = "ringmock.elsewhere"
"""The key of a scope for what other processes of the server have said that the call is about."""

BREAK_OFF = "ringmock.break_off"
"""The extension of a scope by which an application ends the connection, with how (`lab.faults.Spoiled`) said."""

PROBLEM = "ringmock.problem"
"""The key of a scope for the reason why a body is incomplete; absent when the client disconnected."""

HEADERS = "ringmock.headers"
"""In a scope: its headers, and the same by name, of a repeated name the last. They hold for the same list only."""

WHOLE_BODY = "whole_body"
"""The attribute of the server's own `receive` that is the body of a request which arrived as a whole."""

WRITE_WHOLE = "write_whole"
"""The method of the server's own `send` that writes a whole answer, given its status, header lines and body.

It returns False, and writes nothing, for an answer that has to be sent as messages.
"""

WORLD_HEADER = "X-Ringmock-World"
"""Names the world of a call, for programs that cannot choose their credentials."""

_WORLD_KEY = WORLD_HEADER.lower().encode()

SCOPE_KEY = "ringmock.call"
"""The key of the call in the ASGI scope. Stages copy scopes; the call itself is one object."""


class Call:
    """What the stages have found out so far. The defaults stand for what no stage has found out yet."""

    content: bytes = b""
    """The whole body as received."""
    limits: ServerLimits = DEFAULT
    """Of the server address that received the call."""
    most_values: int = DEFAULT.max_json_values
    """How many JSON values its body may have."""
    media_type: str = ""
    """The body's, in lower case and without parameters; empty without a body."""
    answer: "Answer | None" = None
    work: "Slices[Answer] | None" = None
    """The remaining work for the answer, of a handler that works in slices."""
    encoded: bytes = b""
    """The answer's body as it is sent."""
    _kept: tuple[bytes, bytes] = (b"", b"")
    status: int | None = None
    """The status that went out; None until one has."""
    operation: str | None = None
    """An operationId."""
    session: Session | None = None
    world: World | None = None
    parameters: Mapping[str, Any] = MappingProxyType({})
    """Path and query parameters by their names in the contract, checked and coerced; defaults filled in."""
    body: Any = None
    basic: tuple[str, str] | None = None
    """Client id and secret of a Basic header."""
    token: str | None = None
    attachments: tuple[Attachment, ...] = ()
    """The parts of a multipart body beyond the first."""
    query: Sequence[tuple[str, str]] = ()
    """The query as received, name by name."""
    query_string: bytes = b""
    """The query as received."""
    is_control: bool = False
    """Whether it is a call of the control API, decided once by the routed path. A call on a WebSocket never is."""
    is_handled: bool = False
    """Whether the call has reached its handler."""
    routed: tuple[Routed, ...] = ()
    rate_limit: tuple[tuple[str, str], ...] = ()
    """Rate limit headers of the answer, when calls are counted."""
    port: int | None = None
    """The server address that received the call, for an operation that calls others; None when it does not matter."""
    is_lost: bool = False
    """Whether no answer came, or none that can be read, on demand."""
    fault: FaultRule | None = None
    """The fault on demand that it has met."""
    problems: Sequence[Exception] = ()
    """What the call was refused for."""
    at: datetime | None = None
    """The real time at which it is handled; None before that."""
    is_replayed: bool = False
    """Whether it is one of a world's history that is done again."""
    is_unheard: bool = False
    """Whether nobody reads the body of its answer, which is one like that at most."""

    def __init__(self, method: str, path: str, base_url: str, headers: Mapping[bytes, bytes]) -> None:
        """`base_url` ends without a slash. `headers` are by lower-case name; of a repeated name, the last."""
        self.method = method
        self.path = path
        self.base_url = base_url
        self.headers = headers

    @cached_property
    def header_bytes(self) -> int:
        """The length of the values of its headers together."""
        return sum(map(len, self.headers.values()))

    @property
    def kept_answer(self) -> bytes:
        """The answer's body for those who keep it: its own bytes, as the encoder's hold 8 KB; none if too large."""
        source, kept = self._kept
        if source is not self.encoded:
            source = self.encoded
            kept = b"%b" % source if len(source) <= self.limits.max_journal_body else b""
            self._kept = source, kept
        return kept

    @property
    def world_name(self) -> str | None:
        """The world that the call names, beside its credentials; None for that of its credentials."""
        name = self.headers.get(_WORLD_KEY)
        return None if name is None else name.decode("latin-1")

    @property
    def signed_in(self) -> Session:
        """The session; the security stage lets no operation that needs one run without."""
        assert self.session is not None
        return self.session

    @property
    def filters(self) -> list[tuple[str, str]]:
        """The query's values of the operation's own parameters, in order."""
        return [(name, value) for name, value in self.query if name in self.parameters]

    @property
    def here(self) -> World:
        """The session's world."""
        assert self.world is not None
        return self.world

    def check_epoch(self, epoch: int) -> None:
        """Raise `BrokenOff` unless the world has not been reset or closed since the call had to wait."""
        if self.here.epoch != epoch:
            raise BrokenOff

    @property
    def caller(self) -> Extension:
        """The extension that is signed in."""
        return self.signed_in.extension


JSON_ANSWER = "application/json;charset=utf-8"
"""The content type of the answer in the service's spelling."""


class Refused(NamedTuple):
    """How a call is refused: its body is JSON."""

    status: int
    headers: Mapping[str, str]
    """Besides those of every answer."""
    body: bytes


class Answer(NamedTuple):
    """The result of a handler. A body of text or bytes is sent unchanged, any other as JSON."""

    body: Any = None
    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()
    media_type: str = JSON_ANSWER
