"""Stores whose certificate a CA of one's own has signed: real TLS servers, the real command.

| the variable | what is made of it |
|---|---|
| names the CA's certificate, or holds it | the file |
| is another kind of store's | StoreUnreachable, and the message names the right one |
| names no file, or one without a certificate | BadConfiguration |
"""

import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest

from sentiment_serving.fetching.errors import Missing, UntrustedCertificate
from sentiment_serving.fetching.source import parse_source
from sentiment_serving.fetching.store import open_store
from sentiment_serving.termination import Reason
from tests.integration.serving.fetching import KEYS, URI, Fetcher, expect, files_of
from tests.integration.serving.process import environment
from tests.integration.serving.web import WebServer

pytestmark = pytest.mark.integration


@pytest.fixture
def store(certificate: Path, version: tuple[Path, str]) -> Iterator[WebServer]:
    """A store with the version, of any kind: each asks for the files below some path."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with WebServer(files_of(version[0]), tls=context) as web:
        yield web


@pytest.fixture
def fetching(store: WebServer, version: tuple[Path, str], tmp_path: Path) -> Fetcher:
    """`fetch` from it, by default as from S3."""
    env = environment(
        MODEL_URI=URI, MODEL_DIGEST=version[1], MODEL_DIR=str(tmp_path / "model"), AWS_ENDPOINT_URL=store.url, **KEYS
    )
    return Fetcher(tmp_path / "model", tmp_path / "termination", env)


def test_s3_with_a_ca_that_is_unknown(fetching: Fetcher, certificate: Path) -> None:
    ended = fetching(MLFLOW_TRACKING_SERVER_CERT_PATH=str(certificate), MLFLOW_S3_IGNORE_TLS="true")
    expect(
        ended, Reason.STORE_UNREACHABLE, "not trusted", "AWS_CA_BUNDLE", "SSL_CERT_FILE", "FETCH_CA_PEM", "_TLS is not"
    )
    assert any("MLFLOW_S3_IGNORE_TLS is not followed" in str(line) for line in ended.log)


@pytest.mark.parametrize("name", ["SSL_CERT_FILE", "AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE"])
def test_s3_with_a_ca_of_ones_own(name: str, fetching: Fetcher, certificate: Path) -> None:
    assert fetching(**{name: str(certificate)}).code == 0


def test_a_web_server_with_a_ca_that_is_unknown(fetching: Fetcher, store: WebServer, certificate: Path) -> None:
    ended = fetching(MODEL_URI=f"{store.url}/m", AWS_CA_BUNDLE=str(certificate))
    expect(ended, Reason.STORE_UNREACHABLE, "MLFLOW_TRACKING_SERVER_CERT_PATH", "SSL_CERT_FILE", "FETCH_CA_PEM")


@pytest.mark.parametrize("name", ["SSL_CERT_FILE", "MLFLOW_TRACKING_SERVER_CERT_PATH", "REQUESTS_CA_BUNDLE"])
def test_a_web_server_with_a_ca_of_ones_own(name: str, fetching: Fetcher, store: WebServer, certificate: Path) -> None:
    assert fetching(MODEL_URI=f"{store.url}/m", **{name: str(certificate)}).code == 0


def test_a_certificate_as_text(fetching: Fetcher, certificate: Path) -> None:
    pem = certificate.read_text()
    assert fetching(FETCH_CA_PEM=f"# La Autorit\u00e0\n{pem[pem.index('-----BEGIN CERT') :]}").code == 0


@pytest.mark.parametrize("name", ["SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "FETCH_CA_PEM", None])
@pytest.mark.parametrize("uri", ["gs://bucket/m", "az://container/m"])
def test_the_clients_of_obstore(
    name: str | None, uri: str, store: WebServer, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    environ = {
        "GOOGLE_BASE_URL": store.url, "GOOGLE_BEARER_TOKEN": "t", "NO_PROXY": "*",
        "AZURE_STORAGE_ENDPOINT": store.url, "AZURE_STORAGE_ACCOUNT_NAME": "account", "AZURE_STORAGE_TOKEN": "t",
    }  # fmt: skip
    if name is not None:
        environ[name] = certificate.read_text() if name == "FETCH_CA_PEM" else str(certificate)
    for variable, value in environ.items():
        monkeypatch.setenv(variable, value)
    # No such file is there; the answer 404 comes from a server that was trusted.
    with pytest.raises(UntrustedCertificate if name is None else Missing):
        list(open_store(parse_source(uri, environ), environ).stream("f"))


@pytest.mark.parametrize("name", ["SSL_CERT_FILE", "AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "FETCH_CA_PEM"])
@pytest.mark.parametrize("value", ["/nowhere/ca.pem", "/", __file__])
def test_a_variable_without_a_certificate(name: str, value: str, fetching: Fetcher) -> None:
    expect(fetching(**{name: value}), Reason.BAD_CONFIGURATION, name, "certificates of CAs")


def test_the_first_of_two_files_is_used(fetching: Fetcher, certificate: Path) -> None:
    expect(fetching(AWS_CA_BUNDLE="/nowhere", REQUESTS_CA_BUNDLE=str(certificate)), Reason.BAD_CONFIGURATION, "AWS_CA")
    assert fetching(AWS_CA_BUNDLE=str(certificate), REQUESTS_CA_BUNDLE="/nowhere").code == 0
