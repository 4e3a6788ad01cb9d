"""The inspector: one page whose modules ask the control API for everything that they show.

The server knows nothing of a world here. What a browser loads is this page and the files beside it, which are the same
for everyone; the policy of the page lets nothing run that is not one of them, and nothing be asked of another origin.
"""

from flask import Blueprint, Response, redirect, render_template, request, send_from_directory, url_for
from werkzeug.wrappers import Response as BaseResponse

from .. import __version__

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; media-src 'self';"
    " base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
HEADERS = (
    ("Cache-Control", "no-cache"),
    ("Content-Security-Policy", POLICY),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Referrer-Policy", "no-referrer"),
    ("X-Content-Type-Options", "nosniff"),
)

SHARED = ("app", "api", "dom", "list", "live", "keys", "theme", "pages", "format", "notify", "keyed")
"""Modules that each page needs, which a browser may load before it has read the first of them."""

PAGE, FILES = "ui", "ui/static"
"""Where they are, below the prefix of the control API."""

ui = Blueprint("ui", __name__, template_folder="templates", static_folder=None)


@ui.get("/")
def root() -> BaseResponse:
    """The way to the page, for those who ask for the prefix alone; `client` is how worlds were named once."""
    named = request.args.get("world") or request.args.get("client")
    return redirect(url_for("ui.page", world=named) if named else url_for("ui.page"), 302)


@ui.get(f"/{PAGE}")
def page() -> Response:
    """The page, whatever it is to show: its script reads that from the address."""
    answer = Response(
        render_template(
            "ui.html",
            version=__version__,
            base=url_for("ui.page").removesuffix(f"/{PAGE}"),
            files=url_for("ui.file", name="").removesuffix("/"),
            modules=SHARED,
            has_token=request.environ.get(HAS_TOKEN, False),
        ),
        content_type="text/html; charset=utf-8",
    )
    answer.headers.update(HEADERS)
    return answer


HAS_TOKEN = "ringmock.has_token"
"""In the environment of a call: whether the control API takes calls from elsewhere, with a token."""


@ui.get(f"/{PAGE}/")
@ui.get(f"/{PAGE}/<path:_>")
def deep_page(_: str = "") -> Response:
    """The same page, at the address of what it shows."""
    return page()


@ui.get(f"/{FILES}/<path:name>")
@ui.get(f"/{FILES}/", defaults={"name": ""})
def file(name: str) -> BaseResponse:
    """A script, a style sheet or a picture of the page."""
    answer = send_from_directory("static", name, conditional=True)
    for header in ("Date", "Content-Disposition"):
        answer.headers.pop(header, None)
    answer.headers.update(HEADERS)
    return answer
