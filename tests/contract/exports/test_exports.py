"""What was done in a world is exported, and passes again on a fresh server."""

import json
import os
import re
import subprocess
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from random import Random
from typing import Any

import jsonschema_rs
import pytest
from click.testing import CliRunner, Result

from ringmock.cli.main import main
from ringmock.contract.cases.recorded_values import CannotBeWritten
from ringmock.contract.exports import FORMATS
from ringmock.contract.exports.python_source import literal, text, with_names
from ringmock.contract.exports.replayed import replay_at
from ringmock.contract.recording import failure_of, read_world
from ringmock.contract.target import Target
from ringmock.openapi.resources import bundled
from ringmock.world.history import as_json
from sessions import OWN, Session, act, page, session_on, sms

Json = Any
SESSIONS = 25 if os.environ.get("RINGMOCK_FULL") else 2
"""In each generation."""
STEPS = 15
SCHEMA = json.loads(bundled("fixtures", "history.schema.json").read_text(encoding="utf-8"))


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, arguments)


@pytest.fixture
def demo(target_of: Callable[[str, str], Target]) -> Target:
    return target_of("demo", "2012")


@pytest.fixture
def session(demo: Target, request: pytest.FixtureRequest) -> Iterator[Session]:
    name = re.sub(r"[^A-Za-z0-9]", "-", request.node.name)[-60:].strip("-")
    with session_on(demo.url, name) as session:
        yield session


def exported(form: str, target: Target, world: str) -> str:
    recording = read_world(target.url, world, target.template)
    return FORMATS[form]("What was done is done again", recording, target.template).text


@pytest.fixture(scope="session")
def recorded(target_of: Callable[[str, str], Target]) -> Mapping[tuple[str, int], str]:
    """The worlds of random sessions, by generation and seed."""
    worlds = {}
    for generation in ("2012", "current"):
        for seed in range(SESSIONS):
            worlds[generation, seed] = world = f"random-{seed}"
            with session_on(target_of("demo", generation).url, world) as session:
                act(session, Random(seed), STEPS)
    return worlds


@pytest.mark.long
@pytest.mark.parametrize("generation", ["2012", "current"])
def test_a_session_that_is_exported_as_a_case_passes_on_a_fresh_server(
    generation: str, recorded: Mapping[tuple[str, int], str], target_of: Callable[[str, str], Target]
) -> None:
    target = target_of("demo", generation)
    failures = {}
    for seed in range(SESSIONS):
        made = exported("case", target, recorded[generation, seed])
        failure = failure_of(made, "mine.yaml", target)
        if failure is not None:
            failures[seed] = f"{failure}\n{made}"
    assert not failures, "\n".join(failures.values())


@pytest.mark.long
@pytest.mark.parametrize("generation", ["2012", "current"])
def test_a_session_that_is_exported_as_a_pytest_file_passes_on_a_fresh_server(
    generation: str,
    recorded: Mapping[tuple[str, int], str],
    target_of: Callable[[str, str], Target],
    pytester: pytest.Pytester,
) -> None:
    for seed in range(SESSIONS):
        made = exported("pytest", target_of("demo", generation), recorded[generation, seed])
        (pytester.path / f"test_{seed}.py").write_text(made, encoding="utf-8")
    result = pytester.runpytest(
        "-p",
        "no:cacheprovider",
        "-o",
        f"ringmock_generation={generation}",
        "-W",
        "error",
        "-o",
        "ringmock_findings=error",
    )
    result.assert_outcomes(passed=SESSIONS)


@pytest.mark.long
@pytest.mark.parametrize("generation", ["2012", "current"])
def test_a_session_is_done_again_here_and_at_a_server_with_the_same_answers(
    generation: str, recorded: Mapping[tuple[str, int], str], target_of: Callable[[str, str], Target], tmp_path: Path
) -> None:
    target = target_of("demo", generation)
    for seed in range(SESSIONS):
        file = tmp_path / f"{seed}.jsonl"
        file.write_text(exported("history", target, recorded[generation, seed]), encoding="utf-8")
        for where in ([], ["--url", target.url]):
            done = run("replay", str(file), *where)
            assert done.exit_code == 0, done.output


def test_a_line_of_a_history_is_of_its_schema_and_reads_as_it_was_written(demo: Target, session: Session) -> None:
    act(session, Random(4), 30)
    head, *lines = [json.loads(line) for line in exported("history", demo, session.world).splitlines()]
    check = jsonschema_rs.Draft202012Validator(SCHEMA)
    assert [error.message for said in (head, *lines) for error in check.iter_errors(said)] == []
    base = as_json.read_head(head)
    again = [as_json.written(said["number"], as_json.read(said), base) for said in lines]
    assert list(map(without_token, again)) == list(map(without_token, lines))
    assert "demo-101" not in json.dumps(lines)


def without_token(line: dict[str, Json]) -> dict[str, Json]:
    """A name of a token is named again when it is written again."""
    return line if not line.get("caller") else line | {"caller": line["caller"] | {"token": None}}


def test_har_has_every_call_with_its_answer(demo: Target, session: Session) -> None:
    session.call("101", "POST", f"{OWN}/sms", sms("Hello"))
    session.call("101", "GET", f"{OWN}/message-store?perPage=1")
    made = json.loads(exported("har", demo, session.world))["log"]
    sent, listed = made["entries"]
    assert (made["version"], sent["request"]["method"], sent["response"]["status"]) == ("1.2", "POST", 200)
    assert json.loads(sent["request"]["postData"]["text"])["text"] == "Hello"
    assert json.loads(sent["response"]["content"]["text"])["subject"] == "Hello"
    assert listed["request"]["url"] == f"{demo.url}{OWN}/message-store?perPage=1"
    assert listed["request"]["queryString"] == [{"name": "perPage", "value": "1"}]
    assert "demo-101" not in json.dumps(made)


def test_a_script_of_curl_does_the_same_again(demo: Target, session: Session, tmp_path: Path) -> None:
    sent = session.call("101", "POST", f"{OWN}/sms", sms("It's $1"))
    session.control("PATCH", "/extensions/103", {"status": "Frozen"})
    session.call("101", "DELETE", f"{OWN}/message-store/{sent.json['id']}")
    script = tmp_path / "again.sh"
    script.write_text(exported("curl", demo, session.world), encoding="utf-8")
    done = subprocess.run(
        ["bash", str(script), demo.url],
        env={**os.environ, "WORLD": "by-curl"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    with_curl = read_world(demo.url, "by-curl", demo.template)
    assert [(call["operation"], call["status"]) for call in with_curl.calls] == [
        ("createSMSMessage", 200),
        ("deleteMessage", 204),
    ]
    assert with_curl.calls[0]["body"]["text"] == "It's $1"
    assert with_curl.extensions["103"]["status"] == "Frozen"


def test_the_first_answer_that_differs_is_named_with_both(demo: Target, session: Session, tmp_path: Path) -> None:
    session.call("101", "POST", f"{OWN}/company-pager", page("one", "102"))
    session.call("101", "POST", f"{OWN}/company-pager", page("two", "102"))
    session.call("101", "POST", f"{OWN}/company-pager", page("three", "102"))
    file = tmp_path / "history.jsonl"
    made = exported("history", demo, session.world)
    file.write_text(made.replace('\\"subject\\":\\"two\\"', '\\"subject\\":\\"2\\"'), encoding="utf-8")
    for where in ([], ["--url", demo.url]):
        done = run("replay", str(file), *where)
        assert done.exit_code == 1, done.output
        assert re.search(r"Command \d+, POST /\S+ by 101 \(createInternalTextMessage\), .* at subject\.", done.output)
        assert '"subject": "2"' in done.output
        assert '"subject": "two"' in done.output


def test_a_history_that_begins_with_a_byte_order_mark_is_done_again(
    demo: Target, session: Session, tmp_path: Path
) -> None:
    session.call("101", "POST", f"{OWN}/company-pager", page("one", "102"))
    file = tmp_path / "history.jsonl"
    file.write_text("\ufeff" + exported("history", demo, session.world), encoding="utf-8")
    done = run("replay", str(file))
    assert (done.exit_code, "all are the same" in done.output) == (0, True), done.output


def test_a_call_that_is_refused_now_is_told_with_its_refusal(demo: Target, session: Session, tmp_path: Path) -> None:
    session.call("101", "POST", f"{OWN}/company-pager", page("one", "102"))
    file = tmp_path / "history.jsonl"
    file.write_text(exported("history", demo, session.world).replace('\\"102\\"', '\\"999\\"'), encoding="utf-8")
    for where in ([], ["--url", demo.url]):
        done = run("replay", str(file), *where)
        assert (done.exit_code, "now:      400" in done.output, "CMN-102" in done.output) == (1, True, True), (
            done.output
        )


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda made: "", "is empty"),
        (lambda made: "no\n", ":1: it is no JSON"),
        (lambda made: made.replace('"version":1', '"version":2'), "reads up to 1: install the ringmock that wrote it"),
        (lambda made: made.replace('"sha256:', '"sha256:0'), "another account than demo as it is now: --fixture FILE"),
        (
            lambda made: made.replace('"name":"demo"', '"name":"ours"'),
            "an account of your own, the fixture 'ours': --fixture FILE",
        ),
        (lambda made: made + '{"number":9}\n', "command 9 has no, or no good, 'at'"),
        (lambda made: made.splitlines()[0], "has no commands"),
        (lambda made: made.replace('"event":"set_status"', '"event":"thawed"'), "does not know, thawed"),
    ],
)
def test_what_cannot_be_done_again_is_told_in_a_sentence(
    demo: Target, session: Session, change: Callable[[str], str], sentence: str, tmp_path: Path
) -> None:
    session.control("PATCH", "/extensions/103", {"status": "Frozen"})
    file = tmp_path / "history.jsonl"
    file.write_text(change(exported("history", demo, session.world)), encoding="utf-8")
    done = run("replay", str(file))
    assert (done.exit_code, sentence in done.output) == (2, True), done.output


def test_ids_tokens_and_times_may_be_others_at_a_server(demo: Target, session: Session) -> None:
    sent = session.call("101", "POST", f"{OWN}/company-pager", page("one", "102")).json
    session.call("101", "PUT", f"{OWN}/message-store/{sent['id']}", {"readStatus": "Unread"})
    head, *lines = [json.loads(line) for line in exported("history", demo, session.world).splitlines()]
    written = (
        json.dumps(lines).replace(str(sent["id"]), "4711").replace(sent["creationTime"], "2001-01-01T00:00:00.000Z")
    )
    done = replay_at(demo, head, json.loads(written))
    assert (done.first, done.compared, done.left_out) == (None, 2, ())


def test_a_world_in_which_nothing_was_done_makes_no_test(demo: Target, session: Session) -> None:
    for form in ("case", "pytest", "curl"):
        with pytest.raises(CannotBeWritten, match="nothing to write a"):
            exported(form, demo, session.world)


def test_the_command_writes_each_format_and_names_what_is_left_out(
    demo: Target, session: Session, tmp_path: Path
) -> None:
    session.call("101", "POST", f"{OWN}/company-pager", page("one", "102"))
    session.control("POST", "/faults", {"operation": "listMessages", "error": "CMN-201", "times": 1})
    session.call("101", "GET", f"{OWN}/message-store")
    for form in FORMATS:
        file = tmp_path / form
        given = ("--url", demo.url, "--client", session.world, "--format", form, "--output", str(file))
        done = run("export", *given)
        assert done.exit_code == 0, done.output
        assert file.stat().st_size > 100
        is_named = "Left out: call 2, GET" in done.output
        assert is_named == (form in ("case", "pytest", "curl")), done.output
    nowhere = run("export", "--url", demo.url, "--client", "nowhere")
    assert (nowhere.exit_code, "There is no world 'nowhere'" in nowhere.output) == (1, True)


@pytest.mark.parametrize(
    "value", ["plain", 'a "quoted" \\ one', "two\nlines\r\t", "\N{GRINNING FACE}", "\ud800", "\x00\x7f\u2028"]
)
def test_a_text_is_the_same_as_python_source(value: str) -> None:
    assert eval(text(value)) == value
    assert eval(literal({"a": [value] * 40, "b": (value, 1, None, True)}, 0)) == {
        "a": [value] * 40,
        "b": (value, 1, None, True),
    }
    assert eval(with_names(f"{value}/{{x}}/4711", {"4711": "one"}), {"one": 12}) == f"{value}/{{x}}/12"
