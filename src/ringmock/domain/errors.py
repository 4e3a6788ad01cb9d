"""One exception per refusal, in the domain's words. How RingCentral words each is the catalogue's business.

Every refusal names the rule or decision that it keeps, where there is one, and the values its message needs.
"""

from collections.abc import Sequence
from typing import ClassVar


class Refusal(Exception):
    """A request that the rules do not allow. Nothing has been changed when one is raised."""

    rule: ClassVar[str | None] = None

    def __init__(self, parameter: str | None = None, value: str | None = None) -> None:
        """`parameter`: the request's parameter at fault, in RingCentral's spelling; `value`: what it held."""
        super().__init__(parameter, value)
        self.parameter = parameter
        self.value = value

    @property
    def refusals(self) -> "Sequence[Refusal]":
        """Every problem found, the most important first."""
        return (self,)


class SeveralRefusals(Refusal):
    """Several problems of one request, told together; they share a status."""

    def __init__(self, refusals: "Sequence[Refusal]") -> None:
        super().__init__(refusals[0].parameter, refusals[0].value)
        self._refusals = tuple(refusals)

    @property
    def refusals(self) -> "Sequence[Refusal]":
        return self._refusals


def raise_all(refusals: "Sequence[Refusal]") -> None:
    """Raise what was found: nothing, the one, or those that are of the first one's kind, together."""
    if not refusals:
        return
    alike = [refusal for refusal in refusals if type(refusal) is type(refusals[0])]
    raise alike[0] if len(alike) == 1 else SeveralRefusals(alike)


class StoreFull(Refusal):
    """There is no room for what would have to be kept: `value` says how much there is at most."""

    def __init__(self, value: str) -> None:
        super().__init__(None, value)


class InvalidParameter(Refusal):
    """A parameter whose value cannot be used."""


class ParameterMissing(Refusal):
    """A parameter that cannot be left out."""


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
    """The path names other resources than the body has something for, or leaves them to a body that names none."""


class SyncTokenInvalid(Refusal):
    """A token that no synchronization of this mailbox, in this life of the world, has issued."""


class ConversationAndTypeTogether(Refusal):
    """A deletion by conversation and by type of message at once."""


class TooManyReports(Refusal):
    """D-16: one more report of the message store than may be in the making at once, which is `value`."""

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
    """`country` by its id and by its ISO code at once."""


class TooManyAttachments(Refusal):
    """More attachments than an MMS may have, which is `value`."""


class AttachmentEmpty(Refusal):
    """An attachment without a byte."""


class AttachmentTypeNotSupported(Refusal):
    """An attachment of a media type that no MMS carries; `value` is its number among them, and its name."""


class AttachmentsTooLarge(Refusal):
    """Attachments of more bytes than an MMS may have."""


class AttachmentTooLarge(Refusal):
    """One attachment that has by itself more bytes than all of an MMS may have."""


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
    """D-07: a Department that nobody is in."""

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
    """R-14, D-02: pages on behalf of a Department are refused, and the manager is told so."""

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


class ThreadNotAccessible(Refusal):
    """R-20, D-04: a message of a thread that the extension was removed from; `value` is the permission lacking."""

    rule = "D-04"


class ApplicationPermissionDenied(Refusal):
    """An operation that the token was not asked for, or its application may not call; `value` is what it lacks."""


class AnotherExtension(Refusal):
    """The path names an extension other than the one that is logged in."""


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
    """A subscription that asks for nothing but reminders of its own expiry."""


class ReminderUnsuitable(Refusal):
    """A reminder whose threshold or interval does not suit the subscription's lifetime."""


class ValidationTokenMissing(Refusal):
    """The receiver answered without the token that it was sent; `value` says how."""


class WebHookUnreachable(Refusal):
    """No answer came, or none may be asked for at this address; `value` says why."""


class WebHookGivenUp(Refusal):
    """D-32: a subscription whose address is blacklisted for good; `value` is why."""

    rule = "D-32"


class WebHookStatusIncorrect(Refusal):
    """The receiver answered with another status than 200: `value` is it, and what it has to be."""


class HttpsRequired(Refusal):
    """Plain http to an address where others could listen, which is `value`."""


class WebHookAnswerInvalid(Refusal):
    """The receiver's answer is too large, not of type JSON, or no HTTP; `value` says which, and what would pass."""
