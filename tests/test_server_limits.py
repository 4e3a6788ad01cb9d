"""The table of what a server takes: its options, and how they are told."""

import ast
from collections.abc import Iterator
from dataclasses import fields
from itertools import chain
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from ringmock.server_limits import ServerLimits, limit_options, option_of


@click.command()
@limit_options
def shown(**given: float) -> None:
    """Show what it was given."""
    click.echo(repr(ServerLimits(**given)))  # type: ignore[arg-type]


def test_every_limit_is_an_option_and_its_default() -> None:
    assert CliRunner().invoke(shown, []).output.strip() == repr(ServerLimits())


def test_an_option_sets_its_limit() -> None:
    arguments = [part for each in fields(ServerLimits) for part in (option_of(each.name), "7")]

    assert CliRunner().invoke(shown, arguments).output.strip() == repr(
        ServerLimits(**{each.name: type(each.default)(7) for each in fields(ServerLimits)})
    )


@pytest.mark.parametrize("name", [each.name for each in fields(ServerLimits)])
def test_a_limit_of_nothing_is_refused_by_name(name: str) -> None:
    with pytest.raises(ValueError, match=f"{name} is 0"):
        ServerLimits(**{name: 0})
    assert CliRunner().invoke(shown, [option_of(name), "0"]).exit_code == 2


def test_each_limit_is_reported_with_its_option_its_value_and_its_unit() -> None:
    lines = ServerLimits(max_uri=8191).lines()

    assert len(lines) == len(fields(ServerLimits))
    assert any(line.split()[:3] == ["--max-uri", "8191", "bytes"] for line in lines)


# --- none is forgotten ---------------------------------------------------------------------------

PACKAGE = Path(__file__).parents[1] / "src" / "ringmock"
TESTS = Path(__file__).parent

OTHERWISE = {
    # The service's own, as documented
    "http/connections.py": {"RECOVERY_SECONDS", "IDLE_SECONDS", "ABSOLUTE_SECONDS"},
    "http/sockets.py": {"TOKEN_SECONDS"},
    "http/operations/batch.py": {"MAX_IN_PATH", "MAX_IN_BODY"},
    "http/operations/number_parser.py": {"_PARSED_TOGETHER"},
    "http/wire/lists.py": {"MAX_PER_PAGE"},
    "http/wire/consents.py": {"_DEFAULT_PER_PAGE"},
    "http/wire/message_store_report.py": {"_MAX_CONTENT_BYTES"},
    "http/operations/client_info.py": {"_MAX_USER_AGENT"},
    "http/wire/discovery.py": {"EXPIRES_IN"},
    "lab/webhooks.py": {"PATIENCE_SECONDS", "MAX_HANDSHAKE_BYTES", "MAX_REPORTED"},
    "sign_in/sessions.py": {"DEFAULT_ACCESS_TTL", "MIN_ACCESS_TTL", "DEFAULT_REFRESH_TTL"},
    "world/world.py": {"_AGED_TOGETHER"},
    "world/fax_operations.py": {"_ARRIVING_TOGETHER"},
    # What is remembered of short texts, so that it is not found out again: a longer or another one is looked up
    "http/stages.py": {"MAX_KNOWN", "LONGEST_KNOWN", "LONGEST_HOST", "UNAUTHORIZED"},
    "http/compiled.py": {"MAX_KNOWN_PATHS", "MAX_KNOWN_QUERIES"},
    "serving/request_head_cache.py": {"MOST_HEADS", "LONGEST_HEAD"},
    "http/wire/record_cache.py": {"OVERHEAD"},
    # How much is looked at in a turn of the loop, and what is large enough to be looked at otherwise
    "http/near_paths.py": {"_MOST_STEPS", "_LONGEST_STEP", "_ALIKE"},
    "http/json_bounds.py": {"SLICE", "LARGE", "LARGE_TEXT"},
    "http/large_json.py": {"SLICE_BYTES", "_TOKENS"},
    "serving/collector.py": {"THRESHOLDS", "LITTLE_GARBAGE"},
    "http/notifications.py": {"SENT_TOGETHER"},
    "sign_in/worlds.py": {"COMPARED"},
    "sign_in/log_ins.py": {"_FORGOTTEN_TOGETHER", "_KNOWN_ELSEWHERE"},
    "sign_in/kept_worlds.py": {"MOST_QUOTED"},
    "serving/take_over.py": {"READ_TOGETHER", "DONE_TOGETHER"},
    # What one sentence or page tells, and says that there is more
    "http/validation.py": {"MAX_PROBLEMS"},
    "http/oauth.py": {"MAX_DESCRIPTION"},
    "coverage/report.py": {"_BAR", "WIDTH", "MOST_NAMES"},
    "control/conversations.py": {"LOOKED_AT", "SEARCHED_TOGETHER", "SEARCHED", "LEAST_DIGITS", "MOST_FOUND"},
    "world/phone_book.py": {"TOGETHER"},
    "world/search_index.py": {"TOGETHER"},
    "coverage/collector.py": {"MAX_DROPPED"},
    "control/exports.py": {"COMMANDS_AT_A_TIME"},
    "control/journal.py": {"CALLS_AT_A_TIME"},
    "control/message_life.py": {"MOST_CALLS"},
    "control/events.py": {"MOST_IN_AN_EVENT", "LONGEST_TEXT", "TOGETHER_SECONDS", "LOOK_SECONDS", "BEAT"},
    "control/clock.py": {"MOST_SHOWN", "HELD_UP_SECONDS"},
    "coverage/schemas.py": {"MOST_ITEMS"},
    "control/messages.py": {"SHOWN", "_LONGEST_EXTENSION"},
    "control/sentences.py": {"MOST_NAMES"},
    "http/findings.py": {"LOOKS"},
    "http/recording.py": {"MOST_REASONS", "_CONNECTION_DIGITS"},
    "http/redaction.py": {"_DEEPEST"},
    "http/why/reasons.py": {"_MOST_SHOWN", "MOST_REASONS"},
    "http/why/repair.py": {"_ROUNDS"},
    # What the control API takes, told by its refusals
    "world/controls.py": {"MOST_NAMED", "MAX_LIMIT", "MOST_REMINDERS"},
    "lab/faults.py": {"MOST_PIECES", "MOST_RULES", "MOST_SECONDS"},
    "control/access.py": {"LEAST_TOKEN"},
    "control/call.py": {"_DIGITS"},
    "control/texts.py": {"MATCH_SECONDS", "ALL_SECONDS"},
    "lab/addresses.py": {"MAX_LENGTH"},
    "serving/public_address.py": {"MOST_PATH"},
    # No bounds
    "http/timer.py": {"LONGEST_SECONDS"},
    "http/request_normalisation.py": {"MAX_AGE_SECONDS", "_LAST_48_BITS"},
    "http/wire/messages.py": {"TEXT_ATTACHMENT_ID"},
    "cli/addresses.py": {"CONTROL_PORT"},
    "cli/serve.py": {"PORT_SECONDS"},
    "serving/standby.py": {"POLL_SECONDS"},
    "cli/workers.py": {"BACKLOG", "RETRY_SECONDS"},
    "cli/replicas.py": {"BACKLOG"},
    "serving/connection_handover.py": {"_DRAIN_SECONDS"},
    "serving/inner.py": {"ACCEPT_AGAIN_SECONDS", "ASK_SECONDS", "_FIRST_READ"},
    "serving/supervisor.py": {"AGAIN_SECONDS", "MOST_FAILURES", "STOP_SECONDS"},
    "serving/worker.py": {"_LARGEST_BODY", "AGAIN_SECONDS"},
    "serving/replica.py": {"BUSY_LOOKS", "LOOK_SECONDS", "JOIN_SECONDS"},
    "serving/replica_peers.py": {"MEET_SECONDS", "PATIENCE_SECONDS", "_DIGEST", "_RANDOM"},
    "sign_in/world_slots.py": {"_PREFIX"},
    "cli/contract.py": {"STOPPED"},
    "cli/contract_progress.py": {"BETWEEN_LINES", "BETWEEN_STEPS"},
    "cli/console.py": {"UNHEARD"},
    "cli/replay.py": {"MOST_LISTED"},
    "serving/http_protocol.py": {"_FIRST_LINE"},
    "sign_in/id_tokens.py": {"BITS"},
    "world/ids.py": {"_CONVERSATION_IDS"},
    "world/history/distant.py": {"CHECK_SECONDS", "END_SECONDS", "OVERDUE_SECONDS", "RETRY_SECONDS"},
    "world/history/log.py": {"MOST_COMMANDS", "MOST_GATHERED"},
    "world/history/postgresql.py": {"LOCK", "LOCK_SECONDS", "READ_LOCK_SECONDS", "READ_TOGETHER"},
    "world/history/replicas.py": {"ABSENT_SECONDS"},
    "world/history/shared.py": {"OVERDUE_SECONDS", "TURN_SECONDS"},
    "world/history/sqlite.py": {"APPLICATION_ID", "BUSY_MILLISECONDS", "FORMAT", "LONG"},
    "world/page_tokens.py": {"_PLACE_BYTES"},
    "world/contact_tokens.py": {"_BYTES"},
    "http/wire/contacts.py": {"_NUMBER_BITS"},
    "world/signed_tokens.py": {"_SIGNATURE_BYTES"},
    "serving/server.py": {"WATCH_SECONDS", "MOST_PORTS_TRIED"},
    "server_limits.py": {"KILOBYTE"},
    "serving/websocket_protocol.py": {"INVALID_DATA"},
}
"""Numbers that are no limits of a server, and why."""


def constants_of(path: Path) -> Iterator[str]:
    """Names in capitals, at the top of a module, that stand for numbers."""
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and is_number(node.value):
            yield from (name.id for name in node.targets if isinstance(name, ast.Name) and name.id.isupper())


def is_number(value: ast.expr) -> bool:
    if isinstance(value, ast.BinOp):
        return is_number(value.left) and is_number(value.right)
    if isinstance(value, ast.Tuple):
        return all(map(is_number, value.elts))
    return isinstance(value, ast.Constant) and type(value.value) in (int, float)


def test_every_number_that_bounds_what_a_server_does_is_one_of_its_limits() -> None:
    rooms = ("http", "inspector", "lab", "control", "world", "sign_in", "serving", "cli", "coverage")
    modules = [PACKAGE.glob("*.py"), *((PACKAGE / room).rglob("*.py") for room in rooms)]
    found = {str(path.relative_to(PACKAGE)): set(constants_of(path)) for path in chain.from_iterable(modules)}

    assert {name: numbers for name, numbers in found.items() if numbers} == OTHERWISE


AT_THEIR_DEFAULTS = {"max_header_bytes", "max_header_line", "max_headers", "max_uri", "max_frame", "max_frame_parts"}
"""Tried by `hostile/data/raw_requests.yaml`, and `max_frame` by `http/test_sockets.py`."""


@pytest.mark.parametrize("name", sorted({each.name for each in fields(ServerLimits)} - AT_THEIR_DEFAULTS))
def test_every_limit_is_tried_at_its_bounds_by_some_test(name: str) -> None:
    texts = (path.read_text(encoding="utf-8") for path in TESTS.rglob("test_*.py") if path != Path(__file__))

    assert any(f"{name}=" in text for text in texts)
