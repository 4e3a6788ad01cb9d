"""The cheapest tests to add: the known cases that exercise most of the missing items with the fewest calls.

Known cases are the bundled ones. What a case would exercise is derived from its expectations, by the evidence that a
run is measured by.
"""

import re
import textwrap
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache, partial
from itertools import takewhile
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import yaml

from ..coverage.exercised import Exercised
from ..coverage.items import Coverage, CoverageItem
from ..coverage.observation import Observation, Problem, as_object, problems_in
from ..coverage.paths import operation_of
from ..coverage.report import Suggestion
from ..domain.generation import GENERATIONS
from ..fixture import load_named
from ..fixture.yaml_text import yaml_of
from ..world.template import Template
from .cases import DEFAULT_GENERATION, Case, bundled_cases
from .cases.binding import bind
from .cases.expectations import filled, names_in
from .cases.lacking import Lack
from .cases.operation import known_operations
from .cases.request import request_of
from .http_client import basic_credentials, curl

MAX_CURL = 600
"""Characters."""


SHOWN_BY: Mapping[str, tuple[str, ...]] = {
    "A Department sends SMS from its direct number when logged in with its credentials": ("R-11",),
    "The phone number list of a Department shows its SmsSender flag": ("R-13",),
    "An SMS to a Disabled extension is dropped and kept only in the sender's outbox": ("R-17", "D-03"),
    "A member of a Department takes part in its conversation": ("R-21",),
    "A page to a Department without members is refused": ("D-07 empty",),
    "A page to an extension that is NotActivated is received": ("D-08",),
    "In 2012 a thread has the id of its first message": (
        "2012 readStatus of what was sent",
        "2012 conversationId of a page",
        "2012 further fields",
    ),
    "In the current generation a thread has a number of its own, also as a text": (
        "current conversationId of a page",
        "current further fields",
    ),
    "In the current generation an SMS is Queued at first and Sent at the next look": (
        "current messageStatus in the answer to POST sms (1)",
        "current messageStatus in the answer to POST sms (2)",
    ),
}
"""Items that bundled cases exercise in addition to their expectations."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A case, and the keys of what it exercises by its expectations."""

    case: Case
    calls: int
    keys: frozenset[str]

    @property
    def operations(self) -> frozenset[str]:
        """The operations that it calls."""
        return frozenset(key for key in self.keys if key in operation_names())

    def strangers(self, touched: Collection[str]) -> int:
        """How many operations it calls that the suite never does: how far it is from that."""
        return len(self.operations.difference(touched))

    def is_near(self, touched: Collection[str]) -> bool:
        """Whether it is about what the suite does, or accepted by what the suite does not call yet."""
        new = self.operations.difference(touched)
        return all(any(key.startswith(f"{name} 2") for key in self.keys) for name in new)


def cheapest(coverage: Coverage, count: int = 3) -> tuple[Suggestion, ...]:
    """The cheapest tests to add, each chosen after the ones before it; fewer when nothing is missing any more.

    First those that call what the suite calls already, and no refusal of an operation that it never calls. Only cases
    that answer in a generation that counts.
    """
    touched = {name for name in operation_names() if name in coverage.exercised.seen}
    known = [candidate for candidate in candidates() if _generation(candidate.case, coverage) is not None]
    known = [candidate for candidate in known if candidate.is_near(touched)]
    missing, seen = _Missing(coverage.missing), set(coverage.exercised.seen)
    chosen: list[Suggestion] = []
    while len(chosen) < count:
        offers = [(candidate, missing.gained(candidate, seen)) for candidate in known]
        useful = [(candidate, gained) for candidate, gained in offers if gained]
        if not useful:
            break
        best, gained = min(useful, key=partial(_order, touched))
        chosen.append(_suggestion(best, gained, coverage))
        missing.remove(gained)
        seen |= best.keys
    return tuple(chosen)


def _order(touched: Collection[str], offer: tuple[Candidate, tuple[CoverageItem, ...]]) -> tuple[float, ...]:
    """Near before far, then by what a thing costs; while nothing is touched, by the cost alone."""
    candidate, gained = offer
    return (candidate.strangers(touched) if touched else 0, candidate.calls / len(gained), candidate.calls)


@cache
def operation_names() -> frozenset[str]:
    """Every operation of the contract."""
    return frozenset(known_operations())


def _generation(case: Case, coverage: Coverage) -> str | None:
    """The first of the generations that count in which the case holds."""
    return next((one for one in GENERATIONS if one in coverage.generations and case.holds_in(one)), None)


def _suggestion(candidate: Candidate, gained: tuple[CoverageItem, ...], coverage: Coverage) -> Suggestion:
    case = candidate.case
    generation = _generation(case, coverage) or DEFAULT_GENERATION
    return Suggestion(case.name, text_of(case), candidate.calls, gained, generation, curl_of(case))


class _Missing:
    """What is missing, by the keys that it is counted under."""

    def __init__(self, items: Iterable[CoverageItem]) -> None:
        self._places = {item: place for place, item in enumerate(items)}
        self._by_key: defaultdict[str, list[CoverageItem]] = defaultdict(list)
        for item in self._places:
            for key in item.keys:
                self._by_key[key].append(item)

    def gained(self, candidate: Candidate, seen: Collection[str]) -> tuple[CoverageItem, ...]:
        """The missing items that the candidate would exercise."""
        touched = {item for key in candidate.keys for item in self._by_key.get(key, ()) if item in self._places}
        whole = [item for item in touched if all(key in candidate.keys or key in seen for key in item.keys)]
        return tuple(sorted(whole, key=self._places.__getitem__))

    def remove(self, items: Iterable[CoverageItem]) -> None:
        for item in items:
            del self._places[item]


@cache
def candidates() -> tuple[Candidate, ...]:
    """Every case that can be suggested: those for which the demo account has everything."""
    bundled = ((case, about_demo(case)) for case in bundled_cases())
    return tuple(Candidate(case, _calls(case), keys_of(bound)) for case, bound in bundled if bound is not None)


@cache
def _demo(generation: str | None) -> Template:
    return load_named("demo", generation=generation)


def about_demo(case: Case) -> Case | None:
    """The case about the demo account, None where that lacks something for it."""
    demo = _demo(case.generation)
    bound = bind(case, demo) if case.account in (None, demo.name) else None
    return None if isinstance(bound, Lack) else bound


def _calls(case: Case) -> int:
    """The number of calls, changes of the world and checks of mailboxes."""
    of_steps = (
        (step.when is not None) + len(step.change) + len(step.mailboxes) + len(step.handsets) for step in case.steps
    )
    return len(case.given) + sum(of_steps)


def keys_of(case: Case) -> frozenset[str]:
    """What a run of the case is sure to be counted under, when the server answers as the case expects."""
    exercised = Exercised(by_record=True).note_all(_observations(case))
    return frozenset(exercised.seen).union(SHOWN_BY.get(case.name, ()))


def _observations(case: Case) -> Iterator[Observation]:
    """The calls of a case and their answers, as far as it states them."""
    unknown: Mapping[str, Any] = defaultdict(lambda: "1")
    for step in case.steps:
        if step.when is None or "status" not in step.then:
            continue
        found = _called(step.when)
        if found is None:
            continue
        answer = filled(step.then.get("exact", step.then.get("body")), unknown)
        problems = problems_in(answer)
        if "error" in step.then:
            problems = (Problem(step.then["error"], step.then.get("parameter")), *problems)
        yield Observation(
            found[0],
            step.then["status"],
            problems,
            filled(step.when.get("body"), unknown),
            answer,
            found[1],
            frozenset(said.rpartition(" ")[2] for said in step.outcomes.values()),
            generation=case.generation or DEFAULT_GENERATION,
        )


def _called(when: Mapping[str, Any]) -> tuple[str, Mapping[str, str]] | None:
    if "operation" in when:
        return when["operation"], {name: str(value) for name, value in as_object(when.get("path")).items()}
    method, _, target = when["request"].partition(" ")
    return operation_of(method, unquote(urlsplit(target).path))


# --- as text -----------------------------------------------------------------------------------------


_EXAMPLES = re.compile(r"^  examples:", re.MULTILINE)
"""Of an entry that stands for one case for each row."""


def text_of(case: Case) -> str:
    """The case in YAML, as in its file; expanded when its entry stands for several or uses a part of another."""
    begins_before = any(step.line < case.line for step in case.steps)  # with the steps of its file's `before`
    if case.operation is None and not begins_before:
        first, *rest = Path(case.file).read_text(encoding="utf-8").splitlines()[case.line - 1 :]
        margin = first.partition("-")[0] + " "
        own = takewhile(lambda line: line.startswith(margin) or not line.strip(), rest)
        text = textwrap.dedent("\n".join([first, *own])).strip()
        if not _leans_on_another(text) and _EXAMPLES.search(text) is None:
            return _with_needs(text, case)
    given: dict[str, Any] = dict(case.given)
    if case.generation is not None:
        given["generation"] = case.generation
    said: dict[str, Any] = {"name": case.name, "keeps": list(case.keeps)}
    said |= {"needs": dict(case.needs)} if case.needs else {}
    said |= {"given": given} if given else {}
    said["steps"] = [step.written for step in case.steps]
    return yaml_of([said], default_flow_style=None, width=110).strip()


def _leans_on_another(text: str) -> bool:
    """Whether the YAML has an alias of something outside it."""
    tokens = list(yaml.scan(text))
    anchors = {token.value for token in tokens if isinstance(token, yaml.AnchorToken)}
    return any(token.value not in anchors for token in tokens if isinstance(token, yaml.AliasToken))


def _with_needs(text: str, case: Case) -> str:
    """The case's text with all that it needs in it: its file says that once for all of its cases."""
    if not case.needs:
        return text
    lines, needs = text.splitlines(), yaml_of(dict(case.needs), width=100)
    own = next((place for place, line in enumerate(lines) if line.startswith("  needs:")), None)
    if own is not None:
        rest = takewhile(lambda line: not line.strip() or line.startswith("   "), lines[own + 1 :])
        del lines[own : own + 1 + len(list(rest))]
    place = next(place for place, line in enumerate(lines) if line.startswith("  keeps:"))
    return "\n".join(
        [*lines[: place + 1], "  needs:", *(f"    {line}" for line in needs.splitlines()), *lines[place + 1 :]]
    )


def curl_of(case: Case, base_url: str = "http://127.0.0.1:8080") -> str | None:
    """A command that makes the one call of a case; None when it has more, or is too long for a line."""
    case = about_demo(case) or case
    steps = [step for step in case.steps if step.when is not None]
    if len(case.steps) != 1 or not steps or case.given or steps[0].when is None or any(names_in(dict(steps[0].when))):
        return None
    request = request_of(filled(dict(steps[0].when), {}))
    authorization = _authorization(steps[0].caller)
    headers = {**({} if authorization is None else {"Authorization": authorization}), **request.headers}
    line = curl(base_url, replace(request, headers=headers))
    return line if len(line) <= MAX_CURL and line.isprintable() else None


def _authorization(caller: Any) -> str | None:
    """The header of a caller, with what the demo account has for it."""
    if isinstance(caller, dict):
        return f"Bearer {caller['token']}"
    if caller == "application":
        return basic_credentials("ringmock", "ringmock-secret")
    return None if caller == "nobody" else f"Bearer demo-{caller}"
