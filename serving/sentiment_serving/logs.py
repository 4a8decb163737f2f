"""One JSON object a line on standard error. Lines carry kinds and sizes, never a text and never a secret."""

import logging
import sys
import traceback
from datetime import UTC, datetime
from types import TracebackType

import msgspec


class JsonFormatter(logging.Formatter):
    """Formats a record; what a caller passed as `extra={"fields": {...}}` stands beside the message.

    An exception is written as its type and the places it passed, without its message: messages of foreign libraries
    may quote the data they choked on.
    """

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        fields = getattr(record, "fields", None)
        if isinstance(fields, dict):
            line.update(fields)
        if record.exc_info and record.exc_info[0] is not None:
            line["error"] = record.exc_info[0].__name__
            line["trace"] = _places(record.exc_info[2])
        return msgspec.json.encode(line).decode()


def configure(level: str) -> None:
    """Send everything to standard error as JSON; `level` is a name such as INFO."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter())
    logging.basicConfig(level=level, handlers=[handler], force=True)


def _places(trace: TracebackType | None) -> list[str]:
    return [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(trace)]
