"""What a rule is known by: a call that shows it, and the nearest one that does not."""

from typing import Any

import pytest

from ringmock.coverage.exercised import Exercised
from ringmock.coverage.observation import Note, Observation, Problem

SMS = "createSMSMessage"
PAGER = "createInternalTextMessage"
SMS_BODY = {"from": {"phoneNumber": "16509100010"}, "to": [{"phoneNumber": "14151003732"}], "text": "Hello"}
MESSAGE = {"id": 1, "type": "SMS", "direction": "Inbound", "availability": "Alive", "messageStatus": "Received"}


def shown(observation: Observation) -> set[str]:
    exercised = Exercised()
    exercised.note(observation)
    return set(exercised.seen)


def page_to(*numbers: str, **more: Any) -> dict[str, Any]:
    return {"to": [{"extensionNumber": number} for number in numbers], "text": "Hello", **more}


def refused(operation: str, status: int, code: str, parameter: str | None = None, sent: Any = None) -> Observation:
    return Observation(operation, status, (Problem(code, parameter),), sent)


@pytest.mark.parametrize(
    ("each", "yes", "no"),
    [
        ("R-01 SMS", Observation(SMS, 200), refused(SMS, 400, "MSG-245")),
        ("R-01 Pager", Observation(PAGER, 200), Observation(SMS, 200)),
        (
            "R-02",
            Observation("listMessages", 200, answer={"records": [MESSAGE]}),
            Observation("listMessages", 200, answer={"records": [{**MESSAGE, "direction": "Outbound"}]}),
        ),
        (
            "R-03",
            Observation("readMessage", 200, answer={**MESSAGE, "type": "Pager"}),
            Observation("readMessage", 200, answer=MESSAGE),
        ),
        ("R-04", refused(SMS, 400, "MSG-338", "text"), refused(SMS, 400, "CMN-101", "text")),
        (
            "R-05",
            refused(SMS, 400, "MSG-338", "text", {"text": "😀" * 501}),
            refused(SMS, 400, "MSG-338", "text", {"text": "a" * 1001}),
        ),
        (
            "R-05",
            refused(PAGER, 400, "MSG-338", "text", {"text": "😀" * 1024}),
            refused(PAGER, 400, "MSG-338", "text", {"text": "😀" * 1025}),
        ),
        ("R-06", Observation(SMS, 200, rules=frozenset({"R-06"})), Observation(SMS, 200, sent=SMS_BODY)),
        (
            "R-07",
            refused(SMS, 400, "CMN-101", "to", {"to": [{"phoneNumber": "1415"}, {"phoneNumber": "1416"}]}),
            refused(SMS, 400, "CMN-101", "to", {"to": [{"phoneNumber": "1415"}]}),
        ),
        ("R-07", refused(SMS, 400, "MSG-247"), refused(SMS, 400, "MSG-245")),
        ("R-08", refused(PAGER, 400, "CMN-102", "to"), refused(PAGER, 404, "CMN-102", "replyOn")),
        (
            "R-09",
            Observation(PAGER, 200, sent=page_to("102", "103")),
            Observation(PAGER, 200, sent=page_to("102", "102")),
        ),
        (
            "R-09",
            Observation(PAGER, 200, sent=page_to("102", "103")),
            Observation(PAGER, 200, sent=page_to("102", "103", replyOn=1)),
        ),
        ("R-10", Observation(PAGER, 200, rules=frozenset({"R-10"})), Observation(PAGER, 200, sent=page_to("200"))),
        ("R-11", Observation(SMS, 200, notes=frozenset({Note.DEPARTMENT_SENDS})), Observation(SMS, 200)),
        ("D-23", refused(SMS, 403, "MSG-403"), refused(SMS, 403, "MSG-240")),
        ("D-24", Observation(SMS, 200, notes=frozenset({Note.FROM_COMPANY_NUMBER})), Observation(SMS, 200)),
        ("R-14", refused(PAGER, 403, "MSG-330"), refused(PAGER, 403, "MSG-326")),
        ("R-15", refused(PAGER, 400, "MSG-324"), refused(PAGER, 400, "MSG-316")),
        ("R-18", refused(PAGER, 400, "MSG-324"), Observation(PAGER, 200, rules=frozenset({"R-19"}))),
        ("R-19", Observation(PAGER, 200, rules=frozenset({"R-19"})), Observation(PAGER, 200)),
        (
            "R-20 read",
            refused("readMessage", 403, "CMN-408"),
            refused("assignMultipleDepartmentMembers", 403, "CMN-408"),
        ),
        ("R-20 write", refused(PAGER, 403, "MSG-326"), refused(PAGER, 403, "CMN-419")),
        ("R-23 kept", Observation(PAGER, 200, sent={"replyOn": 7}), Observation(PAGER, 200, sent=page_to("102"))),
        ("R-24", refused(PAGER, 403, "MSG-326"), refused(PAGER, 400, "MSG-326")),
        ("D-01", refused(PAGER, 400, "MSG-338", "text"), refused(PAGER, 400, "MSG-338", "to")),
        (
            "D-05",
            refused(PAGER, 400, "MSG-324", sent={"replyOn": 7}),
            refused(PAGER, 400, "MSG-324", sent=page_to("104")),
        ),
        (
            "D-06",
            refused(PAGER, 400, "CMN-101", "to", page_to("103", replyOn=7)),
            refused(PAGER, 400, "CMN-101", "to", page_to("103")),
        ),
        (
            "D-07 inactive",
            Observation(PAGER, 200, rules=frozenset({"R-03", "R-19"})),
            Observation(PAGER, 200, rules=frozenset({"R-10", "R-19"})),
        ),
        (
            "D-10 with",
            Observation(SMS, 200, sent={**SMS_BODY, "from": {"phoneNumber": "+16509100010"}}),
            Observation(SMS, 200, sent=SMS_BODY),
        ),
        (
            "D-10 without",
            Observation(SMS, 200, sent=SMS_BODY),
            Observation(
                SMS, 200, sent={"from": {"phoneNumber": "+16509100010"}, "to": [{"phoneNumber": "+14151003732"}]}
            ),
        ),
        ("D-11", refused(PAGER, 404, "CMN-102", "replyOn"), refused(PAGER, 404, "CMN-102", "extensionId")),
    ],
)
def test_a_rule_is_seen_in_this_call_and_not_in_that(each: str, yes: Observation, no: Observation) -> None:
    assert each in shown(yes)
    assert each not in shown(no)


PAGE = {"id": 5, "conversationId": 5, "from": {"extensionNumber": "101"}, "to": [{"extensionNumber": "101"}]}


@pytest.mark.parametrize(
    ("title", "in_2012", "in_current"),
    [
        (
            "phone numbers in answers",
            Observation("listExtensionPhoneNumbers", 200, answer={"records": [{"phoneNumber": "16509100010"}]}),
            Observation("listExtensionPhoneNumbers", 200, answer={"records": [{"phoneNumber": "+16509100010"}]}),
        ),
        (
            "readStatus of what was sent",
            Observation(SMS, 200, answer={"readStatus": "Unread"}),
            Observation(SMS, 200, answer={"readStatus": "Read"}),
        ),
        (
            "to of a page",
            Observation(PAGER, 200, answer=PAGE),
            Observation(PAGER, 200, answer={**PAGE, "to": [{"extensionNumber": "102"}]}),
        ),
        (
            "id of the text attachment",
            Observation("readMessageContent", 200, path={"messageId": "7", "attachmentId": "1"}),
            Observation("readMessageContent", 200, path={"messageId": "7", "attachmentId": "7"}),
        ),
        (
            "conversationId of a page",
            Observation(PAGER, 200, answer=PAGE),
            Observation(PAGER, 200, answer={**PAGE, "conversationId": 99}),
        ),
        (
            "several recipients of an SMS",
            refused(SMS, 400, "CMN-101", "to", {"to": [{"phoneNumber": "1"}, {"phoneNumber": "2"}]}),
            Observation(SMS, 200, sent={"to": [{"phoneNumber": "1"}, {"phoneNumber": "2"}]}),
        ),
        (
            "further fields",
            Observation("readMessage", 200, answer=MESSAGE),
            Observation("readMessage", 200, answer={**MESSAGE, "conversation": {"id": "1"}}),
        ),
    ],
)
def test_a_row_of_the_generations_is_seen_in_the_shape_of_the_answer(
    title: str, in_2012: Observation, in_current: Observation
) -> None:
    assert f"2012 {title}" in shown(in_2012)
    assert f"current {title}" not in shown(in_2012)
    assert f"current {title}" in shown(in_current)
    assert f"2012 {title}" not in shown(in_current)


def test_the_progress_of_an_sms_takes_two_looks_in_the_current_generation() -> None:
    title = "messageStatus in the answer to POST sms"
    later = {**MESSAGE, "direction": "Outbound", "messageStatus": "Sent"}
    assert f"2012 {title}" in shown(Observation(SMS, 200, answer={"messageStatus": "Sent"}))
    assert f"current {title} (1)" in shown(Observation(SMS, 200, answer={"messageStatus": "Queued"}))
    still = {**later, "messageStatus": "Queued"}
    assert f"current {title} (2)" in shown(Observation("readMessage", 200, answer=later))
    assert f"current {title} (2)" not in shown(Observation("readMessage", 200, answer=still))


def test_a_server_that_says_its_generation_shows_no_row_of_another() -> None:
    answer = {"readStatus": "Read"}
    assert "current readStatus of what was sent" not in shown(Observation(SMS, 200, answer=answer, generation="2012"))
