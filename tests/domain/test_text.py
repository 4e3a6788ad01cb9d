import pytest

from builders import HANDSET, mailbox, page, sms, user, world
from ringmock.domain import errors
from ringmock.domain.message import MessageType
from ringmock.domain.rules import check_text_length
from ringmock.domain.text import is_encodable, utf16_units


@pytest.mark.parametrize(
    ("text", "units"),
    [
        ("", 0),
        ("a", 1),
        ("é", 1),
        ("e\u0301", 2),
        ("\uffff", 1),
        ("\U00010000", 2),
        ("😀", 2),
        ("👨‍👩‍👧", 8),
        ("\ud83d", 1),
        ("\x00", 1),
    ],
)
def test_r05_a_character_outside_the_bmp_counts_as_two(text: str, units: int) -> None:
    assert utf16_units(text) == units


SMS, PAGER = MessageType.SMS, MessageType.PAGER


@pytest.mark.parametrize(
    ("message_type", "text", "fits"),
    [
        (SMS, "a" * 1000, True),
        (SMS, "a" * 1001, False),
        (SMS, "😀" * 500, True),
        (SMS, "😀" * 500 + "a", False),
        (SMS, "😀" * 501, False),
        (SMS, "😀" + "a" * 998, True),
        (SMS, "😀" + "a" * 999, False),
        (SMS, "e\u0301" * 500, True),
        (SMS, "e\u0301" * 500 + "\u0301", False),
        (PAGER, "a" * 1024, True),
        (PAGER, "a" * 1025, False),
        (PAGER, "😀" * 512, True),
        (PAGER, "😀" * 513, False),
        (PAGER, "😀" * 511 + "ab", True),
        (PAGER, "😀" * 512 + "a", False),
    ],
)
def test_r04_d01_the_limit_is_1000_units_for_an_sms_and_1024_for_a_page(
    message_type: MessageType, text: str, fits: bool
) -> None:
    if fits:
        check_text_length(text, message_type)
        return
    with pytest.raises(errors.TextTooLong) as refused:
        check_text_length(text, message_type)
    assert refused.value.parameter == "text"


@pytest.mark.parametrize(
    ("text", "can_be_answered"),
    [("", True), ("😀", True), ("\ud7ff\ue000", True), ("\ud800", False), ("a\udfff", False)],
)
def test_a_lone_surrogate_cannot_be_answered_in_utf_8(text: str, can_be_answered: bool) -> None:
    assert is_encodable(text) is can_be_answered


def test_r04_a_message_that_is_one_unit_too_long_is_sent_to_nobody() -> None:
    here = world(user("101"), user("102"))
    with pytest.raises(errors.TextTooLong):
        sms(here, "101", HANDSET, text="a" * 1001)
    with pytest.raises(errors.TextTooLong):
        page(here, "101", "102", text="a" * 1025)
    assert mailbox(here, "101") == mailbox(here, "102") == ()
