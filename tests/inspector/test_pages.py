"""The inspector's pages over the socket."""

import re
from collections.abc import Iterator
from html import unescape

import httpx2
import pytest

from ringmock.fixture import load_fixture
from ringmock.inspector.pages import MOST_CALLS, MOST_EXTENSIONS, MOST_MESSAGES
from ringmock.serving.server import running
from support import DIRECT_NUMBER, HANDSET, OWN, SMS, STORE, Client, sms_body


def page(client: Client, path: str = "", status: int = 200, of: str | None = None) -> str:
    """The HTML of a page about the world of a client, its own unless told otherwise."""
    answer = client.get(f"/_mock/{path}", by=None, params={"client": of or client.client_id})
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    return answer.text


def rows(text: str) -> list[list[str]]:
    """The cells of every row of a table, without their markup, and with single spaces."""
    found = re.findall(r"<tr[^>]*>(.*?)</tr>", text, re.DOTALL)
    return [[plain(cell) for cell in re.findall(r"<t[dh][^>]*>(.*?)</t[dh]>", row, re.DOTALL)] for row in found]


def plain(markup: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", "", markup.replace("</div>", " "))).split())


@pytest.fixture
def client(world_client: Client) -> Client:
    """A client whose world is open."""
    world_client.token("101")
    return world_client


def test_the_account_shows_every_extension_with_what_it_holds(client: Client) -> None:
    client.post_sms()
    client.post_sms(to=DIRECT_NUMBER["102"])
    shown = {row[0]: row for row in rows(page(client))}
    assert shown["101"][1:] == ["Administrator", "User", "Enabled", "16509100010, 16509100300", "0", "0", "2"]
    assert shown["102"][5:] == ["1", "1", "0"]
    assert shown["104"][3] == "Frozen"
    assert shown["200"][2] == "Department of 102, 103, 104, 105"


def test_a_call_stands_there_with_the_rules_that_decided_it(client: Client) -> None:
    client.page("200", text="All hands")
    client.post(SMS, json=sms_body(sender=DIRECT_NUMBER["102"]))
    refused, paged = [row for row in rows(page(client)) if f"POST {OWN}" in " ".join(row)]
    assert refused[1:4:2] == ["101", "403"]
    assert refused[4] == "MSG-304 Phone number doesn't belong to extension [from 16509100102] R-12"
    assert paged[3:] == [
        "200",
        "200 delivered (R-03) 102 delivered (R-10) 103 delivered (R-10) 104 skipped (R-19) 105 skipped (R-19)",
    ]
    assert '"text": "All hands"' in paged[2]


@pytest.mark.parametrize("calls", [MOST_CALLS, MOST_CALLS + 1])
def test_the_newest_calls_stand_there_and_how_many_there_are(client: Client, calls: int) -> None:
    before = len(client.get("/_mock/journal").json())
    for _ in range(calls - before):
        client.get(OWN)
    text = page(client)
    assert text.count(f"GET {OWN.replace('/', '/<wbr>')}") == min(calls, MOST_CALLS) - before * (calls == MOST_CALLS)
    assert (f"GET /_mock/journal has all {calls}" in text) == (calls > MOST_CALLS)


def test_a_mailbox_shows_its_newest_message_first_and_the_deleted_as_such(client: Client) -> None:
    first = client.post_sms("first").json()["id"]
    client.post_sms("<b>second</b> & last")
    client.call("DELETE", f"{STORE}/{first}")
    text = page(client, "mailboxes/101")
    second, deleted = rows(text)[1:]
    assert second[1:6] == ["SMS, Outbound", "Sent", DIRECT_NUMBER["101"], HANDSET, "<b>second</b> & last"]
    assert deleted[2] == "Sent, Deleted"
    assert "<b>second" not in text
    assert "0 received, 0 of them unread; 1 sent." in plain(text)


def test_a_phone_outside_shows_what_it_received(client: Client) -> None:
    client.post_sms("to the phone")
    assert rows(page(client, f"phones/+{HANDSET}"))[1][1:4] == [DIRECT_NUMBER["101"], HANDSET, "to the phone"]


@pytest.mark.parametrize("path", ["mailboxes/101", f"phones/{HANDSET}"])
@pytest.mark.parametrize("sent", [MOST_MESSAGES, MOST_MESSAGES + 1])
def test_the_newest_messages_stand_there_and_how_many_there_are(client: Client, path: str, sent: int) -> None:
    for number in range(sent):
        client.post_sms(f"number {number}")
    text = page(client, path)
    shown = [cell for row in rows(text) for cell in row if cell.startswith("number ")]
    assert shown == [f"number {number}" for number in range(sent - 1, sent - 1 - MOST_MESSAGES, -1)]
    assert (f"The newest {MOST_MESSAGES} of {sent}." in text) == (sent > MOST_MESSAGES)


def write(client: Client, to: str, text: str, phone: str = HANDSET, **more: str) -> httpx2.Response:
    """What the form of a phone's page sends."""
    path, query = f"/_mock/phones/{phone}", {"client": client.client_id}
    return client.post(path, by=None, params=query, data={"to": to, "text": text}, headers=more)


def test_what_is_written_as_a_phone_arrives_and_its_mailbox_is_shown(client: Client) -> None:
    answer = write(client, f"+{DIRECT_NUMBER['102']}", "Ça va?")
    assert (answer.status_code, answer.headers["location"]) == (
        303,
        f"/_mock/mailboxes/102?client={client.client_id}",
    )
    (message,) = client.messages("102")
    assert (message["subject"], message["from"]["phoneNumber"]) == ("Ça va?", HANDSET)


def test_what_arrives_nowhere_is_reported_on_the_phones_page(client: Client) -> None:
    answer = write(client, "16509100105", "Anybody?")
    assert answer.status_code == 303
    text = client.get(answer.headers["location"], by=None).text
    assert "Sent: 16509100105 dropped (R-16)." in plain(text)


@pytest.mark.parametrize(
    ("to", "text", "phone", "said"),
    [
        ("14151003733", "Hi", HANDSET, "'14151003733' is none: 'to' is a phone number of this account"),
        (DIRECT_NUMBER["101"], "", HANDSET, "An SMS has a text."),
        (DIRECT_NUMBER["101"], "Hi", "12", "'12' is no phone number"),
        (DIRECT_NUMBER["101"], "Hi", DIRECT_NUMBER["102"], "belongs to the account: a handset is a phone outside"),
    ],
)
def test_what_cannot_be_written_is_reported_on_a_page(
    client: Client, to: str, text: str, phone: str, said: str
) -> None:
    answer = write(client, to, text, phone)
    assert (answer.status_code, answer.headers["content-type"]) == (400, "text/html; charset=utf-8")
    assert said in plain(answer.text)
    assert "<h1>That was not sent</h1>" in answer.text
    assert client.messages("101") == []


def test_a_page_of_another_site_writes_nothing(client: Client) -> None:
    assert write(client, DIRECT_NUMBER["101"], "Hi", Origin="http://elsewhere.test").status_code == 403
    assert client.messages("101") == []


def test_faults_on_demand_stand_there_with_the_calls_that_are_left(client: Client) -> None:
    rules = [{"operation": "listMessages", "error": "CMN-201", "times": 2}, {"delay": 0.1, "lost": True, "share": 0.5}]
    client.call("PUT", "/_mock/faults", json=rules)
    client.get(STORE)
    shown = plain(page(client))
    assert "listMessages: CMN-201; 1 more, met 1 times" in shown
    assert "Every operation: 0.1 seconds late, carried out, the answer is lost, 0.5 of them; for all, met" in shown
    assert "CMN-201 Service Temporary Unavailable on demand" in shown


def test_links_stay_in_the_world_of_the_client(client: Client) -> None:
    links = re.findall(r'href="(/_mock/(?!inspector/)[^"]*)"', page(client))
    assert links
    assert all(link.endswith(f"?client={client.client_id}") for link in links)


def test_without_a_client_it_is_the_first_world(server_url: str) -> None:
    text = httpx2.get(f"{server_url}/_mock/").text
    assert "Account 1346632010" in text
    assert "?client=" not in text


@pytest.mark.parametrize(
    ("path", "client_id", "sentence"),
    [
        ("mailboxes/999", None, "There is no extension '999' in this account."),
        ("mailboxes/", None, "There is no extension '' in this account."),
        ("", "<nobody>", "No client '<nobody>' has opened a world here."),
    ],
)
def test_what_is_not_there_is_reported_on_a_page(
    client: Client, path: str, client_id: str | None, sentence: str
) -> None:
    text = page(client, path, status=404, of=client_id)
    assert sentence in plain(text)
    assert "<h1>There is nothing here</h1>" in text
    assert "<nobody>" not in text


def test_nothing_of_another_origin_is_loaded_and_no_script_in_the_page_runs(client: Client) -> None:
    policy = client.get("/_mock/", by=None).headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self';")
    assert not re.search("<script>|style=|https?://", page(client))


def test_the_inspector_is_there_without_its_slash_too(client: Client) -> None:
    assert client.get("/_mock", by=None).text.splitlines()[0] == "<!doctype html>"


def test_looking_leaves_no_call_in_the_journal(client: Client) -> None:
    before = client.get("/_mock/journal").json()
    page(client)
    page(client, "mailboxes/101")
    assert client.get("/_mock/journal").json() == before


@pytest.fixture(scope="module", params=[MOST_EXTENSIONS, MOST_EXTENSIONS + 1])
def large(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, int]]:
    """A server of an account with so many extensions."""
    size: int = request.param
    extensions = [f'  - {{number: "{1000 + at}", id: {9000 + at}, type: User}}' for at in range(size)]
    lines = ['account: {id: 1346632010, main_number: "16509100001"}', "extensions:", *extensions]
    path = tmp_path_factory.mktemp("account") / "large.yaml"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    with running(load_fixture(path)) as (url, _):
        yield url, size


def test_of_a_large_account_the_first_extensions_stand_there_and_any_can_be_opened(large: tuple[str, int]) -> None:
    url, size = large
    text = httpx2.get(f"{url}/_mock/").text
    assert len(re.findall('<th scope="row">', text)) == MOST_EXTENSIONS
    assert ("And 1 more." in text) == (size > MOST_EXTENSIONS)
    last = httpx2.get(f"{url}/_mock/mailboxes/", params={"number": f" {999 + size} "}).text
    assert f"Mailbox of {999 + size}" in last
