"""Logs one JSON object per line to standard error. Lines carry kinds and sizes, never a text or a secret."""

import logging
import sys
import traceback
from datetime import UTC, datetime
from types import TracebackType

import msgspec

from sentiment_model.text import one_line

_MAX_CHARS = 4096


class JsonFormatter(logging.Formatter):
    """Formats a record as JSON; `extra={"fields": {...}}` adds members beside the message.

    An exception is logged as its type and its stack, without its message: other libraries' messages may quote the
    data that they failed on.

    Message and members are safe lines. JSON escapes control characters, but `jq -r` and log viewers undo that.
    """

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": one_line(record.getMessage(), _MAX_CHARS),
        }
        fields = getattr(record, "fields", None)
        if isinstance(fields, dict):
            line |= {name: one_line(one, _MAX_CHARS) if isinstance(one, str) else one for name, one in fields.items()}
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
