"""A message's life, the calls, the world, the text ruler and the contract in a real browser."""

from collections.abc import Callable

import pytest

from javascript import CHROMIUM, Day, day_with
from support import DIRECT_NUMBER, HANDSET, Client, needs

Story = Callable[[str], Day]


@pytest.fixture
def story(server_url: str) -> Story:
    """What each step of a story came to, in a world of its own."""
    needs(CHROMIUM, "Chromium", "install it, as by `apt-get install chromium`")

    def told(part: str) -> Day:
        with Client(server_url) as client:
            seen_by = (server_url, client.client_id, client.token("101"), HANDSET, DIRECT_NUMBER["101"], str(CHROMIUM))
            day = day_with("inspector-parts", *seen_by, part, packages=("playwright-core",))
        assert day.pop("wrong") == []
        return day

    return told


def test_a_message_is_shown_with_its_life_and_stays_where_it_is_read(story: Story) -> None:
    day = story("message")

    assert day["said"].startswith("Hello <img src=x onerror=alert(1)>")
    assert ("outside" in day["outcome"], "R-06" in day["outcome"]) == (True, True)
    assert (day["json"], day["moved"], day["sent again"]) == (True, 0, True)
    assert "in generation current" in day["focus"]
    assert (day["curl"][:12], day["curl"][-7:]) == ("curl -X POST", "/resend")


def test_calls_come_live_are_filtered_and_explained_and_nothing_in_them_runs(story: Story) -> None:
    day = story("calls")

    assert "createSMSMessage" in day["live"]
    assert (abs(day["moved"]) < 1, day["filtered"], day["inert"]) == (True, 1, 0)
    assert day["why"].startswith("R-18")
    assert day["repaired"].startswith("curl ")
    assert day["address"].startswith("/_mock/ui/calls/")


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
