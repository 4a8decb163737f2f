"""The built-in sample: the same everywhere, varied, and neither trivial nor hopeless."""

import csv
from collections import Counter
from hashlib import sha256
from pathlib import Path

from sentiment_pipeline.data.sample.generator import COLUMNS, LABELS, sample_rows, write_sample


def test_the_sample_is_the_same_on_every_machine(tmp_path: Path) -> None:
    write_sample(tmp_path / "sample.csv", rows=4000, seed=1)
    content = (tmp_path / "sample.csv").read_bytes()
    assert sha256(content).hexdigest() == "2486dfe17cd994ba78cfcf550de8c1ba435c99d726403ed82c401df5a8101b93"


def test_another_seed_gives_other_reviews() -> None:
    assert list(sample_rows(50, 1)) != list(sample_rows(50, 2))


def test_reviews_are_distinct_balanced_and_spread_over_films() -> None:
    rows = list(sample_rows(4000, 1))
    assert len({row["text"] for row in rows}) == len({row["id"] for row in rows}) == 4000
    labels = Counter(row["label"] for row in rows)
    assert set(labels) == set(LABELS)
    assert min(labels.values()) > 1800
    assert 150 < len({row["movie"] for row in rows}) <= 200
    assert len({word for row in rows for word in row["text"].lower().split()}) > 800


def test_what_is_hard_about_reviews_is_in_it() -> None:
    texts = [row["text"] for row in sample_rows(4000, 1)]
    for sign in ("is not ", "n't ", " but ", "Although", "<br />", " very ", "never"):
        assert sum(sign in text for text in texts) > 100, sign


def test_the_file_has_the_columns_of_any_other(tmp_path: Path) -> None:
    write_sample(tmp_path / "deep/sample.csv", rows=10, seed=1)
    with (tmp_path / "deep/sample.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 10
    assert tuple(rows[0]) == COLUMNS
