"""Hostile text on a page of GitHub and in the output of a step, read with a parser of Markdown.

| the text                                | stays                         |
|------------------------------------------|--------------------------------|
| HTML, links, images, mentions, bars      | code, in its own cell          |
| backticks, also as many as a fence       | code                           |
| new lines, control characters            | one line                       |
| commands of GitHub Actions               | output of a step               |
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from delivery import images
from delivery.cluster import Cluster
from delivery.markdown import block, cell, code, output
from delivery.metric_diff import metrics_of, table
from delivery.summary import describe
from sentiment_model.text import one_line
from tests.unit.test_text import CASES, is_safe

TEXTS = [
    "<img src=x onerror=alert(1)>",
    "[click](https://example.com) ![pixel](https://example.com/p.png)",
    "@everyone see #1",
    "a | b || c \\| d",
    "`x` ``` y ````",
    "`",
    "ends with `",
    "</code></td></table><script>",
    "fine\n\n## Heading\n\n- [x] done",
    "one\n```\n<b>two</b>",
    *(case["text"] for case in CASES),
]
MARKDOWN = MarkdownIt("commonmark").enable("table")


def leaves(text: str) -> list[Token]:
    """What a page shows: the innermost parts, without the empty ones."""
    found = []
    for token in MARKDOWN.parse(text):
        found += token.children or ([token] if token.content else [])
    return [one for one in found if one.content]


@pytest.mark.parametrize("text", TEXTS)
def test_foreign_text_is_code_and_nothing_else(text: str) -> None:
    shown = leaves(f"- {code(text)}")
    expected = one_line(text, 2000)
    assert [(one.type, one.content) for one in shown] == ([("code_inline", expected)] if expected else [])


@given(text=st.text(st.sampled_from("`|\\ <a\n*@:#[")))
def test_any_text_is_one_cell_of_a_table(text: str) -> None:
    shown = leaves(f"| a | b |\n|---|---|\n| {cell(text)} | next |")
    expected = one_line(text, 2000)
    assert [one.content for one in shown] == ["a", "b", *([expected] if expected else []), "next"]
    assert all(one.type == "code_inline" for one in shown[2:-1] if one.content != "a")


@given(text=st.text(st.sampled_from("` \n~a<")))
def test_any_text_is_one_block(text: str) -> None:
    (token,) = MARKDOWN.parse("\n".join(block(text, "console")))
    assert token.type == "fence"


@pytest.mark.parametrize("text", TEXTS)
def test_the_metrics_of_a_change_are_cells_of_their_table(text: str, tmp_path: Path) -> None:
    (tmp_path / "reports").mkdir()
    (tmp_path / "reports" / "train.json").write_text(json.dumps({"winner": text, text: "x"}))
    page = table({}, metrics_of(tmp_path))
    kinds = {token.type for token in MARKDOWN.parse(page)}
    assert not kinds & {"html_block", "bullet_list_open", "fence", "image"}
    inside = {one.type for token in MARKDOWN.parse(page) for one in token.children or ()}
    assert inside <= {"text", "code_inline"}
    rows = [line for line in MARKDOWN.render(page).split("\n") if line.startswith("<td")]
    assert len(rows) == 4 * 2


@pytest.mark.parametrize(
    "line", ["::error::text", "  ::add-mask::reviews", "::set-env name=PATH::x", "##[error]text", "x ##[add-mask]y"]
)
def test_no_line_of_a_steps_output_is_a_command(line: str) -> None:
    for text in (line, f"reviews\n{line}\n", f"a\r{line}", f"a\u2028{line}"):
        for shown in output(text).split("\n"):
            assert not shown.strip().startswith("::")
            assert "##[" not in shown


@pytest.fixture
def hostile_cluster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """An environment whose kubectl returns a resource filled with hostile text."""
    message = "".join(TEXTS).replace("\ud83d", "") + "\n::error::forged\n```\n<b>out</b>"
    condition = {"type": "Ready", "status": "False", "reason": "Rejected", "message": message}
    body: dict[str, Any] = {
        "spec": {"model": {"version": "14"}},
        "status": {"conditions": [condition], "serving": {"version": "13<b>"}},
    }
    (tmp_path / "body.json").write_text(json.dumps(body))
    (tmp_path / "table.txt").write_text("NAME   READY\n```\n::error::forged\n<b>out</b> \x1b[2J\n")
    script = f'case "$*" in *json*) cat {tmp_path}/body.json;; *) cat {tmp_path}/table.txt;; esac'
    (tmp_path / "kubectl").write_text(f"#!/bin/sh\n{script}\n")
    (tmp_path / "kubectl").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    return {
        **os.environ,
        "REGISTRY": "registry",
        "MLFLOW_TRACKING_URI": "http://mlflow",
        "GITHUB_STEP_SUMMARY": str(tmp_path / "summary.md"),
    }


def test_the_summary_of_a_delivery_shows_a_hostile_status_as_code(
    hostile_cluster: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "images.json").write_text(json.dumps({"sentiment-serving": "registry/x`<b>`"}))
    monkeypatch.setattr(images, "RECORD", tmp_path / "images.json")
    cluster = Cluster(kind="current", registry="registry", environment=hostile_cluster)
    text, _ = describe(cluster, "reviews", version="14", namespace="default")
    kinds = [one.type for one in leaves(text)]
    assert kinds == ["fence", "code_inline"]


def test_the_command_prints_it_safely_and_adds_it_to_the_job(hostile_cluster: dict[str, str], tmp_path: Path) -> None:
    command = [sys.executable, "-m", "delivery", "summary", "reviews", "--version", "14"]
    done = subprocess.run(command, env=hostile_cluster, capture_output=True, text=True, check=True)
    for line in done.stdout.split("\n"):
        assert is_safe(line)
        assert not line.strip().startswith("::")
        assert "##[" not in line
    assert done.stdout.split("\n")[-2].startswith("version 14 does not serve: Rejected: <img src=x")
    page = (tmp_path / "summary.md").read_text()
    assert {one.type for one in leaves(page)} <= {"fence", "code_inline"}
