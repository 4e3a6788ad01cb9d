"""What an extension can do."""

from ...domain.features import features_of
from ..call import Answer, Call
from ..wire import features as wire
from .access import governed_extension


def read_extension_features(call: Call) -> Answer:
    """`readExtensionFeatures`: a feature that this server does not know is left out, asked for or not."""
    extension = governed_extension(call)
    wanted, is_only_available = call.parameters["featureId"], call.parameters["availableOnly"]
    records = [
        wire.feature(known)
        for known in features_of(call.here.account, extension)
        if (wanted is None or known.id in wanted) and (known.is_available or not is_only_available)
    ]
    return Answer({"records": records})
