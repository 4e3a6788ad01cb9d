"""Answers about several resources, in their two shapes."""

from collections.abc import Iterable, Sequence
from http import HTTPStatus
from typing import NamedTuple

from ..multipart import Parts
from .view import Json

MULTIPART_JSON = "application/vnd.ringcentral.multipart+json"


class Result(NamedTuple):
    """The result for one resource; `body` is its part of the answer, None when it has none."""

    id: str
    status: int
    body: Json | None


def entries(results: Iterable[Result]) -> list[Json]:
    """One entry for each resource, in a list."""
    return [_entry(result) for result in results]


def _entry(result: Result) -> Json:
    entry: Json = {"resourceId": result.id, "status": result.status}
    if result.body is not None:
        entry["body"] = result.body
    return entry


def parts(results: Sequence[Result], collection_uri: str, part: str = "") -> Parts:
    """A part with every status, then one part for each resource: clients count them."""
    statuses = [
        {
            "href": f"{collection_uri}/{result.id}{part}",
            "status": result.status,
            "responseDescription": HTTPStatus(result.status).phrase,
        }
        for result in results
    ]
    bodies = {result.id: result.body or {} for result in results}
    return Parts({"status": {"response": statuses}, **bodies}, f"Boundary_{len(results)}_{results[0].id}")
