import pytest

from ringmock.domain import errors
from ringmock.domain.contact import Contacts
from ringmock.world.ids import SequentialIds
from ringmock.world.template import IdStart


@pytest.fixture
def contacts() -> Contacts:
    return Contacts(SequentialIds(IdStart()))


def test_an_extension_has_as_many_contacts_as_the_server_keeps_and_not_one_more() -> None:
    contacts = Contacts(SequentialIds(IdStart()), 3)
    made = [contacts.create("101", {}) for _ in range(3)]
    with pytest.raises(errors.InvalidParameter):
        contacts.create("101", {})

    assert contacts.create("102", {}).number == 1
    contacts.change(made[0], {}, is_deleted=True)
    assert contacts.create("101", {}).number == 4


def test_contacts_are_in_order_in_any_case_and_those_without_the_field_are_last(contacts: Contacts) -> None:
    for details in ({"lastName": "x"}, {"firstName": "b"}, {"firstName": "A"}):
        contacts.create("101", details)
    found = contacts.in_order("101", ["FirstName"])

    assert [each.details.get("firstName") for each in found] == ["A", "b", None]


def test_a_change_between_two_pages_is_told_by_the_token_of_the_last_page(contacts: Contacts) -> None:
    first = contacts.create("101", {"firstName": "a"})
    contacts.create("101", {"firstName": "b"})
    page = contacts.everything("101", 0, 1, contacts.position("101"))
    contacts.change(first, {"firstName": "c"})
    assert page.next_number is not None
    last = contacts.everything("101", page.next_number, 1, page.position)

    assert last.next_number is None
    assert [each.details["firstName"] for each in contacts.changes("101", last.position).records] == ["c"]


def test_an_order_that_was_asked_for_is_kept_and_not_made_anew(contacts: Contacts) -> None:
    first, second = (contacts.create("101", {"firstName": name}) for name in "ba")
    found = contacts.in_order("101", ["FirstName", "FirstName"])
    contacts.change(first, {"firstName": "A"})
    third = contacts.create("101", {"firstName": "0"})
    contacts.change(second, {}, is_deleted=True)

    assert contacts.in_order("101", ["FirstName"]) is found
    assert [each.id for each in found] == [third.id, first.id]
    assert [each.id for each in contacts.in_order("101")] == [first.id, third.id]
