"""Reading case files: what a good one says, and how the mistakes of a bad one are told."""

from pathlib import Path

import pytest

from ringmock.contract.cases import CaseFileError, load_cases, parse_cases
from ringmock.domain.generation import GENERATIONS

CALL = '{as: "101", when: {operation: listMessages}, then: {status: 200}}'


def case_with(step: str, keeps: str = "[R-01]", given: str = "{}") -> str:
    """A file of one case; the step is on line 6."""
    return f"""\
cases:
  - name: Something is kept
    keeps: {keeps}
    given: {given}
    steps:
      - {step}
"""


def mistakes_of(text: str) -> list[str]:
    with pytest.raises(CaseFileError) as refused:
        parse_cases(text, "mine.yaml")
    return str(refused.value).splitlines()


def test_a_case_says_where_it_stands_and_what_it_starts_from() -> None:
    (case,) = parse_cases(case_with(CALL, given='{account: source-page, generation: current, freeze: ["102"]}'), "mine")
    assert (case.name, case.keeps, case.file, case.line) == ("Something is kept", ("R-01",), "mine", 2)
    assert (case.account, case.generation, case.given) == ("source-page", "current", {"freeze": ["102"]})
    (step,) = case.steps
    assert (step.line, step.caller, step.when) == (6, "101", {"operation": "listMessages"})


EACH = """\
cases:
  - name: "${operation} is refused without a token"
    each: 401 AGW-401
    but: [createMMS]
    keeps: [AGW-401]
    steps:
      - as: nobody
        when: {operation: "${operation}", path: {messageId: 7}}
        then: {status: 401, error: AGW-401}
"""


def test_an_entry_for_each_operation_is_one_case_for_each_that_documents_the_refusal_and_takes_what_is_said() -> None:
    cases = parse_cases(EACH, "mine.yaml")
    assert [case.operation for case in cases] == [
        "readA2PSMS",
        "readMessage",
        "updateMessage",
        "deleteMessage",
        "patchMessage",
        "readMessageContent",
        "mthReadMessageContent",
        "readSmsMessage",
        "readSmsMessageContent",
    ]
    assert [case.name for case in cases][:2] == [
        "readA2PSMS is refused without a token",
        "readMessage is refused without a token",
    ]
    assert [case.is_first for case in cases] == [True, *[False] * 8]
    assert {(case.file, case.line) for case in cases} == {("mine.yaml", 2)}


def test_what_an_entry_for_each_does_not_say_is_as_in_the_contracts_examples() -> None:
    of_content = {case.operation: case.steps[0].when for case in parse_cases(EACH)}["readMessageContent"]
    assert of_content is not None
    assert of_content["path"]["messageId"] == 7
    assert of_content["path"]["attachmentId"].isdigit()
    bodies = {case.operation: case.steps[0].when for case in parse_cases(EACH.replace(", path: {messageId: 7}", ""))}
    assert set(bodies["createSMSMessage"] or {}) == {"operation", "body"}
    assert "createMMS" not in bodies
    assert "readAPIVersions" not in bodies


@pytest.mark.parametrize(
    ("changed", "to", "mistake"),
    [
        ("401 AGW-401", "401", "each: 401 is not a documented refusal in status and code"),
        ("401 AGW-401", "418 AGW-401", "each: no operation of openapi.yaml documents 418 AGW-401"),
        (
            "[createMMS]",
            "[createMS]",
            "but[0]: 'createMS' is no operationId of openapi.yaml: did you mean 'createMMS'?",
        ),
        ("messageId: 7", "colour: 7", "each: no operation that documents 401 AGW-401 takes what the calls say"),
        ('"${operation} is', '"A call is', "name: it would be the name of every operation's case: write ${operation}"),
        ('operation: "${operation}"', "operation: readMessage", "each: no call is of each operation: write operation"),
    ],
)
def test_a_mistake_in_an_entry_for_each_is_reported_once(changed: str, to: str, mistake: str) -> None:
    (told,) = mistakes_of(EACH.replace(changed, to, 1))
    assert mistake in told


def test_without_each_nothing_is_left_out_and_no_operation_stands_for_others() -> None:
    told = mistakes_of(EACH.replace("    each: 401 AGW-401\n", ""))
    assert ["'but' does not stand without 'each'" in line for line in told] == [True, False]
    assert "${operation} was not kept" in told[1]


def test_a_case_is_about_any_account_and_holds_in_every_generation_unless_told_otherwise() -> None:
    (case,) = parse_cases(case_with(CALL))
    assert (case.account, case.generation, dict(case.given)) == (None, None, {})
    assert [name for name in GENERATIONS if case.holds_in(name)] == list(GENERATIONS)


@pytest.mark.parametrize(
    ("step", "mistake"),
    [
        pytest.param(
            "{as: 101, when: {operation: listMessages}, then: {status: 200}}",
            'steps[0].as: 101 is a number here: quote it, "101"',
            id="a number for an extension",
        ),
        pytest.param(
            "{as: somebody, when: {operation: listMessages}, then: {status: 200}}",
            "steps[0]: 'somebody' is no role of `needs`: the file names none",
            id="an unknown caller",
        ),
        pytest.param(
            '{as: "101", when: {operation: listMesages}, then: {status: 200}}',
            "steps[0].when.operation: 'listMesages' is no operationId of openapi.yaml: did you mean 'listMessages'?",
            id="an unknown operation",
        ),
        pytest.param(
            '{as: "101", when: {body: {}}, then: {status: 200}}',
            "steps[0].when: 'operation' is missing: an operationId of openapi.yaml, as createSMSMessage",
            id="no operation",
        ),
        pytest.param(
            '{as: "101", when: {operation: listMessages, request: GET /}, then: {status: 200}}',
            "steps[0].when.request: a call has 'operation' or 'request', not both",
            id="an operation and a request",
        ),
        pytest.param(
            '{as: "101", when: {operation: createSMSMessage, body: {}, raw: x}, then: {status: 200}}',
            "steps[0].when.raw: a call has 'body' or 'raw', not both",
            id="two bodies",
        ),
        pytest.param(
            '{as: "101", when: {operation: listMessages, query: {pgae: 1}}, then: {status: 200}}',
            "steps[0].when.query.pgae: listMessages has no query parameter 'pgae': did you mean 'page'?",
            id="an unknown query parameter",
        ),
        pytest.param(
            '{as: "101", when: {operation: readMessage, path: {messageId: 1, message: 1}}, then: {status: 200}}',
            "steps[0].when.path.message: readMessage has no path parameter 'message': did you mean 'messageId'?",
            id="an unknown path parameter",
        ),
        pytest.param(
            '{as: "101", when: {operation: readMessage}, then: {status: 200}}',
            "steps[0].when: readMessage takes a path parameter: write path: {messageId: ...}",
            id="a missing path parameter",
        ),
        pytest.param(
            '{as: "101", when: {operation: deleteMessage, path: {messageId: 1}}, then: {status: 200}}',
            "steps[0].then.status: deleteMessage does not answer 200: it answers 204, 207, 400, 401, 403, 404,"
            " 413, 415, 429",
            id="a status that never comes",
        ),
        pytest.param(
            '{as: "101", when: {operation: listMessages}, then: {error: CMN-101}}',
            "steps[0].then: status is missing: an HTTP status, as 200",
            id="no status",
        ),
        pytest.param(
            '{as: "101", when: {operation: listMessages}, then: {status: 400, error: CMN-1010}}',
            "steps[0].then.error: 'CMN-1010' is no error code of openapi.yaml: did you mean 'CMN-101'?",
            id="an unknown error code",
        ),
        pytest.param(
            '{as: "101", when: {operation: listMessages}, then: {status: 200, body: {uri: "~("}}}',
            "steps[0].then.body.uri: '~(' is no regular expression: missing ), unterminated subpattern at position 0",
            id="a broken pattern",
        ),
        pytest.param(
            '{as: "101", when: {operation: listMessages}, then: {status: 200, bdoy: {}}}',
            "steps[0].then.bdoy: unknown key: did you mean 'body'?",
            id="an unknown key",
        ),
        pytest.param('{as: "101"}', "steps[0]: 'as' does not stand without 'when'", id="a caller without a call"),
        pytest.param(
            "{when: {operation: listMessages}, then: {status: 200}}",
            "steps[0]: 'as' is missing: it says who makes the call, as in as: \"101\"",
            id="a call without a caller",
        ),
        pytest.param(
            '{mailboxes: {"101": ["${page}"]}}',
            "steps[0].mailboxes: ${page} was not kept: an earlier step would say keep: {page: id}",
            id="a value that nobody kept",
        ),
        pytest.param(
            "{mailboxes: {101: []}}",
            'steps[0].mailboxes: a key must be text, and 101 is a number: quote it, "101"',
            id="a number for a mailbox",
        ),
        pytest.param(
            '{mailboxes: {"101": -1}}',
            'steps[0].mailboxes["101"]: -1 is not a number of messages, or a list of them, newest first,'
            " each a text or a mapping",
            id="a negative count",
        ),
        pytest.param(
            '{change: {clock: {now: "2012-10-16T06:34:58Z", advance: 60}}}',
            "steps[0].change.clock.advance: a clock is set or advanced: 'advance' stands alone",
            id="a clock set and advanced",
        ),
        pytest.param(
            "{notifications: [{}]}",
            "steps[0].notifications: nobody receives them: given: {receiver: {}} opens a receiver",
            id="notifications without a receiver",
        ),
        pytest.param(
            "{change: {receiver: {token: wrong}}}",
            "steps[0].change.receiver.token: 'wrong' is not one of same, another, none",
            id="a receiver without manners",
        ),
        pytest.param(
            "{sockets: {one: []}}",
            "steps[0].sockets: the WebSocket 'one' is not open: connect: {socket: one, as: \"101\"} opens it",
            id="a WebSocket that is not open",
        ),
        pytest.param(
            "{as: {socket: one}, when: {operation: listMessages}, then: {status: 200}}",
            "steps[0].as: the WebSocket 'one' is not open: connect: {socket: one, as: \"101\"} opens it",
            id="a call on a WebSocket that is not open",
        ),
        pytest.param(
            "{connect: {socket: one}}",
            "steps[0].connect: a WebSocket is opened with 'as' or with 'token': one of them",
            id="a WebSocket of nobody",
        ),
        pytest.param(
            "{}",
            "steps[0]: {} is not a step: a 'change', a 'connect', a call ('as', 'when', 'then') or a look"
            " ('mailboxes', 'handsets', 'outcomes', 'notifications', 'sockets')",
            id="a step that does nothing",
        ),
    ],
)
def test_a_mistake_in_a_step_is_reported_with_its_line_and_what_would_pass(step: str, mistake: str) -> None:
    assert mistakes_of(case_with(step)) == [f"mine.yaml:6: cases[0].{mistake}"]


@pytest.mark.parametrize(
    ("text", "mistake"),
    [
        pytest.param("", "mine.yaml:1: there is nothing in this file", id="an empty file"),
        pytest.param("cases: []", "mine.yaml:1: cases: the list is too short: at least 1 wanted", id="no cases"),
        pytest.param("about: Nothing", "mine.yaml:1: cases is missing: a list of one case or more", id="only an about"),
        pytest.param("cases: [", "mine.yaml:1: this is not YAML: ", id="broken YAML"),
        pytest.param(
            case_with(CALL, keeps="[R-99]"),
            "mine.yaml:3: cases[0].keeps[0]: 'R-99' is no rule, decision, error code or operation:"
            " did you mean 'R-19'?",
            id="an unknown rule",
        ),
        pytest.param(
            case_with(CALL, given="{generation: 2012}"),
            'mine.yaml:4: cases[0].given.generation: 2012 is a number here: quote it, "2012"',
            id="a number for a generation",
        ),
        pytest.param(
            case_with(CALL, given='{freez: ["102"]}'),
            "mine.yaml:4: cases[0].given.freez: unknown key: did you mean 'freeze'?",
            id="an unknown change",
        ),
    ],
)
def test_a_mistake_in_a_file_is_reported_with_its_line(text: str, mistake: str) -> None:
    (told,) = mistakes_of(text)
    assert told.startswith(mistake)


def test_all_mistakes_are_reported_at_once() -> None:
    told = mistakes_of(
        """\
cases:
  - name: Something is kept
    keeps: [R-99]
    steps:
      - {as: 101, when: {operation: listMesages}, then: {status: 200}}
      - {mailboxes: {"101": ["${page}"]}}
  - keeps: [R-01]
    steps: nothing
"""
    )
    assert [line.split(": ")[0:2] for line in told] == [
        ["mine.yaml:3", "cases[0].keeps[0]"],
        ["mine.yaml:5", "cases[0].steps[0].as"],
        ["mine.yaml:5", "cases[0].steps[0].when.operation"],
        ["mine.yaml:6", "cases[0].steps[1].mailboxes"],
        ["mine.yaml:7", "cases[1]"],
        ["mine.yaml:8", "cases[1].steps"],
    ]


def test_the_mistakes_of_all_files_are_reported_at_once(tmp_path: Path) -> None:
    bad = tmp_path / "bad.yaml"
    bad.write_text("cases: []", encoding="utf-8")
    with pytest.raises(CaseFileError) as refused:
        load_cases([bad, tmp_path / "missing.yaml"])
    assert [problem.file for problem in refused.value.problems] == [str(bad), str(tmp_path / "missing.yaml")]


def test_two_cases_of_one_name_are_told_apart(tmp_path: Path) -> None:
    files = [tmp_path / "one.yaml", tmp_path / "two.yaml"]
    for file in files:
        file.write_text(case_with(CALL), encoding="utf-8")
    with pytest.raises(CaseFileError, match="too: rename one of them") as refused:
        load_cases(files)
    assert str(refused.value).startswith(
        f"{files[1]}:2: name: 'Something is kept' is the name of the case at {files[0]}:2"
    )


TABLE = """\
needs: {sender: {type: User}, colleague: {type: User}}
given: {freeze: [colleague]}
before:
  - {as: sender, when: {operation: listMessages}, then: {status: 200}, keep: {first: status}}
after:
  - {mailboxes: {colleague: []}}
cases:
  - name: "A page of ${length} symbols is answered ${status}"
    keeps: [R-04]
    examples:
      - {length: 1024, status: 200}
      - {length: 1025, status: 400}
    steps:
      - as: sender
        when: {operation: createInternalTextMessage, body: {text: {repeat: a, times: "${length}"}, replyOn: "${first}"}}
        then: {status: "${status}"}
"""


def test_a_table_is_a_case_for_each_row_with_its_values_and_what_the_file_shares() -> None:
    cases = parse_cases(TABLE)
    assert [case.name for case in cases] == [
        "A page of 1024 symbols is answered 200",
        "A page of 1025 symbols is answered 400",
    ]
    assert [case.is_first for case in cases] == [True, False]
    body = {"text": {"repeat": "a", "times": 1025}, "replyOn": "${first}"}
    assert (cases[1].steps[1].when or {})["body"] == body
    assert cases[1].steps[1].then == {"status": 400}
    assert [(len(case.steps), len(case.after), dict(case.given)) for case in cases] == [
        (2, 1, {"freeze": ["colleague"]})
    ] * 2
    assert set(cases[0].needs) == {"sender", "colleague"}


@pytest.mark.parametrize(
    ("written", "instead", "mistake"),
    [
        ("{length: 1025, status: 400}", "{length: 1025, statsu: 400}", "every row has the same columns"),
        ("A page of ${length} symbols is answered ${status}", "A page is answered", "write ${length} in it"),
        ('replyOn: "${first}"', 'replyOn: "${frist}"', "${frist} was not kept: did you mean ${first}?"),
        ("freeze: [colleague]", "freeze: [coleague]", "did you mean 'colleague'?"),
        ("then: {status: 200}, keep", "then: {status: 200, body: {count: {not: {matches: '('}}}}, keep", "no regular"),
        ("then: {status: 200}, keep", "then: {status: 200, body: {records: {count: many}}}, keep", "'count' takes"),
    ],
)
def test_a_mistake_in_a_table_or_in_what_a_file_shares_is_told(written: str, instead: str, mistake: str) -> None:
    assert mistake in "\n".join(mistakes_of(TABLE.replace(written, instead)))


def test_each_may_list_its_operations() -> None:
    listed = EACH.replace("each: 401 AGW-401", "each: [readMessage, deleteMessage]").replace(
        "    but: [createMMS]\n", ""
    )
    assert [case.operation for case in parse_cases(listed)] == ["readMessage", "deleteMessage"]
    assert "did you mean 'readMessage'?" in mistakes_of(listed.replace("each: [readMessage", "each: [readMesage"))[0]
