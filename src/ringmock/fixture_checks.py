"""What a JSON Schema cannot see: references, numbers used twice, and messages that the rules would refuse.

Every check reads on over what the schema refused, so that all the mistakes of a fixture are told at once: an entry
may lack any key, and list items that could not be read are None.
"""

from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from itertools import islice
from typing import Any, NamedTuple

from .domain import errors
from .domain.account import Account, ExtensionType, UsageType, digits_of
from .domain.generation import GENERATIONS
from .domain.message import Message, MessageType
from .domain.message_store import InMemoryMessageStore
from .domain.rules import MAX_UTF16_UNITS, RECEIVABLE_BY
from .fixture_build import account_of, seed_of, usage_type_of
from .ids import SequentialIds
from .seeds import plan_seed
from .template import IdStart, SeedMessage
from .yaml_source import Path, path_text

Data = Mapping[str, Any]


class Mistake(NamedTuple):
    """A spot, and what would pass there."""

    path: Path
    message: str


def reference_mistakes(data: Data) -> list[Mistake]:
    """Everything that names nothing, names the wrong thing, or is there twice."""
    return [mistake for check in _CHECKS for mistake in check(data)]


# --- extensions --------------------------------------------------------------------------------------


def _repeated_extensions(data: Data) -> Iterator[Mistake]:
    yield from _repeated(data, "extensions", "number", "the number")
    yield from _repeated(data, "extensions", "id", "the id")


def _department_keys(data: Data) -> Iterator[Mistake]:
    for path, extension in _entries(data, "extensions"):
        kind = extension.get("type")
        for key, words in (("members", "members"), ("manager", "a manager")):
            if key in extension and kind not in (None, ExtensionType.DEPARTMENT):
                yield Mistake((*path, key), f"only a Department has {words}, and this is of type {kind}")


def _members(data: Data) -> Iterator[Mistake]:
    types = _types(data)
    allowed = RECEIVABLE_BY[MessageType.PAGER] - {ExtensionType.DEPARTMENT}
    for path, extension in _entries(data, "extensions"):
        for index, member in enumerate(extension.get("members", ())):
            here = (*path, "members", index)
            yield from _dangling(here, member, types)
            kind = types.get(member)
            if kind is not None and kind not in allowed:
                wanted = " or ".join(sorted(allowed))
                yield Mistake(here, f"{member!r} is of type {kind}: a member is of type {wanted}")


def _managers(data: Data) -> Iterator[Mistake]:
    types = _types(data)
    for path, extension in _entries(data, "extensions"):
        here, manager = (*path, "manager"), extension.get("manager")
        yield from _dangling(here, manager, types)
        if manager is not None and types.get(manager) == ExtensionType.DEPARTMENT:
            yield Mistake(here, f"{manager!r} is of type Department: a manager is somebody's extension")


def _repeated_credentials(data: Data) -> Iterator[Mistake]:
    holders = [
        ((*path, "credentials"), extension.get("credentials", {})) for path, extension in _entries(data, "extensions")
    ]
    for key, words in (("user_name", "the user name"), ("jwt", "the JWT"), ("access_token", "the access token")):
        yield from _twice(_values(holders, key), words)


def _user_names(data: Data) -> Iterator[Mistake]:
    """A user name that reads as a phone number would hide the sign-in of that number's owner."""
    numbers = _account_numbers(data)
    for path, extension in _entries(data, "extensions"):
        name = extension.get("credentials", {}).get("user_name")
        if name is not None and digits_of(name.partition("*")[0].strip()) in numbers:
            yield Mistake(
                (*path, "credentials", "user_name"),
                f"{name!r} is a number of the account: leave it out, it works anyway",
            )


def _repeated_applications(data: Data) -> Iterator[Mistake]:
    yield from _repeated(data, "applications", "client_id", "the client id")


# --- phone numbers -----------------------------------------------------------------------------------


def _repeated_phone_numbers(data: Data) -> Iterator[Mistake]:
    phones = _entries(data, "phone_numbers")
    yield from _twice(_values(phones, "number"), "the number", digits_of)
    yield from _repeated(data, "phone_numbers", "id", "the id")


def _owners(data: Data) -> Iterator[Mistake]:
    types = _types(data)
    for path, phone in _entries(data, "phone_numbers"):
        yield from _dangling((*path, "owner"), phone.get("owner"), types)


def _usage_types(data: Data) -> Iterator[Mistake]:
    main_number = _main_number(data)
    for path, phone in _entries(data, "phone_numbers"):
        if "number" not in phone:
            continue
        usage, is_main = usage_type_of(phone, main_number), digits_of(phone["number"]) == main_number
        here = (*path, "usage_type") if "usage_type" in phone else path
        if is_main and "owner" in phone:
            yield Mistake((*path, "owner"), "the main number has no owner: leave it out")
        elif is_main and usage is not UsageType.MAIN_COMPANY_NUMBER:
            yield Mistake(here, f"{usage!s} stands here for account.main_number, where MainCompanyNumber is wanted")
        elif main_number is not None and not is_main and usage is UsageType.MAIN_COMPANY_NUMBER:
            yield Mistake(here, f"only account.main_number, {main_number!r}, is a MainCompanyNumber")
        elif usage is UsageType.DIRECT_NUMBER and "owner" not in phone:
            yield Mistake(here, "a DirectNumber has an owner: the number of an extension")


def _handsets(data: Data) -> Iterator[Mistake]:
    numbers = _account_numbers(data)
    handsets = [(("handsets", index), number) for index, number in enumerate(data.get("handsets", ())) if number]
    yield from _twice(handsets, "the number", digits_of)
    for path, number in handsets:
        if digits_of(number) in numbers:
            yield Mistake(path, f"{number!r} is a number of the account: a handset is a phone outside of it")


# --- messages ----------------------------------------------------------------------------------------


def _repeated_message_names(data: Data) -> Iterator[Mistake]:
    yield from _repeated(data, "messages", "name", "the name")


def _answers(data: Data) -> Iterator[Mistake]:
    earlier: dict[str, Any] = {}
    for path, message in _entries(data, "messages"):
        answered, here = message.get("reply_on"), (*path, "reply_on")
        if answered is not None and message.get("type") == MessageType.SMS:
            yield Mistake(here, "only a Pager answers another: leave it out")
        elif answered is not None and answered not in earlier:
            yield Mistake(here, f"{answered!r} is no earlier message: give one of those before it this name")
        elif answered is not None and earlier[answered] == MessageType.SMS:
            yield Mistake(here, f"{answered!r} is an SMS: a Pager answers a Pager")
        if "name" in message:
            earlier.setdefault(message["name"], message.get("type"))


def seed_mistakes(data: Data, mistaken: Collection[Path]) -> list[Mistake]:
    """The seeded messages that the rules refuse, by the account as far as it has no mistakes.

    `mistaken`: where the others are. A message that has one, or that touches something that has one, is left out.
    """
    generation = GENERATIONS["current" if ("generation",) in mistaken else data.get("generation", "2012")]
    account = _sound_account(data, mistaken)
    in_doubt = _written_numbers(data) - set(account.extensions) - set(account.phone_numbers)
    store = InMemoryMessageStore(SequentialIds(IdStart()), generation)
    named: dict[str, tuple[Message, ...]] = {}
    found: list[Mistake] = []
    for path, entry in _sound(_entries(data, "messages"), mistaken):
        seed = seed_of(entry)
        if in_doubt & {seed.sender, *seed.recipients} or (seed.reply_on is not None and seed.reply_on not in named):
            continue
        try:
            copies = store.record(plan_seed(account, seed, generation, named), seed.created or _ANY_TIME)
        except errors.Refusal as refusal:
            found += _refused(path, seed, refusal)
        else:
            named.setdefault(seed.name or "", copies)
    return found


_ANY_TIME = datetime(2012, 1, 1, tzinfo=UTC)
_NO_NUMBER = "0"


def _sound_account(data: Data, mistaken: Collection[Path]) -> Account:
    """The account of those extensions and phone numbers that have no mistakes, nor refer to one that has."""
    extensions = [entry for _, entry in _sound(_entries(data, "extensions"), mistaken)]
    numbers = {entry["number"] for entry in extensions}
    extensions = [entry for entry in extensions if numbers.issuperset(entry.get("members", ()))]
    numbers = {entry["number"] for entry in extensions}
    phones = [
        entry
        for _, entry in _sound(_entries(data, "phone_numbers"), mistaken)
        if entry.get("owner") is None or entry["owner"] in numbers
    ]
    main_number = None if ("account", "main_number") in mistaken else _main_number(data)
    return account_of({"id": 1, "main_number": main_number or _NO_NUMBER}, extensions, phones, ())


def _sound(entries: "Iterable[_Entry]", mistaken: Collection[Path]) -> "Iterator[_Entry]":
    spots = {path[:2] for path in mistaken}
    return (entry for entry in entries if entry[0] not in spots)


def _refused(path: Path, seed: SeedMessage, refusal: errors.Refusal) -> Iterator[Mistake]:
    indexes = {recipient: index for index, recipient in enumerate(seed.recipients)}
    for each in refusal.refusals:
        message = _wording(seed, each).format(value=each.value, limit=MAX_UTF16_UNITS[seed.type])
        rule = f" ({each.rule})" if each.rule else ""
        yield Mistake((*path, *_spot(each, indexes)), message + rule)


def _wording(seed: SeedMessage, refusal: errors.Refusal) -> str:
    """What would pass in the place of what was refused."""
    if type(refusal) is errors.InvalidParameter:
        return _NO_SUCH_NUMBER[seed.type, refusal.parameter]
    return WORDING[type(refusal)]


def _spot(refusal: errors.Refusal, indexes: Mapping[str, int]) -> Path:
    """The key, and the list item, that a refusal is about."""
    parameter = (refusal.parameter or "").partition(".")[0]
    if parameter == "to" and refusal.value is not None and refusal.value in indexes:
        return "to", indexes[refusal.value]
    return {"from": ("from",), "text": ("text",), "to": ("to",), "replyOn": ("reply_on",)}.get(parameter, ())


WORDING: Mapping[type[errors.Refusal], str] = {
    errors.TextTooLong: "the text is longer than {limit} UTF-16 units",
    errors.SenderNumberWithoutSms: "{value!r} lacks the feature SmsSender",
    errors.ExtensionNumberAsSmsRecipient: "{value!r} is an extension number: an SMS goes to a phone number",
    errors.ShortNumberAsSmsRecipient: "{value!r} is too short: an SMS goes to a phone number",
    errors.SeveralSmsRecipients: "an SMS goes to one phone number: write a message for each",
    errors.TooManySmsRecipients: "at most {value} recipients are allowed",
    errors.DuplicateValue: "{value!r} is listed twice",
    errors.InternationalNotAllowed: "{value!r} is abroad: the sender's number needs the feature InternationalSmsSender",
    errors.MmsNotAvailable: "several recipients need the feature MmsSender on the sender's number",
    errors.PagerRecipientNotFound: "{value!r} is no extension of this account",
    errors.PagerRecipientCannotReceive: "{value!r} cannot receive pages: User, Voicemail and Department can",
    errors.DepartmentWithoutMembers: "the Department {value!r} has no members to page",
    errors.RecipientInactive: "{value!r} is Disabled or Frozen and cannot be paged",
    errors.DepartmentCannotPage: "{value!r} is a Department: pages come from other extensions",
    errors.NotAThreadParticipant: "the sender takes no part in the conversation: answer as one who does",
    errors.NotInThread: "{value!r} takes no part in the conversation: leave it out",
    errors.ReplyTargetNotFound: "the sender was not sent that message: answer as one who was",
}
"""Every refusal that the plan of a seed can raise; `InvalidParameter` has a table of its own."""

_NO_SUCH_NUMBER: Mapping[tuple[MessageType, str | None], str] = {
    (MessageType.PAGER, "from"): "{value!r} is no extension of this account",
    (MessageType.SMS, "from"): "{value!r} is neither an extension's phone number nor a phone outside the account",
    (MessageType.SMS, "to"): "{value!r} is no number of the account, and a phone outside can write to no other",
    (MessageType.SMS, "to.phoneNumber"): "{value!r} is no full phone number: 7 to 15 digits, the first not 0",
}


# --- reading -----------------------------------------------------------------------------------------

_Entry = tuple[Path, Data]
_KNOWN_SHOWN = 20


def _entries(data: Data, key: str) -> list[_Entry]:
    """The mappings of a list, each with its path."""
    return [((key, index), entry) for index, entry in enumerate(data.get(key, ())) if isinstance(entry, dict)]


def _values(entries: Iterable[_Entry], key: str) -> list[tuple[Path, Any]]:
    return [((*path, key), entry[key]) for path, entry in entries if key in entry]


def _types(data: Data) -> dict[str, str | None]:
    """The type of each extension by its number, None for one that could not be read."""
    return {entry["number"]: entry.get("type") for _, entry in _entries(data, "extensions") if "number" in entry}


def _main_number(data: Data) -> str | None:
    number = data.get("account", {}).get("main_number")
    return None if number is None else digits_of(number)


def _account_numbers(data: Data) -> set[str]:
    """The digits of every phone number of the account."""
    listed = {digits_of(number) for _, number in _values(_entries(data, "phone_numbers"), "number")}
    main_number = _main_number(data)
    return listed if main_number is None else {main_number, *listed}


def _written_numbers(data: Data) -> set[str]:
    return _account_numbers(data) | set(_types(data))


def _dangling(path: Path, number: str | None, types: Mapping[str, Any]) -> Iterator[Mistake]:
    if number is not None and number not in types:
        known = [known for known in islice(types, _KNOWN_SHOWN) if known.isalnum()]
        more = " ..." if len(types) > _KNOWN_SHOWN else ""
        yield Mistake(path, f"{number!r} is no extension of this account: there are {', '.join(known) or 'none'}{more}")


def _repeated(data: Data, listing: str, key: str, words: str) -> Iterator[Mistake]:
    return _twice(_values(_entries(data, listing), key), words)


def _twice(
    values: Iterable[tuple[Path, Any]], words: str, same: Callable[[Any], Hashable] = lambda value: value
) -> Iterator[Mistake]:
    """Each value after the first of its kind, told with where that one is."""
    first: dict[Hashable, Path] = {}
    for path, value in values:
        before = first.setdefault(same(value), path)
        if before is not path:
            yield Mistake(path, f"{value!r} is {words} of {path_text(before[:2])} already")


_CHECKS = (
    _repeated_extensions,
    _department_keys,
    _members,
    _managers,
    _repeated_credentials,
    _user_names,
    _repeated_applications,
    _repeated_phone_numbers,
    _owners,
    _usage_types,
    _handsets,
    _repeated_message_names,
    _answers,
)
