"""Brands and campaigns of SMS, and what a number is registered for."""

from datetime import datetime

from ...domain.sms_registration import Brand, Campaign, Registration
from ...timestamps import iso8601
from .view import Json


def brand_resource(brand: Brand) -> Json:
    """`TcrBrandRecord`."""
    return {
        "id": brand.id,
        "name": brand.name,
        "countryCode": brand.country_code,
        "status": brand.status.value,
        **_registered(brand.registered, brand.external_id),
    }


def campaign_resource(brand: Brand, campaign: Campaign) -> Json:
    """`TcrCampaignRecord`."""
    return {
        "id": campaign.id,
        "name": campaign.name,
        "status": campaign.status.value,
        **_registered(campaign.registered, campaign.external_id),
        "brand": {"id": str(brand.id), "name": brand.name},
        "registrationTier": campaign.tier,
        "useCases": list(campaign.use_cases),
    }


def of_number(registration: Registration | None) -> Json:
    """What `smsConfigurationInfo` says of the campaign of a number and its brand; nothing of one without."""
    if registration is None:
        return {}
    brand, campaign = registration
    return {
        "smsCampaignInfo": {
            "id": str(campaign.id),
            "status": _STATUS.get(campaign.status.value, campaign.status.value),
            "registrationTier": campaign.tier,
            "useCases": list(campaign.use_cases),
        },
        "smsBrandInfo": {"id": str(brand.id), "status": _STATUS.get(brand.status.value, brand.status.value)},
    }


_STATUS = {
    "Verified": "Confirmed",
    "Unverified": "Unconfirmed",
    "Suspended": "CampaignSuspended",
    "Expired": "CampaignExpired",
    "PreventFailed": "PreVetFailed",
}
"""Words that the description of a number has otherwise: one enum is for brands and campaigns there."""


def _registered(at: datetime | None, external_id: str | None) -> Json:
    said: Json = {} if at is None else {"registrationTime": iso8601(at)}
    return said if external_id is None else {**said, "externalId": external_id}
