"""Pods and their containers as frozen types, as far as they tell how a version does."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Self

from sentiment_operator.api.names import KEY_ANNOTATION, VERSION_ANNOTATION

Json = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Termination:
    """How a container ended."""

    exit_code: int
    reason: str = ""
    message: str = ""

    @classmethod
    def parse(cls, state: Json | None) -> Self | None:
        ended = (state or {}).get("terminated")
        if not ended:
            return None
        return cls(exit_code=ended.get("exitCode", 0), reason=ended.get("reason", ""), message=ended.get("message", ""))


@dataclass(frozen=True, kw_only=True)
class Container:
    name: str
    container_id: str = ""
    image_id: str = ""
    """The image that runs, as the node names it: with luck `repository@sha256:...`."""

    started: bool = False
    running: bool = False
    restarts: int = 0
    waiting_reason: str = ""
    waiting_message: str = ""
    terminated: Termination | None = None
    last_terminated: Termination | None = None

    running_seconds: float = 0.0
    """How long this run of the container has been seen running, on the operator's own clock."""

    @property
    def last_end(self) -> Termination | None:
        """The newest end of this container in this pod."""
        return self.terminated or self.last_terminated

    @property
    def ends(self) -> int:
        """How many times this container has ended in this pod."""
        return max(self.restarts + (1 if self.terminated else 0), 1 if self.last_end else 0)

    @classmethod
    def parse(cls, status: Json) -> Self:
        state = status.get("state") or {}
        waiting = state.get("waiting") or {}
        return cls(
            name=status["name"],
            container_id=status.get("containerID") or "",
            image_id=status.get("imageID") or "",
            started=bool(status.get("started")),
            running="running" in state,
            restarts=status.get("restartCount", 0),
            waiting_reason=waiting.get("reason", ""),
            waiting_message=waiting.get("message", ""),
            terminated=Termination.parse(state),
            last_terminated=Termination.parse(status.get("lastState")),
        )


@dataclass(frozen=True, kw_only=True)
class Pod:
    name: str
    key: str = ""
    version: str = ""
    phase: str = "Pending"
    reason: str = ""
    message: str = ""
    ready: bool = False
    unschedulable: str = ""
    """Why the scheduler found no node; empty if it did or has not tried yet."""

    disrupted: bool = False
    """Whether it is being evicted, preempted or taken away with its node."""

    terminating: bool = False
    grace_seconds: float = 0.0
    """How long after the start of its deletion the pod is gone at the latest (its node permitting)."""

    terminating_seconds: float = 0.0
    """How long it has been seen being deleted, on the operator's own clock."""

    fetch: Container | None = None
    serving: Container | None = None
    verify: Container | None = None

    @property
    def answers(self) -> bool:
        """Whether it is ready, and not on its way out."""
        return self.ready and not self.terminating

    @property
    def overdue(self) -> bool:
        """Whether it should be gone by now: its node is."""
        return self.terminating and self.terminating_seconds > self.grace_seconds

    @classmethod
    def parse(cls, body: Json) -> Self:
        metadata, status = body["metadata"], body.get("status") or {}
        annotations = metadata.get("annotations") or {}
        conditions = {one["type"]: one for one in status.get("conditions") or ()}
        scheduled = conditions.get("PodScheduled", {})
        # The serving container of a candidate is a sidecar, which Kubernetes counts among the init containers.
        containers = [*(status.get("initContainerStatuses") or ()), *(status.get("containerStatuses") or ())]
        return cls(
            name=metadata["name"],
            key=annotations.get(KEY_ANNOTATION, ""),
            version=annotations.get(VERSION_ANNOTATION, ""),
            phase=status.get("phase", "Pending"),
            reason=status.get("reason", ""),
            message=status.get("message", ""),
            ready=conditions.get("Ready", {}).get("status") == "True",
            unschedulable=scheduled.get("message", "no node fits") if scheduled.get("status") == "False" else "",
            disrupted=conditions.get("DisruptionTarget", {}).get("status") == "True",
            terminating="deletionTimestamp" in metadata,
            grace_seconds=metadata.get("deletionGracePeriodSeconds") or 0,
            fetch=_container(containers, "fetch"),
            serving=_container(containers, "serving"),
            verify=_container(containers, "verify"),
        )


def _container(statuses: Iterable[Json], name: str) -> Container | None:
    return next((Container.parse(one) for one in statuses if one["name"] == name), None)
