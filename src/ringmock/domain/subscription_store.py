"""The subscriptions of one world, by id, by owner and by the mailboxes that they subscribe to."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

from . import errors
from .a2p_sms import Batch
from .account import Account, Extension
from .agenda import Agenda, Timer
from .message import Message
from .ports import IdGenerator
from .subscription import Subscription, SubscriptionRequest, Terms, WebhookTerms, plan_subscription, terms_of


class SubscriptionStore:
    """Not thread-safe: one thread serves a world. Expired subscriptions are not found."""

    def __init__(
        self,
        ids: IdGenerator,
        agenda: Agenda[Message | Batch | Subscription | Timer],
        terms: WebhookTerms = WebhookTerms(),  # noqa: B008  # it is a tuple
    ) -> None:
        """The store schedules the reminders of expiry in `agenda`."""
        self._ids = ids
        self.terms = terms
        self._agenda = agenda
        self._by_id: dict[str, Subscription] = {}
        self._by_owner: defaultdict[str, dict[str, Subscription]] = defaultdict(dict)
        self._by_mailbox: defaultdict[str, dict[str, Subscription]] = defaultdict(dict)
        self._of_a2p: dict[str, Subscription] = {}
        self._of_threads: dict[str, Subscription] = {}
        self._of_presence: dict[str, Subscription] = {}

    def __len__(self) -> int:
        return len(self._by_id)

    def plan(self, account: Account, subscriber: Extension, wanted: SubscriptionRequest, now: datetime) -> Terms:
        """What a request would be granted. Raises a `Refusal`; changes nothing."""
        return plan_subscription(account, subscriber, wanted, len(self.of(subscriber, now)))

    def create(
        self, account: Account, subscriber: Extension, wanted: SubscriptionRequest, now: datetime, *, origin: str
    ) -> Subscription:
        """Make a subscription and store it. Raises as `plan` does: others may have been made since the request."""
        terms = self.plan(account, subscriber, wanted, now)
        subscription = Subscription(
            id=self._ids.next_uuid(),
            owner=subscriber.number,
            filters=terms.filters,
            delivery=wanted.delivery,
            created=now,
            renewed=now,
            lifetime=terms.lifetime,
            origin=origin,
        )
        self._by_id[subscription.id] = subscription
        self._by_owner[subscriber.number][subscription.id] = subscription
        self._watch(subscription)
        self._agenda.schedule(subscription, subscription.next_reminder(now))
        return subscription

    def of(self, owner: Extension, now: datetime) -> Sequence[Subscription]:
        """The extension's, oldest first."""
        return self._alive(self._by_owner.get(owner.number, {}), now)

    def everyone(self, now: datetime) -> Sequence[Subscription]:
        """All of them, oldest first."""
        return self._alive(self._by_id, now)

    def subscribed_to(self, mailbox: str, now: datetime) -> Sequence[Subscription]:
        """Those with a filter about this mailbox."""
        return self._alive(self._by_mailbox.get(mailbox, {}), now)

    def subscribed_to_a2p(self, now: datetime) -> Sequence[Subscription]:
        """Those with a filter about high-volume SMS."""
        return self._alive(self._of_a2p, now)

    def subscribed_to_threads(self, now: datetime) -> Sequence[Subscription]:
        """Those with a filter about message threads."""
        return self._alive(self._of_threads, now)

    def subscribed_to_presence(self, now: datetime) -> Sequence[Subscription]:
        """Those with a filter about presences."""
        return self._alive(self._of_presence, now)

    def get(self, owner: Extension, subscription_id: str, now: datetime) -> Subscription:
        """One of the extension's. Raises `NotFound`."""
        subscription = self._by_id.get(subscription_id)
        if subscription is None or subscription.owner != owner.number or not self.is_alive(subscription, now):
            raise errors.NotFound("subscriptionId", subscription_id)
        return subscription

    def named(self, subscription_id: str) -> Subscription | None:
        """The one of this id, whoever's it is and whether it has expired."""
        return self._by_id.get(subscription_id)

    def is_alive(self, subscription: Subscription, now: datetime) -> bool:
        """Whether it exists; an expired subscription is removed."""
        if subscription.expires <= now:
            self._forget(subscription)
        return self._by_id.get(subscription.id) is subscription

    def name_notification(self) -> str:
        """A UUID for its next notification."""
        return self._ids.next_uuid()

    def renew(self, subscription: Subscription, now: datetime) -> None:
        """Count the lifetime from now. Raises `WebHookGivenUp`."""
        self._check_not_blacklisted(subscription)
        subscription.renewed = now
        self._agenda.schedule(subscription, subscription.next_reminder(now))

    def update(
        self,
        subscription: Subscription,
        account: Account,
        owner: Extension,
        filters: Sequence[str],
        lifetime: int | None,
        now: datetime,
    ) -> None:
        """Replace the filters, and the lifetime when one is given, and renew. Raises a `Refusal`."""
        self._check_not_blacklisted(subscription)
        transport = subscription.delivery.transport
        terms = terms_of(account, owner, filters, lifetime or subscription.lifetime, transport)
        self._unwatch(subscription)
        subscription.filters, subscription.lifetime = terms
        self._watch(subscription)
        self.renew(subscription, now)

    def _check_not_blacklisted(self, subscription: Subscription) -> None:
        given_up = subscription.blacklisted
        if given_up is not None and self.terms.blacklisting == "permanent":
            raise errors.WebHookGivenUp("deliveryMode.address", given_up.reason)

    def remove(self, subscription: Subscription) -> None:
        """Delete it; does nothing when it does not exist."""
        subscription.is_deleted = True
        self._forget(subscription)

    def _forget(self, subscription: Subscription) -> None:
        if self._by_id.get(subscription.id) is subscription:
            del self._by_id[subscription.id]
            del self._by_owner[subscription.owner][subscription.id]
            self._unwatch(subscription)
            self._agenda.schedule(subscription, None)

    def _watch(self, subscription: Subscription) -> None:
        for mailbox in subscription.mailboxes:
            self._by_mailbox[mailbox][subscription.id] = subscription
        if subscription.has_a2p_filters:
            self._of_a2p[subscription.id] = subscription
        if subscription.has_thread_filters:
            self._of_threads[subscription.id] = subscription
        if subscription.has_presence_filters:
            self._of_presence[subscription.id] = subscription

    def _unwatch(self, subscription: Subscription) -> None:
        for mailbox in subscription.mailboxes:
            del self._by_mailbox[mailbox][subscription.id]
        self._of_a2p.pop(subscription.id, None)
        self._of_threads.pop(subscription.id, None)
        self._of_presence.pop(subscription.id, None)

    def _alive(self, found: dict[str, Subscription], now: datetime) -> Sequence[Subscription]:
        return [subscription for subscription in tuple(found.values()) if self.is_alive(subscription, now)]
