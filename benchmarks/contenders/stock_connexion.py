"""Connexion's AsyncApp as its documentation has it, on the whole contract."""

from .contender import Contender, python, python_server

STOCK_CONNEXION = Contender(
    name="connexion",
    title="Connexion AsyncApp, stock",
    validates_request=True,
    validates_answer=True,
    keeps_state=True,
    command=python_server("stock_connexion"),
    needs=(python("connexion"),),
    remark="the same handler and dict behind stock stages with `validate_responses=True`; no journal",
)
