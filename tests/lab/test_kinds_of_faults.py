"""Every list of the kinds of faults has all of them: the fixture, the control API, the inspector, the guide."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from ringmock.lab.faults import Mishap, Spoiled

ROOT = Path(__file__).parents[2]
KINDS = {"answer": ("ANSWERS", list(Spoiled)), "notification": ("NOTIFICATIONS", list(Mishap))}


def in_the_fixtures_schema(key: str) -> list[str]:
    schema = json.loads((ROOT / "fixtures" / "account.schema.json").read_text(encoding="utf-8"))
    return next(found for found in enums_of(schema, key) if found)


def in_the_control_api(key: str) -> list[str]:
    text = (ROOT / "src" / "ringmock" / "control" / "openapi.yaml").read_text(encoding="utf-8")
    rule = yaml.safe_load(text)["components"]["schemas"]["FaultRule"]
    return next(found for found in enums_of(rule, key) if found)


def in_the_inspector(key: str) -> list[str]:
    script = (ROOT / "src" / "ringmock" / "inspector" / "static" / "world.js").read_text(encoding="utf-8")
    found = re.search(rf"^const {KINDS[key][0]} = (\[.*\]);$", script, re.MULTILINE)
    assert found is not None
    return json.loads(found[1])


def in_the_guide(key: str) -> list[str]:
    """The first column of the table whose head is the key."""
    page = (ROOT / "docs" / "how-to" / "lose-an-answer.md").read_text(encoding="utf-8")
    table = re.search(rf"^\| `{key}` \| .* \|\n\|---\|---\|\n((?:\|.*\n)*)", page, re.MULTILINE)
    assert table is not None
    return re.findall(r"^\| `(\w+)` \|", table[1], re.MULTILINE)


def enums_of(node: object, key: str) -> list[list[str]]:
    """The values of each property of this name, wherever it is."""
    if isinstance(node, list):
        return [found for each in node for found in enums_of(each, key)]
    if not isinstance(node, dict):
        return []
    own = [node[key]["enum"]] if isinstance(node.get(key), dict) and "enum" in node[key] else []
    return own + [found for each in node.values() for found in enums_of(each, key)]


@pytest.mark.parametrize("listed", [in_the_fixtures_schema, in_the_control_api, in_the_inspector, in_the_guide])
@pytest.mark.parametrize("key", KINDS)
def test_every_list_of_kinds_has_each_kind(key: str, listed: Callable[[str], list[str]]) -> None:
    assert listed(key) == KINDS[key][1]
