"""Texts, measured: by the rules' own functions, with the character that tipped each measure."""

from typing import Any

import pytest

from ringmock.domain.segments import segment_count, segmented
from support import Client


def measured(client: Client, text: str) -> dict[str, Any]:
    answer = client.post("/_mock/text-measures", json={"text": text})
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.mark.parametrize(
    ("text", "encoding", "segments", "per_segment", "tipped"),
    [
        ("", "GSM-7", [(0, 0)], 160, None),
        ("a" * 160, "GSM-7", [(0, 160)], 160, None),
        ("a" * 161, "GSM-7", [(0, 153), (153, 8)], 153, None),
        ("a" * 152 + "€" + "a" * 20, "GSM-7", [(0, 152), (152, 22)], 153, None),
        ("ж" * 70, "UCS-2", [(0, 70)], 70, (0, "ж", "U+0436", "CYRILLIC SMALL LETTER ZHE")),
        ("a" * 66 + "😀" + "a" * 9, "UCS-2", [(0, 66), (66, 11)], 67, (66, "😀", "U+1F600", "GRINNING FACE")),
        ("😀ж", "UCS-2", [(0, 3)], 70, (0, "😀", "U+1F600", "GRINNING FACE")),
    ],
)
def test_a_text_travels_in_parts(
    world_client: Client, text: str, encoding: str, segments: Any, per_segment: int, tipped: Any
) -> None:
    told = measured(world_client, text)

    parts = [(each["start"], each["units"]) for each in told["segments"]]
    assert (told["encoding"], parts, told["units_per_segment"]) == (encoding, segments, per_segment)
    found = told["tipped_to_ucs_2"]
    assert (None if found is None else tuple(found.values())) == tipped
    assert len(parts) == segment_count(text) == len(segmented(text).starts)


@pytest.mark.parametrize(
    ("text", "sms", "pager"),
    [
        ("a" * 1000, (0, None), (0, None)),
        ("a" * 1000 + "!", (1, 1000), (0, None)),
        ("😀" * 500 + "b", (1, 1000), (0, None)),
        ("a" * 999 + "😀", (1, 999), (0, None)),
        ("a" * 1024 + "?", (25, 1000), (1, 1024)),
    ],
)
def test_a_text_is_too_long_from_the_character_that_tips_it_on(
    world_client: Client, text: str, sms: Any, pager: Any
) -> None:
    limits = measured(world_client, text)["limits"]

    assert [(each["type"], each["most"]) for each in limits] == [("SMS", 1000), ("Pager", 1024)]
    assert [(each["over"], each["tipped"] and each["tipped"]["at"]) for each in limits] == [sms, pager]


def test_a_text_of_more_than_anything_can_measure_is_refused(world_client: Client) -> None:
    assert measured(world_client, "a" * 20_000)["utf16_units"] == 20_000
    answer = world_client.post("/_mock/text-measures", json={"text": "a" * 20_001})
    assert (answer.status_code, answer.json()["error"]) == (
        400, '\'text\' is a text of at most 20000 characters, as in {"text": "See you at 8 €"}.',
    )  # fmt: skip


def test_the_rulebook_tells_which_calls_a_rule_has_decided(world_client: Client) -> None:
    world_client.post_sms("One")
    world_client.post_sms("Two")

    told = world_client.get("/_mock/rulebook").json()
    rules = {each["id"]: each for each in told["rules"]}

    assert (rules["R-06"]["calls"], rules["R-06"]["latest_call"]) == (2, 3)
    assert (rules["R-18"]["calls"], rules["R-18"]["latest_call"]) == (0, None)
    assert (told["is_counted"], rules["R-06"]["is_exercised"]) == (False, None)
    assert told["decisions"][0].keys() >= {"question", "decision"}


def test_a_fault_is_taken_out_and_the_others_go_on(world_client: Client) -> None:
    rules = [{"operation": "createSMSMessage", "error": "CMN-201"}, {"operation": "listMessages", "error": "CMN-201"}]
    world_client.call("PUT", "/_mock/faults", json=rules)
    world_client.post_sms("Meets it")

    left = world_client.call("DELETE", "/_mock/faults/2").json()

    assert [(each["operation"], each["met"]) for each in left] == [("createSMSMessage", 1)]
    assert world_client.call("DELETE", "/_mock/faults/2").status_code == 404
    assert world_client.call("DELETE", "/_mock/faults/1").json() == []
    assert world_client.post_sms("Passes").status_code == 200
