"""What `serve` prints when the server is ready: everything for a first call, the address last."""

import json
import shlex
from pathlib import Path
from socket import socket
from typing import NamedTuple

from .. import __version__
from ..domain.account import Account, Extension, Feature
from ..lab.addresses import is_this_machine
from ..serving.server import url_of
from ..sign_in.worlds import Worlds
from ..world.template import Template


class Doors(NamedTuple):
    """Where a server is reached, and by whom."""

    url: str
    control_url: str
    """Of the control API, most often the same."""
    is_open: bool
    """Whether the control API has a token, which lets others in than this machine."""
    is_local: bool
    """Whether only this machine reaches it anyway."""
    root: Path | None = None
    """What clients have to trust, where the certificate was made for the run."""

    def seen(self, scheme: str, base_path: str, root: Path | None) -> "Doors":
        """The same, as clients write it: by this scheme, below this path."""
        url, control = (f"{scheme}{each.removeprefix('http')}{base_path}" for each in (self.url, self.control_url))
        return self._replace(url=url, control_url=control, root=root and root.absolute())


def doors_of(api: socket, control: socket, *, is_open: bool) -> Doors:
    """The addresses of the sockets; `is_open`: whether the control API has a token."""
    return Doors(url_of(api), url_of(control), is_open, is_this_machine(control.getsockname()[0]))


def text(worlds: Worlds, doors: Doors, *, open_worlds: bool) -> str:
    """At most 12 lines."""
    url, control = doors.url, doors.control_url
    template, world = worlds.template, worlds.default
    account = template.account
    lines = [
        f"ringmock {__version__}, independent of RingCentral",
        f"account    {account.id} of fixture {template.name}: {len(account.extensions)} extensions,"
        f" answers as in {world.generation.name}",
        *_sign_in(template),
        *_python(template, url),
        *_curl(template, url, doors.root),
        *_trust(doors.root),
        f"inspect    {control}/_mock/ in a browser: mailboxes, phones, calls and what decided them",
        f"control    {control}/_mock/openapi.yaml says what; /journal, /messages, /clock, /worlds ...{_who(doors)}",
        *(["parallel   any other client id and secret open a fresh copy of the account"] if open_worlds else []),
        f"ready on   {url}",
    ]
    return "\n".join(lines)


def _who(doors: Doors) -> str:
    if doors.is_local:
        return ""
    return "; others with the token" if doors.is_open else "; this machine only: --control-token opens it to others"


def _sign_in(template: Template) -> list[str]:
    lines = [
        f"client     {application.client_id}, secret {application.client_secret or '(none)'}"
        for application in template.applications[:1]
    ]
    first = _first_sender(template)
    if first is None:
        return lines
    said = template.credentials[first.number]
    user = template.account.numbers_of(first)[0].digits
    ways = [
        f"password {said.password}, user {user}" if said.password else "",
        f"JWT {said.jwt}" if said.jwt else "",
        f"token {said.access_token}" if said.access_token else "",
    ]
    return [*lines, f"sign in    extension {first.number}: " + "; ".join(way for way in ways if way)]


def _python(template: Template, url: str) -> list[str]:
    first = _first_sender(template)
    if first is None or not template.applications or template.credentials[first.number].jwt is None:
        return []
    application = template.applications[0]
    return [
        f'Python     sdk = ringcentral.SDK("{application.client_id}", "{application.client_secret or ""}", "{url}");'
        f' sdk.platform().login(jwt="{template.credentials[first.number].jwt}")'
    ]


def _trust(root: Path | None) -> list[str]:
    if root is None:
        return []
    variables = "NODE_EXTRA_CA_CERTS for Node.js, SSL_CERT_FILE for OpenSSL and Go, REQUESTS_CA_BUNDLE for requests"
    return [f"trust      {root}: {variables}"]


def _curl(template: Template, url: str, root: Path | None) -> list[str]:
    """An SMS from the first extension that can send one, to a handset of the fixture."""
    first = _first_sender(template)
    if first is None or template.credentials[first.number].access_token is None:
        return []
    account = template.account
    to = (account.handsets or (account.main_number,))[0]
    trusted = "" if root is None else f"--cacert {shlex.quote(str(root))} "
    body = {"from": {"phoneNumber": _sms_number(account, first)}, "to": [{"phoneNumber": to}], "text": "Hello"}
    return [
        f"curl       curl {trusted}-H 'Authorization: Bearer {template.credentials[first.number].access_token}'"
        f" -H 'Content-Type: application/json' -d '{json.dumps(body)}'"
        f" {url}/restapi/v1.0/account/~/extension/~/sms"
    ]


def _first_sender(template: Template) -> Extension | None:
    """The first extension that can sign in and send an SMS."""
    return next(
        (
            extension
            for extension in template.account.extensions.values()
            if extension.can_log_in
            and extension.number in template.credentials
            and _sms_number(template.account, extension)
        ),
        None,
    )


def _sms_number(account: Account, extension: Extension) -> str:
    return next((p.digits for p in account.numbers_of(extension) if p.can(Feature.SMS_SENDER)), "")
