"""What a client asks before its first message, answered with something else than is so."""

from ringmock.domain.account import Extension
from ringmock.domain.presence import Presence
from ringmock.world.world import World

from .exchange import Exchange, Json
from .fault import in_answers, in_world
from .operations import FEATURES, PRESENCE, QUEUE_PRESENCE


@in_answers(FEATURES)
def has_every_feature(exchange: Exchange) -> None:
    """Every feature is available, whatever numbers the extension has."""
    if exchange.resource == "features" and exchange.status == 200:
        exchange.change_answer(_make_available)


def _make_available(body: Json) -> None:
    for record in body["records"]:
        record["available"] = True
        record.pop("reason", None)


@in_world(PRESENCE)
class ForgetsWhatItWasTold(World):
    """A change of a presence replaces all of it: what the body leaves out is as at the start."""

    def presence_of(self, extension: Extension) -> Presence:
        known = super().presence_of(extension)
        return Presence(user_status=known.user_status)


@in_world(PRESENCE)
class TakesFrozenForAvailable(World):
    """The presence of a frozen extension is Available."""

    def presence_of(self, extension: Extension) -> Presence:
        return self.presences.get(extension.number, Presence())


@in_world(QUEUE_PRESENCE)
class KeepsTakingQueueCalls(World):
    """A member of a call queue takes its calls, whatever he says."""

    def set_presence(self, extension: Extension, presence: Presence) -> None:
        for queue in presence.declined_queues:
            presence = presence.accepting(queue, accepts=True)
        super().set_presence(extension, presence)
