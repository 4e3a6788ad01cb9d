"""The values of an account that a generator cannot guess: numbers, ids and tokens that exist on the server.

An ungrounded fuzz only gets 401, 403 and 404. Everything here is derived from a template, without calling the server;
the documented rules decide which values are accepted and which refused.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from ...domain.account import Account, Extension, ExtensionType, Feature, PhoneNumber, calling_code, digits_of
from ...world.template import Application, Template
from ..cases.strangers import nobody
from ..target import sign_in_forms

STRANGER = "12025550123"
"""A number that is reserved for fiction: it belongs to no account and no handset."""
FAR_NUMBERS = ("447700900123", STRANGER)
"""Reserved for fiction in two countries, one of which is abroad for any account."""
TOO_SHORT = "12345"
NOT_E164 = "0123456789"
NO_EXTENSION = "99999999"
MORE_THAN_ONE, ONE_TWICE, TOO_MANY = "400 CMN-101", "400 CMN-406", "400 MSG-381"
"""How a message is refused for its recipients, of whom each would do alone."""
MAX_GROUP = 10
"""Recipients of one group message in the current generation."""

_CAN_RECEIVE_PAGES = (ExtensionType.USER, ExtensionType.VOICEMAIL, ExtensionType.DEPARTMENT)


@dataclass(frozen=True, slots=True)
class Grounding:
    """One identity's view of an account. Plain texts and lists of them, so that it travels as JSON.

    Extensions are given by number; `ids` leads to their ids. Phone numbers are digits without `+`. `_refused`:
    well-formed, and answered with a documented refusal.
    """

    account_id: str
    generation: str
    number: str
    is_department: bool
    token: str
    ids: Mapping[str, str]
    departments: Sequence[str]
    may_join: Sequence[str]
    sms_from: Sequence[str]
    sms_from_refused: Sequence[str]
    sms_to: Sequence[Sequence[str]]
    sms_to_refused: Sequence[Sequence[str]]
    abroad: str
    """A phone number of another country."""
    sms_to_groups_refused: Mapping[str, Sequence[str]]
    """Recipients who would each do alone, by the refusal of a message to all of them."""
    page_to: Sequence[Sequence[str]]
    page_to_refused: Sequence[Sequence[str]]
    sign_in: Sequence[Mapping[str, str]]
    """Forms of `getToken` that open a session of this identity."""
    a2p_from: Sequence[str] = ()
    """The identity's own numbers of high-volume SMS."""
    thread_from: Sequence[str] = ()
    """Numbers in whose message threads the identity writes once it is an SMS recipient, which calls of a run change."""
    client_id: str = ""
    client_secret: str = ""
    message_id: str | None = None
    """A message in the identity's mailbox, for examples; the caller of a run sends it."""
    webhook: str | None = None
    """The address of a webhook receiver; the caller of a run opens it."""

    @property
    def id(self) -> str:
        """The identity's own extension id."""
        return self.ids[self.number]

    @property
    def others(self) -> list[str]:
        """The numbers of all extensions but the identity's own."""
        return [number for number in self.ids if number != self.number]


def grounding(template: Template, number: str, token: str, generation: str | None = None) -> Grounding:
    """The account of a template as the extension with this number sees it.

    `generation` overrides the template's. Raises `KeyError` for a number that is no extension.
    """
    account = template.account
    extension = account.extensions[number]
    application = next(iter(template.applications), Application(""))
    generation = generation or template.generation
    senders = [phone for phone in account.numbers_of(extension) if phone.can(Feature.SMS_SENDER)]
    abroad = next(each for each in FAR_NUMBERS if not _is_at_home(each, account))
    groups = dict(_groups_refused(account, generation))
    return Grounding(
        account_id=str(account.id),
        generation=generation,
        number=number,
        is_department=extension.is_department,
        token=token,
        ids={e.number: str(e.id) for e in account.extensions.values()},
        departments=[e.number for e in account.extensions.values() if e.is_department],
        may_join=[e.number for e in account.extensions.values() if _is_person(e)],
        sms_from=[phone.digits for phone in senders],
        sms_from_refused=[*_numbers_of_others(account, extension), *_mute(account, extension), STRANGER],
        sms_to=list(_sms_to(account, senders, generation)),
        sms_to_refused=[*_sms_to_refused(account, senders, abroad), *groups.values()],
        sms_to_groups_refused=groups,
        abroad=abroad,
        page_to=list(_page_to(account)),
        page_to_refused=list(_page_to_refused(account)),
        sign_in=list(sign_in_forms(template, number)),
        a2p_from=[phone.digits for phone in account.numbers_of(extension) if phone.can(Feature.A2P_SMS_SENDER)],
        thread_from=[phone.digits for phone in account.phone_numbers.values() if _may_be_threaded(account, phone)],
        client_id=application.client_id,
        client_secret=application.client_secret or "",
    )


def _may_be_threaded(account: Account, phone: PhoneNumber) -> bool:
    owner = account.owner_of(phone.digits)
    return owner is not None and owner.is_shared and phone.can(Feature.SMS_SENDER)


def _is_person(extension: Extension) -> bool:
    return extension.type in _CAN_RECEIVE_PAGES and not extension.is_department


def _numbers_of_others(account: Account, extension: Extension) -> list[str]:
    """Without those that the run itself may share with the extension."""
    return [
        phone.digits
        for phone in account.phone_numbers.values()
        if phone.mailbox != extension.number and (phone.owner is None or not account.extensions[phone.owner].is_shared)
    ]


def _mute(account: Account, extension: Extension) -> list[str]:
    return [phone.digits for phone in account.numbers_of(extension) if not phone.can(Feature.SMS_SENDER)]


def _is_at_home(number: str, account: Account) -> bool:
    return calling_code(number) == calling_code(digits_of(account.main_number))


def _reachable(account: Account) -> list[str]:
    """Numbers of the home country that an SMS may be sent to, whether it arrives or not: one at least."""
    numbers = dict.fromkeys((*map(digits_of, account.handsets), *account.phone_numbers))
    return [number for number in numbers if _is_at_home(number, account)] or [str(nobody(account, "phone"))]


def _sms_to(account: Account, senders: Sequence[PhoneNumber], generation: str) -> Iterator[list[str]]:
    reachable = _reachable(account)
    yield from ([number] for number in reachable)
    if generation == "current" and all(phone.can(Feature.MMS_SENDER) for phone in senders):
        yield from map(list, pairwise(reachable))


def _sms_to_refused(account: Account, senders: Sequence[PhoneNumber], abroad: str) -> Iterator[list[str]]:
    yield from ([number] for number in list(account.extensions)[:2])
    yield from ([TOO_SHORT], [NOT_E164])
    if not any(phone.can(Feature.INTERNATIONAL_SMS_SENDER) for phone in senders):
        yield [abroad]


def _groups_refused(account: Account, generation: str) -> Iterator[tuple[str, list[str]]]:
    reachable = _reachable(account)
    if generation == "2012":
        if len(reachable) > 1:
            yield MORE_THAN_ONE, reachable[:2]
        return
    yield ONE_TWICE, [reachable[0], f"+{reachable[0]}"]
    stem = STRANGER if _is_at_home(STRANGER, account) else str(nobody(account, "phone"))
    yield TOO_MANY, [f"{stem[:-4]}{ending:04}" for ending in range(100, 101 + MAX_GROUP)]


def _page_to(account: Account) -> Iterator[list[str]]:
    people = [e.number for e in account.extensions.values() if _is_person(e) and e.is_active]
    departments = [
        e.number for e in account.extensions.values() if e.is_department and e.is_active and account.members_of(e)
    ]
    yield from ([number] for number in (*people, *departments))
    yield from map(list, pairwise(people))
    yield from ([department, people[0]] for department in departments if people)


def _page_to_refused(account: Account) -> Iterator[list[str]]:
    everyone = account.extensions.values()
    active = next((e.number for e in everyone if _is_person(e) and e.is_active), None)
    for extension in everyone:
        can_receive = extension.type in _CAN_RECEIVE_PAGES
        is_empty = extension.is_department and not account.members_of(extension)
        if is_empty or not can_receive or not extension.is_active:
            yield [extension.number]
        if active is not None and can_receive and not extension.is_active:
            yield [active, extension.number]
    yield [NO_EXTENSION]
