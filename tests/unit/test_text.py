"""Foreign text on its way to a status, an Event, a log, a terminal or a summary.

| text                                   | becomes                                       |
|----------------------------------------|-----------------------------------------------|
| tests/data/texts.json                  | its `line`, on every side              |
| any text                               | one bounded line of printable characters      |
| a line that has become one             | itself                                        |
| an ordinary sentence, of any script    | itself                                        |
| a command of GitHub Actions            | no command                                    |
"""

import json
import unicodedata
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sentiment_model import text as shared
from sentiment_operator.api import text as operators
from sentiment_pipeline import text as printed

CASES = json.loads((Path(__file__).parents[1] / "data" / "texts.json").read_text())
ANY = st.text(st.characters(categories=("C", "L", "M", "N", "P", "S", "Z")), max_size=60)
FORBIDDEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
JOINERS = "\u200c\u200d"

OneLine = Callable[[str, int], str]
both = pytest.mark.parametrize("one_line", [operators.one_line, shared.one_line], ids=["operator", "model"])


def is_safe(line: str) -> bool:
    return all(unicodedata.category(one) not in FORBIDDEN or one in JOINERS for one in line)


@both
@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_both_sides_agree_on_the_table(one_line: OneLine, case: dict[str, str]) -> None:
    assert one_line(case["text"], 1000) == case["line"]


@both
@given(text=ANY, most=st.integers(1, 80))
@example(text="a" * 9 + " b", most=10)
def test_any_text_becomes_one_bounded_line_of_printable_characters(one_line: OneLine, text: str, most: int) -> None:
    line = one_line(text, most)
    assert is_safe(line)
    assert len(line) <= most
    assert line.splitlines() in ([], [line])
    assert line.encode().decode() == line
    assert one_line(line, most) == line


@both
@given(words=st.lists(st.text(st.characters(categories=("L", "M", "N", "P", "S")), min_size=1), max_size=9))
def test_a_sentence_stays_as_it_is(one_line: OneLine, words: list[str]) -> None:
    assert one_line(" ".join(words), 10_000) == " ".join(words)


@given(text=ANY)
def test_all_sides_agree_on_any_text(text: str) -> None:
    assert operators.printable(text) == shared.printable(text) == printed.printable(text)
    assert operators.one_line(text, 40) == shared.one_line(text, 40)


@given(text=ANY, most=st.integers(8, 40))
@example(text="x" * 8 + " y" * 4, most=8)
def test_the_end_of_a_text_is_bounded_and_safe(text: str, most: int) -> None:
    end = operators.end_of(text, most)
    assert is_safe(end)
    assert len(end) <= most
    assert operators.end_of(end, most) == end
    assert operators.one_line(text, 1000).endswith(end.removeprefix("... "))


@pytest.mark.parametrize(
    "text",
    [
        "::set-env name=PATH::/tmp",
        "  ::add-mask::version",
        "\n::error::text",
        "\u200b::stop-commands::x",
        "\ufeff::error::x",
        "label ##[error]x",
        "##[add-mask]v",
        "a\n##[group]b",
    ],
)
def test_no_line_is_a_command_of_a_workflow(text: str) -> None:
    line = printed.console_line(text)
    assert not line.lstrip().startswith("::")
    assert "##[" not in line
    assert printed.console_line(line) == line


@given(text=st.text(":#[ \nax", max_size=12))
def test_no_text_becomes_a_command_of_a_workflow(text: str) -> None:
    line = printed.console_line(text)
    assert not line.lstrip().startswith("::")
    assert "##[" not in line


@given(text=ANY)
def test_a_line_of_a_terminal_is_safe_and_keeps_its_columns(text: str) -> None:
    line = printed.console_line(text, 40)
    assert is_safe(line)
    assert line.splitlines() in ([], [line])
    assert printed.console_line("  recipe    accuracy   macro F1") == "  recipe    accuracy   macro F1"
