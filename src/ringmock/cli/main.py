"""The command line: the group of all commands, each in its own module."""

import click

from .. import __version__
from .cases import cases
from .check import check
from .console import EXIT_STATUSES, Commands
from .contract import contract
from .coverage import coverage
from .export import export
from .init import init
from .mcp import mcp
from .replay import replay
from .rules import rules
from .serve import serve
from .state import state
from .text import send_text
from .why import why

STATUSES = "\n".join(["\b\nExit status:", *(f"  {status:<4} {about}" for status, about in EXIT_STATUSES.items())])


@click.group(
    cls=Commands,
    epilog=STATUSES.replace("`", ""),
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, prog_name="ringmock")
def main() -> None:
    """A mock server of RingCentral's SMS, pager and message-store API.

    Independent of RingCentral: not made, endorsed or supported by RingCentral, Inc.
    """


for command in (serve, init, check, send_text, state, coverage, rules, contract, cases, why, export, replay, mcp):
    main.add_command(command)
