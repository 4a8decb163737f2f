"""What the cluster holds for one SentimentModel, as frozen types: its children, and its pods as far as needed."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Self

from sentiment_operator.names import (
    DIGEST_ANNOTATION,
    JUDGED_ANNOTATION,
    KEY_ANNOTATION,
    KIND,
    MODEL_LABEL,
    VERSION_ANNOTATION,
)

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

    ready: bool = False
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
            ready=bool(status.get("ready")),
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


@dataclass(frozen=True, kw_only=True)
class Template:
    """A pod template, and what its annotations say of it."""

    key: str
    version: str
    digest: str
    source_uri: str
    image: str
    body: Json

    @classmethod
    def parse(cls, body: Json) -> Self:
        """Read the template of a Deployment or of a revision."""
        metadata = dict(body.get("metadata") or {})
        annotations, spec = metadata.get("annotations") or {}, body.get("spec") or {}
        fetch: Json = next((one for one in spec.get("initContainers") or () if one["name"] == "fetch"), {})
        serving: Json = next((one for one in spec.get("containers") or () if one["name"] == "serving"), {})
        uri = next((one.get("value", "") for one in fetch.get("env") or () if one["name"] == "MODEL_URI"), "")
        clean = {name: value for name, value in metadata.items() if value is not None}
        return cls(
            key=annotations.get(KEY_ANNOTATION, ""),
            version=annotations.get(VERSION_ANNOTATION, ""),
            digest=annotations.get(DIGEST_ANNOTATION, ""),
            source_uri=uri,
            image=serving.get("image", ""),
            body={**body, "metadata": clean},
        )


@dataclass(frozen=True, kw_only=True)
class Revision:
    """A pod template that proved itself, with why it was found good."""

    body: Json
    number: int
    template: Template
    reason: str = ""
    message: str = ""

    @classmethod
    def parse(cls, body: Json) -> Self:
        data = body.get("data") or {}
        verified = data.get("verified") or {}
        return cls(
            body=body,
            number=body.get("revision", 0),
            template=Template.parse(data.get("template") or {}),
            reason=verified.get("reason", ""),
            message=verified.get("message", ""),
        )


_ENDS = frozenset({"Failed", "FailureTarget", "Complete", "SuccessCriteriaMet"})
"""Conditions of a Job that makes no pod any more. `Failed` itself waits for pods that a dead node may never report."""


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """The Job that judges a version, and its pods."""

    body: Json
    judged_key: str
    age_seconds: float = 0.0
    """For how long it has been seen, on the operator's own clock."""

    ended: bool = False
    """Whether it makes no pod any more, however that came."""

    terminating: bool = False
    creation_failure: str = ""
    """Why no pod could be made for it, as its Events say."""

    pods: tuple[Pod, ...] = ()

    @property
    def uid(self) -> str:
        return str(self.body["metadata"]["uid"])

    @classmethod
    def parse(cls, body: Json, pods: Iterable[Json], *, creation_failure: str = "") -> Self:
        """Read the Job; of `pods`, those that it owns."""
        metadata, conditions = body["metadata"], (body.get("status") or {}).get("conditions") or ()
        return cls(
            body=body,
            judged_key=(metadata.get("annotations") or {}).get(JUDGED_ANNOTATION, ""),
            ended=any(one["type"] in _ENDS and one["status"] == "True" for one in conditions),
            terminating="deletionTimestamp" in metadata,
            creation_failure=creation_failure,
            pods=tuple(Pod.parse(one) for one in pods if controlled_by(one, metadata["uid"])),
        )


@dataclass(frozen=True, kw_only=True)
class Deployment:
    body: Json
    template: Template
    generation: int
    observed_generation: int
    wanted: int
    replicas: int
    updated: int
    available: int
    replica_failure: str = ""
    """Why the API server refuses its pods (quota, Pod Security, webhook); empty if it does not."""

    @property
    def observed(self) -> bool:
        """Whether its controller has seen its newest spec: before that, its counts mean nothing."""
        return self.observed_generation >= self.generation

    @classmethod
    def parse(cls, body: Json) -> Self:
        spec, status = body["spec"], body.get("status") or {}
        failure: Json = next((one for one in status.get("conditions") or () if one["type"] == "ReplicaFailure"), {})
        return cls(
            body=body,
            template=Template.parse(spec["template"]),
            generation=body["metadata"]["generation"],
            observed_generation=status.get("observedGeneration", 0),
            wanted=spec.get("replicas", 1),
            replicas=status.get("replicas", 0),
            updated=status.get("updatedReplicas", 0),
            available=status.get("availableReplicas", 0),
            replica_failure=failure.get("message", "") if failure.get("status") == "True" else "",
        )


@dataclass(frozen=True, kw_only=True)
class Observation:
    """All that exists under the name of a SentimentModel. Bodies are as the API server returned them."""

    deployment: Deployment | None = None
    service: Json | None = None
    disruption_budget: Json | None = None
    autoscaler: Json | None = None
    candidate: Candidate | None = None
    revisions: tuple[Revision, ...] = ()
    """Oldest first."""

    pods: tuple[Pod, ...] = ()
    """The stable pods: those that the Service may reach. The candidate's are its own."""

    def children(self) -> tuple[Json, ...]:
        bodies = (
            self.deployment.body if self.deployment else None,
            self.service,
            self.disruption_budget,
            self.autoscaler,
            self.candidate.body if self.candidate else None,
            *(one.body for one in self.revisions),
        )
        return tuple(body for body in bodies if body is not None)

    def revision(self, key: str) -> Revision | None:
        """The kept template of that key."""
        return next((one for one in self.revisions if one.template.key == key), None)

    def template(self, key: str) -> Template | None:
        """The template of that key as it was rendered once: as it was kept, or else as the Deployment has it."""
        if kept := self.revision(key):
            return kept.template
        return self.deployment.template if self.deployment and self.deployment.template.key == key else None


def controlled_by(body: Json, uid: str) -> bool:
    """Whether the object of that uid is the controller of `body`."""
    return any(one["uid"] == uid and one.get("controller") for one in body["metadata"].get("ownerReferences") or ())


def owner_of(child: Json, *, uid: str, name: str) -> str:
    """Whose a child is: `ours`, `former` (of a deleted resource of this name), `orphan` (to adopt) or `foreign`."""
    metadata = child["metadata"]
    controller = next((one for one in metadata.get("ownerReferences") or () if one.get("controller")), None)
    if controller is None:
        return "orphan" if (metadata.get("labels") or {}).get(MODEL_LABEL) == name else "foreign"
    if controller["uid"] == uid:
        return "ours"
    return "former" if controller.get("kind") == KIND and controller.get("name") == name else "foreign"
