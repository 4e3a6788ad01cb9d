"""Which account each case is run on, where there are several to choose from."""

from collections.abc import Iterable, Sequence

from ...world.template import Template
from . import Case
from .binding import bind
from .lacking import Lack


def homes_of(cases: Iterable[Case], templates: Sequence[Template]) -> tuple[tuple[Template, tuple[Case, ...]], ...]:
    """Each account with its cases: a case goes to the first that has what it needs, and to the very first if none has.

    A case that names an account is for that one.
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
