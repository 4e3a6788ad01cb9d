"""The counters: a sliding minute, and a penalty that every call starts anew."""

from datetime import datetime, timedelta

import pytest

from builders import START
from ringmock.lab.limits import (
    RINGCENTRAL,
    Counter,
    Group,
    Limits,
    MessageRateExceeded,
    RateExceeded,
    RateLimits,
    Standing,
)


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def let_through(limit: int, *seconds: float) -> list[bool]:
    counter = Counter(limit)
    return [counter.let_through(at(second)) for second in seconds]


@pytest.mark.parametrize(
    ("limit", "seconds", "verdicts"),
    [
        (1, [0, 60], [True, True]),
        (1, [0, 59.999], [True, False]),
        # The window slides: the first call leaves it, the second is still in it.
        (2, [0, 30, 60, 89], [True, True, True, False]),
        (2, [0, 30, 60, 90], [True, True, True, True]),
        # The penalty is counted from the last call that was refused.
        (1, [0, 59, 60, 119], [True, False, False, False]),
        (1, [0, 59, 119], [True, False, True]),
        (1, [0, 59, 118, 177, 237], [True, False, False, False, True]),
        # A clock that is set back has not been there yet.
        (1, [100, 0], [True, True]),
        (1, [100, 101, 0], [True, False, True]),
        (2, [0, 0, 0], [True, True, False]),
    ],
)
def test_a_call_is_let_through_while_the_last_minute_has_room(
    limit: int, seconds: list[float], verdicts: list[bool]
) -> None:
    assert let_through(limit, *seconds) == verdicts


@pytest.mark.parametrize(("group", "limit"), [("light", 50), ("medium", 40), ("heavy", 10), ("auth", 5)])
def test_the_documented_limits(group: str, limit: int) -> None:
    limits = RateLimits(RINGCENTRAL)

    standings = [limits.count(Group(group), "101", "app", "operation", at(0)) for _ in range(limit)]

    assert standings == [Standing(Group(group), limit, limit - 1 - n) for n in range(limit)]
    with pytest.raises(RateExceeded) as refused:
        limits.count(Group(group), "101", "app", "operation", at(0))
    assert refused.value.standing == Standing(Group(group), limit, 0)


def test_users_applications_and_groups_are_counted_apart() -> None:
    limits = RateLimits(Limits({Group.LIGHT: 1, Group.HEAVY: 1}))

    for group, user, application in (
        ("light", "1", "a"),
        ("light", "2", "a"),
        ("light", "1", "b"),
        ("heavy", "1", "a"),
    ):
        assert limits.count(Group(group), user, application, "operation", at(0)) is not None
    assert limits.count(Group.MEDIUM, "1", "a", "operation", at(0)) is None


@pytest.mark.parametrize(("operation", "limit"), [("createSMSMessage", 40), ("createMMS", 50)])
def test_messages_are_counted_over_all_applications_of_a_user(operation: str, limit: int) -> None:
    limits = RateLimits(RINGCENTRAL)

    for number in range(limit):
        assert limits.count(Group.MEDIUM, "101", f"app {number % 2}", operation, at(0))

    with pytest.raises(MessageRateExceeded):
        limits.count(Group.MEDIUM, "101", "another", operation, at(0))
    assert limits.count(Group.MEDIUM, "102", "another", operation, at(0))
