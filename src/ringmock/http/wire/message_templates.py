"""Message templates."""

from collections.abc import Iterable

from ...domain.message_template import MessageTemplate
from .view import Json

COMPANY, PERSONAL = "Company", "Personal"


def scope_of(owner: str | None) -> str:
    """RingCentral's name for the owner of the templates."""
    return COMPANY if owner is None else PERSONAL


def message_template(template: MessageTemplate) -> Json:
    """One template."""
    return {
        "id": template.id,
        "displayName": template.name,
        "body": {"text": template.text},
        "scope": scope_of(template.owner),
    }


def message_templates(templates: Iterable[MessageTemplate]) -> Json:
    """A list of templates, which has no pages."""
    return {"records": [message_template(template) for template in templates]}
