"""Who is there, and which calls he takes."""

from itertools import product

import pytest

from ringmock.domain.presence import DndStatus, Presence, UserStatus


@pytest.mark.parametrize("status", DndStatus)
def test_a_status_of_the_calls_that_are_taken_is_read_as_it_was_set(status: DndStatus) -> None:
    assert Presence().with_dnd(status).dnd_status is status


@pytest.mark.parametrize(("said", "dnd"), list(product(UserStatus, DndStatus)))
def test_who_takes_no_call_is_busy_unless_he_is_away(said: UserStatus, dnd: DndStatus) -> None:
    told = Presence(user_status=said).with_dnd(dnd).status
    assert told is (UserStatus.BUSY if dnd is DndStatus.NONE and said is not UserStatus.OFFLINE else said)


def test_a_queue_that_is_declined_twice_is_declined_once_and_can_be_accepted_again() -> None:
    declined = Presence().accepting("200", accepts=False).accepting("200", accepts=False)
    assert declined.declined_queues == {"200"}
    assert declined.accepting("200", accepts=True) == Presence()
    assert Presence().accepting("200", accepts=True) == Presence()
