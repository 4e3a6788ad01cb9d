"""Text templates: those of the company, and those of each extension."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace

from . import errors
from .ports import IdGenerator

MAX_TEMPLATES = 25
"""How many the company may have, and how many an extension."""


@dataclass(frozen=True, slots=True)
class MessageTemplate:
    """`owner` is an extension number; None for the company."""

    id: str
    owner: str | None
    name: str
    text: str


class MessageTemplates:
    """The templates of one world. Not thread-safe: one thread serves a world."""

    def __init__(self, ids: IdGenerator) -> None:
        self._ids = ids
        self._of: defaultdict[str | None, dict[str, MessageTemplate]] = defaultdict(dict)

    def of(self, owner: str | None) -> Sequence[MessageTemplate]:
        """Those of one owner, oldest first."""
        return tuple(self._of.get(owner, {}).values())

    def create(self, owner: str | None, name: str, text: str) -> MessageTemplate:
        """Raises `InvalidParameter` about `scope` when the owner has the maximum number of templates."""
        if len(self._of.get(owner, {})) >= MAX_TEMPLATES:
            raise errors.InvalidParameter("scope")
        template = MessageTemplate(self._ids.next_uuid(), owner, name, text)
        self._of[owner][template.id] = template
        return template

    def get(self, owner: str | None, template_id: str) -> MessageTemplate:
        """Raises `NotFound` for what is not there, or another's."""
        found = self._of.get(owner, {}).get(template_id)
        if found is None:
            raise errors.NotFound("templateId", template_id)
        return found

    def update(self, template: MessageTemplate, name: str, text: str) -> MessageTemplate:
        """The template with this name and text, in its old place."""
        changed = replace(template, name=name, text=text)
        self._of[template.owner][template.id] = changed
        return changed

    def delete(self, template: MessageTemplate) -> None:
        """The template does not exist, or has been deleted."""
        del self._of[template.owner][template.id]
