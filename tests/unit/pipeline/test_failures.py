"""What libraries raise, as one sentence with the next step: S3, MLflow, the network, and what is not installed."""

import json
from pathlib import Path
from typing import Any

import boto3
import botocore.session
import httpx
import mlflow.exceptions
import pytest
import requests
from boto3.exceptions import RetriesExceededError, S3UploadFailedError
from botocore import exceptions as s3
from botocore.config import Config
from click.testing import CliRunner
from mlflow.protos import databricks_pb2 as codes

from sentiment_pipeline.cli import main
from sentiment_pipeline.errors import DataError, RegistryError, SourceError
from sentiment_pipeline.failures import MLFLOW, Remote, asking
from sentiment_pipeline.tracking.address import check_addresses

SECRET = "hunter2"
STORE = "the artifact store of MLflow"
ENDPOINT = "MLFLOW_S3_ENDPOINT_URL"


def refused(code: str) -> s3.ClientError:
    return s3.ClientError({"Error": {"Code": code, "Message": SECRET}}, "PutObject")


def chained(error: Exception, cause: Exception) -> Exception:
    """`error`, raised while `cause` was handled."""
    error.__context__ = cause
    return error


def rest(code: str) -> mlflow.exceptions.RestException:
    return mlflow.exceptions.RestException({"error_code": code, "message": f"of {code}"})


def answered(status: int) -> requests.HTTPError:
    response = requests.Response()
    response.status_code = status
    return requests.HTTPError(
        f"{status} for url: http://u:{SECRET}@mlflow/api?X-Amz-Signature={SECRET}", response=response
    )


SENTENCES: list[tuple[Exception, str]] = [
    (
        s3.NoCredentialsError(),
        f"{STORE}: no AWS credentials were found; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
    ),
    (s3.PartialCredentialsError(provider="env", cred_var="x"), "a part of the AWS credentials is missing; set AWS_ACC"),
    (s3.ProfileNotFound(profile=SECRET), "correct or unset AWS_PROFILE"),
    (s3.NoRegionError(), "no AWS region is set; set AWS_DEFAULT_REGION"),
    (s3.InvalidRegionError(region_name="x"), "set AWS_DEFAULT_REGION"),
    (s3.ConfigParseError(path="x"), "check AWS_CONFIG_FILE and AWS_SHARED_CREDENTIALS_FILE"),
    (s3.CredentialRetrievalError(provider="x", error_msg=SECRET), "no AWS credentials could be fetched"),
    (s3.UnauthorizedSSOTokenError(), "UnauthorizedSSOTokenError; log in again"),
    (s3.TokenRetrievalError(provider="x", error_msg=SECRET), "TokenRetrievalError; log in again"),
    (s3.SSLError(endpoint_url="x", error=OSError(SECRET)), "TLS certificate is not trusted; set AWS_CA_BUNDLE"),
    (s3.ProxyConnectionError(proxy_url=SECRET), "check HTTPS_PROXY and NO_PROXY"),
    (s3.EndpointConnectionError(endpoint_url=SECRET), f"no answer, EndpointConnectionError; check {ENDPOINT}"),
    (s3.ConnectTimeoutError(endpoint_url=SECRET), f"no answer, ConnectTimeoutError; check {ENDPOINT}"),
    (s3.ReadTimeoutError(endpoint_url=SECRET), f"no answer, ReadTimeoutError; check {ENDPOINT}"),
    (s3.ParamValidationError(report=SECRET), "the name of the bucket or of the key is not valid"),
    (s3.UnknownServiceError(service_name="x", known_service_names=""), f"UnknownServiceError; check {ENDPOINT}"),
    (refused("NoSuchBucket"), f"{STORE}: S3 answered NoSuchBucket; create the bucket, or name another one; {ENDPOINT}"),
    (refused("AccessDenied"), "S3 answered AccessDenied; give these credentials the right to read"),
    (refused("InvalidAccessKeyId"), f"this store does not know AWS_ACCESS_KEY_ID: check it and {ENDPOINT}"),
    (refused("SignatureDoesNotMatch"), "AWS_SECRET_ACCESS_KEY does not belong to AWS_ACCESS_KEY_ID"),
    (refused("ExpiredToken"), "the credentials have expired: log in again"),
    (refused("InvalidToken"), "AWS_SESSION_TOKEN does not belong to the keys"),
    (refused("RequestTimeTooSkewed"), "set the clock of this machine"),
    (refused("PermanentRedirect"), "set AWS_DEFAULT_REGION"),
    (refused("Whatever"), "S3 answered Whatever; check bucket, key and the AWS_ variables"),
    (chained(S3UploadFailedError(SECRET), refused("NoSuchBucket")), "S3 answered NoSuchBucket"),
    (S3UploadFailedError(f"{SECRET}: An error occurred (ExpiredToken) when calling"), "S3 answered ExpiredToken"),
    (S3UploadFailedError(SECRET), "S3UploadFailedError; check"),
    (RetriesExceededError(S3UploadFailedError()), "RetriesExceededError; check"),
    (mlflow.exceptions.MlflowException("failures:\n## a ##\nUnable to locate credentials"), "no AWS credentials were"),
    (
        mlflow.exceptions.MlflowException("failures:\n## a ##\nAn error occurred (AccessDenied) when"),
        "answered AccessD",
    ),
    (chained(mlflow.exceptions.MlflowException(SECRET), requests.ConnectionError(SECRET)), "MLflow cannot be reached;"),
    (
        chained(mlflow.exceptions.MlflowException(SECRET), requests.ReadTimeout(SECRET)),
        "MLflow does not answer in time",
    ),
    (chained(mlflow.exceptions.MlflowException(SECRET), requests.exceptions.SSLError()), "MLflow's TLS certificate is"),
    (chained(mlflow.exceptions.MlflowException(SECRET), requests.exceptions.ProxyError()), "through the proxy"),
    (mlflow.exceptions.InvalidUrlException(SECRET), "MLFLOW_TRACKING_URI is no address"),
    (
        mlflow.exceptions.MlflowException(SECRET, codes.UNAUTHENTICATED),
        "set MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING",
    ),
    (rest("PERMISSION_DENIED"), "MLflow does not allow this; give the user of MLFLOW_TRACKING_USERNAME the right"),
    (rest("RESOURCE_DOES_NOT_EXIST"), "MLflow: RESOURCE_DOES_NOT_EXIST: of RESOURCE_DOES_NOT_EXIST"),
    (
        mlflow.exceptions.MlflowException(
            f"GET http://u:{SECRET}@host/x?sig={SECRET} failed. Response body: '{SECRET}'"
        ),
        "MLflow: GET http://host/x failed.",
    ),
    (answered(401), "MLflow refuses the login; set MLFLOW_TRACKING_USERNAME"),
    (answered(413), "a file is larger than MLflow or its proxy accepts"),
    (answered(500), "MLflow answered with status 500; see the log of the server"),
    (
        ModuleNotFoundError("No", name="google.cloud"),
        f"{STORE} needs the Python module google.cloud, which is not inst",
    ),
    (ImportError(SECRET), f"{STORE} needs a Python module, which is not installed; install it"),
    (httpx.ConnectError(SECRET), "cannot be reached (ConnectError)"),
    (httpx.InvalidURL(SECRET), "InvalidURL; check"),
]


@pytest.mark.parametrize(
    ("error", "sentence"), SENTENCES, ids=[f"{type(one).__name__}-{text}" for one, text in SENTENCES]
)
def test_each_failure_is_one_sentence_without_secrets(error: Exception, sentence: str) -> None:
    with pytest.raises(RegistryError) as caught, asking(MLFLOW):
        raise error
    assert sentence in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1
    assert SECRET not in str(caught.value)


def every(kind: type[Exception]) -> list[type[Exception]]:
    return [kind, *(below for one in kind.__subclasses__() for below in every(one))]


def test_no_class_of_a_library_is_a_traceback() -> None:
    roots = (s3.BotoCoreError, s3.ClientError, boto3.exceptions.Boto3Error, mlflow.exceptions.MlflowException)
    for kind in [one for root in (*roots, requests.RequestException, httpx.HTTPError) for one in every(root)]:
        with pytest.raises(RegistryError), asking(MLFLOW):
            raise kind.__new__(kind)


def test_what_a_library_lets_through_is_a_sentence_too(tmp_path: Path) -> None:
    session = botocore.session.get_session()
    with pytest.raises(RegistryError, match="the address of S3 is no address; set MLFLOW_S3"), asking(MLFLOW):
        session.create_client("s3", region_name="x", endpoint_url="no address", config=Config())
    with pytest.raises(RegistryError, match="AttributeError; check MLFLOW_S3"), asking(MLFLOW):
        requests.Session().send(None)  # type: ignore[arg-type]


def test_errors_of_our_own_pass() -> None:
    for error in (DataError("of ours"), KeyError("of ours"), KeyboardInterrupt()):
        with pytest.raises(type(error), match=r"of ours|^$"), asking(MLFLOW):
            raise error


def test_a_source_is_named_with_its_own_variable() -> None:
    remote = Remote("s3://raw/x.csv", "AWS_ENDPOINT_URL", SourceError)
    sentence = r"^s3://raw/x.csv: no answer, .*; check AWS_ENDPOINT_URL"
    with pytest.raises(SourceError, match=sentence), asking(remote):
        raise s3.EndpointConnectionError(endpoint_url="x")


@pytest.mark.parametrize("variable", ["MLFLOW_TRACKING_URI", "MLFLOW_REGISTRY_URI"])
@pytest.mark.parametrize(
    ("uri", "found"),
    [
        ("arn:aws:sagemaker:eu-west-1:111122223333:mlflow-tracking-server/x", r"a managed service \(arn\)"),
        ("databricks", r"a managed service \(databricks\)"),
        ("databricks://profile", r"a managed service \(databricks\)"),
        ("databricks-uc", r"a managed service \(databricks-uc\)"),
        ("databricks-uc://profile", r"a managed service \(databricks-uc\)"),
        ("uc:http://catalog", r"a managed service \(uc\)"),
        ("mlflow.example.com:5000", "which MLflow does not know"),
        ("htps://mlflow", "which MLflow does not know"),
        ("http://", "names no host"),
        ("http://[mlflow", "is no address"),
    ],
)
def test_what_is_no_server_is_refused_at_the_start(variable: str, uri: str, found: str) -> None:
    with pytest.raises(RegistryError, match=rf"^{variable} .*{found}.*; set {variable} to the address of an MLflow"):
        check_addresses({variable: uri})


SERVERS = ["http://mlflow:5000", "https://mlflow/path"]
STORES = ["sqlite:///mlflow.db", "mlruns", "/srv/x", "file:///srv/x", "postgresql://u@h/d", "mysql+pymysql://u@h/d", ""]


@pytest.mark.parametrize("uri", [*SERVERS, *STORES])
def test_servers_and_stores_on_a_laptop_are_accepted(uri: str) -> None:
    check_addresses({"MLFLOW_TRACKING_URI": uri})


@pytest.mark.parametrize("command", [["register", "--name", "m"], ["sign", "--name", "m", "--version", "1"]])
def test_a_command_refuses_a_managed_service(
    command: list[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(Path(__file__).parents[3])
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "arn:aws:sagemaker:eu-west-1:111122223333:mlflow-tracking-server/x")
    monkeypatch.delenv("SENTIMENT_SIGNING_KEY", raising=False)
    result = CliRunner().invoke(main, command)
    assert result.exit_code == 1
    assert len(result.stderr.splitlines()) == 1
    assert "Traceback" not in result.stderr


def test_a_file_that_cannot_be_written_is_a_sentence(tmp_path: Path) -> None:
    result = CliRunner().invoke(main, ["sample", str(tmp_path)])
    assert result.exit_code == 1
    assert f"Error: {tmp_path}: Is a directory; check the path" in result.stderr


@pytest.mark.parametrize("text", ["", "no JSON", json.dumps([1])])
def test_a_resource_that_is_no_json_is_a_sentence(text: str) -> None:
    options: list[Any] = ["--name", "m", "--version", "1", "--resource", "r", "--serving-json", "-"]
    result = CliRunner().invoke(main, ["promote", *options], input=text)
    assert result.exit_code == 1
    assert len(result.stderr.splitlines()) == 1
