"""Lists without page numbers: each page has the tokens of those around it."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from ...world.page_tokens import Listing, PageTokens
from .view import Json


class PageAsked(NamedTuple):
    """The requested page of a list."""

    listing: Listing
    before: int | None
    size: int


def page_from(listing: Listing, parameters: Mapping[str, Any], tokens: PageTokens) -> PageAsked:
    """The page of the parameters, the first without a token. Raises `InvalidParameter`."""
    token = parameters["pageToken"]
    before = None if token is None else tokens.read(listing, token)
    return PageAsked(listing, before, parameters["perPage"])


class Neighbours(Protocol):
    """The links of a page to the adjacent pages."""

    @property
    def has_previous(self) -> bool: ...
    @property
    def previous(self) -> int | None: ...
    @property
    def has_next(self) -> bool: ...
    @property
    def next(self) -> int | None: ...


def page_of(records: Sequence[Json], page: Neighbours, asked: PageAsked, tokens: PageTokens) -> Json:
    """A page and the tokens of those around it."""
    listing = asked.listing
    paging: Json = {
        "perPage": asked.size,
        "pageToken": tokens.issue(listing, asked.before),
        "firstPageToken": tokens.issue(listing, None),
    }
    if page.has_previous:
        paging["previousPageToken"] = tokens.issue(listing, page.previous)
    if page.has_next:
        paging["nextPageToken"] = tokens.issue(listing, page.next)
    return {"records": list(records), "paging": paging}
