"""The codes that say why an SMS did not arrive (`deliveryErrorCode`), as the service documents them.

https://developers.ringcentral.com/guide/messaging/sms/sms-errors
"""

from collections.abc import Mapping
from difflib import get_close_matches

DELIVERY_ERRORS: Mapping[str, str] = {
    "SMS-RC-403": "beyond the sending limits",
    "SMS-RC-410": "destination not supported",
    "SMS-RC-413": "recipient has opted out",
    "SMS-RC-430": "taken for spam",
    "SMS-RC-500": "internal error",
    "SMS-RC-501": "bad call of the upstream provider",
    "SMS-RC-503": "not provisioned",
    "SMS-RC-504": "provider configured wrongly",
    "SMS-UP-410": "invalid destination",
    "SMS-UP-413": "recipient has opted out",
    "SMS-UP-414": "sender cannot send SMS",
    "SMS-UP-430": "taken for spam",
    "SMS-UP-431": "sender's number is flagged",
    "SMS-UP-432": "too long",
    "SMS-UP-433": "malformed",
    "SMS-UP-500": "failure of the upstream provider",
    "SMS-CAR-104": "no status from the carrier yet",
    "SMS-CAR-199": "unknown status",
    "SMS-CAR-400": "not supported",
    "SMS-CAR-410": "expired",
    "SMS-CAR-411": "invalid destination",
    "SMS-CAR-412": "destination not available",
    "SMS-CAR-413": "recipient has opted out",
    "SMS-CAR-414": "bad source",
    "SMS-CAR-430": "taken for spam",
    "SMS-CAR-431": "rejected",
    "SMS-CAR-432": "too long",
    "SMS-CAR-433": "malformed",
    "SMS-CAR-434": "media too large",
    "SMS-CAR-435": "short url",
    "SMS-CAR-450": "beyond T-Mobile's daily limit",
    "SMS-CAR-451": "beyond AT&T's limit",
    "SMS-CAR-452": "beyond the carrier's limit",
    "SMS-CAR-460": "short code",
    "SMS-CAR-461": "unverified toll-free number",
    "SMS-CAR-500": "failure of the carrier",
}
"""What each means. SMS-RC- are RingCentral's own, SMS-UP- its upstream provider's, SMS-CAR- the carriers'."""


def nearest_delivery_error(code: str) -> str:
    """The documented code with the most similar spelling."""
    return get_close_matches(code, DELIVERY_ERRORS, n=1, cutoff=0)[0]
