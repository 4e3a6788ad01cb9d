"""What a case expects in the shape of 2012, looked for in the answers of the current generation."""

from typing import Any

import pytest

from ringmock.contract.cases.expectations import differences
from ringmock.contract.cases.shapes import Shape
from ringmock.domain.generation import GENERATIONS

Json = dict[str, Any]

SMS: Json = {"id": 7, "type": "SMS", "direction": "Outbound", "conversationId": 70}
PAGE: Json = {
    "id": 9,
    "type": "Pager",
    "direction": "Outbound",
    "from": {"extensionNumber": "101"},
    "conversationId": 90,
}
TEXT: Json = {"id": 7, "uri": "http://a/message-store/7/content/7", "contentType": "text/plain", "type": "Text"}


def parties(*numbers: str) -> list[Json]:
    return [{"extensionNumber": number} for number in numbers]


def wrong(expected: Any, actual: Any, **how: bool) -> list[str]:
    """Where the current generation's answer is another than a case of 2012 expects."""
    translated = Shape(GENERATIONS["current"]).expected(expected, actual, **how)
    return [found.where for found in differences(translated, actual, exact=how.get("exact", False))]


@pytest.mark.parametrize(
    ("expected", "actual", "is_right"),
    [
        ({"from": {"phoneNumber": "14151003732"}}, {"from": {"phoneNumber": "+14151003732"}}, True),
        ({"from": {"phoneNumber": "14151003732"}}, {"from": {"phoneNumber": "14151003732"}}, False),
        ({"to": ["14151003732"]}, {"to": ["+14151003732"]}, True),
        ({"mainNumber": "14151003732"}, {"mainNumber": "14151003732"}, False),
        ({"failed": [{"to": "14151003732"}]}, {"failed": [{"to": "14151003732"}]}, True),
        ({"extensionNumber": "1415100"}, {"extensionNumber": "1415100"}, True),
        ({"readStatus": "Unread"}, {**SMS, "readStatus": "Read"}, True),
        ({"readStatus": "Unread"}, {**SMS, "readStatus": "Unread"}, False),
        ({"readStatus": "Unread"}, {**SMS, "direction": "Inbound", "readStatus": "Read"}, False),
        ({"to": parties("101", "102")}, {**PAGE, "to": parties("102")}, True),
        ({"to": parties("101", "102")}, {**PAGE, "to": parties("101", "102")}, False),
        ({"to": parties("101")}, {**PAGE, "to": parties("101")}, True),
        ({"attachments": [{"id": 1, "uri": "~.+/7/content/1"}]}, {**SMS, "attachments": [TEXT]}, True),
        ({"attachments": [{"id": 1}]}, {**SMS, "attachments": [{**TEXT, "id": 1}]}, False),
        (
            {"attachments": [{"uri": "~.+/7/content/1"}]},
            {**SMS, "attachments": [{**TEXT, "uri": "/7/content/1"}]},
            False,
        ),
        ({"messageStatus": "Sent"}, {**SMS, "messageStatus": "Sent"}, True),
        ({"messageStatus": "Sent"}, {**SMS, "messageStatus": "Delivered"}, True),
        ({"messageStatus": "Sent"}, {**SMS, "messageStatus": "Queued"}, False),
        ({"messageStatus": "Sent"}, {**PAGE, "messageStatus": "Delivered"}, False),
        ({"messageStatus": "DeliveryFailed"}, {**SMS, "messageStatus": "Sent"}, False),
        ({"records": [{"readStatus": "Unread"}]}, {"records": [{**SMS, "readStatus": "Read"}]}, True),
        ({"records": [{}]}, {"records": [SMS, SMS]}, False),
    ],
)
def test_what_is_expected_in_the_shape_of_2012_is_looked_for_in_todays(
    expected: Any, actual: Any, is_right: bool
) -> None:
    assert (wrong(expected, actual) == []) is is_right


@pytest.mark.parametrize(("status", "is_right"), [("Queued", True), ("Sent", False), ("Delivered", False)])
def test_a_sending_is_answered_before_the_carrier_has_the_message(status: str, is_right: bool) -> None:
    assert (wrong({"messageStatus": "Sent"}, {**SMS, "messageStatus": status}, just_sent=True) == []) is is_right


@pytest.mark.parametrize(
    ("added", "is_right"), [("extensionId", True), ("conversation", True), ("surprise", False), ("type", False)]
)
def test_an_answer_named_whole_may_have_the_fields_that_came_since_and_no_others(added: str, is_right: bool) -> None:
    assert (wrong({"id": 7}, {"id": 7, added: "x"}, exact=True) == []) is is_right


def test_a_thread_has_one_id_for_all_its_messages_and_no_other_thread_has_it() -> None:
    shape = Shape(GENERATIONS["current"])

    def is_right(expected: int, actual: int) -> bool:
        found = {**PAGE, "conversationId": actual}
        return list(differences(shape.expected({"conversationId": expected}, found), found)) == []

    assert is_right(9, 90)
    assert is_right(9, 90)
    assert not is_right(9, 91)
    assert not is_right(10, 90)
    assert is_right(10, 100)
    assert is_right(90, 90)


def test_a_call_names_the_text_and_the_threads_by_the_ids_of_the_generation() -> None:
    shape = Shape(GENERATIONS["current"])
    shape.expected({}, {"records": [PAGE]})
    call = {"operation": "readMessageContent", "path": {"messageId": 9, "attachmentId": 1}}
    assert shape.call(call)["path"] == {"messageId": 9, "attachmentId": 9}
    assert shape.call({"query": {"conversationId": 9}})["query"] == {"conversationId": 90}
    assert shape.call({"query": {"conversationId": ["9", "11"]}})["query"] == {"conversationId": [90, "11"]}


@pytest.mark.parametrize(("status", "read_status"), [(200, "Unread"), (400, "Read")])
def test_a_message_that_was_marked_as_unread_is_unread_and_one_whose_marking_was_refused_is_not(
    status: int, read_status: str
) -> None:
    shape = Shape(GENERATIONS["current"])
    shape.call({"operation": "updateMessage", "path": {"messageId": "7,8"}})
    shape.answered_with(status)
    found = {**SMS, "readStatus": read_status}
    assert list(differences(shape.expected({"readStatus": "Unread"}, found), found)) == []


def test_a_table_in_csv_has_the_numbers_of_the_generation() -> None:
    shape = Shape(GENERATIONS["current"])
    assert shape.csv("FROM,TO\r\n16509100010,14151003733\r\n") == "FROM,TO\r\n+16509100010,+14151003733\r\n"


def test_in_the_generation_that_cases_are_written_in_they_are_taken_literally() -> None:
    shape = Shape(GENERATIONS["2012"])
    expected = {"phoneNumber": "14151003732", "readStatus": "Unread", "attachments": [{"id": 1}]}
    assert shape.expected(expected, {**SMS}) is expected
    call = {"path": {"messageId": 9, "attachmentId": 1}}
    assert shape.call(call) is call
