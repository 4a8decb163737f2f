"""Foreign text on a page of GitHub and in a step's output: statuses, models and kubectl quote what others wrote.

In Markdown it is code, in which GitHub reads no HTML, link, image, mention or emoji.
"""

import re

from sentiment_pipeline.text import console_line, printable

MAX_CHARS = 2000
_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]*")


def output(text: str) -> str:
    """`text` as the output of a step: no line controls a terminal, or is a command of GitHub Actions."""
    return "\n".join(map(console_line, text.split("\n")))


def cell(text: str) -> str:
    """`text` as a cell of a table: a plain word or number as it is, anything else as code."""
    return text if _PLAIN.fullmatch(text) else code(text, in_table=True)


def code(text: str, *, in_table: bool = False) -> str:
    """`text` as a code span on one line; `in_table` for a cell, where a bar would end it even in code."""
    line = " ".join(printable(text).split())[:MAX_CHARS].rstrip()
    if not line:
        return ""
    fence = "`" * (_longest_run(line) + 1)
    # Without spaces, a backtick at the end would belong to the fence. One space on each side is not shown.
    pad = " " if line.startswith("`") or line.endswith("`") else ""
    span = f"{fence}{pad}{line}{pad}{fence}"
    return span.replace("|", "\\|") if in_table else span


def block(text: str, language: str = "") -> list[str]:
    """The lines of `text` as a fenced block of code."""
    lines = [printable(line).rstrip() for line in text.rstrip("\n").split("\n")]
    fence = "`" * max(3, _longest_run("\n".join(lines)) + 1)
    return [f"{fence}{language}", *lines, fence]


def _longest_run(text: str) -> int:
    return max((len(run) for run in re.findall(r"`+", text)), default=0)
