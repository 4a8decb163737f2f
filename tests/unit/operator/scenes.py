"""Inputs of decisions in a few words: which version serves, which one is requested, what the pods do."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from msgspec import structs

from sentiment_operator.api import errors
from sentiment_operator.api.names import KEY_ANNOTATION, VERSION_ANNOTATION
from sentiment_operator.api.resource import Answer, ResolvedVersion, SentimentModel, Target, target_of
from sentiment_operator.api.status import Condition, Desired, Rejected, RolloutStatus, Serving, timestamp
from sentiment_operator.children.autoscaler import autoscaler
from sentiment_operator.children.candidate import candidate as candidate_job
from sentiment_operator.children.deployment import deployment, pod_template
from sentiment_operator.children.disruption_budget import disruption_budget
from sentiment_operator.children.revision import revision
from sentiment_operator.children.service import service
from sentiment_operator.decision.allowed import Allowed
from sentiment_operator.decision.decide import decide
from sentiment_operator.decision.inputs import Decision, Inputs
from sentiment_operator.decision.trusted import recorded
from sentiment_operator.observed.drift import stamped
from sentiment_operator.observed.observation import Candidate, Deployment, Observation, Revision, Template
from sentiment_operator.observed.pods import Pod

NOW = datetime(2026, 5, 4, 12, 0, 0, tzinfo=UTC)
IMAGE = "registry/sentiment-serving@sha256:" + "e" * 64
UID = "11111111-2222-3333-4444-555555555555"


def digest(version: str) -> str:
    return "sha256:" + version.rjust(64, "0")


def resolved(version: str) -> ResolvedVersion:
    return ResolvedVersion(
        version=version,
        digest=digest(version),
        source_uri=f"s3://mlflow/{version}",
        run_id=f"run-{version}",
        git_commit="c0ffee",
        accuracy="0.92",
    )


def body(spec: Mapping[str, Any] | None = None, *, generation: int = 1) -> dict[str, Any]:
    """A SentimentModel as the API server returns it."""
    return {
        "apiVersion": "sentiment.dev/v1alpha1",
        "kind": "SentimentModel",
        "metadata": {
            "name": "reviews",
            "namespace": "shop",
            "uid": UID,
            "generation": generation,
            "resourceVersion": "1",
        },
        "spec": {"model": {"name": "sentiment-reviews", "version": "14"}, "replicas": 2, **(spec or {})},
    }


def model(spec: Mapping[str, Any] | None = None, *, generation: int = 1) -> SentimentModel:
    return SentimentModel.parse(body(spec, generation=generation))


def target(resource: SentimentModel, version: str) -> Target:
    return target_of(
        resource.spec,
        version=version,
        digest=digest(version),
        source_uri=f"s3://mlflow/{version}",
        image=resource.spec.image or IMAGE,
    )


def serving(resource: SentimentModel, version: str) -> Serving:
    what = target(resource, version)
    return Serving(
        version=version,
        digest=what.digest,
        source_uri=what.source_uri,
        image=what.image,
        revision=what.revision(resource.name),
        since_time="2026-05-01T00:00:00Z",
    )


def desired(resource: SentimentModel, version: str) -> Desired:
    return Desired(
        version=version,
        alias=resource.spec.reference.alias,
        digest=digest(version),
        source_uri=f"s3://mlflow/{version}",
        image="" if resource.spec.image else IMAGE,
    )


def live(
    manifest: Mapping[str, Any], *, generation: int = 1, status: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """What the API server keeps of an applied manifest: with a uid, a generation and defaults of its own."""
    metadata = {**manifest["metadata"], "uid": "child", "generation": generation, "resourceVersion": "7"}
    return {**manifest, "metadata": metadata, "status": dict(status or {})}


def observation(
    resource: SentimentModel,
    *,
    runs: str,
    earlier: Sequence[str] = (),
    scaled_to: int | None = None,
    replicas: int | None = None,
    updated: int | None = None,
    available: int | None = None,
    observed: bool = True,
    failure: str = "",
    pods: Sequence[Mapping[str, Any]] = (),
) -> Observation:
    """Children as the operator made them, with a Deployment that runs the version `runs`."""
    count = resource.spec.min_replicas if scaled_to is None else scaled_to
    template = pod_template(resource, target(resource, runs))
    status = {
        "observedGeneration": 3 if observed else 2,
        "replicas": count if replicas is None else replicas,
        "updatedReplicas": count if updated is None else updated,
        "availableReplicas": count if available is None else available,
        "conditions": [{"type": "ReplicaFailure", "status": "True", "message": failure}] if failure else [],
    }
    made = stamped(deployment(resource, template, replicas=None if resource.spec.autoscaling else count))
    body = live(made, generation=3, status=status)
    body["spec"] = {"replicas": count, **body["spec"]}
    budget, scaler = disruption_budget(resource), autoscaler(resource)
    return Observation(
        deployment=Deployment.parse(body),
        service=live(stamped(service(resource))),
        disruption_budget=live(stamped(budget)) if budget else None,
        autoscaler=live(stamped(scaler)) if scaler else None,
        revisions=revisions(resource, (*earlier, runs)),
        pods=tuple(pod(resource, number, **one) for number, one in enumerate(pods)),
    )


def revisions(resource: SentimentModel, versions: Sequence[str]) -> tuple[Revision, ...]:
    """The kept templates of versions whose candidates passed, oldest first."""
    return tuple(
        Revision.parse(
            live(
                revision(
                    resource,
                    Template.parse(pod_template(resource, target(resource, version))),
                    number=number,
                    reason="AllChecksPassed",
                    message="All checks passed.",
                )
            )
        )
        for number, version in enumerate(versions, start=1)
    )


def candidate(
    resource: SentimentModel,
    *,
    version: str,
    age_seconds: float = 4,
    failed: bool = False,
    creation_failure: str = "",
    pod: Mapping[str, Any] | None = None,
    retry_token: str = "",
    running_seconds: float = 0.0,
) -> Candidate:
    """The candidate of a version; `pod` as in `pod_body`, with `verify`: a container's status, or a verdict's parts."""
    rollout = structs.replace(resource.spec.rollout, retry_token=retry_token or resource.spec.rollout.retry_token)
    spec = structs.replace(resource.spec, rollout=rollout)
    what = target(replace(resource, spec=spec), version)
    body = live(candidate_job(resource, what, pod_template(resource, what), against=None, not_compared="so"))
    body["status"] = {"conditions": [{"type": "Failed", "status": "True"}]} if failed else {}
    pods = [] if pod is None else [pod_body(resource, 9, version=version, **pod)]
    for one in pods:
        one["metadata"]["ownerReferences"] = [{"uid": body["metadata"]["uid"], "controller": True}]
    found = Candidate.parse(body, pods, creation_failure=creation_failure)
    running = tuple(replace(one, running_seconds=running_seconds) for one in found.pods)
    return replace(found, pods=running, age_seconds=age_seconds)


def verdict(version: str, outcome: str, reason: str) -> dict[str, Any]:
    """A container that ended with this verdict."""
    message = {
        "format": "sentiment.dev/verdict/v1",
        "model": {"name": "sentiment-reviews", "version": version, "digest": digest(version)},
        "outcome": outcome,
        "reason": reason,
        "message": "The verifier's reason.",
        "checks": [{"name": "parity", "outcome": outcome, "rows": 200, "flipped": 2}],
        "flipped": [{"id": "g-17", "expected": "positive", "got": "negative", "check": "parity"}],
    }
    return {"state": {"terminated": {"exitCode": 0, "message": json.dumps(message)}}}


def pod(resource: SentimentModel, number: int, *, running_seconds: float = 0.0, **status: Any) -> Pod:
    """A pod; see `pod_body`. `running_seconds`: for how long its serving container has been seen running."""
    found = Pod.parse(pod_body(resource, number, **status))
    gone_seconds = status.get("deleted_seconds_ago") or 0.0
    return replace(found, terminating_seconds=gone_seconds, running_seconds=running_seconds)


def pod_body(
    resource: SentimentModel,
    number: int,
    *,
    version: str,
    ready: bool = False,
    fetch: Mapping[str, Any] | None = None,
    serving: Mapping[str, Any] | None = None,
    verify: Mapping[str, Any] | None = None,
    unschedulable: str = "",
    deleted_seconds_ago: float | None = None,
    disrupted: bool = False,
    failed: str = "",
) -> dict[str, Any]:
    """A pod of a version; `fetch`, `serving` and `verify` are container statuses as the kubelet writes them.

    With `verify` it is a candidate's, where serving is a sidecar.
    """
    conditions = [{"type": "Ready", "status": "True" if ready else "False"}]
    if unschedulable:
        conditions.append({"type": "PodScheduled", "status": "False", "message": unschedulable})
    if disrupted:
        conditions.append({"type": "DisruptionTarget", "status": "True"})
    metadata: dict[str, Any] = {
        "name": f"reviews-{number}",
        "annotations": {VERSION_ANNOTATION: version, KEY_ANNOTATION: target(resource, version).key},
    }
    if deleted_seconds_ago is not None:
        metadata.update(deletionTimestamp=timestamp(NOW), deletionGracePeriodSeconds=30)
    if ready and serving is None:
        serving = {"ready": True, "started": True, "state": {"running": {}}}
    status: dict[str, Any] = {"phase": "Failed" if failed else "Running", "reason": failed, "conditions": conditions}
    inits: list[dict[str, Any]] = []
    mains: list[dict[str, Any]] = []
    if fetch is not None:
        inits.append({"name": "fetch", **fetch})
    if serving is not None:
        (mains if verify is None else inits).append(
            {"name": "serving", "containerID": f"containerd://{number}", **serving}
        )
    if verify is not None:
        ended = verdict(version, *verify["verdict"]) if "verdict" in verify else verify
        mains.append({"name": "verify", **ended})
    status.update(initContainerStatuses=inits, containerStatuses=mains)
    return {"metadata": metadata, "status": status}


def inputs_of(given: Mapping[str, Any]) -> Inputs:
    """The inputs of a row in a table of states.

    `serves`: the version that settled before; `settled`: whether that was for this generation; `rejected`: versions
    that were rejected, and why; `rejected_before`: the same, but their `judged_key` has changed since; `rolling`: step,
    version and age of a rollout under way; `registry`: the name of an error, or nothing for an answer; `children`: as
    in `observation`; `candidate`: as in the function of that name; `kept`: versions whose revisions there are (by
    default those of the children); `revision_by_hand`: a version of whose revision the status knows nothing;
    `allowed`: the operator's settings about Services.
    """
    resource = model(given.get("spec"), generation=given.get("generation", 2))
    reference, status = resource.spec.reference, resource.status
    version = given.get("resolves_to", reference.version)
    if serves := given.get("serves"):
        status = structs.replace(status, serving=serving(resource, serves))
    if given.get("settled"):
        status = structs.replace(status, observed_generation=resource.generation)
    if given.get("pinned", True) and version:
        status = structs.replace(status, desired=desired(resource, version))
    for number, reason in (given.get("rejected") or given.get("rejected_before") or {}).items():
        what = target(resource, number)
        verdict = Rejected(
            version=number,
            digest=what.digest,
            key=what.judged_key if "rejected" in given else "another key",
            revision=what.revision(resource.name),
            step=given.get("found_at", "Verifying"),
            reason=reason,
            message="A sentence.",
            time="2026-05-04T11:00:00Z",
        )
        status = structs.replace(status, rejected=(*status.rejected, verdict))
    if missing := given.get("stalled_as"):
        status = structs.replace(status, conditions=stalled(resource, missing))
    if rolling := given.get("rolling"):
        number = rolling["version"]
        revision = "" if rolling["step"] == "Resolving" else target(resource, number).revision(resource.name)
        started = timestamp(NOW - timedelta(seconds=rolling.get("age_seconds", 5)))
        key = target(resource, number).judged_key if rolling["step"] in ("Verifying", "RollingOut") else ""
        record = RolloutStatus(
            step=rolling["step"], version=number, revision=revision, key=key, started_time=started,
            attempt=rolling.get("attempt", 1),
        )  # fmt: skip
        status = structs.replace(status, rollout=record)
    resource = replace(resource, status=status)
    children = given.get("children")
    observed = observation(resource, **children) if children else Observation()
    if kept := given.get("kept"):
        observed = replace(observed, revisions=revisions(resource, kept))
    written = recorded(resource, observed, ())
    if by_hand := given.get("revision_by_hand"):
        observed = replace(observed, revisions=(*revisions(resource, (by_hand,)), *observed.revisions))
    if at_work := given.get("candidate"):
        observed = replace(observed, candidate=candidate(resource, **at_work))
    if owner := given.get("deployment_owner"):
        assert observed.deployment is not None
        observed = replace(observed, deployment=Deployment.parse(owned_by(observed.deployment.body, owner)))
    # What an operator of this release has left.
    resource = replace(resource, status=structs.replace(resource.status, revisions=written))
    refusal, allowed = given.get("refusal"), given.get("allowed", {})
    return Inputs(
        model=resource,
        observed=observed,
        answer=answer(given.get("registry"), version),
        default_image=IMAGE,
        now=NOW,
        allowed=Allowed(
            service_types=tuple(allowed.get("service_types", ())),
            service_annotations=tuple(allowed.get("service_annotations", ())),
        ),
        refusal=errors.Refused(refusal["message"], invalid=refusal["invalid"]) if refusal else None,
    )


def stalled(resource: SentimentModel, reason: str) -> tuple[Condition, ...]:
    """Conditions of a version whose artifact the store did not have."""
    findings = {"ModelResolved": ("False", reason), "Stalled": ("True", "Unresolved")}
    return tuple(
        Condition(
            type=kind,
            status=status,
            reason=why,
            message="The store's reason.",
            observed_generation=resource.generation,
            last_transition_time="2026-05-04T11:59:00Z",
        )
        for kind, (status, why) in findings.items()
    )


def answer(error: str | None, version: str) -> Answer:
    if error is None:
        return resolved(version)
    failure = getattr(errors, error)("The registry's reason.")
    assert isinstance(failure, errors.RegistryError)
    return failure


def owned_by(body: Mapping[str, Any], owner: str) -> dict[str, Any]:
    """A child with another owner: `foreign` or `former`."""
    reference = {
        "apiVersion": "sentiment.dev/v1alpha1" if owner == "former" else "example.com/v1",
        "kind": "SentimentModel" if owner == "former" else "Else",
        "name": "reviews",
        "uid": "another",
        "controller": True,
    }
    return {**body, "metadata": {**body["metadata"], "ownerReferences": [reference]}}


def reasons(decision: Decision) -> dict[str, str]:
    """The conditions of a decision as `status/reason`."""
    return {one.type: f"{one.status}/{one.reason}" for one in decision.status.conditions}


def decided(given: Mapping[str, Any]) -> Decision:
    return decide(inputs_of(given))
