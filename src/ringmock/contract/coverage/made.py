"""Cases made from the contract: what any operation answers alike, one for every operation.

They call the demo account by the contract's own examples.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from ..cases import Case, Step
from ..openapi import operations

Json = Any

ACCOUNT = "/restapi/v1.0/account/"
NO_ADMINISTRATOR = "103"
OTHER_EXTENSION = "1346632102"
"""102 of the demo account, which 103 may not act for."""
JWT_FORM = {"grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer", "assertion": "demo-jwt-101"}
A_MEGABYTE = 1024 * 1024
ALWAYS_THERE = frozenset({"apiVersion", "accountId", "extensionId", "departmentId"})
"""Path parameters whose examples name what the account has from the start."""


class _Call(NamedTuple):
    """An operation, and how to call it without anything in the account."""

    name: str
    method: str
    path: Mapping[str, str]
    body: Json
    """The first example of a JSON body, None where there is none."""
    takes_body: bool
    needs_body: bool
    takes_json: bool
    parameters: frozenset[str]
    """Names of those in the path."""
    is_free: bool
    """Whether a query is needed for nothing."""

    def when(self, path: Mapping[str, str] | None = None, **more: Json) -> dict[str, Json]:
        """The call, with these path parameters and parts in the place of its own."""
        return {
            "operation": self.name,
            **({"path": {**self.path, **(path or {})}} if self.path or path else {}),
            **more,
        }


Make = Callable[[_Call], tuple[Step, ...]]


def made_cases(contract: Mapping[str, Json]) -> tuple[Case, ...]:
    """Every case that can be made; of an operation's answers only those that the contract gives it."""
    return tuple(_cases(contract))


def _cases(contract: Mapping[str, Json]) -> Iterator[Case]:
    for method, path, operation in operations(dict(contract)):
        call = _call(contract, method, path, operation)
        if method == "get" and call.is_free and call.parameters <= ALWAYS_THERE:
            yield _case(f"{call.name} answers", call.name, _once("101", call.when()), {"status": 200})
        for status, response in operation["responses"].items():
            for code in _resolved(contract, "responses", response).get("x-error-codes", ()):
                steps = tuple(_steps(call, path, int(status), code))
                if steps:
                    when = WHEN[int(status), code]
                    name = f"{call.name} is refused with {status} {code} {when}"
                    yield _case(name, code, steps, {"status": int(status), "error": code})


def _call(contract: Mapping[str, Json], method: str, path: str, operation: Mapping[str, Json]) -> _Call:
    given = (*contract["paths"][path].get("parameters", ()), *operation.get("parameters", ()))
    parameters = [_resolved(contract, "parameters", parameter) for parameter in given]
    in_path = [parameter for parameter in parameters if parameter["in"] == "path"]
    content = operation.get("requestBody", {}).get("content", {})
    body = content.get("application/json", {})
    examples = [body["example"]] if "example" in body else [e.get("value") for e in body.get("examples", {}).values()]
    return _Call(
        operation["operationId"],
        method,
        {p["name"]: str(p["example"]) for p in in_path if p.get("example", "~") != "~"},
        next(iter(examples), None),
        "requestBody" in operation,
        bool(operation.get("requestBody", {}).get("required")),
        "application/json" in content,
        frozenset(p["name"] for p in in_path),
        not any(p["in"] == "query" and p.get("required") for p in parameters),
    )


def _resolved(contract: Mapping[str, Json], kind: str, given: Mapping[str, Json]) -> Mapping[str, Json]:
    if "$ref" not in given:
        return given
    found: Mapping[str, Json] = contract["components"][kind][given["$ref"].rpartition("/")[2]]
    return found


def _case(name: str, keeps: str, steps: tuple[Step, ...], then: Mapping[str, Json]) -> Case:
    """A case whose last call is answered so."""
    last = Step(0, caller=steps[-1].caller, when=steps[-1].when, then=then)
    return Case(name, (keeps,), (*steps[:-1], last), file="", line=0)


def _steps(call: _Call, path: str, status: int, code: str) -> Iterable[Step]:
    if (call.name, status, code) in PARTICULAR:
        caller, parts = PARTICULAR[call.name, status, code]
        return _once(caller, {"operation": call.name, **parts})
    make = MAKERS.get((status, code)) if status == 401 or path.startswith(ACCOUNT) else None
    return make(call) if make is not None else ()


def _once(caller: Json, when: Mapping[str, Json]) -> tuple[Step, ...]:
    return (Step(0, caller=caller, when=when),)


def _after_sign_in(call: _Call, *between: Step) -> tuple[Step, ...]:
    sign_in = Step(
        0,
        caller="application",
        when={"operation": "getToken", "body": JWT_FORM},
        then={"status": 200},
        keep={"token": "access_token", "refresh": "refresh_token"},
    )
    return (sign_in, *between, *_once({"token": "${token}"}, call.when()))


def _expired(call: _Call) -> tuple[Step, ...]:
    return _after_sign_in(call, Step(0, change={"clock": {"advance": 3600}}))


def _replaced(call: _Call) -> tuple[Step, ...]:
    form = {"grant_type": "refresh_token", "refresh_token": "${refresh}"}
    body = {"operation": "getToken", "body": form}
    return _after_sign_in(call, Step(0, caller="application", when=body, then={"status": 200}))


def _revoked(call: _Call) -> tuple[Step, ...]:
    body = {"operation": "revokeToken", "body": {"token": "${token}"}}
    return _after_sign_in(call, Step(0, caller="application", when=body, then={"status": 200}))


def _of_path(name: str, value: str, caller: str = "101") -> Make:
    def make(call: _Call) -> tuple[Step, ...]:
        if name not in call.parameters or (call.needs_body and call.body is None):
            return ()
        return _once(caller, call.when({name: value}, **({"body": call.body} if call.body is not None else {})))

    return make


def _with_body(**parts: Json) -> Make:
    def make(call: _Call) -> tuple[Step, ...]:
        return _once("101", call.when(**parts)) if call.takes_body else ()

    return make


_TOO_LARGE = {"text": {"repeat": "a", "times": 10 * A_MEGABYTE}}
_NO_FORM: Mapping[str, Json] = {"headers": {"Content-Type": "text/csv"}, "raw": "a,b"}

MAKERS: Mapping[tuple[int, str], Make] = {
    (401, "AGW-401"): lambda call: _once("nobody", call.when()),
    (401, "AGW-402"): lambda call: _once("nobody", call.when(headers={"Authorization": "Bearer"})),
    (401, "OAU-151"): lambda call: _once("application", call.when()),
    (401, "OAU-149"): lambda call: _once({"token": "nonsense"}, call.when()),
    (401, "OAU-128"): _expired,
    (401, "OAU-129"): _replaced,
    (401, "OAU-213"): _revoked,
    (400, "CMN-101"): _of_path("accountId", "none"),
    (400, "CMN-103"): lambda call: _once("101", call.when(raw="{")) if call.takes_json else (),
    (403, "CMN-419"): _of_path("extensionId", OTHER_EXTENSION, NO_ADMINISTRATOR),
    (404, "CMN-102"): _of_path("accountId", "999"),
    (404, "CMN-120"): _of_path("accountId", "~\n"),
    (413, "CMN-104"): _with_body(body=_TOO_LARGE),
    (415, "CMN-104"): _with_body(**_NO_FORM),
}
"""By status and code: the steps of a case for any operation of an account, the last of them the refused call."""

PARTICULAR: Mapping[tuple[str, int, str], tuple[str, Mapping[str, Json]]] = {
    ("readAPIVersion", 404, "CMN-120"): ("nobody", {"path": {"apiVersion": "v9.9"}}),
    ("readInitialEntryPoints", 400, "CMN-101"): ("nobody", {}),
    ("authorize", 400, "CMN-101"): ("nobody", {}),
    ("authorize2", 413, "CMN-104"): ("nobody", {"body": _TOO_LARGE}),
    ("authorize2", 415, "CMN-104"): ("nobody", _NO_FORM),
    ("getToken", 400, "CMN-101"): ("application", {"body": {"grant_type": "password"}}),
    ("getToken", 400, "OAU-153"): ("nobody", {"body": {**JWT_FORM, "client_id": "of no client"}}),
    ("getToken", 401, "AGW-402"): ("nobody", {"headers": {"Authorization": "Basic"}, "body": JWT_FORM}),
    ("getToken", 401, "OAU-151"): ("nobody", {"headers": {"Authorization": "Bearer nonsense"}, "body": JWT_FORM}),
    ("getToken", 413, "CMN-104"): ("application", {"body": _TOO_LARGE}),
    ("getToken", 415, "CMN-104"): ("application", _NO_FORM),
    ("revokeToken", 400, "CMN-101"): ("application", {"body": {"token": ""}}),
    ("revokeToken", 400, "OAU-123"): ("nobody", {"body": {"token": "nonsense"}}),
    ("revokeToken", 400, "OAU-146"): (
        "nobody",
        {"body": {"token": "nonsense", "client_id": "ringmock", "client_secret": "wrong"}},
    ),
    ("revokeToken", 400, "OAU-153"): ("nobody", {"body": {"token": "nonsense", "client_id": "of no client"}}),
    ("revokeToken", 401, "AGW-402"): ("nobody", {"headers": {"Authorization": "Basic"}, "body": {"token": "nonsense"}}),
    ("revokeToken", 401, "OAU-151"): ("nobody", {"headers": {"Authorization": "Bearer x"}, "body": {"token": "x"}}),
    ("revokeToken", 413, "CMN-104"): ("application", {"body": _TOO_LARGE}),
    ("revokeToken", 415, "CMN-104"): ("application", _NO_FORM),
}
"""By operation, status and code: who calls, and with what."""

WHEN = {
    (400, "CMN-101"): "when a parameter breaks its schema",
    (400, "CMN-103"): "when its body is no JSON",
    (400, "OAU-123"): "without a client",
    (400, "OAU-146"): "with a wrong client secret",
    (400, "OAU-153"): "by a client that nobody knows",
    (401, "AGW-401"): "without a token",
    (401, "AGW-402"): "with a broken Authorization header",
    (401, "OAU-128"): "after its token's time",
    (401, "OAU-129"): "with a token from before a refresh",
    (401, "OAU-149"): "with a token that is none",
    (401, "OAU-151"): "with credentials of another scheme",
    (401, "OAU-213"): "with a token that was revoked",
    (403, "CMN-419"): "in the place of another extension",
    (404, "CMN-102"): "for another account",
    (404, "CMN-120"): "when its path names nothing",
    (413, "CMN-104"): "when its body is too large",
    (415, "CMN-104"): "when its body is of an unknown media type",
}
"""The end of a made case's name."""
