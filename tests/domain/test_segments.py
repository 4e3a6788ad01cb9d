import pytest

from ringmock.domain.segments import GSM_7, GSM_7_EXTENSION, segment_count


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("", 1),
        ("a" * 160, 1),
        ("a" * 161, 2),
        ("a" * 306, 2),
        ("a" * 307, 3),
        ("a" * 1000, 7),
        ("€" * 80, 1),
        ("€" * 80 + "a", 2),
        # An escaped character is not cut: 152 and the first of two do not fit into 153.
        ("a" * 152 + "€" + "a" * 151, 2),
        ("a" * 152 + "€" + "a" * 152, 3),
        ("Ж" * 70, 1),
        ("Ж" * 71, 2),
        ("Ж" * 134, 2),
        ("Ж" * 135, 3),
        ("😀" * 35, 1),
        ("😀" * 36, 2),
        # Nor is a pair of surrogates: 33 of them leave one of 67 units empty.
        ("😀" * 66, 2),
        ("😀" * 67, 3),
        ("a" * 70 + "ç", 2),
        ("a" * 70 + "Ç", 1),
    ],
)
def test_a_text_takes_so_many_segments(text: str, count: int) -> None:
    assert segment_count(text) == count


def test_the_alphabet_has_its_128_places_less_the_escape() -> None:
    assert len(GSM_7) == 127
    assert len(GSM_7_EXTENSION) == 10
    assert not GSM_7 & GSM_7_EXTENSION
