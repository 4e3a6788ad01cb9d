"""The index of a search says what a look at every message would."""

from random import Random

import pytest

from builders import HANDSET, Clock
from ringmock.domain.account import digits_of
from ringmock.domain.message import Message
from ringmock.domain.pager import Address, SendPager
from ringmock.domain.slices import result_of
from ringmock.domain.sms import SendSms
from ringmock.fixture import load_named
from ringmock.world import search_index
from ringmock.world.search_index import SearchIndex, Wanted
from ringmock.world.world import World
from support import DIRECT_NUMBER

OTHER_HANDSET = "14151003733"
TEXTS = ("Order 4821", "STRASSE", "Straße", "e", "né à Nîmes", "😀 hi", "\ud83d", "a\0b", "4", "102", "İstanbul", "ǅ")
SOUGHT = (
    *("order", "ss", "ß", "é", "É", "😀", "\ud83d", "\0", "a\0b", "4", "48", "102", "101", "i", "nothing", "²", "٣"),
    *(HANDSET, f"+{HANDSET}", HANDSET[:5], HANDSET[-4:], "00000000000000000000", " "),
)


def naive(messages: list[Message], text: str) -> list[int]:
    """The ids of those that have it, found by looking at each."""
    words, digits = text.casefold(), digits_of(text)
    is_number = digits.isdecimal()
    number = int(digits) if is_number and len(digits) < 20 else None

    def has(message: Message) -> bool:
        ends = (message.sender, *message.recipients)
        in_ends = any(digits in end for end in ends) if len(digits) >= 4 else digits in ends
        is_named = number is not None and number in (message.id, message.conversation.id)
        return words in message.text.casefold() or (is_number and in_ends) or is_named

    return [message.id for message in messages if has(message)]


def wanted(text: str) -> Wanted:
    digits = digits_of(text)
    if not digits.isdecimal():
        return Wanted(text.casefold())
    part, number = (digits, "") if len(digits) >= 4 else ("", digits)
    return Wanted(text.casefold(), part, number, int(digits) if len(digits) < 20 else -1)


def held(world: World) -> list[Message]:
    """Everything, the newest first."""
    found = map(world.messages.held, reversed(world.messages.ids_after(None)))
    return [message for message in found if message is not None]


def said_by_index(index: SearchIndex, world: World, text: str, message_id: int | None = None) -> list[int]:
    runs = result_of(index.caught_up(world.messages))
    places = search_index.before(runs, message_id)
    return [each.id for run, end in places for each in run.matching(wanted(text), end, world.messages)]


def change(world: World, dice: Random) -> None:
    """Let one thing happen: a message sent, received, paged, purged or forgotten."""
    extension, text = world.account.extensions["101"], f"{dice.choice(TEXTS)}{dice.choice(TEXTS)}"
    messages = held(world)
    match dice.randrange(6):
        case 0 | 1:
            world.send_sms(extension, SendSms(DIRECT_NUMBER["101"], (dice.choice((HANDSET, OTHER_HANDSET)),), text))
        case 2:
            world.receive_sms(
                dice.choice((HANDSET, "12025550" + f"{dice.randrange(1000):03}")), DIRECT_NUMBER["101"], text
            )
        case 3:
            world.send_pager(extension, SendPager((Address("102"), Address("103")), text))
        case 4 if messages:
            world.messages.delete(dice.choice(messages), world.clock.now(), purge=True)
        case 5 if messages:
            world.messages.forget(dice.choice((messages[0], messages[-1], dice.choice(messages))))


@pytest.mark.parametrize("seed", range(12))
def test_an_index_finds_what_a_look_at_every_message_finds_in_the_same_order(seed: int) -> None:
    dice, world, index = Random(seed), World(load_named("demo"), Clock()), SearchIndex(1 + seed % 7)
    for _ in range(60):
        change(world, dice)
        if dice.random() < 0.8:  # it is caught up with several at a time, too
            continue
        messages = held(world)
        some = dice.choice(messages) if messages else None
        ids = () if some is None else (str(some.id), str(some.conversation.id), str(some.id)[-5:])
        for text in (*SOUGHT, *ids):
            assert said_by_index(index, world, text) == naive(messages, text), text
            if some is not None:
                older = [each for each in messages if each.id < some.id]
                assert said_by_index(index, world, text, some.id) == naive(older, text), text


@pytest.mark.parametrize(("gone", "left"), [(1, 3), (2, 2), (3, 2), (4, 1), (5, 0)])
def test_an_index_forgets_a_run_of_which_nothing_is_held(gone: int, left: int) -> None:
    world, index = World(load_named("demo"), Clock()), SearchIndex(2)
    for message in held(world):
        world.messages.forget(message)
    for number in range(5):
        world.receive_sms(HANDSET, DIRECT_NUMBER["101"], f"no. {number}")
    assert len(result_of(index.caught_up(world.messages))) == 3
    for message in held(world)[::-1][:gone]:
        world.messages.forget(message)
    assert len(result_of(index.caught_up(world.messages))) == left
