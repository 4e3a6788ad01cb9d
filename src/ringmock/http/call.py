"""One HTTP call on its way through the stages."""

from collections.abc import Mapping, Sequence
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
"""In the scope of a call that came as a message of a WebSocket."""

BREAK_OFF = "ringmock.break_off"
"""The extension of a scope by which an application ends the connection, with how (`lab.faults.Spoiled`) said."""

PROBLEM = "ringmock.problem"
"""The extension of a scope that says why the rest of a body does not come; absent where the client just went away."""

SCOPE_KEY = "ringmock.call"
"""Where a call travels in the ASGI scope. Stages copy scopes; the call itself is one object."""


class Call:
    """What the stages have found out so far; what none has yet is as it says here."""

    content: bytes = b""
    """The body as it came, all of it."""
    limits: ServerLimits = DEFAULT
    """Of the server that it came to."""
    most_values: int = DEFAULT.max_json_values
    """How many JSON values its body may have."""
    media_type: str = ""
    """The body's, in lower case and without parameters; empty without a body."""
    answer: "Answer | None" = None
    work: "Slices[Answer] | None" = None
    """What is left to do for the answer, of a handler that does it in slices."""
    encoded: bytes = b""
    """The answer's body as it goes out."""
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
    """The query as it came, name by name."""
    is_control: bool = False
    """Whether it is for the control API, decided once, by the path that is routed. A WebSocket's call never is."""
    is_handled: bool = False
    """Whether the call has come as far as its handler."""
    routed: tuple[Routed, ...] = ()
    rate_limit: tuple[tuple[str, str], ...] = ()
    """Headers that say where the caller stands, when calls are counted."""
    port: int | None = None
    """That of ours which the call came in by, for an operation that calls others; None where it does not matter."""
    is_lost: bool = False
    """Whether no answer came, or none that can be read, on demand."""
    fault: FaultRule | None = None
    """The fault on demand that it has met."""
    problems: Sequence[Exception] = ()
    """What the call was refused for."""

    def __init__(self, method: str, path: str, base_url: str, headers: Mapping[bytes, bytes]) -> None:
        """`base_url` ends without a slash. `headers` are by lower-case name; of a name that came twice, the last."""
        self.method = method
        self.path = path
        self.base_url = base_url
        self.headers = headers

    @property
    def signed_in(self) -> Session:
        """The session; the security stage lets no operation that needs one run without."""
        assert self.session is not None
        return self.session

    @property
    def filters(self) -> list[tuple[str, str]]:
        """What the query says of the operation's own parameters, in the order in which it came."""
        return [(name, value) for name, value in self.query if name in self.parameters]

    @property
    def here(self) -> World:
        """The session's world."""
        assert self.world is not None
        return self.world

    def check_life(self, life: int) -> None:
        """Raise `BrokenOff` unless the world is in the life that it was in before the call had to wait."""
        if self.here.life != life:
            raise BrokenOff

    @property
    def caller(self) -> Extension:
        """The extension that is signed in."""
        return self.signed_in.extension


JSON_ANSWER = "application/json;charset=utf-8"
"""As the service spells the type of what it answers."""


class Answer(NamedTuple):
    """What a handler says. A body of text or bytes goes out as it is, any other as JSON."""

    body: Any = None
    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()
    media_type: str = JSON_ANSWER
