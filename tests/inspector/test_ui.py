"""The page of the inspector and the files that it is made of."""

import re
from pathlib import Path

import pytest

import ringmock.inspector
from support import Client

STATIC = Path(ringmock.inspector.__file__).parent / "static"
FILES = sorted(path.name for path in STATIC.iterdir() if path.is_file())
RENDERER = sorted(path.name for path in (STATIC / "swagger-ui").iterdir())


@pytest.mark.parametrize("path", ["ui", "ui/", "ui/worlds", "ui/conversations/101/4178398077955743750"])
def test_every_address_below_it_is_the_page(world_client: Client, path: str) -> None:
    answer = world_client.get(f"/_mock/{path}", by=None)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert 'data-base="/_mock"' in answer.text
    assert answer.headers["x-frame-options"] == "DENY"


def test_its_policy_lets_nothing_run_but_its_own_files(world_client: Client) -> None:
    policy = world_client.get("/_mock/ui", by=None).headers["content-security-policy"]
    directives = dict(each.strip().split(" ", 1) for each in policy.split(";"))
    assert directives["default-src"] == directives["base-uri"] == directives["frame-ancestors"] == "'none'"
    assert {directives[name] for name in ("script-src", "style-src", "connect-src", "img-src")} == {"'self'"}


def test_the_page_has_no_script_and_no_style_of_its_own(world_client: Client) -> None:
    text = world_client.get("/_mock/ui", by=None).text
    assert re.findall(r"<script(?![^>]* src=)", text) == re.findall(r"<style| style=| on[a-z]+=", text) == []


def test_everything_that_the_page_names_is_there(world_client: Client) -> None:
    named = re.findall(r'(?:href|src)="([^"]*/static/[^"]*)"', world_client.get("/_mock/ui", by=None).text)
    assert len(named) > 5
    assert {world_client.get(path, by=None).status_code for path in named} == {200}


@pytest.mark.parametrize("name", FILES)
def test_every_file_is_served_as_what_it_is(world_client: Client, name: str) -> None:
    answer = world_client.get(f"/_mock/ui/static/{name}", by=None)
    types = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}
    if Path(name).suffix in types:
        assert answer.headers["content-type"].split(";")[0] == types[Path(name).suffix]
    assert (answer.status_code, answer.headers["x-content-type-options"]) == (200, "nosniff")


def test_the_renderer_of_descriptions_is_there_with_its_licences(world_client: Client) -> None:
    licences = ["LICENSE", "NOTICE", "swagger-ui-bundle.js.LICENSE.txt"]
    assert sorted([*licences, "README.md", "swagger-ui-bundle.js", "swagger-ui.css"]) == RENDERER
    answers = [world_client.get(f"/_mock/ui/static/swagger-ui/{name}", by=None) for name in RENDERER]
    assert {answer.status_code for answer in answers} == {200}
    assert "Apache License" in answers[0].text


@pytest.mark.parametrize("name", ["", "nothing.js", "../ui.py", "%2e%2e/ui.py"])
def test_nothing_else_is_served(world_client: Client, name: str) -> None:
    assert world_client.get(f"/_mock/ui/static/{name}", by=None).status_code in (404, 200)
    assert "Blueprint" not in world_client.get(f"/_mock/ui/static/{name}", by=None).text


@pytest.mark.parametrize("name", [name for name in FILES if name.endswith(".js")])
def test_no_module_writes_markup_or_styles(name: str) -> None:
    text = (STATIC / name).read_text(encoding="utf-8")
    words = ("innerHTML =", "outerHTML =", "insertAdjacentHTML", "document.write", "eval(", "new Function", ".style.")
    assert [word for word in words if word in text] == []


def test_every_module_that_is_imported_is_there() -> None:
    for name in FILES:
        if name.endswith(".js"):
            text = (STATIC / name).read_text(encoding="utf-8")
            assert set(re.findall(r'from "\./([a-z.]+)"', text)) <= set(FILES), name
