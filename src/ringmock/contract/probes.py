"""Refusals that no generator reaches, each provoked by one call that is meant to get it."""

from ..template import Template
from .observed import Observed


def probe(url: str, template: Template, observed: Observed, generation: str | None) -> list[str]:
    return []
