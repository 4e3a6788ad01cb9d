"""Parsed phone numbers, in both versions of the resource."""

from collections.abc import Iterable, Mapping
from typing import Any

from ...domain.number_parser import MASK_LENGTH, MASK_SYMBOL, Category, Context, Dialed, NumberingPlans, Parsed, Reading
from .countries import HOME, country_name
from .view import Json, View

_LONG_NAMES = {"US": "United States of America"}
"""Names that the second version of the resource has otherwise than the first."""


def present(fields: Json) -> Json:
    """The requested fields."""
    return {name: value for name, value in fields.items() if value is not None}


# --- the first version ----------------------------------------------------------------------------

_FIELDS = (
    "originalString",
    "country",
    "areaCode",
    "subscriberNumber",
    "formattedNational",
    "formattedInternational",
    "dialable",
    "e164",
    "special",
    "normalized",
    "tollFree",
)
"""In the order of the captures."""


def parsed_numbers(parsed: Iterable[Parsed], context: Context, plans: NumberingPlans, view: View) -> Json:
    """`parsePhoneNumber`; the country of the context is the home country."""
    priority = str(context.national_as_priority).lower()
    query = f"nationalAsPriority={priority}&homeCountry={context.country}"
    return {
        "uri": f"{view.base_url}/restapi/v1.0/number-parser/parse?{query}",
        "homeCountry": _country(context.country, plans, view),
        "phoneNumbers": [_parsed_number(one, context, plans, view) for one in parsed],
    }


def _parsed_number(parsed: Parsed, context: Context, plans: NumberingPlans, view: View) -> Json:
    dialed, reading = parsed.dialed, parsed.reading
    is_special = parsed.category is Category.SPECIAL_SERVICE
    fields: Json = dict.fromkeys(_FIELDS)
    fields |= {"originalString": parsed.original, "special": is_special, "tollFree": False}
    if reading is not None and parsed.may_be:
        fields |= _number(reading, _country(reading.country, plans, view))
    elif is_special or parsed.category is Category.EXTENSION:
        fields |= dict.fromkeys(("formattedNational", "dialable", "normalized"), dialed.digits)
    if is_special:
        fields |= {"country": _country(context.country, plans, view), "formattedInternational": dialed.digits}
    return present(fields | {"subAddress": _sub_address(parsed), "dtmfPostfix": dialed.dtmf_postfix})


def _number(reading: Reading, country: Json | None) -> Json:
    number: Json = {
        "country": country,
        "subscriberNumber": reading.subscriber_number,
        "formattedNational": reading.national,
        "dialable": reading.dialable,
        "tollFree": reading.is_toll_free,
    }
    if reading.is_local:
        return number
    return number | {
        "areaCode": reading.destination_code or None,
        "formattedInternational": reading.international,
        "e164": reading.e164,
        "normalized": reading.normalized,
    }


def _country(iso_code: str | None, plans: NumberingPlans, view: View) -> Json | None:
    """A country; RingCentral's own id is known of the account's alone."""
    if iso_code is None:
        return None
    if iso_code == HOME["isoCode"]:
        return {"uri": f"{view.base_url}/restapi/v1.0/dictionary/country/{HOME['id']}", **HOME}
    known = {"name": country_name(iso_code), "isoCode": iso_code, "callingCode": plans.calling_code(iso_code)}
    return present(known)


# --- the second version ---------------------------------------------------------------------------


def context_from(body: Json, of_the_account: Context) -> Context:
    """A checked `parsePhoneNumberV2` body: a value of the body overrides its source's, even null."""
    said = body.get("context", {})
    source = of_the_account if body.get("contextSource") == "Account" else Context()
    given = {name: said[key] for key, name in _CONTEXT.items() if key in said}
    if "country" in said:
        given["country"] = (said["country"] or {}).get("isoCode")
    if "conflictHandling" in said:
        given["tells_conflicts"] = said["conflictHandling"] == "Client"
    return source._replace(**given)


_CONTEXT: Mapping[str, str] = {
    "brandId": "brand_id",
    "defaultAreaCode": "default_area_code",
    "vanityPhoneNumbersAllowed": "vanity_phone_numbers_allowed",
    "maxExtensionNumberLength": "max_extension_number_length",
    "shortCodesAllowed": "short_codes_allowed",
    "siteCode": "site_code",
    "shortExtensionNumberLength": "short_extension_number_length",
    "outboundCallPrefix": "outbound_call_prefix",
    "maskedPhoneNumbersAllowed": "masked_phone_numbers_allowed",
}


def parsed_numbers_v2(
    parsed: Iterable[Parsed], context: Context, wanted: Mapping[str, Any], plans: NumberingPlans
) -> Json:
    """`parsePhoneNumberV2`: `wanted` is the `resultContent` of the request."""
    return {"context": _context(context, plans), "results": [_result(one, wanted, plans) for one in parsed]}


def _context(context: Context, plans: NumberingPlans) -> Json:
    said: Json = {key: getattr(context, name) for key, name in _CONTEXT.items()}
    said["country"] = _country_context(context.country, plans)
    if context.masked_phone_numbers_allowed:
        said |= {"maskSymbol": MASK_SYMBOL, "maskLength": MASK_LENGTH}
    return present(said | {"conflictHandling": "Client" if context.tells_conflicts else "Default"})


def _country_context(iso_code: str | None, plans: NumberingPlans) -> Json | None:
    if iso_code is None:
        return None
    name = _LONG_NAMES.get(iso_code) or country_name(iso_code)
    return present({"isoCode": iso_code, "name": name, "callingCode": plans.calling_code(iso_code)})


def _result(parsed: Parsed, wanted: Mapping[str, Any], plans: NumberingPlans) -> Json:
    result: Json = {"originalString": parsed.original, "category": parsed.category.value}
    dialing = _dialing(parsed.dialed)
    if wanted.get("includeDialingDetails", True) and dialing:
        result["dialingDetails"] = dialing
    if wanted.get("includeNumberDetails", True):
        result["numberDetails"] = _details(parsed, plans)
    if wanted.get("includeFormats", True):
        result["formats"] = [_format(category, parsed) for category in parsed.may_be]
    return result


def _dialing(dialed: Dialed) -> Json:
    code, prefix = dialed.service_code, dialed.outbound_call_prefix
    return present(
        {"serviceCode": code and {"dialing": code, "pattern": code}, "outboundCallPrefix": prefix},
    )


def _details(parsed: Parsed, plans: NumberingPlans) -> Json:
    dialed, reading, extension = parsed.dialed, parsed.reading, parsed.extension
    details: Json = {}
    if extension is not None:
        short = extension.short
        site = extension.whole.removesuffix(short) if short else None
        details |= {"siteCode": site, "shortExtensionNumber": short, "extensionNumber": extension.whole}
    if parsed.special is not None:
        details["specialService"] = {"type": parsed.special.value, "pattern": dialed.digits}
    if reading is not None:
        details |= {
            "country": _country_context(reading.country, plans),
            "nationalDestinationCode": reading.destination_code or None,
            "areaCode": reading.destination_code or None,
            "regionalDestinationCode": reading.regional_code,
            "subscriberNumber": reading.subscriber_number,
            "status": reading.status.value,
        }
    return present(
        details
        | {
            "subAddress": _sub_address(parsed),
            "dtmfPostfix": dialed.dtmf_postfix,
            "sipPostfix": dialed.sip_postfix,
            "probablyMasked": True if parsed.is_masked else None,
        }
    )


def _sub_address(parsed: Parsed) -> str | None:
    return parsed.dialed.sub_address or (parsed.reading.sub_address if parsed.reading else None)


def _format(category: Category, parsed: Parsed) -> Json:
    """How to write and dial what a text is, or with its category, may be; `...Extended` with the sub-address."""
    reading, sub_address = parsed.reading, _sub_address(parsed)
    written: Json = {"category": category.value} if len(parsed.may_be) > 1 else {}
    dialable = parsed.dialed.digits or ""
    if category in (Category.REGULAR, Category.TOLL_FREE) and reading is not None:
        dialable = reading.dialable
        of_the_number = {"e164": reading.e164, "national": reading.national, "international": reading.international}
        if reading.is_local:
            of_the_number = {"national": reading.national}
        for name, text in of_the_number.items():
            separator = "*" if name == "e164" else " * "
            written |= {name: text, f"{name}Extended": _joined(text, separator, sub_address)}
    code = parsed.dialed.service_code
    if code is not None:
        dialable = f"{code}*{dialable}" if dialable else code
    return written | {"dialable": dialable, "dialableExtended": _joined(dialable, "*", sub_address)}


def _joined(text: str, separator: str, sub_address: str | None) -> str:
    return f"{text}{separator}{sub_address}" if sub_address else text
