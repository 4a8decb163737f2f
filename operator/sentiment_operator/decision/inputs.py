"""What a decision is made from, and the types that it is made of."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Self

from sentiment_operator.api.conditions import Finding, Outcome
from sentiment_operator.api.errors import Refused
from sentiment_operator.api.names import Key
from sentiment_operator.api.resource import Answer, SentimentModel
from sentiment_operator.api.status import RolloutStatus, Serving, Status
from sentiment_operator.decision.allowed import Allowed
from sentiment_operator.observed.observation import Observation

Manifest = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Inputs:
    """All that a decision is made from. `now` is the wall clock, in UTC."""

    model: SentimentModel
    observed: Observation
    answer: Answer
    default_image: str
    now: datetime
    credential_origins: tuple[str, ...] = ()
    """The servers to which `fetch` may send the login at MLflow that the credentials hold."""

    resync_seconds: float = 60.0
    allowed: Allowed = field(default_factory=Allowed)
    """What the operator's settings let the resource ask for."""

    refusal: Refused | None = None
    """The answer of the API server if it refused what was decided before."""


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
class Plan:
    """The outcome of one look at a SentimentModel and what to do with its children: a decision without its status."""

    outcome: Outcome
    message: str
    serving: Serving | None
    verified: Finding
    resolved: Finding | None = None
    """The condition ModelResolved when pods know better than the registry: the artifact is missing."""

    rollout: RolloutStatus | None = None
    apply: tuple[Manifest, ...] = ()
    delete: tuple[ChildRef, ...] = ()
    look_again_seconds: float | None = None


@dataclass(frozen=True, kw_only=True)
class Decision:
    """What to do: apply, delete, write the status (first, where it must be remembered), look again."""

    status: Status
    outcome: Outcome
    look_again_seconds: float
    apply: tuple[Manifest, ...] = ()
    delete: tuple[ChildRef, ...] = ()
