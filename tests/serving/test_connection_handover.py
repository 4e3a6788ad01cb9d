"""The two sides of a connection that is relayed."""

from typing import Any

from fake_transport import Loop, Transport
from ringmock.serving.connection_handover import Relay

WRITE_TIMEOUT = 30.0


class Inner(Transport):
    """Knows whether its side was ended."""

    has_ended = False

    def write_eof(self) -> None:
        assert not self.has_ended
        self.has_ended = True


class Relayed:
    """Both sides, with their transports, the connections of the server, and its loop."""

    def __init__(self) -> None:
        self.loop: Any = Loop()
        self.connections: set[Any] = set()
        self.client, self.answering = Transport(), Inner()
        self.outside = Relay(self.loop, WRITE_TIMEOUT, self.client, None, self.connections)
        self.connections.add(self.outside)
        self.inside = self.outside.made_other()
        self.inside.connection_made(self.answering)


def test_when_the_server_ends_a_call_is_answered_and_no_other_one_goes_out() -> None:
    each = Relayed()
    each.outside.data_received(b"a call")
    each.outside.shutdown()
    each.outside.data_received(b"another call")
    assert (each.answering.written, each.answering.has_ended) == (b"a call", True)
    each.inside.data_received(b"the answer")
    assert (each.client.written, each.client.is_closed, each.connections) == (b"the answer", False, {each.outside})
    each.inside.connection_lost(None)
    assert each.client.is_closed


def test_a_connection_that_is_lost_is_none_of_the_server_any_more() -> None:
    each = Relayed()
    each.outside.connection_lost(None)
    assert (each.answering.is_closed, each.connections) == (True, set())
    each.outside.shutdown()


def test_what_nobody_reads_is_not_kept_for_ever_also_where_the_one_that_answers_has_ended() -> None:
    each = Relayed()
    each.client.unread = None
    each.inside.data_received(b"an answer")
    each.loop.advance(WRITE_TIMEOUT - 1)
    each.inside.connection_lost(None)
    assert not each.client.is_aborted
    each.loop.advance(1)
    assert each.client.is_aborted


def test_nothing_is_looked_at_after_the_end() -> None:
    each = Relayed()
    each.inside.data_received(b"an answer")
    each.outside.connection_lost(None)
    assert [timer.is_cancelled for timer in each.loop.timers] == [True]
