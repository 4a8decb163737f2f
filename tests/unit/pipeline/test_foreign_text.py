"""Hostile columns, labels and file names: what the commands print cannot control a terminal or a workflow."""

import json
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from sentiment_model import ManifestError, ModelFileError
from sentiment_model.modelfile import write_model
from sentiment_pipeline.cli import main
from sentiment_pipeline.commands import Commands
from sentiment_pipeline.errors import DataError, NotSupported, Refused
from sentiment_pipeline.progress import log_line, progress, result_line
from tests.unit.model.models import two_classes
from tests.unit.test_text import CASES, is_safe

HOSTILE = (
    "".join(case["text"] for case in CASES if case["name"] != "a lone surrogate") + "\n::error::forged\n##[group]x"
)


def is_harmless(output: str) -> bool:
    return not any(not is_safe(line) or line.lstrip().startswith("::") or "##[" in line for line in output.split("\n"))


def score(folder: Path, *options: str, data: str = "in.jsonl", out: str = "out.csv") -> Result:
    write_model(folder / "model.safetensors", two_classes())
    files = ["--model", str(folder), "--data", str(folder / data), "--out", str(folder / out)]
    return CliRunner().invoke(main, ["score", *files, *options])


def test_an_error_is_of_harmless_lines_of_our_own() -> None:
    for kind in (DataError, Refused):
        text = str(kind(f"found {HOSTILE}", f"  - {HOSTILE}", "fix it"))
        assert is_harmless(text)
        assert [line[:9] for line in text.split("\n")] == ["found Ver", "  - Versi", "fix it"]
    assert is_harmless(str(NotSupported(HOSTILE)))
    for error in (ModelFileError(HOSTILE), ManifestError(HOSTILE)):
        assert is_safe(str(error))


@pytest.mark.parametrize("kind", [ModelFileError, ManifestError, DataError])
def test_an_error_that_ends_a_command_is_printed_harmlessly(kind: type[Exception]) -> None:
    @click.group(cls=Commands)
    def group() -> None: ...

    @group.command()
    def fail() -> None:
        raise kind(HOSTILE)

    done = CliRunner().invoke(group, ["fail"])
    assert done.exit_code == 1
    assert is_harmless(done.output)


def test_a_line_of_progress_or_of_a_result_is_harmless(capsys: pytest.CaptureFixture[str]) -> None:
    log_line(HOSTILE)
    result_line(HOSTILE)
    with progress(f"score {HOSTILE}", 10) as advance:
        advance(10)
    printed = capsys.readouterr()
    assert is_harmless(printed.out)
    assert is_harmless(printed.err)
    assert (printed.out.count("\n"), printed.err.count("\n")) == (1, 2)


@pytest.mark.parametrize("row", [{HOSTILE: "good"}, {"predicted_label": "x", "text": "good"}])
def test_a_refusal_that_quotes_a_column_is_harmless(row: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "in.jsonl").write_text(json.dumps(row) + "\n")
    done = score(tmp_path)
    assert done.exit_code == 1
    assert is_harmless(done.output)


def test_so_are_the_bad_rows_that_are_listed(tmp_path: Path) -> None:
    rows = [{"text": "good"}, {"text": "bad", "\n::error::forged": 1}, {"text": "bad", HOSTILE: 1}]
    (tmp_path / "in.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    for options in ((), ("--skip-bad-rows",)):
        done = score(tmp_path, *options)
        assert done.exit_code == (0 if options else 1)
        assert "line 3: column " in done.stderr
        assert is_harmless(done.output)


def test_so_is_the_name_of_a_file(tmp_path: Path) -> None:
    name = "in\x1b[2J\n::error::forged\u202e.jsonl"
    (tmp_path / name).write_text('{"text": "good"}\n')
    done = score(tmp_path, data=name, out="out\x1b[2J\n::error::x.csv")
    assert done.exit_code == 0
    assert is_harmless(done.output)
    (tmp_path / name).write_text("x\n")
    assert is_harmless(score(tmp_path, data=name).output)
