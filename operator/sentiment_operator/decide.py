"""What the cluster should hold for one SentimentModel, and what its status should say. Pure.

The course is one of three: towards the *target* (what the spec asks for), *hold* what serves, or *nothing* to do. The
conditions follow from it and from what the pods show. A candidate that proves itself before the Service reaches it
belongs between "the target is known" and "towards the target"; kept revisions belong where `_held` looks for a template.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sentiment_operator.children.deployment import deployment, pod_template
from sentiment_operator.children.disruption_budget import disruption_budget
from sentiment_operator.children.service import endpoint, service
from sentiment_operator.conditions import Finding, Outcome, conditions
from sentiment_operator.diagnose import WAITING, Diagnosis, diagnose
from sentiment_operator.drift import differs, stamped
from sentiment_operator.errors import Refused
from sentiment_operator.names import Key, selector
from sentiment_operator.observed import Observation, owner_of
from sentiment_operator.pin import Answer, lineage_of, pinned, resolved_finding, target_for
from sentiment_operator.resource import SentimentModel, Target
from sentiment_operator.rollout import (
    RESOLVING,
    ROLLING_BACK,
    ROLLING_OUT,
    advance,
    old_pods,
    remaining_seconds,
    serving_before,
    serving_from,
    settled,
    with_success,
    with_verdict,
)
from sentiment_operator.status import Desired, RolloutStatus, Serving, Status

Manifest = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class ChildRef:
    """A child to delete."""

    api_version: str
    kind: str
    key: Key
    uid: str


@dataclass(frozen=True, kw_only=True)
class Decision:
    """What to do, in this order: `apply`, `delete`, write `status`; look again after `look_again_seconds`."""

    status: Status
    outcome: Outcome
    look_again_seconds: float
    apply: tuple[Manifest, ...] = ()
    delete: tuple[ChildRef, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Situation:
    """All that a decision is made from."""

    model: SentimentModel
    seen: Observation
    answer: Answer
    default_image: str
    now: datetime
    resync_seconds: float = 60.0
    refusal: Refused | None = None
    """What the API server said to what was decided before, if it refused it."""


@dataclass(frozen=True, kw_only=True)
class _Course:
    outcome: Outcome
    message: str
    rollout: RolloutStatus | None = None
    serving: Serving | None = None
    verified: Finding | None = None
    resolved: Finding | None = None
    apply: tuple[Manifest, ...] = ()
    delete: tuple[ChildRef, ...] = ()
    look_again_seconds: float | None = None


_SKIPPED = Finding(
    status="True",
    reason="ChecksSkipped",
    message="Its pods fetched it, matched its digest, loaded it and made a first prediction; no further checks were made.",
)
_CHECKING = Finding(status="Unknown", reason="Checking", message="No pod has shown yet that it can serve this version.")
_GOOD = frozenset({Outcome.SERVING, Outcome.SCALED_TO_ZERO, Outcome.UNAVAILABLE})


def decide(case: Situation) -> Decision:
    """The decision for one situation."""
    model, seen, now = case.model, case.seen, case.now
    desired = pinned(model, seen, case.answer, default_image=case.default_image)
    target = target_for(model, desired)
    serving = serving_before(model, seen, now)

    if (course := _collision(case)) is None:
        if target is None:
            course = _unknown(case, desired, serving)
        elif model.status.rejection(target.judged_key) and not _is(model, serving, target):
            course = _rejected(case, target, serving)
        elif model.spec.suspend and not _is(model, serving, target) and not _switching(model, target):
            course = _suspended(case, target, serving)
        else:
            finding = _diagnose(case, target)
            if finding.kind == "verdict" and not _is(model, serving, target):
                status = with_verdict(model.status, target, finding, revision=target.revision(model.name), now=now)
                return decide(replace(case, model=replace(model, status=status)))
            course = _towards(case, target, serving, finding)
    return _decision(case, desired, course)


def _is(model: SentimentModel, serving: Serving | None, target: Target) -> bool:
    return serving is not None and serving.revision == target.revision(model.name)


def _switching(model: SentimentModel, target: Target) -> bool:
    """Whether the switch to `target` has begun: it ends first."""
    rollout = model.status.rollout
    return rollout is not None and rollout.step == ROLLING_OUT and rollout.revision == target.revision(model.name)


def _diagnose(case: Situation, target: Target) -> Diagnosis:
    live = case.seen.deployment
    current = live is not None and live.template.key == target.key
    return diagnose(
        (pod for pod in case.seen.pods if pod.key == target.key),
        startup_deadline_seconds=case.model.spec.rollout.startup_deadline_seconds,
        replica_failure=live.replica_failure if live and current else "",
    )


def _collision(case: Situation) -> _Course | None:
    """Children of this name that are not ours: never touched."""
    owners = {
        f"{child['kind']} {child['metadata']['name']}": owner_of(child, uid=case.model.uid, name=case.model.name)
        for child in case.seen.children()
    }
    serving = case.model.status.serving
    verified = _SKIPPED if serving else _CHECKING
    if foreign := sorted(name for name, owner in owners.items() if owner == "foreign"):
        text = f"{' and '.join(foreign)} exists and is not this SentimentModel's: rename or delete one of the two."
        return _Course(outcome=Outcome.NAME_CONFLICT, message=text, serving=serving, verified=verified)
    if former := sorted(name for name, owner in owners.items() if owner == "former"):
        text = f"{' and '.join(former)} of a deleted SentimentModel of this name is still being removed."
        return _Course(
            outcome=Outcome.INITIALIZING, message=text, serving=serving, verified=verified, look_again_seconds=5
        )
    return None


def _unknown(case: Situation, desired: Desired, serving: Serving | None) -> _Course:
    """The version asked for is not known (yet): what serves goes on serving."""
    model, resolved = case.model, resolved_finding(case.model, case.answer)
    text = f"{resolved.message} {_goes_on(serving)}"
    common = _Course(
        outcome=Outcome.UNRESOLVED,
        message=text,
        serving=serving,
        verified=_SKIPPED if serving else _CHECKING,
        apply=_held(case, serving),
        delete=_superfluous(case),
    )
    if model.spec.suspend:
        return replace(common, outcome=Outcome.SUSPENDED, message=f"Suspended. {text}")
    if resolved.status == "False":
        return common
    course = _advance(case, step=RESOLVING, version=desired.version, revision="")
    return _until_deadline(case, replace(common, outcome=Outcome.RESOLVING, rollout=course))


def _rejected(case: Situation, target: Target, serving: Serving | None) -> _Course:
    """A verdict stands against what is asked for: back to what serves, or to nothing."""
    model = case.model
    rejection = model.status.rejection(target.judged_key)
    assert rejection is not None
    what = f"Version {target.version} was rejected ({rejection.reason}): {rejection.message}"
    text = f"{what} {_goes_on(serving)} Ask for another version, or change spec.rollout.retryToken to try it again."
    apply = _held(case, serving)
    if serving is None and case.seen.deployment is not None:
        # Nothing good to go back to. A pod that is ready between two crashes would serve: there must be none.
        apply = _changed(case, pod_template(model, target), replicas=0)
    course = _Course(
        outcome=Outcome.REJECTED,
        message=text,
        serving=serving,
        verified=Finding(status="False", reason=rejection.reason, message=rejection.message),
        apply=apply,
        delete=_superfluous(case),
    )
    if serving is None or model.spec.min_replicas == 0 or _is_back(case, serving, apply):
        return course
    rollout = _advance(case, step=ROLLING_BACK, version=serving.version, revision=serving.revision)
    if remaining_seconds(rollout, case.now, model.spec.rollout.progress_deadline_seconds) <= 0:
        return course
    return replace(course, outcome=Outcome.ROLLING_BACK, rollout=rollout)


def _is_back(case: Situation, serving: Serving, apply: tuple[Manifest, ...]) -> bool:
    live = case.seen.deployment
    return (
        not apply
        and live is not None
        and live.observed
        and live.available >= min(case.model.spec.min_replicas, live.wanted)
        and all(pod.terminating or f"{case.model.name}-{pod.key}" == serving.revision for pod in case.seen.pods)
    )


def _suspended(case: Situation, target: Target, serving: Serving | None) -> _Course:
    return _Course(
        outcome=Outcome.SUSPENDED,
        message=f"Suspended: version {target.version} waits until spec.suspend is false. {_goes_on(serving)}",
        serving=serving,
        verified=_SKIPPED if serving else _CHECKING,
        apply=_held(case, serving),
        delete=_superfluous(case),
    )


def _towards(case: Situation, target: Target, serving: Serving | None, finding: Diagnosis) -> _Course:
    """Nothing stands against the target: the Deployment runs it, and the pods tell how far that is."""
    model, seen, live = case.model, case.seen, case.seen.deployment
    apply = _changed(case, pod_template(model, target), replicas=_replicas(case))
    is_serving = _is(model, serving, target)
    up = is_serving or any(pod.ready for pod in seen.pods if pod.key == target.key)
    common = _Course(
        outcome=Outcome.ROLLING_OUT,
        message="",
        serving=serving,
        verified=_SKIPPED if up else _CHECKING,
        apply=apply,
        delete=_superfluous(case),
    )
    if case.refusal is not None and case.refusal.invalid:
        return replace(common, outcome=Outcome.INVALID_SPEC, message=f"{case.refusal} {_goes_on(serving)}")
    if model.spec.min_replicas == 0 and not apply and live is not None and live.observed and not seen.pods:
        text = f"Scaled to zero: no pod serves version {target.version}."
        return replace(common, outcome=Outcome.SCALED_TO_ZERO, message=text)
    if not apply and settled(seen, model.spec.min_replicas, case.now) and live is not None and live.available > 0:
        return replace(
            common,
            outcome=Outcome.SERVING,
            message=f"Version {target.version} serves on {live.available} of {live.wanted} pods.",
            serving=serving_from(model, seen.template(target.key) or live.template, serving, case.now),
            verified=_SKIPPED,
        )
    cause = f" {case.refusal or finding.message}".rstrip()
    if is_serving and not apply and model.status.rollout is None and model.status.observed_generation == model.generation:
        if live is not None and not live.observed and _was_ready(model):
            # An autoscaler's or a neighbour's edit that its controller has yet to see; the template is as applied.
            return replace(common, outcome=Outcome.SERVING, message=_message(model, "Ready"), look_again_seconds=2)
        if live is None or live.available < min(model.spec.min_replicas, live.wanted):
            count = f"{live.available} of {live.wanted}" if live else "no"
            text = f"Version {target.version} has lost pods: {count} answer.{cause}"
            return replace(common, outcome=Outcome.UNAVAILABLE, message=text)
    if finding.kind == "unresolved":
        failed = Finding(status="False", reason=finding.reason, message=finding.message)
        text = f"{finding.message} {_goes_on(serving)}"
        return replace(
            common,
            outcome=Outcome.UNRESOLVED,
            message=text,
            resolved=failed,
            rollout=_advance(case, step=ROLLING_OUT, version=target.version, revision=target.revision(model.name)),
        )
    rollout = _advance(case, step=ROLLING_OUT, version=target.version, revision=target.revision(model.name))
    text = f"Version {target.version} is rolling out: {_progress(case, target)}.{cause}"
    return _until_deadline(case, replace(common, message=text, rollout=rollout), finding)


def _progress(case: Situation, target: Target) -> str:
    new = [pod for pod in case.seen.pods if pod.key == target.key and not pod.terminating]
    old = len(old_pods(case.seen, target.key, case.now))
    wanted = case.seen.deployment.wanted if case.seen.deployment else case.model.spec.min_replicas
    text = f"{sum(pod.ready for pod in new)} of {wanted} new pods are ready"
    return f"{text}, {old} old ones remain" if old else text


def _until_deadline(case: Situation, course: _Course, finding: Diagnosis = WAITING) -> _Course:
    """`course` while its rollout is within its time; past it, what it waits for is shown as a stall."""
    assert course.rollout is not None
    rollout = case.model.spec.rollout
    remaining = remaining_seconds(course.rollout, case.now, rollout.progress_deadline_seconds)
    if remaining <= 0:
        limit = rollout.progress_deadline_seconds
        text = f"Not finished within {limit} s (spec.rollout.progressDeadlineSeconds), still trying. {course.message}"
        return replace(course, outcome=Outcome.DEADLINE_EXCEEDED, message=text)
    starting = [
        pod.serving.running_seconds
        for pod in case.seen.pods
        if pod.serving and pod.serving.running and not pod.serving.started
    ]
    looks = [remaining, *(max(rollout.startup_deadline_seconds - seconds, 0) for seconds in starting)]
    looks += [
        (pod.deletion_deadline - case.now).total_seconds()
        for pod in case.seen.pods
        if pod.deletion_deadline and pod.deletion_deadline > case.now
    ]
    return replace(course, look_again_seconds=min(looks) + 0.5)


def _advance(case: Situation, *, step: str, version: str, revision: str) -> RolloutStatus:
    return advance(
        case.model.status.rollout,
        step=step,
        version=version,
        revision=revision,
        now=case.now,
        deadline_seconds=case.model.spec.rollout.progress_deadline_seconds,
    )


def _goes_on(serving: Serving | None) -> str:
    return f"Version {serving.version} goes on serving." if serving else "Nothing serves yet."


def _was_ready(model: SentimentModel) -> bool:
    ready = model.status.condition("Ready")
    return ready is not None and ready.status == "True"


def _message(model: SentimentModel, kind: str) -> str:
    condition = model.status.condition(kind)
    return condition.message if condition else ""


def _replicas(case: Situation) -> int | None:
    """The count to apply; None leaves the live one to the autoscaler."""
    spec = case.model.spec
    if spec.autoscaling is None:
        return spec.replicas
    return None if case.seen.deployment else max(spec.autoscaling.min_replicas, case.model.status.replicas)


def _held(case: Situation, serving: Serving | None) -> tuple[Manifest, ...]:
    """What differs from running what serves: scaling, drift and lost children are looked after in any course."""
    if serving is None:
        return ()
    key = serving.revision.removeprefix(f"{case.model.name}-")
    kept = case.seen.template(key)
    if kept is not None:
        return _changed(case, kept.body, replicas=_replicas(case))
    # Its ReplicaSets are gone: the same version, as the spec of today shapes pods.
    target = Target(
        version=serving.version,
        digest=serving.digest,
        source_uri=serving.source_uri,
        image=serving.image,
        key=key,
        judged_key="",
    )
    return _changed(case, pod_template(case.model, target), replicas=_replicas(case))


def _changed(case: Situation, template: Manifest, *, replicas: int | None) -> tuple[Manifest, ...]:
    """The children that must be applied for `template` to run."""
    model, seen = case.model, case.seen
    pairs = (
        (service(model), seen.service),
        (disruption_budget(model), seen.disruption_budget),
        (deployment(model, template, replicas=replicas), seen.deployment.body if seen.deployment else None),
    )
    wanted = ((stamped(manifest), live) for manifest, live in pairs if manifest is not None)
    return tuple(manifest for manifest, live in wanted if differs(manifest, live))


def _superfluous(case: Situation) -> tuple[ChildRef, ...]:
    """Children of ours that the spec no longer asks for."""
    budget, model = case.seen.disruption_budget, case.model
    if budget is None or disruption_budget(model) is not None:
        return ()
    return (ChildRef(api_version="policy/v1", kind="PodDisruptionBudget", key=model.key, uid=budget["metadata"]["uid"]),)


def _available(case: Situation, serving: Serving | None, course: _Course) -> Finding:
    """Whether some good version answers."""
    if case.model.spec.min_replicas == 0 and not any(pod.ready for pod in case.seen.pods):
        return Finding(status="False", reason="ScaledToZero", message="spec.replicas is 0.")
    if serving is None or course.outcome is Outcome.NAME_CONFLICT and case.seen.deployment is None:
        return Finding(status="False", reason="NeverDeployed", message="No version has been rolled out yet.")
    bad = "" if course.outcome not in (Outcome.REJECTED, Outcome.ROLLING_BACK) else serving.revision
    ready = [
        pod
        for pod in case.seen.pods
        if pod.ready and not pod.terminating and (not bad or f"{case.model.name}-{pod.key}" == bad)
    ]
    if ready:
        versions = " and ".join(sorted({pod.version for pod in ready}, key=lambda text: (len(text), text)))
        text = f"{len(ready)} pods answer with version {versions}."
        return Finding(status="True", reason="MinimumReplicasAvailable", message=text)
    return Finding(status="False", reason="MinimumReplicasUnavailable", message="No pod of a good version answers.")


def _decision(case: Situation, desired: Desired, course: _Course) -> Decision:
    model, seen, now = case.model, case.seen, case.now
    serving = course.serving
    history = model.status.history
    known = model.status.serving
    if serving and (known is None or known.revision != serving.revision):
        history = with_success(history, serving, now)
    wanted = seen.deployment.wanted if seen.deployment and model.spec.autoscaling else model.spec.min_replicas
    status = replace(
        model.status,
        observed_generation=model.generation,
        conditions=conditions(
            outcome=course.outcome,
            message=course.message,
            available=_available(case, serving, course),
            resolved=course.resolved or resolved_finding(model, case.answer),
            verified=course.verified or _CHECKING,
            before=model.status,
            generation=model.generation,
            now=now,
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
    look_again = min(case.resync_seconds, course.look_again_seconds or case.resync_seconds)
    return Decision(
        status=status,
        outcome=course.outcome,
        look_again_seconds=look_again,
        apply=course.apply,
        delete=course.delete,
    )
