"""`POST sms` by hand on Starlette: what one could have written without a framework that reads the contract."""

import json
import re

import jsonschema_rs
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ringmock.openapi.document import load_contract

from .work import NO_CREDENTIALS, NOT_FOUND, NOT_YOURS, Json, Mailbox, serve, token_info

SCHEMAS = load_contract()["components"]["schemas"]
OWNER = re.compile(r"~|[1-9][0-9]{0,18}")


def compiled(name: str) -> jsonschema_rs.Validator:
    """A schema of the contract."""
    return jsonschema_rs.Draft4Validator(
        {"$ref": f"#/components/schemas/{name}", "components": {"schemas": SCHEMAS}}, validate_formats=True
    )


REQUEST = compiled("CreateSMSMessage")
ANSWER = compiled("GetSMSMessageInfoResponse")
MAILBOX = Mailbox()


def answered(status: int, body: Json) -> Response:
    """The body as JSON."""
    return Response(json.dumps(body, ensure_ascii=False), status, media_type="application/json")


def refusal(request: Request) -> Response | None:
    """The answer to a call without credentials, or to a path that the contract has not."""
    kind, _, token = request.headers.get("authorization", "").partition(" ")
    if kind.lower() != "bearer" or token_info(token) is None:
        return answered(401, NO_CREDENTIALS)
    if not all(OWNER.fullmatch(request.path_params[name]) for name in ("account_id", "extension_id")):
        return answered(400, NOT_FOUND)
    return None


async def send(request: Request) -> Response:
    """`POST sms`."""
    refused = refusal(request)
    if refused is not None:
        return refused
    try:
        body = json.loads(await request.body())
    except ValueError:
        return answered(400, {"errorCode": "CMN-103", "message": "Unparseable JSON body"})
    if not REQUEST.is_valid(body):
        problems = [{"errorCode": "CMN-101", "message": problem.message} for problem in REQUEST.iter_errors(body)]
        return answered(400, {**problems[0], "errors": problems})
    message = MAILBOX.send(f"http://{request.headers['host']}", body)
    if message is None:
        return answered(403, NOT_YOURS)
    if not ANSWER.is_valid(message):
        return answered(500, {"errorCode": "CMN-201", "message": "Internal Server Error"})
    return answered(200, message)


async def read(request: Request) -> Response:
    """`GET message-store/{messageId}`."""
    message = MAILBOX.read(request.path_params["message_id"])
    return refusal(request) or (answered(404, NOT_FOUND) if message is None else answered(200, message))


EXTENSION = "/restapi/v1.0/account/{account_id}/extension/{extension_id}"

if __name__ == "__main__":
    serve(
        Starlette(
            routes=[
                Route(f"{EXTENSION}/sms", send, methods=["POST"]),
                Route(f"{EXTENSION}/message-store/{{message_id}}", read, methods=["GET"]),
            ]
        )
    )
