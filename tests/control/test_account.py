"""The extensions of an account, listed."""

from typing import Any

import pytest

from support import Client


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ({"text": "frozen"}, ["104"]),
        ({"text": "16509100102"}, ["102"]),
        ({"text": "nobody at all"}, []),
        ({"limit": 2}, ["101", "102"]),
    ],
)
def test_extensions_are_listed_as_they_are_now(world_client: Client, query: dict[str, Any], numbers: list[str]) -> None:
    told = world_client.get("/_mock/extensions", params=query).json()

    assert [each["number"] for each in told["extensions"]] == numbers
    assert told["count"] >= len(numbers)


def test_a_department_is_listed_with_its_members_and_a_frozen_extension_as_that(world_client: Client) -> None:
    world_client.call("PATCH", "/_mock/extensions/102", json={"status": "Frozen"})
    world_client.call("PUT", "/_mock/departments/200/members", json=["103"])

    found = {each["number"]: each for each in world_client.get("/_mock/extensions").json()["extensions"]}

    assert (found["200"]["members"], found["102"]["status"], "members" in found["102"]) == (["103"], "Frozen", False)
