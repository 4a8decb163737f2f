"""The plan for a version that was verified, and for what serves: the Deployment runs it. Pure."""

from dataclasses import replace

from sentiment_operator.api.conditions import Finding, Outcome
from sentiment_operator.api.names import revision_name
from sentiment_operator.api.resource import Target
from sentiment_operator.api.status import Serving
from sentiment_operator.decision.desired_children import manifests_to_run, obsolete, template_of
from sentiment_operator.decision.diagnose import Diagnosis, diagnose
from sentiment_operator.decision.holding import advanced_to, is_serving, keeps_serving, until_deadline, verified_by
from sentiment_operator.decision.inputs import Inputs, Plan
from sentiment_operator.decision.record import ROLLING_OUT, old_pods, remaining_seconds, serving_from, settled


def has_begun(inputs: Inputs, target: Target) -> bool:
    """Whether the Deployment has begun to roll out `target`: no candidate is needed any more, and it ends first.

    If the status was lost, the Deployment's template decides, unless it was rejected.
    """
    rollout, live = inputs.model.status.rollout, inputs.observed.deployment
    revision = target.revision(inputs.model.name)
    if rollout is not None:
        return rollout.step == ROLLING_OUT and rollout.revision == revision
    if inputs.model.status.is_rejected(revision):
        return False
    return live is not None and live.template.key == target.key and inputs.observed.revision(target.key) is not None


def unfinished_rollout(inputs: Inputs, asked: Target | None, serving: Serving | None) -> Target | None:
    """The version whose rollout had begun when the spec changed to `asked`: it ends first, until its deadline."""
    model, rollout = inputs.model, inputs.model.status.rollout
    if rollout is None or rollout.step != ROLLING_OUT or (serving and serving.revision == rollout.revision):
        return None
    if asked is not None and asked.revision(model.name) == rollout.revision:
        return None
    if remaining_seconds(rollout, inputs.now, model.spec.rollout.progress_deadline_seconds) <= 0:
        return None
    for kept in inputs.observed.revisions:
        if revision_name(model.name, kept.template.key) == rollout.revision:
            found = kept.template
            return Target(
                version=found.version,
                digest=found.digest,
                source_uri=found.source_uri,
                image=found.image,
                key=found.key,
                judged_key=rollout.key,
            )
    return None


def diagnosis_of(inputs: Inputs, target: Target) -> Diagnosis:
    """What the stable pods of `target` show about it."""
    live = inputs.observed.deployment
    return diagnose(
        (pod for pod in inputs.observed.pods if pod.key == target.key),
        startup_deadline_seconds=inputs.model.spec.rollout.startup_deadline_seconds,
        replica_failure=live.replica_failure if live and live.template.key == target.key else "",
    )


def rolling_out(inputs: Inputs, target: Target, serving: Serving | None, diagnosis: Diagnosis) -> Plan:
    """The plan to run `target`, which was not rejected; its outcome follows from the pods."""
    model, observed, live = inputs.model, inputs.observed, inputs.observed.deployment
    same = is_serving(model, serving, target)
    after = serving_from(model, template_of(inputs, target), serving, inputs.now)
    plan = Plan(
        outcome=Outcome.ROLLING_OUT,
        message="",
        serving=serving,
        verified=verified_by(inputs, after),
        apply=manifests_to_run(inputs, target),
        delete=obsolete(inputs, candidate_of=None if same else target, spare=after.revision),
    )
    rollout = advanced_to(inputs, target, ROLLING_OUT)
    if inputs.refusal is not None and inputs.refusal.invalid:
        text = f"{inputs.refusal} {keeps_serving(serving)}"
        return replace(plan, outcome=Outcome.INVALID_SPEC, message=text, rollout=rollout)
    if not plan.apply and live is not None:
        if model.spec.min_replicas == 0 and live.observed and not observed.pods:
            text = f"Scaled to zero: no pod serves version {target.version}."
            return replace(
                plan,
                outcome=Outcome.SCALED_TO_ZERO,
                message=text,
                # Verified, but on no pod yet: its rollout goes on when there are replicas again.
                rollout=None if same else rollout,
                delete=obsolete(inputs, spare=after.revision),
            )
        if settled(model.spec, observed) and live.available > 0:
            return replace(
                plan,
                outcome=Outcome.SERVING,
                message=f"Version {target.version} serves on {live.available} of {live.wanted} pods.",
                serving=after,
                delete=obsolete(inputs, spare=after.revision),
            )
    cause = f" {inputs.refusal or diagnosis.message}".rstrip()
    if same and not plan.apply and (lost := _lost_pods(inputs, target, cause)):
        outcome, text = lost
        return replace(plan, outcome=outcome, message=text)
    plan = replace(plan, rollout=rollout)
    if diagnosis.kind == "unresolved" and not same:
        missing = Finding(status="False", reason=diagnosis.reason, message=diagnosis.message)
        text = f"{diagnosis.message} {keeps_serving(serving)}"
        return replace(plan, outcome=Outcome.UNRESOLVED, message=text, resolved=missing)
    text = f"Version {target.version} is rolling out: {_progress(inputs, target)}.{cause}"
    return until_deadline(inputs, replace(plan, message=text), rollout)


def _lost_pods(inputs: Inputs, target: Target, cause: str) -> tuple[Outcome, str] | None:
    """Outcome and message if a settled version is short of pods. That is no rollout, and never a rollback."""
    model, live = inputs.model, inputs.observed.deployment
    if model.status.rollout is not None or model.status.observed_generation != model.generation or live is None:
        return None
    ready = model.status.condition("Ready")
    if not live.observed and ready is not None and ready.status == "True":
        # The autoscaler changed the count and the Deployment's controller has not seen it; the template is ours.
        return Outcome.SERVING, ready.message
    if live.available < model.spec.min_replicas:
        text = f"Version {target.version} has lost pods: {live.available} of {live.wanted} are available.{cause}"
        return Outcome.UNAVAILABLE, text
    return None


def _progress(inputs: Inputs, target: Target) -> str:
    new = [pod for pod in inputs.observed.pods if pod.key == target.key and not pod.terminating]
    old = len(old_pods(inputs.observed, target.key))
    wanted = inputs.observed.deployment.wanted if inputs.observed.deployment else inputs.model.spec.min_replicas
    text = f"{sum(pod.ready for pod in new)} of {wanted} new pods are ready"
    return f"{text}, {old} old ones remain" if old else text
