"""Decodes JSON arrays up to a limit on their elements, whatever the size of the body."""

from functools import cache
from typing import Any, Generic, TypeVar

import msgspec

from sentiment_serving.wire import reading

Element = TypeVar("Element")

NULL = msgspec.Raw(b"null")
"""The default of a member that is decoded later: as if it were null."""
ABSENT = msgspec.Raw(b"")
"""The default where null differs from an absent member."""

_LARGEST_BOUNDED = 10_000
"""A higher limit is no protection, and the type for it would be large itself."""


class Skipped(msgspec.Struct, gc=False):
    """A JSON object whose members are not used. They are checked and skipped: nothing of them is kept."""


class SkippedArray(msgspec.Struct, array_like=True, gc=False):
    """A JSON array whose elements are not used."""


class Elements(Generic[Element]):
    """Decodes arrays. Builds at most `most` + 1 elements, which shows that there are too many.

    msgspec builds a whole list before it compares its length with a limit: half a million small elements in 1 MiB take
    tens of megabytes and, with the interpreter's lock held, a good part of a second. Elements of an array-like struct
    beyond its fields are only skipped, in a few milliseconds.

    Args:
        element: the type of one.
        most: the limit.
    """

    def __init__(self, element: Any, most: int) -> None:
        self._element = element
        self._most = most
        self._few = msgspec.json.Decoder(list[element])

    def decode(self, data: msgspec.Raw, shape: str, path: str = "$") -> list[Element]:
        """The elements, at most `most` + 1.

        Args:
            data: of the array.
            shape: a sentence that describes what to send.
            path: of the array in the body, such as `$.texts`.

        Raises:
            Problem: 400, 422.
        """
        # There is a comma between two elements; most texts have few of them, and then this is faster.
        if (
            self._most > _LARGEST_BOUNDED
            or len(memoryview(data)) < 2 * self._most
            or bytes(data).count(b",") <= self._most
        ):
            return reading.decode(self._few, data, shape, path)
        found = reading.decode(_bounded(self._element, self._most), data, shape, path)
        return [one for one in msgspec.structs.astuple(found) if one is not msgspec.UNSET]


@cache
def _bounded(element: Any, most: int) -> msgspec.json.Decoder[msgspec.Struct]:
    fields = [(f"element_{index}", element, msgspec.UNSET) for index in range(most + 1)]
    return msgspec.json.Decoder(msgspec.defstruct("Elements", fields, array_like=True, gc=False))


def is_null(data: msgspec.Raw) -> bool:
    """Whether it is null, or absent with `NULL` as the default."""
    return data is NULL or short(data) == b"null"


def short(data: msgspec.Raw) -> bytes:
    """A number, true, false or null as written; only the beginning of anything longer."""
    return bytes(memoryview(data)[:24])


def kind(data: msgspec.Raw) -> bytes:
    r"""The first byte: `"` of a string, `[` of an array, `{` of an object."""
    return bytes(memoryview(data)[:1])
