"""Who may call the control API: from this machine, under a name of it, and from no other site's page."""

import base64
import contextlib
import http.client
from urllib.parse import urlsplit

import pytest

from ringmock.control.access import Access, Refused
from support import SMS, Client

PORT = 8080
HERE = ("127.0.0.1", "127.0.0.1")


def is_taken(
    *headers: tuple[str, str],
    caller: str | None = "127.0.0.1",
    reached: str | None = "127.0.0.1",
    allowed: str = "",
    token: str | None = None,
    is_page: bool = False,
) -> bool:
    encoded = [(name.encode(), value.encode("latin-1")) for name, value in headers]
    try:
        Access([allowed] if allowed else [], token).check(caller, reached, encoded, is_page=is_page)
    except Refused:
        return False
    return True


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1:8080",
        "127.0.0.1",
        "127.8.0.1:8080",
        "localhost:8080",
        "LocalHost:8080",
        "localhost.:8080",
        "mine.localhost:8080",
        "[::1]:8080",
        "[::1]",
        "[0:0:0:0:0:0:0:1]:8080",
        "[::ffff:127.0.0.1]:8080",
        "[::FFFF:7F00:1]:8080",
        "localhost:9999",
    ],
)
def test_names_of_this_machine_are_accepted(host: str) -> None:
    assert is_taken(("host", host))


@pytest.mark.parametrize(
    "host",
    [
        "evil.test:8080",
        "evil.test",
        "localhost.evil.test:8080",
        "127.0.0.1.evil.test",
        "notlocalhost",
        "192.0.2.1:8080",
        "[2001:db8::1]:8080",
        "[::1",
        "::1",
        "[::1]:x",
        "[::1]evil.test",
        "[localhost]",
        "localhost:0",
        "localhost:65536",
        "localhost:80:80",
        "localhost, evil.test",
        "user@localhost",
        "localhost/evil.test",
        "local host",
        "2130706433",
        "0x7f000001",
        "0.0.0.0:8080",
        ".",
        "",
        "\xe9.localhost.evil",
    ],
)
def test_other_names_are_refused(host: str) -> None:
    assert not is_taken(("host", host))


def test_a_call_names_its_host_once() -> None:
    assert not is_taken()
    assert not is_taken(("host", "localhost"), ("host", "localhost"))


@pytest.mark.parametrize(
    ("caller", "reached", "taken"),
    [
        ("127.0.0.1", "127.0.0.1", True),
        ("127.0.0.1", "127.0.0.2", True),
        ("::1", "::1", True),
        ("::ffff:127.0.0.1", "::ffff:127.0.0.1", True),
        ("192.0.2.1", "192.0.2.1", True),
        ("192.0.2.2", "192.0.2.1", False),
        ("::ffff:192.0.2.2", "::ffff:192.0.2.1", False),
        (None, "127.0.0.1", False),
        ("", "", False),
        (None, None, False),
    ],
)
def test_only_this_machine_calls(caller: str | None, reached: str | None, taken: bool) -> None:
    assert is_taken(("host", "localhost"), caller=caller, reached=reached) == taken


def test_the_address_that_the_call_came_to_is_a_name_of_this_machine() -> None:
    assert is_taken(("host", "192.0.2.1:8080"), caller="192.0.2.1", reached="192.0.2.1")
    assert not is_taken(("host", "192.0.2.3:8080"), caller="192.0.2.1", reached="192.0.2.1")


@pytest.mark.parametrize("host", ["mock.test", "MOCK.test:8080", "mock.test."])
def test_a_name_that_is_allowed_is_accepted_in_any_spelling(host: str) -> None:
    assert is_taken(("host", host), allowed="Mock.Test.")
    assert not is_taken(("host", f"not{host}"), allowed="mock.test")


@pytest.mark.parametrize("host", ["2001:db8::1", "[2001:db8::1]"])
def test_an_address_that_is_allowed_is_accepted(host: str) -> None:
    assert is_taken(("host", "[2001:DB8:0::1]:8080"), allowed=host)


@pytest.mark.parametrize("host", ["http://mock.test", "mock.test:8080", "*", "", "mock test", "[::1]:1"])
def test_what_is_no_name_of_a_machine_cannot_be_allowed(host: str) -> None:
    with pytest.raises(ValueError, match="no name of a machine"):
        Access([host])


@pytest.mark.parametrize(
    ("host", "origin", "taken"),
    [
        ("localhost:8080", "http://localhost:8080", True),
        ("localhost:8080", "HTTP://LOCALHOST:8080", True),
        ("localhost.:8080", "http://localhost:8080", True),
        ("localhost", "http://localhost:80", True),
        ("localhost:443", "https://localhost", True),
        ("[::1]:8080", "http://[0::1]:8080", True),
        ("localhost:8080", "http://localhost:3000", False),
        ("localhost:8080", "http://localhost", False),
        ("localhost:8080", "http://127.0.0.1:8080", False),
        ("localhost:8080", "http://evil.test", False),
        ("localhost:8080", "http://localhost:8080.evil.test", False),
        ("localhost:8080", "http://localhost:8080@evil.test", False),
        ("localhost:8080", "ftp://localhost:8080", False),
        ("localhost:8080", "http://localhost:8080/", False),
        ("localhost:8080", "http://[::1", False),
        ("localhost:8080", "http://[::1]:a", False),
        ("localhost:8080", "localhost:8080", False),
        ("localhost:8080", "null", False),
        ("localhost:8080", "", False),
        ("evil.test:8080", "http://evil.test:8080", False),
    ],
)
def test_only_a_page_of_the_server_itself_calls(host: str, origin: str, taken: bool) -> None:
    assert is_taken(("host", host), ("origin", origin)) == taken


def test_two_origins_are_none() -> None:
    assert not is_taken(("host", "localhost"), ("origin", "http://localhost"), ("origin", "http://localhost"))


def test_a_notification_is_no_call() -> None:
    assert not is_taken(("host", "localhost"), ("user-agent", "RingCentral-Webhook/8.3"))
    assert is_taken(("host", "localhost"), ("user-agent", "curl/8.0"))


# --- from elsewhere ------------------------------------------------------------------------------

TOKEN = "a-token-of-ours"


def basic_of(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


@pytest.mark.parametrize(
    ("headers", "taken"),
    [
        ([], False),
        ([("x-ringmock-token", TOKEN)], True),
        ([("x-ringmock-token", TOKEN[:-1])], False),
        ([("x-ringmock-token", TOKEN + " ")], False),
        ([("x-ringmock-token", "")], False),
        ([("x-ringmock-token", TOKEN), ("x-ringmock-token", TOKEN)], False),
        ([("authorization", f"Bearer {TOKEN}")], True),
        ([("authorization", f"bearer  {TOKEN} ")], True),
        ([("authorization", basic_of("anybody", TOKEN))], True),
        ([("authorization", basic_of(TOKEN, ""))], False),
        ([("authorization", "Basic ?")], False),
        ([("authorization", f"Bearer {TOKEN}x")], False),
        ([("authorization", TOKEN)], False),
        ([("authorization", "Bearer demo-101"), ("x-ringmock-token", TOKEN)], True),
        ([("x-ringmock-token", "wrong"), ("authorization", f"Bearer {TOKEN}")], False),
        ([("x-ringmock-token", "\xe9" * 15)], False),
    ],
)
def test_others_call_with_the_token_and_not_without(headers: list[tuple[str, str]], taken: bool) -> None:
    called = [("host", "192.0.2.1:8080"), *headers]
    assert is_taken(*called, caller="192.0.2.2", reached="192.0.2.1", token=TOKEN) == taken
    assert not is_taken(*called, caller="192.0.2.2", reached="192.0.2.1")


def test_a_token_opens_no_host_and_no_page_of_another_site() -> None:
    signed = ("x-ringmock-token", TOKEN)
    elsewhere = {"caller": "192.0.2.2", "reached": "192.0.2.1", "token": TOKEN}
    assert not is_taken(signed, ("host", "evil.test"), **elsewhere)
    assert not is_taken(signed, ("host", "192.0.2.1"), ("origin", "http://evil.test"), **elsewhere)
    assert not is_taken(signed, ("host", "192.0.2.1"), ("sec-fetch-site", "cross-site"), **elsewhere)
    assert is_taken(signed, ("host", "192.0.2.1"), ("origin", "http://192.0.2.1"), **elsewhere)


def test_this_machine_needs_no_token_and_a_wrong_one_is_told() -> None:
    assert is_taken(("host", "localhost"), token=TOKEN)
    assert is_taken(("host", "localhost"), ("authorization", "Bearer demo-101"), token=TOKEN)
    assert not is_taken(("host", "localhost"), ("x-ringmock-token", "wrong"), token=TOKEN)


def test_what_only_opens_the_control_api_names_no_world() -> None:
    signed, host = (b"authorization", f"Bearer {TOKEN}".encode()), (b"host", b"localhost")
    access = Access(token=TOKEN)
    assert access.check(*HERE, [host, signed]) == [host]
    assert access.check(*HERE, [host, (b"authorization", b"Bearer demo-101")])[1:] == [
        (b"authorization", b"Bearer demo-101")
    ]


@pytest.mark.parametrize(
    ("token", "fits"), [("a" * 8, True), ("a" * 7, False), ("with a space", False), ("\u00e9" * 8, False)]
)
def test_a_token_can_be_sent_and_not_be_guessed(token: str, fits: bool) -> None:
    with contextlib.nullcontext() if fits else pytest.raises(ValueError, match="at least 8 characters"):
        Access(token=token)


@pytest.mark.parametrize(
    ("fetched", "is_page", "taken"),
    [
        ({"site": "none"}, False, True),
        ({"site": "same-origin"}, False, True),
        ({"site": "same-site"}, False, False),
        ({"site": "cross-site", "mode": "no-cors", "dest": "image"}, False, False),
        ({"site": "cross-site", "mode": "navigate", "dest": "document"}, False, False),
        ({"site": "cross-site", "mode": "navigate", "dest": "document"}, True, True),
        ({"site": "cross-site", "mode": "navigate", "dest": "iframe"}, True, False),
    ],
)
def test_a_browser_says_where_a_call_without_an_origin_comes_from(
    fetched: dict[str, str], is_page: bool, taken: bool
) -> None:
    headers = [(f"sec-fetch-{name}", value) for name, value in fetched.items()]
    assert is_taken(("host", "localhost"), *headers, is_page=is_page) == taken


# --- over the socket -----------------------------------------------------------------------------


def raw(url: str, target: str, *headers: tuple[str, str], method: str = "GET") -> tuple[int, str]:
    """A call with these headers and no others but Accept-Encoding."""
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=10)
    connection.putrequest(method, target, skip_host=True)
    for name, value in headers:
        connection.putheader(name, value)
    connection.endheaders()
    answer = connection.getresponse()
    text = answer.read().decode()
    connection.close()
    return answer.status, text


@pytest.mark.parametrize("path", ["/_mock/ready", "/_mock/", "/_mock/ui/worlds", "/_mock/ui/static/app.js"])
@pytest.mark.parametrize(
    "headers",
    [
        [("Host", "evil.test:8080"), ("Origin", "http://evil.test:8080")],
        [("Host", "evil.test:8080")],
        [("Host", "127.0.0.1:8080"), ("Origin", "http://[::1")],
    ],
)
def test_a_page_whose_name_was_made_to_lead_here_reads_nothing(
    server_url: str, path: str, headers: list[tuple[str, str]]
) -> None:
    status, text = raw(server_url, path, *headers)
    assert status == 403
    assert text.startswith('{"error": "The control API ')


def test_a_page_whose_name_was_made_to_lead_here_is_not_told_what_there_is(server_url: str) -> None:
    status, text = raw(server_url, "/_mock/nothing", ("Host", "evil.test"))
    assert (status, "/_mock/journal" in text) == (403, False)


def test_the_refusal_says_what_would_be_right(server_url: str) -> None:
    assert "--allow-host mock.test" in raw(server_url, "/_mock/ready", ("Host", "mock.test:80"))[1]


# --- paths -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "place",
    [
        "/_mock/{}",
        "/_mock/{}/x",
        "/_mock/handsets/{}/messages",
        "/_mock/ui/{}",
        "/_mock/extensions/{}",
        "/_mock/phones/{}",
        "/_mock/ui/static/{}",
        "/_mock/search?q={}",
        "/_mock/handsets/14151003732/messages/{}/attachments/1",
        "/_mock/journal?limit={}",
        "/_mock/?client={}",
    ],
)
def test_no_escape_in_a_path_or_a_query_is_a_fault_of_the_server(server_url: str, place: str) -> None:
    with Client(server_url) as client:
        escapes = [
            *(f"%{byte:02X}" for byte in range(256)),
            "%",
            "%4",
            "%ZZ",
            "%25%33%46",
            "%253F",
            "%C3%BC",
            "%ED%A0%80",
            "%2e%2e",
            "%2e%2e%2f",
            "%23",
            "%3F%3F=%26",
            "9" * 5000,
            "0100" + "0" * 5000,
        ]
        answers = {escape: raw(client.url, place.format(escape), ("Host", "localhost"))[0] for escape in escapes}
    assert {escape: status for escape, status in answers.items() if status >= 500} == {}


def test_an_escape_is_decoded_once(server_url: str) -> None:
    status, text = raw(server_url, "/_mock/extensions/%2531%253F", ("Host", "localhost"))
    assert (status, "'%31%3F'" in text) == (404, True)


@pytest.mark.parametrize("depth", [100, 250, 900])
def test_a_call_with_a_deep_body_is_shown_like_any_other(world_client: Client, depth: int) -> None:
    world_client.post(
        SMS, content=b'{"text":' * depth + b"1" + b"}" * depth, headers={"Content-Type": "application/json"}
    )

    calls = world_client.get("/_mock/journal?include=text").json()
    (call,) = (each for each in calls if each["path"].endswith("/sms"))
    for what_the_inspector_asks in (f"/_mock/journal/{call['id']}", f"/_mock/journal/{call['id']}/why"):
        assert world_client.get(what_the_inspector_asks).status_code == 200
