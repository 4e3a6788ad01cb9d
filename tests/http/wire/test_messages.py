from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from builders import (
    HANDSET,
    STANDING_STILL,
    START,
    Clock,
    account,
    department,
    direct,
    identity,
    mailbox,
    page,
    sms,
    user,
    world,
)
from ringmock.domain import errors
from ringmock.domain.account import ExtensionType, Feature
from ringmock.domain.attachment import Attachment
from ringmock.domain.carrier import Carrier, CarrierProfile
from ringmock.domain.generation import GENERATIONS
from ringmock.domain.message import Availability, Direction, MessageStatus, MessageType, Reached
from ringmock.domain.message_filter import MessageFilter
from ringmock.domain.owners import EVERYONE, PERSONAL, Owners
from ringmock.domain.pager import Address, SendPager
from ringmock.domain.sms import SendSms
from ringmock.http.wire import messages as wire
from ringmock.http.wire.record_cache import ListOfRecords, RecordCache
from ringmock.http.wire.view import View
from ringmock.world.template import Template
from ringmock.world.world import World

BASE = "http://example.test"
EXTENSION = f"{BASE}/restapi/v1.0/account/1346632010/extension/{identity('101')}"
STORE = f"{EXTENSION}/message-store"
NO_FILTERS = {
    "availability": None,
    "conversationId": None,
    "dateFrom": None,
    "dateTo": None,
    "direction": None,
    "distinctConversations": False,
    "messageType": None,
    "page": 1,
    "perPage": 100,
    "phoneNumber": None,
    "readStatus": None,
}


def view(here: World) -> View:
    return View(here.account, here.generation, BASE, here.clock.now())


def office(generation: str = "2012") -> World:
    return world(user("101"), user("102"), department("200", "102"), generation=GENERATIONS[generation])


def test_in_2012_an_sms_has_exactly_the_documented_keys_in_their_order() -> None:
    here = office()
    resource = wire.message_resource(sms(here, "101", f"+{HANDSET}").message, view(here), just_sent=True)
    assert list(resource) == [
        "uri", "id", "to", "from", "type", "creationTime", "readStatus", "priority", "attachments", "direction",
        "availability", "subject", "messageStatus", "conversationId", "lastModifiedTime",
    ]  # fmt: skip
    assert (resource["to"], resource["from"]) == ([{"phoneNumber": HANDSET}], {"phoneNumber": direct("101")})
    assert resource["lastModifiedTime"] == "2012-10-16T06:34:59.000Z"


def test_in_2012_a_page_has_the_same_keys_and_one_more_with_the_sender_first_in_to() -> None:
    here = office()
    resource = wire.message_resource(page(here, "101", "200").message, view(here))
    assert list(resource)[-2:] == ["lastModifiedTime", "pgToDepartment"]
    assert resource["to"] == [{"extensionNumber": "101"}, {"extensionNumber": "200"}]
    assert resource["pgToDepartment"] is True
    assert resource["attachments"] == [{"id": 1, "uri": f"{resource['uri']}/content/1", "contentType": "text/plain"}]


def test_in_2012_a_page_to_oneself_names_oneself_once() -> None:
    here = office()
    assert wire.message_resource(page(here, "101", "101").message, view(here))["to"] == [{"extensionNumber": "101"}]


def test_current_answers_carry_what_the_api_has_added_since() -> None:
    here = office("current")
    message = page(here, "101", "102").message
    resource = wire.message_resource(message, view(here))
    party = {"extensionNumber": "102", "extensionId": str(identity("102")), "name": "No. 102"}
    assert resource["to"] == [party]
    assert resource["readStatus"] == "Read"
    assert resource["attachments"][0]["id"] == message.id
    assert resource["attachments"][0]["type"] == "Text"
    assert resource["conversation"]["id"] == str(resource["conversationId"])
    assert resource["extensionId"] == str(identity("101"))
    assert "smsSendingAttemptsCount" not in resource


def test_d10_current_numbers_have_their_plus_and_2012_numbers_have_none() -> None:
    for generation, expected in (("2012", HANDSET), ("current", f"+{HANDSET}")):
        here = office(generation)
        resource = wire.message_resource(sms(here, "101", HANDSET).message, view(here))
        assert resource["to"][0]["phoneNumber"] == expected


@pytest.mark.parametrize(("just_sent", "status"), [(True, "Queued"), (False, "Sent")])
def test_a_current_sms_is_queued_in_the_answer_and_has_left_by_the_next_look(just_sent: bool, status: str) -> None:
    here = office("current")
    message = sms(here, "101", HANDSET).message
    resource = wire.message_resource(message, view(here), just_sent=just_sent)
    assert resource["messageStatus"] == status
    assert resource["smsSendingAttemptsCount"] == 1


def test_a_purged_message_has_no_attachments() -> None:
    here = office()
    message = sms(here, "101", HANDSET).message
    here.delete_message(here.account.extensions["101"], message.id, purge=True)
    resource = wire.message_resource(message, view(here))
    assert (resource["attachments"], resource["availability"], resource["subject"]) == ([], "Purged", "")


def test_a_sending_is_read_from_its_json() -> None:
    body = {"from": {"phoneNumber": "1"}, "to": [{"phoneNumber": "2"}], "text": "t", "country": {"id": "1"}}
    picture = Attachment("image/png", "map.png", b"...")
    assert wire.sms_from(body, (picture,)) == SendSms("1", ("2",), "t", (picture,))
    assert wire.sms_from({"from": {"phoneNumber": "1"}, "to": [{"phoneNumber": "2"}]}) == SendSms("1", ("2",), "")
    pager = {
        "from": {"extensionNumber": "101"},
        "to": [{"extensionId": "7"}, {"phoneNumber": "2"}],
        "text": "t",
        "replyOn": 5,
    }
    assert wire.pager_from(pager) == SendPager(
        to=(Address(id=7), Address(phone_number="2")),
        text="t",
        sender=Address(number="101"),
        reply_on=5,
    )
    assert wire.pager_from({"text": "t", "replyOn": 5}) == SendPager((), "t", reply_on=5)


def test_a_country_is_named_once() -> None:
    body = {"from": {"phoneNumber": "1"}, "to": [{"phoneNumber": "2"}], "country": {"id": "1", "isoCode": "US"}}
    with pytest.raises(errors.CountryGivenTwice):
        wire.sms_from(body)


def test_a_shared_message_says_whose_it_is_and_an_own_one_does_not() -> None:
    here = world(user("101"), replace(department("200"), sms_recipients=("101",)))
    shared = wire.message_resource(sms(here, "200", HANDSET).message, view(here))
    assert shared["owner"] == {"extensionId": str(identity("200")), "name": "No. 200", "extensionType": "Department"}
    assert "owner" not in wire.message_resource(sms(here, "101", HANDSET).message, view(here))


def test_a_group_message_has_the_status_of_each_recipient_and_marks_whose_copy_it_is() -> None:
    features = (Feature.SMS_SENDER, Feature.MMS_SENDER)
    lost = (timedelta(0), Reached(MessageStatus.DELIVERY_FAILED, "SMS-CAR-411"))
    carrier = Carrier((CarrierProfile((lost,), numbers=(HANDSET,)),))
    template = Template("test", account(user("101"), user("102"), features=features), STANDING_STILL, carrier=carrier)
    here = World(template, Clock(), GENERATIONS["current"])
    message = sms(here, "101", HANDSET, direct("102")).message
    accepted = wire.message_resource(message, view(here), just_sent=True)["to"]
    assert [party["messageStatus"] for party in accepted] == ["Queued", "Queued"]
    by_now = wire.message_resource(message, view(here))["to"]
    assert [party["messageStatus"] for party in by_now] == ["DeliveryFailed", "Sent"]
    copy = wire.message_resource(mailbox(here, "102")[0], view(here))
    assert [party.get("target") for party in copy["to"]] == [None, True]
    assert "smsSendingAttemptsCount" not in copy
    assert wire.message_resource(message, view(here))["smsSendingAttemptsCount"] == 1


# --- lists ---------------------------------------------------------------------------------------


def test_what_is_deleted_by_filter_is_one_filter_for_each_conversation_or_one_in_all() -> None:
    asked = {"type": "SMS", "purge": False, "conversationId": None, "owner": None, "ownerExtensionType": None}
    (everything,) = wire.filters_to_delete(asked, START)
    assert (everything.types, everything.conversation_id) == ({MessageType.SMS}, None)
    assert everything.availabilities == {Availability.ALIVE}
    several = wire.filters_to_delete({**asked, "type": "All", "purge": True, "conversationId": ["7", "8", "7"]}, START)
    assert [one.conversation_id for one in several] == [7, 8]
    assert several[0].types == set(MessageType)
    assert several[0].availabilities == {Availability.ALIVE, Availability.DELETED}


def test_without_filters_a_list_shows_what_is_alive_of_the_last_24_hours_to_the_minute() -> None:
    wanted = wire.filter_from(NO_FILTERS, START)
    assert wanted == MessageFilter(date_from=START.replace(second=0) - timedelta(days=1), date_to=START)


def test_filters_are_read_from_the_query() -> None:
    asked = {
        **NO_FILTERS,
        "availability": ["Alive", "Deleted"],
        "conversationId": "17",
        "dateFrom": "2012",
        "dateTo": "2012-02-03T04:05+01:00",
        "direction": ["Inbound"],
        "messageType": ["SMS", "Fax"],
        "page": 2,
        "perPage": 5000,
        "phoneNumber": "+1",
    }
    wanted = wire.filter_from(asked, START)
    assert wanted == MessageFilter(
        date_from=datetime(2012, 1, 1, tzinfo=UTC),
        date_to=datetime(2012, 2, 3, 3, 5, tzinfo=UTC),
        types=frozenset({MessageType.SMS, MessageType.FAX}),
        directions=frozenset({Direction.INBOUND}),
        availabilities=frozenset({Availability.ALIVE, Availability.DELETED}),
        conversation_id=17,
        phone_number="+1",
        page=2,
        per_page=1000,
    )


def test_a_type_that_this_server_has_none_of_finds_nothing() -> None:
    assert wire.filter_from({**NO_FILTERS, "messageType": ["VoiceMail"]}, START).types == frozenset()


def test_a_window_before_the_first_year_is_refused() -> None:
    with pytest.raises(errors.InvalidParameter) as refused:
        wire.filter_from({**NO_FILTERS, "dateTo": "0001-01-01"}, START)
    assert refused.value.parameter == "dateTo"


@pytest.mark.parametrize(
    ("owner", "types", "owners"),
    [
        (None, None, PERSONAL),
        ([], [], PERSONAL),
        (["Personal"], None, PERSONAL),
        (["Any"], None, EVERYONE),
        (["Shared"], None, Owners(personal=False, shared=True)),
        (["Shared", "7"], None, Owners(personal=False, shared=True, ids=frozenset({7}))),
        (["7", "8", "7"], None, Owners(personal=False, ids=frozenset({7, 8}))),
        (None, ["Department"], replace(EVERYONE, types=frozenset({ExtensionType.DEPARTMENT}))),
        (["Personal"], ["Department"], Owners(types=frozenset({ExtensionType.DEPARTMENT}))),
        (["Any"], ["ProxyAdmin"], replace(EVERYONE, types=frozenset())),
    ],
)
def test_d22_the_owner_filters_say_whose_messages_are_wanted(
    owner: list[str] | None, types: list[str] | None, owners: Owners
) -> None:
    asked = {"owner": owner, "ownerExtensionType": types}
    assert wire.owners_from(asked) == owners
    assert wire.filter_from({**NO_FILTERS, **asked}, START).owners == owners


def listed(total: int, page_number: int, per_page: int, *given: tuple[str, str]) -> dict:
    here = office()
    for _ in range(total):
        sms(here, "101", HANDSET)
    me = here.account.extensions["101"]
    wanted = wire.filter_from({**NO_FILTERS, "page": page_number, "perPage": per_page}, START)
    page = here.list_messages(me, wanted)
    said = wire.message_list(page, wanted, given, me, view(here))
    return ListOfRecords(said, RecordCache().records(page.records, view(here))).whole


FILTER = "availability=Alive&dateFrom=2012-10-15T06:34:00.000Z"


@pytest.mark.parametrize(
    ("total", "page_number", "per_page", "paging", "links"),
    [
        (0, 1, 100, {"perPage": 100, "totalElements": 0, "totalPages": 0}, {"firstPage": 1, "lastPage": 1}),
        (
            5, 1, 2,
            {"perPage": 2, "totalElements": 5, "totalPages": 3, "page": 1, "pageStart": 0, "pageEnd": 1},
            {"firstPage": 1, "nextPage": 2, "lastPage": 3},
        ),
        (
            5, 2, 2,
            {"perPage": 2, "totalElements": 5, "totalPages": 3, "page": 2, "pageStart": 2, "pageEnd": 3},
            {"firstPage": 1, "previousPage": 1, "nextPage": 3, "lastPage": 3},
        ),
        (
            5, 3, 2,
            {"perPage": 2, "totalElements": 5, "totalPages": 3, "page": 3, "pageStart": 4, "pageEnd": 4},
            {"firstPage": 1, "previousPage": 2, "lastPage": 3},
        ),
        (
            5, 4, 2,
            {"perPage": 2, "totalElements": 5, "totalPages": 3},
            {"firstPage": 1, "previousPage": 3, "lastPage": 3},
        ),
        (5, 9, 2, {"perPage": 2, "totalElements": 5, "totalPages": 3}, {"firstPage": 1, "lastPage": 3}),
        (5, 1, 0, {"perPage": 0, "totalElements": 5, "totalPages": 0}, {"firstPage": 1, "lastPage": 1}),
    ],
)  # fmt: skip
def test_a_list_says_where_it_stands_and_where_to_go_from_there(
    total: int, page_number: int, per_page: int, paging: dict, links: dict
) -> None:
    said = listed(total, page_number, per_page)
    assert list(said) == ["uri", "records", "paging", "navigation"]
    assert said["uri"] == f"{STORE}?{FILTER}&page={page_number}&perPage={per_page}"
    assert said["paging"] == paging
    assert said["navigation"] == {
        name: {"uri": f"{STORE}?{FILTER}&page={number}&perPage={per_page}"} for name, number in links.items()
    }
    assert len(said["records"]) == paging.get("pageEnd", -1) - paging.get("pageStart", 0) + 1


def test_the_uri_of_a_list_echoes_the_filters_in_the_order_in_which_they_came() -> None:
    given = (("messageType", "SMS"), ("messageType", "Pager"), ("perPage", "max"), ("phoneNumber", "+1415"))
    said = listed(0, 1, 100, *given)
    assert said["uri"] == f"{STORE}?messageType=SMS&messageType=Pager&phoneNumber=%2B1415&{FILTER}&page=1&perPage=100"


def test_records_of_a_list_are_the_messages_themselves() -> None:
    here = office()
    message = page(here, "101", "102").message
    me = here.account.extensions["101"]
    wanted = wire.filter_from(NO_FILTERS, START)
    records = RecordCache().records(here.list_messages(me, wanted).records, view(here))
    assert [record.value for record in records] == [wire.message_resource(message, view(here))]
    assert mailbox(here, "102")[0].id != message.id
