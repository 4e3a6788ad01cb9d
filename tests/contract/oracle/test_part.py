"""The part `stateful`: the right server agrees with the model, and what a disagreement is told as."""

import os
import sys
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor

import pytest

from ringmock.contract.findings import Finding, Verdict
from ringmock.contract.http_client import NoAnswer
from ringmock.contract.options import Options
from ringmock.contract.oracle.caller import OWN, Caller
from ringmock.contract.oracle.commands import ChangeOfMembers, Copy, Keyed, PageCommand, Reading, SmsCommand
from ringmock.contract.oracle.comparison import Difference
from ringmock.contract.oracle.part import run
from ringmock.contract.oracle.runner import Disagreement, OracleRunner, RunCounts
from ringmock.contract.oracle.shrinking import shortest
from ringmock.contract.oracle.texts import Maker, around, short
from ringmock.contract.parts import PARTS
from ringmock.contract.target import Target
from ringmock.fixture import load_named
from ringmock.serving.own_target import own_target

IS_WHOLE = bool(os.environ.get("CI"))
SEEDS = (1, 2, 3)
IS_FULL = bool(os.environ.get("RINGMOCK_FULL"))
RUNS = 86 if IS_FULL else 10 if IS_WHOLE else 2
"""For each seed and generation: more than 500 in all of a full run. By 10 runs with three seeds the same seven of the
eight faults of `test_catches.py` are caught as by 30; the eighth takes more than either."""
STEPS = 15
CORES = 2


def explored(generation: str, seed: int, runs: int = RUNS) -> Finding:
    with own_target(load_named("demo", generation=generation)) as target:
        (found,) = run(target, Options(seed=seed, runs=runs, steps=STEPS))
        return found


@pytest.mark.long
def test_all_mailboxes_agree_with_the_model_after_every_step(record_property: Callable[[str, object], None]) -> None:
    generations = [generation for _ in SEEDS for generation in ("2012", "current")]
    with ProcessPoolExecutor(CORES) as pool:
        found = list(pool.map(explored, generations, [seed for seed in SEEDS for _ in range(2)]))
    lines = [f"{one.where}, {one.name}, in {one.seconds:.1f} s" for one in found]
    record_property("oracle", "\n".join(lines))

    assert [one.detail for one in found if one.failed] == []
    if IS_FULL:
        exercised = {rule for one in found for rule in one.keeps}
        assert exercised >= {f"R-{number:02}" for number in range(2, 25) if number not in (9, 11, 15)}


def test_the_same_seed_does_the_same() -> None:
    first, again, other = explored("2012", 7, 2), explored("2012", 7, 2), explored("2012", 8, 2)

    assert (first.name, first.detail) == (again.name, again.detail)
    assert first.detail != other.detail


def test_it_is_a_part_of_the_suite() -> None:
    assert PARTS["stateful"] is run


# --- where it cannot work -------------------------------------------------------------------------


def test_without_hypothesis_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "hypothesis", None)
    monkeypatch.delitem(sys.modules, "ringmock.contract.oracle.machine", raising=False)
    (found,) = run(Target("http://127.0.0.1:9", load_named("demo")), Options())

    assert found.verdict is Verdict.FAILED
    assert "pip install 'ringmock[contract]'" in found.detail


def test_without_a_server_it_says_that_there_is_no_answer() -> None:
    (found,) = run(Target("http://127.0.0.1:9", load_named("demo"), has_worlds=True), Options())

    assert found.verdict is Verdict.FAILED
    assert "no answer from http://127.0.0.1:9" in found.detail


# --- a server that has no worlds to open ----------------------------------------------------------


def test_without_worlds_it_leaves_alone_what_was_there_and_puts_members_back() -> None:
    with own_target(load_named("demo")) as target, target.client() as client:
        runner = OracleRunner(Caller(client, target), RunCounts())
        assert runner.do(0, PageCommand("101", ("102",)))
        there = Target(target.url, target.template)
        before = Caller(client, there)
        before.call("101", "POST", f"{OWN}/company-pager", body={"to": [{"extensionNumber": "103"}], "text": "Old"})

        (found,) = run(there, Options(seed=1, runs=3, steps=8))

        assert found.verdict is Verdict.PASSED, found.detail
        assert before.start().extensions["200"].members == ("102", "103", "104", "105")
        assert before.mailbox("103")[1][-1]["subject"] == "Old"


# --- failures --------------------------------------------------------------------------------------


def failure(commands: tuple[Keyed, ...], *rules: str) -> Disagreement:
    return Disagreement(commands, [], [Difference("mailbox of 102", "this", "that", rules)])


COMMANDS: tuple[Keyed, ...] = (
    (0, PageCommand("101", ("102", "103"), Maker(units=1024), sender="101")),
    (1, SmsCommand("101", "16509100010", ("14151003732",))),
    (2, ChangeOfMembers("101", "200", ("106",), ("102",))),
    (3, Reading("102", Copy(0, "102"))),
)


def test_a_failing_run_is_shortened_to_the_commands_that_it_needs_and_these_made_simple() -> None:
    def again(commands: tuple[Keyed, ...], _: Disagreement) -> Disagreement | None:
        pages = [command for _, command in commands if isinstance(command, PageCommand)]
        return failure(commands, "R-10") if pages and "103" in pages[0].to else None

    assert shortest(failure(COMMANDS, "R-10"), again).commands == ((0, PageCommand("101", ("103",))),)


def test_a_failing_run_is_not_shortened_to_one_about_something_else() -> None:
    assert shortest(failure(COMMANDS, "R-10"), lambda commands, _: failure(commands, "R-16")).commands == COMMANDS


def test_an_act_about_a_message_that_was_never_sent_is_left_out() -> None:
    with own_target(load_named("demo")) as target, target.client() as client:
        runner = OracleRunner(Caller(client, target), RunCounts())

        assert not runner.do(3, Reading("102", Copy(0, "102")))
        assert runner.steps == []


def test_a_server_that_breaks_off_is_a_disagreement_too() -> None:
    class Broken(Caller):
        def call(self, *_: object, **__: object) -> None:  # type: ignore[override]
            raise NoAnswer("no answer from there: gone")

    with own_target(load_named("demo")) as target, target.client() as client:
        runner = OracleRunner(Broken(client, target), RunCounts())
        with pytest.raises(Disagreement) as raised:
            runner.do(0, PageCommand("101", ("102",)))

    assert raised.value.differences[0].came == "no answer from there: gone"
    assert raised.value.steps[0].exchange is None


# --- texts ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("limit", [1000, 1024])
def test_texts_reach_the_limit_and_go_beyond_it(limit: int) -> None:
    units = [len(make("#12 ").encode("utf-16-le")) // 2 for make in around(limit)]

    assert [count for count in units if count > 20] == [limit] * 3 + [limit + 1] * 2 + [limit + 2]
    assert short()("#1 ") == "#1 Hello"
