"""A candidate's pod -> what it shows about the version. Pure."""

import re
from collections.abc import Collection
from dataclasses import replace

from sentiment_operator.api.resource import Target
from sentiment_operator.api.verdict import read_verdict, with_unknown_skipped
from sentiment_operator.decision.diagnose import Diagnosis, Kind, diagnose
from sentiment_operator.observed.observation import Candidate
from sentiment_operator.observed.pods import Container, Pod

NO_POD_SECONDS = 5.0
"""How long a Job may take to get its pod before the Events that explain a missing pod are believed."""

RETRY_SECONDS = 5.0
RETRY_MAX_SECONDS = 120.0
"""Pause before the second candidate, counted from the start of the first; it doubles up to the maximum."""

_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")

_KINDS: dict[str, Kind] = {"passed": "passed", "failed": "rejected"}
"""The outcome in a verdict -> the diagnosis. Any other outcome is a fault."""


def diagnose_candidate(
    candidate: Candidate, target: Target, *, requested: Collection[str], startup_deadline_seconds: float
) -> Diagnosis:
    """What `candidate` shows about `target`.

    Pods that are being deleted or disrupted are ignored: their containers did not end by themselves.

    Args:
        requested: The names of the checks that the candidate was to make.
    """
    pods = [pod for pod in candidate.pods if not (pod.terminating or pod.disrupted)]
    for pod in pods:
        if pod.verify is not None and pod.verify.terminated is not None:
            return _from_verify(pod, pod.verify, target, requested)
    diagnosis = diagnose(pods, startup_deadline_seconds=startup_deadline_seconds)
    ended = candidate.ended or any(pod.phase == "Failed" for pod in pods)
    if diagnosis.kind == "waiting" and ended:
        text = "The candidate's pod was lost before it was verified (deleted, evicted, or gone with its node)."
        return Diagnosis(kind="fault", reason="CandidateLost", message=text, ended=True)
    late = candidate.age_seconds > NO_POD_SECONDS
    if diagnosis.kind == "waiting" and not pods and candidate.creation_failure and late:
        text = f"The API server refuses the candidate's pod: {candidate.creation_failure}"
        return Diagnosis(kind="fault", reason="FailedCreate", message=text, ended=True)
    return replace(diagnosis, ended=ended)


def _from_verify(pod: Pod, verify: Container, target: Target, requested: Collection[str]) -> Diagnosis:
    end = verify.terminated
    assert end is not None
    verdict = read_verdict(end.message, digest=target.digest) if end.exit_code == 0 else None
    if verdict is None:
        why = (
            "ran out of memory" if end.reason == "OOMKilled" else f"ended with exit code {end.exit_code} and no verdict"
        )
        text = f"Container verify of pod {pod.name} {why}; see its log."
        return Diagnosis(kind="fault", reason="VerifyFailed", message=text, ended=True)
    verdict = with_unknown_skipped(verdict, requested)
    return Diagnosis(
        kind=_KINDS.get(verdict.outcome, "fault"),
        reason=verdict.reason,
        message=verdict.message,
        ended=True,
        verdict=verdict,
        image_id=pod.serving.image_id if pod.serving else "",
    )


def retry_seconds(candidate: Candidate, attempt: int) -> float:
    """Seconds until the next candidate may replace this one, the `attempt`-th; not positive once it may."""
    pause = min(RETRY_SECONDS * 2.0 ** min(attempt - 1, 10), RETRY_MAX_SECONDS)
    return pause - candidate.age_seconds


def pinned_image(image: str, image_id: str) -> str:
    """`image` by the digest that a node ran it with; `image` itself where that is not certain.

    Only a tag of the same repository is pinned. A node into which an image was loaded by hand names no repository, or
    another one.
    """
    repository, at, digest = image_id.rpartition("@")
    if "@" in image or not at or not _DIGEST.fullmatch(digest):
        return image
    name, colon, tag = image.rpartition(":")
    asked = name if colon and "/" not in tag else image
    return image_id if repository == asked else image
