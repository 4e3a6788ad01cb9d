"""Safe YAML: what plain scalars become, where everything is, and how what is no YAML is told."""

import math
from pathlib import Path

import pytest

from ringmock.yaml_source import MAX_ALIASES, MAX_BYTES, MAX_DEPTH, MAX_NODES, SourceError, kind_of, load, path_text


def refused(source: str | Path, name: str | None = "t.yaml") -> list[str]:
    with pytest.raises(SourceError) as caught:
        load(source, name)
    return str(caught.value).splitlines()


# --- what scalars become -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("101", 101),
        ("0101", 101),
        ("+16509100010", 16509100010),
        ("-7", -7),
        ("0x1F", 31),
        ("0o17", 15),
        ("1.5", 1.5),
        ("1e3", 1000.0),
        (".inf", math.inf),
        ("-.INF", -math.inf),
        ("true", True),
        ("FALSE", False),
        ("null", None),
        ("~", None),
        ("", None),
        ("yes", "yes"),
        ("off", "off"),
        ("2012-10-16", "2012-10-16"),
        ("2012-10-16T06:34:58Z", "2012-10-16T06:34:58Z"),
        ("12:30", "12:30"),
        ("1_000", "1_000"),
        ("=", "="),
        ('"101"', "101"),
        ("'true'", "true"),
        ("''", ""),
        ("!!str 101", "101"),
        ("! 101", "101"),
        ("|\n  101\n", "101\n"),
    ],
)
def test_scalars_are_what_the_core_schema_of_yaml_1_2_says(written: str, value: object) -> None:
    read = load(f"key: {written}").data["key"]
    assert (type(read), read) == (type(value), value)


def test_not_a_number_is_a_float() -> None:
    assert math.isnan(load("key: .nan").data["key"])


@pytest.mark.parametrize("written", ["0101", "+16509100010", "True", "1e3"])
def test_how_a_scalar_was_written_is_known(written: str) -> None:
    assert load(f"a: [{written}]").written(("a", 0)) == written


@pytest.mark.parametrize("written", ["text", '"101"', "[1]", "{b: 1}", ""])
def test_text_and_collections_are_what_is_written(written: str) -> None:
    assert load(f"a: {written}").written(("a",)) is None


def test_the_data_of_two_aliases_are_two() -> None:
    data = load("a: &x {n: [1]}\nb: *x").data
    data["a"]["n"].append(2)
    assert data["b"] == {"n": [1]}


# --- where everything is -----------------------------------------------------------------------------

PLACES = """\
# a comment
account:
  id: 5
list:
  - one
  -
    two: 2
  - {three: 3,
     four: 4}
shared: &shared
  deep: 1
again:
  - *shared
"""


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ((), 2),
        (("account",), 2),
        (("account", "id"), 3),
        (("account", "missing"), 2),
        (("missing",), 2),
        (("list", 0), 5),
        (("list", 1, "two"), 7),
        (("list", 2, "three"), 8),
        (("list", 2, "four"), 9),
        (("list", 9), 4),
        (("again", 0), 13),
        (("again", 0, "deep"), 11),
    ],
)
def test_every_key_and_item_has_its_line(path: tuple[str | int, ...], line: int) -> None:
    assert load(PLACES).line_of(path) == line


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ((), ""),
        (("extensions", 3, "status"), "extensions[3].status"),
        (("mailboxes", "101", 0), 'mailboxes["101"][0]'),
        (("a\nb",), '["a\\nb"]'),
    ],
)
def test_a_path_reads_as_in_python(path: tuple[str | int, ...], text: str) -> None:
    assert path_text(path) == text


def test_a_file_over_another_keeps_the_lines_of_both() -> None:
    merged = load("b: 3\n\nc: [4]", "top.yaml").over(load("a: 1\nb: 2", "base.yaml"))
    assert merged.data == {"a": 1, "b": 3, "c": [4]}
    found = [str(merged.problem(path, "!")) for path in ((), ("a",), ("b",), ("c", 0))]
    assert found == ["top.yaml:1: !", "base.yaml:1: a: !", "top.yaml:1: b: !", "top.yaml:3: c[0]: !"]


@pytest.mark.parametrize(
    ("value", "words"), [(True, "a boolean"), (1, "a number"), ("", "text"), ([], "a list"), (None, "nothing")]
)
def test_values_have_names_for_people(value: object, words: str) -> None:
    assert kind_of(value) == words


# --- mistakes ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "t.yaml:1: there is nothing in this file"),
        ("# nothing but this\n", "t.yaml:1: there is nothing in this file"),
        ("- a\n", "t.yaml:1: lines of the form `key: value` are wanted at the top, not a list"),
        ("\n3\n", "t.yaml:2: lines of the form `key: value` are wanted at the top, not a number"),
        ("a:\n\t- b\n", "t.yaml:2: a tab cannot indent in YAML: use spaces"),
        ("a: 1\n---\nb: 2\n", "t.yaml:2: a second document begins here: one file holds one"),
        ("a: 1\n\na: 2\n", "t.yaml:3: 'a' is given twice: in line 1 already"),
        ("b:\n  a: 1\n  a: 2\n", "t.yaml:3: b: 'a' is given twice: in line 2 already"),
        ("101: a\n", 't.yaml:1: a key must be text, and 101 is a number: quote it, "101"'),
        ("? [a]\n: b\n", "t.yaml:1: a key must be text, and this is a list"),
        ("? \n: b\n", "t.yaml:1: a key must be text, and this is nothing"),
        ("a: &x {b: 1}\nc:\n  <<: *x\n", "t.yaml:3: c: merge keys (<<) are not supported: write the keys out"),
        ("a: *x\n", "t.yaml:1: the alias *x names nothing: no &x comes before it"),
        ("a: &x\n  - *x\n", "t.yaml:2: the alias *x stands inside of what it names"),
        (
            "a:\n  - !!python/name:os.system x\n",
            "t.yaml:2: a[0]: the tag '!!python/name:os.system' is not allowed: leave it out",
        ),
        ("a: !mine {}\n", "t.yaml:1: a: the tag '!mine' is not allowed: leave it out"),
        ("a: !!int 5\n", "t.yaml:1: a: the tag '!!int' is not allowed: leave it out"),
        (f"a: {'9' * 401}\n", "t.yaml:1: a: a number of 401 digits is too long: 400 are allowed"),
        ("a: 1\nb: '\x07'\n", "t.yaml:2: the character U+0007 is not allowed in YAML: leave it out, or escape it"),
        (
            "a: one: two\n",
            "t.yaml:1: this is not YAML: mapping values are not allowed in this context;"
            " check the indentation, and quote a text that holds a colon",
        ),
        (
            "a: 1\nb: [1,\n  2\nc: 3\n",
            "t.yaml:4: this is not YAML: did not find expected ',' or ']'"
            " (while parsing a flow sequence that begins in line 2)",
        ),
        (
            "a: 1\nb: @x\n",
            "t.yaml:2: this is not YAML: found character that cannot start any token; quote a text that begins"
            " with a sign",
        ),
        ('a: "\\ud800"\n', "t.yaml:1: this is not YAML: found invalid Unicode character escape code"),
        ("a: \ud800\n", "t.yaml:1: byte 0xed is not UTF-8: save the file as UTF-8"),
    ],
)
def test_what_cannot_be_read_is_told_with_its_line(text: str, told: str) -> None:
    assert refused(text) == [told]


def test_mistakes_that_leave_something_to_read_are_told_together() -> None:
    with pytest.raises(SourceError) as caught:
        load("a: 1\na: 2\n5: x\nb: !!set {}\n", "t.yaml")
    assert [problem.line for problem in caught.value.problems] == [2, 3, 4]
    assert caught.value.source is not None
    assert caught.value.source.data == {"a": 1, "b": {}}


def test_a_mistake_of_syntax_leaves_nothing_to_read() -> None:
    with pytest.raises(SourceError) as caught:
        load("a: [")
    assert caught.value.source is None


def test_a_byte_order_mark_is_no_key() -> None:
    assert load("\ufeffa: 1").data == {"a": 1}


@pytest.mark.parametrize(
    ("fits", "does_not", "message"),
    [
        (
            "x: &x 1\na: [" + "*x," * MAX_ALIASES + "]",
            "x: &x 1\na: [" + "*x," * (MAX_ALIASES + 1) + "]",
            "t.yaml:2: more than 100 aliases: write the values out",
        ),
        (
            "a: " + "[" * (MAX_DEPTH - 1) + "]" * (MAX_DEPTH - 1),
            "a: " + "[" * MAX_DEPTH + "]" * MAX_DEPTH,
            "t.yaml:1: nested deeper than 64 levels",
        ),
        (
            "a: [" + "1," * (MAX_NODES - 3) + "]",
            "a: [" + "1," * (MAX_NODES - 2) + "]",
            "t.yaml:1: more than 100000 keys and values, those behind aliases included",
        ),
        (
            "a: '" + "x" * (MAX_BYTES - 5) + "'",
            "a: '" + "x" * (MAX_BYTES - 4) + "'",
            "t.yaml: the file is larger than 1048576 bytes",
        ),
    ],
)
def test_every_bound_has_two_sides(fits: str, does_not: str, message: str) -> None:
    assert load(fits).data
    assert refused(does_not) == [message]


def test_aliases_of_aliases_are_counted_before_they_are_expanded() -> None:
    laughs = ["a0: &a0 [ha, ha, ha, ha, ha, ha, ha, ha, ha]"]
    laughs += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 10)]
    assert refused("\n".join(laughs)) == ["t.yaml:6: more than 100000 keys and values, those behind aliases included"]


def test_aliases_cannot_nest_deeper_than_the_bound() -> None:
    deep = "[" * 40 + "]" * 40
    assert refused(f"a: &a {deep}\nb: {'[' * 30}*a{']' * 30}") == ["t.yaml:2: nested deeper than 64 levels"]


def test_files_that_cannot_be_read_are_told_in_one_line(tmp_path: Path) -> None:
    assert refused(tmp_path / "none.yaml", None) == [f"{tmp_path}/none.yaml: there is no such file"]
    assert refused(tmp_path, None) == [f"{tmp_path}: the file cannot be read: Is a directory"]
    assert refused(Path("a\0b"), "odd") == ["odd: the file cannot be read: embedded null byte"]


def test_a_file_that_is_no_utf_8_names_the_line(tmp_path: Path) -> None:
    file = tmp_path / "latin.yaml"
    file.write_bytes("a: 1\nname: Zoë\n".encode("latin-1"))
    assert refused(file, "latin.yaml") == ["latin.yaml:2: byte 0xeb is not UTF-8: save the file as UTF-8"]
