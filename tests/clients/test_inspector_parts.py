"""A message's life, the calls, the world, the text ruler and the contract in a real browser."""

import json
from collections.abc import Callable
from contextlib import ExitStack

import pytest

from javascript import CHROMIUM, Day, day_with
from support import DIRECT_NUMBER, HANDSET, Client, needs

Story = Callable[[str], Day]

STORIES = (
    "message",
    "calls",
    "world",
    "text",
    "contract",
    "history",
    "exports",
    "carriers",
    "threads",
    "notified",
    "changes",
)


@pytest.fixture(scope="module")
def told(server_url: str) -> dict[str, Day]:
    """What each step of every story came to, each in a world of its own and all in one browser."""
    needs(CHROMIUM, "Chromium", "install it, as by `apt-get install chromium`")
    with ExitStack() as stack:
        clients = {name: stack.enter_context(Client(server_url)) for name in STORIES}
        worlds = json.dumps({name: [each.client_id, each.token("101")] for name, each in clients.items()})
        about = (server_url, HANDSET, DIRECT_NUMBER["101"], str(CHROMIUM), worlds)
        day = day_with("inspector-parts", *about, packages=("playwright-core",), seconds=300)
    stories: dict[str, Day] = {name: {} for name in STORIES}
    for step, result in day.items():
        name, _, rest = step.partition(": ")
        stories[name][rest] = result
    return stories


@pytest.fixture
def story(told: dict[str, Day]) -> Story:
    def one(name: str) -> Day:
        day = dict(told[name])
        assert "failed" not in day, day["failed"]
        assert day.pop("wrong") == []
        return day

    return one


def test_a_message_is_shown_with_its_life_and_stays_where_it_is_read(story: Story) -> None:
    day = story("message")

    assert day["said"].startswith("Hello <img src=x onerror=alert(1)>")
    assert ("outside" in day["outcome"], "R-06" in day["outcome"]) == (True, True)
    assert (day["json"], day["moved"], day["sent again"]) == (True, 0, True)
    assert "in generation current" in day["focus"]
    assert (day["curl"][:12], day["curl"][-7:]) == ("curl -X POST", "/resend")
    assert day["deleted"][0] == "Deleted"
    assert day["deleted"][1].startswith("curl -X DELETE -H 'Authorization: Bearer ")


def test_calls_come_live_are_filtered_and_explained_and_nothing_in_them_runs(story: Story) -> None:
    day = story("calls")

    assert "createSMSMessage" in day["live"]
    assert (abs(day["moved"]) < 1, day["filtered"], day["inert"]) == (True, 1, 0)
    assert day["why"].startswith("R-18")
    assert day["repaired"].startswith("curl ")
    assert day["address"].startswith("/_mock/ui/calls/")
    status, operation, curl = day["again"]
    assert (status, operation) == (400, "listMessages")
    assert ("Authorization: Bearer " in curl, "messageType=" in curl) == (True, True)
    assert day["compared"].startswith("Nothing is another than in call #")
    assert [said.split()[0] for said in day["differs"]] == ["status", "query.messageType", "query.perPage"]


def test_the_world_is_moved_frozen_and_joined_by_mouse_and_keyboard(story: Story) -> None:
    day = story("world")

    assert (day["a day later"], day["frozen"], day["focus"]) == (1, "Frozen", "BUTTON")
    assert day["members"] == ["103"]
    assert (day["off"], day["on"]) == (0, [["createSMSMessage", "CMN-201"]])
    assert "/_mock/faults" in day["curl"]


def test_a_text_is_measured_by_the_servers_rules(story: Story) -> None:
    day = story("text")

    assert day["GSM-7"] == ["160", "GSM-7", "1", "fits", "fits"]
    assert day["UCS-2"] == ["71", "UCS-2", "2", "fits", "fits"]
    assert day["tipped"] == "U+1F600 GRINNING FACE"
    assert day["too long"] == ["1,025", "GSM-7", "7", "25 too many", "1 too many"]
    assert ["at 1,000." in day["from"][0], "at 1,024." in day["from"][1], day["preview"]] == [True, True, 25]


def test_the_contract_is_tried_and_tells_what_was_exercised(story: Story) -> None:
    day = story("contract")

    assert (day["tried"], day["seen"]) == ("200", "101")
    assert "1 call" in day["exercised"]


def test_the_world_is_labelled_taken_back_and_forked_at_any_point_by_mouse_and_keyboard(story: Story) -> None:
    day = story("history")

    assert day["labelled"].endswith("/_mock/history/labels/after-three")
    assert ["createSMSMessage" in said for said in day["commands"][:4]] == [True] * 4
    assert day["commands"][-1] == "the world as it began"
    assert day["asked"].startswith("curl -H 'X-Ringmock-World: test-")
    assert "/_mock/history/rewind" in day["asked"]
    assert (day["back"], day["focus"]) == (["one", "two", "three"], "Back to label after-three")
    assert ('"fork":"test-' in day["forked"], '"at":' in day["forked"]) == (True, True)
    assert day["in the fork"] == ["one"]
    assert day["chosen"].startswith("after command ")
    assert day["looked at"] == {"then": ["one", "two"], "now": ["one", "two", "three"]}


def test_a_world_is_exported_as_files_and_by_the_command_of_each_format(story: Story) -> None:
    day = story("exports")

    name, history = day["History"]
    lines = [json.loads(line) for line in history.splitlines()]
    assert name.endswith(".jsonl")
    assert [line["call"] for line in lines if "call" in line][-1] == "createSMSMessage"
    name, har = day["HAR"]
    entry = json.loads(har)["log"]["entries"][-1]
    assert (name[-4:], entry["response"]["status"]) == (".har", 200)
    assert json.loads(entry["request"]["postData"]["text"])["text"] == "to be kept"
    name, script = day["curl script"]
    assert (name[-3:], "/sms" in script, "to be kept" in script) == (".sh", True, True)
    name, case = day["Contract case"]
    assert (name[-5:], "createSMSMessage" in case) == (".yaml", True)
    name, test = day["pytest file"]
    assert (name[-3:], "def test_" in test) == (".py", True)
    assert day["commands"][3] == "ringmock export --format case --url URL --client WORLD --output WORLD.yaml"
    assert len(day["commands"]) == 5


def test_what_carriers_do_is_set_by_a_form(story: Story) -> None:
    day = story("carriers")

    assert day["said"] == "To 1415…: Sent after 1 s, then DeliveryFailed after 5 s (SMS-CAR-199)"
    assert (day["set"]["prefix"], day["set"]["steps"][1]["error"]) == ("1415", "SMS-CAR-199")
    assert day["out"] is None


def test_a_thread_is_shown_from_the_first_text_to_its_resolution_with_the_events_of_each_step(story: Story) -> None:
    day = story("threads")

    said = [
        "Begun by a message that came",
        "My line is down since this morning.",
        "Second User (102) took it",
        "Second User · 102 as +1 650 910-0200We look into it.",
        "Note of Second User (102)Is with another carrier, too.",
        "Second User (102) assigned it to Third User (103) instead of Second User (102)",
        "Note of Third User (103)A technician calls tomorrow.",
        "It works again, thank you!",
        "Resolved by Third User (103)",
    ]
    assert [words in entry for words, entry in zip(said, day["entries"], strict=True)] == [True] * 9, day["entries"]
    events = [
        "",
        "4 events to 102, 103",
        "2 events",
        "1 event to 102",
        "2 events",
        "2 events",
        "2 events",
        "1 event to 103",
    ]
    assert [words in entry for words, entry in zip(events, day["entries"][:-1], strict=True)] == [True] * 8
    assert "2 events to 102, 103" in day["entries"][-1]
    assert day["handlers"] == ["Second User", "Third User"]
    assert sorted({told.rsplit("message-threads/", 1)[1] for told in day["told"]}) == ["entries/sync", "sync"]
    assert day["found"] == "Resolved"


def test_findings_stand_above_the_calls_and_the_browser_notifies_of_messages_out_of_sight(story: Story) -> None:
    day = story("notified")

    assert day["noted"][0][0].startswith("SMS from ")
    assert day["noted"][0][1].startswith("<img src=x onerror=alert(1)>")
    assert len(day["noted"]) == 1
    assert day["findings"].startswith("1 finding: what would hurt in production")
    assert "sent to who has opted out" in day["findings"]


def test_what_becomes_of_members_stands_between_the_pages_to_their_department(story: Story) -> None:
    line = story("changes")["line"]

    assert line[0] == "before"
    assert "(103) was frozen" in line[1]
    assert line[2] == "while frozen"
    assert "(103) was thawed" in line[3]
    assert all("was removed from" in text for text in line[4:]), line
