"""Starlette with nothing on top: the work of this one operation, written by hand."""

from .contender import Contender, python, python_server

RAW_STARLETTE = Contender(
    name="starlette",
    title="raw Starlette, the same work",
    validates_request=True,
    validates_answer=True,
    keeps_state=True,
    command=python_server("raw_starlette"),
    needs=(python("starlette"), python("jsonschema-rs")),
    remark="one handler by hand: token, compiled schemas for body and answer, a dict; no journal,"
    " and of the rules only whose number it is",
)
