"""Which addresses are followed. Nothing here touches a network."""

import pytest

from sentiment_serving.fetching.source import parse_source, refuse_metadata_host
from sentiment_serving.termination import Reason, Termination


@pytest.mark.parametrize(
    "uri",
    [
        "s3://mlflow/1/models/m-1/artifacts",
        "s3://Models.example_1-eu/a",
        "gs://bucket/a",
        "az://container/a",
        "az://$web/a",
        "https://mlflow.example/a",
    ],
)
def test_object_stores_and_https_are_followed(uri: str) -> None:
    source = parse_source(uri + "/", {})
    assert source.uri == uri
    assert not source.plain_http


@pytest.mark.parametrize(
    "uri",
    [
        "",
        "model",
        "/etc",
        "file:///etc",
        "ftp://host/a",
        "models:/m-1",
        "mlflow-artifacts:/1/m",
        "dbfs:/a",
        "s3:///a",
        "https:///a",
        "https://[",
        "javascript:1",
        "http://mlflow.example/a",
        "https://user:hunter2@mlflow.example/a",
        "https://mlflow.example/a?token=hunter2",
        "https://mlflow.example/a#hunter2",
        "az://container@account.blob.core.windows.net/a",
        "az://container%40account.blob.core.windows.net/a",
        "s3://evil.example%2F/a",
        "s3://bucket:80/a",
        "s3://bucket:port/a",
        "s3://../a",
        "s3://[::1]/a",
        "s3://buc\tket/a",
        "s3://bücket/a",
    ],
)
def test_everything_else_is_unsafe_and_its_secrets_are_not_shown(uri: str) -> None:
    with pytest.raises(Termination) as caught:
        parse_source(uri, {})
    assert caught.value.reason is Reason.UNSAFE_SOURCE
    assert "hunter2" not in caught.value.message


@pytest.mark.parametrize(
    "host",
    [
        "169.254.169.254",
        "169.254.170.2",
        "[fe80::1]",
        "[fd00:ec2::254]",
        "[::ffff:169.254.169.254]",
        "metadata.google.internal",
        "METADATA.google.internal.",
        "100.100.100.200",
        "0.0.0.0",  # noqa: S104
        "[::]",
    ],
)
def test_metadata_services_are_unsafe(host: str) -> None:
    with pytest.raises(Termination) as caught:
        parse_source(f"https://{host}/latest", {})
    assert caught.value.reason is Reason.UNSAFE_SOURCE


@pytest.mark.parametrize(
    ("uri", "name"),
    [
        ("s3://bucket/a", "AWS_ENDPOINT_URL"),
        ("s3://bucket/a", "MLFLOW_S3_ENDPOINT_URL"),
        ("gs://bucket/a", "GOOGLE_BASE_URL"),
        ("az://container/a", "AZURE_STORAGE_ENDPOINT"),
        ("az://container/a", "AZURE_ENDPOINT"),
    ],
)
def test_an_endpoint_may_not_lead_to_a_metadata_service(uri: str, name: str) -> None:
    with pytest.raises(Termination) as caught:
        parse_source(uri, {name: "http://169.254.169.254"})
    assert caught.value.reason is Reason.UNSAFE_SOURCE


def test_a_name_may_not_resolve_to_a_metadata_service() -> None:
    refuse_metadata_host("s3.example.com", ["10.0.0.1", "192.168.1.1", "127.0.0.1"])
    with pytest.raises(Termination):
        refuse_metadata_host("s3.example.com", ["10.0.0.1", "169.254.169.254"])


def test_http_needs_to_be_asked_for() -> None:
    assert parse_source("http://mlflow:5000/a", {}, allow_http=True).plain_http


def test_an_http_endpoint_is_asking_for_it() -> None:
    source = parse_source("s3://bucket/a", {"AWS_ENDPOINT_URL": "http://minio:9000/"})
    assert source.plain_http
    assert source.host == "minio"


def test_the_endpoint_of_the_service_wins() -> None:
    environ = {"AWS_ENDPOINT_URL": "http://minio:9000", "AWS_ENDPOINT_URL_S3": "https://s3.example"}
    assert parse_source("s3://bucket/a", environ).endpoint == "https://s3.example"


@pytest.mark.parametrize("other", ["AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_ENDPOINT"])
def test_an_endpoint_of_mlflow_is_one_and_that_of_the_cloud_wins(other: str) -> None:
    environ = {"MLFLOW_S3_ENDPOINT_URL": "http://minio:9000"}
    source = parse_source("s3://bucket/a", environ)
    assert (source.endpoint, source.endpoint_variable) == ("http://minio:9000", "MLFLOW_S3_ENDPOINT_URL")
    source = parse_source("s3://bucket/a", environ | {other: "https://s3.example"})
    assert (source.endpoint, source.endpoint_variable) == ("https://s3.example", other)


def test_an_endpoint_is_for_its_own_kind_of_store() -> None:
    assert parse_source("gs://bucket/a", {"AWS_ENDPOINT_URL": "http://minio:9000"}).endpoint is None


@pytest.mark.parametrize("endpoint", ["minio:9000", "ftp://minio", "https://", "http://["])
def test_an_endpoint_that_is_no_url_is_a_fault_of_the_configuration(endpoint: str) -> None:
    with pytest.raises(Termination, match="AWS_ENDPOINT_URL") as caught:
        parse_source("s3://bucket/a", {"AWS_ENDPOINT_URL": endpoint})
    assert caught.value.reason is Reason.BAD_CONFIGURATION
