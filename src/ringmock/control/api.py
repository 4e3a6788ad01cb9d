"""The control API: JSON in and out under `/_mock/`, acting on one world, as openapi.yaml beside this file says.

A call is routed and checked by the description, and answered by the function that its operation names. Its world is
that of `X-Ringmock-World`, or of the bearer token that the call carries, the default one without either. Who may call
at all, `access` decides before anything here.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from importlib import import_module
from typing import TYPE_CHECKING, Any

from flask import Flask, Response, current_app, jsonify, request
from werkzeug.exceptions import HTTPException, MethodNotAllowed, NotFound
from werkzeug.wrappers import Request

from ..domain.attachment import Attachment
from ..domain.nearest import nearest
from ..http.authorization_header import credentials_of
from ..http.call import ELSEWHERE, WORLD_HEADER
from ..inspector.ui import ui
from ..sign_in.sessions import TokenRefused
from ..sign_in.worlds import Worlds
from ..world.history.log import LogDamaged, LogUnavailable
from ..world.world import World
from .call import REFUSED, WAITED, ControlCall, NoSuchToken, Refused, body_of, form_of, path_of, query_of
from .description import FORM, Operation, operations
from .worlds import named_world

if TYPE_CHECKING:
    from ..coverage.collector import CoverageCollector

Json = Any
PREFIX = "/_mock"

Answering = Callable[[ControlCall], Any]
"""Answers an operation: what is sent as JSON, or a whole `Response`."""


def create_control_app(worlds: Worlds, collector: "CoverageCollector | None" = None) -> Flask:
    """The Flask application for this registry of worlds, and for the count of what its callers exercise."""
    app = Flask("ringmock.inspector")
    app.json.sort_keys = False  # type: ignore[attr-defined]  # every provider that Flask ships has it
    app.extensions["ringmock.sign_in.worlds"] = worlds
    app.extensions["ringmock.collector"] = collector
    for operation in operations():
        app.add_url_rule(_rule(operation), operation.id, _view(operation), methods=[operation.method])
    app.register_blueprint(ui, url_prefix=PREFIX)
    app.before_request(_refuse_late)
    app.after_request(_guarded)
    app.register_error_handler(Refused, lambda error: _said(error.status, str(error), error.code))
    app.register_error_handler(HTTPException, _refused)
    for kind in (LogUnavailable, LogDamaged):
        app.register_error_handler(kind, lambda error: _said(503, str(error)))
    return app


def function_of(operation: Operation) -> Answering:
    """What answers an operation."""
    found: Answering = getattr(import_module(f".{operation.module}", __package__), operation.id)
    return found


def _rule(operation: Operation) -> str:
    """The path as Flask writes it. A phone number may have any character: the refusal says what is right."""
    return operation.path.replace("{phone_number}", "<path:phone_number>").replace("{", "<").replace("}", ">")


def _view(operation: Operation) -> Callable[..., Response]:
    function = function_of(operation)

    def view(**path: str) -> Response:
        # Taken out: a request and its environment are a cycle, which would keep the world of the call.
        call = request.environ.pop(WAITED, None) or read(operation, request, path, current_app)
        answer = function(call)
        return answer if isinstance(answer, Response) else jsonify(answer)

    return view


def read(operation: Operation, request: Request, path: Mapping[str, str], app: Flask) -> ControlCall:
    """The call that a request makes. Raises `Refused`."""
    worlds: Worlds = app.extensions["ringmock.sign_in.worlds"]
    call = ControlCall(
        worlds=worlds,
        world=world_of(worlds, request.headers.get("Authorization"), name_of_world(request)),
        path=path_of(operation, path),
        query=query_of(operation, _asked(request)),
        url=request.base_url,
        collector=app.extensions["ringmock.collector"],
        elsewhere=request.environ.get(ELSEWHERE),
    )
    if FORM in operation.bodies and request.mimetype == FORM:
        return replace(call, body=form_of(operation, request.form.lists()), files=_files(request))
    return replace(call, body=body_of(operation, request.get_data(), worlds.limits))


def name_of_world(request: Request) -> str | None:
    """The world that a call names by its header, or, where it only reads, in the query: a browser can send no header
    for a picture or a stream.
    """
    named = request.headers.get(WORLD_HEADER)
    return request.args.get(WORLD_HEADER) if named is None and request.method in _READING else named


_READING = ("GET", "HEAD")


def _asked(request: Request) -> Iterator[tuple[str, str]]:
    for name, value in request.args.items(multi=True):
        if name != WORLD_HEADER or request.method not in _READING:
            yield name, value


def world_of(worlds: Worlds, authorization: str | None, name: str | None = None) -> World:
    """The world of this name, else of a bearer token, else the default one. Raises `NotThere` and `NoSuchToken`."""
    world = _named_or_signed(worlds, authorization, name)
    worlds.use(world)
    return world


def _named_or_signed(worlds: Worlds, authorization: str | None, name: str | None) -> World:
    if name is not None:
        return named_world(worlds, name)
    scheme, credentials = credentials_of(authorization)
    if not scheme:
        return worlds.default
    try:
        return worlds.log_ins.session_here_or_lent(credentials if scheme == "bearer" else "").world
    except TokenRefused as refused:
        raise NoSuchToken(
            "This access token opens no world: sign in again, or leave the header out for the default world."
        ) from refused


def _files(request: Request) -> tuple[Attachment, ...]:
    """The files of a form, in their order and whatever their names."""
    files = (file for _, file in request.files.items(multi=True))
    return tuple(Attachment(file.content_type or "", file.filename, file.read()) for file in files)


def _refused(error: HTTPException) -> Response:
    answer = _said(error.code or 500, _sentence(error))
    if isinstance(error, MethodNotAllowed):
        answer.headers["Allow"] = ", ".join(sorted(error.valid_methods or ()))
    return answer


def _sentence(error: HTTPException) -> str:
    """What is wrong with a call that nothing here takes, and what would be right."""
    if isinstance(error, MethodNotAllowed):
        return f"{request.path} takes {' and '.join(sorted(set(error.valid_methods or ()) - {'HEAD', 'OPTIONS'}))}."
    if isinstance(error, NotFound) and request.url_rule is None:
        near = nearest(request.path, paths(), 1)
        return f"There is no {request.path} here" + (
            f": did you mean {near[0]}?" if near else f", but: {', '.join(paths())}."
        )
    return error.description or ""


def paths() -> list[str]:
    """Every path, and that of the inspector."""
    rules = {rule.rule for rule in current_app.url_map.iter_rules() if not rule.endpoint.startswith(("ui.", "static"))}
    return sorted(rule.replace("<path:", "{").replace("<", "{").replace(">", "}") for rule in {*rules, f"{PREFIX}/ui"})


def _guarded(answer: Response) -> Response:
    """No site shows it in a frame, and no browser takes it for anything else than it is."""
    answer.headers.setdefault("X-Content-Type-Options", "nosniff")
    answer.headers.setdefault("X-Frame-Options", "DENY")
    answer.headers.setdefault("Content-Security-Policy", "frame-ancestors 'none'")
    return answer


def _said(status: int, sentence: str, code: str | None = None) -> Response:
    answer = jsonify({"error": sentence} if code is None else {"error": sentence, "code": code})
    answer.status_code = status
    return answer


def _refuse_late() -> None:
    """A call that has waited may be refused by now: the refusal is worded as any other."""
    refused = request.environ.pop(REFUSED, None)
    if refused is not None:
        raise refused
