"""What the cluster has for one SentimentModel, as frozen types: its children and their pods."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from msgspec import Struct

from sentiment_operator.api.errors import MAX_CHARS
from sentiment_operator.api.names import (
    DIGEST_ANNOTATION,
    KEY_ANNOTATION,
    KIND,
    MODEL_LABEL,
    VERIFICATION_KEY_ANNOTATION,
    VERSION_ANNOTATION,
    content_hash,
)
from sentiment_operator.api.stored import part_of
from sentiment_operator.api.text import one_line
from sentiment_operator.api.variables import unescaped
from sentiment_operator.observed.drift import Overruled
from sentiment_operator.observed.pods import Pod

Json = Mapping[str, Any]


class _Variable(Struct, frozen=True):
    name: str
    value: str | None = None


class _Container(Struct, frozen=True):
    name: str
    image: str
    env: tuple[_Variable, ...] | None = None


class _Metadata(Struct, frozen=True):
    annotations: Mapping[str, str]


class _PodSpec(Struct, frozen=True, rename="camel"):
    init_containers: tuple[_Container, ...]
    containers: tuple[_Container, ...]
    volumes: tuple[Json, ...]


class _Shape(Struct, frozen=True):
    """What every pod template of the operator has."""

    metadata: _Metadata
    spec: _PodSpec


@dataclass(frozen=True, kw_only=True)
class Template:
    """A pod template, and what its annotations record about it.

    One that the operator cannot have rendered has no key: nothing asks for it.
    """

    key: str
    version: str
    digest: str
    source_uri: str
    image: str
    body: Json

    @classmethod
    def parse(cls, body: Json) -> Self:
        """Read the pod template of a Deployment or a revision."""
        shape = part_of(_Shape, body)
        if shape is None:
            return cls(key="", version="", digest="", source_uri="", image="", body=body)
        annotations, spec = shape.metadata.annotations, shape.spec
        fetch = next((one for one in spec.init_containers if one.name == "fetch"), None)
        serving = next((one for one in spec.containers if one.name == "serving"), None)
        variables = {one.name: one.value or "" for one in (fetch.env if fetch else None) or ()}
        clean = {name: value for name, value in body["metadata"].items() if value is not None}
        return cls(
            key=annotations.get(KEY_ANNOTATION, "") if fetch and serving else "",
            version=annotations.get(VERSION_ANNOTATION, ""),
            digest=annotations.get(DIGEST_ANNOTATION, ""),
            source_uri=unescaped(variables.get("MODEL_URI", "")),
            image=serving.image if serving else "",
            body={**body, "metadata": clean},
        )


class _Verified(Struct, frozen=True):
    reason: str = ""
    message: str = ""


@dataclass(frozen=True, kw_only=True)
class Revision:
    """A pod template that was verified, with the reason and message of ModelVerified."""

    body: Json
    number: int
    template: Template
    reason: str = ""
    message: str = ""

    @classmethod
    def parse(cls, body: Json) -> Self:
        """Read one that anyone may have made: its data may be anything."""
        data = body.get("data")
        parts = data if isinstance(data, Mapping) else {}
        template, verified = parts.get("template"), part_of(_Verified, parts.get("verified")) or _Verified()
        return cls(
            body=body,
            number=body.get("revision", 0),
            template=Template.parse(template if isinstance(template, Mapping) else {}),
            reason=verified.reason,
            message=verified.message,
        )

    @property
    def name(self) -> str:
        return str(self.body["metadata"]["name"])

    @property
    def hash(self) -> str:
        """The hash of its data."""
        return content_hash(self.body.get("data"))


_ENDS = frozenset({"Failed", "FailureTarget", "Complete", "SuccessCriteriaMet"})
"""Conditions of a Job that creates no more pods. `Failed` alone would wait for pods that a dead node never reports."""


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """The Job that verifies a version, and its pods."""

    body: Json
    judged_key: str
    age_seconds: float = 0.0
    """How long it has been seen, on the operator's own clock."""

    ended: bool = False
    """Whether it creates no more pods, for whatever reason."""

    terminating: bool = False
    creation_failure: str = ""
    """Why no pod could be created for it, from its Events."""

    pods: tuple[Pod, ...] = ()

    @property
    def uid(self) -> str:
        return str(self.body["metadata"]["uid"])

    @classmethod
    def parse(cls, body: Json, pods: Iterable[Json], *, creation_failure: str = "") -> Self:
        """Read the Job and those of `pods` that it owns."""
        metadata, conditions = body["metadata"], (body.get("status") or {}).get("conditions") or ()
        return cls(
            body=body,
            judged_key=(metadata.get("annotations") or {}).get(VERIFICATION_KEY_ANNOTATION, ""),
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
    """Why the API server refuses its pods (quota, Pod Security, webhook); empty if it accepts them."""

    @property
    def observed(self) -> bool:
        """Whether its controller has seen its newest spec; until then its counts are about an older one."""
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
            replica_failure=one_line(failure.get("message", ""), MAX_CHARS) if failure.get("status") == "True" else "",
        )


@dataclass(frozen=True, kw_only=True)
class Observation:
    """All children and pods of a SentimentModel. Bodies are as the API server returned them."""

    deployment: Deployment | None = None
    service: Json | None = None
    disruption_budget: Json | None = None
    autoscaler: Json | None = None
    candidate: Candidate | None = None
    revisions: tuple[Revision, ...] = ()
    """Oldest first."""

    not_ours: tuple[Revision, ...] = ()
    """Revisions with our labels that the operator did not write, once a decision has separated them."""

    pods: tuple[Pod, ...] = ()
    """The stable pods, which the Service selects. The candidate has its own."""

    overruled: Mapping[str, Overruled] = field(default_factory=dict)
    """By kind of child: how the API server's answer differed from what was last applied (a webhook changed it)."""

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

    def has(self, kind: str) -> bool:
        """Whether there is a child of that kind."""
        return any(child["kind"] == kind for child in self.children())

    def revision(self, key: str) -> Revision | None:
        """The revision that keeps the template of that key."""
        return next((one for one in self.revisions if one.template.key == key), None)

    def occupant(self, name: str) -> Revision | None:
        """The revision that has this name of ours and that the operator did not write."""
        return next((one for one in self.not_ours if one.name == name), None)

    def template(self, key: str) -> Template | None:
        """The template of that key as it was first rendered, from its revision or from the Deployment."""
        if kept := self.revision(key):
            return kept.template
        return self.deployment.template if self.deployment and self.deployment.template.key == key else None


def controlled_by(body: Json, uid: str) -> bool:
    """Whether the object of that uid is the controller of `body`."""
    controller = _controller_of(body)
    return controller is not None and controller["uid"] == uid


def _controller_of(body: Json) -> Json | None:
    return next((one for one in body["metadata"].get("ownerReferences") or () if one.get("controller")), None)


def owner_of(child: Json, *, uid: str, name: str) -> str:
    """The owner of a child: `ours`, `former` (a deleted resource of this name), `orphan` (to adopt) or `foreign`."""
    controller = _controller_of(child)
    if controller is None:
        return "orphan" if (child["metadata"].get("labels") or {}).get(MODEL_LABEL) == name else "foreign"
    if controller["uid"] == uid:
        return "ours"
    return "former" if controller.get("kind") == KIND and controller.get("name") == name else "foreign"
