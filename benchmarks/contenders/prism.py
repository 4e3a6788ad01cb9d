"""Prism: a mock from the contract alone, answering with its examples."""

from .contender import CONTRACT, NODE, Contender, npm

PRISM = Contender(
    name="prism",
    title="Prism",
    validates_request=True,
    validates_answer=True,
    keeps_state=False,
    command=lambda place: [
        *("node", place.module("@stoplight/prism-cli/dist/index.js"), "mock", str(CONTRACT)),
        *("--host", "127.0.0.1", "--port", str(place.port), "--verboseLevel", "error", "--multiprocess", "false"),
    ],
    needs=(NODE, npm("@stoplight/prism-cli")),
    remark="answers with the contract's example, checks it and tells in a header what is wrong; logs errors only",
)
