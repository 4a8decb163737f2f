"""How a model reads a text: from characters to the n-grams of a view."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from sentiment_model.keys import CHARACTERS_START, WORDS_START, ngram_keys
from sentiment_model.tokens import PREPROCESSING, TOKENS, Preprocessing, Tokens, preprocess, tokenize
from sentiment_model.unicode import check_encodable

Unit = Literal["words", "characters", "characters-in-words"]
"""What n-grams are made of: tokens, all characters, or the characters of each word padded with a space on each side."""


@dataclass(frozen=True)
class Reading:
    """How a text becomes tokens. The default is how this project trains."""

    preprocessing: Preprocessing = PREPROCESSING
    tokens: Tokens = TOKENS
    stop_words: frozenset[str] = frozenset()
    """Tokens that are removed before n-grams are made, so that n-grams span the gaps."""

    def sequences(self, text: str, unit: Unit) -> list[Sequence[str]]:
        """The sequences of tokens that n-grams do not cross: the whole text, or each word padded with spaces.

        Raises:
            UnencodableText: (a ValueError) The text holds a lone surrogate.
        """
        preprocessed = preprocess(text, self.preprocessing)
        if unit == "characters-in-words":
            return [f" {word} " for word in tokenize(preprocessed, "nonspaces/v1")]
        if unit == "characters":
            check_encodable(preprocessed)
            return [preprocessed]
        found = tokenize(preprocessed, self.tokens)
        return [[token for token in found if token not in self.stop_words] if self.stop_words else found]


TRAINED = Reading()


def ngram_keys_of(text: str, unit: Unit, ngrams: tuple[int, int], reading: Reading = TRAINED) -> list[int]:
    """The keys of all n-grams of a raw text, by position, then by length, repetitions included.

    Raises:
        UnencodableText: (a ValueError) The text holds a lone surrogate.
    """
    start = WORDS_START if unit == "words" else CHARACTERS_START
    keys = []
    for sequence in reading.sequences(text, unit):
        keys += ngram_keys(sequence, *_lengths(unit, ngrams, len(sequence)), start)
    return keys


def ngram_names_of(text: str, unit: Unit, ngrams: tuple[int, int], reading: Reading = TRAINED) -> list[str]:
    """The n-grams as text, in the order of `ngram_keys_of`. Words are joined by spaces."""
    separator = " " if unit == "words" else ""
    return [
        separator.join(sequence[first:end])
        for sequence in reading.sequences(text, unit)
        for first, end in _spans(unit, ngrams, len(sequence))
    ]


def ngram_lengths_of(text: str, unit: Unit, ngrams: tuple[int, int], reading: Reading = TRAINED) -> list[int]:
    """The length of each n-gram in tokens, in the order of `ngram_keys_of`."""
    return [
        end - first for sequence in reading.sequences(text, unit) for first, end in _spans(unit, ngrams, len(sequence))
    ]


def _lengths(unit: Unit, ngrams: tuple[int, int], tokens: int) -> tuple[int, int]:
    """Shortest and longest n-gram of a sequence. A word shorter than the shortest n-gram is one n-gram."""
    return (min(ngrams[0], tokens), ngrams[1]) if unit == "characters-in-words" else ngrams


def _spans(unit: Unit, ngrams: tuple[int, int], tokens: int) -> Iterator[tuple[int, int]]:
    shortest, longest = _lengths(unit, ngrams, tokens)
    for first in range(tokens - shortest + 1):
        for end in range(first + shortest, min(first + longest, tokens) + 1):
            yield first, end
