"""A server that goes on from its state is where it stopped: asked for everything that can be asked, and looked into."""

import difflib
import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from websockets.sync.client import connect

from history_of import told_of
from ringmock.contract.cases import bundled_cases
from ringmock.contract.cases.runner import run_case
from ringmock.contract.cases.shapes import WRITTEN
from ringmock.control.description import operations
from ringmock.serving.own_target import OwnTarget
from ringmock.sign_in.worlds import COMPARED, Worlds
from ringmock.timestamps import parse
from ringmock.world.history.commands import Handled
from ringmock.world.history.log import MOST_COMMANDS
from ringmock.world.walk import Walk
from socket_client import SUBSCRIPTION, WS_TOKEN, Socket, opened
from state_files import Kept, again, kept_server
from support import OWN, STORE, Client, basic, freeze_clock, from_handset

JOURNAL = {"journal", "findings", "metrics", "usage", "events", "export", "rulebook"}
"""What is told of calls, reads and refusals too, which no history has."""


STEP = 60
"""Of the cases one in so many is carried out."""


def control(client: Client, method: str, path: str, body: object = None) -> Any:
    answer = client.call(method, f"/_mock{path}", **({} if body is None else {"json": body}))
    assert answer.status_code < 300, answer.text
    return answer.json()


def inside(kept: Kept) -> list[str]:
    """All that the worlds know, line by line."""
    worlds = kept.worlds
    named = kept.server.do(lambda: [("default", told_of(worlds.default)), *told_of_others(worlds)])
    return [f"{name}: {line}" for name, lines in sorted(named) for line in lines]


def told_of_others(worlds: Worlds) -> list[tuple[str, list[str]]]:
    return [(name, told_of(world)) for name, world in worlds.all_worlds()]


def assert_same(found: list[str], before: list[str]) -> None:
    differs = "\n".join(difflib.unified_diff(before, found, "as it stopped", "restarted", lineterm="", n=0))
    assert not differs, differs


def readings(client: Client) -> dict[str, Any]:
    """What the control API and the API tell of a client's world."""
    found = {}
    for operation in operations():
        is_read = operation.method == "GET" and not operation.streams and "{" not in operation.path
        if is_read and not JOURNAL & set(operation.path.split("/")):
            answer = client.call("GET", operation.path, by="101")
            if "json" in answer.headers["content-type"]:
                found[operation.path] = (answer.status_code, without_ages(answer.json()))
    for where in (STORE, f"{OWN}/presence", f"{OWN}/address-book/contact", "/restapi/v1.0/subscription"):
        found[where] = client.get(where).json()
    return json.loads(json.dumps(found).replace(client.url, "URL"))


def without_ages(said: Any) -> Any:
    """Without what another second, or another call, changes."""
    if isinstance(said, list):
        return [without_ages(each) for each in said]
    if isinstance(said, dict):
        left_out = {"age", "last_used", "calls", "uptime", "seconds", "commands", "expires_in", "pid", "latest"}
        return {name: without_ages(each) for name, each in said.items() if name not in left_out}
    return said


def live(client: Client) -> None:
    """Change a world in many ways."""
    freeze_clock(client)
    often = {"prefix": "1415", "share": 0.5, "steps": [{"status": "SendingFailed", "error": "SMS-UP-430"}]}
    control(client, "PUT", "/carrier", {"seed": 7, "confirms_opt_outs": True, "profiles": [often]})
    control(client, "PUT", "/limits", {"messages": 50})
    control(client, "PUT", "/faults", [{"operation": "createContact", "error": "CMN-201", "nth": 2}])
    for text in ("one", "two 😀"):
        assert client.post_sms(text).status_code == 200
    from_handset(client, "STOP")
    client.page("102", "103", text="a page")
    contact = {"firstName": "A", "lastName": "B"}
    for _ in range(2):
        client.post(f"{OWN}/address-book/contact", json=contact)
    oldest = client.messages("101")[-1]["id"]
    client.call("DELETE", f"{STORE}/{oldest}")
    control(client, "POST", "/clock/advance", {"seconds": 1800})
    control(client, "PATCH", "/extensions/103", {"status": "Frozen"})
    control(client, "PUT", "/history/labels/ready")
    client.call("PUT", f"{OWN}/presence", json={"userStatus": "Busy"})


def test_a_world_is_where_it_stopped(path: Path) -> None:
    with kept_server(path) as kept, Client(kept.url) as client:
        live(client)
        before, told = inside(kept), readings(client)
    with kept_server(path) as kept, again(client, kept.url) as client:
        assert_same(inside(kept), before)
        assert readings(client) == told
        first = client.post_sms("three").json()["id"]
        control(client, "POST", "/history/rewind", {"to": "ready"})
        assert client.post_sms("three").json()["id"] == first
        before, told = inside(kept), readings(client)
    with kept_server(path) as kept, again(client, kept.url) as client:
        assert_same(inside(kept), before)
        assert readings(client) == told


@pytest.mark.long
def test_what_cases_did_is_there_after_a_restart(path: Path) -> None:
    """Some of the contract's cases, each in a world of its own."""
    chosen = [case for case in bundled_cases() if case.holds_in(WRITTEN)][::STEP]
    with kept_server(path) as kept:
        target = OwnTarget(
            kept.url, kept.worlds.template, has_worlds=True, worlds=kept.worlds, server=kept.server, watcher=None
        )
        failed = [case.name for case in chosen if run_case(case, target).failure]
        assert failed == []
        before = [*inside(kept), *log_ins_in(kept)]
    with kept_server(path) as kept:
        assert_same([*inside(kept), *log_ins_in(kept)], before)


def log_ins_in(kept: Kept) -> list[str]:
    """The log-ins of all worlds, but for those of connections, which begin anew whenever one is recovered."""
    sessions = kept.server.do(
        lambda: [each for each in kept.worlds.log_ins._sessions.values() if not each.is_of_connection]
    )
    return sorted(f"{each.world.name} {each.state}" for each in sessions if each.client_id)


def test_log_ins_are_good_as_long_as_they_were(path: Path) -> None:
    with kept_server(path) as kept, Client(kept.url) as client:
        first, second = client.log_in("101"), client.log_in("102")
        refreshed = client.ask_token(grant_type="refresh_token", refresh_token=first["refresh_token"]).json()
        client._tokens["102"] = second["access_token"]
        assert client.get(STORE, by="102").status_code == 200
        form = {"token": second["access_token"]}
        assert client._http.post("/restapi/oauth/revoke", data=form, headers=credentials(client)).status_code == 200
        third = client.log_in("103")
    with kept_server(path) as kept, again(client, kept.url) as client:
        statuses = {}
        for name, token in {"refreshed": refreshed, "replaced": first, "revoked": second, "other": third}.items():
            client._tokens["101"] = token["access_token"]
            statuses[name] = client.get(STORE).status_code
        assert statuses == {"refreshed": 200, "replaced": 401, "revoked": 401, "other": 200}
        same = client.ask_token(grant_type="refresh_token", refresh_token=first["refresh_token"]).json()
        assert same["access_token"] == refreshed["access_token"]
        newer = client.ask_token(grant_type="refresh_token", refresh_token=refreshed["refresh_token"])
        assert newer.status_code == 200
        assert client.ask_token(grant_type="refresh_token", refresh_token=second["refresh_token"]).status_code == 400
        client.client_secret = "another"
        assert client.ask_token(grant_type="refresh_token", refresh_token=third["refresh_token"]).status_code == 400


def credentials(client: Client) -> dict[str, str]:
    return basic(client.client_id, client.client_secret)


def test_log_ins_outlive_a_reset_and_a_way_back(path: Path) -> None:
    with kept_server(path) as kept, Client(kept.url) as client:
        client.token("101")
        control(client, "PUT", "/history/labels/begun")
        client.token("102")
        control(client, "POST", "/reset")
        client.token("103")
        control(client, "POST", "/history/rewind", {"to": control(client, "GET", "/history")["first"] - 1})
    with kept_server(path) as kept, again(client, kept.url) as client:
        assert [client.get(STORE, by=extension).status_code for extension in ("101", "102", "103")] == [200] * 3


def test_worlds_come_back_by_their_names_forks_and_fixtures_too(path: Path) -> None:
    with kept_server(path) as kept, Client(kept.url) as client, Client(kept.url) as other:
        client.post_sms("one")
        control(client, "PUT", "/history/labels/one")
        client.post_sms("two")
        control(client, "POST", "/worlds", {"name": "aside", "fork": client.client_id})
        control(client, "POST", "/worlds", {"name": "earlier", "fork": client.client_id, "at": "one"})
        control(client, "POST", "/worlds", {"name": "carriers", "fixture": "carriers"})
        control(client, "POST", "/worlds", {"name": "own", "fixture": {"extends": "demo", "generation": "current"}})
        control(client, "POST", "/worlds", {"name": "gone"})
        control(client, "DELETE", "/worlds/gone")
        other.post_sms("elsewhere")
        before = inside(kept)
    with kept_server(path) as kept, again(client, kept.url) as client:
        assert_same(inside(kept), before)
        names = {line.partition(":")[0] for line in before}
        assert names == {"default", client.client_id, other.client_id, "aside", "earlier", "carriers", "own"}
        assert [each["subject"] for each in client.messages("101")] == ["two", "one"]
        late = client._http.post(
            "/restapi/oauth/token",
            data={"grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer", "assertion": "demo-jwt-101"},
            headers=basic("gone", "any"),
        )
        assert late.status_code == 400


def test_the_journal_counts_on_where_it_stopped(path: Path) -> None:
    with kept_server(path) as kept, Client(kept.url) as client:
        client.post_sms("one")
        control(client, "PUT", "/history/labels/one")
        client.post_sms("two")
    with kept_server(path) as kept, again(client, kept.url) as client:
        client.post_sms("three")
        numbers = kept.server.do(lambda: [each.number for each in commands(kept, client) if isinstance(each, Handled)])
        assert numbers == sorted(set(numbers))
        control(client, "POST", "/history/rewind", {"to": "one"})
        assert [each["subject"] for each in client.messages("101")] == ["one"]


def commands(kept: Kept, client: Client) -> Any:
    world = kept.worlds.world_named(client.client_id)
    assert world is not None
    return world.history.commands()


def test_a_client_of_a_connection_recovers_it(path: Path) -> None:
    with kept_server(path) as kept, Client(kept.url) as client:
        token = client.post(WS_TOKEN).json()["ws_access_token"]
        socket, details, _ = opened(client)
        subscription = socket.subscribe()
        socket.connection.close()
    with kept_server(path) as kept, again(client, kept.url) as client:
        assert [each["id"] for each in client.get(SUBSCRIPTION).json()["records"]] == [subscription["id"]]
        from_handset(client, "while it was away")
        address = f"{kept.url.replace('http', 'ws')}/ws?access_token={token}&wsc={details['wsc']['token']}"
        with connect(address, proxy=None) as connection:
            socket = Socket(connection)
            assert socket.receive()[1]["recoveryState"] == "Successful"
            assert socket.receive()[0]["type"] == "ServerNotification"


def test_a_clock_on_its_way_arrives_after_the_restart(path: Path) -> None:
    """The server ends while a clock stands at something that is due on its way."""
    with kept_server(path) as kept, Client(kept.url) as client:
        freeze_clock(client)
        client.call("DELETE", f"{STORE}/{client.post_sms('one').json()['id']}")
        world = kept.worlds.world_named(client.client_id)
        assert world is not None
        goal = parse("2026-12-24T00:00:00Z")
        assert goal is not None

        def set_out() -> None:
            Walk(world, goal, stands=True)
            assert world.walk is not None
            while not world.walk.step():
                world.history.add("counted", "light", "nobody", "none", "none")

        kept.server.do(set_out)
        before = inside(kept)
    with kept_server(path) as kept:
        assert_same(inside(kept), before)


def first_told(path: Path, caplog: pytest.LogCaptureFixture, version: str) -> str:
    """What the start of a server of this version says of the first answer that is another one."""
    caplog.clear()
    with kept_server(path, version=version):
        return "".join(each for each in caplog.messages if "is answered otherwise" in each)


def test_a_version_compares_all_answers_that_another_has_made_and_some_of_its_own(
    path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with kept_server(path, version="1.0") as kept, Client(kept.url) as client:
        for number in range(COMPARED):
            assert client.post_sms(f"{number}").status_code == 200
    with closing(sqlite3.connect(path)) as db, db:
        places = [place for (place,) in db.execute("SELECT place FROM commands WHERE is_call ORDER BY place")]
        first = places[0] % MOST_COMMANDS
        rare = next(place for place in places if (place % MOST_COMMANDS - 1) % COMPARED)
        regular = next(place for place in places if (place % MOST_COMMANDS - 1) % COMPARED == 0)
        db.execute("UPDATE commands SET answer = x'7b7d' WHERE place = ?", (rare,))
    assert first_told(path, caplog, "1.0") == ""
    assert f"command {rare % MOST_COMMANDS} of world" in first_told(path, caplog, "1.1")
    assert first_told(path, caplog, "1.1") == ""
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("UPDATE commands SET answer = x'7b7d' WHERE place = ?", (regular,))
    assert f"command {regular % MOST_COMMANDS} of world" in first_told(path, caplog, "1.1")
    with closing(sqlite3.connect(path)) as db, db:
        other = "CAST(replace(payload, '200', '201') AS BLOB)"
        db.execute(f"UPDATE commands SET payload = {other} WHERE place = ?", (places[0],))
    assert f"command {first} of world" in first_told(path, caplog, "1.1")


def test_a_way_back_that_cannot_be_read_is_refused_and_the_world_stays_as_it_is(path: Path) -> None:
    with kept_server(path) as kept, Client(kept.url) as client:
        for text in ("one", "two"):
            assert client.post_sms(text).status_code == 200
        mine = {"X-Ringmock-World": client.client_id}
        assert client.call("PUT", "/_mock/history/labels/two", headers=mine).status_code == 200
        client.post_sms("three")
        with closing(sqlite3.connect(path)) as db, db:
            latest = "(SELECT max(place) - 1 FROM commands)"
            db.execute(f"UPDATE commands SET payload = x'7b' WHERE place = {latest}")
        for method, place, body in (("POST", "/rewind", {"to": "two"}), ("GET", "?limit=10", None)):
            refused = client.call(method, f"/_mock/history{place}", headers=mine, **({"json": body} if body else {}))
            assert (refused.status_code, "is damaged (command" in refused.json()["error"]) == (503, True)
        assert [each["subject"] for each in client.messages("101")] == ["three", "two", "one"]


def test_the_fixtures_own_world_goes_on_too_with_its_applications_and_tokens(path: Path) -> None:
    with kept_server(path) as kept, Client(kept.url) as client:
        client.client_id, client.client_secret = "ringmock", "ringmock-secret"
        sent = client.post_sms("by the application").json()["id"]
        client._tokens["102"] = "demo-102"
        assert client.get(STORE, by="102").status_code == 200
        before = [*inside(kept), *log_ins_in(kept)]
    with kept_server(path) as kept, again(client, kept.url) as client:
        assert_same([*inside(kept), *log_ins_in(kept)], before)
        assert client.messages("101")[0]["id"] == sent
        assert client.get(STORE, by="102").status_code == 200
