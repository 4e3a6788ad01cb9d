"""The ends of a message, as every kind of it shows them."""

from .view import Json, View

PRIORITY = "Normal"


def phone_party(digits: str, view: View) -> Json:
    """A phone number, the name of the extension that has it, and where it is, as far as the account knows (D-43)."""
    party: Json = {"phoneNumber": view.phone(digits)}
    phone = view.account.phone_numbers.get(digits) if view.generation.with_current_fields else None
    if phone is not None:
        if phone.owner is not None:
            party["name"] = view.account.extensions[phone.owner].name
        if phone.location is not None:
            party["location"] = phone.location
    return party
