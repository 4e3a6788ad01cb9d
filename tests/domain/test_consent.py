"""What phones have said about being sent to: STOP, START, and statements of applications."""

from collections.abc import Iterable
from datetime import timedelta

import pytest

from builders import HANDSET, STANDING_STILL, START, account, direct, user
from ringmock.domain import errors
from ringmock.domain.consent import (
    ANY_SENDER,
    Consent,
    ConsentFilter,
    Consents,
    ConsentSource,
    OptStatus,
    Statement,
    check_statement,
    opts_out,
)
from ringmock.world.template import Template
from ringmock.world.world import World

OTHER = "12025550199"
OFFICE = account(user("101"), user("102"))
OUT, IN = OptStatus.OUT, OptStatus.IN


@pytest.mark.parametrize("text", ["STOP", "stop", " Stop\n", "UNSUBSCRIBE", "Quit", "cancel", "end", f"{'quit':^1024}"])
def test_stop_opts_out_in_any_case(text: str) -> None:
    assert opts_out(text) is True


@pytest.mark.parametrize("text", ["START", "start", " Start\n", "SUBSCRIBE", "Resume", "continue", "\tunstop"])
def test_start_opts_in_again(text: str) -> None:
    assert opts_out(text) is False


@pytest.mark.parametrize("text", ["", "Please stop", "STOP it", "STOP.", "RESTART", "STOP" * 100, "STOPALL", "HELP"])
def test_any_other_text_says_nothing_about_it(text: str) -> None:
    assert opts_out(text) is None


def said(number: str, recipient: str = HANDSET, status: OptStatus = OUT) -> Statement:
    sender = number if number == ANY_SENDER else direct(number)
    return Statement(sender, recipient, status, ConsentSource.API)


def consents_of(*statements: Statement) -> Consents:
    """Said a second after each other."""
    consents = Consents()
    for age, statement in enumerate(statements):
        consents.note(statement, OFFICE, START + timedelta(seconds=age))
    return consents


def shown(records: Iterable[Consent]) -> list[tuple[str, str, str]]:
    return [(each.sender[-3:], each.recipient, each.status) for each in records]


def test_what_was_said_last_of_a_pair_holds() -> None:
    consents = consents_of(said("101"), said("102"), said("101", status=IN))
    assert consents.opt_outs == {(direct("102"), HANDSET)}
    assert shown(consents) == [("101", HANDSET, IN), ("102", HANDSET, OUT)]
    assert next(iter(consents)).at == START + timedelta(seconds=2)


def test_to_say_it_again_is_reported_in_the_history_and_moves_the_time() -> None:
    consents = consents_of(said("101"), said("101"))
    (record,) = consents
    assert record.at == START + timedelta(seconds=1)
    assert shown(consents.history((), None, 10).records) == [("101", HANDSET, OUT)] * 2


def test_d15_any_sender_is_every_number_of_the_account_and_each_can_be_told_another_thing_later() -> None:
    consents = consents_of(said(ANY_SENDER), said("101", status=IN))
    assert consents.opt_outs == {(number, HANDSET) for number in OFFICE.phone_numbers} - {(direct("101"), HANDSET)}
    assert len(shown(consents)) == len(OFFICE.phone_numbers) > 1


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (ConsentFilter(), ["102", "101", "102", "101"]),
        (ConsentFilter(statuses=frozenset({OUT})), ["102", "102"]),
        (ConsentFilter(senders=frozenset({direct("101")})), ["101", "101"]),
        (ConsentFilter(senders=frozenset({direct("101"), direct("102")})), ["102", "101", "102", "101"]),
        (ConsentFilter(frozenset({IN}), senders=frozenset({direct("102")})), []),
        (ConsentFilter(senders=frozenset()), []),
        (ConsentFilter(recipients=frozenset({OTHER})), ["102", "101"]),
        (ConsentFilter(recipients=frozenset({OTHER, "14155550100"}), senders=frozenset({direct("101")})), ["101"]),
        (ConsentFilter(frozenset({OUT}), recipients=frozenset({HANDSET, OTHER})), ["102", "102"]),
        (ConsentFilter(recipients=frozenset({"14155550100"})), []),
        (ConsentFilter(recipients=frozenset()), []),
    ],
)
def test_a_filter_lets_through_what_meets_all_that_it_names(wanted: ConsentFilter, expected: list[str]) -> None:
    consents = consents_of(
        said("101", status=IN), said("102"), said("101", OTHER, status=IN), said("102", OTHER, status=OUT)
    )
    assert [number for number, _, _ in shown(consents.page(wanted, None, 10).records)] == expected


@pytest.mark.parametrize("size", [1, 2, 3, 4, 5, 6])
@pytest.mark.parametrize("is_history", [False, True])
def test_pages_follow_each_other_forth_and_back(size: int, is_history: bool) -> None:
    phones = [f"1202555010{number}" for number in range(5)]
    consents = consents_of(*(said(f"10{1 + place % 2}", phone) for place, phone in enumerate(phones)))
    pages, before = [], None
    while True:
        page = (
            consents.history((), before, size)
            if is_history
            else consents.page(ConsentFilter(senders=frozenset({direct("101"), direct("102")})), before, size)
        )
        pages.append(page)
        if not page.has_next:
            break
        before = page.next
    assert [record.recipient for page in pages for record in page.records] == phones[::-1]
    assert [len(page.records) for page in pages[:-1]] == [size] * (len(pages) - 1)
    assert [page.has_previous for page in pages] == [False, *[True] * (len(pages) - 1)]
    begins = [None, *(page.next for page in pages[:-1])]
    for page, start in zip(pages[1:], begins, strict=False):
        again = consents.history((), page.previous, size)
        assert again.records == consents.history((), start, size).records


def test_a_page_stays_where_it_was_when_more_is_said() -> None:
    consents = consents_of(said("101"), said("102"), said("101", OTHER))
    first = consents.history((), None, 1)
    consents.note(said("102", OTHER), OFFICE, START)
    second = consents.history((), first.next, 1)
    assert shown(second.records) == [("102", HANDSET, OUT)]
    assert shown(consents.history((), second.previous, 1).records) == [("101", OTHER, OUT)]


@pytest.mark.parametrize(
    ("recipients", "expected"), [((HANDSET,), ["101", "102"]), ((OTHER, OTHER), ["101"]), (("14155550100",), [])]
)
def test_the_history_can_be_asked_about_some_phones(recipients: tuple[str, ...], expected: list[str]) -> None:
    consents = consents_of(said("102"), said("101", OTHER), said("101"))
    assert [number for number, _, _ in shown(consents.history(recipients, None, 10).records)] == expected


@pytest.mark.parametrize(
    ("statement", "refusal", "parameter"),
    [
        (Statement("12025550123", HANDSET, OUT, ConsentSource.API), errors.ParameterNotFound, "from"),
        (said("101", direct("102")), errors.InvalidParameter, "to"),
        (said(ANY_SENDER, direct("102")), errors.InvalidParameter, "to"),
    ],
)
def test_d15_consent_is_of_a_number_of_the_account_and_a_phone_outside(
    statement: Statement, refusal: type[errors.Refusal], parameter: str
) -> None:
    with pytest.raises(refusal) as refused:
        check_statement(OFFICE, statement)
    assert refused.value.parameter == parameter
    check_statement(OFFICE, said("101"))
    check_statement(OFFICE, said(ANY_SENDER))


def test_d12_a_phone_and_an_application_speak_of_the_same_thing() -> None:
    here = World(Template("test", OFFICE, clock=STANDING_STILL), lambda: START)
    stated = Statement(direct("101"), HANDSET, OUT, ConsentSource.API)
    assert here.state_consents([stated]) == []
    assert here.opt_outs == {(direct("101"), HANDSET)}
    here.receive_sms(HANDSET, direct("101"), "START")
    assert here.opt_outs == set()
    assert [(each.status, each.source) for each in here.consents.history((), None, 10).records] == [
        (IN, ConsentSource.RECIPIENT),
        (OUT, ConsentSource.API),
    ]
    here.reset()
    assert list(here.consents) == []


def test_d15_statements_are_taken_one_by_one_and_those_that_fail_are_reported_by_their_places() -> None:
    here = World(Template("test", OFFICE, clock=STANDING_STILL), lambda: START)
    failed = here.state_consents([said("101", direct("102")), said("102"), said("999")])
    assert [(place, refusal.parameter) for place, refusal in failed] == [(0, "to"), (2, "from")]
    assert here.opt_outs == {(direct("102"), HANDSET)}
