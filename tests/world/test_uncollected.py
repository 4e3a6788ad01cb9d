"""The collector is paused, and as it was afterwards."""

import gc

import pytest

from ringmock.world.uncollected import uncollected


def fail_uncollected() -> None:
    with uncollected():
        assert not gc.isenabled()
        raise LookupError


@pytest.mark.parametrize("is_enabled", [True, False])
def test_the_collector_is_as_it_was_also_after_a_failure(is_enabled: bool) -> None:
    was_enabled = gc.isenabled()
    try:
        (gc.enable if is_enabled else gc.disable)()
        with pytest.raises(LookupError):
            fail_uncollected()
        assert gc.isenabled() is is_enabled
    finally:
        (gc.enable if was_enabled else gc.disable)()
