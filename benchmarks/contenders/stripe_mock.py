"""stripe-mock: another API, but the mock to be measured against; it makes a customer where others send an SMS."""

from collections.abc import Mapping

from .contender import Contender, program
from .exchange import Exchange, Json


def wrong_customer(answer: Json) -> str | None:
    """What keeps an answer from being a customer."""
    return None if isinstance(answer, Mapping) and answer.get("object") == "customer" else "it is no customer"


STRIPE_MOCK = Contender(
    name="stripe-mock",
    title="stripe-mock (Go), `POST /v1/customers`",
    validates_request=True,
    validates_answer=False,
    keeps_state=False,
    # Without an address for HTTPS it takes a port that is always the same, and ends when somebody else has it.
    command=lambda place: ["stripe-mock", "-http-addr", f"127.0.0.1:{place.port}", "-https-addr", "127.0.0.1:0"],
    needs=(
        program("stripe-mock", "-version", "the program on the PATH: go install github.com/stripe/stripe-mock@latest"),
    ),
    remark="Stripe's own API from its own fixtures, form fields for JSON: an answer of about the same size",
    exchange=Exchange(
        path="/v1/customers",
        headers={"Authorization": "Bearer sk_test_123", "Content-Type": "application/x-www-form-urlencoded"},
        good="email=someone@example.test&name=Someone&description=A+customer",
        bad=("name=Someone&balance=many",),
        wrong=wrong_customer,
    ),
)
