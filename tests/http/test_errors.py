import inspect
import json

import pytest

from ringmock.domain import errors as domain
from ringmock.domain.errors import StoreFull
from ringmock.http import errors, oauth
from ringmock.http.errors import CATALOGUE, envelope, render
from ringmock.http.numbering_plans import NumberingPlansMissing
from ringmock.http.validation import problems_of
from ringmock.lab.faults import GENERAL, BrokenOff
from ringmock.openapi.document import load_contract, operations
from ringmock.sign_in import sessions
from ringmock.world.history.log import LogUnavailable

ABSTRACT = {domain.Refusal, domain.SeveralRefusals, sessions.SignInRefused, sessions.TokenRefused}


def exceptions_of(module) -> list[type[Exception]]:
    return [
        kind
        for _, kind in inspect.getmembers(module, inspect.isclass)
        if issubclass(kind, Exception) and kind.__module__ == module.__name__ and kind not in ABSTRACT
    ]


@pytest.mark.parametrize(
    "kind", [*exceptions_of(domain), *exceptions_of(errors), *exceptions_of(sessions)], ids=lambda kind: kind.__name__
)
def test_every_exception_class_has_exactly_one_row(kind: type[Exception]) -> None:
    assert (kind in CATALOGUE) + (kind in oauth.OAUTH_CATALOGUE) == 1


REACHED_OUTSIDE_THE_CONTRACT = {
    errors.InternalError: "a fault of the mock itself",
    errors.InvalidUri: "paths that the contract does not name",
    errors.MethodNotAllowed: "methods that the contract does not name",
    **dict.fromkeys(GENERAL.values(), "faults on demand"),
    BrokenOff: "a world that was reset while a call waited",
    **dict.fromkeys(
        (
            errors.UriTooLong,
            errors.HeadersTooLarge,
            errors.MethodUnknown,
            errors.VersionNotSupported,
            errors.CodingUnknown,
            errors.RequestTimeout,
        ),
        "what is refused before there is a request",
    ),
    StoreFull: "a server that keeps all that it may",
    errors.StateUnavailable: "a server whose state cannot be written",
    LogUnavailable: "a world that goes to another replica while a call waits",
    NumberingPlansMissing: "an install without the extra that brings them",
}


def declared_codes() -> set[tuple[int, str]]:
    """Every status and code that the contract declares for any operation."""
    contract = load_contract()
    found: set[tuple[int, str]] = set()
    for _, _, operation in operations(contract):
        for status, response in operation["responses"].items():
            reference = response.get("$ref", "").rpartition("/")[2]
            said = contract["components"]["responses"][reference] if reference else response
            found.update((int(status), code) for code in said.get("x-error-codes", ()))
    return found


@pytest.mark.parametrize(
    "kind", [kind for kind in CATALOGUE if kind not in REACHED_OUTSIDE_THE_CONTRACT], ids=lambda kind: kind.__name__
)
def test_every_row_is_declared_in_the_contract(kind: type[Exception]) -> None:
    assert (CATALOGUE[kind].status, CATALOGUE[kind].code) in declared_codes()


@pytest.mark.parametrize("kind", oauth.OAUTH_CATALOGUE, ids=lambda kind: kind.__name__)
def test_every_oauth_row_is_declared_in_the_contract(kind: type[Exception]) -> None:
    row = oauth.OAUTH_CATALOGUE[kind]
    assert (row.status, row.code) in declared_codes()


def test_every_code_that_the_contract_declares_has_a_row() -> None:
    rows = {(row.status, row.code) for row in CATALOGUE.values()}
    rows |= {(row.status, row.code) for row in oauth.OAUTH_CATALOGUE.values()}
    rows |= {(404, CATALOGUE[errors.InvalidUri].code)}
    assert declared_codes() - rows == set()


def test_r24_who_is_no_participant_gets_403_forbidden_with_the_logical_code() -> None:
    status, _, body = render(domain.NotAThreadParticipant("replyOn"))
    assert (status, json.loads(body)["errors"][0]["errorCode"]) == (403, "MSG-326")


def test_d02_the_managers_notice_says_that_a_department_cannot_page() -> None:
    status, _, body = render(domain.DepartmentCannotPage("from", "200"))
    said = json.loads(body)
    assert (status, said["errors"][0]["errorCode"]) == (403, "MSG-330")
    assert said["message"] == "Sending pages is not allowed for the Department extension type"


@pytest.mark.parametrize(
    ("problem", "expected"),
    [
        (
            domain.ParameterNotFound("to", "999"),
            {
                "errorCode": "InvalidParameter",
                "message": "Resource for parameter [to] is not found",
                "errors": [
                    {
                        "errorCode": "CMN-102",
                        "message": "Resource for parameter [to] is not found",
                        "parameterName": "to",
                    }
                ],
                "parameterName": "to",
            },
        ),
        (
            domain.NotFound("messageId", "1"),
            {
                "errorCode": "CMN-102",
                "message": "Resource for parameter [messageId] is not found",
                "errors": [
                    {
                        "errorCode": "CMN-102",
                        "message": "Resource for parameter [messageId] is not found",
                        "parameterName": "messageId",
                    }
                ],
                "parameterName": "messageId",
            },
        ),
        (
            domain.ExtendedScopeMissing("extensionId", "EditMessages"),
            {
                "errorCode": "CMN-419",
                "message": "In order to call this API endpoint for another extension, user needs to have [EditMessages]"
                " permission granted with extended scope",
                "errors": [
                    {
                        "errorCode": "CMN-419",
                        "message": "In order to call this API endpoint for another extension, user needs to have"
                        " [EditMessages] permission granted with extended scope",
                        "permissionName": "EditMessages",
                    }
                ],
                "permissionName": "EditMessages",
            },
        ),
        (
            domain.ThreadNotAccessible("messageId", "ReadMessages"),
            {
                "errorCode": "CMN-408",
                "message": "In order to call this API endpoint, user needs to have [ReadMessages] permission"
                " for requested resource.",
                "errors": [
                    {
                        "errorCode": "CMN-408",
                        "message": "In order to call this API endpoint, user needs to have [ReadMessages] permission"
                        " for requested resource.",
                        "permissionName": "ReadMessages",
                    }
                ],
                "permissionName": "ReadMessages",
            },
        ),
        (
            errors.UnparseableJson(),
            {
                "errorCode": "CMN-103",
                "message": "JSON can't be parsed.",
                "errors": [{"errorCode": "CMN-103", "message": "JSON can't be parsed."}],
            },
        ),
    ],
    ids=lambda value: type(value).__name__,
)
def test_the_envelope_is_the_documented_one(problem: Exception, expected: dict) -> None:
    assert json.loads(json.dumps(envelope(errors.problems_of(problem)))) == expected
    assert list(envelope(errors.problems_of(problem))) == list(expected)


def test_several_problems_are_reported_together_each_once() -> None:
    problem = domain.SeveralRefusals(
        [
            domain.InvalidParameter("to.phoneNumber"),
            domain.InvalidParameter("to.phoneNumber"),
            domain.TextTooLong("text"),
        ]
    )
    said = envelope(problem.refusals)
    assert [(e["errorCode"], e["parameterName"]) for e in said["errors"]] == [
        ("CMN-101", "to.phoneNumber"),
        ("MSG-338", "text"),
    ]
    assert said["parameterName"] == "to.phoneNumber"


@pytest.mark.parametrize(
    ("problem", "name", "value"),
    [
        (errors.AuthorizationMissing(), "WWW-Authenticate", 'Bearer realm="RingCentral REST API"'),
        (errors.MethodNotAllowed(["GET", "POST"]), "Allow", "GET, POST"),
    ],
)
def test_a_refusal_says_in_its_headers_what_its_status_demands(problem: Exception, name: str, value: str) -> None:
    assert render(problem)[1] == {name: value}


@pytest.mark.parametrize(
    ("schema", "body", "parameters"),
    [
        ({"required": ["from", "to", "text"]}, {}, ["from", "to", "text"]),
        ({"required": ["from", "to"]}, {"from": 1}, ["to"]),
        ({"properties": {"a": {"required": ["b", "c"]}}}, {"a": {"c": 1}}, ["a.b"]),
        ({"properties": {"to": {"items": {"required": ["n"]}}}}, {"to": [{}, {"n": 1}, {}]}, ["to.n", "to.n"]),
        ({"anyOf": [{"required": ["to"]}, {"required": ["replyOn"]}]}, {}, ["to"]),
        ({"type": "object"}, [], [""]),
    ],
)
def test_every_missing_or_broken_parameter_of_a_body_is_named(
    schema: dict, body: object, parameters: list[str]
) -> None:
    assert [problem.parameter for problem in problems_of(schema, body)] == parameters


@pytest.mark.parametrize(
    ("problem", "status", "code"),
    [
        (errors.InvalidUri(), 404, "CMN-120"),
        (errors.MethodNotAllowed(["GET"]), 405, "CMN-120"),
        (errors.InternalError(), 500, "CMN-203"),
    ],
)
def test_what_the_contract_does_not_name_has_its_code_too(problem: Exception, status: int, code: str) -> None:
    answered, _, body = render(problem)
    assert (answered, json.loads(body)["errors"][0]["errorCode"]) == (status, code)
