"""Tensors of the Open Inference Protocol as bytes: its binary tensor data extension.

BYTES elements are a length of four bytes (unsigned, little-endian) and so many bytes; numbers are little-endian, row
by row (https://kserve.github.io/website/docs/concepts/architecture/data-plane/v2-protocol/binary-tensor-data-extension).
"""

import struct
from collections.abc import Sequence

from sentiment_serving import problems
from sentiment_serving.wire import reading

_LENGTH = struct.Struct("<I")


def read_strings(data: bytes, name: str, most: int) -> list[str]:
    """The elements of a BYTES tensor, at most `most` + 1 of them.

    Raises:
        Problem: 400, when the lengths do not fit the data or an element is not UTF-8.
    """
    found: list[str] = []
    place, end = 0, len(data)
    while place < end and len(found) <= most:
        start = place + _LENGTH.size
        if start > end:
            raise _broken(name, len(found))
        place = start + _LENGTH.unpack_from(data, place)[0]
        if place > end:
            raise _broken(name, len(found))
        found.append(reading.utf8(data[start:place], f"Element {len(found)} of the tensor {name}"))
    return found


def write_strings(values: Sequence[str]) -> bytes:
    """A BYTES tensor."""
    encoded = [value.encode() for value in values]
    return b"".join(part for one in encoded for part in (_LENGTH.pack(len(one)), one))


def write_doubles(values: Sequence[float]) -> bytes:
    """An FP64 tensor."""
    return struct.pack(f"<{len(values)}d", *values)


def _broken(name: str, index: int) -> problems.Problem:
    return problems.malformed(
        f"Element {index} of the tensor {name} is longer than the rest of the tensor. Send the length of each "
        "element in four bytes, little-endian, and then its bytes."
    )
