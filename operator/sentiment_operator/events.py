"""Which changes of a status become Events: transitions only, no repetitions. Pure."""

from dataclasses import dataclass

from sentiment_operator.api.status import Status

_NORMAL = frozenset({"Serving", "RollingOut", "ScaledToZero", "Suspended", "Initializing"})


@dataclass(frozen=True, kw_only=True)
class Announcement:
    warning: bool
    reason: str
    message: str


def announcements(before: Status, after: Status) -> tuple[Announcement, ...]:
    """The Events for the step from `before` to `after`."""
    found = []
    ready = after.condition("Ready")
    if ready and _reason(before, "Ready") != ready.reason:
        found.append(Announcement(warning=ready.reason not in _NORMAL, reason=ready.reason, message=ready.message))
    resolved = after.condition("ModelResolved")
    if resolved and _reason(before, "ModelResolved") != resolved.reason:
        bad = resolved.status != "True"
        if bad or _reason(before, "ModelResolved"):
            found.append(Announcement(warning=bad, reason=resolved.reason, message=resolved.message))
    return tuple(found)


def _reason(status: Status, kind: str) -> str:
    condition = status.condition(kind)
    return condition.reason if condition else ""
