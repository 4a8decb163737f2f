"""The SentimentModel as frozen types. The CRD's schema has validated and defaulted what is parsed here."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from sentiment_operator.api.errors import RegistryError
from sentiment_operator.api.names import Key, revision_name, short_hash
from sentiment_operator.api.status import Status

Json = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Reference:
    """Which version of which registered model: exactly one of `version` and `alias` is not empty."""

    name: str
    version: str = ""
    alias: str = ""

    def __str__(self) -> str:
        return f"version {self.version} of {self.name}" if self.version else f"alias {self.alias} of {self.name}"


@dataclass(frozen=True, kw_only=True)
class ResolvedVersion:
    """What the registry says about one version: all that is needed to fetch it and to know it again."""

    version: str
    digest: str
    """`sha256:` and 64 hexadecimal digits: the digest of its manifest."""

    source_uri: str
    """Where its artifacts are: `s3://...`, `gs://...`, `https://...`."""

    run_id: str = ""
    git_commit: str = ""
    accuracy: str = ""


Answer = ResolvedVersion | RegistryError
"""What the registry answers about a reference: the version, or why there is none to deploy."""


@dataclass(frozen=True, kw_only=True)
class Autoscaling:
    min_replicas: int
    max_replicas: int
    target_cpu_percent: int


@dataclass(frozen=True, kw_only=True)
class ServiceSpec:
    type: str = "ClusterIP"
    port: int = 80
    annotations: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Rollout:
    progress_deadline_seconds: int = 600
    startup_deadline_seconds: int = 60
    verification: Json = field(default_factory=dict)
    retry_token: str = ""


@dataclass(frozen=True, kw_only=True)
class Spec:
    reference: Reference
    image: str = ""
    replicas: int = 2
    autoscaling: Autoscaling | None = None
    resources: Json = field(default_factory=dict)
    service: ServiceSpec = field(default_factory=ServiceSpec)
    scrape: bool = True
    credentials_secret: str = ""
    pod_template: Json = field(default_factory=dict)
    rollout: Rollout = field(default_factory=Rollout)
    suspend: bool = False

    @property
    def min_replicas(self) -> int:
        """How many pods must be available for the spec to be met."""
        return self.autoscaling.min_replicas if self.autoscaling else self.replicas

    @classmethod
    def parse(cls, spec: Json) -> Self:
        model, scaling = spec["model"], spec.get("autoscaling")
        service, rollout = spec.get("service") or {}, spec.get("rollout") or {}
        return cls(
            reference=Reference(name=model["name"], version=model.get("version") or "", alias=model.get("alias") or ""),
            image=spec.get("image") or "",
            replicas=spec.get("replicas", 2),
            autoscaling=scaling
            and Autoscaling(
                min_replicas=scaling.get("minReplicas", 2),
                max_replicas=scaling["maxReplicas"],
                target_cpu_percent=scaling.get("targetCPUUtilizationPercentage", 70),
            ),
            resources=spec.get("resources") or {},
            service=ServiceSpec(
                type=service.get("type", "ClusterIP"),
                port=service.get("port", 80),
                annotations=service.get("annotations") or {},
            ),
            scrape=(spec.get("monitoring") or {}).get("scrape", True),
            credentials_secret=(spec.get("credentials") or {}).get("secretName", ""),
            pod_template=spec.get("podTemplate") or {},
            rollout=Rollout(
                progress_deadline_seconds=rollout.get("progressDeadlineSeconds", 600),
                startup_deadline_seconds=rollout.get("startupDeadlineSeconds", 60),
                verification=rollout.get("verification") or {},
                retry_token=rollout.get("retryToken") or "",
            ),
            suspend=bool(spec.get("suspend")),
        )


@dataclass(frozen=True, kw_only=True)
class SentimentModel:
    key: Key
    uid: str
    generation: int
    resource_version: str
    spec: Spec
    status: Status = field(default_factory=Status)
    deleting: bool = False

    @property
    def name(self) -> str:
        return self.key.name

    @property
    def namespace(self) -> str:
        return self.key.namespace

    @classmethod
    def parse(cls, body: Json) -> Self:
        """Read what the API server returned."""
        metadata = body["metadata"]
        return cls(
            key=Key(metadata["namespace"], metadata["name"]),
            uid=metadata["uid"],
            generation=metadata["generation"],
            resource_version=metadata["resourceVersion"],
            spec=Spec.parse(body["spec"]),
            status=Status.parse(body.get("status") or {}),
            deleting="deletionTimestamp" in metadata,
        )


@dataclass(frozen=True, kw_only=True)
class Target:
    """One thing that can be deployed: a version with all that shapes its pods."""

    version: str
    digest: str
    source_uri: str
    image: str
    key: str
    """Template key: hash of the inputs of the pod template, never of its rendering."""

    judged_key: str
    """Hash of all that a verdict on it depends on."""

    def revision(self, name: str) -> str:
        return revision_name(name, self.key)


def target_of(spec: Spec, *, version: str, digest: str, source_uri: str, image: str) -> Target:
    """What `spec` asks for once its version is known. `image` is the one to run, also where the spec names none."""
    key = short_hash(
        {
            "version": version,
            "digest": digest,
            "sourceUri": source_uri,
            "image": spec.image,
            "resources": spec.resources,
            "podTemplate": spec.pod_template,
            "scrape": spec.scrape,
            "credentials": spec.credentials_secret,
        }
    )
    judged = short_hash(
        {
            "digest": digest,
            "template": key,
            # The operator's default may move, and with it what is judged.
            "image": image,
            "verification": spec.rollout.verification,
            "retryToken": spec.rollout.retry_token,
        }
    )
    return Target(version=version, digest=digest, source_uri=source_uri, image=image, key=key, judged_key=judged)
