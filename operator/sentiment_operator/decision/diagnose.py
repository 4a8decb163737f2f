"""Pods that are to serve a target -> verdict on the model, fault of the surroundings, or still on its way. Pure."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from sentiment_operator.observed.pods import Container, Pod, Termination

FORMAT = "sentiment.dev/termination/v1"

VERDICTS_OF_FETCH = frozenset({"DigestMismatch", "UnsupportedFormat"})
VERDICTS_OF_SERVE = frozenset({"UnsupportedFormat", "LoadFailed"})
UNRESOLVED = frozenset({"ArtifactMissing", "UnsafeSource"})
"""What `fetch` learns about the version that the registry should have known: no verdict on the model."""

CRASHES = 2
"""How often a serving container must end by itself to be held against the model: once may be the node's doing."""

_WAITING_FOR_NOTHING = frozenset({"", "PodInitializing", "ContainerCreating", "CrashLoopBackOff"})
_NEVER_RAN = frozenset({"StartError", "ContainerCannotRun", "ContainerStatusUnknown"})


@dataclass(frozen=True, kw_only=True)
class Diagnosis:
    """`verdict` is about the model, `unresolved` about its artifact, `fault` about the surroundings."""

    kind: Literal["verdict", "unresolved", "fault", "waiting"]
    reason: str = ""
    message: str = ""


WAITING = Diagnosis(kind="waiting")
_ORDER = ("verdict", "unresolved", "fault")


def diagnose(pods: Iterable[Pod], *, startup_deadline_seconds: float, replica_failure: str = "") -> Diagnosis:
    """The weightiest finding over the pods of one target.

    Pods that are being deleted or disrupted count for nothing. `replica_failure` is why no pod can be made at all.
    """
    found = [
        finding
        for pod in sorted(pods, key=lambda pod: pod.name)
        if not (pod.terminating or pod.disrupted)
        for finding in _findings(pod, startup_deadline_seconds)
    ]
    for kind in _ORDER:
        for finding in found:
            if finding.kind == kind:
                return finding
    if replica_failure:
        return _fault("FailedCreate", f"The API server refuses its pods: {replica_failure}")
    return WAITING


def _findings(pod: Pod, startup_deadline_seconds: float) -> Iterator[Diagnosis]:
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
    if pod.fetch and (finding := _fetch(pod, pod.fetch)):
        yield finding
    if pod.serving and (finding := _serving(pod, pod.serving, startup_deadline_seconds)):
        yield finding


def _fetch(pod: Pod, fetch: Container) -> Diagnosis | None:
    end = fetch.last_end
    if end is None or (fetch.terminated and fetch.terminated.exit_code == 0):
        return None
    said = read_termination(end)
    if said and said[0] in VERDICTS_OF_FETCH:
        return Diagnosis(kind="verdict", reason=said[0], message=said[1])
    if said and said[0] in UNRESOLVED:
        return Diagnosis(kind="unresolved", reason=said[0], message=said[1])
    if said:
        return _fault(said[0], f"Pod {pod.name} cannot fetch the model: {said[1]}")
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
        said = read_termination(end)
        if said and said[0] in VERDICTS_OF_SERVE:
            return Diagnosis(kind="verdict", reason=said[0], message=said[1])
        if said:
            return _fault(said[0], f"Pod {pod.name} cannot serve: {said[1]}")
        if end.reason in _NEVER_RAN:
            return _fault(end.reason, f"The image of pod {pod.name} cannot be run: {_sentence(end.message)}")
        if serving.ends >= CRASHES:
            return _crash(pod, serving, end)
    if serving.running and not serving.started and serving.running_seconds > startup_deadline_seconds:
        return Diagnosis(
            kind="verdict",
            reason="LoadFailed",
            message=f"Pod {pod.name} did not answer its first prediction within {startup_deadline_seconds:g} s of its "
            "start (spec.rollout.startupDeadlineSeconds).",
        )
    return None


def _crash(pod: Pod, serving: Container, end: Termination) -> Diagnosis:
    if end.reason == "OOMKilled":
        return Diagnosis(
            kind="verdict",
            reason="OutOfMemory",
            message=f"The serving container of pod {pod.name} ran out of memory {serving.ends} times: raise "
            "spec.resources.limits.memory, or register a smaller model.",
        )
    return Diagnosis(
        kind="verdict",
        reason="Crashed",
        message=f"The serving container of pod {pod.name} ended by itself {serving.ends} times, last with exit code "
        f"{end.exit_code}. {_sentence(end.message)}".rstrip(),
    )


def read_termination(end: Termination) -> tuple[str, str] | None:
    """Reason and sentence of a termination message of ours; None for any other text."""
    try:
        message = json.loads(end.message)
    except (ValueError, RecursionError):
        return None
    if not isinstance(message, dict) or message.get("format") != FORMAT:
        return None
    reason, sentence = message.get("reason"), message.get("message")
    if not isinstance(reason, str) or not reason.isalnum() or not isinstance(sentence, str):
        return None
    return reason[:64], _sentence(sentence)


def _sentence(text: str) -> str:
    """The end of a text that others wrote, on one line and short enough for a condition."""
    line = " ".join(text.split())
    return line if len(line) <= 1000 else f"... {line[-1000:]}"


def _fault(reason: str, message: str) -> Diagnosis:
    return Diagnosis(kind="fault", reason=reason, message=_sentence(message))
