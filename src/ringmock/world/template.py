"""What a world starts from: a checked account fixture. It never changes, so any number of worlds share it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from ..domain.account import Account
from ..domain.carrier import Carrier
from ..domain.message import MessageType
from ..domain.message_thread import ThreadTerms
from ..domain.sms_registration import Brand
from ..domain.subscription import WebhookTerms
from ..lab.faults import FaultRule


@dataclass(frozen=True, slots=True)
class Key:
    """A key for verifying signatures: a public key in PEM, or a shared secret."""

    public_key: str | None = None
    secret: str | None = None


@dataclass(frozen=True, slots=True)
class Application:
    """An application that may sign in; without a secret it is a public one."""

    client_id: str
    client_secret: str | None = None
    redirect_uris: tuple[str, ...] | None = None
    """The allowed redirect URIs of the log-in page; None for any."""
    grant_types: tuple[str, ...] | None = None
    """The allowed grant types; None for all."""
    public_key: str | None = None
    """In PEM: verifies its client assertions, in addition to its secret."""
    permissions: tuple[str, ...] | None = None
    """The permissions that it can get; None for all."""

    def may_use(self, grant_type: str) -> bool:
        """Whether it may use this grant type. Without `refresh_token` it gets no refresh tokens."""
        return self.grant_types is None or grant_type in self.grant_types


@dataclass(frozen=True, slots=True)
class Credentials:
    """How one extension signs in. A value that is None cannot be used."""

    user_name: str | None = None
    """A name in addition to the phone numbers, with which every extension can sign in."""
    password: str | None = None
    jwt: str | None = None
    access_token: str | None = None
    """A ready-made access token that never expires, for a first curl."""

    @property
    def can_sign_in(self) -> bool:
        """Whether there is an access token for these, ready-made or not."""
        return self.opens_worlds or bool(self.access_token)

    @property
    def opens_worlds(self) -> bool:
        """Whether a session can be opened with these, and so a world; a ready-made token is of the fixture's own."""
        return bool(self.jwt or self.password)


@dataclass(frozen=True, slots=True)
class ClockStart:
    """The time at which a world starts, aware UTC, None for the real time; a frozen clock stands still."""

    now: datetime | None = None
    frozen: bool = False


@dataclass(frozen=True, slots=True)
class IdStart:
    """Where the id sequences start; message ids rise by `message_step`."""

    first_message: int = 320270670010
    message_step: int = 2000000
    first_conversation: int = 4178398077955743750


@dataclass(frozen=True, slots=True)
class SeedMessage:
    """A message that the store has from the start, sent by the rules like any other.

    `sender` and `recipients` are phone numbers for an SMS and extension numbers for a Pager. `created` is aware UTC,
    None for the world's start. A Pager may answer an earlier seed, named by `reply_on`.
    """

    type: MessageType
    sender: str
    recipients: tuple[str, ...]
    text: str
    created: datetime | None = None
    name: str | None = None
    reply_on: str | None = None
    read: bool = False
    """Whether the recipients have read it."""


@dataclass(frozen=True)
class Template:
    """Everything that a fixture says. `credentials` are by extension number."""

    name: str
    account: Account
    applications: tuple[Application, ...] = ()
    credentials: Mapping[str, Credentials] = field(default_factory=dict)
    clock: ClockStart = ClockStart()
    ids: IdStart = IdStart()
    messages: tuple[SeedMessage, ...] = ()
    generation: str = "2012"
    """A key of `GENERATIONS`."""
    carrier: Carrier | None = None
    """None when every external phone is reached as the generation specifies."""
    limits: str | None = None
    """A key of `PROFILES`, None for no rate limits."""
    faults: tuple[FaultRule, ...] = ()
    """The fault rules at the start."""
    webhooks: WebhookTerms = WebhookTerms()  # noqa: RUF009  # it is a tuple
    threads: ThreadTerms = ThreadTerms()  # noqa: RUF009  # it is a tuple
    brands: tuple[Brand, ...] = ()
    jwt_keys: tuple[Key, ...] = ()
    """The keys that verify JWTs of users. Without one, only the JWTs of `credentials` are valid."""
