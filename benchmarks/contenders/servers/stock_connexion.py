"""`POST sms` on Connexion's AsyncApp as its documentation has it: the whole contract, and answers checked."""

from connexion import AsyncApp, request
from connexion.resolver import Resolver

from ringmock.openapi.document import load_contract

from .work import NOT_FOUND, NOT_YOURS, Json, Mailbox, serve

MAILBOX = Mailbox()


async def send(body: Json, **_: str) -> tuple[Json, int]:
    """`POST sms`."""
    message = MAILBOX.send(f"http://{request.headers['host']}", body)
    return (NOT_YOURS, 403) if message is None else (message, 200)


async def read(messageId: str, **_: str) -> tuple[Json, int, dict[str, str]]:  # noqa: N803  (the contract's own name)
    """`GET message-store/{messageId}`: one of its media types has to be named."""
    message = MAILBOX.read(messageId)
    return NOT_FOUND if message is None else message, 404 if message is None else 200, AS_JSON


async def not_written(**_: str) -> tuple[Json, int]:
    """Whatever else the contract names."""
    return {"errorCode": "CMN-201", "message": "Not written"}, 501


AS_JSON = {"Content-Type": "application/json"}
HANDLERS = {"createSMSMessage": send, "readMessage": read}

if __name__ == "__main__":
    contract = load_contract()
    schemes = contract["components"]["securitySchemes"]
    schemes["oauth2"]["x-tokenInfoFunc"] = "contenders.servers.work.token_info"
    app = AsyncApp(__name__)
    app.add_api(
        contract,
        resolver=Resolver(lambda operation: HANDLERS.get(operation, not_written)),
        validate_responses=True,
    )
    serve(app)
