"""Accounts, messages and the documented rules: standard library and this package only, plus sorted indexes."""
