"""Worlds whose clock was set to the first or the last moment that there is: nothing fails in them."""

from collections.abc import Iterator
from typing import Any

import pytest

from ringmock.fixture import load_named
from ringmock.openapi.document import load_contract, operations
from ringmock.serving.server import running
from support import HANDSET, OWN, STORE, Client

ENDS = ["0001-01-01T00:00:00Z", "9999-12-31T00:00:00Z", "9999-12-31T23:59:59.999999Z"]
BATCHES = "/restapi/v1.0/account/~/a2p-sms"
REPORTS = "/restapi/v1.0/account/~/message-store-report"


@pytest.fixture(scope="module")
def own_url() -> Iterator[str]:
    """A server of its own, whose default world may be moved."""
    with running(load_named("demo")) as (url, _):
        yield url


@pytest.mark.parametrize("frozen", [True, False])
@pytest.mark.parametrize("now", ENDS)
def test_nothing_fails_at_the_ends_of_time(own_url: str, now: str, frozen: bool) -> None:
    ready_made = {"Authorization": "Bearer demo-101"}
    with Client(own_url) as client:
        client._tokens["101"] = "demo-101"
        assert client.call("PUT", "/_mock/clock", json={"now": now, "frozen": frozen}).status_code == 200
        form = {"grant_type": "password", "username": "16509100102", "password": "Secret-1"}
        tokens = client.post("/restapi/oauth/token", by=None, data={**form, "client_id": "demo-app"}).json()
        assert tokens
        sent = client.post_sms()
        assert sent.status_code == 200, sent.text
        paged = client.page("102")
        client.post(f"/_mock/handsets/{HANDSET}/messages", json={"to": "16509100010", "text": "STOP"})
        message = paged.json()["id"]
        calls: list[tuple[str, str, Any]] = [
            ("GET", STORE, None),
            ("GET", f"{STORE}?dateFrom=0001-01-01T00:00:00Z&dateTo=9999-12-31T23:59:59Z", None),
            ("GET", f"{STORE}/{message}", None),
            ("PUT", f"{STORE}/{message}", {"readStatus": "Read"}),
            ("DELETE", f"{STORE}/{message}", None),
            ("GET", f"{OWN}/message-sync?syncType=FSync", None),
            ("POST", f"{BATCHES}/batches", {"from": "16509100300", "text": "Hi", "messages": [{"to": [HANDSET]}]}),
            ("GET", f"{BATCHES}/batches", None),
            ("GET", f"{BATCHES}/messages", None),
            ("GET", f"{BATCHES}/statuses", None),
            ("POST", REPORTS, {}),
            ("POST", REPORTS, {"dateFrom": "0001-01-01T00:00:00Z", "dateTo": "9999-12-31T23:59:59Z"}),
            ("POST", "/restapi/oauth/wstoken", None),
        ]  # fmt: skip
        paths = [path for method, path, _ in operations(load_contract()) if method.upper() == "GET"]
        calls += [("GET", fill(path, message), None) for path in paths]
        failed = []
        for method, path, body in calls:
            answer = client.call(method, path, headers=ready_made, **({} if body is None else {"json": body}))
            if answer.status_code >= 500:
                failed.append((method, path, answer.text))
        synced = client.get(f"{OWN}/message-sync?syncType=FSync").json()
        token = synced.get("syncInfo", {}).get("syncToken")
        answer = client.get(f"{OWN}/message-sync?syncType=ISync&syncToken={token}")
        failed += [("sync", answer.text)] if answer.status_code >= 500 else []
        assert failed == []
        assert client.post("/_mock/reset").status_code == 200


def fill(path: str, message: int) -> str:
    """A path of the contract with something in each of its places."""
    names = {"accountId": "~", "extensionId": "~", "messageId": str(message), "apiVersion": "v1.0"}
    parts = [names.get(part[1:-1], "1") if part.startswith("{") else part for part in path.split("/")]
    return "/".join(parts)
