"""What of the suite is wanted: words for cases, tags, operations, rules and parts."""

import pytest

from ringmock.contract.cases import bundled_case_files, load_cases
from ringmock.contract.parts import PARTS
from ringmock.contract.selection import Selection, WrongUse, operations_in

CASES = load_cases(bundled_case_files())
WHOLE = tuple(PARTS)
ONE = "A page to a list with a Frozen extension is refused and reaches nobody"


def names(selection: Selection) -> set[str]:
    return {case.name for case in CASES if selection.takes(case)}


def test_without_words_everything_is_wanted() -> None:
    assert len(names(Selection())) == len(CASES)
    assert Selection().parts(WHOLE) == WHOLE
    assert Selection().fuzzed(()) == ()


@pytest.mark.parametrize(
    ("word", "holds"),
    [
        ("R-19", lambda case: "R-19" in case.keeps),
        ("R-*", lambda case: any(kept.startswith("R-") for kept in case.keeps)),
        ("MSG-338", lambda case: "MSG-338" in case.keeps),
        ("threads", lambda case: case.file.endswith("/threads.yaml")),
        ("createMMS", lambda case: "createMMS" in operations_in(case)),
    ],
)
def test_a_word_of_a_rule_a_code_a_tag_or_an_operation_keeps_to_its_cases(word, holds) -> None:
    kept = names(Selection(only=(word,)))
    assert kept == {case.name for case in CASES if holds(case)}
    assert kept
    assert names(Selection(skip=(word,))) == {case.name for case in CASES} - kept


def test_a_case_is_named_by_its_name() -> None:
    assert names(Selection(only=(CASES[0].name,))) == {CASES[0].name}


def test_several_words_are_added_up_and_what_is_skipped_is_left_out_of_them() -> None:
    both = names(Selection(only=("R-18", "R-19")))
    assert both == names(Selection(only=("R-18",))) | names(Selection(only=("R-19",)))
    assert names(Selection(only=("R-18", "R-19"), skip=("R-18",))) == both - names(Selection(only=("R-18",)))


@pytest.mark.parametrize(
    ("selection", "parts"),
    [
        (Selection(only=("R-19",)), ("cases",)),
        (Selection(only=("createSMSMessage",)), ("cases", "fuzz")),
        (Selection(only=("fuzz",)), ("fuzz",)),
        (Selection(only=("stateful", "R-19")), ("cases", "stateful")),
        (Selection(skip=("fuzz",)), ("cases", "stateful")),
        (Selection(operations=("createSMSMessage",)), ("cases", "fuzz")),
    ],
)
def test_a_part_runs_that_has_something_of_what_is_wanted(selection: Selection, parts: tuple[str, ...]) -> None:
    assert selection.parts(WHOLE) == parts


def test_what_is_fuzzed_is_what_is_wanted_and_there() -> None:
    wanted = Selection(operations=("createSMSMessage", "createMMS"))
    assert wanted.fuzzed(["createMMS"]) == ("createSMSMessage",)
    assert "createMMS" not in Selection(skip=("createMMS",)).fuzzed(())


@pytest.mark.parametrize(
    ("word", "said"), [("R-1O", "did you mean 'R-"), ("createSMS", "did you mean"), ("R-99*", "names no")]
)
def test_a_word_that_names_nothing_is_refused_with_the_nearest(word: str, said: str) -> None:
    with pytest.raises(WrongUse, match=said):
        Selection(only=(word,)).check(CASES, WHOLE)
