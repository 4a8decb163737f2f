"""Names that a registered model may have: those that MLflow allows, without control characters.

The resource definition of the operator has the same rule; tests/data/model_names.json holds both to one table.
"""

import re

MAX_CHARS = 256
"""The width of the column in MLflow's database."""

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")


def why_refused(name: str) -> str:
    """Why no registered model can have this name, as the end of a sentence that begins with it; empty if one can."""
    if not name.strip():
        return "must not be blank"
    if len(name) > MAX_CHARS:
        return f"must have at most {MAX_CHARS} characters, and has {len(name)}"
    if "/" in name or ":" in name:
        return "must not contain / or :, which MLflow refuses"
    if name == "." or name.startswith(".."):
        return "must not be . or begin with .., which MLflow refuses"
    if _CONTROL.search(name):
        # A signature covers the name as one line; nothing good comes in such a name.
        return "must not contain control characters such as line breaks"
    try:
        name.encode()
    except UnicodeEncodeError:
        return "must be text in UTF-8"
    return ""
