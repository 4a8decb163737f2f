"""The last border of the log: whatever a record quotes from other programs, a line of the log is one safe line."""

import logging
from typing import Any

from sentiment_operator.api.text import one_line, printable

MAX_CHARS = 4096
_TRACE_CHARS = 20_000


class Clean(logging.Filter):
    """Cleans message, fields and traceback of each record. Always lets it pass.

    JSON escapes control characters, but `jq -r` and log viewers undo that on the terminal of a reader.
    """

    def __init__(self) -> None:
        super().__init__()
        self._traces = logging.Formatter()

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = one_line(_message(record), MAX_CHARS), None
        if record.exc_info:
            record.exc_text, record.exc_info = self._traces.formatException(record.exc_info), None
        for name, value in list(vars(record).items()):
            setattr(record, name, _trace(value) if name in ("exc_text", "stack_info") else _clean(value))
        return True


def clean_all() -> None:
    """Put the filter before every handler of the root logger."""
    for handler in logging.getLogger().handlers:
        if not any(isinstance(one, Clean) for one in handler.filters):
            handler.addFilter(Clean())


def _message(record: logging.LogRecord) -> str:
    try:
        return record.getMessage()
    except Exception:
        # Arguments that do not fit the text: no fault of the caller, who has something more important to do.
        return str(record.msg)


def _clean(value: Any) -> Any:
    if isinstance(value, str):
        return one_line(value, MAX_CHARS)
    if isinstance(value, list | tuple):
        return [_clean(one) for one in value]
    if isinstance(value, dict):
        return {_clean(name): _clean(one) for name, one in value.items()}
    return value


def _trace(text: str | None) -> str | None:
    """A traceback keeps its lines."""
    return text and "\n".join(printable(line) for line in text[-_TRACE_CHARS:].split("\n"))
