"""The README's tables are made from what they describe. Run this file to write them."""

import json
import re
from collections.abc import Iterable
from pathlib import Path

import pytest

from ringmock.domain.event_filters import KNOWN_FILTERS
from ringmock.domain.generation import GENERATIONS
from ringmock.domain.rulebook import DECISIONS, RULEBOOK
from ringmock.fixture import load_named
from ringmock.openapi.document import load_contract, operations

README = Path(__file__).parents[1] / "README.md"


def table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [f"| {' | '.join(cells)} |" for cells in (head, *rows)]
    return "\n".join([lines[0], "|---" * len(head) + "|", *lines[1:]])


def rules() -> str:
    return table(("id", "sentence", "kept by"), ((rule.id, rule.sentence, f"`{rule.home}`") for rule in RULEBOOK))


def decisions() -> str:
    return table(("id", "question", "decision"), ((d.id, d.question, d.decision) for d in DECISIONS))


def demo_account() -> str:
    account = load_named("demo").account
    rows = []
    for extension in account.extensions.values():
        traits = [f"{extension.type}, {extension.status}"]
        traits += ["administrator"] if extension.administrator else []
        if extension.is_department:
            traits += [f"members {', '.join(extension.members)}" if extension.members else "no members"]
            traits += [f"manager {extension.manager}"]
        numbers = [f"{p.digits}: {', '.join(p.features) or 'none'}" for p in account.numbers_of(extension)]
        rows.append(
            (extension.number, str(extension.id), "; ".join(traits), extension.name, "; ".join(numbers) or "none")
        )
    return table(("ext", "id", "type, status", "name", "direct numbers: features"), rows)


def messaging_operations() -> str:
    here = operations_here()
    rows = []
    for area, names in PUBLISHED.items():
        told = [", ".join(f"`{name}`" for name in names if (name in here) is is_here) for is_here in (True, False)]
        rows.append((area, told[0] or "none", told[1] or "none"))
    return table(("area", "here", "not here"), rows)


def event_filters() -> str:
    rows = []
    for known in KNOWN_FILTERS:
        query = ", ".join(f"`{name}`" for name in known.parameters) or "none"
        rows.append((f"`{known.path}`", query, "events" if known.has_events else "taken, no events", known.source))
    return table(("filter", "parameters", "here", "known from"), rows)


def operations_here() -> set[str]:
    return {operation["operationId"] for _, _, operation in operations(load_contract())}


PUBLISHED: dict[str, list[str]] = json.loads(
    (Path(__file__).parent / "data" / "messaging_operations.json").read_text(encoding="utf-8")
)
"""The operations of RingCentral's messaging API and what it takes to use it, by area; a path where none is named."""

SECTIONS = {
    "rules": rules,
    "decisions": decisions,
    "demo account": demo_account,
    "messaging operations": messaging_operations,
    "event filters": event_filters,
}


def section_of(name: str) -> re.Pattern[str]:
    return re.compile(rf"(?<=<!-- {name} -->\n).*?(?=<!-- /{name} -->)", re.DOTALL)


@pytest.mark.parametrize("name", SECTIONS)
def test_the_generated_tables_are_up_to_date(name: str) -> None:
    (written,) = section_of(name).findall(README.read_text(encoding="utf-8"))
    assert written.strip() == SECTIONS[name]()


def test_every_operation_of_the_contract_is_in_the_table_of_operations_once() -> None:
    named = [name for names in PUBLISHED.values() for name in names]
    assert len(named) == len(set(named))
    assert operations_here() <= set(named)


@pytest.mark.parametrize("generation", GENERATIONS)
def test_every_generation_has_its_column(generation: str) -> None:
    assert f"| `{generation}` |" in README.read_text(encoding="utf-8")


def test_it_says_that_the_project_is_independent() -> None:
    assert "independent of RingCentral" in README.read_text(encoding="utf-8")


if __name__ == "__main__":
    text = README.read_text(encoding="utf-8")
    for name, make in SECTIONS.items():
        text = section_of(name).sub(lambda _, make=make: f"\n{make()}\n\n", text)
    README.write_text(text, encoding="utf-8")
