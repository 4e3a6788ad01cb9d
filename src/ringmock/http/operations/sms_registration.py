"""Brands and campaigns of SMS that the account has registered."""

from ...domain import errors
from ...openapi.document import user_permissions
from ..call import Answer, Call
from ..wire import sms_registration as wire
from .access import check_account

_LINKING = "EditCompanyPhoneNumbers"


def list_all_tcr_brands(call: Call) -> Answer:
    """`listAllTcrBrands`."""
    check_account(call)
    return Answer({"records": [wire.brand_resource(brand) for brand in call.here.registrations.brands]})


def find_tcr_brand_by_id(call: Call) -> Answer:
    """`findTcrBrandById`."""
    _check_administrator(call)
    return Answer(wire.brand_resource(call.here.registrations.brand(int(call.parameters["tcrBrandId"]))))


def list_all_tcr_campaigns(call: Call) -> Answer:
    """`listAllTcrCampaigns`."""
    _check_administrator(call)
    brand = call.here.registrations.brand(int(call.parameters["tcrBrandId"]))
    return Answer({"records": [wire.campaign_resource(brand, campaign) for campaign in brand.campaigns]})


def find_tcr_campaign_by_id(call: Call) -> Answer:
    """`findTcrCampaignById`."""
    _check_administrator(call)
    asked = call.parameters
    found = call.here.registrations.campaign(int(asked["tcrBrandId"]), int(asked["tcrCampaignId"]))
    return Answer(wire.campaign_resource(*found))


def link_numbers(call: Call) -> Answer:
    """`linkNumbers`: all of them or, with one mistake among them, none."""
    _check_administrator(call)
    asked, world = call.parameters, call.here
    campaign = world.registrations.campaign(int(asked["tcrBrandId"]), int(asked["tcrCampaignId"]))
    world.registrations.link(world.account, campaign, call.body["phoneNumbers"])
    return Answer()


def _check_administrator(call: Call) -> None:
    """Raise `PermissionDenied` for anyone but an administrator."""
    check_account(call)
    if not call.caller.administrator:
        permission = user_permissions().get(call.operation or "", _LINKING)
        raise errors.PermissionDenied("accountId", permission)
