"""`ringmock init`: an account and a first test to begin with."""

from importlib.resources import files
from pathlib import Path

import click

ACCOUNT, TEST, SETTINGS = "account.yaml", "test_first_sms.py", "pytest.ini"
CONFIGURED_BY = (SETTINGS, "pyproject.toml", "tox.ini", "setup.cfg")
"""Where pytest looks for its settings."""
SETTING = f"ringmock_fixture = {ACCOUNT}"


@click.command()
@click.argument("folder", default=".", type=click.Path(path_type=Path, file_okay=False))
def init(folder: Path) -> None:
    """Write a commented account and a first test into FOLDER, by default here.

    Nothing is overwritten: where one of the files is there already, nothing is written and the exit status is 1.
    """
    templates = files("ringmock.cli").joinpath("templates")
    written = {name: templates.joinpath(f"{name}.txt").read_text("utf-8") for name in (ACCOUNT, TEST)}
    is_configured = any((folder / name).exists() for name in CONFIGURED_BY)
    if not is_configured:
        written[SETTINGS] = f"[pytest]\n{SETTING}\n"
    there = [str(folder / name) for name in written if (folder / name).exists()]
    if there:
        raise click.ClickException(f"{there[0]} is there already, and nothing is overwritten: name another folder")
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in written.items():
        with (folder / name).open("x", encoding="utf-8") as file:
            file.write(text)
        click.echo(f"wrote {folder / name}")
    if is_configured:
        click.echo(f"add to your settings of pytest: {SETTING}")
    click.echo(f"next: ringmock check {folder / ACCOUNT}; pytest; ringmock serve --fixture {folder / ACCOUNT} --reload")
