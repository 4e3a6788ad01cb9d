"""The phones of a world, by their latest message."""

from random import Random

import pytest

from builders import HANDSET, Clock
from ringmock.domain.slices import result_of
from ringmock.domain.sms import SendSms
from ringmock.fixture import load_named
from ringmock.world.phone_book import PhoneBook
from ringmock.world.world import World
from support import DIRECT_NUMBER

PHONES = (HANDSET, "14151003733", "12025550101", "12025550102", "12025550103")


@pytest.mark.parametrize("seed", range(8))
def test_phones_stand_by_their_latest_message_however_often_somebody_looked(seed: int) -> None:
    dice, world, book = Random(seed), World(load_named("demo"), Clock()), PhoneBook()
    result_of(book.catching_up(world))
    order = [*book.newest_first()]
    for _ in range(60):
        phone = dice.choice(PHONES)
        if dice.random() < 0.5:
            world.receive_sms(phone, DIRECT_NUMBER["101"], "Hi")
        else:
            world.send_sms(world.account.extensions["101"], SendSms(DIRECT_NUMBER["101"], (phone,), "Hi"))
        order = [phone, *(each for each in order if each != phone)]
        if dice.random() < 0.3:
            newest = world.messages.held(world.messages.ids_after(None)[-1])
            if newest is not None and dice.random() < 0.3:  # what was looked at last may be gone
                result_of(book.catching_up(world))
                world.messages.forget(newest)
            result_of(book.catching_up(world))
            assert [*book.newest_first()] == order
