"""The account: extensions, phone numbers, Departments and their members."""

from collections.abc import Iterable
from dataclasses import replace

from ...domain import errors
from ...domain.account import Extension, Feature, PhoneNumber
from ...domain.features import can_send, receives_sms
from ...domain.message import MessageType
from ...domain.rules import SENDS_FAXES, can_receive
from ..call import Answer, Call
from ..wire import account as wire
from ..wire import lists
from ..wire.extension_details import details_from
from ..wire.sms_registration import of_number
from ..wire.view import Json
from .access import check_account, governed_extension, governs, named_extension, view_of
from .extension_update import check_may_update, update
from .membership import MembershipChange, change_members, membership_change

_MEMBERSHIP_PERMISSION = "UserGroups"


def read_account_info(call: Call) -> Answer:
    """`readAccountInfo`."""
    check_account(call)
    return Answer(wire.account_resource(view_of(call)))


def read_account_service_info(call: Call) -> Answer:
    """`readAccountServiceInfo`."""
    check_account(call)
    return Answer(wire.service_info(view_of(call)))


def list_extensions(call: Call) -> Answer:
    """`listExtensions`: the company's directory, open to everyone in it."""
    check_account(call)
    asked, view = call.parameters, view_of(call)
    emails = [address.casefold() for address in asked["email"] or ()]
    records = [
        wire.extension_resource(extension, view)
        for extension in view.account.extensions.values()
        if asked["extensionNumber"] in (None, extension.number)
        and extension.type.value in (asked["type"] or [extension.type.value])
        and extension.status.value in (asked["status"] or [extension.status.value])
        and (not emails or (extension.email or "").casefold() in emails)
    ]
    return _page(call, f"{view.account_uri}/extension", records)


def read_extension(call: Call) -> Answer:
    """`readExtension`."""
    extension = named_extension(call)
    return Answer(wire.extension_info(extension, _features(call, extension), view_of(call)))


def update_extension(call: Call) -> Answer:
    """`updateExtension`: everything that a body sets is stored and can be read again, or is refused."""
    extension = named_extension(call)
    check_may_update(call, extension, call.body, "extensionId")
    if "callQueueInfo" in call.body and not extension.is_department:
        raise errors.InvalidParameter("callQueueInfo")
    name = wire.name_from(call.body.get("contact", {}), extension)
    updated = update(call, extension, call.body, name, details_from(call.body, extension))
    return Answer(wire.extension_info(updated, _features(call, updated), view_of(call)))


def list_extension_phone_numbers(call: Call) -> Answer:
    """`listExtensionPhoneNumbers`: R-13, a Department's numbers with their SmsSender flag.

    After the extension's own, the numbers that it is an SMS recipient of.
    """
    extension, view = governed_extension(call), view_of(call)
    delegated = [
        replace(phone, features=(*phone.features, Feature.DELEGATED))
        for phone in view.account.numbers_shared_with(extension)
    ]
    records = [
        wire.phone_number_resource(phone, view, with_features=True)
        for phone in _of_usage(call, (*view.account.numbers_of(extension), *delegated))
        if call.parameters["status"] in (None, "Normal")
    ]
    return _page(call, f"{view.extension_uri(extension)}/phone-number", records)


def sms_configuration_info(call: Call) -> Answer:
    """`smsConfigurationInfo`: the campaign of a number, where it has one."""
    extension, view = governed_extension(call), view_of(call)
    number_id = call.parameters["phoneNumberId"]
    phones = (*view.account.numbers_of(extension), *view.account.numbers_shared_with(extension))
    found = next((phone for phone in phones if str(phone.id) == number_id), None)
    if found is None:
        raise errors.NotFound("phoneNumberId", number_id)
    registration = call.here.registrations.of_number(found.digits)
    return Answer({**wire.sms_configuration(found, view), **of_number(registration)})


def list_account_phone_numbers(call: Call) -> Answer:
    """`listAccountPhoneNumbers`."""
    check_account(call)
    view, asked = view_of(call), call.parameters
    records = [
        wire.phone_number_resource(phone, view, with_features=False)
        for phone in _of_usage(call, view.account.phone_numbers.values())
        if "Normal" in (asked["status"] or ["Normal"])
        and (not asked["paymentType"] or phone.payment_type.value in asked["paymentType"])
        and _owner_status(call, phone) == (asked["extensionStatus"] or _owner_status(call, phone))
    ]
    return _page(call, f"{view.account_uri}/phone-number", records)


def read_account_phone_number(call: Call) -> Answer:
    """`readAccountPhoneNumber`."""
    check_account(call)
    view, number_id = view_of(call), call.parameters["phoneNumberId"]
    found = next((phone for phone in view.account.phone_numbers.values() if str(phone.id) == number_id), None)
    if found is None:
        raise errors.NotFound("phoneNumberId", number_id)
    return Answer(wire.phone_number_resource(found, view, with_features=False))


def list_department_members(call: Call) -> Answer:
    """`listDepartmentMembers`."""
    check_account(call)
    view = view_of(call)
    department = _department(call, call.parameters["departmentId"])
    if department is None:
        raise errors.NotFound("departmentId", call.parameters["departmentId"])
    records = [wire.extension_reference(member, view) for member in view.account.members_of(department)]
    return _page(call, f"{view.account_uri}/department/{department.id}/members", records)


def assign_multiple_department_members(call: Call) -> Answer:
    """`assignMultipleDepartmentMembers`: all of it or, with one mistake in it, none."""
    check_account(call)
    changes = [_change_of_department(call, item) for item in call.body["items"]]
    change_members(call, changes)
    return Answer(status=204)


def _change_of_department(call: Call, item: Json) -> MembershipChange:
    department = _department(call, item["departmentId"])
    if department is None:
        raise errors.ParameterNotFound("items.departmentId", item["departmentId"])
    if not governs(call.caller, department):
        raise errors.PermissionDenied("items.departmentId", _MEMBERSHIP_PERMISSION)
    return membership_change(call, department, item, "items.")


def _department(call: Call, department_id: str) -> Extension | None:
    extension = call.here.account.extension_by_id(int(department_id))
    return extension if extension is not None and extension.is_department else None


def _features(call: Call, extension: Extension) -> list[tuple[str, bool]]:
    """The switches by which clients show or hide their message forms."""
    return [
        ("SMS", can_send(call.here.account, extension, Feature.SMS_SENDER)),
        ("SMSReceiving", receives_sms(extension)),
        ("Pager", not extension.is_department),
        ("PagerReceiving", can_receive(extension, MessageType.PAGER)),
        ("Fax", extension.type in SENDS_FAXES),
        ("FaxReceiving", can_receive(extension, MessageType.FAX)),
    ]


def _of_usage(call: Call, phones: Iterable[PhoneNumber]) -> Iterable[PhoneNumber]:
    wanted = call.parameters["usageType"]
    return (phone for phone in phones if not wanted or phone.usage_type.value in wanted)


def _owner_status(call: Call, phone: PhoneNumber) -> str | None:
    owner = call.here.account.owner_of(phone.digits)
    return None if owner is None else owner.status.value


def _page(call: Call, uri: str, records: list[Json]) -> Answer:
    return Answer(lists.paged(uri, call.filters, records, call.parameters["page"], call.parameters["perPage"]))
