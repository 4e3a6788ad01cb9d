"""Calls about several resources: which ones, and an answer with the result of each."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from ...domain import errors
from ...domain.errors import Refusal
from ..call import Answer, Call
from ..errors import CATALOGUE, envelope, problems_of
from ..multipart import MIXED
from ..wire import batch as wire
from ..wire.batch import MULTIPART_JSON, Result
from ..wire.view import Json

ALL = "*"
MAX_IN_PATH = 50
MAX_IN_BODY = 1000


class Named(NamedTuple):
    """The resources that a call names, by id, without duplicates; `is_batch`: they are answered one by one."""

    ids: tuple[str, ...]
    is_batch: bool


def named_in_path(call: Call, parameter: str) -> Named:
    """The ids of the path. Raises `BatchTooLarge`."""
    given = call.parameters[parameter].split(",")
    check_size(given, MAX_IN_PATH, parameter)
    return Named(tuple(dict.fromkeys(given)), len(given) > 1)


def named_to_delete(call: Call, parameter: str) -> Named:
    """The ids of the path, or of the body when the path has none; an empty list there names nothing.

    Raises `BatchTooLarge`, or `PathAndBodyDisagree`.
    """
    if call.parameters[parameter] != ALL:
        return named_in_path(call, parameter)
    if not (isinstance(call.body, list) and call.body):
        raise errors.PathAndBodyDisagree(parameter)
    check_size(call.body, MAX_IN_BODY, parameter)
    return Named(tuple(dict.fromkeys(call.body)), True)


def changes(call: Call, parameter: str) -> tuple[Mapping[str, Json], bool]:
    """What is to be changed of each resource, by id; and whether they are answered one by one.

    Raises `BatchTooLarge`, `DuplicateValue` or `PathAndBodyDisagree`.
    """
    if isinstance(call.body, list):
        return _listed_changes(call.body, call.parameters[parameter], parameter), True
    if call.parameters[parameter] == ALL:
        raise errors.PathAndBodyDisagree(parameter)
    ids, is_batch = named_in_path(call, parameter)
    return dict.fromkeys(ids, call.body), is_batch


def _listed_changes(entries: Sequence[Json], path: str, parameter: str) -> Mapping[str, Json]:
    """Each entry's own body, by the id that it or its place in the path gives it."""
    named: list[str | None] = [entry.get("resourceId") for entry in entries]
    ids = named if path == ALL else path.split(",")
    check_size(ids, MAX_IN_BODY if path == ALL else MAX_IN_PATH, parameter)
    if len(ids) != len(entries) or any(own not in (None, one) for own, one in zip(named, ids, strict=True)):
        raise errors.PathAndBodyDisagree(parameter)
    found: dict[str, Json] = {}
    for one, entry in zip(ids, entries, strict=True):
        if one is None:
            raise errors.PathAndBodyDisagree(parameter)
        if one in found:
            raise errors.DuplicateValue(parameter, one)
        found[one] = entry["body"]
    return found


def check_size(ids: Sequence[Any], limit: int, parameter: str) -> None:
    """Raise `BatchTooLarge` for more than `limit` of them."""
    if len(ids) > limit:
        raise errors.BatchTooLarge(parameter, str(limit))


def each(ids: Iterable[str], act: Callable[[str], Json | None], status: int = 200) -> list[Result]:
    """The result of each: `act` carries it out, and returns a body or none, or raises a `Refusal`."""
    return [_result(one, act, status) for one in ids]


def _result(one: str, act: Callable[[str], Json | None], status: int) -> Result:
    try:
        return Result(one, status, act(one))
    except Refusal as refusal:
        problems = problems_of(refusal)
        return Result(one, CATALOGUE[type(problems[0])].status, envelope(problems))


def answer(call: Call, results: Sequence[Result], collection_uri: str, part: str = "") -> Answer:
    """207, in the shape that the client requests; `collection_uri`, an id and `part` make the URI of a resource."""
    if preferred_media_type(call.headers.get(b"accept", b"").decode("latin-1")) == MULTIPART_JSON:
        return Answer(wire.entries(results), 207, media_type=MULTIPART_JSON)
    parts = wire.parts(results, collection_uri, part)
    return Answer(parts, 207, media_type=parts.media_type)


def preferred_media_type(accept: str) -> str:
    """Which shape of 207 the client likes better; multipart/mixed unless the other one is named."""
    listed = [_weighed(part) for part in accept.lower().split(",")]
    named = [(weight, media_type) for media_type, weight in listed if media_type in (MIXED, MULTIPART_JSON) and weight]
    return max(named, key=lambda pair: pair[0], default=(0.0, MIXED))[1]


def _weighed(media_range: str) -> tuple[str, float]:
    """One entry of an Accept header, and its quality: 1 when it has none, or an invalid one."""
    media_type, _, parameters = media_range.partition(";")
    weight = 1.0
    for parameter in parameters.split(";"):
        name, _, value = parameter.strip().partition("=")
        if name == "q":
            try:
                weight = float(value)
            except ValueError:
                weight = 1.0
    return media_type.strip(), weight
