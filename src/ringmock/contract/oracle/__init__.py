"""The oracle: a model of the documented rules and a state machine that asks a server and the model the same questions.

`model` has the rules, `caller` the wire, `agreement` compares the two, `bench` does one thing after another in both,
`machine` decides what is done next and makes what went wrong short, `story` tells it.
"""
