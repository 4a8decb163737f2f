"""MLflow: what the operator needs of it, and the adapter to its client. Calls block: run them in threads."""

import os
import re
from dataclasses import dataclass, field
from typing import Any, Protocol, Self

from mlflow import MlflowClient
from mlflow.exceptions import MlflowException

from sentiment_operator.api.errors import (
    AliasNotFound,
    ArtifactMissing,
    DigestMissing,
    ForeignAnswer,
    ModelNotFound,
    PendingRegistration,
    RegistrationFailed,
    RegistryError,
    Unauthorized,
    VersionNotFound,
)
from sentiment_operator.api.resource import Reference, ResolvedVersion
from sentiment_operator.api.text import one_line
from sentiment_operator.registry.failures import failure, is_absent, is_forbidden
from sentiment_operator.registry.signature import SIGNATURE_TAG, UNSIGNED, Signers
from sentiment_operator.registry.source import checked_source, proxied_source

DIGEST_TAG = "sentiment.digest"
GIT_COMMIT_TAG = "sentiment.git_commit"
ACCURACY_TAG = "sentiment.accuracy"
DIGEST_PREFIX = "sha256:"
_NUMBER = re.compile(r"[0-9]{1,10}")
_HEXADECIMAL = re.compile(r"[0-9a-f]{64}")
_LOGGED_MODEL = re.compile(r"models:/(m-[0-9A-Za-z_-]+)")
"""A source that names a logged model. MLflow's client puts the id into a path as it is: `..` must not get there."""


class Registry(Protocol):
    def resolve(self, reference: Reference) -> ResolvedVersion:
        """The version that `reference` names.

        Raises:
            RegistryError: there is none that could be served; the class is the reason.
        """


@dataclass(frozen=True)
class MlflowRegistry:
    """The adapter to MLflow's client. Safe to use from several threads."""

    tracking_uri: str
    allow_http: bool
    client: Any = field(repr=False)
    signers: Signers = UNSIGNED

    @classmethod
    def connect(
        cls, tracking_uri: str, *, timeout_seconds: float, allow_http: bool, signers: Signers = UNSIGNED
    ) -> Self:
        # MLflow's defaults (120 s, seven retries) are too long, and only the environment can change them.
        os.environ["MLFLOW_HTTP_REQUEST_TIMEOUT"] = str(max(1, round(timeout_seconds)))
        os.environ["MLFLOW_HTTP_REQUEST_MAX_RETRIES"] = "1"
        os.environ["MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR"] = "0"
        # A server or proxy that answers "Retry-After: 3600" would block a thread for an hour.
        os.environ["MLFLOW_HTTP_RESPECT_RETRY_AFTER_HEADER"] = "false"
        client = MlflowClient(tracking_uri=tracking_uri, registry_uri=tracking_uri)
        return cls(tracking_uri, allow_http, client, signers)

    def resolve(self, reference: Reference) -> ResolvedVersion:
        try:
            version = self._version(reference)
            if not _NUMBER.fullmatch(str(version.version or "")):
                raise ForeignAnswer(f"The server at the registry's address returned no version for {reference}.")
            self._check_state(reference, version)
            uri = self._artifacts(reference, version)
        except MlflowException as error:
            raise failure(error, str(reference)) from error
        return self._resolved(reference, version, uri)

    def set_tag(self, model: str, version: str, name: str, value: str) -> None:
        """Tag a version.

        Raises:
            RegistryError: the tag was not set.
        """
        try:
            self.client.set_model_version_tag(model, version, name, value)
        except MlflowException as error:
            raise _untagged(error, model, version) from error

    def delete_tag(self, model: str, version: str, name: str) -> None:
        """Delete a tag of a version, if it exists.

        Raises:
            RegistryError: the tag was not deleted.
        """
        try:
            self.client.delete_model_version_tag(model, version, name)
        except MlflowException as error:
            raise _untagged(error, model, version) from error

    def _version(self, reference: Reference) -> Any:
        try:
            if reference.alias:
                return self.client.get_model_version_by_alias(reference.name, reference.alias)
            return self.client.get_model_version(reference.name, reference.version)
        except MlflowException as error:
            if is_absent(error):
                raise self._missing(reference) from error
            # MLflow's basic auth forbids a reader what would belong to an absent model.
            if is_forbidden(error) and isinstance(missing := self._missing(reference), ModelNotFound):
                raise missing from error
            raise

    def _missing(self, reference: Reference) -> RegistryError:
        """Which of the three is absent: the version, the alias or the model."""
        try:
            self.client.get_registered_model(reference.name)
        except MlflowException as error:
            if not is_absent(error):
                raise
            return ModelNotFound(
                f"The registry has no model {reference.name}: register one, or correct spec.model.name."
            )
        if reference.alias:
            return AliasNotFound(
                f"No version of {reference.name} has the alias {reference.alias}: set it in the registry."
            )
        return VersionNotFound(
            f"{reference.name} has no version {reference.version}: register it, or request another one."
        )

    def _check_state(self, reference: Reference, version: Any) -> None:
        state = str(version.status)
        if state == "PENDING_REGISTRATION":
            raise PendingRegistration(f"Version {version.version} of {reference.name} is still being registered.")
        if state == "FAILED_REGISTRATION":
            raise RegistrationFailed(
                f"The registration of version {version.version} of {reference.name} failed: register it again."
            )

    def _artifacts(self, reference: Reference, version: Any) -> str:
        """Where the files are: the version itself may only name a logged model (`models:/m-...`)."""
        try:
            uri = str(self.client.get_model_version_download_uri(reference.name, version.version))
        except MlflowException as error:
            if not is_absent(error):
                raise
            raise self._missing(reference) from error
        if (named := _LOGGED_MODEL.fullmatch(uri)) is not None:
            uri = self._logged_model(named[1], f"Version {version.version} of {reference.name}")
        return proxied_source(uri, self.tracking_uri) if uri.startswith("mlflow-artifacts:") else uri

    def _logged_model(self, identity: str, which: str) -> str:
        try:
            return str(self.client.get_logged_model(identity).artifact_location)
        except MlflowException as error:
            if not is_absent(error):
                raise
            raise ArtifactMissing(
                f"{which} names the logged model {identity}, which does not exist: register the version again."
            ) from error

    def _resolved(self, reference: Reference, version: Any, uri: str) -> ResolvedVersion:
        tags = {str(name): str(value) for name, value in dict(version.tags or {}).items()}
        number = str(version.version)
        digest = _digest(tags.get(DIGEST_TAG, "").strip(), f"Version {number} of {reference.name}")
        signature = tags.get(SIGNATURE_TAG, "").strip()
        self.signers.check(model=reference.name, version=number, digest=digest, tag=signature)
        return ResolvedVersion(
            version=number,
            digest=digest,
            source_uri=checked_source(uri.rstrip("/"), allow_http=self.allow_http),
            run_id=one_line(str(version.run_id or ""), 256),
            git_commit=one_line(tags.get(GIT_COMMIT_TAG, ""), 256),
            accuracy=one_line(tags.get(ACCURACY_TAG, ""), 64),
        )


def _digest(tag: str, which: str) -> str:
    """The digest in a version's tag, as `sha256:` and 64 hexadecimal digits.

    Raises:
        DigestMissing: the tag is empty, or not a digest.
    """
    remedy = (
        "so that nothing proves that the served files are the registered ones: "
        "register it with `sentiment-pipeline register`."
    )
    if not tag:
        raise DigestMissing(f"{which} has no tag {DIGEST_TAG}, {remedy}")
    digits = tag.lower().removeprefix(DIGEST_PREFIX)
    if not _HEXADECIMAL.fullmatch(digits):
        raise DigestMissing(
            f"The tag {DIGEST_TAG} of {which[0].lower()}{which[1:]} is not {DIGEST_PREFIX} and 64 hexadecimal digits "
            f"({len(tag)} characters were found), {remedy}"
        )
    return DIGEST_PREFIX + digits


def _untagged(error: MlflowException, model: str, version: str) -> RegistryError:
    if is_absent(error):
        return VersionNotFound(f"{model} no longer has a version {version}.")
    failed = failure(error, f"the tags of version {version} of {model}")
    if isinstance(failed, Unauthorized):
        return Unauthorized(f"The registry does not let the operator tag versions of {model}.")
    return failed
