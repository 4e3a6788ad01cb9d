"""What a phone has received, in the order in which it came: nothing, one message, or more."""

from dataclasses import replace

import pytest

from builders import HANDSET, mailbox, sms, user, world
from ringmock.domain.handset_index import HandsetIndex
from ringmock.domain.message import Message


def messages(count: int) -> list[Message]:
    """Messages of one mailbox, the newest first: an order in which they may come, too."""
    here = world(user("101"))
    for _ in range(count):
        sms(here, "101", HANDSET)
    return list(mailbox(here, "101"))


@pytest.mark.parametrize("count", [0, 1, 2, 3])
def test_a_phone_has_what_came_to_it_in_the_order_in_which_it_came(count: int) -> None:
    index, came = HandsetIndex(), messages(count)
    for message in came:
        index.add("1", message)

    assert list(index.ids("1")) == [message.id for message in came]
    assert list(index.by_id("1").values()) == came
    assert list(index.phones) == ["1"][:count]
    assert not index.ids("2")
    assert not index.by_id("2")


@pytest.mark.parametrize("count", [1, 2])
def test_another_message_with_the_same_id_takes_the_place_of_the_one_that_came(count: int) -> None:
    index, came = HandsetIndex(), messages(count)
    for message in came:
        index.add("1", message)
    other = replace(came[0])
    index.change("1", other)

    assert index.by_id("1")[other.id] is other
    assert list(index.ids("1")) == [message.id for message in came]
