"""`retentionPeriod`: messages are purged when they are so many days old, from when on it is set."""

import pytest

from ringmock.domain.message import Availability
from support import OWN, PAGER, STORE, Client, freeze_clock

CONFIGURATION = "/restapi/v1.0/account/~/message-store-configuration"
DAY = 86_400


def keep_for(client: Client, days: int) -> None:
    answer = client.call("PUT", CONFIGURATION, json={"retentionPeriod": days})
    assert (answer.status_code, answer.json()) == (200, {"retentionPeriod": days})


def advance(client: Client, by: object) -> list[dict[str, object]]:
    body = {"to": by} if isinstance(by, str) else {"seconds": by}
    happened = client.call("POST", "/_mock/clock/advance", json=body).json()["happened"]
    client.sign_in_again()
    return [each for each in happened if each["kind"].startswith("message")]


@pytest.fixture
def client(world_client: Client) -> Client:
    freeze_clock(world_client)
    return world_client


def availability(client: Client, message: int) -> str | None:
    answer = client.get(f"{STORE}/{message}")
    return answer.json()["availability"] if answer.status_code == 200 else None


@pytest.mark.parametrize(("seconds", "is_there"), [(7 * DAY - 1, True), (7 * DAY, False)])
def test_d48_a_message_goes_when_it_is_as_old_as_messages_are_kept(
    client: Client, seconds: int, is_there: bool
) -> None:
    keep_for(client, 7)
    message = client.page("102").json()["id"]
    advance(client, seconds)
    assert availability(client, message) == (Availability.ALIVE if is_there else Availability.PURGED)
    assert len(client.messages("102", dateFrom="2000-01-01T00:00:00Z")) == is_there


def test_what_is_older_already_goes_when_the_period_is_set_and_five_days_later_for_good(client: Client) -> None:
    message = client.page("102").json()["id"]
    advance(client, 30 * DAY)
    assert availability(client, message) == Availability.ALIVE
    keep_for(client, 29)
    assert availability(client, message) == Availability.PURGED
    advance(client, 5 * DAY - 1)
    assert availability(client, message) == Availability.PURGED
    advance(client, 1)
    assert availability(client, message) is None


def test_an_account_that_has_set_nothing_says_ninety_days_and_keeps_everything(client: Client) -> None:
    assert client.get(CONFIGURATION).json() == {"retentionPeriod": 90}
    message = client.page("102").json()["id"]
    advance(client, 400 * DAY)
    assert availability(client, message) == Availability.ALIVE


def test_it_is_due_and_happens_on_the_way_of_the_clock(client: Client) -> None:
    keep_for(client, 7)
    message = client.page("102").json()["id"]
    due = client.call("GET", "/_mock/clock/due?limit=9").json()["due"]
    due = [each for each in due if each["kind"].startswith("message")]
    kinds = [(each["kind"], each["extension"]) for each in due]
    assert kinds == [("message-purged", "101"), ("message-purged", "102")]
    assert due[0]["id"] == str(message)
    assert advance(client, 7 * DAY) == due
    assert availability(client, message) == Availability.PURGED
    assert [each["kind"] for each in advance(client, 5 * DAY)] == ["message-removed"] * 2


def test_a_deleted_message_goes_at_the_earlier_of_its_times(client: Client) -> None:
    keep_for(client, 7)
    early, late = (client.page("102").json()["id"] for _ in range(2))
    client.call("DELETE", f"{STORE}/{early}")
    advance(client, 4 * DAY)
    client.call("DELETE", f"{STORE}/{late}")
    happened = advance(client, 3 * DAY)
    purged = [each["id"] for each in happened if each["extension"] == "101" and each["kind"] == "message-purged"]
    assert purged == [str(early), str(late)]
    assert happened[0]["at"] < happened[-1]["at"]
    assert availability(client, late) == Availability.PURGED


def test_a_clock_that_was_set_back_purges_what_is_written_then(client: Client) -> None:
    client.page("102")
    keep_for(client, 7)
    advance(client, -2 * DAY)
    message = client.page("102").json()["id"]
    advance(client, 7 * DAY)
    assert availability(client, message) == Availability.PURGED


def test_a_synchronization_tells_of_what_has_gone(client: Client) -> None:
    keep_for(client, 7)
    message = client.page("102").json()["id"]
    synced = client.get(f"{OWN}/message-sync?syncType=FSync&dateFrom=2000-01-01T00:00:00Z").json()
    advance(client, 7 * DAY)
    token = synced["syncInfo"]["syncToken"]
    told = client.get(f"{OWN}/message-sync?syncType=ISync&syncToken={token}").json()["records"]
    assert [(each["id"], each["availability"]) for each in told] == [(message, Availability.PURGED)]


def test_more_than_goes_at_once_goes_by_and_by_and_a_shorter_period_counts(client: Client) -> None:
    for place in range(3):
        assert client.post(PAGER, json={"to": [{"extensionNumber": "102"}], "text": str(place)}).status_code == 200
    keep_for(client, 90)
    advance(client, 8 * DAY)
    assert len(client.messages("102", dateFrom="2000-01-01T00:00:00Z")) == 3
    keep_for(client, 8)
    assert client.messages("102", dateFrom="2000-01-01T00:00:00Z") == []
