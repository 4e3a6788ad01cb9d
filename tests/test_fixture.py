"""Account fixtures: the bundled ones to the letter, and every mistake with its line and what would pass."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from textwrap import dedent
from time import process_time
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from ringmock.domain import errors
from ringmock.domain.account import ExtensionStatus, ExtensionType, Feature, UsageType, is_e164
from ringmock.domain.generation import GENERATIONS
from ringmock.domain.message import MessageType
from ringmock.domain.message_store import InMemoryMessageStore
from ringmock.fixture import MAX_CHAIN, FixtureError, bundled_names, load_fixture, load_named, sources_of
from ringmock.fixture_checks import WORDING
from ringmock.resources import bundled
from ringmock.template import ClockStart, Credentials, IdStart, Template
from ringmock.worlds import Worlds
from ringmock.yaml_source import Problem

HEAD = """\
account: {id: 7, main_number: "16509100001"}
extensions:
  - {number: "101", id: 1, type: User}
  - {number: "102", id: 2, type: User, status: Frozen}
  - {number: "107", id: 3, type: Announcement}
  - {number: "200", id: 4, type: Department, members: ["101"], manager: "101"}
  - {number: "201", id: 5, type: Department}
phone_numbers:
  - {number: "16509100101", owner: "101", features: [SmsSender]}
  - {number: "16509100102", owner: "102"}
"""
"""Ten lines without a mistake; what a test adds begins in line 11."""


class Files:
    """A folder to write fixtures into and load them from; problems name the files without the folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def write(self, text: str, name: str = "my.yaml") -> Path:
        path = self.folder / name
        path.write_text(text, encoding="utf-8")
        return path

    def load(self, text: str) -> Template:
        return load_fixture(self.write(text))

    def refused(self, text: str) -> list[str]:
        with pytest.raises(FixtureError) as caught:
            self.load(text)
        return str(caught.value).replace(f"{self.folder}/", "").splitlines()


@pytest.fixture
def files(tmp_path: Path) -> Files:
    return Files(tmp_path)


def schema() -> Any:
    return json.loads(bundled("fixtures", "account.schema.json").read_text(encoding="utf-8"))


# --- the bundled accounts ----------------------------------------------------------------------------

# number, id, type, status, administrator, name, members, manager, direct number, its features
DEMO = [
    (
        "101",
        1346632010,
        "User",
        "Enabled",
        True,
        "Administrator",
        (),
        None,
        "16509100010",
        ["SmsSender", "MmsSender", "CallerId"],
    ),
    (
        "102",
        1346632102,
        "User",
        "Enabled",
        False,
        "Second User",
        (),
        None,
        "16509100102",
        ["SmsSender", "MmsSender", "CallerId"],
    ),
    (
        "103",
        1346632103,
        "User",
        "Enabled",
        False,
        "Third User",
        (),
        None,
        "16509100103",
        ["SmsSender", "MmsSender", "CallerId"],
    ),
    ("104", 1346632104, "User", "Frozen", False, "Frozen User", (), None, "16509100104", ["SmsSender"]),
    ("105", 1346632105, "User", "Disabled", False, "Disabled User", (), None, "16509100105", ["SmsSender"]),
    ("106", 1346632106, "Voicemail", "Enabled", False, "Messages Only", (), None, "16509100106", ["SmsSender"]),
    ("107", 1346632107, "Announcement", "Enabled", False, "Opening Hours", (), None, "16509100107", []),
    ("108", 1346632108, "User", "Enabled", False, "Voice Only", (), None, "16509100108", ["CallerId"]),
    (
        "200",
        1346632200,
        "Department",
        "Enabled",
        False,
        "Support",
        ("102", "103", "104", "105"),
        "101",
        "16509100200",
        ["SmsSender"],
    ),
    ("201", 1346632201, "Department", "Enabled", False, "Empty", (), "101", None, None),
    ("202", 1346632202, "Department", "Enabled", False, "Night Shift", ("104", "105"), "101", None, None),
]


@pytest.mark.parametrize("row", DEMO, ids=lambda row: row[0])
def test_each_extension_of_the_demo_account_is_as_documented(row: tuple[Any, ...]) -> None:
    template = load_named("demo")
    e = template.account.extensions[row[0]]
    said = (e.number, e.id, e.type, e.status, e.administrator, e.name, e.members, e.manager)
    assert said == row[:8]
    numbers = [(p.digits, list(p.features), p.usage_type) for p in template.account.numbers_of(e)]
    assert numbers == ([] if row[8] is None else [(row[8], row[9], UsageType.DIRECT_NUMBER)])
    assert template.credentials[e.number] == Credentials(None, "Secret-1", f"demo-jwt-{row[0]}", f"demo-{row[0]}")


def test_the_rest_of_the_demo_account_is_as_documented() -> None:
    template = load_named("demo")
    account = template.account
    assert list(account.extensions) == [row[0] for row in DEMO]
    assert list(account.phone_numbers) == ["16509100001", *(row[8] for row in DEMO if row[8])]
    assert (account.id, account.main_number) == (1346632010, "16509100001")
    main = account.phone_numbers[account.main_number]
    assert (main.owner, main.features, main.usage_type) == (None, (), UsageType.MAIN_COMPANY_NUMBER)
    assert account.handsets == ("14151003732", "14151003733")
    assert [(a.client_id, a.client_secret) for a in template.applications] == [("ringmock", "ringmock-secret")]
    assert (template.name, template.generation, template.messages) == ("demo", "2012", ())
    assert (template.clock, template.ids) == (ClockStart(), IdStart())


def test_the_source_page_is_the_demo_account_at_a_moment_that_stands_still() -> None:
    demo, page = load_named("demo"), load_named("source-page")
    assert page.account == demo.account
    assert page.credentials == demo.credentials
    assert page.applications == demo.applications
    assert page.clock == ClockStart(datetime(2012, 10, 16, 6, 34, 58, tzinfo=UTC), frozen=True)
    assert page.ids == IdStart(320270670010, 2000000, 4178398077955743750)
    assert (page.name, page.messages) == ("source-page", ())


def test_both_are_bundled_and_can_be_loaded_by_path_too() -> None:
    assert bundled_names() == ("demo", "source-page")
    for name in bundled_names():
        assert load_fixture(Path(str(bundled("fixtures", "accounts", f"{name}.yaml")))) == load_named(name)


def test_the_files_of_a_fixture_are_known() -> None:
    assert [path.name for path in sources_of("source-page")] == ["source-page.yaml", "demo.yaml"]
    assert sources_of("no such thing") == ()


# --- the schema --------------------------------------------------------------------------------------


def test_the_schema_is_one() -> None:
    Draft202012Validator.check_schema(schema())


@pytest.mark.parametrize("name", ["demo", "source-page"])
def test_editors_accept_the_bundled_files_as_they_stand(name: str) -> None:
    text = bundled("fixtures", "accounts", f"{name}.yaml").read_text(encoding="utf-8")
    assert list(Draft202012Validator(schema()).iter_errors(yaml.safe_load(text))) == []


def test_every_object_of_the_schema_is_closed_and_every_key_described() -> None:
    def parts(part: Any) -> Iterator[Any]:
        if isinstance(part, dict):
            yield part
        for child in part.values() if isinstance(part, dict) else part if isinstance(part, list) else ():
            yield from parts(child)

    objects = [part for part in parts(schema()) if part.get("type") == "object"]
    assert len(objects) == 9
    for part in objects:
        assert part["additionalProperties"] is False
        assert [key for key, said in part["properties"].items() if "description" not in said] == []
        assert [key for key in part["properties"] if key != key.lower()] == []


@pytest.mark.parametrize(
    ("definition", "key", "words"),
    [
        ("extension", "type", list(ExtensionType)),
        ("extension", "status", list(ExtensionStatus)),
        ("account_number", "usage_type", list(UsageType)),
        ("message", "type", list(MessageType)),
    ],
)
def test_the_schema_knows_the_words_of_the_domain(definition: str, key: str, words: list[str]) -> None:
    assert schema()["$defs"][definition]["properties"][key]["enum"] == words


def test_the_schema_knows_features_and_generations() -> None:
    assert schema()["$defs"]["account_number"]["properties"]["features"]["items"]["enum"] == list(Feature)
    assert schema()["properties"]["generation"]["enum"] == list(GENERATIONS)


@pytest.mark.parametrize("number", ["1234567", "+123456789012345", "123456", "1234567890123456", "0123456789", "+"])
def test_the_schema_and_the_domain_agree_on_phone_numbers(number: str) -> None:
    validator = Draft202012Validator({"$ref": "#/$defs/phone_number", "$defs": schema()["$defs"]})
    assert validator.is_valid(number) is is_e164(number)


# --- what a fixture says -----------------------------------------------------------------------------


def test_the_least_fixture_has_an_account_and_an_extension(files: Files) -> None:
    template = files.load(
        'account: {id: 7, main_number: "+16509100001"}\nextensions: [{number: "1", id: 1, type: User}]'
    )
    assert template.name == "my"
    assert template.account.main_number == "16509100001"
    assert template.account.extensions["1"].status is ExtensionStatus.ENABLED
    assert template.credentials == {}


def test_a_main_number_that_is_not_listed_comes_first(files: Files) -> None:
    numbers = files.load(HEAD).account.phone_numbers
    assert list(numbers) == ["16509100001", "16509100101", "16509100102"]
    assert numbers["16509100001"].usage_type is UsageType.MAIN_COMPANY_NUMBER


def test_phone_numbers_are_kept_as_digits_and_typed_by_their_owner(files: Files) -> None:
    numbers = files.load(HEAD + '  - {number: "+16509100300"}\nhandsets: ["+14151003732"]').account
    assert numbers.handsets == ("14151003732",)
    assert numbers.phone_numbers["16509100300"].usage_type is UsageType.COMPANY_NUMBER
    assert numbers.phone_numbers["16509100101"].usage_type is UsageType.DIRECT_NUMBER


def test_phone_number_ids_are_as_given_or_made_and_never_the_same(files: Files) -> None:
    made = 16509100101004
    text = HEAD + f'  - {{number: "16509100300", id: {made}}}'
    ids = {p.digits: p.id for p in files.load(text).account.phone_numbers.values()}
    assert ids["16509100300"] == made
    assert ids["16509100101"] == made + 1
    assert len(set(ids.values())) == 4
    assert {p.digits: p.id for p in files.load(text).account.phone_numbers.values()} == ids


def test_whatever_a_fixture_can_say_comes_through(files: Files) -> None:
    template = files.load(
        HEAD.replace(
            "id: 1, ", "id: 1.0, credentials: {user_name: me@example.com, password: p, jwt: j, access_token: t}, "
        )
        + dedent("""\
            applications: [{client_id: public}]
            generation: current
            clock: {now: 2026-01-02T03:04:05.5+01:00}
            ids: {message_step: 1}
            messages:
              - {type: Pager, from: "101", to: ["200"], text: One, name: one, created: 2026-01-01T00:00:00Z, read: true}
              - {type: Pager, from: "101", reply_on: one, text: Two}
              - {type: SMS, from: "+14151003732", to: ["+16509100101"], text: Three}
            """)
    )
    assert template.credentials == {"101": Credentials("me@example.com", "p", "j", "t")}
    assert type(template.account.extensions["101"].id) is int
    assert template.applications[0].client_secret is None
    assert template.generation == "current"
    assert template.clock.now == datetime(2026, 1, 2, 2, 4, 5, 500000, tzinfo=UTC)
    assert template.ids == IdStart(message_step=1)
    assert [(seed.sender, seed.recipients, seed.read) for seed in template.messages] == [
        ("101", ("200",), True),
        ("101", (), False),
        ("14151003732", ("16509100101",), False),
    ]
    assert template.messages[0].created == datetime(2026, 1, 1, tzinfo=UTC)
    assert template.messages[1].reply_on == template.messages[0].name == "one"
    store = Worlds(template).default.messages
    assert isinstance(store, InMemoryMessageStore)
    assert len(store) == 5  # each page for 101 and for 200, and the SMS


# --- mistakes ----------------------------------------------------------------------------------------


def test_the_mistake_of_the_manual_reads_as_in_the_manual(files: Files) -> None:
    assert files.refused(HEAD.replace("status: Frozen", "status: Froze")) == [
        "my.yaml:4: extensions[1].status: 'Froze' is not one of Enabled, Disabled, Frozen, NotActivated, Unassigned"
    ]


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ('number: "101"', "number: 101", '3: extensions[0].number: 101 is a number here: quote it, "101"'),
        (
            'number: "16509100101"',
            "number: +16509100101",
            '9: phone_numbers[0].number: +16509100101 is a number here: quote it, "+16509100101"',
        ),
        (
            '"101", id: 1',
            "0101, id: 1",
            "3: extensions[0].number: 0101 is not an extension number: 1 to 6 digits in quotes, the first not 0",
        ),
        (
            '"101", id: 1',
            '"1234567", id: 1',
            "3: extensions[0].number: '1234567' is not an extension number: 1 to 6 digits in quotes, the first not 0",
        ),
        (
            '"16509100001"',
            '"1650"',
            "1: account.main_number: '1650' is not an E.164 phone number: 7 to 15 digits in quotes, the first not 0,"
            " with or without +",
        ),
        (
            '"16509100001"',
            '"16509100001\\n"',
            "1: account.main_number: '16509100001\\n' is not an E.164 phone number: 7 to 15 digits in quotes,"
            " the first not 0, with or without +",
        ),
        ("id: 7", 'id: "7"', "1: account.id: '7' is text here: write it without quotes, 7"),
        ("id: 7", "id: 0", "1: account.id: 0 is not a whole number from 1 to 9223372036854775807"),
        (
            "id: 7",
            f"id: {1 << 63}",
            "1: account.id: 9223372036854775808 is not a whole number from 1 to 9223372036854775807",
        ),
        ("id: 7", "id: 7.5", "1: account.id: 7.5 is not a whole number"),
        ("id: 7", "id: .nan", "1: account.id: nan is not a whole number"),
        ("id: 7", "id: true", "1: account.id: true is not a whole number"),
        ("id: 7", "id: ~", "1: account.id: nothing stands here, where a whole number is wanted"),
        ("id: 7", "idd: 7", "1: account: id is missing: the account's id, such as 1346632010"),
        ("id: 1,", "id: 1, name: true,", '3: extensions[0].name: true is a boolean here: quote it, "true"'),
        ("id: 1,", "id: 1, administrator: yes,", "3: extensions[0].administrator: 'yes' is not true or false"),
        ("id: 1,", "id: 1, statsu: Enabled,", "3: extensions[0].statsu: unknown key: did you mean 'status'?"),
        (
            "id: 7",
            "id: 7, zip: x",
            "1: account.zip: unknown key: known here are id, main_number",
        ),
        ("id: 1,", "id: 1, credentials: x,", "3: extensions[0].credentials: 'x' is not a mapping of keys to values"),
        (
            "id: 1,",
            "id: 1, credentials: {password: ''},",
            "3: extensions[0].credentials.password: '' is not a text of at least one character",
        ),
        ("[SmsSender]", "[SmsSender, SmsSender]", "9: phone_numbers[0].features[1]: 'SmsSender' is listed twice"),
        (
            "[SmsSender]",
            "[SMSSender]",
            "9: phone_numbers[0].features[0]: 'SMSSender' is not one of CallerId, SmsSender, A2PSmsSender, MmsSender,"
            " InternationalSmsSender, Delegated",
        ),
        ('members: ["101"]', 'members: "101"', "6: extensions[3].members: '101' is not a list"),
    ],
)
def test_what_does_not_fit_the_schema_is_told(files: Files, before: str, after: str, told: str) -> None:
    assert f"my.yaml:{told}" in files.refused(HEAD.replace(before, after, 1))


@pytest.mark.parametrize(
    ("added", "told"),
    [
        ("generation: 2012", '11: generation: 2012 is a number here: quote it, "2012"'),
        ("generation: 2013", "11: generation: '2013' is not one of 2012, current"),
        ("clok: {}", "11: clok: unknown key: did you mean 'clock'?"),
        (
            "clock: {now: 2012-10-16}",
            "11: clock.now: '2012-10-16' is not a date and time with its zone, such as 2012-10-16T06:34:58Z",
        ),
        (
            "clock: {now: 2012-02-30T00:00:00Z}",
            "11: clock.now: '2012-02-30T00:00:00Z' is not a date and time with its zone, such as 2012-10-16T06:34:58Z",
        ),
        ("ids: {message_step: 0}", "11: ids.message_step: 0 is not a whole number from 1 to 9223372036854775807"),
        (
            "applications: [{client_id: 'a b'}]",
            "11: applications[0].client_id: 'a b' is not a client id: 1 to 64 letters, digits, dots,"
            " underscores, tildes and hyphens",
        ),
        (
            "messages: [{type: Pager, from: '101', text: Hi}]",
            "11: messages[0]: to is missing: a list of extension numbers (Pager) or of one phone number (SMS)",
        ),
        (
            "messages: [{type: Pager, from: '101', to: [], text: Hi}]",
            "11: messages[0].to: the list is too short: at least 1 wanted",
        ),
        (
            "messages: [{type: Fax, from: '101', to: ['102'], text: Hi}]",
            "11: messages[0].type: 'Fax' is not one of SMS, Pager",
        ),
    ],
)
def test_what_does_not_fit_the_rest_of_the_schema_is_told(files: Files, added: str, told: str) -> None:
    assert files.refused(HEAD + added) == [f"my.yaml:{told}"]


ALL = "there are 101, 102, 107, 200, 201"


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        (
            'members: ["101"]',
            'members: ["101", "109"]',
            f"6: extensions[3].members[1]: '109' is no extension of this account: {ALL}",
        ),
        (
            'members: ["101"]',
            'members: ["107"]',
            "6: extensions[3].members[0]: '107' is of type Announcement: a member is of type User or Voicemail",
        ),
        (
            'members: ["101"]',
            'members: ["201"]',
            "6: extensions[3].members[0]: '201' is of type Department: a member is of type User or Voicemail",
        ),
        ('members: ["101"]', 'members: ["101", "101"]', "6: extensions[3].members[1]: '101' is listed twice"),
        ('manager: "101"', 'manager: "300"', f"6: extensions[3].manager: '300' is no extension of this account: {ALL}"),
        (
            'manager: "101"',
            'manager: "200"',
            "6: extensions[3].manager: '200' is of type Department: a manager is somebody's extension",
        ),
        (
            "id: 1, type: User",
            "id: 1, type: User, members: []",
            "3: extensions[0].members: only a Department has members, and this is of type User",
        ),
        (
            "id: 1, type: User",
            'id: 1, type: User, manager: "102"',
            "3: extensions[0].manager: only a Department has a manager, and this is of type User",
        ),
        ('number: "102"', 'number: "101"', "4: extensions[1].number: '101' is the number of extensions[0] already"),
        ("id: 2", "id: 1", "4: extensions[1].id: 1 is the id of extensions[0] already"),
        ('owner: "102"', 'owner: "999"', f"10: phone_numbers[1].owner: '999' is no extension of this account: {ALL}"),
        (
            '"16509100102"',
            '"+16509100101"',
            "10: phone_numbers[1].number: '+16509100101' is the number of phone_numbers[0] already",
        ),
        ('"16509100102"', '"+16509100001"', "10: phone_numbers[1].owner: the main number has no owner: leave it out"),
        (
            ', owner: "102"',
            ", usage_type: DirectNumber",
            "10: phone_numbers[1].usage_type: a DirectNumber has an owner: the number of an extension",
        ),
        (
            ', owner: "102"',
            ", usage_type: MainCompanyNumber",
            "10: phone_numbers[1].usage_type: only account.main_number, '16509100001', is a MainCompanyNumber",
        ),
        (
            '"16509100102", owner: "102"',
            '"16509100001", usage_type: CompanyNumber',
            "10: phone_numbers[1].usage_type: CompanyNumber stands here for account.main_number, where"
            " MainCompanyNumber is wanted",
        ),
    ],
)
def test_what_names_nothing_or_the_wrong_thing_is_told(files: Files, before: str, after: str, told: str) -> None:
    assert f"my.yaml:{told}" in files.refused(HEAD.replace(before, after, 1))


@pytest.mark.parametrize(
    ("added", "told"),
    [
        (
            'handsets: ["16509100101"]',
            "11: handsets[0]: '16509100101' is a number of the account: a handset is a phone outside of it",
        ),
        (
            'handsets: ["+16509100001"]',
            "11: handsets[0]: '+16509100001' is a number of the account: a handset is a phone outside of it",
        ),
        (
            'handsets:\n- "14151003732"\n- "+14151003732"',
            "13: handsets[1]: '+14151003732' is the number of handsets[0] already",
        ),
        (
            "applications:\n- {client_id: a}\n- {client_id: a, client_secret: b}",
            "13: applications[1].client_id: 'a' is the client id of applications[0] already",
        ),
        (
            '  - {number: "16509100300", id: 5}\n  - {number: "16509100301", id: 5}',
            "12: phone_numbers[3].id: 5 is the id of phone_numbers[2] already",
        ),
    ],
)
def test_what_is_there_twice_is_told(files: Files, added: str, told: str) -> None:
    assert files.refused(HEAD + added) == [f"my.yaml:{told}"]


@pytest.mark.parametrize(
    ("key", "words"), [("jwt", "the JWT"), ("access_token", "the access token"), ("user_name", "the user name")]
)
def test_nobody_shares_what_one_signs_in_with(files: Files, key: str, words: str) -> None:
    given = f"type: User, credentials: {{{key}: same}}"
    assert files.refused(HEAD.replace("type: User", given)) == [
        f"my.yaml:4: extensions[1].credentials.{key}: 'same' is {words} of extensions[0] already"
    ]


def test_passwords_may_be_the_same(files: Files) -> None:
    assert len(files.load(HEAD.replace("type: User", "type: User, credentials: {password: same}")).credentials) == 2


@pytest.mark.parametrize("name", ["16509100101", "+16509100001", "16509100001*102"])
def test_a_user_name_cannot_take_the_place_of_a_phone_number(files: Files, name: str) -> None:
    given = f"id: 2, credentials: {{user_name: '{name}'}}"
    assert files.refused(HEAD.replace("id: 2", given)) == [
        f"my.yaml:4: extensions[1].credentials.user_name: '{name}' is a number of the account:"
        " leave it out, it works anyway"
    ]


# --- seeded messages ---------------------------------------------------------------------------------

A_PAGE = "- {type: Pager, from: '101', to: ['101'], text: Hi, name: page}\n"
AN_SMS = "- {type: SMS, from: '14151003732', to: ['16509100101'], text: Hi, name: sms}\n"


@pytest.mark.parametrize(
    ("seed", "told"),
    [
        (
            "{type: Pager, from: '101', to: ['101', '102'], text: Hi}",
            ".to[1]: '102' is Disabled or Frozen and cannot be paged (R-18)",
        ),
        ("{type: Pager, from: '101', to: ['300'], text: Hi}", ".to[0]: '300' is no extension of this account (R-08)"),
        (
            "{type: Pager, from: '101', to: ['107'], text: Hi}",
            ".to[0]: '107' cannot receive pages: User, Voicemail and Department can (R-03)",
        ),
        (
            "{type: Pager, from: '101', to: ['201'], text: Hi}",
            ".to[0]: the Department '201' has no members to page (D-07)",
        ),
        (
            "{type: Pager, from: '200', to: ['101'], text: Hi}",
            ".from: '200' is a Department: pages come from other extensions (R-14)",
        ),
        ("{type: Pager, from: '999', to: ['101'], text: Hi}", ".from: '999' is no extension of this account"),
        (
            f"{{type: Pager, from: '101', to: ['101'], text: {'x' * 1025}}}",
            ".text: the text is longer than 1024 UTF-16 units (R-04)",
        ),
        (
            f"{{type: SMS, from: '16509100101', to: ['14151003732'], text: {'x' * 1001}}}",
            ".text: the text is longer than 1000 UTF-16 units (R-04)",
        ),
        (
            "{type: SMS, from: '16509100102', to: ['14151003732'], text: Hi}",
            ".from: '16509100102' lacks the feature SmsSender (R-13)",
        ),
        (
            "{type: SMS, from: '16509100001', to: ['14151003732'], text: Hi}",
            ".from: '16509100001' is neither an extension's phone number nor a phone outside the account",
        ),
        (
            "{type: SMS, from: '14151003732', to: ['14151003733'], text: Hi}",
            ".to[0]: '14151003733' is no number of the account, and a phone outside can write to no other",
        ),
        (
            "{type: SMS, from: '16509100101', to: ['101'], text: Hi}",
            ".to[0]: '101' is an extension number: an SMS goes to a phone number (R-07)",
        ),
        (
            "{type: SMS, from: '16509100101', to: ['911'], text: Hi}",
            ".to[0]: '911' is too short: an SMS goes to a phone number (R-07)",
        ),
        (
            "{type: SMS, from: '16509100101', to: ['0123456789'], text: Hi}",
            ".to[0]: '0123456789' is no full phone number: 7 to 15 digits, the first not 0",
        ),
        (
            "{type: SMS, from: '16509100101', to: ['442071234567'], text: Hi}",
            ".to[0]: '442071234567' is abroad: the sender's number needs the feature InternationalSmsSender",
        ),
        (
            "{type: SMS, from: '16509100101', to: ['14151003732', '14151003733'], text: Hi}",
            ".to: an SMS goes to one phone number: write a message for each (R-07)",
        ),
        (
            "{type: SMS, from: '14151003732', to: ['16509100101', '16509100102'], text: Hi}",
            ".to: an SMS goes to one phone number: write a message for each (R-07)",
        ),
        (
            "{type: Pager, from: '101', reply_on: pgae, text: Hi}",
            ".reply_on: 'pgae' is no earlier message: give one of those before it this name",
        ),
        ("{type: Pager, from: '101', reply_on: sms, text: Hi}", ".reply_on: 'sms' is an SMS: a Pager answers a Pager"),
        (
            "{type: SMS, from: '16509100101', reply_on: sms, to: ['14151003732'], text: Hi}",
            ".reply_on: only a Pager answers another: leave it out",
        ),
        (
            "{type: Pager, from: '102', reply_on: page, text: Hi}",
            ".reply_on: the sender was not sent that message: answer as one who was (D-11)",
        ),
        (
            "{type: Pager, from: '101', reply_on: page, to: ['102'], text: Hi}",
            ".to[0]: '102' takes no part in the conversation: leave it out (D-06)",
        ),
        (
            "{type: Pager, from: '101', to: ['101'], text: Hi, name: page}",
            ".name: 'page' is the name of messages[0] already",
        ),
    ],
)
def test_a_message_that_the_rules_refuse_is_told(files: Files, seed: str, told: str) -> None:
    assert files.refused(f"{HEAD}messages:\n{A_PAGE}{AN_SMS}- {seed}\n") == [f"my.yaml:14: messages[2]{told}"]


def test_a_page_to_a_department_with_inactive_members_is_a_message_like_any_other(files: Files) -> None:
    seed = "messages: [{type: Pager, from: '101', to: ['200'], text: Hi}]"
    assert len(files.load(HEAD.replace('members: ["101"]', 'members: ["102"]') + seed).messages) == 1


def test_every_refusal_that_a_seed_can_meet_has_its_words() -> None:
    cannot_come = {
        errors.InvalidParameter,  # worded by its parameter
        errors.SeveralRefusals,
        errors.NotFound,
        errors.ParameterNotFound,
        errors.SenderNumberUnknown,
        errors.SenderNumberOfAnother,
        errors.PagerToPhoneNumber,
        errors.RecipientIdAndNumberDisagree,
        errors.SenderNumberMismatch,
        errors.SenderIdMismatch,
        errors.ThreadNotAccessible,
        errors.AnotherExtension,
        errors.PermissionDenied,
    }
    every = {
        each
        for each in vars(errors).values()
        if isinstance(each, type) and issubclass(each, errors.Refusal) and each is not errors.Refusal
    }
    assert set(WORDING) == every - cannot_come


GROUP = "messages: [{type: SMS, from: '16509100101', to: ['14151003732', '14151003733'], text: Hi}]"


def test_seeds_are_checked_beside_a_main_number_that_is_none(files: Files) -> None:
    seed = "messages: [{type: Pager, from: '101', to: ['102'], text: Hi}]"
    assert files.refused(HEAD.replace('"16509100001"', "main") + seed) == [
        "my.yaml:1: account.main_number: 'main' is not an E.164 phone number: 7 to 15 digits in quotes,"
        " the first not 0, with or without +",
        "my.yaml:11: messages[0].to[0]: '102' is Disabled or Frozen and cannot be paged (R-18)",
    ]


def test_the_generation_decides_what_a_seed_may_do(files: Files) -> None:
    group = HEAD.replace("[SmsSender]", "[SmsSender, MmsSender]") + GROUP
    files.refused(group)
    assert files.load(f'{group}\ngeneration: "current"').messages
    assert load_fixture(files.write(group), generation="current").generation == "current"
    with pytest.raises(FixtureError, match="an SMS goes to one phone number"):
        load_fixture(files.write(f'{group}\ngeneration: "current"'), generation="2012")


# --- all at once -------------------------------------------------------------------------------------


def test_everything_is_told_at_once_in_the_order_of_the_lines(files: Files) -> None:
    told = files.refused(
        dedent("""\
            account: {id: "7", main_number: 16509100001}
            account: {}
            extensions:
              - {number: 101, id: 1, type: User}
              - {number: "101", id: 1, type: Usr}
              - {number: "200", id: 3, type: Department, members: ["101", "999"]}
              - {number: "103", id: 4, type: User}
              - what
            phone_numbers:
              - {number: "16509100103", owner: "103", features: [SmsSender]}
              - {number: "16509100103", owner: "104"}
              - {usage_type: 3, features: 4}
            handsets: [14151003732, "16509100103"]
            messages:
              - {type: Pager, from: "103", to: ["300"], text: Hi}
              - {type: Pager, from: "103", to: ["200"], text: "Hi, though nobody knows who is in it"}
              - {type: SMS, from: "16509100103", to: ["911"], text: Hi}
            """)
    )
    assert [line.partition(": ")[::2] for line in told] == [
        ("my.yaml:1", "account.id: '7' is text here: write it without quotes, 7"),
        ("my.yaml:1", 'account.main_number: 16509100001 is a number here: quote it, "16509100001"'),
        ("my.yaml:2", "'account' is given twice: in line 1 already"),
        ("my.yaml:4", 'extensions[0].number: 101 is a number here: quote it, "101"'),
        ("my.yaml:5", "extensions[1].id: 1 is the id of extensions[0] already"),
        ("my.yaml:5", "extensions[1].number: '101' is the number of extensions[0] already"),
        ("my.yaml:5", f"extensions[1].type: 'Usr' is not one of {', '.join(ExtensionType)}"),
        ("my.yaml:6", "extensions[2].members[1]: '999' is no extension of this account: there are 101, 200, 103"),
        ("my.yaml:8", "extensions[4]: 'what' is not a mapping of keys to values"),
        ("my.yaml:11", "phone_numbers[1].number: '16509100103' is the number of phone_numbers[0] already"),
        ("my.yaml:11", "phone_numbers[1].owner: '104' is no extension of this account: there are 101, 200, 103"),
        ("my.yaml:12", 'phone_numbers[2]: number is missing: the phone number, such as "16509100010"'),
        ("my.yaml:12", "phone_numbers[2].features: 4 is not a list"),
        ("my.yaml:12", f"phone_numbers[2].usage_type: '3' is not one of {', '.join(UsageType)}"),
        ("my.yaml:13", 'handsets[0]: 14151003732 is a number here: quote it, "14151003732"'),
        ("my.yaml:13", "handsets[1]: '16509100103' is a number of the account: a handset is a phone outside of it"),
        ("my.yaml:15", "messages[0].to[0]: '300' is no extension of this account (R-08)"),
        ("my.yaml:17", "messages[2].to[0]: '911' is too short: an SMS goes to a phone number (R-07)"),
    ]


@pytest.mark.parametrize("value", ["3", '"x"', "true", "[]", "{}", "[1]", "[[]]", "[{}]", "{a: 1}", ""])
@pytest.mark.parametrize("key", ["extends", *schema()["properties"]])
def test_no_value_of_any_key_ends_in_a_traceback(files: Files, key: str, value: str) -> None:
    head = yaml.safe_dump({k: v for k, v in yaml.safe_load(HEAD).items() if k != key})
    path = files.write(f"{head}{key}: {value}\n")
    problems: tuple[Problem, ...] = ()
    try:
        load_fixture(path)
    except FixtureError as error:
        problems = error.problems
    assert len(set(problems)) == len(problems)
    assert all(problem.message and problem.line for problem in problems)


@pytest.mark.parametrize("value", ["3", '"x"', "true", "[]", "{}", "[1]", "[{}]", ""])
@pytest.mark.parametrize(
    ("definition", "head"),
    [
        (
            "extension",
            'account: {id: 7, main_number: "16509100001"}\nphone_numbers: [{number: "16509100102"}]\nextensions:\n- ',
        ),
        (
            "account_number",
            'account: {id: 7, main_number: "16509100001"}\nextensions: [{number: "1", id: 1, type: User}]\n'
            "phone_numbers:\n- ",
        ),
        ("message", f"{HEAD}messages:\n{A_PAGE}- "),
    ],
)
def test_no_value_of_any_inner_key_ends_in_a_traceback(files: Files, definition: str, head: str, value: str) -> None:
    for key in schema()["$defs"][definition]["properties"]:
        with pytest.raises(FixtureError):
            files.load(f"{head}{{{key}: {value}}}")


# --- files that extend each other --------------------------------------------------------------------


def test_top_level_keys_replace_those_of_the_bundled_account(files: Files) -> None:
    template = files.load('extends: demo\nhandsets: ["14155550100"]\ngeneration: current')
    assert template.account.handsets == ("14155550100",)
    assert template.account.extensions == load_named("demo").account.extensions
    assert (template.name, template.generation) == ("my", "current")


def test_a_path_starts_at_the_file_that_names_it(files: Files) -> None:
    (files.folder / "deep").mkdir()
    files.write(HEAD, "base.yaml")
    files.write("extends: ../base.yaml\nhandsets: ['14155550100']", "deep/middle.yaml")
    template = files.load("extends: deep/middle.yaml\ngeneration: current")
    assert template.account.handsets == ("14155550100",)
    assert [path.name for path in sources_of(str(files.folder / "my.yaml"))] == ["my.yaml", "middle.yaml", "base.yaml"]


def test_a_mistake_is_told_where_it_stands_whichever_file_that_is(files: Files) -> None:
    files.write(HEAD.replace("status: Frozen", "status: Froze"), "base.yaml")
    assert files.refused('extends: base.yaml\nhandsets: ["16509100101"]\nclock: {now: today}') == [
        "my.yaml:2: handsets[0]: '16509100101' is a number of the account: a handset is a phone outside of it",
        "my.yaml:3: clock.now: 'today' is not a date and time with its zone, such as 2012-10-16T06:34:58Z",
        "base.yaml:4: extensions[1].status: 'Froze' is not one of Enabled, Disabled, Frozen, NotActivated, Unassigned",
    ]


@pytest.mark.parametrize(
    ("extends", "told"),
    [
        ("dmeo", "'dmeo' is neither a bundled account (demo, source-page) nor a file; did you mean 'demo'?"),
        ("none.yaml", "there is no file none.yaml"),
        ("my.yaml", "my.yaml extends itself by way of this file"),
        ("'a\\0b'", "'a\\\\0b' is neither a bundled account (demo, source-page) nor a file"),
        ("7", '7 is a number here: quote it, "7"'),
        ("", "nothing stands here, where text is wanted"),
        ("[demo]", "a list stands here, where text is wanted"),
    ],
)
def test_what_cannot_be_extended_is_told_beside_the_other_mistakes(files: Files, extends: str, told: str) -> None:
    assert files.refused(f"handsets: [5]\nextends: {extends}") == [
        "my.yaml:1: handsets[0]: 5 is not an E.164 phone number: 7 to 15 digits in quotes, the first not 0,"
        " with or without +",
        f"my.yaml:2: extends: {told}",
    ]


def test_a_circle_is_told_where_it_closes(files: Files) -> None:
    files.write("extends: my.yaml", "other.yaml")
    assert files.refused("extends: other.yaml") == ["other.yaml:1: extends: my.yaml extends itself by way of this file"]


@pytest.mark.parametrize(("files_in_all", "fits"), [(MAX_CHAIN, True), (MAX_CHAIN + 1, False)])
def test_a_chain_has_at_most_five_files(files: Files, files_in_all: int, fits: bool) -> None:
    files.write(HEAD, "1.yaml")
    for n in range(2, files_in_all + 1):
        files.write(f"extends: {n - 1}.yaml", f"{n}.yaml")
    if fits:
        assert load_fixture(files.folder / f"{files_in_all}.yaml").account.id == 7
    else:
        assert files.refused(f"extends: {files_in_all - 1}.yaml") == [
            "2.yaml:1: extends: more than 5 files extend each other"
        ]


def test_a_base_that_is_no_yaml_is_told_without_guesses_about_the_rest(files: Files) -> None:
    files.write("account: [", "base.yaml")
    (told,) = files.refused("extends: base.yaml")
    assert told.startswith("base.yaml:1: this is not YAML: ")


# --- names and files ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("demoo", "demoo: neither a bundled account (demo, source-page) nor a file; did you mean 'demo'?"),
        ("mine", "mine: neither a bundled account (demo, source-page) nor a file"),
        ("none.yaml", "none.yaml: there is no such file"),
        ("", ": the file cannot be read"),
    ],
)
def test_a_name_that_is_neither_bundled_nor_a_file_is_told_with_those_that_are(name: str, told: str) -> None:
    with pytest.raises(FixtureError) as caught:
        load_named(name)
    assert told in str(caught.value)


def test_a_problem_has_its_parts(files: Files) -> None:
    with pytest.raises(FixtureError) as caught:
        files.load(HEAD + "clok: {}")
    (problem,) = caught.value.problems
    said = (problem.file, problem.line, problem.path, problem.message)
    assert said == (str(files.folder / "my.yaml"), 11, "clok", "unknown key: did you mean 'clock'?")


def test_a_file_named_like_a_bundled_account_is_loaded_by_its_path(files: Files) -> None:
    assert load_named(str(files.write(HEAD, "demo.yaml"))).account.id == 7


# --- time --------------------------------------------------------------------------------------------


def test_the_demo_account_takes_less_than_a_twentieth_of_a_second_to_load() -> None:
    load_named("demo")

    def seconds() -> float:
        began = process_time()
        load_named("demo")
        return process_time() - began

    assert min(seconds() for _ in range(5)) < 0.05
