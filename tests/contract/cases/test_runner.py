"""Running a case: what fails it, and what its report then shows."""

import re
import shlex
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from ringmock.contract.cases import parse_cases
from ringmock.contract.cases.report import report
from ringmock.contract.cases.runner import run_case
from ringmock.contract.target import Target
from ringmock.fixture import load_named
from ringmock.serving.server import bound_socket, url_of

DEMO = load_named("demo")

FROZEN_IN_LIST = """\
cases:
  - name: A page to a list with one Frozen extension reaches everybody else
    keeps: [R-18]
    steps:
      - as: "101"
        when:
          operation: createInternalTextMessage
          body: {to: [{extensionNumber: "102"}, {extensionNumber: "104"}], text: It's on}
        then: {status: 200, body: {type: Pager}}
        mailboxes: {"102": [It's on]}
"""


@pytest.fixture
def target(target_of: Callable[[str, str], Target]) -> Target:
    return target_of("demo", "2012")


def told(steps: str, target: Target) -> str:
    """The report of one case with these steps."""
    text = f"cases:\n  - name: Something is kept\n    keeps: [R-01]\n    steps:\n{steps}"
    return report(run_case(case, target) for case in parse_cases(text, "mine.yaml"))


def test_a_wrong_expectation_fails_with_expected_and_actual_side_by_side(target: Target) -> None:
    (case,) = parse_cases(FROZEN_IN_LIST, "mine.yaml")
    lines = report([run_case(case, target)]).splitlines()
    assert lines[0] == "FAILED  A page to a list with one Frozen extension reaches everybody else"
    assert lines[1] == "        mine.yaml:5: step 1; keeps R-18"
    assert [line.split() for line in lines[3:6]] == [
        ["expected", "actual"],
        ["status", "200", "400"],
        ["body.type", '"Pager"', "absent"],
    ]
    assert "MSG-324" in lines[7]
    assert lines[-1] == "0 of 1 cases passed"


def test_a_failure_shows_a_curl_that_reproduces_the_call(target: Target) -> None:
    (case,) = parse_cases(FROZEN_IN_LIST, "mine.yaml")
    (curl,) = [line.strip() for line in report([run_case(case, target)]).splitlines() if " curl " in line]
    words = shlex.split(curl)
    assert words[:4] == ["curl", "-i", "-X", "POST"]
    assert words[4] == f"{target.url}/restapi/v1.0/account/~/extension/~/company-pager"
    assert words[6].startswith("Authorization: Bearer AT-")
    assert words[7:] == [
        "-H",
        "Content-Type: application/json",
        "--data-binary",
        '{"to": [{"extensionNumber": "102"}, {"extensionNumber": "104"}], "text": "It\'s on"}',
    ]


def test_a_wrong_mailbox_fails_and_shows_the_call_before_it_once(target: Target) -> None:
    said = told(
        """\
      - as: "101"
        when: {operation: createInternalTextMessage, body: {to: [{extensionNumber: "102"}], text: Hello}}
        then: {status: 200}
        mailboxes: {"102": [], "103": 1}
""",
        target,
    )
    assert re.search(r'mailbox of 102  \[\] +\["Hello"\]\n', said)
    assert re.search(r'mailbox of 103  "1 message" +\[\]\n', said)
    assert said.count("curl -i -X POST") == 1
    assert said.count("curl -i -X GET") == 2


@pytest.mark.parametrize(
    ("expected", "told_as"),
    [
        ("[Bye]", r'\["Bye"\] +\["Hello"\]'),
        ("[Hello, Hello]", r'\["Hello", "Hello"\] +\["Hello"\]'),
        ("{contains: [Bye]}", r'\{"contains": \["Bye"\]\} +\["Hello"\]'),
        ("{count: 2}", r'\{"count": 2\} +\["Hello"\]'),
        ("[{readStatus: Read}]", r'"Read" +"Unread"'),
        ("[{subject: Bye, readStatus: Read}]", r'\["Bye"\] +\["Hello"\]'),
        ("[{repeat: a, times: 50}]", r'\["a{30}\.\.\. \(50 characters\)"\] +\["Hello"\]'),
    ],
)
def test_a_mailbox_that_differs_is_told_by_the_texts_expected_and_present(
    expected: str, told_as: str, target: Target
) -> None:
    said = told(
        f"""\
      - as: "101"
        when: {{operation: createInternalTextMessage, body: {{to: [{{extensionNumber: "102"}}], text: Hello}}}}
        then: {{status: 200}}
        mailboxes: {{"102": {expected}}}
""",
        target,
    )
    assert re.search(rf"mailbox of 102\S* +{told_as}\n", said), said


def test_a_wrong_outcome_fails(target: Target) -> None:
    said = told(
        """\
      - as: "101"
        when: {operation: createInternalTextMessage, body: {to: [{extensionNumber: "202"}], text: Hello}}
        then: {status: 200}
        outcomes: {"202": delivered R-03, "104": delivered R-10}
""",
        target,
    )
    assert 'outcomes.104  "delivered R-10"  "skipped R-19"' in said
    assert 'outcomes.105  absent            "skipped R-19"' in said


SUBSCRIBED = """\
      - change: {receiver: {}}
        as: "101"
        when:
          operation: createSubscription
          body:
            eventFilters: [/restapi/v1.0/account/~/extension/~/message-store]
            deliveryMode: {transportType: WebHook, address: "${receiver}"}
        then: {status: 200}
"""


def test_a_notification_that_is_another_fails(target: Target) -> None:
    said = told(
        SUBSCRIBED
        + """\
      - as: "101"
        when: {operation: createInternalTextMessage, body: {to: [{extensionNumber: "102"}], text: Hello}}
        then: {status: 200}
        notifications: [{body: {changes: [{type: SMS, newCount: 1}]}}]
""",
        target,
    )
    assert ["notifications.0.body.changes.0.type", '"SMS"', '"Pager"'] in [line.split() for line in said.splitlines()]


@pytest.mark.parametrize("where", ["headers.Nothing", "headers.Location", "headers.Content-Type.code"])
def test_a_header_that_cannot_be_kept_fails(target: Target, where: str) -> None:
    said = told(
        f"""\
      - as: "101"
        when: {{operation: listMessages}}
        then: {{status: 200}}
        keep: {{kept: {where}}}
""",
        target,
    )
    assert '"a value to keep as kept"  absent' in said


def test_a_value_that_cannot_be_kept_fails(target: Target) -> None:
    said = told(
        """\
      - as: "101"
        when: {operation: listMessages}
        then: {status: 200}
        keep: {page: records.0.id}
""",
        target,
    )
    assert '"a value to keep as page"  absent' in said


def test_a_sign_in_that_is_refused_fails(target: Target) -> None:
    said = told(
        '      - {as: "104", when: {operation: listMessages}, then: {status: 200}}\n',
        target,
    )
    assert "sign-in of 104" in said
    assert "OAU-236" in said


def test_a_change_that_the_control_api_refuses_fails_with_its_sentence(target: Target) -> None:
    said = told('      - {change: {freeze: ["999"]}}\n', target)
    assert "There is no extension '999'" in said


def test_the_steps_after_a_failed_one_are_not_run(target: Target) -> None:
    said = told('      - {mailboxes: {"101": 7}}\n      - {mailboxes: {"102": 7}}\n', target)
    assert re.search(r'mailbox of 101  "7 messages"  \[\]\n', said)
    assert "mailbox of 102" not in said


def test_a_look_into_a_frozen_mailbox_leaves_its_owner_frozen(target: Target) -> None:
    said = told(
        """\
      - mailboxes: {"104": []}
      - as: "101"
        when: {operation: readExtension, path: {extensionId: 1346632104}}
        then: {status: 200, body: {status: Frozen}}
""",
        target,
    )
    assert said == "1 of 1 cases passed"


def test_cases_do_not_see_each_other(target: Target) -> None:
    page = """\
      - as: "101"
        when: {operation: createInternalTextMessage, body: {to: [{extensionNumber: "102"}], text: Hello}}
        then: {status: 200}
        mailboxes: {"102": 1}
"""
    assert told(page, target) == told(page, target) == "1 of 1 cases passed"


def test_the_tokens_of_given_client_credentials_are_not_shown(target: Target) -> None:
    named = replace(target, has_worlds=False)
    said = told('      - {as: "101", when: {operation: readExtension}, then: {status: 404}}\n', named)
    assert "Authorization: Bearer $TOKEN" in said
    assert "AT-" not in said


def test_a_server_that_does_not_answer_fails_the_case() -> None:
    with bound_socket("127.0.0.1", 0) as bound:
        url = url_of(bound)
    said = told('      - {mailboxes: {"101": []}}\n', Target(url, DEMO, has_worlds=True))
    assert f'connection  "an answer"  "no answer from {url}: ' in said


class AnswersAnything(BaseHTTPRequestHandler):
    """A server that knows nothing of the contract and refuses nothing."""

    def do_GET(self) -> None:
        body = b'{"access_token": "t", "status": "ok"}'
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_PUT = do_PATCH = do_GET  # noqa: N815

    def log_message(self, *_: object) -> None:
        """Nothing to say."""


@pytest.fixture
def strange_server() -> Iterator[str]:
    with HTTPServer(("127.0.0.1", 0), AnswersAnything) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.mark.parametrize(
    ("steps", "said"),
    [
        ('      - {mailboxes: {"101": []}}\n', 'records  "a list"'),
        ('      - {handsets: {"14151003732": []}}\n', 'body  "a list"'),
        (
            '      - {as: "101", when: {operation: listMessages}, then: {status: 200}, outcomes: {"4": any}}\n',
            'body  "a list"',
        ),
        (
            '      - {as: "101", when: {operation: listMessages}, then: {status: 200, body: {records: []}}}\n',
            "body.records  []        absent",
        ),
    ],
)
def test_a_server_that_says_something_else_entirely_fails_the_case(strange_server: str, steps: str, said: str) -> None:
    assert said in told(steps, Target(strange_server, DEMO, has_worlds=True))


@pytest.mark.parametrize("url", ["127.0.0.1:8080", "ftp://127.0.0.1", "http://"])
def test_what_is_no_address_of_a_server_is_refused(url: str) -> None:
    (case,) = parse_cases(FROZEN_IN_LIST)
    with pytest.raises(ValueError, match="is not the address of a server"):
        run_case(case, Target(url, DEMO, has_worlds=True))


def test_what_comes_on_a_websocket_is_reported_beside_what_was_expected(target: Target) -> None:
    heartbeat = "send: {socket: line, message: [{type: Heartbeat, messageId: one}]}"
    lines = told(
        f"""\
      - connect: {{socket: line, as: "101"}}
        {heartbeat}
        sockets: {{line: [{{type: Heartbeat, messageId: two}}]}}
""",
        target,
    ).splitlines()
    assert ["WebSocket", "line.0.messageId", '"two"', '"one"'] in [line.split() for line in lines]


def test_a_call_on_a_websocket_fails_as_one_by_http(target: Target) -> None:
    lines = told(
        """\
      - connect: {socket: line, as: "101"}
      - as: {socket: line}
        when: {operation: readExtension}
        then: {status: 200, body: {extensionNumber: "102"}}
""",
        target,
    ).splitlines()
    assert ["body.extensionNumber", '"102"', '"101"'] in [line.split() for line in lines]
    assert any("curl -i -X GET" in line and "/extension/~" in line for line in lines)


@pytest.mark.parametrize(
    ("connect", "difference"),
    [
        ("{socket: line, token: made-up}", "line.type"),
        ('{socket: line, as: "101", details: {body: {idleTimeout: 1}}}', "line.body.idleTimeout"),
    ],
)
def test_a_websocket_that_opens_otherwise_than_expected_fails_the_step(
    target: Target, connect: str, difference: str
) -> None:
    assert difference in told(f"      - connect: {connect}\n", target)
