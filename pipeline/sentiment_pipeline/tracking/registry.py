"""The model registry: its interface, and the implementation with MLflow."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from sentiment_model.manifest import DIGEST_TAG
from sentiment_pipeline import paths
from sentiment_pipeline.errors import RegistryError
from sentiment_pipeline.failures import MLFLOW, asking
from sentiment_pipeline.params import Params
from sentiment_pipeline.tracking.logged import log_version
from sentiment_pipeline.tracking.runs import Conversion, connect, ensure_conversion, ensure_run

ACCURACY_TAG = "sentiment.accuracy"
GIT_COMMIT_TAG = "sentiment.git_commit"
DVC_LOCK_TAG = "sentiment.dvc_lock"
CONVERTED_FROM_TAG = "sentiment.converted_from"

CHALLENGER = "challenger"
CHAMPION = "champion"


@dataclass(frozen=True)
class Version:
    """A registered version."""

    name: str
    number: str
    run_id: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)

    @property
    def digest(self) -> str:
        """`sha256:` and 64 hex digits, or empty if the version has no digest tag."""
        digest = self.tags.get(DIGEST_TAG, "")
        return digest if not digest or digest.startswith("sha256:") else f"sha256:{digest}"


@dataclass(frozen=True)
class Registered:
    """The result of a registration."""

    version: Version
    created: bool
    """False if a version with the same digest existed."""


class Registry(Protocol):
    """What registering, gates and promotion need. Every method raises RegistryError when it cannot answer."""

    def find(self, name: str, digest: str) -> Version | None:
        """The newest version of that digest."""

    def version(self, name: str, number: str) -> Version:
        """A version by its number; RegistryError if it does not exist."""

    def by_alias(self, name: str, alias: str) -> Version | None:
        """The version of an alias; None if the alias is not set."""

    def record_training(self, params: Params, root: Path) -> str:
        """The id of the run of the model that was trained in `root`, with its metrics, params.yaml and dvc.lock."""

    def record_conversion(self, conversion: Conversion) -> str:
        """The id of the run of a converted model."""

    def add(self, name: str, folder: Path, tags: Mapping[str, str], run_id: str) -> Version:
        """Register the model in `folder` under a run; `tags` hold the digest."""

    def set_alias(self, name: str, alias: str, number: str) -> None:
        """Point an alias to a version."""

    def set_tag(self, version: Version, tag: str, value: str) -> None:
        """Set a tag of a version."""

    def download(self, version: Version, folder: Path) -> Path:
        """Download the artifacts of a version into a folder; returns the path of the artifacts."""


class MlflowRegistry:
    """The registry behind MLFLOW_TRACKING_URI."""

    def __init__(self) -> None:
        self._client = connect()

    def find(self, name: str, digest: str) -> Version | None:
        """See Registry."""
        # The name is compared here: none of MLflow's filters can hold a name with both kinds of quotes.
        found = self._ask(self._client.search_model_versions, f"tags.`{DIGEST_TAG}` = '{digest}'")
        versions = [_version(one) for one in found if one.name == name]
        return max(versions, key=lambda version: int(version.number), default=None)

    def version(self, name: str, number: str) -> Version:
        """See Registry."""
        return _version(self._ask(self._client.get_model_version, name, number))

    def by_alias(self, name: str, alias: str) -> Version | None:
        """See Registry."""
        from mlflow.exceptions import MlflowException

        with asking(MLFLOW):
            try:
                return _version(self._client.get_model_version_by_alias(name, alias))
            except MlflowException as error:
                # MLflow answers an alias that is not set with INVALID_PARAMETER_VALUE.
                if error.error_code in ("INVALID_PARAMETER_VALUE", "RESOURCE_DOES_NOT_EXIST"):
                    return None
                raise

    def record_training(self, params: Params, root: Path) -> str:
        """See Registry."""
        run_id = str(self._ask(ensure_run, self._client, params, root))
        for source in (root / paths.PARAMS, root / paths.LOCK):
            # A tag holds the hash of dvc.lock; the file itself can be looked up here even if it was not committed.
            if source.is_file():
                self._ask(self._client.log_artifact, run_id, str(source))
        return run_id

    def record_conversion(self, conversion: Conversion) -> str:
        """See Registry."""
        return str(self._ask(ensure_conversion, self._client, conversion))

    def add(self, name: str, folder: Path, tags: Mapping[str, str], run_id: str) -> Version:
        """See Registry."""
        import mlflow

        model_id = self._ask(log_version, self._client, run_id, folder, tags[DIGEST_TAG])
        self._ask(mlflow.register_model, f"models:/{model_id}", name, tags=dict(tags))
        version = self.find(name, tags[DIGEST_TAG])
        if version is None:
            raise RegistryError(
                f"MLflow registered a version of {name} but does not find it by its digest: check the registry"
            )
        return version

    def set_alias(self, name: str, alias: str, number: str) -> None:
        """See Registry."""
        self._ask(self._client.set_registered_model_alias, name, alias, number)

    def set_tag(self, version: Version, tag: str, value: str) -> None:
        """See Registry."""
        self._ask(self._client.set_model_version_tag, version.name, version.number, tag, value)

    def download(self, version: Version, folder: Path) -> Path:
        """See Registry."""
        import mlflow.artifacts

        uri = self._ask(self._client.get_model_version_download_uri, version.name, version.number)
        return Path(self._ask(mlflow.artifacts.download_artifacts, artifact_uri=uri, dst_path=str(folder)))

    def _ask(self, question: Any, *arguments: Any, **options: Any) -> Any:
        with asking(MLFLOW):
            return question(*arguments, **options)


def _version(found: Any) -> Version:
    tags = {str(name): str(value) for name, value in found.tags.items()}
    return Version(str(found.name), str(found.version), str(found.run_id or ""), tags)
