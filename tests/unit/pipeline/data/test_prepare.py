"""Cleaning: what is dropped is counted, what cannot be learned from is refused with a sentence."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict

import pytest

from sentiment_pipeline.data.preparation.prepare import check_sides, check_size, clean_rows
from sentiment_pipeline.data.reviews.cleaning import clean
from sentiment_pipeline.data.reviews.review import Review
from sentiment_pipeline.errors import DataError
from sentiment_pipeline.params import DataParams, PrepareParams

DATA = DataParams(source="unused", labels={"0": "negative", "1": "positive"})


def rows(*pairs: tuple[str, str]) -> Iterable[Mapping[str, str]]:
    return [{"text": text, "label": label} for text, label in pairs]


def reviews(*labels: str) -> list[Review]:
    return [Review(str(number), f"text {number}", label, str(number)) for number, label in enumerate(labels)]


def test_control_characters_surrogates_and_runs_of_space_go() -> None:
    assert clean("  a\0b\ud800 \t\n c  ") == "ab c"


def test_labels_are_renamed_where_they_match() -> None:
    cleaned = clean_rows(rows(("a", "0"), ("b", "1"), ("c", "neutral")), DATA)
    assert [review.label for review in cleaned.reviews] == ["negative", "positive", "neutral"]


def test_every_dropped_row_is_counted_under_its_reason() -> None:
    cleaned = clean_rows(
        rows(("a", "1"), ("a ", "1"), (" ", "1"), ("b", ""), ("c", "0"), ("c", "1"), ("c", "0"), ("d", "0")), DATA
    )
    assert [review.text for review in cleaned.reviews] == ["a", "d"]
    assert asdict(cleaned.dropped) == {"empty_text": 1, "empty_label": 1, "duplicate": 1, "contradiction": 3}
    assert cleaned.rows == 8 == len(cleaned.reviews) + sum(asdict(cleaned.dropped).values())


def test_a_review_without_an_id_is_named_by_its_text_and_is_its_own_group() -> None:
    (review,) = clean_rows(rows(("a", "1")), DATA).reviews
    assert review.id == review.group == "ca978112ca1bbdca"


def test_a_review_keeps_the_columns_of_its_slices_as_far_as_its_file_has_them() -> None:
    sliced = DataParams(source="unused", slices=("rating", "shop"))
    rated = [{"text": "a", "label": "1", "rating": " 9 ", "other": "x"}, {"text": "b", "label": "0", "rating": ""}]
    assert [review.slices for review in clean_rows(rated, sliced).reviews] == [{"rating": "9"}, {}]


def test_a_missing_column_is_named_with_those_there_are() -> None:
    with pytest.raises(DataError, match=r"expected a column 'label', found text, stars; set data.label"):
        clean_rows([{"text": "a", "stars": "5"}], DATA)


def test_a_missing_group_column_is_reported_with_what_to_do() -> None:
    grouped = DataParams(source="unused", group="movie")
    with pytest.raises(DataError, match=r'\'movie\', found text, label; set data.group .* or to "" for none'):
        clean_rows(rows(("a", "1")), grouped)


def test_ids_that_repeat_are_refused() -> None:
    named = DataParams(source="unused", id="id")
    repeated = [{"id": "7", "text": text, "label": "1"} for text in ("a", "b")]
    with pytest.raises(DataError, match="1 values of column 'id' occur in more than one review"):
        clean_rows(repeated, named)


@pytest.mark.parametrize(
    ("labels", "sentence"),
    [
        ([], "expected at least 4 usable rows"),
        (["a", "b"], "expected at least 4 usable rows"),
        (["a"] * 4, "found only 'a'"),
        (["a", "a", "a", "b"], "expected at least 2 rows of each label .* found 1 of 'b'"),
        ([str(number) for number in range(30)], "found 30; is data.label the right column"),
        (["a", "a", "b" * 200, "b" * 200], "longer than 100 characters"),
    ],
)
def test_too_little_to_learn_from_is_refused(labels: list[str], sentence: str) -> None:
    with pytest.raises(DataError, match=sentence):
        check_size(reviews(*labels), PrepareParams(min_rows=4, min_rows_per_label=2))


def test_a_side_without_a_label_is_refused() -> None:
    with pytest.raises(DataError, match="no held-out review is labelled 'b': 3 groups are too few"):
        check_sides(reviews("a", "b", "a"), reviews("a"))
