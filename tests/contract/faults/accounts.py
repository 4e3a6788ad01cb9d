"""What an account says of its extensions, numbers and settings, wrong at one point."""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ringmock.domain.account import Extension
from ringmock.world.world import World

from .exchange import Exchange, Json
from .fault import in_answers, in_requests, in_world
from .operations import EXTENSION, EXTENSIONS, FEATURES, MEMBERS, PHONES


def _changing(method: str, ending: str, change: Callable[[Json], object]) -> Callable[[Exchange], None]:
    """Change the answer to such a call, the path of which this regular expression matches at its end."""

    def changed(exchange: Exchange) -> None:
        is_json = exchange.headers.get("content-type", "").startswith("application/json")
        if exchange.method == method and re.search(f"{ending}$", exchange.path) and exchange.status == 200 and is_json:
            exchange.change_answer(change)

    return changed


def _each(change: Callable[[Json], object]) -> Callable[[Json], None]:
    """The same change of each record."""

    def changed(body: Json) -> None:
        for record in body["records"]:
            change(record)

    return changed


_ONE = "/[0-9~]+"


@in_answers("readAccountInfo")
def names_another_operator(exchange: Exchange) -> None:
    """The operator of the account has an extension number that nobody has."""
    _changing("GET", f"/account{_ONE}", lambda body: body["operator"].update(extensionNumber="0"))(exchange)


@in_answers(EXTENSION)
def belongs_to_no_department(exchange: Exchange) -> None:
    """An extension says that it is in no Department."""
    _changing("GET", f"/extension{_ONE}", lambda body: body.update(departments=[]))(exchange)


@in_answers(EXTENSION)
def says_that_departments_page(exchange: Exchange) -> None:
    """The features of an extension say that it may send pages, a Department too."""

    def change(body: Json) -> None:
        for each in body["serviceFeatures"]:
            if each["featureName"] == "Pager":
                each.update(enabled=True)
                each.pop("reason", None)

    _changing("GET", f"/extension{_ONE}", change)(exchange)


@in_answers(EXTENSION)
def receives_no_faxes(exchange: Exchange) -> None:
    """No extension receives faxes, as its features have it."""

    def change(body: Json) -> None:
        for each in body["serviceFeatures"]:
            if each["featureName"] == "FaxReceiving":
                each.update(enabled=False, reason="ExtensionLimitation")

    _changing("GET", f"/extension{_ONE}", change)(exchange)


@in_answers(EXTENSION)
def explains_no_limitation(exchange: Exchange) -> None:
    """A feature that an extension has not does not say why."""

    def change(body: Json) -> None:
        for each in body["serviceFeatures"]:
            each.pop("reason", None)

    _changing("GET", f"/extension{_ONE}", change)(exchange)


@in_requests(EXTENSIONS)
def lists_every_number(exchange: Exchange) -> None:
    """A list of extensions passes over the number that is asked for."""
    if exchange.method == "GET" and exchange.path.endswith("/extension"):
        exchange.forget("extensionNumber")


@in_requests(EXTENSIONS)
def minds_the_case_of_addresses(exchange: Exchange) -> None:
    """An extension is found by its address as it is written alone."""
    if exchange.method == "GET" and exchange.path.endswith("/extension"):
        exchange.query = re.sub("email=([^&]*[A-Z][^&]*)", lambda found: f"email=x{found[1]}", exchange.query)


@in_requests("listAccountPhoneNumbers")
def lists_numbers_of_any_payment(exchange: Exchange) -> None:
    """A list of the account's numbers passes over the payment type that is asked for."""
    if exchange.method == "GET" and exchange.path.endswith("/phone-number"):
        exchange.forget("paymentType")


@in_requests("listAccountPhoneNumbers")
def lists_numbers_of_anybody(exchange: Exchange) -> None:
    """A list of the account's numbers passes over the status of the extension that is asked for."""
    if exchange.method == "GET" and exchange.path.endswith("/phone-number"):
        exchange.forget("extensionStatus")


@in_requests(PHONES, "listAccountPhoneNumbers")
def lists_numbers_that_are_pending(exchange: Exchange) -> None:
    """A list of numbers has the normal ones, whichever status is asked for."""
    if exchange.method == "GET" and exchange.path.endswith("/phone-number"):
        exchange.forget("status")


@in_answers(PHONES)
def lists_what_is_delegated_as_own(exchange: Exchange) -> None:
    """A number that is delegated to an extension is listed like its own."""
    _changing(
        "GET",
        "/phone-number",
        _each(lambda one: "features" in one and one.update(features=[f for f in one["features"] if f != "Delegated"])),
    )(exchange)


@in_answers("listAccountPhoneNumbers")
def lists_features_of_the_account(exchange: Exchange) -> None:
    """The list of the account's numbers has their features, as the extensions' lists have."""
    if "/extension/" not in exchange.path:
        _changing("GET", "/phone-number", _each(lambda one: one.setdefault("features", [])))(exchange)


@in_answers("readAccountPhoneNumber")
def belongs_to_nobody(exchange: Exchange) -> None:
    """A number that is read by its id does not say whose it is."""
    _changing("GET", "/phone-number/[0-9]+", lambda body: body.pop("extension", None))(exchange)


@in_answers("smsConfigurationInfo")
def registers_for_no_brand(exchange: Exchange) -> None:
    """A number that is registered for a campaign does not say whose that is."""
    if b'"smsBrandInfo"' in exchange.answer:
        exchange.change_answer(lambda body: body.pop("smsBrandInfo", None))


@in_answers("listAllTcrCampaigns")
def confirms_every_campaign(exchange: Exchange) -> None:
    """A campaign that is not confirmed is Confirmed."""
    if b'"Submitted"' in exchange.answer:
        exchange.answer = exchange.answer.replace(b'"Submitted"', b'"Confirmed"')


@in_answers(MEMBERS)
def lists_no_frozen_members(exchange: Exchange) -> None:
    """The members of a Department are those that are active."""

    def change(body: Json) -> None:
        body["records"] = [one for one in body["records"] if one["extensionNumber"] not in ("104", "105")]

    _changing("GET", "/members", change)(exchange)


@in_requests("listCallQueues")
def lists_queues_of_everyone(exchange: Exchange) -> None:
    """A list of call queues passes over the member that is asked for."""
    if exchange.method == "GET" and exchange.path.endswith("/call-queues"):
        exchange.forget("memberExtensionId")


@in_answers("listCallQueues", "readCallQueueInfo")
def says_that_queues_wait(exchange: Exchange) -> None:
    """A call queue that is Disabled says that it is NotActivated."""
    if "/call-queues" in exchange.path and exchange.status == 200:
        exchange.answer = exchange.answer.replace(b'"Disabled"', b'"NotActivated"')


@in_world("assignMultipleCallQueueMembers")
class ReplacesMembers(World):
    """Who adds members to a Department takes out all others."""

    def set_members(self, department: Extension, members: Iterable[str]) -> None:
        added = [number for number in members if number not in department.members]
        super().set_members(department, added or members)


@in_world("bulkAssignSmsRecipients")
class ReplacesRecipients(World):
    """Who adds SMS recipients takes out all others."""

    def set_sms_recipients(self, extension: Extension, recipients: Iterable[str]) -> None:
        recipients = list(recipients)
        added = [number for number in recipients if number not in extension.sms_recipients]
        super().set_sms_recipients(extension, added or recipients)


@in_answers("getSmsRecipients")
def assigns_the_frozen(exchange: Exchange) -> None:
    """Every SMS recipient can be assigned a thread, the frozen too."""
    if exchange.method == "GET" and b'"smsRecipients"' in exchange.answer:

        def change(body: Json) -> None:
            for each in body["smsRecipients"]:
                each["assignable"] = True

        exchange.change_answer(change)


@in_requests(FEATURES)
def lists_features_unasked(exchange: Exchange) -> None:
    """A list of features passes over those that are asked for."""
    if exchange.resource == "features":
        exchange.forget("featureId")


@in_requests(FEATURES)
def lists_unavailable_features(exchange: Exchange) -> None:
    """A list of features has those that are not available, asked for or not."""
    if exchange.resource == "features":
        exchange.forget("availableOnly")


@in_requests("listDirectoryEntries")
def lists_every_type_of_entry(exchange: Exchange) -> None:
    """The directory passes over the type that is asked for."""
    if exchange.method == "GET" and exchange.resource == "entries":
        exchange.forget("type")


@in_requests("listDirectoryEntries")
def lists_every_group_of_entries(exchange: Exchange) -> None:
    """The directory passes over the group of types that is asked for."""
    if exchange.method == "GET" and exchange.resource == "entries":
        exchange.forget("typeGroup")


@in_requests("searchDirectoryEntries")
def searches_by_the_first_order(exchange: Exchange) -> None:
    """Of several orders of a search the first counts."""
    orders = exchange.sent.get("orderBy")
    if exchange.resource == "search" and isinstance(orders, list) and len(orders) > 1:
        exchange.send(orderBy=orders[:1])


@in_requests("searchDirectoryEntries")
def searches_every_department(exchange: Exchange) -> None:
    """A search of the directory passes over the department that is asked for."""
    if exchange.resource == "search" and "department" in exchange.sent:
        exchange.send(department=None)


@in_requests("searchDirectoryEntries")
def searches_every_id(exchange: Exchange) -> None:
    """A search of the directory passes over the ids that are asked for."""
    if exchange.resource == "search" and "extensionIds" in exchange.sent:
        exchange.send(extensionIds=None)


@in_requests("parsePhoneNumber")
def parses_as_at_home(exchange: Exchange) -> None:
    """Numbers are parsed as at home, whichever country is asked for."""
    if exchange.path.endswith("/number-parser/parse"):
        exchange.forget("homeCountry")


@in_requests("parsePhoneNumber")
def parses_what_is_valid_first(exchange: Exchange) -> None:
    """A number at home has no priority, asked for or not."""
    if exchange.path.endswith("/number-parser/parse"):
        exchange.forget("nationalAsPriority")


@in_answers("parsePhoneNumber", "parsePhoneNumberV2")
def forgets_what_was_parsed(exchange: Exchange) -> None:
    """Parsed numbers come in the opposite order."""
    if "/number-parser" in exchange.path and exchange.status == 200:

        def change(body: Json) -> None:
            for value in body.values():
                if isinstance(value, list):
                    value.reverse()

        exchange.change_answer(change)


@in_answers("readClientInfo")
def knows_no_application(exchange: Exchange) -> None:
    """The client's information does not say by which application one has signed in."""
    _changing("GET", "/client-info", lambda body: body["client"].pop("appId", None))(exchange)


@in_answers("readClientInfo")
def may_do_everything(exchange: Exchange) -> None:
    """The client's information has every permission, whichever the token has."""
    _changing("GET", "/client-info", lambda body: body.update(scope=f"{body['scope']} EditAccounts"))(exchange)


@in_answers("authUserInfo")
def tells_no_address(exchange: Exchange) -> None:
    """The user's information lacks his e-mail address."""
    _changing("GET", "/userinfo", lambda body: body.pop("email", None))(exchange)


@in_answers("authUserInfo")
def calls_users_by_their_first_name(exchange: Exchange) -> None:
    """The user's information has his first name for both."""
    _changing("GET", "/userinfo", lambda body: body.update(family_name=body.get("given_name")))(exchange)


@in_answers("createSIPRegistration")
def registers_by_wss(exchange: Exchange) -> None:
    """A registration of a phone has the transport WSS, whichever is asked for."""

    def change(body: Json) -> None:
        for each in body["sipInfo"]:
            each["transport"] = "WSS"

    _changing("POST", "/sip-provision", change)(exchange)


@in_answers("createSIPRegistration")
def registers_with_another_password(exchange: Exchange) -> None:
    """The password of a phone is that of every phone."""

    def change(body: Json) -> None:
        for each in body["sipInfo"]:
            each["password"] = "secret"  # of the wrong server

    _changing("POST", "/sip-provision", change)(exchange)


@in_answers("syncUserCallLog")
def synchronizes_no_call_by_its_type(exchange: Exchange) -> None:
    """A synchronization of the call log is an FSync, whichever was asked for."""

    def change(body: Json) -> None:
        body["syncInfo"]["syncType"] = "FSync"

    _changing("GET", "/call-log-sync", change)(exchange)


@in_answers("readExtensionCallerId", "updateExtensionCallerId")
def shows_no_number_to_callers(exchange: Exchange) -> None:
    """A caller id that is a phone number does not say which."""
    if "/caller-id" in exchange.path and exchange.status == 200:

        def change(body: Json) -> None:
            for each in body["byFeature"]:
                if "phoneInfo" in each["callerId"]:
                    each["callerId"]["phoneInfo"].pop("phoneNumber", None)

        exchange.change_answer(change)


@in_requests("updateExtensionCallerId")
def keeps_no_flags(exchange: Exchange) -> None:
    """Whether a caller's name is shown is answered and not kept."""
    if exchange.method == "PUT" and "extensionNameForOutboundCalls" in exchange.sent:
        exchange.send(extensionNameForOutboundCalls=None)


@in_world("updateMessageStoreConfiguration")
class KeepsMessagesADayLonger(World):
    """Messages are kept a day longer than was set."""

    def keep_messages_for(self, days: int) -> None:
        super().keep_messages_for(min(days + 1, 90))


@in_answers("readMessageStoreConfiguration")
def keeps_messages_for_thirty_days(exchange: Exchange) -> None:
    """An account that has set nothing keeps its messages for 30 days."""
    _changing(
        "GET",
        "/message-store-configuration",
        lambda body: body["retentionPeriod"] == 90 and body.update(retentionPeriod=30),
    )(exchange)


@in_world("updateExtension")
class ForgetsTheRestOfASetting(World):
    """Of a contact what a change leaves out is gone."""

    def set_details(self, extension: Extension, details: Mapping[str, Any]) -> None:
        before = extension.details.get("contact", {})
        changed = {name: value for name, value in details.get("contact", {}).items() if before.get(name) != value}
        super().set_details(extension, {**details, **({"contact": changed} if "contact" in details else {})})


@in_answers("listTimezones")
def forgets_the_bias_of_time_zones(exchange: Exchange) -> None:
    """Every time zone is that of Greenwich."""
    _changing("GET", "/timezone", _each(lambda zone: zone.update(bias="0")))(exchange)


@in_answers("listFaxCoverPages")
def numbers_cover_pages_from_one(exchange: Exchange) -> None:
    """The cover pages of faxes are numbered from 1."""
    _changing("GET", "/fax-cover-page", _each(lambda one: one.update(id=str(int(one["id"]) + 1))))(exchange)


@in_answers("readOpenIdConfiguration")
def signs_by_another_algorithm(exchange: Exchange) -> None:
    """The configuration of OpenID Connect names no other algorithm than HS256."""
    if exchange.path.endswith("/openid-configuration") and exchange.status == 200:
        exchange.answer = exchange.answer.replace(b'"RS256"', b'"HS256"')


@in_answers("readOpenIdConfiguration")
def challenges_plainly(exchange: Exchange) -> None:
    """The configuration of OpenID Connect knows plain challenges alone."""
    if exchange.path.endswith("/openid-configuration") and exchange.status == 200:
        exchange.answer = exchange.answer.replace(b',"S256"', b"").replace(b'"S256",', b"").replace(b', "S256"', b"")


@in_answers("readInitialEntryPoints")
def begins_elsewhere(exchange: Exchange) -> None:
    """The entry points lead to the real service."""
    if "/.well-known/entry-points" in exchange.path and exchange.status == 200:
        exchange.answer = re.sub(rb"http://127\.0\.0\.1:[0-9]+", b"https://platform.ringcentral.com", exchange.answer)
