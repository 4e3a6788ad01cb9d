"""A call: what the stages have found out, and what is kept of its answer."""

import pytest

from ringmock.http.call import Call
from ringmock.server_limits import ServerLimits


@pytest.mark.parametrize(("size", "is_kept"), [(7, True), (8, True), (9, False)])
def test_those_who_keep_an_answer_share_one_copy_of_it_and_nothing_of_what_is_too_large(
    size: int, is_kept: bool
) -> None:
    call = Call("GET", "/restapi", "http://127.0.0.1", {})
    call.limits = ServerLimits(max_journal_body=8)
    call.encoded = b"x" * size

    assert call.kept_answer == (call.encoded if is_kept else b"")
    assert call.kept_answer is call.kept_answer
    assert not is_kept or call.kept_answer is not call.encoded


def test_an_answer_that_is_replaced_is_not_kept() -> None:
    call = Call("GET", "/restapi", "http://127.0.0.1", {})
    call.encoded = b"Hello"
    assert call.kept_answer == b"Hello"

    call.encoded = b""

    assert call.kept_answer == b""
