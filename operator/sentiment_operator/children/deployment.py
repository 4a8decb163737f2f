"""The Deployment of the serving pods, and its pod template."""

from collections.abc import Mapping, Sequence
from typing import Any

from sentiment_operator.api.names import (
    DIGEST_ANNOTATION,
    KEY_ANNOTATION,
    SCRAPE_PREFIX,
    SERVING_PORT,
    SKIP_CREDENTIALS_ANNOTATION,
    VERSION_ANNOTATION,
    child_labels,
    selector_labels,
)
from sentiment_operator.api.resource import SentimentModel, Spec, Target
from sentiment_operator.api.variables import escaped
from sentiment_operator.children.metadata import metadata
from sentiment_operator.children.resources import serving_resources

MODEL_DIR = "/model"

MIN_READY_SECONDS = 5
"""How long a new pod must stay ready before an old one goes: a crash right after the start costs no capacity."""

GRACE_SECONDS = 30
PRE_STOP_SECONDS = 5
"""How long a terminating pod still answers. Until it is removed from the endpoints, requests would be lost."""

LOST_NODE_SECONDS = 30
"""How long a pod stays bound to a node that does not answer. The default, five minutes, is long for a stateless pod."""

NO_DEADLINE_SECONDS = 2**31 - 1
"""Effectively none. A Deployment's deadline misses crash loops and raises false alarms; the operator has its own."""

STARTUP_LIMIT_SECONDS = 3660
"""Above any startupDeadlineSeconds, which the operator enforces: a kill by the probe would look like a crash."""

RESTRICTED = {
    "allowPrivilegeEscalation": False,
    "readOnlyRootFilesystem": True,
    "capabilities": {"drop": ["ALL"]},
}


def deployment(model: SentimentModel, template: Mapping[str, Any], *, replicas: int | None) -> dict[str, Any]:
    """The Deployment that runs `template`.

    Args:
        replicas: the number of pods; None leaves it to an autoscaler.
    """
    annotations = template["metadata"].get("annotations", {})
    shown = {name: annotations[name] for name in (VERSION_ANNOTATION, DIGEST_ANNOTATION) if name in annotations}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": metadata(model, shown),
        "spec": {
            **({} if replicas is None else {"replicas": replicas}),
            "selector": {"matchLabels": selector_labels(model.name)},
            "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": "100%", "maxUnavailable": 0}},
            "minReadySeconds": MIN_READY_SECONDS,
            "progressDeadlineSeconds": NO_DEADLINE_SECONDS,
            "revisionHistoryLimit": 10,
            "template": template,
        },
    }


def pod_template(model: SentimentModel, target: Target, *, credential_origins: Sequence[str] = ()) -> dict[str, Any]:
    """The template of pods that serve `target`: `fetch` downloads the model into a volume, `serving` serves it.

    Args:
        credential_origins: the web servers (scheme, host, port) to which `fetch` may send a login at MLflow.
    """
    spec, extra = model.spec, model.spec.pod_template
    optional = {name: extra[name] for name in ("nodeSelector", "affinity", "imagePullSecrets") if extra.get(name)}
    return {
        "metadata": {
            "labels": {**(extra.get("labels") or {}), **child_labels(model.name)},
            "annotations": {**(extra.get("annotations") or {}), **_annotations(spec, target)},
        },
        "spec": {
            **optional,
            # Always: the API server would restore an account that is only left out, from its alias `serviceAccount`.
            "serviceAccountName": extra.get("serviceAccountName") or "default",
            "tolerations": _tolerations(extra.get("tolerations") or ()),
            "topologySpreadConstraints": extra.get("topologySpreadConstraints") or _spread(model.name),
            "automountServiceAccountToken": False,
            "enableServiceLinks": False,
            "terminationGracePeriodSeconds": GRACE_SECONDS,
            "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
            "initContainers": [_fetch(spec, target, credential_origins)],
            "containers": [_serving(spec, target)],
            "volumes": [
                {"name": "model", "emptyDir": {"sizeLimit": "2Gi"}},
                {"name": "tmp", "emptyDir": {"sizeLimit": "64Mi"}},
            ],
        },
    }


def _annotations(spec: Spec, target: Target) -> dict[str, str]:
    scrape = {"scrape": "true", "port": str(SERVING_PORT), "path": "/metrics"} if spec.monitoring.scrape else {}
    return {
        VERSION_ANNOTATION: target.version,
        DIGEST_ANNOTATION: target.digest,
        KEY_ANNOTATION: target.key,
        SKIP_CREDENTIALS_ANNOTATION: "serving",
        **{f"{SCRAPE_PREFIX}{name}": value for name, value in scrape.items()},
    }


def _tolerations(given: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The spec's tolerations, and the operator's for a node that does not answer, unless the spec has its own."""
    given_keys = {one.get("key") for one in given}
    lost = ("node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable")
    added = [
        {"key": key, "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": LOST_NODE_SECONDS}
        for key in lost
        if given_keys.isdisjoint({key, None})  # a toleration without a key matches every taint
    ]
    return [*map(dict, given), *added]


def _spread(name: str) -> list[dict[str, Any]]:
    """Spread over zones and nodes, preferred only: a pod never stays pending because of it."""
    return [
        {
            "maxSkew": 1,
            "topologyKey": topology,
            "whenUnsatisfiable": "ScheduleAnyway",
            "labelSelector": {"matchLabels": selector_labels(name)},
            # Pods of an earlier template do not count.
            "matchLabelKeys": ["pod-template-hash"],
        }
        for topology in ("topology.kubernetes.io/zone", "kubernetes.io/hostname")
    ]


def _fetch(spec: Spec, target: Target, credential_origins: Sequence[str]) -> dict[str, Any]:
    secret = spec.credentials.secret_name
    credentials = [{"secretRef": {"name": secret}}] if secret else []
    return {
        "name": "fetch",
        "image": target.image,
        "imagePullPolicy": pull_policy(target.image),
        "args": ["fetch"],
        "env": env(
            MODEL_URI=target.source_uri,
            MODEL_DIGEST=target.digest,
            MODEL_DIR=MODEL_DIR,
            **_web(target.source_uri, credential_origins),
        ),
        **({"envFrom": credentials} if credentials else {}),
        "resources": {"requests": {"cpu": "100m", "memory": "64Mi"}, "limits": {"memory": "256Mi"}},
        "volumeMounts": [{"name": "model", "mountPath": MODEL_DIR}, {"name": "tmp", "mountPath": "/tmp"}],  # noqa: S108
        "securityContext": RESTRICTED,
        "terminationMessagePolicy": "FallbackToLogsOnError",
    }


def _web(source_uri: str, credential_origins: Sequence[str]) -> dict[str, str]:
    """What `fetch` needs for a web server. The operator resolves an http address only if its settings allow it.

    A variable of the container wins over one of the credentials' Secret.
    """
    scheme = source_uri.partition(":")[0]
    if scheme not in ("http", "https"):
        return {}
    allow = {"FETCH_ALLOW_HTTP": "1"} if scheme == "http" else {}
    return {**allow, "FETCH_CREDENTIAL_ORIGINS": ",".join(credential_origins)}


def _serving(spec: Spec, target: Target) -> dict[str, Any]:
    return {
        "name": "serving",
        "image": target.image,
        "imagePullPolicy": pull_policy(target.image),
        "args": ["serve"],
        "env": env(
            MODEL_DIR=MODEL_DIR,
            MODEL_NAME=spec.reference.name,
            MODEL_VERSION=target.version,
            MODEL_DIGEST=target.digest,
            PORT=str(SERVING_PORT),
        ),
        "ports": [{"name": "http", "containerPort": SERVING_PORT, "protocol": "TCP"}],
        "resources": serving_resources(spec.resources),
        "startupProbe": _probe("/readyz", period=1, failures=STARTUP_LIMIT_SECONDS),
        "readinessProbe": _probe("/readyz", period=5, failures=2),
        "livenessProbe": _probe("/livez", period=10, failures=3),
        "lifecycle": {"preStop": {"sleep": {"seconds": PRE_STOP_SECONDS}}},
        "volumeMounts": [
            {"name": "model", "mountPath": MODEL_DIR, "readOnly": True},
            {"name": "tmp", "mountPath": "/tmp"},  # noqa: S108
        ],
        "securityContext": RESTRICTED,
        "terminationMessagePolicy": "FallbackToLogsOnError",
    }


def pull_policy(image: str) -> str:
    """The policy that the API server sets for an image by default.

    It sets it once: without a policy in the manifest, a later image would keep that of the first one.
    """
    name, _, digest = image.partition("@")
    tag = name.rpartition("/")[2].partition(":")[2]
    return "Always" if tag == "latest" or not (tag or digest) else "IfNotPresent"


def env(**variables: str) -> list[dict[str, str]]:
    """Variables of a container, in the order given, with exactly these values."""
    return [{"name": name, "value": escaped(value)} for name, value in variables.items()]


def _probe(path: str, *, period: int, failures: int) -> dict[str, Any]:
    return {
        "httpGet": {"path": path, "port": "http"},
        "periodSeconds": period,
        "failureThreshold": failures,
        "timeoutSeconds": 3,
    }
