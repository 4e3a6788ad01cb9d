"""ringmock for tests in Python: a server in a thread, and a world of its own for each test.

The pytest plugin stands on this, and so can any other test runner: nothing here imports pytest.
"""

from ..domain.due import Due, DueKind
from .handle import Clock, Expect, Handset, Ringmock
from .messages import Attachment, Message
from .remote import RemoteRingmock, connect, connect_async
from .server import MockServer, run_server
from .twin import AsyncTwin, WouldBlock

__all__ = [
    "AsyncTwin",
    "Attachment",
    "Clock",
    "Due",
    "DueKind",
    "Expect",
    "Handset",
    "Message",
    "MockServer",
    "RemoteRingmock",
    "Ringmock",
    "WouldBlock",
    "connect",
    "connect_async",
    "run_server",
]
