"""The account on which each case runs, when there are several."""

from collections.abc import Iterable, Sequence

from ...world.template import Template
from . import Case
from .binding import bind
from .lacking import Lack


def homes_of(cases: Iterable[Case], templates: Sequence[Template]) -> tuple[tuple[Template, tuple[Case, ...]], ...]:
    """Each account with its cases: a case runs on the first account that has what it needs, otherwise on the first of
    all.

    A case that names an account runs on that one.
    """
    found: dict[int, list[Case]] = {place: [] for place in range(len(templates))}
    for case in cases:
        found[_home(case, templates)].append(case)
    return tuple((templates[place], tuple(those)) for place, those in found.items())


def _home(case: Case, templates: Sequence[Template]) -> int:
    for place, template in enumerate(templates):
        if case.account in (None, template.name) and not isinstance(bind(case, template), Lack):
            return place
    return 0
