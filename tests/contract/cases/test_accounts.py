"""The bundled cases on accounts of another make: they run wherever the account has what they need, and pass."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from ringmock.contract.cases import Case, bundled_cases
from ringmock.contract.cases.binding import bind
from ringmock.contract.cases.lacking import Lack
from ringmock.contract.cases.report import failure_report
from ringmock.contract.cases.runner import CaseResult, run_case
from ringmock.fixture import load_fixture, load_named
from ringmock.serving.own_target import own_target
from ringmock.world.template import Template

pytestmark = pytest.mark.long

ACCOUNTS = Path(__file__).parent / "accounts"
CASES = bundled_cases()
AT_LEAST = 0.9


def about(generation: str) -> list[Case]:
    """Of the cases that are written once for all operations the first alone: the others speak of the same roles."""
    return [case for case in CASES if case.holds_in(generation) and case.is_first]


@pytest.mark.parametrize(
    ("account", "generation"),
    [("international", "2012"), ("overseas", "current"), ("busy", "2012")],
)
def test_on_an_account_of_another_make_nine_cases_of_ten_run_and_all_of_those_pass(
    account: str, generation: str
) -> None:
    results = list(run_on(load_fixture(ACCOUNTS / f"{account}.yaml", generation=generation), generation))
    failed = [failure_report(result.case, result.failure) for result in results if result.failure is not None]
    if failed:
        pytest.fail("\n\n".join(failed), pytrace=False)
    skipped = [result.skipped for result in results if result.skipped is not None]
    assert len(skipped) <= (1 - AT_LEAST) * len(results), "\n".join(skipped)


def test_on_an_account_of_two_people_who_page_each_other_whatever_runs_passes() -> None:
    results = list(run_on(load_fixture(ACCOUNTS / "pagers.yaml"), "2012"))
    failed = [failure_report(result.case, result.failure) for result in results if result.failure is not None]
    if failed:
        pytest.fail("\n\n".join(failed), pytrace=False)
    assert sum(result.passed for result in results) > 100


def run_on(template: Template, generation: str) -> Iterator[CaseResult]:
    with own_target(template) as target:
        yield from (run_case(case, target) for case in about(generation))


@pytest.mark.parametrize("account", ["international", "overseas", "busy", "carriers", "source-page"])
@pytest.mark.parametrize("generation", ["2012", "current"])
def test_what_keeps_a_case_from_running_is_told_with_lines_to_add(account: str, generation: str) -> None:
    lacks = lacks_of(account, generation)
    assert len(lacks) <= (1 - AT_LEAST) * len(about(generation))
    assert all(lack.sentence and lack.lines for lack in lacks.values())


@cache
def lacks_of(account: str, generation: str) -> dict[str, Lack]:
    """What the account lacks for those cases that cannot run on it, by what cases of one entry have in common."""
    file = ACCOUNTS / f"{account}.yaml"
    template = (
        load_fixture(file, generation=generation) if file.exists() else load_named(account, generation=generation)
    )
    bound = {case.group_name or case.name: bind(case, template) for case in about(generation)}
    return {name: found for name, found in bound.items() if isinstance(found, Lack)}


def runs_on(account: str, generation: str) -> int:
    """How many cases run there: of those written once for all operations, all when the first does."""
    lacking = lacks_of(account, generation)
    return sum(case.holds_in(generation) and (case.group_name or case.name) not in lacking for case in CASES)


@pytest.mark.parametrize("account", ["international", "overseas", "busy", "carriers", "source-page", "demo"])
def test_as_many_cases_run_in_todays_generation_as_in_that_of_2012(
    account: str, record_property: Callable[[str, object], None]
) -> None:
    counts = {name: runs_on(account, name) for name in ("2012", "current")}
    record_property("generations", f"{account}: " + ", ".join(f"{n} cases in {name}" for name, n in counts.items()))
    assert min(counts.values()) >= 0.95 * max(counts.values())


@pytest.mark.parametrize("generation", ["2012", "current"])
def test_no_case_is_about_a_fixture_by_its_name_or_about_an_extension_by_its_number(generation: str) -> None:
    assert {Path(case.file).name for case in about(generation) if case.account is not None} == set()
    called = {
        name
        for case in about(generation)
        for step in case.steps
        for name in (step.caller, *step.mailboxes)
        if isinstance(name, str)
    }
    assert not [name for name in called if name.isdigit()]


def test_no_case_speaks_of_what_the_demo_account_alone_has() -> None:
    """Its phone numbers, ids, clients and credentials: another account has others, and a case has roles for them.

    What is refused by every operation alike is asked for with the examples of openapi.yaml, which none of them reads.
    """
    own = only_in(load_named("demo"))
    told = {
        (case.name, text)
        for case in CASES
        if case.operation is None and case.account is None
        for text in texts_in([case.given, *(step.written for step in (*case.steps, *case.after))])
        if not own.isdisjoint(re.findall(r"[A-Za-z0-9-]+", text))
    }
    assert told == set()


def only_in(template: Template) -> frozenset[str]:
    """The texts by which a fixture's own things are named, as words."""
    account = template.account
    secrets = (
        secret for each in template.credentials.values() for secret in (each.jwt, each.password, each.access_token)
    )
    clients = (name for each in template.applications for name in (each.client_id, each.client_secret))
    ids = (str(extension.id) for extension in account.extensions.values())
    campaigns = (campaign for brand in template.brands for campaign in brand.campaigns)
    registered = (str(each.id) for each in (*template.brands, *campaigns))
    own = (str(account.id), account.main_number, *account.phone_numbers, *ids, *secrets, *clients, *registered)
    return frozenset(filter(None, own))


def texts_in(value: object) -> Iterator[str]:
    """Every text and number of a value from a case file, as text."""
    if isinstance(value, Mapping):
        yield from texts_in([*value.keys(), *value.values()])
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from texts_in(item)
    elif isinstance(value, (str, int)) and not isinstance(value, bool):
        yield str(value)


def test_the_demo_account_under_another_name_and_without_its_tokens_runs_the_same_cases(tmp_path: Path) -> None:
    text = (Path(__file__).parents[3] / "fixtures" / "accounts" / "demo.yaml").read_text(encoding="utf-8")
    lines = [
        line.partition(", access_token:")[0] + "}" if "access_token:" in line else line for line in text.split("\n")
    ]
    file = tmp_path / "acme.yaml"
    file.write_text("\n".join(lines), encoding="utf-8")
    acme, demo = load_fixture(file), load_named("demo")
    assert {each.access_token for each in acme.credentials.values()} == {None}
    runs = [case.name for case in CASES if not isinstance(bind(case, demo), Lack)]
    assert [case.name for case in CASES if not isinstance(bind(case, acme), Lack)] == runs
    bound = bind(CASES[0], acme)
    assert isinstance(bound, Case)
    assert bound.steps == replace(bound, steps=bind_steps(CASES[0], demo)).steps


def bind_steps(case: Case, template: Template) -> tuple:
    bound = bind(case, template)
    assert isinstance(bound, Case)
    return bound.steps
