"""Letters, spaces and lower case of one fixed Unicode version, whatever the version of the running Python.

Python 3.11 has Unicode 14.0, Python 3.13 has 15.1. With Python's own tables, a model could read newer letters in
serving differently than in training. The Rust implementation uses the same tables.
"""

import re
from bisect import bisect_right
from collections.abc import Iterable, Sequence

from sentiment_model.errors import UnencodableText
from sentiment_model.unicode_tables import CASE_IGNORABLE, CASED, LOWER, UNICODE

__all__ = ["LONE_SURROGATE", "UNICODE", "character_class", "check_encodable", "is_encodable", "lower"]

LONE_SURROGATE = "the text holds a lone surrogate (U+D800 to U+DFFF); send well-formed Unicode"

_SIGMA, _FINAL_SIGMA = "\u03a3", "\u03c2"
_SIGMAS = re.compile(_SIGMA)
_LOWER: dict[int, int | str] = {
    code: code + difference for first, last, step, difference in LOWER for code in range(first, last + 1, step)
}
_LOWER[0x130] = "i\u0307"  # only the dotted capital I has a lower case of two characters


def lower(text: str) -> str:
    """The text in lower case, as `str.lower` with Unicode 15.1.

    >>> lower("ΟΔΟΣ")
    'οδος'
    """
    if text.isascii():
        return text.lower()
    if _SIGMA in text:
        text = _SIGMAS.sub(_lower_sigma, text)
    return text.translate(_LOWER)


def character_class(ranges: Iterable[tuple[int, int]]) -> str:
    """The content of a bracket expression in `re` for these inclusive ranges of code points."""
    return "".join(f"\\U{first:08x}-\\U{last:08x}" for first, last in ranges)


def is_encodable(text: str) -> bool:
    """Whether the text has a UTF-8 form: it holds no lone surrogate."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def check_encodable(text: str) -> None:
    """Refuse a text without a UTF-8 form.

    Raises:
        UnencodableText: The text holds a lone surrogate.
    """
    if not text.isascii() and not is_encodable(text):
        # Not chained to the codec's error, which contains the text.
        raise UnencodableText(LONE_SURROGATE)


def _lower_sigma(match: re.Match[str]) -> str:
    """A final sigma after a cased letter and not before one (Unicode, section 3.13). The table lowers the others."""
    text, place = match.string, match.start()
    after = _meets_cased(text, range(place - 1, -1, -1))
    before = _meets_cased(text, range(place + 1, len(text)))
    return _FINAL_SIGMA if after and not before else _SIGMA


def _meets_cased(text: str, places: range) -> bool:
    """Whether the first character at these places that is not ignorable is a cased letter."""
    for place in places:
        code = ord(text[place])
        if not _within(CASE_IGNORABLE, code):
            return _within(CASED, code)
    return False


def _within(ranges: Sequence[tuple[int, int]], code: int) -> bool:
    place = bisect_right(ranges, (code, 0x110000)) - 1
    return place >= 0 and code <= ranges[place][1]
