"""The plan for a version that is not verified yet: create its candidate, watch it, create it again. Pure."""

from dataclasses import replace

from msgspec import structs

from sentiment_operator.api.conditions import Finding, Outcome
from sentiment_operator.api.resource import Target
from sentiment_operator.api.status import RolloutStatus, Serving
from sentiment_operator.api.verdict import requested_checks
from sentiment_operator.children.candidate import candidate
from sentiment_operator.children.deployment import pull_policy
from sentiment_operator.decision.desired_children import kept_revision, obsolete, template_of
from sentiment_operator.decision.diagnose import UNRESOLVED, WAITING, Diagnosis
from sentiment_operator.decision.holding import CHECKING, advanced_to, hold, keeps_serving, until_deadline
from sentiment_operator.decision.inputs import ChildRef, Inputs, Plan
from sentiment_operator.decision.record import VERIFYING
from sentiment_operator.decision.trusted import UNVERIFIED
from sentiment_operator.decision.verification import (
    NO_POD_SECONDS,
    diagnose_candidate,
    pinned_image,
    retry_seconds,
)
from sentiment_operator.observed.observation import Candidate, Template

TAG_KEPT = "Its image is kept by tag: the node does not report which digest of that repository it ran."


def candidate_diagnosis(inputs: Inputs, target: Target) -> Diagnosis:
    """What the candidate of `target` shows so far."""
    found = inputs.observed.candidate
    if found is None or found.terminating or found.judged_key != target.judged_key:
        return WAITING
    rollout = inputs.model.spec.rollout
    return diagnose_candidate(
        found,
        target,
        requested=requested_checks(rollout.verification),
        startup_deadline_seconds=rollout.startup_deadline_seconds,
    )


def verifying(inputs: Inputs, target: Target, serving: Serving | None, diagnosis: Diagnosis) -> Plan:
    """The plan while the candidate of `target` runs: keep what serves."""
    model, found = inputs.model, inputs.observed.candidate
    rollout = advanced_to(inputs, target, VERIFYING)
    plan = replace(
        hold(inputs, serving, Outcome.VERIFYING, ""),
        verified=CHECKING,
        delete=obsolete(inputs, candidate_of=target, spare=rollout.revision),
        rollout=rollout,
    )
    if inputs.refusal is not None:
        if inputs.refusal.invalid:
            return replace(plan, outcome=Outcome.INVALID_SPEC, message=f"{inputs.refusal} {keeps_serving(serving)}")
        text = f"Version {target.version} cannot be verified yet: {inputs.refusal} {keeps_serving(serving)}"
        return until_deadline(inputs, replace(plan, message=text), rollout)
    if found is None:
        why_not = _comparison_skipped(inputs, target, serving)
        against = None if why_not else serving
        job = candidate(model, target, template_of(inputs, target).body, against=against, not_compared=why_not)
        plan = replace(plan, apply=(*plan.apply, job))
    elif found.terminating or found.judged_key != target.judged_key:
        plan = replace(plan, look_again_seconds=1.0)
    elif diagnosis.ended and diagnosis.kind != "passed":
        plan = _retry(inputs, plan, found, rollout)
        rollout = plan.rollout or rollout
    elif not found.pods:
        plan = replace(plan, look_again_seconds=NO_POD_SECONDS)
    if missing := _missing_artifact(inputs, diagnosis, rollout):
        text = f"{missing.message} {keeps_serving(serving)}"
        return replace(plan, outcome=Outcome.UNRESOLVED, message=text, resolved=missing)
    text = f"A candidate of version {target.version} is at work. {diagnosis.message}".rstrip()
    return until_deadline(inputs, replace(plan, message=f"{text} {keeps_serving(serving)}"), rollout)


def _missing_artifact(inputs: Inputs, diagnosis: Diagnosis, rollout: RolloutStatus) -> Finding | None:
    """The condition ModelResolved if the artifact is missing.

    This candidate shows it, or the one before did and this one has not fetched yet.
    """
    if diagnosis.kind == "unresolved":
        return Finding(status="False", reason=diagnosis.reason, message=diagnosis.message)
    status, found = inputs.model.status, inputs.observed.candidate
    stalled, resolved = status.condition("Stalled"), status.condition("ModelResolved")
    same = status.rollout is not None and status.rollout.key == rollout.key and rollout.attempt > 1
    fetched = any(pod.fetch and pod.fetch.terminated for pod in (found.pods if found else ()))
    if diagnosis.kind != "waiting" or not same or fetched or stalled is None or resolved is None:
        return None
    if stalled.reason != Outcome.UNRESOLVED.value or resolved.reason not in UNRESOLVED:
        return None
    return Finding(status="False", reason=resolved.reason, message=resolved.message)


def passed(inputs: Inputs, target: Target, serving: Serving | None, diagnosis: Diagnosis) -> Plan:
    """The plan after the candidate has passed: keep its template as a revision before the Deployment is touched."""
    image = pinned_image(target.image, diagnosis.image_id)
    template = _with_image(template_of(inputs, target), image)
    kept_tag = "" if "@" in image else f" {TAG_KEPT}"
    verified = Finding(status="True", reason=diagnosis.reason, message=diagnosis.message + kept_tag)
    plan = verifying(inputs, target, serving, diagnosis)
    plan = replace(plan, verified=verified)
    if inputs.observed.occupant(target.revision(inputs.model.name)):
        return plan  # it is deleted first
    return replace(plan, apply=(*plan.apply, kept_revision(inputs, template, verified)))


def _retry(inputs: Inputs, plan: Plan, found: Candidate, rollout: RolloutStatus) -> Plan:
    """Replace a candidate that ended without a result, after a pause that grows with each attempt."""
    wait_seconds = retry_seconds(found, rollout.attempt)
    if wait_seconds > 0:
        return replace(plan, look_again_seconds=wait_seconds)
    return replace(
        plan,
        delete=(*plan.delete, ChildRef.of(found.body)),
        rollout=structs.replace(rollout, attempt=rollout.attempt + 1),
    )


def _comparison_skipped(inputs: Inputs, target: Target, serving: Serving | None) -> str:
    """Why the candidate is not compared with what serves; empty if it is."""
    if serving is None:
        return "nothing serves yet"
    kept = inputs.observed.revision(target.key)
    was_rejected = inputs.model.status.is_rejected(target.revision(inputs.model.name))
    if kept and kept.reason != UNVERIFIED.reason and not was_rejected:
        return "this is a rollback: it was compared when it was first rolled out"
    if not any(pod.answers for pod in inputs.observed.pods):
        return "no serving pod is ready"
    return ""


def _with_image(template: Template, image: str) -> Template:
    """The same template with `image` in every container that had the template's image."""
    spec, pinned = template.body["spec"], {"image": image, "imagePullPolicy": pull_policy(image)}
    changed = {
        group: [{**one, **pinned} if one["image"] == template.image else one for one in spec[group]]
        for group in ("initContainers", "containers")
    }
    return Template.parse({**template.body, "spec": {**spec, **changed}})
