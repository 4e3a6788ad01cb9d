"""A client of a WebSocket: it numbers its calls and reads each answer."""

import json
import ssl
from contextlib import closing
from typing import Any

from websockets.sync.client import ClientConnection, connect

from ringmock.contract.cases.sockets import Socket as TlsSocket
from support import WAIT_SECONDS, Client

WS_TOKEN = "/restapi/oauth/wstoken"
SUBSCRIPTION = "/restapi/v1.0/subscription"
STORE_FILTER = "/restapi/v1.0/account/~/extension/~/message-store"

Header = dict[str, Any]


class Socket:
    """One end of a connection, which numbers its calls."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection
        self._calls = 0

    def receive(self) -> tuple[Header, Any]:
        header, *body = json.loads(self.connection.recv(timeout=WAIT_SECONDS))
        return header, body[0] if body else None

    def send(self, *parts: Any) -> None:
        self.connection.send(json.dumps(parts))

    def call(self, method: str, path: str, body: Any = None, **more: Any) -> tuple[Header, Any]:
        """The answer to a call; no notification may be waiting."""
        self._calls += 1
        header = {"type": "ClientRequest", "messageId": f"call-{self._calls}", "method": method, "path": path, **more}
        self.send(header, *([] if body is None else [body]))
        answer, said = self.receive()
        assert (answer["type"], answer["messageId"]) == ("ClientRequest", header["messageId"])
        return answer, said

    def subscribe(self, *filters: str) -> dict[str, Any]:
        body = {"eventFilters": filters or [STORE_FILTER], "deliveryMode": {"transportType": "WebSocket"}}
        answer, subscription = self.call("POST", f"{SUBSCRIPTION}/", body)
        assert answer["status"] == 200, subscription
        assert answer["headers"]["WSG-SubscriptionId"] == subscription["id"]
        return subscription


def uri(client: Client, by: str = "101", **more: str) -> str:
    token = client.post(WS_TOKEN, by=by).json()
    query = "&".join(f"{name}={value}" for name, value in {"access_token": token["ws_access_token"], **more}.items())
    return f"{token['uri']}?{query}"


def opened(client: Client, by: str = "101", **more: str) -> tuple[Socket, Header, dict[str, Any]]:
    socket = Socket(connect(uri(client, by, **more), proxy=None, open_timeout=WAIT_SECONDS))
    return socket, *socket.receive()


def greeted_by_https(url: str, token: str) -> Any:
    """The first message on a WebSocket at a server whose certificate nobody has signed."""
    trusting = ssl.create_default_context()
    trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
    socket = TlsSocket(url, f"{url.replace('https', 'wss')}/ws?access_token={token}", trusting)
    with closing(socket):
        return socket.first()
