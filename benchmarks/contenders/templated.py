"""The answer to `POST sms` for servers that fill in templates: the call's own values at their places."""

import json
from collections.abc import Mapping

from ringmock.openapi.document import load_contract

from .servers.work import message

KEPT_KEYWORDS = ("type", "required", "properties", "items", "pattern", "minItems", "minLength", "maxLength")


def answer_template(values: Mapping[str, str]) -> str:
    """The answer's JSON, with the server's own expressions for `base`, `id`, `text`, `to`, `from` and `now`."""
    plain = json.dumps(message("{base}", 7007, "{text}", "{to}", "{from}", "{now}"))
    plain = plain.replace("/7007", "/{id}").replace('"id": 7007', '"id": {id}')
    for name, expression in values.items():
        plain = plain.replace(f"{{{name}}}", expression)
    return plain


def request_schema() -> dict[str, object]:
    """The contract's schema of the body, with the keywords that every JSON Schema knows."""
    schema: dict[str, object] = _plain(load_contract()["components"]["schemas"]["CreateSMSMessage"])
    return schema


def _plain(schema: dict[str, object]) -> dict[str, object]:
    kept = {key: value for key, value in schema.items() if key in KEPT_KEYWORDS}
    if isinstance(kept.get("properties"), dict):
        kept["properties"] = {name: _plain(inner) for name, inner in kept["properties"].items()}
    if isinstance(kept.get("items"), dict):
        kept["items"] = _plain(kept["items"])
    return kept
