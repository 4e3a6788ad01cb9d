"""The addresses that a server listens on."""

import contextlib
import errno

import pytest

from ringmock.contract.http_client import HttpClient, Request
from ringmock.fixture import load_named
from ringmock.serving.server import bound_socket, bound_sockets, build, serving, url_of
from ringmock.sign_in.worlds import Worlds


def has_ipv6() -> bool:
    try:
        bound_socket("::1", 0).close()
    except OSError:
        return False
    return True


needs_ipv6 = pytest.mark.skipif(not has_ipv6(), reason="this machine has no ::1")


@needs_ipv6
def test_localhost_is_both_loopbacks_by_one_port() -> None:
    with contextlib.ExitStack() as held:
        first, second = (held.enter_context(contextlib.closing(each)) for each in bound_sockets("localhost", 0))
        assert (first.getsockname()[0], second.getsockname()[0]) == ("127.0.0.1", "::1")
        assert first.getsockname()[1] == second.getsockname()[1]


@needs_ipv6
def test_a_port_of_ones_own_choice_is_taken_at_both_or_at_none() -> None:
    with bound_socket("::1", 0) as other:
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(OSError, match="at ::1") as refused:
            bound_sockets("localhost", port)
        assert refused.value.errno == errno.EADDRINUSE
    for each in bound_sockets("localhost", port):
        each.close()


@pytest.mark.parametrize("host", ["127.0.0.1", pytest.param("::1", marks=needs_ipv6)])
def test_an_address_is_itself_alone(host: str) -> None:
    (bound,) = bound_sockets(host, 0)
    with bound:
        assert bound.getsockname()[0] == host


@needs_ipv6
def test_a_server_answers_at_either_loopback() -> None:
    with serving(build(Worlds(load_named("demo")))) as (url, _):
        for host in ("127.0.0.1", "[::1]"):
            called = url.replace("127.0.0.1", host)
            with HttpClient(called) as client:
                assert client.send(Request("GET", "/restapi/v1.0")).json["uri"] == f"{called}/restapi/v1.0"


class Bound:
    """A socket of which only the address matters."""

    def __init__(self, host: str) -> None:
        self._host = host

    def getsockname(self) -> tuple[str, int]:
        return self._host, 8080


@pytest.mark.parametrize(
    ("host", "scheme", "base_path", "url"),
    [
        ("127.0.0.1", "http", "", "http://127.0.0.1:8080"),
        ("0.0.0.0", "https", "/rc", "https://127.0.0.1:8080/rc"),
        ("::", "http", "/rc", "http://[::1]:8080/rc"),
    ],
)
def test_the_url_of_a_socket_is_one_that_a_client_reaches(host: str, scheme: str, base_path: str, url: str) -> None:
    assert url_of(Bound(host), scheme, base_path) == url  # type: ignore[arg-type]
