"""A candidate's pod -> what it says about the version. Pure."""

from dataclasses import dataclass
from typing import Literal

from sentiment_operator.api.resource import Target
from sentiment_operator.api.verdict import Verdict, read_verdict
from sentiment_operator.decision.diagnose import Diagnosis, diagnose
from sentiment_operator.observed.observation import Candidate
from sentiment_operator.observed.pods import Container, Pod

NO_POD_SECONDS = 5.0
"""How long after its Job a pod may take to appear before the Events are believed that say why it cannot be made."""

RETRY_SECONDS = 5.0
RETRY_MAX_SECONDS = 120.0
"""Pause before the second candidate, counted from the start of the first; it doubles up to the longest."""


Kind = Literal["passed", "verdict", "unresolved", "fault", "waiting"]

_KINDS: dict[str, Kind] = {"passed": "passed", "failed": "verdict"}
"""What follows from the outcome of a judge; from any other, nothing about the model."""


@dataclass(frozen=True, kw_only=True)
class Judgement:
    """What a candidate has come to. `over`: it says no more; another must be made where it was no verdict."""

    kind: Kind
    reason: str = ""
    message: str = ""
    over: bool = False
    verdict: Verdict | None = None
    """What its judge wrote, if it came to that."""

    image_id: str = ""
    """The image that its serving container ran."""


def judge(candidate: Candidate, target: Target, *, startup_deadline_seconds: float) -> Judgement:
    """What `candidate` says about `target`.

    Pods on their way out say nothing: their containers' ends are somebody else's doing.
    """
    pods = [pod for pod in candidate.pods if not (pod.terminating or pod.disrupted)]
    for pod in pods:
        if pod.verify is not None and pod.verify.terminated is not None:
            return _judged(pod, pod.verify, target)
    finding = diagnose(pods, startup_deadline_seconds=startup_deadline_seconds)
    over = candidate.ended or any(pod.phase == "Failed" for pod in pods)
    if finding.kind == "waiting" and over:
        text = "The candidate's pod was lost before it was judged (deleted, evicted, or gone with its node)."
        finding = Diagnosis(kind="fault", reason="CandidateLost", message=text)
    late = candidate.age_seconds > NO_POD_SECONDS
    if finding.kind == "waiting" and not pods and candidate.creation_failure and late:
        text = f"The API server refuses the candidate's pod: {candidate.creation_failure}"
        finding, over = Diagnosis(kind="fault", reason="FailedCreate", message=text), True
    return Judgement(kind=finding.kind, reason=finding.reason, message=finding.message, over=over)


def _judged(pod: Pod, verify: Container, target: Target) -> Judgement:
    end = verify.terminated
    assert end is not None
    verdict = read_verdict(end.message, digest=target.digest) if end.exit_code == 0 else None
    if verdict is None:
        why = (
            "ran out of memory" if end.reason == "OOMKilled" else f"ended with exit code {end.exit_code} and no verdict"
        )
        text = f"Container verify of pod {pod.name} {why}; see its log."
        return Judgement(kind="fault", reason="VerifyFailed", message=text, over=True)
    image = pod.serving.image_id if pod.serving else ""
    return Judgement(
        kind=_KINDS.get(verdict.outcome, "fault"),
        reason=verdict.reason,
        message=verdict.message,
        over=True,
        verdict=verdict,
        image_id=image,
    )


def retry_seconds(candidate: Candidate, attempt: int) -> float:
    """In how many seconds the next candidate may take the place of this one, the `attempt`-th; negative: long since."""
    pause = min(RETRY_SECONDS * 2.0 ** min(attempt - 1, 10), RETRY_MAX_SECONDS)
    return pause - candidate.age_seconds


def pinned_image(image: str, image_id: str) -> str:
    """`image` by the digest that a node ran it with, where that is certain: for a tag of the same repository.

    A node that was loaded with an image by hand names no repository, or another one: the tag is kept then.
    """
    repository, at, digest = image_id.rpartition("@")
    if "@" in image or not at or not digest.startswith("sha256:"):
        return image
    name, colon, tag = image.rpartition(":")
    asked = name if colon and "/" not in tag else image
    return image_id if repository == asked else image
