"""Where a model may be fetched from."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sentiment_operator.api.errors import UnsafeSource
from sentiment_operator.registry.source import checked_source, proxied_source


@pytest.mark.parametrize(
    "uri",
    [
        "s3://mlflow/1/models/m-1/artifacts",
        "gs://bucket/path",
        "az://container/path",
        "abfss://container@account.dfs.core.windows.net/path",
        "wasbs://container@account.blob.core.windows.net/path",
        "https://mlflow.example.com/api/2.0/mlflow-artifacts/artifacts/1",
    ],
)
def test_a_store_is_safe(uri: str) -> None:
    assert checked_source(uri, allow_http=False) == uri


@pytest.mark.parametrize(
    "uri",
    [
        "file:///etc/passwd",
        "/etc/passwd",
        "../model",
        "model",
        "",
        "ftp://host/path",
        "dbfs:/models",
        "s3:///no-bucket",
        "https://169.254.169.254/latest/meta-data",
        "https://[fe80::1]/x",
        "https://127.0.0.1/x",
        "https://localhost/x",
        "https://metadata.google.internal/x",
        "https://0.0.0.0/x",
        "https://user:password@host/x",
        "http://mlflow.example.com/x",
        "s3://[x/",
        "s3://[::1",
        "https://host:99999/x",
        "https://host:port/x",
        "models:/m/1",
    ],
)
def test_anything_else_is_not(uri: str) -> None:
    with pytest.raises(UnsafeSource):
        checked_source(uri, allow_http=False)


def test_plain_http_is_a_matter_of_a_setting() -> None:
    assert checked_source("http://mlflow.mlflow.svc/x", allow_http=True)


def test_a_password_is_not_repeated() -> None:
    with pytest.raises(UnsafeSource) as refused:
        checked_source("https://user:secret@host/x", allow_http=False)
    assert "secret" not in str(refused.value)


@given(st.text(alphabet="s3htp:/[]@%.\\ \n\x00#?é19") | st.text())
@example("s3://[x/")
def test_any_text_is_safe_or_refused(uri: str) -> None:
    try:
        assert checked_source(uri, allow_http=False) == uri
    except UnsafeSource:
        return


@pytest.mark.parametrize(
    ("uri", "tracking", "address"),
    [
        ("mlflow-artifacts:/1/m", "https://mlflow.example.com/", "https://mlflow.example.com"),
        ("mlflow-artifacts:/1/m", "http://mlflow.mlflow.svc:5000", "http://mlflow.mlflow.svc:5000"),
        ("mlflow-artifacts:/1/m", "https://example.com/mlflow", "https://example.com/mlflow"),
        ("mlflow-artifacts://a.example.com:5500/1/m", "https://mlflow.example.com", "https://a.example.com:5500"),
        ("mlflow-artifacts://[2001:db8::1]:5500/1/m", "http://mlflow:5000", "http://[2001:db8::1]:5500"),
    ],
)
def test_proxied_artifacts_are_where_mlflows_client_looks(uri: str, tracking: str, address: str) -> None:
    assert proxied_source(uri, tracking) == f"{address}/api/2.0/mlflow-artifacts/artifacts/1/m"


def test_a_name_in_a_proxied_path_is_quoted() -> None:
    found = proxied_source("mlflow-artifacts:/1/my model?x", "https://mlflow.example.com")
    assert found.endswith("/1/my%20model")


def test_a_login_in_a_proxied_address_is_refused() -> None:
    address = proxied_source("mlflow-artifacts://user:secret@evil.example/1/m", "https://mlflow.example.com")
    with pytest.raises(UnsafeSource, match="credentials") as refused:
        checked_source(address, allow_http=False)
    assert "secret" not in str(refused.value)


def test_plain_http_names_the_setting_that_allows_it() -> None:
    with pytest.raises(UnsafeSource, match="ALLOW_HTTP_SOURCES=true"):
        checked_source("http://mlflow.mlflow.svc:5000/api/x", allow_http=False)
    assert checked_source("http://mlflow.mlflow.svc:5000/api/x", allow_http=True)
