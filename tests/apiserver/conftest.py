"""One API server for all tests of this folder, and the operator's adapter to it."""

from collections.abc import Iterator

import pytest
from kubernetes import client, config

from sentiment_operator.api.names import FIELD_MANAGER
from sentiment_operator.cluster import KubernetesCluster
from testbed.api_server import ApiServer, api_server


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ApiServer]:
    with api_server(tmp_path_factory.mktemp("apiserver")) as running:
        yield running


@pytest.fixture(scope="session")
def cluster(server: ApiServer) -> Iterator[KubernetesCluster]:
    configuration = client.Configuration()
    config.load_kube_config(str(server.kubeconfig), client_configuration=configuration)  # type: ignore[no-untyped-call]
    with client.ApiClient(configuration) as api:
        api.user_agent = FIELD_MANAGER
        yield KubernetesCluster(api, timeout_seconds=30)
