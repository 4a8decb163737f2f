"""The registry's adapter against a real MLflow server, and against servers that fail.

Covers: version and alias found; every reason why there is no usable version; outages in bounded time.
"""

import asyncio
import json
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from sentiment_operator.api.errors import (
    MAX_CHARS,
    AliasNotFound,
    DigestMissing,
    InvalidReference,
    ModelNotFound,
    PendingRegistration,
    RegistrationFailed,
    RegistryUnreachable,
    Unauthorized,
    UnsafeSource,
    VersionNotFound,
)
from sentiment_operator.api.resource import Reference, ResolvedVersion
from sentiment_operator.registry.resolver import GRACE_SECONDS, Resolver
from tests.integration.conftest import MlflowServer
from tests.integration.operator.registered import ASKED, DIGEST, Registered, adapter, answering, hanging

pytestmark = [pytest.mark.integration, pytest.mark.usefixtures("mlflow_imported")]


def test_a_version_is_found_with_all_that_is_needed(registry: Registered) -> None:
    version = registry.add()
    assert registry.resolve(version=version) == ResolvedVersion(
        version="1", digest=DIGEST, source_uri="s3://mlflow/1/artifacts", git_commit="c0ffee", accuracy="0.92"
    )


def test_an_alias_is_the_version_it_points_to(registry: Registered) -> None:
    registry.add()
    second = registry.add()
    registry.client.set_registered_model_alias(registry.name, "champion", second)
    assert registry.resolve(alias="champion").version == second


def test_a_digest_without_its_prefix_is_completed(registry: Registered) -> None:
    assert registry.resolve(version=registry.add(digest="a" * 64)).digest == DIGEST


def test_proxied_artifacts_are_fetched_from_the_server_itself(registry: Registered) -> None:
    from sentiment_operator.registry.mlflow import MlflowRegistry

    version = registry.add()
    registry.rewrite(version, "storage_location", "mlflow-artifacts:/1/artifacts")
    # By its public name: an address of this machine would be refused as a source.
    named = MlflowRegistry("https://mlflow.example.com/", False, registry.client)
    found = named.resolve(Reference(name=registry.name, version=version))
    assert found.source_uri == "https://mlflow.example.com/api/2.0/mlflow-artifacts/artifacts/1/artifacts"


def test_an_absent_model_an_absent_version_and_an_absent_alias_are_different_errors(registry: Registered) -> None:
    registry.add()
    with pytest.raises(ModelNotFound):
        registry.resolve(name="absent", version="1")
    with pytest.raises(ModelNotFound):
        registry.resolve(name="absent", alias="champion")
    with pytest.raises(VersionNotFound, match="has no version 99"):
        registry.resolve(version="99")
    with pytest.raises(AliasNotFound, match="alias champion"):
        registry.resolve(alias="champion")


def test_a_deleted_version_is_absent(registry: Registered) -> None:
    version = registry.add()
    registry.client.delete_model_version(registry.name, version)
    with pytest.raises(VersionNotFound):
        registry.resolve(version=version)


def test_a_pending_registration_and_a_failed_one_are_different_errors(registry: Registered) -> None:
    version = registry.add()
    registry.rewrite(version, "status", "PENDING_REGISTRATION")
    with pytest.raises(PendingRegistration):
        registry.resolve(version=version)
    registry.rewrite(version, "status", "FAILED_REGISTRATION")
    with pytest.raises(RegistrationFailed):
        registry.resolve(version=version)


def test_a_version_without_a_digest_is_refused(registry: Registered) -> None:
    with pytest.raises(DigestMissing, match=r"no tag sentiment\.digest"):
        registry.resolve(version=registry.add(digest=""))


@pytest.mark.parametrize("tag", ["sha256:", "sha256:" + "a" * 63, "md5:" + "a" * 32, "sha256:" + "g" * 64, "latest"])
def test_a_digest_that_is_none_is_refused(registry: Registered, tag: str) -> None:
    with pytest.raises(DigestMissing, match=rf"is not sha256: and 64 hexadecimal digits \({len(tag)} characters"):
        registry.resolve(version=registry.add(digest=tag))


@pytest.mark.parametrize("source", ["http://10.0.0.1/model", "ftp://host/model", "https://169.254.169.254/latest"])
def test_an_unsafe_source_is_refused(registry: Registered, source: str) -> None:
    with pytest.raises(UnsafeSource):
        registry.resolve(version=registry.add(source=source))


FOREIGN = "c0ffee\x1b[31m\u202ered\nVersion 15 serves."


def test_what_anyone_may_write_into_a_tag_is_one_safe_line(registry: Registered) -> None:
    version = registry.add()
    registry.client.set_model_version_tag(registry.name, version, "sentiment.git_commit", FOREIGN)
    registry.client.set_model_version_tag(registry.name, version, "sentiment.accuracy", FOREIGN * 9)
    registry.rewrite(version, "run_id", FOREIGN)
    found = registry.resolve(version=version)
    assert found.git_commit == found.run_id == "c0ffee [31m red Version 15 serves."
    assert found.accuracy == ("c0ffee [31m red Version 15 serves." * 9)[:64].rstrip()


def test_an_address_that_is_not_printable_is_refused_not_changed(registry: Registered) -> None:
    version = registry.add()
    for address in ("s3://mlflow/1\x1b[2J", "s3://mlflow/1\nx", "s3://mlflow/\u202e1"):
        registry.rewrite(version, "storage_location", address)
        registry.rewrite(version, "source", address)
        with pytest.raises(UnsafeSource, match="not printable"):
            registry.resolve(version=version)


def test_a_server_that_returns_no_number_as_the_version_returned_none(monkeypatch: pytest.MonkeyPatch) -> None:
    body = json.dumps({"model_version": {"name": "sentiment-reviews", "version": "14\x1b[2J", "status": "READY"}})
    with answering(200, body.encode()) as url, pytest.raises(RegistryUnreachable, match="returned no version for"):
        adapter(url, monkeypatch).resolve(ASKED)


def test_the_error_code_of_a_server_is_one_safe_line(monkeypatch: pytest.MonkeyPatch) -> None:
    body = json.dumps({"error_code": f"NO\x1b[2J\n{'x' * 9000}", "message": FOREIGN}).encode()
    with answering(400, body) as url, pytest.raises(RegistryUnreachable) as caught:
        adapter(url, monkeypatch).resolve(ASKED)
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) <= MAX_CHARS


def tags_of(registry: Registered, version: str) -> dict[str, str]:
    return dict(registry.client.get_model_version(registry.name, version).tags)


def test_a_version_is_tagged_and_the_tag_is_taken_away_again(registry: Registered) -> None:
    version, tag = registry.add(), "rejected.team-a.reviews"
    writer = registry.adapter()
    writer.set_tag(registry.name, version, tag, "Crashed")
    assert tags_of(registry, version)[tag] == "Crashed"
    for _ in range(2):
        writer.delete_tag(registry.name, version, tag)
        assert tag not in tags_of(registry, version)
    assert registry.resolve(version=version).digest == DIGEST


def test_a_tag_of_the_longest_names_there_can_be_is_taken(registry: Registered) -> None:
    version, tag = registry.add(), f"deployed.{'n' * 63}.{'r' * 50}"
    registry.adapter().set_tag(registry.name, version, tag, "2026-05-04T12:00:00Z")
    assert tag in tags_of(registry, version)


def test_a_tag_that_the_registry_refuses_is_no_outage(registry: Registered) -> None:
    version, writer = registry.add(), registry.adapter()
    with pytest.raises(InvalidReference, match="refuses the request for the tags of version"):
        writer.set_tag(registry.name, version, "n" * 300, "now")
    with pytest.raises(InvalidReference):
        writer.delete_tag("..", version, "deployed.shop.reviews")


def test_a_version_that_is_gone_cannot_be_tagged(registry: Registered) -> None:
    with pytest.raises(VersionNotFound):
        registry.adapter().set_tag(registry.name, "99", "deployed.shop.reviews", "now")


@pytest.mark.parametrize("status", [401, 403])
def test_a_server_that_wants_other_credentials_is_no_outage(status: int, monkeypatch: pytest.MonkeyPatch) -> None:
    with answering(status) as url, pytest.raises(Unauthorized):
        adapter(url, monkeypatch).resolve(ASKED)


def test_a_registry_that_refuses_the_name_it_is_called_by_is_no_outage(
    mlflow_server: MlflowServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(Unauthorized, match="allows the host name it is called by"):
        adapter(mlflow_server.url.replace("127.0.0.1", "127.1"), monkeypatch).resolve(ASKED)


@pytest.mark.parametrize("body", [b"<html>proxy</html>", b"{}"])
@pytest.mark.parametrize("status", [200, 404, 500, 502])
def test_a_server_that_is_no_registry_is_no_news_about_the_version(
    status: int, body: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    with answering(status, body) as url, pytest.raises(RegistryUnreachable):
        adapter(url, monkeypatch).resolve(ASKED)


def test_a_server_that_is_not_there_is_an_outage(monkeypatch: pytest.MonkeyPatch) -> None:
    with answering(200) as url:
        gone = url
    with pytest.raises(RegistryUnreachable):
        adapter(gone, monkeypatch).resolve(ASKED)


def test_a_server_that_hangs_is_an_outage_in_bounded_time(monkeypatch: pytest.MonkeyPatch) -> None:
    start = time.monotonic()
    with hanging() as url, pytest.raises(RegistryUnreachable):
        adapter(url, monkeypatch, timeout_seconds=1).resolve(ASKED)
    assert time.monotonic() - start < 10


@pytest.mark.parametrize("status", [429, 503])
def test_a_server_that_wants_to_be_asked_in_an_hour_delays_the_caller_by_seconds(
    status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    start = time.monotonic()
    with answering(status, Retry_After="3600") as url, pytest.raises(RegistryUnreachable):
        adapter(url, monkeypatch).resolve(ASKED)
    assert time.monotonic() - start < 10


def test_while_the_registry_hangs_every_question_is_answered_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    async def ask_all(url: str) -> list[float]:
        registry = adapter(url, monkeypatch, timeout_seconds=1)
        with ThreadPoolExecutor(2) as pool:
            resolver = Resolver(registry, pool, fresh_seconds=30, retry_seconds=10)

            async def ask(number: int) -> float:
                start = time.monotonic()
                answer = await resolver.ask(Reference(name="sentiment-reviews", version=str(number)), lambda: None)
                assert isinstance(answer, RegistryUnreachable)
                return time.monotonic() - start

            return await asyncio.gather(*(ask(number) for number in range(1, 9)))

    with hanging() as url:
        waits = asyncio.run(ask_all(url))
    assert max(waits) < GRACE_SECONDS + 1
