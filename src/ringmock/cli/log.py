"""The log of `serve`: a line of text for each call, or an object of JSON with the same facts."""

import json
import logging
import sys
from datetime import UTC, datetime
from typing import Any

from ..http.recording import facts
from ..timestamps import iso8601

FORMATS = ("text", "json")


class JsonLines(logging.Formatter):
    """One object a line."""

    def format(self, record: logging.LogRecord) -> str:
        """The facts of a call, or the message of anything else, with its time and its level."""
        entry = getattr(record, "entry", None)
        said: dict[str, Any] = {
            "time": iso8601(datetime.fromtimestamp(record.created, UTC)),
            "level": record.levelname.lower(),
            **({"message": record.getMessage()} if entry is None else facts(entry)),
        }
        if record.exc_info:
            said["traceback"] = self.formatException(record.exc_info)
        return json.dumps(said, ensure_ascii=True, default=str)


def configure(form: str, *, is_quiet: bool) -> None:
    """Log to standard error in this format; calls are left out of a quiet log."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines() if form == "json" else logging.Formatter("%(message)s"))
    logging.basicConfig(level=logging.WARNING if is_quiet else logging.INFO, handlers=[handler])
