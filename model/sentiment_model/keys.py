"""Tokens to 64-bit n-gram keys.

A token's hash h is FNV-1a 64 of its UTF-8 bytes (Fowler, Noll, Vo). An n-gram's key folds the hashes of its tokens
from the left, `k <- mix64((k * 0x9E3779B97F4A7C15 + h) mod 2**64)` from k = 0 for words and k = 1 for characters (each
code point is a token then); mix64 is the finaliser of splitmix64 (Steele, Lea, Flood 2014). Keys are uniformly
distributed, and one more fold turns the key of a bigram into the key of a trigram.
"""

from collections.abc import Sequence
from functools import lru_cache

from sentiment_model.unicode import check_encodable

KEY_FUNCTION = "fnv1a64-splitmix64/v1"
"""Name of these keys in a model file."""

WORDS_START = 0
CHARACTERS_START = 1
"""Start values of the fold. They differ, so that a one-letter word and that letter have different keys."""

_MASK = 0xFFFF_FFFF_FFFF_FFFF
_FNV_OFFSET = 0xCBF2_9CE4_8422_2325
_FNV_PRIME = 0x0000_0100_0000_01B3
_GOLDEN_RATIO = 0x9E37_79B9_7F4A_7C15
_MIX_ONE = 0xBF58_476D_1CE4_E5B9
_MIX_TWO = 0x94D0_49BB_1331_11EB
_CACHED_TOKEN_LENGTH = 64  # longer tokens are rare and would fill memory


def token_hash(token: str) -> int:
    """FNV-1a 64 of the token's UTF-8 bytes.

    Raises:
        UnencodableText: The token holds a lone surrogate.
    """
    return _cached_hash(token) if len(token) <= _CACHED_TOKEN_LENGTH else _hash(token)


def _hash(token: str) -> int:
    check_encodable(token)
    value = _FNV_OFFSET
    for byte in token.encode():
        value = ((value ^ byte) * _FNV_PRIME) & _MASK
    return value


_cached_hash = lru_cache(maxsize=1 << 16)(_hash)


def mix64(value: int) -> int:
    """The finaliser of splitmix64: a bijection on 64-bit integers in which every input bit reaches every output bit."""
    value = ((value ^ (value >> 30)) * _MIX_ONE) & _MASK
    value = ((value ^ (value >> 27)) * _MIX_TWO) & _MASK
    return value ^ (value >> 31)


def fold(key: int, token: int) -> int:
    """The key of an n-gram extended by one token.

    Args:
        key: The key of the n-gram so far, or the start value.
        token: The `token_hash` of the next token.
    """
    return mix64((key * _GOLDEN_RATIO + token) & _MASK)


def ngram_key(tokens: Sequence[str], start: int = WORDS_START) -> int:
    """The key of one n-gram. For an n-gram of characters, `tokens` may be a string.

    >>> hex(ngram_key(["not", "good"]))
    '0x592e627778de4c78'
    """
    key = start
    for token in tokens:
        key = fold(key, token_hash(token))
    return key


def ngram_keys(tokens: Sequence[str], shortest: int, longest: int, start: int = WORDS_START) -> list[int]:
    """The keys of all n-grams of `shortest` to `longest` tokens, by position, then by length, repetitions included."""
    hashes = [token_hash(token) for token in tokens]
    count = len(hashes)
    keys = []
    for first in range(count - shortest + 1):
        key = start
        for length, hashed in enumerate(hashes[first : first + longest], start=1):
            # `fold` inlined: calls would double the time.
            key = (key * _GOLDEN_RATIO + hashed) & _MASK
            key = ((key ^ (key >> 30)) * _MIX_ONE) & _MASK
            key = ((key ^ (key >> 27)) * _MIX_TWO) & _MASK
            key ^= key >> 31
            if length >= shortest:
                keys.append(key)
    return keys
