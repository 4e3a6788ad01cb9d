"""Calls, and what they are made with. Nobody calls anybody here: what the account does not say is empty or off."""

from collections.abc import Sequence
from datetime import datetime
from urllib.parse import quote, urlencode

from ...domain.account import Extension, digits_of
from ...domain.caller_id import CallerId, CallerIds, CallerIdType, CallFeature
from ...timestamps import iso8601
from .view import Json, View

_SIP_DOMAIN = "sip.invalid"
"""Reserved (RFC 2606): nothing answers there."""
_DEFAULT_TRANSPORT = "WSS"


def caller_ids_from(body: Json) -> dict[CallFeature, CallerId]:
    """The choices of a checked `updateExtensionCallerId` body."""
    return {CallFeature(entry["feature"]): _caller_id_from(entry["callerId"]) for entry in body.get("byFeature", ())}


def _caller_id_from(said: Json) -> CallerId:
    kind = CallerIdType(said.get("type", CallerIdType.PHONE_NUMBER))
    number = said.get("phoneInfo", {}).get("phoneNumber")
    is_number = kind is CallerIdType.PHONE_NUMBER and number is not None
    return CallerId(kind, digits_of(number) if is_number else None)


def caller_id_info(extension: Extension, caller_ids: CallerIds, view: View) -> Json:
    """`readExtensionCallerId`. No device has one of its own."""
    kept = extension.details.get("caller_id_flags", {})
    return {
        "uri": f"{view.extension_uri(extension)}/caller-id",
        "byDevice": [],
        "byFeature": [
            {"feature": feature.value, "callerId": _caller_id(caller_id, view)}
            for feature, caller_id in caller_ids.items()
        ],
        "extensionNameForOutboundCalls": kept.get("extensionNameForOutboundCalls", False),
        "extensionNumberForInternalCalls": kept.get("extensionNumberForInternalCalls", False),
    }


def _caller_id(caller_id: CallerId, view: View) -> Json:
    said: Json = {"type": caller_id.type.value}
    phone = view.account.phone_numbers.get(caller_id.digits or "")
    if phone is not None:
        uri = f"{view.account_uri}/phone-number/{phone.id}"
        said["phoneInfo"] = {"uri": uri, "id": str(phone.id), "phoneNumber": view.phone(phone.digits)}
    return said


def sip_registration(extension: Extension, password: str, body: Json, view: View) -> Json:
    """`createSIPRegistration`: an account at a server that does not exist, with calls turned off."""
    asked = body.get("sipInfo") or [{}]
    device_id = web_phone_id(extension)
    named = {name: value for name, value in body.get("device", {}).items() if name in ("serial", "computerName")}
    return {
        "device": {"id": device_id, "type": "WebPhone", "status": "Offline", "phoneLines": [], **named},
        "sipInfo": [
            {
                "transport": each.get("transport", _DEFAULT_TRANSPORT),
                "username": f"{view.account.main_number}*{extension.number}",
                "password": password,
                "authorizationTypes": ["SipDigest"],
                "authorizationId": device_id,
                "domain": _SIP_DOMAIN,
                "outboundProxy": f"{_SIP_DOMAIN}:8083",
                "switchBackInterval": 3600,
            }
            for each in asked
        ],
        "sipFlags": {
            "voipFeatureEnabled": False,
            "voipCountryBlocked": False,
            "outboundCallsEnabled": False,
            "dscpEnabled": False,
            "dscpSignaling": 0,
            "dscpVoice": 0,
            "dscpVideo": 0,
        },
        "sipErrorCodes": [],
        "pollingInterval": 7200,
    }


def web_phone_id(extension: Extension) -> str:
    """The id of the one web phone that an extension has once it asks for it."""
    return f"{extension.id}1"[-19:]


def call_log_sync(
    extension: Extension, kind: str, token: str, now: datetime, given: Sequence[tuple[str, str]], view: View
) -> Json:
    """`syncUserCallLog`: there are no calls, now or at any time."""
    asked = [(name, value) for name, value in given if name not in ("syncToken", "syncType")]
    query = urlencode([("syncType", kind), *asked], quote_via=quote, safe=":")
    return {
        "uri": f"{view.extension_uri(extension)}/call-log-sync?{query}",
        "records": [],
        "syncInfo": {"syncType": kind, "syncToken": token, "syncTime": iso8601(now)},
    }
