"""Specmatic: a mock from the contract alone."""

from .contender import CONTRACT, JAVA, Contender, npm

SPECMATIC = Contender(
    name="specmatic",
    title="Specmatic",
    validates_request=True,
    validates_answer=False,
    keeps_state=False,
    command=lambda place: [
        *("java", "-jar", place.module("specmatic/specmatic.jar"), "mock", str(CONTRACT)),
        *("--host=127.0.0.1", f"--port={place.port}", "--noConsoleLog", "--hot-reload=disabled"),
    ],
    needs=(JAVA, npm("specmatic")),
    remark="answers with the contract's example; console log off",
    warm_up=6,
)
