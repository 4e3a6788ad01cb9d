"""A generated value that breaks the contract is sent so, whatever the account's own values would make of it."""

import pytest

from ringmock.contract.fuzz.defects import body_with_defect, parameters_with_defects


class Binary(str):
    """As Schemathesis's own: a text that is no JSON, is empty, and has the file's bytes beside it."""

    __slots__ = ("data",)

    def __new__(cls, data: bytes) -> "Binary":
        made = super().__new__(cls)
        made.data = data
        return made


FAX = {"to": [{"phoneNumber": "14151003732"}], "attachment": Binary(b"file")}
SMS = {"json": {"from": {"phoneNumber": "14155550101"}, "to": [{"phoneNumber": "14151003732"}], "text": "Hi"}}


@pytest.mark.parametrize(
    ("operation_id", "generated", "grounded", "is_kept"),
    [
        ("updateExtension", {"extensionNumber": "12345678"}, {}, False),
        ("updateExtension", {"extensionNumber": "123456789"}, {}, True),
        ("updateExtension", {"extensionNumber": "123456789"}, {"extensionNumber": "1234567890"}, False),
        ("updateExtension", [], {}, True),
        ("createMMS", {"json": {}, "attachments": [b"file"]}, {"json": {"text": "x"}, "attachments": [b"file"]}, False),
        ("createFaxMessage", FAX | {"to": [{"phoneNumber": "14151003732", "name": "x" * 2000}]}, FAX, True),
        ("createFaxMessage", FAX, FAX | {"to": [{"phoneNumber": "14151003733"}]}, False),
        ("createSMSMessage", SMS | {"attachments": [Binary(b"file")]}, SMS, False),
        ("createSMSMessage", SMS | {"attachments": [Binary(b"")]}, SMS, True),
        ("readMessage", {"any": 1}, {}, False),
    ],
)
def test_only_a_body_that_would_lose_its_defect_stays_as_it_was_generated(operation_id, generated, grounded, is_kept):
    assert body_with_defect(operation_id, generated, grounded) is (generated if is_kept else grounded)


@pytest.mark.parametrize(
    ("operation_id", "place", "name", "defect", "valid"),
    [
        ("listMessages", "query", "page", "x", 1),
        ("listMessages", "query", "conversationId", "12" * 10, "1" * 19),
        ("readMessage", "path", "messageId", "x", "12"),
    ],
)
def test_a_parameter_keeps_its_defect_and_gives_a_valid_value_up(operation_id, place, name, defect, valid):
    grounded = {name: "~", "other": "grounded"}

    assert parameters_with_defects(operation_id, place, {name: defect}, grounded) == grounded | {name: defect}
    assert parameters_with_defects(operation_id, place, {name: valid}, grounded) == grounded
