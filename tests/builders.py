"""Small accounts, built by what matters in each test: `account(user("101"), department("200", "102"))`."""

from datetime import UTC, datetime

from ringmock.domain.account import Account, Extension, ExtensionStatus, ExtensionType, Feature, PhoneNumber
from ringmock.domain.generation import GENERATIONS, Generation
from ringmock.domain.message import Message, Routed
from ringmock.domain.message_filter import MessageFilter
from ringmock.domain.pager import Address, SendPager
from ringmock.domain.sms import SendSms
from ringmock.world.template import ClockStart, SeedMessage, Template
from ringmock.world.world import Sent, World

START = datetime(2012, 10, 16, 6, 34, 58, tzinfo=UTC)
HANDSET = "14151003732"
STANDING_STILL = ClockStart(START, frozen=True)


def user(number: str, status: ExtensionStatus = ExtensionStatus.ENABLED, *, administrator: bool = False) -> Extension:
    """A User named after its number."""
    return extension(number, ExtensionType.USER, status, administrator=administrator)


def extension(
    number: str,
    kind: ExtensionType,
    status: ExtensionStatus = ExtensionStatus.ENABLED,
    *,
    administrator: bool = False,
) -> Extension:
    """An extension of any type, without members."""
    return Extension(
        id=identity(number), number=number, type=kind, status=status, name=f"No. {number}", administrator=administrator
    )


def department(number: str, *members: str, status: ExtensionStatus = ExtensionStatus.ENABLED) -> Extension:
    """A Department of these members, managed by 101."""
    return Extension(
        id=identity(number),
        number=number,
        type=ExtensionType.DEPARTMENT,
        status=status,
        name=f"No. {number}",
        members=members,
        manager="101",
    )


def identity(number: str) -> int:
    """The id that the builders give to an extension number."""
    return 1346632000 + int(number)


def direct(number: str) -> str:
    """The direct phone number that the builders give to an extension number."""
    return f"16509100{number}"


def account(*extensions: Extension, features: tuple[Feature, ...] = (Feature.SMS_SENDER,)) -> Account:
    """Every extension with a direct number that has these features, and a main number of the company's."""
    phones = [PhoneNumber(identity(e.number), direct(e.number), e.number, features) for e in extensions]
    return Account.of(
        id=1346632010,
        main_number="16509100001",
        extensions=extensions,
        phone_numbers=[PhoneNumber(1, "16509100001"), *phones],
        handsets=[HANDSET],
    )


class Clock:
    """A real time that tests move by hand."""

    def __init__(self, now: datetime = START) -> None:
        self.moment = now

    def __call__(self) -> datetime:
        return self.moment


def world(
    *extensions: Extension,
    generation: Generation = GENERATIONS["2012"],
    features: tuple[Feature, ...] = (Feature.SMS_SENDER,),
    messages: tuple[SeedMessage, ...] = (),
    clock: ClockStart = STANDING_STILL,
) -> World:
    """A world of that account, standing still at `START` unless told otherwise."""
    template = Template("test", account(*extensions, features=features), clock=clock, messages=messages)
    return World(template, Clock(), generation)


def page(world: World, sender: str, *to: str, text: str = "Hello!", reply_on: Message | int | None = None) -> Sent:
    """`sender` pages extension numbers, or answers a message."""
    replied_to = reply_on.id if isinstance(reply_on, Message) else reply_on
    pager = SendPager(tuple(Address(number=number) for number in to), text, reply_on=replied_to)
    return world.send_pager(world.account.extensions[sender], pager)


def sms(world: World, sender: str, *to: str, text: str = "Hi", from_number: str | None = None) -> Sent:
    """`sender` sends an SMS from his direct number."""
    request = SendSms(from_number or direct(sender), to, text)
    return world.send_sms(world.account.extensions[sender], request)


def mailbox(world: World, number: str) -> tuple[Message, ...]:
    """Everything alive in a mailbox, newest first, that its owner may see."""
    everything = MessageFilter(datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC), per_page=1000)
    return world.list_messages(world.account.extensions[number], everything).records


def texts(world: World, number: str) -> list[str]:
    """What a mailbox says, newest first."""
    return [message.text for message in mailbox(world, number)]


def outcomes(routed: tuple[Routed, ...]) -> dict[str, tuple[str, str]]:
    """Recipient to outcome and rule."""
    return {r.recipient: (r.outcome.value, r.rule) for r in routed}


def set_status(world: World, number: str, status: ExtensionStatus) -> None:
    """Freeze, thaw ... an extension of the world."""
    world.set_status(world.account.extensions[number], status)


def set_members(world: World, number: str, *members: str) -> None:
    """Put these, and nobody else, into a Department."""
    world.set_members(world.account.extensions[number], members)


def set_sms_recipients(world: World, number: str, *recipients: str) -> None:
    """Let these, and nobody else, send SMS from the numbers of a Department or Site."""
    world.set_sms_recipients(world.account.extensions[number], recipients)
