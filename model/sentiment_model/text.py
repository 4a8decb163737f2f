"""Text from elsewhere (manifests, models, rows, answers) on one line that is safe to show.

`sentiment_operator.api.text` does the same for the operator, `sentiment_pipeline.text` for what commands print.
tests/data/texts.json holds all to one table.
"""

_JOINERS = frozenset("\u200c\u200d")
"""Zero-width non-joiner and joiner: Persian, the scripts of India and emoji need them to be read."""


def printable(text: str) -> str:
    """`text` with a space for each character that is not printable: control, format, separator, private, unassigned.

    So no text moves the cursor, colours a terminal, starts a line, hides a part of itself or reverses its direction. A
    lone surrogate becomes a question mark, because no UTF-8 can hold it.
    """
    if text.isprintable():
        return text
    storable = text.encode("utf-8", "replace").decode()
    return "".join(one if one.isprintable() or one in _JOINERS else " " for one in storable)


def one_line(text: str, most: int) -> str:
    """`text` as one line of at most `most` characters: `printable`, with one space for each run of white space."""
    return " ".join(printable(text).split())[:most].rstrip()
