"""A server that stands by takes the place of the one before, with all that this has answered."""

from contextlib import closing
from pathlib import Path

import pytest

from receivers import Receiver, event, subscribed
from ringmock.world.history.log import LogUnavailable
from ringmock.world.history.sqlite import FollowedSqliteLog, StateRefused, followed
from state_files import VERSION, Behind, again, kept_server, log_in, mark_of
from support import Client, freeze_clock, from_handset


def test_its_clients_go_on_with_their_tokens_and_messages_and_worlds(path: Path) -> None:
    with kept_server(path) as kept, Client(kept.url) as client:
        client.post_sms("before it stood by")
        behind = Behind(path)
        behind.look()
        freeze_clock(client)
        client.post_sms("followed")
        behind.look()
        last = client.post_sms("written after the last look").json()["id"]
    with behind.serving() as kept, again(client, kept.url) as client, Client(kept.url) as newcomer:
        subjects = ["written after the last look", "followed", "before it stood by"]
        assert [each["subject"] for each in client.messages("101")] == subjects
        assert client.post_sms("here").json()["id"] > last
        assert newcomer.post_sms("in a world of its own").status_code == 200
    with kept_server(path) as kept, again(client, kept.url) as client, again(newcomer, kept.url) as newcomer:
        assert client.messages("101")[0]["subject"] == "here"
        assert [each["subject"] for each in newcomer.messages("101")] == ["in a world of its own"]


def test_a_webhook_is_called_by_the_server_that_was_called_and_once(path: Path) -> None:
    with Receiver() as receiver:
        with kept_server(path) as kept, Client(kept.url) as client:
            behind = Behind(path)
            subscribed(client, receiver)
            from_handset(client, "one")
            assert event(receiver)["body"]["changes"][0]["newCount"] == 1
            kept.server.do(kept.commits.flush)
            behind.look()
            assert not behind.commits.is_pending
        with behind.serving() as kept, again(client, kept.url) as client:
            from_handset(client, "two")
            assert event(receiver)["body"]["changes"][0]["newCount"] == 1
        assert not receiver.has_more()


def test_nothing_is_done_where_nothing_was_written(path: Path) -> None:
    with kept_server(path) as kept, Client(kept.url) as client, closing(behind_log(path)) as log:
        for is_expected in (True, False, False):
            with log.news() as there_are_news:
                assert there_are_news is is_expected
        client.post_sms("one")
        for is_expected in (True, False):
            with log.news() as there_are_news:
                assert there_are_news is is_expected


def behind_log(path: Path) -> FollowedSqliteLog:
    log = followed(path, mark_of(), VERSION)
    assert log is not None
    return log


def test_what_is_read_within_is_of_one_moment(path: Path) -> None:
    with kept_server(path) as kept, Client(kept.url) as client, closing(behind_log(path)) as log, log.news():
        before = log.heads()
        client.post_sms("one")
        assert log.heads() == before


def test_there_is_nothing_to_follow_before_the_other_server_has_begun(path: Path) -> None:
    assert followed(path, mark_of(), VERSION) is None
    with closing(log_in(path)):
        assert followed(path, mark_of(), VERSION) is None
    with kept_server(path):
        behind_log(path).close()


def test_a_state_of_another_fixture_is_not_followed(path: Path) -> None:
    with kept_server(path, "carriers"), pytest.raises(StateRefused, match="means nothing with another"):
        followed(path, mark_of(), VERSION)


def test_a_log_that_cannot_be_read_now_is_followed_again_later(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with kept_server(path) as kept, Client(kept.url) as client:
        behind = Behind(path)
        log, away = behind.standby._followed, _Away()
        behind.standby._followed = away
        assert [behind.standby.has_taken() for _ in range(2)] == [False, False]
        assert [each for each in caplog.messages if "is tried again" in each] == [
            f"{away.why} It is tried again until it can be."
        ]
        behind.standby._followed = log
        client.post_sms("one")
        behind.look()
        world = behind.worlds.world_named(client.client_id)
        assert world is not None
        assert world.history.latest > 0
        behind.close()


class _Away(FollowedSqliteLog):
    """A log that cannot be read."""

    why = "The state is away."

    def __init__(self) -> None:
        pass

    def news(self) -> None:  # type: ignore[override]  # it never returns
        raise LogUnavailable(self.why)
