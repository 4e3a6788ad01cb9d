"""What of the contract's behaviour a run exercised: operations, statuses, error codes, rules, decisions, generations.

`universe` says what there is to exercise, `signs` what a rule is known by, `met` what a run did. A run is seen in a
server's own record or in its traffic; what only the record shows is not counted where there was none.
"""
