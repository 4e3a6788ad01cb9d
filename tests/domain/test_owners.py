from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from builders import HANDSET, START, department, direct, identity, page, sms, user, world
from ringmock.domain.account import ExtensionType
from ringmock.domain.message import MessageType
from ringmock.domain.message_filter import MessageFilter
from ringmock.domain.message_sync import Frame, Mailbox, full_sync, incremental_sync
from ringmock.domain.owners import EVERYONE, PERSONAL, Owners
from ringmock.world.world import World

MINUTE = timedelta(minutes=1)
SHARED = Owners(personal=False, shared=True)
NOBODY = Owners(personal=False)


def shared_world(*recipients: str) -> World:
    """101 and 102, and two Departments of which the first has these SMS recipients."""
    first = replace(department("200", "101"), sms_recipients=recipients)
    return world(user("101"), user("102"), first, department("201", "101"))


def everything(owners: Owners, **fields: int) -> MessageFilter:
    return MessageFilter(START, datetime.max.replace(tzinfo=UTC), owners=owners, **fields)


@pytest.mark.parametrize(
    ("owners", "found"),
    [
        (PERSONAL, ["own"]),
        (SHARED, ["shared"]),
        (EVERYONE, ["own", "shared"]),
        (NOBODY, []),
        (replace(NOBODY, ids=frozenset({identity("102")})), ["own"]),
        (replace(NOBODY, ids=frozenset({identity("200")})), ["shared"]),
        (replace(PERSONAL, ids=frozenset({identity("200")})), ["own", "shared"]),
        (replace(NOBODY, ids=frozenset({identity("101"), identity("201"), 1})), []),
        (replace(EVERYONE, types=frozenset({ExtensionType.DEPARTMENT})), ["shared"]),
        (replace(EVERYONE, types=frozenset({ExtensionType.USER, ExtensionType.SITE})), ["own"]),
        (replace(EVERYONE, types=frozenset()), []),
    ],
)
def test_d22_the_filters_choose_among_what_an_extension_reads(owners: Owners, found: list[str]) -> None:
    here = shared_world("102")
    for number, text in (("101", "foreign"), ("200", "shared"), ("201", "not shared"), ("102", "own")):
        here.receive_sms(HANDSET, direct(number), text)
    page(here, "101", "200", text="a page")
    page(here, "101", "102", text="own page")
    asked = replace(everything(owners), types=frozenset({MessageType.SMS}))
    reader = here.account.extensions["102"]
    assert [message.text for message in here.list_messages(reader, asked).records] == found
    listed = here.list_messages(reader, everything(owners)).records
    assert "a page" not in [message.text for message in listed]
    assert ("own page" in [message.text for message in listed]) is ("own" in found)


@pytest.mark.parametrize("per_page", [1, 2, 3, 4, 5])
def test_pages_of_several_mailboxes_are_cut_as_if_they_were_one(per_page: int) -> None:
    here = shared_world("102")
    for number in ("102", "200", "200", "102"):
        here.receive_sms(HANDSET, direct(number), f"to {number}")
    reader, texts = here.account.extensions["102"], []
    for number in range(1, 5 // per_page + 2):
        found = here.list_messages(reader, everything(EVERYONE, page=number, per_page=per_page))
        assert found.total == 4
        texts += [message.text for message in found.records]
    assert texts == ["to 102", "to 200", "to 200", "to 102"]


def test_who_is_made_an_sms_recipient_is_reported_by_the_next_synchronization_of_all_that_there_is() -> None:
    here = shared_world("101")
    here.receive_sms(HANDSET, direct("200"), "before")
    here.receive_sms(HANDSET, direct("102"), "own")
    here.clock.advance(MINUTE)

    def mailbox() -> Mailbox:
        return Mailbox(here.messages, here.account.extensions["102"], here.account, here.clock.now())

    first = full_sync(mailbox(), Frame(START, owners=EVERYONE))
    assert [message.text for message in first.records] == ["own"]
    here.set_sms_recipients(here.account.extensions["200"], ["102"])
    second = incremental_sync(mailbox(), first.mark)
    assert [message.text for message in second.records] == ["before"]
    here.clock.advance(MINUTE)
    assert incremental_sync(mailbox(), second.mark).records == ()
    here.receive_sms(HANDSET, direct("200"), "after")
    assert [message.text for message in incremental_sync(mailbox(), second.mark).records] == ["after"]
    here.set_sms_recipients(here.account.extensions["200"], [])
    assert incremental_sync(mailbox(), second.mark).records == ()


def test_a_change_in_another_mailbox_hides_none_in_ones_own() -> None:
    here = shared_world("102")
    reader = here.account.extensions["102"]
    mark = full_sync(Mailbox(here.messages, reader, here.account, here.clock.now()), Frame(START)).mark
    sms(here, "101", HANDSET, text="foreign")
    here.receive_sms(HANDSET, direct("102"), "own")
    sms(here, "101", HANDSET, text="foreign")
    here.clock.advance(MINUTE)
    found = incremental_sync(Mailbox(here.messages, reader, here.account, here.clock.now()), mark)
    assert [message.text for message in found.records] == ["own"]
