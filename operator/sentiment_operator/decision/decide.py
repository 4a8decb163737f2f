"""What the cluster should hold for one SentimentModel, and what its status should say. Pure.

A version goes from `trial` (its candidate proves it) to `switch` (the Deployment runs it); the other courses hold what
serves. A verdict is written into the status first and then decided upon anew, so that it holds whatever happens next.
"""

from dataclasses import replace

from sentiment_operator.api.conditions import Finding, Outcome, conditions
from sentiment_operator.api.names import selector
from sentiment_operator.api.resource import Target
from sentiment_operator.api.status import Desired, Serving, Status
from sentiment_operator.api.verdict import Verdict
from sentiment_operator.children.service import endpoint
from sentiment_operator.decision.diagnose import Diagnosis
from sentiment_operator.decision.holding import advanced_to, collision, is_serving, rejected, suspended, unknown
from sentiment_operator.decision.inputs import Course, Decision, Situation
from sentiment_operator.decision.pin import lineage_of, pinned, resolved_finding, target_for
from sentiment_operator.decision.record import (
    ROLLING_OUT,
    VERIFYING,
    remaining_seconds,
    serving_before,
    with_judgement,
    with_success,
    with_verdict,
)
from sentiment_operator.decision.rolling_out import diagnosis_of, has_begun, towards, unfinished
from sentiment_operator.decision.verification import Judgement
from sentiment_operator.decision.verifying import judgement_of, proven, verifying

GIVE_UP_SECONDS = 60.0
"""How old a rollout whose switch is held up by a fault must be for something newer to take its place."""


def decide(case: Situation) -> Decision:
    """The decision for one situation."""
    model = case.model
    desired = pinned(model, case.seen, case.answer, default_image=case.default_image)
    if course := collision(case):
        return _decision(case, desired, course)
    serving = serving_before(model, case.seen, case.now)
    target = target_for(model, desired)
    if (before := unfinished(case, target, serving)) and (decision := _ending(case, desired, before, serving)):
        return decision
    if target is None:
        return _decision(case, desired, unknown(case, desired, serving))
    if is_serving(model, serving, target):
        return _decision(case, desired, towards(case, target, serving, diagnosis_of(case, target)))
    if verdict := model.status.rejection(target.judged_key):
        return _decision(case, desired, rejected(case, target, serving, verdict))
    if has_begun(case, target):
        finding = diagnosis_of(case, target)
        if finding.kind == "verdict":
            return _found_bad(case, target, finding, step=ROLLING_OUT)
        return _decision(case, desired, towards(case, target, serving, finding))
    if model.spec.suspend:
        return _decision(case, desired, suspended(case, target, serving))
    return _trial(case, desired, target, serving)


def _ending(case: Situation, desired: Desired, target: Target, serving: Serving | None) -> Decision | None:
    """The end of a switch that something newer waits for; None when it cannot end by itself: the newer goes first."""
    finding = diagnosis_of(case, target)
    if finding.kind == "verdict":
        return _found_bad(case, target, finding, step=ROLLING_OUT)
    course = towards(case, target, serving, finding)
    if course.outcome is Outcome.SERVING and course.serving is not None:
        status = case.model.status
        history = with_success(status.history, course.serving, case.now)
        return _decide_with(case, replace(status, serving=course.serving, history=history, rollout=None))
    in_time = course.rollout is not None and remaining_seconds(course.rollout, case.now, GIVE_UP_SECONDS) > 0
    if course.outcome is Outcome.ROLLING_OUT and (finding.kind == "waiting" or in_time):
        return _decision(case, desired, replace(course, message=f"{course.message} What is asked for now comes next."))
    return None


def _trial(case: Situation, desired: Desired, target: Target, serving: Serving | None) -> Decision:
    judgement = judgement_of(case, target)
    if judgement.kind == "verdict":
        finding = Diagnosis(kind="verdict", reason=judgement.reason, message=judgement.message)
        return _found_bad(case, target, finding, step=VERIFYING, verdict=judgement.verdict)
    case = _noted(case, target, judgement)
    if judgement.kind != "passed":
        return _decision(case, desired, verifying(case, target, serving, judgement))
    if case.seen.revision(target.key) is None:
        return _decision(case, desired, proven(case, target, serving, judgement))
    return _decide_with(case, replace(case.model.status, rollout=advanced_to(case, target, ROLLING_OUT)))


def _noted(case: Situation, target: Target, judgement: Judgement) -> Situation:
    """The situation with what the judge wrote in its status."""
    if judgement.verdict is None:
        return case
    revision = target.revision(case.model.name)
    status = with_judgement(case.model.status, target, judgement.verdict, revision=revision, now=case.now)
    return replace(case, model=replace(case.model, status=status))


def _found_bad(
    case: Situation, target: Target, finding: Diagnosis, *, step: str, verdict: Verdict | None = None
) -> Decision:
    status = with_verdict(
        case.model.status,
        target,
        finding,
        revision=target.revision(case.model.name),
        step=step,
        now=case.now,
        verdict=verdict,
    )
    return _decide_with(case, status)


def _decide_with(case: Situation, status: Status) -> Decision:
    return decide(replace(case, model=replace(case.model, status=status)))


def _replicas(case: Situation) -> int:
    """Pods there are. A Deployment that was deleted comes back with as many as an autoscaler had made of it."""
    if case.seen.deployment is not None:
        return case.seen.deployment.replicas
    return case.model.status.replicas if case.model.spec.autoscaling else 0


def _available(case: Situation, serving: Serving | None, outcome: Outcome) -> Finding:
    """Whether some good version answers. Pods of a version with a verdict against it count for nothing."""
    ready = [pod for pod in case.seen.pods if pod.answers]
    if case.model.spec.min_replicas == 0 and not ready:
        return Finding(status="False", reason="ScaledToZero", message="spec.replicas is 0.")
    if serving is None or (outcome is Outcome.NAME_CONFLICT and not ready):
        return Finding(status="False", reason="NeverDeployed", message="No version has been rolled out yet.")
    if outcome in (Outcome.REJECTED, Outcome.ROLLED_BACK, Outcome.ROLLING_BACK):
        ready = [pod for pod in ready if pod.key == serving.key(case.model.name)]
    if ready:
        versions = " and ".join(sorted({pod.version for pod in ready}, key=lambda text: (len(text), text)))
        pods = "1 pod answers" if len(ready) == 1 else f"{len(ready)} pods answer"
        text = f"{pods} with version {versions}."
        return Finding(status="True", reason="MinimumReplicasAvailable", message=text)
    return Finding(status="False", reason="MinimumReplicasUnavailable", message="No pod of a good version answers.")


def _decision(case: Situation, desired: Desired, course: Course) -> Decision:
    model, seen, before = case.model, case.seen, case.model.status
    serving, history = course.serving, before.history
    if serving and (before.serving is None or before.serving.revision != serving.revision):
        history = with_success(history, serving, case.now)
    wanted = seen.deployment.wanted if seen.deployment and model.spec.autoscaling else model.spec.min_replicas
    status = replace(
        before,
        observed_generation=model.generation,
        conditions=conditions(
            outcome=course.outcome,
            message=course.message,
            available=_available(case, serving, course.outcome),
            resolved=course.resolved or resolved_finding(model, case.answer),
            verified=course.verified,
            before=before,
            generation=model.generation,
            now=case.now,
        ),
        desired=desired,
        serving=serving,
        rollout=course.rollout,
        history=history,
        replicas=_replicas(case),
        selector=selector(model.name),
        pods_ready=f"{sum(pod.answers for pod in seen.pods)}/{wanted}",
        endpoint=endpoint(model),
        lineage=lineage_of(model, desired, case.answer),
    )
    return Decision(
        status=status,
        outcome=course.outcome,
        look_again_seconds=min(case.resync_seconds, course.look_again_seconds or case.resync_seconds),
        apply=course.apply,
        delete=course.delete,
    )
