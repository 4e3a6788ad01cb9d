"""What is in the archives of a report of the message store."""

import io
import json
import zipfile
from datetime import timedelta

import pytest

from builders import HANDSET, START, direct, page, sms, user, world
from ringmock.domain.account import Feature
from ringmock.domain.attachment import Attachment
from ringmock.domain.slices import result_of
from ringmock.http.wire.message_store_report import archiving, report_from
from ringmock.http.wire.view import View
from ringmock.world.world import World

PNG = Attachment("image/png", "../../etc/map.png", b"picture")
TEXT = Attachment("text/plain", None, b"words")
OFFICE = "account/1346632010/extension"


def fetched(here: World, most: int = 1 << 30) -> list[dict[str, bytes]]:
    """Archive by archive, what each file holds."""
    report = here.reports.create(1, "101", (START - timedelta(days=1), START), None, START)
    view = View(here.account, here.generation, "http://127.0.0.1", START)
    made = result_of(archiving(lambda: here.collected_for(report), view, most))
    opened = [zipfile.ZipFile(io.BytesIO(content)) for content in made]
    assert [archive.testzip() for archive in opened] == [None] * len(opened)
    return [{name: archive.read(name) for name in archive.namelist()} for archive in opened]


def test_the_first_archive_tells_of_every_mailboxs_messages_as_they_are_read() -> None:
    here = world(user("101"), user("102"), user("103"))
    sms(here, "101", HANDSET, text="To a phone")
    page(here, "101", "102", text="To a colleague")
    (told,) = fetched(here)
    assert sorted(told) == [f"{OFFICE}/{1346632101}/message-store.json", f"{OFFICE}/{1346632102}/message-store.json"]
    mine = json.loads(told[f"{OFFICE}/{1346632101}/message-store.json"])["records"]
    assert [(record["subject"], record["direction"]) for record in mine] == [
        ("To a colleague", "Outbound"),
        ("To a phone", "Outbound"),
    ]
    assert mine[0]["uri"].startswith("http://127.0.0.1/restapi/v1.0/account/1346632010/extension/1346632101/")


def test_the_others_hold_the_files_of_mms_under_names_that_no_sender_chose() -> None:
    here = world(user("101"), features=(Feature.SMS_SENDER, Feature.MMS_SENDER))
    here.receive_sms(HANDSET, direct("101"), "Two", (PNG, TEXT))
    told, files = fetched(here)
    (message,) = json.loads(told[f"{OFFICE}/1346632101/message-store.json"])["records"]
    ids = [each["id"] for each in message["attachments"] if each.get("type") == "MmsAttachment"]
    folder = f"{OFFICE}/1346632101/message-store/content/{message['id']}"
    assert files == {f"{folder}/{ids[0]}.png": b"picture", f"{folder}/{ids[1]}.txt": b"words"}


@pytest.mark.parametrize(("most", "files"), [(12, [2]), (11, [1, 1]), (1, [1, 1])])
def test_an_archive_has_as_many_files_as_fit_and_one_at_least(most: int, files: list[int]) -> None:
    here = world(user("101"))
    here.receive_sms(HANDSET, direct("101"), "Two", (PNG, TEXT))
    assert [len(archive) for archive in fetched(here, most)[1:]] == files


def test_an_account_without_messages_has_an_archive_with_nothing_in_it() -> None:
    assert fetched(world(user("101"))) == [{}]


def test_the_same_messages_make_the_same_bytes() -> None:
    here = world(user("101"))
    sms(here, "101", HANDSET)
    view = View(here.account, here.generation, "http://127.0.0.1", START)
    report = here.reports.create(1, "101", (START, START), None, START)
    first, second = (result_of(archiving(lambda: here.collected_for(report), view)) for _ in range(2))
    assert first == second


@pytest.mark.parametrize(
    ("body", "dates"),
    [
        ({}, (START.replace(second=0) - timedelta(days=1), START)),
        ({"dateTo": "2012-10-16t06:00:00z"}, (START.replace(hour=6, minute=0, second=0) - timedelta(days=1), None)),
        ({"dateFrom": "2012-01-01T00:00:00Z"}, (START.replace(month=1, day=1, hour=0, minute=0, second=0), START)),
    ],
)
def test_what_a_report_is_not_asked_for_is_the_last_24_hours(body: dict[str, str], dates: tuple) -> None:
    asked = report_from(body, START)
    assert asked.dates[0] == dates[0]
    assert dates[1] is None or asked.dates[1] == dates[1]
    assert asked.types is None
