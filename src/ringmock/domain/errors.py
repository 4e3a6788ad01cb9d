"""One exception class for each refusal. `http/errors.py` has RingCentral's wording of each.

Every refusal names the rule or decision that it enforces, where there is one, and the values of its message.
"""

from collections.abc import Sequence
from typing import ClassVar


class Refusal(Exception):
    """A request that the rules do not allow. Nothing has been changed when one is raised."""

    rule: ClassVar[str | None] = None

    def __init__(self, parameter: str | None = None, value: str | None = None) -> None:
        """`parameter`: the request's parameter at fault, in RingCentral's spelling; `value`: its content."""
        super().__init__(parameter, value)
        self.parameter = parameter
        self.value = value

    @property
    def refusals(self) -> "Sequence[Refusal]":
        """All problems, the most important first."""
        return (self,)


class SeveralRefusals(Refusal):
    """Several problems of one request in one refusal; they share a status."""

    def __init__(self, refusals: "Sequence[Refusal]") -> None:
        super().__init__(refusals[0].parameter, refusals[0].value)
        self._refusals = tuple(refusals)

    @property
    def refusals(self) -> "Sequence[Refusal]":
        return self._refusals


def raise_all(refusals: "Sequence[Refusal]") -> None:
    """Raise what was found: nothing, the single problem, or all problems of the first one's type in one refusal."""
    if not refusals:
        return
    alike = [refusal for refusal in refusals if type(refusal) is type(refusals[0])]
    raise alike[0] if len(alike) == 1 else SeveralRefusals(alike)


class StoreFull(Refusal):
    """The server's storage is full; `value` is the limit."""

    def __init__(self, value: str) -> None:
        super().__init__(None, value)


class InvalidParameter(Refusal):
    """A parameter with an invalid value."""


class ParameterMissing(Refusal):
    """A required parameter is missing."""


class TooManyValues(Refusal):
    """More values in a list than it may have, which is `value`."""


class ValueTooLong(Refusal):
    """A text of more characters than its parameter may have, which is `value`."""


class NotFound(Refusal):
    """A resource named by the path that does not exist."""


class ParameterNotFound(Refusal):
    """A resource named in the body that does not exist."""


class DuplicateValue(Refusal):
    """One value given twice in a list that may hold it once."""


class BatchTooLarge(Refusal):
    """More of them named than one call may name; `value` is how many it may."""


class PathAndBodyDisagree(Refusal):
    """The path and the body name different resources, or neither names any."""


class SyncTokenInvalid(Refusal):
    """A token that was not issued for this mailbox since the world's last reset."""


class ConversationAndTypeTogether(Refusal):
    """A deletion both by conversation and by type of message."""


class TooManyReports(Refusal):
    """D-16: more reports of the message store in progress than allowed; `value` is the limit."""

    rule = "D-16"


class TextTooLong(Refusal):
    """R-04, D-01: more UTF-16 units than the message type allows."""

    rule = "R-04"


class SenderNumberUnknown(Refusal):
    """R-12: `from` is no number of this account."""

    rule = "R-12"


class SenderNumberOfAnother(Refusal):
    """R-12: `from` belongs to the account but not to the sender."""

    rule = "R-12"


class SenderNumberWithoutSms(Refusal):
    """R-13: `from` is the sender's own number and lacks SmsSender."""

    rule = "R-13"


class SenderNumberForFax(Refusal):
    """`from` is a number for faxes alone."""


class SenderNumberForHighVolume(Refusal):
    """D-14: `from` is the sender's own number and sends high-volume SMS alone."""

    rule = "D-14"


class ExtensionNumberAsSmsRecipient(Refusal):
    """R-07: an SMS goes to a phone number, and this is an extension number."""

    rule = "R-07"


class ShortNumberAsSmsRecipient(Refusal):
    """R-07: an SMS goes to a phone number, and this is too short to be one."""

    rule = "R-07"


class SeveralSmsRecipients(Refusal):
    """R-07: each SMS is from one number to another."""

    rule = "R-07"


class TooManySmsRecipients(Refusal):
    """More recipients than a group message may have."""


class InternationalNotAllowed(Refusal):
    """A recipient in another country, from a number without InternationalSmsSender."""


class InternationalFromTollFree(Refusal):
    """D-23: `to` is abroad, where a toll-free number sends nothing."""

    rule = "D-23"


class MmsNotAvailable(Refusal):
    """An attachment or a group message from a number that cannot send MMS."""


class CountryGivenTwice(Refusal):
    """`country` with both an id and an ISO code."""


class TooManyAttachments(Refusal):
    """More attachments than an MMS may have, which is `value`."""


class AttachmentEmpty(Refusal):
    """An attachment without a byte."""


class AttachmentTypeNotSupported(Refusal):
    """An attachment of a media type that no MMS carries; `value` is its number among them, and its name."""


class AttachmentsTooLarge(Refusal):
    """Attachments of more bytes than an MMS may have."""


class AttachmentTooLarge(Refusal):
    """A single attachment that is larger than all attachments of an MMS may be together."""


class FaxNotAvailable(Refusal):
    """D-42: a fax of an extension whose type, `value`, sends none."""

    rule = "D-42"


class FaxNotResendable(Refusal):
    """D-42: a fax that is to be sent again while it is still being sent, or after its content was deleted."""

    rule = "D-42"


class PagerToPhoneNumber(InvalidParameter):
    """R-08: pagers go to extensions of the account, not to phone numbers."""

    rule = "R-08"


class PagerRecipientNotFound(ParameterNotFound):
    """R-08: no such extension in the sender's account."""

    rule = "R-08"


class PagerRecipientCannotReceive(Refusal):
    """R-03: the extension's type cannot receive pagers."""

    rule = "R-03"


class DepartmentWithoutMembers(Refusal):
    """D-07: a Department without members."""

    rule = "D-07"


class RecipientInactive(Refusal):
    """R-18: a directly addressed recipient is Disabled or Frozen; D-05: so in a reply."""

    rule = "R-18"


class RecipientIdAndNumberDisagree(Refusal):
    """`extensionId` and `extensionNumber` of one recipient name two extensions."""


class SenderNumberMismatch(Refusal):
    """`from.extensionNumber` is not the sender's."""


class SenderIdMismatch(Refusal):
    """`from.extensionId` is not the sender's."""


class DepartmentCannotPage(Refusal):
    """R-14, D-02: pages on behalf of a Department are refused, and its manager gets a specific message."""

    rule = "R-14"


class NotAThreadParticipant(Refusal):
    """R-20, R-22, R-23: the sender was removed from the thread."""

    rule = "R-23"


class NotInThread(InvalidParameter):
    """D-06: `to` of a reply names someone outside the thread."""

    rule = "D-06"


class ReplyTargetNotFound(NotFound):
    """D-11: `replyOn` names a message that the sender does not hold."""

    rule = "D-11"


class NotAssigned(Refusal):
    """D-39: a message in a thread that is not assigned to its sender, whose extension id is `value`."""

    rule = "D-39"


class ThreadNotAccessible(Refusal):
    """R-20, D-04: a message of a thread that the extension was removed from; `value` is the permission lacking."""

    rule = "D-04"


class ApplicationPermissionDenied(Refusal):
    """An operation that the token or its application has no permission for; `value` is the permission."""


class AnotherExtension(Refusal):
    """The path names an extension other than the signed-in one."""


class ExtendedScopeMissing(AnotherExtension):
    """As above, where the operation needs a permission that users may have for others' extensions: `value` is it."""


class PermissionDenied(Refusal):
    """An operation that the logged-in extension's role does not include; `value` is the permission lacking."""


class InvalidEventFilters(Refusal):
    """A filter for events that do not exist, which is `value`."""


class EventsOfAnotherExtension(Refusal):
    """A filter about an extension that the subscriber may not watch."""


class EventsOfAnotherAccount(Refusal):
    """A filter about another account."""


class EventsOfUnknownUser(Refusal):
    """A filter about an extension that does not exist."""


class TooManySubscriptions(Refusal):
    """One subscription more than an extension may have."""


class ReminderAlone(Refusal):
    """A subscription with no filter but reminders of its own expiry."""


class ReminderUnsuitable(Refusal):
    """A reminder whose threshold or interval does not fit the subscription's lifetime."""


class ValidationTokenMissing(Refusal):
    """The receiver answered without the token that it was sent; `value` says how."""


class WebHookUnreachable(Refusal):
    """No answer came, or the address is not allowed; `value` says why."""


class WebHookGivenUp(Refusal):
    """D-32: a subscription whose address is blacklisted permanently; `value` is the reason."""

    rule = "D-32"


class WebHookStatusIncorrect(Refusal):
    """The receiver answered with another status than 200: `value` is the status and the expected one."""


class HttpsRequired(Refusal):
    """Plain http to an address where others could listen, which is `value`."""


class WebHookAnswerInvalid(Refusal):
    """The receiver's answer is too large, not of type JSON, or no HTTP; `value` says which, and what would pass."""
