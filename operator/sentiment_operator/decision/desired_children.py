"""Which children must be made, applied or deleted for a template to run. Pure."""

from sentiment_operator.api.conditions import Finding
from sentiment_operator.api.names import revision_name
from sentiment_operator.api.resource import Target
from sentiment_operator.api.status import Serving
from sentiment_operator.children.autoscaler import autoscaler
from sentiment_operator.children.deployment import deployment, pod_template
from sentiment_operator.children.disruption_budget import disruption_budget
from sentiment_operator.children.revision import revision
from sentiment_operator.children.service import service
from sentiment_operator.decision.inputs import ChildRef, Manifest, Situation
from sentiment_operator.observed.drift import differs, stamped
from sentiment_operator.observed.observation import Template

KEPT_REVISIONS = 10
"""How many revisions are kept; those that serve or are being rolled out are never dropped."""

UNJUDGED = Finding(
    status="True", reason="ChecksSkipped", message="It was found serving as it is; no candidate of it was judged."
)


def template_of(case: Situation, target: Target) -> Template:
    """The pod template of `target`: as it was rendered once, or else as the spec of today shapes pods."""
    return case.seen.template(target.key) or Template.parse(pod_template(case.model, target))


def running(case: Situation, target: Target) -> tuple[Manifest, ...]:
    """What differs from running `target`."""
    return _running(case, template_of(case, target))


def _running(case: Situation, template: Template) -> tuple[Manifest, ...]:
    return (*_keeping(case, template), *_changed(case, template.body, replicas=_replicas(case)))


def holding(case: Situation, serving: Serving | None) -> tuple[Manifest, ...]:
    """What differs from running what serves: scaling, drift and lost children are looked after in any course.

    Nothing, where its template was lost: the spec of today is not what served.
    """
    if serving is None:
        return _emptied(case)
    template = case.seen.template(serving.key(case.model.name))
    return _running(case, template) if template else ()


def keeping(case: Situation, template: Template, verified: Finding) -> Manifest:
    """The revision that keeps `template`."""
    number = max((one.number for one in case.seen.revisions), default=0) + 1
    return revision(case.model, template, number=number, reason=verified.reason, message=verified.message)


def superfluous(case: Situation, *, candidate_of: Target | None = None, spare: str = "") -> tuple[ChildRef, ...]:
    """Children of ours that are no longer asked for.

    `candidate_of`: what is judged now; any other candidate goes. `spare`: the revision that is being rolled out.
    """
    model, seen = case.model, case.seen
    bodies = []
    if seen.disruption_budget is not None and disruption_budget(model) is None:
        bodies.append(seen.disruption_budget)
    if seen.autoscaler is not None and autoscaler(model) is None:
        bodies.append(seen.autoscaler)
    found = seen.candidate
    if found and not found.terminating and (candidate_of is None or found.judged_key != candidate_of.judged_key):
        bodies.append(found.body)
    spared = {spare, model.status.serving.revision if model.status.serving else ""}
    for one in seen.revisions[:-KEPT_REVISIONS]:
        if one.body["metadata"]["name"] not in spared:
            bodies.append(one.body)
    return tuple(ChildRef.of(body) for body in bodies)


def _replicas(case: Situation) -> int | None:
    """The count to apply; None leaves the live one to the autoscaler, which does not touch a Deployment of none."""
    spec, live = case.model.spec, case.seen.deployment
    if spec.autoscaling is None:
        return spec.replicas
    return None if live and live.wanted else max(spec.autoscaling.min_replicas, case.model.status.replicas)


def _emptied(case: Situation) -> tuple[Manifest, ...]:
    """Nothing good to run. A pod of a bad model that is ready between two crashes would serve: there must be none."""
    live = case.seen.deployment
    if live is None:
        return ()
    if not case.model.status.is_rejected(revision_name(case.model.name, live.template.key)):
        return ()
    template = case.seen.template(live.template.key) or live.template
    return _changed(case, template.body, replicas=0)


def _keeping(case: Situation, template: Template) -> tuple[Manifest, ...]:
    """The revision of what runs, where it was lost or never made."""
    return () if case.seen.revision(template.key) else (keeping(case, template, UNJUDGED),)


def _changed(case: Situation, template: Manifest, *, replicas: int | None) -> tuple[Manifest, ...]:
    model, seen = case.model, case.seen
    pairs = (
        (service(model), seen.service),
        (disruption_budget(model), seen.disruption_budget),
        (deployment(model, template, replicas=replicas), seen.deployment.body if seen.deployment else None),
        (autoscaler(model), seen.autoscaler),
    )
    wanted = ((stamped(manifest), live) for manifest, live in pairs if manifest is not None)
    return tuple(manifest for manifest, live in wanted if differs(manifest, live))
