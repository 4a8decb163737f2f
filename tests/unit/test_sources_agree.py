"""Operator and serving image accept the same addresses of a model, and refuse the others as unsafe.

They share no code. Where they differ, the operator would accept a version that no pod can fetch, or refuse a good one.
The one difference is intended: in a pod, a loopback address is the pod itself, on a laptop it is the laptop's server.
"""

import pytest

from sentiment_operator.api.errors import UnsafeSource
from sentiment_operator.registry import source as operator
from sentiment_serving.fetching import azure_address
from sentiment_serving.fetching import source as serving
from sentiment_serving.termination import Termination

ACCEPTED = [
    "s3://mlflow/1/models/m-1/artifacts",
    "s3://Models.example_1-eu/a b/c",
    "gs://bucket/a",
    "az://container/a",
    "az://$web/a",
    "https://mlflow.example/api/2.0/mlflow-artifacts/artifacts/1/m",
    "https://mlflow.example:8443/a",
    "https://10.0.0.1/a",
    "https://[2001:db8::1]/a",
    *(
        f"{scheme}://container@account.{service}.{cloud}/a/b%20c"
        for scheme in ("wasbs", "abfss", "abfs")
        for service in ("blob", "dfs")
        for cloud in ("core.windows.net", "core.usgovcloudapi.net", "core.chinacloudapi.cn")
    ),
]
REFUSED = [
    "", "model", "/etc/passwd", "../model", "file:///etc", "ftp://host/a", "models:/m-1", "mlflow-artifacts:/1/m",
    "dbfs:/a", "wasb://c@account.blob.core.windows.net/a", "adl://account.azuredatalakestore.net/a",
    "http://mlflow.example/a", "s3:///a", "https:///a", "https://[", "https://host:99999/a",
    "https://user:hunter2@mlflow.example/a", "https://user@mlflow.example/a", "https://:@mlflow.example/a",
    "https://mlflow.example/a?token=hunter2", "https://mlflow.example/a#hunter2", "s3://bucket/a?versionId=1",
    "https://169%2e254.169.254/a", "https://good.example\\.evil.example/a",
    "s3://evil.example%2F/a", "s3://bucket:80/a", "s3://bucket:port/a", "s3://../a", "s3://[::1]/a", "s3://buc\tket/a",
    "s3://b\u00fccket/a", "s3://key:hunter2@bucket/a", "az://container@account.blob.core.windows.net/a",
    "wasbs://container/a", "wasbs://account.blob.core.windows.net/a", "wasbs://@account.blob.core.windows.net/a",
    "wasbs://container@evil.example/a", "wasbs://container@account.blob.core.windows.net.evil.example/a",
    "wasbs://container@account.blob.core.evil.net/a", "wasbs://container@evil.example%2F.blob.core.windows.net/a",
    "wasbs://container@evil.example#.blob.core.windows.net/a", "wasbs://c@acc.blob.core.windows.net:8443/a",
    "wasbs://container@blob.core.windows.net/a", "wasbs://container:hunter2@account.blob.core.windows.net/a",
    "wasbs://container@account.blob.core.windows.net/a?sig=hunter2", "abfss://container@a-b.dfs.core.windows.net/a",
    "abfss://container@account.queue.core.windows.net/a", "abfss://container@169.254.169.254/a",
    "https://169.254.169.254/a", "https://169.254.170.2/a", "https://[fe80::1]/a", "https://[fe80::1%25eth0]/a",
    "https://[fd00:ec2::254]/a", "https://[::ffff:169.254.169.254]/a", "https://metadata.google.internal/a",
    "https://METADATA.google.internal./a", "https://metadata/a", "https://instance-data/a",
    "https://100.100.100.200/a", "https://168.63.129.16/a", "https://0.0.0.0/a", "https://[::]/a", "https://224.0.0.1/a",
]  # fmt: skip
LOOPBACK = ["https://127.0.0.1/a", "https://localhost/a", "https://[::1]/a"]


def of_operator(uri: str) -> str:
    """What the operator makes of an address."""
    try:
        operator.checked_source(uri, allow_http=False)
    except UnsafeSource as error:
        return _refused("UnsafeSource", str(error))
    return "accepted"


def of_serving(uri: str) -> str:
    """What `fetch` makes of it."""
    try:
        serving.parse_source(uri, {})
    except Termination as error:
        return _refused(error.reason.value, error.message)
    return "accepted"


def _refused(reason: str, message: str) -> str:
    return "a secret is shown" if "hunter2" in message else reason


@pytest.mark.parametrize("uri", ACCEPTED)
def test_both_accept(uri: str) -> None:
    assert (of_operator(uri), of_serving(uri)) == ("accepted", "accepted")


@pytest.mark.parametrize("uri", REFUSED)
def test_both_refuse(uri: str) -> None:
    assert (of_operator(uri), of_serving(uri)) == ("UnsafeSource", "UnsafeSource")


@pytest.mark.parametrize("uri", LOOPBACK)
def test_only_the_operator_refuses_loopback(uri: str) -> None:
    assert (of_operator(uri), of_serving(uri)) == ("UnsafeSource", "accepted")


def test_the_lists_are_the_same() -> None:
    assert {*serving.STORES, *azure_address.SCHEMES, "https"} == operator.STORES
