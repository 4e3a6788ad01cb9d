"""Worlds by name: opened, listed, forked, reset and closed, and named by the header of a call."""

import asyncio
import threading
import uuid
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from websockets.sync.client import connect

from control_calls import InProcess
from receivers import Receiver
from ringmock.domain.sms import SendSms
from ringmock.fixture import load_named
from ringmock.http.call import WORLD_HEADER
from ringmock.server_limits import ServerLimits
from ringmock.serving.server import build, running, served
from ringmock.sign_in.worlds import Worlds
from ringmock.world.fork import copy_into
from socket_client import WS_TOKEN, Socket
from support import DIRECT_NUMBER, HANDSET, OWN, SMS, STORE, Client, assert_refused, basic, sms_body
from worlds_apart import apart

WORLDS = "/_mock/worlds"
READY_MADE = {"Authorization": "Bearer demo-101"}
RINGMOCK = basic("ringmock", "ringmock-secret")
LATER = {"now": "2030-01-01T00:00:00Z", "frozen": True}


@pytest.fixture
def name() -> str:
    """Of a world that nobody else has."""
    return f"w-{uuid.uuid4().hex[:12]}"


def call(client: Client, method: str, path: str, name: str | None = None, **more: Any) -> Any:
    """A call with the fixture's own token, in a world of this name."""
    headers = {**READY_MADE, **({} if name is None else {WORLD_HEADER: name}), **more.pop("headers", {})}
    return client.call(method, path, by=None, headers=headers, **more)


def texts(client: Client, name: str) -> list[str]:
    return [
        message["text"]
        for message in client.get("/_mock/messages", by=None, headers={WORLD_HEADER: name}).json()["messages"]
    ]


def opened(client: Client, name: str, **more: Any) -> Any:
    answer = client.post(WORLDS, by=None, json={"name": name, **more})
    assert answer.status_code == 200, answer.text
    return answer.json()


# --- by a header ---------------------------------------------------------------------------------


def test_one_credential_is_good_in_the_world_of_each_header(world_client: Client, name: str) -> None:
    others = [f"{name}-1", f"{name}-2"]
    for other in others:
        assert call(world_client, "POST", SMS, other, json=sms_body(f"In {other}")).status_code == 200

    assert [texts(world_client, other) for other in others] == [[f"In {other}"] for other in others]
    for other in others:
        listed = call(world_client, "GET", STORE, other).json()["records"]
        assert [message["subject"] for message in listed] == [f"In {other}"]
    assert not any(name in message["subject"] for message in call(world_client, "GET", STORE).json()["records"])


def test_an_application_of_the_fixture_signs_in_in_the_world_of_the_header(world_client: Client, name: str) -> None:
    form = {"grant_type": "password", "username": "16509100001", "extension": "102", "password": "Secret-1"}
    answer = world_client.call(
        "POST", "/restapi/oauth/token", by=None, data=form, headers={WORLD_HEADER: name, **RINGMOCK}
    )
    assert answer.status_code == 200, answer.text
    tokens = answer.json()
    signed = {"Authorization": f"Bearer {tokens['access_token']}"}

    world_client.call(
        "PATCH", "/_mock/extensions/103", by=None, headers={WORLD_HEADER: name}, json={"status": "Frozen"}
    )
    seen = world_client.get("/_mock/extensions/103", by=None, headers=signed).json()["status"]

    assert seen == "Frozen"  # its own world, with no header any more
    form = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}
    again = world_client.call("POST", "/restapi/oauth/token", by=None, data=form, headers=RINGMOCK)
    signed = {"Authorization": f"Bearer {again.json()['access_token']}"}
    assert world_client.get("/_mock/extensions/103", by=None, headers=signed).json()["status"] == "Frozen"


def test_a_token_of_another_world_is_its_extension_in_that_of_the_header(world_client: Client, name: str) -> None:
    headers = {**world_client.bearer("102"), WORLD_HEADER: name}

    assert world_client.get(OWN, by=None, headers=headers).json()["extensionNumber"] == "102"
    assert texts(world_client, name) == []


def test_the_clock_that_is_moved_is_that_of_the_header(world_client: Client, name: str) -> None:
    opened(world_client, name)
    tagged = {WORLD_HEADER: name}
    world_client.call("PUT", "/_mock/clock", by=None, headers=tagged, json=LATER)

    sent = call(world_client, "POST", SMS, name, json=sms_body("Later")).json()

    assert sent["creationTime"] == "2030-01-01T00:00:00.000Z"
    assert not world_client.get("/_mock/clock", by=None).json()["now"].startswith("2030")


@pytest.mark.parametrize("wrong", ["", "with space", "a/b", "x" * 65, "\xe9"])
def test_what_is_no_name_of_a_world_is_refused(world_client: Client, wrong: str) -> None:
    answer = world_client.get(OWN, by=None, headers={**READY_MADE, WORLD_HEADER: wrong.encode("latin-1")})  # type: ignore[dict-item]

    assert_refused(answer, 400, "CMN-101", WORLD_HEADER)


def test_the_control_api_opens_no_world_by_a_slip_of_its_name(world_client: Client, name: str) -> None:
    opened(world_client, name)

    answer = world_client.get("/_mock/clock", by=None, headers={WORLD_HEADER: f"{name}x"})

    assert answer.status_code == 404
    assert f"There is no world '{name}x': did you mean '{name}'?" in answer.json()["error"]


def test_worlds_on_several_threads_see_nothing_of_each_other_by_credentials_and_by_header(server_url: str) -> None:
    assert apart(server_url, worlds=16, threads=8) == []


# --- of WebSockets and webhooks ------------------------------------------------------------------


@pytest.mark.parametrize("way", ["header", "query", "sub-protocol"])
def test_a_websocket_names_its_world(world_client: Client, name: str, way: str) -> None:
    token = world_client.call("POST", WS_TOKEN, by=None, headers=READY_MADE).json()
    query = f"&{WORLD_HEADER}={name}" if way == "query" else ""
    more: dict[str, Any] = {
        "header": {"additional_headers": {WORLD_HEADER: name}},
        "query": {},
        "sub-protocol": {"subprotocols": ["wss", f"ringmock-world.{name}"]},
    }[way]
    with connect(f"{token['uri']}?access_token={token['ws_access_token']}{query}", proxy=None, **more) as connection:
        socket = Socket(connection)
        socket.receive()
        assert connection.subprotocol == (f"ringmock-world.{name}" if way == "sub-protocol" else None)
        sent, _ = socket.call("POST", SMS, sms_body(f"In {name}"))
    assert (sent["status"], texts(world_client, name)) == (200, [f"In {name}"])


@pytest.mark.parametrize("tagged", [True, False])
def test_a_notification_names_the_world_that_it_is_of(world_client: Client, name: str, tagged: bool) -> None:
    headers = world_client.bearer("102") | ({WORLD_HEADER: name} if tagged else {})
    with Receiver() as receiver:
        delivery = {"transportType": "WebHook", "address": receiver.url}
        body = {"eventFilters": [f"{STORE}/instant?type=SMS"], "deliveryMode": delivery}
        assert world_client.call("POST", "/restapi/v1.0/subscription", by=None, headers=headers, json=body).is_success
        receiver.next()
        text = {"to": DIRECT_NUMBER["102"], "text": "Hello"}
        world_client.call("POST", f"/_mock/handsets/{HANDSET}/messages", by=None, headers=headers, json=text)

        mark = receiver.next().headers[WORLD_HEADER.lower()]

    assert mark == (name if tagged else world_client.client_id)


# --- opened, listed, closed ----------------------------------------------------------------------


def test_a_world_is_listed_with_what_it_has_seen(world_client: Client, name: str) -> None:
    opened(world_client, name)
    call(world_client, "POST", SMS, name, json=sms_body("Hello"))

    listed = {world["name"]: world for world in world_client.get(WORLDS, by=None).json()["worlds"]}

    told = listed[name]
    assert (told["fixture"], told["calls"], told["messages"], told["in_use"]) == ("demo", 1, 1, False)
    assert told["age"] >= 0
    assert next(iter(listed)) == "default"


def test_a_closed_world_is_gone_with_its_log_ins_until_it_is_opened_again(world_client: Client, name: str) -> None:
    opened(world_client, name)
    call(world_client, "POST", SMS, name, json=sms_body("Hello"))

    assert world_client.call("DELETE", f"{WORLDS}/{name}", by=None).json()["messages"] == 1

    assert world_client.get(f"{WORLDS}/{name}", by=None).status_code == 404
    assert_refused(call(world_client, "GET", OWN, name), 400, "CMN-101", WORLD_HEADER)
    assert opened(world_client, name)["messages"] == 0
    assert call(world_client, "GET", OWN, name).status_code == 200


def test_a_world_goes_back_to_its_fixture_alone(world_client: Client, name: str) -> None:
    for each in (name, f"{name}-2"):
        opened(world_client, each)
        call(world_client, "POST", SMS, each, json=sms_body("Hello"))

    assert world_client.post(f"{WORLDS}/{name}/reset", by=None).json()["messages"] == 0

    assert (texts(world_client, name), texts(world_client, f"{name}-2")) == ([], ["Hello"])


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        ({"name": "default"}, 409, "is the fixture's own"),
        ({"name": "a b"}, 400, "'name' is a name of 1 to 64 of A-Z"),
        ({}, 400, "'name' is missing"),
        ({"name": "x", "fixture": "demos"}, 422, "There is no bundled account 'demos': did you mean 'demo'?"),
        ({"name": "x", "fixture": {"acount": {}}}, 422, "acount"),
        ({"name": "x", "fixture": {"extends": "/etc/passwd"}}, 422, "'/etc/passwd' is none of carriers, demo"),
        ({"name": "x", "fork": "nobodys"}, 404, "There is no world 'nobodys'"),
        ({"name": "x", "fork": "default", "fixture": "demo"}, 422, "not as both"),
        ({"name": "x", "forks": "default"}, 400, "'forks' is not known here: did you mean 'fork'?"),
    ],
)
def test_no_world_is_opened_by_what_makes_no_sense(world_client: Client, body: Any, status: int, said: str) -> None:
    answer = world_client.post(WORLDS, by=None, json=body)

    assert (answer.status_code, said in answer.json()["error"]) == (status, True), answer.text
    assert world_client.get(f"{WORLDS}/x", by=None).status_code == 404


def test_a_name_is_taken_once(world_client: Client, name: str) -> None:
    opened(world_client, name)
    answer = world_client.post(WORLDS, by=None, json={"name": name})
    assert (answer.status_code, "already" in answer.json()["error"]) == (409, True)


def test_the_fixtures_own_world_stays_open(world_client: Client) -> None:
    assert world_client.call("DELETE", f"{WORLDS}/default", by=None).status_code == 409


# --- another account -----------------------------------------------------------------------------


def test_a_world_has_the_account_of_the_fixture_in_the_call(world_client: Client, name: str) -> None:
    assert opened(world_client, name, fixture={"extends": "demo", "generation": "current"})["fixture"] == "fixture"

    ready = world_client.get("/_mock/ready", by=None, headers={WORLD_HEADER: name}).json()
    frozen = world_client.get("/_mock/extensions/102", by=None, headers={WORLD_HEADER: name}).json()["status"]
    assert (ready["generation"], frozen) == ("current", "Enabled")
    assert call(world_client, "GET", OWN, name).status_code == 200


# --- forks ---------------------------------------------------------------------------------------


def test_a_fork_begins_as_the_other_world_is_now_and_they_part(world_client: Client, name: str) -> None:
    fork = f"{name}-fork"
    opened(world_client, name)
    tagged = {WORLD_HEADER: name}
    world_client.call("PUT", "/_mock/clock", by=None, headers=tagged, json=LATER)
    world_client.call("PATCH", "/_mock/extensions/103", by=None, headers=tagged, json={"status": "Frozen"})
    first = call(world_client, "POST", SMS, name, json=sms_body("Before")).json()
    text = {"to": DIRECT_NUMBER["101"], "text": "An answer"}
    world_client.post(f"/_mock/handsets/{HANDSET}/messages", by=None, headers=tagged, json=text)

    told = opened(world_client, fork, fork=name)

    assert (told["messages"], told["calls"]) == (2, 0)
    records = [call(world_client, "GET", STORE, each).json()["records"] for each in (name, fork)]
    assert [m["id"] for m in records[0]] == [m["id"] for m in records[1]] != []
    assert world_client.get("/_mock/extensions/103", by=None, headers={WORLD_HEADER: fork}).json()["status"] == "Frozen"
    assert (
        world_client.get("/_mock/clock", by=None, headers={WORLD_HEADER: fork}).json()["now"].startswith("2030-01-01")
    )
    sent = [call(world_client, "POST", SMS, each, json=sms_body(f"In {each}")).json()["id"] for each in (name, fork)]
    assert sent[0] == sent[1] != first["id"]
    assert texts(world_client, fork) == ["Before", "An answer", f"In {fork}"]
    call(world_client, "DELETE", f"{STORE}/{first['id']}", fork)
    assert call(world_client, "GET", f"{STORE}/{first['id']}", name).json()["availability"] == "Alive"
    assert world_client.call("DELETE", f"{WORLDS}/{name}", by=None).status_code == 200
    assert call(world_client, "GET", f"{STORE}/{sent[1]}", fork).status_code == 200


def test_what_is_deleted_in_a_world_ages_in_its_fork() -> None:
    held = Worlds(load_named("demo"))
    origin, fork = held.default, held.open_world("a-fork")
    origin.clock.set(origin.clock.now(), frozen=True)
    origin.receive_sms(HANDSET, DIRECT_NUMBER["101"], "Hello")
    owner, [entry] = origin.account.extensions["101"], origin.message_journal
    assert entry.message is not None
    origin.delete_message(owner, entry.message.id, purge=False)

    copy_into(fork, origin)
    fork.clock.advance(timedelta(days=5))

    read = [world.read_message(owner, entry.message.id).availability for world in (origin, fork)]
    assert read == ["Deleted", "Purged"]


@pytest.mark.parametrize(("most", "status"), [(5, 200), (4, 200), (3, 409)])
def test_a_world_is_forked_up_to_a_size(most: int, status: int) -> None:
    """Two messages to a phone outside are four records: a copy, and one for the recipient, of each."""

    async def story() -> None:
        held = Worlds(load_named("demo"), limits=ServerLimits(max_fork_records=most))
        for text in ("one", "two"):
            sms = SendSms(DIRECT_NUMBER["101"], (HANDSET,), text)
            held.default.send_sms(held.default.account.extensions["101"], sms)
        found, body = await InProcess(held).call("POST", WORLDS, {"name": "a-fork", "fork": "default"})
        assert (found, "--max-fork-records" in str(body)) == (status, status != 200)
        assert (held.world_named("a-fork") is not None) is (status == 200)

    asyncio.run(story())


@pytest.mark.parametrize("at", [{}, {"at": "sent"}])
@pytest.mark.parametrize(("most", "status"), [(8, 200), (7, 409)])
def test_a_fork_has_room_or_there_is_none(most: int, status: int, at: dict[str, str]) -> None:
    """Four records, twice."""
    worlds = Worlds(load_named("demo"), limits=ServerLimits(max_records=most))
    with served(build(worlds)) as url, Client(url) as client:
        for text in ("one", "two"):
            client.post_sms(text)
        client.call("PUT", "/_mock/history/labels/sent")
        asked = client.call("POST", WORLDS, json={"name": "a-fork", "fork": client.client_id, **at})
        assert (asked.status_code, "--max-records" in asked.text) == (status, status != 200)
        assert (worlds.world_named("a-fork") is not None) is (status == 200)
        assert worlds.room.records == (8 if status == 200 else 4)


# --- many at a time ------------------------------------------------------------------------------

THREADS, EACH = 8, 25


@pytest.fixture(scope="module")
def own_url() -> Iterator[str]:
    with running(load_named("demo")) as (url, _):
        yield url


@pytest.mark.long
def test_two_hundred_worlds_on_eight_threads_see_nothing_of_each_other(own_url: str) -> None:
    """Half of them by their credentials, half by the header."""
    wrong: list[str] = []
    begin = threading.Barrier(THREADS)

    def work(number: int) -> None:
        with Client(own_url) as client:
            begin.wait()
            for place in range(EACH):
                tag = f"many-{number}-{place}"
                if place % 2:
                    call(client, "POST", SMS, tag, json=sms_body(tag))
                    seen = texts(client, tag)
                else:
                    with Client(own_url) as own:
                        own.post_sms(tag)
                        seen = [m["subject"] for m in own.messages("101")]
                if seen != [tag]:
                    wrong.append(f"{tag}: {seen}")

    threads = [threading.Thread(target=work, args=(number,)) for number in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_worlds_registry_names_the_default_one() -> None:
    worlds = Worlds(load_named("demo"))
    assert [name for name, _ in worlds.all_worlds()] == []
    assert worlds.client_of(worlds.default)
