"""The pods of a target -> the model is bad, its artifact is missing, the infrastructure is at fault, or wait. Pure."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from sentiment_operator.api.text import end_of, one_line
from sentiment_operator.api.verdict import Verdict
from sentiment_operator.observed.pods import Container, Pod, Termination

FORMAT = "sentiment.dev/termination/v1"

REJECTED_BY_FETCH = frozenset({"DigestMismatch", "UnsupportedFormat"})
REJECTED_BY_SERVE = frozenset({"UnsupportedFormat", "LoadFailed"})
UNRESOLVED = frozenset({"ArtifactMissing", "UnsafeSource"})
"""Reasons of `fetch` that are about the artifact, not about the model."""

CRASHES = 2
"""A serving container that ends by itself this often rejects the model. A single end may be the node's fault."""

_WAITING_FOR_NOTHING = frozenset({"", "PodInitializing", "ContainerCreating", "CrashLoopBackOff"})
_NEVER_RAN = frozenset({"StartError", "ContainerCannotRun", "ContainerStatusUnknown"})


Kind = Literal["passed", "rejected", "unresolved", "fault", "waiting"]


@dataclass(frozen=True, kw_only=True)
class Diagnosis:
    """What pods show about a version.

    `rejected` is about the model, `unresolved` about its artifact, `fault` about the infrastructure. Only a candidate
    comes to `passed`.
    """

    kind: Kind
    reason: str = ""
    message: str = ""
    ended: bool = False
    """Of a candidate: it has ended. Unless it passed or was rejected, another one must be made."""

    verdict: Verdict | None = None
    """Of a candidate: what its container `verify` wrote."""

    image_id: str = ""
    """Of a candidate: the image that its serving container ran."""


WAITING = Diagnosis(kind="waiting")
_ORDER = ("rejected", "unresolved", "fault")


def diagnose(pods: Iterable[Pod], *, startup_deadline_seconds: float, replica_failure: str = "") -> Diagnosis:
    """The most severe diagnosis over the pods of one target.

    Pods that are being deleted or disrupted are ignored. `replica_failure` is why no pod can be created.
    """
    found = [
        diagnosis
        for pod in sorted(pods, key=lambda pod: pod.name)
        if not (pod.terminating or pod.disrupted)
        for diagnosis in _diagnoses(pod, startup_deadline_seconds)
    ]
    for kind in _ORDER:
        for diagnosis in found:
            if diagnosis.kind == kind:
                return diagnosis
    if replica_failure:
        return _fault("FailedCreate", f"The API server refuses its pods: {replica_failure}")
    return WAITING


def _diagnoses(pod: Pod, startup_deadline_seconds: float) -> Iterator[Diagnosis]:
    if pod.phase == "Failed" and pod.reason:
        yield _fault(pod.reason, f"Pod {pod.name} failed: {pod.reason}. {pod.message}".rstrip())
        return
    if pod.unschedulable:
        yield _fault("Unschedulable", f"Pod {pod.name} has no node: {pod.unschedulable}")
    for container in (pod.fetch, pod.serving, pod.verify):
        if container and container.waiting_reason not in _WAITING_FOR_NOTHING:
            yield _fault(
                container.waiting_reason,
                f"Container {container.name} of pod {pod.name} waits: {container.waiting_reason}. "
                f"{container.waiting_message}".rstrip(),
            )
    if pod.fetch and (diagnosis := _fetch(pod, pod.fetch)):
        yield diagnosis
    if pod.serving and (diagnosis := _serving(pod, pod.serving, startup_deadline_seconds)):
        yield diagnosis


def _fetch(pod: Pod, fetch: Container) -> Diagnosis | None:
    end = fetch.last_end
    if end is None or (fetch.terminated and fetch.terminated.exit_code == 0):
        return None
    if written := read_termination(end):
        reason, message = written
        if reason in REJECTED_BY_FETCH:
            return Diagnosis(kind="rejected", reason=reason, message=message)
        if reason in UNRESOLVED:
            return Diagnosis(kind="unresolved", reason=reason, message=message)
        return _fault(reason, f"Pod {pod.name} cannot fetch the model: {message}")
    if end.reason == "OOMKilled":
        return _fault("FetchFailed", f"Container fetch of pod {pod.name} ran out of memory.")
    if end.exit_code == 0:
        return None
    return _fault(
        "FetchFailed", f"Container fetch of pod {pod.name} ended with exit code {end.exit_code}; see its log."
    )


def _serving(pod: Pod, serving: Container, startup_deadline_seconds: float) -> Diagnosis | None:
    end = serving.last_end
    if end is not None:
        if written := read_termination(end):
            reason, message = written
            if reason in REJECTED_BY_SERVE:
                return Diagnosis(kind="rejected", reason=reason, message=message)
            return _fault(reason, f"Pod {pod.name} cannot serve: {message}")
        if end.reason in _NEVER_RAN:
            return _fault(end.reason, f"The image of pod {pod.name} cannot be run: {_sentence(end.message)}")
        if serving.ends >= CRASHES:
            return _crash(pod, serving, end)
    if serving.running and not serving.started and pod.running_seconds > startup_deadline_seconds:
        return Diagnosis(
            kind="rejected",
            reason="LoadFailed",
            message=f"Pod {pod.name} did not answer its first prediction within {startup_deadline_seconds:g} s of its "
            "start (spec.rollout.startupDeadlineSeconds).",
        )
    return None


def _crash(pod: Pod, serving: Container, end: Termination) -> Diagnosis:
    if end.reason == "OOMKilled":
        return Diagnosis(
            kind="rejected",
            reason="OutOfMemory",
            message=f"The serving container of pod {pod.name} ran out of memory {serving.ends} times: raise "
            "spec.resources.limits.memory, or register a smaller model.",
        )
    return Diagnosis(
        kind="rejected",
        reason="Crashed",
        message=f"The serving container of pod {pod.name} ended by itself {serving.ends} times, last with exit code "
        f"{end.exit_code}. {_sentence(end.message)}".rstrip(),
    )


def read_termination(end: Termination) -> tuple[str, str] | None:
    """Reason and message of a termination message that serving wrote; None for any other text."""
    try:
        message = json.loads(end.message)
    except (ValueError, RecursionError):
        return None
    if not isinstance(message, dict) or message.get("format") != FORMAT:
        return None
    reason, sentence = message.get("reason"), message.get("message")
    if not isinstance(reason, str) or not isinstance(sentence, str):
        return None
    if not (reason.isascii() and reason.isalnum()):
        return None
    return reason[:64], _sentence(sentence)


def _sentence(text: str) -> str:
    """The end of a foreign text, on one line and short enough for a condition."""
    return end_of(text, 1000)


def _fault(reason: str, message: str) -> Diagnosis:
    return Diagnosis(kind="fault", reason=one_line(reason, 64), message=_sentence(message))
