"""One call of the control API, read and checked by its description."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ..domain.attachment import Attachment
from ..http.json_bounds import TooDeep, TooManyValues, check_bounds
from ..http.validation import parse_json
from ..server_limits import ServerLimits
from ..sign_in.worlds import Worlds
from ..world.controls import NoSuchExtension
from ..world.world import World
from . import sentences
from .description import FORM, JSON, Operation, Parameter

if TYPE_CHECKING:
    from ..coverage.collector import CoverageCollector

Json = Any

WAITED, REFUSED = "ringmock.waited", "ringmock.refused"
"""In the environment of a call that has waited: the call with its result, or why it is refused."""

_DIGITS = 19
"""Of a number in a path or a query."""


class Refused(Exception):
    """Why a call is refused, and what would be right: sent to the caller as it is."""

    status = 400
    code: str | None = None
    """The error code, for programs."""


class BadInput(Refused):
    """The description has no such call."""


class Senseless(Refused):
    """The description has each value of the call, and together or here they make no sense."""

    status = 422


class NotThere(Refused):
    """The path, or a world, that the call names is not there."""

    status = 404


class NotNow(Refused):
    """The world, as it is, cannot do this."""

    status = 409


class UnexpectedMessage(NotNow):
    """There is a message that should not be there."""

    code = "unexpected-message"


class NoMessage(NotThere):
    """There is no such message, or too few of them."""

    code = "no-message"


class NoSuchToken(Refused):
    """The call's credentials open nothing."""

    status = 401


class Gone(Refused):
    """What would answer the question is no longer kept."""

    status = 410
    code = "evidence-left-out"


class TooBusy(Refused):
    """The server does no more of this at a time."""

    status = 503


@dataclass(frozen=True, slots=True, kw_only=True)
class ControlCall:
    """What an operation gets. Parameters are by their names in the description, of the types that it says."""

    worlds: Worlds
    world: World
    path: Mapping[str, Any] = field(default_factory=dict)
    query: Mapping[str, Any] = field(default_factory=dict)
    """With the defaults of what was not given; what has none is not in it."""
    body: Json = None
    files: Sequence[Attachment] = ()
    """Of a form."""
    url: str = ""
    """Its own, without the query."""
    collector: "CoverageCollector | None" = None
    elsewhere: Any = None
    """What other processes of the server have said that the call is about; None where there are none."""
    waited: Any = None
    """What came of waiting, of an operation that waits."""


def root_of(url: str) -> str:
    """The server's address in that of a call, without a slash at the end."""
    return url.partition("/_mock/")[0]


@contextmanager
def as_refusals() -> Iterator[None]:
    """Refuse the call, 409, for a `ValueError` raised within."""
    try:
        yield
    except ValueError as error:
        raise NotNow(str(error)) from error


@contextmanager
def named_in_path() -> Iterator[None]:
    """Refuse the call, 404, for an extension that this world does not have."""
    try:
        yield
    except NoSuchExtension as error:
        raise NotThere(str(error)) from error


def path_of(operation: Operation, given: Mapping[str, str]) -> dict[str, Any]:
    """The path's parameters. Raises `BadInput`."""
    return {each.name: _value(each, given[each.name]) for each in operation.of("path")}


def query_of(operation: Operation, given: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """The query's parameters. Raises `BadInput`, also for a name that is not known or stands there twice."""
    known = {each.name: each for each in operation.of("query")}
    found: dict[str, Any] = {}
    for name, text in given:
        if name not in known:
            raise BadInput(sentences.unknown_parameter(operation, name))
        if name in found:
            raise BadInput(sentences.repeated_parameter(name))
        found[name] = _value(known[name], text)
    for name, parameter in known.items():
        if parameter.is_required and name not in found:
            raise BadInput(sentences.missing_parameter(parameter))
        if "default" in parameter.schema:
            found.setdefault(name, parameter.schema["default"])
    return found


def _value(parameter: Parameter, text: str) -> Json:
    value = _of_type(parameter.schema, text)
    if parameter.check.first_broken(value) is not None:
        raise BadInput(sentences.of_parameter(parameter))
    return value


def _of_type(schema: Mapping[str, Any], text: str) -> Json:
    """The value that a text writes; the text itself where it writes none."""
    match schema.get("type"):
        case "integer":
            digits = text.removeprefix("-")
            return int(text) if digits.isascii() and digits.isdigit() and len(digits) <= _DIGITS else text
        case "number":
            digits = text.removeprefix("-").replace(".", "", 1)
            return float(text) if digits.isascii() and digits.isdigit() and len(digits) <= _DIGITS else text
        case "boolean":
            return {"true": True, "false": False}.get(text, text)
        case "array":
            return [part for part in text.split(",") if part]
    return text


def body_of(operation: Operation, content: bytes, limits: ServerLimits) -> Json:
    """A body in JSON, whatever it is called: curl names a type of its own accord. Raises `BadInput`."""
    check = operation.bodies.get(JSON)
    if check is None or (not content and not operation.is_body_required):
        return None
    value = _parsed(content, limits)
    error = check.first_broken(value)
    if error is not None:
        raise BadInput(sentences.of_body(operation, check, error))
    return value


def _parsed(content: bytes, limits: ServerLimits) -> Json:
    most, deepest = limits.max_json_values, limits.max_json_depth
    try:
        check_bounds(content, most, deepest)
        return parse_json(content, most, deepest)
    except TooManyValues as error:
        raise BadInput(f"The body is JSON of at most {most} values, and this has more.") from error
    except TooDeep as error:
        raise BadInput(f"The body is JSON of at most {deepest} levels, and this has more.") from error
    except Exception as error:
        raise BadInput("The body is JSON in UTF-8, and this is not.") from error


def form_of(operation: Operation, fields: Iterable[tuple[str, list[str]]]) -> Json:
    """The fields of a form; one that stands there several times is a list. Raises `BadInput`."""
    value = {name: values[0] if len(values) == 1 else values for name, values in fields}
    check = operation.bodies[FORM]
    error = check.first_broken(value)
    if error is not None:
        raise BadInput(sentences.of_body(operation, check, error).replace("The body is", "The form is", 1))
    return value
