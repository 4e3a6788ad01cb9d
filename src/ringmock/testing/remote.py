"""A handle on a world of a server anywhere: a client of the control API, with the methods of the plugin's handle."""

import asyncio
import base64
import contextlib
import json
import secrets
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal
from urllib.parse import quote, urlencode

from ..contract.http_client import ConnectionOptions, HttpClient, Request
from ..domain.due import Due, DueKind
from ..timestamps import iso8601, parse
from .calls import ApiCalls, Callers
from .messages import Attachment, Message
from .twin import AsyncTwin, check_no_loop

Json = Any

DEFAULT_TIMEOUT = 5.0
"""Seconds that a test waits for a message."""
_CALL = 30.0
"""Seconds that a call may take beyond what it waits."""
_STORE = "/restapi/v1.0/account/~/extension/~/message-store"


class ControlError(ValueError):
    """What the control API refused, in its own words."""

    code: str | None = None
    """Its code, of an assertion that does not hold."""


class NotFoundThere(ControlError, LookupError):
    """What the control API did not find, in its own words."""


class RemoteRingmock(ApiCalls):
    """One test's world on a server that runs already.

    Extensions that the account does not have, and whatever else is not there, are a `LookupError`, input that makes no
    sense a `ValueError`; both say what would be right.
    """

    def __init__(
        self, url: str, token: str | None = None, *, world: str | None = None, root: str | Path | None = None
    ) -> None:
        """`token`: the server's control token. `world`: an open one; None for one of its own, which `close` closes.

        `root`: the file of the certificate, in PEM, that the server's own has to be signed by.
        """
        self.url = url.rstrip("/")
        self._token = token
        self._root = None if root is None else Path(root)
        self._is_own = world is None
        self.client_id = world or f"test-{secrets.token_hex(12)}"
        self.client_secret = secrets.token_hex(12)
        self._forks: list[RemoteRingmock] = []
        self._callers = Callers(self.url, self.token, self._root)
        self.clock = RemoteClock(self._control)
        self.expect = RemoteExpect(self._expect)
        if self._is_own:
            self._control("POST", "/worlds", {"name": self.client_id}, of_world=False)

    def __enter__(self) -> "RemoteRingmock":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the world, where it was opened for this handle, and its forks."""
        for fork in self._forks:
            fork.close()
        self._forks.clear()
        if self._is_own:
            self._control("DELETE", f"/worlds/{self.client_id}", of_world=False)

    @property
    def twin(self) -> AsyncTwin:
        """The same for a running event loop: `await ringmock.twin.wait_for_sms(...)`."""
        return AsyncTwin(self)

    # --- its history -----------------------------------------------------------------------------

    def label(self, name: str) -> None:
        """Name what the world is now, to come back to it."""
        self._control("PUT", f"/history/labels/{quote(name, safe='')}")

    def rewind(self, to: str | int) -> None:
        """Take the world back to a label, or to the number of a command of its history; log-ins stay good.

        Raises `ValueError` for a point that is not there, or not kept.
        """
        self._control("POST", "/history/rewind", {"to": to})

    def fork(self, at: str | int | None = None) -> "RemoteRingmock":
        """A handle on a new world that begins as this one is, or as it was at a point; closed with this one.

        The new world has credentials of its own, and neither log-ins nor subscriptions. Raises as `rewind` does.
        """
        name = f"{self.client_id[:48]}-{secrets.token_hex(4)}"
        point = {} if at is None else {"at": at}
        self._control("POST", "/worlds", {"name": name, "fork": self.client_id, **point}, of_world=False)
        fork = RemoteRingmock(self.url, self._token, world=name, root=self._root)
        fork._is_own = True
        self._forks.append(fork)
        return fork

    # --- calls -----------------------------------------------------------------------------------

    def _control(
        self, method: str, path: str, body: Json = None, *, of_world: bool = True, seconds: float = 0.0
    ) -> Json:
        """What the control API answers. Raises `NotFoundThere`, `ControlError` and `NoAnswer`."""
        headers = {"Content-Type": "application/json"} if body is not None else {}
        if self._token is not None:
            headers["X-Ringmock-Token"] = self._token
        if of_world:
            headers["X-Ringmock-World"] = self.client_id
        sent = None if body is None else json.dumps(body).encode()
        with HttpClient(self.url, _CALL + seconds, connection=ConnectionOptions(self._root)) as client:
            answer = client.send(Request(method, f"/_mock{path}", headers, sent))
        said = answer.json if isinstance(answer.json, (dict, list)) else None
        if answer.status < 300:
            return said
        sentence = said.get("error") if isinstance(said, dict) else None
        message = sentence or f"{self.url} answers {answer.status}, which is not what ringmock says"
        error = (NotFoundThere if answer.status == 404 else ControlError)(message)
        error.code = said.get("code") if isinstance(said, dict) else None
        raise error

    # --- signing in ------------------------------------------------------------------------------

    def token(self, extension: str) -> str:
        """The access token of a new log-in; it lasts an hour by the world's clock."""
        return str(self._control("POST", "/tokens", {"extension": extension})["access_token"])

    # --- the account and its mailboxes -----------------------------------------------------------

    def mailbox(self, extension: str) -> list[Message]:
        """What the extension's mailbox lists, oldest first: neither the Deleted nor the Purged."""
        headers = {"Authorization": f"Bearer {self.token(extension)}"}
        query = urlencode({"dateFrom": "2000-01-01T00:00:00Z", "perPage": 1000})
        with HttpClient(self.url, _CALL, connection=ConnectionOptions(self._root)) as client:
            answer = client.send(Request("GET", f"{_STORE}?{query}", headers))
        return [_record(each) for each in reversed(answer.json["records"])]

    def handset(self, phone_number: str) -> "RemoteHandset":
        """A phone outside the account."""
        self._control("GET", f"/handsets/{quote(phone_number, safe='')}/messages?limit=1")
        return RemoteHandset(phone_number, self._control)

    def freeze(self, extension: str) -> None:
        """Make an extension Frozen."""
        self._control("PATCH", f"/extensions/{quote(extension, safe='')}", {"status": "Frozen"})

    def thaw(self, extension: str) -> None:
        """Make an extension Enabled."""
        self._control("PATCH", f"/extensions/{quote(extension, safe='')}", {"status": "Enabled"})

    def members(self, department: str, *members: str) -> None:
        """Put these extensions, and nobody else, into a Department."""
        self._control("PUT", f"/departments/{quote(department, safe='')}/members", list(members))

    # --- faults on demand ------------------------------------------------------------------------

    def fault(self, operation: str | None = None, **rule: object) -> None:
        """Let calls fail from now on, by a rule behind those that there are."""
        given = {"operation": operation, **rule}
        self._control("POST", "/faults", {name: value for name, value in given.items() if value is not None})

    def no_faults(self) -> None:
        """Let every call go well from now on."""
        self._control("PUT", "/faults", [])

    def carriers(self, carrier: Mapping[str, object] | None = None) -> None:
        """Say what carriers make of SMS from now on, as a fixture does under `carrier`; None for nothing."""
        self._control("PUT", "/carrier", dict(carrier or {}))

    def close_websockets(self) -> int:
        """Close every WebSocket that is open in the world, as a network does; how many there were."""
        return int(self._control("DELETE", "/websockets")["closed"])

    # --- what happened ---------------------------------------------------------------------------

    @property
    def journal(self) -> list[Json]:
        """The calls that the world has seen, oldest first, as the control API lists them, with their texts."""
        found: list[Json] = self._control("GET", "/journal?include=text")
        return found[::-1]

    @property
    def findings(self) -> list[Json]:
        """What the client did that would hurt it in production."""
        found: list[Json] = self._control("GET", "/findings")["findings"]
        return found

    @property
    def timeline(self) -> str:
        """The latest calls as text, one line each."""
        lines = [f"  {each['who'] or '-':>4} {each['method']} {each['path']} {each['status']}" for each in self.journal]
        return "\n".join(["The calls of this test, oldest first:", *(lines[-100:] or ["  none"])])

    def why(self, number: int) -> Json:
        """Why a call of the journal was answered so, and what would pass."""
        return self._control("GET", f"/journal/{number}/why")

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
        """The first such SMS that the world has seen, or sees within `timeout` seconds of real time.

        With `advance` the world's clock is moved, instead of waiting, from one moment at which a status changes to the
        next. Raises `AssertionError` when none comes.
        """
        __tracebackhide__ = True
        query = _query("SMS", to, sender, contains, status)
        return self._wait("wait_for_sms", query, after, timeout, advance)

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
        query = _query("Pager", to, sender, contains, status)
        return self._wait("wait_for_page", query, after, timeout, advance)

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
        self._expect("expect_no_sms", _query("SMS", to, sender, contains), within, advance)

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
        self._expect("expect_no_page", _query("Pager", to, sender, contains), within, advance)

    def _wait(self, name: str, query: dict[str, str], after: Message | None, timeout: float, advance: bool) -> Message:
        __tracebackhide__ = True
        check_no_loop(name)
        query |= {"clock": "advance"} if advance else {"wait": f"{max(timeout, 0):g}"}
        if after is not None:
            query["after"] = str(after.life)
        return _seen(self._asserted(query, "no-message", timeout)["messages"][0])

    def _expect(self, name: str, query: dict[str, str], within: float, advance: bool) -> None:
        __tracebackhide__ = True
        check_no_loop(name)
        query |= {"expect": "none"} | ({"clock": "advance"} if advance else {"within": f"{max(within, 0):g}"})
        self._asserted(query, "unexpected-message", within)

    def _asserted(self, query: Mapping[str, str], failure: str, seconds: float) -> Json:
        """What is so. Raises `AssertionError` for a refusal of this code, with the calls of the test."""
        __tracebackhide__ = True
        try:
            return self._control("GET", f"/messages?{urlencode(query)}", seconds=seconds)
        except ControlError as error:
            if error.code != failure:
                raise
            raise AssertionError(f"{error}\n{self.timeline}") from None


def _query(
    kind: str | None, to: str | None, sender: str | None, contains: str, status: str | None = None
) -> dict[str, str]:
    given = {"type": kind, "to": to, "from": sender, "contains": contains, "status": status}
    return {name: value for name, value in given.items() if value}


class RemoteExpect:
    """What a test expects not to be there."""

    def __init__(self, expect: Callable[[str, dict[str, str], float, bool], None]) -> None:
        self._expect = expect

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
        self._expect("expect.none", _query(None, to, sender, contains), within, advance)


class RemoteHandset:
    """A phone outside the account."""

    def __init__(self, phone_number: str, control: Callable[..., Json]) -> None:
        self.phone_number = phone_number
        self._control = control
        self._path = f"/handsets/{quote(phone_number, safe='')}/messages"

    @property
    def messages(self) -> list[Message]:
        """What it has received, oldest first: the latest thousand."""
        return [_received(each) for each in self._control("GET", self._path)]

    def send(self, *, to: str | Sequence[str], text: str = "", attachments: Sequence[Attachment] = ()) -> str:
        """Send an SMS, or an MMS, to a number of the account: delivered, dropped or undeliverable."""
        body: dict[str, Json] = {"to": to if isinstance(to, str) else list(to), "text": text}
        if attachments:
            body["attachments"] = _files(attachments)
        outcomes = self._control("POST", self._path, body)["recipients"]
        return str(next(each["outcome"] for each in outcomes if each["outcome"] != "outside"))

    def fax(self, *, to: str, attachments: Sequence[Attachment]) -> str:
        """Send a fax to a number of the account: delivered or undeliverable."""
        path = self._path.removesuffix("messages") + "faxes"
        answer = self._control("POST", path, {"to": to, "attachments": _files(attachments)})
        return str(answer["recipients"][0]["outcome"])


def _files(attachments: Sequence[Attachment]) -> list[Json]:
    return [
        {
            "contentType": each.content_type,
            "content": base64.b64encode(each.content).decode(),
            **({} if each.file_name is None else {"fileName": each.file_name}),
        }
        for each in attachments
    ]


class RemoteClock:
    """The world's clock. Times are aware, or texts such as `2012-10-16T06:34:58Z`."""

    def __init__(self, control: Callable[..., Json]) -> None:
        self._control = control

    @property
    def now(self) -> datetime:
        """Aware UTC."""
        return _moment(self._control("GET", "/clock")["now"])

    def freeze(self, at: datetime | str | None = None) -> None:
        """Stand still, there or where it is."""
        self._control("PUT", "/clock", {"frozen": True, **({} if at is None else {"now": _text(at)})})

    def go_on(self) -> None:
        """Run again, from where it is."""
        self._control("PUT", "/clock", {"frozen": False})

    def set(self, now: datetime | str) -> None:
        """Move there, and stand still or run as before."""
        self._control("PUT", "/clock", {"now": _text(now)})

    def advance(self, by: timedelta | float | Literal["next"]) -> list[Due]:
        """Move on by a duration, by so many seconds, or to what is due next.

        Returns what that made happen, in order: the first thousand. A day does the same as 1,440 minutes one by one.
        """
        seconds = by.total_seconds() if isinstance(by, timedelta) else by
        body = {"to": seconds} if isinstance(seconds, str) else {"seconds": seconds}
        return [_due(each) for each in self._control("POST", "/clock/advance", body)["happened"]]

    def due(self, limit: int = 100) -> list[Due]:
        """What happens next in the world, and when: the earliest first, and so many at most."""
        return [_due(each) for each in self._control("GET", f"/clock/due?limit={limit}")["due"]]


# --- messages ------------------------------------------------------------------------------------


def _text(moment: datetime | str) -> str:
    return moment if isinstance(moment, str) else iso8601(moment)


def _due(said: Json) -> Due:
    return Due(_moment(said["at"]), DueKind(said["kind"]), said["extension"], said["id"], said["status"])


def _moment(text: str) -> datetime:
    return parse(text) or datetime.min.replace(tzinfo=UTC)


def _seen(said: Json) -> Message:
    """A message of the message journal; its place there is kept for `after`."""
    return Message(
        id=said["id"] or 0,
        type=said["type"],
        direction="Outbound" if said["sent_by"] else "Inbound",
        sender=said["from"],
        recipients=tuple(said["to"]),
        text=said["text"],
        read=False,
        status=said["status"] or "Received",
        conversation_id=None,
        created=_moment(said["created"]),
        life=said["number"],
    )


def _received(said: Json) -> Message:
    return Message(
        id=said["id"],
        type="SMS",
        direction="Outbound",
        sender=said["from"],
        recipients=tuple(said["to"]),
        text=said["text"],
        read=False,
        status="Sent",
        conversation_id=None,
        created=_moment(said["created"]),
    )


def _record(said: Json) -> Message:
    """A record of the message store."""
    return Message(
        id=said["id"],
        type=said["type"],
        direction=said["direction"],
        sender=_number(said.get("from", {})),
        recipients=tuple(map(_number, said.get("to", ()))),
        text=said.get("subject", ""),
        read=said["readStatus"] == "Read",
        status=said["messageStatus"],
        conversation_id=said.get("conversationId"),
        created=_moment(said["creationTime"]),
    )


def _number(party: Mapping[str, str]) -> str:
    return str(party.get("extensionNumber") or party.get("phoneNumber", "")).removeprefix("+")


# --- connecting ----------------------------------------------------------------------------------


def connect(
    url: str, token: str | None = None, *, world: str | None = None, root: str | Path | None = None
) -> RemoteRingmock:
    """A handle on a world of a server anywhere, to be closed, or used by `with`.

    `token` is the server's control token, which calls from other machines need. `world` is the name of an open world;
    without it the handle has a fresh one. `root` is the file of the certificate, in PEM, that has to have signed the
    server's own; one that the system trusts without it. Raises `NoAnswer` where there is no server, and
    `ValueError` for a `root` that is none.
    """
    return RemoteRingmock(url, token, world=world, root=root)


@contextlib.asynccontextmanager
async def connect_async(
    url: str, token: str | None = None, *, world: str | None = None, root: str | Path | None = None
) -> AsyncIterator[Any]:
    """As `connect`, for a running event loop: by `async with`, and its methods are awaited."""
    handle = await asyncio.to_thread(connect, url, token, world=world, root=root)
    try:
        yield handle.twin
    finally:
        await asyncio.to_thread(handle.close)
