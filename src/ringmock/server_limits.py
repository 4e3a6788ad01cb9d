"""The limits of a server: one table, with an option of `serve` for each row.

A limit is a field here: its default, its unit and what is refused above it. The command line makes its options from the
fields, and `ringmock check` prints them.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, fields
from typing import Any, TypeVar

import click

_F = TypeVar("_F", bound=Callable[..., Any])

KILOBYTE = 1024
MEGABYTE = 1024 * KILOBYTE


def limit(default: Any, unit: str, about: str) -> Any:
    """A field of `ServerLimits`. `unit` is that of the value, `about` what it limits and the refusal above it."""
    return field(default=default, metadata={"unit": unit, "about": about})


@dataclass(frozen=True)
class ServerLimits:
    """How much, and how slowly, a client may send, and how much the server stores. A value equal to a limit passes."""

    max_header_bytes: int = limit(32 * KILOBYTE, "bytes", "All headers of a request together; more is 431.")
    max_header_line: int = limit(8 * KILOBYTE, "bytes", "One header, name and value; more is 431.")
    max_headers: int = limit(100, "headers", "Headers of a request; more is 431.")
    max_uri: int = limit(8 * KILOBYTE, "bytes", "The target of a request, query included; more is 414.")
    max_path: int = limit(2 * KILOBYTE, "chars", "A path of the API; a longer one is 404, like an unknown path.")
    header_timeout: float = limit(
        10.0, "seconds", "From the start of a connection, or of a request, to the end of its headers."
    )
    tls_handshake_timeout: float = limit(
        10.0, "seconds", "From the start of a connection to the end of its TLS handshake."
    )
    body_timeout: float = limit(30.0, "seconds", "Without further data of a body.")
    handshake_timeout: float = limit(10.0, "seconds", "From the request for a WebSocket to its opening.")
    write_timeout: float = limit(30.0, "seconds", "Without the client reading any of its pending output.")
    keep_alive_timeout: float = limit(60.0, "seconds", "Without another request, after which a connection is closed.")

    max_body: int = limit(10 * MEGABYTE, "bytes", "A body; more is 413.")
    max_frame: int = limit(1 * MEGABYTE, "bytes", "A message of a WebSocket; more is close code 1009.")
    max_batch_body: int = limit(50 * MEGABYTE, "bytes", "The body of a batch of high-volume SMS; more is 413.")
    max_json_values: int = limit(10_000, "values", "JSON values of a body; more is 413. Batches have a higher limit.")
    max_json_depth: int = limit(100, "levels", "Lists and objects within each other in JSON; more is 400.")
    max_form_bytes: int = limit(64 * KILOBYTE, "bytes", "A form of fields; more is 413.")
    max_form_fields: int = limit(1000, "fields", "Fields of a form, or of a query; more is 400.")
    max_parts: int = limit(50, "parts", "Parts of a multipart body; more is 400.")
    max_part_headers: int = limit(8 * KILOBYTE, "bytes", "All headers of one part; more is 400.")

    max_frame_values: int = limit(100_000, "values", "JSON values of a frame of a WebSocket; more is an Error of 413.")
    max_frame_parts: int = limit(10_000, "frames", "Frames of one WebSocket message; more is close code 1009.")
    max_socket_calls: int = limit(10, "calls", "In progress at a time on one WebSocket; others wait.")
    max_socket_calls_read: int = limit(
        100, "calls", "In progress or waiting on one WebSocket; no more are read before one is answered."
    )
    max_socket_queue: int = limit(
        10_000, "messages", "Unread by the client of a WebSocket; with more it is disconnected."
    )
    max_missed: int = limit(
        100, "messages", "Notifications stored for a disconnected client; with more its recovery fails."
    )
    max_lost_sockets: int = limit(1000, "clients", "Disconnected ones that may recover; above it the oldest cannot.")
    max_socket_tokens: int = limit(10_000, "tokens", "Valid for opening WebSockets; above it the oldest is dropped.")
    max_webhook_queue: int = limit(1000, "messages", "Notifications waiting for one receiver; more count as failed.")
    max_webhook_answer: int = limit(
        KILOBYTE, "bytes", "A receiver's answer, headers too; a longer one counts as failed."
    )

    max_worlds: int = limit(10_000, "worlds", "Open at a time, besides the fixture's; the oldest unused is closed.")
    world_ttl: float = limit(
        3600.0, "seconds", "Without a call, after which the world of made-up credentials, or of a header, is closed."
    )
    max_fork_records: int = limit(5000, "records", "Of a world that is forked; a larger one is not.")
    max_closed_worlds: int = limit(10_000, "worlds", "Client ids of closed ones; above it the oldest is dropped.")
    max_sync_records: int = limit(1000, "messages", "Of one message-sync; more are olderRecordsExist, or an old token.")
    max_records: int = limit(4_000_000, "records", "Copies of messages, changes, consents, in all worlds; more is 503.")
    max_file_bytes: int = limit(
        1024 * MEGABYTE, "bytes", "Files of messages, for each copy, and of reports; more is 503."
    )
    max_list_cache: int = limit(
        32 * MEGABYTE, "bytes", "Messages of lists kept as JSON, of all worlds; above it the least used are made anew."
    )
    max_contacts: int = limit(10_000, "contacts", "In the address book of an extension; another one is refused.")
    max_journal_messages: int = limit(1000, "messages", "In the journal of a world; above it the oldest is dropped.")
    max_waits: int = limit(10_000, "calls", "Of the control API that wait for something; another one is 503.")
    max_event_streams: int = limit(100, "streams", "Of events, at the control API, open at a time; another one is 503.")
    max_log_ins: int = limit(100_000, "log-ins", "Unexpired ones in all worlds; another is refused.")
    max_codes: int = limit(10_000, "codes", "Unredeemed authorization codes; above it the oldest is dropped.")
    max_history: int = limit(10_000, "commands", "In the history of a world; what comes after them is left out of it.")
    max_history_bytes: int = limit(
        256 * MEGABYTE, "bytes", "Bodies and answers in the histories of all worlds; what comes then is left out."
    )
    max_labels: int = limit(1000, "labels", "Of points in the history of a world; another one is refused.")
    max_journal_calls: int = limit(1000, "calls", "In the journal of a world; above it the oldest is dropped.")
    max_journal_body: int = limit(
        16 * KILOBYTE, "bytes", "A body, answer or headers in the journal; longer ones are left out."
    )
    max_journal_recipients: int = limit(
        100, "numbers", "Recipients of one call in the journal; of more only the number."
    )

    def __post_init__(self) -> None:
        for each in fields(self):
            value = getattr(self, each.name)
            if not value > 0:
                raise ValueError(f"{each.name} is {value}, and has to be more than 0 {each.metadata['unit']}")

    def lines(self) -> list[str]:
        """A line for each limit: the option that sets it, its value and its meaning."""
        named = [(option_of(each.name), f"{getattr(self, each.name):.10g}", each.metadata) for each in fields(self)]
        return [f"{name:<25} {value:>8} {about['unit']:<8} {about['about']}" for name, value, about in named]


DEFAULT = ServerLimits()


def option_of(name: str) -> str:
    """The option of `ringmock serve` for a field."""
    return "--" + name.replace("_", "-")


def is_limit(name: str | None) -> bool:
    """Whether an option of this name is one of `limit_options`."""
    return name in {each.name for each in fields(ServerLimits)}


def limit_options(command: _F) -> _F:
    """An option for each limit on a click command, which gets them as keyword arguments named as the fields."""
    for each in reversed(fields(ServerLimits)):
        kind = click.FloatRange(0, min_open=True) if isinstance(each.default, float) else click.IntRange(1)
        command = click.option(
            option_of(each.name),
            each.name,
            default=each.default,
            show_default=True,
            type=kind,
            metavar=each.metadata["unit"].upper(),
            help=each.metadata["about"],
        )(command)
    return command
