"""Reports of the message store: how far one is, what it tells of, and how many there are at once."""

from datetime import UTC, datetime, timedelta

import pytest

from builders import HANDSET, START, department, direct, page, set_members, sms, user, world
from ringmock.domain import errors
from ringmock.domain.message_store_report import MessageStoreReport, MessageStoreReports, ReportStatus
from ringmock.domain.slices import Slices, result_of
from ringmock.world.ids import SequentialIds
from ringmock.world.template import IdStart
from ringmock.world.world import World

DAY = (START - timedelta(days=1), START)


@pytest.fixture
def reports() -> MessageStoreReports:
    return MessageStoreReports(SequentialIds(IdStart()))


def begun(
    reports: MessageStoreReports, now: datetime = START, types: tuple[str, ...] | None = None
) -> MessageStoreReport:
    return reports.create(1, "101", DAY, types, now)


@pytest.mark.parametrize(
    ("seconds", "status"),
    [
        (-60, ReportStatus.ACCEPTED),
        (0, ReportStatus.ACCEPTED),
        (0.999, ReportStatus.ACCEPTED),
        (1, ReportStatus.PENDING),
        (1.999, ReportStatus.PENDING),
        (2, ReportStatus.IN_PROGRESS),
        (4.999, ReportStatus.IN_PROGRESS),
        (5, ReportStatus.COMPLETED),
    ],
)
def test_d16_a_report_is_as_far_as_the_clock(
    reports: MessageStoreReports, seconds: float, status: ReportStatus
) -> None:
    assert begun(reports).status_at(START + timedelta(seconds=seconds)) is status


def test_d16_a_third_report_waits_until_one_of_two_is_completed(reports: MessageStoreReports) -> None:
    begun(reports)
    begun(reports, START + timedelta(seconds=3))
    with pytest.raises(errors.TooManyReports):
        begun(reports, START + timedelta(seconds=4.999))
    third = begun(reports, START + timedelta(seconds=5))
    assert reports.get(third.id) is third


def test_d16_there_is_nothing_to_fetch_before_a_report_is_completed(reports: MessageStoreReports) -> None:
    report = begun(reports)
    with pytest.raises(errors.NotFound) as refused:
        archives(reports, report, START + timedelta(seconds=4.999), b"too early")
    assert refused.value.parameter == "taskId"
    assert archives(reports, report, report.finished, b"first") == (b"first",)


def test_archives_stay_what_they_were_when_they_were_first_asked_for(reports: MessageStoreReports) -> None:
    report = begun(reports)
    made = [archives(reports, report, report.finished, text) for text in (b"first", b"second")]
    assert made == [(b"first",), (b"first",)]


def test_a_report_of_the_last_day_that_there_is_can_be_completed(reports: MessageStoreReports) -> None:
    last = datetime.max.replace(tzinfo=UTC)
    report = begun(reports, last)
    assert (report.finished, report.status_at(last)) == (last, ReportStatus.COMPLETED)


def test_the_first_date_is_not_after_the_last(reports: MessageStoreReports) -> None:
    assert reports.create(1, "101", (START, START), None, START).date_from == START
    with pytest.raises(errors.InvalidParameter) as refused:
        reports.create(1, "101", (START, START - timedelta(microseconds=1)), None, START)
    assert refused.value.parameter == "dateFrom"


def archives(
    reports: MessageStoreReports, report: MessageStoreReport, now: datetime, content: bytes
) -> tuple[bytes, ...]:
    def make() -> Slices[tuple[bytes, ...]]:
        yield
        return (content,)

    return result_of(reports.archives(report, now, make, lambda size: None))


def collected(here: World, report: MessageStoreReport) -> dict[str, list[str]]:
    return {
        owner.number: [message.text for part in parts for message in part]
        for owner, parts in here.collected_for(report)
    }


def test_a_report_has_every_mailbox_that_holds_anything_newest_first() -> None:
    here = world(user("101"), user("102"), user("103"))
    for text in ("one", "two"):
        sms(here, "101", direct("102"), text=text)
    assert collected(here, begun(here.reports)) == {"101": ["two", "one"], "102": ["two", "one"]}


@pytest.mark.parametrize(
    ("types", "expected"), [(None, ["page", "sms"]), (("SMS", "Fax"), ["sms"]), (("VoiceMail",), []), ((), [])]
)
def test_a_report_has_messages_of_the_types_that_were_asked_for(
    types: tuple[str, ...] | None, expected: list[str]
) -> None:
    here = world(user("101"), user("102"))
    sms(here, "101", HANDSET, text="sms")
    page(here, "101", "102", text="page")
    assert collected(here, begun(here.reports, types=types)).get("101", []) == expected


def test_a_report_has_what_was_deleted_and_not_what_was_purged_and_nothing_that_came_later() -> None:
    here = world(user("101"), user("102"))
    sender = here.account.extensions["101"]
    sent = {text: page(here, "101", "102", text=text).message for text in ("kept", "deleted", "purged")}
    here.delete_message(sender, sent["deleted"].id, purge=False)
    here.delete_message(sender, sent["purged"].id, purge=True)
    report = here.reports.create(1, "101", (DAY[0], START + timedelta(days=1)), None, START)
    here.clock.advance(timedelta(seconds=6))
    page(here, "101", "102", text="later")
    assert collected(here, report)["101"] == ["deleted", "kept"]


def test_a_report_has_the_messages_of_threads_that_someone_was_removed_from() -> None:
    here = world(user("101"), user("102"), department("200", "102"))
    page(here, "101", "200", text="to all")
    set_members(here, "200")
    assert collected(here, begun(here.reports))["102"] == ["to all"]
