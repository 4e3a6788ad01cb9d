"""`ringmock coverage`, on a recording and on a server that counts."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from ringmock.cli.main import main
from ringmock.coverage.collector import CoverageCollector
from ringmock.coverage.exercised import Exercised
from ringmock.coverage.items import coverage
from ringmock.coverage.observation import Observation
from ringmock.fixture import load_named
from ringmock.serving.server import build, serving
from ringmock.sign_in.worlds import Worlds
from support import Client


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["coverage", *map(str, arguments)])


@pytest.fixture
def counts(tmp_path: Path) -> Path:
    """What a run counted that called one operation."""
    exercised = Exercised(by_record=True)
    exercised.note(Observation("readAPIVersions", 200, generation="2012"))
    path = tmp_path / "counts.json"
    path.write_text(json.dumps(exercised.to_json()), encoding="utf-8")
    return path


def figure_of(counts: Path) -> float:
    return coverage(Exercised.from_json(json.loads(counts.read_text(encoding="utf-8")))).total.percent


def test_the_figure_itself_is_enough(counts: Path) -> None:
    assert run(counts, "--fail-under", figure_of(counts)).exit_code == 0


def test_a_tenth_above_the_figure_is_not_met(counts: Path) -> None:
    figure = figure_of(counts)
    ended = run(counts, "--fail-under", figure + 0.1)
    assert ended.exit_code == 1
    assert f"coverage of behaviour {figure:.1f} % is under {figure + 0.1:g} %" in ended.stderr


def test_all_of_it_is_asked_for_by_100(counts: Path) -> None:
    assert run(counts, "--fail-under", 100).exit_code == 1


def test_several_runs_are_added_up_into_a_page_and_into_counts(counts: Path, tmp_path: Path) -> None:
    page, total = tmp_path / "page.html", tmp_path / "total.json"
    ended = run(counts, counts, "--html", page, "--json", total)
    assert ended.exit_code == 0, ended.output
    assert page.read_text(encoding="utf-8").startswith("<!doctype html>")
    assert json.loads(total.read_text(encoding="utf-8"))["seen"]["readAPIVersions"] == 2
    assert figure_of(total) == figure_of(counts)


def test_rows_of_a_generation_count_when_asked_for(counts: Path) -> None:
    assert "current further fields" not in run(counts).output
    assert "current further fields" in run(counts, "--generation", "current", "--generation", "2012").output


def test_a_running_server_tells_what_it_counted() -> None:
    collector = CoverageCollector()
    collector.start()
    with serving(build(Worlds(load_named("demo")), collector=collector)) as (url, _):
        with Client(url) as client:
            client.post_sms()
        ended = run(url)
    assert ended.exit_code == 0, ended.output
    assert "createSMSMessage 200" not in ended.output
    assert "R-06: an SMS to a number outside the account" not in ended.output
    assert "R-16: an SMS dropped" in ended.output


@pytest.fixture
def stranger() -> Iterator[str]:
    """The URL of a server that is no ringmock."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_a_server_that_is_no_ringmock_is_reported(stranger: str) -> None:
    ended = run(stranger)
    assert ended.exit_code == 1
    assert f"{stranger}: no coverage counts" in ended.stderr


def test_a_server_that_does_not_count_is_told_how(server_url: str) -> None:
    ended = run(server_url)
    assert ended.exit_code == 1
    assert "ringmock serve --coverage" in ended.stderr


@pytest.mark.parametrize(
    ("arguments", "status", "told"),
    [
        ([], 2, "Missing argument"),
        (["nowhere.har"], 1, "nowhere.har: No such file"),
        (["ftp://127.0.0.1"], 1, "is not the address of a server"),
        (["http://127.0.0.1:1"], 1, "no answer from http://127.0.0.1:1"),
        (["a.har", "--fail-under", "101"], 2, "101"),
    ],
)
def test_what_cannot_be_read_is_reported_in_one_sentence(arguments: list[str], status: int, told: str) -> None:
    ended = run(*arguments)
    assert ended.exit_code == status
    assert told in ended.stderr
