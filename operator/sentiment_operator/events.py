"""Which changes of a status are worth an Event: transitions only, never a repetition. Pure."""

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
    told = []
    ready = after.condition("Ready")
    if ready and _reason(before, "Ready") != ready.reason:
        told.append(Announcement(warning=ready.reason not in _NORMAL, reason=ready.reason, message=ready.message))
    resolved = after.condition("ModelResolved")
    if resolved and _reason(before, "ModelResolved") != resolved.reason:
        bad = resolved.status != "True"
        if bad or _reason(before, "ModelResolved"):
            told.append(Announcement(warning=bad, reason=resolved.reason, message=resolved.message))
    return tuple(told)


def _reason(status: Status, kind: str) -> str:
    condition = status.condition(kind)
    return condition.reason if condition else ""
