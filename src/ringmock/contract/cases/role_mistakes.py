"""Mistakes about roles in a case: unknown names, and properties that a role's type does not have."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ...fixture.shape import nearest
from ...fixture.yaml_source import Path
from .roles import (
    ACCOUNT,
    KEYS,
    NOBODY,
    PROPERTIES,
    RESERVED,
    ROLE_KEYS,
    Needs,
    mentions_in,
    named_in_step,
    type_of,
)

Json = Any
Found = Iterator[tuple[Path, str]]


def mistakes_of_needs(own: Needs, known: Needs, path: Path) -> Found:
    """Invalid properties of `own` roles, among the `known` ones."""
    for name, role in own.items():
        if name in RESERVED and name != ACCOUNT:
            yield (*path, name), f"{name!r} stands for something else: call the role otherwise"
            continue
        kind = type_of(name, known)
        for key in role:
            if key not in KEYS[kind]:
                sentence = f"{key!r} says nothing of a {kind}: it has {', '.join(sorted(KEYS[kind]))}"
                yield (*path, name, key), sentence
            elif key in ROLE_KEYS:
                said = role[key]
                for other in [said] if isinstance(said, str) else said:
                    if other not in known or other == name:
                        yield (*path, name, key), f"{other!r} is no other role{_such_as(other, known)}"


def unknown_roles(step: Mapping[str, Json], path: Path, needs: Needs | None) -> Found:
    """Every unknown name in a step, and every unknown property of a role; None for unknown roles."""
    if needs is None:
        return
    for name, _ in named_in_step(step):
        if name[:1].islower() and name not in needs:
            yield path, f"{name!r} is no role of `needs`{_such_as(name, needs)}"
    for name, asked in mentions_in(dict(step)):
        if name not in needs and name not in (ACCOUNT, NOBODY):
            yield path, f"${{{name}.{asked}}}: {name!r} is no role of `needs`{_such_as(name, needs)}"
        elif asked not in PROPERTIES[type_of(name, needs)]:
            known = PROPERTIES[type_of(name, needs)]
            near = nearest(asked, known)
            advice = f"did you mean {near!r}?" if near else f"it has {', '.join(known)}"
            yield path, f"${{{name}.{asked}}}: {name} has no {asked!r}: {advice}"


def _such_as(name: str, known: Iterable[str]) -> str:
    known = [each for each in known if each != ACCOUNT]
    near = nearest(name, known)
    if near is not None:
        return f": did you mean {near!r}?"
    return f": there are {', '.join(known)}" if known else ": the file names none"
