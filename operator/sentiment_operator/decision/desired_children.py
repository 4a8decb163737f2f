"""Which children must be created, applied or deleted for a pod template to run. Pure."""

from sentiment_operator.api.conditions import Finding
from sentiment_operator.api.names import revision_name
from sentiment_operator.api.resource import Target
from sentiment_operator.api.status import Serving
from sentiment_operator.children.autoscaler import autoscaler
from sentiment_operator.children.deployment import deployment, pod_template
from sentiment_operator.children.disruption_budget import disruption_budget
from sentiment_operator.children.revision import LAST_NUMBER, revision
from sentiment_operator.children.service import service
from sentiment_operator.decision.inputs import ChildRef, Inputs, Manifest
from sentiment_operator.decision.trusted import UNVERIFIED, is_orphan
from sentiment_operator.observed.drift import differs, stamped
from sentiment_operator.observed.observation import Template

KEPT_REVISIONS = 10
"""How many revisions are kept. The one that serves and the one being rolled out are never deleted."""


def template_of(inputs: Inputs, target: Target) -> Template:
    """The pod template of `target` as it was first rendered or, if it never was, as the present spec renders it."""
    kept = inputs.observed.template(target.key)
    return kept or Template.parse(pod_template(inputs.model, target, credential_origins=inputs.credential_origins))


def manifests_to_run(inputs: Inputs, target: Target) -> tuple[Manifest, ...]:
    """What to apply so that `target` runs."""
    return _manifests_to_run(inputs, template_of(inputs, target))


def _manifests_to_run(inputs: Inputs, template: Template) -> tuple[Manifest, ...]:
    return (*_missing_revision(inputs, template), *_changed(inputs, template.body, replicas=_replicas(inputs)))


def manifests_to_hold(inputs: Inputs, serving: Serving | None) -> tuple[Manifest, ...]:
    """What to apply so that what serves goes on: scaling, drift and lost children are handled in every plan.

    Nothing if its template was lost: the present spec may not be what served.
    """
    if serving is None:
        return _scaled_to_zero(inputs)
    template = inputs.observed.template(serving.key(inputs.model.name))
    return _manifests_to_run(inputs, template) if template else ()


def kept_revision(inputs: Inputs, template: Template, verified: Finding) -> Manifest:
    """The ControllerRevision that keeps `template`."""
    number = max((one.number for one in inputs.observed.revisions), default=0) + 1
    number = min(max(number, 1), LAST_NUMBER)
    return revision(inputs.model, template, number=number, reason=verified.reason, message=verified.message)


def obsolete(inputs: Inputs, *, candidate_of: Target | None = None, spare: str = "") -> tuple[ChildRef, ...]:
    """Children of ours to delete.

    Args:
        candidate_of: what is being verified; any other candidate is deleted.
        spare: name of the revision that is being rolled out.
    """
    model, observed = inputs.model, inputs.observed
    bodies = []
    if observed.disruption_budget is not None and disruption_budget(model) is None:
        bodies.append(observed.disruption_budget)
    if observed.autoscaler is not None and autoscaler(model) is None:
        bodies.append(observed.autoscaler)
    found = observed.candidate
    if found and not found.terminating and (candidate_of is None or found.judged_key != candidate_of.judged_key):
        bodies.append(found.body)
    spared = {spare, model.status.serving.revision if model.status.serving else ""}
    bodies += [one.body for one in observed.revisions[:-KEPT_REVISIONS] if one.name not in spared]
    # An orphan makes room for the revision that the operator writes itself.
    bodies += [one.body for one in observed.not_ours if one.name in spared and is_orphan(inputs, one)]
    return tuple(ChildRef.of(body) for body in bodies)


def _replicas(inputs: Inputs) -> int | None:
    """The count to apply; None leaves it to the autoscaler, which ignores a Deployment that is scaled to zero."""
    spec, live = inputs.model.spec, inputs.observed.deployment
    if spec.autoscaling is None:
        return spec.replicas
    return None if live and live.wanted else max(spec.autoscaling.min_replicas, inputs.model.status.replicas)


def _scaled_to_zero(inputs: Inputs) -> tuple[Manifest, ...]:
    """With no good version, a rejected one is scaled to zero: its pods could be ready between two crashes."""
    live = inputs.observed.deployment
    if live is None:
        return ()
    if not inputs.model.status.is_rejected(revision_name(inputs.model.name, live.template.key)):
        return ()
    template = inputs.observed.template(live.template.key) or live.template
    return _changed(inputs, template.body, replicas=0)


def _missing_revision(inputs: Inputs, template: Template) -> tuple[Manifest, ...]:
    """The revision of what runs, if it was lost or never created, and its name is free."""
    observed = inputs.observed
    if observed.revision(template.key) or observed.occupant(revision_name(inputs.model.name, template.key)):
        return ()
    return (kept_revision(inputs, template, UNVERIFIED),)


def _changed(inputs: Inputs, template: Manifest, *, replicas: int | None) -> tuple[Manifest, ...]:
    model, observed = inputs.model, inputs.observed
    pairs = (
        (service(model), observed.service),
        (disruption_budget(model), observed.disruption_budget),
        (deployment(model, template, replicas=replicas), observed.deployment.body if observed.deployment else None),
        (autoscaler(model), observed.autoscaler),
    )
    wanted = ((stamped(manifest), live) for manifest, live in pairs if manifest is not None)
    overruled = observed.overruled
    return tuple(
        manifest for manifest, live in wanted if differs(manifest, live, overruled=overruled.get(manifest["kind"]))
    )
