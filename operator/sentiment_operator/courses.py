"""The courses a SentimentModel can be on, one function each. Pure.

`unknown`, `rejected` and `suspended` hold what serves; `towards` runs what is asked for; `collision` does nothing.
"""

from dataclasses import replace

from sentiment_operator.conditions import Finding, Outcome
from sentiment_operator.diagnose import Diagnosis
from sentiment_operator.observed import owner_of
from sentiment_operator.pin import resolved_finding
from sentiment_operator.resource import SentimentModel, Target
from sentiment_operator.rollout import (
    RESOLVING,
    ROLLING_BACK,
    ROLLING_OUT,
    advance,
    old_pods,
    remaining_seconds,
    serving_from,
    settled,
)
from sentiment_operator.situation import Course, Manifest, Situation
from sentiment_operator.status import Desired, Rejected, RolloutStatus, Serving
from sentiment_operator.wanted import holding, replicas, running, superfluous

SKIPPED = Finding(
    status="True",
    reason="ChecksSkipped",
    message="Its pods fetched it, matched its digest, loaded it and made a first prediction; nothing else was checked.",
)
CHECKING = Finding(status="Unknown", reason="Checking", message="No pod has shown yet that it can serve this version.")


def is_serving(model: SentimentModel, serving: Serving | None, target: Target) -> bool:
    """Whether `target` is what serves already, template and all."""
    return serving is not None and serving.revision == target.revision(model.name)


def switching(model: SentimentModel, target: Target) -> bool:
    """Whether the switch to `target` has begun: it ends first."""
    rollout = model.status.rollout
    return rollout is not None and rollout.step == ROLLING_OUT and rollout.revision == target.revision(model.name)


def collision(case: Situation) -> Course | None:
    """Children of this name that are not ours: never touched."""
    owners = {
        f"{child['kind']} {child['metadata']['name']}": owner_of(child, uid=case.model.uid, name=case.model.name)
        for child in case.seen.children()
    }
    serving = case.model.status.serving
    verified = SKIPPED if serving else CHECKING
    if foreign := sorted(name for name, owner in owners.items() if owner == "foreign"):
        text = f"{' and '.join(foreign)} exists and is not this SentimentModel's: rename or delete one of the two."
        return Course(outcome=Outcome.NAME_CONFLICT, message=text, serving=serving, verified=verified)
    if former := sorted(name for name, owner in owners.items() if owner == "former"):
        text = f"{' and '.join(former)} of a deleted SentimentModel of this name is still being removed."
        outcome = Outcome.INITIALIZING
        return Course(outcome=outcome, message=text, serving=serving, verified=verified, look_again_seconds=5)
    return None


def unknown(case: Situation, desired: Desired, serving: Serving | None) -> Course:
    """The version asked for is not known (yet)."""
    resolved = resolved_finding(case.model, case.answer)
    text = f"{resolved.message} {_goes_on(serving)}"
    course = _hold(case, serving, Outcome.UNRESOLVED, text)
    if case.model.spec.suspend:
        return replace(course, outcome=Outcome.SUSPENDED, message=f"Suspended. {text}")
    if resolved.status == "False":
        return course
    rollout = _advance(case, step=RESOLVING, version=desired.version, revision="")
    return _until_deadline(case, replace(course, outcome=Outcome.RESOLVING, rollout=rollout), rollout)


def rejected(case: Situation, target: Target, serving: Serving | None, verdict: Rejected) -> Course:
    """A verdict stands against what is asked for: back to what serves, or to nothing."""
    text = (
        f"Version {target.version} was rejected ({verdict.reason}): {verdict.message} {_goes_on(serving)} "
        "Ask for another version, or change spec.rollout.retryToken to try it again."
    )
    course = replace(
        _hold(case, serving, Outcome.REJECTED, text),
        verified=Finding(status="False", reason=verdict.reason, message=verdict.message),
    )
    if serving is None:
        # Nothing good to go back to. A pod that is ready between two crashes would serve: there must be none.
        return replace(course, apply=running(case, target, replicas=0) if case.seen.deployment else ())
    if case.model.spec.min_replicas == 0 or _is_back(case, serving, course.apply):
        return course
    rollout = _advance(case, step=ROLLING_BACK, version=serving.version, revision=serving.revision)
    if remaining_seconds(rollout, case.now, case.model.spec.rollout.progress_deadline_seconds) <= 0:
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


def suspended(case: Situation, target: Target, serving: Serving | None) -> Course:
    """What is asked for waits until the user lifts the suspension."""
    text = f"Suspended: version {target.version} waits until spec.suspend is false. {_goes_on(serving)}"
    return _hold(case, serving, Outcome.SUSPENDED, text)


def _hold(case: Situation, serving: Serving | None, outcome: Outcome, message: str) -> Course:
    return Course(
        outcome=outcome,
        message=message,
        serving=serving,
        verified=SKIPPED if serving else CHECKING,
        apply=holding(case, serving),
        delete=superfluous(case),
    )


def towards(case: Situation, target: Target, serving: Serving | None, finding: Diagnosis) -> Course:
    """Nothing stands against the target: the Deployment runs it, and the pods tell how far that is."""
    model, seen, live = case.model, case.seen, case.seen.deployment
    same = is_serving(model, serving, target)
    up = same or any(pod.ready for pod in seen.pods if pod.key == target.key)
    course = Course(
        outcome=Outcome.ROLLING_OUT,
        message="",
        serving=serving,
        verified=SKIPPED if up else CHECKING,
        apply=running(case, target, replicas=replicas(case)),
        delete=superfluous(case),
    )
    if case.refusal is not None and case.refusal.invalid:
        return replace(course, outcome=Outcome.INVALID_SPEC, message=f"{case.refusal} {_goes_on(serving)}")
    if not course.apply and live is not None:
        if model.spec.min_replicas == 0 and live.observed and not seen.pods:
            text = f"Scaled to zero: no pod serves version {target.version}."
            return replace(course, outcome=Outcome.SCALED_TO_ZERO, message=text)
        if settled(seen, model.spec.min_replicas, case.now) and live.available > 0:
            return replace(
                course,
                outcome=Outcome.SERVING,
                message=f"Version {target.version} serves on {live.available} of {live.wanted} pods.",
                serving=serving_from(
                    model, seen.template(target.key, image=target.image) or live.template, serving, case.now
                ),
                verified=SKIPPED,
            )
    cause = f" {case.refusal or finding.message}".rstrip()
    if same and not course.apply and (lost := _lost_pods(case, target, cause)):
        outcome, text = lost
        return replace(course, outcome=outcome, message=text)
    rollout = _advance(case, step=ROLLING_OUT, version=target.version, revision=target.revision(model.name))
    course = replace(course, rollout=rollout)
    if finding.kind == "unresolved" and not same:
        missing = Finding(status="False", reason=finding.reason, message=finding.message)
        text = f"{finding.message} {_goes_on(serving)}"
        return replace(course, outcome=Outcome.UNRESOLVED, message=text, resolved=missing)
    text = f"Version {target.version} is rolling out: {_progress(case, target)}.{cause}"
    return _until_deadline(case, replace(course, message=text), rollout)


def _lost_pods(case: Situation, target: Target, cause: str) -> tuple[Outcome, str] | None:
    """What has settled for this generation before and is short of pods now: no rollout, and never a rollback."""
    model, live = case.model, case.seen.deployment
    if model.status.rollout is not None or model.status.observed_generation != model.generation or live is None:
        return None
    ready = model.status.condition("Ready")
    if not live.observed and ready is not None and ready.status == "True":
        # An autoscaler's edit that the Deployment's controller has yet to see; the template is the applied one.
        return Outcome.SERVING, ready.message
    if live.available < min(model.spec.min_replicas, live.wanted):
        text = f"Version {target.version} has lost pods: {live.available} of {live.wanted} are available.{cause}"
        return Outcome.UNAVAILABLE, text
    return None


def _progress(case: Situation, target: Target) -> str:
    new = [pod for pod in case.seen.pods if pod.key == target.key and not pod.terminating]
    old = len(old_pods(case.seen, target.key, case.now))
    wanted = case.seen.deployment.wanted if case.seen.deployment else case.model.spec.min_replicas
    text = f"{sum(pod.ready for pod in new)} of {wanted} new pods are ready"
    return f"{text}, {old} old ones remain" if old else text


def _until_deadline(case: Situation, course: Course, rollout: RolloutStatus) -> Course:
    """`course` while its rollout is within its time; past it, what it waits for is shown as a stall."""
    spec = case.model.spec.rollout
    remaining = remaining_seconds(rollout, case.now, spec.progress_deadline_seconds)
    if remaining <= 0:
        limit = spec.progress_deadline_seconds
        text = f"Not finished within {limit} s (spec.rollout.progressDeadlineSeconds), still trying. {course.message}"
        return replace(course, outcome=Outcome.DEADLINE_EXCEEDED, message=text)
    looks = [remaining]
    for pod in case.seen.pods:
        if pod.serving and pod.serving.running and not pod.serving.started:
            looks.append(max(spec.startup_deadline_seconds - pod.serving.running_seconds, 0))
        if pod.deletion_deadline and pod.deletion_deadline > case.now:
            looks.append((pod.deletion_deadline - case.now).total_seconds())
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
