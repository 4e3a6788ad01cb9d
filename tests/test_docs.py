"""The tables of the docs and the README are made from what they describe. Run this file to write them."""

import inspect
import json
import re
import shlex
import typing
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any, NamedTuple

import click
import pytest

from command_line import commands
from ringmock import pytest_plugin
from ringmock.cli.console import EXIT_STATUSES
from ringmock.cli.main import main
from ringmock.control.description import Operation as ControlOperation
from ringmock.control.description import document as control_document
from ringmock.control.description import operations as control_operations
from ringmock.control.sentences import what
from ringmock.domain.delivery_errors import DELIVERY_ERRORS
from ringmock.domain.event_filters import KNOWN_FILTERS
from ringmock.domain.generation import GENERATIONS, Generation
from ringmock.domain.rulebook import DECISIONS, RULEBOOK
from ringmock.fixture import load_named
from ringmock.http.errors import CATALOGUE
from ringmock.http.oauth import OAUTH_CATALOGUE
from ringmock.openapi.document import load_contract, operations
from ringmock.server_limits import ServerLimits
from ringmock.testing import Attachment, Clock, Expect, Handset, Message, Ringmock

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
README = ROOT / "README.md"
PAGES = sorted(path for path in DOCS.rglob("*.md") if "_build" not in path.parts)
MAX_README_LINES = 150


def cell(text: str) -> str:
    """A text in one cell of a table: nothing in it but what is between backticks is taken for Markdown's or HTML's."""
    pieces = re.split(r"(`[^`]*`)", " ".join(text.split()))
    plain = [piece if place % 2 else re.sub(r"[<*]", r"\\\g<0>", piece) for place, piece in enumerate(pieces)]
    return re.sub(r"(?<!\\)\|", r"\\|", "".join(plain))


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [f"| {' | '.join(cell(each) for each in cells)} |" for cells in (head, *rows)]
    return "\n".join([lines[0], "|---" * len(head) + "|", *lines[1:]])


def code(text: object) -> str:
    return f"`{text}`"


def shown(value: object) -> str:
    """A value of JSON or of Python as somebody writes it."""
    return "" if value is None else code(json.dumps(value, ensure_ascii=False))


# --- the rules and the account ---------------------------------------------------------------------


def rules() -> str:
    return table(("id", "sentence", "kept by"), ((rule.id, rule.sentence, code(rule.home)) for rule in RULEBOOK))


def decisions() -> str:
    return table(("id", "question", "decision"), ((d.id, d.question, d.decision) for d in DECISIONS))


def demo_account() -> str:
    account = load_named("demo").account
    rows = []
    for extension in account.extensions.values():
        traits = [f"{extension.type}, {extension.status}"]
        traits += ["administrator"] if extension.administrator else []
        if extension.is_department:
            traits += [f"members {', '.join(extension.members)}" if extension.members else "no members"]
            traits += [f"manager {extension.manager}"]
        numbers = [f"{p.digits}: {', '.join(p.features) or 'none'}" for p in account.numbers_of(extension)]
        rows.append(
            (extension.number, str(extension.id), "; ".join(traits), extension.name, "; ".join(numbers) or "none")
        )
    return table(("ext", "id", "type, status", "name", "direct numbers: features"), rows)


def _sms_status(generation: Generation) -> str:
    progress = generation.sms_progress
    later = [f"{reached.status} {_after(seconds.total_seconds())}" for seconds, reached in progress.later]
    return "; ".join([progress.accepted.value, *later])


def _after(seconds: float) -> str:
    return f"after {seconds:g} seconds" if seconds else "by the next look"


class Difference(NamedTuple):
    """A row of the generations' table: which field decides, and what it means in an answer."""

    field: str
    about: str
    told: Callable[[Generation], str]


DIFFERENCES = (
    Difference(
        "plus_before_numbers",
        "phone numbers in answers",
        lambda g: "E.164 with `+`" if g.plus_before_numbers else "digits",
    ),
    Difference("outbound_read_status", "`readStatus` of what was sent", lambda g: g.outbound_read_status.value),
    Difference(
        "sender_first_in_pager_to",
        "`to` of a page",
        lambda g: "the sender first, then the recipients" if g.sender_first_in_pager_to else "the recipients",
    ),
    Difference(
        "attachment_id_is_message_id",
        "id of the text attachment",
        lambda g: "the message's id" if g.attachment_id_is_message_id else "1",
    ),
    Difference(
        "thread_id_is_first_message_id",
        "`conversationId` of a page",
        lambda g: (
            "the id of the thread's first message"
            if g.thread_id_is_first_message_id
            else "a 63-bit number, also `conversation.id` as a text"
        ),
    ),
    Difference("sms_progress", "`messageStatus` of an SMS, without a carrier in the fixture", _sms_status),
    Difference(
        "max_sms_recipients",
        "several recipients of an SMS",
        lambda g: f"a group message, up to {g.max_sms_recipients}" if g.max_sms_recipients > 1 else "refused",
    ),
    Difference(
        "with_current_fields",
        "further fields",
        lambda g: (
            "`extensionId`, `name`, `conversation`, `smsSendingAttemptsCount`, `smsDeliveryTime`, `segmentCount`,"
            " attachment `type`"
            if g.with_current_fields
            else "none: exactly the documented keys"
        ),
    ),
)


def generations() -> str:
    rows = ((difference.about, *map(difference.told, GENERATIONS.values())) for difference in DIFFERENCES)
    return table(("", *map(code, GENERATIONS)), rows)


# --- the API ---------------------------------------------------------------------------------------

PUBLISHED: dict[str, list[str]] = json.loads(
    (Path(__file__).parent / "data" / "messaging_operations.json").read_text(encoding="utf-8")
)
"""The operations of RingCentral's messaging API and what it takes to use it, by area; a path where none is named."""


def operations_here() -> set[str]:
    return {operation["operationId"] for _, _, operation in operations(load_contract())}


def messaging_operations() -> str:
    here = operations_here()
    rows = []
    for area, names in PUBLISHED.items():
        told = [", ".join(code(name) for name in names if (name in here) is is_here) for is_here in (True, False)]
        rows.append((area, told[0] or "none", told[1] or "none"))
    return table(("area", "here", "not here"), rows)


def messaging_areas() -> str:
    here = operations_here()
    counts = ((area, sum(name in here for name in names), len(names)) for area, names in PUBLISHED.items())
    rows = [(area, f"{there} of {published}") for area, there, published in counts]
    with_events = sum(known.has_events for known in KNOWN_FILTERS)
    filters = f"{len(KNOWN_FILTERS)} taken, {with_events} with events"
    return table(("area of the API", "operations here"), [*rows, ("Event filters of subscriptions", filters)])


def operation_list() -> str:
    rows = []
    for method, path, operation in operations(load_contract()):
        group = operation.get("x-throttling-group", "")
        answers = ", ".join(sorted(operation["responses"]))
        rows.append((code(operation["operationId"]), code(f"{method.upper()} {path}"), str(group), answers))
    return table(("operation", "call", "rate limit group", "statuses"), rows)


def event_filters() -> str:
    rows = []
    for known in KNOWN_FILTERS:
        query = ", ".join(map(code, known.parameters)) or "none"
        rows.append((code(known.path), query, "events" if known.has_events else "taken, no events", known.source))
    return table(("filter", "parameters", "here", "known from"), rows)


def error_codes() -> str:
    rows = sorted({(row.code, str(row.status), row.word or row.code, row.message) for row in CATALOGUE.values()})
    return table(
        ("code, in `errors[0]`", "status", "`errorCode` at the top", "message"),
        ((code(each), status, code(word), message) for each, status, word, message in rows),
    )


def oauth_errors() -> str:
    rows = sorted({(row.error, str(row.status), row.code, row.description) for row in OAUTH_CATALOGUE.values()})
    return table(
        ("`error`", "status", "code", "`error_description`"),
        ((code(error), status, code(number), text) for error, status, number, text in rows),
    )


def delivery_errors() -> str:
    return table(("`deliveryErrorCode`", "meaning"), ((code(each), told) for each, told in DELIVERY_ERRORS.items()))


# --- the server and its commands -------------------------------------------------------------------


def exit_statuses() -> str:
    return table(("status", "meaning"), ((code(status), about) for status, about in EXIT_STATUSES.items()))


def server_limits() -> str:
    rows = (
        (code("--" + each.name.replace("_", "-")), f"{each.default:,} {each.metadata['unit']}", each.metadata["about"])
        for each in fields(ServerLimits)
    )
    return table(("option of `ringmock serve`", "default", "what it bounds"), rows)


LIMITS = {each.name for each in fields(ServerLimits)}


def cli() -> str:
    """Every command with its help and its options; the limits of a server have a page of their own."""
    parts = []
    for name, command in commands(main):
        help_text = "\n".join(line.strip() for line in inspect.cleandoc(command.help or "").splitlines())
        options = [each for each in command.params if isinstance(each, click.Option) and each.name not in LIMITS]
        parts += [f"## `{_usage(name, command)}`", prose(help_text)]
        if options:
            parts.append(table(("option", "default", "what it does"), map(_option, options)))
    return "\n\n".join(parts)


def _usage(name: str, command: click.Command) -> str:
    arguments = [
        each.metavar or each.make_metavar(click.Context(command))
        for each in command.params
        if isinstance(each, click.Argument)
    ]
    return " ".join(["ringmock", name, *arguments])


def prose(text: str) -> str:
    return "\n\n".join(
        re.sub(r"(?<![`\w])(--[a-z-]+)", r"`\1`", " ".join(part.split())).replace("<", r"\<")
        for part in re.split(r"\n\s*\n", text.replace("\b", ""))
    )


def _option(option: click.Option) -> tuple[str, str, str]:
    names = " / ".join([*option.opts, *option.secondary_opts])
    takes = "" if option.is_flag else f" {option.metavar or _kind(option.type)}"
    default = option.default
    is_said = not (callable(default) or default is None or default == () or "UNSET" in repr(default))
    if option.is_flag and option.secondary_opts:
        told = (option.opts if default is True else option.secondary_opts)[0] if isinstance(default, bool) else ""
    else:
        told = str(default) if is_said and not option.is_flag else ""
    told = option.show_default if isinstance(option.show_default, str) else told
    return code(names + takes), told, option.help or ""


def _kind(kind: click.ParamType) -> str:
    return "[" + "|".join(map(str, kind.choices)) + "]" if isinstance(kind, click.Choice) else kind.name.upper()


def control_api() -> str:
    """Every tag of the description with its operations: what each does, takes and answers."""
    parts = []
    for tag in control_document()["tags"]:
        of_tag = [each for each in control_operations() if each.module == tag["name"]]
        calls = table(("call", "does"), ((code(f"{each.method} {each.path}"), each.summary) for each in of_tag))
        parts += [f"## {tag['name'].capitalize()}", tag["description"].strip(), calls]
        for each in of_tag:
            parts += [*_control_call(each)]
    return "\n\n".join(parts)


def _control_call(operation: ControlOperation) -> Iterator[str]:
    """What there is to say of a call beyond its line in the table."""
    parameters = [each for each in operation.parameters if each.where != "path"]
    if not (operation.about or parameters or operation.example is not None):
        return
    yield f"### `{operation.method} {operation.path}`"
    if operation.about:
        yield operation.about.strip()
    if operation.example is not None:
        yield f"```sh\n{_curl(operation)}\n```"
    if parameters:
        yield table(
            ("query", "is", "says"),
            ((code(each.name), what(each.schema), each.about) for each in parameters),
        )


def _curl(operation: ControlOperation) -> str:
    """The call with its example, on one line for each of its parts that is long."""
    path = operation.path.format(**{each.name: each.example for each in operation.of("path")})
    method = "" if operation.method == "POST" else f"-X {operation.method} "
    body = shlex.quote(json.dumps(operation.example, ensure_ascii=False))
    line = f"curl {method}http://127.0.0.1:8080{path} -d {body}"
    return line if len(line) <= 120 else line.replace(" -d ", " \\\n  -d ", 1)


# --- the schemas of fixtures and cases -------------------------------------------------------------


class Key(NamedTuple):
    """A key of a file, by its path from the root."""

    path: str
    kind: str
    default: str
    about: str


def keys_of(schema: dict[str, Any], node: dict[str, Any], path: str) -> Iterator[Key]:
    """Every key that may stand below a node, each once and parents first."""
    for name, given in node.get("properties", {}).items():
        yield from _key(schema, given, f"{path}.{name}" if path else name)
    for given in node.get("patternProperties", {}).values():
        yield from _key(schema, given, f"{path}.<name>")


def _key(schema: dict[str, Any], given: dict[str, Any], path: str) -> Iterator[Key]:
    node = {**_followed(schema, given), **{key: given[key] for key in ("description", "default") if key in given}}
    items = _followed(schema, node["items"]) if "items" in node else None
    yield Key(path, _types(node, items), shown(node.get("default")), node.get("description", node.get("title", "")))
    yield from keys_of(schema, node, path)
    if items is not None:
        yield from keys_of(schema, items, f"{path}[]")


def _followed(schema: dict[str, Any], node: dict[str, Any]) -> dict[str, Any]:
    name = node.get("$ref", "").removeprefix("#/$defs/")
    return _followed(schema, schema["$defs"][name]) if name else node


def _types(node: dict[str, Any], items: dict[str, Any] | None) -> str:
    choices = (node if items is None else items).get("enum")
    if choices is not None:
        return ("" if items is None else "list of ") + ", ".join(map(code, choices))
    kinds = node.get("type", "any")
    told = kinds if isinstance(kinds, str) else " or ".join(kinds)
    return f"list of {items.get('type', 'any')}" if items is not None and told == "array" else told


def key_table(file: str) -> str:
    schema = json.loads((ROOT / "fixtures" / file).read_text(encoding="utf-8"))
    return table(
        ("key", "type or choices", "default", "meaning"),
        ((code(key.path), key.kind, key.default, key.about) for key in keys_of(schema, schema, "")),
    )


# --- the pytest plugin -----------------------------------------------------------------------------


class Settings:
    """Stands in for pytest's parser, and keeps what the plugin adds to it."""

    def __init__(self) -> None:
        self.rows: list[tuple[str, str, str]] = []

    def getgroup(self, name: str) -> "Settings":
        return self

    def addoption(self, name: str, *, metavar: str, help: str, **_: Any) -> None:  # noqa: A002
        self.rows.append((code(f"{name}[={metavar}]"), "", help))

    def addini(self, name: str, help: str, default: str) -> None:  # noqa: A002
        self.rows.append((code(name), shown(default) if default else "", help))


def plugin_settings() -> str:
    settings = Settings()
    pytest_plugin.pytest_addoption(typing.cast("pytest.Parser", settings))
    return table(("option, or key of `pytest.ini`", "default", "what it does"), settings.rows)


HANDLE = {Ringmock: "ringmock", Clock: "ringmock.clock", Expect: "ringmock.expect", Handset: "ringmock.handset(...)"}


def handle() -> str:
    rows = []
    for kind, name in HANDLE.items():
        members = {name: value for base in reversed(kind.__mro__[:-1]) for name, value in vars(base).items()}
        for member, value in members.items():
            if not member.startswith("_") and member != "close":
                rows.append((code(f"{name}.{member}{_parameters(value)}"), _first(value)))
    return table(("call", "does"), rows)


def _first(value: object) -> str:
    return (inspect.getdoc(value) or "").partition("\n\n")[0]


def _parameters(value: object) -> str:
    if isinstance(value, property):
        return ""
    told = []
    for name, each in inspect.signature(typing.cast("Callable[..., object]", value)).parameters.items():
        default = "" if each.default is each.empty or callable(each.default) else f"={each.default!r}"
        star = "*" if each.kind is each.VAR_POSITIONAL else ""
        told += [f"{star}{name}{default}"] if name != "self" else []
    return f"({', '.join(told)})"


def records() -> str:
    return table(
        ("record", "fields"),
        (
            (code(kind.__name__), ", ".join(code(each.name) for each in fields(kind) if each.name != "life"))
            for kind in (Message, Attachment)
        ),
    )


# --- where they stand ------------------------------------------------------------------------------

REFERENCE = DOCS / "reference"
SECTIONS: dict[tuple[Path, str], Callable[[], str]] = {
    (README, "messaging areas"): messaging_areas,
    (REFERENCE / "rules.md", "rules"): rules,
    (REFERENCE / "rules.md", "decisions"): decisions,
    (REFERENCE / "demo-account.md", "demo account"): demo_account,
    (REFERENCE / "generations.md", "generations"): generations,
    (REFERENCE / "operations.md", "messaging operations"): messaging_operations,
    (REFERENCE / "operations.md", "operations"): operation_list,
    (REFERENCE / "event-filters.md", "event filters"): event_filters,
    (REFERENCE / "error-codes.md", "error codes"): error_codes,
    (REFERENCE / "error-codes.md", "oauth errors"): oauth_errors,
    (REFERENCE / "error-codes.md", "delivery errors"): delivery_errors,
    (REFERENCE / "server-limits.md", "server limits"): server_limits,
    (REFERENCE / "cli.md", "exit statuses"): exit_statuses,
    (REFERENCE / "cli.md", "commands"): cli,
    (REFERENCE / "control-api.md", "control api"): control_api,
    (REFERENCE / "fixture.md", "fixture keys"): lambda: key_table("account.schema.json"),
    (REFERENCE / "cases.md", "case keys"): lambda: key_table("case.schema.json"),
    (REFERENCE / "pytest-plugin.md", "settings"): plugin_settings,
    (REFERENCE / "pytest-plugin.md", "handle"): handle,
    (REFERENCE / "pytest-plugin.md", "records"): records,
}
"""What is generated: the page, the name of the marks that it stands between, and what makes it."""


def section_of(name: str) -> re.Pattern[str]:
    return re.compile(rf"(?<=<!-- {name} -->\n).*?(?=<!-- /{name} -->)", re.DOTALL)


@pytest.mark.parametrize(("page", "name"), SECTIONS, ids=[name for _, name in SECTIONS])
def test_the_generated_tables_are_up_to_date(page: Path, name: str) -> None:
    (written,) = section_of(name).findall(page.read_text(encoding="utf-8"))
    assert written.strip() == SECTIONS[page, name](), "`python tests/test_docs.py` writes the tables"


def test_no_page_has_marks_that_nothing_writes_between() -> None:
    found = {
        (page, name) for page in (README, *PAGES) for name in re.findall(r"<!-- /(.+?) -->", page.read_text("utf-8"))
    }
    assert found == set(SECTIONS)


def test_every_operation_of_the_contract_is_in_the_table_of_operations_once() -> None:
    named = [name for names in PUBLISHED.values() for name in names]
    assert len(named) == len(set(named))
    assert operations_here() <= set(named)


def test_every_difference_between_generations_has_its_row() -> None:
    assert {difference.field for difference in DIFFERENCES} == {each.name for each in fields(Generation)} - {"name"}


# --- the pages and their links ---------------------------------------------------------------------

LINKED = [*ROOT.glob("*.md"), *PAGES, *(ROOT / "benchmarks").glob("*.md"), *(ROOT / "tests" / "contract").glob("*.md")]


def without_code(text: str) -> str:
    return re.sub(r"`[^`\n]*`", "", re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL))


def links_of(page: Path) -> list[str]:
    found = re.findall(r"\]\(([^()\s]+)\)", without_code(page.read_text(encoding="utf-8")))
    return [link for link in found if not re.match(r"[a-z]+:", link)]


def anchors_of(page: Path) -> set[str]:
    """The anchors of a page's headings, as GitHub and MyST make them."""
    text = re.sub(r"^```.*?^```$", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    heads = re.findall(r"^#+ +(.+?)\s*$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


def leads_somewhere(page: Path, link: str) -> bool:
    path, _, anchor = link.partition("#")
    target = page.parent / path if path else page
    return target.exists() and (not anchor or anchor in anchors_of(target))


@pytest.mark.parametrize("page", LINKED, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_relative_link_resolves(page: Path) -> None:
    assert [link for link in links_of(page) if not leads_somewhere(page, link)] == []


@pytest.mark.parametrize(("link", "leads"), [("rules.md#the-rules", True), ("rules.md#none", False), ("no.md", False)])
def test_a_link_leads_to_a_page_and_to_a_heading_of_it(link: str, leads: bool) -> None:
    assert leads_somewhere(REFERENCE / "operations.md", link) is leads


def test_every_page_is_in_a_table_of_contents_once() -> None:
    named = []
    for page in PAGES:
        for body in re.findall(r"^```\{toctree\}\n(.*?)^```$", page.read_text(encoding="utf-8"), re.M | re.S):
            entries = [line.strip() for line in body.splitlines() if line.strip() and not line.startswith(":")]
            named += [(page.parent / f"{entry}.md").resolve() for entry in entries]
    assert sorted(named) == [page for page in PAGES if page != DOCS / "index.md"]


def test_the_front_page_links_every_other_page() -> None:
    front = DOCS / "index.md"
    assert {(DOCS / link).resolve() for link in links_of(front)} == set(PAGES) - {front}


def write() -> None:
    for (page, name), make in SECTIONS.items():
        text = page.read_text(encoding="utf-8")
        page.write_text(section_of(name).sub(lambda _, make=make: f"\n{make()}\n\n", text), encoding="utf-8")


if __name__ == "__main__":
    write()
