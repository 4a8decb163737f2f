"""Azure addresses as MLflow writes them: which URL is read, and with whose credentials."""

import pytest

from sentiment_serving.fetching.errors import Misconfigured
from sentiment_serving.fetching.signed_store import SignedStore, azure_urls
from sentiment_serving.fetching.source import parse_source
from sentiment_serving.fetching.store import open_store

SIGNED = {"AZURE_STORAGE_SAS_TOKEN": "sig=hunter2"}
URI = "wasbs://container@account.blob.core.windows.net/m"


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """obstore reads the environment of the process."""
    for name in ("AZURE_STORAGE_ACCOUNT_NAME", "AZURE_STORAGE_ENDPOINT", "AZURE_ENDPOINT"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize(
    ("uri", "url"),
    [
        (URI, "https://account.blob.core.windows.net/container/m/f"),
        ("abfss://c@account.dfs.core.windows.net/a%20b/m/", "https://account.blob.core.windows.net/c/a%20b/m/f"),
        ("abfs://c@account.dfs.core.usgovcloudapi.net", "https://account.blob.core.usgovcloudapi.net/c/f"),
        ("wasbs://$web@account.blob.core.chinacloudapi.cn/m", "https://account.blob.core.chinacloudapi.cn/$web/m/f"),
    ],
)
def test_the_url_of_a_file(uri: str, url: str) -> None:
    assert azure_urls(parse_source(uri, {}), "sig=x")("f") == f"{url}?sig=x"


def test_the_endpoint_of_the_environment_has_precedence(monkeypatch: pytest.MonkeyPatch) -> None:
    name, endpoint = "AZURE_STORAGE_ENDPOINT", "https://azurite.example/account"
    monkeypatch.setenv(name, endpoint)
    source = parse_source(URI, {name: endpoint})
    assert azure_urls(source, "sig=x")("f") == "https://azurite.example/account/container/m/f?sig=x"


@pytest.mark.parametrize(
    "environ",
    [
        SIGNED,
        SIGNED | {"AZURE_STORAGE_ACCOUNT_NAME": "another"},
        {"AZURE_STORAGE_ACCOUNT_NAME": "another", "AZURE_STORAGE_ACCOUNT_KEY": "aHVudGVyMg=="},
    ],
)
def test_another_account_gets_no_credentials(environ: dict[str, str]) -> None:
    with pytest.raises(Misconfigured, match="AZURE_STORAGE_ACCOUNT_NAME"):
        open_store(parse_source(URI, environ), environ)


def test_the_account_of_the_credentials_does() -> None:
    environ = SIGNED | {"AZURE_STORAGE_ACCOUNT_NAME": "account"}
    store = open_store(parse_source(URI, environ), environ)
    assert isinstance(store, SignedStore)
    assert store.url_of("f") == "https://account.blob.core.windows.net/container/m/f?sig=hunter2"
