"""How a rule, a decision or a row of the generations' table is recognised in a call and its answer.

Each row of the tables here is a sentence that can be checked by hand on one exchange. A rule is exercised when all of
its evidence was observed. When an answer is the same with and without the rule, only the server's own record is
evidence, and `in_traffic` is False.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

from ..domain.message import MessageType
from ..domain.rules import MAX_UTF16_UNITS
from ..domain.text import utf16_units
from .observation import Json, Note, Observation, as_list, as_object

SMS = "createSMSMessage"
MMS = "createMMS"
SENDING_SMS = (SMS, MMS)
PAGER = "createInternalTextMessage"
CONTENT = "readMessageContent"
ARCHIVES = ("readMessageStoreReportArchive", "readMessageStoreReportArchiveContent")
RENEWALS = ("renewSubscription", "updateSubscription")
CONSENTS = "editSmsConsentRecords"
OF_ONE_MESSAGE = ("readMessage", "updateMessage", "patchMessage", "deleteMessage", CONTENT)

Condition = Callable[[Observation], bool]


class Evidence(NamedTuple):
    """`key` is what it is counted under, `says` describes the observation."""

    key: str
    says: str
    matches: Condition
    in_traffic: bool = True


class EvidenceRow(NamedTuple):
    """A row of the generations' table: what its difference is known by in each generation."""

    title: str
    evidence: Mapping[str, tuple[Evidence, ...]]


# --- rules and decisions ---------------------------------------------------------------------------


def _decided(rule: str) -> Condition:
    return lambda seen: rule in seen.rules


def _noted(note: Note) -> Condition:
    return lambda seen: note in seen.notes


def _refused(*codes: str, of: tuple[str, ...] = ()) -> Condition:
    return lambda seen: (not of or seen.operation in of) and seen.is_refused_with(*codes)


def _accepted(*operations: str) -> Condition:
    return lambda seen: seen.operation in operations and seen.is_accepted


def _inbound(message_type: str) -> Condition:
    return lambda seen: any(m["type"] == message_type and m["direction"] == "Inbound" for m in seen.messages)


def _is_from_the_unnamed(seen: Observation) -> bool:
    received = [m for m in seen.messages if m["type"] == "SMS" and m["direction"] == "Inbound"]
    return any("name" not in as_object(message.get("from")) for message in received)


def _is_too_long_in_units_only(seen: Observation) -> bool:
    limit = MAX_UTF16_UNITS[MessageType.PAGER if seen.operation == PAGER else MessageType.SMS]
    text = as_object(seen.sent).get("text")
    return seen.is_refused_with("MSG-338") and isinstance(text, str) and len(text) <= limit < utf16_units(text)


def _is_sms_to_no_single_number(seen: Observation) -> bool:
    several = len(seen.recipients()) > 1 and seen.is_refused_about("to", "CMN-101")
    return seen.operation in SENDING_SMS and (several or seen.is_refused_with("MSG-246", "MSG-247"))


def _states_consents_of_all(seen: Observation) -> bool:
    records = as_list(as_object(seen.sent).get("records"))
    is_of_all = any(as_object(record).get("from") == "*" for record in records)
    return seen.operation == CONSENTS and seen.is_accepted and is_of_all


def _lists_failed_consents(seen: Observation) -> bool:
    return seen.operation == CONSENTS and "failedRecords" in as_object(seen.answer)


def _is_page_to_a_stranger(seen: Observation) -> bool:
    unknown = seen.status == 400 and seen.is_refused_about("to", "CMN-102")
    return seen.operation == PAGER and (unknown or seen.is_refused_about("to.phoneNumber", "CMN-101"))


def _is_page_to_several(seen: Observation) -> bool:
    is_several = len({str(recipient) for recipient in seen.recipients()}) > 1
    return _accepted(PAGER)(seen) and not _is_reply(seen) and is_several


def _is_reply(seen: Observation) -> bool:
    return seen.operation == PAGER and as_object(seen.sent).get("replyOn") is not None


def _names_a_stranger_in_a_reply(seen: Observation) -> bool:
    return _is_reply(seen) and bool(seen.recipients()) and seen.is_refused_about("to", "CMN-101")


def _meets_inactive(seen: Observation) -> bool:
    return bool({"R-16", "R-18", "R-19"} & seen.rules) or seen.is_refused_with("MSG-324")


def _passes_over_everyone(seen: Observation) -> bool:
    return _accepted(PAGER)(seen) and "R-19" in seen.rules and "R-10" not in seen.rules


def _writes_numbers(*, plus: bool) -> Condition:
    def matches(seen: Observation) -> bool:
        parties = (as_object(as_object(seen.sent).get("from")), *seen.recipients())
        numbers = [str(party["phoneNumber"]) for party in parties if "phoneNumber" in party]
        return _accepted(*SENDING_SMS)(seen) and any(number.startswith("+") is plus for number in numbers)

    return matches


def _is_unknown_reply_target(seen: Observation) -> bool:
    return seen.operation == PAGER and seen.status == 404 and seen.is_refused_about("replyOn", "CMN-102")


def _lists_purged(seen: Observation) -> bool:
    return seen.operation == "listMessages" and any(m["availability"] == "Purged" for m in seen.messages)


def _is_page_to_an_unknown_extension(seen: Observation) -> bool:
    return seen.operation == PAGER and seen.status == 400 and seen.is_refused_about("to", "CMN-102")


def _syncs_by_default(seen: Observation) -> bool:
    answer = as_object(seen.answer)
    kind = as_object(answer.get("syncInfo")).get("syncType")
    return seen.operation == "syncMessages" and kind == "FSync" and "dateFrom=" in str(answer.get("uri"))


def _is_sms_without_text(seen: Observation) -> bool:
    is_empty = not as_object(seen.sent).get("text")
    return seen.operation == SMS and is_empty and seen.is_refused_about("text", "CMN-101")


def _issues_long_refresh_token(seen: Observation) -> bool:
    return seen.operation == "getToken" and as_object(seen.answer).get("refresh_token_expires_in") == 604800


def _subscribes_to_instant_sms(seen: Observation) -> bool:
    filters = as_list(as_object(seen.sent).get("eventFilters"))
    return _accepted("createSubscription")(seen) and any("/instant?" in str(each) for each in filters)


def _says_no_plan(seen: Observation) -> bool:
    service = as_object(as_object(seen.answer).get("serviceInfo"))
    return _accepted("readAccountInfo")(seen) and "servicePlan" not in service


def _lists_scopes(seen: Observation) -> bool:
    scopes = as_list(as_object(seen.answer).get("scopes_supported"))
    return _accepted("readOpenIdConfiguration")(seen) and "email" in scopes


def _keeps_the_text(seen: Observation) -> bool:
    text = as_object(seen.sent).get("text")
    return _accepted(*SENDING_SMS)(seen) and bool(text) and as_object(seen.answer).get("subject") == text


_TOO_LONG = _refused("MSG-338", of=(*SENDING_SMS, PAGER))
_NO_LONGER_IN_IT = _refused("MSG-326", of=(PAGER,))
_NOT_READABLE = _refused("CMN-408", of=OF_ONE_MESSAGE)

RULE_EVIDENCE: Mapping[str, tuple[Evidence, ...]] = {
    "R-01": (
        Evidence("R-01 SMS", "an SMS was accepted", _accepted(*SENDING_SMS)),
        Evidence("R-01 Pager", "a page was accepted", _accepted(PAGER)),
    ),
    "R-02": (Evidence("R-02", "an inbound SMS in a mailbox", lambda s: _inbound("SMS")(s) or _decided("R-02")(s)),),
    "R-03": (Evidence("R-03", "an inbound page in a mailbox", lambda s: _inbound("Pager")(s) or _decided("R-03")(s)),),
    "R-04": (Evidence("R-04", "a text refused with MSG-338", _TOO_LONG),),
    "R-05": (Evidence("R-05", "a text refused with MSG-338 that fits in characters", _is_too_long_in_units_only),),
    "R-06": (Evidence("R-06", "an SMS to a number outside the account", _decided("R-06"), in_traffic=False),),
    "R-07": (
        Evidence(
            "R-07",
            "an SMS to several numbers, or to what is no full one, refused",
            lambda s: _is_sms_to_no_single_number(s) or _decided("R-07")(s),
        ),
    ),
    "R-08": (
        Evidence(
            "R-08",
            "a page to a phone number, or to an unknown extension, refused",
            lambda s: _is_page_to_a_stranger(s) or _decided("R-08")(s),
        ),
    ),
    "R-09": (Evidence("R-09", "a page to several recipients accepted", _is_page_to_several),),
    "R-10": (Evidence("R-10", "a page forwarded to a member of a Department", _decided("R-10"), in_traffic=False),),
    "R-11": (Evidence("R-11", "an SMS of a Department accepted", _noted(Note.DEPARTMENT_SENDS), in_traffic=False),),
    "R-12": (
        Evidence(
            "R-12",
            "an SMS from a number that is not the sender's refused",
            _refused("MSG-245", "MSG-304", of=SENDING_SMS),
        ),
    ),
    "R-13": (
        Evidence(
            "R-13", "a Department's number listed with SmsSender", _noted(Note.DEPARTMENT_CAN_SEND), in_traffic=False
        ),
    ),
    "R-14": (Evidence("R-14", "a page of a Department refused with MSG-330", _refused("MSG-330", of=(PAGER,))),),
    "R-15": (Evidence("R-15", "a sending to a Disabled or Frozen recipient", _meets_inactive),),
    "R-16": (Evidence("R-16", "an SMS dropped", _decided("R-16"), in_traffic=False),),
    "R-17": (
        Evidence("R-17", "a dropped SMS seen in its sender's mailbox", _noted(Note.DROPPED_IS_KEPT), in_traffic=False),
    ),
    "R-18": (Evidence("R-18", "a page refused with MSG-324", _refused("MSG-324", of=(PAGER,))),),
    "R-19": (Evidence("R-19", "a member of a Department passed over", _decided("R-19"), in_traffic=False),),
    "R-20": (
        Evidence("R-20 read", "a message of a thread refused with CMN-408", _NOT_READABLE),
        Evidence("R-20 write", "a reply refused with MSG-326", _NO_LONGER_IN_IT),
    ),
    "R-21": (
        Evidence("R-21", "a reply of a member to his Department's page", _noted(Note.MEMBER_REPLIES), in_traffic=False),
    ),
    "R-22": (Evidence("R-22", "a reply refused with MSG-326", _NO_LONGER_IN_IT),),
    "R-23": (
        Evidence("R-23 kept", "a reply accepted", lambda s: _is_reply(s) and s.is_accepted),
        Evidence("R-23 refused", "a reply refused with MSG-326", _NO_LONGER_IN_IT),
    ),
    "R-24": (Evidence("R-24", "403 with MSG-326", lambda s: s.status == 403 and _NO_LONGER_IN_IT(s)),),
    "D-01": (Evidence("D-01", "MSG-338 about the parameter text", lambda s: s.is_refused_about("text", "MSG-338")),),
    "D-02": (Evidence("D-02", "403 with MSG-330", lambda s: s.status == 403 and s.is_refused_with("MSG-330")),),
    "D-03": (
        Evidence("D-03", "a dropped SMS seen in the status Sent", _noted(Note.DROPPED_IS_SENT), in_traffic=False),
    ),
    "D-04": (Evidence("D-04", "403 with CMN-408 for a message", lambda s: s.status == 403 and _NOT_READABLE(s)),),
    "D-05": (
        Evidence("D-05", "a reply refused with MSG-324", lambda s: _is_reply(s) and s.is_refused_with("MSG-324")),
    ),
    "D-06": (
        Evidence(
            "D-06",
            "a reply that names someone outside its thread refused",
            lambda s: _names_a_stranger_in_a_reply(s) or _decided("D-06")(s),
        ),
    ),
    "D-07": (
        Evidence("D-07 empty", "a page to a Department without members refused", _decided("D-07"), in_traffic=False),
        Evidence(
            "D-07 inactive", "a page that every member was passed over for", _passes_over_everyone, in_traffic=False
        ),
    ),
    "D-08": (
        Evidence(
            "D-08",
            "a message received by an extension that is NotActivated or Unassigned",
            _noted(Note.RECEIVED_UNACTIVATED),
            in_traffic=False,
        ),
    ),
    "D-09": (Evidence("D-09", "an SMS to a number that cannot receive any", _decided("D-09"), in_traffic=False),),
    "D-10": (
        Evidence("D-10 with", "an SMS accepted whose request writes numbers with +", _writes_numbers(plus=True)),
        Evidence("D-10 without", "an SMS accepted whose request writes numbers without", _writes_numbers(plus=False)),
    ),
    "D-12": (Evidence("D-12", "an SMS to a phone that has said STOP", _decided("D-12"), in_traffic=False),),
    "D-13": (Evidence("D-13", "an SMS that a carrier profile fails", _decided("D-13"), in_traffic=False),),
    "D-14": (
        Evidence("D-14 to", "an SMS to a number of high-volume SMS", _decided("D-14"), in_traffic=False),
        Evidence("D-14 from", "an ordinary SMS from such a number refused", _refused("MSG-320")),
    ),
    "D-15": (
        Evidence("D-15 all", "a consent stated for every number of the account", _states_consents_of_all),
        Evidence("D-15 failed", "a consent that could not be taken is reported", _lists_failed_consents),
    ),
    "D-16": (
        Evidence("D-16 third", "a third report at once refused with CMN-304", _refused("CMN-304")),
        Evidence("D-16 early", "an archive that is not there yet refused with 404", _refused("CMN-102", of=ARCHIVES)),
    ),
    "D-17": (Evidence("D-17", "a client refused with OAU-146", _refused("OAU-146")),),
    "D-18": (Evidence("D-18", "an unknown path refused with CMN-120", _refused("CMN-120")),),
    "D-19": (Evidence("D-19", "a message listed as Purged", _lists_purged),),
    "D-20": (Evidence("D-20", "a reply accepted", lambda s: _is_reply(s) and s.is_accepted),),
    "D-21": (Evidence("D-21", "a call refused with CMN-401", _refused("CMN-401")),),
    "D-22": (
        Evidence("D-22", "a message that has an owner", lambda s: any("owner" in message for message in s.messages)),
    ),
    "D-23": (Evidence("D-23", "an SMS abroad from a toll-free number refused with MSG-403", _refused("MSG-403")),),
    "D-24": (Evidence("D-24", "an SMS from a company number", _noted(Note.FROM_COMPANY_NUMBER), in_traffic=False),),
    "D-25": (
        Evidence("D-25", "a page to an unknown extension refused with CMN-102", _is_page_to_an_unknown_extension),
    ),
    "D-26": (Evidence("D-26", "a page to several recipients accepted", _is_page_to_several),),
    "D-27": (Evidence("D-27", "a synchronization from 24 hours ago on", _syncs_by_default),),
    "D-28": (Evidence("D-28", "an SMS without text refused with CMN-101", _is_sms_without_text),),
    "D-29": (Evidence("D-29", "a refresh token of 604800 seconds", _issues_long_refresh_token),),
    "D-30": (Evidence("D-30", "an SMS abroad refused with MSG-240", _refused("MSG-240")),),
    "D-31": (Evidence("D-31", "an SMS whose subject is its text", _keeps_the_text),),
    "D-32": (
        Evidence("D-32", "the renewal of a blacklisted webhook refused with SUB-521", _refused("SUB-521", of=RENEWALS)),
    ),
    "D-33": (Evidence("D-33", "a receiver refused with SUB-525", _refused("SUB-525")),),
    "D-34": (Evidence("D-34", "a file of a type that no MMS carries refused", _refused("MSG-348")),),
    "D-35": (Evidence("D-35", "an unknown path refused with CMN-120", _refused("CMN-120")),),
    "D-36": (Evidence("D-36", "a subscription to instant SMS accepted", _subscribes_to_instant_sms),),
    "D-37": (Evidence("D-37", "an account without a plan", _says_no_plan),),
    "D-38": (Evidence("D-38", "the scopes of OpenID Connect discovered", _lists_scopes),),
    "D-39": (Evidence("D-39", "a message sent in a thread", _accepted("mthSendMessage")),),
    "D-40": (Evidence("D-40", "a message in a thread of another's refused with MSG-427", _refused("MSG-427")),),
    "D-48": (Evidence("D-48", "a retention period set", _accepted("updateMessageStoreConfiguration")),),
    "D-41": (Evidence("D-41", "entries synchronized", _accepted("mthSyncEntries")),),
    "D-42": (Evidence("D-42", "a fax accepted", _accepted("createFaxMessage")),),
    "D-43": (Evidence("D-43", "an SMS received from a number without a name", _is_from_the_unnamed),),
    "D-44": (Evidence("D-44", "a batch of ordinary SMS accepted", _accepted("createSmsBatch")),),
    "D-45": (Evidence("D-45", "numbers registered for a campaign", _accepted("linkNumbers")),),
    "D-46": (Evidence("D-46", "an unknown path refused with CMN-120", _refused("CMN-120")),),
    "D-47": (Evidence("D-47", "a presence changed", _accepted("updateUserPresenceStatus")),),
    "D-11": (Evidence("D-11", "a reply to nothing refused with 404", _is_unknown_reply_target),),
}
"""By the id of the rule or decision."""


# --- generations -----------------------------------------------------------------------------------


def _numbers_start_with(plus: bool) -> Condition:
    def matches(seen: Observation) -> bool:
        numbers = [number for number in _phone_numbers(seen.answer) if len(number) > 6]
        return seen.is_accepted and any(number.startswith("+") is plus for number in numbers)

    return matches


def _phone_numbers(value: Json) -> Iterator[str]:
    if isinstance(value, dict):
        for key, inner in value.items():
            if key == "phoneNumber" and isinstance(inner, str):
                yield inner
            yield from _phone_numbers(inner)
    for inner in as_list(value):
        yield from _phone_numbers(inner)


def _sent_with(name: str, wanted: str, *operations: str) -> Condition:
    def matches(seen: Observation) -> bool:
        return seen.operation in operations and seen.is_accepted and as_object(seen.answer).get(name) == wanted

    return matches


def _page_names_sender_first(expected: bool) -> Condition:
    def matches(seen: Observation) -> bool:
        answer = as_object(seen.answer)
        to = [as_object(party).get("extensionNumber") for party in as_list(answer.get("to"))]
        sender = as_object(answer.get("from")).get("extensionNumber")
        return _accepted(PAGER)(seen) and bool(to) and sender is not None and (to[0] == sender) is expected

    return matches


def _text_is_read_by_message_id(expected: bool) -> Condition:
    def matches(seen: Observation) -> bool:
        is_read = seen.operation == CONTENT and seen.status == 200 and "attachmentId" in seen.path
        return is_read and (seen.path["attachmentId"] == seen.path.get("messageId")) is expected

    return matches


def _thread_is_first_message(expected: bool) -> Condition:
    def matches(seen: Observation) -> bool:
        answer = as_object(seen.answer)
        is_new = _accepted(PAGER)(seen) and not _is_reply(seen) and {"id", "conversationId"} <= answer.keys()
        return is_new and (str(answer["id"]) == str(answer["conversationId"])) is expected

    return matches


def _is_seen_sent_later(seen: Observation) -> bool:
    of_sms = (m for m in seen.messages if m["type"] == "SMS" and m["direction"] == "Outbound")
    return seen.operation not in SENDING_SMS and any(m.get("messageStatus") in ("Sent", "Delivered") for m in of_sms)


def _is_group_sms(seen: Observation) -> bool:
    return seen.operation in SENDING_SMS and len(seen.recipients()) > 1


def _messages_have_thread_objects(expected: bool) -> Condition:
    def matches(seen: Observation) -> bool:
        return seen.is_accepted and any(("conversation" in message) is expected for message in seen.messages)

    return matches


def _row(
    title: str, in_2012: tuple[str, Condition], in_current: tuple[str, Condition], *more: tuple[str, Condition]
) -> EvidenceRow:
    return EvidenceRow(
        title, {"2012": _of("2012", title, in_2012), "current": _of("current", title, in_current, *more)}
    )


def _of(generation: str, title: str, *conditions: tuple[str, Condition]) -> tuple[Evidence, ...]:
    return tuple(
        Evidence(f"{generation} {title}" + (f" ({number})" if len(conditions) > 1 else ""), says, matches)
        for number, (says, matches) in enumerate(conditions, start=1)
    )


GENERATION_EVIDENCE: Mapping[str, EvidenceRow] = {
    "plus_before_numbers": _row(
        "phone numbers in answers",
        ("a phone number answered in digits", _numbers_start_with(plus=False)),
        ("a phone number answered with +", _numbers_start_with(plus=True)),
    ),
    "outbound_read_status": _row(
        "readStatus of what was sent",
        ("a sending answered as Unread", _sent_with("readStatus", "Unread", SMS, PAGER)),
        ("a sending answered as Read", _sent_with("readStatus", "Read", SMS, PAGER)),
    ),
    "sender_first_in_pager_to": _row(
        "to of a page",
        ("a page answered with its sender first", _page_names_sender_first(True)),
        ("a page answered with its recipients only", _page_names_sender_first(False)),
    ),
    "attachment_id_is_message_id": _row(
        "id of the text attachment",
        ("a text read under an id of its own", _text_is_read_by_message_id(False)),
        ("a text read under the message's id", _text_is_read_by_message_id(True)),
    ),
    "thread_id_is_first_message_id": _row(
        "conversationId of a page",
        ("a new page whose thread has the page's id", _thread_is_first_message(True)),
        ("a new page whose thread has an id of its own", _thread_is_first_message(False)),
    ),
    "sms_progress": _row(
        "messageStatus in the answer to POST sms",
        ("an SMS answered as Sent", _sent_with("messageStatus", "Sent", SMS)),
        ("an SMS answered as Queued", _sent_with("messageStatus", "Queued", SMS)),
        ("an outbound SMS seen as Sent or Delivered later", _is_seen_sent_later),
    ),
    "max_sms_recipients": _row(
        "several recipients of an SMS",
        ("refused", lambda s: _is_group_sms(s) and s.is_refused_about("to", "CMN-101")),
        ("accepted", lambda s: _is_group_sms(s) and s.is_accepted),
    ),
    "with_current_fields": _row(
        "further fields",
        ("a message without `conversation`", _messages_have_thread_objects(False)),
        ("a message with `conversation`", _messages_have_thread_objects(True)),
    ),
}
"""By the name of the field of `Generation`."""
