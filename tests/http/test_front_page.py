"""The root of the server: for a browser, and for a program."""

import pytest
import yaml

from ringmock.control.access import Access
from ringmock.fixture import load_named
from ringmock.openapi.document import load_contract
from ringmock.serving.server import build, serving
from ringmock.sign_in.worlds import Worlds
from support import Client, assert_refused

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_browser_is_led_to_the_inspector(world_client: Client, method: str) -> None:
    answer = world_client.call(method, "/", by=None, headers={"Accept": BROWSER}, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (302, f"{world_client.url}/_mock/")


@pytest.mark.parametrize("accept", ["*/*", "application/json", ""])
def test_a_program_is_told_where_the_contract_is(world_client: Client, accept: str) -> None:
    answer = world_client.get("/", by=None, headers={"Accept": accept})
    said = answer.json()
    assert (answer.status_code, said["contract"]) == (200, f"{world_client.url}/openapi.yaml")
    assert answer.headers["link"] == f'<{said["contract"]}>; rel="service-desc"'
    assert yaml.safe_load(world_client.get("/openapi.yaml", by=None).text)["info"] == load_contract()["info"]
    assert world_client.get("/_mock/openapi.yaml", by=None).url == said["controlApi"]


@pytest.mark.parametrize(("method", "path"), [("POST", "/"), ("DELETE", "/openapi.yaml"), ("GET", "/openapi.yml")])
def test_there_is_nothing_else_beside_the_contract(world_client: Client, method: str, path: str) -> None:
    assert_refused(world_client.call(method, path), 404, "CMN-120")


def test_the_way_leads_to_the_port_of_the_control_api() -> None:
    app = build(Worlds(load_named("demo")), access=Access(port=8081))
    with serving(app) as (url, _), Client(url) as client:
        assert client.get("/", by=None).json()["inspector"] == "http://127.0.0.1:8081/_mock/"
