"""What was done in a world as a file: the control API writes what `ringmock export` does."""

from collections.abc import Iterator

import pytest
from click.testing import CliRunner

from ringmock.cli.main import main
from ringmock.contract.exports import FORMATS, SUFFIXES
from ringmock.contract.recording import failure_of
from ringmock.fixture import load_named
from ringmock.serving.own_target import own_target
from ringmock.serving.server import running
from support import Client


@pytest.fixture(scope="module")
def done() -> Iterator[Client]:
    """A world in which a page was sent, one was refused, and a phone outside has written."""
    with running(load_named("demo")) as (url, _), Client(url) as client:
        client.page("102")
        client.page("104")
        client.post("/_mock/handsets/14151003732/messages", json={"to": "16509100010", "text": "Hello"})
        yield client


@pytest.mark.parametrize("form", FORMATS)
def test_the_control_api_writes_the_file_that_the_command_writes(done: Client, form: str) -> None:
    answer = done.get("/_mock/history/export", params={"format": form})
    assert answer.status_code == 200, answer.text
    made = answer.json()
    assert made["file"].endswith(SUFFIXES[form])
    arguments = ["export", "--format", form, "--url", done.url, "--client", done.client_id]
    written = CliRunner().invoke(main, arguments)
    assert made["text"] == written.stdout
    assert written.stderr == "".join(f"Left out: {reason}\n" for reason in made["left_out"])


def test_a_case_from_the_control_api_passes_on_a_fresh_server(done: Client) -> None:
    made = done.get("/_mock/history/export", params={"format": "case", "name": "A page arrives"}).json()
    assert "name: A page arrives" in made["text"]
    with own_target(load_named("demo")) as target:
        assert failure_of(made["text"], made["file"], target) is None


@pytest.mark.parametrize(
    ("query", "status", "said"),
    [
        ({"format": "csv"}, 400, "'format' is"),
        ({"format": "case", "name": "one"}, 400, "a sentence"),
        ({"format": "curl"}, 409, "There is nothing to write a script from"),
    ],
)
def test_what_cannot_be_written_is_refused_with_a_reason(
    server_url: str, query: dict[str, str], status: int, said: str
) -> None:
    with Client(server_url) as client:
        client.token("101")
        answer = client.get("/_mock/history/export", params=query)
    assert (answer.status_code, said in answer.json()["error"]) == (status, True), answer.text
