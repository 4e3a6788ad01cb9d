"""Templates of messages: whose they are, and how many."""

import pytest

from ringmock.domain import errors
from ringmock.domain.message_template import MAX_TEMPLATES, MessageTemplates
from ringmock.world.ids import SequentialIds
from ringmock.world.template import IdStart


@pytest.fixture
def templates() -> MessageTemplates:
    return MessageTemplates(SequentialIds(IdStart()))


@pytest.mark.parametrize("owner", [None, "101"])
def test_an_owner_has_25_and_not_one_more_until_one_is_deleted(templates: MessageTemplates, owner: str | None) -> None:
    made = [templates.create(owner, f"No. {number}", "Hi") for number in range(MAX_TEMPLATES)]
    with pytest.raises(errors.InvalidParameter) as refused:
        templates.create(owner, "No. 26", "Hi")
    assert (refused.value.parameter, len(templates.of(owner))) == ("scope", 25)
    templates.delete(made[0])
    assert templates.create(owner, "No. 26", "Hi") in templates.of(owner)


@pytest.mark.parametrize("other", [None, "102"])
def test_nobody_holds_anothers(templates: MessageTemplates, other: str | None) -> None:
    template = templates.create("101", "Mine", "Hi")
    assert templates.get("101", template.id) is template
    assert templates.of(other) == ()
    with pytest.raises(errors.NotFound):
        templates.get(other, template.id)


def test_a_change_keeps_id_and_place(templates: MessageTemplates) -> None:
    first, second = templates.create(None, "First", "1"), templates.create(None, "Second", "2")
    changed = templates.update(first, "Again", "3")
    assert (changed.id, changed.name, changed.text) == (first.id, "Again", "3")
    assert templates.of(None) == (changed, second)
