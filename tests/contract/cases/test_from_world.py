"""A case that is written from what was done in a world says the same of a fresh server."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import urlencode

import pytest
import yaml
from click.testing import CliRunner, Result
from websockets.sync.client import connect

from ringmock.cli.main import main
from ringmock.contract.cases import parse_cases
from ringmock.contract.cases.from_world import Written, written_from
from ringmock.contract.cases.recorded_values import CannotBeWritten
from ringmock.contract.cases.runner import run_case
from ringmock.contract.http_client import HttpClient, Request
from ringmock.contract.recording import CannotBeRead, failure_of, read_world
from ringmock.contract.target import Target
from ringmock.fixture import load_named
from socket_client import WS_TOKEN, Socket

Json = Any
OWN = "/restapi/v1.0/account/~/extension/~"
ACCOUNTS = [Path(__file__).parent / "accounts" / f"{name}.yaml" for name in ("busy", "international", "overseas")]
"""Those that have an administrator, as who writes the page."""
TEXTS = ("It is on", "any", "absent", "~.*", "a ${name} in it", "[x] {y} (z)? \\ ^$", "two\nlines", "😀 déjà", "no")
NUMBERS = ("101", "102", "103", "104", "105", "200", "999")


class Session:
    """Somebody who does things in a world of their own."""

    def __init__(self, client: HttpClient, world: str) -> None:
        self._client, self.world = client, world

    def call(self, who: str | None, method: str, path: str, body: Json = None) -> Json:
        authorization = {} if who is None else {"Authorization": f"Bearer demo-{who}"}
        return self._send(method, path, authorization, body)

    def control(self, method: str, path: str, body: Json = None) -> Json:
        return self._send(method, f"/_mock{path}", {}, body)

    def page(self, who: str, text: str, *to: str, **more: Json) -> Json:
        recipients = [{"extensionNumber": number} for number in to]
        return self.call(who, "POST", f"{OWN}/company-pager", {"to": recipients, "text": text, **more})

    def sms(self, who: str, text: str, to: str) -> Json:
        numbers = {"from": {"phoneNumber": "+16509100010"}, "to": [{"phoneNumber": to}]}
        return self.call(who, "POST", f"{OWN}/sms", {**numbers, "text": text})

    def from_outside(self, text: str, phone: str = "14151003732") -> Json:
        return self.control("POST", f"/handsets/{phone}/messages", {"to": "16509100010", "text": text})

    def _send(self, method: str, path: str, headers: dict[str, str], body: Json) -> Json:
        sent = None if body is None else json.dumps(body).encode()
        typed = {} if body is None else {"Content-Type": "application/json"}
        return self._client.send(Request(method, path, {"X-Ringmock-World": self.world, **typed, **headers}, sent)).json


@contextmanager
def session_on(target: Target, world: str) -> Iterator[Session]:
    with HttpClient(target.url) as client:
        session = Session(client, world)
        created = Request(
            "POST", "/_mock/worlds", {"Content-Type": "application/json"}, json.dumps({"name": world}).encode()
        )
        assert client.send(created).status < 300
        yield session


def written(target: Target, world: str, after: int = 0) -> Written:
    return written_from(
        "What was done is done again", read_world(target.url, world, target.template, after), target.template
    )


def steps_of(made: Written) -> list[dict[str, Json]]:
    steps: list[dict[str, Json]] = yaml.safe_load(made.text)["cases"][0]["steps"]
    return steps


def acted(session: Session, dice: Random) -> None:
    """One thing that somebody may do."""
    known = session.control("GET", "/messages")["messages"]
    who, text = dice.choice(("101", "102", "103")), dice.choice(TEXTS)
    someone = dice.choice(known)["id"] if known else 1
    actions: list[Callable[[], Json]] = [
        lambda: session.page(who, text, dice.choice(NUMBERS)),
        lambda: session.page(who, text, *dice.sample(NUMBERS, 2)),
        lambda: session.page(who, text, replyOn=someone),
        lambda: session.sms("101", text, dice.choice(("+14151003732", "14155550100", "+16509100012", "12", "102"))),
        lambda: session.from_outside(text),
        lambda: session.call(who, "GET", f"{OWN}/message-store?{urlencode({'perPage': dice.choice((1, 2, 100))})}"),
        lambda: session.call(who, "GET", f"{OWN}/message-store/{someone}"),
        lambda: session.call(who, "PUT", f"{OWN}/message-store/{someone}", {"readStatus": dice.choice(("Read", "No"))}),
        lambda: session.call(who, "DELETE", f"{OWN}/message-store/{someone}"),
        lambda: session.call(dice.choice((None, "nobody")), "GET", f"{OWN}/message-store"),
        lambda: session.call(who, "GET", "/restapi/v1.0/account/~/extension/1346632102"),
    ]
    dice.choice(actions)()


@pytest.mark.parametrize("generation", ["2012", "current"])
@pytest.mark.parametrize("seed", range(8))
def test_whatever_was_done_passes_on_a_fresh_server(
    target_of: Callable[[str, str], Target], generation: str, seed: int
) -> None:
    target, dice = target_of("demo", generation), Random(seed)
    with session_on(target, f"session-{seed}") as session:
        if dice.random() < 0.5:
            session.control("PATCH", "/extensions/103", {"status": dice.choice(("Frozen", "Disabled", "NotActivated"))})
        if dice.random() < 0.5:
            session.control("PUT", "/departments/200/members", ["102", "104"])
        for _ in range(12):
            acted(session, dice)
    made = written(target, f"session-{seed}")
    assert made.left_out == ()
    failure = failure_of(made.text, "mine.yaml", target)
    assert failure is None, failure
    for secret in ("demo-101", "demo-102", "demo-103", "SECRET"):
        assert secret not in made.text


def test_names_ids_and_uris_are_names_and_no_number_of_the_account_is_left(
    target_of: Callable[[str, str], Target],
) -> None:
    target = target_of("demo", "2012")
    with session_on(target, "named") as session:
        sent = session.page("101", "It is on", "102")
        session.call("102", "GET", f"{OWN}/message-store/{sent['id']}")
        session.call("101", "GET", f"{OWN}/message-store/{sent['id']}")
        session.sms("101", "Out", "+14151003732")
    made = written(target, "named")
    first, other, own, _ = steps_of(made)
    assert first["when"]["body"]["to"] == [{"extensionNumber": "${colleague.number}"}]
    assert first["keep"] == {"message": "id", "message_uri": "uri"}
    assert (other["when"]["path"], other["then"]["status"]) == ({"messageId": "${message}"}, 404)
    assert own["then"]["body"]["uri"] == "${message_uri}"
    for number in ('"101"', "'102'", "1346632", "16509100010", "14151003732", str(sent["id"])):
        assert number not in made.text


def test_a_page_to_a_department_is_a_case_for_accounts_of_any_make(target_of: Callable[[str, str], Target]) -> None:
    target = target_of("demo", "2012")
    with session_on(target, "department") as session:
        session.page("101", "It is on", "200")
    (case,) = parse_cases(written(target, "department").text, "mine.yaml")
    assert [set(step.mailboxes) for step in case.steps] == [
        {"department", "colleague", "second_colleague", "frozen", "disabled"}
    ]
    assert run_case(case, target).passed


@pytest.mark.parametrize("account", ACCOUNTS, ids=lambda path: path.stem)
def test_a_page_to_a_colleague_passes_on_an_account_of_another_make(
    account: Path, target_of: Callable[[str, str], Target]
) -> None:
    target, name = target_of("demo", "2012"), f"to-{account.stem}"
    with session_on(target, name) as session:
        session.page("101", "It is on", "102")
    assert failure_of(written(target, name).text, "mine.yaml", target_of(str(account), "2012")) is None


def test_a_frozen_extension_is_frozen_in_the_case(target_of: Callable[[str, str], Target]) -> None:
    target = target_of("demo", "2012")
    with session_on(target, "frozen") as session:
        session.control("PATCH", "/extensions/102", {"status": "Frozen"})
        session.page("101", "It is on", "102")
    made = written(target, "frozen")
    assert yaml.safe_load(made.text)["cases"][0]["given"]["freeze"] == ["colleague"]
    assert failure_of(made.text, "mine.yaml", target) is None


def test_a_clock_that_was_moved_is_moved_in_the_case(target_of: Callable[[str, str], Target]) -> None:
    target = target_of("demo", "2012")
    with session_on(target, "clock") as session:
        session.control("PUT", "/clock", {"now": "2026-01-31T00:00:00Z", "frozen": True})
        session.page("101", "It is on", "102")
        session.control("POST", "/clock/advance", {"seconds": 90})
        session.call("102", "GET", f"{OWN}/message-store?dateTo=2026-01-31T00:01:00Z&dateFrom=2026-01-30T00:00:00Z")
    made = written(target, "clock")
    assert yaml.safe_load(made.text)["cases"][0]["given"]["clock"]["frozen"] is True
    assert steps_of(made)[1]["change"] == {"clock": {"advance": 90.0}}
    assert failure_of(made.text, "mine.yaml", target) is None


def test_what_no_case_can_do_again_is_named_and_the_rest_is_written(target_of: Callable[[str, str], Target]) -> None:
    target = target_of("demo", "2012")
    with session_on(target, "fault") as session:
        session.control("POST", "/faults", {"operation": "listMessages", "error": "CMN-201", "times": 1})
        session.call("101", "GET", f"{OWN}/message-store")
        session.page("101", "It is on", "102")
    made = written(target, "fault")
    assert [reason.partition(":")[0] for reason in made.left_out] == [f"call 1, GET {OWN}/message-store"]
    assert len(steps_of(made)) == 1


@contextmanager
def line_of(session: Session, who: str) -> Iterator[Socket]:
    """A WebSocket of an extension."""
    token = session.call(who, "POST", WS_TOKEN)
    with connect(f"{token['uri']}?access_token={token['ws_access_token']}", proxy=None) as connection:
        line = Socket(connection)
        assert line.receive()[0]["type"] == "ConnectionDetails"
        yield line


@pytest.mark.parametrize("clock", ["running", "frozen"])  # everything is of one time when it is frozen
def test_calls_on_a_websocket_are_made_on_one_and_what_came_on_it_is_expected(
    clock: str, target_of: Callable[[str, str], Target]
) -> None:
    target, world = target_of("demo", "2012"), f"lines-{clock}"
    with session_on(target, world) as session, line_of(session, "102") as line, line_of(session, "103") as other:
        if clock == "frozen":
            session.control("PUT", "/clock", {"now": "2026-01-31T00:00:00Z", "frozen": True})
        other.call("GET", f"{OWN}/message-store")
        line.subscribe()
        sent = session.page("101", "It is on", "102")
        assert line.receive()[0]["type"] == "ServerNotification"
        line.call("GET", f"{OWN}/message-store/{sent['id']}")
        line.call("POST", f"{OWN}/company-pager", {"to": [{"extensionNumber": "104"}], "text": "To nobody"})
        session.from_outside("Out there")
    made = written(target, world)
    assert made.left_out == ()
    looked, subscribed, paged, read, refused, _ = steps_of(made)
    assert (looked["connect"], looked["as"]) == ({"socket": "line", "as": "caller"}, {"socket": "line"})
    assert (subscribed["connect"]["socket"], subscribed["keep"]) == ("line_2", {"subscription": "id"})
    changes = [{"type": "Pager", "newCount": 1, "updatedCount": 0}]
    told = {"subscriptionId": "${subscription}", "body": {"changes": changes}}
    assert paged["sockets"] == {"line_2": [{"type": "ServerNotification", "body": told}]}
    assert (read["as"], read["when"]["path"]) == ({"socket": "line_2"}, {"messageId": "${message}"})
    assert (refused["as"], refused["then"]["status"]) == ({"socket": "line_2"}, 400)
    assert failure_of(made.text, "mine.yaml", target) is None


def test_who_is_frozen_by_now_has_opened_the_websocket_before(target_of: Callable[[str, str], Target]) -> None:
    target = target_of("demo", "2012")
    with session_on(target, "cut-off") as session, line_of(session, "102") as line:
        line.subscribe()
        session.control("PATCH", "/extensions/102", {"status": "Frozen"})
        line.call("GET", f"{OWN}/message-store")
    made = written(target, "cut-off")
    first, then, *_ = steps_of(made)
    assert ("connect" in first, set(then)) == (True, {"change"})
    assert yaml.safe_load(made.text)["cases"][0].get("given", {}).get("freeze") is None


def test_after_leaves_out_what_was_done_up_to_a_call(target_of: Callable[[str, str], Target]) -> None:
    target = target_of("demo", "2012")
    with session_on(target, "after") as session:
        session.page("101", "Before", "102")
        session.page("101", "After", "102")
    made = written(target, "after", after=1)
    assert [step["mailboxes"] for step in steps_of(made)] == [{"colleague": ["After"]}]
    with pytest.raises(CannotBeWritten, match="nothing to write a case from"):
        written(target, "after", after=2)


@pytest.mark.parametrize(
    ("world", "fixture", "sentence"),
    [("elsewhere", "demo", "There is no world 'elsewhere'"), ("default", str(ACCOUNTS[0]), "--fixture names the file")],
)
def test_a_world_that_is_not_there_and_an_account_that_is_another_are_told(
    world: str, fixture: str, sentence: str, target_of: Callable[[str, str], Target]
) -> None:
    with pytest.raises(CannotBeRead, match=sentence):
        read_world(target_of("demo", "2012").url, world, load_named(fixture))


def new(name: str, url: str, *more: str) -> Result:
    return CliRunner().invoke(main, ["cases", "new", name, "--from-world", url, *more])


def test_the_command_writes_a_file_that_passes_and_says_how_to_run_it(
    target_of: Callable[[str, str], Target], tmp_path: Path
) -> None:
    target, file = target_of("demo", "2012"), tmp_path / "mine.yaml"
    with session_on(target, "command") as session:
        session.page("101", "It is on", "102")
    done = new("A page reaches the night shift", target.url, "--world", "command", "--out", str(file))
    assert done.exit_code == 0, done.output
    assert f"passes on a fresh server. To run it: ringmock contract --mine --cases {file}" in done.stderr
    again = new("A page reaches the night shift", target.url, "--world", "command", "--out", str(file))
    assert (again.exit_code, "--force writes over it" in again.stderr) == (1, True)
    run = CliRunner().invoke(main, ["contract", "--mine", "--cases", str(file), "--generation", "2012"])
    assert run.exit_code == 0, run.output


@pytest.mark.parametrize(
    ("name", "url", "sentence"),
    [("page", "http://127.0.0.1:1", "is no sentence"), ("A page arrives", "http://127.0.0.1:1", "ringmock serve")],
)
def test_what_is_wrong_with_the_command_is_told_in_a_sentence(
    name: str, url: str, sentence: str, tmp_path: Path
) -> None:
    done = new(name, url, "--out", str(tmp_path / "mine.yaml"))
    assert (done.exit_code, sentence in done.stderr) == (1, True)
