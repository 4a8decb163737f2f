"""The Rust implementation equals the Python specification, for every string.

| what | compared on |
|---|---|
| preprocessed text, tokens, keys of words and of characters | any Unicode, and strings made of what is special |
| counts, their document frequencies, names | corpora of such texts |
| margins (1e-6), known, total, explanations | random models over the n-grams of such texts, of every way to read them |
| the same where keys are alike | neighbours in all bits but a few |
| lone surrogates | refused by both with the same sentence |
| texts of a megabyte | both |

NLTK's RegexpTokenizer and everygrams are the outside oracle of the specification.
"""

# ruff: noqa: RUF001 (letters that look like others are what this is about)

from collections import Counter
from collections.abc import Callable
from typing import Any, TypeVar, get_args

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nltk.tokenize import RegexpTokenizer
from nltk.util import everygrams

from sentiment_model import LinearModel, Scorer, UnencodableText, View, preprocess, tokenize
from sentiment_model.counting import NgramCounts, count_ngrams, ngram_names
from sentiment_model.keys import CHARACTERS_START, WORDS_START, ngram_keys
from sentiment_model.linear import Link, Norm, Tf
from sentiment_model.reading import Reading, Unit, ngram_keys_of
from sentiment_model.tokens import Preprocessing, Tokens

pytestmark = pytest.mark.usefixtures("rust")

# Letters of other planes and scripts, combining marks, dotted and dotless I, sigmas, spaces of all kinds, NUL, letters
# that are newer than the tables, the beginning and the end of what UTF-16 needs two units for.
SPECIAL = (
    "aZ0_'’.<br />ßẞİIıΣσςΑα\u0301\u0345\u00b7\u02b0\0\t\x1c\x85\u00a0\u2028\u3000\ufeff"
    "𐐀𞤀𠀀🎬\u1c89\ua7cb\ud7ff\ue000\uffff\U0010ffff"
)
PIECES = st.one_of(st.sampled_from(SPECIAL), st.sampled_from(["<br />", "not", "good", " ", "it's"]))
ANY = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)
ODD = st.lists(PIECES, max_size=60)
TEXT = st.one_of(ANY, ODD.map("".join))
NGRAMS = st.tuples(st.integers(1, 4), st.integers(0, 3)).map(lambda pair: (pair[0], sum(pair)))
UNIT: st.SearchStrategy[Unit] = st.sampled_from(get_args(Unit))
LINK: st.SearchStrategy[Link] = st.sampled_from(["softmax", "one-vs-rest"])
READING = st.builds(
    Reading,
    st.sampled_from(get_args(Preprocessing)),
    st.sampled_from(get_args(Tokens)),
    st.frozensets(st.sampled_from(["good", "not", "a", "ß", "İ"]), max_size=3),
)

many = settings(max_examples=300, deadline=None)


T = TypeVar("T")


def in_python(call: Callable[[], T]) -> T:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SENTIMENT_NATIVE", "0")
        return call()


@pytest.fixture(scope="module")
def native() -> Any:
    import sentiment_native

    return sentiment_native


@many
@given(TEXT)
def test_the_same_tokens(native: Any, text: str) -> None:
    preprocessed = preprocess(text)
    assert native.preprocess(text) == preprocessed
    assert native.tokenize(preprocessed) == tokenize(preprocessed)
    # Not only what preprocessing leaves.
    assert native.tokenize(text) == tokenize(text)


def test_the_same_class_and_case_of_every_character(native: Any) -> None:
    for plane in range(17):
        codes = range(plane << 16, (plane + 1) << 16)
        text = " ".join(f"a{chr(code)}b" for code in codes if not 0xD800 <= code <= 0xDFFF)
        assert native.preprocess(text) == preprocess(text)
        if plane in (0, 1, 2, 3, 14):  # Python is slow beyond the basic plane, and the other planes are empty
            assert native.tokenize(text) == tokenize(text)


@many
@given(TEXT, NGRAMS)
def test_the_same_keys(native: Any, text: str, ngrams: tuple[int, int]) -> None:
    preprocessed = preprocess(text)
    words = list(ngram_keys(tokenize(preprocessed), *ngrams, WORDS_START))
    assert native.ngram_keys(preprocessed, "words", ngrams) == words
    characters = list(ngram_keys(preprocessed, *ngrams, CHARACTERS_START))
    assert native.ngram_keys(preprocessed, "characters", ngrams) == characters


@many
@given(st.lists(TEXT, max_size=6), UNIT, NGRAMS, st.integers(1, 3), st.integers(1, 2))
def test_the_same_counts_and_names(
    texts: list[str], unit: Unit, ngrams: tuple[int, int], min_df: int, threads: int
) -> None:
    def count() -> NgramCounts:
        return count_ngrams(iter(texts), unit=unit, ngrams=ngrams, min_df=min_df, threads=threads)

    ours, specified = count(), in_python(count)
    for mine, expected in (
        (ours.keys, specified.keys),
        (ours.lengths, specified.lengths),
        (ours.matrix.indptr, specified.matrix.indptr),
        (ours.matrix.indices, specified.matrix.indices),
        (ours.matrix.data, specified.matrix.data),
    ):
        assert mine.dtype == expected.dtype
        assert mine.tolist() == expected.tolist()
    assert ours.matrix.shape == specified.matrix.shape

    def names() -> list[str]:
        return ngram_names(texts, ours.keys, unit=unit, ngrams=ngrams)

    assert names() == in_python(names)


def model_of(data: st.DataObject, texts: list[str]) -> LinearModel:
    """A model whose vocabulary has some n-grams of these texts, and some that no text has."""
    outputs = data.draw(st.sampled_from([1, 3]), "outputs")
    reading = data.draw(READING, "reading")
    number = st.floats(-3, 3, width=32)

    def view(name: str) -> View:
        unit, ngrams = data.draw(UNIT, "unit"), data.draw(NGRAMS, "ngrams")
        occurring = sorted({key for text in texts for key in ngram_keys_of(text, unit, ngrams, reading)})
        known = data.draw(st.sets(st.sampled_from(occurring)) if occurring else st.just(set()), "known")
        keys = sorted(known | data.draw(st.sets(st.integers(0, 2**64 - 1), min_size=1, max_size=5), "others"))
        return View(
            name=name,
            unit=unit,
            ngrams=ngrams,
            tf=data.draw(st.sampled_from(get_args(Tf)), "tf"),
            norm=data.draw(st.sampled_from(get_args(Norm)), "norm"),
            keys=keys,
            weight=data.draw(st.lists(number, min_size=len(keys), max_size=len(keys)), "weight"),
            coef=data.draw(st.lists(number, min_size=len(keys) * outputs, max_size=len(keys) * outputs), "coef"),
        )

    return LinearModel(
        labels=("a", "b", "c")[: max(2, outputs)],
        views=tuple(view(name) for name in ("one", "two")[: data.draw(st.integers(1, 2), "views")]),
        bias=data.draw(st.lists(number, min_size=outputs, max_size=outputs), "bias"),
        link=data.draw(LINK, "link") if outputs > 1 else "sigmoid",
        reading=reading,
    )


@many
@given(st.lists(TEXT, min_size=1, max_size=3), st.data())
def test_the_same_scores_and_explanations(texts: list[str], data: st.DataObject) -> None:
    model = model_of(data, texts)
    ours, specified = Scorer(model), in_python(lambda: Scorer(model))
    predictions = list(ours.predict_many(texts, threads=2))
    assert predictions == [ours.predict(text) for text in texts]
    assert list(specified.predict_many(texts)) == [specified.predict(text) for text in texts]
    for text, prediction in zip(texts, predictions, strict=True):
        expected = specified.predict(text)
        assert prediction.margins == pytest.approx(expected.margins, abs=1e-6)
        assert prediction.probabilities == pytest.approx(expected.probabilities, abs=1e-6)
        assert (prediction.known, prediction.total) == (expected.known, expected.total)

        explained = ours.explain(text)
        assert explained == specified.explain(text)
        assert sum(contribution.count for contribution in explained.contributions) == prediction.known
        for output, margin in enumerate(prediction.margins):
            parts = [contribution.contributions[output] for contribution in explained.contributions]
            assert explained.bias[output] + sum(parts) == pytest.approx(margin, abs=1e-5)


@pytest.mark.parametrize("text", ["\ud800", "good \udfff film", "é\udc00", "\ud83d\ude00"])
def test_a_lone_surrogate_is_refused_by_both_without_repeating_the_text(text: str) -> None:
    model = LinearModel(
        labels=("a", "b"),
        views=(View(name="w", ngrams=(1, 1), tf="plain", norm="none", keys=[1], weight=[1], coef=[1]),),
        bias=[0],
        link="sigmoid",
    )
    for scorer in (Scorer(model), in_python(lambda: Scorer(model))):
        calls: list[Callable[[], object]] = [
            lambda: scorer.predict(text),  # noqa: B023 (called within the round)
            lambda: list(scorer.predict_many(["good", text])),  # noqa: B023
            lambda: scorer.explain(text),  # noqa: B023
        ]
        for call in calls:
            with pytest.raises(UnencodableText, match="lone surrogate") as caught:
                call()
            assert caught.value.__cause__ is None
            assert "film" not in str(caught.value)
    for unit in get_args(Unit):

        def count(unit: Unit = unit) -> object:
            return count_ngrams([text], unit=unit, ngrams=(1, 2))

        def name(unit: Unit = unit) -> object:
            return ngram_names([text], np.array([1], dtype=np.uint64), unit=unit, ngrams=(1, 2))

        for call in (count, name, lambda: in_python(count), lambda: in_python(name)):
            with pytest.raises(UnencodableText, match="lone surrogate"):
                call()


@pytest.mark.parametrize(
    ("text", "unit"),
    [
        ("a" * 2**20, "words"),
        ("Σ'" * 2**19, "words"),
        ("\u0345" * 2**19 + "Σ", "words"),
        ("🎬" * 2**18, "characters"),
        ("not good <br />" * 70_000, "words"),
    ],
    ids=["one word", "sigmas", "ignorable", "astral", "breaks"],
)
def test_texts_of_a_megabyte(text: str, unit: Unit) -> None:
    counted = count_ngrams([text], unit=unit, ngrams=(1, 2))
    expected = Counter(ngram_keys_of(text, unit, (1, 2)))
    assert dict(zip(counted.keys.tolist(), counted.matrix.data.tolist(), strict=True)) == expected


@pytest.mark.parametrize("neighbours", [8, 40])
@pytest.mark.parametrize("step", [1, 256], ids=["the same first bits", "the same first and last bits"])
@pytest.mark.parametrize("known", [True, False])
def test_an_ngram_is_distinguished_from_those_with_similar_keys(neighbours: int, step: int, known: bool) -> None:
    [key] = ngram_keys(["film"], 1, 1)
    alike = range(key - neighbours // 2 * step, key + neighbours // 2 * step, step)
    keys = [other for other in alike if known or other != key]
    words = View(
        name="words",
        ngrams=(1, 1),
        tf="plain",
        norm="none",
        keys=keys,
        weight=[1.0] * len(keys),
        coef=[float(other == key) for other in keys],
    )
    model = LinearModel(labels=("a", "b"), views=(words,), bias=[0.25], link="sigmoid")
    prediction = Scorer(model).predict("A film, a film!")
    assert prediction.margins == (0.25 + 2.0 * known,)
    assert (prediction.known, prediction.total) == (2 * known, 6)
    assert prediction == in_python(lambda: Scorer(model)).predict("A film, a film!")


def test_a_key_that_no_text_has_gets_an_empty_name() -> None:
    word = np.array(list(ngram_keys(["good"], 1, 1)), dtype=np.uint64)
    assert ngram_names(["good bad"], word, unit="words", ngrams=(1, 2)) == ["good"]
    assert ngram_names(["good bad"], word, unit="characters", ngrams=(4, 4)) == [""]


# NLTK matches with the module `regex`, whose \\w takes combining marks in and superscript digits out (UTS 18, annex C).
ALIKE = st.characters(categories=["Lu", "Ll", "Lt", "Lo", "Nd", "Pd", "Po", "Ps", "Pe", "Sc", "Sm", "Zs"])


@settings(deadline=None)
@given(st.lists(st.one_of(ALIKE, st.sampled_from("aZ0_'.ΣİI \t\n")), max_size=60).map("".join))
def test_tokens_are_those_of_nltks_regexp_tokenizer(text: str) -> None:
    preprocessed = preprocess(text).replace("\u0307", "")
    assert tokenize(preprocessed) == RegexpTokenizer(r"\w+(?:'\w+)?|[^\w\s]").tokenize(preprocessed)


@given(TEXT, NGRAMS)
def test_ngrams_are_those_of_nltks_everygrams(text: str, ngrams: tuple[int, int]) -> None:
    tokens = tokenize(preprocess(text))
    expected = Counter(everygrams(tokens, *ngrams))
    counted = count_ngrams([text], ngrams=ngrams)
    names = ngram_names([text], counted.keys, ngrams=ngrams)
    assert dict(zip(names, counted.matrix.data.tolist(), strict=True)) == {
        " ".join(ngram): count for ngram, count in expected.items()
    }
