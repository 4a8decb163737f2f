"""The base of what a status is made of: structs that are stored as JSON in camelCase, without what is empty."""

import json
from collections.abc import Mapping
from typing import Any, ClassVar, TypeVar

import msgspec
from msgspec import structs

from sentiment_operator.api.text import one_line

Value = TypeVar("Value")


class Stored(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """A part of a status. A field that holds its default is left out of the JSON.

    Fields of text that others may have written are one safe line each, also when they are read from a status that an
    older release or another program has written. Versions, digests and addresses never change: keys are hashes of
    them.
    """

    bounds: ClassVar[Mapping[str, int]] = {}
    """The fields of text, and how many characters each may have."""

    def __post_init__(self) -> None:
        for name, most in self.bounds.items():
            structs.force_setattr(self, name, one_line(getattr(self, name), most))

    def render(self) -> dict[str, Any]:
        """As the API server stores it."""
        body: dict[str, Any] = json.loads(json.dumps(msgspec.to_builtins(self)))  # lists for tuples
        return body


def always(default: Value) -> Value:
    """A field's default that is stored all the same."""
    # `omit_defaults` looks at values, not at what factories make.
    field: Value = msgspec.field(default_factory=lambda: default)
    return field


def part_of(kind: type[Value], body: object) -> Value | None:
    """`body` as a `kind`; None for an empty one, or one of another shape: another release may have written it."""
    try:
        return msgspec.convert(body, kind) if body else None
    except msgspec.ValidationError:
        return None


def parts_of(kind: type[Value], bodies: object) -> tuple[Value, ...]:
    """Those of `bodies` that are of that `kind`."""
    if not isinstance(bodies, list):
        return ()
    return tuple(part for body in bodies if (part := part_of(kind, body)) is not None)
