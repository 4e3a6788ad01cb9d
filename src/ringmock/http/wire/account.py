"""The account around the messages: extensions and phone numbers."""

from collections.abc import Sequence

from ...domain.account import (
    MAX_EXTENSION_NUMBER_LENGTH,
    SHORT_EXTENSION_NUMBER_LENGTH,
    Extension,
    PhoneNumber,
    UsageType,
)
from . import extension_details
from .countries import HOME, country_uri
from .view import Json, View


def account_resource(view: View) -> Json:
    """`readAccountInfo`."""
    extensions = view.account.extensions.values()
    operator = next((e for e in extensions if e.administrator), next(iter(extensions)))
    return {
        "uri": view.account_uri,
        "id": view.account.id,
        "mainNumber": view.phone(view.account.main_number),
        "status": "Confirmed",
        "serviceInfo": service_info(view),
        "setupWizardState": "Completed",
        "regionalSettings": {"homeCountry": HOME},
        "limits": {
            "maxExtensionNumberLength": MAX_EXTENSION_NUMBER_LENGTH,
            "shortExtensionNumberLength": SHORT_EXTENSION_NUMBER_LENGTH,
        },
        "operator": _extension_link(operator, view),
    }


def service_info(view: View) -> Json:
    """`readAccountServiceInfo`, and `serviceInfo` of the account."""
    return {
        "uri": f"{view.account_uri}/service-info",
        "brand": {"id": "1210", "name": "RingCentral", "homeCountry": HOME},
    }


def extension_reference(extension: Extension, view: View) -> Json:
    """An extension as others name it."""
    return {**_extension_link(extension, view), "name": extension.name}


def _extension_link(extension: Extension, view: View) -> Json:
    return {"uri": view.extension_uri(extension), "id": extension.id, "extensionNumber": extension.number}


def extension_resource(extension: Extension, view: View) -> Json:
    """One record of `listExtensions`, and the core of `readExtension`."""
    return {
        **extension_reference(extension, view),
        "type": extension.type.value,
        "status": extension.status.value,
        "contact": extension_details.contact(extension, view),
        "permissions": {
            "admin": {"enabled": extension.administrator},
            "internationalCalling": {"enabled": False},
        },
        "hidden": False,
        **extension_details.other_details(extension),
    }


def name_from(contact: Json, extension: Extension) -> str:
    """An extension's name, updated by the parts that a body has."""
    first, _, last = extension.name.partition(" ")
    return f"{contact.get('firstName', first)} {contact.get('lastName', last)}".strip()


def extension_info(extension: Extension, features: Sequence[tuple[str, bool]], view: View) -> Json:
    """`readExtension`: `features` are the messaging features by name, on or off."""
    departments = [
        {"uri": view.extension_uri(d), "id": str(d.id), "extensionNumber": d.number}
        for d in view.account.extensions.values()
        if extension.number in d.members
    ]
    return {
        **extension_resource(extension, view),
        "account": {"id": str(view.account.id), "uri": view.account_uri},
        "departments": departments,
        "serviceFeatures": [_feature(name, enabled=enabled) for name, enabled in features],
        "setupWizardState": extension.details.get("setup_wizard_state", "Completed"),
        "regionalSettings": extension_details.regional_settings(extension),
        **extension_details.status_info(extension),
    }


def _feature(name: str, *, enabled: bool) -> Json:
    return {"featureName": name, "enabled": enabled} | ({} if enabled else {"reason": "ExtensionLimitation"})


def phone_number_resource(phone: PhoneNumber, view: View, *, with_features: bool) -> Json:
    """One record of a phone-number list. `country` and `features`, with R-13's SmsSender, are on the extension's."""
    owner = view.account.owner_of(phone.digits)
    resource: Json = {
        "uri": f"{view.account_uri}/phone-number/{phone.id}",
        "id": phone.id,
        "phoneNumber": view.phone(phone.digits),
        "paymentType": phone.payment_type.value,
        "type": phone.type.value,
        "usageType": phone.usage_type.value,
        "status": "Normal",
        "primary": phone.usage_type is UsageType.MAIN_COMPANY_NUMBER,
    }
    if phone.location is not None:
        resource["location"] = phone.location
    if owner is not None:
        resource["extension"] = extension_reference(owner, view)
    if with_features:
        resource["country"] = {"uri": country_uri(view.base_url), "id": HOME["id"], "name": HOME["name"]}
        resource["features"] = [feature.value for feature in phone.features]
    return resource


def sms_configuration(phone: PhoneNumber, view: View) -> Json:
    """`smsConfigurationInfo`."""
    return {"phoneNumberId": str(phone.id), "phoneNumber": view.phone(phone.digits)}
