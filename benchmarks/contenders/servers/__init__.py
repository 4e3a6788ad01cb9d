"""Servers written for the comparison: the work of ringmock's `POST sms`, on other people's frameworks."""
