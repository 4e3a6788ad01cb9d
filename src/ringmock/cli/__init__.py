"""The command line: serve an account, check contract and fixtures, print the rules, run the contract tests."""
