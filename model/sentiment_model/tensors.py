"""The safetensors container: a length, a JSON header, tensors end to end (https://github.com/huggingface/safetensors).

This reader is stricter than the safetensors library, which accepts misaligned tensors and needs numpy to map them. It
requires that every tensor is aligned, that the tensors tile the data exactly, and that names are unique.
"""

import json
import mmap
import os
import re
import stat
import struct
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any

from sentiment_model.errors import ModelFileError, UnsupportedFormat

MAX_FILE_BYTES = 1 << 30
MAX_HEADER_BYTES = 1 << 20

_ITEM_BYTES = {"U64": 8, "F32": 4}
_LENGTH = struct.Struct("<Q")
_ALIGNMENT = 8
_NAME = re.compile(r"[a-z0-9_]{1,64}(\.[a-z0-9_]{1,64})?")


@dataclass(frozen=True)
class Tensor:
    """A named array inside a container: `dtype` is U64 or F32, `data` its little-endian bytes or a view of them."""

    dtype: str
    shape: tuple[int, ...]
    data: "memoryview[int] | memoryview[float]"  # subscriptable only for type checkers before Python 3.14


@dataclass(frozen=True)
class Container:
    """Everything a safetensors file holds."""

    metadata: Mapping[str, str]
    tensors: Mapping[str, Tensor]


def pack(container: Container) -> bytes:
    """The bytes of a file. Equal containers have equal bytes. The widest items come first, which aligns all tensors."""
    order = sorted(container.tensors, key=lambda name: (-_ITEM_BYTES[container.tensors[name].dtype], name))
    header: dict[str, Any] = {"__metadata__": dict(sorted(container.metadata.items()))}
    offset = 0
    for name in order:
        tensor = container.tensors[name]
        end = offset + tensor.data.nbytes
        header[name] = {"dtype": tensor.dtype, "shape": list(tensor.shape), "data_offsets": [offset, end]}
        offset = end
    text = json.dumps(header, ensure_ascii=True, separators=(",", ":")).encode()
    text += b" " * (-len(text) % _ALIGNMENT)
    return b"".join([_LENGTH.pack(len(text)), text, *(container.tensors[name].data for name in order)])


def map_file(path: Path) -> Container:
    """Map a file and check its layout. The tensors are views of the mapping and keep it alive.

    Raises:
        UnsupportedFormat: The file is no safetensors file, or holds types that no model has.
        ModelFileError: The safetensors file is damaged.
        OSError: The file cannot be opened.
    """
    if sys.byteorder != "little":
        raise UnsupportedFormat("model files are little-endian and mapped as they are; this machine is big-endian")
    # O_NONBLOCK: opening a named pipe would otherwise wait for a writer.
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise UnsupportedFormat("the model is not a regular file")
        if status.st_size < _LENGTH.size + 2:
            raise UnsupportedFormat(f"the model file has {status.st_size} bytes, too few for a safetensors header")
        if status.st_size > MAX_FILE_BYTES:
            raise UnsupportedFormat(f"the model file has {status.st_size} bytes, at most {MAX_FILE_BYTES} are allowed")
        mapping = mmap.mmap(descriptor, status.st_size, access=mmap.ACCESS_READ)
    finally:
        os.close(descriptor)
    return unpack(memoryview(mapping))


def unpack(data: memoryview) -> Container:
    """Check the layout of a whole file in memory. Raises the errors of `map_file`."""
    (header_bytes,) = _LENGTH.unpack_from(data)
    if header_bytes > MAX_HEADER_BYTES:
        raise UnsupportedFormat(
            f"not a safetensors file: a header of {header_bytes} bytes, at most {MAX_HEADER_BYTES} are allowed"
        )
    start = _LENGTH.size + header_bytes
    if start > len(data):
        raise ModelFileError(f"the header of {header_bytes} bytes goes past the end of the file ({len(data)} bytes)")
    if start % _ALIGNMENT:
        raise ModelFileError(f"the data begins at byte {start}, which is not a multiple of {_ALIGNMENT}")
    header = parse_json(bytes(data[_LENGTH.size : start]), "header")
    if not isinstance(header, dict):
        raise UnsupportedFormat("not a safetensors file: the header is not a JSON object")
    metadata = header.pop("__metadata__", {})
    if not isinstance(metadata, dict) or not all(isinstance(value, str) for value in metadata.values()):
        raise ModelFileError("__metadata__ is not an object of strings")
    tensors = {name: _tensor(name, entry, data[start:], start) for name, entry in header.items()}
    _check_tiling(header, len(data) - start)
    return Container(metadata, tensors)


def parse_json(data: bytes | str, what: str) -> Any:
    """Parse JSON strictly: UTF-8, no duplicate names, no NaN or infinity.

    Raises:
        ModelFileError: The JSON is refused; the message names `what` and the reason.
    """
    try:
        text = data if isinstance(data, str) else data.decode()
        return json.loads(text, object_pairs_hook=_unique, parse_constant=_refuse_constant)
    except RecursionError:
        raise ModelFileError(f"the {what} is nested too deeply") from None
    except UnicodeDecodeError:
        raise ModelFileError(f"the {what} is not UTF-8") from None
    except json.JSONDecodeError as error:
        raise ModelFileError(f"the {what} is not JSON: {error.msg} at character {error.pos}") from None
    except ValueError as error:
        raise ModelFileError(f"the {what} is not acceptable JSON: {error}") from None


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        raise ValueError("a name occurs twice in one object")
    return result


def _refuse_constant(constant: str) -> Any:
    raise ValueError(f"{constant} is not a JSON number")


def _tensor(name: str, entry: Any, data: memoryview, start: int) -> Tensor:
    if not _NAME.fullmatch(name):
        raise UnsupportedFormat("a tensor has a name that no model of this format has")
    if not isinstance(entry, dict) or set(entry) != {"dtype", "shape", "data_offsets"}:
        raise ModelFileError(f"tensor {name}: expected dtype, shape and data_offsets")
    dtype, shape, offsets = entry["dtype"], entry["shape"], entry["data_offsets"]
    if not isinstance(dtype, str) or dtype not in _ITEM_BYTES:
        raise UnsupportedFormat(f"tensor {name}: its type is neither {' nor '.join(_ITEM_BYTES)}")
    if not _is_sizes(shape) or not 1 <= len(shape) <= 2:
        raise ModelFileError(f"tensor {name}: the shape is not one or two sizes")
    if not _is_sizes(offsets) or len(offsets) != 2:
        raise ModelFileError(f"tensor {name}: data_offsets are not two positions")
    begin, end = offsets
    if not begin <= end <= len(data):
        raise ModelFileError(f"tensor {name}: bytes {begin} to {end} are not within the data ({len(data)} bytes)")
    width = _ITEM_BYTES[dtype]
    if end - begin != prod(shape) * width:
        raise ModelFileError(f"tensor {name}: {end - begin} bytes do not make the shape {shape} of {dtype}")
    if (start + begin) % width:
        raise ModelFileError(f"tensor {name}: byte {start + begin} of the file is not a multiple of {width}")
    content = data[begin:end]
    return Tensor(dtype, tuple(shape), content.cast("Q") if dtype == "U64" else content.cast("f"))


def _is_sizes(value: Any) -> bool:
    return isinstance(value, list) and all(type(item) is int and 0 <= item <= MAX_FILE_BYTES for item in value)


def _check_tiling(header: dict[str, Any], data_bytes: int) -> None:
    position = 0
    for begin, end in sorted(entry["data_offsets"] for entry in header.values()):
        if begin != position:
            raise ModelFileError(f"byte {min(begin, position)} of the data belongs to no tensor or to two")
        position = end
    if position != data_bytes:
        raise ModelFileError(f"the tensors end at byte {position} of the data, which has {data_bytes}")
