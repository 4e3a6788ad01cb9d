"""Message threads as the control API tells them: each with its entries, and each entry with who was told of it."""

from collections.abc import Awaitable, Callable

import pytest

from control_calls import Asked, run_story
from ringmock.control.api import create_control_app
from ringmock.domain.attachment import Attachment
from ringmock.domain.message_thread import SendThreadMessage, ThreadMessage
from ringmock.fixture import fixture_of
from ringmock.sign_in.worlds import Worlds
from ringmock.world import controls
from ringmock.world.world import World
from support import DIRECT_NUMBER, HANDSET

SHARED = DIRECT_NUMBER["200"]
PNG = Attachment("image/png", "map.png", b"\x89PNG")
SUPPORT = {
    "number": "200",
    "id": 200,
    "type": "Department",
    "name": "Support",
    "members": [],
    "sms_recipients": ["102"],
}
USERS = [{"number": number, "id": int(number), "type": "User", "name": f"User {number}"} for number in ("101", "102")]


def shared() -> Worlds:
    """Worlds in which 102 handles what comes to the number of 200."""
    account = {
        "account": {"id": 1, "main_number": "16509100001"},
        "extensions": [*USERS, SUPPORT],
        "phone_numbers": [{"number": SHARED, "owner": "200", "features": ["SmsSender", "MmsSender"]}],
        "handsets": [HANDSET],
    }
    return Worlds(fixture_of(account, "shared"))


def run(story: Callable[[World, Asked], Awaitable[None]]) -> None:
    """A story about the default world of a server of that account."""
    run_story(shared(), story)


def write(world: World, text: str, phone: str = HANDSET, files: tuple[Attachment, ...] = ()) -> None:
    controls.text_from_handset(world, phone, SHARED, text, files)


def test_a_thread_is_told_with_what_was_said_noted_and_done_in_it() -> None:
    async def story(world: World, asked: Asked) -> None:
        agent = world.account.extensions["102"]
        write(world, "Help", files=(PNG,))
        (brief,) = (await asked("/message-threads"))["threads"]
        thread = brief["id"]
        world.assign_thread(agent, thread, "102")
        world.send_in_thread(agent, SendThreadMessage(SHARED, (HANDSET,), "We come"))
        world.add_note(agent, thread, "Far away")
        for _ in world.resolving_thread(agent, thread):
            pass
        said = await asked(f"/message-threads/{thread}")

        assert (said["status"], said["reason"], said["assignee"], said["expires"]) == ("Resolved", "Manual", None, None)
        assert (said["guest"], said["number"]) == ({"number": HANDSET, "extension": None}, SHARED)
        assert [each["number"] for each in said["handlers"]] == ["102"]
        kinds = [each.get("text") or each["what"] for each in said["entries"]]
        assert kinds == ["ThreadCreatedHint", "Help", "ThreadAssignedHint", "We come", "Far away", "ThreadResolvedHint"]
        assert [each["author"]["number"] for each in said["entries"] if each.get("author")] == ["102", "102"]
        (file,) = said["entries"][1]["attachments"]
        assert file["fileName"] == "map.png"
        life = await asked(f"/messages/{said['entries'][3]['id']}")
        assert (life["copies"][0]["thread"], life["copies"][0]["resource"]["2012"]["text"]) == (thread, "We come")

    run(story)


def test_a_file_of_a_thread_is_read_as_that_of_any_message() -> None:
    worlds = shared()
    write(worlds.default, "Look", files=(PNG,))
    (thread,) = worlds.default.threads.newest_first()
    message = thread.entries[-1]
    assert isinstance(message, ThreadMessage)
    path = f"/_mock/messages/{message.id}/attachments/{message.attachments[0].id}"
    assert create_control_app(worlds).test_client().get(path).data == PNG.content


@pytest.mark.parametrize(
    ("query", "texts", "older", "newer"),
    [
        ("limit=2", ["two", "three"], "2", None),
        ("limit=2&before=2", ["ThreadCreatedHint", "one"], None, "1"),
        ("limit=1&after=1", ["two"], "2", "2"),
        ("from=2", ["two", "three"], "2", None),
        ("after=3", [], "4", None),
        ("before=-5", [], None, None),
    ],
)
def test_entries_come_in_pages(query: str, texts: list[str], older: str | None, newer: str | None) -> None:
    async def story(world: World, asked: Asked) -> None:
        for text in ("one", "two", "three"):
            write(world, text)
        (brief,) = (await asked("/message-threads"))["threads"]
        said = await asked(f"/message-threads/{brief['id']}?{query}")
        assert [each.get("text") or each["what"] for each in said["entries"]] == texts
        assert (said["older"], said["newer"] if texts else None) == (older, newer)

    run(story)


def test_threads_come_in_pages_the_one_begun_last_first() -> None:
    async def story(world: World, asked: Asked) -> None:
        for last in range(3):
            write(world, f"from {last}", phone=f"1415555000{last}")
        first = await asked("/message-threads?limit=2")
        rest = await asked(f"/message-threads?limit=2&before={first['next']}")
        assert [each["label"] for each in first["threads"] + rest["threads"]] == ["from 2", "from 1", "from 0"]
        assert rest["next"] is None

    run(story)


def test_what_is_no_thread_is_told_so_and_two_places_of_a_page_are_refused() -> None:
    async def story(world: World, asked: Asked) -> None:
        write(world, "Help")
        assert "GET /_mock/message-threads" in (await asked("/message-threads/nothing", 404))["error"]
        (brief,) = (await asked("/message-threads"))["threads"]
        assert "says where" in (await asked(f"/message-threads/{brief['id']}?before=1&after=1", 422))["error"]

    run(story)


def test_a_search_finds_what_threads_say_and_note() -> None:
    async def story(world: World, asked: Asked) -> None:
        write(world, "My line is down")
        thread = (await asked("/message-threads"))["threads"][0]["id"]
        world.add_note(world.account.extensions["102"], thread, "A technician calls")
        noted, said, whole = [(await asked(f"/search?q={q}"))["threads"] for q in ("TECHNICIAN", "line", thread)]
        assert [(each["kind"], each["text"]) for each in (*noted, *said, *whole)] == [
            ("note", "A technician calls"),
            ("message", "My line is down"),
            ("thread", "My line is down"),
        ]
        assert (await asked("/search?q=nowhere"))["threads"] == []

    run(story)
