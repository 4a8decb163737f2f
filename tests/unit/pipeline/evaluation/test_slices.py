"""How held-out reviews are cut into parts."""

import numpy as np
import pytest
from nltk.sentiment.util import mark_negation

from sentiment_model import preprocess, tokenize
from sentiment_pipeline.data.reviews.review import Review
from sentiment_pipeline.data.sample.generator import sample_rows
from sentiment_pipeline.evaluation.slices import MAX_BUCKETS, OTHERS, has_negation, measure_slice, slices_of


def reviews(*texts: str, **columns: list[str]) -> list[Review]:
    return [
        Review(str(n), text, "positive", str(n), {name: values[n] for name, values in columns.items() if values[n]})
        for n, text in enumerate(texts)
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("It is NOT good.", True),
        ("It isn't good.", True),
        ("It isn\u2019t good.", True),
        ("Nothing works", True),
        ("A knot, a notary, cannot.", False),
        ("", False),
    ],
)
def test_negation_is_a_word_of_its_own(text: str, expected: bool) -> None:
    assert has_negation(text) is expected


def test_negation_is_that_of_nltk() -> None:
    texts = [row["text"] for row in sample_rows(300, seed=2)]
    for text in texts:
        # NLTK marks what follows a negation up to the end of its clause; a word is put there to be marked.
        tokens = [piece for token in tokenize(preprocess(text)) for piece in (token, "x")]
        assert has_negation(text) is any(token.endswith("_NEG") for token in mark_negation(tokens))


def test_lengths_are_cut_into_quarters() -> None:
    length = slices_of(reviews(*("word " * n for n in range(1, 101))))["length"]
    assert list(length) == ["0-25 words", "26-50 words", "51-75 words", "76+ words"]
    assert [int(rows.sum()) for rows in length.values()] == [25, 25, 25, 25]


def test_equal_lengths_are_one_part() -> None:
    length = slices_of(reviews("a b", "c d", "e f"))["length"]
    assert {name: int(rows.sum()) for name, rows in length.items()} == {"0-2 words": 3}


def test_a_column_gives_a_part_a_value_in_the_order_of_numbers() -> None:
    rating = slices_of(reviews("a", "b", "c", "d", rating=["10", "9", "", "10"]))["rating"]
    assert {name: rows.tolist() for name, rows in rating.items()} == {
        "9": [False, True, False, False],
        "10": [True, False, False, True],
        "none given": [False, False, True, False],
    }


def test_reviews_without_the_column_have_no_such_parts() -> None:
    assert set(slices_of(reviews("a", "b"))) == {"length", "negation"}


def test_a_column_of_many_values_shows_the_most_frequent_ones() -> None:
    values = [str(n) for n in range(50)] + ["7", "7"]
    parts = slices_of(reviews(*(["a"] * 52), shop=values))["shop"]
    assert len(parts) == MAX_BUCKETS + 1
    assert list(parts)[-1] == OTHERS
    assert int(parts["7"].sum()) == 3
    assert sum(int(rows.sum()) for rows in parts.values()) == 52


def test_a_part_of_one_label_is_measured_by_that_label() -> None:
    found = measure_slice(np.array(["a", "a"]), np.array(["a", "b"]), np.array([0.9, 0.6]), ["1", "2"])
    assert (found.rows, found.accuracy, found.confidence) == (2, 0.5, 0.75)
    assert found.macro_f1 == pytest.approx(2 / 3)
    assert 0.0 < found.low < 0.5 < found.high < 1.0
