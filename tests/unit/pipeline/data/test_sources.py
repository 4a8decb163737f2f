"""Sources that need no server, and addresses that are refused before any is asked."""

import gzip
import io
import tarfile
from hashlib import sha256
from pathlib import Path

import pytest

from sentiment_pipeline.data.ingestion import imdb
from sentiment_pipeline.data.ingestion.sources import fetch, shown
from sentiment_pipeline.data.reviews.raw import read_raw
from sentiment_pipeline.errors import SourceError
from sentiment_pipeline.params import DataParams


def test_a_local_file_is_copied_as_it_is(tmp_path: Path) -> None:
    source = tmp_path / "mine.CSV.GZ"
    source.write_bytes(gzip.compress(b"text,label\n"))
    (tmp_path / "raw").mkdir()
    file = fetch(DataParams(source=str(source)), tmp_path / "raw").file
    assert file.name == "reviews.csv.gz"
    assert file.read_bytes() == source.read_bytes()


def test_a_checksum_may_carry_its_algorithm(tmp_path: Path) -> None:
    source = tmp_path / "mine.csv"
    source.write_bytes(b"text,label\n")
    (tmp_path / "raw").mkdir()
    fetch(DataParams(source=str(source), sha256="sha256:" + sha256(b"text,label\n").hexdigest()), tmp_path / "raw")


@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        ("absent.csv", "there is no file absent.csv"),
        ("reviews.xlsx", "must end in .csv, .csv.gz, .jsonl, .jsonl.gz"),
        ("ftp://host/reviews.csv", "ftp:// is not supported; use builtin:sample, imdb, a path, https:// or s3://"),
        ("http://host/reviews.csv", "does not protect the content"),
    ],
)
def test_a_source_that_cannot_be_is_refused(tmp_path: Path, source: str, sentence: str) -> None:
    with pytest.raises(SourceError, match=sentence):
        fetch(DataParams(source=source), tmp_path)


def test_what_is_secret_in_an_address_is_not_shown() -> None:
    assert shown("https://me:word@host/a.csv?X-Amz-Signature=1#x") == "https://host/a.csv"
    assert shown("s3://raw/a.csv") == "s3://raw/a.csv"
    assert shown("data/a.csv") == "data/a.csv"


def archive(path: Path, files: dict[str, str]) -> Path:
    """An archive laid out as the official one, with reviews of our own."""
    with tarfile.open(path, "w:gz") as tar:
        for name, content in files.items():
            info = tarfile.TarInfo(f"aclImdb/{name}")
            info.size = len(content.encode())
            tar.addfile(info, io.BytesIO(content.encode()))
    return path


def test_the_official_archive_becomes_rows_with_the_film_of_each_review(tmp_path: Path) -> None:
    source = archive(
        tmp_path / "a.tar.gz",
        {
            "test/neg/1_2.txt": "weak, <br />really",
            "train/pos/0_9.txt": "strong",
            "train/unsup/0_0.txt": "not labelled",
            "train/urls_pos.txt": "http://www.imdb.com/title/tt0453418/usercomments\n",
            "test/urls_neg.txt": "http://host/title/tt1/x\nhttp://host/title/tt0064354/usercomments\n",
        },
    )
    imdb.convert(source, tmp_path / "reviews.csv.gz")
    assert list(read_raw(tmp_path / "reviews.csv.gz")) == [
        {"id": "test-neg-1", "label": "negative", "rating": "2", "movie": "tt0064354", "text": "weak, <br />really"},
        {"id": "train-pos-0", "label": "positive", "rating": "9", "movie": "tt0453418", "text": "strong"},
    ]


def test_the_same_archive_gives_the_same_bytes(tmp_path: Path) -> None:
    source = archive(tmp_path / "a.tar.gz", {"test/neg/1_2.txt": "weak"})
    for name in ("one", "two"):
        imdb.convert(source, tmp_path / name)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


def test_another_archive_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="holds no reviews"):
        imdb.convert(archive(tmp_path / "a.tar.gz", {"README": "x"}), tmp_path / "out")
    (tmp_path / "b.tar.gz").write_bytes(b"no archive")
    with pytest.raises(SourceError, match="is not a tar archive"):
        imdb.convert(tmp_path / "b.tar.gz", tmp_path / "out")
