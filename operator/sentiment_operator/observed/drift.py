"""Whether a live object still is what was applied. Pure.

Two questions, both needed: does it hold everything that is wanted (edits by hand), and was it applied from the same
manifest (fields that are no longer wanted)? Fields that others add are nobody's business. The second is answered by a
hash in an annotation, so that a settled object costs no write, not even a dry one.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from sentiment_operator.api.names import APPLIED_ANNOTATION, short_hash
from sentiment_operator.observed.quantity import quantity

Json = Mapping[str, Any]

_QUANTITIES = frozenset({"requests", "limits", "sizeLimit"})


def stamped(manifest: Json) -> dict[str, Any]:
    """`manifest` with the hash of itself among its annotations."""
    metadata = manifest["metadata"]
    annotations = {**metadata.get("annotations", {}), APPLIED_ANNOTATION: short_hash(manifest)}
    return {**manifest, "metadata": {**metadata, "annotations": annotations}}


def differs(wanted: Json, live: Json | None) -> bool:
    """Whether `wanted` (as `stamped` made it) must be applied to get from `live` to it."""
    return live is None or not _holds(wanted, live)


def _holds(wanted: Any, live: Any, name: str = "") -> bool:
    """Whether `live` holds all of `wanted`; `name` is the field that they are the values of."""
    if isinstance(wanted, Mapping):
        if not isinstance(live, Mapping):
            return not wanted and live is None
        if name in _QUANTITIES:
            return all(one in live and quantity(value) == quantity(live[one]) for one, value in wanted.items())
        return all(_holds(value, live.get(field), field) for field, value in wanted.items())
    if isinstance(wanted, Sequence) and not isinstance(wanted, str):
        return _holds_list(wanted, live)
    if name in _QUANTITIES and live is not None:
        return quantity(wanted) == quantity(live)
    return bool(wanted == live)


def _holds_list(wanted: Sequence[Any], live: Any) -> bool:
    """Lists of named things (containers, variables, volumes) are sets by name; others are taken as they stand."""
    if not isinstance(live, Sequence):
        return not wanted and live is None
    if wanted and all(isinstance(one, Mapping) and "name" in one for one in wanted):
        by_name = {one.get("name"): one for one in live if isinstance(one, Mapping)}
        return all(one["name"] in by_name and _holds(one, by_name[one["name"]]) for one in wanted)
    return len(wanted) == len(live) and all(_holds(one, other) for one, other in zip(wanted, live, strict=True))


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
