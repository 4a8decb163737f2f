"""Pods and their containers as frozen types: what shows how a version does, and nothing else."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from msgspec import Struct, convert, field

from sentiment_operator.api.names import KEY_ANNOTATION, VERSION_ANNOTATION
from sentiment_operator.api.text import end_of, one_line

Json = Mapping[str, Any]

_CONTAINERS = frozenset({"fetch", "serving", "verify"})

_REASON_CHARS = 64
_MESSAGE_CHARS = 1000


class Termination(Struct, frozen=True, kw_only=True, rename="camel"):
    """How a container ended."""

    exit_code: int = 0
    reason: str = ""
    message: str = ""
    """As the container wrote it: JSON or anything else. What is shown of it must be cleaned first."""


class Waiting(Struct, frozen=True, kw_only=True):
    """Why a container does not run."""

    reason: str = ""
    message: str = ""


class State(Struct, frozen=True, kw_only=True):
    """The state of a container: one of the three."""

    waiting: Waiting | None = None
    running: Json | None = None
    terminated: Termination | None = None


class Container(Struct, frozen=True, kw_only=True, rename="camel"):
    """The status of a container, as the kubelet writes it."""

    name: str
    container_id: str = field(default="", name="containerID")
    image_id: str = field(default="", name="imageID")
    """The image that runs, as the node names it: `repository@sha256:...` at best."""

    started: bool = False
    restarts: int = field(default=0, name="restartCount")
    state: State = State()
    last_state: State = State()

    @property
    def running(self) -> bool:
        return self.state.running is not None

    @property
    def waiting_reason(self) -> str:
        return one_line(self.state.waiting.reason, _REASON_CHARS) if self.state.waiting else ""

    @property
    def waiting_message(self) -> str:
        return end_of(self.state.waiting.message, _MESSAGE_CHARS) if self.state.waiting else ""

    @property
    def terminated(self) -> Termination | None:
        """How its present run has ended, if it has."""
        return self.state.terminated

    @property
    def last_end(self) -> Termination | None:
        """The newest end of this container in this pod."""
        return self.state.terminated or self.last_state.terminated

    @property
    def ends(self) -> int:
        """How many times this container has ended in this pod."""
        return max(self.restarts + (1 if self.terminated else 0), 1 if self.last_end else 0)


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
    """Whether it is being evicted, preempted or deleted with its node."""

    terminating: bool = False
    grace_seconds: float = 0.0
    """After how much of its deletion the pod is gone, if its node is alive."""

    terminating_seconds: float = 0.0
    """How long it has been seen being deleted, on the operator's own clock."""

    fetch: Container | None = None
    serving: Container | None = None
    verify: Container | None = None

    running_seconds: float = 0.0
    """How long the present run of its serving container has been seen, on the operator's own clock."""

    @property
    def answers(self) -> bool:
        """Whether it is ready and not being deleted."""
        return self.ready and not self.terminating

    @property
    def overdue(self) -> bool:
        """Whether it should be gone by now: then its node is gone."""
        return self.terminating and self.terminating_seconds > self.grace_seconds

    @classmethod
    def parse(cls, body: Json) -> Self:
        metadata, status = body["metadata"], body.get("status") or {}
        annotations = metadata.get("annotations") or {}
        conditions = {one["type"]: one for one in status.get("conditions") or ()}
        scheduled = conditions.get("PodScheduled", {})
        # The serving container of a candidate is a sidecar, which Kubernetes counts among the init containers.
        statuses = [*(status.get("initContainerStatuses") or ()), *(status.get("containerStatuses") or ())]
        # Only ours: the statuses of injected sidecars are not read at all.
        containers = {one["name"]: _container(one) for one in statuses if one["name"] in _CONTAINERS}
        return cls(
            name=metadata["name"],
            key=annotations.get(KEY_ANNOTATION, ""),
            version=annotations.get(VERSION_ANNOTATION, ""),
            phase=status.get("phase", "Pending"),
            reason=one_line(status.get("reason", ""), _REASON_CHARS),
            message=end_of(status.get("message", ""), _MESSAGE_CHARS),
            ready=conditions.get("Ready", {}).get("status") == "True",
            unschedulable=end_of(scheduled.get("message", "no node fits"), _MESSAGE_CHARS)
            if scheduled.get("status") == "False"
            else "",
            disrupted=conditions.get("DisruptionTarget", {}).get("status") == "True",
            terminating="deletionTimestamp" in metadata,
            grace_seconds=metadata.get("deletionGracePeriodSeconds") or 0,
            fetch=containers.get("fetch"),
            serving=containers.get("serving"),
            verify=containers.get("verify"),
        )


def _container(status: Json) -> Container:
    return convert({name: value for name, value in status.items() if value is not None}, Container)
