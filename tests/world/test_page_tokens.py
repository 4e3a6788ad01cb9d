import re

import pytest

from ringmock.domain.errors import InvalidParameter
from ringmock.world.page_tokens import Listing, PageTokens

TOKENS = PageTokens(b"one life")
TOKEN = TOKENS.issue(Listing.A2P_MESSAGES, 12)


@pytest.mark.parametrize("before", [None, 0, 12, -1, 1 << 130, -(1 << 130)])
def test_a_token_tells_what_it_was_issued_with(before: int | None) -> None:
    token = TOKENS.issue(Listing.A2P_MESSAGES, before)
    assert TOKENS.read(Listing.A2P_MESSAGES, token) == before
    assert re.fullmatch("[A-Za-z0-9_-]+", token)


@pytest.mark.parametrize(
    ("tokens", "listing", "token"),
    [
        (PageTokens(b"another life"), Listing.A2P_MESSAGES, TOKEN),
        (TOKENS, Listing.A2P_BATCHES, TOKEN),
        *((TOKENS, Listing.A2P_MESSAGES, text) for text in ("", "x", "made up", "é", TOKEN[1:], TOKEN + "AAAA")),
    ],
)
def test_no_other_text_is_a_token_of_the_list(tokens: PageTokens, listing: Listing, token: str) -> None:
    with pytest.raises(InvalidParameter) as refused:
        tokens.read(listing, token)
    assert refused.value.parameter == "pageToken"
