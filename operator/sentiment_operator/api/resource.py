"""The SentimentModel as frozen types. The CRD's schema has validated and defaulted what is parsed here."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from msgspec import Struct, convert, field

from sentiment_operator.api.errors import RegistryError
from sentiment_operator.api.names import Key, revision_name, short_hash
from sentiment_operator.api.status import Status

Json = Mapping[str, Any]


class Reference(Struct, frozen=True, kw_only=True, rename="camel"):
    """Which version of which registered model: exactly one of `version` and `alias` is not empty."""

    name: str
    version: str = ""
    alias: str = ""

    def __str__(self) -> str:
        return f"version {self.version} of {self.name}" if self.version else f"alias {self.alias} of {self.name}"


@dataclass(frozen=True, kw_only=True)
class ResolvedVersion:
    """What the registry has about one version: all that is needed to fetch it and to recognise it."""

    version: str
    digest: str
    """The digest of its manifest: `sha256:` and 64 hexadecimal digits."""

    source_uri: str
    """Where its artifacts are: `s3://...`, `gs://...`, `https://...`."""

    run_id: str = ""
    git_commit: str = ""
    accuracy: str = ""


Answer = ResolvedVersion | RegistryError
"""What the registry answers about a reference: the version, or why there is none to deploy."""


class Autoscaling(Struct, frozen=True, kw_only=True, rename="camel"):
    max_replicas: int
    min_replicas: int = 2
    target_cpu_percent: int = field(default=70, name="targetCPUUtilizationPercentage")


class ServiceSpec(Struct, frozen=True, kw_only=True, rename="camel"):
    type: str = "ClusterIP"
    port: int = 80
    annotations: Mapping[str, str] = field(default_factory=dict)


class Monitoring(Struct, frozen=True, kw_only=True, rename="camel"):
    scrape: bool = True


class Credentials(Struct, frozen=True, kw_only=True, rename="camel"):
    secret_name: str = ""


class Rollout(Struct, frozen=True, kw_only=True, rename="camel"):
    progress_deadline_seconds: int = 600
    startup_deadline_seconds: int = 60
    verification: Json = field(default_factory=dict)
    retry_token: str = ""


_TYPED = frozenset({"model", "autoscaling", "service", "monitoring", "credentials", "rollout"})
"""Parts of the spec that are read as types; the others are kept as they are."""


def _set(body: Json) -> Json:
    return {name: value for name, value in body.items() if value is not None}


class Spec(Struct, frozen=True, kw_only=True, rename="camel"):
    """The spec. Fields of newer CRDs are ignored.

    `resources`, `pod_template` and `rollout.verification` are kept as the user wrote them: `target_of` hashes them, and
    a default or a reordered field in there would restart every pod or verify every rejected version again.
    """

    reference: Reference = field(name="model")
    image: str = ""
    replicas: int = 2
    autoscaling: Autoscaling | None = None
    resources: Json = field(default_factory=dict)
    service: ServiceSpec = ServiceSpec()
    monitoring: Monitoring = Monitoring()
    credentials: Credentials = Credentials()
    pod_template: Json = field(default_factory=dict)
    rollout: Rollout = Rollout()
    suspend: bool = False

    @property
    def min_replicas(self) -> int:
        """How many pods must be available for the spec to be met."""
        return self.autoscaling.min_replicas if self.autoscaling else self.replicas

    @classmethod
    def parse(cls, spec: Json) -> Self:
        """Read a spec that the API server has validated; null stands for what is not set."""
        return convert({name: _set(part) if name in _TYPED else part for name, part in _set(spec).items()}, cls)


@dataclass(frozen=True, kw_only=True)
class SentimentModel:
    key: Key
    uid: str
    generation: int
    resource_version: str
    spec: Spec
    status: Status = dataclasses.field(default_factory=Status)
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
    """A version to deploy, with all that shapes its pods."""

    version: str
    digest: str
    source_uri: str
    image: str
    key: str
    """Template key: a hash of the pod template's inputs, not of its rendering: a new operator restarts no pod."""

    judged_key: str
    """A hash of all that its verdict depends on."""

    def revision(self, name: str) -> str:
        return revision_name(name, self.key)


def target_of(spec: Spec, *, version: str, digest: str, source_uri: str, image: str) -> Target:
    """The target of `spec` once its version is known. `image` is the one to run: the spec's or the pinned default."""
    key = short_hash(
        {
            "version": version,
            "digest": digest,
            "sourceUri": source_uri,
            "image": spec.image,
            "resources": spec.resources,
            "podTemplate": spec.pod_template,
            "scrape": spec.monitoring.scrape,
            "credentials": spec.credentials.secret_name,
        }
    )
    judged_key = short_hash(
        {
            "digest": digest,
            "template": key,
            # The operator's default may change, and a verdict holds for one image only.
            "image": image,
            "verification": spec.rollout.verification,
            "retryToken": spec.rollout.retry_token,
        }
    )
    return Target(version=version, digest=digest, source_uri=source_uri, image=image, key=key, judged_key=judged_key)
