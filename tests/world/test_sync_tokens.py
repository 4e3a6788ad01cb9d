import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from ringmock.domain.account import ExtensionType
from ringmock.domain.errors import SyncTokenInvalid
from ringmock.domain.message import Direction, MessageType
from ringmock.domain.message_sync import Frame, Mark
from ringmock.domain.owners import EVERYONE, Owners
from ringmock.world.sync_tokens import SyncTokens

NOW = datetime(2012, 10, 16, 6, 34, 58, 123456, tzinfo=UTC)
PLAIN = Frame(NOW - timedelta(days=1))
TOKENS = SyncTokens(b"one life")


@pytest.mark.parametrize(
    "frame",
    [
        PLAIN,
        replace(PLAIN, date_from=datetime.min.replace(tzinfo=UTC)),
        replace(PLAIN, date_to=datetime.max.replace(tzinfo=UTC)),
        replace(PLAIN, types=frozenset()),
        *(replace(PLAIN, types=frozenset({kind})) for kind in MessageType),
        *(replace(PLAIN, directions=frozenset({direction})) for direction in Direction),
        replace(PLAIN, conversation_id=(1 << 63) - 1),
        replace(PLAIN, distinct_conversations=True),
        replace(PLAIN, start=1 << 82),
        replace(PLAIN, start=-(1 << 82)),
        replace(PLAIN, start=0),
        replace(PLAIN, owners=EVERYONE),
        replace(PLAIN, owners=Owners(personal=False)),
        replace(PLAIN, owners=Owners(ids=frozenset({1, (1 << 63) - 1}))),
        replace(PLAIN, owners=Owners(types=frozenset())),
        replace(PLAIN, owners=Owners(types=frozenset(ExtensionType))),
    ],
)
def test_a_token_tells_all_that_it_was_issued_with(frame: Frame) -> None:
    mark = Mark(frame, NOW, 12, shared=(1 << 64) - 1)
    token = TOKENS.issue("101", mark)
    assert TOKENS.read("101", token) == mark
    assert re.fullmatch("[A-Za-z0-9_-]+", token)


TOKEN = TOKENS.issue("101", Mark(PLAIN, NOW, 12))


@pytest.mark.parametrize(
    "token",
    [
        "",
        "=",
        "a",
        "é",
        "AAAA",
        TOKEN[:-4],
        TOKEN + "AAAA",
        ("A" if TOKEN[0] == "B" else "B") + TOKEN[1:],
        f" {TOKEN}",
        TOKEN.swapcase(),
    ],
)
def test_a_text_that_was_not_issued_is_no_token(token: str) -> None:
    with pytest.raises(SyncTokenInvalid):
        TOKENS.read("101", token)


def test_a_token_serves_no_other_mailbox_and_no_other_life() -> None:
    with pytest.raises(SyncTokenInvalid):
        TOKENS.read("102", TOKEN)
    with pytest.raises(SyncTokenInvalid):
        SyncTokens(b"another life").read("101", TOKEN)
