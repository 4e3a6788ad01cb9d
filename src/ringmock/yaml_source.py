"""YAML that people write, read safely and with the line of everything in it.

Scalars are resolved as YAML 1.2's core schema has it: null, true and false, numbers, and text for the rest, so a
date, `yes` and `12:30` stay the text that they are. Size, depth and aliases are bounded, tags are refused, and so
are duplicate keys, merge keys and keys that are no text. Fixtures and contract cases are read by it.
"""

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from importlib.resources.abc import Traversable
from typing import Any, NamedTuple

import yaml

try:
    from yaml import CSafeLoader as _SafeLoader
except ImportError:  # PyYAML without libyaml
    from yaml import SafeLoader as _SafeLoader  # type: ignore[assignment]

MAX_BYTES = 1 << 20
MAX_ALIASES = 100
MAX_NODES = 100_000
"""Keys and values, those behind each alias counted again."""
MAX_DEPTH = 64
MAX_DIGITS = 400

Path = tuple[str | int, ...]
"""Keys and indexes from the top to a spot: ("extensions", 3, "status")."""

_NULL = re.compile(r"|~|null|Null|NULL")
_TRUE = re.compile(r"true|True|TRUE")
_FALSE = re.compile(r"false|False|FALSE")
_INTEGER = re.compile(r"(?P<decimal>[-+]?[0-9]+)|0o(?P<octal>[0-7]+)|0x(?P<hexadecimal>[0-9a-fA-F]+)")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
_LINE_END = re.compile(r"\r\n|[\r\n\x85\u2028\u2029]")
_UNPRINTABLE = re.compile(r"[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")
_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
_TEXT_TAGS = ("!", "tag:yaml.org,2002:str")
_COLLECTION_TAGS = ("!", "tag:yaml.org,2002:map", "tag:yaml.org,2002:seq")


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake: in which file and line (None for the file itself), at which spot, and what would pass."""

    file: str
    line: int | None
    path: str
    message: str

    def __str__(self) -> str:
        where = self.file if self.line is None else f"{self.file}:{self.line}"
        return ": ".join(part for part in (where, self.path, self.message) if part)


class SourceError(Exception):
    """A file that cannot be used as it is. `str()` has one problem on each line."""

    def __init__(self, problems: Iterable[Problem], source: "Source | None" = None) -> None:
        """`source`: what could be read all the same, None when nothing could."""
        self.problems = tuple(problems)
        self.source = source
        super().__init__(self.problems)

    def __str__(self) -> str:
        return "\n".join(map(str, self.problems))


class Source:
    """What a file holds, and where. `data` is made of dicts, lists and scalars, for the owner to change at will."""

    def __init__(self, file: str, root: "_Node") -> None:
        self.file = file
        self._root = root
        self.data: dict[str, Any] = _plain(root)

    def line_of(self, path: Path) -> int:
        """The line of the key or list item at `path`, from 1; of what would hold it where nothing is there."""
        return self._nearest(path).line

    def file_of(self, path: Path) -> str:
        """The file of what is at `path`: not always this one after `over`."""
        return self._nearest(path).node.file

    def written(self, path: Path) -> str | None:
        """How a scalar other than text was written (`0101`, `+16509100010`, `True`); None for anything else."""
        return self._nearest(path).node.written

    def problem(self, path: Path, message: str) -> Problem:
        """A problem at `path`, with its file and line."""
        return Problem(self.file_of(path), self.line_of(path), path_text(path), message)

    def over(self, base: "Source") -> "Source":
        """`base` with this file's top-level keys in the place of its own; every line stays known."""
        assert isinstance(base._root.content, dict)
        assert isinstance(self._root.content, dict)
        merged = base._root.content | self._root.content
        return Source(self.file, _Node(self.file, self._root.line, merged))

    def _nearest(self, path: Path) -> "_Entry":
        found = _Entry(self._root.line, self._root)
        for step in path:
            content = found.node.content
            if isinstance(content, dict) and step in content:
                found = content[str(step)]
            elif isinstance(content, list) and isinstance(step, int) and step < len(content):
                found = content[step]
            else:
                break
        return found


def load(source: str | Traversable, name: str | None = None) -> Source:
    """A YAML mapping with its lines, from a text or a file (a `pathlib.Path`, or a packaged resource).

    `name` stands for the file in problems; the file's own path unless given. Raises `SourceError` with everything
    that is wrong: an unreadable file and a mistake of syntax come alone.
    """
    file = name or ("<text>" if isinstance(source, str) else str(source))
    text = _decoded(file, source.encode("utf-8", "surrogatepass") if isinstance(source, str) else _read(file, source))
    reader = _Reader(file, text)
    root = reader.read()
    if not isinstance(root.content, dict):
        raise _single(file, root.line, f"lines of the form `key: value` are wanted at the top, not {kind_of(root)}")
    made = Source(file, root)
    if reader.problems:
        raise SourceError(reader.problems, made)
    return made


def path_text(path: Path) -> str:
    """`extensions[3].status`; a key that is no plain word is quoted: `mailboxes["101"]`."""
    text = ""
    for step in path:
        if isinstance(step, int):
            text += f"[{step}]"
        elif _WORD.fullmatch(step):
            text += f".{step}" if text else step
        else:
            text += f"[{json.dumps(step)}]"
    return text


def kind_of(value: Any) -> str:
    """What a value is, in the words of somebody who writes YAML: "a list", "a number"."""
    value = value.content if isinstance(value, _Node) else value
    for types, words in _KINDS:
        if isinstance(value, types):
            return words
    return "nothing"


_KINDS: Sequence[tuple[type | tuple[type, ...], str]] = (
    (bool, "a boolean"),
    ((int, float), "a number"),
    (str, "text"),
    (list, "a list"),
    (dict, "a mapping"),
)


@dataclass(slots=True, eq=False)
class _Node:
    """A value. `size` counts it and all that is in it, `depth` the levels that it spans."""

    file: str
    line: int
    content: "bool | int | float | str | list[_Entry] | dict[str, _Entry] | None"
    written: str | None = None
    size: int = 1
    depth: int = 1


class _Entry(NamedTuple):
    """A value in its place: `line` is the place's, which an alias has elsewhere than the value."""

    line: int
    node: _Node


def _plain(node: _Node) -> Any:
    if isinstance(node.content, dict):
        return {key: _plain(entry.node) for key, entry in node.content.items()}
    if isinstance(node.content, list):
        return [_plain(entry.node) for entry in node.content]
    return node.content


@dataclass(slots=True)
class _Frame:
    """A collection whose end has not come yet; `key` is None between an entry and the next."""

    node: _Node
    anchor: str | None
    key: str | None = None
    key_line: int = 0
    awaits_value: bool = False


@dataclass(slots=True)
class _Reader:
    """Builds the tree from the parser's events, without recursion, and stops at the first bound that is passed."""

    file: str
    text: str
    problems: list[Problem] = field(default_factory=list)
    _frames: list[_Frame] = field(default_factory=list)
    _anchors: dict[str, _Node] = field(default_factory=dict)
    _root: _Node | None = None
    _nodes: int = 0
    _aliases: int = 0

    def read(self) -> _Node:
        """The tree of the only document. Raises `SourceError` when there is none."""
        try:
            for event in _events(self.text):
                self._take(event)
        except yaml.YAMLError as error:
            raise _single(self.file, *_syntax(self.text, error)) from None
        if self._root is None:
            raise _single(self.file, 1, "there is nothing in this file")
        return self._root

    def _take(self, event: yaml.Event) -> None:
        assert event.start_mark is not None  # every event that a parser makes has one
        line = event.start_mark.line + 1
        match event:
            case yaml.AliasEvent():
                self._place(self._aliased(str(event.anchor), line), line)
            case yaml.ScalarEvent():
                self._count(line, 1)
                self._finish(self._scalar(event, line), event.anchor, line)
            case yaml.SequenceStartEvent() | yaml.MappingStartEvent():
                self._open(event, line)
            case yaml.SequenceEndEvent() | yaml.MappingEndEvent():
                frame = self._frames.pop()
                self._finish(frame.node, frame.anchor, frame.node.line)
            case yaml.DocumentStartEvent() if self._root is not None:
                raise _single(self.file, line, "a second document begins here: one file holds one")

    def _scalar(self, event: yaml.ScalarEvent, line: int) -> _Node:
        text = event.value
        if event.tag is not None and event.tag not in _TEXT_TAGS:
            self._refuse(line, f"the tag {_short(event.tag)} is not allowed: leave it out")
        if event.tag is not None or not event.implicit[0]:
            return _Node(self.file, line, text)
        if len(text) > MAX_DIGITS and _INTEGER.fullmatch(text):
            self._refuse(line, f"a number of {len(text)} digits is too long: {MAX_DIGITS} are allowed")
            return _Node(self.file, line, 0)
        value = _resolved(text)
        return _Node(self.file, line, value, written=None if isinstance(value, str) or not text else text)

    def _open(self, event: yaml.SequenceStartEvent | yaml.MappingStartEvent, line: int) -> None:
        self._count(line, 1)
        self._check_depth(line, 1)
        if event.tag is not None and event.tag not in _COLLECTION_TAGS:
            self._refuse(line, f"the tag {_short(event.tag)} is not allowed: leave it out")
        content: list[_Entry] | dict[str, _Entry] = {} if isinstance(event, yaml.MappingStartEvent) else []
        self._frames.append(_Frame(_Node(self.file, line, content), event.anchor))
        if event.anchor is not None:
            self._anchors.pop(event.anchor, None)

    def _finish(self, node: _Node, anchor: str | None, line: int) -> None:
        if anchor is not None:
            self._anchors[anchor] = node
        self._place(node, line)

    def _aliased(self, anchor: str, line: int) -> _Node:
        self._aliases += 1
        if self._aliases > MAX_ALIASES:
            raise _single(self.file, line, f"more than {MAX_ALIASES} aliases: write the values out")
        if any(frame.anchor == anchor for frame in self._frames):
            raise _single(self.file, line, f"the alias *{anchor} stands inside of what it names")
        if anchor not in self._anchors:
            raise _single(self.file, line, f"the alias *{anchor} names nothing: no &{anchor} comes before it")
        node = self._anchors[anchor]
        self._count(line, node.size)
        self._check_depth(line, node.depth)
        return node

    def _place(self, node: _Node, line: int) -> None:
        if not self._frames:
            self._root = node
            return
        frame = self._frames[-1]
        parent = frame.node
        parent.size += node.size
        parent.depth = max(parent.depth, node.depth + 1)
        if isinstance(parent.content, list):
            parent.content.append(_Entry(line, node))
        elif isinstance(parent.content, dict) and not frame.awaits_value:
            frame.key, frame.key_line, frame.awaits_value = self._key(parent.content, node, line), line, True
        elif isinstance(parent.content, dict):
            if frame.key is not None:
                parent.content[frame.key] = _Entry(frame.key_line, node)
            frame.awaits_value = False

    def _key(self, siblings: dict[str, _Entry], node: _Node, line: int) -> str | None:
        """The key that a node is, None when it cannot be one."""
        key = node.content
        if not isinstance(key, str):
            advice = f': quote it, "{node.written}"' if node.written else ""
            self._refuse(line, f"a key must be text, and {node.written or 'this'} is {kind_of(node)}{advice}")
            return None
        if key == "<<":
            self._refuse(line, "merge keys (<<) are not supported: write the keys out")
            return None
        if key in siblings:
            self._refuse(line, f"{key!r} is given twice: in line {siblings[key].line} already")
            return None
        return key

    def _count(self, line: int, nodes: int) -> None:
        self._nodes += nodes
        if self._nodes > MAX_NODES:
            raise _single(self.file, line, f"more than {MAX_NODES} keys and values, those behind aliases included")

    def _check_depth(self, line: int, depth: int) -> None:
        if len(self._frames) + depth > MAX_DEPTH:
            raise _single(self.file, line, f"nested deeper than {MAX_DEPTH} levels")

    def _refuse(self, line: int, message: str) -> None:
        self.problems.append(Problem(self.file, line, path_text(self._path()), message))

    def _path(self) -> Path:
        """Where the reader stands: the key that awaits its value, or the index of the item to come."""
        path: list[str | int] = []
        for frame in self._frames:
            if isinstance(frame.node.content, list):
                path.append(len(frame.node.content))
            elif frame.awaits_value and frame.key is not None:
                path.append(frame.key)
        return tuple(path)


def _events(text: str) -> Iterator[yaml.Event]:
    yield from yaml.parse(text, Loader=_SafeLoader)


def _resolved(text: str) -> bool | int | float | str | None:
    """A plain scalar by YAML 1.2's core schema."""
    if _NULL.fullmatch(text):
        return None
    if _TRUE.fullmatch(text):
        return True
    if _FALSE.fullmatch(text):
        return False
    if number := _INTEGER.fullmatch(text):
        for name, base in (("decimal", 10), ("octal", 8), ("hexadecimal", 16)):
            if number[name] is not None:
                return int(number[name], base)
    if _FLOAT.fullmatch(text):
        return float(re.sub(r"\.(?=[iInN])", "", text))
    return text


def _read(file: str, source: Traversable) -> bytes:
    try:
        with source.open("rb") as stream:
            content = stream.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise _single(file, None, "there is no such file") from None
    except (OSError, ValueError) as error:
        reason = (error.strerror if isinstance(error, OSError) else None) or str(error)
        raise _single(file, None, f"the file cannot be read: {reason}") from None
    return bytes(content)


def _decoded(file: str, content: bytes) -> str:
    if len(content) > MAX_BYTES:
        raise _single(file, None, f"the file is larger than {MAX_BYTES} bytes")
    try:
        text = content.decode("utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        line = _line_at(content[: error.start].decode("utf-8", "replace"))
        raise _single(file, line, f"byte 0x{content[error.start]:02x} is not UTF-8: save the file as UTF-8") from None
    if unprintable := _UNPRINTABLE.search(text):
        character = f"U+{ord(unprintable[0]):04X}"
        line = _line_at(text[: unprintable.start()])
        raise _single(file, line, f"the character {character} is not allowed in YAML: leave it out, or escape it")
    return text


def _line_at(before: str) -> int:
    return len(_LINE_END.findall(before)) + 1


def _syntax(text: str, error: yaml.YAMLError) -> tuple[int, str]:
    """The line of a mistake of syntax, and what it is."""
    mark = getattr(error, "problem_mark", None)
    if mark is None:
        return 1, f"this is not YAML: {error}"
    lines = _LINE_END.split(text.rstrip())
    if mark.line < len(lines) and lines[mark.line][mark.column : mark.column + 1] == "\t":
        return mark.line + 1, "a tab cannot indent in YAML: use spaces"
    said = str(getattr(error, "problem", None) or "it cannot be parsed")
    message = f"this is not YAML: {said}{_ADVICE.get(said, '')}"
    line = min(mark.line + 1, len(lines))
    begun = getattr(error, "context_mark", None)
    if begun is not None and begun.line + 1 < line:
        message += f" ({getattr(error, 'context', '')} that begins in line {begun.line + 1})"
    return line, message


_ADVICE = {
    "mapping values are not allowed in this context": "; check the indentation, and quote a text that holds a colon",
    "found character that cannot start any token": "; quote a text that begins with a sign",
    "could not find expected ':'": "; a key needs a colon and a space after it",
    "did not find expected key": "; check the indentation",
}


def _short(tag: str) -> str:
    return ascii(tag.replace("tag:yaml.org,2002:", "!!"))


def _single(file: str, line: int | None, message: str) -> SourceError:
    return SourceError([Problem(file, line, "", message)])
