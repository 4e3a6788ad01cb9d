"""Who sends by SMS, and what for: brands and campaigns that an account has registered with The Campaign Registry."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from . import errors
from .account import Account, Feature, digits_of


class BrandStatus(StrEnum):
    CREATED = "Created"
    SUBMITTED = "Submitted"
    SUBMIT_FAILED = "SubmitFailed"
    VERIFIED = "Verified"
    UNVERIFIED = "Unverified"
    UPDATE_REQUESTED = "UpdateRequested"
    DELETE_REQUESTED = "DeleteRequested"
    SUSPENDED = "Suspended"
    EXPIRED = "Expired"
    DRAFT = "Draft"
    PREVENT_FAILED = "PreventFailed"


class CampaignStatus(StrEnum):
    CREATED = "Created"
    SUBMITTED = "Submitted"
    CONFIRMED = "Confirmed"
    SUBMIT_FAILED = "SubmitFailed"
    UPDATE_REQUESTED = "UpdateRequested"
    DELETE_REQUESTED = "DeleteRequested"
    CAMPAIGN_SUSPENDED = "CampaignSuspended"
    CAMPAIGN_EXPIRED = "CampaignExpired"
    DRAFT = "Draft"
    PREVENT_FAILED = "PreventFailed"
    UNCONFIRMED = "Unconfirmed"


class Campaign(NamedTuple):
    """What numbers of the account are used for. `numbers` are the digits of those that it has at the start."""

    id: int
    name: str
    status: CampaignStatus = CampaignStatus.CONFIRMED
    registered: datetime | None = None
    external_id: str | None = None
    tier: str = "LowVolume"
    use_cases: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()


class Brand(NamedTuple):
    """A business that sends."""

    id: int
    name: str
    country_code: str = "US"
    status: BrandStatus = BrandStatus.VERIFIED
    registered: datetime | None = None
    external_id: str | None = None
    campaigns: tuple[Campaign, ...] = ()


class Registration(NamedTuple):
    """The campaign of a number, and its brand."""

    brand: Brand
    campaign: Campaign


class SmsRegistrations:
    """The brands of one world, and the campaign of each number."""

    def __init__(self, brands: Sequence[Brand] = ()) -> None:
        self.brands = tuple(brands)
        self._by_id: Mapping[int, Brand] = {brand.id: brand for brand in self.brands}
        self._of_number: dict[str, Registration] = {
            number: Registration(brand, campaign)
            for brand in self.brands
            for campaign in brand.campaigns
            for number in campaign.numbers
        }

    def brand(self, brand_id: int) -> Brand:
        """Raises `NotFound`."""
        found = self._by_id.get(brand_id)
        if found is None:
            raise errors.NotFound("tcrBrandId", str(brand_id))
        return found

    def campaign(self, brand_id: int, campaign_id: int) -> Registration:
        """Raises `NotFound`."""
        brand = self.brand(brand_id)
        found = next((each for each in brand.campaigns if each.id == campaign_id), None)
        if found is None:
            raise errors.NotFound("tcrCampaignId", str(campaign_id))
        return Registration(brand, found)

    def of_number(self, digits: str) -> Registration | None:
        """What a number is registered for, if anything."""
        return self._of_number.get(digits)

    def link(self, account: Account, to: Registration, phone_numbers: Sequence[str]) -> None:
        """Register numbers of the account for a campaign, whichever they had before: all of them or none.

        Raises `ParameterNotFound` for a number that the account does not have, `InvalidParameter` for one that sends no
        SMS, and for a campaign that is not Confirmed.
        """
        if to.campaign.status is not CampaignStatus.CONFIRMED:
            raise errors.InvalidParameter("tcrCampaignId", str(to.campaign.id))
        digits = [digits_of(each) for each in phone_numbers]
        for number in digits:
            phone = account.phone_numbers.get(number)
            if phone is None:
                raise errors.ParameterNotFound("phoneNumbers", number)
            if not phone.can(Feature.SMS_SENDER) and not phone.can(Feature.A2P_SMS_SENDER):
                raise errors.InvalidParameter("phoneNumbers", number)
        self._of_number.update(dict.fromkeys(digits, to))
