"""The work itself, for the Python servers: who calls, what was sent, and the answer in the contract's shape."""

import itertools
import random
import sys
from datetime import UTC, datetime
from typing import Any

import uvicorn

Json = Any

ACCOUNT = EXTENSION = "1346632010"
TOKENS = {"demo-101": {"sub": EXTENSION, "scope": []}}
NUMBERS = {EXTENSION: {"16509100010"}}
NO_CREDENTIALS = {"errorCode": "AGW-401", "message": "Authorization header is not specified"}
NOT_FOUND = {"errorCode": "CMN-102", "message": "Resource for parameter [messageId] is not found"}
NOT_YOURS = {"errorCode": "MSG-304", "message": "Phone number doesn't belong to extension"}


def token_info(token: str) -> dict[str, Json] | None:
    """Whose call it is."""
    return TOKENS.get(token)


def message(base: str, id_: int, text: str, to: str, sender: str, now: str, conversation: int = 4178398077) -> Json:
    """The answer to `POST sms`, field by field as ringmock gives it."""
    uri = f"{base}/restapi/v1.0/account/{ACCOUNT}/extension/{EXTENSION}/message-store/{id_}"
    return {
        "uri": uri,
        "id": id_,
        "to": [{"phoneNumber": to}],
        "from": {"phoneNumber": sender},
        "type": "SMS",
        "creationTime": now,
        "readStatus": "Unread",
        "priority": "Normal",
        "attachments": [{"id": 1, "uri": f"{uri}/content/1", "contentType": "text/plain"}],
        "direction": "Outbound",
        "availability": "Alive",
        "subject": text,
        "messageStatus": "Sent",
        "conversationId": conversation,
        "lastModifiedTime": now,
    }


class Mailbox:
    """What was sent, by id, and a conversation for each pair of numbers."""

    def __init__(self) -> None:
        self._messages: dict[int, Json] = {}
        self._conversations: dict[tuple[str, str], int] = {}
        self._ids = itertools.count(320270670010, 1000)

    def send(self, base: str, body: Json) -> Json | None:
        """The stored message; None when the number is not the sender's own."""
        sender, to = body["from"]["phoneNumber"].lstrip("+"), body["to"][0]["phoneNumber"].lstrip("+")
        if sender not in NUMBERS[EXTENSION]:
            return None
        conversation = self._conversations.setdefault((sender, to), random.getrandbits(52) + 1)
        now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
        sent = message(base, next(self._ids), body["text"], to, sender, now, conversation)
        self._messages[sent["id"]] = sent
        return sent

    def read(self, id_: str) -> Json | None:
        """A stored message; None when there is none."""
        return self._messages.get(int(id_))


def serve(app: Any) -> None:
    """Serve as ringmock is served, on the port that was given."""
    uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="warning", access_log=False, lifespan="off")
