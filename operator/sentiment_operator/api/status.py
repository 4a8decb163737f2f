"""The status of a SentimentModel: read, written, and the smallest patch from one to the next."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, ClassVar, Self

from sentiment_operator.api.names import revision_name
from sentiment_operator.api.stored import Stored, always, part_of, parts_of
from sentiment_operator.api.verdict import Verdict

SUCCEEDED = "Succeeded"
"""Outcome in the history of a rollout that completed."""

MEMORY_LENGTH = 10
"""How many rejected versions, and how many finished rollouts, are remembered."""


def timestamp(moment: datetime) -> str:
    """RFC 3339 in UTC with whole seconds, as the API server writes times."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def moment_of(text: str) -> datetime:
    """Read what `timestamp` or the API server wrote."""
    return datetime.fromisoformat(text)


class Condition(Stored, frozen=True, kw_only=True):
    """One condition. The schema requires all of its fields, so none has a default."""

    type: str
    status: str
    reason: str
    message: str
    observed_generation: int
    last_transition_time: str

    bounds: ClassVar = {"reason": 64, "message": 4096}


class Desired(Stored, frozen=True, kw_only=True):
    """The version asked for and, once known, its digest and source. Pinned until the spec asks for another."""

    version: str = ""
    alias: str = ""
    digest: str = ""
    source_uri: str = ""
    run_id: str = ""
    image: str = ""
    """The operator's default image as it was when model or image last changed; empty where the spec names one."""

    bounds: ClassVar = {"run_id": 256}


class Serving(Stored, frozen=True, kw_only=True):
    """What answers requests."""

    version: str = ""
    digest: str = ""
    source_uri: str = ""
    image: str = ""
    revision: str = ""
    since_time: str = ""

    def key(self, name: str) -> str:
        """Template key of its revision, for the resource of that name."""
        return self.revision.removeprefix(revision_name(name, ""))


class RolloutStatus(Stored, frozen=True, kw_only=True):
    """A rollout in progress. Its deadline counts from `started_time`; `attempt` counts its candidates."""

    step: str = ""
    version: str = ""
    revision: str = ""
    key: str = ""
    """The target's `judged_key`: a hash of all that its verdict depends on."""

    attempt: int = always(1)
    started_time: str = ""


class Rejected(Stored, frozen=True, kw_only=True):
    """A rejected version. It holds for targets with the same `key`."""

    version: str = ""
    digest: str = ""
    revision: str = ""
    key: str = ""
    step: str = ""
    """The step of the rollout at which it was rejected: at RollingOut, the Deployment is rolled back."""

    reason: str = ""
    message: str = ""
    time: str = ""

    bounds: ClassVar = {"reason": 64, "message": 4096}


class Finished(Stored, frozen=True, kw_only=True):
    """A finished rollout: an entry of the history."""

    version: str = ""
    digest: str = ""
    revision: str = ""
    outcome: str = ""
    reason: str = ""
    time: str = ""

    bounds: ClassVar = {"outcome": 64, "reason": 64}


class KeptRevision(Stored, frozen=True, kw_only=True):
    """A ControllerRevision that the operator wrote. Its `hash` is that of its data."""

    name: str
    hash: str


class Lineage(Stored, frozen=True, kw_only=True):
    git_commit: str = ""
    accuracy: str = ""

    bounds: ClassVar = {"git_commit": 256, "accuracy": 64}


class Status(Stored, frozen=True, kw_only=True):
    observed_generation: int = always(0)
    conditions: tuple[Condition, ...] = ()
    desired: Desired | None = None
    serving: Serving | None = None
    rollout: RolloutStatus | None = None
    rejected: tuple[Rejected, ...] = ()
    history: tuple[Finished, ...] = ()
    replicas: int = always(0)
    selector: str = ""
    pods_ready: str = ""
    endpoint: str = ""
    lineage: Lineage | None = None
    verdict: Verdict | None = None
    """The verdict of the newest candidate."""

    revisions: tuple[KeptRevision, ...] | None = None
    """The ControllerRevisions that the operator wrote, oldest first; None in a status of a release without them."""

    def condition(self, kind: str) -> Condition | None:
        return next((one for one in self.conditions if one.type == kind), None)

    def is_rejected(self, revision: str) -> bool:
        """Whether any version with that pod template was rejected."""
        return any(one.revision == revision for one in self.rejected)

    def rejection(self, judged_key: str) -> Rejected | None:
        """The rejection that holds for `judged_key`, if there is one."""
        return next((one for one in self.rejected if one.key == judged_key), None)

    @classmethod
    def parse(cls, body: Mapping[str, Any]) -> Self:
        """Read a status. Parts that are missing, unknown or of another shape are left out."""
        rollout = part_of(RolloutStatus, body.get("rollout"))
        return cls(
            observed_generation=part_of(int, body.get("observedGeneration")) or 0,
            conditions=parts_of(Condition, body.get("conditions")),
            desired=part_of(Desired, body.get("desired")),
            serving=part_of(Serving, body.get("serving")),
            rollout=rollout if rollout and rollout.started_time else None,
            rejected=parts_of(Rejected, body.get("rejected")),
            history=parts_of(Finished, body.get("history")),
            replicas=part_of(int, body.get("replicas")) or 0,
            selector=part_of(str, body.get("selector")) or "",
            pods_ready=part_of(str, body.get("podsReady")) or "",
            endpoint=part_of(str, body.get("endpoint")) or "",
            lineage=part_of(Lineage, body.get("lineage")),
            verdict=Verdict.parse(verdict) if isinstance(verdict := body.get("verdict"), Mapping) and verdict else None,
            revisions=parts_of(KeptRevision, kept) if isinstance(kept := body.get("revisions"), list) else None,
        )


def merge_patch(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    """The JSON merge patch (RFC 7386) that turns `old` into `new`; empty when they are equal."""
    patch: dict[str, Any] = {name: None for name in old if name not in new}
    for name, value in new.items():
        before = old.get(name)
        if isinstance(value, Mapping) and isinstance(before, Mapping):
            if inner := merge_patch(before, value):
                patch[name] = inner
        elif name not in old or value != before:
            patch[name] = value
    return patch
