"""Every documented refusal of the sending operations, each provoked by one call.

No generator reaches some of them: expired and revoked tokens, a body too large, a thread after the removal of a member.
A probe that the account cannot make (without a Department, say) or the server does not allow is left out, and its
refusal stays unobserved.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, NamedTuple

from ...domain.account import Extension, ExtensionType, Feature, PaymentType, PhoneNumber, PhoneNumberType
from ...domain.attachment import MAX_ATTACHMENT_BYTES, MAX_ATTACHMENTS
from ...world.template import Template
from ..guard import Guard, NotSent
from ..http_client import PLAIN, ConnectionOptions, Watcher
from ..multipart import File, encoded
from .client import Client, Reply
from .grounding import NO_EXTENSION, ONE_TWICE, STRANGER, TOO_MANY, TOO_SHORT, Grounding, grounding
from .observed import Observed
from .sign_in import REVOKE, TOKEN, SignInFailed, access_token, open_session

SMS, PAGER, MMS = "createSMSMessage", "createInternalTextMessage", "createMMS"
RESOURCES = {SMS: "sms", PAGER: "company-pager", MMS: "mms"}
LIMITS = {SMS: 1000, PAGER: 1024, MMS: 1000}
ACCOUNT = "/restapi/v1.0/account/~"
OWN = f"{ACCOUNT}/extension/~"
TOO_LARGE = 10 * 1024 * 1024 + 1
PROBE_CLIENT = "ringmock-probe"
"""Opens a separate world, whose clock can be moved without an effect on others."""
SHORTEST_TTL = 600
MAX_SHOWN = 120
_SHAPELESS = (KeyError, IndexError, TypeError, AttributeError)
"""Raised by an answer that does not have the expected shape."""
PICTURE = File(b"GIF89a", "image/gif", "dot.gif")
NOTHING = File(b"", "image/gif", "nothing.gif")
FILM = File(b"scene" * 6, "application/smil", "stuff.smil")

Json = Any


NOT_MADE = Reply(0, b"")
"""The answer to a call that the guard did not allow."""


class Probed(NamedTuple):
    """A probe that was made: the operation, the documented refusal ("status code") it is for, and the answer."""

    operation: str
    wanted: str
    reply: Reply


def probe(
    url: str,
    template: Template,
    observed: Observed,
    generation: str | None = None,
    *,
    watcher: Watcher | None = None,
    guard: Guard | None = None,
    connection: ConnectionOptions = PLAIN,
) -> list[str]:
    """Make every probe and count it; what was answered otherwise than documented, a sentence for each.

    Raises `NobodySends` and `SignInFailed`.
    """
    faults: list[str] = []
    may_change = guard is None or guard.limits.may_change
    with Client(url, watcher, guard, connection) as client:
        scene = Scene(client, template, generation, may_change)
        for group in (group(scene) for group in GROUPS):
            try:
                faults += _faults(group, observed)
            except _SHAPELESS as error:
                faults.append(f"an answer that the probes need lacks {error}")
    return faults


def _faults(group: Iterator[Probed], observed: Observed) -> Iterator[str]:
    for operation, wanted, reply in group:
        if reply is NOT_MADE:
            continue
        observed.of(operation).count(reply.status, reply.codes, by_probe=True)
        if wanted not in [f"{reply.status} {code}" for code in reply.codes]:
            yield f"{operation} should refuse with {wanted}: {reply.status} {reply.body[:MAX_SHOWN]!r}"


class NobodySends(Exception):
    """The account has nobody who could send what the probes send."""


@dataclass
class Scene:
    """A server, its account, and the sender of the probes."""

    client: Client
    template: Template
    generation: str | None = None
    may_change: bool = True
    """Whether members may be removed from a Department, and restored."""

    @cached_property
    def sender(self) -> Grounding:
        """A User who can sign in and has a number with SmsSender, preferably an administrator. Raises `NobodySends`."""
        users = [e for e in self._active(ExtensionType.USER) if self._can_send(e)]
        if not users:
            raise NobodySends("no User that can sign in has a phone number with SmsSender")
        return self.as_extension(min(users, key=lambda extension: not extension.administrator))

    def as_extension(self, extension: Extension) -> Grounding:
        token = access_token(self.client, self.template, extension.number)
        return grounding(self.template, extension.number, token, self.generation)

    def as_one_of(self, extensions: Iterator[Extension]) -> Grounding | None:
        """The first of these that can sign in; None without one."""
        for extension in extensions:
            try:
                return self.as_extension(extension)
            except SignInFailed:
                continue
        return None

    def departments(self) -> Iterator[Extension]:
        return self._active(ExtensionType.DEPARTMENT)

    def with_mute_number(self) -> Iterator[Extension]:
        """Extensions that own nothing but a number that sends no SMS of any kind."""
        account = self.template.account
        for extension in self._active(ExtensionType.USER):
            phones = account.numbers_of(extension)
            if phones and not any(p.can(Feature.SMS_SENDER) or p.can(Feature.A2P_SMS_SENDER) for p in phones):
                yield extension

    def with_a2p_number(self) -> Iterator[Extension]:
        """Extensions that own a number of high-volume SMS."""
        account = self.template.account
        for extension in self._active(ExtensionType.USER):
            if any(phone.can(Feature.A2P_SMS_SENDER) for phone in account.numbers_of(extension)):
                yield extension

    def with_toll_free_number(self) -> Iterator[Extension]:
        """Extensions that own a toll-free number that sends SMS."""
        return (e for e in self._active(ExtensionType.USER) if any(map(_is_toll_free_sender, self._numbers_of(e))))

    def with_fax_number(self) -> Iterator[Extension]:
        """Extensions that own a number for faxes alone."""
        return (e for e in self._active(ExtensionType.USER) if any(map(_is_fax_number, self._numbers_of(e))))

    def fax_number_of(self, caller: Grounding) -> str:
        """The number of those that the caller owns one of."""
        owned = self._numbers_of(self.template.account.extensions[caller.number])
        return next(phone.digits for phone in owned if _is_fax_number(phone))

    def toll_free_number_of(self, caller: Grounding) -> str:
        """The number of those that the caller owns one of."""
        owned = self._numbers_of(self.template.account.extensions[caller.number])
        return next(phone.digits for phone in owned if _is_toll_free_sender(phone))

    def _numbers_of(self, extension: Extension) -> tuple[PhoneNumber, ...]:
        return self.template.account.numbers_of(extension)

    def members(self, department: Extension) -> Iterator[Extension]:
        members = self.template.account.members_of(department)
        return (e for e in members if e.can_log_in and e.number != self.sender.number)

    def _active(self, kind: ExtensionType) -> Iterator[Extension]:
        return (e for e in self.template.account.extensions.values() if e.type is kind and e.can_log_in)

    def _can_send(self, extension: Extension) -> bool:
        return any(phone.can(Feature.SMS_SENDER) for phone in self.template.account.numbers_of(extension))

    def without_mms(self) -> Iterator[Extension]:
        """Extensions that own a number with SmsSender and without MmsSender."""
        for extension in self.template.account.extensions.values():
            numbers = self.template.account.numbers_of(extension)
            is_mute = any(n.can(Feature.SMS_SENDER) and not n.can(Feature.MMS_SENDER) for n in numbers[:1])
            if is_mute and extension.can_log_in:
                yield extension

    def send(self, operation: str, body: Json, sender: Grounding | None = None, path: str = OWN) -> Reply:
        """One sending call of the scene's sender or another: in JSON, or with a picture where one is required.

        It is answered by `NOT_MADE` when the guard refuses it, like every other call of a scene.
        """
        if operation == MMS:
            return self.send_files(operation, body, [PICTURE], sender, path)
        content = json.dumps(body).encode()
        return self._posted(f"{path}/{RESOURCES[operation]}", content, "application/json", sender)

    def send_files(
        self, operation: str, body: Json, files: Sequence[File], sender: Grounding | None = None, path: str = OWN
    ) -> Reply:
        """One sending call in parts."""
        content_type, content = encoded(body, files)
        return self._posted(f"{path}/{RESOURCES[operation]}", content, content_type, sender)

    def _posted(self, path: str, content: bytes, content_type: str, sender: Grounding | None) -> Reply:
        headers = {"Content-Type": content_type, "Authorization": f"Bearer {(sender or self.sender).token}"}
        return self._call(path, content, headers)

    def _call(self, path: str, content: bytes, headers: Mapping[str, str]) -> Reply:
        try:
            return self.client.call("POST", path, content, headers)
        except NotSent:
            return NOT_MADE

    def raw(self, operation: str, body: bytes, headers: Mapping[str, str], query: str = "") -> Reply:
        """One raw sending call, of the scene's sender unless the headers say otherwise."""
        given = {"Content-Type": "application/json", "Authorization": f"Bearer {self.sender.token}"} | dict(headers)
        present = {name: value for name, value in given.items() if value}
        return self._call(f"{OWN}/{RESOURCES[operation]}{query}", body, present)


def plain(operation: str, account: Grounding, text: str = "Probe") -> dict[str, Json]:
    """A body that is accepted."""
    if operation in (SMS, MMS):
        return sms_to(account, [account.sms_to[0][0]], text)
    return page_to([account.page_to[0][0]], text)


def sms_to(account: Grounding, to: list[str], text: str = "Probe", sender: str | None = None) -> dict[str, Json]:
    """The body of an SMS from this number, the account's first without one."""
    return {
        "from": {"phoneNumber": sender or account.sms_from[0]},
        "to": [{"phoneNumber": number} for number in to],
        "text": text,
    }


def page_to(to: list[str], text: str = "Probe") -> dict[str, Json]:
    """The body of a page to these extension numbers."""
    return {"to": [{"extensionNumber": number} for number in to], "text": text}


# --- authentication -------------------------------------------------------------------------------


def _of_headers(scene: Scene, operation: str) -> Iterator[Probed]:
    for wanted, authorization in (
        ("401 AGW-401", ""),
        ("401 AGW-402", "Bearer"),
        ("401 OAU-149", "Bearer no-token"),
        ("401 OAU-151", "Basic cmluZ21vY2s6"),
    ):
        yield Probed(operation, wanted, scene.raw(operation, b"{}", {"Authorization": authorization}))


def _of_tokens(scene: Scene, operation: str) -> Iterator[Probed]:
    sender, client = scene.sender, scene.client
    session = open_session(client, sender)
    if session is not None:
        _form(scene, TOKEN, grant_type="refresh_token", refresh_token=session["refresh_token"])
        yield Probed(operation, "401 OAU-129", _with_token(scene, operation, session))
    session = open_session(client, sender)
    if session is not None:
        _form(scene, REVOKE, token=session["access_token"])
        yield Probed(operation, "401 OAU-213", _with_token(scene, operation, session))
    session = open_session(client, sender, PROBE_CLIENT, scope="ReadAccounts")
    if session is not None:
        yield Probed(operation, "403 CMN-401", _with_token(scene, operation, session))
    session = open_session(client, sender, PROBE_CLIENT, access_token_ttl=str(SHORTEST_TTL))
    if session is not None and _has_moved_on(scene, session["access_token"]):
        yield Probed(operation, "401 OAU-128", _with_token(scene, operation, session))


def _form(scene: Scene, path: str, **form: str) -> Reply:
    return scene.client.send_form(path, form, scene.sender.client_id, scene.sender.client_secret)


def _with_token(scene: Scene, operation: str, session: Mapping[str, Json]) -> Reply:
    holder = replace(scene.sender, token=session["access_token"])
    return scene.send(operation, plain(operation, holder), holder)


def _has_moved_on(scene: Scene, token: str) -> bool:
    """Whether the server's control API could move the world's clock past the token's expiry."""
    seconds = {"seconds": SHORTEST_TTL + 1}
    return scene.client.send_json("POST", "/_mock/clock/advance", token, seconds).status == 200


# --- requests -------------------------------------------------------------------------------------


def _of_bodies(scene: Scene, operation: str) -> Iterator[Probed]:
    body = plain(operation, scene.sender)
    yield Probed(operation, "400 CMN-101", scene.send(operation, {"to": body["to"]}))
    content_type, broken = encoded(None, [PICTURE]) if operation == MMS else ("application/json", b"null")
    broken = broken.replace(b"null", b'{"text": ')
    yield Probed(operation, "400 CMN-103", scene.raw(operation, broken, {"Content-Type": content_type}))
    odd = scene.raw(operation, broken, {"Content-Type": content_type}, query="?page=%FF")
    yield Probed(operation, "400 CMN-104", odd)
    long = plain(operation, scene.sender, "x" * (LIMITS[operation] + 1))
    yield Probed(operation, "400 MSG-338", scene.send(operation, long))
    yield Probed(operation, "415 CMN-104", scene.raw(operation, b"Probe", {"Content-Type": "text/plain"}))
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {scene.sender.token}"}
    too_large = scene.client.announce("POST", f"{OWN}/{RESOURCES[operation]}", TOO_LARGE, headers)
    yield Probed(operation, "413 CMN-104", too_large)


def _of_paths(scene: Scene, operation: str) -> Iterator[Probed]:
    body, sender = plain(operation, scene.sender), scene.sender
    if sender.others:
        elsewhere = f"{ACCOUNT}/extension/{sender.ids[sender.others[0]]}"
        yield Probed(operation, "403 CMN-419", scene.send(operation, body, path=elsewhere))
    nowhere = f"{ACCOUNT}/extension/{NO_EXTENSION}"
    yield Probed(operation, "404 CMN-102", scene.send(operation, body, path=nowhere))
    yield Probed(operation, "404 CMN-120", scene.send(operation, body, path=f"{ACCOUNT}/extension/%01"))


def _of_limits(scene: Scene, operation: str) -> Iterator[Probed]:
    """One call too many, in a world with a rate limit."""
    session = open_session(scene.client, scene.sender, PROBE_CLIENT)
    if session is None:
        return
    codes = {"medium": "429 CMN-301"} if operation == PAGER else {"medium": "429 CMN-301", "messages": "429 MSG-305"}
    for kind, wanted in codes.items():
        if _is_limited(scene, session["access_token"], {kind: 1}):
            _with_token(scene, operation, session)
            yield Probed(operation, wanted, _with_token(scene, operation, session))
    _is_limited(scene, session["access_token"], {})


def _is_limited(scene: Scene, token: str, limits: Mapping[str, int]) -> bool:
    """Whether the server's control API could hold the token's world to these limits."""
    return scene.client.send_json("PUT", "/_mock/limits", token, limits).status == 200


# --- SMS ------------------------------------------------------------------------------------------


def _of_sms(scene: Scene, operation: str) -> Iterator[Probed]:
    sender, account = scene.sender, scene.template.account
    to = sender.sms_to[0][0]

    def sent(to: list[str], number: str | None = None, as_one: Grounding | None = None) -> Reply:
        return scene.send(operation, sms_to(as_one or sender, to, sender=number), as_one)

    yield Probed(operation, "400 MSG-245", sent([to], STRANGER))
    yield Probed(operation, "400 MSG-246", sent([sender.number]))
    yield Probed(operation, "400 MSG-247", sent([TOO_SHORT]))
    country = {"country": {"id": "1", "isoCode": "US"}}
    yield Probed(operation, "400 MSG-365", scene.send(operation, plain(operation, sender) | country))
    if [sender.abroad] in sender.sms_to_refused:
        yield Probed(operation, "403 MSG-240", sent([sender.abroad]))
    elsewhere = next((p.digits for p in account.phone_numbers.values() if p.owner not in (None, sender.number)), None)
    if elsewhere is not None:
        yield Probed(operation, "403 MSG-304", sent([to], elsewhere))
    free = scene.as_one_of(scene.with_toll_free_number())
    if free is not None:
        yield Probed(operation, "403 MSG-403", sent([sender.abroad], scene.toll_free_number_of(free), free))
    fax = scene.as_one_of(scene.with_fax_number())
    if fax is not None:
        yield Probed(operation, "403 MSG-241", sent([to], scene.fax_number_of(fax), fax))
    mute = scene.as_one_of(scene.with_mute_number())
    if mute is not None:
        number = next(n.digits for n in account.numbers_of(account.extensions[mute.number]))
        yield Probed(operation, "403 MSG-242", sent([to], number, mute))
    bulk = scene.as_one_of(scene.with_a2p_number())
    if bulk is not None:
        yield Probed(operation, "403 MSG-320", sent([to], bulk.a2p_from[0], bulk))
    if sender.generation == "current" and account.phone_numbers[sender.sms_from[0]].can(Feature.MMS_SENDER):
        for wanted in (ONE_TWICE, TOO_MANY):
            yield Probed(operation, wanted, sent(list(sender.sms_to_groups_refused[wanted])))


def _of_attachments(scene: Scene, operation: str) -> Iterator[Probed]:
    """Invalid files, if the sender may send any; and a sender who may not."""
    message = plain(operation, scene.sender)
    too_large = File(bytes(MAX_ATTACHMENT_BYTES + 1), "video/mp4", "film.mp4")
    for wanted, files in (
        ("400 MSG-379", [PICTURE] * (MAX_ATTACHMENTS + 1)),
        ("400 MSG-347", [PICTURE, NOTHING]),
        ("400 MSG-376", [too_large]),
        ("400 MSG-337", [too_large]),
        ("415 MSG-348", [PICTURE, FILM]),
    ):
        if scene.template.account.phone_numbers[scene.sender.sms_from[0]].can(Feature.MMS_SENDER):
            yield Probed(operation, wanted, scene.send_files(operation, message, files))
    without = scene.as_one_of(scene.without_mms())
    if without is not None:
        body = plain(operation, without)
        yield Probed(operation, "403 MSG-380", scene.send_files(operation, body, [PICTURE], without))


# --- pages ----------------------------------------------------------------------------------------


def _of_pages(scene: Scene) -> Iterator[Probed]:
    account = scene.template.account
    yield Probed(PAGER, "400 CMN-102", scene.send(PAGER, page_to([NO_EXTENSION])))
    for other in scene.sender.others[:1]:
        yield from _of_pages_by_another(scene, other)
    everyone = account.extensions.values()
    empty = next((e.number for e in everyone if e.is_department and not account.members_of(e)), None)
    if empty is not None:
        yield Probed(PAGER, "400 MSG-316", scene.send(PAGER, page_to([empty])))
    inactive = next((e.number for e in everyone if e.type is ExtensionType.USER and not e.is_active), None)
    if inactive is not None:
        yield Probed(PAGER, "400 MSG-324", scene.send(PAGER, page_to([inactive])))


def _of_pages_by_another(scene: Scene, other: str) -> Iterator[Probed]:
    """By the number of one extension and the id of another, and from somebody who is not signed in."""
    sender = scene.sender
    page = page_to([sender.page_to[0][0]])
    by_number = page | {"from": {"extensionNumber": other}}
    yield Probed(PAGER, "400 MSG-331", scene.send(PAGER, by_number))
    by_id = page | {"from": {"extensionId": sender.ids[other]}}
    yield Probed(PAGER, "400 MSG-332", scene.send(PAGER, by_id))
    party = {"extensionNumber": sender.number, "extensionId": sender.ids[other]}
    yield Probed(PAGER, "400 MSG-335", scene.send(PAGER, {"to": [party], "text": "Probe"}))


def _of_departments(scene: Scene) -> Iterator[Probed]:
    department = scene.as_one_of(scene.departments())
    if department is not None:
        yield Probed(PAGER, "403 MSG-330", scene.send(PAGER, plain(PAGER, department), department))
    if not scene.may_change:
        return
    for extension in scene.departments():
        member = scene.as_one_of(scene.members(extension))
        if member is not None:
            yield from _of_a_removed_member(scene, extension, member)
            return


def _of_a_removed_member(scene: Scene, department: Extension, member: Grounding) -> Iterator[Probed]:
    """R-22: a removed member of a Department cannot answer in its threads."""
    scene.send(PAGER, page_to([department.number]))
    inbox = scene.client.send_json("GET", f"{OWN}/message-store?messageType=Pager&perPage=1", member.token)
    newest = inbox.json["records"][0]["id"]
    if _assign(scene, department, removedExtensionIds=[member.id]).status != 204:
        return
    try:
        yield Probed(PAGER, "403 MSG-326", scene.send(PAGER, {"replyOn": newest, "text": "Probe"}, member))
    finally:
        _assign(scene, department, addedExtensionIds=[member.id])


def _assign(scene: Scene, department: Extension, **change: list[str]) -> Reply:
    body = {"items": [{"departmentId": str(department.id), **change}]}
    path = f"{ACCOUNT}/department/bulk-assign"
    return scene.client.send_json("POST", path, scene.sender.token, body)


def _refusals_of_every_sending(scene: Scene) -> Iterator[Probed]:
    for operation in (SMS, PAGER, MMS):
        for group in (_of_headers, _of_tokens, _of_bodies, _of_paths, _of_limits):
            yield from group(scene, operation)


def _refusals_of_sms_and_mms(scene: Scene) -> Iterator[Probed]:
    for operation in (SMS, MMS):
        yield from _of_sms(scene, operation)
        yield from _of_attachments(scene, operation)


def _is_toll_free_sender(phone: PhoneNumber) -> bool:
    return phone.payment_type is PaymentType.TOLL_FREE and phone.can(Feature.SMS_SENDER)


def _is_fax_number(phone: PhoneNumber) -> bool:
    return phone.type is PhoneNumberType.FAX_ONLY


GROUPS: Sequence[Callable[[Scene], Iterator[Probed]]] = (
    _refusals_of_every_sending,
    _refusals_of_sms_and_mms,
    _of_pages,
    _of_departments,
)
"""All probes, in an order that leaves the account unchanged."""
