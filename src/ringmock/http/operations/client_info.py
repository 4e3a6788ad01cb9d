"""What the service says of the application that asks, of itself, and of products that are not here."""

from ...sign_in.permissions import scope_of
from ..call import Answer, Call
from ..wire.view import Json
from .access import governed_extension

_MAX_USER_AGENT = 1000


def read_client_info(call: Call) -> Answer:
    """`readClientInfo`: who is signed in, by which application and with which permissions."""
    session = call.signed_in
    agent = call.headers.get(b"user-agent", b"").decode("latin-1")[:_MAX_USER_AGENT]
    client: Json = {"detected": bool(session.client_id), "userAgent": agent, "locale": "en-US"}
    if session.client_id:
        client["appId"] = session.client_id
    return Answer(
        {
            "uri": f"{call.base_url}/restapi/v1.0/client-info",
            "owner_id": str(session.extension.id),
            "endpoint_id": session.endpoint_id,
            "scope": scope_of(session.permissions),
            "client": client,
        }
    )


def read_api_status(call: Call) -> Answer:
    """`readAPIStatus`: it answers, so it works."""
    return Answer()


def read_user_video_configuration(call: Call) -> Answer:
    """`readUserVideoConfiguration`: there are no meetings here."""
    governed_extension(call)
    return Answer({"provider": "None", "userLicenseType": "Free"})
