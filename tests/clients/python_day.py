"""A day of RingCentral's Python SDK: log in, send, page on, subscribe, receive. Arguments: URL, client id, secret.

A process of its own, because what to trust is set for the whole of one:
the SDK takes it from certifi, and reads no variable.
"""

import asyncio
import json
import os
import sys
from typing import Any

import certifi

certifi.where = lambda: os.environ["SSL_CERT_FILE"]

from ringcentral import SDK  # noqa: E402
from ringcentral.platform.platform import Platform  # noqa: E402
from ringcentral.websocket.events import WebSocketEvents  # noqa: E402

OWN = "/restapi/v1.0/account/~/extension/~"
PATIENCE = 30.0


def sdk_of(jwt: str) -> SDK:
    url, client_id, client_secret = sys.argv[1:]
    sdk = SDK(client_id, client_secret, url, "ringmock-tests", "1.0")
    sdk.platform().login(jwt=jwt)
    return sdk


async def received(sdk: SDK, sender: Platform) -> Any:
    """The event that the SDK's extension gets of a page."""
    connected, created, told = (asyncio.get_running_loop().create_future() for _ in range(3))
    client = sdk.create_web_socket_client()
    client.on(WebSocketEvents.connectionCreated, connected.set_result)
    client.on(WebSocketEvents.subscriptionCreated, created.set_result)
    client.on(WebSocketEvents.receiveSubscriptionNotification, told.set_result)
    connection = asyncio.create_task(client.create_new_connection())
    await asyncio.wait_for(connected, PATIENCE)
    await client.create_subscription([f"{OWN}/message-store"])
    await asyncio.wait_for(created, PATIENCE)
    page = {"to": [{"extensionNumber": "102"}], "text": "Hello"}
    await asyncio.to_thread(sender.post, f"{OWN}/company-pager", page)
    _, event = await asyncio.wait_for(told, PATIENCE)
    await client.close_connection()
    connection.cancel()
    await asyncio.gather(connection, return_exceptions=True)
    return event


sender = sdk_of("demo-jwt-101").platform()
sent = []
for text in ("one", "two"):
    sms = {"from": {"phoneNumber": "16509100010"}, "to": [{"phoneNumber": "14151003732"}], "text": text}
    sent.append(sender.post(f"{OWN}/sms", sms).json_dict())
first = sender.get(f"{OWN}/message-store", {"perPage": 1}).json_dict()
second = sender.get(first["navigation"]["nextPage"]["uri"]).json_dict()
steps = {
    "sent": sent[-1]["uri"],
    "read by uri": sender.get(sent[-1]["uri"]).json_dict()["subject"],
    "pages": [page["records"][0]["subject"] for page in (first, second)],
    "event": asyncio.run(received(sdk_of("demo-jwt-102"), sender)),
}
for step, result in steps.items():
    print(json.dumps({"step": step, "result": result}))
