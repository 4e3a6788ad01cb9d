"""Reports of the message store: archives of what all mailboxes of the account hold within a period.

The progress of a report is computed from the world's clock when a client asks. The server collects nothing before a
client fetches the report.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from . import errors
from .message import Availability, MessageType
from .message_filter import MessageFilter
from .ports import IdGenerator
from .slices import Slices

MAX_UNFINISHED = 2
"""The maximum of reports of one account in progress."""


class ReportStatus(StrEnum):
    ACCEPTED = "Accepted"
    PENDING = "Pending"
    IN_PROGRESS = "InProgress"
    ATTEMPT_FAILED = "AttemptFailed"
    FAILED = "Failed"
    COMPLETED = "Completed"
    CANCELLED = "Cancelled"


_TAKES = timedelta(seconds=5)
_COURSE: Mapping[timedelta, ReportStatus] = {
    timedelta(0): ReportStatus.ACCEPTED,
    timedelta(seconds=1): ReportStatus.PENDING,
    timedelta(seconds=2): ReportStatus.IN_PROGRESS,
    _TAKES: ReportStatus.COMPLETED,
}
"""The status of a report by its age. No report of this server fails."""


@dataclass(frozen=True, slots=True)
class MessageStoreReport:
    """One report. `extension` is the number of the requesting extension, `types` the requested ones; times are aware
    UTC.
    """

    id: str
    extension: str
    date_from: datetime
    date_to: datetime
    types: tuple[str, ...] | None
    """By RingCentral's names, also those of types that no message here has; None for all."""
    started: datetime

    @property
    def finished(self) -> datetime:
        """When it is or will be completed; at most the latest representable time."""
        return self.started + min(_TAKES, datetime.max.replace(tzinfo=self.started.tzinfo) - self.started)

    def status_at(self, now: datetime) -> ReportStatus:
        """The status of the report. After a clock was set back to before its start, the report is accepted."""
        reached = ReportStatus.ACCEPTED
        for delay, status in _COURSE.items():
            if self.started + min(delay, self.finished - self.started) <= now:
                reached = status
        return reached

    @property
    def wanted(self) -> MessageFilter:
        """The messages of the report: Alive and Deleted ones, created before it was completed."""
        return MessageFilter(
            date_from=self.date_from,
            date_to=min(self.date_to, self.finished),
            types=frozenset(kind for kind in MessageType if self.types is None or kind.value in self.types),
            availabilities=frozenset({Availability.ALIVE, Availability.DELETED}),
        )


class MessageStoreReports:
    """The reports of one world. Not thread-safe: one thread serves a world."""

    def __init__(self, ids: IdGenerator) -> None:
        self._ids = ids
        self._reports: dict[str, MessageStoreReport] = {}
        self._archives: dict[str, tuple[bytes, ...]] = {}
        self._unfinished: list[MessageStoreReport] = []

    def create(
        self,
        account_id: int,
        extension: str,
        dates: tuple[datetime, datetime],
        types: tuple[str, ...] | None,
        now: datetime,
    ) -> MessageStoreReport:
        """Begin a report of what was created between two dates, both inclusive.

        Raises `InvalidParameter` about `dateFrom` when it is the later one, and `TooManyReports`.
        """
        date_from, date_to = dates
        if date_from > date_to:
            raise errors.InvalidParameter("dateFrom")
        self._unfinished = [each for each in self._unfinished if each.status_at(now) is not ReportStatus.COMPLETED]
        if len(self._unfinished) >= MAX_UNFINISHED:
            raise errors.TooManyReports(value=str(MAX_UNFINISHED))
        name = self._ids.next_uuid().replace("-", "")
        report = MessageStoreReport(f"{account_id}-{account_id}-{name}", extension, date_from, date_to, types, now)
        self._reports[report.id] = report
        self._unfinished.append(report)
        return report

    def unfinished(self, now: datetime) -> list[MessageStoreReport]:
        """Those that will be completed after now."""
        return [each for each in self._unfinished if each.finished > now]

    def get(self, report_id: str) -> MessageStoreReport:
        """Raises `NotFound` about `taskId`."""
        found = self._reports.get(report_id)
        if found is None:
            raise errors.NotFound("taskId", report_id)
        return found

    def archives(
        self,
        report: MessageStoreReport,
        now: datetime,
        make: Callable[[], Slices[tuple[bytes, ...]]],
        keep: Callable[[int], None],
    ) -> Slices[tuple[bytes, ...]]:
        """The report's files. The first request creates them by `make`; later requests get the same.

        The store calls `keep` with the number of bytes first, which may raise. Raises `NotFound` about `taskId` before
        the report is completed (D-16).
        """
        if report.status_at(now) is not ReportStatus.COMPLETED:
            raise errors.NotFound("taskId", report.id)
        if report.id not in self._archives:
            made = yield from make()
            if report.id not in self._archives:  # another call may have made them meanwhile
                keep(sum(map(len, made)))
                self._archives[report.id] = made
        return self._archives[report.id]
