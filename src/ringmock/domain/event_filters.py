"""The event filters of the service, as far as they are published or seen in use.

No complete list is published. A path may have `~` instead of an account's, an extension's or a device's id.
"""

import re
from collections.abc import Mapping
from functools import cache
from typing import NamedTuple


class KnownFilter(NamedTuple):
    """`path` has names of ids in braces; each of `parameters` is optional. `source`: where the filter is documented."""

    path: str
    parameters: tuple[str, ...] = ()
    source: str = "guide: event filters"
    has_events: bool = False
    """Whether this server sends events for it. The server accepts the others and sends none."""


_A = "/restapi/v1.0/account/{accountId}"
_X = f"{_A}/extension/{{extensionId}}"
_V2 = "/restapi/v2/accounts/{accountId}"
_CALLS = ("direction", "missedCall", "phoneNumber", "sipData", "statusCode", "withRecordings")
_LINES = ("detailedTelephonyState", "sipData")
_RINGSENSE = "/ai/ringsense/v1/public/accounts/{accountId}/domains/{domain}/insights"

MESSAGE_STORE = KnownFilter(f"{_X}/message-store", ("type", "direction"), has_events=True)
INSTANT_SMS = KnownFilter(f"{_X}/message-store/instant", ("type",), has_events=True)
ACCOUNT_PRESENCE = KnownFilter(f"{_A}/presence", ("detailedTelephonyState",), has_events=True)
PRESENCE = KnownFilter(
    f"{_X}/presence",
    ("detailedTelephonyState", "sipData", "totalActiveCalls", "aggregated"),
    "guide: event filters; the vendor's widgets; old clients",
    has_events=True,
)
FAX = KnownFilter(f"{_X}/fax", ("direction",), has_events=True)
A2P_BATCHES = KnownFilter(f"{_A}/a2p-sms/batches", ("from",), has_events=True)
A2P_BATCHES_OF_OLD = KnownFilter(f"{_A}/a2p-sms/batch", ("from",), "guide: event filters, until 2022", has_events=True)
A2P_BATCH = KnownFilter(f"{_A}/a2p-sms/batches/{{batchId}}", has_events=True)
A2P_BATCH_OF_OLD = KnownFilter(
    f"{_A}/a2p-sms/batch/{{batchId}}", source="guide: event filters, until 2022", has_events=True
)
A2P_MESSAGES = KnownFilter(f"{_A}/a2p-sms/messages", ("direction", "batchId", "from", "to"), has_events=True)
A2P_OPT_OUTS = KnownFilter(f"{_A}/a2p-sms/opt-outs", ("direction", "batchId", "from", "to"), has_events=True)
REMINDER = KnownFilter(
    "/restapi/v1.0/subscription/~", ("threshold", "interval"), "guide: creating webhooks", has_events=True
)

THREADS = KnownFilter(f"{_A}/message-threads/sync", source="guide: message threads", has_events=True)
THREAD_ENTRIES = KnownFilter(f"{_A}/message-threads/entries/sync", source="guide: message threads", has_events=True)

KNOWN_FILTERS = (
    MESSAGE_STORE,
    INSTANT_SMS,
    FAX,
    KnownFilter(f"{_X}/voicemail"),
    KnownFilter(f"{_X}/shared-sms", source="the vendor's Embeddable"),
    THREADS,
    THREAD_ENTRIES,
    A2P_BATCHES,
    A2P_BATCHES_OF_OLD,
    A2P_BATCH,
    A2P_BATCH_OF_OLD,
    A2P_MESSAGES,
    A2P_OPT_OUTS,
    KnownFilter(f"{_V2}/extensions/{{extensionId}}/sms/batches", ("from",), "guide: SMS of version 2, events"),
    KnownFilter(
        f"{_V2}/extensions/{{extensionId}}/sms/messages", ("direction", "from", "to"), "guide: SMS of version 2, events"
    ),
    KnownFilter(f"{_V2}/sms/consents", source="guide: consent management"),
    KnownFilter(f"{_A}/telephony/sessions", _CALLS),
    KnownFilter(f"{_X}/telephony/sessions", _CALLS),
    KnownFilter(f"{_X}/telephony", ("action",), "the vendor's widgets"),
    KnownFilter(f"{_X}/missed-calls", source="API changelog 1.0.28"),
    KnownFilter(f"{_X}/incoming-call-pickup", source="old clients; API description of 2026, IncomingCallEvent"),
    KnownFilter(f"{_X}/start-ring", source="the vendor's widgets"),
    KnownFilter(f"{_X}/stop-ring", source="the vendor's widgets"),
    ACCOUNT_PRESENCE,
    PRESENCE,
    KnownFilter(f"{_X}/presence/line"),
    KnownFilter(f"{_X}/presence/line/presence", _LINES),
    KnownFilter(f"{_X}/presence/dnd"),
    KnownFilter(f"{_X}/favorite"),
    KnownFilter(f"{_X}/favorite/presence", _LINES),
    KnownFilter(f"{_A}/call-queues/{{groupId}}/presence"),
    KnownFilter(_X),
    KnownFilter(f"{_A}/extension"),
    KnownFilter(f"{_X}/grant"),
    KnownFilter(f"{_X}/phone-number", ("usageType",), "by analogy with the account's"),
    KnownFilter(f"{_A}/directory/entries"),
    KnownFilter(f"{_A}/directory/contacts", source="the vendor's widgets"),
    KnownFilter(f"{_A}/device/{{deviceId}}/emergency-address"),
    KnownFilter(f"{_A}/phone-number", ("usageType",)),
    REMINDER,
    KnownFilter("/team-messaging/v1/posts"),
    KnownFilter("/team-messaging/v1/chats"),
    KnownFilter("/team-messaging/v1/groups"),
    KnownFilter("/restapi/v1.0/glip/posts", source="the vendor's samples and widgets"),
    KnownFilter("/restapi/v1.0/glip/groups", source="the vendor's samples and widgets"),
    KnownFilter("/restapi/v1.0/glip/webhooks", source="guide: team messaging, events"),
    KnownFilter(_RINGSENSE),
)
"""Those of webinars are subscribed to elsewhere: `POST /webinar/notifications/v1/subscriptions`."""

_ID = "~|[0-9]{1,19}"
_NAMED = {
    "accountId": f"(?P<account>{_ID})",
    "extensionId": f"(?P<extension>{_ID})",
    "deviceId": f"({_ID})",
    "groupId": "([0-9]{1,19})",
    "batchId": "(?P<batch>[0-9A-Za-z-]{1,64})",
    "domain": "(pbx|rcv|rcx|ms-teams|nice-incontact)",
}


@cache
def patterns() -> Mapping[re.Pattern[str], KnownFilter]:
    """A regular expression for each path, with groups `account`, `extension` and `batch` where the path has them.

    They are compiled for the first filter that is read: it takes 4 ms, which no start needs.
    """
    return {re.compile(_expression(known.path)): known for known in KNOWN_FILTERS}


def _expression(path: str) -> str:
    escaped = re.escape(path).replace(r"\~", "~")
    return re.sub(r"\\\{(\w+)\\\}", lambda name: _NAMED[name[1]], escaped)


_FLAG = "(true|false)?"
_WORDS = "[A-Za-z][A-Za-z0-9-]*(,[A-Za-z][A-Za-z0-9-]*)*"
_PHONE_NUMBER = "[+ ]?[0-9]{1,15}"  # a raw + has become a space
_VALUES = {
    "action": _WORDS,
    "aggregated": _FLAG,
    "detailedTelephonyState": _FLAG,
    "direction": "Inbound|Outbound",
    "from": _PHONE_NUMBER,
    "missedCall": _FLAG,
    "phoneNumber": _PHONE_NUMBER,
    "sipData": _FLAG,
    "statusCode": _WORDS,
    "to": _PHONE_NUMBER,
    "totalActiveCalls": _FLAG,
    "usageType": _WORDS,
    "withRecordings": _FLAG,
}
"""The allowed values of parameters of filters without events. Clients write a flag with or without a value."""


def is_query_of(known: KnownFilter, query: Mapping[str, str]) -> bool:
    """Whether a filter without events accepts these parameters with these values."""
    return all(name in known.parameters and re.fullmatch(_VALUES[name], value) for name, value in query.items())
