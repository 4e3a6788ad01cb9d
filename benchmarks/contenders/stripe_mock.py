"""stripe-mock: another API, but the mock to be measured against; it makes a charge where others send an SMS."""

from collections.abc import Mapping

from .contender import Contender, program
from .exchange import Exchange, Json


def wrong_charge(answer: Json) -> str | None:
    """What keeps an answer from being a charge."""
    return None if isinstance(answer, Mapping) and answer.get("object") == "charge" else "it is no charge"


STRIPE_MOCK = Contender(
    name="stripe-mock",
    title="stripe-mock (Go), `POST /v1/charges`",
    validates_request=True,
    validates_answer=False,
    keeps_state=False,
    command=lambda place: ["stripe-mock", "-http-addr", f"127.0.0.1:{place.port}"],
    needs=(
        program("stripe-mock", "-version", "the program on the PATH: go install github.com/stripe/stripe-mock@latest"),
    ),
    remark="Stripe's own API from its own fixtures, form fields for JSON: an answer of about the same size",
    exchange=Exchange(
        path="/v1/charges",
        headers={"Authorization": "Bearer sk_test_123", "Content-Type": "application/x-www-form-urlencoded"},
        good="amount=2000&currency=usd&source=tok_visa",
        bad=("currency=usd&amount=many",),
        wrong=wrong_charge,
    ),
)
