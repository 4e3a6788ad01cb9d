"""The code under test: alerts to the person on call, and to a customer's phone."""

import json
import urllib.request
from typing import Any

OWN = "/restapi/v1.0/account/~/extension/~"


class Alerts:
    """A client of RingCentral's messaging API. `url` is the server's, without a slash at the end."""

    def __init__(self, url: str, token: str) -> None:
        self._url = url
        self._token = token

    def page(self, extension: str, text: str) -> Any:
        """Page an extension, or everyone in a Department."""
        return self._post("company-pager", {"to": [{"extensionNumber": extension}], "text": text})

    def text(self, sender: str, phone: str, text: str) -> Any:
        """Send an SMS from one of our numbers."""
        return self._post("sms", {"from": {"phoneNumber": sender}, "to": [{"phoneNumber": phone}], "text": text})

    def _post(self, resource: str, body: Any) -> Any:
        headers = {"Authorization": f"Bearer {self._token}", "Content-Type": "application/json"}
        call = urllib.request.Request(f"{self._url}{OWN}/{resource}", json.dumps(body).encode(), headers)
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(call) as answer:
            return json.load(answer)
