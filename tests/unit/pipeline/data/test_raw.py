"""Raw files: each format gives the same rows, and a broken file is refused with the line or the reason."""

import gzip
from pathlib import Path

import pytest

from sentiment_pipeline.data.reviews.raw import find_raw, read_raw
from sentiment_pipeline.errors import DataError

ROWS = [{"text": "zwei\nZeilen, Straße", "label": "1"}, {"text": "second", "label": "0"}]
CSV = 'text,label\n"zwei\nZeilen, Straße",1\nsecond,0\n'
JSONL = '{"text": "zwei\\nZeilen, Straße", "label": 1}\n\n{"text": "second", "label": "0"}\n'


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("reviews.csv", CSV.encode()),
        ("reviews.csv", CSV.encode("utf-8-sig")),
        ("reviews.csv", CSV.replace("\n", "\r\n").replace("zwei\r\n", "zwei\n").encode()),
        ("reviews.csv.gz", gzip.compress(CSV.encode(), mtime=0)),
        ("reviews.jsonl", JSONL.encode()),
        ("reviews.jsonl.gz", gzip.compress(JSONL.encode(), mtime=0)),
    ],
)
def test_every_format_gives_the_same_rows(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    assert list(read_raw(find_raw(tmp_path))) == ROWS


def test_a_text_longer_than_the_csv_module_likes_is_read(tmp_path: Path) -> None:
    path = tmp_path / "reviews.csv"
    path.write_text("text,label\n" + "x" * 200_000 + ",1\n")
    assert len(next(read_raw(path))["text"]) == 200_000


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("reviews.csv", b"text,label\na,b,c\n", "reviews.csv, line 2: expected 2 fields"),
        ("reviews.csv", b"text,label\na\n", "reviews.csv, line 2: expected 2 fields"),
        ("reviews.csv", b'text,label\n"a,1\n', "line 2: not CSV: unexpected end of data"),
        ("reviews.csv", b"text,label\n\xff\xfe,1\n", "line 2: not UTF-8"),
        ("reviews.csv.gz", b"text,label\n", "not a complete gzip file"),
        ("reviews.csv.gz", gzip.compress(CSV.encode(), mtime=0)[:-9], "not a complete gzip file"),
        ("reviews.jsonl", b'{"text": 1}\n{"text"\n', "line 2: not JSON"),
        ("reviews.csv", b"text,text\na,b\n", "names a column twice"),
        ("reviews.txt", b"text\n", "reviews.txt must end in .csv"),
        ("reviews.jsonl", b"[1]\n", "line 1: not a JSON object"),
    ],
)
def test_a_broken_file_is_refused(tmp_path: Path, name: str, content: bytes, sentence: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(DataError, match=sentence):
        list(read_raw(tmp_path / name))


def test_two_raw_files_are_one_too_many(tmp_path: Path) -> None:
    for name in ("reviews.csv", "reviews.jsonl"):
        (tmp_path / name).touch()
    with pytest.raises(DataError, match="expected one file"):
        find_raw(tmp_path)
