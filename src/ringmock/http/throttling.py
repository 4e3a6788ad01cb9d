"""Calls counted by the limits of their world."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from ..lab.limits import RINGCENTRAL, WINDOW, Group, RateExceeded, RateLimits, Standing
from ..sign_in.assertions import read
from ..sign_in.sessions import SignInRefused, extension_claimed, extension_named
from ..sign_in.worlds import Worlds
from ..world.world import World
from .call import Call
from .errors import BodyTooLarge, UnparseableRequest
from .forms import form_of
from .oauth import OPERATIONS

_OPENS_A_WORLD = ("getToken", "revokeToken")


class Caller(NamedTuple):
    """Whose call it is, as far as that is known: its world, an extension number and a client id; empty for none."""

    world: World | None
    user: str
    application: str


class Throttling:
    """Counts one operation's calls."""

    def __init__(self, group: Group) -> None:
        self._group = group

    def count(self, call: Call, caller: Caller) -> None:
        """Put the rate limit headers of the answer on the call. Raises `RateExceeded`."""
        world = caller.world
        if world is None or world.limits is None:
            return
        with world.moment.held():
            self._count(call, caller, world, world.limits)

    def _count(self, call: Call, caller: Caller, world: World, limits: RateLimits) -> None:
        try:
            now = world.clock.now()
            operation = call.operation or ""
            world.history.add("counted", self._group, caller.user, caller.application, operation)
            standing = limits.count(self._group, caller.user, caller.application, operation, now)
        except RateExceeded as exceeded:
            call.rate_limit = headers_of(exceeded.standing)
            call.world = world
            raise
        if standing is not None:
            call.rate_limit = headers_of(standing)


def caller_of(call: Call, query: bytes, worlds: Worlds) -> Caller:
    """Of a call that is signed in, whose session it is; of any other, what it says of itself."""
    if call.session is not None:
        return Caller(call.session.world, call.session.extension_number, call.session.client_id)
    if call.operation not in OPERATIONS:
        return Caller(worlds.default, "", "")
    form = _form_of(call, query)
    client_id = call.basic[0] if call.basic is not None else form.get("client_id") or _asserting(form)
    try:
        world = (
            worlds.world_before_sign_in(client_id, call.world_name)
            if call.operation in _OPENS_A_WORLD
            else worlds.world_named(call.world_name or client_id)
        )
    except SignInRefused:
        return Caller(None, "", client_id)
    return Caller(world, _user_of(form, world, worlds), client_id)


def _user_of(form: Mapping[str, str], world: World | None, worlds: Worlds) -> str:
    """Whose sign-in it is, however it is spelt; one of nobody that is known counts for the application alone."""
    token = form.get("refresh_token") or form.get("token")
    if token:
        return worlds.log_ins.holder_of(token) or ""
    if form.get("code"):
        return worlds.log_ins.holder_of_code(form["code"]) or ""
    if world is None or not world.has_limits_or_faults:
        return ""
    if form.get("assertion"):
        found = extension_claimed(world.template, world.account, form["assertion"])
    else:
        found = extension_named(world.template, world.account, form.get("username", ""), form.get("extension", ""))
    return "" if found is None else found.number


def _form_of(call: Call, query: bytes) -> dict[str, str]:
    """The form or, without one, the query; of a repeated name, the first value. Empty for an invalid one."""
    try:
        pairs = form_of(call.content or query, call.limits)
    except (BodyTooLarge, UnparseableRequest):
        return {}
    return dict(reversed(pairs))


def _asserting(form: Mapping[str, str]) -> str:
    """Whom a client assertion is of, whether it is true or not."""
    said = read(form.get("client_assertion", ""))
    return "" if said is None else str(said.claims.get("iss"))


def headers_of(standing: Standing) -> tuple[tuple[str, str], ...]:
    """The headers of an answer whose call was counted."""
    return (
        ("X-Rate-Limit-Group", standing.group.value),
        ("X-Rate-Limit-Limit", str(standing.limit)),
        ("X-Rate-Limit-Remaining", str(standing.remaining)),
        ("X-Rate-Limit-Window", str(int(WINDOW.total_seconds()))),
    )


def unused(group: Group) -> Sequence[tuple[bytes, bytes]]:
    """The headers of an answer whose call is not counted: the documented limit, unused."""
    limit = RINGCENTRAL.calls[group]
    return [(name.lower().encode(), value.encode()) for name, value in headers_of(Standing(group, limit, limit))]
