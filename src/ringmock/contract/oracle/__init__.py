"""The oracle: a model of the documented rules, and a state machine that compares a server with it.

`model.py` has the rules, `caller.py` makes the calls, `comparison.py` compares answers and mailboxes, `runner.py`
carries out commands on both, `machine.py` chooses commands, `shrinking.py` shortens a failing run, `failure_report.py`
describes it.
"""
