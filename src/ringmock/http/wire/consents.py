"""Consents to SMS: requests, and the recorded consents in answers.

The shapes are today's in both generations; phone numbers are written as the generation specifies (D-10).
"""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ...domain.account import digits_of
from ...domain.consent import Consent, ConsentFilter, ConsentSource, OptStatus, Statement
from ...domain.slices import Slices
from ...timestamps import iso8601_to_the_microsecond
from .messages import chosen
from .view import Json, View

COVERAGE = "PhoneNumber"
"""What every consent here covers: one number of the account, and no campaign."""

_FIELDS = ("from", "to", "optStatus", "source")
_COLUMNS = ("FROM", "TO", "STATUS", "SOURCE")
_DEFAULT_PER_PAGE = 100

# --- requests ------------------------------------------------------------------------------------


def statements_from(body: Json) -> tuple[Statement, ...]:
    """A checked `editSmsConsentRecords` body."""
    return tuple(
        Statement(
            digits_of(record["from"]),
            digits_of(record["to"]),
            OptStatus(record["optStatus"]),
            ConsentSource(record["source"]),
        )
        for record in body["records"]
    )


def filter_from(parameters: Mapping[str, Any]) -> ConsentFilter:
    """Checked parameters of `listSmsConsentRecords`, or the result of `search_from` for a body."""
    statuses = chosen(OptStatus, parameters["optStatus"])
    covers = COVERAGE in (parameters["coverage"] or [COVERAGE]) and not parameters["campaignType"]
    return ConsentFilter(
        statuses=statuses if covers else frozenset(),
        senders=numbers_from(parameters["from"]),
        recipients=numbers_from(parameters["to"]),
    )


def search_from(body: Json) -> Json:
    """A checked `searchSmsConsentRecords` body as the list has its parameters."""
    status = body.get("optStatus")
    asked = {name: body.get(name) for name in ("from", "to", "coverage", "campaignType", "pageToken")}
    return {
        **asked,
        "optStatus": None if status is None else [status],
        "perPage": body.get("perPage", _DEFAULT_PER_PAGE),
    }


def numbers_from(given: Sequence[str] | None) -> frozenset[str] | None:
    """The digits of phone numbers; None for no such filter."""
    return None if given is None else frozenset(map(digits_of, given))


# --- answers -------------------------------------------------------------------------------------


def record(consent: Consent, view: View) -> Json:
    """What was said last of a pair."""
    return {**_said(consent, view), "lastModifiedTime": iso8601_to_the_microsecond(consent.at)}


def history_record(consent: Consent, view: View) -> Json:
    """One time that something was said."""
    return {**_said(consent, view), "createdAt": iso8601_to_the_microsecond(consent.at)}


def _said(consent: Consent, view: View) -> Json:
    return {
        "from": view.phone(consent.sender),
        "to": view.phone(consent.recipient),
        "optStatus": consent.status.value,
        "source": consent.source.value,
    }


def summary(failed: Iterable[tuple[Json, Json]]) -> Json:
    """`OptRecordsModificationSummary`: records as they were sent, each refused one with its error."""
    records = [{**{name: sent[name] for name in _FIELDS}, "error": error} for sent, error in failed]
    return {"failedRecords": records} if records else {}


def table(parts: Iterable[Iterable[Consent]], view: View) -> Slices[bytes]:
    """Comma-separated values (RFC 4180) in UTF-8, with a head; a slice for each part."""
    written = io.StringIO()
    writer = csv.writer(written)
    writer.writerow(_COLUMNS)
    for place, part in enumerate(parts):
        if place:
            yield
        writer.writerows(_said(consent, view).values() for consent in part)
    return written.getvalue().encode()
