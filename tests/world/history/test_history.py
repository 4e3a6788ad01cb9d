"""Histories: what a world is rebuilt from, the way back, and what is not kept."""

from collections.abc import Iterator
from contextlib import nullcontext
from datetime import UTC, datetime

import httpx2
import pytest

from history_of import differences
from ringmock.fixture import load_named
from ringmock.server_limits import ServerLimits
from ringmock.serving.server import Server, build, serving
from ringmock.sign_in.worlds import Worlds
from ringmock.world.history.commands import Handled
from ringmock.world.world import World
from support import STORE, Client, freeze_clock, from_handset


class Running:
    """A server of few limits whose worlds a test can look into."""

    def __init__(self, url: str, worlds: Worlds, server: Server) -> None:
        self.url, self.worlds, self.server = url, worlds, server

    def world(self, client: Client) -> World:
        world = self.worlds.world_named(client.client_id)
        assert world is not None
        return world

    def differences(self, client: Client) -> list[str]:
        return self.server.do(lambda: differences(self.worlds, self.world(client)))

    def kinds(self, client: Client) -> list[str]:
        """The commands of a world by their names, sign-ins left out."""
        commands = self.server.do(lambda: list(self.world(client).history.commands()))
        named = [getattr(each, "operation", None) or getattr(each, "kind", "") for each in commands]
        return [name for name in named if name not in ("log-in", "first-use")]


@pytest.fixture(scope="module")
def running() -> Iterator[Running]:
    worlds = Worlds(load_named("demo"), limits=ServerLimits(max_history=40))
    with serving(build(worlds)) as (url, server):
        yield Running(url, worlds, server)


@pytest.fixture
def client(running: Running) -> Iterator[Client]:
    with Client(running.url) as client:
        yield client


def control(client: Client, method: str, path: str, body: object = None) -> httpx2.Response:
    return client.call(method, f"/_mock{path}", json=body) if body is not None else client.call(method, f"/_mock{path}")


def test_a_world_is_rebuilt_from_its_history(running: Running, client: Client) -> None:
    client.post_sms("one")
    from_handset(client, "STOP")
    assert client.post_sms("two").status_code == 200
    client.page("102", text="three")
    freeze_clock(client)
    control(client, "POST", "/clock/advance", {"seconds": 90})
    message = client.messages("101")[0]["id"]
    client.call("DELETE", f"{STORE}/{message}")
    control(client, "PATCH", "/extensions/103", {"status": "Frozen"})
    assert running.differences(client) == []


def test_reads_and_refusals_are_no_commands(running: Running, client: Client) -> None:
    client.messages("101")
    assert client.post_sms("too long" * 200).status_code == 400
    assert control(client, "PATCH", "/extensions/103", {"status": "Melted"}).status_code == 400
    assert running.kinds(client) == []
    client.post_sms("one")
    from_handset(client, "two")
    assert running.kinds(client) == ["createSMSMessage", "text_from_handset"]


def texts(client: Client) -> list[str]:
    return [each["subject"] for each in client.messages("101")]


def test_a_world_goes_back_to_a_label_or_a_number_and_goes_on_from_there(running: Running, client: Client) -> None:
    first = client.post_sms("one").json()["id"]
    assert control(client, "PUT", "/history/labels/one").json()["label"] == "one"
    control(client, "PATCH", "/extensions/103", {"status": "Frozen"})
    second = client.post_sms("two").json()["id"]
    assert control(client, "POST", "/history/rewind", {"to": "one"}).json()["differs_at"] is None
    assert texts(client) == ["one"]
    assert control(client, "GET", "/extensions/103").json()["status"] == "Enabled"
    assert client.post_sms("again").json()["id"] == second > first
    number = control(client, "GET", "/history").json()["labels"]["one"]
    control(client, "POST", "/history/rewind", {"to": number - 1})
    assert texts(client) == []
    assert control(client, "GET", "/history").json()["labels"] == {}
    assert running.differences(client) == []


def check_listed(client: Client) -> None:
    """A list, which is joined from what is kept, says of each message what a read of it says, which is not."""
    records = client.messages("101")
    assert records == [client.call("GET", f"{STORE}/{each['id']}").json() for each in records]


def test_lists_show_no_message_as_it_was_before_a_way_back_a_fork_or_another_time(
    running: Running, client: Client
) -> None:
    freeze_clock(client)
    sent = [client.post_sms(text).json()["id"] for text in ("one", "two", "three")]
    from_handset(client, "four")
    control(client, "PUT", "/history/labels/sent")
    check_listed(client)
    client.call("PUT", f"{STORE}/{sent[0]}", json={"readStatus": "Unread"})
    client.call("DELETE", f"{STORE}/{sent[1]}")
    check_listed(client)
    with Client(running.url) as other:
        control(client, "POST", "/worlds", {"name": other.client_id, "fork": client.client_id})
        other.call("PUT", f"{STORE}/{sent[0]}", json={"readStatus": "Read"})
        check_listed(other)
    check_listed(client)
    assert control(client, "POST", "/history/rewind", {"to": "sent"}).json()["differs_at"] is None
    assert len(client.messages("101")) == 4
    check_listed(client)
    control(client, "POST", "/clock/advance", {"seconds": 600})
    client.call("PUT", f"{STORE}/{sent[2]}", json={"readStatus": "Unread"})
    check_listed(client)


def test_the_journal_goes_back_with_its_world(client: Client) -> None:
    client.post_sms("one")
    control(client, "PUT", "/history/labels/one")
    client.messages("101")
    client.post_sms("two")
    client.post_sms("three")
    control(client, "POST", "/history/rewind", {"to": "one"})
    operations = [each["operation"] for each in control(client, "GET", "/journal").json()]
    assert operations[0] == "listMessages"
    assert operations.count("createSMSMessage") == 1


def test_a_fork_begins_as_its_origin_was_at_a_point_and_has_its_history(running: Running, client: Client) -> None:
    client.post_sms("one")
    control(client, "PUT", "/history/labels/one")
    client.post_sms("two")
    with Client(running.url) as other:
        body = {"name": other.client_id, "fork": client.client_id, "at": "one"}
        assert control(client, "POST", "/worlds", body).status_code == 200
        assert texts(other) == ["one"]
        other.post_sms("elsewhere")
        assert texts(client) == ["two", "one"]
        assert running.differences(other) == []
        assert control(other, "POST", "/history/rewind", {"to": "one"}).status_code == 200
        assert texts(other) == ["one"]


def test_a_fork_of_now_is_rebuilt_from_its_own_history(running: Running, client: Client) -> None:
    assert control(client, "PUT", "/carrier", {"seed": 5, "confirms_opt_outs": True}).status_code == 200
    client.post_sms("one")
    with Client(running.url) as other:
        assert (
            control(client, "POST", "/worlds", {"name": other.client_id, "fork": client.client_id}).status_code == 200
        )
        other.post_sms("two")
        assert running.differences(other) == []


@pytest.mark.parametrize(
    ("to", "sentence"),
    [
        ("nowhere", "There is no label 'nowhere': this world has none."),
        (1000, "There is no command 1000 yet: the latest is 2."),
    ],
)
def test_a_point_that_is_not_there_is_refused(client: Client, to: object, sentence: str) -> None:
    client.token("101")
    client.get(STORE)
    answer = control(client, "POST", "/history/rewind", {"to": to})
    assert (answer.status_code, answer.json()["error"]) == (409, sentence)


def test_a_history_ends_with_what_it_keeps_and_says_what_is_left_out(
    running: Running, client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    client.token("101")
    client.get(STORE)
    for place in range(38):
        client.post_sms(f"{place}")
    standing = control(client, "GET", "/history").json()
    assert (standing["latest"], standing["left_out"], standing["most"]) == (40, 0, 40)
    assert caplog.messages == []
    client.post_sms("one more")
    client.post_sms("and another")
    (said,) = caplog.messages
    assert "no more than its 40 commands (--max-history, --max-history-bytes)" in said
    usage = control(client, "GET", "/usage").json()["world"]["history"]
    assert usage == {"kept": 40, "most": 40, "left_out": 2}
    standing = control(client, "GET", "/history").json()
    assert (standing["latest"], standing["left_out"]) == (42, 2)
    answer = control(client, "POST", "/history/rewind", {"to": 41})
    assert answer.status_code == 409
    assert "ends with 40" in answer.json()["error"]
    assert control(client, "PUT", "/history/labels/late").status_code == 409
    assert control(client, "POST", "/history/rewind", {"to": 39}).status_code == 200
    assert len(client.messages("101")) == 37


@pytest.mark.parametrize(("most", "left_out"), [(3000, 0), (2999, 1)])
def test_the_bodies_and_answers_of_all_histories_have_a_limit(most: int, left_out: int) -> None:
    worlds = Worlds(load_named("demo"), limits=ServerLimits(max_history_bytes=most))
    world, other = worlds.world_of_name("one"), worlds.world_of_name("other")
    for each in (world, other):
        each.history.handled(handled(bytes(1000), bytes(500)))
    assert (world.history.left_out, other.history.left_out) == (0, left_out)
    worlds.close_world("one")
    again = worlds.world_of_name("third")
    again.history.handled(handled(bytes(1000), bytes(500)))
    assert again.history.left_out == 0


@pytest.mark.parametrize(("labels", "is_taken"), [("ab", True), ("aba", True), ("abc", False)])
def test_a_world_has_a_number_of_labels(labels: str, is_taken: bool) -> None:
    history = Worlds(load_named("demo"), limits=ServerLimits(max_labels=2)).default.history
    for each in labels[:-1]:
        history.label(each)
    with nullcontext() if is_taken else pytest.raises(ValueError, match="at most 2 labels"):
        history.label(labels[-1])


def handled(content: bytes, answer: bytes) -> Handled:
    at = datetime(2026, 1, 1, tzinfo=UTC)
    return Handled(at, "createSMSMessage", "POST", "/", b"", b"", b"", content, None, "", (), 1, 0, 200, answer)


def test_a_reset_begins_a_history_anew(client: Client) -> None:
    client.post_sms("one")
    control(client, "PUT", "/history/labels/one")
    control(client, "POST", "/reset")
    standing = control(client, "GET", "/history").json()
    assert standing["labels"] == {}
    assert standing["commands"] == []
    answer = control(client, "POST", "/history/rewind", {"to": standing["first"] - 2})
    assert answer.status_code == 409
    assert "before the last reset" in answer.json()["error"]
