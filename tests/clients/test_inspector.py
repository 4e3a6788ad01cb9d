"""The inspector in a real browser, while messages come.

With RINGMOCK_PICTURES=FOLDER, a picture of each page, in both schemes and widths, is written there.
"""

import os

import pytest

from javascript import CHROMIUM, Day, day_with
from support import DIRECT_NUMBER, HANDSET, Client, needs

PACKAGES = ("playwright-core", "axe-core")


def seen_in(script: str, server_url: str, *more: str) -> Day:
    """What each step of a script came to, in a world of its own."""
    needs(CHROMIUM, "Chromium", "install it, as by `apt-get install chromium`")
    with Client(server_url) as client:
        about = (server_url, client.client_id, client.token("101"), HANDSET, DIRECT_NUMBER["101"], str(CHROMIUM))
        return day_with(script, *about, *more, packages=PACKAGES, seconds=300)


@pytest.fixture(scope="module")
def day(server_url: str) -> Day:
    return seen_in("inspector", server_url)


@pytest.fixture(scope="module")
def pages(server_url: str) -> Day:
    return seen_in("inspector-axe", server_url, *filter(None, [os.environ.get("RINGMOCK_PICTURES")]))


def test_a_browser_is_led_to_the_conversations_and_chooses_its_world_above(day: Day) -> None:
    assert day["root"] == "/_mock/ui/conversations"
    assert day["switched"].startswith("?world=test-")


def test_a_message_appears_as_it_was_written_and_the_newest_stay_in_view(day: Day) -> None:
    assert day["shown"] == "<script>alert('while it is watched')</script>"
    assert day["followed"] <= 1


def test_what_somebody_reads_does_not_move_and_focus_stays_when_messages_come(day: Day) -> None:
    assert abs(day["moved"]) <= 2
    assert abs(day["older"]) <= 2
    assert day["focus"] is True
    assert day["focus after the jump"] == "pane-body thread-scroll"


def test_nothing_comes_while_it_is_paused(day: Day) -> None:
    assert day["while paused"] == 0


def test_what_the_sender_deleted_is_struck_in_the_mailbox_and_not_on_the_phone(day: Day) -> None:
    assert day["deleted in the mailbox"] == ["(sent by mistake)"]
    assert day["on the phone"] == ["(sent by mistake)", 0]


def test_a_picture_is_shown(day: Day) -> None:
    assert day["picture"] == 1


def test_a_departments_thread_has_its_members_and_says_who_was_skipped_and_why(day: Day) -> None:
    assert day["members"] == ["Second User", "Third User", "Frozen User · Frozen", "Disabled User · Disabled"]
    assert len(day["skipped"]) == 2
    assert all("R-19" in said and len(said) > 60 for said in day["skipped"])


def test_any_number_writes_and_opts_out_and_its_command_line_stands_below(day: Day) -> None:
    assert day["curl"].startswith("curl -H 'X-Ringmock-World: test-")
    assert "/_mock/handsets/12125550100/messages" in day["curl"]
    assert "opted out of messages from" in day["mark"]


def test_a_search_and_the_keys_lead_on(day: Day) -> None:
    assert day["found"] == ["battery"]
    assert day["worlds"] == "demo"
    assert day["titles of keys"] == ["Everywhere", "Conversations"]


def test_five_hundred_hostile_texts_and_names_of_files_stay_texts(day: Day) -> None:
    assert day["hostile"] == {"sent": 500, "missing": [], "files": [], "made": 0}


def test_five_hundred_hostile_names_of_extensions_and_values_of_headers_stay_texts(day: Day) -> None:
    assert day["hostile names"] == {"missing": [], "made": 0}
    assert day["hostile headers"] == {"missing": [], "made": 0}


def test_no_request_leaves_the_origin_and_the_browser_has_nothing_to_complain_of(day: Day) -> None:
    assert (day["foreign"], day["wrong"]) == ([], [])


def test_an_answer_that_ends_in_its_middle_is_an_error_of_the_server_or_the_end_of_a_page_that_is_left() -> None:
    raised = day_with("broken-answers", packages=())
    stopped = ["ApiError", "Error", "The server does not answer: it may have stopped."]
    left = ["DOMException", "AbortError", "The page is left"]
    calls = ("get", "text", "ask", "act", "send")
    assert raised == dict.fromkeys(calls, stopped) | {f"{call} on a page that is left": left for call in calls}


def test_axe_finds_nothing_on_any_page_in_any_scheme_and_width(pages: Day) -> None:
    assert {name: found for name, found in pages["violations"].items() if found} == {}
    assert pages["wrong"] == []


def test_everything_that_a_mouse_can_press_is_reached_by_the_keyboard(pages: Day) -> None:
    assert {name: found for name, found in pages["by mouse alone"].items() if found} == {}
    assert {name: found for name, found in pages["not reached"].items() if found} == {}
    assert sum(pages["steps"].values()) > 100


def test_an_update_takes_the_focus_from_nothing_on_any_page(pages: Day) -> None:
    assert {name: found for name, found in pages["focus"].items() if found["before"] != found["after"]} == {}
    assert len(pages["focus"]) > 8


def test_every_page_fits_a_phone_and_a_wall(pages: Day) -> None:
    assert {name: beyond for name, beyond in pages["beyond the window"].items() if beyond > 0} == {}
