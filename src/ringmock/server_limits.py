"""What a server takes from any client before it is known who asks: one table, with an option of `serve` for each row.

A limit is a field here: its default, its unit and what is refused beyond it. The command line makes its options of
the fields, and `ringmock check` prints them.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, fields
from typing import Any, TypeVar

import click

_F = TypeVar("_F", bound=Callable[..., Any])

KILOBYTE = 1024


def limit(default: Any, unit: str, about: str) -> Any:
    """A field of `ServerLimits`. `unit` is that of the value, `about` what it bounds and how the rest is refused."""
    return field(default=default, metadata={"unit": unit, "about": about})


@dataclass(frozen=True)
class ServerLimits:
    """How much, and how slowly, a client may send. Every limit is the most that is still taken."""

    max_header_bytes: int = limit(32 * KILOBYTE, "bytes", "All headers of a request together; more is 431.")
    max_header_line: int = limit(8 * KILOBYTE, "bytes", "One header, name and value; more is 431.")
    max_headers: int = limit(100, "headers", "Headers of a request; more is 431.")
    max_uri: int = limit(8 * KILOBYTE, "bytes", "The target of a request, query included; more is 414.")
    header_timeout: float = limit(10.0, "seconds", "From a connection's first moment, or a request's, to its headers.")
    body_timeout: float = limit(30.0, "seconds", "Without anything more of a body.")
    handshake_timeout: float = limit(10.0, "seconds", "From the request for a WebSocket to its opening.")

    def __post_init__(self) -> None:
        for each in fields(self):
            value = getattr(self, each.name)
            if not value > 0:
                raise ValueError(f"{each.name} is {value}, and has to be more than 0 {each.metadata['unit']}")

    def lines(self) -> list[str]:
        """A line for each limit: the option that sets it, its value and what it is."""
        named = [(option_of(each.name), f"{getattr(self, each.name):g}", each.metadata) for each in fields(self)]
        return [f"{name:<22} {value:>8} {about['unit']:<8} {about['about']}" for name, value, about in named]


def option_of(name: str) -> str:
    """The option of `ringmock serve` for a field."""
    return "--" + name.replace("_", "-")


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
