"""Log lines are JSON and quote nothing that a foreign error may have quoted."""

import json
import logging
import sys

from sentiment_serving.logs import JsonFormatter


def line(record: logging.LogRecord) -> dict[str, object]:
    document = json.loads(JsonFormatter().format(record))
    assert isinstance(document, dict)
    return document


def record(message: str, *args: object, **extra: object) -> logging.LogRecord:
    made = logging.LogRecord("sentiment_serving.x", logging.INFO, __file__, 1, message, args, None)
    made.__dict__.update(extra)
    return made


def test_a_line_has_time_level_logger_and_message() -> None:
    document = line(record("fetched %s", "s3://b/m"))
    assert document["message"] == "fetched s3://b/m"
    assert (document["level"], document["logger"]) == ("info", "sentiment_serving.x")
    assert str(document["time"]).endswith("+00:00")


def test_fields_stand_beside_the_message() -> None:
    assert line(record("answered", fields={"status": 200, "chars": 12}))["chars"] == 12


def test_a_message_with_line_breaks_stays_one_line() -> None:
    assert "\n" not in JsonFormatter().format(record("a\nb"))


def test_an_exception_shows_its_place_but_not_its_message() -> None:
    try:
        raise KeyError("zebra")
    except KeyError:
        failed = record("failed")
        failed.exc_info = sys.exc_info()
    text = JsonFormatter().format(failed)
    assert "zebra" not in text
    document = json.loads(text)
    assert document["error"] == "KeyError"
    assert "test_logs.py" in document["trace"][0]
