"""Cleaning of texts: every text, label and id of a raw row is cleaned first."""

import re

_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f\ud800-\udfff]")
_SPACE = re.compile(r"\s+")


def clean(text: str) -> str:
    """Remove control characters and lone surrogates, and replace each run of white space by one space."""
    return _SPACE.sub(" ", _CONTROL.sub("", text)).strip()
