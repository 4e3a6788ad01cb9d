"""A contract-testing mock server for RingCentral's messaging API.

Independent of RingCentral: not made, endorsed or supported by RingCentral, Inc.
"""

__version__ = "0.1.0"
