"""The children that one SentimentModel should have, and its status. Pure.

A version is verified by a candidate (`verifying`), then the Deployment runs it (`rolling_out`). In all other cases what
serves is kept (`holding`). A rejection is put into the status first and the decision made again from there, so that it
lasts whatever happens next.
"""

from dataclasses import replace

from msgspec import structs

from sentiment_operator.api.conditions import Finding, Outcome, conditions
from sentiment_operator.api.errors import ModelNotAllowed, SignatureInvalid
from sentiment_operator.api.names import selector
from sentiment_operator.api.resource import Target
from sentiment_operator.api.status import Desired, Serving, Status
from sentiment_operator.children.service import endpoint
from sentiment_operator.decision.diagnose import Diagnosis
from sentiment_operator.decision.holding import (
    advanced_to,
    is_serving,
    name_conflict,
    rejected,
    revision_conflict,
    suspended,
    unresolved,
    with_refused_service,
)
from sentiment_operator.decision.inputs import Decision, Inputs, Plan
from sentiment_operator.decision.pin import lineage_of, pinned, resolved_finding, target_for
from sentiment_operator.decision.record import (
    ROLLING_OUT,
    VERIFYING,
    current_serving,
    remaining_seconds,
    with_rejection,
    with_success,
    with_verdict,
)
from sentiment_operator.decision.rolling_out import diagnosis_of, has_begun, rolling_out, unfinished_rollout
from sentiment_operator.decision.trusted import recorded, with_own_revisions
from sentiment_operator.decision.verifying import candidate_diagnosis, passed, verifying
from sentiment_operator.observed.drift import overruled_fields, without_overruled

GIVE_UP_SECONDS = 60.0
"""A rollout that a fault holds up for this long is given up when the spec asks for something newer."""


def decide(inputs: Inputs) -> Decision:
    """What to do now. Calls itself with the new status after a rejection or a completed step."""
    inputs = with_own_revisions(inputs)
    model = inputs.model
    desired = pinned(model, inputs.observed, inputs.answer, default_image=inputs.default_image)
    if plan := name_conflict(inputs):
        return _decision(inputs, desired, plan)
    serving = current_serving(model, inputs.observed, inputs.now)
    if serving and (plan := revision_conflict(inputs, serving, serving.revision)):
        return _decision(inputs, desired, plan)
    target = target_for(model, desired)
    before = unfinished_rollout(inputs, target, serving)
    if before and (decision := _finish_first(inputs, desired, before, serving)):
        return decision
    if target is None:
        return _decision(inputs, desired, unresolved(inputs, desired, serving))
    if is_serving(model, serving, target):
        return _decision(inputs, desired, rolling_out(inputs, target, serving, diagnosis_of(inputs, target)))
    if rejection := model.status.rejection(target.judged_key):
        return _decision(inputs, desired, rejected(inputs, target, serving, rejection))
    if plan := revision_conflict(inputs, serving, target.revision(model.name)):
        return _decision(inputs, desired, plan)
    if has_begun(inputs, target):
        diagnosis = diagnosis_of(inputs, target)
        if diagnosis.kind == "rejected":
            return _reject(inputs, target, diagnosis, step=ROLLING_OUT)
        return _decision(inputs, desired, rolling_out(inputs, target, serving, diagnosis))
    if isinstance(inputs.answer, ModelNotAllowed | SignatureInvalid):
        return _decision(inputs, desired, unresolved(inputs, desired, serving))
    # With a Service that is not allowed, a new version waits as well.
    if model.spec.suspend or inputs.allowed.refused_service(model.spec.service):
        return _decision(inputs, desired, suspended(inputs, target, serving))
    return _verify(inputs, desired, target, serving)


def _finish_first(inputs: Inputs, desired: Desired, target: Target, serving: Serving | None) -> Decision | None:
    """Finish the rollout of `target` before the newer version; None if it is given up: the newer one goes first."""
    diagnosis = diagnosis_of(inputs, target)
    if diagnosis.kind == "rejected":
        return _reject(inputs, target, diagnosis, step=ROLLING_OUT)
    plan = rolling_out(inputs, target, serving, diagnosis)
    if plan.outcome is Outcome.SERVING and plan.serving is not None:
        status = inputs.model.status
        history = with_success(status.history, plan.serving, inputs.now)
        return _decide_again(inputs, structs.replace(status, serving=plan.serving, history=history, rollout=None))
    in_time = plan.rollout is not None and remaining_seconds(plan.rollout, inputs.now, GIVE_UP_SECONDS) > 0
    if plan.outcome is Outcome.ROLLING_OUT and (diagnosis.kind == "waiting" or in_time):
        text = f"{plan.message} The version asked for now comes next."
        return _decision(inputs, desired, replace(plan, message=text))
    return None


def _verify(inputs: Inputs, desired: Desired, target: Target, serving: Serving | None) -> Decision:
    diagnosis = candidate_diagnosis(inputs, target)
    if diagnosis.kind == "rejected":
        return _reject(inputs, target, diagnosis, step=VERIFYING)
    inputs = _with_verdict_noted(inputs, target, diagnosis)
    if diagnosis.kind != "passed":
        return _decision(inputs, desired, verifying(inputs, target, serving, diagnosis))
    if inputs.observed.revision(target.key) is None:
        return _decision(inputs, desired, passed(inputs, target, serving, diagnosis))
    return _decide_again(inputs, structs.replace(inputs.model.status, rollout=advanced_to(inputs, target, ROLLING_OUT)))


def _with_verdict_noted(inputs: Inputs, target: Target, diagnosis: Diagnosis) -> Inputs:
    """The inputs with the candidate's verdict in the status."""
    if diagnosis.verdict is None:
        return inputs
    revision = target.revision(inputs.model.name)
    status = with_verdict(inputs.model.status, target, diagnosis.verdict, revision=revision, now=inputs.now)
    return replace(inputs, model=replace(inputs.model, status=status))


def _reject(inputs: Inputs, target: Target, diagnosis: Diagnosis, *, step: str) -> Decision:
    status = with_rejection(
        inputs.model.status,
        target,
        diagnosis,
        revision=target.revision(inputs.model.name),
        step=step,
        now=inputs.now,
    )
    return _decide_again(inputs, status)


def _decide_again(inputs: Inputs, status: Status) -> Decision:
    return decide(replace(inputs, model=replace(inputs.model, status=status)))


def _replicas(inputs: Inputs) -> int:
    """The number of pods. A Deployment that was deleted is created again with the count of its autoscaler."""
    if inputs.observed.deployment is not None:
        return inputs.observed.deployment.replicas
    return inputs.model.status.replicas if inputs.model.spec.autoscaling else 0


def _available(inputs: Inputs, serving: Serving | None, outcome: Outcome) -> Finding:
    """The condition Available: whether some good version answers. Pods of a rejected version do not count."""
    ready = [pod for pod in inputs.observed.pods if pod.answers]
    if inputs.model.spec.min_replicas == 0 and not ready:
        return Finding(status="False", reason="ScaledToZero", message="spec.replicas is 0.")
    if serving is None or (outcome is Outcome.NAME_CONFLICT and not ready):
        return Finding(status="False", reason="NeverDeployed", message="No version has been rolled out yet.")
    if outcome in (Outcome.REJECTED, Outcome.ROLLED_BACK, Outcome.ROLLING_BACK):
        ready = [pod for pod in ready if pod.key == serving.key(inputs.model.name)]
    if ready:
        versions = " and ".join(sorted({pod.version for pod in ready}, key=lambda text: (len(text), text)))
        pods = "1 pod answers" if len(ready) == 1 else f"{len(ready)} pods answer"
        text = f"{pods} with version {versions}."
        return Finding(status="True", reason="MinimumReplicasAvailable", message=text)
    return Finding(status="False", reason="MinimumReplicasUnavailable", message="No pod of a good version answers.")


def _decision(inputs: Inputs, desired: Desired, plan: Plan) -> Decision:
    model, observed, before = inputs.model, inputs.observed, inputs.model.status
    if refused := inputs.allowed.refused_service(model.spec.service):
        plan = with_refused_service(plan, refused)
    serving, history = plan.serving, before.history
    if serving and (before.serving is None or before.serving.revision != serving.revision):
        history = with_success(history, serving, inputs.now)
    wanted = observed.deployment.wanted if observed.deployment and model.spec.autoscaling else model.spec.min_replicas
    overruled = overruled_fields(observed.overruled)
    status = structs.replace(
        before,
        observed_generation=model.generation,
        conditions=conditions(
            outcome=plan.outcome,
            message=without_overruled(plan.message) + overruled,
            available=_available(inputs, serving, plan.outcome),
            resolved=plan.resolved or resolved_finding(model, inputs.answer),
            verified=plan.verified,
            before=before,
            generation=model.generation,
            now=inputs.now,
        ),
        desired=desired,
        serving=serving,
        rollout=plan.rollout,
        history=history,
        replicas=_replicas(inputs),
        selector=selector(model.name),
        pods_ready=f"{sum(pod.answers for pod in observed.pods)}/{wanted}",
        endpoint=before.endpoint if refused else endpoint(model),
        lineage=lineage_of(model, desired, inputs.answer),
        revisions=recorded(model, observed, plan.apply),
    )
    return Decision(
        status=status,
        outcome=plan.outcome,
        look_again_seconds=min(inputs.resync_seconds, plan.look_again_seconds or inputs.resync_seconds),
        apply=plan.apply,
        delete=plan.delete,
    )
