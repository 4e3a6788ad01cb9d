"""The two sides of a connection that is relayed."""

import asyncio
from typing import Any

from fake_transport import Transport
from ringmock.serving.connection_handover import Relay


class Inner(Transport):
    """Knows whether its side was ended."""

    has_ended = False

    def write_eof(self) -> None:
        assert not self.has_ended
        self.has_ended = True


def relayed() -> tuple[Relay, Transport, Relay, Inner, set[Any]]:
    """The side of the client and that of who answers, with their transports, and the connections of the server."""
    connections: set[Any] = set()
    client, answering = Transport(), Inner()
    outside = Relay(client, None, connections)
    connections.add(outside)
    inside = Relay.between(outside)
    inside.connection_made(answering)
    return outside, client, inside, answering, connections


def test_when_the_server_ends_a_call_is_answered_and_no_other_one_goes_out() -> None:
    outside, client, inside, answering, connections = relayed()
    outside.data_received(b"a call")
    outside.shutdown()
    outside.data_received(b"another call")
    assert (answering.written, answering.has_ended) == (b"a call", True)
    inside.data_received(b"the answer")
    assert (client.written, client.is_closed, connections) == (b"the answer", False, {outside})
    inside.connection_lost(None)
    assert client.is_closed


def test_a_connection_that_is_lost_is_none_of_the_server_any_more() -> None:
    outside, _, _, answering, connections = relayed()
    outside.connection_lost(None)
    assert (answering.is_closed, connections) == (True, set())
    outside.shutdown()


def test_the_connection_ends_with_the_one_that_answers() -> None:
    async def ended() -> bool:
        outside, client, inside, _, _ = relayed()
        inside.connection_lost(None)
        outside.shutdown()
        return client.is_closed

    assert asyncio.run(ended())
