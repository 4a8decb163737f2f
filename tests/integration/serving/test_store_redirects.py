"""Object stores that redirect to another host, and what arrives there: real servers, the real clients.

| the store | it redirects to another host | what arrives there |
|---|---|---|
| s3 | BadConfiguration | nothing |
| az with a shared access signature | Misconfigured | nothing |
| az, gs with a key or a token | followed | no credential |

The signature in a URL is compared with the one that botocore computes.
"""

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from urllib.parse import urlsplit

import pytest

from sentiment_serving.fetching import web_store
from sentiment_serving.fetching.errors import Misconfigured, StoreError, Unauthorized, Unreachable, UnsafeRedirect
from sentiment_serving.fetching.source import parse_source
from sentiment_serving.fetching.store import open_store
from sentiment_serving.termination import Reason
from tests.integration.serving.fetching import KEYS, URI, Fetcher, checking_signatures, expect
from tests.integration.serving.web import Answer, WebServer, respond

pytestmark = pytest.mark.integration

FILE = b"the file"
TOKEN = "hunter2-session"
SIGNATURE = "sv=2023-11-03&sp=r&sig=hunter2%2Bsignature%3D"


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """The servers are on this machine."""
    monkeypatch.setenv("NO_PROXY", "*")


@pytest.fixture
def other() -> Iterator[WebServer]:
    """The host that a store redirects to."""
    with WebServer(respond(200, FILE)) as web:
        yield web


def redirect(status: int, to: WebServer, **headers: str) -> Answer:
    location = f"http://localhost:{to.port}/elsewhere"
    return respond(status, headers={"Location": location, **{k.replace("_", "-"): v for k, v in headers.items()}})


def read(uri: str, monkeypatch: pytest.MonkeyPatch, **environ: str) -> bytes:
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    return b"".join(open_store(parse_source(uri, environ), environ).stream("f"))


def s3(url: str, **more: str) -> dict[str, str]:
    return {**KEYS, "AWS_SESSION_TOKEN": TOKEN, "AWS_ENDPOINT_URL": url, **more}


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_session_token_stays_with_the_endpoint(fetcher: Fetcher, other: WebServer, status: int) -> None:
    with WebServer(redirect(status, other)) as store:
        ended = fetcher(**s3(store.url))
    expect(ended, Reason.BAD_CONFIGURATION, URI, "another host", "AWS_REGION", "AWS_ENDPOINT_URL", "Secret")
    assert other.requests == []
    assert len(store.requests) == 1, "the same configuration redirects again"


MALFORMED = b"<Error><Code>AuthorizationQueryParametersError</Code><Region>eu-central-1</Region></Error>"


@pytest.mark.parametrize(
    "answer",
    [
        respond(301, b"<Error><Code>PermanentRedirect</Code></Error>", {"x-amz-bucket-region": "eu-central-1"}),
        respond(307, headers={"Location": "http://localhost:1/m", "x-amz-bucket-region": "eu-central-1"}),
        respond(400, MALFORMED),
    ],
)
def test_a_bucket_in_another_region_is_named_in_the_message(fetcher: Fetcher, answer: Answer) -> None:
    with WebServer(answer) as store:
        ended = fetcher(**s3(store.url))
    expect(ended, Reason.BAD_CONFIGURATION, "the bucket is in region eu-central-1, so AWS_REGION must be eu-central-1")


@pytest.mark.parametrize("region", ["<script>", "x" * 100, "eu west", "EU\u00e9"])
def test_what_is_no_region_is_not_repeated(region: str, monkeypatch: pytest.MonkeyPatch) -> None:
    answer = respond(301, headers={"x-amz-bucket-region": region})
    with WebServer(answer) as store, pytest.raises(Misconfigured) as caught:
        read("s3://bucket/m", monkeypatch, **s3(store.url))
    assert region not in str(caught.value)


def test_a_redirect_within_the_endpoint_is_followed(monkeypatch: pytest.MonkeyPatch) -> None:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        if handler.path.startswith("/bucket"):
            respond(307, headers={"Location": "/other-path"})(handler)
        else:
            respond(200, FILE)(handler)

    with WebServer(answer) as store:
        assert read("s3://bucket/m", monkeypatch, **s3(store.url)) == FILE


def test_a_shared_access_signature_stays_with_the_account(other: WebServer, monkeypatch: pytest.MonkeyPatch) -> None:
    with WebServer(redirect(302, other)) as store, pytest.raises(Misconfigured, match="AZURE_STORAGE_ENDPOINT"):
        read("az://container/m", monkeypatch, **azure(store.url, AZURE_STORAGE_SAS_TOKEN=SIGNATURE))
    assert other.requests == []
    assert [path for path, _ in store.requests] == [f"/container/m/f?{SIGNATURE}"]


def azure(url: str, **more: str) -> dict[str, str]:
    return {"AZURE_STORAGE_ACCOUNT_NAME": "account", "AZURE_STORAGE_ENDPOINT": url, **more}


@pytest.mark.parametrize(
    ("uri", "credential"),
    [
        ("az://container/m", {"AZURE_STORAGE_TOKEN": "hunter2"}),
        ("az://container/m", {"AZURE_STORAGE_ACCOUNT_KEY": "aHVudGVyMg=="}),
        ("gs://bucket/m", {"GOOGLE_BEARER_TOKEN": "hunter2"}),
    ],
)
def test_what_a_client_that_follows_sends_on_is_no_credential(
    uri: str, credential: dict[str, str], other: WebServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    with WebServer(redirect(307, other)) as store:
        endpoint = azure(store.url) if uri.startswith("az") else {"GOOGLE_BASE_URL": store.url}
        assert read(uri, monkeypatch, **endpoint, **credential) == FILE
    assert "authorization" in {name.lower() for name in store.headers[0]}
    (sent,) = other.headers
    assert set(map(str.lower, sent)) <= {
        "host", "accept", "user-agent", "referer", "date", "x-ms-version", "content-length"
    }  # fmt: skip
    assert urlsplit(sent["referer"]).query == ""


@pytest.mark.parametrize("secret", [KEYS["AWS_SECRET_ACCESS_KEY"], "another"])
def test_the_url_of_a_file_is_signed_as_botocore_signs_it(secret: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with WebServer(checking_signatures(respond(200, FILE))) as store:
        environ = s3(store.url, AWS_SECRET_ACCESS_KEY=secret)
        if secret == "another":
            with pytest.raises(Unauthorized):
                read("s3://bucket/a folder/m+1", monkeypatch, **environ)
        else:
            assert read("s3://bucket/a folder/m+1", monkeypatch, **environ) == FILE
    ((path, _),) = store.requests
    assert f"X-Amz-Security-Token={TOKEN}" in path
    assert "authorization" not in {name.lower() for name in store.headers[0]}


def test_a_bucket_for_everyone_is_read_without_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    with WebServer(respond(200, FILE)) as store:
        environ = s3(store.url, AWS_SKIP_SIGNATURE="true")
        assert read("s3://bucket/m", monkeypatch, **environ) == FILE
    assert [path for path, _ in store.requests] == ["/bucket/m/f"]
    assert TOKEN not in str(store.headers)


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (respond(403, b"<Error><Code>AccessDenied</Code></Error>"), Unauthorized),
        (respond(400, b"<Error><Code>ExpiredToken</Code></Error>"), Unauthorized),
        (respond(400, b"<Error><Code>InvalidRequest</Code></Error>"), Unreachable),
        (respond(503, b"<Error><Code>SlowDown</Code></Error>"), Unreachable),
    ],
)
def test_the_codes_of_s3(answer: Answer, kind: type[StoreError], monkeypatch: pytest.MonkeyPatch) -> None:
    with WebServer(answer) as store, pytest.raises(StoreError) as caught:
        read("s3://bucket/m", monkeypatch, **s3(store.url))
    assert type(caught.value) is kind
    assert store.url not in str(caught.value)


def test_an_endpoint_that_has_moved_to_a_metadata_service_is_left_at_the_connection(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Link-local addresses cannot be listened at without changing the machine, so that of the server counts as one.
    with WebServer(respond(200, FILE)) as store:
        monkeypatch.setattr(web_store, "is_metadata_address", lambda text: text == "127.0.0.1")
        with pytest.raises(UnsafeRedirect, match="metadata"):
            read("s3://bucket/m", monkeypatch, **s3(store.url))
    assert store.requests == []
