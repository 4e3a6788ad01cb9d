"""What an application may do: its permissions, which OAuth calls its scope (RFC 6749, 3.3)."""

from collections.abc import Iterable

from ..world.template import Application
from .sessions import OPENID, ScopeInvalid

Permissions = frozenset[str]

GRANTED = (
    "ReadAccounts",
    "EditAccounts",
    "EditExtensions",
    "SMS",
    "A2PSMS",
    "InternalMessages",
    "ReadMessages",
    "EditMessages",
    "SubscriptionWebhook",
    "WebSocketsSubscription",
    "WebSocket",
)
"""What a token has that was asked for without a scope, where the application's fixture does not say otherwise."""

OF_OPENID = ("email", "profile")
"""Asked for beside openid, of which an id token says the same with them and without."""

_OF_OTHER_PRODUCTS = (
    *("Accounts", "AccountInfo", "Analytics", "CallControl", "CallLog", "Contacts", "EditAddressBook", "EditCallLog"),
    *("EditContacts", "EditCustomData", "EditPaymentInfo", "EditPresence", "EditReportingSettings", "ExtensionInfo"),
    *("Faxes", "Glip", "Interoperability", "Meetings", "Messages", "NumberLookup", "ReadAuditTrail", "ReadCallLog"),
    *("ReadCallRecording", "ReadClientInfo", "ReadContacts", "ReadPresence", "RingOut", "RingSense", "TeamMessaging"),
    *("UnifiedAppDesktop", "Video", "VoipCalling"),
)
KNOWN = (*GRANTED, *_OF_OTHER_PRODUCTS)
"""Names that applications ask for. No operation here needs those of the service's other products."""

_IMPLIED = {"WebSocketsSubscription": "WebSocket"}
"""Applications ask for the one, and the operation that a connection begins with names the other."""


def permissions_asked(scope: str | None) -> Permissions | None:
    """What a scope, names separated by spaces, asks for beside an id token; None where it asks for nothing.

    Raises `ScopeInvalid` about a name that is none of the service's.
    """
    names = [name for name in (scope or "").split(" ") if name and name not in (OPENID, *OF_OPENID)]
    for name in names:
        if name not in KNOWN:
            raise ScopeInvalid(name)
    return with_implied(names) if names else None


def permissions_of(application: Application) -> Permissions | None:
    """What its fixture lets it have; None for everything."""
    return None if application.permissions is None else with_implied(application.permissions)


def with_implied(names: Iterable[str]) -> Permissions:
    """The permissions, and those that come with them."""
    given = frozenset(names)
    return given | {_IMPLIED[name] for name in given & _IMPLIED.keys()}


def permissions_granted(asked: Permissions | None, held: Permissions | None) -> Permissions | None:
    """What a token gets of what is asked for, where `held` is what it may have; None for everything.

    Raises `ScopeInvalid` where that is nothing.
    """
    if asked is None or held is None:
        return held if asked is None else asked
    if not asked & held:
        raise ScopeInvalid(" ".join(sorted(asked)))
    return asked & held


def permissions_kept(asked: Permissions | None, held: Permissions | None) -> Permissions | None:
    """What a refresh leaves of what the log-in has. Raises `ScopeInvalid` where it asks for more (RFC 6749, 6)."""
    if asked is not None and held is not None and not asked <= held:
        raise ScopeInvalid(" ".join(sorted(asked - held)))
    return permissions_granted(asked, held)


def scope_of(permissions: Permissions | None) -> str:
    """The names in one order, separated by spaces."""
    return " ".join(GRANTED if permissions is None else (name for name in KNOWN if name in permissions))
