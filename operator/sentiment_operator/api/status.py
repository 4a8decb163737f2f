"""The status of a SentimentModel: read, written, and the smallest patch from one to the next."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from typing import Any, Self, TypeVar

from sentiment_operator.api.names import revision_name
from sentiment_operator.api.verdict import Verdict

Record = TypeVar("Record")

SUCCEEDED = "Succeeded"
"""Outcome in the history of a rollout that came to serve."""

MEMORY_LENGTH = 10
"""How many rejected versions, and how many finished rollouts, are remembered."""


def timestamp(moment: datetime) -> str:
    """RFC 3339 in UTC with whole seconds, as the API server writes times."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def moment_of(text: str) -> datetime:
    """Read what `timestamp` or the API server wrote."""
    return datetime.fromisoformat(text)


@dataclass(frozen=True, kw_only=True)
class Condition:
    type: str
    status: str
    reason: str
    message: str
    observed_generation: int
    last_transition_time: str

    def render(self) -> dict[str, Any]:
        return {
            "type": self.type,
            "status": self.status,
            "reason": self.reason,
            "message": self.message,
            "observedGeneration": self.observed_generation,
            "lastTransitionTime": self.last_transition_time,
        }


@dataclass(frozen=True, kw_only=True)
class Desired:
    """What was asked for and, once the registry knew it, what that is. Pinned while the same is asked for."""

    version: str = ""
    alias: str = ""
    digest: str = ""
    source_uri: str = ""
    run_id: str = ""
    image: str = ""
    """The operator's default image as it was when model or image last changed; empty where the spec names one."""


@dataclass(frozen=True, kw_only=True)
class Serving:
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


@dataclass(frozen=True, kw_only=True)
class RolloutStatus:
    """A rollout under way. `started_time` is that of the deadline's clock; `attempt` counts its candidates."""

    step: str = ""
    version: str = ""
    revision: str = ""
    key: str = ""
    """Hash of all that a verdict on it depends on."""

    attempt: int = 1
    started_time: str = ""


@dataclass(frozen=True, kw_only=True)
class Rejected:
    """A verdict on a model. It holds for what has the same `key`."""

    version: str = ""
    digest: str = ""
    revision: str = ""
    key: str = ""
    step: str = ""
    """The step of the rollout at which it was found: a switch that had begun is rolled back."""

    reason: str = ""
    message: str = ""
    time: str = ""


@dataclass(frozen=True, kw_only=True)
class Finished:
    """An entry of the history."""

    version: str = ""
    digest: str = ""
    revision: str = ""
    outcome: str = ""
    reason: str = ""
    time: str = ""


@dataclass(frozen=True, kw_only=True)
class Lineage:
    git_commit: str = ""
    accuracy: str = ""


@dataclass(frozen=True, kw_only=True)
class Status:
    observed_generation: int = 0
    conditions: tuple[Condition, ...] = ()
    desired: Desired | None = None
    serving: Serving | None = None
    rollout: RolloutStatus | None = None
    rejected: tuple[Rejected, ...] = ()
    history: tuple[Finished, ...] = ()
    replicas: int = 0
    selector: str = ""
    pods_ready: str = ""
    endpoint: str = ""
    lineage: Lineage | None = None
    verdict: Verdict | None = None
    """What came of the newest candidate."""

    def condition(self, kind: str) -> Condition | None:
        return next((one for one in self.conditions if one.type == kind), None)

    def is_rejected(self, revision: str) -> bool:
        """Whether a verdict stands against any version of that pod template."""
        return any(one.revision == revision for one in self.rejected)

    def rejection(self, judged_key: str) -> Rejected | None:
        """The verdict that holds for `judged_key`, if there is one."""
        return next((one for one in self.rejected if one.key == judged_key), None)

    @classmethod
    def parse(cls, body: Mapping[str, Any]) -> Self:
        """Read a status as the schema lets it be; what is missing, or of an unknown field, is left out."""
        rollout = _record(RolloutStatus, body.get("rollout"))
        return cls(
            observed_generation=body.get("observedGeneration", 0),
            conditions=tuple(
                Condition(
                    type=one["type"],
                    status=one["status"],
                    reason=one["reason"],
                    message=one["message"],
                    observed_generation=one["observedGeneration"],
                    last_transition_time=one["lastTransitionTime"],
                )
                for one in body.get("conditions") or ()  # the schema requires all of them
            ),
            desired=_record(Desired, body.get("desired")),
            serving=_record(Serving, body.get("serving")),
            rollout=rollout if rollout and rollout.started_time else None,
            rejected=tuple(_records(Rejected, body.get("rejected"))),
            history=tuple(_records(Finished, body.get("history"))),
            replicas=body.get("replicas", 0),
            selector=body.get("selector", ""),
            pods_ready=body.get("podsReady", ""),
            endpoint=body.get("endpoint", ""),
            lineage=_record(Lineage, body.get("lineage")),
            verdict=Verdict.parse(body["verdict"]) if body.get("verdict") else None,
        )

    def render(self) -> dict[str, Any]:
        """As the API server stores it: empty strings and absent parts are left out."""
        body: dict[str, Any] = {
            "observedGeneration": self.observed_generation,
            "conditions": [one.render() for one in self.conditions],
            "desired": _body(self.desired),
            "serving": _body(self.serving),
            "rollout": _body(self.rollout),
            "rejected": [_body(one) for one in self.rejected],
            "history": [_body(one) for one in self.history],
            "replicas": self.replicas,
            "selector": self.selector,
            "podsReady": self.pods_ready,
            "endpoint": self.endpoint,
            "lineage": _body(self.lineage),
            "verdict": self.verdict.render() if self.verdict else None,
        }
        return {name: value for name, value in body.items() if value is not None and value not in ("", [])}


def _camel(name: str) -> str:
    head, *rest = name.split("_")
    return head + "".join(part.capitalize() for part in rest)


def _record(kind: type[Record], body: Mapping[str, Any] | None) -> Record | None:
    if not body:
        return None
    known = {one.name: _camel(one.name) for one in fields(kind)}  # type: ignore[arg-type]
    return kind(**{name: body[camel] for name, camel in known.items() if camel in body})


def _records(kind: type[Record], bodies: list[Mapping[str, Any]] | None) -> list[Record]:
    return [record for body in bodies or () if (record := _record(kind, body)) is not None]


def _body(record: object | None) -> dict[str, Any] | None:
    if record is None:
        return None
    return {_camel(name): value for name, value in vars(record).items() if value != ""}


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
