"""The signed-in extensions of an account at a server, on one connection, and the model of that account."""

import json
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from ...world.template import Application, Credentials, Template
from ..http_client import Exchange, HttpClient, Request
from ..target import Target, as_object, form_request, made_up_application, sign_in_forms
from .model import DEPARTMENT, Extension, PhoneNumber, ReferenceModel

Json = Any
Query = Sequence[tuple[str, str]]

API = "/restapi/v1.0/account/~"
OWN = f"{API}/extension/~"
MEMBERSHIP = f"{API}/department/bulk-assign"
MOST_LISTED = 1000


class CannotStart(Exception):
    """Why the oracle cannot work with this server, as a message for the user."""


class Caller:
    """Calls a server as any extension that could sign in. Raises `NoAnswer` when there is no server.

    If made-up credentials open worlds, it uses a separate one, for all extensions, Frozen or not, and resets it when
    asked; otherwise it uses the fixture's credentials and leaves existing data unchanged.
    """

    def __init__(self, client: HttpClient, target: Target) -> None:
        """Raises `CannotStart` when no extension, or no administrator, can sign in."""
        self._client = client
        self._target = target
        self.template: Template = target.template
        self.has_world = target.has_worlds
        self._tokens: dict[str, str] = {}
        self._members_at_first: Mapping[str, tuple[str, ...]] = {}
        self._sign_in()
        self.numbers = tuple(self._tokens)
        """Extension numbers that can be called as."""
        if self.steward not in self._tokens:
            raise CannotStart(f"extension {self.steward} cannot log in at {target.url}: see its credentials")

    @property
    def steward(self) -> str:
        """The extension whose token the control API's calls have."""
        return self._target.steward

    def start(self) -> ReferenceModel:
        """A model of the account as it is now: after a reset if there is a world to reset."""
        if self.has_world:
            self.control("POST", "/reset")
        reference = reference_model_of(self.template)
        if not self.has_world:
            self._look_around(reference)
            self._members_at_first = self._members_at_first or _members_in(reference)
        return reference

    def put_back(self) -> None:
        """Restore the first members of the Departments, where no reset does that."""
        if self.has_world:
            return
        now = self.start()
        for number, members in self._members_at_first.items():
            department = now.extensions[number]
            if set(department.members) != set(members):
                ids = [
                    [now.extensions[member].id for member in some if member in now.extensions]
                    for some in (members, [member for member in department.members if member not in members])
                ]
                item = {"departmentId": department.id, "addedExtensionIds": ids[0], "removedExtensionIds": ids[1]}
                self.call(self.steward, "POST", MEMBERSHIP, body={"items": [item]})

    def call(self, by: str, method: str, path: str, query: Query = (), body: Json = None) -> Exchange:
        """A call of this extension's, as it may be shown."""
        target = f"{path}?{urlencode(query)}" if query else path
        return self._send(by, method, target, body)

    def mailbox(self, number: str) -> tuple[Exchange, list[Mapping[str, Json]]]:
        """All records of the extension's list, newest first; none for another answer."""
        query = [("availability", name) for name in ("Alive", "Deleted", "Purged")]
        query += [("dateFrom", "2000-01-01T00:00:00.000Z")] if self.has_world else []
        exchange = self.call(number, "GET", f"{OWN}/message-store", [*query, ("perPage", str(MOST_LISTED))])
        return exchange, records_in(exchange)

    def control(self, method: str, path: str, body: Json = None) -> Exchange:
        """A call of the control API about the world."""
        return self._send(self.steward, method, f"/_mock{path}", body)

    def _send(self, by: str, method: str, target: str, body: Json) -> Exchange:
        content = None if body is None else json.dumps(body).encode()
        headers = {} if body is None else {"Content-Type": "application/json"}
        token = self._tokens[by]
        answer = self._client.send(Request(method, target, {"Authorization": f"Bearer {token}", **headers}, content))
        shown = Request(method, target, {"Authorization": f"Bearer {self._shown_token(by)}", **headers}, content)
        return Exchange(self._client.base_url, shown, answer)

    def _shown_token(self, by: str) -> str:
        """The token for curl lines of a report: a mock's ready-made one is no secret."""
        ready_made = self.template.credentials.get(by, Credentials()).access_token
        return ready_made if self.has_world and ready_made is not None else f"$TOKEN_{by}"

    # --- the start -------------------------------------------------------------------------------

    def _sign_in(self) -> None:
        application = made_up_application() if self.has_world else self._target.application
        order = sorted(self.template.account.extensions, key=lambda number: number != self.steward)
        for number in order:
            if self.has_world and self.steward in self._tokens:
                self.control("PATCH", f"/extensions/{number}", {"status": "Enabled"})
            token = self._ready_made(number) or self._token(number, application)
            if token is not None:
                self._tokens[number] = token

    def _ready_made(self, number: str) -> str | None:
        """A token of the fixture; it would select another world than a separate one."""
        return None if self.has_world else self.template.credentials.get(number, Credentials()).access_token

    def _token(self, number: str, application: Application) -> str | None:
        for form in sign_in_forms(self.template, number):
            answer = self._client.send(form_request(form, application))
            token = as_object(answer.json).get("access_token")
            if answer.status == 200 and isinstance(token, str):
                return token
        return None

    def _look_around(self, reference: ReferenceModel) -> None:
        """Read the current statuses and members from the server."""
        listed = records_in(self.call(self.steward, "GET", f"{API}/extension", [("perPage", str(MOST_LISTED))]))
        for found in listed:
            extension = reference.extensions.get(str(found.get("extensionNumber")))
            if extension is not None:
                extension.status = str(found.get("status"))
        for department in reference.extensions.values():
            if department.type == DEPARTMENT:
                path = f"{API}/department/{department.id}/members"
                members = records_in(self.call(self.steward, "GET", path, [("perPage", str(MOST_LISTED))]))
                department.members = tuple(str(member.get("extensionNumber")) for member in members)


def _members_in(reference: ReferenceModel) -> Mapping[str, tuple[str, ...]]:
    return {e.number: e.members for e in reference.extensions.values() if e.type == DEPARTMENT}


def reference_model_of(template: Template) -> ReferenceModel:
    """The model of a fixture's account."""
    account = template.account
    return ReferenceModel(
        [
            Extension(
                number=extension.number,
                id=str(extension.id),
                type=extension.type.value,
                status=extension.status.value,
                members=extension.members,
                manager=extension.manager,
                is_administrator=extension.administrator,
            )
            for extension in account.extensions.values()
        ],
        [
            PhoneNumber(
                phone.digits,
                phone.mailbox,
                tuple(feature.value for feature in phone.features),
                phone.type.value == "FaxOnly",
            )
            for phone in account.phone_numbers.values()
        ],
        [handset.removeprefix("+") for handset in account.handsets],
        template.generation,
    )


def records_in(exchange: Exchange) -> list[Mapping[str, Json]]:
    """The records of a list; none for another answer."""
    records = as_object(exchange.answer.json).get("records")
    return [as_object(record) for record in records] if isinstance(records, list) else []
