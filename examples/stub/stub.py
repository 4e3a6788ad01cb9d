"""A stub as a team may have one: sign-in by JWT, SMS, pages, the list of messages. Three rules are wrong on purpose."""

import sys
from datetime import UTC, datetime
from itertools import count

from flask import Flask, abort, jsonify, make_response, request

app, ids, mailboxes = Flask(__name__), count(1001), {}
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


def send(number: str, kind: str, sender: dict, receivers: list) -> dict:
    to, text = request.get_json()["to"], request.get_json().get("text")
    if not isinstance(text, str) or not text or any("\ud800" <= character <= "\udfff" for character in text):
        refuse(400, "CMN-101", "Parameter [text] value is invalid", "text")
    if len(text) > (1000 if kind == "SMS" else 1024):  # wrong: a character of four bytes counts as two
        refuse(400, "MSG-338", "Parameter [text] is too long", "text")
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    message = {"id": next(ids), "type": kind, "from": sender, "to": to, "subject": text, "conversationId": next(ids)}
    message |= {"creationTime": now, "lastModifiedTime": now, "priority": "Normal", "availability": "Alive"}
    inbound = {"direction": "Inbound", "messageStatus": "Received", "readStatus": "Unread"}
    outbound = {"direction": "Outbound", "messageStatus": "Sent", "readStatus": "Read"}
    for other, way in [*((receiver, inbound) for receiver in dict.fromkeys(receivers)), (number, outbound)]:
        store = f"{request.host_url}restapi/v1.0/account/1346632010/extension/{PEOPLE[other]}/message-store"
        own = message | way | {"attachments": [], "uri": f"{store}/{message['id']}"}
        mailboxes.setdefault(other, []).insert(0, own)
    return own


@app.post("/restapi/oauth/token")
def token() -> dict:
    number = request.form.get("assertion", "").removeprefix("demo-jwt-")
    if number not in PEOPLE or number in INACTIVE:
        abort(make_response({"error": "invalid_grant", "error_description": "Invalid assertion"}, 400))
    whose = {"owner_id": str(PEOPLE[number]), "endpoint_id": "stub", "scope": "SMS"}
    return {"access_token": f"stub-{number}", "token_type": "bearer", "expires_in": 3600} | whose


@app.post(f"{OWN}/sms")
def sms() -> dict:
    number, body = caller(), request.get_json()
    if not body.get("to") or not all(to.get("phoneNumber") for to in body["to"]):
        refuse(400, "MSG-246" if body.get("to") else "CMN-101", "Parameter [to] value is invalid", "to")
    if body["from"]["phoneNumber"].lstrip("+") != PHONES.get(number):
        refuse(403, "MSG-304", "Phone number doesn't belong to extension")
    called = [to["phoneNumber"].lstrip("+") for to in body["to"]]  # wrong: an extension number is none of these
    return send(number, "SMS", body["from"], [other for other, phone in PHONES.items() if phone in called])


@app.post(f"{OWN}/company-pager")
def pager() -> dict:
    number, to = caller(), request.get_json().get("to")
    if not to:
        refuse(400, "CMN-101", "Parameter [to] value is invalid", "to")
    first = to[0]["extensionNumber"]  # wrong: the others are forgotten
    return send(number, "Pager", {"extensionNumber": number}, MEMBERS.get(first) or [first])


@app.get(f"{OWN}/message-store")
def messages() -> dict:
    return jsonify(records=mailboxes.get(caller(), []), paging={"page": 1}, navigation={}, uri=request.url)


if __name__ == "__main__":
    app.run(port=int(sys.argv[1]))
