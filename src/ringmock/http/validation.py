"""The meaning of the contract's schemas, and Connexion's validators that apply them.

Connexion uses these classes by its `validator_map` and `uri_parser_class`. They parse once, collect every problem of a
request, name the parameter of each, and put the parsed values on the call for the handler.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from itertools import islice
from typing import Any, NamedTuple

import orjson
from connexion.json_schema import Draft4RequestValidator, Draft4ResponseValidator
from connexion.uri_parsing import OpenAPIURIParser
from connexion.validators import JSONResponseBodyValidator
from connexion.validators.abstract import AbstractRequestBodyValidator
from jsonschema import FormatChecker
from jsonschema.exceptions import ValidationError
from jsonschema.validators import extend

from .. import timestamps
from ..domain import errors
from ..domain.text import is_encodable, utf16_units
from . import form_data, multipart
from .call import SCOPE_KEY, Call
from .errors import BodyOfTooManyValues, FaxEnvelopeUnreadable, UnparseableJson
from .forms import by_name, form_of, pairs_of
from .json_bounds import TooDeep, TooManyValues, check_bounds, is_large
from .json_schemas import UTF16, Broken, Schema, schema_of

Json = Any

_MAY_HOLD_LONE_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")
_INTEGER = re.compile(r"-?(0|[1-9][0-9]*)")
_BOOLEANS = {"true": True, "false": False, "1": True, "0": False}
PER_PAGE = "perPage"
_DATES = frozenset({"date-time", "ringcentral-date-time"})
_BRACKETS = re.compile(r"\[[0-9]*\]\Z")
MAX_PER_PAGE = "1000"
_MAX = frozenset({"max", "Max"})
"""What `perPage` was called before, as the vendor's demos still have it."""
MAX_PROBLEMS = 100
"""The maximum of problems in one body's refusal: finding a million would delay other calls."""

# --- schemas -------------------------------------------------------------------------------------

formats = FormatChecker(formats=())
"""The formats that the contract uses, as ECMA and RFC 3339 have them."""


@formats.checks("int64")
def _is_int64(value: object) -> bool:
    return not isinstance(value, int) or -(1 << 63) <= value < 1 << 63


@formats.checks("int32")
def _is_int32(value: object) -> bool:
    return not isinstance(value, int) or -(1 << 31) <= value < 1 << 31


@formats.checks("date-time")
def _is_date_time(value: object) -> bool:
    return not isinstance(value, str) or timestamps.is_rfc3339(value)


@formats.checks("ringcentral-date-time")
def _is_partial_date_time(value: object) -> bool:
    return not isinstance(value, str) or timestamps.parse(value) is not None


def _pattern(_: Any, pattern: str, instance: Json, __: Any) -> Iterator[ValidationError]:
    # ECMA's `$` is the end of the text; Python's also matches before a last line feed.
    if isinstance(instance, str) and not re.search(re.sub(r"(?<!\\)\$", r"\\Z", pattern), instance):
        yield ValidationError(f"{instance!r} does not match {pattern!r}")


def _max_length_utf16(_: Any, limit: int, instance: Json, __: Any) -> Iterator[ValidationError]:
    if isinstance(instance, str) and utf16_units(instance) > limit:
        yield ValidationError(f"the text has more than {limit} UTF-16 units")


def _required(_: Any, names: list[str], instance: Json, __: Any) -> Iterator[ValidationError]:
    if isinstance(instance, dict):
        for name in names:
            if name not in instance:
                yield ValidationError(f"{name!r} is missing", path=[name])


_KEYWORDS = {"pattern": _pattern, "required": _required, "x-maxLengthUtf16": _max_length_utf16}
RequestSchema: Any = extend(Draft4RequestValidator, _KEYWORDS)
ResponseSchema: Any = extend(Draft4ResponseValidator, _KEYWORDS)


def problems_of(schema: Mapping[str, Any], instance: Json, known: Schema | None = None) -> list[errors.Refusal]:
    """The violations of a body's schema, each with its parameter (`to.phoneNumber`).

    Of a large body only the first: finding all reads each part in Python. With `known`, which is the schema compiled,
    a body with one plain violation is not read in Python either.
    """
    only = None if known is None else known.only_broken(instance)
    if only is not None:
        return [_refusal(only)]
    if is_large(instance):
        broken = schema_of(schema).first_broken(instance)
        return [] if broken is None else [_refusal(broken)]
    found = islice(RequestSchema(schema, format_checker=formats).iter_errors(instance), MAX_PROBLEMS)
    return _of_one_status([_refusal(_found_by_stock(error)) for error in found])


def refuse_broken(broken: Broken | None) -> None:
    """Raise what is wrong with a body, if anything is."""
    if broken is not None:
        raise _refusal(broken)


def _found_by_stock(error: Any) -> Broken:
    path = tuple(step for step in error.absolute_path if isinstance(step, str))
    return Broken(path, error.validator, error.schema, error.instance)


def _refusal(broken: Broken) -> errors.Refusal:
    parameter = ".".join(broken.path)
    if broken.keyword == "anyOf" and isinstance(broken.instance, str):
        broken = _broken_as_text(broken)
    if broken.keyword == "anyOf":
        return errors.InvalidParameter(_joined(parameter, _any_of_names(broken)))
    if broken.keyword in (UTF16, "maxLength") and UTF16 in broken.schema:
        return errors.TextTooLong(parameter)
    code = broken.schema.get("x-refused-as", {}).get(broken.keyword)
    if code is None:
        return errors.InvalidParameter(parameter)
    return _REFUSED_AS[code](parameter, str(broken.schema[broken.keyword]))


def _broken_as_text(broken: Broken) -> Broken:
    """What is wrong with a text that may also be a number."""
    texts = [branch for branch in broken.schema["anyOf"] if branch.get("type") == "string"]
    found = [_found_by_stock(error) for text in texts for error in RequestSchema(text).iter_errors(broken.instance)]
    return found[0]._replace(path=broken.path) if found else broken


_REFUSED_AS: Mapping[str, type[errors.Refusal]] = {
    "CMN-100": errors.ParameterMissing,
    "CMN-151": errors.TooManyValues,
    "CMN-409": errors.ValueTooLong,
}


def _any_of_names(broken: Broken) -> str:
    """The parameter at fault when none of several alternatives matches: a phone number for an extension (R-08)."""
    if isinstance(broken.instance, dict) and "phoneNumber" in broken.instance:
        return "phoneNumber"
    first = broken.schema["anyOf"][0].get("required", [""])
    return str(first[0])


def _joined(parent: str, name: str) -> str:
    return f"{parent}.{name}" if parent and name else parent or name


def _of_one_status(refusals: list[errors.Refusal]) -> list[errors.Refusal]:
    """Invalid parameters first: a text that is too long is reported after them, with its own code."""
    return sorted(refusals, key=lambda refusal: isinstance(refusal, errors.TextTooLong))


def refuse(problems: list[errors.Refusal]) -> None:
    """Raise the problems, together when there are several. The list is left empty.

    A refusal that is in a list of a frame of its own traceback is a cycle.
    """
    if problems:
        raised = problems[:]
        problems.clear()
        raise raised.pop() if len(raised) == 1 else errors.SeveralRefusals(raised)


# --- bodies --------------------------------------------------------------------------------------


def parse_json(body: bytes | bytearray, most_values: int, deepest: int) -> Json:
    """Strict JSON in UTF-8: no NaN, no infinity, no lone surrogate; an integer of more than 64 bits is a float.

    Raises `UnparseableJson`, also for what is nested too deep; `BodyOfTooManyValues`; `InvalidParameter` about the
    parameter that holds a lone surrogate.
    """
    try:
        check_bounds(body, most_values, deepest)
        return orjson.loads(body)
    except TooManyValues as error:
        raise BodyOfTooManyValues(str(most_values)) from error
    except TooDeep as error:
        raise UnparseableJson from error
    except orjson.JSONDecodeError:
        return read_slowly(body)


def as_it_came(body: bytes) -> Json:
    """The value of a body that was parsed before."""
    return parse_json(body, len(body) + 1, len(body) + 1)


def read_slowly(body: bytes | bytearray) -> Json:
    """What the fast decoder refuses, without saying whether it holds a surrogate and where; raises as `parse_json`."""
    if not _MAY_HOLD_LONE_SURROGATE.search(body):
        raise UnparseableJson
    try:
        value = _STRICT.decode(body.decode("utf-8"))
        unencodable = list(islice(_unencodable(value), MAX_PROBLEMS))
    except (ValueError, RecursionError) as error:
        raise UnparseableJson from error
    refuse([errors.InvalidParameter(parameter) for parameter in unencodable])
    return value


def _no_constant(name: str) -> None:
    raise ValueError(name)


def _finite(text: str) -> float:
    value = float(text)
    if value in (float("inf"), float("-inf")):
        raise ValueError(text)
    return value


_STRICT = json.JSONDecoder(parse_constant=_no_constant, parse_float=_finite)


def _unencodable(value: Json, parameter: str = "") -> Iterator[str]:
    if isinstance(value, str):
        if not is_encodable(value):
            yield parameter
    elif isinstance(value, list):
        for item in value:
            yield from _unencodable(item, parameter)
    elif isinstance(value, dict):
        for name, item in value.items():
            if not is_encodable(name):
                yield parameter
                continue
            yield from _unencodable(item, _joined(parameter, name))


def _with_ids(schema: Mapping[str, Any], body: Json) -> Json:
    spell = schema_of(schema).ids
    return body if spell is None else spell(body)


class _Body(AbstractRequestBodyValidator):
    """Parses the body that the request guard has read, validates it and puts it on the call."""

    async def wrap_receive(self, receive: Any, *, scope: Any) -> tuple[Any, Any]:
        call: Call = scope[SCOPE_KEY]
        if call.content or self._required:
            try:
                call.body = self.parse(call)
                self.check(call)
            except RecursionError as error:  # shallow enough to be parsed, too deep to be walked
                raise UnparseableJson from error
        return receive, scope

    def parse(self, call: Call) -> Json:
        """The body's value."""
        raise NotImplementedError

    def check(self, call: Call) -> None:
        """Raise every problem of the body that was parsed; spell its ids as the handlers read them."""
        refuse(problems_of(self._schema, call.body))
        call.body = _with_ids(self._schema, call.body)


class JsonBody(_Body):
    """`application/json`."""

    def parse(self, call: Call) -> Json:
        if not call.content:
            raise errors.InvalidParameter("")
        return parse_json(call.content, call.most_values, call.limits.max_json_depth)


class FormBody(_Body):
    """`application/x-www-form-urlencoded`: texts; a repeated name keeps its list and violates its schema."""

    def parse(self, call: Call) -> Json:
        pairs = form_of(call.content, call.limits)
        return {name: values[0] if len(values) == 1 else values for name, values in by_name(pairs).items()}


class MultipartBody(_Body):
    """`multipart/form-data` and `multipart/mixed`: the first part is the JSON body, whatever its name.

    The parts after it are attachments, whatever theirs. Or the body is in the fields of a form: see `form_of`. The
    contract has names for both: `x-first-part` and `x-further-parts` of the schema say which.
    """

    def parse(self, call: Call) -> Json:
        if not call.content:
            raise errors.InvalidParameter("")
        parts = multipart.split(call.headers[b"content-type"], call.content, call.limits)
        parse = partial(parse_json, most_values=call.most_values, deepest=call.limits.max_json_depth)
        form = form_data.form_of(parts, parse, form_data.FAX if self._is_fax else form_data.MESSAGE)
        files = [part for part in parts[1:] if not part.is_no_choice] if form is None else form.files
        call.attachments = tuple(map(multipart.attachment_of, files))
        if self._is_fax:
            return _fax(parts[0], parse) if form is None else form.message
        return parse(parts[0].json) if form is None else form.message

    @property
    def _is_fax(self) -> bool:
        """Whether it is a fax, which has fields of its own."""
        return "coverIndex" in self._schema["properties"]

    def check(self, call: Call) -> None:
        schema, files = self._schema_of(call), self._schema["x-further-parts"]
        problems = problems_of(schema, call.body)
        if files in self._schema.get("required", ()) and not call.attachments:
            problems.append(errors.InvalidParameter(files))
        refuse(problems)
        call.body = _with_ids(schema, call.body)

    def _schema_of(self, call: Call) -> Mapping[str, Any]:
        """That of the message: a branch may have another for messages without files."""
        name = self._schema["x-first-part"]
        branches = (each for part in self._schema.get("allOf", ()) for each in part.get("anyOf", ()))
        without_files = [each["properties"][name] for each in branches if "properties" in each]
        schema: Mapping[str, Any] = self._schema["properties"][name]
        return schema if call.attachments else next(iter(without_files), schema)


def _fax(part: multipart.MultipartPart, parse: Callable[[bytes], Json]) -> Json:
    """The JSON of a fax without form fields. Raises `FaxEnvelopeUnreadable`."""
    try:
        said = parse(part.json)
    except UnparseableJson as error:
        raise FaxEnvelopeUnreadable from error
    return {name: value for name, value in said.items() if name != "attachment"} if isinstance(said, dict) else said


class MixedBody(MultipartBody):
    """`multipart/mixed`: as above, or a JSON body for each of several resources, in the order of the parts."""

    @property
    def _is_batch(self) -> bool:
        return isinstance(self._schema.get("additionalProperties"), dict)

    def parse(self, call: Call) -> Json:
        if not self._is_batch:
            return super().parse(call)
        parts = multipart.split(call.headers[b"content-type"], call.content, call.limits)
        most = call.most_values // len(parts)
        return [{"body": parse_json(part.json, most, call.limits.max_json_depth)} for part in parts]

    def check(self, call: Call) -> None:
        if not self._is_batch:
            super().check(call)
            return
        schema = self._schema["additionalProperties"]
        problems = (problem for entry in call.body for problem in problems_of(schema, entry["body"]))
        refuse(_of_one_status(list(islice(problems, MAX_PROBLEMS))))
        for entry in call.body:
            entry["body"] = _with_ids(schema, entry["body"])


# --- parameters ----------------------------------------------------------------------------------


class StrictUriParser(OpenAPIURIParser):
    """Converts values to the contract's types and leaves invalid ones unchanged, for the schema to refuse."""

    def resolve_params(self, params: Mapping[str, Any], _in: str) -> dict[str, Any]:
        return {name: self._resolve(name, values, _in) for name, values in params.items()}

    def _resolve(self, name: str, values: Any, _in: str) -> Any:
        schema = self.param_schemas.get(name, {})
        if _in == "path":
            return values
        if schema.get("type") == "array":
            return [value for given in values for value in given.split(",")]
        return coerce(schema, values[0]) if len(values) == 1 else values


def coerce(schema: Mapping[str, Any], text: str) -> Any:
    """A query value by its schema's type; the text itself when it does not fit."""
    match schema.get("type"):
        case "integer" if _INTEGER.fullmatch(text) and len(text) < 20:
            return int(text)
        case "boolean":
            return _BOOLEANS.get(text.lower(), text)
        case "string" if schema.get("format") in _DATES:
            return text.replace(" ", "+")  # of a zone, decoded as forms are
    return text


class Period(NamedTuple):
    """Two parameters that say when a period begins and when it ends."""

    since: str
    until: str


def periods_of(parameters: Iterable[Mapping[str, Any]]) -> list[Period]:
    """The pairs of dates among an operation's parameters: `dateFrom` and `dateTo`, or any others named like them."""
    dates = {each["name"] for each in parameters if each["schema"].get("format") in _DATES}
    stems = sorted(name.removesuffix("From") for name in dates if name.endswith("From"))
    return [Period(f"{stem}From", f"{stem}To") for stem in stems if f"{stem}To" in dates]


def ends_before_it_begins(period: Period, values: Mapping[str, Any]) -> bool:
    """Whether both dates are given, and the wrong way round. Both are checked already."""
    since, until = values.get(period.since), values.get(period.until)
    if since is None or until is None:
        return False
    began, ended = timestamps.parse(since.upper()), timestamps.parse(until.upper())
    return began is not None and ended is not None and ended < began


class Parameters:
    """Path and query parameters: all problems of a request together, by the names of the contract."""

    def __init__(self, parameters: list[dict[str, Any]], uri_parser: StrictUriParser, **_: Any) -> None:
        self._parameters = parameters
        self._uri_parser = uri_parser
        self._periods = periods_of(parameters)

    def validate(self, scope: Any) -> None:
        """Put the values on the call, with defaults. Raises `InvalidParameter`, one or several."""
        call: Call = scope[SCOPE_KEY]
        query = query_of(scope["query_string"], call.operation, call.limits.max_form_fields)
        given = {
            "query": self._uri_parser.resolve_query(by_name(query)),
            "path": self._uri_parser.resolve_path(scope.get("path_params", {})),
        }
        values: dict[str, Any] = {}
        problems: list[errors.Refusal] = []
        for parameter in self._parameters:
            name, schema = parameter["name"], parameter["schema"]
            value = given.get(parameter["in"], {}).get(name)
            if value is None and parameter.get("required"):
                problems.append(errors.InvalidParameter(name))
            elif value is None:
                values[name] = schema.get("default")
            elif not _keeps(schema, value):
                problems.append(errors.InvalidParameter(name))
            else:
                values[name] = value
        reversed_periods = [each for each in self._periods if ends_before_it_begins(each, values)]
        refuse(problems or [errors.InvalidParameter(each.until) for each in reversed_periods])
        call.parameters = values
        call.query = query


def _keeps(schema: Mapping[str, Any], value: Any) -> bool:
    if is_large(value):
        return bool(schema_of(schema).validator.is_valid(value))
    return next(RequestSchema(schema, format_checker=formats).iter_errors(value), None) is None


_WRITTEN_AS_FORMS = frozenset({"authorize"})
"""The operations whose parameters have spaces, written as `+`."""


def query_of(text: bytes, operation_id: str | None, most_fields: int) -> list[tuple[str, str]]:
    """The query of an operation with the variants that official clients send.

    A raw `+` is a plus, since some clients do not encode it and only `authorize` has parameters with spaces; `name[]`
    and `name[0]` are `name`; `max` and `Max` are `perPage`, unless that is present too; `perPage=max` is the greatest
    page. Raises `UnparseableRequest` for more than `most_fields` fields.
    """
    if operation_id not in _WRITTEN_AS_FORMS:
        text = text.replace(b"+", b"%2B")
    pairs = pairs_of(text, most_fields)
    named = [(_BRACKETS.sub("", name), value) for name, value in pairs]
    if any(name in _MAX for name, _ in named) and not any(name == PER_PAGE for name, _ in named):
        named = [(PER_PAGE if name in _MAX else name, value) for name, value in named]
    return [(name, MAX_PER_PAGE if name == PER_PAGE and value.lower() == "max" else value) for name, value in named]


# --- answers -------------------------------------------------------------------------------------


class JsonAnswer(JSONResponseBodyValidator):
    """Answers are validated against the contract with the same keywords and formats."""

    @property
    def validator(self) -> Any:
        return ResponseSchema(self._schema, format_checker=formats)


VALIDATOR_MAP: Mapping[str, Any] = {
    "parameter": Parameters,
    "body": {
        "application/json": JsonBody,
        "application/x-www-form-urlencoded": FormBody,
        "multipart/form-data": MultipartBody,
        "multipart/mixed": MixedBody,
        "application/vnd.ringcentral.multipart+json": JsonBody,
    },
    "response": {"application/json": JsonAnswer},
}
