"""A stub as a team may have one: sign-in by JWT, SMS, pages, the list of messages. Three rules are wrong on purpose."""

import sys
from datetime import UTC, datetime
from itertools import count

from flask import Flask, abort, jsonify, make_response, request

app = Flask(__name__)
ids, mailboxes = count(1001), {}
PEOPLE = {"101": 1346632010, "102": 1346632102, "103": 1346632103, "104": 1346632104, "106": 1346632106}
INACTIVE, MEMBERS, PHONES = {"104"}, {"200": ["102", "103", "104"]}, {"101": "16509100010", "102": "16509100012"}
OWN = "/restapi/v1.0/account/~/extension/~"


def refuse(status: int, code: str, message: str, parameter: str | None = None) -> None:
    error = {"errorCode": code, "message": message} | ({"parameterName": parameter} if parameter else {})
    abort(make_response({"errorCode": code, "message": message, "errors": [error]}, status))


def caller() -> str:
    number = request.headers.get("Authorization", "").removeprefix("Bearer stub-")
    if number not in PEOPLE:
        refuse(401, "AGW-402" if request.headers.get("Authorization") else "AGW-401", "Invalid Authorization header")
    return number


def sent(kind: str, sender: dict, to: list, text: str) -> dict:
    if not isinstance(text, str) or not text or any("\ud800" <= character <= "\udfff" for character in text):
        refuse(400, "CMN-101", "Parameter [text] value is invalid", "text")
    if len(text) > (1000 if kind == "SMS" else 1024):  # wrong: a character of four bytes counts as two
        refuse(400, "MSG-338", "Parameter [text] is too long", "text")
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    message = {"id": next(ids), "type": kind, "from": sender, "to": to, "subject": text, "conversationId": next(ids)}
    times = {"creationTime": now, "lastModifiedTime": now}
    return message | times | {"priority": "Normal", "availability": "Alive", "attachments": []}


def put(number: str, message: dict, direction: str) -> dict:
    status, read = ("Sent", "Read") if direction == "Outbound" else ("Received", "Unread")
    uri = f"{request.host_url}restapi/v1.0/account/1346632010/extension/{PEOPLE[number]}/message-store/{message['id']}"
    own = message | {"direction": direction, "messageStatus": status, "readStatus": read, "uri": uri}
    mailboxes.setdefault(number, []).insert(0, own)
    return own


@app.post("/restapi/oauth/token")
def token() -> dict:
    number = request.form.get("assertion", "").removeprefix("demo-jwt-")
    if number not in PEOPLE or number in INACTIVE:
        abort(make_response({"error": "invalid_grant", "error_description": "Invalid assertion"}, 400))
    answer = {"access_token": f"stub-{number}", "token_type": "bearer", "expires_in": 3600, "scope": "SMS"}
    return answer | {"owner_id": str(PEOPLE[number]), "endpoint_id": "stub"}


@app.post(f"{OWN}/sms")
def sms() -> dict:
    number, body = caller(), request.get_json()
    if not body.get("to") or not all(to.get("phoneNumber") for to in body["to"]):
        refuse(400, "MSG-246" if body.get("to") else "CMN-101", "Parameter [to] value is invalid", "to")
    if body["from"]["phoneNumber"].lstrip("+") != PHONES.get(number):
        refuse(403, "MSG-304", "Phone number doesn't belong to extension")
    # wrong: an extension number is no phone number
    message = sent("SMS", body["from"], body["to"], body.get("text"))
    for other, phone in PHONES.items():
        if phone in [to["phoneNumber"].lstrip("+") for to in body["to"]]:
            put(other, message, "Inbound")
    return put(number, message, "Outbound")


@app.post(f"{OWN}/company-pager")
def pager() -> dict:
    number, body, receivers = caller(), request.get_json(), []
    if not body.get("to"):
        refuse(400, "CMN-101", "Parameter [to] value is invalid", "to")
    for to in (party["extensionNumber"] for party in body["to"][:1]):  # wrong: the others are forgotten
        receivers += MEMBERS.get(to) or [to]
    message = sent("Pager", {"extensionNumber": number}, body["to"], body.get("text"))
    for other in dict.fromkeys(receivers):
        put(other, message, "Inbound")
    return put(number, message, "Outbound")


@app.get(f"{OWN}/message-store")
def messages() -> dict:
    records = mailboxes.get(caller(), [])
    return jsonify(records=records, paging={"page": 1, "perPage": 100}, navigation={}, uri=request.url)


if __name__ == "__main__":
    app.run(port=int(sys.argv[1]))
