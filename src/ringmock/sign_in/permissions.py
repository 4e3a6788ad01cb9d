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
    "ReadPresence",
    "EditPresence",
    "ReadCallLog",
    "VoipCalling",
    "ReadContacts",
    "Contacts",
    "SubscriptionWebhook",
    "WebSocketsSubscription",
    "WebSocket",
)
"""The permissions of a token that was requested without a scope, unless the application's fixture lists others."""

OF_OPENID = ("email", "profile")
"""Scopes of OpenID Connect besides openid. They do not change the id token."""

_OF_OTHER_PRODUCTS = (
    *("Accounts", "AccountInfo", "Analytics", "CallControl", "CallLog", "EditAddressBook", "EditCallLog"),
    *("EditContacts", "EditCustomData", "EditPaymentInfo", "EditReportingSettings", "ExtensionInfo"),
    *("Faxes", "Glip", "Interoperability", "Meetings", "Messages", "NumberLookup", "ReadAuditTrail"),
    *("ReadCallRecording", "ReadClientInfo", "RingOut", "RingSense", "TeamMessaging"),
    *("UnifiedAppDesktop", "Video"),
)
KNOWN = (*GRANTED, *_OF_OTHER_PRODUCTS)
"""Known permission names. No operation here needs the permissions of other products."""

_IMPLIED = {"WebSocketsSubscription": "WebSocket"}
"""Applications request the first name; the operation that opens a connection documents the second."""


def permissions_requested(scope: str | None) -> Permissions | None:
    """The requested permissions of a scope, names separated by spaces; None when it requests none.

    Raises `ScopeInvalid` about an unknown name.
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
    """The permissions, and those that they imply."""
    given = frozenset(names)
    return given | {_IMPLIED[name] for name in given & _IMPLIED.keys()}


def permissions_granted(asked: Permissions | None, held: Permissions | None) -> Permissions | None:
    """The granted part of the requested permissions, where `held` is what may be granted; None for all.

    Raises `ScopeInvalid` when the result is empty.
    """
    if asked is None or held is None:
        return held if asked is None else asked
    if not asked & held:
        raise ScopeInvalid(" ".join(sorted(asked)))
    return asked & held


def permissions_after_refresh(asked: Permissions | None, held: Permissions | None) -> Permissions | None:
    """The permissions after a refresh. Raises `ScopeInvalid` for more than the log-in had (RFC 6749, 6)."""
    if asked is not None and held is not None and not asked <= held:
        raise ScopeInvalid(" ".join(sorted(asked - held)))
    return permissions_granted(asked, held)


def scope_of(permissions: Permissions | None) -> str:
    """The names in one order, separated by spaces."""
    return " ".join(GRANTED if permissions is None else (name for name in KNOWN if name in permissions))
