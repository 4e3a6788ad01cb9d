"""A test's handle on its world: the credentials that open it, its mailboxes, phones and clock, and what happened."""

import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Literal, Protocol, TypeVar

from ..domain import attachment as domain_attachment
from ..domain import message as domain
from ..domain.account import ExtensionStatus, digits_of
from ..domain.due import Due
from ..domain.message import MessageStatus, MessageType, Outcome
from ..domain.message_filter import MessageFilter
from ..domain.slices import result_of
from ..fixture import carrier_from
from ..http.findings import Finding, findings
from ..sign_in import sessions
from ..sign_in.worlds import Worlds
from ..world import controls as world_controls
from ..world.journal import Entry
from ..world.template import Template
from ..world.walk import Walk, upcoming
from ..world.world import World
from .calls import ApiCalls, Callers
from .messages import Attachment, ExpectedMessage, Message, shown
from .observed import Observed, Sending, WithoutCredentials
from .timeline import Fault, by_methods, complaint, timeline
from .twin import AsyncTwin, check_no_loop

_T = TypeVar("_T")

DEFAULT_TIMEOUT = 5.0
"""Seconds that a test waits for a message."""

_EVERYTHING = MessageFilter(datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC), per_page=1_000_000_000)


class Do(Protocol):
    """Calls a function in the thread that owns the worlds: what it returns or raises."""

    def __call__(self, function: Callable[[], _T]) -> _T: ...


class Ringmock(ApiCalls):
    """One test's world. Made, and closed, in the thread that serves it; everything else is for any other thread.

    An `async` test awaits what waits of its `twin`, since its own loop would stand still meanwhile.
    Extensions that the account does not have are a `LookupError`, input that makes no sense a `ValueError`.
    """

    def __init__(
        self,
        url: str,
        worlds: Worlds,
        do: Do,
        client_id: str,
        client_secret: str,
        *,
        on_allowed: Callable[[World], None] = lambda world: None,
    ) -> None:
        """`on_allowed` hears, in the serving thread, that the test allows calls that go wrong."""
        self._on_allowed = on_allowed
        self.url = url
        """Of the server, without a slash at the end."""
        self.client_id = client_id
        self.client_secret = client_secret
        self._worlds = worlds
        self._do = do
        self._world = worlds.world_of_client(client_id, client_secret)
        self._world.hold()
        self._forks: list[Ringmock] = []
        self._observed = Observed()
        self._allowed: frozenset[Fault] = frozenset()
        self._callers = Callers(url, self.token)
        self.clock = Clock(self._world, do)
        self.expect = Expect(self._expect_none)
        self._world.on_reset(self._observed.forget_messages)
        self._world.watch(self._observed)
        # A call without credentials has no other world to be seen in.
        self._without_credentials = WithoutCredentials(self._observed)
        worlds.default.watch(self._without_credentials)

    def close(self) -> None:
        """Forget the world, its forks, and every log-in to them."""
        for fork in self._forks:
            fork.close()
        self._world.unwatch(self._observed)
        self._worlds.default.unwatch(self._without_credentials)
        self._world.release()
        self._worlds.close_world(self.client_id)

    @property
    def twin(self) -> AsyncTwin:
        """The same for a running event loop: `await ringmock.twin.wait_for_sms(...)`."""
        return AsyncTwin(self)

    # --- its history -----------------------------------------------------------------------------

    def label(self, name: str) -> None:
        """Name what the world is now, to come back to it."""
        self._do(lambda: self._world.history.label(name))

    def rewind(self, to: str | int) -> None:
        """Take the world back to a label, or to the number of a command of its history; log-ins stay good.

        Raises `ValueError` for a point that is not there, or not kept.
        """
        self._do(lambda: self._worlds.rewind(self._world, to))

    def fork(self, at: str | int | None = None) -> "Ringmock":
        """A handle on a new world that begins as this one is, or as it was at a point; closed with this one.

        The new world has credentials of its own, and neither log-ins nor subscriptions. Raises as `rewind` does.
        """

        def open_fork() -> Ringmock:
            client_id, secret = f"{self.client_id[:48]}-{secrets.token_hex(4)}", secrets.token_hex(12)
            self._worlds.fork(client_id, self._world, at)
            return Ringmock(self.url, self._worlds, self._do, client_id, secret, on_allowed=self._on_allowed)

        self._forks.append(self._do(open_fork))
        return self._forks[-1]

    # --- signing in ------------------------------------------------------------------------------

    def jwt(self, extension: str) -> str:
        """The JWT of an extension, as the fixture has it."""
        credentials = self._world.template.credentials.get(extension)
        if credentials is None or credentials.jwt is None:
            raise LookupError(f"the fixture gives extension {extension!r} no JWT")
        return credentials.jwt

    def token(self, extension: str) -> str:
        """The access token of a new log-in; it lasts an hour by the world's clock."""
        return self._do(lambda: self._log_in(extension))

    def _log_in(self, extension: str) -> str:
        found = world_controls.extension_of(self._world, extension)
        if not found.can_log_in:
            raise ValueError(f"extension {extension} is {found.status} and cannot sign in")
        ttl, refresh_ttl = sessions.DEFAULT_ACCESS_TTL, sessions.DEFAULT_REFRESH_TTL
        session = self._worlds.log_ins.open_session(
            self._world, found, self.client_id, access_ttl=ttl, refresh_ttl=refresh_ttl
        )
        return session.access_token

    # --- the account and its mailboxes -----------------------------------------------------------

    def mailbox(self, extension: str) -> list[Message]:
        """What the extension's mailbox lists, oldest first: neither the Deleted nor the Purged."""

        def read() -> list[Message]:
            page = self._world.list_messages(world_controls.extension_of(self._world, extension), _EVERYTHING)
            return [self._shown(message) for message in reversed(page.records)]

        return self._do(read)

    def handset(self, phone_number: str) -> "Handset":
        """A phone outside the account."""
        self._do(lambda: world_controls.handset_of(self._world, phone_number))
        return Handset(phone_number, self._world, self._do, self._shown)

    def freeze(self, extension: str) -> None:
        """Make an extension Frozen."""
        self._do(lambda: world_controls.set_status(self._world, extension, ExtensionStatus.FROZEN))

    def thaw(self, extension: str) -> None:
        """Make an extension Enabled."""
        self._do(lambda: world_controls.set_status(self._world, extension, ExtensionStatus.ENABLED))

    def members(self, department: str, *members: str) -> None:
        """Replace the members of a Department by these extensions."""
        self._do(lambda: world_controls.set_members(self._world, department, members))

    # --- faults on demand ------------------------------------------------------------------------

    def fault(self, operation: str | None = None, **rule: object) -> None:
        """Let calls fail from now on, by a rule behind those that there are: see `ringmock.lab.faults.FaultRule`.

        None of them fails the test. `ringmock.fault("createSMSMessage", error="CMN-201", times=2)` refuses the next two
        SMS, and `lost=True` carries a call out and breaks the connection off before the answer.
        `ringmock.fault(notification="doubled")` is about notifications.
        """
        given = {"operation": operation, **rule}
        known = {name: value for name, value in given.items() if value is not None}
        self._do(lambda: world_controls.add_fault(self._world, known))

    def no_faults(self) -> None:
        """Let every call go well from now on."""
        self._do(lambda: world_controls.set_faults(self._world, []))

    def carriers(self, carrier: Mapping[str, object] | None = None) -> None:
        """Say what carriers make of SMS from now on, as a fixture does under `carrier`; None for nothing."""
        made = None if not carrier else carrier_from(dict(carrier), self._world.account)
        self._do(lambda: world_controls.set_carrier(self._world, made))

    def close_websockets(self) -> int:
        """Close every WebSocket that is open in the world, as a network does; how many there were."""
        return self._do(lambda: self._world.close_sockets())

    # --- what happened ---------------------------------------------------------------------------

    @property
    def journal(self) -> list[Entry]:
        """The calls that the world has seen, oldest first, with the rules that decided each; the latest 1000."""
        return self._do(lambda: list(self._world.journal.newest_first())[::-1])

    @property
    def findings(self) -> list[Finding]:
        """What the client did that would hurt it in production, by the calls that the world has seen."""
        return self._do(lambda: findings(list(self._world.journal.newest_first())[::-1]))

    @property
    def timeline(self) -> str:
        """The latest calls as text, one line each, those that carried no credentials among them."""
        return timeline(self._do(self._observed.calls))

    def wait_for_sms(
        self,
        *,
        to: str | None = None,
        sender: str | None = None,
        contains: str = "",
        after: Message | None = None,
        status: str | None = None,
        timeout: float = DEFAULT_TIMEOUT,
        advance: bool = False,
    ) -> Message:
        """The first such SMS that the test's world has seen, or sees within `timeout` seconds of real time.

        The sender's copy, or the recipient's of one that came from a handset. It was sent: whether it arrived is in
        the mailboxes. `to` and `sender` are phone or extension numbers; `status` is one that it has reached by the
        world's clock. With `advance` that clock is moved, instead of waiting, from one moment at which a status
        changes to the next. Raises `AssertionError` when none comes.
        """
        __tracebackhide__ = True
        check_no_loop("wait_for_sms")
        wanted = ExpectedMessage(MessageType.SMS, to, sender, contains, _place(after), _status(status))
        return self._wait_for(wanted, timeout, advance)

    def wait_for_page(
        self,
        *,
        to: str | None = None,
        sender: str | None = None,
        contains: str = "",
        after: Message | None = None,
        status: str | None = None,
        timeout: float = DEFAULT_TIMEOUT,
        advance: bool = False,
    ) -> Message:
        """As `wait_for_sms`; `to` is an extension that the page is addressed to, or reaches through a Department."""
        __tracebackhide__ = True
        check_no_loop("wait_for_page")
        wanted = ExpectedMessage(MessageType.PAGER, to, sender, contains, _place(after), _status(status))
        return self._wait_for(wanted, timeout, advance)

    def expect_no_sms(
        self,
        *,
        to: str | None = None,
        sender: str | None = None,
        contains: str = "",
        within: float = 0,
        advance: bool = False,
    ) -> None:
        """Raise `AssertionError` for such an SMS that was sent, or is within so many seconds of real time.

        With `advance` the world's clock is moved meanwhile, until nothing is due that would bring one.
        """
        __tracebackhide__ = True
        _check_no_wait("expect_no_sms", within, advance)
        self._expect_none(ExpectedMessage(MessageType.SMS, to, sender, contains), within, advance)

    def expect_no_page(
        self,
        *,
        to: str | None = None,
        sender: str | None = None,
        contains: str = "",
        within: float = 0,
        advance: bool = False,
    ) -> None:
        """As `expect_no_sms`, of pages."""
        __tracebackhide__ = True
        _check_no_wait("expect_no_page", within, advance)
        self._expect_none(ExpectedMessage(MessageType.PAGER, to, sender, contains), within, advance)

    def _first(self, wanted: ExpectedMessage, timeout: float, advance: bool) -> Sending | None:
        world = self._world

        def look() -> Sending | None:
            return self._observed.first(wanted, 0, lambda: world.clock)

        if not advance:
            return self._observed.first(wanted, timeout, lambda: world.clock)
        walked(self._do, lambda: Walk(world, None, lambda: look() is not None))
        return self._do(look)

    def _wait_for(self, wanted: ExpectedMessage, timeout: float, advance: bool) -> Message:
        __tracebackhide__ = True
        found = self._first(wanted, timeout, advance)
        if found is None:
            within = "and nothing is due that would bring one" if advance else f"within {timeout:g} s"
            raise AssertionError(f"no {wanted} {within}\n{self._sent()}\n{self.timeline}")
        return self._do(lambda: self._shown(found.copy))

    def _expect_none(self, wanted: ExpectedMessage, within: float, advance: bool) -> None:
        __tracebackhide__ = True
        found = self._first(wanted, within, advance)
        if found is not None:
            found_one = self._do(lambda: self._shown(found.copy))
            raise AssertionError(f"there should be no {wanted}, and there is {found_one}\n{self.timeline}")

    def _sent(self) -> str:
        lines = self._do(lambda: [f"  {self._shown(sending.copy)}" for sending in self._observed.sent()])
        return "\n".join(["What was sent, oldest first:", *(lines or ["  nothing"])])

    def _shown(self, message: domain.Message) -> Message:
        return shown(message, self._world.clock.now(), self._observed.life)

    # --- what may happen -------------------------------------------------------------------------

    def allow_contract_violations(self) -> None:
        """Requests that the contract refuses do not fail this test, the past ones included."""
        self._allowed |= {Fault.CONTRACT_VIOLATIONS}
        self._do(lambda: self._on_allowed(self._world))

    def allow_server_errors(self) -> None:
        """Answers of 500 and above do not fail this test, the past ones included."""
        self._allowed |= {Fault.SERVER_ERRORS}
        self._do(lambda: self._on_allowed(self._world))

    @property
    def template(self) -> Template:
        """The account that the world began with."""
        return self._world.template

    def complaint(self, advice: Callable[[Sequence[Fault]], str] = by_methods) -> str | None:
        """What went wrong since this was last asked, and was not allowed; None when nothing did.

        `advice` says for the kinds of calls that went wrong how a test of its runner allows them.
        """
        # Whatever the serving thread has answered is in the journal once it has time for this.
        faults = self._do(lambda: self._observed.take_faults(self._allowed))
        return complaint(faults, self._observed.calls(), advice) if faults else None


def _place(message: Message | None) -> tuple[int, int] | None:
    return None if message is None else (message.life, message.id)


def _status(name: str | None) -> MessageStatus | None:
    if name is not None and name not in set(MessageStatus):
        raise ValueError(f"'status' is one of {', '.join(MessageStatus)}, and not {name!r}.")
    return None if name is None else MessageStatus(name)


def _check_no_wait(name: str, within: float, advance: bool) -> None:
    if within > 0 or advance:
        check_no_loop(name)


class Expect:
    """What a test expects not to be there."""

    def __init__(self, expect_none: Callable[[ExpectedMessage, float, bool], None]) -> None:
        self._expect_none = expect_none

    def none(
        self,
        *,
        to: str | None = None,
        sender: str | None = None,
        contains: str = "",
        within: float = 0,
        advance: bool = False,
    ) -> None:
        """Raise `AssertionError` for such a message of either type that was sent, or is within so many seconds.

        `advance` as of `expect_no_sms`.
        """
        __tracebackhide__ = True
        _check_no_wait("expect.none", within, advance)
        self._expect_none(ExpectedMessage(None, to, sender, contains), within, advance)


class Handset:
    """A phone outside the account."""

    def __init__(self, phone_number: str, world: World, do: Do, show: Callable[[domain.Message], Message]) -> None:
        self.phone_number = phone_number
        self._world = world
        self._do = do
        self._show = show

    @property
    def messages(self) -> list[Message]:
        """What it has received, oldest first: the senders' copies."""
        digits = digits_of(self.phone_number)
        return self._do(lambda: [self._show(message) for message in self._world.messages.received_by_handset(digits)])

    def send(self, *, to: str | Sequence[str], text: str = "", attachments: Sequence[Attachment] = ()) -> str:
        """Send an SMS, or an MMS, to a number of the account: delivered, dropped or undeliverable.

        Or to several numbers, one of the account's at least, as a group message: what became of the first of those.
        Raises `ValueError` for a number that the account does not have, for a text that nobody can send, and for
        a message that has neither text nor attachments.
        """
        files = [domain_attachment.Attachment(each.content_type, each.file_name, each.content) for each in attachments]
        routed = self._do(lambda: world_controls.text_from_handset(self._world, self.phone_number, to, text, files))
        return next(each.outcome for each in routed if each.outcome is not Outcome.OUTSIDE).value

    def fax(self, *, to: str, attachments: Sequence[Attachment]) -> str:
        """Send a fax to a number of the account: delivered or undeliverable. Raises `ValueError` as `send` does."""
        files = [domain_attachment.Attachment(each.content_type, each.file_name, each.content) for each in attachments]
        routed = self._do(lambda: world_controls.fax_from_machine(self._world, self.phone_number, to, files))
        return routed[0].outcome.value


class Clock:
    """The world's clock. Times are aware, or texts such as `2012-10-16T06:34:58Z`."""

    def __init__(self, world: World, do: Do) -> None:
        self._world = world
        self._do = do

    @property
    def now(self) -> datetime:
        """Aware UTC."""
        return self._do(lambda: self._world.clock.now())

    def freeze(self, at: datetime | str | None = None) -> None:
        """Stand still, there or where it is."""
        self._walked(lambda: world_controls.setting_clock(self._world, at, frozen=True))

    def go_on(self) -> None:
        """Run again, from where it is."""
        self._walked(lambda: world_controls.setting_clock(self._world, frozen=False))

    def set(self, now: datetime | str) -> None:
        """Move there, and stand still or run as before."""
        self._walked(lambda: world_controls.setting_clock(self._world, now))

    def advance(self, by: timedelta | float | Literal["next"]) -> list[Due]:
        """Move on by a duration, by so many seconds, or to what is due next. Returns what that made happen, in order.

        A day does the same as 1,440 minutes one by one.
        """
        return self._walked(lambda: world_controls.advancing_clock(self._world, by))

    def due(self, limit: int = 100) -> list[Due]:
        """What happens next in the world, and when: the earliest first, and so many at most."""

        def look() -> list[Due]:
            world_controls.end_walk(self._world)
            return result_of(upcoming(self._world, limit))

        return self._do(look)

    def _walked(self, begin: Callable[[], Walk]) -> list[Due]:
        return walked(self._do, begin)


def walked(do: Do, begin: Callable[[], Walk]) -> list[Due]:
    """What a way of the clock made happen; others are served between its slices."""
    walk = do(begin)
    while not do(walk.step):
        if walk.is_held_up:
            time.sleep(0.005)
    return walk.happened
