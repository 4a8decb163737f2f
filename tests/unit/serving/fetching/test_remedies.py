"""Each message ends with what to set. The messages that a container ends with are in tests/integration/serving."""

import pytest

from sentiment_serving.fetching.errors import StoreError, Unauthorized, Unreachable, UntrustedCertificate
from sentiment_serving.fetching.remedies import remedy_for, warnings_of
from sentiment_serving.fetching.source import parse_source

MINIO = {"MLFLOW_S3_ENDPOINT_URL": "https://minio.example"}


@pytest.mark.parametrize(
    ("uri", "environ", "error", "words"),
    [
        ("s3://b/m", {}, Unreachable(""), ["AWS_ENDPOINT_URL", "MLFLOW_S3_ENDPOINT_URL", "AWS_REGION", "Amazon"]),
        ("s3://b/m", MINIO, Unreachable(""), ["MLFLOW_S3_ENDPOINT_URL", "network policies"]),
        ("gs://b/m", {"GOOGLE_BASE_URL": "https://g.example"}, Unreachable(""), ["GOOGLE_BASE_URL"]),
        ("https://b/m", {}, Unreachable(""), ["address", "network policies"]),
        ("s3://b/m", {}, Unauthorized(""), ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "service account"]),
        ("az://b/m", {}, Unauthorized(""), ["AZURE_STORAGE_ACCOUNT_KEY", "AZURE_STORAGE_SAS_TOKEN"]),
        ("gs://b/m", {}, Unauthorized(""), ["GOOGLE_SERVICE_ACCOUNT_KEY"]),
        ("s3://b/m", {}, UntrustedCertificate(""), ["SSL_CERT_FILE", "AWS_CA_BUNDLE"]),
        ("s3://b/m", {"MLFLOW_S3_IGNORE_TLS": "true"}, UntrustedCertificate(""), ["MLFLOW_S3_IGNORE_TLS is not"]),
    ],
)
def test_the_remedy_names_the_variable(uri: str, environ: dict[str, str], error: StoreError, words: list[str]) -> None:
    sentence = remedy_for(error, source=parse_source(uri, environ), environ=environ)
    for word in words:
        assert word in sentence
    assert ".example" not in sentence


def test_the_endpoint_that_is_set_is_the_only_one_named() -> None:
    assert "AWS_ENDPOINT_URL" not in remedy_for(Unreachable(""), source=parse_source("s3://b/m", MINIO))


@pytest.mark.parametrize("name", ["MLFLOW_S3_IGNORE_TLS", "MLFLOW_TRACKING_INSECURE_TLS"])
def test_a_request_to_ignore_tls_is_reported(name: str) -> None:
    source = parse_source("s3://b/m", MINIO)
    (warning,) = warnings_of(source, {name: "true"})
    assert name in warning
    assert not list(warnings_of(source, {name: "false"}))
    plain = parse_source("s3://b/m", {"AWS_ENDPOINT_URL": "http://minio"})
    assert not list(warnings_of(plain, {name: "true"}))
