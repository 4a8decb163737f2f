"""What a decision is made from, and what it is."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

from sentiment_operator.api.conditions import Finding, Outcome
from sentiment_operator.api.errors import Refused
from sentiment_operator.api.names import Key
from sentiment_operator.api.resource import Answer, SentimentModel
from sentiment_operator.api.status import RolloutStatus, Serving, Status
from sentiment_operator.observed.observation import Observation

Manifest = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Situation:
    """All that a decision is made from."""

    model: SentimentModel
    seen: Observation
    answer: Answer
    default_image: str
    now: datetime
    resync_seconds: float = 60.0
    refusal: Refused | None = None
    """What the API server said to what was decided before, if it refused it."""


@dataclass(frozen=True, kw_only=True)
class ChildRef:
    """A child to delete."""

    api_version: str
    kind: str
    key: Key
    uid: str

    @classmethod
    def of(cls, body: Manifest) -> Self:
        metadata = body["metadata"]
        key = Key(metadata["namespace"], metadata["name"])
        return cls(api_version=body["apiVersion"], kind=body["kind"], key=key, uid=metadata["uid"])


@dataclass(frozen=True, kw_only=True)
class Course:
    """Where a SentimentModel stands and what follows from it for its children: a decision before it is written up."""

    outcome: Outcome
    message: str
    serving: Serving | None
    verified: Finding
    resolved: Finding | None = None
    """What the pods found out about the version that the registry did not know."""

    rollout: RolloutStatus | None = None
    apply: tuple[Manifest, ...] = ()
    delete: tuple[ChildRef, ...] = ()
    look_again_seconds: float | None = None


@dataclass(frozen=True, kw_only=True)
class Decision:
    """What to do: `apply`, `delete`, write `status` (first, where it must be remembered); when to look again."""

    status: Status
    outcome: Outcome
    look_again_seconds: float
    apply: tuple[Manifest, ...] = ()
    delete: tuple[ChildRef, ...] = ()
