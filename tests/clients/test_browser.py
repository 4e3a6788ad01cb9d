"""The log-in page in a real browser, with scripts turned off, and the API from a page of another origin."""

import pytest

from javascript import CHROMIUM, Day, day_with
from support import Client, needs


@pytest.fixture(scope="module")
def day(server_url: str) -> Day:
    """What each step came to."""
    needs(CHROMIUM, "Chromium", "install it, as by `apt-get install chromium`")
    with Client(server_url) as application:
        packages = ("@ringcentral/sdk", "playwright-core")
        return day_with("browser", server_url, application.client_id, str(CHROMIUM), packages=packages)


def test_the_page_waits_for_the_user_name(day: Day) -> None:
    assert day["the page"]["focus"] == "username"
    assert day["the page"]["title"].startswith("Log in")


def test_a_wrong_password_is_reported(day: Day) -> None:
    assert day["a wrong password"] == "Invalid resource owner credentials."


def test_the_sdk_gets_its_code_and_its_state_back(day: Day) -> None:
    assert day["back"]["state"] == "a b&c"
    assert day["back"]["expires_in"] == "60"


def test_the_sdk_is_logged_in_as_the_user_and_can_refresh_without_a_secret(day: Day) -> None:
    assert day["logged in"]["extensionNumber"] == "102"
    assert day["refreshed"] == 200


def test_a_user_who_cancels_denies_access(day: Day) -> None:
    assert day["cancelled"] == "access_denied"


def test_an_sdk_that_discovers_its_servers_logs_in_by_what_it_finds(day: Day) -> None:
    assert day["discovered"]["extensionNumber"] == "102"


def test_a_page_of_another_origin_calls_and_reads_the_answer_and_the_refusal(day: Day) -> None:
    called = day["from another origin"]

    assert called["number"] == "102"
    assert len(called["id"]) == 36
    assert called["refused"] == "Invalid URI"
