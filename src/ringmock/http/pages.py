"""The HTML pages of the API. Everything that a client sent is escaped."""

from collections.abc import Mapping
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined, Template

HTML = "text/html; charset=utf-8"
HEADERS = (
    ("Cache-Control", "no-store"),
    # No `form-action`: browsers hold the redirect that follows the form to it as well.
    (
        "Content-Security-Policy",
        "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'",
    ),
    ("Referrer-Policy", "no-referrer"),
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "DENY"),
)


@cache
def _template(name: str) -> Template:
    pages = Environment(
        loader=PackageLoader("ringmock", "http/templates"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    return pages.get_template(name)


def log_in(asked: Mapping[str, str], redirect_uri: str, typed: Mapping[str, str], problem: str | None = None) -> str:
    """The log-in page of the authorization code flow.

    `asked` are hidden fields. `typed` are the values of the visible ones; a password is never shown again.
    """
    return _template("log_in.html").render(
        asked=asked,
        client_id=asked["client_id"],
        redirect_uri=redirect_uri,
        username=typed.get("username", asked.get("login_hint", "")),
        extension=typed.get("extension", ""),
        problem=problem,
    )
