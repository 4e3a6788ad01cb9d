"""What a phone says about getting messages from a number: STOP and START, for each pair of numbers."""

_OPTS_OUT = {"STOP": True, "START": False}


def opts_out(text: str) -> bool | None:
    """True for STOP, False for START; None for any other text. The word stands alone, in any case."""
    return _OPTS_OUT.get(text.strip().upper()) if len(text) < 20 else None
