import importlib
import re
from pathlib import Path

import pytest

from ringmock.domain.rulebook import DECISIONS, RULEBOOK, Decision, Rule

TESTS = Path(__file__).parents[1]
SOURCE_PAGE = (TESTS / "data" / "messages_sms-and-pager.md").read_text(encoding="utf-8")
EVERYTHING = (*RULEBOOK, *DECISIONS)


def plain(text: str) -> str:
    """Without line breaks and doubled blanks, which carry no meaning in Markdown."""
    return re.sub(r"\s+", " ", text)


def prose() -> str:
    """The page without its examples and headings."""
    without_examples = re.sub(r"```.*?```", "", SOURCE_PAGE, flags=re.DOTALL)
    return plain(re.sub(r"^#.*$", "", without_examples, flags=re.MULTILINE))


@pytest.mark.parametrize("rule", RULEBOOK, ids=lambda rule: rule.id)
def test_every_rule_is_quoted_word_for_word(rule: Rule) -> None:
    assert rule.sentence in prose()


INTRODUCES_NO_RULE = (
    "There is a special `sms` API endpoint to create and send SMS messages. See example below.",
    "This allows setting up dedicated mailing lists within the organization.",
    "The endpoint `company-pager` is designed to handle pager messages.",
    "The example below demonstrates sending new pager messages via the API.",
    "The API supports pager messaging threads for the User extensions, including Department extensions.",
)


def test_no_sentence_of_the_page_is_left_out() -> None:
    rest = prose()
    for sentence in (*(rule.sentence for rule in RULEBOOK), *INTRODUCES_NO_RULE):
        rest = rest.replace(sentence, "")
    assert rest.strip() == ""


def test_rules_and_decisions_are_numbered_without_a_gap() -> None:
    assert [rule.id for rule in RULEBOOK] == [f"R-{n:02}" for n in range(1, 25)]
    assert [decision.id for decision in DECISIONS] == [f"D-{n:02}" for n in range(1, 15)]


@pytest.mark.parametrize("kept", EVERYTHING, ids=lambda kept: kept.id)
def test_every_home_exists(kept: Rule | Decision) -> None:
    found: object = importlib.import_module("ringmock")
    path = "ringmock"
    for name in kept.home.split("."):
        path += f".{name}"
        try:
            found = importlib.import_module(path)
        except ModuleNotFoundError:
            found = getattr(found, name)
    assert found is not None


@pytest.mark.parametrize("kept", EVERYTHING, ids=lambda kept: kept.id)
def test_every_rule_and_decision_has_a_test_named_after_it(kept: Rule | Decision) -> None:
    name = kept.id.replace("-", "").lower()
    sources = "\n".join(path.read_text(encoding="utf-8") for path in TESTS.rglob("test_*.py"))
    assert re.search(rf"def test_(?:[rd]\d\d_)*{name}_", sources)
