"""`fetch` with the variables that people have set for MLflow's own client: real servers, the real command."""

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from sentiment_serving.termination import Reason
from testbed.servers import free_port
from tests.integration.serving.fetching import Fetcher, expect, files_of
from tests.integration.serving.process import environment
from tests.integration.serving.web import Answer, WebServer, respond

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


LOGINS = {
    "Basic dTpodW50ZXIy": {"MLFLOW_TRACKING_USERNAME": "u", "MLFLOW_TRACKING_PASSWORD": "hunter2"},
    "Bearer hunter2": {"MLFLOW_TRACKING_TOKEN": "hunter2"},
}
BEARER = LOGINS["Bearer hunter2"]
login = pytest.mark.parametrize("header", list(LOGINS))


def asking(header: str, answer: Answer) -> Answer:
    """A server that asks for this login."""

    def check(handler: BaseHTTPRequestHandler) -> None:
        (answer if handler.headers["Authorization"] == header else respond(401))(handler)

    return check


@pytest.fixture
def laptop(version: tuple[Path, str], tmp_path: Path) -> Fetcher:
    """`fetch` without credentials and without an address."""
    variables = {"MODEL_DIGEST": version[1], "MODEL_DIR": str(tmp_path / "model"), "FETCH_ALLOW_HTTP": "1"}
    return Fetcher(tmp_path / "model", tmp_path / "termination", environment(**variables))


@pytest.fixture
def other() -> Iterator[WebServer]:
    """A host that must not get the login."""
    with WebServer(respond(404)) as web:
        yield web


@login
def test_artifacts_behind_a_login(header: str, laptop: Fetcher, version: tuple[Path, str]) -> None:
    with WebServer(asking(header, files_of(version[0]))) as web:
        expect(
            laptop(MODEL_URI=f"{web.url}/m"),
            Reason.STORE_UNAUTHORIZED,
            "MLFLOW_TRACKING_USERNAME",
            "_PASSWORD",
            "_TOKEN",
        )
        wrong = {name: f"{value}-wrong" for name, value in LOGINS[header].items()}
        expect(laptop(MODEL_URI=f"{web.url}/m", **wrong), Reason.STORE_UNAUTHORIZED, *wrong)
        assert laptop(MODEL_URI=f"{web.url}/m", **LOGINS[header]).code == 0


def test_artifacts_behind_a_login_in_a_pod(laptop: Fetcher, version: tuple[Path, str]) -> None:
    laptop.env.update(KUBERNETES_SERVICE_HOST="10.0.0.1", **BEARER)
    with WebServer(asking("Bearer hunter2", files_of(version[0]))) as web:
        ended = laptop(MODEL_URI=f"{web.url}/m")
        expect(ended, Reason.STORE_UNAUTHORIZED, "was not sent", "FETCH_CREDENTIAL_ORIGINS")
        assert laptop(MODEL_URI=f"{web.url}/m", FETCH_CREDENTIAL_ORIGINS=web.url).code == 0


@pytest.mark.parametrize("origins", ["", "https://127.0.0.1:{port}", "http://127.0.0.1:1", "http://localhost:{port}"])
@login
def test_a_hostile_host_gets_no_login(header: str, origins: str, laptop: Fetcher, other: WebServer) -> None:
    origins = origins.format(port=other.port)
    laptop(MODEL_URI=f"{other.url}/m", FETCH_CREDENTIAL_ORIGINS=origins, **LOGINS[header])
    assert other.requests
    assert not {name for headers in other.headers for name in headers if name.lower() == "authorization"}


@pytest.mark.parametrize("location", ["http://127.0.0.1:{port}/m", "http://localhost:{port}/m", "/elsewhere"])
def test_a_login_goes_along_no_redirect(location: str, laptop: Fetcher, other: WebServer) -> None:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        if handler.path.startswith("/m/"):
            respond(302, headers={"Location": location.format(port=other.port)})(handler)
        else:
            respond(404)(handler)

    with WebServer(answer) as web:
        ended = laptop(MODEL_URI=f"{web.url}/m", FETCH_CREDENTIAL_ORIGINS=f"{web.url},{other.url}", **BEARER)
    assert other.requests == []
    assert [headers.get("Authorization") for headers in web.headers][:1] == ["Bearer hunter2"]
    assert not any("Authorization" in headers for headers in web.headers[1:])
    expect(ended, Reason.ARTIFACT_MISSING if location.startswith("/") else Reason.UNSAFE_SOURCE)
