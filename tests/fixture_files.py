"""Fixtures that a test writes into a folder of its own and loads from there."""

import json
from pathlib import Path
from typing import Any

from ringmock.fixture import FixtureError, load_fixture
from ringmock.openapi.resources import bundled
from ringmock.world.template import Template

PUBLIC_KEY = (
    "-----BEGIN PUBLIC KEY-----\\nMCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\\n"
    "-----END PUBLIC KEY-----\\n"
)
"""In PEM, its ends of lines as YAML has them between double quotes."""

HEAD = """\
account: {id: 7, main_number: "16509100001"}
extensions:
  - {number: "101", id: 1, type: User}
  - {number: "102", id: 2, type: User, status: Frozen}
  - {number: "107", id: 3, type: Announcement}
  - {number: "200", id: 4, type: Department, members: ["101"], manager: "101"}
  - {number: "201", id: 5, type: Department}
phone_numbers:
  - {number: "16509100101", owner: "101", features: [SmsSender]}
  - {number: "16509100102", owner: "102"}
"""
"""Ten lines without a mistake; what a test adds begins in line 11."""


A_PAGE = "- {type: Pager, from: '101', to: ['101'], text: Hi, name: page}\n"

AN_SMS = "- {type: SMS, from: '14151003732', to: ['16509100101'], text: Hi, name: sms}\n"
"""Seeds, one a line, for under `messages:`."""


class Files:
    """A folder to write fixtures into and load them from; problems name the files without the folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def write(self, text: str, name: str = "my.yaml") -> Path:
        path = self.folder / name
        path.write_text(text, encoding="utf-8")
        return path

    def load(self, text: str) -> Template:
        return load_fixture(self.write(text))

    def refused(self, text: str) -> list[str]:
        told = self.mistakes(text)
        assert told
        return told

    def mistakes(self, text: str) -> list[str]:
        try:
            self.load(text)
        except FixtureError as error:
            return str(error).replace(f"{self.folder}/", "").splitlines()
        return []


def schema() -> Any:
    return json.loads(bundled("fixtures", "account.schema.json").read_text(encoding="utf-8"))
