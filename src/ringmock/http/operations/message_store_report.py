"""Reports of the message store, for administrators: begun by one call, followed by others, fetched when completed."""

from ...domain import errors
from ...domain.message_store_report import Report
from ..call import Answer, Call
from ..media import HARMLESS
from ..wire import message_store_report as wire
from .access import check_account, view_of

_PERMISSION = "Users"


def create_message_store_report(call: Call) -> Answer:
    """`createMessageStoreReport`."""
    _check(call)
    world, now = call.here, call.here.clock.now()
    asked = wire.report_from(call.body, now)
    world.share.take(1)
    report = world.reports.create(world.account.id, call.caller.number, asked.dates, asked.types, now)
    return Answer(wire.report_resource(report, view_of(call)), status=202)


def read_message_store_report_task(call: Call) -> Answer:
    """`readMessageStoreReportTask`."""
    return Answer(wire.report_resource(_held(call), view_of(call)))


def read_message_store_report_archive(call: Call) -> Answer:
    """`readMessageStoreReportArchive`."""
    report = _held(call)
    return Answer(wire.archive_list(_archives(call, report), wire.report_uri(report, view_of(call))))


def read_message_store_report_archive_content(call: Call) -> Answer:
    """`readMessageStoreReportArchiveContent`."""
    archives, asked = _archives(call, _held(call)), call.parameters["archiveId"]
    number = int(asked)
    if number >= len(archives):
        raise errors.NotFound("archiveId", asked)
    headers = (("Content-Disposition", f"attachment; filename=message-store-{number}.zip"), *HARMLESS)
    return Answer(archives[number], headers=headers, media_type=wire.MEDIA_TYPE)


def _held(call: Call) -> Report:
    _check(call)
    return call.here.reports.held(call.parameters["taskId"])


def _archives(call: Call, report: Report) -> tuple[bytes, ...]:
    world, view = call.here, view_of(call)
    return world.reports.archives(report, view.now, lambda: wire.archives(world.collected_for(report), view))


def _check(call: Call) -> None:
    check_account(call)
    if not call.caller.administrator:
        raise errors.PermissionDenied("accountId", _PERMISSION)
