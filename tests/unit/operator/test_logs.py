"""The last border of the log."""

import logging

from sentiment_operator.logs import Clean


def test_a_record_whose_arguments_do_not_fit_is_logged_and_stops_no_caller() -> None:
    record = logging.LogRecord("kopf", logging.WARNING, __file__, 1, "%d pods\x1b[31m", ("many",), None)
    assert Clean().filter(record)
    assert record.getMessage() == "%d pods [31m"
