"""Cleaning of a text: what every text of a review goes through before anything else."""

import re

_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f\ud800-\udfff]")
_SPACE = re.compile(r"\s+")


def clean(text: str) -> str:
    """Remove control characters and lone surrogates, and make each run of white space one space."""
    return _SPACE.sub(" ", _CONTROL.sub("", text)).strip()
