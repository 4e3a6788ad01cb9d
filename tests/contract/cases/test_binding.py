"""Who plays a case's roles in an account, and how it is told what an account lacks for a case."""

from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from ringmock.contract.cases import Case, CaseFileError, parse_cases
from ringmock.contract.cases.binding import bind
from ringmock.contract.cases.lacking import Lack
from ringmock.fixture import load_fixture, load_named
from ringmock.world.template import Template

DEMO = load_named("demo")

FILE = """\
needs:
  boss: {type: User, administrator: true}
  sender: {type: User}
  colleague: {type: User, administrator: false}
  frozen: {type: User, status: Frozen}
  support: {type: Department, members: [sender, colleague]}
  empty: {type: Department, only_members: []}
  customer: {type: Handset}
  toll_free: {type: PhoneNumber, payment_type: TollFree, owner: colleague}
cases:
  - name: Something is kept
    keeps: [R-10]
    steps:
"""


def case_of(*steps: str) -> Case:
    (case,) = parse_cases(FILE + "".join(f"      - {step}\n" for step in steps))
    return case


def bound(*steps: str, template: Template = DEMO) -> Case:
    case = bind(case_of(*steps), template)
    assert isinstance(case, Case), case
    return case


def lack(template: Template, *steps: str) -> Lack:
    found = bind(case_of(*steps), template)
    assert isinstance(found, Lack)
    return found


def page(caller: str, to: str) -> str:
    body = f'{{to: [{{extensionNumber: "${{{to}.number}}"}}], text: Hello}}'
    return f"{{as: {caller}, when: {{operation: createInternalTextMessage, body: {body}}}, then: {{status: 200}}}}"


def test_a_role_is_played_by_the_first_extension_that_has_what_it_needs_and_by_nobody_else() -> None:
    (step,) = bound(page("sender", "colleague")).steps
    assert (step.caller, step.when) == (
        "101",
        {"operation": "createInternalTextMessage", "body": {"to": [{"extensionNumber": "102"}], "text": "Hello"}},
    )


def test_only_the_roles_that_a_case_speaks_of_are_looked_for() -> None:
    assert set(case_of(page("boss", "colleague")).needs) == {"boss", "colleague"}
    assert set(case_of(page("boss", "support")).needs) == {"boss", "sender", "colleague", "support"}


def test_mailboxes_handsets_outcomes_and_changes_take_roles_by_name() -> None:
    case = bound(
        "{change: {freeze: [colleague], members: {support: [sender]}, "
        "inbound: [{from: customer, to: [sender, colleague], text: Hi}]}}",
        "{mailboxes: {sender: [Hi]}, handsets: {customer: 1}}",
        page("boss", "support").removesuffix("}") + ", outcomes: {support: delivered R-03, sender: delivered R-10}}",
    )
    changed, looked, paged = case.steps
    assert changed.change == {
        "freeze": ["103"],
        "members": {"200": ["102"]},
        "inbound": [{"from": "14151003732", "to": ["16509100102", "16509100103"], "text": "Hi"}],
    }
    assert (looked.mailboxes, looked.handsets) == ({"102": ["Hi"]}, {"14151003732": 1})
    assert paged.outcomes == {"200": "delivered R-03", "102": "delivered R-10"}


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ("${sender.id}", 1346632010),
        ("${sender.id_text}", "1346632010"),
        ("${account.id}", 1346632010),
        ("/account/${account.id}/x", "/account/1346632010/x"),
        ("${sender.phone}", "16509100010"),
        ("${sender.e164}", "+16509100010"),
        ("~.*${sender.e164}", r"~.*\+16509100010"),
        ("${customer.phone}", "14151003732"),
        ("${toll_free.phone}", "18005550103"),
        ("${colleague.last_name}", "User"),
        ("${sender.jwt}", "demo-jwt-101"),
        ("${nobody.number}", "999"),
        ("${nobody.phone}", "16505550199"),
        ("${nobody.abroad}", "442071838750"),
        ("${kept}", "${kept}"),
    ],
)
def test_a_property_stands_where_its_name_is(said: str, found: str | int) -> None:
    step = f'{{as: nobody, when: {{operation: listMessages, headers: {{X-A: "{said}"}}}}, then: {{status: 200}}}}'
    keep = "{as: nobody, when: {operation: listMessages}, then: {status: 200}, keep: {kept: id}}"
    assert (bound(keep, step).steps[1].when or {})["headers"] == {"X-A": found}


def test_phone_numbers_are_written_in_the_shape_of_the_case() -> None:
    query = '{phoneNumber: "${sender.phone} ${sender.digits}"}'
    step = f"{{as: sender, when: {{operation: listMessages, query: {query}}}, then: {{status: 200}}}}"
    (written,) = parse_cases(
        FILE.replace("    steps:", "    given: {generation: current}\n    steps:") + f"      - {step}\n"
    )
    case = bind(written, load_named("demo", generation="current"))
    assert isinstance(case, Case)
    assert (case.steps[0].when or {})["query"] == {"phoneNumber": "+16509100010 16509100010"}


def test_a_department_gets_its_members_where_none_has_them_and_is_left_alone_where_one_does() -> None:
    assert bound(page("boss", "support")).given == {}
    alone = replace(DEMO, account=DEMO.account.with_extension(replace(DEMO.account.extensions["200"], members=())))
    assert bound(page("boss", "support"), template=alone).given == {"members": {"200": ["102", "103"]}}


def test_what_is_given_and_is_so_already_is_no_change_of_the_world() -> None:
    text = FILE.replace("    steps:\n", "    given: {freeze: [frozen], members: {empty: []}}\n    steps:\n")
    (case,) = parse_cases(text + "      - {mailboxes: {empty: [], frozen: []}}\n")
    found = bind(case, DEMO)
    assert isinstance(found, Case)
    assert found.given == {}


def without(*numbers: str) -> Template:
    extensions = {number: each for number, each in DEMO.account.extensions.items() if number not in numbers}
    phones = {digits: phone for digits, phone in DEMO.account.phone_numbers.items() if phone.mailbox in extensions}
    left = {
        number: replace(each, members=tuple(one for one in each.members if one in extensions))
        for number, each in extensions.items()
    }
    return replace(DEMO, account=replace(DEMO.account, extensions=left, phone_numbers=phones))


@pytest.mark.parametrize(
    ("template", "steps", "sentence"),
    [
        (without("104"), ("{mailboxes: {frozen: []}}",), "no extension is Frozen"),
        (without("200", "201", "202"), (page("sender", "support"),), "no extension is a Department"),
        (
            without("103", "108"),
            (page("boss", "support"),),
            "a Department's manager, beside 200 (support), 101 (boss), 102 (sender)",
        ),
        (without("103"), ('{handsets: {"${toll_free.phone}": []}}',), "that is toll-free"),
    ],
)
def test_what_is_missing_is_reported_in_a_sentence(template: Template, steps: tuple[str, ...], sentence: str) -> None:
    assert sentence in lack(template, *steps).sentence


@pytest.mark.parametrize(
    ("numbers", "step"),
    [
        (("104",), "{mailboxes: {frozen: []}}"),
        (("103", "108"), page("boss", "support")),
        (("200", "201", "202"), "{mailboxes: {empty: []}}"),
        (
            ("103",),
            '{handsets: {"${toll_free.phone}": []}}',
        ),
    ],
)
def test_with_the_lines_that_are_told_the_case_is_run(numbers: tuple[str, ...], step: str, tmp_path: Path) -> None:
    told = lack(without(*numbers), step)
    data = yaml.safe_load(Path("fixtures/accounts/demo.yaml").read_text(encoding="utf-8"))
    data["extensions"] = [each for each in data["extensions"] if each["number"] not in numbers]
    for each in data["extensions"]:
        each.update({"members": [one for one in each["members"] if one not in numbers]} if "members" in each else {})
    data["phone_numbers"] = [
        each for each in data["phone_numbers"] if not {each.get("owner"), each.get("assigned")} & set(numbers)
    ]
    for key, lines in yaml.safe_load(told.lines).items():
        data[key] += lines
    file = tmp_path / "mine.yaml"
    file.write_text(yaml.safe_dump(data), encoding="utf-8")
    assert isinstance(bind(case_of(step), load_fixture(file)), Case), told


@pytest.mark.parametrize("account", ["international", "overseas", "busy"])
def test_the_lines_to_add_number_an_extension_as_the_account_numbers_its_own(account: str) -> None:
    template = load_fixture(Path(__file__).parent / "accounts" / f"{account}.yaml")
    (case,) = parse_cases(
        FILE.replace("type: User, status: Frozen", "type: Room") + "      - {mailboxes: {frozen: []}}\n"
    )
    found = bind(case, template)
    assert isinstance(found, Lack)
    (added,) = yaml.safe_load(found.lines)["extensions"]
    assert added["number"] not in template.account.extensions
    assert len(added["number"]) in {len(number) for number in template.account.extensions}


@pytest.mark.parametrize(
    ("written", "instead", "mistake"),
    [
        ("as: sender", "as: sendr", "'sendr' is no role of `needs`: did you mean 'sender'?"),
        ("${colleague.number}", "${colleage.number}", "did you mean 'colleague'?"),
        ("${colleague.number}", "${colleague.numbr}", "colleague has no 'numbr': did you mean 'number'?"),
        ("members: [sender", "members: [sendr", "'sendr' is no other role: did you mean 'sender'?"),
        ("status: Frozen", "statsu: Frozen", "unknown key: did you mean 'status'?"),
        ("type: Handset", "type: Handset, status: Frozen", "'status' says nothing of a Handset"),
        ("customer: {", "nobody: {", "'nobody' stands for something else"),
    ],
)
def test_what_stands_for_nobody_is_refused_before_the_run_with_the_nearest_name(
    written: str, instead: str, mistake: str
) -> None:
    text = (FILE + f"      - {page('sender', 'colleague')}\n").replace(written, instead, 1)
    with pytest.raises(CaseFileError) as refused:
        parse_cases(text)
    assert mistake in str(refused.value)
