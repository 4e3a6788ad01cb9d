"""What a run exercised of the contract's behaviour: operations, statuses, error codes, rules, decisions, generations.

`items.py` lists what can be exercised, `evidence.py` how a rule is recognised, `exercised.py` what a run did. A run is
observed in a server's own record or in its traffic; what only the record shows is not counted without one.
"""
