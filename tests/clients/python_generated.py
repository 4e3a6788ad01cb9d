"""A day of the client that openapi-python-client generates: `python_generated.py URL CLIENT_ID SECRET`.

Prints a line of JSON for each step. `generated` is the client's package, found by PYTHONPATH.
"""

import importlib
import json
import pkgutil
import sys
from typing import Any

import httpx
from generated import AuthenticatedClient
from generated.api.message_store import list_messages
from generated.api.pager_messages import create_internal_text_message
from generated.api.sms import create_sms_message
from generated.models import CreateInternalTextMessageRequest, CreateSMSMessage, MessageDirectionEnum


def step(name: str, result: Any) -> None:
    print(json.dumps({"step": name, "result": result}))


def broken_modules() -> list[str]:
    import generated

    broken = []
    for module in pkgutil.walk_packages(generated.__path__, "generated."):
        try:
            importlib.import_module(module.name)
        except Exception as error:
            broken.append(f"{module.name}: {error}")
    return broken


def access_token(url: str, client_id: str, secret: str) -> str:
    form = {"grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer", "assertion": "demo-jwt-101"}
    answer = httpx.post(f"{url}/restapi/oauth/token", data=form, auth=(client_id, secret))
    return str(answer.json()["access_token"])


def main(url: str, client_id: str, secret: str) -> None:
    step("modules that cannot be imported", broken_modules())
    with AuthenticatedClient(base_url=url, token=access_token(url, client_id, secret)) as client:
        body = {"from": {"phoneNumber": "16509100010"}, "to": [{"phoneNumber": "14151003732"}], "text": "Hello"}
        sms = create_sms_message.sync("~", "~", client=client, body=CreateSMSMessage.from_dict(body))
        step("send an SMS", sms.subject)
        page = {"to": [{"extensionNumber": "102"}], "text": "A page"}
        paged = create_internal_text_message.sync(
            "~", "~", client=client, body=CreateInternalTextMessageRequest.from_dict(page)
        )
        step("page", paged.direction)
        listed = list_messages.sync("~", "~", client=client, direction=[MessageDirectionEnum.OUTBOUND], per_page=10)
        step("list", [message.subject for message in listed.records])
        frozen = {"to": [{"extensionNumber": "104"}], "text": "Frozen"}
        refused = create_internal_text_message.sync_detailed(
            "~", "~", client=client, body=CreateInternalTextMessageRequest.from_dict(frozen)
        )
        step("refused", [refused.status_code, refused.parsed.errors[0].error_code])


if __name__ == "__main__":
    main(*sys.argv[1:])
