"""The smallest changed request that would pass.

Pure: it reads the contract, the account and the reasons against a request, and changes nothing but its own copy. Each
round mends what the compiled schemas find, or else the first thing that the rules would refuse, until nothing is left.
"""

import ast
import copy
import json
import re
from collections.abc import Callable, Mapping, Sequence
from difflib import SequenceMatcher
from typing import Any, NamedTuple
from urllib.parse import quote, unquote

import orjson

from ...domain import errors
from ...domain.account import Feature, is_e164
from ...domain.errors import Refusal
from ...domain.nearest import nearest
from ...domain.text import utf16_units
from ...world.world import World
from ..json_schemas import UTF16, compiled
from ..near_paths import near_path
from .dry_run import DryRun
from .plans import FORM, JSON, Parameter, Plan, every_property, example_in, merged, plans, schema_at
from .reasons import Reason, place_of, reasons_of
from .values import Values

Json = Any
Path = tuple[str | int, ...]

_ROUNDS = 40
_DIGITS = re.compile(r"[^0-9]")
_IDS = {"accountId": "~", "extensionId": "~", "apiVersion": "v1.0"}


class Request(NamedTuple):
    """A request as its client wrote it. `body` is what its JSON or form says, a text where that cannot be read."""

    method: str
    path: str
    query: tuple[tuple[str, str], ...] = ()
    media_type: str = ""
    body: Json = None
    authorization: str = "bearer"
    """`bearer`, `basic` or `none`."""


class Repaired(NamedTuple):
    """A request that would pass, its operation, and what was changed, a sentence for each."""

    request: Request
    operation: str
    changes: tuple[str, ...]


class Account(NamedTuple):
    """In what world, and as which extension, the request is made."""

    world: World
    extension: str


def repaired(request: Request, made_in: Account) -> Repaired | None:
    """The request with the least that has to be changed; None where it is unclear what was meant."""
    plan, path_values, changes = _operation(request)
    if plan is None:
        return None
    return _Repair(plan, request, made_in, list(changes)).done(path_values)


# --- which operation -----------------------------------------------------------------------------


def _operation(request: Request) -> tuple[Plan | None, dict[str, str], list[str]]:
    """The operation that was meant, what its path says, and what had to be changed of path and method."""
    path = request.path
    named = _of_path(path)
    if not named:
        meant = _near(request)
        named = _of_path(meant) if meant is not None else []
        if not named or meant is None:
            return None, {}, []
        path = meant
    changes = [f"the path is {path}"] if path != request.path else []
    for plan, values in named:
        if plan.method == request.method:
            return plan, values, changes
    with_body = [each for each in named if each[0].schema is not None] if request.body is not None else []
    plan, values = (with_body or [each for each in named if each[0].method == "GET"] or named)[0]
    return plan, values, [*changes, f"the method is {plan.method}"]


def _near(request: Request) -> str | None:
    """The path that was meant: one of the contract with one step in the place of another, as alike as there is."""
    given = [_ODD.sub("", unquote(each)) for each in request.path.split("/") if each]
    ranked = []
    for plan in plans().values():
        known = plan.path.strip("/").split("/")
        if len(known) != len(given) or len(given) > _MOST_STEPS:
            continue
        filled, unlike, is_any_alike = [], 0.0, False
        for each, step in zip(known, given, strict=True):
            if each.startswith("{"):
                filled.append(step)
                continue
            filled.append(each)
            likeness = 1.0 if each == step else SequenceMatcher(None, each, step[:_LONGEST_STEP].lower()).ratio()
            unlike += 0 if each == step else 2 - likeness
            is_any_alike = is_any_alike or likeness >= _ALIKE
        if unlike < _MOST_UNLIKE and is_any_alike:
            has_body = (plan.schema is not None) == (request.body is not None)
            rank = (round(unlike + (plan.method != request.method) + (not has_body), 3), plan.path.count("{"))
            ranked.append((rank, "/" + "/".join(filled)))
    if ranked:
        return min(ranked)[1]
    return near_path("/" + "/".join(given))


_ODD = re.compile(r"[\x00-\x20\x7f]")
_MOST_UNLIKE, _ALIKE, _MOST_STEPS, _LONGEST_STEP = 3.5, 0.7, 20, 64


def _of_path(path: str) -> list[tuple[Plan, dict[str, str]]]:
    found: list[tuple[Plan, dict[str, str]]] = []
    steps = path.removeprefix("/").removesuffix("/").split("/")
    for plan in plans().values():
        known = plan.path.strip("/").split("/")
        if len(known) != len(steps):
            continue
        values = {}
        for each, given in zip(known, steps, strict=True):
            if each.startswith("{"):
                values[each[1:-1]] = unquote(given)
            elif each != given:
                break
        else:
            found.append((plan, values))
    return sorted(found, key=lambda each: each[0].path.count("{"))


# --- the repair ----------------------------------------------------------------------------------


class _Repair:
    """One request under repair."""

    def __init__(self, plan: Plan, request: Request, made_in: Account, changes: list[str]) -> None:
        self._plan = plan
        self._request = request
        self._world = made_in.world
        self._values = Values(made_in.world, made_in.world.account.extensions[made_in.extension])
        self._made_in = made_in
        self._changes = changes
        self._body: Json = copy.deepcopy(request.body)
        self._tried: set[tuple[Path, str]] = set()
        self._dry: DryRun | None = None

    def done(self, path_values: Mapping[str, str]) -> Repaired | None:
        """None where the rules refuse whatever is tried: the caller may not do this at all."""
        path = self._mended_path(dict(path_values))
        query = self._mended_query()
        media_type = self._mended_media_type()
        self._mend_body()
        rounds = _ROUNDS
        while (refusal := self._refusal(path, query)) is not None:
            rounds -= 1
            if not rounds or not self._mend_rule(refusal):
                return None
            self._mend_body()
        if self._plan.operation == "getToken" and not _is_known(self._body, self._values):
            self._replace((), _token_form(self._values))
        needed = "bearer" if self._plan.needs_token else "basic" if self._plan.operation in _OF_CLIENTS else "none"
        if self._request.authorization != needed and needed != "none":
            self._note(f"the Authorization header is {_AUTHORIZATION[needed]}")
        body = None if self._plan.schema is None else self._body
        written = self._plan.path
        for name, value in path.items():
            written = written.replace(f"{{{name}}}", quote(value, safe="~"))
        made = Request(self._plan.method, written, tuple(query), media_type, body, needed)
        return Repaired(made, self._plan.operation, tuple(dict.fromkeys(self._changes)))

    def _note(self, change: str) -> None:
        self._changes.append(change)

    # --- path, query, media type -----------------------------------------------------------------

    def _mended_path(self, values: dict[str, str]) -> dict[str, str]:
        account, own = str(self._values.account.id), str(self._values.caller.id)
        for each in self._plan.parameters:
            if each.where != "path":
                continue
            given = values.get(each.name, "")
            wanted = given
            if each.name == "accountId":
                wanted = given if given in ("~", account) else "~"
            elif each.name == "extensionId" and self._plan.path.count("extensionId"):
                wanted = given if given in ("~", own) or self._may_be_of_another(given) else "~"
            elif each.name == "messageId":
                wanted = self._message_id(given)
            elif each.name == "apiVersion":
                wanted = _IDS[each.name]
            elif not _keeps(each.schema, given):
                wanted = str(_IDS.get(each.name, each.example))
            if wanted != given:
                self._note(f"`{each.name}` of the path is {wanted}")
            values[each.name] = wanted
        return values

    def _may_be_of_another(self, given: str) -> bool:
        """Whether the caller may do this in the place of that extension."""
        is_id = given.isascii() and given.isdigit() and len(given) < 19
        extension = self._values.account.extension_by_id(int(given)) if is_id else None
        return extension is not None and self._values.caller.administrator and self._plan.method == "GET"

    def _message_id(self, given: str) -> str:
        held = self._world.messages.find
        ids = given.split(",")
        number = self._values.caller.number
        if all(each.isascii() and each.isdigit() and len(each) < 19 and held(number, int(each)) for each in ids):
            return given
        newest = self._values.message_id()
        return given if newest is None else str(newest)

    def _mended_query(self) -> list[tuple[str, str]]:
        known = {each.name: each for each in self._plan.parameters if each.where == "query"}
        mended: list[tuple[str, str]] = []
        seen: set[str] = set()
        for name, text in self._request.query:
            parameter = known.get(name)
            if parameter is None:
                meant = [each for each in nearest(name, known) if known[each].is_required and each not in seen]
                if meant:
                    self._note(f"`{name}` of the query is `{meant[0]}`")
                    name, parameter = meant[0], known[meant[0]]
            if parameter is None:
                mended.append((name, text))
                continue
            is_list = merged(parameter.schema).get("type") == "array"
            if name in seen and not is_list:
                self._note(f"`{name}` is in the query once")
                continue
            seen.add(name)
            kept = text if _keeps_text(parameter, text) else _near_text(parameter, text)
            if kept is None:
                self._note(f"the query is without `{name}`")
                continue
            if kept != text:
                self._note(f"`{name}` of the query is {kept}")
            mended.append((name, kept))
        for name, parameter in known.items():
            if parameter.is_required and name not in seen:
                mended.append((name, str(parameter.example)))
                self._note(f"the query has `{name}`")
        return _in_order(mended, self._note)

    def _mended_media_type(self) -> str:
        given, taken = self._request.media_type.partition(";")[0].strip().lower(), self._plan.bodies
        if not taken or (self._request.body is None and not self._plan.is_body_required):
            return ""
        wanted = next((each for each in (JSON, FORM) if each in taken), next(iter(taken)))
        if given != wanted and (given not in taken or wanted in (JSON, FORM)):
            self._note(f"Content-Type is {wanted}")
        return wanted

    # --- the body --------------------------------------------------------------------------------

    def _mend_body(self) -> None:
        schema = self._plan.schema
        if schema is None or (self._body is None and not self._plan.is_body_required):
            return
        if isinstance(self._body, str) and merged(schema).get("type") == "object":
            self._body = _read(self._body)
            self._note("the body is JSON")
        if self._body is None:
            self._body = self._example(())
            self._note("the body is there")
        for _ in range(_ROUNDS):
            reasons = reasons_of(schema, self._body)
            if not reasons:
                return
            self._mend(reasons[0])
        self._body = self._example(())
        self._note("the body is the contract's example")

    def _mend(self, reason: Reason) -> None:
        """Mend one thing; what did not help before is replaced, and then what is around it."""
        path = reason.path
        mark = (path, reason.kind)
        if mark in self._tried:
            while path and (path, "replaced") in self._tried:
                path = path[:-1]
            self._tried.add((path, "replaced"))
            self._replace(path, self._example(path))
            return
        self._tried.add(mark)
        if reason.kind == "Required":
            self._add(path)
        else:
            value = _value_at(self._body, path)
            mended = _mended_value(reason, value, lambda: self._example(path))
            if value is None and path and not self._is_required(path):
                self._remove(path)
            else:
                self._replace(path, mended)

    def _is_required(self, path: Path) -> bool:
        above = merged(schema_at(self._plan.schema or {}, path[:-1]))
        return isinstance(path[-1], int) or path[-1] in above.get("required", ())

    def _add(self, path: Path) -> None:
        """Put what is missing there: what is under a name that is like it, or a value that will do."""
        holder, name = _value_at(self._body, path[:-1]), str(path[-1])
        known = every_property(schema_at(self._plan.schema or {}, path[:-1]))
        unknown = [each for each in holder if each not in known]
        alike = nearest(name, unknown, 1) or [each for each in unknown if _is_alike(each, name)][:1]
        if alike:
            self._note(f"`{place_of((*path[:-1], alike[0]))}` is `{name}`")
            renamed = {name if key == alike[0] else key: value for key, value in holder.items()}
            holder.clear()
            holder.update(renamed)
        else:
            holder[name] = self._example(path)
            self._note(f"`{place_of(path)}` is there")

    def _remove(self, path: Path) -> None:
        holder = _value_at(self._body, path[:-1])
        del holder[path[-1]]
        self._note(f"`{place_of(path)}` is not there")

    def _replace(self, path: Path, value: Json) -> None:
        if not path:
            self._body = value
            self._note("the body is an object of the contract")
            return
        _value_at(self._body, path[:-1])[path[-1]] = value
        self._note(f"`{place_of(path)}` is {_short(value)}")

    def _example(self, path: Path) -> Json:
        """A value for a place of the body: one of the world's, of the contract's example, or of the schema."""
        names = [each for each in path if isinstance(each, str)]
        known = None if path and isinstance(path[-1], int) else self._values.for_name(self._plan.operation, names)
        if known is not None:
            return copy.deepcopy(known)
        if not path and self._plan.operation in _EXAMPLES:
            return _EXAMPLES[self._plan.operation](self._values)
        shown = _value_at(self._plan.example, path)
        schema = schema_at(self._plan.schema or {}, path)
        made = copy.deepcopy(shown) if shown is not None else example_in(schema)
        if isinstance(made, dict):
            for name in list(made):
                own = self._values.for_name(self._plan.operation, [*names, name])
                made[name] = copy.deepcopy(own) if own is not None else made[name]
            return _with_own_numbers(made, self._plan.operation, self._values, names)
        if isinstance(made, list):
            return [_with_own_numbers(each, self._plan.operation, self._values, names) for each in made]
        return made

    # --- the rules -------------------------------------------------------------------------------

    def _refusal(self, path: Mapping[str, str], query: list[tuple[str, str]]) -> Refusal | None:
        body = self._body
        if self._plan.operation == "createInternalTextMessage" and isinstance(body, dict):
            reply_on = body.get("replyOn")
            if reply_on is not None and not self._values.holds(reply_on):
                return errors.ReplyTargetNotFound("replyOn")
            body = {name: value for name, value in body.items() if name != "replyOn"}
            if reply_on is not None and not body.get("to"):
                return None
        if self._dry is None:
            self._dry = DryRun(*self._made_in)
        return self._dry.refusal(self._plan, dict(path), query, body)

    def _mend_rule(self, refusal: Refusal) -> bool:
        """Change what the rules refuse; whether there was anything to change."""
        before = json.dumps(self._body, default=str)
        mend = next((_BY_REFUSAL[kind] for kind in type(refusal).__mro__ if kind in _BY_REFUSAL), None)
        if mend is not None and isinstance(self._body, dict):
            mend(self._body, refusal, self._values)
            if json.dumps(self._body, default=str) != before:
                self._note(_change_of(refusal, self._body))
                return True
        return self._mend_parameter(refusal)

    def _mend_parameter(self, refusal: Refusal) -> bool:
        """Put a value that will do in the place of the one that a refusal names; in the end, in that of the body."""
        path = tuple((refusal.parameter or "").split(".")) if refusal.parameter else ()
        while path and ((path, "rule") in self._tried or _value_at(self._body, path) is None):
            path = path[:-1]
        if (path, "rule") in self._tried or self._plan.schema is None:
            return False
        self._tried.add((path, "rule"))
        if path and not self._is_required(path) and _value_at(self._plan.example, path) is None:
            self._remove(path)
        else:
            self._replace(path, self._example(path))
        return True


_OF_CLIENTS = ("getToken", "revokeToken")
_AUTHORIZATION = {"bearer": "Bearer and an access token", "basic": "Basic and the client's id and secret"}


def _with_own_numbers(value: Json, operation: str, values: Values, names: Sequence[str]) -> Json:
    """An example of the contract with numbers of this account in the place of its own."""
    if isinstance(value, dict):
        made = {}
        for name, each in value.items():
            own = values.for_name(operation, [*names, name])
            made[name] = own if own is not None else _with_own_numbers(each, operation, values, [*names, name])
        return made
    if isinstance(value, list):
        return [_with_own_numbers(each, operation, values, names) for each in value]
    return value


def _token_form(values: Values) -> Json:
    for number, said in values.credentials.items():
        if said.jwt is not None and values.account.extensions[number].can_log_in:
            return {"grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer", "assertion": said.jwt}
    return {"grant_type": "password", "username": values.account.main_number, "password": "$PASSWORD"}


def _is_known(form: Json, values: Values) -> bool:
    """Whether a form signs somebody in whom the fixture knows, as far as a form says that by itself."""
    known = [each for number, each in values.credentials.items() if values.account.extensions[number].can_log_in]
    if form.get("grant_type", "").endswith("jwt-bearer"):
        return form.get("assertion") in {each.jwt for each in known if each.jwt is not None}
    return form.get("grant_type") == "password" and form.get("password") in {each.password for each in known}


_EXAMPLES: Mapping[str, Callable[[Values], Json]] = {"getToken": _token_form}


# --- values --------------------------------------------------------------------------------------


def _value_at(value: Json, path: Sequence[str | int]) -> Json:
    for each in path:
        if isinstance(each, int):
            value = value[each] if isinstance(value, list) and each < len(value) else None
        else:
            value = value.get(each) if isinstance(value, dict) else None
    return value


def _short(value: Json) -> str:
    said = json.dumps(value, ensure_ascii=False)
    return said if len(said) <= 80 else f"{said[:77]}..."


def _is_alike(given: str, wanted: str) -> bool:
    """Whether two names are one but for case, underscores or a plural."""
    plain = [re.sub(r"[^a-z0-9]", "", each.casefold()).removesuffix("s") for each in (given, wanted)]
    return plain[0] == plain[1] or (len(plain[0]) > 1 and (plain[0] in plain[1] or plain[1] in plain[0]))


def _read(text: str) -> Json:
    """What a text means that was to be JSON: with quotes, commas and brackets as JSON has them; None for nothing."""
    candidates = [text, re.sub(r",\s*([}\]])", r"\1", text)]
    candidates += [each + "}" * n for each in candidates for n in (1, 2)]
    candidates += [each + '"}' for each in candidates[:1]]
    for candidate in candidates:
        try:
            found = orjson.loads(candidate)
        except orjson.JSONDecodeError:
            continue
        return found if isinstance(found, dict) else None
    try:
        found = ast.literal_eval(text)
    except (ValueError, SyntaxError, RecursionError, MemoryError):
        return None
    return found if isinstance(found, dict) else None


def _mended_value(reason: Reason, value: Json, example: Callable[[], Json]) -> Json:
    """The nearest value that breaks this keyword no more."""
    schema = merged(reason.schema)
    mend = _BY_KEYWORD.get(reason.kind)
    return example() if mend is None else mend(schema, value, example)


def _to_type(schema: Mapping[str, Any], value: Json, example: Callable[[], Json]) -> Json:
    kind = schema.get("type")
    text = str(value).strip() if isinstance(value, (str, int, float)) and not isinstance(value, bool) else None
    if kind == "array":
        item = merged(schema.get("items", {}))
        if isinstance(value, dict) or (text is not None and item.get("type") == "string"):
            return [value if isinstance(value, dict) else text]
        wrapped = _wrapped(item, text)
        return example() if wrapped is None else [wrapped]
    if kind == "object":
        if isinstance(value, list) and len(value) == 1 and isinstance(value[0], dict):
            return value[0]
        wrapped = _wrapped(schema, text)
        return example() if wrapped is None else wrapped
    if kind in ("integer", "number") and text is not None and re.fullmatch(r"-?[0-9]{1,18}(\.0+)?", text):
        return int(float(text))
    if kind == "string" and text is not None:
        return text
    if kind == "string" and isinstance(value, list) and len(value) == 1 and isinstance(value[0], str):
        return value[0]
    if kind == "boolean" and text is not None and text.lower() in ("true", "false", "0", "1", "yes", "no"):
        return text.lower() in ("true", "1", "yes")
    return example()


def _wrapped(schema: Mapping[str, Any], text: str | None) -> Json:
    """A number that stands where an object with it is wanted."""
    properties = schema.get("properties", {})
    if text is None:
        return None
    if "phoneNumber" in properties and is_e164(text):
        return {"phoneNumber": text}
    return {"extensionNumber": text} if "extensionNumber" in properties and text.isdigit() else None


def _to_pattern(schema: Mapping[str, Any], value: Json, example: Callable[[], Json]) -> Json:
    if not isinstance(value, str):
        return example()
    digits = _DIGITS.sub("", value)
    candidates = (value.strip(), f"+{digits}" if value.strip().startswith("+") else digits, digits, f"1{digits}")
    plain = {name: each for name, each in schema.items() if name not in ("example", "nullable")}
    return next((each for each in candidates if each and each != value and _keeps(plain, each)), None) or example()


def _to_enum(schema: Mapping[str, Any], value: Json, example: Callable[[], Json]) -> Json:
    known = [each for each in schema.get("enum", ()) if isinstance(each, str)]
    return next(iter(nearest(value, known, 1)), None) or example()


def _shorter(schema: Mapping[str, Any], value: Json, example: Callable[[], Json]) -> Json:
    if not isinstance(value, str):
        return example()
    most = min(schema.get("maxLength", 1 << 30), schema.get(UTF16, 1 << 30))
    return shortened(value, most) if most < 1 << 30 else example()


def shortened(text: str, units: int) -> str:
    """As much of a text as has at most so many UTF-16 units."""
    cut = text[:units]
    while utf16_units(cut) > units:
        cut = cut[: len(cut) - max(1, (utf16_units(cut) - units) // 2)]
    return cut


def _once_each(_: Mapping[str, Any], value: Json, __: Callable[[], Json]) -> Json:
    return list({json.dumps(each, sort_keys=True): each for each in value}.values())


def _to_bound(schema: Mapping[str, Any], value: Json, example: Callable[[], Json]) -> Json:
    low, high = schema.get("minimum"), schema.get("maximum")
    if low is not None and value < low:
        return low
    return high if high is not None and value > high else example()


_BY_KEYWORD: Mapping[str, Callable[[Mapping[str, Any], Json, Callable[[], Json]], Json]] = {
    "Type": _to_type,
    "Pattern": _to_pattern,
    "Format": _to_pattern,
    "Enum": _to_enum,
    "MaxLength": _shorter,
    UTF16: _shorter,
    "MaxItems": lambda schema, value, _: value[: schema["maxItems"]],
    "UniqueItems": _once_each,
    "Minimum": _to_bound,
    "Maximum": _to_bound,
}


# --- queries -------------------------------------------------------------------------------------


def _keeps(schema: Mapping[str, Any], value: Json) -> bool:
    kind = merged(schema).get("type")
    if kind in ("integer", "number") and isinstance(value, str):
        if not re.fullmatch(r"-?(0|[1-9][0-9]*)", value) or len(value) > 19:
            return False
        value = int(value)
    return bool(compiled(schema).is_valid(value))


def _keeps_text(parameter: Parameter, text: str) -> bool:
    schema = merged(parameter.schema)
    if schema.get("type") == "array":
        items = schema.get("items", {})
        return all(_keeps(items, each) for each in text.split(","))
    if schema.get("type") == "boolean":
        return text.lower() in ("true", "false", "0", "1")
    return _keeps(parameter.schema, text)


def _near_text(parameter: Parameter, text: str) -> str | None:
    """The nearest value of a query; None where it is left out the better."""
    schema = merged(parameter.schema)
    if schema.get("type") == "integer" and re.fullmatch(r"-?[0-9]{1,18}", text):
        bounded = max(schema.get("minimum", int(text)), min(schema.get("maximum", int(text)), int(text)))
        return str(bounded)
    known = schema.get("enum") or merged(schema.get("items", {})).get("enum") or ()
    found = nearest(text, [each for each in known if isinstance(each, str)], 1)
    if found:
        return found[0]
    if parameter.is_required:
        return str(parameter.example)
    digits = _DIGITS.sub("", text)
    return digits if parameter.name == "phoneNumber" and is_e164(digits) else None


def _in_order(query: list[tuple[str, str]], note: Callable[[str], None]) -> list[tuple[str, str]]:
    """Without the end of a period that ends before it begins."""
    given = dict(query)
    for since, until in (("dateFrom", "dateTo"), ("creationTimeFrom", "creationTimeTo"), ("timeFrom", "timeTo")):
        if since in given and until in given and given[until] < given[since]:
            note(f"the query is without `{until}`, which is before `{since}`")
            query = [each for each in query if each[0] != until]
    return query


# --- what the rules refuse -----------------------------------------------------------------------


def _change_of(refusal: Refusal, body: Json) -> str:
    name = (refusal.parameter or "").partition(".")[0]
    if name and name in body:
        return f"`{name}` is {_short(body[name])}"
    return f"`{name}` is not there" if name else "the body is another"


def _own_sender(body: Json, _: Refusal, values: Values) -> None:
    number = values.sms_number()
    if number is not None:
        body["from"] = {"phoneNumber": number}


def _mms_sender(body: Json, refusal: Refusal, values: Values) -> None:
    number = values.sms_number(Feature.MMS_SENDER)
    if number is not None and body.get("from") != {"phoneNumber": number}:
        body["from"] = {"phoneNumber": number}
    else:
        _one_recipient(body, refusal, values)


def _phone_recipient(body: Json, refusal: Refusal, values: Values) -> None:
    """The phone of an extension that has one, or a phone outside, in the place of what is no phone number."""
    for each in body["to"]:
        if refusal.value is None or each.get("phoneNumber") == refusal.value:
            extension = values.account.extensions.get(each.get("phoneNumber", ""))
            own = values.account.numbers_of(extension) if extension is not None else ()
            each["phoneNumber"] = own[0].digits if own else values.phone_outside()
    body["to"] = _once_each({}, body["to"], list)


def _home_recipient(body: Json, _: Refusal, values: Values) -> None:
    body["to"] = [{"phoneNumber": values.phone_outside()}]


def _one_recipient(body: Json, _: Refusal, __: Values) -> None:
    body["to"] = body["to"][:1]


def _fewer_recipients(body: Json, refusal: Refusal, _: Values) -> None:
    most = int(refusal.value) if refusal.value and refusal.value.isdigit() else 1
    body["to"] = body["to"][:most]


def _each_once(body: Json, refusal: Refusal, _: Values) -> None:
    name = (refusal.parameter or "to").partition(".")[0]
    if isinstance(body.get(name), list):
        body[name] = _once_each({}, body[name], list)


def _no_iso_code(body: Json, _: Refusal, __: Values) -> None:
    body["country"].pop("isoCode", None)


def _short_text(body: Json, refusal: Refusal, _: Values) -> None:
    body["text"] = shortened(body["text"], 1000)


def _reached(body: Json, refusal: Refusal, values: Values) -> None:
    """Those whom a page reaches, or another where nobody is left."""
    reached = set(values.paged())
    kept = []
    for each in body.get("to") or ():
        number = each.get("extensionNumber")
        if number is None and each.get("extensionId") is not None and str(each["extensionId"]).isdigit():
            by_id = values.account.extension_by_id(int(each["extensionId"]))
            number = by_id.number if by_id is not None else None
        if number is None and each.get("phoneNumber"):
            owner = values.account.owner_of(each["phoneNumber"].removeprefix("+"))
            number = owner.number if owner is not None else None
            each = {"extensionNumber": number}
        if number in reached:
            kept.append(each)
    body["to"] = kept or [{"extensionNumber": next(values.paged(), values.caller.number)}]


def _number_alone(body: Json, _: Refusal, __: Values) -> None:
    body["to"] = [
        {"extensionNumber": each["extensionNumber"]} if "extensionNumber" in each else each for each in body["to"]
    ]


def _no_sender(body: Json, _: Refusal, __: Values) -> None:
    body.pop("from", None)


def _no_reply(body: Json, refusal: Refusal, values: Values) -> None:
    body.pop("replyOn", None)
    if not body.get("to"):
        _reached(body, refusal, values)


def _own_filters(body: Json, _: Refusal, __: Values) -> None:
    body["eventFilters"] = ["/restapi/v1.0/account/~/extension/~/message-store"]


_BY_REFUSAL: Mapping[type, Callable[[Json, Refusal, Values], None]] = {
    errors.SenderNumberUnknown: _own_sender,
    errors.SenderNumberOfAnother: _own_sender,
    errors.SenderNumberWithoutSms: _own_sender,
    errors.SenderNumberForFax: _own_sender,
    errors.SenderNumberForHighVolume: _own_sender,
    errors.ExtensionNumberAsSmsRecipient: _phone_recipient,
    errors.ShortNumberAsSmsRecipient: _phone_recipient,
    errors.SeveralSmsRecipients: _one_recipient,
    errors.TooManySmsRecipients: _fewer_recipients,
    errors.InternationalNotAllowed: _home_recipient,
    errors.InternationalFromTollFree: _home_recipient,
    errors.MmsNotAvailable: _mms_sender,
    errors.DuplicateValue: _each_once,
    errors.CountryGivenTwice: _no_iso_code,
    errors.TextTooLong: _short_text,
    errors.PagerToPhoneNumber: _reached,
    errors.PagerRecipientNotFound: _reached,
    errors.PagerRecipientCannotReceive: _reached,
    errors.DepartmentWithoutMembers: _reached,
    errors.RecipientInactive: _reached,
    errors.RecipientIdAndNumberDisagree: _number_alone,
    errors.SenderNumberMismatch: _no_sender,
    errors.SenderIdMismatch: _no_sender,
    errors.DepartmentCannotPage: _no_sender,
    errors.NotAThreadParticipant: _no_reply,
    errors.NotInThread: _no_reply,
    errors.ReplyTargetNotFound: _no_reply,
    errors.InvalidEventFilters: _own_filters,
    errors.EventsOfAnotherExtension: _own_filters,
    errors.EventsOfAnotherAccount: _own_filters,
    errors.EventsOfUnknownUser: _own_filters,
    errors.ReminderAlone: _own_filters,
    errors.ReminderUnsuitable: _own_filters,
}
