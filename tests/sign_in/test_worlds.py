import gc
from collections.abc import Sequence
from datetime import timedelta
from weakref import ref

import pytest

from builders import START, Clock, direct, mailbox, page, sms, texts, user
from registry import log_in, template, worlds
from ringmock.domain.a2p_sms import Batch
from ringmock.domain.account import ExtensionStatus
from ringmock.domain.generation import GENERATIONS
from ringmock.domain.message import Delivery, Message, MessageType, ReadStatus
from ringmock.domain.message_thread import ThreadsChanged
from ringmock.domain.subscription import Changes
from ringmock.http.wire.access import token_info
from ringmock.sign_in import sessions
from ringmock.sign_in.authorization import Challenge
from ringmock.sign_in.worlds import Worlds
from ringmock.world.clock import LAST
from ringmock.world.journal import Entry
from ringmock.world.template import ClockStart, SeedMessage
from ringmock.world.world import World

HANDSET = "14151003732"


def test_the_fixtures_application_has_the_first_world_and_any_other_client_one_of_its_own() -> None:
    here = worlds()
    assert here.world_of_client("app", "hush") is here.default
    other = here.world_of_client("another", "x")
    assert other is not here.default
    assert here.world_of_client("another", "x") is other
    assert here.world_of_client("third", None) is not other


def test_worlds_never_meet() -> None:
    here = worlds()
    first, second = here.world_of_client("one", "x"), here.world_of_client("two", "x")
    page(first, "101", "102")
    first.set_status(first.account.extensions["102"], ExtensionStatus.FROZEN)
    first.clock.advance(timedelta(days=1))
    assert mailbox(second, "102") == mailbox(here.default, "102") == ()
    assert second.account.extensions["102"].is_active
    assert second.clock.now() == START
    assert sms(second, "101", HANDSET).message.id == sms(here.default, "101", HANDSET).message.id


@pytest.mark.parametrize(
    ("client_id", "secret", "is_open", "refusal"),
    [
        ("app", "wrong", True, sessions.WrongClientSecret),
        ("app", None, True, sessions.WrongClientSecret),
        ("", "x", True, sessions.UnknownClient),
        ("two words", "x", True, sessions.UnknownClient),
        ("x" * 65, "x", True, sessions.UnknownClient),
        ("another\n", "x", True, sessions.UnknownClient),
        ("another", "x", False, sessions.UnknownClient),
    ],
)
def test_a_client_is_refused(client_id: str, secret: str | None, is_open: bool, refusal: type[Exception]) -> None:
    with pytest.raises(refusal):
        worlds(open_worlds=is_open).world_of_client(client_id, secret)


def test_a_client_that_opened_a_world_keeps_its_secret() -> None:
    here = worlds()
    here.world_of_client("another", "x")
    with pytest.raises(sessions.WrongClientSecret):
        here.world_of_client("another", "y")


@pytest.mark.parametrize(
    ("asked", "seconds"),
    [
        (None, 3600),
        ("", 3600),
        ("NaN", 3600),
        ("-1", 600),
        ("0", 600),
        ("600", 600),
        ("601", 601),
        ("9999", 3600),
        ("٦٠١", 3600),
    ],
)
def test_an_access_tokens_lifetime_is_clamped_and_never_refused(asked: str | None, seconds: int) -> None:
    assert sessions.access_ttl(asked) == seconds


@pytest.mark.parametrize(
    ("asked", "seconds"), [(None, 604800), ("NaN", 604800), ("-1", 0), ("0", 0), ("1", 1), ("999999", 604800)]
)
def test_a_refresh_tokens_lifetime_is_clamped_and_never_refused(asked: str | None, seconds: int) -> None:
    assert sessions.refresh_ttl(asked) == seconds


@pytest.mark.parametrize(
    ("username", "extension", "found"),
    [
        (direct("102"), None, "102"),
        (f"+{direct('102')}", None, "102"),
        (f" {direct('102')}", None, "102"),
        (direct("102"), "102", "102"),
        (direct("102"), "101", None),
        ("16509100001", "102", "102"),
        ("16509100001*102", None, "102"),
        ("+16509100001", "200", "200"),
        ("16509100001", None, "101"),
        ("16509100001", "999", None),
        ("name@example.test", None, "102"),
        ("14151003732", None, None),
        ("102", None, None),
    ],
)
def test_a_user_name_is_a_direct_number_or_the_main_number_with_an_extension(
    username: str, extension: str | None, found: str | None
) -> None:
    start = template()
    if found is None:
        with pytest.raises(sessions.WrongCredentials):
            sessions.extension_by_password(start, start.account, username, extension, "secret")
        return
    assert sessions.extension_by_password(start, start.account, username, extension, "secret").number == found


@pytest.mark.parametrize(
    ("username", "password", "refusal"),
    [
        (direct("102"), "wrong", sessions.WrongCredentials),
        (direct("102"), None, sessions.CredentialsIncomplete),
        (None, "secret", sessions.CredentialsIncomplete),
    ],
)
def test_a_sign_in_needs_the_right_password(
    username: str | None, password: str | None, refusal: type[Exception]
) -> None:
    start = template()
    with pytest.raises(refusal):
        sessions.extension_by_password(start, start.account, username, None, password)


@pytest.mark.parametrize("status", list(ExtensionStatus))
def test_d08_only_an_enabled_extension_signs_in(status: ExtensionStatus) -> None:
    start = template()
    home = start.account.with_extension(user("102", status))
    if status is ExtensionStatus.ENABLED:
        assert sessions.extension_by_jwt(start, home, "jwt-102", (), START).number == "102"
        return
    with pytest.raises(sessions.ExtensionCannotLogIn):
        sessions.extension_by_jwt(start, home, "jwt-102", (), START)


@pytest.mark.parametrize("assertion", ["jwt-999", "", None])
def test_a_jwt_that_nobody_was_given_opens_nothing(assertion: str | None) -> None:
    start = template()
    with pytest.raises(sessions.UnparseableAssertion):
        sessions.extension_by_jwt(start, start.account, assertion, (), START)


# --- one world -----------------------------------------------------------------------------------


def test_a_reset_takes_everything_back_and_leaves_sign_ins_good() -> None:
    here = worlds()
    token = log_in(here, here.default).access_token
    world = here.default
    first = page(world, "101", "102").message
    world.set_status(world.account.extensions["102"], ExtensionStatus.FROZEN)
    world.clock.advance(timedelta(minutes=1))
    world.reset()
    assert mailbox(world, "102") == ()
    assert world.account == world.template.account
    assert world.clock.now() == START
    assert page(world, "101", "102").message.id == first.id
    assert here.log_ins.session_of(token).world is world


ERAS = [timedelta(days=-4000), timedelta(hours=-2), timedelta(0), timedelta(hours=2), timedelta(days=4000)]


@pytest.mark.parametrize("moved", ERAS)
def test_a_sign_in_has_all_its_time_again_after_a_reset_wherever_the_clock_was(moved: timedelta) -> None:
    here, world = (one := worlds()), one.default
    world.clock.set(START + moved, frozen=True)
    session = log_in(here, world)
    world.clock.advance(timedelta(minutes=50))

    world.reset()

    world.clock.advance(timedelta(seconds=3599))
    assert here.log_ins.session_of(session.access_token) is session
    world.clock.advance(timedelta(seconds=1))
    with pytest.raises(sessions.TokenExpired):
        here.log_ins.session_of(session.access_token)
    world.clock.set(START + timedelta(seconds=604799), frozen=True)
    new = here.log_ins.refresh(world, "app", session.refresh_token)
    world.clock.set(START + moved, frozen=True)
    world.reset()
    assert here.log_ins.refresh(world, "app", session.refresh_token) is new


def test_who_was_revoked_before_a_reset_stays_so() -> None:
    here = worlds()
    session = log_in(here, here.default)
    here.log_ins.revoke("app", session.access_token)
    here.default.reset()
    with pytest.raises(sessions.TokenUnknown):
        here.log_ins.session_of(session.access_token)


@pytest.mark.parametrize("moved", ERAS)
def test_a_code_has_all_its_time_again_after_a_reset(moved: timedelta) -> None:
    here, world = (one := worlds()), one.default
    world.clock.set(START + moved, frozen=True)
    code = here.log_ins.consent(world, world.account.extensions["101"], "app", None, Challenge("x"))

    world.reset()

    world.clock.advance(timedelta(seconds=59))
    assert here.log_ins.consent_of_code("app", code, None, "x").extension_number == "101"


def test_nobody_signs_in_too_late_at_the_end_of_all_time() -> None:
    here, world = (one := worlds()), one.default
    world.clock.set(LAST - timedelta(minutes=59), frozen=True)
    session = log_in(here, world)
    world.clock.set(LAST, frozen=True)
    assert here.log_ins.session_of(session.access_token) is session
    assert token_info(session)["expires_in"] == 3600
    new = here.log_ins.refresh(world, "app", session.refresh_token)
    assert here.log_ins.session_of(new.access_token) is new
    code = here.log_ins.consent(world, world.account.extensions["101"], "app", None, Challenge("x"))
    assert here.log_ins.consent_of_code("app", code, None, "x").extension_number == "101"


def test_a_clock_that_has_come_to_the_end_of_all_time_stands_still_there() -> None:
    real = Clock()
    here = Worlds(template(), real_time=real).default
    here.clock.set(LAST, frozen=False)
    real.moment += timedelta(seconds=1)
    assert here.clock.now() == LAST


def test_each_life_of_a_world_is_told_from_the_one_before() -> None:
    here = worlds().world_of_client("app", "hush")
    told: list[tuple[int, bool]] = []
    here.on_reset(lambda: told.append((here.epoch, here.is_closed)))
    first = here.epoch
    here.reset()
    here.close()
    assert told == [(first + 1, False), (first + 2, True)]


@pytest.mark.parametrize("frozen", [True, False])
def test_a_clock_stands_still_or_goes_on_from_where_it_was_set(frozen: bool) -> None:
    real = Clock()
    here = Worlds(template(clock=ClockStart(START - timedelta(days=1), frozen=frozen)), real_time=real).default
    real.moment += timedelta(seconds=5)
    passed = timedelta(0) if frozen else timedelta(seconds=5)
    assert here.clock.now() == START - timedelta(days=1) + passed
    here.clock.advance(timedelta(seconds=60))
    assert here.clock.now() == START - timedelta(days=1) + passed + timedelta(seconds=60)
    assert here.clock.is_frozen is frozen


def test_seeds_are_sent_by_the_rules_at_their_own_time() -> None:
    an_hour_ago = START - timedelta(hours=1)
    seeds = (
        SeedMessage(MessageType.PAGER, "101", ("200",), "Ask", an_hour_ago, name="ask", read=True),
        SeedMessage(MessageType.PAGER, "102", (), "Answer", reply_on="ask"),
        SeedMessage(MessageType.SMS, HANDSET, (direct("101"),), "From outside"),
        SeedMessage(MessageType.SMS, direct("101"), (HANDSET,), "To outside"),
    )
    here = Worlds(template(messages=seeds), real_time=Clock()).default
    assert texts(here, "102") == ["Answer", "Ask"]
    assert texts(here, "101") == ["To outside", "From outside", "Answer", "Ask"]
    answer, asked = mailbox(here, "102")
    assert (asked.read_status, asked.created) == (ReadStatus.READ, an_hour_ago)
    assert (answer.conversation, answer.created) == (asked.conversation, START)


def test_the_chosen_generation_goes_before_the_fixtures() -> None:
    assert Worlds(template(generation="current")).default.generation is GENERATIONS["current"]
    chosen = Worlds(template(generation="current"), generation=GENERATIONS["2012"])
    assert chosen.default.generation is GENERATIONS["2012"]
    assert chosen.world_of_client("another", "x").generation is GENERATIONS["2012"]


def test_a_closed_world_is_forgotten_with_its_log_ins_and_no_other_is() -> None:
    here = worlds()
    one, other = here.world_of_client("one", "x"), here.world_of_client("other", "x")
    ended, kept = log_in(here, one), log_in(here, other)

    here.close_world("one")

    assert here.known_world("one", "x") is None
    assert here.known_world("other", "x") is other
    assert here.log_ins.session_of(kept.access_token) is kept
    with pytest.raises(sessions.TokenRefused):
        here.log_ins.session_of(ended.access_token)
    with pytest.raises(sessions.RefreshTokenDead):
        here.log_ins.refresh(one, "app", ended.refresh_token)


def test_nothing_keeps_a_closed_world_in_memory() -> None:
    here = worlds()
    world = here.world_of_client("one", "x")
    page(world, "101", "102")
    old = log_in_as(here, world, "one")
    here.log_ins.refresh(world, "one", old.refresh_token)
    here.log_ins.revoke("one", log_in_as(here, world, "one").access_token)
    here.log_ins.open_connection(log_in_as(here, world, "one"), 86400)
    here.log_ins.consent(world, world.account.extensions["101"], "one")
    closed = ref(world)
    del old, world

    here.close_world("one")

    gc.collect()
    assert closed() is None


def log_in_as(here: Worlds, world: World, client_id: str) -> sessions.Session:
    lifetimes = {"access_ttl": 3600, "refresh_ttl": 604800}
    return here.log_ins.open_session(world, world.account.extensions["101"], client_id, **lifetimes)


def test_whoever_signs_in_late_opens_no_world_that_nobody_closes() -> None:
    here = worlds()
    world = here.world_of_client("one", "x")
    here.close_world("one")
    for late in (here.world_before_sign_in, lambda client_id: here.world_of_client(client_id, "x")):
        with pytest.raises(sessions.UnknownClient):
            late("one")
    with pytest.raises(sessions.UnknownClient):
        log_in_as(here, world, "one")
    with pytest.raises(sessions.UnknownClient):
        log_in_as(here, world, "another")
    assert len(here) == 1


def test_a_world_is_known_by_its_own_secret_only() -> None:
    here = worlds()
    here.world_of_client("one", "x")

    assert here.known_world("one", "y") is here.known_world("one", None) is here.known_world("two", "x") is None


def test_a_watcher_is_changes_of_messages_and_calls_until_it_asks_no_more() -> None:
    told: list[str] = []

    class Noting:
        def recorded(self, delivery: Delivery, copies: Sequence[Message]) -> None:
            told.append(f"{delivery.text}: {len(copies)}")

        def changed(self, changes: Changes) -> None:
            told.extend(f"changed in {kind.mailbox}: {changed.total}" for kind, changed in changes.items())

        def batch_sent(self, batch: Batch) -> None:
            told.append(f"batch of {batch.size}")

        def opted(self, sender: str, recipient: str, *, is_out: bool) -> None:
            told.append(f"{recipient} opts {'out' if is_out else 'in'}")

        def threads_changed(self, changed: ThreadsChanged) -> None:
            told.append(f"threads of {len(changed.threads)}")

        def answered(self, entry: Entry) -> None:
            told.append(entry.path)

        def time_changed(self) -> None:
            told.append("time")

    here, watcher = worlds().default, Noting()
    here.watch(watcher)
    here.reset()
    paged = page(here, "101", "102", text="Hello").message
    here.receive_sms(HANDSET, direct("101"), "Hi")
    here.mark_message(here.account.extensions["101"], paged.id, ReadStatus.READ)
    here.record_call(lambda: Entry(START, None, "GET", "/restapi", None, 200, 1.0))
    here.unwatch(watcher)
    page(here, "101", "102")

    assert told == ["time", "Hello: 2", "Hi: 1", "changed in 101: 1", "/restapi"]
