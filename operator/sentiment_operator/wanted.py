"""Which children must be applied or deleted for a template to run. Pure."""

from sentiment_operator.children.deployment import deployment, pod_template
from sentiment_operator.children.disruption_budget import disruption_budget
from sentiment_operator.children.service import service
from sentiment_operator.drift import differs, stamped
from sentiment_operator.resource import Target
from sentiment_operator.situation import ChildRef, Manifest, Situation
from sentiment_operator.status import Serving


def running(case: Situation, target: Target, *, replicas: int | None) -> tuple[Manifest, ...]:
    """What differs from running `target`."""
    return _changed(case, pod_template(case.model, target), replicas=replicas)


def holding(case: Situation, serving: Serving | None) -> tuple[Manifest, ...]:
    """What differs from running what serves: scaling, drift and lost children are looked after in any course."""
    if serving is None:
        return ()
    key = serving.revision.removeprefix(f"{case.model.name}-")
    kept = case.seen.template(key, image=serving.image)
    if kept is not None:
        return _changed(case, kept.body, replicas=replicas(case))
    # Its ReplicaSets are gone: the same version, as the spec of today shapes pods.
    target = Target(
        version=serving.version,
        digest=serving.digest,
        source_uri=serving.source_uri,
        image=serving.image,
        key=key,
        judged_key="",
    )
    return running(case, target, replicas=replicas(case))


def replicas(case: Situation) -> int | None:
    """The count to apply; None leaves the live one to the autoscaler."""
    spec = case.model.spec
    if spec.autoscaling is None:
        return spec.replicas
    return None if case.seen.deployment else max(spec.autoscaling.min_replicas, case.model.status.replicas)


def superfluous(case: Situation) -> tuple[ChildRef, ...]:
    """Children of ours that the spec no longer asks for."""
    budget, model = case.seen.disruption_budget, case.model
    if budget is None or disruption_budget(model) is not None:
        return ()
    uid = budget["metadata"]["uid"]
    return (ChildRef(api_version="policy/v1", kind="PodDisruptionBudget", key=model.key, uid=uid),)


def _changed(case: Situation, template: Manifest, *, replicas: int | None) -> tuple[Manifest, ...]:
    model, seen = case.model, case.seen
    pairs = (
        (service(model), seen.service),
        (disruption_budget(model), seen.disruption_budget),
        (deployment(model, template, replicas=replicas), seen.deployment.body if seen.deployment else None),
    )
    wanted = ((stamped(manifest), live) for manifest, live in pairs if manifest is not None)
    return tuple(manifest for manifest, live in wanted if differs(manifest, live))
