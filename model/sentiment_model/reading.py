"""How a model reads a text: from characters to the n-grams of a view."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from sentiment_model.keys import CHARACTERS_START, WORDS_START, ngram_keys
from sentiment_model.tokens import PREPROCESSING, TOKENS, Preprocessing, Tokens, preprocess, tokenize
from sentiment_model.unicode import check_encodable

Unit = Literal["words", "characters", "characters-in-words"]
"""What n-grams are made of: tokens; all characters; the characters of each word with a space on each side."""


@dataclass(frozen=True)
class Reading:
    """What happens to a text before its n-grams are looked up; the default is what is trained here."""

    preprocessing: Preprocessing = PREPROCESSING
    tokens: Tokens = TOKENS
    stop_words: frozenset[str] = frozenset()
    """Tokens that are left out, so that their neighbours become neighbours of each other."""

    def sequences(self, text: str, unit: Unit) -> list[Sequence[str]]:
        """The runs of tokens that n-grams are made within: one, or one a word with a space on each side.

        Raises:
            UnencodableText: (a ValueError) the text holds a lone surrogate.
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
    """The keys of all n-grams of a text as it comes, by position, then by length, repetitions included.

    Raises:
        UnencodableText: (a ValueError) the text holds a lone surrogate.
    """
    start = WORDS_START if unit == "words" else CHARACTERS_START
    keys = []
    for sequence in reading.sequences(text, unit):
        keys += ngram_keys(sequence, *_lengths(unit, ngrams, len(sequence)), start)
    return keys


def ngram_names_of(text: str, unit: Unit, ngrams: tuple[int, int], reading: Reading = TRAINED) -> list[str]:
    """The n-grams themselves, in the order of `ngram_keys_of`: words with a space between them, or characters."""
    glue = " " if unit == "words" else ""
    return [
        glue.join(sequence[first:end])
        for sequence in reading.sequences(text, unit)
        for first, end in _spans(unit, ngrams, len(sequence))
    ]


def ngram_lengths_of(text: str, unit: Unit, ngrams: tuple[int, int], reading: Reading = TRAINED) -> list[int]:
    """How many tokens each n-gram has, in the order of `ngram_keys_of`."""
    return [
        end - first for sequence in reading.sequences(text, unit) for first, end in _spans(unit, ngrams, len(sequence))
    ]


def _lengths(unit: Unit, ngrams: tuple[int, int], tokens: int) -> tuple[int, int]:
    """The lengths of n-grams among so many tokens: a word that is too short for any counts as a whole."""
    return (min(ngrams[0], tokens), ngrams[1]) if unit == "characters-in-words" else ngrams


def _spans(unit: Unit, ngrams: tuple[int, int], tokens: int) -> Iterator[tuple[int, int]]:
    shortest, longest = _lengths(unit, ngrams, tokens)
    for first in range(tokens - shortest + 1):
        for end in range(first + shortest, min(first + longest, tokens) + 1):
            yield first, end
