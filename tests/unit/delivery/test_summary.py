"""The last sentence of a delivery, for each way in which one can end."""

import pytest

from delivery.summary import sentence

READY = {"status": "True", "reason": "Serving", "message": "2 of 2"}
REFUSED = {"status": "False", "reason": "Rejected", "message": "version 3: accuracy 0.10\nis below 0.90"}


@pytest.mark.parametrize(
    ("version", "requested", "serving", "ready", "expected"),
    [
        ("3", "3", "3", READY, "version 3 serves"),
        (
            "3",
            "3",
            "2",
            REFUSED,
            "version 3 does not serve: Rejected: version 3: accuracy 0.10 is below 0.90 (version 2 serves)",
        ),
        ("3", "2", "2", READY, "version 3 was not rolled out (see the first step that failed); version 2 serves"),
        ("", "2", "2", READY, "no version was registered; version 2 serves"),
        ("1", "1", None, {}, "version 1 does not serve: no condition yet:  (nothing serves)"),
    ],
)
def test_it_names_what_serves_and_why(
    version: str, requested: str, serving: str | None, ready: dict[str, str], expected: str
) -> None:
    assert sentence(version, requested=requested, serving=serving, ready=ready) == expected
