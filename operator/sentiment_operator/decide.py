"""What the cluster should hold for one SentimentModel, and what its status should say. Pure.

A candidate that proves itself before the Service reaches it belongs between knowing the target and `towards` it.
"""

from dataclasses import replace

from sentiment_operator.children.service import endpoint
from sentiment_operator.conditions import Finding, Outcome, conditions
from sentiment_operator.courses import collision, is_serving, rejected, suspended, switching, towards, unknown
from sentiment_operator.diagnose import Diagnosis, diagnose
from sentiment_operator.names import selector
from sentiment_operator.pin import lineage_of, pinned, resolved_finding, target_for
from sentiment_operator.resource import Target
from sentiment_operator.rollout import serving_before, with_success, with_verdict
from sentiment_operator.situation import Course, Decision, Situation
from sentiment_operator.status import Desired, Serving


def decide(case: Situation) -> Decision:
    """The decision for one situation."""
    model = case.model
    desired = pinned(model, case.seen, case.answer, default_image=case.default_image)
    if course := collision(case):
        return _decision(case, desired, course)
    serving = serving_before(model, case.seen, case.now)
    target = target_for(model, desired)
    if target is None:
        return _decision(case, desired, unknown(case, desired, serving))
    if is_serving(model, serving, target):
        return _decision(case, desired, towards(case, target, serving, _diagnosis(case, target)))
    if verdict := model.status.rejection(target.judged_key):
        return _decision(case, desired, rejected(case, target, serving, verdict))
    if model.spec.suspend and not switching(model, target):
        return _decision(case, desired, suspended(case, target, serving))
    finding = _diagnosis(case, target)
    if finding.kind == "verdict":
        status = with_verdict(model.status, target, finding, revision=target.revision(model.name), now=case.now)
        return decide(replace(case, model=replace(model, status=status)))
    return _decision(case, desired, towards(case, target, serving, finding))


def _diagnosis(case: Situation, target: Target) -> Diagnosis:
    live = case.seen.deployment
    return diagnose(
        (pod for pod in case.seen.pods if pod.key == target.key),
        startup_deadline_seconds=case.model.spec.rollout.startup_deadline_seconds,
        replica_failure=live.replica_failure if live and live.template.key == target.key else "",
    )


def _available(case: Situation, serving: Serving | None, outcome: Outcome) -> Finding:
    """Whether some good version answers. Pods of a version with a verdict against it count for nothing."""
    ready = [pod for pod in case.seen.pods if pod.ready and not pod.terminating]
    if case.model.spec.min_replicas == 0 and not ready:
        return Finding(status="False", reason="ScaledToZero", message="spec.replicas is 0.")
    if serving is None or (outcome is Outcome.NAME_CONFLICT and not ready):
        return Finding(status="False", reason="NeverDeployed", message="No version has been rolled out yet.")
    if outcome in (Outcome.REJECTED, Outcome.ROLLING_BACK):
        ready = [pod for pod in ready if f"{case.model.name}-{pod.key}" == serving.revision]
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
        replicas=seen.deployment.replicas if seen.deployment else 0,
        selector=selector(model.name),
        pods_ready=f"{sum(pod.ready and not pod.terminating for pod in seen.pods)}/{wanted}",
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
