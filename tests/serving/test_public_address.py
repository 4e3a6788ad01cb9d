"""A server that clients reach by another address than its own: below a path, and behind a proxy."""

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.parse import urljoin, urlsplit

import pytest
from websockets.sync.client import connect

from ringmock.contract.cases.operation import known_operations
from ringmock.contract.http_client import HttpClient, Request
from ringmock.control.access import Access
from ringmock.fixture import load_named
from ringmock.serving.public_address import PublicAddress, networks_of, path_of
from ringmock.serving.server import build, serving
from ringmock.sign_in.worlds import Worlds
from support import SMS, Client, sms_body

Headers = Mapping[str, str]
PROXY = {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "mock.test:8443", "X-Forwarded-Prefix": "/out"}
PUBLIC = "https://mock.test:8443/out/rc"
TOKEN = "a-token-of-tests"
API = "/restapi/v1.0"
FROM_HERE = networks_of("loopback")


@contextmanager
def server(
    base_path: str = "", proxies: Any = (), *, hosts: tuple[str, ...] = (), generation: str = "2012"
) -> Iterator[str]:
    """The address by which it listens, base path included."""
    worlds = Worlds(load_named("demo", generation=generation))
    access = Access(hosts, TOKEN)
    app = build(worlds, access=access, address=PublicAddress(base_path, proxies))
    with serving(app, base_path=base_path) as (url, _):
        yield url


@pytest.fixture(scope="module")
def below() -> Iterator[str]:
    with server("/rc") as url:
        yield url


@pytest.fixture(scope="module")
def behind() -> Iterator[str]:
    """Behind proxies of this machine, at a path and under a name of its own."""
    with server("/rc", FROM_HERE, hosts=("mock.test",)) as url:
        yield url


def got(url: str, path: str, headers: Headers = {}) -> tuple[int, Any]:  # noqa: B006  # never changed
    with HttpClient(url) as client:
        answer = client.send(Request("GET", path, dict(headers)))
    return answer.status, answer.json


# --- a path of its own -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "path"), [("", ""), ("/", ""), ("/rc", "/rc"), ("/rc/", "/rc"), ("/a/b-1.~_", "/a/b-1.~_")]
)
def test_a_base_path_is_written_without_a_slash_at_its_end(text: str, path: str) -> None:
    assert path_of(text) == path


@pytest.mark.parametrize(
    "text", ["rc", "//", "/rc//", "/r c", "/%72c", "/rc?x", "/../rc", "/.", "/rc\n", "/" + "a" * 255]
)
def test_what_is_no_path_is_told_what_one_is(text: str) -> None:
    with pytest.raises(ValueError, match="write it as /rc"):
        path_of(text)


def test_everything_is_below_the_base_path_and_says_so(below: str) -> None:
    assert got(below, API)[1]["uri"] == f"{below}{API}"
    assert got(below, "/_mock/ready")[1]["status"] == "ready"


@pytest.mark.parametrize("path", [API, "/", "/rcs/restapi/v1.0", "/_mock/ready", "/RC/restapi/v1.0"])
def test_there_is_nothing_beside_the_base_path(below: str, path: str) -> None:
    status, said = got(below.removesuffix("/rc"), path)
    assert status == 404
    assert said["error" if path.startswith("/_mock") else "errorCode"]


def test_what_the_parser_refuses_below_the_base_path_is_worded_for_who_called(below: str) -> None:
    status, said = got(below, "/restapi/oauth/token", {"X-Long": "a" * 9000})
    assert (status, "error_description" in said) == (431, True)


def test_the_base_path_may_be_one_of_the_apis_own() -> None:
    with server("/restapi") as url:
        assert got(url, API)[1]["uri"] == f"{url}{API}"
        assert got(url.removesuffix("/restapi"), API)[0] == 404


def test_the_pages_of_the_inspector_link_below_the_base_path(below: str) -> None:
    with HttpClient(below) as client:
        page = client.send(Request("GET", "/_mock/ui/worlds")).text
    links = re.findall(r"(?:href|src|action)=\"([^\"]+)\"", page)
    assert links
    assert [link for link in links if not link.startswith("/rc/_mock/")] == []


def test_a_repaired_request_is_shown_as_the_caller_would_send_it(behind: str) -> None:
    with HttpClient(behind) as client:
        headers = {**PROXY, "Authorization": "Bearer demo-101", "Content-Type": "application/json"}
        refused = client.send(Request("POST", SMS, headers, json.dumps({**sms_body(), "to": []}).encode()))
        assert refused.status == 400
        control = {"X-Ringmock-Token": TOKEN}
        number = client.send(Request("GET", "/_mock/journal?limit=1", control)).json[0]["id"]
        why = client.send(Request("GET", f"/_mock/journal/{number}/why", control)).json
    assert f"{PUBLIC}{SMS}" in json.dumps(why)


# --- proxies ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("headers", "uri"),
    [
        (PROXY, PUBLIC),
        ({"X-Forwarded-Proto": "https, http", "X-Forwarded-Host": "mock.test, inner.test"}, "https://mock.test/rc"),
        ({"X-Forwarded-Proto": "WSS", "X-Forwarded-Host": "[::1]:81"}, "https://[::1]:81/rc"),
        ({"X-Forwarded-Host": "a.test", "X-Forwarded-Prefix": "/one/, /two"}, "http://a.test/one/two/rc"),
        ({"X-Forwarded-Host": "a.test", "X-Forwarded-Prefix": "/"}, "http://a.test/rc"),
        ({"X-Forwarded-Host": "a.test", "Host": "inner.test"}, "http://a.test/rc"),
    ],
)
def test_a_proxy_says_by_which_address_clients_call(behind: str, headers: Headers, uri: str) -> None:
    assert got(behind, API, headers)[1]["uri"] == f"{uri}{API}"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("X-Forwarded-Proto", "ftp"),
        ("X-Forwarded-Proto", "$scheme"),
        ("X-Forwarded-Host", "a.test/x"),
        ("X-Forwarded-Host", "user@a.test"),
        ("X-Forwarded-Host", ""),
        ("X-Forwarded-Prefix", "out"),
        ("X-Forwarded-Prefix", "/../x"),
    ],
)
def test_what_a_proxy_gets_wrong_is_named(behind: str, name: str, value: str) -> None:
    status, said = got(behind, API, {name: value})
    assert (status, said["errorCode"], said["errors"][0]["parameterName"]) == (400, "InvalidParameter", name)


@pytest.mark.parametrize("proxies", [(), networks_of("192.0.2.1,2001:db8::/32")], ids=["none", "others"])
def test_whoever_is_no_trusted_proxy_is_not_believed(proxies: Any) -> None:
    with server(proxies=proxies) as url:
        assert got(url, API, PROXY)[1]["uri"] == f"{url}{API}"


@pytest.mark.parametrize(
    ("text", "count"), [("loopback", 2), ("10.0.0.5", 1), ("10.0.0.0/8, ::1", 2), ("loopback,172.18.0.0/16", 3)]
)
def test_proxies_are_named_by_address_network_or_word(text: str, count: int) -> None:
    assert len(networks_of(text)) == count


@pytest.mark.parametrize("text", ["", "proxy.test", "10.0.0.5/8", "10.0.0.5,", "*"])
def test_what_is_no_address_of_a_proxy_is_told_what_one_is(text: str) -> None:
    with pytest.raises(ValueError, match=re.escape("as in loopback,172.18.0.0/16")):
        networks_of(text)


# --- who may call the control API through one --------------------------------------------------------


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        (PROXY, 401),
        ({"X-Forwarded-Proto": "http"}, 401),
        ({**PROXY, "X-Ringmock-Token": TOKEN}, 200),
        ({**PROXY, "X-Ringmock-Token": TOKEN, "Origin": "https://mock.test:8443"}, 200),
        ({**PROXY, "X-Ringmock-Token": TOKEN, "Origin": "https://other.test:8443"}, 403),
        ({**PROXY, "X-Ringmock-Token": TOKEN, "X-Forwarded-Host": "evil.test"}, 403),
        ({**PROXY, "X-Ringmock-Token": TOKEN, "Host": "evil.test"}, 403),
        ({"X-Ringmock-Token": TOKEN, "Host": "evil.test", "X-Forwarded-Host": "localhost"}, 403),
    ],
    ids=[
        "directly",
        "no token",
        "one header is enough",
        "with the token",
        "a page of its own",
        "a page of another site",
        "a name that is not allowed",
        "a Host that is not allowed",
        "a page whose name was made to lead here",
    ],
)
def test_the_control_api_takes_what_a_proxy_passes_on_as_a_call_from_elsewhere(
    behind: str, headers: Headers, status: int
) -> None:
    assert got(behind, "/_mock/ready", headers)[0] == status


# --- every address in every answer -----------------------------------------------------------------

OWN = f"{API}/account/~/extension/~"
OF_CALLER = {"accountId": "~", "extensionId": "~", "apiVersion": "v1.0"}
ASKING_FOR_MORE = ("authorize", "readInitialEntryPoints", "getSmsRecipients")
LISTS = tuple(
    each.path.format(**OF_CALLER)
    for each in known_operations().values()
    if each.method == "GET" and OF_CALLER.keys() >= set(each.path_parameters) and each.id not in ASKING_FOR_MORE
)
"""Whatever can be asked for without an id."""
SEEDS = (
    *LISTS,
    "/", "/openapi.yaml", "/restapi", API,
    "/.well-known/openid-configuration", "/.well-known/entry-points/initial?clientId=ringmock",
    "/.well-known/entry-points/external", f"{API}/account/~", f"{API}/account/~/extension", OWN,
    f"{API}/account/~/extension?perPage=2&page=2", f"{API}/account/~/phone-number", f"{OWN}/phone-number",
    f"{OWN}/phone-number?perPage=1", f"{API}/account/~/call-queues", f"{OWN}/message-store?perPage=1",
    f"{OWN}/message-sync?syncType=FSync", f"{API}/account/~/department/1346632200/members",
    f"{API}/account/~/call-queues/1346632200/members", f"{API}/subscription",
    f"{API}/account/~/message-store-configuration", f"{API}/account/~/message-store-templates",
)  # fmt: skip
POSTS = (
    (SMS, sms_body()),
    (SMS, sms_body("again")),
    (f"{OWN}/company-pager", {"to": [{"extensionNumber": "102"}], "text": "Hello"}),
    (f"{API}/number-parser/parse", {"originalStrings": ["16509100010"]}),
    (f"{API}/account/~/message-store-report", {"dateFrom": "2026-01-01T00:00:00Z", "dateTo": "2026-01-02T00:00:00Z"}),
    ("/restapi/oauth/wstoken", None),
    (f"{OWN}/address-book/contact", {"firstName": "Ad"}),
    (
        "/restapi/v2/accounts/~/extensions/~/sms/batches",
        {"from": {"phoneNumber": "16509100010"}, "text": "Hi", "messages": [{"to": [{"phoneNumber": "14151003732"}]}]},
    ),
)
NOT_SERVED = re.compile(rf"{API}/(account/[0-9]+/service-info|conversation/[0-9]+|dictionary/country/1)")
"""Resources of the service that answers refer to, and that this server has not at any address."""
ASKS_FOR_MORE = {
    "/.well-known/entry-points/initial": 400,
    "/restapi/oauth/authorize": 400,
    "/restapi/oauth/token": 405,
    "/restapi/oauth/revoke": 405,
    f"{API}/number-parser/parse": 405,
}


def addresses_in(value: Any) -> Iterator[str]:
    """Every text that is an address, in a value of JSON."""
    if isinstance(value, (dict, list)):
        for each in value.values() if isinstance(value, dict) else value:
            yield from addresses_in(each)
    elif isinstance(value, str) and re.match(r"(https?|wss?)://", value):
        yield value


class Crawler:
    """A client that follows each address once, as a proxy passes its calls on."""

    def __init__(self, client: HttpClient) -> None:
        self._client = client
        self._left: list[str] = []
        self.statuses: dict[str, int] = {}
        """What each address answered to."""
        self.socket = ""

    def send(self, method: str, path: str, body: Any = None) -> int:
        """Make a call, and note the addresses in its answer."""
        headers = {**PROXY, "Authorization": "Bearer demo-101", "Content-Type": "application/json"}
        headers |= {"X-Ringmock-Token": TOKEN} if path.startswith("/_mock/") else {}
        sent = None if body is None else json.dumps(body).encode()
        answer = self._client.send(Request(method, path, headers, sent))
        if answer.headers.get("content-type", "").startswith("application/json"):
            self._left += addresses_in(answer.json)
        # A Location may be relative (RFC 9110, 10.2.2).
        here = f"{PUBLIC}{path}"
        self._left += [urljoin(here, value) for name, value in answer.headers.items() if name == "location"]
        return answer.status

    def follow(self) -> None:
        """Follow what was noted, and what that leads to."""
        while self._left:
            address = self._left.pop()
            if address in self.statuses or address == self.socket:
                continue
            if address.startswith("wss:"):
                self.socket = address
                continue
            assert address.startswith(PUBLIC), address
            self.statuses[address] = self.send("GET", address.removeprefix(PUBLIC) or "/")


@pytest.mark.parametrize("generation", ["2012", "current"])
def test_every_address_in_every_answer_can_be_followed_behind_a_proxy(generation: str) -> None:
    with server("/rc", FROM_HERE, hosts=("mock.test",), generation=generation) as url, HttpClient(url) as client:
        crawler = Crawler(client)
        statuses = [crawler.send("POST", path, body) for path, body in POSTS]
        statuses += [crawler.send("GET", path) for path in SEEDS]
        crawler.follow()
        calls = [path for path, _ in POSTS] + [*SEEDS]
        assert {path: status for path, status in zip(calls, statuses, strict=True) if status >= 400} == {}
        assert crawler.socket == f"wss{PUBLIC.removeprefix('https')}/ws"
    paths = {urlsplit(address).path.removeprefix("/out/rc"): status for address, status in crawler.statuses.items()}
    assert len(paths) > 40
    wrong = {path: status for path, status in paths.items() if not (status < 400 or NOT_SERVED.fullmatch(path))}
    assert wrong == ASKS_FOR_MORE


def test_calls_over_a_websocket_are_answered_with_addresses_that_lead_back() -> None:
    with server("/rc", FROM_HERE) as url, HttpClient(url) as client:
        headers = {**PROXY, "Authorization": "Bearer demo-101"}
        token = client.send(Request("POST", "/restapi/oauth/wstoken", headers)).json
        uri = token["uri"].replace(f"wss{PUBLIC.removeprefix('https')}", f"ws{url.removeprefix('http')}")
        socket = f"{uri}?access_token={token['ws_access_token']}"
        with connect(socket, additional_headers=PROXY, proxy=None) as connection:
            connection.recv(timeout=10)
            seen = []
            for path in (OWN, f"/out/rc{OWN}", f"{PUBLIC}{OWN}"):
                call = {"type": "ClientRequest", "messageId": path, "method": "GET", "path": path}
                connection.send(json.dumps([call]))
                header, body = json.loads(connection.recv(timeout=10))
                seen.append((header["status"], body["uri"].partition("/account")[0]))
    assert seen == [(200, f"{PUBLIC}{API}")] * 3


def test_an_address_of_another_server_is_no_call_of_a_websocket() -> None:
    with server("/rc", FROM_HERE) as url, HttpClient(url) as client:
        token = client.send(Request("POST", "/restapi/oauth/wstoken", {"Authorization": "Bearer demo-101"})).json
        with connect(f"{token['uri']}?access_token={token['ws_access_token']}", proxy=None) as connection:
            connection.recv(timeout=10)
            call = {"type": "ClientRequest", "method": "GET", "path": f"http://elsewhere.test{OWN}"}
            connection.send(json.dumps([call]))
            (header, _) = json.loads(connection.recv(timeout=10))
    assert (header["type"], header["status"]) == ("Error", 400)


def test_an_authorization_code_leads_back_from_below_the_prefix() -> None:
    with server("/rc", FROM_HERE) as url, Client(url) as client:
        asked = {"response_type": "code", "client_id": client.client_id, "redirect_uri": "http://localhost:3000/back"}
        page = client.get("/restapi/oauth/authorize", by=None, params=asked, headers=PROXY)
        assert 'action="authorize"' in page.text
        typed = {**asked, "username": "16509100001", "extension": "101", "password": "Secret-1", "discovery": "true"}
        sent_back = client.post("/restapi/oauth/authorize", by=None, data=typed, headers=PROXY, follow_redirects=False)
    assert sent_back.status_code == 302
    location = sent_back.headers["location"]
    assert location.startswith("http://localhost:3000/back?code=")
    assert "token_uri=https%3A%2F%2Fmock.test%3A8443%2Fout%2Frc%2Frestapi%2Foauth%2Ftoken" in location
