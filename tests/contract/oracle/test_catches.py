"""The oracle can fail: servers that break one rule each are caught, and the rule is named."""

import os

import pytest

from faults import FAULTS
from ringmock.contract.findings import Finding, Verdict
from ringmock.contract.options import Options
from ringmock.contract.oracle.part import run
from ringmock.contract.target import Target
from ringmock.fixture import load_named
from ringmock.serving.server import served
from support import needs

CAUGHT = [
    ("does_not_fan_out", "R-10"),
    ("pages_the_frozen", "R-18"),
    ("lets_the_removed_reply", "R-23"),
    ("removes_nobody", "R-22"),
    ("loses_what_arrives", "R-02"),
    ("leaks_to_the_next", "R-20"),
    ("drops_nothing", "R-16"),
    ("counts_code_points", "R-05"),
]

SAMPLE = ("does_not_fan_out", "pages_the_frozen", "loses_what_arrives")
"""What is tried elsewhere than in CI, where all of them are."""


@pytest.mark.long
@pytest.mark.parametrize(("name", "rule"), CAUGHT)
def test_a_server_that_breaks_a_rule_is_caught_and_the_rule_is_named(name: str, rule: str) -> None:
    needs(name in SAMPLE or os.environ.get("CI"), "the time for all faults", "CI=true takes it")
    (found,) = findings_of(name)

    assert found.verdict is Verdict.FAILED
    assert rule in found.keeps, found.detail
    assert rule in found.detail
    assert "expected" in found.detail
    assert found.reproduce.startswith("curl ")


def findings_of(name: str) -> list[Finding]:
    template = load_named("demo")
    with served(FAULTS[name].application(template)) as url:
        return list(run(Target(url, template, has_worlds=True), Options(seed=1, runs=600, steps=15)))
