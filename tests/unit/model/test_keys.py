"""Tokens and keys: published test vectors, and the properties of incremental folding."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentiment_model import UnencodableText, preprocess, tokenize
from sentiment_model.keys import mix64, ngram_key, ngram_keys, token_hash


@pytest.mark.parametrize(
    ("text", "expected"),
    [("", 0xCBF29CE484222325), ("a", 0xAF63DC4C8601EC8C), ("foobar", 0x85944171F73967E8)],
)
def test_token_hash_is_fnv1a_64(text: str, expected: int) -> None:
    # http://www.isthe.com/chongo/tech/comp/fnv/index.html, "FNV test vectors"
    assert token_hash(text) == expected


def test_mix64_is_the_finaliser_of_splitmix64() -> None:
    # The first output of splitmix64 seeded with 0, as published with java.util.SplittableRandom.
    assert mix64(0x9E3779B97F4A7C15) == 0xE220A8397B1DCDAF


def test_a_key_is_the_same_on_every_machine_and_release() -> None:
    assert ngram_key(["not", "good"]) == 0x592E627778DE4C78


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=5), max_size=8))
def test_all_ngrams_are_keyed_as_one_by_one(tokens: list[str]) -> None:
    expected = [
        ngram_key(tokens[start:end])
        for start in range(len(tokens))
        for end in range(start + 2, min(start + 4, len(tokens)) + 1)
    ]
    assert list(ngram_keys(tokens, 2, 4)) == expected


def test_the_order_of_tokens_matters() -> None:
    assert ngram_key(["not", "good"]) != ngram_key(["good", "not"])


def test_tokens_are_words_and_single_marks() -> None:
    assert tokenize("it's a rock'n'roll film... 8/10 :)") == [
        *["it's", "a", "rock'n", "'", "roll", "film"],
        *[".", ".", ".", "8", "/", "10", ":", ")"],
    ]


def test_html_breaks_become_spaces_and_case_is_lowered() -> None:
    assert preprocess("Good.<br /><br />BAD") == "good.  bad"


@pytest.mark.parametrize("token", ["\ud800", "x" * 100 + "\udfff"])
def test_a_lone_surrogate_is_refused_without_repeating_the_text(token: str) -> None:
    with pytest.raises(UnencodableText, match="lone surrogate") as caught:
        token_hash(token)
    assert caught.value.__cause__ is None
    assert "xx" not in str(caught.value)
