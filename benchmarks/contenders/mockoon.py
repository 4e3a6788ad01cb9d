"""Mockoon: a template for an answer, and a rule with a JSON schema where bodies are to be checked."""

import json
import uuid

from .contender import NODE, Contender, Place, npm
from .exchange import SMS
from .templated import answer_template, request_schema

BUCKET = "schema"
ANSWER = answer_template(
    {
        "base": "{{baseUrl}}",
        "id": "32{{int 1000000000 9999999999}}",
        "text": "{{body 'text'}}",
        "to": "{{body 'to.0.phoneNumber'}}",
        "from": "{{body 'from.phoneNumber'}}",
        "now": """{{now "yyyy-MM-dd'T'HH:mm:ss'.000Z'"}}""",
    }
)


def response(status: int, body: str, rules: list[dict[str, object]]) -> dict[str, object]:
    """One of a route's answers; without rules it is the one that is given otherwise."""
    return {
        "uuid": str(uuid.uuid4()),
        "label": "",
        "statusCode": status,
        "body": body,
        "latency": 0,
        "headers": [{"key": "Content-Type", "value": "application/json"}],
        "bodyType": "INLINE",
        "filePath": "",
        "databucketID": "",
        "sendFileAsBody": False,
        "rules": rules,
        "rulesOperator": "OR",
        "callbacks": [],
        "disableTemplating": False,
        "fallbackTo404": False,
        "default": not rules,
        "crudKey": "id",
    }


def environment(responses: list[dict[str, object]]) -> str:
    """Mockoon's own file: one route."""
    route = {
        "uuid": str(uuid.uuid4()),
        "type": "http",
        "documentation": "",
        "method": "post",
        "endpoint": SMS.path.removeprefix("/").replace("account/~", "account/:account"),
        "responses": responses,
        "responseMode": None,
        "streamingMode": None,
        "streamingInterval": 0,
    }
    bucket = {
        "uuid": str(uuid.uuid4()),
        "id": BUCKET,
        "name": BUCKET,
        "documentation": "",
        "value": json.dumps(request_schema()),
    }
    tls = {
        "enabled": False,
        "type": "CERT",
        "pfxPath": "",
        "certPath": "",
        "keyPath": "",
        "caPath": "",
        "passphrase": "",
    }
    return json.dumps(
        {
            "uuid": str(uuid.uuid4()),
            "lastMigration": 33,
            "name": "sms",
            "endpointPrefix": "",
            "latency": 0,
            "port": 3000,
            "hostname": "127.0.0.1",
            "folders": [],
            "routes": [route],
            "data": [bucket],
            "rootChildren": [{"type": "route", "uuid": route["uuid"]}],
            "tlsOptions": tls,
            "cors": False,
            "proxyMode": False,
            "proxyHost": "",
            "proxyRemovePrefix": False,
            "headers": [],
            "callbacks": [],
            "proxyReqHeaders": [],
            "proxyResHeaders": [],
        }
    )


def command(place: Place, responses: list[dict[str, object]]) -> list[str]:
    """Its start, with everything off that costs."""
    return [
        *("node", place.module("@mockoon/cli/bin/run.js"), "start", "--repair"),
        *("--data", place.write("environment.json", environment(responses))),
        *("--hostname", "127.0.0.1", "--port", str(place.port)),
        *("--disable-log-to-file", "--disable-admin-api", "--max-transaction-logs", "1"),
    ]


BROKEN = {"target": "body", "modifier": "", "value": BUCKET, "invert": True, "operator": "valid_json_schema"}

MOCKOON = Contender(
    name="mockoon",
    title="Mockoon, template only",
    validates_request=False,
    validates_answer=False,
    keeps_state=False,
    command=lambda place: command(place, [response(200, ANSWER, [])]),
    needs=(NODE, npm("@mockoon/cli")),
    remark="any body is answered with a filled-in template",
)

MOCKOON_SCHEMA = Contender(
    name="mockoon-schema",
    title="Mockoon, schema rule and template",
    validates_request=True,
    validates_answer=False,
    keeps_state=False,
    command=lambda place: command(
        place, [response(400, '{"errorCode": "CMN-101"}', [BROKEN]), response(200, ANSWER, [])]
    ),
    needs=(NODE, npm("@mockoon/cli")),
    remark="a rule holds the body against the schema, which it compiles for every call",
)
