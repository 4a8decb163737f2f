"""Which web server gets the login at MLflow. The servers themselves are in tests/integration/serving."""

import pytest

from sentiment_serving.fetching.errors import Unauthorized
from sentiment_serving.fetching.login import login_for
from sentiment_serving.fetching.remedies import remedy_for
from sentiment_serving.fetching.source import parse_source
from sentiment_serving.termination import Reason, Termination

BASIC = {"MLFLOW_TRACKING_USERNAME": "u", "MLFLOW_TRACKING_PASSWORD": "hunter2"}
BEARER = {"MLFLOW_TRACKING_TOKEN": "hunter2"}
POD = {"KUBERNETES_SERVICE_HOST": "10.0.0.1"}
URI = "https://mlflow.example.com/api/2.0/mlflow-artifacts/artifacts/1/m"


def allowed(environ: dict[str, str], uri: str = URI) -> bool:
    login = login_for(parse_source(uri, {}, allow_http=True), BASIC | environ)
    assert login is not None
    assert "hunter2" not in repr(login)
    return login.allowed


@pytest.mark.parametrize(
    ("environ", "header"),
    [
        (BASIC, "Basic dTpodW50ZXIy"),
        (BEARER, "Bearer hunter2"),
        (BASIC | BEARER, "Basic dTpodW50ZXIy"),
        (BEARER | {"MLFLOW_TRACKING_USERNAME": "u"}, "Bearer hunter2"),
    ],
)
def test_a_username_with_a_password_has_precedence(environ: dict[str, str], header: str) -> None:
    login = login_for(parse_source(URI, {}), environ)
    assert login is not None
    assert login.header == header


def test_object_stores_get_no_login() -> None:
    assert login_for(parse_source("s3://bucket/m", {}), BASIC) is None
    assert login_for(parse_source(URI, {}), {"MLFLOW_TRACKING_USERNAME": "u"}) is None


@pytest.mark.parametrize(
    "origins",
    [
        "https://mlflow.example.com",
        "https://MLFLOW.example.com:443/path",
        " http://other , https://mlflow.example.com/ ",
    ],
)
def test_the_same_scheme_host_and_port_get_it(origins: str) -> None:
    assert allowed({"FETCH_CREDENTIAL_ORIGINS": origins} | POD)


@pytest.mark.parametrize(
    "uri",
    [
        "https://evil.example.com/m",
        "https://mlflow.example.com.evil.example/m",
        "https://sub.mlflow.example.com/m",
        "https://mlflow.example.com:8443/m",
        "http://mlflow.example.com/m",
        "http://mlflow.example.com:443/m",
    ],
)
def test_another_one_does_not(uri: str) -> None:
    assert not allowed({"FETCH_CREDENTIAL_ORIGINS": "https://mlflow.example.com"}, uri)


@pytest.mark.parametrize(
    ("environ", "sent"),
    [
        ({}, True),
        (POD, False),
        ({"FETCH_CREDENTIAL_ORIGINS": ""}, False),
        ({"FETCH_CREDENTIAL_ORIGINS": "", "MLFLOW_TRACKING_URI": "https://mlflow.example.com"}, False),
        ({"MLFLOW_TRACKING_URI": "https://mlflow.example.com"}, True),
        ({"MLFLOW_TRACKING_URI": "https://mlflow.example.com"} | POD, True),
        ({"MLFLOW_TRACKING_URI": "https://other.example.com"}, False),
        ({"MLFLOW_TRACKING_URI": "sqlite:///mlflow.db"}, True),
    ],
)
def test_who_gets_it_without_a_list(environ: dict[str, str], sent: bool) -> None:
    assert allowed(environ) is sent


@pytest.mark.parametrize(
    ("environ", "name"),
    [
        ({"MLFLOW_TRACKING_TOKEN": "hunter2\r\nX: y"}, "MLFLOW_TRACKING_TOKEN"),
        ({"MLFLOW_TRACKING_TOKEN": "hunter2\u00e9"}, "MLFLOW_TRACKING_TOKEN"),
        (BASIC | {"MLFLOW_TRACKING_PASSWORD": "hunter2\n"}, "MLFLOW_TRACKING_PASSWORD"),
        (BASIC | {"FETCH_CREDENTIAL_ORIGINS": "mlflow.example.com"}, "FETCH_CREDENTIAL_ORIGINS"),
        (BASIC | {"FETCH_CREDENTIAL_ORIGINS": "https://h:port"}, "FETCH_CREDENTIAL_ORIGINS"),
    ],
)
def test_what_cannot_be_sent_is_a_fault_of_the_configuration(environ: dict[str, str], name: str) -> None:
    with pytest.raises(Termination, match=name) as caught:
        login_for(parse_source(URI, {}), environ)
    assert caught.value.reason is Reason.BAD_CONFIGURATION
    assert "hunter2" not in caught.value.message


@pytest.mark.parametrize(
    ("environ", "words"),
    [
        ({}, ["Set MLFLOW_TRACKING_USERNAME", "MLFLOW_TRACKING_PASSWORD", "MLFLOW_TRACKING_TOKEN"]),
        (BASIC, ["Check MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD"]),
        (BEARER, ["Check MLFLOW_TRACKING_TOKEN"]),
        (BEARER | POD, ["MLFLOW_TRACKING_TOKEN", "FETCH_CREDENTIAL_ORIGINS does not name"]),
    ],
)
def test_the_message_names_the_login(environ: dict[str, str], words: list[str]) -> None:
    sentence = remedy_for(Unauthorized(""), source=parse_source(URI, {}), environ=environ)
    for word in words:
        assert word in sentence
