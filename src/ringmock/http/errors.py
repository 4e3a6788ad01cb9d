"""How RingCentral words a refusal: one catalogue, one envelope."""

import json
from collections.abc import Iterable, Sequence
from functools import lru_cache
from http import HTTPStatus
from typing import Any, NamedTuple

from ..domain import errors as domain
from ..lab import faults, limits
from ..openapi.error_codes import parameter_of
from ..sign_in import sessions
from ..world.history.log import LogUnavailable
from .numbering_plans import NumberingPlansMissing


class CatalogueRow(NamedTuple):
    """One entry of the catalogue.

    `message` may contain `{parameter}` and `{value}`. `word` is the older logical code that some answers have at the
    top instead of `code`.
    """

    status: int
    code: str
    message: str
    word: str | None = None


class UnparseableJson(Exception):
    """A body that is no JSON, or exceeds what the parser can hold."""


class UnparseableRequest(Exception):
    """A body that does not match its Content-Type."""


class FaxEnvelopeUnreadable(Exception):
    """A fax whose first part is no JSON, and which has no form fields either."""


class PartUnreadable(Exception):
    """A part of a multipart body that does not match its headers: `value` names the header."""

    def __init__(self, value: str) -> None:
        super().__init__(value)
        self.value = value


class BodyTooLarge(Exception):
    """More bytes than the server reads, which is `value`."""

    def __init__(self, value: str) -> None:
        super().__init__(value)
        self.value = value


class BodyOfTooManyValues(Exception):
    """More JSON values, or more fields of a form, than the server reads, which is `value`."""

    def __init__(self, value: str) -> None:
        super().__init__(value)
        self.value = value


class UriTooLong(Exception):
    """A target of more bytes than the server reads, which is `value`."""

    def __init__(self, value: str) -> None:
        super().__init__(value)
        self.value = value


class HeadersTooLarge(Exception):
    """More headers, or longer, than the server reads: `value` says which bound they are over."""

    def __init__(self, value: str) -> None:
        super().__init__(value)
        self.value = value


class HandshakeRefused(Exception):
    """A request for a WebSocket that cannot be one: `value` says why."""

    def __init__(self, value: str) -> None:
        super().__init__(value)
        self.value = value


class StateUnavailable(Exception):
    """Nothing can be kept now that is to outlive the server."""


class MethodUnknown(Exception):
    """A request line with an unknown method."""


class VersionNotSupported(Exception):
    """A first line of another HTTP than 1.0 or 1.1."""


class CodingUnknown(Exception):
    """A transfer coding other than chunked."""


class RequestTimeout(Exception):
    """A request that was not complete in time."""


class UnsupportedMediaType(Exception):
    """A Content-Type that the operation does not accept."""


class RangeNotSatisfiable(Exception):
    """A range of bytes that begins after the last of `length` bytes."""

    def __init__(self, length: int) -> None:
        super().__init__(length)
        self.length = length


class HeaderInvalid(Exception):
    """A header, `parameter`, whose request cannot be satisfied."""

    def __init__(self, parameter: str) -> None:
        super().__init__(parameter)
        self.parameter = parameter


class InvalidUri(Exception):
    """A path that names nothing."""


class MethodNotAllowed(Exception):
    """A known path with an unsupported method; `allowed` are the supported ones."""

    def __init__(self, allowed: Sequence[str]) -> None:
        super().__init__(allowed)
        self.allowed = tuple(allowed)


class AuthorizationMissing(Exception):
    """No Authorization header."""


class AuthorizationMalformed(Exception):
    """An Authorization header that cannot be read."""


class AuthorizationNotSupported(Exception):
    """Basic credentials where a bearer token is needed."""


class InternalError(Exception):
    """An internal error of the mock."""


_VALUE_IS_INVALID = "Parameter [{parameter}] value is invalid."
_NOT_FOUND = "Resource for parameter [{parameter}] is not found"
_WORD_400 = "InvalidParameter"
_WORD_401 = "TokenInvalid"
_WORD_FEATURE = "FeatureNotAvailable"

CATALOGUE: dict[type[Exception], CatalogueRow] = {
    # The request as such
    domain.InvalidParameter: CatalogueRow(400, "CMN-101", _VALUE_IS_INVALID, _WORD_400),
    domain.ParameterMissing: CatalogueRow(
        400, "CMN-100", "Mandatory parameter [{parameter}] not specified.", _WORD_400
    ),
    domain.TooManyValues: CatalogueRow(
        400,
        "CMN-151",
        "More than [{value}] unique values for parameter [{parameter}] should not be specified.",
        _WORD_400,
    ),
    domain.ValueTooLong: CatalogueRow(
        400, "CMN-409", "The parameter [{parameter}] cannot be longer than [{value}] characters.", _WORD_400
    ),
    domain.ParameterNotFound: CatalogueRow(400, "CMN-102", _NOT_FOUND, _WORD_400),
    domain.NotFound: CatalogueRow(404, "CMN-102", _NOT_FOUND),
    domain.DuplicateValue: CatalogueRow(
        400, "CMN-406", "Duplicate value for parameter {parameter}: {value} found in request", _WORD_400
    ),
    domain.BatchTooLarge: CatalogueRow(400, "CMN-106", "Batch request is limited to {value} entries", _WORD_400),
    domain.PathAndBodyDisagree: CatalogueRow(
        400, "CMN-108", "Parameter [{parameter}] in the path and in the body name different resources", _WORD_400
    ),
    UnparseableJson: CatalogueRow(400, "CMN-103", "JSON can't be parsed."),
    UnparseableRequest: CatalogueRow(400, "CMN-104", "Cannot parse request"),
    PartUnreadable: CatalogueRow(400, "CMN-104", "Cannot parse request: {value}"),
    BodyTooLarge: CatalogueRow(413, "CMN-104", "Cannot parse request: the body is larger than {value} bytes"),
    BodyOfTooManyValues: CatalogueRow(413, "CMN-104", "Cannot parse request: the body has more than {value} values"),
    UriTooLong: CatalogueRow(414, "CMN-104", "Cannot parse request: the URI is longer than {value} bytes"),
    HeadersTooLarge: CatalogueRow(431, "CMN-104", "Cannot parse request: {value}"),
    HandshakeRefused: CatalogueRow(400, "CMN-104", "Cannot parse request: no WebSocket can be opened: {value}"),
    MethodUnknown: CatalogueRow(501, "CMN-120", "Invalid URI: the method is not known"),
    VersionNotSupported: CatalogueRow(505, "CMN-104", "Cannot parse request: HTTP 1.0 and 1.1 are spoken here"),
    CodingUnknown: CatalogueRow(501, "CMN-104", "Cannot parse request: no transfer coding but chunked is known"),
    RequestTimeout: CatalogueRow(408, "CMN-104", "Cannot parse request: it did not come to its end in time"),
    UnsupportedMediaType: CatalogueRow(415, "CMN-104", "Cannot parse request: unsupported media type"),
    RangeNotSatisfiable: CatalogueRow(416, "CMN-107", "Requested range not satisfiable"),
    HeaderInvalid: CatalogueRow(400, "CMN-407", "Parameter in header is invalid"),
    InvalidUri: CatalogueRow(404, "CMN-120", "Invalid URI"),
    MethodNotAllowed: CatalogueRow(405, "CMN-120", "Invalid URI: the method is not allowed here"),
    InternalError: CatalogueRow(500, "CMN-203", "Internal Server Error"),
    # authentication
    AuthorizationMissing: CatalogueRow(401, "AGW-401", "Authorization header is not specified", _WORD_401),
    AuthorizationMalformed: CatalogueRow(401, "AGW-402", "Invalid Authorization header", _WORD_401),
    AuthorizationNotSupported: CatalogueRow(401, "OAU-151", "Authorization method not supported", _WORD_401),
    sessions.TokenInvalid: CatalogueRow(401, "OAU-149", "OAuth token is invalid", _WORD_401),
    sessions.TokenExpired: CatalogueRow(401, "OAU-128", "Access token expired", _WORD_401),
    sessions.TokenReplaced: CatalogueRow(401, "OAU-129", "Access token corrupted", _WORD_401),
    sessions.TokenUnknown: CatalogueRow(401, "OAU-213", "Token not found", _WORD_401),
    domain.ApplicationPermissionDenied: CatalogueRow(
        403,
        "CMN-401",
        "In order to call this API endpoint, application needs to have [{value}] permission",
        "InsufficientPermissions",
    ),
    domain.AnotherExtension: CatalogueRow(
        403, "CMN-419", "Access to the resources of another extension is not allowed"
    ),
    domain.ExtendedScopeMissing: CatalogueRow(
        403,
        "CMN-419",
        "In order to call this API endpoint for another extension, user needs to have [{value}] permission granted"
        " with extended scope",
    ),
    domain.PermissionDenied: CatalogueRow(
        403, "CMN-408", "In order to call this API endpoint, user needs to have [{value}] permission."
    ),
    domain.StoreFull: CatalogueRow(
        503, "CMN-201", "Service Temporary Unavailable: the server keeps no more than {value}"
    ),
    StateUnavailable: CatalogueRow(
        503, "CMN-201", "Service Temporary Unavailable: the state of this server cannot be written"
    ),
    LogUnavailable: CatalogueRow(
        503, "CMN-201", "Service Temporary Unavailable: the world of this call is being moved to another process"
    ),
    NumberingPlansMissing: CatalogueRow(
        503, "CMN-201", "Service Temporary Unavailable: this server has no numbering plans; {value} installs them"
    ),
    # How often
    limits.RateExceeded: CatalogueRow(429, "CMN-301", "Request rate exceeded"),
    limits.MessageRateExceeded: CatalogueRow(429, "MSG-305", "Request rate exceeded"),
    # On demand
    faults.ServiceUnavailable: CatalogueRow(503, "CMN-201", "Service Temporary Unavailable"),
    faults.BrokenOff: CatalogueRow(503, "CMN-201", "Service Temporary Unavailable"),
    faults.ServiceFailed: CatalogueRow(500, "CMN-203", "Internal Server Error"),
    faults.ServiceBusy: CatalogueRow(429, "CMN-301", "Request rate exceeded"),
    # SMS
    domain.TextTooLong: CatalogueRow(400, "MSG-338", "Message size limit exceeded", _WORD_400),
    domain.SenderNumberUnknown: CatalogueRow(
        400,
        "MSG-245",
        "Parameter [from] value [{value}] is invalid [Cannot find the phone number which belongs to user]",
        _WORD_400,
    ),
    domain.SenderNumberOfAnother: CatalogueRow(
        403, "MSG-304", "Phone number doesn't belong to extension", _WORD_FEATURE
    ),
    domain.SenderNumberWithoutSms: CatalogueRow(
        403, "MSG-242", "The requested feature is not available", _WORD_FEATURE
    ),
    domain.SenderNumberForFax: CatalogueRow(403, "MSG-241", "Cannot send SMS from Fax number", _WORD_FEATURE),
    domain.SenderNumberForHighVolume: CatalogueRow(
        403, "MSG-320", "Use the High Volume SMS (A2P) API to send messages from this phone number", _WORD_FEATURE
    ),
    domain.ExtensionNumberAsSmsRecipient: CatalogueRow(
        400, "MSG-246", "Parameter [to] value [{value}] is invalid [Extension numbers cannot receive SMS]", _WORD_400
    ),
    domain.ShortNumberAsSmsRecipient: CatalogueRow(
        400, "MSG-247", "Parameter [to] value [{value}] is invalid [Short numbers cannot receive SMS]", _WORD_400
    ),
    domain.SeveralSmsRecipients: CatalogueRow(400, "CMN-101", _VALUE_IS_INVALID, _WORD_400),
    domain.TooManySmsRecipients: CatalogueRow(
        400, "MSG-381", "Exceeded maximum number of recipients for a Group MMS: [{value}]", _WORD_400
    ),
    domain.InternationalNotAllowed: CatalogueRow(
        403, "MSG-240", "International SMS is not available for account.", "InternationalProhibited"
    ),
    domain.InternationalFromTollFree: CatalogueRow(
        403, "MSG-403", "International SMS is not available for toll-free phone numbers.", "InternationalProhibited"
    ),
    domain.MmsNotAvailable: CatalogueRow(403, "MSG-380", "The MMS feature is not available", _WORD_FEATURE),
    domain.CountryGivenTwice: CatalogueRow(
        400, "MSG-365", "Parameters [country.id] and [country.isoCode] can not be specified simultaneously", _WORD_400
    ),
    # Attachments
    domain.TooManyAttachments: CatalogueRow(400, "MSG-379", "Too many attachments", _WORD_400),
    domain.AttachmentEmpty: CatalogueRow(400, "MSG-347", "Attachment body is empty", _WORD_400),
    domain.AttachmentTypeNotSupported: CatalogueRow(
        415, "MSG-348", "Unsupported attachment media type, attachment {value}"
    ),
    domain.AttachmentsTooLarge: CatalogueRow(400, "MSG-376", "Attachment size limit exceeded", _WORD_400),
    domain.AttachmentTooLarge: CatalogueRow(400, "MSG-337", "Attachment size limit exceeded", _WORD_400),
    # Fax
    domain.FaxNotAvailable: CatalogueRow(
        403, "MSG-340", "Outbound fax is not available for extension type [{value}]", _WORD_FEATURE
    ),
    FaxEnvelopeUnreadable: CatalogueRow(400, "MSG-349", "Unable to parse fax envelope", _WORD_400),
    domain.FaxNotResendable: CatalogueRow(406, "MSG-343", "Fax resend is not allowed for message in current state"),
    # Pager
    domain.PagerToPhoneNumber: CatalogueRow(400, "CMN-101", _VALUE_IS_INVALID, _WORD_400),
    domain.PagerRecipientNotFound: CatalogueRow(400, "CMN-102", _NOT_FOUND, _WORD_400),
    domain.PagerRecipientCannotReceive: CatalogueRow(
        400, "MSG-316", "Parameter [to] value [{value}] is invalid [Extension cannot receive pages]", _WORD_400
    ),
    domain.DepartmentWithoutMembers: CatalogueRow(400, "MSG-316", "No department members found.", _WORD_400),
    domain.RecipientInactive: CatalogueRow(400, "MSG-324", "Extension is of unappropriate state", _WORD_400),
    domain.RecipientIdAndNumberDisagree: CatalogueRow(
        400,
        "MSG-335",
        "Parameter [to] value [{value}] is invalid [Extension number and extension id name different extensions]",
        _WORD_400,
    ),
    domain.SenderNumberMismatch: CatalogueRow(
        400,
        "MSG-331",
        "Parameter [from] value [{value}] is invalid"
        " [Sender extension number does not correspond to logged in extension]",
        _WORD_400,
    ),
    domain.SenderIdMismatch: CatalogueRow(
        400,
        "MSG-332",
        "Parameter [from] value [{value}] is invalid [Sender extension id does not correspond to logged in extension]",
        _WORD_400,
    ),
    domain.DepartmentCannotPage: CatalogueRow(
        403, "MSG-330", "Sending pages is not allowed for the Department extension type"
    ),
    domain.NotAThreadParticipant: CatalogueRow(
        403, "MSG-326", "Reply is denied for user, who is no longer a thread participant"
    ),
    domain.NotInThread: CatalogueRow(400, "CMN-101", _VALUE_IS_INVALID, _WORD_400),
    domain.ReplyTargetNotFound: CatalogueRow(404, "CMN-102", _NOT_FOUND),
    # The message store
    domain.SyncTokenInvalid: CatalogueRow(
        400, "MSG-333", "Parameter [{parameter}] value is invalid or expired.", _WORD_400
    ),
    domain.ConversationAndTypeTogether: CatalogueRow(
        400, "MSG-390", "Parameters [conversationId] and [type] can not be specified simultaneously", _WORD_400
    ),
    domain.TooManyReports: CatalogueRow(429, "CMN-304", "Duplicate concurrent request. Try again later"),
    domain.ThreadNotAccessible: CatalogueRow(
        403,
        "CMN-408",
        "In order to call this API endpoint, user needs to have [{value}] permission for requested resource.",
    ),
    domain.NotAssigned: CatalogueRow(
        403, "MSG-427", "The thread is not assigned to extension [{value}] at the moment."
    ),
    # Subscriptions
    domain.InvalidEventFilters: CatalogueRow(400, "SUB-508", "Invalid event filters: [{value}]", _WORD_400),
    domain.ReminderAlone: CatalogueRow(
        400, "SUB-515", "A reminder of the subscription's expiry cannot be its only event filter", _WORD_400
    ),
    domain.ReminderUnsuitable: CatalogueRow(
        400, "SUB-516", "Parameters [threshold] and [interval] are invalid in event filter [{value}]", _WORD_400
    ),
    domain.EventsOfAnotherExtension: CatalogueRow(
        403, "SUB-405", "Not allowed subscribe for messages to other extensions"
    ),
    domain.EventsOfAnotherAccount: CatalogueRow(
        403, "SUB-406", "Not allowed subscribe for events to extensions of other account"
    ),
    domain.EventsOfUnknownUser: CatalogueRow(403, "SUB-408", "Not allowed subscribe for unknown user"),
    domain.TooManySubscriptions: CatalogueRow(403, "SUB-505", "Subscriptions limit exceeded"),
    domain.ValidationTokenMissing: CatalogueRow(
        400, "SUB-520", "Validation Token is not returned [{value}]", _WORD_400
    ),
    domain.WebHookUnreachable: CatalogueRow(400, "SUB-521", "WebHook is not reachable [{value}]", _WORD_400),
    domain.WebHookGivenUp: CatalogueRow(
        400,
        "SUB-521",
        "WebHook is not reachable [it was blacklisted, which is for good: delete the subscription and create it anew."
        " {value}]",
        _WORD_400,
    ),
    domain.WebHookStatusIncorrect: CatalogueRow(
        400, "SUB-522", "WebHook responds with incorrect HTTP status. HTTP status is {value}", _WORD_400
    ),
    domain.HttpsRequired: CatalogueRow(400, "SUB-523", "HTTPS is required [{value}]", _WORD_400),
    domain.WebHookAnswerInvalid: CatalogueRow(
        400, "SUB-525", "WebHook server response is invalid [{value}]", _WORD_400
    ),
}

OF_THE_CONTRACT = (
    UnparseableJson,
    UnparseableRequest,
    PartUnreadable,
    BodyTooLarge,
    BodyOfTooManyValues,
    UnsupportedMediaType,
    InvalidUri,
    MethodNotAllowed,
)
"""Refusals of requests that are not in the contract, whoever raises them."""

_NAMES_PERMISSION = (
    domain.ApplicationPermissionDenied,
    domain.PermissionDenied,
    domain.ThreadNotAccessible,
    domain.ExtendedScopeMissing,
)
_NAMES_NO_PARAMETER = (*_NAMES_PERMISSION, domain.AnotherExtension, domain.NotAssigned)


@lru_cache(maxsize=256)
def demanded_row(operation: str, status: int, code: str | None) -> CatalogueRow:
    """How a refusal is worded that nothing but somebody's wish has brought about; without a code by its status."""
    rows = [row for row in CATALOGUE.values() if row.code == code]
    row = next((row for row in rows if row.status == status), rows[0] if rows else None)
    if row is not None:
        return row._replace(status=status)
    phrase = HTTPStatus(status).phrase if status in set(HTTPStatus) else f"Status {status}"
    return CatalogueRow(status, code or ("CMN-203" if status >= 500 else "CMN-101"), phrase)


def row_of(problem: Exception) -> CatalogueRow:
    """Status, code and words of a refusal."""
    if isinstance(problem, faults.Demanded):
        return demanded_row(problem.operation, problem.status, problem.code)
    return CATALOGUE[type(problem)]


def entry(problem: Exception) -> dict[str, str]:
    """One entry of `errors[]`: errorCode, message and their subject."""
    row = row_of(problem)
    parameter, value = getattr(problem, "parameter", None) or "", getattr(problem, "value", None) or ""
    if isinstance(problem, faults.Demanded) and "{parameter}" in row.message:
        parameter = parameter_of(problem.operation)
    said = {"errorCode": row.code, "message": row.message.format(parameter=parameter, value=value)}
    if isinstance(problem, _NAMES_PERMISSION):
        said["permissionName"] = value
    elif isinstance(problem, domain.NotAssigned):
        said["extensionId"] = value
    elif parameter and not isinstance(problem, _NAMES_NO_PARAMETER):
        said["parameterName"] = parameter
    return said


def envelope(problems: Sequence[Exception], *, with_words: bool = True) -> dict[str, Any]:
    """The body of a refusal: the first problem at the top, all of them in `errors`."""
    errors = list(_each_once(entry(problem) for problem in problems))
    top = errors[0]
    word = row_of(problems[0]).word if with_words else None
    body: dict[str, Any] = {"errorCode": word or top["errorCode"], "message": top["message"], "errors": errors}
    body.update({key: top[key] for key in ("parameterName", "permissionName") if key in top})
    return body


def problems_of(exception: Exception) -> Sequence[Exception]:
    """All errors of one exception, the most important first."""
    return exception.refusals if isinstance(exception, domain.Refusal) else (exception,)


SOON = "1"
"""Seconds after which a call is worth another try that could not be kept, or whose world had no process."""


def headers_of(problem: Exception, status: int) -> dict[str, str]:
    """The headers of a refusal."""
    if isinstance(problem, MethodNotAllowed):
        return {"Allow": ", ".join(problem.allowed)}
    if isinstance(problem, RangeNotSatisfiable):
        return {"Content-Range": f"bytes */{problem.length}"}
    if isinstance(problem, (StateUnavailable, LogUnavailable)):
        return {"Retry-After": SOON}
    if status == 429:
        return {"Retry-After": str(int(limits.PENALTY.total_seconds()))}
    if status == 401:
        return {"WWW-Authenticate": 'Bearer realm="RingCentral REST API"'}
    return {}


def render(exception: Exception, *, with_words: bool = True) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and JSON body for any refusal of the catalogue.

    `with_words`: whether older codes stand at the top, as everywhere but in high-volume SMS.
    """
    problems = problems_of(exception)
    status = row_of(problems[0]).status
    return status, headers_of(problems[0], status), json.dumps(envelope(problems, with_words=with_words)).encode()


def _each_once(entries: Iterable[dict[str, str]]) -> Iterable[dict[str, str]]:
    return {tuple(said.items()): said for said in entries}.values()


def without_frames(problem: Exception) -> Exception:
    """The same without the frames that it went through, and without what led to it, which has its own.

    For one that is kept: its frames refer to calls and connections, and the collector ignores frozen objects.
    """
    problem.__cause__ = problem.__context__ = None
    return problem.with_traceback(None)
