"""The model alone, rule by rule: what a reader of the documentation would expect, in tables."""

from collections.abc import Callable

import pytest

from ringmock.contract.oracle.model import (
    ALIVE,
    DELETED,
    DEPARTMENT,
    PURGED,
    READ,
    UNREAD,
    VOICEMAIL,
    ChangeMembers,
    Expected,
    Extension,
    Filters,
    PhoneNumber,
    Record,
    ReferenceModel,
    SendFromHandset,
    SendPage,
    SendSms,
    length,
)

HANDSET = "14151003732"
NUMBER = {number: f"16509100{number}" for number in ("101", "102", "104", "106", "107", "108", "200")}
SENDER = ("SmsSender", "MmsSender")


def reference(generation: str = "2012") -> ReferenceModel:
    """101 administers; 104 is Frozen, 105 Disabled; 200 has 102, 103 and 104, 201 nobody, 202 only inactive ones."""
    extensions = [
        Extension("101", "1101", is_administrator=True),
        Extension("102", "1102"),
        Extension("103", "1103"),
        Extension("104", "1104", status="Frozen"),
        Extension("105", "1105", status="Disabled"),
        Extension("106", "1106", VOICEMAIL),
        Extension("107", "1107", "Announcement"),
        Extension("108", "1108", status="NotActivated"),
        Extension("200", "1200", DEPARTMENT, members=("102", "103", "104"), manager="103"),
        Extension("201", "1201", DEPARTMENT),
        Extension("202", "1202", DEPARTMENT, members=("104", "105")),
    ]
    phones = [PhoneNumber(digits, owner, SENDER) for owner, digits in NUMBER.items() if owner != "108"]
    phones += [PhoneNumber("16509100001"), PhoneNumber(NUMBER["108"], "108", ("CallerId",))]
    return ReferenceModel(extensions, phones, [HANDSET], generation)


def refused(expected: Expected) -> list[tuple[int, str]]:
    """The answers that would do, each once."""
    return list(dict.fromkeys((refusal.status, refusal.code) for refusal in expected.refusals))


def filed(expected: Expected) -> list[str]:
    """Where copies would go, the sender's first."""
    return [f"{record.mailbox} {record.direction}" for record in expected.records]


def page(of: ReferenceModel, by: str, *to: str, text: str = "Hello", reply_on: Record | None = None) -> Expected:
    return of.expected_page(SendPage(by, to, text, reply_on=reply_on.id if reply_on else None))


def sent(of: ReferenceModel, by: str, *to: str, reply_on: Record | None = None) -> list[Record]:
    """The records of a page that was sent, with ids."""
    expected = page(of, by, *to, reply_on=reply_on)
    assert refused(expected) == []
    of.happen(expected)
    count = sum(map(len, of.mailboxes.values()))
    for number, record in enumerate(expected.records, start=count):
        record.id = number * 2
    return list(expected.records)


def copy_of(records: list[Record], mailbox: str) -> Record:
    return next(record for record in records if record.mailbox == mailbox)


def sms(of: ReferenceModel, by: str, *to: str, text: str = "Hello", sender: str | None = None) -> Expected:
    return of.expected_sms(SendSms(by, sender or NUMBER[by], to, text))


# --- lengths: R-04, R-05 -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "units"), [("", 0), ("a", 1), ("é", 1), ("e\u0301", 2), ("中", 1), ("😀", 2), ("\uffff", 1)]
)
def test_a_character_of_four_bytes_counts_twice(text: str, units: int) -> None:
    assert length(text) == units


@pytest.mark.parametrize(
    ("text", "fits_sms", "fits_page"),
    [
        ("a" * 1000, True, True),
        ("a" * 1001, False, True),
        ("a" * 1024, False, True),
        ("a" * 1025, False, False),
        ("😀" * 500, True, True),
        ("😀" * 501, False, True),
        ("😀" * 512, False, True),
        ("😀" * 513, False, False),
        ("😀" * 512 + "a", False, False),
    ],
)
def test_a_text_is_too_long_by_its_units(text: str, fits_sms: bool, fits_page: bool) -> None:
    too_long = [(400, "MSG-338")]

    assert refused(sms(reference(), "101", HANDSET, text=text)) == ([] if fits_sms else too_long)
    assert refused(page(reference(), "101", "102", text=text)) == ([] if fits_page else too_long)


# --- SMS, D-03, D-09, D-10 ----------------------------


@pytest.mark.parametrize(
    ("to", "files", "status", "rule"),
    [
        (HANDSET, ["101 Outbound"], "Sent", "R-06"),
        (NUMBER["102"], ["101 Outbound", "102 Inbound"], "Sent", "R-02"),
        (NUMBER["106"], ["101 Outbound", "106 Inbound"], "Sent", "R-02"),
        (NUMBER["104"], ["101 Outbound"], "Sent", "R-16"),
        (NUMBER["107"], ["101 Outbound"], "DeliveryFailed", "D-09"),
        (NUMBER["200"], ["101 Outbound"], "DeliveryFailed", "D-09"),
        ("16509100001", ["101 Outbound"], "DeliveryFailed", "D-09"),
        (NUMBER["108"], ["101 Outbound", "108 Inbound"], "Sent", "R-02"),
        (NUMBER["101"], ["101 Outbound", "101 Inbound"], "Sent", "R-02"),
        (f"+{NUMBER['102']}", ["101 Outbound", "102 Inbound"], "Sent", "R-02"),
    ],
)
def test_where_an_sms_goes(to: str, files: list[str], status: str, rule: str) -> None:
    of = reference()
    expected = sms(of, "101", to)

    assert (refused(expected), filed(expected)) == ([], files)
    assert rule in expected.rules
    assert of.statuses(expected.records[0]) == (status,)
    assert of.statuses(expected.records[0], just_sent=True) == ("Sent",)
    assert expected.handsets == ((HANDSET,) if to == HANDSET else ())


@pytest.mark.parametrize(
    ("by", "sender", "to", "codes"),
    [
        ("200", NUMBER["200"], [HANDSET], []),
        ("101", NUMBER["200"], [HANDSET], [(403, "MSG-304")]),
        ("103", NUMBER["200"], [HANDSET], [(403, "MSG-304")]),
        ("101", "16509100001", [HANDSET], [(403, "MSG-304")]),
        ("101", HANDSET, [HANDSET], [(400, "MSG-245")]),
        ("108", NUMBER["108"], [HANDSET], [(403, "MSG-242")]),
        ("101", NUMBER["101"], ["102"], [(400, "MSG-246")]),
        ("101", NUMBER["101"], [HANDSET, NUMBER["102"]], [(400, "CMN-101")]),
    ],
)
def test_who_may_send_an_sms_to_whom(by: str, sender: str, to: list[str], codes: list[tuple[int, str]]) -> None:
    assert refused(sms(reference(), by, *to, sender=sender)) == codes


@pytest.mark.parametrize(
    ("to", "codes"),
    [
        ([HANDSET, NUMBER["102"]], []),
        ([HANDSET, f"+{HANDSET}"], [(400, "CMN-406")]),
        ([f"1202555{ending}" for ending in range(1000, 1010)], []),
        ([f"1202555{ending}" for ending in range(1000, 1011)], [(400, "MSG-381")]),
    ],
)
def test_the_current_generation_has_group_messages(to: list[str], codes: list[tuple[int, str]]) -> None:
    assert refused(sms(reference("current"), "101", *to)) == codes


@pytest.mark.parametrize(("to", "files"), [("102", ["102 Inbound"]), ("104", []), ("107", [])])
def test_an_sms_from_a_handset_is_in_no_outbox(to: str, files: list[str]) -> None:
    assert filed(reference().expected_from_handset(SendFromHandset(HANDSET, NUMBER[to], "Hello"))) == files


def test_both_directions_between_two_numbers_are_one_thread() -> None:
    of = reference()
    of.happen(sms(of, "101", NUMBER["102"]))

    assert sms(of, "102", NUMBER["101"]).message is not None
    assert sms(of, "102", NUMBER["101"]).records[0].message.thread is of.mailboxes["101"][0].message.thread
    assert sms(of, "102", NUMBER["106"]).records[0].message.thread is not of.mailboxes["101"][0].message.thread


# --- pages, D-07, D-08 --------------------------------


@pytest.mark.parametrize(
    ("to", "files"),
    [
        (["102"], ["101 Outbound", "102 Inbound"]),
        (["106", "108"], ["101 Outbound", "106 Inbound", "108 Inbound"]),
        (["102", "102"], ["101 Outbound", "102 Inbound"]),
        (["101"], ["101 Outbound", "101 Inbound"]),
        (["200"], ["101 Outbound", "200 Inbound", "102 Inbound", "103 Inbound"]),
        (["200", "102"], ["101 Outbound", "200 Inbound", "102 Inbound", "103 Inbound"]),
        (["202"], ["101 Outbound", "202 Inbound"]),
    ],
)
def test_where_a_page_goes(to: list[str], files: list[str]) -> None:
    expected = page(reference(), "101", *to)

    assert (refused(expected), filed(expected)) == ([], files)


def test_a_member_does_not_get_his_own_page_back() -> None:
    assert filed(page(reference(), "102", "200")) == ["102 Outbound", "200 Inbound", "103 Inbound"]


@pytest.mark.parametrize(
    ("by", "to", "codes"),
    [
        ("101", ["104"], [(400, "MSG-324")]),
        ("101", ["102", "105"], [(400, "MSG-324")]),
        ("101", ["200", "104"], [(400, "MSG-324")]),
        ("101", ["107"], [(400, "MSG-316")]),
        ("101", ["201"], [(400, "MSG-316")]),
        ("101", ["999"], [(400, "CMN-102")]),
        ("200", ["102"], [(403, "MSG-330")]),
        ("200", ["104"], [(403, "MSG-330"), (400, "MSG-324")]),
    ],
)
def test_who_may_page_whom(by: str, to: list[str], codes: list[tuple[int, str]]) -> None:
    expected = page(reference(), by, *to)

    assert refused(expected) == codes
    assert filed(expected) == []


def test_a_page_names_only_its_own_sender() -> None:
    assert refused(reference().expected_page(SendPage("101", ("102",), "Hello", sender="103"))) == [(400, "MSG-331")]
    assert refused(reference().expected_page(SendPage("101", ("102",), "Hello", sender="101"))) == []


@pytest.mark.parametrize(("generation", "shown"), [("2012", ("101", "102", "103")), ("current", ("102", "103"))])
def test_a_page_shows_its_sender_first_in_2012(generation: str, shown: tuple[str, ...]) -> None:
    of = reference(generation)

    assert [of.shown_to(record) for record in sent(of, "101", "102", "103")] == [shown] * 3


# --- threads, D-04 to D-06, D-11 ----------------------------------------------------


def test_a_reply_goes_to_everyone_else_in_the_thread() -> None:
    of = reference()
    records = sent(of, "101", "200", "106")

    reply = page(of, "103", reply_on=copy_of(records, "103"))

    assert filed(reply) == ["103 Outbound", "101 Inbound", "200 Inbound", "106 Inbound", "102 Inbound"]
    assert reply.records[0].message.thread is records[0].message.thread


def removed(of: ReferenceModel, number: str) -> None:
    of.change_members(ChangeMembers("101", "200", (), (number,)))


def test_somebody_who_was_removed_has_no_part_in_the_thread() -> None:
    of = reference()
    records = sent(of, "101", "200")
    own = copy_of(records, "102")
    removed(of, "102")

    assert refused(page(of, "102", reply_on=own)) == [(403, "MSG-326")]
    assert of.visible("102") == []
    assert refused(of.expected_access("102", own.id or 0)) == [(403, "CMN-408")]
    assert refused(of.expected_deletion("102", own.id or 0)) == [(403, "CMN-408")]
    assert "102 Inbound" not in filed(page(of, "101", reply_on=records[0]))


def test_somebody_who_was_addressed_in_person_stays_when_he_leaves_the_department() -> None:
    of = reference()
    records = sent(of, "101", "200", "102")
    removed(of, "102")

    assert refused(page(of, "102", reply_on=copy_of(records, "102"))) == []
    assert of.visible("102") == [copy_of(records, "102")]


def test_somebody_who_joins_gets_what_is_sent_from_then_on_and_comes_back_to_what_he_had() -> None:
    of = reference()
    records = sent(of, "101", "200")
    removed(of, "102")
    of.change_members(ChangeMembers("101", "200", ("102", "106"), ()))

    assert of.visible("102") == [copy_of(records, "102")]
    assert of.visible("106") == []
    assert "106 Inbound" in filed(page(of, "101", reply_on=records[0]))


@pytest.mark.parametrize(
    ("by", "to", "codes"),
    [
        ("102", (), []),
        ("102", ("101",), []),
        ("102", ("103",), []),
        ("102", ("106",), [(400, "CMN-101")]),
        ("102", ("999",), [(400, "CMN-102")]),
        ("106", (), [(404, "CMN-102")]),
        ("200", (), [(403, "MSG-330")]),
    ],
)
def test_who_may_reply_to_a_page_to_a_department(by: str, to: tuple[str, ...], codes: list[tuple[int, str]]) -> None:
    of = reference()
    records = sent(of, "101", "200")
    own = next((record for record in records if record.mailbox == by), records[0])

    assert refused(page(of, by, *to, reply_on=own)) == codes


@pytest.mark.parametrize(("frozen", "codes"), [("106", [(400, "MSG-324")]), ("103", []), ("101", [])])
def test_a_reply_is_refused_for_somebody_inactive_who_was_addressed(frozen: str, codes: list[tuple[int, str]]) -> None:
    of = reference()
    records = sent(of, "101", "200", "106")
    of.set_status(frozen, "Frozen")

    assert refused(page(of, "101", reply_on=records[0])) == codes


def test_a_reply_to_somebody_who_cannot_receive_pages_reaches_the_others() -> None:
    of = reference()
    records = sent(of, "107", "102", "106")

    assert filed(page(of, "102", reply_on=copy_of(records, "102"))) == ["102 Outbound", "106 Inbound"]


# --- the message store, and the account -----------------------------------------------------------


@pytest.mark.parametrize(
    ("commands", "availability"),
    [([False], DELETED), ([False, False], PURGED), ([True], PURGED), ([True, False], PURGED), ([False, True], PURGED)],
)
def test_what_is_deleted_twice_is_purged(commands: list[bool], availability: str) -> None:
    of = reference()
    record = sent(of, "101", "102")[0]
    for purge in commands:
        of.delete(record, purge=purge)

    assert record.availability == availability


@pytest.mark.parametrize(
    ("wanted", "texts"),
    [
        (Filters(), ["second", "first"]),
        (Filters(direction="Outbound"), ["first"]),
        (Filters(type="SMS"), ["second"]),
        (Filters(read_status=READ), ["second"]),
        (Filters(read_status=UNREAD), ["first"]),
        (Filters(availability=(DELETED,)), ["third"]),
        (Filters(availability=(ALIVE, DELETED)), ["third", "second", "first"]),
        (Filters(phone_number=f"+{HANDSET}"), ["second"]),
        (Filters(phone_number="12025550123"), []),
        (Filters(conversation_id=7), ["first"]),
    ],
)
def test_a_list_shows_what_it_is_asked_for_and_the_newest_first(wanted: Filters, texts: list[str]) -> None:
    of = reference()
    of.happen(page(of, "101", "102", text="first"))
    of.happen(of.expected_from_handset(SendFromHandset(HANDSET, NUMBER["101"], "second")))
    of.happen(page(of, "102", "101", text="third"))
    first, second, third = of.mailboxes["101"]
    first.message.thread.id = 7
    of.mark(second, READ)
    of.delete(third, purge=False)

    assert [record.message.text for record in of.listed("101", wanted)] == texts


@pytest.mark.parametrize(("by", "codes"), [("101", []), ("103", []), ("102", [(403, "CMN-408")])])
def test_administrator_and_manager_change_members(by: str, codes: list[tuple[int, str]]) -> None:
    assert refused(reference().expected_members(ChangeMembers(by, "200", ("106",), ()))) == codes


@pytest.mark.parametrize(
    ("command", "codes"),
    [
        (lambda of: of.expected_access("102", 999), [(404, "CMN-102")]),
        (lambda of: of.expected_deletion("102", 999), []),
    ],
)
def test_a_message_of_nobody_cannot_be_read_and_need_not_be_deleted(
    command: Callable[[ReferenceModel], Expected], codes: list[tuple[int, str]]
) -> None:
    assert refused(command(reference())) == codes


@pytest.mark.parametrize(
    ("generation", "own", "accepted", "later"),
    [("2012", UNREAD, ("Sent",), ("Sent",)), ("current", READ, ("Queued",), ("Sent", "Delivered"))],
)
def test_the_senders_copy_of_an_sms_in_each_generation(
    generation: str, own: str, accepted: tuple[str, ...], later: tuple[str, ...]
) -> None:
    of = reference(generation)
    record = sms(of, "101", HANDSET).records[0]

    assert record.read_status == own
    assert (of.statuses(record, just_sent=True), of.statuses(record)) == (accepted, later)
