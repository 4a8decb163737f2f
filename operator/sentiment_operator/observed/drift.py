"""Whether a live object is still what was applied. Pure.

That takes two comparisons. The live object must hold every field that is wanted: edits by hand are drift, fields that
others add are not. And it must have been applied from the same manifest, because fields that are no longer wanted must
go. A hash in an annotation answers the second, so that a settled object costs no write, not even a dry run.

The API server stores one form of what can be written in several: it drops empty values and rewrites quantities.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from decimal import ROUND_CEILING, Decimal
from typing import Any, NamedTuple

from sentiment_operator.api.names import APPLIED_ANNOTATION, short_hash
from sentiment_operator.observed.quantity import quantity

Json = Mapping[str, Any]

_QUANTITIES = frozenset({"requests", "limits"})
"""Fields whose values are quantities."""


_OVERRULED = " A webhook or policy of the cluster overrules "
_NAMED_FIELDS = 5
"""How many overruled fields a message names."""


class Difference(NamedTuple):
    """A field that a live object does not hold as wanted, and what it holds instead."""

    path: str
    found: str
    """As JSON."""


def stamped(manifest: Json) -> dict[str, Any]:
    """`manifest` with the hash of itself among its annotations."""
    metadata = manifest["metadata"]
    annotations = {**metadata.get("annotations", {}), APPLIED_ANNOTATION: short_hash(manifest)}
    return {**manifest, "metadata": {**metadata, "annotations": annotations}}


class Overruled(NamedTuple):
    """What a webhook or a policy changed in an object when it was last applied; another write would end the same."""

    applied: str
    """Hash of the manifest. Of another manifest nothing is known."""

    differences: frozenset[Difference]


def applied_hash(manifest: Json) -> str:
    """The hash that `stamped` put into `manifest`."""
    return str(manifest["metadata"]["annotations"][APPLIED_ANNOTATION])


def differs(wanted: Json, live: Json | None, *, overruled: Overruled | None = None) -> bool:
    """Whether `wanted` (as `stamped` made it) must be applied to get from `live` to it."""
    if live is None:
        return True
    accepted = overruled.differences if overruled and overruled.applied == applied_hash(wanted) else frozenset()
    return not differences(wanted, live) <= accepted


def differences(wanted: Json, live: Json) -> frozenset[Difference]:
    """The fields of `wanted` that `live` does not hold."""
    return frozenset(_differences(wanted, live, ()))


def _differences(wanted: Any, live: Any, path: tuple[str, ...]) -> Iterator[Difference]:
    if _is_empty(wanted) and _is_empty(live):
        return
    if isinstance(wanted, Mapping) and isinstance(live, Mapping):
        for name, value in wanted.items():
            yield from _differences(value, live.get(name), (*path, name))
    elif isinstance(wanted, list | tuple) and isinstance(live, list | tuple) and (pairs := _pairs(wanted, live)):
        for name, one, other in pairs:
            yield from _differences(one, other, (*path, name))
    elif not _is_equal(wanted, live, path):
        yield Difference(".".join(path), json.dumps(live, sort_keys=True))


def _pairs(wanted: Sequence[Any], live: Sequence[Any]) -> list[tuple[str, Any, Any]]:
    """The items to compare. Lists of named things (containers, variables, volumes) are sets by name.

    Other lists are compared item by item; none if their lengths differ.
    """
    if wanted and all(isinstance(one, Mapping) and "name" in one for one in wanted):
        by_name = {one.get("name"): one for one in live if isinstance(one, Mapping)}
        return [(one["name"], one, by_name.get(one["name"])) for one in wanted]
    if len(wanted) != len(live):
        return []
    return [(str(index), one, other) for index, (one, other) in enumerate(zip(wanted, live, strict=True))]


def _is_empty(value: Any) -> bool:
    """Whether the API server may drop the value: null, or an empty string, list or map; not false and not 0."""
    return value is None or value in ("", [], (), {})


def _is_equal(wanted: Any, live: Any, path: tuple[str, ...]) -> bool:
    if wanted == live:
        return True
    if path[-1:] != ("sizeLimit",) and not _QUANTITIES.intersection(path[-2:-1]):
        return False
    try:
        return _stored_millis(wanted) == _stored_millis(live)
    except (ValueError, ArithmeticError):
        return False


def _stored_millis(value: str | int) -> Decimal:
    """A quantity of a resource in thousandths, to which the API server rounds up."""
    return (quantity(value) * 1000).to_integral_value(rounding=ROUND_CEILING)


def without_overruled(message: str) -> str:
    """A message without the sentence of `overruled_fields`."""
    return message.partition(_OVERRULED)[0]


def overruled_fields(overruled: Mapping[str, Overruled]) -> str:
    """The overruled fields as a sentence for a message; empty if there are none.

    Args:
        overruled: by kind of child.
    """
    fields = sorted(f"{kind} {one.path}" for kind, found in overruled.items() for one in found.differences)
    if not fields:
        return ""
    more = f" and {len(fields) - _NAMED_FIELDS} more" if len(fields) > _NAMED_FIELDS else ""
    return f"{_OVERRULED}{', '.join(fields[:_NAMED_FIELDS])}{more}."


def owns(live: Json, manager: str, *path: str) -> bool:
    """Whether `manager` owns the field at `path` of `live` by server-side apply."""
    for entry in live["metadata"].get("managedFields") or ():
        if entry.get("manager") == manager and entry.get("operation") == "Apply" and not entry.get("subresource"):
            fields: Any = entry.get("fieldsV1") or {}
            for step in path:
                fields = fields.get(f"f:{step}") if isinstance(fields, Mapping) else None
            if fields is not None:
                return True
    return False
