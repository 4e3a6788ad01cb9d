"""Messages that a world has seen: listed, waited for, counted, expected not to be, and what is taken out of them."""

import asyncio
from typing import Any
from urllib.parse import urlencode

import pytest

from control_calls import InProcess, turns
from races import races
from ringmock.domain.sms import SendSms
from ringmock.fixture import load_named
from ringmock.server_limits import ServerLimits
from ringmock.sign_in.worlds import Worlds
from support import DIRECT_NUMBER, HANDSET, Client

MESSAGES = "/_mock/messages"


def asked(client: Client, **query: Any) -> tuple[int, Any]:
    answer = client.get(MESSAGES, params={name.removesuffix("_"): value for name, value in query.items()})
    return answer.status_code, answer.json()


def told(client: Client, **query: Any) -> str:
    """The texts that are listed."""
    status, body = asked(client, **query)
    assert status == 200, body
    return " ".join(message["text"] for message in body["messages"])


def test_a_message_is_told_with_what_became_of_it_without_signing_in(world_client: Client) -> None:
    sent = world_client.post_sms("Hello").json()

    status, body = asked(world_client, to=f"+{HANDSET}")

    assert (status, body["count"], body["left_out"]) == (200, 1, 0)
    [message] = body["messages"]
    assert message["recipients"] == [{"recipient": HANDSET, "outcome": "outside", "rule": "R-06"}]
    assert {**message, "created": 0, "recipients": 0, "status": 0} == {
        "number": 1, "id": sent["id"], "type": "SMS", "from": DIRECT_NUMBER["101"], "to": [HANDSET], "text": "Hello",
        "created": 0, "status": 0, "sent_by": "101", "recipients": 0, "attachments": [],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("query", "texts"),
    [
        ({}, "one two three four"),
        ({"to": HANDSET}, "one"),
        ({"to": "102"}, "two three four"),
        ({"to": "200"}, "three"),
        ({"from_": "101"}, "one two three"),
        ({"from_": HANDSET}, "four"),
        ({"mailbox": "102"}, "two three four"),
        ({"handset": HANDSET}, "one four"),
        ({"type": "Pager"}, "two three"),
        ({"contains": "o"}, "one two four"),
        ({"matches": "^t[wh]"}, "two three"),
        ({"after": 2}, "three four"),
        ({"after": 4}, ""),
        ({"limit": 1}, "four"),
        ({"since": "2012-10-16T06:34:58Z"}, "one two three four"),
        ({"since": "2099-01-01T00:00:00Z"}, ""),
        ({"to": "102", "contains": "w"}, "two"),
        ({"extract": "f(ou)r"}, "four"),
    ],
)
def test_messages_are_listed_by_what_they_are(world_client: Client, query: dict[str, Any], texts: str) -> None:
    world_client.post_sms("one")
    world_client.page("102", text="two")
    world_client.page("200", text="three")
    text = {"to": DIRECT_NUMBER["102"], "text": "four"}
    world_client.post(f"/_mock/handsets/{HANDSET}/messages", json=text)

    assert told(world_client, **query) == texts


def test_what_nobody_received_is_told_too(world_client: Client) -> None:
    world_client.post(f"/_mock/handsets/{HANDSET}/messages", json={"to": "16509100104", "text": "To the Frozen one"})

    [message] = asked(world_client, from_=HANDSET)[1]["messages"]

    assert [each["outcome"] for each in message["recipients"]] == ["dropped"]


def test_a_code_is_taken_out_and_what_has_none_is_not_meant(world_client: Client) -> None:
    world_client.post_sms("Welcome!")
    world_client.post_sms("Your code is 482913.")

    status, body = asked(world_client, to=HANDSET, extract="code", wait=0)

    assert (status, [each["extracted"] for each in body["messages"]]) == (200, ["482913"])


def test_the_life_of_a_status_goes_by_the_worlds_clock(world_client: Client) -> None:
    world_client.call("PUT", "/_mock/clock", json={"now": "2026-01-01T00:00:00Z", "frozen": True})
    world_client.page("102", text="one")

    assert asked(world_client, status="Queued")[1]["count"] == 0
    assert asked(world_client, status="Received", mailbox="102")[1]["count"] in (0, 1)


@pytest.mark.parametrize(
    ("query", "status", "said"),
    [
        ({"wait": 0}, 404, "There is no message. No message was sent at all."),
        ({"to": HANDSET, "contains": "x", "wait": 0}, 404, f"There is no message to {HANDSET} that contains 'x'."),
        ({"count": 2}, 404, "There are 0 of 2, message."),
        (
            {"to": "1025"},
            409,
            "There is no extension '1025' in this account, and a phone number has 7 to 15 digits: did",
        ),
        ({"mailbox": "999"}, 409, "There is no extension '999': this account has 101"),
        ({"handset": "102"}, 409, "'102' is no phone number"),
        ({"expect": "none", "wait": 1}, 422, "'expect=none' takes 'within' beside it"),
        ({"within": 1}, 422, "'within' goes with expect=none"),
        ({"expect": "some"}, 400, "'expect' is one of none."),
        ({"wait": 601}, 400, "'wait' is a number from 0 to 600"),
        ({"wait": -1}, 400, "'wait' is a number from 0 to 600"),
        ({"count": 0}, 400, "'count' is a number from 1 to 1000"),
        ({"contain": "x"}, 400, "'contain' is not known here: did you mean 'contains'? The query takes to, from"),
        ({"matches": "(a"}, 422, "'matches' is a regular expression"),
        ({"since": "yesterday"}, 400, "'since' is a date-time with a zone"),
    ],
)
def test_what_is_not_so_or_makes_no_sense_is_told(
    world_client: Client, query: dict[str, Any], status: int, said: str
) -> None:
    found = asked(world_client, **query)
    assert (found[0], said in found[1]["error"]) == (status, True), found


def test_a_message_that_should_not_be_there_is_told_at_once(world_client: Client) -> None:
    assert asked(world_client, expect="none", to=HANDSET)[0] == 200
    world_client.post_sms("Hello")

    status, body = asked(world_client, expect="none", to=HANDSET, within=600)

    assert status == 409
    assert body["error"].startswith(f"There should be no message to {HANDSET}, and there is: 1: SMS 16509100010")


# --- by the world's clock ------------------------------------------------------------------------


@pytest.fixture
def standing(world_client: Client) -> Client:
    """A world at a moment, whose carriers deliver after a minute."""
    world_client.call("PUT", "/_mock/clock", json={"now": "2026-01-01T00:00:00Z", "frozen": True})
    steps = [{"status": "Delivered", "after": 60}]
    world_client.call("PUT", "/_mock/carrier", json={"profiles": [{"prefix": "1415", "steps": steps}]})
    return world_client


def test_the_clock_is_moved_until_it_is_so_and_no_further(standing: Client) -> None:
    standing.post_sms("one")

    status, body = asked(standing, status="Delivered", clock="advance")

    assert (status, [each["text"] for each in body["messages"]]) == (200, ["one"])
    assert standing.get("/_mock/clock").json() == {"now": "2026-01-01T00:01:00.000Z", "frozen": True}


@pytest.mark.parametrize(("count", "status", "now"), [(2, 200, "00:02:00"), (3, 404, "00:02:00")])
def test_the_clock_is_moved_until_there_are_as_many_or_nothing_is_due(
    standing: Client, count: int, status: int, now: str
) -> None:
    standing.post_sms("one")
    standing.post("/_mock/clock/advance", json={"seconds": 60})
    standing.post_sms("two")
    standing.post("/_mock/tokens", json={"extension": "102"})  # what expires brings no message

    found = asked(standing, status="Delivered", count=count, clock="advance")

    assert found[0] == status, found
    assert standing.get("/_mock/clock").json()["now"] == f"2026-01-01T{now}.000Z"
    if status == 404:
        assert "There are 2 of 3" in found[1]["error"]
        assert "at 2026-01-01T00:02:00.000Z nothing is due that would bring one" in found[1]["error"]


def test_the_clock_is_moved_until_something_comes_that_should_not(standing: Client) -> None:
    standing.post_sms("one")

    assert asked(standing, expect="none", status="DeliveryFailed", clock="advance")[0] == 200
    assert asked(standing, expect="none", status="Delivered", clock="advance")[0] == 409
    assert standing.get("/_mock/clock").json()["now"] == "2026-01-01T00:01:00.000Z"


@pytest.mark.parametrize("query", [{"wait": 1}, {"expect": "none", "within": 1}])
def test_the_clock_is_moved_instead_of_waiting(standing: Client, query: dict[str, Any]) -> None:
    status, body = asked(standing, clock="advance", **query)

    assert (status, "leave 'wait' and 'within' out" in body["error"]) == (422, True)


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({"expect": "none"}, "unexpected-message"),
        ({"contains": "two", "wait": 0}, "no-message"),
        ({"to": "1025", "wait": 0}, None),
        ({"expect": "none", "wait": 0}, None),
    ],
)
def test_an_assertion_that_does_not_hold_is_told_by_a_code(
    world_client: Client, query: dict[str, Any], code: str | None
) -> None:
    world_client.post_sms("one")

    assert asked(world_client, **query)[1].get("code") == code


# --- in the loop, turn by turn -------------------------------------------------------------------


def send(worlds: Worlds, text: str) -> None:
    world = worlds.default
    world.send_sms(world.account.extensions["101"], SendSms(DIRECT_NUMBER["101"], (HANDSET,), text))


def demo(**limits: int) -> Worlds:
    return Worlds(load_named("demo"), limits=ServerLimits(**limits))


@pytest.mark.long
def test_waits_and_sends_in_any_order_meet_each_time() -> None:
    assert asyncio.run(races(range(1000))) == []


def test_a_thousand_waits_hold_nobody_up_and_end_with_the_message_that_they_wait_for() -> None:
    async def story() -> None:
        control = InProcess(demo())
        waits = [control.begin("GET", f"{MESSAGES}?contains=the+one&wait=600") for _ in range(1000)]
        await turns(5)
        assert (await control.call("GET", "/_mock/ready"))[0] == 200
        send(control.worlds, "another")
        await turns(5)
        assert not any(wait.done() for wait in waits)
        send(control.worlds, "the one")
        assert {status for status, _ in await asyncio.gather(*waits)} == {200}
        assert not control.worlds.default.message_journal.is_waited_for

    asyncio.run(story())


def test_no_more_calls_wait_than_the_limit_says() -> None:
    async def story() -> None:
        control = InProcess(demo(max_waits=2))
        waits = [control.begin("GET", f"{MESSAGES}?wait=600") for _ in range(2)]
        await turns(5)
        status, body = await control.call("GET", f"{MESSAGES}?wait=600")
        assert (status, "2 calls wait already (--max-waits)" in body["error"]) == (503, True)
        send(control.worlds, "now")
        assert [status for status, _ in await asyncio.gather(*waits)] == [200, 200]
        assert (await control.call("GET", f"{MESSAGES}?wait=600"))[0] == 200

    asyncio.run(story())


def test_nobody_is_waited_for_who_has_gone_away() -> None:
    async def story() -> None:
        control = InProcess(demo())
        wait = control.begin("GET", f"{MESSAGES}?wait=600")
        await turns(5)
        control.gone.set()
        await wait
        assert not control.worlds.default.message_journal.is_waited_for

    asyncio.run(story())


def test_a_reset_undoes_what_was_there_and_the_wait_goes_on() -> None:
    async def story() -> None:
        control = InProcess(demo())
        send(control.worlds, "one")
        wait = control.begin("GET", f"{MESSAGES}?wait=600&count=2")
        await turns(5)
        control.worlds.default.reset()
        send(control.worlds, "two")
        await turns(5)
        assert not wait.done()
        send(control.worlds, "three")
        _, body = await wait
        assert [message["text"] for message in body["messages"]] == ["two", "three"]

    asyncio.run(story())


def test_a_slow_pattern_ends_its_own_wait_and_no_sending() -> None:
    async def story() -> None:
        control = InProcess(demo())
        wait = control.begin("GET", f"{MESSAGES}?{urlencode({'matches': '(a+)+b', 'wait': 600})}")
        await turns(5)
        send(control.worlds, "a" * 900 + "c")
        status, body = await wait
        assert (status, "takes too long" in body["error"]) == (422, True)
        assert len(control.worlds.default.message_journal) == 1

    asyncio.run(story())


@pytest.mark.parametrize(
    ("sent", "query", "status"),
    [
        (3, "expect=none&contains=zz", 200),
        (4, "expect=none&contains=zz", 410),
        (4, "contains=zz&wait=0", 410),
        (4, "contains=zz", 410),
        (4, "count=4", 410),
        (4, "count=3", 200),
        (4, "expect=none&contains=zz&after=1", 200),
        (4, "expect=none&contains=zz&after=0", 410),
        (4, "expect=none&contains=zz&since=2099-01-01T00:00:00Z", 200),
        (4, "expect=none&contains=text+3", 409),
    ],
)
def test_evidence_that_was_left_out_is_never_counted_as_nothing(sent: int, query: str, status: int) -> None:
    async def story() -> None:
        control = InProcess(demo(max_journal_messages=3))
        for number in range(sent):
            send(control.worlds, f"text {number}")
        found, body = await control.call("GET", f"{MESSAGES}?{query}")
        assert found == status, body
        assert found != 410 or "after=1" in body["error"]

    asyncio.run(story())


def test_messages_of_the_fixture_are_listed_and_not_waited_for() -> None:
    async def story() -> None:
        control = InProcess(Worlds(load_named("source-page")))
        listed = (await control.call("GET", MESSAGES))[1]["count"]
        assert listed == len(control.worlds.template.messages)
        assert (await control.call("GET", f"{MESSAGES}?wait=0"))[0] == 404

    asyncio.run(story())


# --- tokens --------------------------------------------------------------------------------------


def test_a_token_is_made_for_an_extension_without_signing_in(world_client: Client) -> None:
    answer = world_client.post("/_mock/tokens", json={"extension": "102"})

    assert (answer.status_code, answer.json()["expires_in"]) == (200, 3600)
    signed = {"Authorization": f"Bearer {answer.json()['access_token']}"}
    assert (
        world_client.get("/restapi/v1.0/account/~/extension/~", by=None, headers=signed).json()["extensionNumber"]
        == "102"
    )
    world_client.post_sms("In this world")
    assert world_client.get(MESSAGES, by=None, headers=signed).json()["count"] == 1


@pytest.mark.parametrize(
    ("extension", "said"), [("104", "is Frozen and cannot sign in"), ("999", "There is no extension")]
)
def test_no_token_is_made_for_who_could_not_sign_in(world_client: Client, extension: str, said: str) -> None:
    answer = world_client.post("/_mock/tokens", json={"extension": extension})
    assert (answer.status_code, said in answer.json()["error"]) == (409, True)
