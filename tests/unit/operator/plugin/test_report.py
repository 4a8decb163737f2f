"""What `kubectl sentiment` prints: golden pictures of a few states, and what must never reach a terminal."""

import pytest
from rich.console import Console

from sentiment_operator.plugin import report
from tests.unit.operator.plugin.cases import DATA, NAMES, NOW, case, printed


def status(name: str, *, width: int = 120) -> str:
    given = case(name)
    tree = report.tree(given["resource"], pods=given["pods"], events=given["events"], now=NOW)
    return printed(tree, width=width)


@pytest.mark.parametrize("name", NAMES)
def test_the_status_is_shown_as_a_tree(name: str) -> None:
    assert status(name) == (DATA / f"{name}.txt").read_text()


def test_the_history_is_shown_as_a_table() -> None:
    table = report.history(case("rejected")["resource"], now=NOW)
    assert printed(table) == (DATA / "rejected-history.txt").read_text()


def test_an_empty_history_is_reported() -> None:
    assert printed(report.history(case("new")["resource"], now=NOW)) == "No rollout has finished yet.\n"


def test_a_narrow_terminal_loses_no_word() -> None:
    wide, narrow = (
        "".join(word for word in status("rejected", width=width).split() if word.isalnum()) for width in (200, 60)
    )
    assert narrow == wide


def test_foreign_text_cannot_control_the_terminal() -> None:
    given = case("stale")
    console = Console(width=120, force_terminal=True, color_system="standard", highlight=False)
    with console.capture() as capture:
        console.print(report.tree(given["resource"], pods=[], events=given["events"], now=NOW))
    text = capture.get()
    assert "[red]not markup[/red]" in text
    assert "\x1b[31mnot red" not in text


def test_ages_are_shown_in_the_largest_fitting_unit() -> None:
    text = status("verifying")
    assert "90s of 600 s" in text
    assert "3d" in text
