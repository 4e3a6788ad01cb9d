"""What the control API and the handle hold a world to: what they refuse leaves it as it was."""

from typing import Any

import pytest

from builders import user, world
from ringmock.world.controls import set_limits


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"profile": "x"}, "'profile' is one of"),
        ({"profile": 7}, "'profile' is one of"),
        ({"fast": 1}, "'fast' is not known here"),
        ({"light": 0}, "'light' is a number of calls a minute from 1 to"),
        ({"light": True}, "'light' is a number of calls a minute from 1 to"),
    ],
)
def test_limits_that_make_no_sense_are_refused_with_what_would_be_right(given: dict[str, Any], said: str) -> None:
    here = world(user("101"))
    with pytest.raises(ValueError, match=said):
        set_limits(here, given)
    assert here.limits is None
