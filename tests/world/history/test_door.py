"""The door: nothing changes a world past its history, whatever operation it is."""

import json
from pathlib import Path

from history_of import differences
from ringmock.control.description import Operation, operations
from state_files import kept_server
from support import Client, from_handset

LEFT_OUT = {"rewind", "reset", "reset_world", "close_world", "create_world"}
"""Each takes a world, or all that came before, out of the picture; they have tests of their own."""


def test_what_any_control_operation_changes_is_in_the_history_of_its_world(tmp_path: Path) -> None:
    """In a file, so that all of it can be written and read."""
    with kept_server(tmp_path / "door.db") as kept, Client(kept.url) as client:
        worlds, server = kept.worlds, kept.server
        client.post_sms("one")
        from_handset(client, "two")
        client.call("PUT", "/_mock/faults", json=[{"operation": "listMessages", "error": "CMN-201"}])
        differing = {}
        for operation in [each for each in operations() if each.method != "GET" and each.id not in LEFT_OUT]:
            carry_out(client, operation)
            found = server.do(lambda: differences(worlds, worlds.world_of_name(client.client_id)))
            if found:
                differing[operation.id] = found
        assert differing == {}


def carry_out(client: Client, operation: Operation) -> None:
    """The example of an operation."""
    path = operation.path.format(**{each.name: each.example for each in operation.of("path")})
    body = None if operation.example is None else json.dumps(operation.example)
    assert client.call(operation.method, path, content=body).status_code < 500
