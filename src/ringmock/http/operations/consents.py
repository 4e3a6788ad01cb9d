"""Consent of external phones to SMS from a number: by STOP and START, and as applications state it."""

from collections.abc import Mapping
from typing import Any

from ...domain.slices import Slices
from ...world.page_tokens import Listing
from ..call import Answer, Call
from ..errors import entry
from ..media import HARMLESS
from ..wire import consents as wire
from ..wire.token_lists import page_from, page_of
from .access import check_account, view_of


def list_sms_consent_records(call: Call) -> Answer:
    """`listSmsConsentRecords`."""
    check_account(call)
    return _listed(call, call.parameters)


def search_sms_consent_records(call: Call) -> Answer:
    """`searchSmsConsentRecords`."""
    check_account(call)
    return _listed(call, wire.search_from(call.body))


def edit_sms_consent_records(call: Call) -> Slices[Answer]:
    """`editSmsConsentRecords`: record by record; an invalid one does not affect the others."""
    check_account(call)
    failed = yield from call.here.stating_consents(wire.statements_from(call.body))
    return Answer(wire.summary((call.body["records"][place], entry(refusal)) for place, refusal in failed))


def list_sms_consent_history_records(call: Call) -> Answer:
    """`listSmsConsentHistoryRecords`."""
    check_account(call)
    tokens, view = call.here.page_tokens, view_of(call)
    asked = page_from(Listing.SMS_CONSENT_HISTORY, call.parameters, tokens)
    recipients = wire.numbers_from(call.parameters["to"]) or frozenset()
    page = call.here.consents.history(recipients, asked.before, asked.size)
    return Answer(page_of([wire.history_record(each, view) for each in page.records], page, asked, tokens))


def export_sms_consent_records(call: Call) -> Slices[Answer]:
    """`exportSmsConsentRecords`."""
    check_account(call)
    table = yield from wire.table(call.here.consents.parts(), view_of(call))
    return Answer(table, headers=HARMLESS, media_type="text/csv; charset=utf-8")


def _listed(call: Call, parameters: Mapping[str, Any]) -> Answer:
    tokens, view = call.here.page_tokens, view_of(call)
    asked = page_from(Listing.SMS_CONSENTS, parameters, tokens)
    page = call.here.consents.page(wire.filter_from(parameters), asked.before, asked.size)
    return Answer(page_of([wire.record(each, view) for each in page.records], page, asked, tokens))
