"""Brands and campaigns of SMS: which numbers a campaign takes."""

import pytest

from builders import account, direct, user
from ringmock.domain import errors
from ringmock.domain.sms_registration import Brand, Campaign, CampaignStatus, SmsRegistrations

OPEN, CLOSED = Campaign(1, "Open", numbers=(direct("101"),)), Campaign(2, "Closed", CampaignStatus.SUBMITTED)
PEOPLE = account(user("101"), user("102"))


@pytest.fixture
def registrations() -> SmsRegistrations:
    return SmsRegistrations([Brand(7, "Example", campaigns=(OPEN, CLOSED))])


def test_d45_a_campaign_takes_a_number_that_sends_sms(registrations: SmsRegistrations) -> None:
    assert registrations.of_number(direct("102")) is None
    registrations.link(PEOPLE, registrations.campaign(7, 1), [f"+{direct('102')}"])
    found = registrations.of_number(direct("102"))
    assert found is not None
    assert (found.brand.id, found.campaign) == (7, OPEN)


@pytest.mark.parametrize(
    ("campaign", "numbers", "refusal"),
    [
        (1, [direct("102"), "14151003732"], errors.ParameterNotFound),
        (1, [direct("102"), "16509100001"], errors.InvalidParameter),
        (2, [direct("102")], errors.InvalidParameter),
    ],
)
def test_d45_with_one_mistake_no_number_is_taken(
    registrations: SmsRegistrations, campaign: int, numbers: list[str], refusal: type[errors.Refusal]
) -> None:
    with pytest.raises(refusal):
        registrations.link(PEOPLE, registrations.campaign(7, campaign), numbers)
    assert registrations.of_number(direct("102")) is None


@pytest.mark.parametrize(("brand", "campaign", "parameter"), [(8, 1, "tcrBrandId"), (7, 3, "tcrCampaignId")])
def test_d45_what_is_not_registered_is_not_found(
    registrations: SmsRegistrations, brand: int, campaign: int, parameter: str
) -> None:
    with pytest.raises(errors.NotFound) as refused:
        registrations.campaign(brand, campaign)
    assert refused.value.parameter == parameter
