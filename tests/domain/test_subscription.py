"""Which filters there are and who may have them, and what each is told of."""

from datetime import UTC, datetime, timedelta

import pytest

from builders import START, account, direct, identity, mailbox, page, sms, user, world
from ringmock.domain import errors
from ringmock.domain.event_filters import KNOWN_FILTERS, KnownFilter
from ringmock.domain.message import Direction, MessageType
from ringmock.domain.subscription import (
    MAX_FAILURES,
    MAX_PER_OWNER,
    Attempt,
    Delivery,
    EventKind,
    MailboxChanged,
    SmsReceived,
    Subscription,
    SubscriptionRequest,
    Transport,
    TypeChange,
    changes_of,
    events,
    parse_filter,
    terms_of,
)
from ringmock.world.world import World

API = "/restapi/v1.0"
STORE = f"{API}/account/~/extension/~/message-store"
INSTANT = f"{STORE}/instant?type=SMS"
REMINDER = f"{API}/subscription/~"
ACCOUNT = account(user("101", administrator=True), user("102"))
ADMINISTRATOR, MEMBER = ACCOUNT.extensions["101"], ACCOUNT.extensions["102"]
OWN = f"{API}/account/{ACCOUNT.id}/extension/{MEMBER.id}"
WEBHOOK = Delivery(Transport.WEBHOOK, "http://127.0.0.1/")


@pytest.mark.parametrize(
    ("text", "uri", "kind"),
    [
        (STORE, f"{OWN}/message-store", EventKind.MESSAGE_STORE),
        (f"{OWN}/message-store", f"{OWN}/message-store", EventKind.MESSAGE_STORE),
        (f"{STORE}?type=SMS", f"{OWN}/message-store?type=SMS", EventKind.MESSAGE_STORE),
        (
            f"{STORE}?direction=Inbound&type=Pager",
            f"{OWN}/message-store?direction=Inbound&type=Pager",
            EventKind.MESSAGE_STORE,
        ),
        (f"{STORE}?type=Fax", f"{OWN}/message-store?type=Fax", EventKind.MESSAGE_STORE),
        (INSTANT, f"{OWN}/message-store/instant?type=SMS", EventKind.INSTANT_SMS),
        (f"{REMINDER}?threshold=60&interval=15", f"{REMINDER}?threshold=60&interval=15", EventKind.REMINDER),
        (f"{API}/account/~/extension/~/presence?detailedTelephonyState=true", None, EventKind.PRESENCE),
        (f"{API}/account/~/extension/~/presence/line", None, EventKind.ELSEWHERE),
        (f"{API}/account/~/extension", f"{API}/account/{ACCOUNT.id}/extension", EventKind.ELSEWHERE),
        (f"{API}/account/~/extension/~", OWN, EventKind.ELSEWHERE),
        ("/team-messaging/v1/posts", "/team-messaging/v1/posts", EventKind.ELSEWHERE),
        (f"{API}/account/~/extension/~/missed-calls", f"{OWN}/missed-calls", EventKind.ELSEWHERE),
        (
            "/restapi/v2/accounts/~/extensions/~/sms/messages?direction=Inbound&from=%2B16509100010",
            f"/restapi/v2/accounts/{ACCOUNT.id}/extensions/{MEMBER.id}/sms/messages?direction=Inbound&from=%2B16509100010",
            EventKind.ELSEWHERE,
        ),
        ("/restapi/v2/accounts/~/sms/consents", f"/restapi/v2/accounts/{ACCOUNT.id}/sms/consents", EventKind.ELSEWHERE),
        (
            "/ai/ringsense/v1/public/accounts/~/domains/pbx/insights",
            f"/ai/ringsense/v1/public/accounts/{ACCOUNT.id}/domains/pbx/insights",
            EventKind.ELSEWHERE,
        ),
        (
            f"{API}/account/~/extension/~/presence?detailedTelephonyState=true&sipData=true&totalActiveCalls",
            f"{OWN}/presence?detailedTelephonyState=true&sipData=true&totalActiveCalls",
            EventKind.PRESENCE,
        ),
        (
            f"{API}/account/~/a2p-sms/opt-outs?direction=Inbound&batchId=1",
            f"{API}/account/{ACCOUNT.id}/a2p-sms/opt-outs?direction=Inbound&batchId=1",
            EventKind.A2P_OPT_OUTS,
        ),
    ],
)
def test_a_filter_has_real_ids_where_a_tilde_was(text: str, uri: str | None, kind: EventKind) -> None:
    parsed = parse_filter(text, ACCOUNT, MEMBER)

    assert parsed.kind is kind
    assert uri is None or parsed.uri == uri
    assert "~" not in parsed.uri or kind is EventKind.REMINDER


@pytest.mark.parametrize(
    ("text", "refusal"),
    [
        (f"{API}/account/~/weather", errors.InvalidEventFilters),
        ("message-store", errors.InvalidEventFilters),
        (f"{STORE}/", errors.InvalidEventFilters),
        (f"{STORE}\n", errors.InvalidEventFilters),
        (f"{API}/account/101/extension/x/message-store", errors.InvalidEventFilters),
        (f"{API}/account/~/extension/~/missed-call", errors.InvalidEventFilters),
        (f"{API}/account/~/extension/~/missed-calls/", errors.InvalidEventFilters),
        (f"{API}/account/~/call-queues/~/presence", errors.InvalidEventFilters),
        (f"{API}/account/~/extension/~/presence/weather", errors.InvalidEventFilters),
        ("/restapi/v2/accounts/~/extension/~/sms/messages", errors.InvalidEventFilters),
        ("/ai/ringsense/v1/public/accounts/~/domains/weather/insights", errors.InvalidEventFilters),
        ("/webinar/runtime/v1/company/sessions/state", errors.InvalidEventFilters),
        ("/restapi/v2/accounts/17/sms/consents", errors.EventsOfAnotherAccount),
        (f"{API}/account/~/extension/{ADMINISTRATOR.id}/voicemail", errors.EventsOfAnotherExtension),
        (f"{API}/account/~/extension/17/presence", errors.EventsOfUnknownUser),
        (f"{API}/account/~/extension/~/missed-calls?a=1", errors.InvalidParameter),
        (f"{API}/account/~/extension/~/presence?sipData=maybe", errors.InvalidParameter),
        (f"{API}/account/~/telephony/sessions?direction=inbound", errors.InvalidParameter),
        (f"{API}/account/~/telephony/sessions?phoneNumber=me", errors.InvalidParameter),
        (f"{API}/account/~/a2p-sms/opt-outs?direction=inbound", errors.InvalidParameter),
        (f"{STORE}?messageType=SMS", errors.InvalidParameter),
        (f"{STORE}?type=Letter", errors.InvalidParameter),
        (f"{STORE}?type=", errors.InvalidParameter),
        (f"{STORE}?type=SMS&type=Pager", errors.InvalidParameter),
        (f"{STORE}?direction=inbound", errors.InvalidParameter),
        (f"{STORE}?" + "&".join(f"a{n}=1" for n in range(200)), errors.InvalidParameter),
        (f"{STORE}/instant", errors.InvalidParameter),
        (f"{STORE}/instant?type=Pager", errors.InvalidParameter),
        (f"{REMINDER}?threshold=60", errors.ReminderUnsuitable),
        (f"{REMINDER}?threshold=60&interval=-1", errors.ReminderUnsuitable),
        (f"{API}/account/~/extension/{ADMINISTRATOR.id}/message-store", errors.EventsOfAnotherExtension),
        (f"{API}/account/17/extension/~/message-store", errors.EventsOfAnotherAccount),
        (f"{API}/account/~/extension/17/message-store", errors.EventsOfUnknownUser),
    ],
)
def test_what_is_no_filter_of_ones_own_is_refused(text: str, refusal: type[errors.Refusal]) -> None:
    with pytest.raises(refusal) as caught:
        parse_filter(text, ACCOUNT, MEMBER)
    assert type(caught.value) is refusal
    assert caught.value.parameter == "eventFilters"


ASKED = {"type": "SMS", "direction": "Inbound", "threshold": "60", "interval": "15", "batchId": "1", "action": "a-b"}
ASKED |= {"usageType": "ContactCenterNumber", "statusCode": "Setup,Gone"}
ASKED |= dict.fromkeys(("from", "to", "phoneNumber"), "+16509100010")
NAMES = {"accountId": "~", "extensionId": "~", "deviceId": "17", "groupId": "17", "batchId": "17", "domain": "rcv"}


@pytest.mark.parametrize("known", KNOWN_FILTERS, ids=lambda known: known.path)
def test_every_known_filter_is_accepted_with_its_parameters_and_no_others(known: KnownFilter) -> None:
    path = known.path.format(**NAMES)
    query = "&".join(f"{name}={ASKED.get(name, 'true')}" for name in known.parameters)
    parsed = parse_filter(f"{path}?{query}" if query else path, ACCOUNT, MEMBER)

    assert (parsed.kind is not EventKind.ELSEWHERE) is known.has_events
    assert parsed.uri.endswith(query)
    with pytest.raises((errors.InvalidParameter, errors.ReminderUnsuitable)):
        parse_filter(f"{path}?{query}&weather=fine" if query else f"{path}?weather=fine", ACCOUNT, MEMBER)
    own = path.replace("account/~", f"account/{ACCOUNT.id}").replace("extension/~", f"extension/{MEMBER.id}")
    assert parse_filter(f"{own}?{query}" if query else own, ACCOUNT, MEMBER) == parsed


def test_an_administrator_may_watch_others() -> None:
    parsed = parse_filter(f"{API}/account/~/extension/{MEMBER.id}/message-store", ACCOUNT, ADMINISTRATOR)
    assert parsed.mailbox == "102"


@pytest.mark.parametrize(
    ("asked", "transport", "granted"),
    [
        (None, Transport.WEBHOOK, 604_800),
        (1, Transport.WEBHOOK, 1),
        (315_360_000, Transport.WEBHOOK, 315_360_000),
        (315_360_001, Transport.WEBHOOK, 315_360_000),
        (None, Transport.WEBSOCKET, 86_400),
        (604_800, Transport.WEBSOCKET, 86_400),
    ],
)
def test_a_lifetime_is_granted_as_far_as_the_transport_has_it(
    asked: int | None, transport: Transport, granted: int
) -> None:
    assert terms_of(ACCOUNT, MEMBER, [STORE], asked, transport).lifetime == granted


@pytest.mark.parametrize(
    ("threshold", "interval", "lifetime", "suits"),
    [
        (302_400, 151_200, 604_800, True),
        (302_401, 1, 604_800, False),
        (60, 30, 120, True),
        (60, 31, 120, False),
        (60, 30, 119, False),
        (60, 0, 604_800, False),
        (0, 0, 604_800, False),
    ],
)
def test_a_reminder_suits_the_lifetime(threshold: int, interval: int, lifetime: int, suits: bool) -> None:
    filters = [STORE, f"{REMINDER}?threshold={threshold}&interval={interval}"]
    if suits:
        assert len(terms_of(ACCOUNT, MEMBER, filters, lifetime, Transport.WEBHOOK).filters) == 2
    else:
        with pytest.raises(errors.ReminderUnsuitable):
            terms_of(ACCOUNT, MEMBER, filters, lifetime, Transport.WEBHOOK)


def test_a_reminder_does_not_stand_alone() -> None:
    with pytest.raises(errors.ReminderAlone):
        terms_of(ACCOUNT, MEMBER, [f"{REMINDER}?threshold=60&interval=30"], None, Transport.WEBHOOK)


def test_a_filter_that_comes_twice_counts_once() -> None:
    assert len(terms_of(ACCOUNT, MEMBER, [STORE, STORE], None, Transport.WEBHOOK).filters) == 1


def reminded(*filters: str, lifetime: int) -> Subscription:
    terms = terms_of(ACCOUNT, MEMBER, [STORE, *filters], lifetime, Transport.WEBHOOK)
    delivery = Delivery(Transport.WEBHOOK)
    return Subscription("1", MEMBER.number, terms.filters, delivery, START, START, terms.lifetime, "http://here")


def seconds_of(at: datetime | None) -> float | None:
    return None if at is None else (at - START).total_seconds()


@pytest.mark.parametrize(
    ("after", "following"),
    [(0, 500), (499, 500), (499.5, 500), (500, 700), (699, 700), (700, 900), (899.9, 900), (900, None), (2000, None)],
)
def test_a_reminder_comes_at_its_threshold_and_in_its_interval_until_the_expiry(
    after: float, following: float | None
) -> None:
    one = reminded(f"{REMINDER}?threshold=500&interval=200", lifetime=1000)
    assert seconds_of(one.next_reminder(START + timedelta(seconds=after))) == following


@pytest.mark.parametrize(("at", "thresholds"), [(600, [400]), (500, [500]), (700, [500]), (800, [400]), (501, [])])
def test_each_reminder_has_its_own_times(at: int, thresholds: list[int]) -> None:
    one = reminded(f"{REMINDER}?threshold=500&interval=200", f"{REMINDER}?threshold=400&interval=200", lifetime=1000)
    assert [wanted.threshold for wanted in one.reminders_at(START + timedelta(seconds=at))] == thresholds


@pytest.mark.parametrize(("now", "following"), [(600, 501), (602, 502), (999, 899)])
def test_of_the_reminders_that_a_clock_was_moved_over_only_the_latest_come(now: int, following: int) -> None:
    one = reminded(f"{REMINDER}?threshold=500&interval=1", lifetime=1000)
    moved = START + timedelta(seconds=now)
    assert seconds_of(one.next_reminder(START + timedelta(seconds=500), moved)) == following


def test_a_subscription_without_a_reminder_or_without_an_end_is_never_reminded() -> None:
    assert reminded(lifetime=1000).next_reminder(START) is None
    last = datetime.max.replace(tzinfo=UTC)
    endless = reminded(f"{REMINDER}?threshold=500&interval=200", lifetime=1000)
    endless.renewed = last - timedelta(seconds=1)
    assert endless.next_reminder(last) is None


# --- what is told --------------------------------------------------------------------------------


def test_a_mailbox_is_told_of_by_type_and_count() -> None:
    here = world(user("101"), user("102"))
    paged = page(here, "102", "101").message
    texts = [sms(here, "102", "14151003732").message for _ in range(2)]
    watching = parse_filter(STORE, ACCOUNT, MEMBER)

    (event,) = events(watching, [*texts, paged], changes_of([texts[0]]))

    assert event == MailboxChanged(
        "102",
        (
            TypeChange(MessageType.SMS, (texts[0].id, texts[1].id), 1, (texts[0].id,)),
            TypeChange(MessageType.PAGER, (paged.id,), 0),
        ),
    )


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("", 1),
        ("?type=SMS", 1),
        ("?type=Pager", 0),
        ("?type=Fax", 0),
        ("?direction=Outbound", 1),
        ("?direction=Inbound", 0),
    ],
)
def test_a_filter_lets_through_what_it_asks_for(query: str, count: int) -> None:
    here = world(user("101"), user("102"))
    sent = sms(here, "102", "14151003732").message
    assert len(list(events(parse_filter(STORE + query, ACCOUNT, MEMBER), [sent], {}))) == count


def test_each_inbound_sms_is_an_instant_event_and_nothing_else_is() -> None:
    here = world(user("101"), user("102"))
    outbound = sms(here, "101", direct("102")).message
    (inbound,) = mailbox(here, "102")
    paged = page(here, "101", "102").message
    instant = parse_filter(INSTANT, ACCOUNT, MEMBER)

    assert list(events(instant, [outbound, inbound, paged], changes_of([inbound]))) == [SmsReceived(inbound)]
    assert inbound.direction is Direction.INBOUND


# --- those of a world ----------------------------------------------------------------------------


def subscribe(here: World, number: str = "101", *filters: str, lifetime: int | None = None) -> Subscription:
    wanted = SubscriptionRequest(filters or (STORE,), WEBHOOK, lifetime)
    return here.subscriptions.create(here.account, here.account.extensions[number], wanted, here.clock.now(), origin="")


def test_a_subscription_lives_until_it_expires() -> None:
    here = world(user("101"))
    owner, subscription = here.account.extensions["101"], subscribe(here, lifetime=60)

    here.clock.advance(timedelta(seconds=59))
    assert here.subscriptions.get(owner, subscription.id, here.clock.now()) is subscription
    here.clock.advance(timedelta(seconds=1))
    with pytest.raises(errors.NotFound):
        here.subscriptions.get(owner, subscription.id, here.clock.now())
    assert len(here.subscriptions) == 0
    assert here.subscriptions.subscribed_to("101", here.clock.now()) == []


def test_a_renewal_grants_the_same_time_again() -> None:
    here = world(user("101"))
    subscription = subscribe(here, lifetime=60)
    here.clock.advance(timedelta(seconds=59))

    here.subscriptions.renew(subscription, here.clock.now())

    assert subscription.expires == START + timedelta(seconds=119)


def test_a_subscription_belongs_to_one_extension() -> None:
    here = world(user("101"), user("102"))
    subscription = subscribe(here, "101")
    with pytest.raises(errors.NotFound):
        here.subscriptions.get(here.account.extensions["102"], subscription.id, here.clock.now())


def test_an_update_is_told_of_other_mailboxes_and_no_more_of_the_old_ones() -> None:
    here = world(user("101", administrator=True), user("102"))
    owner, subscription = here.account.extensions["101"], subscribe(here)
    other = f"{API}/account/~/extension/{identity('102')}/message-store"

    here.subscriptions.update(subscription, here.account, owner, [other], None, here.clock.now())

    assert here.subscriptions.subscribed_to("101", here.clock.now()) == []
    assert here.subscriptions.subscribed_to("102", here.clock.now()) == [subscription]


def test_a_refused_update_changes_nothing() -> None:
    here = world(user("101"))
    owner, subscription = here.account.extensions["101"], subscribe(here)
    before = subscription.filters, subscription.expires
    here.clock.advance(timedelta(seconds=5))

    with pytest.raises(errors.InvalidEventFilters):
        here.subscriptions.update(subscription, here.account, owner, ["/weather"], 5, here.clock.now())
    assert (subscription.filters, subscription.expires) == before


def test_one_more_than_the_limit_is_refused_until_one_is_gone() -> None:
    here = world(user("101"), user("102"))
    mine = [subscribe(here) for _ in range(MAX_PER_OWNER)]
    with pytest.raises(errors.TooManySubscriptions):
        subscribe(here)
    subscribe(here, "102")

    here.subscriptions.remove(mine[0])
    subscribe(here)
    assert len({one.id for one in here.subscriptions.everyone(here.clock.now())}) == MAX_PER_OWNER + 1


def test_a_reset_forgets_them_even_where_the_next_one_has_the_same_id() -> None:
    here = world(user("101"))
    before = subscribe(here)
    here.reset()
    after = subscribe(here)

    assert before.id == after.id
    assert not here.subscriptions.is_alive(before, here.clock.now())
    here.subscriptions.remove(before)
    assert here.subscriptions.is_alive(after, here.clock.now())


def test_the_last_of_several_failures_in_a_row_blacklists() -> None:
    here = world(user("101"))
    subscription = subscribe(here)
    failed, arrived = Attempt(START, "event", "uuid", "no answer"), Attempt(START, "event", "uuid", None)

    for attempt in [*[failed] * (MAX_FAILURES - 1), arrived, *[failed] * (MAX_FAILURES - 1)]:
        subscription.attempted(attempt)
        assert subscription.blacklisted is None
    subscription.attempted(failed)
    assert subscription.blacklisted == (START, "no answer")
