"""References that the registry refuses, or at which it fails: each hurts only itself.

Covers: the names and aliases that a real MLflow server refuses; sources that cannot be read; deleted logged models;
which failures are an outage of the registry.
"""

import asyncio
import json
from concurrent.futures import ThreadPoolExecutor

import pytest

from sentiment_operator.api.errors import (
    ArtifactMissing,
    ForeignAnswer,
    InvalidReference,
    ModelNotFound,
    RegistryError,
    RegistryUnreachable,
    UnsafeSource,
)
from sentiment_operator.api.resource import Reference, ResolvedVersion
from sentiment_operator.registry.resolver import Resolver
from tests.integration.operator.registered import ASKED, Registered, adapter, answering
from tests.registry_names import ALIASES, CASES, NAMES

pytestmark = [pytest.mark.integration, pytest.mark.usefixtures("mlflow_imported")]


@pytest.mark.parametrize("source", ["s3://[x/", "s3://[::1", "https://host:99999/x", "models:/m/1", "models:/../x"])
def test_a_source_that_cannot_be_read_is_unsafe(registry: Registered, source: str) -> None:
    version = registry.add()
    registry.rewrite(version, "storage_location", source)
    with pytest.raises(UnsafeSource):
        registry.resolve(version=version)


def test_a_proxied_source_that_cannot_be_read_is_unsafe(registry: Registered) -> None:
    version = registry.add()
    registry.rewrite(version, "storage_location", "mlflow-artifacts://[x/")
    with pytest.raises(UnsafeSource):
        registry.resolve(version=version)


def test_a_logged_model_is_followed_to_its_artifacts_until_it_is_deleted(registry: Registered) -> None:
    logged = registry.client.create_logged_model(registry.client.create_experiment(registry.name), name="model")
    version = registry.add()
    registry.rewrite(version, "storage_location", f"models:/{logged.model_id}")
    assert registry.resolve(version=version).source_uri == logged.artifact_location
    registry.client.delete_logged_model(logged.model_id)
    with pytest.raises(ArtifactMissing, match=f"logged model {logged.model_id}, which does not exist"):
        registry.resolve(version=version)


@pytest.mark.parametrize("name", NAMES, ids=CASES.get)
def test_mlflow_refuses_the_names_that_the_table_has_as_refused(registry: Registered, name: str) -> None:
    def create() -> None:
        registry.client.create_registered_model(name)

    if NAMES[name]:
        create()
        registry.client.delete_registered_model(name)
        with pytest.raises(ModelNotFound):
            registry.resolve(name=name, version="1")
        return
    with pytest.raises(Exception, match="INVALID_PARAMETER_VALUE"):
        create()


REFUSED = [name for name, accepted in NAMES.items() if name and not accepted]


@pytest.mark.parametrize("name", REFUSED, ids=CASES.get)
@pytest.mark.parametrize(("version", "alias"), [("1", ""), ("", "champion")])
def test_a_name_that_mlflow_refuses_is_an_invalid_reference(
    registry: Registered, name: str, version: str, alias: str
) -> None:
    with pytest.raises(InvalidReference, match="The registry refuses the request for") as refused:
        registry.resolve(name=name, version=version, alias=alias)
    assert not refused.value.outage


@pytest.mark.parametrize("alias", ALIASES, ids=ascii)
def test_mlflow_refuses_the_aliases_that_the_table_has_as_refused(registry: Registered, alias: str) -> None:
    version = registry.add()
    if ALIASES[alias]:
        registry.client.set_registered_model_alias(registry.name, alias, version)
        assert registry.resolve(alias=alias).version == version
        return
    with pytest.raises(Exception, match=r"INVALID_PARAMETER_VALUE|[Ii]nvalid alias|cannot be empty|exceeds|reserved"):
        registry.client.set_registered_model_alias(registry.name, alias, version)


@pytest.mark.parametrize("alias", ["a.b", "a b", "..", "a" * 256])
def test_an_alias_that_mlflow_refuses_is_an_invalid_reference(registry: Registered, alias: str) -> None:
    registry.add()
    with pytest.raises(InvalidReference):
        registry.resolve(alias=alias)


def test_a_name_that_mlflow_refuses_does_not_keep_others_from_their_answer(registry: Registered) -> None:
    version = registry.add()
    bad, good = Reference(name="..", version="1"), Reference(name=registry.name, version=version)

    async def ask() -> None:
        with ThreadPoolExecutor(2) as pool:
            resolver = Resolver(registry.adapter(), pool, fresh_seconds=0, retry_seconds=60)
            for _ in range(10):
                assert isinstance(await answered(resolver, bad), InvalidReference)
                assert isinstance(await answered(resolver, good), ResolvedVersion)

    asyncio.run(ask())


async def answered(resolver: Resolver, reference: Reference) -> ResolvedVersion | RegistryError:
    """The answer, also if it is late."""
    late = asyncio.Event()
    answer = await resolver.ask(reference, late.set)
    if isinstance(answer, RegistryUnreachable):
        await asyncio.wait_for(late.wait(), timeout=60)
        answer = await resolver.ask(reference, late.set)
    return answer


def test_a_version_number_at_which_the_server_fails_delays_only_itself(registry: Registered) -> None:
    """SQLite has no such integer: the server fails with 500, as others may at other references."""
    version = registry.add()
    bad, good = Reference(name=registry.name, version="9" * 20), Reference(name=registry.name, version=version)
    retry = 0.5

    async def ask() -> None:
        with ThreadPoolExecutor(2) as pool:
            resolver = Resolver(registry.adapter(), pool, fresh_seconds=60, retry_seconds=retry)
            assert isinstance(await resolver.ask(bad, lambda: None), RegistryUnreachable)
            assert isinstance(await answered(resolver, good), ResolvedVersion)

    asyncio.run(ask())


@pytest.mark.parametrize(
    ("status", "body"),
    [(200, b"<html>"), (200, b"{}"), (404, b"<html>"), (404, b"{}"), (418, b'{"error_code": "FILTERED"}')],
)
def test_an_answer_that_is_not_mlflows_is_no_outage(status: int, body: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    with answering(status, body) as url, pytest.raises(ForeignAnswer) as failed:
        adapter(url, monkeypatch).resolve(ASKED)
    assert not failed.value.outage


@pytest.mark.parametrize("code", ["INVALID_PARAMETER_VALUE", "BAD_REQUEST", "RESOURCE_CONFLICT"])
def test_a_refusal_is_quoted_in_one_short_line(code: str, monkeypatch: pytest.MonkeyPatch) -> None:
    text = "No\n\x1b[31m\u202e such   name. " + "x" * 5000
    body = json.dumps({"error_code": code, "message": text}).encode()
    with answering(400, body) as url, pytest.raises(InvalidReference) as refused:
        adapter(url, monkeypatch).resolve(ASKED)
    assert "version 14 of sentiment-reviews: No [31m such name. xxx" in str(refused.value)
    assert str(refused.value).isprintable()
    assert len(str(refused.value)) < 300


@pytest.mark.parametrize(("status", "body"), [(400, b"<html>"), (409, b"no"), (414, b"<html>")])
def test_a_client_error_without_mlflows_json_is_about_the_reference(
    status: int, body: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    with answering(status, body) as url, pytest.raises(RegistryError) as failed:
        adapter(url, monkeypatch).resolve(ASKED)
    assert not failed.value.outage
    assert "html" not in str(failed.value)


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_a_server_that_fails_or_defers_is_an_outage(status: int, monkeypatch: pytest.MonkeyPatch) -> None:
    with answering(status) as url, pytest.raises(RegistryUnreachable) as failed:
        adapter(url, monkeypatch).resolve(ASKED)
    assert failed.value.outage
