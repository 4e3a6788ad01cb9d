"""The docs for agents: `llms.txt`, a list of the pages (llmstxt.org), and `llms-full.txt`, all of their text."""

import re
from collections.abc import Iterator
from pathlib import Path

INDEX = "index.md"
_LINK = re.compile(r"^- \[(?P<title>.+)\]\((?P<path>[^)]+)\.md\)$", re.MULTILINE)
_INCLUDE = re.compile(r"```\{include\} (\S+)\n```")
_DIRECTIVE = re.compile(r"^```\{.*?^```\n?", re.MULTILINE | re.DOTALL)


def pages(docs: Path) -> Iterator[tuple[str, str, str]]:
    """Section, title and path, without its ending, of each page that the front page links, in its order."""
    section = ""
    for line in _DIRECTIVE.sub("", _text(docs, INDEX)).splitlines():
        section = line.removeprefix("## ") if line.startswith("## ") else section
        found = _LINK.match(line)
        if found is not None:
            yield section, found["title"].replace("`", ""), found["path"]


def listed(docs: Path) -> str:
    """`llms.txt`: what the project is, and each page with its first sentence."""
    lines, last = ["# ringmock", "", f"> {_first_paragraph(_text(docs, INDEX))}"], ""
    for section, title, path in pages(docs):
        lines += ["", f"## {section}", ""] if section != last else []
        lines.append(f"- [{title}]({path}.html): {_first_sentence(_text(docs, f'{path}.md'))}")
        last = section
    return "\n".join(lines) + "\n"


def whole(docs: Path) -> str:
    """`llms-full.txt`: every page as Markdown, each under the name of its file."""
    named = [INDEX, *(f"{path}.md" for _, _, path in pages(docs))]
    texts = (f"<!-- {name} -->\n\n{_DIRECTIVE.sub('', _text(docs, name)).strip()}\n" for name in named)
    return "\n".join(texts)


def write(docs: Path, folder: Path) -> None:
    """Write both beside the front page of the site."""
    (folder / "llms.txt").write_text(listed(docs), encoding="utf-8")
    (folder / "llms-full.txt").write_text(whole(docs), encoding="utf-8")


def _text(docs: Path, name: str) -> str:
    """A page as the site has it: with the page that it includes."""
    text = (docs / name).read_text(encoding="utf-8")
    found = _INCLUDE.fullmatch(text.strip())
    return text if found is None else ((docs / name).parent / found[1]).read_text(encoding="utf-8")


def _first_paragraph(text: str) -> str:
    """The first paragraph that is text, on one line, with what its links say."""
    blocks = re.split(r"\n{2,}", re.sub(r"^(```.*?^```|<!--.*?-->)$", "", text, flags=re.MULTILINE | re.DOTALL))
    found = next((block for block in blocks if re.match(r"[^#|\s\-!]", block)), "")
    return re.sub(r"\[([^\]]+)\]\([^)]+\)", r"\1", " ".join(found.split()))


def _first_sentence(text: str) -> str:
    return re.split(r"(?<=\.)\s", _first_paragraph(text), maxsplit=1)[0].rstrip(":.") + "."
