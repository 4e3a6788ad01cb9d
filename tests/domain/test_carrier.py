from collections.abc import Sequence
from datetime import timedelta
from random import Random

import pytest

from builders import HANDSET, START, account, direct, mailbox, outcomes, sms, user
from ringmock.domain.account import Feature
from ringmock.domain.carrier import FAILURES, FOLLOWED_BY, Carrier, CarrierProfile, carried
from ringmock.domain.consent import CONFIRMED, confirmation
from ringmock.domain.generation import GENERATIONS, Generation
from ringmock.domain.message import MessageStatus, MessageType, Reached, Step
from ringmock.domain.sms import SendSms, plan_sms
from ringmock.world.clock import RealTime
from ringmock.world.template import ClockStart, SeedMessage, Template
from ringmock.world.world import World

QUEUED, SENT, DELIVERED = MessageStatus.QUEUED, MessageStatus.SENT, MessageStatus.DELIVERED
SENDING_FAILED, DELIVERY_FAILED = MessageStatus.SENDING_FAILED, MessageStatus.DELIVERY_FAILED
OTHER = "14151003733"
CURRENT = GENERATIONS["current"]


def step(after: float, status: MessageStatus, error: str | None = None, attempts: int = 1) -> Step:
    return timedelta(seconds=after), Reached(status, error, attempts)


LOST = (step(1, SENT), step(5, DELIVERY_FAILED, "SMS-CAR-411"))
SLOW = (step(10, QUEUED, attempts=2), step(30, SENT, attempts=3), step(60, DELIVERED, attempts=3))


def at_once() -> RealTime:
    return lambda: START


def world_of(
    *profiles: CarrierProfile, generation: Generation = CURRENT, seed: int = 0, messages: tuple[SeedMessage, ...] = ()
) -> World:
    home = account(user("101"), user("102"), features=(Feature.SMS_SENDER, Feature.MMS_SENDER))
    template = Template(
        "test",
        home,
        clock=ClockStart(START, frozen=True),
        messages=messages,
        carrier=Carrier(profiles, seed) if profiles else None,
    )
    return World(template, at_once(), generation)


def statuses(here: World, message, *ages: float) -> list[MessageStatus]:
    return [message.status_at(START + timedelta(seconds=age)) for age in ages]


def inbox_of(here: World, number: str) -> list[str]:
    return [message.text for message in here.messages.received_by_handset(number)]


@pytest.mark.parametrize(
    ("profile", "serves", "does_not"),
    [
        (CarrierProfile(LOST), ["14151003732", "447700900123"], []),
        (CarrierProfile(LOST, numbers=frozenset({HANDSET})), [HANDSET], [OTHER]),
        (CarrierProfile(LOST, prefix="1415"), [HANDSET], ["12025550100", "4151003732"]),
        (
            CarrierProfile(LOST, span=("12025550100", "12025550109")),
            ["12025550100", "12025550105", "12025550109"],
            ["12025550099", "12025550110", "1202555010", "120255501000"],
        ),
        (CarrierProfile(LOST, prefix="1202", span=("12025550100", "12035550100")), ["12025550200"], ["12035550100"]),
    ],
)
def test_a_profile_serves_the_numbers_that_all_its_marks_are_true_of(
    profile: CarrierProfile, serves: Sequence[str], does_not: Sequence[str]
) -> None:
    assert all(profile.serves(number) for number in serves)
    assert not any(profile.serves(number) for number in does_not)


@pytest.mark.parametrize(
    ("course", "generation", "changes"),
    [
        (LOST, "current", [1, 5]),
        (LOST, "2012", [5]),  # it is Sent from the start
        (SLOW, "current", [10, 30, 60]),  # another attempt is a change
        (None, "current", [0, 2]),
        (None, "2012", []),
    ],
)
def test_a_message_knows_when_its_status_becomes_another(
    course: tuple[Step, ...] | None, generation: str, changes: list[float]
) -> None:
    profiles = () if course is None else (CarrierProfile(course),)
    message = sms(world_of(*profiles, generation=GENERATIONS[generation]), "101", HANDSET).message
    found, at = [], message.next_change()
    while at is not None:
        found.append((at - message.created).total_seconds())
        at = message.next_change(at)
    assert found == changes


def test_a_group_message_changes_with_each_of_its_recipients() -> None:
    here = world_of(CarrierProfile(LOST, numbers=frozenset({HANDSET})), CarrierProfile(SLOW))
    message = sms(here, "101", HANDSET, OTHER).message
    assert message.next_change() == START + timedelta(seconds=1)
    assert message.next_change(START + timedelta(seconds=5)) == START + timedelta(seconds=10)


def test_only_messages_of_late_can_move() -> None:
    here = world_of(CarrierProfile(SLOW))
    first, second = (sms(here, "101", HANDSET).message for _ in range(2))
    now = START + timedelta(seconds=60)
    assert set(here.messages.moving("101", now)) >= {first, second}
    here.clock.set(START + timedelta(seconds=100), frozen=True)
    third = sms(here, "101", HANDSET).message
    assert list(here.messages.moving("101", START + timedelta(seconds=100))) == [third]
    assert list(here.messages.moving("102", now)) == []


def test_d13_the_first_profile_that_a_number_falls_under_decides() -> None:
    carrier = Carrier((CarrierProfile(LOST, prefix="1415"), CarrierProfile(SLOW)))
    assert carrier.course_of(HANDSET, Random(0)) is LOST
    assert carrier.course_of("12025550100", Random(0)) is SLOW
    assert Carrier((CarrierProfile(LOST, prefix="1202"),)).course_of(HANDSET, Random(0)) is None


@pytest.mark.parametrize("share", [0.0, 0.25, 0.5, 1.0])
def test_d13_a_share_of_the_messages_takes_a_course_the_same_ones_for_the_same_seed(share: float) -> None:
    carrier = Carrier((CarrierProfile(LOST, share=share),))
    first, again = ([carrier.course_of(HANDSET, dice) is LOST for _ in range(1000)] for dice in (Random(7), Random(7)))
    assert first == again
    assert abs(sum(first) / 1000 - share) < 0.05


def test_d13_a_reset_begins_the_dice_anew() -> None:
    here = world_of(CarrierProfile(LOST, share=0.5), seed=3)

    def fates() -> list[str]:
        return [sms(here, "101", HANDSET).routed[0].outcome.value for _ in range(20)]

    first = fates()
    here.reset()
    assert fates() == first
    assert {"failed", "outside"} == set(first)


def test_d13_a_failed_sms_reaches_nobody_and_says_why() -> None:
    here = world_of(CarrierProfile(LOST, numbers=frozenset({HANDSET})))
    sent = sms(here, "101", HANDSET)

    assert outcomes(sent.routed) == {HANDSET: ("failed", "D-13")}
    assert statuses(here, sent.message, 0, 1, 4.9, 5, 100) == [QUEUED, SENT, SENT, DELIVERY_FAILED, DELIVERY_FAILED]
    assert sent.message.step_at(START + timedelta(seconds=5)) == LOST[1]
    assert inbox_of(here, HANDSET) == []
    assert len(mailbox(here, "101")) == 1


def test_d13_an_sms_that_arrives_late_has_its_attempts_counted() -> None:
    here = world_of(CarrierProfile(SLOW))
    message = sms(here, "101", HANDSET).message

    assert statuses(here, message, 0, 10, 30, 60) == [QUEUED, QUEUED, SENT, DELIVERED]
    taken = [message.step_at(START + timedelta(seconds=age)) for age in (0, 10, 30)]
    assert [each and each[1].attempts for each in taken] == [None, 2, 3]
    assert inbox_of(here, HANDSET) == ["Hi"]


def test_a_message_was_last_changed_when_its_status_was() -> None:
    here = world_of(CarrierProfile(SLOW))
    message = sms(here, "101", HANDSET).message
    ages = [0, 9, 10, 29, 30, 61]
    changed = [message.last_changed(START + timedelta(seconds=age)) - START for age in ages]
    assert [each.total_seconds() for each in changed] == [1, 1, 10, 10, 30, 60]


def test_d13_in_2012_what_was_sent_is_not_queued_any_more() -> None:
    here = world_of(CarrierProfile(SLOW), generation=GENERATIONS["2012"])
    message = sms(here, "101", HANDSET).message
    assert statuses(here, message, 0, 10, 30, 60) == [SENT, SENT, SENT, DELIVERED]


def test_d13_numbers_of_the_account_are_no_carriers() -> None:
    here = world_of(CarrierProfile(LOST))
    sent = sms(here, "101", direct("102"))
    assert outcomes(sent.routed) == {direct("102"): ("delivered", "R-02")}
    assert sent.message.progress is CURRENT.sms_progress


def test_without_a_carrier_every_plan_stays_the_object_that_it_is() -> None:
    home = account(user("101"))
    plan = plan_sms(home, home.extensions["101"], SendSms(direct("101"), (HANDSET,), "Hi"), CURRENT)
    assert carried(plan, None, (), CURRENT, Random(0)) is plan
    assert carried(plan, Carrier((CarrierProfile(LOST, prefix="1202"),)), (), CURRENT, Random(0)) is plan


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        (LOST, SLOW, [QUEUED, QUEUED, QUEUED, SENT, DELIVERED]),
        (SLOW, (step(2, DELIVERED),), [QUEUED, QUEUED, QUEUED, SENT, DELIVERED]),
        (LOST, LOST, [QUEUED, SENT, DELIVERY_FAILED, DELIVERY_FAILED, DELIVERY_FAILED]),
        (LOST, (step(0, SENDING_FAILED, "SMS-UP-410"),), [QUEUED, SENT] + [DELIVERY_FAILED] * 3),
    ],
)
def test_d13_a_group_message_waits_for_the_slowest_whom_it_can_reach(
    first: tuple[Step, ...], second: tuple[Step, ...], expected: list[MessageStatus]
) -> None:
    here = world_of(CarrierProfile(first, numbers=frozenset({HANDSET})), CarrierProfile(second))
    message = sms(here, "101", HANDSET, OTHER).message
    assert statuses(here, message, 0, 1, 5, 30, 60) == expected
    assert [progress.later for progress in message.recipient_progress] == [first, second]


def test_d12_who_has_said_stop_gets_nothing_from_that_number_until_he_says_start() -> None:
    here = world_of()
    here.receive_sms(HANDSET, direct("101"), "STOP")
    refused = sms(here, "101", HANDSET, text="one")
    assert outcomes(refused.routed) == {HANDSET: ("failed", "D-12")}
    assert refused.message.progress.accepted is QUEUED
    assert refused.message.step_at(START) == step(0, SENDING_FAILED, "SMS-RC-413")
    assert outcomes(sms(here, "102", HANDSET, text="two").routed) == {HANDSET: ("outside", "R-06")}
    assert outcomes(sms(here, "101", OTHER).routed) == {OTHER: ("outside", "R-06")}

    here.receive_sms(HANDSET, direct("101"), "START")
    assert outcomes(sms(here, "101", HANDSET, text="three").routed) == {HANDSET: ("outside", "R-06")}
    assert inbox_of(here, HANDSET) == ["two", "three"]


def test_d12_an_opt_out_goes_before_any_profile_and_is_forgotten_by_a_reset() -> None:
    here = world_of(CarrierProfile((step(0, DELIVERED),)))
    here.receive_sms(HANDSET, direct("101"), "stop")
    assert outcomes(sms(here, "101", HANDSET).routed) == {HANDSET: ("failed", "D-12")}
    here.reset()
    assert outcomes(sms(here, "101", HANDSET).routed) == {HANDSET: ("outside", "R-06")}


def test_d12_seeded_messages_are_sent_by_the_rules_like_any_other() -> None:
    seeds = (
        SeedMessage(MessageType.SMS, HANDSET, (direct("101"),), "STOP"),
        SeedMessage(MessageType.SMS, direct("101"), (HANDSET,), "Too late"),
    )
    here = world_of(messages=seeds)
    assert inbox_of(here, HANDSET) == []
    assert mailbox(here, "101")[0].status_at(START) is SENDING_FAILED


def confirming() -> World:
    carrier = Carrier((), confirms_opt_outs=True)
    template = Template("test", account(user("101")), clock=ClockStart(START, frozen=True), carrier=carrier)
    return World(template, at_once(), CURRENT)


def test_a_phone_that_opts_out_or_in_is_answered_where_the_carrier_does_so() -> None:
    here = confirming()
    for text in ("Hello", " Quit ", "unstop"):
        here.receive_sms(HANDSET, direct("101"), text)
    assert inbox_of(here, HANDSET) == [CONFIRMED[True], CONFIRMED[False]]
    assert [message.text for message in mailbox(here, "101")] == ["unstop", " Quit ", "Hello"]


def test_without_such_a_carrier_nobody_is_answered() -> None:
    here = world_of(CarrierProfile((step(0, DELIVERED),)))
    here.receive_sms(HANDSET, direct("101"), "STOP")
    assert inbox_of(here, HANDSET) == []


def test_a_number_of_high_volume_sms_answers_by_its_network() -> None:
    assert confirmation(" Stop ", is_out=True, is_high_volume=True) == (
        'NETWORK MSG: You replied with the word "stop" which blocks all texts from this number. Text back "unstop" to'
        " receive messages again."
    )
    assert 'You have replied "unstop"' in confirmation("UNSTOP", is_out=False, is_high_volume=True)


def test_every_status_of_an_outbound_sms_says_what_may_follow() -> None:
    assert set(FOLLOWED_BY) == set(MessageStatus) - {MessageStatus.RECEIVED}
    assert all(not FOLLOWED_BY[status] for status in FAILURES)


def test_of_a_group_only_who_has_a_profile_goes_another_way() -> None:
    here = world_of(CarrierProfile(LOST, numbers=(OTHER,)))
    message = sms(here, "101", HANDSET, OTHER).message
    final = [progress.later[-1][1].status for progress in message.recipient_progress]
    assert (final[1], final[0] in FAILURES) == (DELIVERY_FAILED, False)
