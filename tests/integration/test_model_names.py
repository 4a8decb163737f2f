"""Names of registered models on a real MLflow server: the pipeline and the operator find what has such a name."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from sentiment_model.manifest import DIGEST_TAG
from sentiment_operator.api.resource import Reference
from sentiment_pipeline.tracking.registry import CHAMPION, MlflowRegistry
from tests.integration.conftest import MlflowServer
from tests.integration.operator.registered import adapter
from tests.registry_names import CASES, GOOD_NAMES

if TYPE_CHECKING:
    from mlflow import MlflowClient

pytestmark = [pytest.mark.integration, pytest.mark.usefixtures("mlflow_imported")]

DIGEST = "sha256:" + "b" * 64
DEPLOYED = "deployed.shop.reviews"
SPECIAL = {
    "spaces and capitals",
    "spaces at its ends",
    "leading dot",
    "single quotes",
    "doubled single quotes",
    "both quotes",
    "backticks",
    "percent-encoding",
    "ampersand and equals sign",
    "backslash",
    "composed accents",
    "decomposed accents",
    "256 emoji",
}
"""Cases of tests/data/model_names.json that a filter, a URL or a comparison could get wrong."""


@pytest.fixture(scope="module")
def client(mlflow_server: MlflowServer) -> Iterator["MlflowClient"]:
    """A client of a server where another model has a version of the same digest."""
    from mlflow import MlflowClient

    client = MlflowClient(mlflow_server.url, mlflow_server.url)
    client.create_registered_model("the-neighbour")
    client.create_model_version("the-neighbour", "s3://mlflow/1/artifacts", tags={DIGEST_TAG: DIGEST})
    yield client
    client.delete_registered_model("the-neighbour")


@pytest.mark.parametrize("name", [one for one in GOOD_NAMES if CASES[one] in SPECIAL], ids=CASES.get)
def test_the_pipeline_and_the_operator_find_a_version_by_the_name(
    client: "MlflowClient", mlflow_server: MlflowServer, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    pipeline, operator = MlflowRegistry(), adapter(mlflow_server.url, monkeypatch)
    client.create_registered_model(name)
    try:
        client.create_model_version(name, "s3://mlflow/1/artifacts", tags={DIGEST_TAG: DIGEST})
        version = pipeline.find(name, DIGEST)
        assert version is not None
        assert (version.name, version.number) == (name, "1")
        pipeline.set_alias(name, CHAMPION, "1")
        assert pipeline.by_alias(name, CHAMPION) == pipeline.version(name, "1")
        resolved = operator.resolve(Reference(name=name, version="1"))
        assert resolved.digest == DIGEST
        assert operator.resolve(Reference(name=name, alias=CHAMPION)) == resolved
        operator.set_tag(name, "1", DEPLOYED, "2026-05-01T00:00:00Z")
        assert DEPLOYED in pipeline.version(name, "1").tags
    finally:
        client.delete_registered_model(name)
