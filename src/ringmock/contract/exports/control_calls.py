"""The calls of the control API that change a world as the commands of a history did."""

import base64
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple
from urllib.parse import quote

from ...domain.attachment import Attachment
from ...domain.carrier import Carrier
from ...fixture import written_carrier
from ...timestamps import iso8601_to_the_microsecond
from ...world.history.serialization import value_of

Json = Any

OF_THE_SERVER: Final = frozenset(
    {
        *("log-in", "log-ins", "log-in-ended", "refreshed", "revoked", "code", "code-used", "first-use"),
        *("due", "named", "attempted", "unsubscribed", "reinstated", "connected"),
        *("counted", "met", "met-notification", "sliced", "finished", "forked"),
    }
)
"""What a server does by itself, or with a log-in: nobody calls for it."""


FAULTS: Final = frozenset({"set_faults", "add_fault", "remove_fault"})
"""A history has no call that a fault has refused, and of one that has lost its answer that: no fault is needed."""


class ControlCall(NamedTuple):
    """One call. `path` begins after `/_mock`."""

    method: str
    path: str
    body: Json = None


def control_call(event: Mapping[str, Json]) -> ControlCall | None:
    """The call that does again what a line of a history says; None for what the server does by itself.

    Raises `LookupError` for what no call does.
    """
    if event["event"] in OF_THE_SERVER:
        return None
    return _CALLS[event["event"]](*(value_of(value) for value in event["values"]))


def _text_from_handset(
    phone: str, to: str | Sequence[str], text: str, attachments: Sequence[Attachment] = ()
) -> ControlCall:
    body: dict[str, Json] = {"to": to if isinstance(to, str) else list(to), "text": text}
    if attachments:
        body["attachments"] = [_file(each) for each in attachments]
    return ControlCall("POST", f"/handsets/{_quoted(phone)}/messages", body)


def _fax_from_machine(
    phone: str, to: str, attachments: Sequence[Attachment], resolution: object = "High"
) -> ControlCall:
    body = {"to": to, "resolution": str(resolution), "attachments": [_file(each) for each in attachments]}
    return ControlCall("POST", f"/handsets/{_quoted(phone)}/faxes", body)


def _file(file: Attachment) -> dict[str, str]:
    said = {"contentType": file.content_type, "fileName": file.file_name}
    return {
        **{name: value for name, value in said.items() if value},
        "content": base64.b64encode(file.content).decode(),
    }


def _set_carrier(carrier: Carrier | None) -> ControlCall:
    return ControlCall("PUT", "/carrier", {} if carrier is None else written_carrier(carrier))


def _walked(until: Any, stands: bool) -> ControlCall:
    return ControlCall("PUT", "/clock", {"now": iso8601_to_the_microsecond(until), "frozen": stands})


def _quoted(text: object) -> str:
    return quote(str(text), safe="")


_CALLS: Final[Mapping[str, Callable[..., ControlCall]]] = {
    "set_status": lambda number, status: ControlCall(
        "PATCH", f"/extensions/{_quoted(number)}", {"status": str(status)}
    ),
    "set_members": lambda number, members: ControlCall("PUT", f"/departments/{_quoted(number)}/members", list(members)),
    "text_from_handset": _text_from_handset,
    "fax_from_machine": _fax_from_machine,
    "set_limits": lambda given: ControlCall("PUT", "/limits", dict(given)),
    "set_faults": lambda rules: ControlCall("PUT", "/faults", list(rules)),
    "add_fault": lambda rule: ControlCall("POST", "/faults", dict(rule)),
    "remove_fault": lambda place: ControlCall("DELETE", f"/faults/{place}"),
    "set_carrier": _set_carrier,
    "walked": _walked,
}
