"""The table of a benchmark: parts are kept and measured anew one by one, and a missed target stands out."""

import json
from pathlib import Path

from bench.table import Row, Table


def test_parts_are_kept_when_others_are_measured_anew(tmp_path: Path) -> None:
    records, page = tmp_path / "build" / "bench.json", tmp_path / "page.md"
    table = Table(records=records, page=page, head="# Title", compared_with="before")
    table.keep("one", [Row("a", "1 s", "10 s", "10x", ">= 8x", met=True)])
    table.keep("two", [Row("b", "2 s", "2 s", "1x", ">= 8x", met=False)])
    table.keep("one", [Row("c", "1 s", "3 s", "3x", "", met=None)])
    table.write(["one", "two", "three"])
    written = page.read_text()
    assert "| what | ours | before | ratio | target | met |" in written
    assert "| c | 1 s | 3 s | 3x |  |  |" in written
    assert "| b | 2 s | 2 s | 1x | >= 8x | **no** |" in written
    assert "| a |" not in written
    assert "three: not run" in written
    assert set(json.loads(records.read_text())) == {"one", "two"}
