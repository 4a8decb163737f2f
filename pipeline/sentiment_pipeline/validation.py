"""Plain YAML to typed values, with errors that name the key, what was expected and what was found."""

import re
from collections.abc import Iterator
from difflib import get_close_matches
from typing import Any, NamedTuple, TypeVar

import msgspec
from msgspec.inspect import (
    DictType,
    FloatType,
    IntType,
    LiteralType,
    Metadata,
    StrType,
    StructType,
    TupleType,
    Type,
    VarTupleType,
    type_info,
)

from sentiment_pipeline.errors import ParamsError

T = TypeVar("T")

Path = tuple[str | int, ...]

_PLACE = re.compile(r" - at `(?P<path>[^`]*)`$")
_STEP = re.compile(r"\.(?P<key>[^.\[]+)|\[(?P<item>\d+|\.\.\.)\]")
_UNKNOWN = re.compile(r"unknown field `(?P<name>[^`]*)`")
_MISSING = re.compile(r"missing required field `(?P<name>[^`]*)`")


def convert(content: Any, kind: type[T], file: str) -> T:
    """Convert plain YAML to a type made of structs, tuples, mappings, literals and scalars.

    Args:
        content: as a YAML parser returns it; keys of mappings may be of any scalar type.
        kind: a msgspec Struct that forbids unknown fields.
        file: the name of the file, for errors.

    Raises:
        ParamsError: a key is unknown or missing, or a value has another type or is out of range.
    """
    plain: Any = None
    try:
        plain = _with_names(content)
        return msgspec.convert(plain, kind)
    except (UnicodeEncodeError, RecursionError):
        raise ParamsError(f"{file}: a key is not valid Unicode, or an alias refers to itself") from None
    except msgspec.ValidationError as error:
        raise ParamsError(f"{file}: {_sentence(str(error), plain, kind)}") from None


def _with_names(value: Any) -> Any:
    """The value with strings as keys: YAML reads the key in `{0: negative}` as a number."""
    if isinstance(value, dict):
        return {str(name): _with_names(item) for name, item in value.items()}
    return [_with_names(item) for item in value] if isinstance(value, list) else value


def _sentence(message: str, content: Any, kind: type) -> str:
    """What msgspec reports, in terms of the file."""
    place = _PLACE.search(message)
    path = _resolved(place["path"], content, kind) if place else ()
    if match := _UNKNOWN.search(message):
        return _unknown(match["name"], path, kind)
    if match := _MISSING.search(message):
        return f"{_key((*path, match['name']))} is missing"
    name = _key(path) or "the file"
    return f"{name} must be {_expected(_type_at(path, kind))}, found {_value_at(path, content)!r}"


def _resolved(path: str, content: Any, kind: type) -> Path:
    """The path of msgspec with the key of a mapping where msgspec writes `[...]`."""
    steps: Path = ()
    for match in _STEP.finditer(path):
        if match["key"] is not None:
            steps += (match["key"],)
        elif match["item"] != "...":
            steps += (int(match["item"]),)
        else:
            values, item = _value_at(steps, content), _type_at((*steps, ""), kind)
            steps += (next(name for name, value in values.items() if not _fits(value, item)),)
    return steps


def _fits(value: Any, kind: Type) -> bool:
    if isinstance(kind, StrType):
        return isinstance(value, str)
    if not isinstance(value, int | float) or isinstance(value, bool):
        return False
    low, above, high, below = _Bounds.of(kind)
    # Not a number is within no bounds: every comparison with it is false.
    above_low = (low is None or value >= low) and (above is None or value > above)
    return above_low and (high is None or value <= high) and (below is None or value < below)


def _unknown(name: str, path: Path, kind: type) -> str:
    """Name the nearest known key: of the same section, otherwise of any."""
    here = [field.name for field in _struct_at(path, kind).fields]
    everywhere = {field: section for section, fields in _sections(kind) for field in fields}
    if near := get_close_matches(name.lower(), here, n=1):
        hint = f"did you mean {_key((*path, near[0]))}?"
    elif near := get_close_matches(name.lower(), everywhere, n=1):
        hint = f"did you mean {_key((*everywhere[near[0]], near[0]))}?"
    else:
        hint = f"known are {', '.join(here)}"
    return f"{_key((*path, name))} is unknown; {hint}"


def _sections(kind: type) -> Iterator[tuple[Path, list[str]]]:
    """Every section of the file with the names of its keys."""
    for field in _struct_at((), kind).fields:
        section = _bare(field.type)
        if isinstance(section, StructType):
            yield (field.name,), [inner.name for inner in section.fields]


def _struct_at(path: Path, kind: type) -> StructType:
    found = _type_at(path, kind)
    assert isinstance(found, StructType)
    return found


def _type_at(path: Path, kind: type) -> Type:
    found = _bare(type_info(kind))
    for step in path:
        if isinstance(found, StructType):
            found = next(field.type for field in found.fields if field.name == step)
        elif isinstance(found, DictType):
            found = found.value_type
        elif isinstance(found, VarTupleType):
            found = found.item_type
        elif isinstance(found, TupleType):
            assert isinstance(step, int)
            found = found.item_types[step]
        found = _bare(found)
    return found


def _bare(kind: Type) -> Type:
    """The type without its description."""
    return _bare(kind.type) if isinstance(kind, Metadata) else kind


def _value_at(path: Path, content: Any) -> Any:
    for step in path:
        content = content[step]
    return content


def _key(path: Path) -> str:
    """A path as params.yaml's readers write it: `train.candidates[0].ngrams`."""
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path).removeprefix(".")


class _Bounds(NamedTuple):
    ge: float | None
    gt: float | None
    le: float | None
    lt: float | None

    @classmethod
    def of(cls, kind: Type) -> "_Bounds":
        assert isinstance(kind, IntType | FloatType)
        return cls(kind.ge, kind.gt, kind.le, kind.lt)

    def words(self) -> str:
        """Such as ` of at least 20 and at most 2000`; empty where there are no bounds."""
        names = {"of at least": self.ge, "above": self.gt, "at most": self.le, "below": self.lt}
        found = [f"{name} {bound:g}" for name, bound in names.items() if bound is not None]
        return " " + " and ".join(found) if found else ""


def _expected(kind: Type) -> str:
    if isinstance(kind, IntType):
        return f"an integer{_Bounds.of(kind).words()}"
    if isinstance(kind, FloatType):
        return f"a number{_Bounds.of(kind).words()}"
    if isinstance(kind, StrType):
        return "a string"
    if isinstance(kind, LiteralType):
        return f"one of {', '.join(map(str, kind.values))}"
    if isinstance(kind, TupleType):
        return f"a list of {len(kind.item_types)} values"
    if isinstance(kind, VarTupleType):
        return f"a list with at least {kind.min_length} item" if kind.min_length else "a list"
    if isinstance(kind, StructType | DictType):
        return "a mapping"
    return "true or false"
