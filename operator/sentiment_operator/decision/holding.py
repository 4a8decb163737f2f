"""Plans in which what serves is kept, one function each, and what all plans share. Pure.

`unresolved`, `rejected` and `suspended` keep what serves; `name_conflict` touches nothing. The plans of a new version
are in `verifying` (its candidate) and then in `rolling_out` (the Deployment).
"""

from dataclasses import replace

from sentiment_operator.api.conditions import Finding, Outcome
from sentiment_operator.api.resource import SentimentModel, Target
from sentiment_operator.api.status import Desired, Rejected, RolloutStatus, Serving
from sentiment_operator.decision.desired_children import manifests_to_hold, obsolete
from sentiment_operator.decision.inputs import Inputs, Manifest, Plan
from sentiment_operator.decision.pin import resolved_finding
from sentiment_operator.decision.record import RESOLVING, ROLLING_BACK, ROLLING_OUT, advance, remaining_seconds
from sentiment_operator.decision.trusted import UNVERIFIED, name_taken
from sentiment_operator.observed.observation import owner_of

CHECKING = Finding(status="Unknown", reason="Checking", message="No candidate of this version has been verified yet.")


def is_serving(model: SentimentModel, serving: Serving | None, target: Target) -> bool:
    """Whether `target` already serves, with the same pod template."""
    return serving is not None and serving.revision == target.revision(model.name)


def name_conflict(inputs: Inputs) -> Plan | None:
    """The plan when children of this name are not ours: touch nothing. None when there are none."""
    uid, own_name = inputs.model.uid, inputs.model.name
    children = inputs.observed.children()
    owners = {
        f"{child['kind']} {child['metadata']['name']}": owner_of(child, uid=uid, name=own_name) for child in children
    }
    leftover = [one for one in inputs.observed.not_ours if owner_of(one.body, uid=uid, name=own_name) == "former"]
    owners |= {f"ControllerRevision {one.name}": "former" for one in leftover}
    serving, rollout = inputs.model.status.serving, inputs.model.status.rollout
    plan = Plan(
        outcome=Outcome.NAME_CONFLICT,
        message="",
        serving=serving,
        verified=verified_by(inputs, serving),
        rollout=rollout,
    )
    if foreign := sorted(name for name, owner in owners.items() if owner == "foreign"):
        text = f"{' and '.join(foreign)} exists and belongs to something else: rename or delete one of the two."
        return replace(plan, message=text)
    if former := sorted(name for name, owner in owners.items() if owner == "former"):
        text = f"{' and '.join(former)} of a deleted SentimentModel of this name is still being removed."
        return replace(plan, outcome=Outcome.INITIALIZING, message=text, look_again_seconds=5)
    return None


def revision_conflict(inputs: Inputs, serving: Serving | None, name: str) -> Plan | None:
    """The plan when the name of a revision that is needed is taken: keep what serves. None when it is free or ours."""
    if not (why := name_taken(inputs, name)):
        return None
    plan = hold(inputs, serving, Outcome.NAME_CONFLICT, f"{why} {keeps_serving(serving)}")
    return replace(plan, rollout=inputs.model.status.rollout)


def with_refused_service(plan: Plan, why: str) -> Plan:
    """`plan` when the operator's settings refuse the Service: pods are looked after, the Service stays as it is."""
    if plan.outcome in (Outcome.NAME_CONFLICT, Outcome.INITIALIZING):
        return plan
    apply = tuple(manifest for manifest in plan.apply if manifest["kind"] != "Service")
    text = f"{why} {keeps_serving(plan.serving)}"
    return replace(plan, outcome=Outcome.INVALID_SPEC, message=text, apply=apply)


def unresolved(inputs: Inputs, desired: Desired, serving: Serving | None) -> Plan:
    """The plan while the version asked for is not known."""
    resolved = resolved_finding(inputs.model, inputs.answer)
    text = f"{resolved.message} {keeps_serving(serving)}"
    plan = hold(inputs, serving, Outcome.UNRESOLVED, text)
    if inputs.model.spec.suspend:
        return replace(plan, outcome=Outcome.SUSPENDED, message=f"Suspended. {text}")
    if resolved.status == "False":
        return plan
    rollout = advanced(inputs, RolloutStatus(step=RESOLVING, version=desired.version))
    return until_deadline(inputs, replace(plan, outcome=Outcome.RESOLVING, rollout=rollout), rollout)


def rejected(inputs: Inputs, target: Target, serving: Serving | None, rejection: Rejected) -> Plan:
    """The plan for a version that was rejected: keep what serves, and roll back to it if the rollout had begun."""
    back = rejection.step == ROLLING_OUT
    what = "failed after its rollout had begun" if back else "was rejected"
    text = (
        f"Version {target.version} {what} ({rejection.reason}): {rejection.message} {keeps_serving(serving)} "
        "Ask for another version, or change spec.rollout.retryToken to try it again."
    )
    plan = replace(
        hold(inputs, serving, Outcome.ROLLED_BACK if back and serving else Outcome.REJECTED, text),
        verified=Finding(status="False", reason=rejection.reason, message=rejection.message),
    )
    if serving is None or inputs.model.spec.min_replicas == 0 or not _is_rolling_back(inputs, serving, plan.apply):
        return plan
    rollout = advanced(inputs, RolloutStatus(step=ROLLING_BACK, version=serving.version, revision=serving.revision))
    plan = replace(plan, rollout=rollout)
    if remaining_seconds(rollout, inputs.now, inputs.model.spec.rollout.progress_deadline_seconds) <= 0:
        return plan
    return replace(plan, outcome=Outcome.ROLLING_BACK)


def _is_rolling_back(inputs: Inputs, serving: Serving, apply: tuple[Manifest, ...]) -> bool:
    """Whether pods of another template still run, or have just ended and what serves is still short of pods."""
    live, key, before = inputs.observed.deployment, serving.key(inputs.model.name), inputs.model.status.rollout
    if live is None or live.template.key != key:
        return True
    if any(pod.key != key and not pod.terminating for pod in inputs.observed.pods):
        return True
    if before is None or before.step != ROLLING_BACK:
        return False
    return bool(apply) or not live.observed or live.available < inputs.model.spec.min_replicas


def suspended(inputs: Inputs, target: Target, serving: Serving | None) -> Plan:
    """The plan for a suspended resource: the version asked for waits, what serves is kept."""
    text = f"Suspended: version {target.version} waits until spec.suspend is false. {keeps_serving(serving)}"
    return hold(inputs, serving, Outcome.SUSPENDED, text)


def hold(inputs: Inputs, serving: Serving | None, outcome: Outcome, message: str) -> Plan:
    """Keep what serves; nothing else is under way."""
    trouble = f" {inputs.refusal}" if inputs.refusal else ""
    if serving is not None and inputs.observed.template(serving.key(inputs.model.name)) is None:
        trouble += f" Its revision {serving.revision} is gone: pods that it loses cannot be replaced."
    return Plan(
        outcome=outcome,
        message=f"{message}{trouble}",
        serving=serving,
        verified=verified_by(inputs, serving),
        apply=manifests_to_hold(inputs, serving),
        delete=obsolete(inputs),
    )


def verified_by(inputs: Inputs, serving: Serving | None) -> Finding:
    """The condition ModelVerified of what serves, as its revision has it."""
    if serving is None:
        return CHECKING
    kept = inputs.observed.revision(serving.key(inputs.model.name))
    if kept is None or not kept.reason:
        return UNVERIFIED
    return Finding(status="True", reason=kept.reason, message=kept.message)


def until_deadline(inputs: Inputs, plan: Plan, rollout: RolloutStatus) -> Plan:
    """`plan` with the next look at the deadline; past the deadline, what it waits for is shown as Stalled."""
    spec = inputs.model.spec.rollout
    remaining = remaining_seconds(rollout, inputs.now, spec.progress_deadline_seconds)
    looks = [plan.look_again_seconds] if plan.look_again_seconds is not None else []
    if remaining <= 0:
        limit = spec.progress_deadline_seconds
        text = f"Not finished within {limit} s (spec.rollout.progressDeadlineSeconds), still trying. {plan.message}"
        plan = replace(plan, outcome=Outcome.DEADLINE_EXCEEDED, message=text)
    else:
        looks.append(remaining)
    candidate = inputs.observed.candidate
    for pod in (*inputs.observed.pods, *(candidate.pods if candidate else ())):
        if pod.serving and pod.serving.running and not pod.serving.started and not pod.terminating:
            left = spec.startup_deadline_seconds - pod.running_seconds
            looks += [left] if left > 0 else []
        if pod.terminating and not pod.overdue:
            looks.append(pod.grace_seconds - pod.terminating_seconds)
    return replace(plan, look_again_seconds=min(looks) + 0.5 if looks else None)


def advanced_to(inputs: Inputs, target: Target, step: str) -> RolloutStatus:
    """The record of the rollout of `target` at `step`."""
    revision = target.revision(inputs.model.name)
    return advanced(inputs, RolloutStatus(step=step, version=target.version, revision=revision, key=target.judged_key))


def advanced(inputs: Inputs, to: RolloutStatus) -> RolloutStatus:
    """The record of the rollout at `to`, with its start time and attempts."""
    limit = inputs.model.spec.rollout.progress_deadline_seconds
    return advance(inputs.model.status.rollout, to, now=inputs.now, deadline_seconds=limit)


def keeps_serving(serving: Serving | None) -> str:
    """What serves meanwhile, as a sentence for a message."""
    return f"Version {serving.version} goes on serving." if serving else "Nothing serves yet."
