"""Wrong servers are caught: a sample of the planted faults, each by the part of the suite that FAULTS.md names.

The whole is `python tests/contract/planted_faults.py`. In CI one fault of each room is tried and a few more.
"""

import os
from random import Random

import pytest

from faults import FAULTS, Fault
from planted_faults import LIVES, catches, read_page
from ringmock.contract.parts import PARTS
from ringmock.serving.server import build
from ringmock.sign_in.worlds import Worlds

IS_WHOLE = bool(os.environ.get("CI"))
SEED = 2012
FURTHER = 5
"""Beside one fault of each room, and one that only a slower part catches."""
ROWS = read_page()


def sample() -> list[str]:
    """The same faults every time: one of each room, one that the cases let live, and a few more."""
    dice = Random(SEED)
    by_room: dict[str, list[str]] = {}
    for fault in FAULTS.values():
        by_room.setdefault(fault.room, []).append(fault.name)
    chosen = [dice.choice(names) for names in by_room.values()]
    hard = [name for name, row in ROWS.items() if row.assigned != next(iter(PARTS)) and name in FAULTS]
    further = [*dice.sample(hard, 1), *dice.sample([name for name in FAULTS if name not in hard], FURTHER)]
    return list(dict.fromkeys([*chosen, *further])) if IS_WHOLE else chosen[::3]


@pytest.mark.long
@pytest.mark.parametrize("name", sample())
def test_a_planted_fault_is_caught_by_the_part_that_the_page_names(name: str) -> None:
    part = ROWS[name].assigned
    assert part is not None
    assert catches(FAULTS[name], [part])[part] != LIVES


def test_the_right_server_is_caught_by_no_case() -> None:
    right = Fault("right", "nowhere", "Nothing.", (), lambda template: build(Worlds(template)))
    assert catches(right, ["cases"]) == {"cases": LIVES}


def test_the_page_has_every_fault_and_none_of_them_lives() -> None:
    assert [(row.fault, row.says) for row in ROWS.values()] == [(fault.name, fault.says) for fault in FAULTS.values()]
    assert [name for name, row in ROWS.items() if row.lives] == []


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_says_in_one_sentence_what_is_wrong(name: str) -> None:
    says = FAULTS[name].says
    assert says.endswith(".")
    assert FAULTS[name].operations
