"""What all worlds of a server keep together, one below its bound, at it and one above."""

import json
from collections.abc import Callable

import pytest

from builders import STANDING_STILL, account, direct, user
from hostile.in_process import InProcess
from ringmock.domain.attachment import Attachment
from ringmock.domain.carrier import Carrier
from ringmock.domain.consent import ConsentSource, OptStatus, Statement
from ringmock.domain.errors import InvalidParameter, StoreFull
from ringmock.domain.message import Message, ReadStatus
from ringmock.domain.sms import SendSms
from ringmock.server_limits import ServerLimits
from ringmock.sign_in.sessions import TooManyLogIns
from ringmock.sign_in.worlds import Worlds
from ringmock.world.template import Application, Template
from ringmock.world.world import World
from support import SMS, STORE

PHONE = "14151003732"
ONE_SMS = {"from": {"phoneNumber": "16509100010"}, "to": [{"phoneNumber": PHONE}], "text": "Hello"}


def office(limits: ServerLimits) -> Worlds:
    home = account(user("101"), user("102"))
    return Worlds(Template("test", home, (Application("app", "hush"),), clock=STANDING_STILL), limits=limits)


def send(world: World) -> Message:
    """Two records: the sender's copy, and the recipient's."""
    return world.send_sms(world.account.extensions["101"], SendSms(direct("101"), (PHONE,), "Hello")).message


def say(world: World) -> None:
    """One record."""
    said = Statement(direct("101"), PHONE, OptStatus.OUT, ConsentSource.API)
    for _, refusal in world.state_consents([said]):
        raise refusal


def mark(world: World) -> None:
    """Two records for a message, and two for its change."""
    world.mark_message(world.account.extensions["101"], send(world).id, ReadStatus.READ)


def take_in(world: World) -> None:
    """Two records."""
    world.receive_sms(PHONE, direct("101"), "Hello")


@pytest.mark.parametrize(("do", "records"), [(send, 2), (take_in, 2), (mark, 4), (say, 1)])
@pytest.mark.parametrize(("more", "passes"), [(1, True), (0, True), (-1, False)])
def test_there_is_room_for_so_many_records(
    do: Callable[[World], object], records: int, more: int, passes: bool
) -> None:
    here = office(ServerLimits(max_records=records + 10 + more))
    here.room.records = 10  # of other worlds

    if passes:
        do(here.default)
        assert (here.room.records, here.default.share.records) == (10 + records, records)
    else:
        with pytest.raises(StoreFull):
            do(here.default)


@pytest.mark.parametrize(("confirms", "records"), [(False, 2), (True, 3)])
def test_the_carriers_answer_to_an_opt_out_is_a_record_too(confirms: bool, records: int) -> None:
    here = office(ServerLimits()).default
    here.carry_by(Carrier((), confirms_opt_outs=confirms))
    here.receive_sms(PHONE, direct("101"), "STOP")
    assert here.share.records == records


def test_a_message_for_which_there_is_no_room_is_nowhere() -> None:
    here = office(ServerLimits(max_records=1))
    with pytest.raises(StoreFull):
        send(here.default)

    assert here.default.messages.received_by_handset(PHONE) == ()
    assert (here.room.records, len(here.default.messages)) == (0, 0)


def test_a_reset_and_the_end_of_a_world_give_back_what_it_kept_and_nothing_else() -> None:
    here = office(ServerLimits())
    first, second = here.default, here.world_of_client("other", None)
    for _ in range(3):
        send(first)
        send(second)

    first.reset()
    assert here.room.records == 6
    send(first)
    here.close_world("other")
    send(second)
    assert here.room.records == 2


def test_deleting_is_possible_without_room() -> None:
    here = office(ServerLimits(max_records=2))
    message = send(here.default)

    here.default.delete_message(here.default.account.extensions["101"], message.id, purge=True)

    assert here.room.records == 3
    with pytest.raises(StoreFull):
        send(here.default)


@pytest.mark.parametrize(("size", "passes"), [(9, True), (10, True), (11, False)])
def test_files_have_room_by_their_bytes_for_each_copy(size: int, passes: bool) -> None:
    here = office(ServerLimits(max_file_bytes=20))
    file = Attachment("image/png", "a.png", b"x" * size)

    if passes:
        here.default.receive_sms(PHONE, direct("101"), "", (file,))
        assert here.room.file_bytes == 2 * size
    else:
        with pytest.raises(StoreFull):
            here.default.receive_sms(PHONE, direct("101"), "", (file,))


@pytest.mark.parametrize(("log_ins", "passes"), [(1, True), (2, True), (3, False)])
def test_so_many_log_ins_are_kept_that_have_not_expired(log_ins: int, passes: bool) -> None:
    here = office(ServerLimits(max_log_ins=2))
    world, ttl = here.default, {"access_ttl": 600, "refresh_ttl": 600}
    own = world.account.extensions["101"]
    for _ in range(log_ins - 1):
        here.log_ins.open_session(world, own, "app", **ttl)

    if passes:
        assert (
            here.log_ins.session_of(here.log_ins.open_session(world, own, "app", **ttl).access_token).extension is own
        )
    else:
        with pytest.raises(TooManyLogIns):
            here.log_ins.open_session(world, own, "app", **ttl)
        with pytest.raises(TooManyLogIns):
            here.log_ins.open_session(here.world_of_client("other", None), own, "other", **ttl)


def test_who_has_no_room_is_told_so_in_the_envelope_and_the_control_api_tells_how_much_there_is() -> None:
    with InProcess() as server:
        kept = server.worlds.room.records
    headers = [(b"authorization", b"Bearer demo-101"), (b"content-type", b"application/json")]
    with InProcess(ServerLimits(max_records=kept + 2)) as server:
        sent = [server.call("POST", SMS.encode(), headers, json.dumps(ONE_SMS).encode()) for _ in range(2)]
        changed = server.call(
            "PUT", f"{STORE}/{json.loads(sent[0].content)['id']}".encode(), headers, b'{"readStatus": "Read"}'
        )
        written = server.call(
            "POST", f"/_mock/handsets/{PHONE}/messages".encode(), [], b'{"to": "16509100010", "text": "Hello"}'
        )
        usage = json.loads(server.call("GET", b"/_mock/usage", [], b"").content)

    assert [answer.status for answer in (*sent, changed, written)] == [200, 503, 503, 409]
    said = f"Service Temporary Unavailable: the server keeps no more than {kept + 2} records (--max-records)"
    assert json.loads(sent[1].content)["errors"] == [{"errorCode": "CMN-201", "message": said}]
    assert f"no more than {kept + 2} records" in json.loads(written.content)["error"]
    assert usage["server"]["records"] == {"kept": kept + 2, "most": kept + 2}
    assert usage["world"]["journal"] == {"kept": 3, "most": 1000, "left_out": 0}


def test_what_was_still_good_and_had_to_go_is_counted() -> None:
    with InProcess(ServerLimits(max_socket_tokens=1, max_journal_calls=1)) as server:
        for _ in range(3):
            server.call("POST", b"/restapi/oauth/wstoken", [(b"authorization", b"Bearer demo-101")], b"")
        usage = json.loads(server.call("GET", b"/_mock/usage", [], b"").content)

    assert usage["server"]["forgotten"] == {"max_socket_tokens": 2}
    assert usage["world"]["journal"] == {"kept": 1, "most": 1, "left_out": 2}


def test_the_journal_tells_how_long_a_body_was_that_it_has_left_out() -> None:
    body = json.dumps(ONE_SMS).encode()
    headers = [(b"authorization", b"Bearer demo-101"), (b"content-type", b"application/json")]
    with InProcess(ServerLimits(max_journal_body=len(body) - 1)) as server:
        server.call("POST", SMS.encode(), headers, body)
        (entry,) = json.loads(server.call("GET", b"/_mock/journal?include=text", [], b"").content)

    assert (entry["body"], entry["body_left_out"]) == (None, len(body))


def test_an_address_book_takes_as_many_contacts_as_the_server_is_told_and_not_one_more() -> None:
    world = office(ServerLimits(max_contacts=2)).default
    me = world.account.extensions["101"]
    first, _ = (world.create_contact(me, {"firstName": name}) for name in "ab")
    with pytest.raises(InvalidParameter):
        world.create_contact(me, {"firstName": "c"})
    world.delete_contact(me, first.id)
    world.create_contact(me, {"firstName": "d"})
    assert len(world.contacts.in_order("101")) == 2
