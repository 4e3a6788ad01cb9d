"""Pages of another site, in Chromium, get nothing of the control API; what they try works for whoever may do it."""

import pytest

from javascript import CHROMIUM, Day, day_with
from ringmock.control.access import Access
from ringmock.fixture import load_named
from ringmock.serving.server import build, running, serving
from ringmock.sign_in.worlds import Worlds
from support import needs


@pytest.fixture(scope="module")
def day() -> Day:
    """What each attack came to, on a server of their own: its first world is the one that needs no token."""
    needs(CHROMIUM, "Chromium", "install it, as by `apt-get install chromium`")
    with running(load_named("demo")) as (url, _):
        return day_with("attacks", url, "a-client", "demo-101", str(CHROMIUM), packages=("playwright-core",))


def test_calls_over_a_connection_do_not_reach_the_control_api_however_its_path_is_written(day: Day) -> None:
    *attacks, call = day["over a WebSocket"].values()

    assert call == 200  # the connection itself is as good as any
    assert attacks == [404] * 6


def test_a_page_of_another_origin_reads_nothing_of_the_control_api(day: Day) -> None:
    assert set(day["from another origin"].values()) == {"nothing"}


def test_no_script_runs_that_a_message_carries_whether_it_is_opened_or_framed(day: Day) -> None:
    assert day["stored scripts"]["ran"] == ["framed"]  # the site's own, where it may


def test_files_with_scripts_are_answered_to_programs_as_they_were_sent(day: Day) -> None:
    whole = day["stored scripts"]["whole"]

    assert len(whole) == 8
    assert [file for file, is_whole in whole.items() if not is_whole] == []


@pytest.mark.parametrize("of", ["API", "phone"])
@pytest.mark.parametrize(
    ("kind", "came_to"),
    [
        ("html", "saved"),
        ("svg", "saved"),
        ("text that looks like html", "shown, 200"),
        ("picture that is html", "shown, 200"),
    ],
)
def test_a_browser_saves_what_is_active_and_shows_the_rest(day: Day, kind: str, came_to: str, of: str) -> None:
    assert day["stored scripts"]["opened"][f"{kind}, of the {of}"] == came_to


def test_a_name_that_its_owner_points_at_this_machine_opens_nothing(day: Day) -> None:
    assert set(day["by another name"].values()) == {403}
    assert day["by a name of this machine"] == 200


def test_no_subscription_is_made_for_the_server_itself_by_whatever_name(day: Day) -> None:
    *ours, other = day["webhooks"].values()

    assert other == 200
    assert ours == [400] * 7


def test_neither_the_log_in_page_nor_the_inspector_can_be_framed(day: Day) -> None:
    assert day["framed: log-in"] == day["framed: inspector"] == "net::ERR_BLOCKED_BY_RESPONSE"
    assert day["framed: other"] == "shown"


def test_the_world_is_left_as_it_was(day: Day) -> None:
    assert day["left"] == 4  # one message for each file


# --- with the token ------------------------------------------------------------------------------

CONTROL_TOKEN = "a-token-of-the-test"


@pytest.fixture(scope="module")
def doors() -> Day:
    """What each way into a server with a control token came to, for another site whose calls carry that token."""
    needs(CHROMIUM, "Chromium", "install it, as by `apt-get install chromium`")
    with serving(build(Worlds(load_named("demo")), access=Access(token=CONTROL_TOKEN))) as (url, _):
        return day_with("doors", url, CONTROL_TOKEN, "demo-101", str(CHROMIUM), packages=("playwright-core",))


def test_its_own_page_may_do_what_another_site_may_not(doors: Day) -> None:
    assert list(doors["by its own page"].values()) == [200, 200, 200, 200, 409]
    assert doors["left"] == 1


@pytest.mark.parametrize(
    ("way", "came_to"),
    [
        ("DNS-rebound", {403}),
        ("fetch", {"nothing"}),
        ("fetch, unread", {403}),
        ("WebSocket", {"refused"}),
        ("form", {403}),
    ],
)
def test_another_site_gets_nothing_although_the_browser_sends_the_token(
    doors: Day, way: str, came_to: set[object]
) -> None:
    told = doors[way]
    assert set(told.values() if isinstance(told, dict) else told) == came_to
