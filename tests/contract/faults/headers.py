"""Headers that are wrong, missing or the same every time, and refusals with a mistake in them."""

import re
from datetime import datetime

from ringmock.lab.limits import Counter, Group, Limits, RateLimits, Standing
from ringmock.world.world import World

from .exchange import Exchange, Json
from .fault import in_answers, in_requests, in_world
from .operations import CONTENT, EXTENSION, LIST, PAGER, SMS


@in_answers(EXTENSION)
def names_every_request_alike(exchange: Exchange) -> None:
    """Every answer has the same RCRequestId."""
    if "rcrequestid" in exchange.headers:
        exchange.headers["rcrequestid"] = "00000000-0000-4000-8000-000000000000"


@in_answers(EXTENSION)
def names_no_request(exchange: Exchange) -> None:
    """A refusal has no RCRequestId."""
    if exchange.status >= 400:
        exchange.headers.pop("rcrequestid", None)


@in_answers(EXTENSION, LIST)
def takes_every_call_for_light(exchange: Exchange) -> None:
    """Every operation is in the group light of the rate limits."""
    if "x-rate-limit-group" in exchange.headers:
        exchange.headers["x-rate-limit-group"] = "light"


@in_answers(PAGER)
def tells_no_rate_in_refusals(exchange: Exchange) -> None:
    """A refusal does not say how many calls are left."""
    if exchange.status >= 400:
        exchange.headers.pop("x-rate-limit-remaining", None)


@in_answers(PAGER)
def has_as_many_calls_left(exchange: Exchange) -> None:
    """As many calls are left after a call as before."""
    if "x-rate-limit-limit" in exchange.headers:
        exchange.headers["x-rate-limit-remaining"] = exchange.headers["x-rate-limit-limit"]


@in_answers(PAGER)
def tells_not_when_to_come_back(exchange: Exchange) -> None:
    """A 429 has no Retry-After."""
    if exchange.status == 429:
        exchange.headers.pop("retry-after", None)


class _Lenient(Counter):
    def let_through(self, now: datetime) -> bool:
        self._penalty_until = None
        return super().let_through(now)


class _LenientLimits(RateLimits):
    def _counter(self, caller: tuple[str, ...], limit: int) -> Counter:
        return self._counters.setdefault(caller, _Lenient(limit))


class _SameUser(RateLimits):
    def count(self, group: Group, user: str, application: str, operation: str, now: datetime) -> Standing | None:
        return super().count(group, "everyone", application, operation, now)


class _AnyGroup(RateLimits):
    def count(self, group: Group, user: str, application: str, operation: str, now: datetime) -> Standing | None:
        try:
            return super().count(group, user, application, operation, now)
        finally:
            for other in (Group.LIGHT, Group.MEDIUM):
                if other is not group and group is not Group.AUTH and other in self.limits.calls:
                    self._counter((other, user, application), self.limits.calls[other]).let_through(now)


class _WithLimits(World):
    kind: type[RateLimits]

    def limit(self, limits: Limits | None) -> None:
        super().limit(limits)
        self.limits = None if limits is None else self.kind(limits)


@in_world(PAGER)
class ForgivesAtOnce(_WithLimits):
    """Who has called too often may call again as soon as a minute has gone by since his first call."""

    kind = _LenientLimits


@in_world(EXTENSION, PAGER)
class CountsEveryonesCalls(_WithLimits):
    """The calls of all users count together."""

    kind = _SameUser


@in_world(PAGER)
class CountsCallsOfEveryGroup(_WithLimits):
    """The calls of all groups count together."""

    kind = _AnyGroup


@in_answers(LIST)
def does_not_say_how_it_is_written(exchange: Exchange) -> None:
    """JSON has no charset."""
    if exchange.headers.get("content-type", "").startswith("application/json"):
        exchange.headers["content-type"] = "application/json"


@in_answers(CONTENT)
def shows_scripts(exchange: Exchange) -> None:
    """A file that may hold scripts is shown inline when that is asked for."""
    if "contentDisposition=Inline" in exchange.query and "content-disposition" in exchange.headers:
        exchange.headers["content-disposition"] = re.sub(
            "^attachment", "inline", exchange.headers["content-disposition"]
        )


@in_requests(CONTENT)
def saves_whatever_is_asked(exchange: Exchange) -> None:
    """A file is an attachment, though it is to be shown inline."""
    if "/content/" in exchange.path:
        exchange.forget("contentDisposition")


@in_requests(CONTENT)
def names_files_as_they_came(exchange: Exchange) -> None:
    """A file has the name that it came with, whatever name is asked for."""
    if "/content/" in exchange.path:
        exchange.forget("contentDispositionFilename")


@in_answers(CONTENT)
def lets_types_be_guessed(exchange: Exchange) -> None:
    """A browser may guess the type of a file."""
    if "/content/" in exchange.path:
        exchange.headers.pop("x-content-type-options", None)


@in_answers(CONTENT)
def does_not_say_how_long_the_file_is(exchange: Exchange) -> None:
    """A range that cannot be is refused without the length of the file."""
    if exchange.status == 416:
        exchange.headers.pop("content-range", None)


@in_answers(CONTENT)
def offers_no_ranges(exchange: Exchange) -> None:
    """A file does not say that parts of it can be asked for."""
    exchange.headers.pop("accept-ranges", None)


@in_answers(SMS)
def refuses_in_the_first_error(exchange: Exchange) -> None:
    """Of several errors the first is told alone."""
    if exchange.is_refused:

        def change(body: Json) -> None:
            del body["errors"][1:]

        exchange.change_answer(change)


@in_answers(PAGER)
def tells_the_code_at_the_top(exchange: Exchange) -> None:
    """The general code of a refusal is that of its first error."""
    if exchange.is_refused:
        exchange.change_answer(lambda body: body.update(errorCode=body["errors"][0]["errorCode"]))


@in_answers(EXTENSION)
def tells_no_permission(exchange: Exchange) -> None:
    """A refusal for a missing permission does not name it."""
    if exchange.is_refused:

        def change(body: Json) -> None:
            for each in (body, *body["errors"]):
                each.pop("permissionName", None)
                each.pop("permission", None)

        exchange.change_answer(change)
