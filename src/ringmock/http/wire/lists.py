"""Lists, page by page."""

from collections.abc import Sequence
from functools import lru_cache
from math import ceil
from urllib.parse import quote, urlencode

from .view import Json

MAX_PER_PAGE = 1000


def paged(uri: str, given: Sequence[tuple[str, str]], records: Sequence[Json], page: int, per_page: int) -> Json:
    """One page of the records of a short list."""
    per_page = min(per_page, MAX_PER_PAGE)
    filters = [(name, value) for name, value in given if name not in ("page", "perPage")]
    start = (page - 1) * per_page
    return page_of(uri, filters, records[start : start + per_page], len(records), page, per_page)


def page_of(
    uri: str, filters: Sequence[tuple[str, str]], records: Sequence[Json], total: int, page: int, per_page: int
) -> Json:
    """One page of a list: its own uri, records, paging and navigation."""
    return {**envelope_of(uri, filters, len(records), total, page, per_page), "records": list(records)}


def envelope_of(uri: str, filters: Sequence[tuple[str, str]], count: int, total: int, page: int, per_page: int) -> Json:
    """One page of a list without its `count` records."""
    last = max(1, ceil(total / per_page)) if per_page else 1
    query = query_of(tuple(filters))
    beginning = f"{uri}?{query}&page=" if query else f"{uri}?page="

    def link(number: int) -> Json:
        return {"uri": f"{beginning}{number}&perPage={per_page}"}

    paging: Json = {"perPage": per_page, "totalElements": total, "totalPages": last if total and per_page else 0}
    navigation: Json = {"firstPage": link(1)}
    if count:
        start = (page - 1) * per_page
        paging.update(page=page, pageStart=start, pageEnd=start + count - 1)
    if 1 < page <= last + 1:
        navigation["previousPage"] = link(page - 1)
    if page < last:
        navigation["nextPage"] = link(page + 1)
    navigation["lastPage"] = link(last)
    return {**link(page), "records": [], "paging": paging, "navigation": navigation}


@lru_cache(256)  # who reads page after page, or asks again and again, has the same filters
def query_of(filters: tuple[tuple[str, str], ...]) -> str:
    """The filters as a query, as the service writes one."""
    return urlencode(filters, quote_via=quote, safe=":")
