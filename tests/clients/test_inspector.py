"""The inspector in a real browser, while a message comes."""

import pytest

from javascript import CHROMIUM, Day, day_with
from support import DIRECT_NUMBER, HANDSET, Client, needs


@pytest.fixture(scope="module")
def day(server_url: str) -> Day:
    """What each step came to."""
    needs(CHROMIUM, "Chromium", "install it, as by `apt-get install chromium`")
    with Client(server_url) as client:
        seen_by = (server_url, client.client_id, client.token("101"), HANDSET, DIRECT_NUMBER["101"], str(CHROMIUM))
        return day_with("inspector", *seen_by, packages=("playwright-core",))


def test_a_message_appears_in_an_open_page_as_it_was_written(day: Day) -> None:
    assert day["before"] == 1
    assert day["shown"] == "<script>alert('while it is watched')</script>"


def test_links_stay_in_the_world_of_the_client(day: Day) -> None:
    assert day["address"].startswith("/_mock/mailboxes/101?client=")
    assert day["phone"] == f"Phone {HANDSET}"


def test_what_is_written_as_a_phone_is_shown_where_it_came_to(day: Day) -> None:
    assert day["written"] == "/_mock/mailboxes/101"


def test_the_page_fits_a_phone_and_a_desk(day: Day) -> None:
    assert {width: beyond for width, beyond in day["beyond the window"].items() if beyond > 0} == {}


def test_the_browser_has_nothing_to_complain_of(day: Day) -> None:
    assert day["wrong"] == []
