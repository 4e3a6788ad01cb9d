"""Calls, and what they are made with: what clients ask for before they show their messages."""

from ...domain import errors
from ...domain.account import Extension
from ...domain.caller_id import caller_ids_of, check_caller_id
from ..call import Answer, Call
from ..wire import lists
from ..wire import telephony as wire
from .access import governed_extension, view_of

_FLAGS = ("extensionNameForOutboundCalls", "extensionNumberForInternalCalls")


def list_extension_devices(call: Call) -> Answer:
    """`listExtensionDevices`: the account has none."""
    return _empty(call, "device")


def list_forwarding_numbers(call: Call) -> Answer:
    """`listForwardingNumbers`: calls are not forwarded."""
    return _empty(call, "forwarding-number")


def read_user_call_log(call: Call) -> Answer:
    """`readUserCallLog`: nobody calls anybody."""
    return _empty(call, "call-log")


def list_extension_active_calls(call: Call) -> Answer:
    """`listExtensionActiveCalls`: nobody calls anybody."""
    return _empty(call, "active-calls")


def sync_user_call_log(call: Call) -> Answer:
    """`syncUserCallLog`: an ISync needs a token of this extension's call log."""
    extension, asked, tokens = governed_extension(call), call.parameters, call.here.sync_tokens
    if asked["syncType"] == "ISync":
        if asked["syncToken"] is None:
            raise errors.InvalidParameter("syncToken")
        tokens.check_call_log(extension.number, asked["syncToken"])
    token, view = tokens.issue_of_call_log(extension.number), view_of(call)
    return Answer(wire.call_log_sync(extension, asked["syncType"], token, view.now, call.filters, view))


def read_extension_caller_id(call: Call) -> Answer:
    """`readExtensionCallerId`."""
    return _caller_ids(call, governed_extension(call))


def update_extension_caller_id(call: Call) -> Answer:
    """`updateExtensionCallerId`: for each way of calling a number that the extension may show; all or nothing."""
    extension, world = governed_extension(call), call.here
    devices = call.body.get("byDevice")
    if devices:
        raise errors.ParameterNotFound("byDevice.device.id", devices[0].get("device", {}).get("id"))
    chosen = wire.caller_ids_from(call.body)
    for caller_id in chosen.values():
        check_caller_id(world.account, extension, caller_id)
    flags = {name: call.body[name] for name in _FLAGS if name in call.body}
    details = extension.details
    world.set_details(
        extension,
        {
            "caller_ids": {**details.get("caller_ids", {}), **chosen},
            "caller_id_flags": {**details.get("caller_id_flags", {}), **flags},
        },
    )
    return _caller_ids(call, world.account.extensions[extension.number])


def create_sip_registration(call: Call) -> Answer:
    """`createSIPRegistration`: always the extension's one web phone. Raises `ParameterNotFound` for another's id."""
    device_id = call.body.get("device", {}).get("id")
    if device_id not in (None, wire.web_phone_id(call.caller)):
        raise errors.ParameterNotFound("device.id", device_id)
    password = call.here.sip_password(call.caller)
    return Answer(wire.sip_registration(call.caller, password, call.body, view_of(call)))


def _caller_ids(call: Call, extension: Extension) -> Answer:
    known = caller_ids_of(call.here.account, extension, extension.details.get("caller_ids", {}))
    return Answer(wire.caller_id_info(extension, known, view_of(call)))


def _empty(call: Call, resource: str) -> Answer:
    """A list of an extension without records."""
    extension, view, asked = governed_extension(call), view_of(call), call.parameters
    uri = f"{view.extension_uri(extension)}/{resource}"
    return Answer(lists.paged(uri, call.filters, [], asked["page"], asked["perPage"]))
