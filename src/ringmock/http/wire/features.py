"""Features of an extension."""

from ...domain.features import ExtensionFeature
from .view import Json


def feature(known: ExtensionFeature) -> Json:
    """One record of `readExtensionFeatures`."""
    said: Json = {"id": known.id, "available": known.is_available}
    if known.reason is not None:
        said["reason"] = {"code": known.reason.code.value, "message": known.reason.message}
        if known.reason.permission is not None:
            said["reason"]["permission"] = known.reason.permission
    if known.parameters:
        said["params"] = [{"name": name, "value": value} for name, value in known.parameters]
    return said
