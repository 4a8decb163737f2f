"""`fetch` with the variables that people have set for MLflow's own client: real servers, the real command."""

import pytest

from sentiment_serving.termination import Reason
from testbed.servers import free_port
from tests.integration.serving.fetching import Fetcher, expect

pytestmark = pytest.mark.integration


@pytest.mark.parametrize("region", ["eu-west-1", ""])
def test_the_endpoint_of_mlflow_is_the_endpoint(fetcher: Fetcher, region: str) -> None:
    url = fetcher.env.pop("AWS_ENDPOINT_URL")
    fetcher.env["AWS_REGION"] = region
    if not region:
        del fetcher.env["AWS_REGION"]
    assert fetcher(MLFLOW_S3_ENDPOINT_URL=url).code == 0


def test_an_empty_variable_is_none(fetcher: Fetcher) -> None:
    url = fetcher.env.pop("AWS_ENDPOINT_URL")
    expect(fetcher(AWS_ENDPOINT_URL_S3="", AWS_ENDPOINT_URL=url), Reason.BAD_CONFIGURATION, "AWS_ENDPOINT_URL_S3")
    assert fetcher(AWS_ENDPOINT_URL="", MLFLOW_S3_ENDPOINT_URL=url).code == 0


def test_the_endpoint_of_the_cloud_has_precedence(fetcher: Fetcher) -> None:
    closed = f"http://127.0.0.1:{free_port()}"
    ended = fetcher(MLFLOW_S3_ENDPOINT_URL=fetcher.env["AWS_ENDPOINT_URL"], AWS_ENDPOINT_URL_S3=closed)
    expect(ended, Reason.STORE_UNREACHABLE, "refused the connection", "AWS_ENDPOINT_URL_S3")
    assert fetcher(MLFLOW_S3_ENDPOINT_URL=closed).code == 0
