"""What a test can do to a world. The control API and the handle of a test are its two callers.

Invalid input raises `ValueError` with a sentence that says what would be right, and changes nothing.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import wraps
from itertools import islice
from typing import Any, TypeVar, cast

from ..domain import errors
from ..domain.account import Extension, ExtensionStatus, digits_of, is_e164
from ..domain.attachment import MAX_ATTACHMENTS, Attachment, received_attachment
from ..domain.carrier import Carrier
from ..domain.fax import FAX_TYPES, fax_file
from ..domain.message import FaxResolution, MessageType, Routed
from ..domain.nearest import did_you_mean
from ..domain.rules import can_receive
from ..domain.text import is_encodable
from ..lab.faults import MOST_RULES, FaultRule
from ..lab.limits import PROFILES, SENDING, Group, Limits
from ..timestamps import parse
from .walk import Walk
from .world import World

_F = TypeVar("_F", bound=Callable[..., object])

NEXT = "next"
MOST_REMINDERS = 10_000
"""The clock is moved past no more of them at a time: each is a call of a webhook."""

MOST_NAMED = 50
"""A sentence names no more extensions or numbers than this, however many the account has."""

MAX_LIMIT = 1_000_000
"""Calls, or messages, a minute."""

TEXT_EXAMPLE = '{"to": "16509100010", "text": "Hello"}'
FAX_EXAMPLE = '{"to": "16509100010", "attachments": [{"contentType": "application/pdf", "content": "JVBERi0="}]}'
GROUP_EXAMPLE = '"to": ["16509100010", "14151003733"]'
CLOCK_EXAMPLE = '{"now": "2012-10-16T06:34:58Z", "frozen": true}'
LIMITS_EXAMPLE = '{"profile": "ringcentral"} or {"medium": 3}'
FAULTS_EXAMPLE = '[{"operation": "createSMSMessage", "error": "CMN-201", "times": 2}]'

_TEXT: tuple[type, ...] = (str,)
_NUMBER: tuple[type, ...] = (int, float)
_WHOLE: tuple[type, ...] = (int,)

_FAULT_TYPES: Mapping[str, tuple[type, ...]] = {
    **dict.fromkeys(("operation", "error", "answer", "extension", "recipient", "notification"), _TEXT),
    **dict.fromkeys(("delay", "share", "pause"), _NUMBER),
    **dict.fromkeys(("times", "status", "nth", "seed", "pieces"), _WHOLE),
    "lost": (bool,),
}


class NoSuchExtension(LookupError, ValueError):
    """The account has no extension with this number."""


COMMANDS: dict[str, Callable[..., object]] = {}
"""What changes a world here, by the kind of its command: the function with the values of the event does it again."""


def command(function: _F) -> _F:
    """Have the world's history know of what was done, by its name and arguments; of what was refused, nothing."""
    kind = function.__name__

    @wraps(function)
    def done(world: World, *values: Any) -> Any:
        with world.moment.held():
            result = function(world, *values)
            world.history.add(kind, *values)
        return result

    COMMANDS[kind] = done
    return cast(_F, done)


# --- the account ---------------------------------------------------------------------------------


def extension_of(world: World, number: object) -> Extension:
    """An extension in its current state. Raises `NoSuchExtension`."""
    extensions = world.account.extensions
    if not isinstance(number, str) or number not in extensions:
        meant = did_you_mean(number, extensions)
        raise NoSuchExtension(f"There is no extension {number!r}{meant or ':'} this account has {_some(extensions)}.")
    return extensions[number]


@command
def set_status(world: World, number: str, status: object) -> None:
    """Freeze, thaw, disable ... an extension; `status` is in the API's words."""
    extension = extension_of(world, number)
    if not isinstance(status, str) or status not in set(ExtensionStatus):
        statuses = ", ".join(ExtensionStatus)
        raise ValueError(f'\'status\' is one of {statuses}, as in {{"status": "Frozen"}}.')
    world.set_status(extension, ExtensionStatus(status))


@command
def set_members(world: World, number: str, members: object) -> None:
    """Replace the members of a Department by these extension numbers."""
    department = extension_of(world, number)
    if not department.is_department:
        raise ValueError(f"Extension {number} is of type {department.type}: only a Department has members.")
    if not isinstance(members, (list, tuple)) or not all(isinstance(member, str) for member in members):
        raise ValueError('Members are a list of extension numbers, each a text, as in ["102", "103"].')
    most = len(world.account.extensions)
    if len(members) > most:
        raise ValueError(f"Members are each named once, and this account has {most} extensions, not {len(members)}.")
    for member in [extension_of(world, member) for member in members]:
        if member.is_department or not can_receive(member, MessageType.PAGER):
            raise ValueError(f"Extension {member.number} is of type {member.type}: members are Users or Voicemails.")
    world.set_members(department, members)


# --- phones outside ------------------------------------------------------------------------------


def handset_of(world: World, phone_number: object) -> str:
    """The digits of a phone outside the account."""
    if not isinstance(phone_number, str) or not is_e164(phone_number):
        raise ValueError(f"{phone_number!r} is no phone number: write 7 to 15 digits, as in 14151003732.")
    digits = digits_of(phone_number)
    if digits in world.account.phone_numbers:
        raise ValueError(f"{phone_number} belongs to the account: a handset is a phone outside, as 14151003732 is.")
    return digits


@command
def text_from_handset(
    world: World, phone_number: object, to: object, text: object, attachments: Sequence[Attachment] = ()
) -> tuple[Routed, ...]:
    """Deliver an SMS or MMS from a handset to one or several numbers of the account. Returns the outcomes.

    `attachments` are as the phone states them. Types that no message can have are refused here, for every caller.
    """
    handset = handset_of(world, phone_number)
    numbers = (to,) if isinstance(to, str) else tuple(to) if isinstance(to, (list, tuple)) else ()
    are_texts = all(isinstance(number, str) for number in numbers)
    if not numbers or not are_texts or not isinstance(text, str) or not (text or attachments):
        raise ValueError(
            f"An inbound SMS has a number of the account and a text, as in {TEXT_EXAMPLE}; or attachments. A group"
            f" message has several numbers, as in {GROUP_EXAMPLE}."
        )
    if len(attachments) > MAX_ATTACHMENTS:
        raise ValueError(f"A message has at most {MAX_ATTACHMENTS} attachments, not {len(attachments)}.")
    if not is_encodable(text):
        raise ValueError("'text' has half a surrogate pair: write the character whole, as in \"\\ud83d\\ude00\".")
    files = tuple(received_attachment(each.content_type, each.file_name, each.content) for each in attachments)
    try:
        return world.receive_sms(handset, numbers, text, files)
    except errors.StoreFull as error:
        raise ValueError(f"The server keeps no more than {error.value}: reset a world, or serve with more.") from error
    except errors.InvalidParameter as error:
        raise ValueError(_no_recipient(world, str(error.value), is_group=len(numbers) > 1)) from error
    except errors.SeveralSmsRecipients as error:
        raise ValueError("In 2012 an SMS goes to one number: the generation 'current' has group messages.") from error
    except errors.TooManySmsRecipients as error:
        raise ValueError(f"A group message goes to at most {error.value} numbers, not to {len(numbers)}.") from error
    except errors.DuplicateValue as error:
        raise ValueError(f"{error.value!r} is there twice: each number is named once.") from error


@command
def fax_from_machine(
    world: World, phone_number: object, to: object, attachments: Sequence[Attachment], resolution: object = "High"
) -> tuple[Routed, ...]:
    """Deliver a fax from a machine outside to a number of the account. Returns the outcome."""
    machine = handset_of(world, phone_number)
    if not isinstance(to, str) or not attachments:
        raise ValueError(f"A fax has a number of the account and one file or more, as in {FAX_EXAMPLE}.")
    if len(attachments) > MAX_ATTACHMENTS:
        raise ValueError(f"A fax has at most {MAX_ATTACHMENTS} files here, not {len(attachments)}.")
    if not isinstance(resolution, str) or resolution not in set(FaxResolution):
        raise ValueError(f"The resolution of a fax is one of {', '.join(FaxResolution)}, as in {FAX_EXAMPLE}.")
    files = tuple(
        fax_file(received_attachment(each.content_type, each.file_name, each.content)) for each in attachments
    )
    try:
        return world.receive_fax(machine, to, files, FaxResolution(resolution))
    except errors.StoreFull as error:
        raise ValueError(f"The server keeps no more than {error.value}: reset a world, or serve with more.") from error
    except errors.InvalidParameter as error:
        raise ValueError(_no_recipient(world, str(error.value), is_group=False)) from error
    except errors.AttachmentTypeNotSupported as error:
        raise ValueError(
            f"No fax carries the type of {error.value}: it takes {', '.join(sorted(FAX_TYPES))}."
        ) from error


def _no_recipient(world: World, number: str, *, is_group: bool) -> str:
    known = _some(world.account.phone_numbers)
    if is_group:
        return (
            f"{number!r} is none: 'to' of a group message has phone numbers, the sender's own not among them, and one"
            f" of this account at least, of {known}."
        )
    return f"{number!r} is none: 'to' is a phone number of this account, one of {known}."


def _some(names: Iterable[str]) -> str:
    """The first of them, and an ellipsis when there are more."""
    first = list(islice(names, MOST_NAMED + 1))
    return ", ".join(first[:MOST_NAMED]) + (" and more" if len(first) > MOST_NAMED else "")


# --- the clock -----------------------------------------------------------------------------------


def setting_clock(world: World, now: object = None, frozen: object = None) -> Walk:
    """Set a world's clock and freeze it or let it run; None leaves either unchanged.

    `now` is an aware datetime, or a text as the API writes it. What is due until then happens on the way.
    """
    clock = world.clock
    end_walk(world)
    moment = clock.now() if now is None else parse(now) if isinstance(now, str) else now
    stands = clock.is_frozen if frozen is None else frozen
    if not isinstance(moment, datetime) or not isinstance(stands, bool):
        said = "" if isinstance(moment, datetime) else f"{now!r} is no time with a zone. "
        raise ValueError(f"{said}The clock takes a date-time and whether to stand still, as in {CLOCK_EXAMPLE}.")
    if moment.utcoffset() is None:
        raise ValueError(f"{now} is no time with a zone, as 2012-10-16T06:34:58Z is.")
    try:
        moment = moment.astimezone(UTC)
    except OverflowError as error:
        raise ValueError(f"{now} is outside of the years 1 to 9999 in UTC.") from error
    return _walk_to(world, moment, stands=stands)


def advancing_clock(world: World, by: object) -> Walk:
    """Advance the clock by seconds, by a duration, or to what is due next: "next"."""
    end_walk(world)
    if by == NEXT:
        return Walk(world, None)
    try:
        if isinstance(by, bool) or not isinstance(by, (int, float, timedelta)):
            raise ValueError
        moment = world.clock.now() + (by if isinstance(by, timedelta) else timedelta(seconds=by))
    except (ValueError, OverflowError) as error:
        raise ValueError(
            "'seconds' is a number that stays within the years 1 to 9999, as in {\"seconds\": 60}."
        ) from error
    return _walk_to(world, moment, stands=world.clock.is_frozen)


def end_walk(world: World) -> None:
    """Let the clock come to where it is on its way to."""
    if world.walk is not None:
        world.walk.finish()


def _walk_to(world: World, moment: datetime, *, stands: bool) -> Walk:
    now = world.clock.now()
    count = sum(each.count_reminders(now, moment) for each in world.subscriptions.everyone(now))
    if count > MOST_REMINDERS:
        raise ValueError(
            f"Until then {count} reminders of the expiry of subscriptions are due, and the clock is moved past at most"
            f" {MOST_REMINDERS} at a time: move it in steps, or delete the subscriptions."
        )
    return Walk(world, moment, stands=stands)


# --- rate limits and faults ----------------------------------------------------------------------


@command
def set_limits(world: World, given: Mapping[str, Any]) -> None:
    """Hold a world to a profile's limits, to numbers of calls a minute by group, or to both; to none for nothing."""
    numbers = dict(given)
    profile = numbers.pop("profile", None)
    if profile is not None and not (isinstance(profile, str) and profile in PROFILES):
        raise ValueError(f"'profile' is one of {', '.join(PROFILES)}, as in {LIMITS_EXAMPLE}; {{}} is for no limits.")
    for group, limit in numbers.items():
        if group not in {"messages", *Group}:
            raise ValueError(f"{group!r} is not known here; limits are {', '.join(Group)} and messages.")
        if isinstance(limit, bool) or not isinstance(limit, int) or not 1 <= limit <= MAX_LIMIT:
            raise ValueError(f"{group!r} is a number of calls a minute from 1 to {MAX_LIMIT}, as in {LIMITS_EXAMPLE}.")
    limits = PROFILES[profile] if profile is not None else Limits({})
    if "messages" in numbers:
        limits = replace(limits, messages=dict.fromkeys(SENDING, numbers.pop("messages")))
    limits = replace(limits, calls={**limits.calls, **{Group(name): limit for name, limit in numbers.items()}})
    world.limit(limits if limits != Limits({}) else None)


@command
def set_faults(world: World, rules: object) -> None:
    """Replace all fault rules of the world by these."""
    if not isinstance(rules, list) or len(rules) > MOST_RULES:
        raise ValueError(f"Faults are a list of at most {MOST_RULES} rules, as in {FAULTS_EXAMPLE}; [] is for none.")
    world.plant([_rule(world, rule) for rule in rules])


@command
def add_fault(world: World, rule: object) -> None:
    """Add one fault rule after those that still apply to future calls."""
    world.plant_more(_rule(world, rule))


@command
def remove_fault(world: World, place: int) -> None:
    """Take the rule of this place out, counted from 1; the others go on as they are."""
    if world.faults is None:
        raise ValueError(f"There is no rule {place}: the world has none.")
    world.faults.remove(place - 1)
    if not world.faults.standings:
        world.plant(())


def _rule(world: World, given: object) -> FaultRule:
    if not isinstance(given, dict):
        raise ValueError(f"A rule is an object, as in {FAULTS_EXAMPLE}.")
    for name, value in given.items():
        if name not in _FAULT_TYPES:
            meant = did_you_mean(name, _FAULT_TYPES)
            raise ValueError(
                f"{name!r} is not known here{meant or ':'} a rule has some of {', '.join(_FAULT_TYPES)}, as in"
                f" {FAULTS_EXAMPLE}."
            )
        if type(value) not in _FAULT_TYPES[name]:
            raise ValueError(f"{name!r} of a rule is no {type(value).__name__}, as {FAULTS_EXAMPLE} shows.")
    if "extension" in given:
        extension_of(world, given["extension"])
    recipient = given.get("recipient")
    if recipient is not None and not is_e164(recipient):
        extension_of(world, recipient)
    try:
        return FaultRule(**given)
    except ValueError as error:
        raise ValueError(f"Of a rule, {error}" + ("" if str(error).endswith("?") else ".")) from error


@command
def set_carrier(world: World, carrier: Carrier | None) -> None:
    """Let carriers make this of what is sent from now on; None where all of it arrives."""
    world.carry_by(carrier)
