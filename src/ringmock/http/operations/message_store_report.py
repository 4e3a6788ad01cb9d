"""Reports of the message store, for administrators: begun by one call, followed by others, fetched when completed."""

from ...domain import errors
from ...domain.message_store_report import MessageStoreReport
from ...domain.slices import Slices
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
    try:
        report = world.reports.create(world.account.id, call.caller.number, asked.dates, asked.types, now)
    except errors.Refusal:
        world.share.add(-1)
        raise
    return Answer(wire.report_resource(report, view_of(call)), status=202)


def read_message_store_report_task(call: Call) -> Answer:
    """`readMessageStoreReportTask`."""
    return Answer(wire.report_resource(_held(call), view_of(call)))


def read_message_store_report_archive(call: Call) -> Slices[Answer]:
    """`readMessageStoreReportArchive`."""
    report = _held(call)
    archives = yield from _archives(call, report)
    return Answer(wire.archive_list(archives, wire.report_uri(report, view_of(call))))


def read_message_store_report_archive_content(call: Call) -> Slices[Answer]:
    """`readMessageStoreReportArchiveContent`."""
    asked = call.parameters["archiveId"]
    archives = yield from _archives(call, _held(call))
    number = int(asked)
    if number >= len(archives):
        raise errors.NotFound("archiveId", asked)
    headers = (("Content-Disposition", f"attachment; filename=message-store-{number}.zip"), *HARMLESS)
    return Answer(archives[number], headers=headers, media_type=wire.MEDIA_TYPE)


def _held(call: Call) -> MessageStoreReport:
    _check(call)
    return call.here.reports.get(call.parameters["taskId"])


def _archives(call: Call, report: MessageStoreReport) -> Slices[tuple[bytes, ...]]:
    """Raises `BrokenOff` when the world is reset meanwhile, `StoreFull` when the archives exceed the storage."""
    world, view, epoch = call.here, view_of(call), call.here.epoch

    def make() -> Slices[tuple[bytes, ...]]:
        made = yield from wire.archiving(lambda: world.collected_for(report), view)
        call.check_epoch(epoch)
        return made

    return world.reports.archives(report, view.now, make, lambda size: world.share.take(0, size))


def _check(call: Call) -> None:
    check_account(call)
    if not call.caller.administrator:
        raise errors.PermissionDenied("accountId", _PERMISSION)
