"""Text from elsewhere (data, models, registries, statuses) in a line that a command prints.

`sentiment_model.text` does the same for what is stored. It is not imported here: a stage such as `ingest` would then
depend on the code of models. tests/data/texts.json holds both to one table.
"""

import re

_JOINERS = frozenset("\u200c\u200d")
"""Zero-width non-joiner and joiner: Persian, the scripts of India and emoji need them to be read."""

_WORKFLOW_COMMAND = re.compile(r"^\s*::|##\[")
"""What GitHub Actions executes in the output of a step: `::name::` at the start of a line, `##[name]` anywhere."""


def printable(text: str) -> str:
    """`text` with a space for each character that is not printable: control, format, separator, private, unassigned.

    So no text moves the cursor, colours a terminal, starts a line, hides a part of itself or reverses its direction. A
    lone surrogate becomes a question mark, because no UTF-8 can hold it.
    """
    if text.isprintable():
        return text
    storable = text.encode("utf-8", "replace").decode()
    return "".join(one if one.isprintable() or one in _JOINERS else " " for one in storable)


def console_line(text: str, most: int = 4096) -> str:
    """`text` as a line for a terminal or the log of a workflow: `printable`, with its own spaces, at most `most` long.

    What GitHub Actions would execute as a command is broken up by spaces.
    """
    return _WORKFLOW_COMMAND.sub(lambda found: " ".join(found[0]), printable(text))[:most].rstrip()
