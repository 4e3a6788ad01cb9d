"""The server as an ASGI application: the contract, the stages, the handlers and the worlds behind them."""

import logging
import pickle
from collections.abc import Callable, Mapping
from functools import lru_cache, partial
from importlib.metadata import version
from typing import Any, TypeVar

from connexion import ConnexionMiddleware
from connexion.exceptions import ProblemException, UnsupportedMediaTypeProblem
from connexion.lifecycle import ConnexionRequest, ConnexionResponse
from connexion.middleware.main import API
from connexion.spec import OpenAPISpecification
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Receive, Scope, Send

from ..domain.errors import Refusal
from ..lab.faults import Demanded
from ..lab.limits import Group, RateExceeded
from ..lab.webhooks import WebHooks
from ..openapi.document import app_permissions, contract_text, load_contract, operations
from ..openapi.parse_cache import cached
from ..sign_in.id_tokens import SigningKey
from ..sign_in.sessions import SignInRefused
from ..sign_in.worlds import Worlds
from ..world.history.moment import Moment
from . import errors, front_page, oauth
from .call import JSON_ANSWER, ON_SOCKET, SCOPE_KEY, Call, Refused
from .compiled import RequestValidation, ResponseValidation
from .fast_path import FastPath, whole
from .known_calls import KnownCalls
from .limits_and_faults import LimitsAndFaults
from .notifications import Notifier
from .numbering_plans import LibPhoneNumber
from .operations import (
    a2p_sms,
    account,
    authorization,
    call_queues,
    client_info,
    consents,
    contacts,
    dictionary,
    directory,
    discovery,
    fax,
    features,
    message_store_configuration,
    message_store_report,
    message_sync,
    message_templates,
    message_threads,
    messages,
    number_parser,
    presence,
    sign_in,
    sms_batches,
    sms_recipients,
    sms_registration,
    subscriptions,
    telephony,
)
from .replay import Replays
from .sockets import Sockets
from .stages import Dispatch, Done, Handler, Recorder, Refusals, RequestNormalisation, Routing, Security, WaitingHandler
from .validation import VALIDATOR_MAP, StrictUriParser
from .wire.record_cache import RecordCache

_T = TypeVar("_T")

log = logging.getLogger("ringmock")
logging.getLogger("connexion").setLevel(logging.ERROR)  # it warns of every refusal, and of every second media type
logging.getLogger("python_multipart").setLevel(logging.ERROR)  # it warns of every body that breaks off


HANDLERS: Mapping[str, Handler | WaitingHandler] = {
    "readAPIVersions": sign_in.read_api_versions,
    "readAPIVersion": sign_in.read_api_version,
    "authUserInfo": authorization.auth_user_info,
    "readOpenIdConfiguration": discovery.read_open_id_configuration,
    "readInitialEntryPoints": discovery.read_initial_entry_points,
    "readExternalEntryPoints": discovery.read_external_entry_points,
    "readAPIStatus": client_info.read_api_status,
    "readClientInfo": client_info.read_client_info,
    "readUserVideoConfiguration": client_info.read_user_video_configuration,
    "listTimezones": dictionary.list_timezones,
    "readTimezone": dictionary.read_timezone,
    "listFaxCoverPages": dictionary.list_fax_cover_pages,
    "readCountry": dictionary.read_country,
    "listDialingPlans": dictionary.list_dialing_plans,
    "readExtensionFeatures": features.read_extension_features,
    "readUserPresenceStatus": presence.read_user_presence_status,
    "updateUserPresenceStatus": presence.update_user_presence_status,
    "readAccountPresence": presence.read_account_presence,
    "readExtensionCallQueuePresence": presence.read_extension_call_queue_presence,
    "updateExtensionCallQueuePresence": presence.update_extension_call_queue_presence,
    "listExtensionDevices": telephony.list_extension_devices,
    "listForwardingNumbers": telephony.list_forwarding_numbers,
    "readExtensionCallerId": telephony.read_extension_caller_id,
    "updateExtensionCallerId": telephony.update_extension_caller_id,
    "createSIPRegistration": telephony.create_sip_registration,
    "readUserCallLog": telephony.read_user_call_log,
    "syncUserCallLog": telephony.sync_user_call_log,
    "listExtensionActiveCalls": telephony.list_extension_active_calls,
    "readAccountInfo": account.read_account_info,
    "readAccountServiceInfo": account.read_account_service_info,
    "listExtensions": account.list_extensions,
    "readExtension": account.read_extension,
    "updateExtension": account.update_extension,
    "listAccountPhoneNumbers": account.list_account_phone_numbers,
    "readAccountPhoneNumber": account.read_account_phone_number,
    "listExtensionPhoneNumbers": account.list_extension_phone_numbers,
    "smsConfigurationInfo": account.sms_configuration_info,
    "listAllTcrBrands": sms_registration.list_all_tcr_brands,
    "findTcrBrandById": sms_registration.find_tcr_brand_by_id,
    "listAllTcrCampaigns": sms_registration.list_all_tcr_campaigns,
    "findTcrCampaignById": sms_registration.find_tcr_campaign_by_id,
    "linkNumbers": sms_registration.link_numbers,
    "listDepartmentMembers": account.list_department_members,
    "assignMultipleDepartmentMembers": account.assign_multiple_department_members,
    "listCallQueues": call_queues.list_call_queues,
    "readCallQueueInfo": call_queues.read_call_queue_info,
    "updateCallQueueInfo": call_queues.update_call_queue_info,
    "listCallQueueMembers": call_queues.list_call_queue_members,
    "assignMultipleCallQueueMembers": call_queues.assign_multiple_call_queue_members,
    "getSmsRecipients": sms_recipients.get_sms_recipients,
    "bulkAssignSmsRecipients": sms_recipients.bulk_assign_sms_recipients,
    "createSMSMessage": messages.create_sms_message,
    "createMMS": messages.create_sms_message,
    "createFaxMessage": fax.create_fax_message,
    "createSmsBatch": sms_batches.create_sms_batch,
    "listSmsBatches": sms_batches.list_sms_batches,
    "readSmsBatch": sms_batches.read_sms_batch,
    "listSmsMessages": sms_batches.list_sms_messages,
    "readSmsMessage": sms_batches.read_sms_message,
    "readSmsMessageContent": sms_batches.read_sms_message_content,
    "readSmsStatusSummary": sms_batches.read_sms_status_summary,
    "createA2PSMS": a2p_sms.create_a2p_sms,
    "listA2PBatches": a2p_sms.list_a2p_batches,
    "readA2PBatch": a2p_sms.read_a2p_batch,
    "listA2PSMS": a2p_sms.list_a2p_sms,
    "readA2PSMS": a2p_sms.read_a2p_sms,
    "aggregateA2PSMSStatuses": a2p_sms.aggregate_a2p_sms_statuses,
    "readA2PSMSOptOuts": a2p_sms.read_a2p_sms_opt_outs,
    "addA2PSMSOptOuts": a2p_sms.add_a2p_sms_opt_outs,
    "createInternalTextMessage": messages.create_internal_text_message,
    "readMessage": messages.read_message,
    "updateMessage": messages.update_message,
    "patchMessage": messages.patch_message,
    "deleteMessage": messages.delete_message,
    "deleteMessageByFilter": messages.delete_message_by_filter,
    "readMessageContent": messages.read_message_content,
    "readMessageStoreConfiguration": message_store_configuration.read_message_store_configuration,
    "updateMessageStoreConfiguration": message_store_configuration.update_message_store_configuration,
    "createMessageStoreReport": message_store_report.create_message_store_report,
    "readMessageStoreReportTask": message_store_report.read_message_store_report_task,
    "readMessageStoreReportArchive": message_store_report.read_message_store_report_archive,
    "readMessageStoreReportArchiveContent": message_store_report.read_message_store_report_archive_content,
    "listCompanyMessageTemplates": message_templates.list_company_message_templates,
    "createCompanyMessageTemplate": message_templates.create_company_message_template,
    "readCompanyMessageTemplate": message_templates.read_company_message_template,
    "updateCompanyMessageTemplate": message_templates.update_company_message_template,
    "deleteCompanyMessageTemplate": message_templates.delete_company_message_template,
    "listUserMessageTemplates": message_templates.list_user_message_templates,
    "createUserMessageTemplate": message_templates.create_user_message_template,
    "readUserMessageTemplate": message_templates.read_user_message_template,
    "updateUserMessageTemplate": message_templates.update_user_message_template,
    "deleteUserMessageTemplate": message_templates.delete_user_message_template,
    "listSmsConsentRecords": consents.list_sms_consent_records,
    "editSmsConsentRecords": consents.edit_sms_consent_records,
    "searchSmsConsentRecords": consents.search_sms_consent_records,
    "listSmsConsentHistoryRecords": consents.list_sms_consent_history_records,
    "exportSmsConsentRecords": consents.export_sms_consent_records,
    "listContacts": contacts.list_contacts,
    "listContactGroups": contacts.list_contact_groups,
    "createContact": contacts.create_contact,
    "readContact": contacts.read_contact,
    "updateContact": contacts.update_contact,
    "patchContact": contacts.patch_contact,
    "deleteContact": contacts.delete_contact,
    "syncAddressBook": contacts.sync_address_book,
    "listDirectoryEntries": directory.list_directory_entries,
    "searchDirectoryEntries": directory.search_directory_entries,
    "readDirectoryEntry": directory.read_directory_entry,
    "mthListThreads": message_threads.list_threads,
    "mthGetThread": message_threads.get_thread,
    "mthDeleteThread": message_threads.delete_thread,
    "mthAssignThread": message_threads.assign_thread,
    "mthResolveThread": message_threads.resolve_thread,
    "mthSyncThreads": message_threads.sync_threads,
    "mthSyncEntries": message_threads.sync_entries,
    "mthListMessages": message_threads.list_messages,
    "mthSendMessage": message_threads.send_message,
    "mthDeleteMessages": message_threads.delete_messages,
    "mthReadMessageContent": message_threads.read_message_content,
    "mthListNotes": message_threads.list_notes,
    "mthCreateNote": message_threads.create_note,
    "mthUpdateNote": message_threads.update_note,
    "mthDeleteNotes": message_threads.delete_notes,
    "deleteSubscription": subscriptions.delete_subscription,
}
"""By operation, the handlers that need only the call."""


def handlers(worlds: Worlds, notifier: Notifier, key: SigningKey) -> Mapping[str, Handler | WaitingHandler]:
    """Every operation of the contract and the function that answers it."""
    plans = LibPhoneNumber()
    cache = RecordCache(worlds.limits.max_list_cache)
    return {
        **HANDLERS,
        "authorize": authorization.authorize(worlds),
        "authorize2": authorization.authorize2(worlds),
        "getToken": sign_in.get_token(worlds, key),
        "revokeToken": sign_in.revoke_token(worlds),
        "authJwks": discovery.auth_jwks(key),
        "listMessages": messages.list_messages(cache),
        "syncMessages": message_sync.sync_messages(cache),
        "parsePhoneNumber": number_parser.parse_phone_number(plans),
        "parsePhoneNumberV2": number_parser.parse_phone_number_v2(plans),
        "authWsToken": subscriptions.auth_ws_token(notifier.sockets),
        "createSubscription": subscriptions.create_subscription(notifier),
        "listSubscriptions": subscriptions.list_subscriptions(notifier),
        "readSubscription": subscriptions.read_subscription(notifier),
        "updateSubscription": subscriptions.update_subscription(notifier),
        "renewSubscription": subscriptions.renew_subscription(notifier),
    }


class Contract(OpenAPISpecification):
    """A contract that is known to be a valid OpenAPI document: `ringmock check` validates it.

    Connexion would validate it and resolve its references again at each start, which takes longer than everything else.
    """

    @classmethod
    def bundled(cls) -> "Contract":
        """The contract of openapi.yaml, with its references resolved; each caller has its own."""
        contract: Contract = pickle.loads(_pickled_contract())
        return contract

    @classmethod
    def _validate_spec(cls, _: Any) -> None:
        pass


@lru_cache(maxsize=1)
def _pickled_contract() -> bytes:
    source = f"Connexion {version('connexion')}\n{contract_text()}"
    return cached("connexion", source.encode(), lambda: Contract(load_contract()))


class Stages(ConnexionMiddleware):
    """Connexion's stages, built for the contract when asked instead of with the first request."""

    known_calls: KnownCalls | None = None
    """See `known_calls.KNOWN_CALLS`."""

    def build(self, moment: Moment) -> None:
        """Build what the first request needs. Operations that are added afterwards are not included.

        `moment` is that of the worlds.
        """
        self.app, self.middleware_stack = self._build_middleware_stack()
        stages = self._stage(Recorder), self._stage(Refusals), self._stage(FastPath)
        self.known_calls = KnownCalls(*stages, moment)

    def _stage(self, kind: type[_T]) -> _T:
        return next(each for each in self.middleware_stack if isinstance(each, kind))


def create_app(
    worlds: Worlds,
    behind: ASGIApp,
    done: Done,
    request_ids: Callable[[], bytes],
    webhooks: WebHooks,
    control_port: int | None = None,
    sockets: Sockets | None = None,
    key: SigningKey | None = None,
) -> ASGIApp:
    """The whole server. `behind` handles paths that the contract does not have; `done` is called after every call.

    `request_ids` makes the `RCRequestId` of each answer. `control_port` is where the control API is by itself.
    `sockets` are the connections of these worlds, and `key` signs id tokens, where somebody else uses them, too.
    """
    limits, sockets = worlds.limits, sockets or Sockets(worlds)
    notifier = Notifier(webhooks, sockets)
    contract = Contract.bundled()
    groups, permissions = throttling_groups(contract.raw), app_permissions(contract.raw)
    app = Stages(
        Dispatch(control_only(behind, sockets, control_port), worlds.moment),
        import_name="ringmock",
        middlewares=[
            partial(Recorder, done=done, request_ids=request_ids, groups=groups, limits=limits),
            partial(Refusals, refused=refused, handler=answer_refusal),
            partial(FastPath, limits=limits),
            RequestNormalisation,
            Routing,
            partial(Security, worlds=worlds, permissions=permissions, lab=LimitsAndFaults(worlds, groups)),
            partial(RequestValidation, limits=limits),
            ResponseValidation,
        ],
        resolver=handlers(worlds, notifier, key or SigningKey()).__getitem__,
        uri_parser_class=StrictUriParser,
        validator_map=VALIDATOR_MAP,
        validate_responses=True,
    )
    for kind in (HTTPException, ProblemException, Exception):
        app.add_error_handler(kind, answer_refusal)
    app.apis.append(API(contract, base_path=None, **vars(app.options)))
    app.build(worlds.moment)
    stack: ASGIApp = app
    sockets.answer_by(stack)
    worlds.replay = Replays(app.middleware_stack, worlds, notifier)
    return stack


def throttling_groups(contract: dict[str, Any]) -> dict[str, Group]:
    """The rate limit that counts an operation, by its operationId; nothing for one that no limit counts."""
    named = ((found["operationId"], found["x-throttling-group"].lower()) for _, _, found in operations(contract))
    return {operation_id: Group(group) for operation_id, group in named if group in set(Group)}


def control_only(behind: ASGIApp, sockets: ASGIApp, control_port: int | None = None) -> ASGIApp:
    """`behind` handles its own paths, `sockets` WebSockets; any other path outside the contract is an invalid URI.

    But for the root, and the contract itself.
    """

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await sockets(scope, receive, send)
            return
        if scope["type"] != "http":
            raise errors.InvalidUri
        if not scope[SCOPE_KEY].is_control:
            if ON_SOCKET in scope or not front_page.is_for(scope[SCOPE_KEY]):
                raise errors.InvalidUri
            await front_page.answer(scope, send, control_port)
            return
        await behind(scope, whole(scope[SCOPE_KEY].content, receive), send)

    return app


async def answer_refusal(request: ConnexionRequest, exception: Exception) -> ConnexionResponse:
    """As `refused`, for Connexion."""
    status, headers, body = refused(request.scope[SCOPE_KEY], exception)
    return ConnexionResponse(
        status, mimetype="application/json", content_type=JSON_ANSWER, body=body, headers=dict(headers)
    )


def refused(call: Call, exception: Exception) -> Refused:
    """Any exception in RingCentral's wording; an internal error as 500, with its traceback in the log."""
    known = translated(exception)
    if isinstance(known, errors.InternalError):
        log.error("%s %s failed", call.method, call.path, exc_info=exception)
    is_oauth = (call.operation in oauth.OPERATIONS or call.path in oauth.PATHS) and not isinstance(known, RateExceeded)
    if is_oauth:
        status, headers, body = oauth.render(known)
    else:
        status, headers, body = errors.render(known, with_words=call.operation not in a2p_sms.OPERATIONS)
    headers.update(call.rate_limit)
    call.problems = errors.problems_of(known)
    call.encoded = body
    return Refused(status, headers, body)


def translated(exception: Exception) -> Exception:
    """The exception as our catalogues have it."""
    if isinstance(exception, (Refusal, SignInRefused, Demanded)) or type(exception) in errors.CATALOGUE:
        return exception
    if isinstance(exception, UnsupportedMediaTypeProblem):
        return errors.UnsupportedMediaType()
    if isinstance(exception, HTTPException) and 400 <= exception.status_code < 500:
        return errors.UnparseableRequest()
    return errors.InternalError()
