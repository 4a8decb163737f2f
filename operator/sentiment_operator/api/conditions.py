"""The six conditions. One table maps each outcome to Ready, Reconciling and Stalled. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from sentiment_operator.api.status import Condition, Status, timestamp


class Outcome(Enum):
    """The state of a SentimentModel; the value is the one that the log shows as the decision."""

    SERVING = "Serving"
    INITIALIZING = "Initializing"
    RESOLVING = "Resolving"
    VERIFYING = "Verifying"
    ROLLING_OUT = "RollingOut"
    ROLLING_BACK = "RollingBack"
    REJECTED = "Rejected"
    ROLLED_BACK = "RolledBack"
    UNRESOLVED = "Unresolved"
    DEADLINE_EXCEEDED = "ProgressDeadlineExceeded"
    UNAVAILABLE = "Unavailable"
    SCALED_TO_ZERO = "ScaledToZero"
    SUSPENDED = "Suspended"
    NAME_CONFLICT = "NameConflict"
    INVALID_SPEC = "InvalidSpec"


@dataclass(frozen=True, kw_only=True)
class Finding:
    """Status, reason and message of one condition, without its times."""

    status: str
    reason: str
    message: str


# Outcome -> status and reason of Ready, reason of Reconciling if it is true, reason of Stalled if it is true.
_MEANING: dict[Outcome, tuple[str, str, str, str]] = {
    Outcome.SERVING: ("True", "Serving", "", ""),
    Outcome.INITIALIZING: ("Unknown", "Initializing", "Resolving", ""),
    Outcome.RESOLVING: ("False", "RollingOut", "Resolving", ""),
    Outcome.VERIFYING: ("False", "RollingOut", "Verifying", ""),
    Outcome.ROLLING_OUT: ("False", "RollingOut", "RollingOut", ""),
    Outcome.ROLLING_BACK: ("False", "Rejected", "RollingBack", ""),
    Outcome.REJECTED: ("False", "Rejected", "", "Rejected"),
    Outcome.ROLLED_BACK: ("False", "RolledBack", "", "Rejected"),
    Outcome.UNRESOLVED: ("False", "Unresolved", "", "Unresolved"),
    Outcome.DEADLINE_EXCEEDED: ("False", "ProgressDeadlineExceeded", "", "ProgressDeadlineExceeded"),
    Outcome.UNAVAILABLE: ("False", "Unavailable", "", ""),
    Outcome.SCALED_TO_ZERO: ("False", "ScaledToZero", "", ""),
    Outcome.SUSPENDED: ("False", "Suspended", "", ""),
    Outcome.NAME_CONFLICT: ("False", "NameConflict", "", "NameConflict"),
    Outcome.INVALID_SPEC: ("False", "InvalidSpec", "", "InvalidSpec"),
}


def conditions(
    *,
    outcome: Outcome,
    message: str,
    available: Finding,
    resolved: Finding,
    verified: Finding,
    before: Status,
    generation: int,
    now: datetime,
) -> tuple[Condition, ...]:
    """All six conditions for `generation`. `last_transition_time` moves only when a status flips."""
    ready, reason, reconciling, stalled = _MEANING[outcome]
    findings = {
        "Ready": Finding(status=ready, reason=reason, message=message),
        "Available": available,
        "ModelResolved": resolved,
        "ModelVerified": verified,
        "Reconciling": Finding(status="True", reason=reconciling, message=message)
        if reconciling
        else Finding(status="False", reason="Settled", message="Nothing is in progress."),
        "Stalled": Finding(status="True", reason=stalled, message=message)
        if stalled
        else Finding(status="False", reason="AsExpected", message="Nothing is blocked."),
    }
    return tuple(_dated(findings.items(), before, generation, now))


def _dated(
    findings: Iterable[tuple[str, Finding]], before: Status, generation: int, now: datetime
) -> Iterable[Condition]:
    for kind, finding in findings:
        was = before.condition(kind)
        yield Condition(
            type=kind,
            status=finding.status,
            reason=finding.reason,
            message=finding.message,
            observed_generation=generation,
            last_transition_time=was.last_transition_time
            if was is not None and was.status == finding.status
            else timestamp(now),
        )
