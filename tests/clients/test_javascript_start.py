"""The start of a real client, replayed with RingCentral's own JavaScript SDKs: what each asks finds what it reads."""

import pytest

from javascript import Day, day_with
from receivers import Receiver
from support import Client

LISTS = ("phone numbers", "dialing plan", "devices", "forwarding numbers", "account's presence", "active calls")


@pytest.fixture(scope="module", params=["ringcentral-sdk", "rc-ex-core"])
def start(request: pytest.FixtureRequest, server_url: str) -> Day:
    """What each step of the start came to, by the step's name."""
    with Client(server_url) as application, Receiver() as receiver:
        arguments = (server_url, application.client_id, application.client_secret, request.param, receiver.url)
        return day_with("start", *arguments, packages=("@ringcentral/sdk", "@rc-ex/core"))


def test_every_list_has_records_and_pages_which_the_widget_fails_without(start: Day) -> None:
    for step in (*LISTS, "time zones"):
        assert isinstance(start[step]["records"], list), step
        assert isinstance(start[step]["paging"]["totalPages"], int), step


def test_the_features_say_what_the_widget_shows_its_forms_by(start: Day) -> None:
    available = {record["id"] for record in start["features"]["records"] if record["available"]}
    shown = {"SMSSending", "MMSSending", "PagesSending", "SMSReceiving", "PagesReceiving", "ReadExtensionPhoneNumbers"}
    assert {"ReadExtensionInfo", "ReadCompanyInfo", *shown} <= available


def test_what_is_not_there_is_empty_and_calls_are_off(start: Day) -> None:
    assert [start[step]["records"] for step in ("devices", "forwarding numbers", "active calls", "call log")] == [
        []
    ] * 4
    assert start["SIP"]["sipFlags"]["voipFeatureEnabled"] is False
    assert start["presence"]["totalActiveCalls"] == 0


def test_who_is_signed_in_is_the_same_everywhere(start: Day) -> None:
    own = start["extension"]["id"]
    assert start["client info"]["owner_id"] == str(own)
    assert start["presence"]["extension"]["id"] == own
    assert start["status"] == 200


def test_the_first_sms_is_sent_from_a_number_that_the_list_offers(start: Day) -> None:
    senders = [
        number["phoneNumber"] for number in start["phone numbers"]["records"] if "SmsSender" in number["features"]
    ]
    assert start["first SMS"]["from"]["phoneNumber"] in senders
    assert start["synchronize"]["records"] == []
    assert start["subscribe"]["status"] == "Active"
