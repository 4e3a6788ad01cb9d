"""What the contract suite tests: a server, the account that it serves, and what may be done there."""

import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from ..domain.account import Extension
from ..lab.addresses import is_this_machine
from ..world.template import Application, Credentials, Template
from .guard import UNLIMITED, Guard, Limits
from .http_client import PLAIN, TIMEOUT_SECONDS, ConnectionOptions, HttpClient, Request, Watcher, basic_credentials

JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"
READY = "/_mock/ready"
OAUTH = "/restapi/oauth/"
TOKEN = f"{OAUTH}token"
FIRST_TIMEOUT_SECONDS = 10.0
"""For the first answer, which shows whether there is a server."""
HIDDEN = "$TOKEN"
_SECRETS = ("assertion", "password", "refresh_token", "token", "client_secret")


@dataclass(frozen=True, slots=True)
class Target:
    """A server under test. `url` has no slash at the end."""

    url: str
    template: Template
    """The account that the server has to serve, in the generation in which it has to answer."""
    has_worlds: bool = False
    """Whether made-up client credentials open a separate world, which the control API may change."""
    watcher: Watcher | None = None
    """Gets every exchange with the server, from any thread."""
    guard: Guard | None = None
    """Asked before every call."""
    is_ringmock: bool = False
    """Whether it has the control API, as every server has that opens worlds."""
    connection: ConnectionOptions = PLAIN
    """How its clients connect."""
    patience: float = 0.0
    """Seconds within which what was sent has to be in the mailboxes."""

    def __post_init__(self) -> None:
        if self.has_worlds:
            object.__setattr__(self, "is_ringmock", True)

    @property
    def account(self) -> str:
        """The name of the account's fixture."""
        return self.template.name

    @property
    def generation(self) -> str:
        return self.template.generation

    @property
    def application(self) -> Application:
        """The application that signs in when there are no separate worlds; without a name if there is none."""
        return next(iter(self.template.applications), Application(""))

    @property
    def steward(self) -> str:
        """The extension that changes of a world are made in the name of: an administrator before others."""
        able = [extension for extension in self.template.account.extensions.values() if extension.can_log_in]
        return min(able, key=lambda extension: not extension.administrator).number

    def client(self, timeout: float = TIMEOUT_SECONDS) -> HttpClient:
        """A new connection to the server, whose exchanges go to the watcher; `timeout` in seconds."""
        return HttpClient(self.url, timeout, self.watcher, self.guard, self.connection)

    @property
    def is_own(self) -> bool:
        """Whether the server was started for the run."""
        return False

    @property
    def limits(self) -> Limits:
        return UNLIMITED if self.guard is None else self.guard.limits


def sign_in_forms(template: Template, number: str) -> tuple[Mapping[str, str], ...]:
    """Forms of `getToken` that open a session of this extension, for each kind of credentials in the fixture.

    Raises `KeyError` for a number that is no extension.
    """
    extension = template.account.extensions[number]
    return tuple(_forms(template, extension, template.credentials.get(number, Credentials())))


def _forms(template: Template, extension: Extension, credentials: Credentials) -> Iterator[Mapping[str, str]]:
    if credentials.jwt is not None:
        yield {"grant_type": JWT_BEARER, "assertion": credentials.jwt}
    if credentials.password is not None:
        yield {
            "grant_type": "password",
            "username": template.account.main_number,
            "extension": extension.number,
            "password": credentials.password,
        }


def with_sign_ins(template: Template) -> Template:
    """The template with an application, and with a JWT for whoever has a ready-made token alone: it opens no world."""
    return replace(
        template,
        applications=template.applications or (Application("contract", "contract-secret"),),
        credentials={number: _with_jwt(number, each) for number, each in template.credentials.items()},
    )


def _with_jwt(number: str, credentials: Credentials) -> Credentials:
    if credentials.opens_worlds or not credentials.can_sign_in:
        return credentials
    return replace(credentials, jwt=f"contract-jwt-{number}")


def is_on_this_machine(url: str) -> bool:
    """Whether an address is this machine's own, so that calls reach no one else and cost nothing."""
    host = urlsplit(url).hostname or ""
    return host == "localhost" or is_this_machine(host)


def remote(
    url: str,
    template: Template,
    watcher: Watcher | None = None,
    connection: ConnectionOptions = PLAIN,
) -> Target:
    """A running server; the control API says whether it is a ringmock that opens worlds.

    Raises `NoAnswer` when there is no server, and `ValueError` for an invalid server address or `ca`.
    """
    target = Target(url.rstrip("/"), template, watcher=watcher, connection=connection)
    is_ringmock, has_worlds = _asked(target)
    if has_worlds and not template.applications:
        template = replace(template, applications=(made_up_application(),))
    return replace(target, template=template, has_worlds=has_worlds, is_ringmock=is_ringmock)


def made_up_application() -> Application:
    """A made-up application, and therefore a separate world."""
    return Application(f"contract-{uuid.uuid4()}", "contract-secret")


def _asked(target: Target) -> tuple[bool, bool]:
    """Whether the server is a ringmock, and whether it opens worlds."""
    with target.client(FIRST_TIMEOUT_SECONDS) as client:
        ready = client.send(Request("GET", READY))
        if ready.status != 200 or "account" not in as_object(ready.json):
            return False, False
        forms = sign_in_forms(target.template, target.steward)
        return True, any(client.send(form_request(form, made_up_application())).status == 200 for form in forms)


def form_request(form: Mapping[str, str], application: Application) -> Request:
    """The call of `getToken` with this form, as this application."""
    headers = {"Authorization": basic(application), "Content-Type": "application/x-www-form-urlencoded"}
    return Request("POST", TOKEN, headers, urlencode(form).encode())


def basic(application: Application) -> str:
    """The value of the Authorization header that names an application."""
    return basic_credentials(application.client_id, application.client_secret or "")


def as_object(value: Any) -> Mapping[str, Any]:
    """A JSON value that is an object; an empty one for any other."""
    return value if isinstance(value, dict) else {}


def with_secrets(template: Template, environment: Mapping[str, str]) -> Template:
    """The template with credentials from environment variables instead of its own, so that files have none.

    RINGMOCK_CLIENT_ID and RINGMOCK_CLIENT_SECRET are the application's; RINGMOCK_JWT_101, RINGMOCK_PASSWORD_101 and
    RINGMOCK_TOKEN_101 those of extension 101.
    """
    client_id, secret = environment.get("RINGMOCK_CLIENT_ID"), environment.get("RINGMOCK_CLIENT_SECRET")
    applications = template.applications
    if client_id is not None or secret is not None:
        known = next(iter(applications), Application(""))
        first = Application(client_id or known.client_id, known.client_secret if secret is None else secret)
        applications = (first, *applications[1:])
    credentials = {
        number: _from_environment(template.credentials.get(number, Credentials()), number, environment)
        for number in template.account.extensions
    }
    return replace(template, applications=applications, credentials=credentials)


def _from_environment(known: Credentials, number: str, environment: Mapping[str, str]) -> Credentials:
    names: Mapping[str, str] = {
        "jwt": f"RINGMOCK_JWT_{number}",
        "password": f"RINGMOCK_PASSWORD_{number}",
        "access_token": f"RINGMOCK_TOKEN_{number}",
    }
    found: dict[str, Any] = {field: environment[name] for field, name in names.items() if environment.get(name)}
    # the file's other credentials belong to another server, such as a demo token
    return replace(Credentials(user_name=known.user_name), **found) if found else known


def shown(target: Target, request: Request) -> Request:
    """The request for a report: without credentials, unless they were made up for the run."""
    if target.has_worlds:
        return request
    headers = dict(request.headers)
    for name in headers:
        if name.lower() == "authorization":
            headers[name] = f"{headers[name].partition(' ')[0]} {HIDDEN}"
    body = request.body
    if body is not None and request.target.startswith(OAUTH):
        fields = parse_qsl(body.decode("utf-8", errors="replace"), keep_blank_values=True)
        body = urlencode([(name, HIDDEN if name in _SECRETS else value) for name, value in fields], safe="$:").encode()
    return replace(request, headers=headers, body=body)
