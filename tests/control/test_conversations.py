"""What mailboxes and phones outside have, in pages, and the search in all of it."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from random import Random
from typing import Any
from urllib.parse import urlencode

import pytest

from control_calls import Asked, run_story
from ringmock.domain.attachment import Attachment
from ringmock.domain.generation import GENERATIONS
from ringmock.domain.message import Message
from ringmock.domain.message_store import EVERYTHING
from ringmock.domain.pager import Address, SendPager
from ringmock.domain.sms import SendSms
from ringmock.fixture import load_named
from ringmock.sign_in.worlds import Worlds
from ringmock.world import controls
from ringmock.world.world import World
from support import DIRECT_NUMBER, HANDSET

Json = Any
OWN = DIRECT_NUMBER["101"]


def run(story: Callable[[World, Asked], Awaitable[None]], generation: str = "2012") -> None:
    """A story about the default world of a server of the demo account."""
    run_story(Worlds(load_named("demo"), generation=GENERATIONS[generation]), story)


def send(world: World, text: str, to: str = HANDSET, by: str = "101") -> None:
    world.send_sms(world.account.extensions[by], SendSms(DIRECT_NUMBER[by], (to,), text))


def page(world: World, text: str, *to: str, by: str = "101") -> None:
    world.send_pager(world.account.extensions[by], SendPager(tuple(map(Address, to)), text))


def write(world: World, text: str, phone: str = HANDSET, to: str = OWN, files: tuple[Attachment, ...] = ()) -> None:
    controls.text_from_handset(world, phone, to, text, files)


async def all_pages(asked: Asked, path: str, limit: int) -> Iterator[str]:
    """The texts of a list, the newest page first, the oldest text first."""
    texts: list[str] = []
    older: str | None = ""
    while older is not None:
        said = await asked(f"{path}?limit={limit}" + (f"&before={older}" if older else ""))
        texts = [each["text"] for each in said["messages"]] + texts
        older = said["older"]
    return iter(texts)


async def conversation_of(asked: Asked, mailbox: str = "101") -> str:
    """The path of the newest conversation."""
    newest = (await asked(f"/extensions/{mailbox}/conversations"))["conversations"][0]
    return f"/extensions/{mailbox}/conversations/{newest['id']}"


def test_extensions_have_their_numbers_and_what_they_hold() -> None:
    async def story(world: World, asked: Asked) -> None:
        send(world, "out")
        write(world, "in")
        said = await asked("/mailboxes")
        first = said["mailboxes"][0]
        assert (first["number"], first["messages"], first["unread"]) == ("101", 2, 1)
        assert OWN in first["phone_numbers"]
        assert next(each for each in said["mailboxes"] if each["number"] == "200")["members"] == [
            "102",
            "103",
            "104",
            "105",
        ]
        part = await asked("/mailboxes?q=second&limit=1")
        assert [each["number"] for each in part["mailboxes"]] == ["102"]

    run(story)


def test_conversations_come_by_their_newest_message_in_pages() -> None:
    async def story(world: World, asked: Asked) -> None:
        for number in range(5):
            write(world, f"from {number}", phone=f"1415555010{number}")
        write(world, "again", phone="14155550100")
        first = await asked("/extensions/101/conversations?limit=3")
        second = await asked(f"/extensions/101/conversations?limit=3&before={first['next']}")
        texts = [each["newest"]["text"] for each in first["conversations"] + second["conversations"]]
        assert (texts, second["next"]) == (["again", "from 4", "from 3", "from 2", "from 1"], None)
        assert [each["unread"] for each in first["conversations"]] == [2, 1, 1]

    run(story)


@pytest.mark.parametrize("limit", [1, 4, 9, 10])
def test_a_conversation_is_read_to_its_beginning_in_pages_of_any_size(limit: int) -> None:
    async def story(world: World, asked: Asked) -> None:
        for number in range(9):
            (send if number % 2 else write)(world, f"no. {number}")
        texts = await all_pages(asked, await conversation_of(asked), limit)
        assert list(texts) == [f"no. {number}" for number in range(9)]

    run(story)


def test_what_comes_after_a_cursor_and_from_one_is_read_without_the_rest() -> None:
    async def story(world: World, asked: Asked) -> None:
        for number in range(6):
            send(world, f"no. {number}")
        path = await conversation_of(asked)
        third = (await asked(path))["messages"][2]["cursor"]
        after, since = await asked(f"{path}?after={third}&limit=2"), await asked(f"{path}?from={third}&limit=9")
        assert [each["text"] for each in after["messages"]] == ["no. 3", "no. 4"]
        assert after["newer"] == after["messages"][-1]["cursor"]
        assert [each["text"] for each in since["messages"]] == ["no. 2", "no. 3", "no. 4", "no. 5"]
        assert since["newer"] is None
        said = await asked(f"{path}?after={third}&before={third}", 422)
        assert "One of 'before', 'after' and 'from'" in said["error"]

    run(story)


def test_a_departments_thread_has_its_members_of_now_and_says_who_was_skipped_and_why() -> None:
    async def story(world: World, asked: Asked) -> None:
        page(world, "All hands", "200")
        said = await asked(await conversation_of(asked))
        (department,) = said["departments"]
        assert [each["number"] for each in department["members"]] == ["102", "103", "104", "105"]
        outcomes = {each["recipient"]: each for each in said["messages"][0]["recipients"]}
        assert (outcomes["102"]["outcome"], outcomes["104"]["outcome"]) == ("delivered", "skipped")
        assert (outcomes["104"]["rule"], bool(outcomes["104"]["why"])) == ("R-19", True)

    run(story)


def test_a_thread_stays_visible_to_who_was_removed_from_it_and_says_so() -> None:
    async def story(world: World, asked: Asked) -> None:
        page(world, "All hands", "200")
        path = await conversation_of(asked, "102")
        assert (await asked(path))["is_hidden"] is False
        controls.set_members(world, "200", ["103"])
        said = await asked(path)
        assert (said["is_hidden"], [each["text"] for each in said["messages"]]) == (True, ["All hands"])

    run(story)


def test_what_the_sender_deleted_is_on_the_phone_as_it_was() -> None:
    async def story(world: World, asked: Asked) -> None:
        send(world, "by mistake")
        message = next(iter(world.messages.collected("101", EVERYTHING, 1)))
        world.messages.delete(message, world.clock.now())
        (in_mailbox,) = (await asked(await conversation_of(asked)))["messages"]
        (on_phone,) = (await asked(f"/phones/{HANDSET}"))["messages"]
        assert (in_mailbox["availability"], in_mailbox["text"]) == ("Deleted", "by mistake")
        assert (on_phone["text"], "availability" in on_phone) == ("by mistake", False)
        world.messages.delete(message, world.clock.now(), purge=True)
        assert (await asked(await conversation_of(asked)))["messages"][0]["text"] == ""
        assert (await asked(f"/phones/{HANDSET}"))["messages"][0]["text"] == "by mistake"

    run(story)


def test_any_number_outside_is_a_phone_with_what_it_got_and_wrote() -> None:
    async def story(world: World, asked: Asked) -> None:
        unknown = "12125550100"
        assert (await asked(f"/phones/{unknown}"))["messages"] == []
        write(world, "first", phone=unknown)
        send(world, "answer", to=unknown)
        write(world, "second", phone=unknown, to=DIRECT_NUMBER["102"])
        said = await asked(f"/phones/{unknown}")
        assert [(each["direction"], each["text"]) for each in said["messages"]] == [
            ("Outbound", "first"),
            ("Inbound", "answer"),
            ("Outbound", "second"),
        ]
        one = await asked(f"/phones/{unknown}?with={OWN}")
        assert [each["text"] for each in one["messages"]] == ["first", "answer"]
        listed = (await asked("/phones"))["phones"]
        assert (listed[0]["number"], listed[0]["received"], listed[0]["newest"]["text"]) == (unknown, 1, "second")
        assert {each["number"] for each in listed} >= set(world.account.handsets)
        assert f"{OWN} belongs to the account" in (await asked(f"/phones/{OWN}", 409))["error"]

    run(story)


def test_a_text_that_reaches_no_mailbox_stands_on_the_phone_that_wrote_it() -> None:
    async def story(world: World, asked: Asked) -> None:
        dead = next(digits for digits in world.account.phone_numbers if world.account.mailbox_of(digits) is None)
        write(world, "is anybody there?", phone="12025550100", to=dead)
        (seen,) = (await asked("/phones/12025550100"))["messages"]
        assert (seen["text"], seen["id"], seen["recipients"][0]["outcome"]) == (
            "is anybody there?",
            None,
            "undeliverable",
        )
        assert (await asked("/phones"))["phones"][0]["number"] == "12025550100"

    run(story)


@pytest.mark.parametrize("limit", [1, 3, 20])
def test_a_phone_is_read_to_its_beginning_in_pages_and_on_from_there(limit: int) -> None:
    async def story(world: World, asked: Asked) -> None:
        for number in range(8):
            (send if number % 2 else write)(world, f"no. {number}")
        texts = list(await all_pages(asked, f"/phones/{HANDSET}", limit))
        assert texts == [f"no. {number}" for number in range(8)]
        first = (await asked(f"/phones/{HANDSET}?limit=8"))["messages"][0]["cursor"]
        after = await asked(f"/phones/{HANDSET}?after={first}&limit={limit}")
        assert [each["text"] for each in after["messages"]] == texts[1 : limit + 1]
        assert (after["newer"] is None) is (limit >= 7)

    run(story)


def test_messages_stay_in_their_order_when_the_clock_goes_back() -> None:
    async def story(world: World, asked: Asked) -> None:
        send(world, "in 2026")
        controls.setting_clock(world, "1969-10-16T06:34:58Z", True).finish()
        send(world, "in 1969")
        write(world, "in 1969, too")
        wanted = ["in 1969", "in 1969, too", "in 2026"]
        assert list(await all_pages(asked, await conversation_of(asked), 1)) == wanted
        assert list(await all_pages(asked, f"/phones/{HANDSET}", 1)) == wanted

    run(story)


def test_a_group_text_from_a_phone_is_one_message_of_it_and_a_repeated_one_is_two() -> None:
    async def story(world: World, asked: Asked) -> None:
        numbers = [OWN, DIRECT_NUMBER["102"]]
        for _ in range(2):
            controls.text_from_handset(world, HANDSET, numbers, "to both")
        said = await asked(f"/phones/{HANDSET}")
        assert [each["text"] for each in said["messages"]] == ["to both", "to both"]

    run(story, "current")


def test_stop_is_marked_and_the_pair_is_opted_out_until_start() -> None:
    async def story(world: World, asked: Asked) -> None:
        write(world, "STOP")
        said = await asked(await conversation_of(asked))
        assert said["opted_out"] == [{"phone": HANDSET, "of": OWN}]
        assert said["messages"][0]["opts_out"] is True
        assert (await asked(f"/phones/{HANDSET}"))["opted_out_of"] == [OWN]
        write(world, "start")
        said = await asked(await conversation_of(asked))
        assert (said["opted_out"], said["messages"][-1]["opts_out"]) == ([], False)

    run(story)


def test_files_are_where_they_say_on_both_sides() -> None:
    async def story(world: World, asked: Asked) -> None:
        write(world, "", files=(Attachment("text/vcard", "a <b>.vcf", b"BEGIN:VCARD"),))
        path = (await asked(await conversation_of(asked)))["messages"][0]["attachments"][0]["path"]
        phone = (await asked(f"/phones/{HANDSET}"))["messages"][0]["attachments"][0]
        assert (phone["path"], phone["fileName"]) == (path, "a <b>.vcf")
        assert world.messages.held(int(path.split("/")[2])) is not None

    run(story)


@pytest.mark.parametrize(
    ("wanted", "texts"),
    [
        ("ORDER", ["your order 4821", "Order of the day"]),
        ("4821", ["your order 4821"]),
        (HANDSET[-7:], ["your order 4821"]),
        ("102", ["Order of the day"]),
        ("nothing like it", []),
        ("²", []),
    ],
)
def test_a_search_finds_texts_numbers_and_extensions(wanted: str, texts: list[str]) -> None:
    async def story(world: World, asked: Asked) -> None:
        page(world, "Order of the day", "102", "103")
        send(world, "your order 4821")
        said = await asked(f"/search?q={wanted.replace(' ', '+')}")
        assert [each["text"] for each in said["messages"]] == texts
        assert said["next"] is None

    run(story)


def test_a_search_names_the_mailboxes_of_each_message_and_finds_it_by_its_id() -> None:
    async def story(world: World, asked: Asked) -> None:
        page(world, "All hands", "200")
        (found,) = (await asked("/search?q=all+hands"))["messages"]
        assert found["mailboxes"] == ["101", "200", "102", "103"]
        assert (await asked(f"/search?q={found['id']}"))["messages"][0]["text"] == "All hands"
        said = await asked("/search?q=102")
        assert [each["number"] for each in said["extensions"]] == ["102"]

    run(story)


@pytest.mark.parametrize("limit", [1, 2, 3, 7])
def test_a_search_goes_on_where_it_stopped(limit: int) -> None:
    async def story(world: World, asked: Asked) -> None:
        for number in range(7):
            send(world, f"find {number}")
            send(world, "other")
        texts: list[str] = []
        following = ""
        while True:
            said = await asked(f"/search?q=find&limit={limit}{following}")
            texts += [each["text"] for each in said["messages"]]
            assert len(said["messages"]) <= limit
            if said["next"] is None:
                break
            following = f"&before={said['next']}"
        assert texts == [f"find {number}" for number in reversed(range(7))]

    run(story)


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/extensions/999/conversations", 404),
        ("/extensions/101/conversations/1", 404),
        ("/extensions/101/conversations?before=x", 400),
        ("/search", 400),
        ("/search?q=%20", 400),
        ("/search?q=" + "x" * 201, 400),
        ("/mailboxes?limit=0", 400),
        ("/mailboxes?limit=501", 400),
    ],
)
def test_what_makes_no_sense_is_told_in_a_sentence(path: str, status: int) -> None:
    async def story(_: World, asked: Asked) -> None:
        assert (await asked(path, status))["error"]

    run(story)


WORDS = ("Straße", "STRASSE", "order 7", "Kelvin \u212a", "\U0001f600", "line\nbreak", "İstanbul", "", "4821", HANDSET)
SOUGHT = (
    *("strasse", "ß", "k", "\U0001f600", "e\nl", "i\u0307", "4821", "7", "102", "200", "²", "٣", "no such"),
    *(HANDSET, f"+{HANDSET}", HANDSET[:4], HANDSET[3:], OWN[-4:], "9" * 19, "9" * 25, "MESSAGE", "CONVERSATION"),
)


def naively_found(world: World, wanted: str) -> list[str]:
    """The ids of the messages that have it, the newest first, each asked in the plainest words."""
    words, digits = wanted.casefold(), wanted.removeprefix("+")

    def has(message: Message) -> bool:
        numbers = [message.sender, *message.recipients]
        is_part = digits.isdecimal() and len(digits) >= 4
        return (
            words in message.text.casefold()
            or (any(digits in each for each in numbers) if is_part else digits in numbers)
            or (digits.isdecimal() and int(digits) in (message.id, message.conversation.id))
        )

    held = map(world.messages.held, reversed(world.messages.ids_after(None)))
    return [str(each.id) for each in held if each is not None and has(each)]


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("wanted", SOUGHT)
def test_a_search_finds_what_asking_each_message_finds_in_the_same_order(wanted: str, seed: int) -> None:
    async def story(world: World, asked: Asked) -> None:
        dice = Random(seed)
        for number in range(330):  # several blocks that are asked as one, and a part of one
            text = f"{dice.choice(WORDS)} {number}" if dice.random() < 0.03 else f"no. {chr(97 + number % 7)}"
            # To one mailbox, or to none: copies of one message would be found as one.
            dice.choice((send, write))(world, text, f"1202555{dice.choice((1000, 2000, 4821))}")
        page(world, "to oneself", "101")
        ids = world.messages.ids_after(None)
        some = world.messages.held(dice.choice(ids))
        assert some is not None
        named = {"MESSAGE": str(some.id), "CONVERSATION": str(some.conversation.id)}.get(wanted, wanted)
        found: list[str] = []
        following: str | None = ""
        while following is not None:
            said = await asked(f"/search?{urlencode({'q': named, 'limit': 17})}{following}")
            found += [each["id"] for each in said["messages"]]
            following = said["next"] and f"&before={said['next']}"
        assert found == naively_found(world, named)

    run(story)


@pytest.mark.parametrize("seed", range(3))
def test_phones_come_by_their_latest_message_however_often_somebody_looks(seed: int) -> None:
    async def story(world: World, asked: Asked) -> None:
        dice, latest = Random(seed), [str(each) for each in world.account.handsets]
        for number in range(200):
            phone = f"1202555{dice.randrange(1000, 1030)}"
            dice.choice((send, write))(world, f"no. {number}", phone)
            latest = [phone, *(each for each in latest if each != phone)]
            if dice.random() < 0.05:
                await asyncio.gather(asked("/search?q=x"), asked("/search?q=y"))
        said = await asked("/phones?limit=100")
        assert [each["number"] for each in said["phones"]] == latest

    run(story)


def test_others_are_served_while_a_first_search_looks_at_a_large_world() -> None:
    async def story(world: World, asked: Asked) -> None:
        for number in range(2500):
            write(world, f"no. {number}")
        order: list[str] = []

        async def noted(name: str, path: str) -> None:
            await asked(path)
            order.append(name)

        searching = asyncio.get_running_loop().create_task(noted("search", "/search?q=nothing"))
        await asyncio.sleep(0)
        await noted("other", "/ready")
        await searching
        assert order == ["other", "search"]

    run(story)


def test_what_became_of_somebody_in_a_conversation_stands_between_its_messages() -> None:
    async def story(world: World, asked: Asked) -> None:
        admin = world.account.extensions["101"]
        first = world.send_pager(admin, SendPager((Address("200"),), "one")).message
        controls.set_status(world, "103", "Frozen")
        world.send_pager(admin, SendPager((), "two", reply_on=first.id))
        controls.set_status(world, "103", "Enabled")
        controls.set_status(world, "103", "Enabled")  # no change
        controls.set_members(world, "200", ["103"])
        controls.set_members(world, "200", ["103", "104"])
        path = await conversation_of(asked)
        messages = (await asked(path))["messages"]
        said = [[each.get(name) for each in messages] for name in ("changes_before", "changes_after")]
        frozen, since = said[0][1], said[1][1]
        assert (said[0][0], said[1][0]) == (None, None)
        assert [(each["extension"]["number"], each["before"], each["status"]) for each in frozen] == [
            ("103", "Enabled", "Frozen")
        ]
        told = [(each["extension"]["number"], each["status"], each["joined"]) for each in since]
        assert told[0] == ("103", "Enabled", None)
        assert {each[2] for each in told[1:]} == {False, True}
        assert since[1]["department"]["number"] == "200"
        # A page alone has what came between it and the page before.
        assert (await asked(f"{path}?limit=1"))["messages"][0]["changes_before"] == frozen
        older = await asked(f"{path}?limit=1&before={messages[1]['cursor']}")
        assert "changes_after" not in older["messages"][0]

    run(story)


def test_a_conversation_says_nothing_of_those_who_are_not_in_it() -> None:
    async def story(world: World, asked: Asked) -> None:
        send(world, "one")
        controls.set_status(world, "102", "Frozen")
        controls.set_members(world, "200", ["103"])
        send(world, "two")
        messages = (await asked(await conversation_of(asked)))["messages"]
        assert not any(messages[1].get("changes_before", ()))
        controls.set_status(world, "101", "Frozen")
        assert [
            each["status"] for each in (await asked(await conversation_of(asked)))["messages"][1]["changes_after"]
        ] == ["Frozen"]

    run(story)
