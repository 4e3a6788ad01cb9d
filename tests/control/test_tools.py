"""The tools of agents: made of the control API's description, and each call as the API takes it."""

from typing import Any

import jsonschema
import pytest

from ringmock.control.call import BadInput
from ringmock.control.tools import Tool, tool_named, tools


@pytest.mark.parametrize("tool", tools().values(), ids=lambda each: each.name)
def test_a_tool_has_the_arguments_of_its_operation_and_a_world(tool: Tool) -> None:
    schema = tool.input_schema
    jsonschema.Draft202012Validator.check_schema(schema)
    assert tool.description.startswith(tool.operation.summary)
    assert {each.name for each in tool.operation.parameters} | {"world"} <= schema["properties"].keys()
    assert set(schema["required"]) <= schema["properties"].keys()
    # An argument that is named in two places of a call would mean either.
    names = [name for name, _ in tool._arguments()]
    assert len(names) == len(set(names))


def test_there_are_tools_for_all_that_an_agent_does() -> None:
    wanted = {"create_world", "close_world", "send_from_handset", "list_messages", "why", "add_fault", "advance_clock"}
    assert {*wanted, "read_findings", "read_journal", "create_token", "reset_world"} <= tools().keys()
    assert 12 <= len(tools()) <= 20


@pytest.mark.parametrize(
    ("name", "arguments", "call"),
    [
        ("why", {"id": 7, "world": "mine"}, ("GET", "/_mock/journal/7/why", None, "mine", 0)),
        ("read_journal", {}, ("GET", "/_mock/journal?limit=20", None, None, 0)),
        ("read_journal", {"limit": 3, "include": ["text", "token"]},
         ("GET", "/_mock/journal?limit=3&include=text%2Ctoken", None, None, 0)),
        ("list_messages", {"contains": "a b", "wait": 5, "to": None},
         ("GET", "/_mock/messages?contains=a+b&wait=5&limit=20", None, None, 5)),
        ("send_from_handset", {"phone_number": "+14151003732", "to": "16509100010", "text": "Hello"},
         ("POST", "/_mock/handsets/%2B14151003732/messages", {"to": "16509100010", "text": "Hello"}, None, 0)),
        ("put_members", {"number": "200", "body": ["102"]},
         ("PUT", "/_mock/departments/200/members", ["102"], None, 0)),
        ("close_world", {"name": "a/b"}, ("DELETE", "/_mock/worlds/a%2Fb", None, None, 0)),
    ],
)  # fmt: skip
def test_a_call_is_that_of_the_operation(name: str, arguments: dict[str, Any], call: tuple[Any, ...]) -> None:
    made = tool_named(name).call(arguments)
    assert (made.method, made.target, made.body, made.world, made.waits) == call


@pytest.mark.parametrize(
    ("name", "arguments", "said"),
    [
        ("wyh", {}, "There is no tool 'wyh': did you mean 'why'? The tools are list_worlds, create_world,"),
        ("why", {"number": 1}, "'number' is not known here. why takes id and world."),
        ("send_from_handset", {"phonenumber": "1"}, "'phonenumber' is not known here: did you mean 'phone_number'?"),
        ("why", {}, "'id' is missing: it is a number from 0 to 9223372036854775807, as in 1."),
        ("put_members", {"number": "200"}, "'body' is missing: it is a list of extension numbers, each a text."),
        ("why", {"id": 1, "world": 3}, "'world' is the name of a world"),
    ],
)
def test_what_makes_no_call_is_told_what_would_be_right(name: str, arguments: dict[str, Any], said: str) -> None:
    with pytest.raises(BadInput) as refused:
        tool_named(name).call(arguments)
    assert str(refused.value).startswith(said)
