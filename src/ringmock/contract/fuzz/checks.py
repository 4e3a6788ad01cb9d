"""What schemas cannot say, judged on every fuzzed call: codes, echoes, read-after-write and the length rule.

Schemathesis makes one instance of each class for a run. A call is judged only if it used the operation's own method.
"""

import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NoReturn

import schemathesis
from schemathesis import Case, CheckContext, GenerationMode, Response

from ... import timestamps
from ..guard import Guard, NotSent
from ..multipart import File, encoded
from .client import Client, Reply, codes_of
from .grounding import Grounding
from .observed import DOCUMENTED, SENDING, Observed
from .texts import boundary

OWN_STORE = "/restapi/v1.0/account/~/extension/~/message-store"
PATHS = {
    "createSMSMessage": "/restapi/v1.0/account/~/extension/~/sms",
    "createInternalTextMessage": "/restapi/v1.0/account/~/extension/~/company-pager",
    "createMMS": "/restapi/v1.0/account/~/extension/~/mms",
}
LIMITS = {"createSMSMessage": 1000, "createInternalTextMessage": 1024, "createMMS": 1000}
PICTURE = File(b"GIF89a", "image/gif", "dot.gif")
OAUTH = ("authorize", "authorize2", "getToken", "revokeToken")
SCHEMA_CODES = ("CMN-101", "CMN-103", "CMN-104")
"""Codes about the request's form: wrong answers to a valid request, except for `EXCUSES`."""
TOO_LONG = "MSG-338"

Json = Any

OBSERVED = Observed()
_OUTPUT: list[Path] = []
_GROUNDING: list[Grounding] = []
_GUARD: list[Guard] = []


def start(grounding: Grounding, output: Path, guard: Guard) -> None:
    """Register the checks for the identity of this grounding, and write the observations to `output` at the end.

    The guard's counts are written next to it.
    """
    _GROUNDING.append(grounding)
    _OUTPUT.append(output)
    _GUARD.append(guard)


def operation_id(case: Case[Any]) -> str:
    """RingCentral's name of the operation that a case calls."""
    return str(case.operation.definition.raw["operationId"])


def is_well_formed(case: Case[Any]) -> bool:
    """Whether Schemathesis generated the case as a valid one."""
    return case.meta is not None and case.meta.generation.mode is GenerationMode.POSITIVE


def _is_own_method(case: Case[Any]) -> bool:
    return bool(case.method.upper() == case.operation.method.upper())


def json_of(response: Response) -> Json:
    """The body as JSON, None for another body. Schemathesis's own `json()` would accept the text 0 as a number."""
    try:
        return json.loads(response.content)
    except ValueError:
        return None


def _sent(case: Case[Any]) -> Json:
    """The JSON of a sending call's body, of a multipart one and of a form too; None for anything else."""
    body = case.body
    for name in ("json", "metadata"):
        if isinstance(body, dict) and isinstance(body.get(name), dict):
            body = body[name]
    if not isinstance(body, dict):
        return None
    if not str(case.media_type).startswith("multipart/"):
        return body
    return {name: _as_json(value) if name in ("from", "to") else value for name, value in body.items()}


def _as_json(number: Json) -> Json:
    """What the fields of a form say with a phone number alone."""
    if isinstance(number, list):
        return [_as_json(each) for each in number]
    return {"phoneNumber": number} if isinstance(number, str) else number


def _wrong(sentence: str) -> NoReturn:
    raise AssertionError(sentence)


# --- refusals -------------------------------------------------------------------------------------


@schemathesis.check
def documented_error_codes(ctx: CheckContext, response: Response, case: Case[Any]) -> None:
    """Every refusal has the envelope, and every code in it is documented for the operation and the status."""
    if response.status_code < 400 or not _is_own_method(case):
        return
    body, name = json_of(response), operation_id(case)
    codes = codes_of(body)
    if not codes or not _is_envelope(body, codes, is_oauth=name in OAUTH):
        _wrong(f"{response.status_code} without a well-formed error envelope: {response.text[:300]}")
    documented = DOCUMENTED[name].get(response.status_code)
    for code in codes:
        if documented is not None and code not in documented:
            _wrong(f"{name} answers {response.status_code} with {code}, which its x-error-codes do not list")


def _is_envelope(body: Mapping[str, Json], codes: list[str], *, is_oauth: bool) -> bool:
    if len(codes) != len(body["errors"]) or any(not entry.get("message") for entry in body["errors"]):
        return False
    if is_oauth:
        return bool(body.get("error") and body.get("error_description"))
    return bool(body.get("errorCode") and body.get("message"))


@schemathesis.check
def valid_request_accepted(ctx: CheckContext, response: Response, case: Case[Any]) -> None:
    """A valid request may be refused only for a documented business reason.

    Replaces `positive_data_acceptance`, which does not know such reasons.
    """
    if response.status_code < 400 or not is_well_formed(case) or not _is_own_method(case) or _is_misled(case):
        return
    name, codes = operation_id(case), codes_of(json_of(response))
    business = [code for code in DOCUMENTED[name].get(response.status_code, []) if code not in SCHEMA_CODES]
    if response.status_code == 401 or not codes:
        business = []
    if not all(code in business or (code == "CMN-101" and _is_excused(name, case)) for code in codes):
        _wrong(f"{name} refuses a request that keeps the contract: {response.status_code} {' '.join(codes)}")


def _is_misled(case: Case[Any]) -> bool:
    """Whether an inferred link used another value for one of these ids: a UUID, or the end of another resource."""
    path = case.path_parameters or {}
    given = [str(path[name]) for name in ("accountId", "extensionId", "messageId") if name in path]
    return not all(_IDS.fullmatch(value) for value in given)


_IDS = re.compile(r"~|\*|[0-9]+(,[0-9]+)*")


def _is_excused(name: str, case: Case[Any]) -> bool:
    excuse = EXCUSES.get(name)
    return excuse is not None and excuse(case)


def _sms_recipients_are_odd(case: Case[Any]) -> bool:
    """R-07 allows one recipient in 2012; no full number begins with 0."""
    numbers = [to["phoneNumber"].removeprefix("+") for to in (_sent(case) or {}).get("to", ())]
    are_too_many = len(numbers) > 1 and _GROUNDING[-1].generation == "2012"
    return are_too_many or any(number.startswith("0") for number in numbers)


def _fax_recipients_are_odd(case: Case[Any]) -> bool:
    """No full number begins with 0 or is short, and a received fax that is sent on needs recipients."""
    sent = _sent(case) or {}
    numbers = [to["phoneNumber"].removeprefix("+") for to in sent.get("to", ())]
    return "originalMessageId" in sent or any(number.startswith("0") or len(number) < 7 for number in numbers)


def _names_parties_of_a_reply(case: Case[Any]) -> bool:
    """D-06: recipients together with `replyOn` must be in the thread."""
    return {"to", "replyOn"} <= (_sent(case) or {}).keys()


def _names_members(case: Case[Any]) -> bool:
    """Only extensions that receive pages can join a Department, and Departments cannot."""
    items = (_sent(case) or {}).get("items", ())
    return any(item.get("addedExtensionIds") for item in items)


def _has_odd_dates(case: Case[Any]) -> bool:
    """A period that ends before it begins; the day before the first, or a zone beyond an end of the calendar."""
    query = {name: str(value) for name, value in (case.query or {}).items()}
    periods = {name.removesuffix(end) for name in query for end in ("From", "To") if name.endswith(end)}
    return any(_is_odd_period(query.get(f"{name}From", ""), query.get(f"{name}To", "")) for name in periods)


def _is_odd_period(since: str, until: str) -> bool:
    start, end = (timestamps.parse(date.replace(" ", "+")) for date in (since, until))
    is_reversed = start is not None and end is not None and end < start
    return is_reversed or any(date.startswith(("0001", "9999")) for date in (since, until))


def _asks_for_what_was_purged(case: Case[Any]) -> bool:
    """A Purged message stays Purged, and a schema cannot know which one is."""
    return _asks_for_availability(case.body)


def _asks_for_availability(body: Any) -> bool:
    if isinstance(body, list):
        return any(_asks_for_availability(entry.get("body")) for entry in body if isinstance(entry, dict))
    return isinstance(body, dict) and body.get("availability") in ("Alive", "Deleted")


def _names_a_page(case: Case[Any]) -> bool:
    """A page token is valid for its list, and until a reset of its world."""
    body = case.body if isinstance(case.body, dict) else {}
    return "pageToken" in (case.query or {}) or "pageToken" in body


def _reports_of_odd_dates(case: Case[Any]) -> bool:
    """The last date before the first, or no day before the last."""
    body = case.body if isinstance(case.body, dict) else {}
    return "dateFrom" in body or "dateTo" in body


def _synchronizes_from_nowhere(case: Case[Any]) -> bool:
    """ISync needs a token."""
    query = case.query or {}
    return _has_odd_dates(case) or (query.get("syncType") == "ISync" and "syncToken" not in query)


def _goes_on_from_nowhere(case: Case[Any]) -> bool:
    """Only the server's own tokens and pages are continued, and threads are named by their ids."""
    return _synchronizes_from_nowhere(case) or not {"pageId", "syncToken", "threadIds"}.isdisjoint(case.query or {})


def _is_from_no_a2p_number(case: Case[Any]) -> bool:
    """Only a number with A2PSmsSender sends batches, and opts out and in."""
    sender = (_sent(case) or {}).get("from", "")
    return sender.removeprefix("+") not in _GROUNDING[-1].a2p_from


def _is_no_batch_to_send(case: Case[Any]) -> bool:
    """Each message needs a text, its own or the batch's."""
    sent = _sent(case) or {}
    has_texts = all(message.get("text") or sent.get("text") for message in sent.get("messages", ()))
    return _is_from_no_a2p_number(case) or not has_texts


def _is_no_sms_batch_to_send(case: Case[Any]) -> bool:
    """Each message without a file needs a text, its own or the batch's."""
    sent = _sent(case) or {}
    return not all(message.get("text") or sent.get("text") for message in sent.get("messages", ()))


def _asks_for_a_page(case: Case[Any]) -> bool:
    """Only the server's own tokens name pages."""
    return _has_odd_dates(case) or "pageToken" in (case.query or {})


def _names_a_number(case: Case[Any]) -> bool:
    """An extension keeps its name."""
    return "extensionNumber" in (_sent(case) or {})


def _is_of_another_kind(case: Case[Any]) -> bool:
    """An extension keeps its number and its type, and only a Department has service levels."""
    return not {"extensionNumber", "type", "callQueueInfo"}.isdisjoint(_sent(case) or {})


def _names_a_country(case: Case[Any]) -> bool:
    """Two letters are not always a country's."""
    context = (_sent(case) or {}).get("context") or {}
    return "homeCountry" in (case.query or {}) or bool(context.get("country"))


EXCUSES: Mapping[str, Callable[[Case[Any]], bool]] = {
    "createSMSMessage": _sms_recipients_are_odd,
    "createMMS": _sms_recipients_are_odd,
    "createInternalTextMessage": _names_parties_of_a_reply,
    "createFaxMessage": _fax_recipients_are_odd,
    "createSmsBatch": _is_no_sms_batch_to_send,
    "mthSendMessage": lambda case: True,  # only some numbers have SMS recipients, and calls of a run take them away
    "linkNumbers": lambda case: True,  # only some numbers send SMS
    "assignMultipleDepartmentMembers": _names_members,
    "createA2PSMS": _is_no_batch_to_send,
    "addA2PSMSOptOuts": _is_from_no_a2p_number,
    "listA2PBatches": _asks_for_a_page,
    "listA2PSMS": _asks_for_a_page,
    "listSmsBatches": _asks_for_a_page,
    "listSmsMessages": _asks_for_a_page,
    "readSmsStatusSummary": _has_odd_dates,
    "readA2PSMSOptOuts": _asks_for_a_page,
    "aggregateA2PSMSStatuses": _has_odd_dates,
    "listMessages": _has_odd_dates,
    "deleteMessageByFilter": _has_odd_dates,
    "syncMessages": _synchronizes_from_nowhere,
    "readUserCallLog": _has_odd_dates,
    "syncUserCallLog": _synchronizes_from_nowhere,
    "syncAddressBook": _goes_on_from_nowhere,
    "mthListThreads": _has_odd_dates,
    "mthListMessages": _has_odd_dates,
    "mthSyncEntries": _goes_on_from_nowhere,
    "updateExtensionCallerId": lambda case: True,  # some numbers are another's
    "patchMessage": _asks_for_what_was_purged,
    "createCompanyMessageTemplate": lambda case: True,  # the 26th
    "createUserMessageTemplate": lambda case: True,
    "createMessageStoreReport": _reports_of_odd_dates,
    "listSmsConsentRecords": _names_a_page,
    "searchSmsConsentRecords": _names_a_page,
    "listSmsConsentHistoryRecords": _names_a_page,
    "bulkAssignSmsRecipients": lambda case: True,  # only some types can be one
    "updateCallQueueInfo": _names_a_number,
    "updateExtension": _is_of_another_kind,
    "parsePhoneNumber": _names_a_country,
    "parsePhoneNumberV2": _names_a_country,
    "createSubscription": lambda case: True,
    "updateSubscription": lambda case: True,
    "authorize": lambda case: True,
    "authorize2": lambda case: True,
    "getToken": lambda case: True,
    "revokeToken": lambda case: True,
}
"""Where CMN-101 may answer a request that matches the schema, for conditions outside the schema.

The OAuth forms depend on the grant type, revoke accepts the token in two places, the redirect URI depends on the
application, and event filters have a separate grammar.
"""


# --- sending --------------------------------------------------------------------------------------


@schemathesis.check
def sent_message_is_echoed(ctx: CheckContext, response: Response, case: Case[Any]) -> None:
    """The answer to a sending says what was sent: text, sender and recipients, in the generation's shape."""
    name, sent = operation_id(case), _sent(case)
    if name not in SENDING or response.status_code != 200 or sent is None or not _is_own_method(case):
        return
    message, account = json_of(response), _GROUNDING[-1]
    if message["subject"] != sent.get("text", ""):
        _wrong(f"the answer's subject {message['subject']!r} is not the text {sent.get('text')!r}")
    if name != "createInternalTextMessage":
        _compare("from", [message["from"]["phoneNumber"]], [_phone(sent["from"], account)])
        _compare("to", [to["phoneNumber"] for to in message["to"]], [_phone(to, account) for to in sent["to"]])
        return
    _compare("from", [message["from"]["extensionNumber"]], [account.number])
    if "replyOn" not in sent:
        wanted = list(dict.fromkeys(_extension(to, account) for to in sent["to"]))
        if account.generation == "2012":
            wanted = list(dict.fromkeys([account.number, *wanted]))
        _compare("to", [to["extensionNumber"] for to in message["to"]], wanted)


def _compare(name: str, given: list[str], wanted: list[str]) -> None:
    if given != wanted:
        _wrong(f"the answer's {name} is {given}, and {wanted} was sent")


def _phone(party: Mapping[str, str], account: Grounding) -> str:
    """D-10: a phone number as the generation writes it."""
    digits = party["phoneNumber"].removeprefix("+")
    return f"+{digits}" if account.generation == "current" else digits


def _extension(party: Mapping[str, str], account: Grounding) -> str:
    if "extensionNumber" in party:
        return party["extensionNumber"]
    return next(number for number, extension_id in account.ids.items() if extension_id == party["extensionId"])


@schemathesis.check
class created_is_readable:  # noqa: N801  (Schemathesis reports a check by its class's name)
    """A created message is in its sender's mailbox: by its id, at the head of the list, and its text as content."""

    def after_response(self, ctx: CheckContext, response: Response, case: Case[Any]) -> None:
        sent = _sent(case)
        if operation_id(case) not in SENDING or response.status_code != 200 or not _is_own_method(case):
            return
        message, token, url = json_of(response), _GROUNDING[-1].token, _base_url(case)
        path = f"{OWN_STORE}/{message['id']}"
        if not str(message["uri"]).startswith(f"{url}/"):
            _wrong(f"the uri {message['uri']} of the created message leads away from {url}")
        with _client(case) as client:
            read = client.send_json("GET", path, token)
            if read.status != 200 or read.json["id"] != message["id"] or read.json["subject"] != message["subject"]:
                _wrong(f"{path} is not the message that was created: {read.status} {read.body[:200]!r}")
            listed = client.send_json("GET", f"{OWN_STORE}?perPage=10", token)
            if message["id"] not in [record["id"] for record in listed.json["records"]]:
                _wrong(f"message {message['id']} is not among the ten newest of the list")
            if sent is None or not sent.get("text"):
                return
            content = client.send_json("GET", f"{path}/content/{message['attachments'][0]['id']}", token)
            if content.body.decode() != sent["text"]:
                _wrong(f"the content of message {message['id']} is not its text: {content.body[:200]!r}")


def _client(case: Case[Any]) -> Client:
    return Client(_base_url(case), guard=_GUARD[-1])


def _base_url(case: Case[Any]) -> str:
    return str(case.operation.schema.get_base_url()).rstrip("/")


@schemathesis.check
class length_counts_utf16_units:  # noqa: N801
    """R-04, R-05: no text is refused that fits and none accepted that does not, in UTF-16 units.

    Every fuzzed sending is judged; and once for each operation seven texts on both sides of the limit are sent.
    """

    def __init__(self) -> None:
        self._verdicts: dict[str, str | None] = {}

    def after_response(self, ctx: CheckContext, response: Response, case: Case[Any]) -> None:
        name, sent = operation_id(case), _sent(case)
        if name not in SENDING or not _is_own_method(case) or not isinstance((sent or {}).get("text"), str):
            return
        self._judge(LIMITS[name], str(sent["text"]), response)
        if response.status_code == 200:
            if name not in self._verdicts:
                self._verdicts[name] = _boundary_fault(name, _base_url(case))
            fault = self._verdicts[name]
            if fault is not None:
                _wrong(fault)

    def _judge(self, limit: int, text: str, response: Response) -> None:
        units = len(text.encode("utf-16-le", errors="surrogatepass")) // 2
        if units > limit and response.status_code == 200:
            _wrong(f"a text of {units} UTF-16 units is accepted, the limit is {limit}")
        if units <= limit and TOO_LONG in codes_of(json_of(response)):
            _wrong(f"a text of {units} UTF-16 units is refused as too long, the limit is {limit}")


def _boundary_fault(name: str, url: str) -> str | None:
    """What is wrong with the answers to seven texts around the limit; None when nothing is."""
    account, limit = _GROUNDING[-1], LIMITS[name]
    with Client(url, guard=_GUARD[-1]) as client:
        for text, fits in boundary(limit):
            try:
                reply = _reply_to(client, name, account, text)
            except NotSent:
                return None
            OBSERVED.of(name).count(reply.status, reply.codes, by_probe=True)
            if not _is_right(reply, fits):
                units = len(text.encode("utf-16-le")) // 2
                return f"{name}: {units} UTF-16 units in {len(text)} characters get {reply.status} {reply.codes}"
    return None


def _reply_to(client: Client, name: str, account: Grounding, text: str) -> Reply:
    body = _plain(name, account, text)
    if name != "createMMS":
        return client.send_json("POST", PATHS[name], account.token, body)
    content_type, content = encoded(body, [PICTURE])
    headers = {"Content-Type": content_type, "Authorization": f"Bearer {account.token}"}
    return client.call("POST", PATHS[name], content, headers)


def _plain(name: str, account: Grounding, text: str) -> dict[str, Json]:
    if name != "createInternalTextMessage":
        to = [{"phoneNumber": number} for number in account.sms_to[0]]
        return {"from": {"phoneNumber": account.sms_from[0]}, "to": to, "text": text}
    return {"to": [{"extensionNumber": number} for number in account.page_to[0]], "text": text}


def _is_right(reply: Reply, fits: bool) -> bool:
    return reply.status == 200 if fits else (reply.status, reply.codes) == (400, [TOO_LONG])


# --- the account of the run -----------------------------------------------------------------------


@schemathesis.check
class well_formed_calls:  # noqa: N801
    """Counts the well-formed calls and those of them that got a 2xx; never fails."""

    def after_response(self, ctx: CheckContext, response: Response, case: Case[Any]) -> None:
        if is_well_formed(case) and _is_own_method(case):
            counts = OBSERVED.of(operation_id(case))
            counts.well_formed += 1
            counts.accepted += 200 <= response.status_code < 300

    def after_run(self, ctx: CheckContext) -> None:
        _OUTPUT[-1].write_text(json.dumps(OBSERVED.to_json()), encoding="utf-8")
        _OUTPUT[-1].with_name("spent.json").write_text(_GUARD[-1].to_json(), encoding="utf-8")
