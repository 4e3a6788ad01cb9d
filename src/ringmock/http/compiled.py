"""The contract's checks compiled once per operation, for valid requests and answers.

A request that a compiled check refuses goes to Connexion's own stage, which words the refusal. So each refusal has one
wording, and one place decides. `tests/http/test_compiled.py` checks that both accept and refuse the same requests.
"""

import asyncio
from collections.abc import Mapping
from functools import cached_property, lru_cache
from types import MappingProxyType
from typing import Any, NamedTuple

import jsonschema_rs
import orjson
from connexion.exceptions import NonConformingResponseBody, NonConformingResponseHeaders
from connexion.middleware.request_validation import (
    RequestValidationAPI,
    RequestValidationMiddleware,
    RequestValidationOperation,
)
from connexion.middleware.response_validation import ResponseValidationAPI, ResponseValidationMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

from ..domain.errors import Refusal
from ..domain.slices import Slices
from ..server_limits import ServerLimits
from .call import JSON_ANSWER, SCOPE_KEY, Answer, Call
from .errors import BodyOfTooManyValues, UnparseableJson, UnparseableRequest
from .forms import by_name
from .json_bounds import TooDeep, TooManyValues, checking_bounds
from .json_schemas import Schema, compiled, most_values, schema_of
from .large_json import SLICE_BYTES, parsing
from .slices import in_slices
from .stages import LONGEST_KNOWN, Staged, following
from .validation import (
    Parameters,
    ResponseSchema,
    StrictUriParser,
    ends_before_it_begins,
    formats,
    parse_json,
    periods_of,
    problems_of,
    query_of,
    refuse,
    refuse_broken,
)
from .wire.record_cache import ListOfRecords

Json = Any

JSON = "application/json"

# --- requests ------------------------------------------------------------------------------------


MAX_KNOWN_PATHS = 512
"""The maximum of cached paths of one operation."""
MAX_KNOWN_QUERIES = 32
"""The maximum of cached queries of one operation, each with its path."""


class _Read(NamedTuple):
    """What a query says: its pairs as they came, and the values of path and query; none that break their schemas."""

    pairs: tuple[tuple[str, str], ...]
    values: Mapping[str, Any] | None


class _ParameterPlan:
    """The path and query parameters of one operation."""

    def __init__(self, operation_id: str, parameters: list[dict[str, Any]]) -> None:
        self._parser = StrictUriParser(parameters, {})
        self._described = parameters
        self._operation_id = operation_id
        self._path = [(p["name"], compiled(p["schema"])) for p in parameters if p["in"] == "path"]
        self._query = {p["name"]: compiled(p["schema"]) for p in parameters if p["in"] == "query"}
        self._required = [p["name"] for p in parameters if p["in"] == "query" and p.get("required")]
        self._defaults = {p["name"]: p["schema"].get("default") for p in parameters}
        self._periods = periods_of(parameters)
        self._without_query = lru_cache(MAX_KNOWN_PATHS)(self._of_path)
        self._known_query = lru_cache(MAX_KNOWN_QUERIES)(self._of_query)

    def _of_path(self, *given: tuple[str, str]) -> Mapping[str, Any] | None:
        """The values of a path, and the defaults of the query; None when one of the path breaks its schema."""
        path_params = dict(given)
        is_valid = all(validator.is_valid(path_params[name]) for name, validator in self._path)
        return MappingProxyType(self._defaults | path_params) if is_valid else None

    def read(self, scope: Scope, call: Call) -> bool:
        """Put the values on the call, with defaults; False when one of them violates its schema."""
        query: bytes = scope["query_string"]
        is_short = len(scope["path"]) + len(query) <= LONGEST_KNOWN
        plain = (self._without_query if is_short else self._of_path)(*scope["path_params"].items())
        if plain is None:
            return False
        call.parameters = plain
        if not query:
            return not self._required
        read = self._known_query if is_short else self._of_query
        call.query, values = read(query, call.limits.max_form_fields, *scope["path_params"].items())
        if values is None:
            return False
        call.parameters = values
        return True

    def refuse(self, scope: Scope, call: Call) -> None:
        """Raise what the stock stage would, for values that violate their schemas."""
        Parameters(self._described, self._parser).validate({**scope, SCOPE_KEY: call})

    def _of_query(self, query: bytes, most_fields: int, *path: tuple[str, str]) -> _Read:
        """What a query says beside a path that keeps its schemas."""
        pairs = tuple(query_of(query, self._operation_id, most_fields))
        values = self._defaults | dict(path)
        for name, value in self._parser.resolve_query(by_name(pairs)).items():
            known = self._query.get(name)
            if known is None:
                continue
            if not known.is_valid(value):
                return _Read(pairs, None)
            values[name] = value
        is_right = all(values[name] is not None for name in self._required) and not any(
            ends_before_it_begins(period, values) for period in self._periods
        )
        return _Read(pairs, MappingProxyType(values) if is_right else None)


class RequestOperation:
    """One operation's compiled checks, and Connexion's stage for what they refuse."""

    def __init__(self, stock: RequestValidationOperation, operation: Any, limits: ServerLimits) -> None:
        self._stock = stock
        self.next_app = following(stock.next_app, operation)
        self._parameters = _ParameterPlan(operation.operation_id, operation.parameters)
        self._takes_body = bool(operation.consumes)
        self._json = schema_of(operation.body_schema(JSON)) if JSON in operation.consumes else None
        # twice what the contract has: a client may send unknown parameters
        schemas = [operation.body_schema(media_type) for media_type in operation.consumes]
        self._most_values = max([limits.max_json_values, *(2 * most_values(schema) for schema in schemas)])
        self._deepest = limits.max_json_depth

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope[SCOPE_KEY].most_values = self._most_values
        call: Call = scope[SCOPE_KEY]
        if self._json is not None and call.media_type == JSON and len(call.content) > SLICE_BYTES:
            # Connexion's stages read the parameters themselves; they find the body here.
            await asyncio.create_task(in_slices(self._reading(call, self._json)))
            if self._parameters.read(scope, call):
                await self.next_app(scope, receive, send)
                return
        if self.accepts(scope, call):
            await self.next_app(scope, receive, send)
        else:
            await self._stock(scope, receive, send)

    def _reading(self, call: Call, schema: Schema) -> Slices[None]:
        """Parse and check a body of megabytes. Raises what the stock stage would raise."""
        try:
            yield from checking_bounds(call.content, self._most_values, self._deepest)
        except TooManyValues as error:
            raise BodyOfTooManyValues(str(self._most_values)) from error
        except TooDeep as error:
            raise UnparseableJson from error
        body = call.body = yield from parsing(call.content)
        refuse_broken((yield from schema.finding_broken(body)) if isinstance(body, dict) else schema.first_broken(body))
        call.body = body if schema.ids is None else schema.ids(body)

    def accepts(self, scope: Scope, call: Call) -> bool:
        """Put parameters and body on the call; False for a request that the stock stage must check, and may refuse."""
        try:
            return self._parameters.read(scope, call) and self._accepts_body(call)
        except (Refusal, UnparseableJson, UnparseableRequest):
            return False

    def refuse(self, scope: Scope, call: Call) -> None:
        """Raise what the stock stage would, for a plain request that it refuses; for any other, nothing."""
        if not self._parameters.read(scope, call):
            self._parameters.refuse(scope, call)
        is_small = 0 < len(call.content) <= SLICE_BYTES  # the stages read a larger one in slices
        if self._json is None or call.media_type != JSON or not is_small:
            return
        try:
            call.body = parse_json(call.content, self._most_values, self._deepest)
            refuse(problems_of(self._json.contract, call.body, self._json))
        except RecursionError as error:  # as the stock stage has it
            raise UnparseableJson from error

    def reads(self, scope: Scope, call: Call) -> bool:
        """As `accepts`, for a request that was accepted once: its body is not checked again."""
        if not self._parameters.read(scope, call):
            return False
        if not self._takes_body:
            return True
        if self._json is None or call.media_type != JSON or not call.content:
            return False
        body = orjson.loads(call.content)
        call.body = body if self._json.ids is None else self._json.ids(body)
        return True

    def _accepts_body(self, call: Call) -> bool:
        if not self._takes_body:
            return True
        if self._json is None or call.media_type != JSON or not call.content:
            return False
        call.body = parse_json(call.content, self._most_values, self._deepest)
        if not self._json.validator.is_valid(call.body):
            return False
        if self._json.ids is not None:
            call.body = self._json.ids(call.body)
        return True


class _RequestApi(RequestValidationAPI):
    def __init__(self, *args: Any, limits: ServerLimits, **kwargs: Any) -> None:
        self._limits = limits
        super().__init__(*args, **kwargs)

    def make_operation(self, operation: Any) -> RequestOperation:
        return RequestOperation(super().make_operation(operation), operation, self._limits)


class RequestValidation(Staged, RequestValidationMiddleware):
    """Connexion's request validation, compiled."""

    api_cls = _RequestApi

    def __init__(self, app: ASGIApp, limits: ServerLimits) -> None:
        super().__init__(app)
        self._limits = limits

    def add_api(self, specification: Any, **kwargs: Any) -> Any:
        return super().add_api(specification, limits=self._limits, **kwargs)


# --- answers -------------------------------------------------------------------------------------


class _AnswerPlan:
    """The allowed answers of one operation with one status. Its schemas are compiled for the first of them."""

    def __init__(self, response: Mapping[str, Any]) -> None:
        self._headers = [name.lower() for name, header in response.get("headers", {}).items() if header.get("required")]
        self._schemas = {name: content.get("schema", {}) for name, content in response.get("content", {}).items()}

    @cached_property
    def _validators(self) -> Mapping[str, jsonschema_rs.Validator]:
        return {name: compiled(schema) for name, schema in self._schemas.items()}

    @cached_property
    def _of_records(self) -> Mapping[str, jsonschema_rs.Validator]:
        of_records = ((name, _of_records(schema)) for name, schema in self._schemas.items())
        return {name: compiled(schema) for name, schema in of_records if schema is not None}

    def check(self, answer: Answer) -> None:
        """Raise Connexion's `NonConformingResponse...` for an answer that breaks the contract."""
        if self._headers:
            given = {name.lower() for name, _ in answer.headers}
            missing = [name for name in self._headers if name not in given]
            if missing:
                raise NonConformingResponseHeaders(detail=f"missing headers: {missing}")
        if answer.body is None and not self._validators:
            return
        media_type = JSON if answer.media_type is JSON_ANSWER else answer.media_type.partition(";")[0]
        validator = self._validators.get(media_type)
        if isinstance(answer.body, bytes):
            validator = validator or self._validators.get(f"{media_type.partition('/')[0]}/*")
        if validator is None:
            raise NonConformingResponseHeaders(detail=f"{media_type} is none of {list(self._validators)}")
        if isinstance(answer.body, bytes):
            return  # of a file no schema says more than that it is one
        body = answer.body
        is_list = type(body) is ListOfRecords
        if not (validator.is_valid(body) and (not is_list or self._has_valid_records(body, media_type))):
            stock = ResponseSchema(self._schemas[media_type], format_checker=formats)
            error = next(stock.iter_errors(body.whole if is_list else body), "the compiled schema refuses it")
            raise NonConformingResponseBody(detail=str(error))

    def _has_valid_records(self, body: ListOfRecords, media_type: str) -> bool:
        """Each record is checked once: it is made anew when anything about it changes."""
        validator = self._of_records[media_type]
        for record in [each for each in body.records if validator not in each.checked_by]:
            if not validator.is_valid(record.value):
                return False
            record.checked_by = (*record.checked_by, validator)
        return True


def _of_records(schema: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The schema of each record of a list, when it says nothing of its records together."""
    records = schema.get("properties", {}).get("records", {})
    items: Mapping[str, Any] | None = records.get("items")
    return items if records.keys() <= {"type", "items", "description"} else None


class AnswerOperation:
    """Checks the handler's answer before any byte of it is sent."""

    def __init__(self, next_app: ASGIApp, operation: Any) -> None:
        self.next_app = next_app
        self._plans = {int(status): _AnswerPlan(response) for status, response in operation.responses.items()}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.next_app(scope, receive, send)
        self.check(scope[SCOPE_KEY])

    def check(self, call: Call) -> None:
        """Raise Connexion's `NonConformingResponse...` for a status or a body that the contract does not have."""
        answer = call.answer
        if answer is None:
            return
        plan = self._plans.get(answer.status)
        if plan is None:
            raise NonConformingResponseHeaders(detail=f"the contract has no answer of {answer.status} here")
        plan.check(answer)


class _AnswerApi(ResponseValidationAPI):
    def make_operation(self, operation: Any) -> AnswerOperation:
        return AnswerOperation(following(self.next_app, operation), operation)


class ResponseValidation(Staged, ResponseValidationMiddleware):
    """Connexion's response validation, compiled, over what the handler said and before it is encoded."""

    api_cls = _AnswerApi
