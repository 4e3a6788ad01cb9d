"""The table of what a server takes: its options, and how they are told."""

from dataclasses import fields

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


def test_each_limit_is_told_with_its_option_its_value_and_its_unit() -> None:
    lines = ServerLimits(max_uri=8191).lines()

    assert len(lines) == len(fields(ServerLimits))
    assert any(line.split()[:3] == ["--max-uri", "8191", "bytes"] for line in lines)
