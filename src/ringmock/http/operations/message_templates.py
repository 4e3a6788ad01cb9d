"""Message templates: the company's, which its administrators change, and each extension's own."""

from collections.abc import Iterable

from ...domain import errors
from ...domain.message_template import MessageTemplate
from ..call import Answer, Call
from ..wire import message_templates as wire
from .access import check_account, own_extension

_EDIT_PERMISSION = "EditCompanySmsTemplates"


def list_company_message_templates(call: Call) -> Answer:
    """`listCompanyMessageTemplates`."""
    check_account(call)
    return _listed(call, (None,))


def create_company_message_template(call: Call) -> Answer:
    """`createCompanyMessageTemplate`."""
    _check_administrator(call)
    return _created(call, None)


def read_company_message_template(call: Call) -> Answer:
    """`readCompanyMessageTemplate`."""
    check_account(call)
    return Answer(wire.message_template(_held(call, None)))


def update_company_message_template(call: Call) -> Answer:
    """`updateCompanyMessageTemplate`."""
    _check_administrator(call)
    return _updated(call, None)


def delete_company_message_template(call: Call) -> Answer:
    """`deleteCompanyMessageTemplate`."""
    _check_administrator(call)
    return _deleted(call, None)


def list_user_message_templates(call: Call) -> Answer:
    """`listUserMessageTemplates`: what the extension may use, the company's first."""
    owners = (None, own_extension(call).number)
    return _listed(call, [owner for owner in owners if call.parameters["scope"] in (None, wire.scope_of(owner))])


def create_user_message_template(call: Call) -> Answer:
    """`createUserMessageTemplate`."""
    return _created(call, own_extension(call).number)


def read_user_message_template(call: Call) -> Answer:
    """`readUserMessageTemplate`: one of the templates in the list."""
    owner = own_extension(call).number
    try:
        return Answer(wire.message_template(_held(call, owner)))
    except errors.NotFound:
        return Answer(wire.message_template(_held(call, None)))


def update_user_message_template(call: Call) -> Answer:
    """`updateUserMessageTemplate`."""
    return _updated(call, own_extension(call).number)


def delete_user_message_template(call: Call) -> Answer:
    """`deleteUserMessageTemplate`."""
    return _deleted(call, own_extension(call).number)


def _check_administrator(call: Call) -> None:
    """Raises `PermissionDenied` for anyone but its administrators."""
    check_account(call)
    if not call.caller.administrator:
        raise errors.PermissionDenied("accountId", _EDIT_PERMISSION)


def _listed(call: Call, owners: Iterable[str | None]) -> Answer:
    if call.parameters["siteIds"]:
        return Answer(wire.message_templates(()))
    templates = call.here.message_templates
    return Answer(wire.message_templates(template for owner in owners for template in templates.of(owner)))


def _created(call: Call, owner: str | None) -> Answer:
    name, text = _asked(call)
    return Answer(wire.message_template(call.here.message_templates.create(owner, name, text)), status=201)


def _updated(call: Call, owner: str | None) -> Answer:
    template = _held(call, owner)
    return Answer(wire.message_template(call.here.message_templates.update(template, *_asked(call))))


def _deleted(call: Call, owner: str | None) -> Answer:
    call.here.message_templates.delete(_held(call, owner))
    return Answer(status=204)


def _held(call: Call, owner: str | None) -> MessageTemplate:
    return call.here.message_templates.get(owner, call.parameters["templateId"])


def _asked(call: Call) -> tuple[str, str]:
    """Name and text. Raises `ParameterNotFound` for any site: the account has none."""
    body = call.body
    if "site" in body:
        raise errors.ParameterNotFound("site.id")
    return body["displayName"], body["body"]["text"]
