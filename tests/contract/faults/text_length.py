"""How long a text may be, counted or limited wrongly (R-04, R-05)."""

from starlette.types import ASGIApp

from .exchange import LIMITS, Exchange, around
from .fault import in_app, in_requests
from .operations import PAGER, SMS


def _let_through(exchange: Exchange) -> None:
    """Send something short in the place of a text that the application would refuse."""
    exchange.kept = exchange.text
    exchange.send_text("x")


def _restore(exchange: Exchange) -> None:
    if exchange.kept is not None and exchange.is_sent:
        exchange.change_answer(lambda message: message.update(subject=exchange.kept))


@in_app(PAGER)
def counts_code_points(app: ASGIApp) -> ASGIApp:
    """A text is measured by its characters, whatever its UTF-16 units."""

    def shorten(exchange: Exchange) -> None:
        if exchange.is_sending and len(exchange.text) <= LIMITS[exchange.resource] < exchange.units:
            _let_through(exchange)

    return around(app, before=shorten, after=_restore)


@in_requests(SMS)
def counts_utf8_bytes(exchange: Exchange) -> None:
    """A text is measured by its bytes in UTF-8."""
    if exchange.is_sending:
        size = len(exchange.text.encode(errors="surrogatepass"))
        if exchange.units <= LIMITS[exchange.resource] < size:
            exchange.refuse(400, "MSG-338", "text")


@in_requests(SMS)
def refuses_a_full_sms(exchange: Exchange) -> None:
    """An SMS of exactly 1000 units is refused: less instead of at most."""
    if exchange.resource == "sms" and exchange.units == LIMITS["sms"]:
        exchange.refuse(400, "MSG-338", "text")


@in_app(PAGER)
def accepts_one_unit_more(app: ASGIApp) -> ASGIApp:
    """A page of 1025 units is accepted: the limit is off by one."""

    def shorten(exchange: Exchange) -> None:
        if exchange.resource == "company-pager" and exchange.units == LIMITS["company-pager"] + 1:
            _let_through(exchange)

    return around(app, before=shorten, after=_restore)


@in_app(SMS)
def limits_sms_like_pages(app: ASGIApp) -> ASGIApp:
    """An SMS may be as long as a page."""

    def shorten(exchange: Exchange) -> None:
        if exchange.resource == "sms" and LIMITS["sms"] < exchange.units <= LIMITS["company-pager"]:
            _let_through(exchange)

    return around(app, before=shorten, after=_restore)


@in_requests(PAGER)
def limits_pages_like_sms(exchange: Exchange) -> None:
    """A page may be no longer than an SMS."""
    if exchange.resource == "company-pager" and LIMITS["sms"] < exchange.units <= LIMITS["company-pager"]:
        exchange.refuse(400, "MSG-338", "text")


@in_requests(SMS)
def cuts_long_texts(exchange: Exchange) -> None:
    """A text that is too long is cut to the limit and sent."""
    if exchange.is_sending and exchange.units > LIMITS[exchange.resource]:
        kept = exchange.text.encode("utf-16-le", errors="surrogatepass")[: 2 * LIMITS[exchange.resource]]
        exchange.send_text(kept.decode("utf-16-le", errors="ignore"))


@in_requests(SMS)
def measures_the_trimmed_text(exchange: Exchange) -> None:
    """Spaces around a text do not count, and are not sent."""
    if exchange.is_sending and exchange.text.strip():
        exchange.send_text(exchange.text.strip())
