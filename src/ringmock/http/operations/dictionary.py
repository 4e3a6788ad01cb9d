"""What is the same for every account: countries and time zones; and which countries an account dials."""

from ...domain import errors
from ...domain.fax import COVER_PAGES
from ..call import Answer, Call
from ..wire import lists
from ..wire.countries import HOME, country_uri
from ..wire.timezones import timezones
from ..wire.view import Json
from .access import check_account, view_of


def list_timezones(call: Call) -> Answer:
    """`listTimezones`."""
    asked, uri = call.parameters, f"{call.base_url}/restapi/v1.0/dictionary/timezone"
    return Answer(lists.paged(uri, call.filters, timezones(call.base_url), asked["page"], asked["perPage"]))


def read_timezone(call: Call) -> Answer:
    """`readTimezone`."""
    timezone_id = call.parameters["timezoneId"]
    found = next((each for each in timezones(call.base_url) if each["id"] == timezone_id), None)
    if found is None:
        raise errors.NotFound("timezoneId", timezone_id)
    return Answer(found)


def list_fax_cover_pages(call: Call) -> Answer:
    """`listFaxCoverPages`: those for extensions whose language is American English."""
    asked, uri = call.parameters, f"{call.base_url}/restapi/v1.0/dictionary/fax-cover-page"
    records = [{"id": str(place), "name": name} for place, name in enumerate(COVER_PAGES)]
    return Answer(lists.paged(uri, call.filters, records, asked["page"], asked["perPage"]))


def read_country(call: Call) -> Answer:
    """`readCountry`: of the accounts' own country alone is known what the service knows of each."""
    if call.parameters["countryId"] != HOME["id"]:
        raise errors.NotFound("countryId", call.parameters["countryId"])
    said = {"numberSelling": True, "loginAllowed": True, "signupAllowed": True, "freeSoftphoneLine": False}
    return Answer({**_home(call), "emergencyCalling": False, **said})


def list_dialing_plans(call: Call) -> Answer:
    """`listDialingPlans`: the account's own country."""
    check_account(call)
    asked, uri = call.parameters, f"{view_of(call).account_uri}/dialing-plan"
    return Answer(lists.paged(uri, call.filters, [_home(call)], asked["page"], asked["perPage"]))


def _home(call: Call) -> Json:
    return {"uri": country_uri(call.base_url), **HOME}
