"""WireMock: a stub that matches a JSON schema, and a template for its answer."""

import json

from .contender import JAVA, Contender, Place, npm
from .templated import answer_template, request_schema

ANSWER = answer_template(
    {
        "base": "{{request.baseUrl}}",
        "id": "32{{randomValue length=10 type='NUMERIC'}}",
        "text": "{{jsonPath request.body '$.text'}}",
        "to": "{{jsonPath request.body '$.to[0].phoneNumber'}}",
        "from": "{{jsonPath request.body '$.from.phoneNumber'}}",
        "now": "{{now format=\\\"yyyy-MM-dd'T'HH:mm:ss'.000Z'\\\"}}".replace("\\", ""),
    }
)


def command(place: Place) -> list[str]:
    """Its start, with everything off that costs; what no stub matches is a 404."""
    stub = {
        "request": {
            "method": "POST",
            "urlPathPattern": "/restapi/v1.0/account/[^/]+/extension/[^/]+/sms",
            "headers": {"Authorization": {"matches": "Bearer .+"}},
            "bodyPatterns": [{"matchesJsonSchema": json.dumps(request_schema()), "schemaVersion": "V7"}],
        },
        "response": {
            "status": 200,
            "headers": {"Content-Type": "application/json"},
            "body": ANSWER,
            "transformers": ["response-template"],
        },
    }
    place.write("mappings/sms.json", json.dumps(stub))
    (jar,) = (place.modules / "node_modules" / "wiremock" / "build").glob("*.jar")
    return [
        *("java", "-jar", str(jar), "--root-dir", str(place.folder)),
        *("--bind-address", "127.0.0.1", "--port", str(place.port)),
        *("--no-request-journal", "--disable-request-logging", "--disable-banner", "--disable-gzip"),
    ]


WIREMOCK = Contender(
    name="wiremock",
    title="WireMock, schema match and template",
    validates_request=True,
    validates_answer=False,
    keeps_state=False,
    command=command,
    needs=(JAVA, npm("wiremock")),
    remark="a body that the schema does not match finds no stub, 404; its journal is off",
    warm_up=6,
)
