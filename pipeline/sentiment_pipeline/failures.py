"""What boto3, MLflow, requests, httpx and other libraries raise, as one sentence with the next step.

Classes are named, not imported: importing MLflow or boto3 takes seconds, and the code that raised one has imported it.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sentiment_pipeline.errors import PipelineError, RegistryError

_LIBRARIES = {"azure", "boto3", "botocore", "databricks", "google", "httpcore", "httpx", "mlflow", "requests"}
_LIBRARIES |= {"s3transfer", "urllib3"}

_MOST = 300
"""Characters of another's text in a sentence."""


@dataclass(frozen=True)
class Remote:
    """Whom a command asks."""

    store: str
    """The place of files, as a sentence names it: without secrets."""
    endpoint: str
    """What decides the address that is asked: a variable, or several."""
    error: type[PipelineError]
    """What a failure becomes."""
    folder: str = "check that it is there, and the rights to it"
    """The next step if a file or folder on this machine cannot be used."""


MLFLOW = Remote(
    "the artifact store of MLflow",
    "MLFLOW_S3_ENDPOINT_URL",
    RegistryError,
    "if it belongs to the server's machine, start the server with --serve-artifacts or with s3:// as"
    " --default-artifact-root",
)

_KEYS = "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE"
_RENEW = f"log in again, or set new {_KEYS} (and AWS_SESSION_TOKEN with keys that are valid for some hours only)"
_REGION = "set AWS_DEFAULT_REGION to the region of the bucket"
_STORE_ADDRESS = "check {endpoint} and the network"
_NO_MODULE = (
    "install it where this command runs, or let the server pass artifacts on (`mlflow server --serve-artifacts`)"
)

_CODES = {
    "NoSuchBucket": "create the bucket, or name another one; {endpoint} decides which store is asked",
    "NoSuchKey": "there is no such object: check bucket and key",
    "404": "there is no such object or bucket: check both names; {endpoint} decides which store is asked",
    "InvalidBucketName": "check the name of the bucket",
    "AccessDenied": "give these credentials the right to read, list and write the bucket, or set others: " + _KEYS,
    "403": "give these credentials the right to read, list and write the bucket, or set others: " + _KEYS,
    "InvalidAccessKeyId": "this store does not know AWS_ACCESS_KEY_ID: check it and {endpoint}",
    "SignatureDoesNotMatch": "AWS_SECRET_ACCESS_KEY does not belong to AWS_ACCESS_KEY_ID: check both",
    "ExpiredToken": "the credentials have expired: " + _RENEW,
    "RequestExpired": "the credentials have expired: " + _RENEW,
    "InvalidToken": "AWS_SESSION_TOKEN does not belong to the keys: " + _RENEW,
    "TokenRefreshRequired": "the credentials have expired: " + _RENEW,
    "RequestTimeTooSkewed": "set the clock of this machine",
    "PermanentRedirect": _REGION,
    "301": _REGION,
    "AuthorizationHeaderMalformed": _REGION,
    "IllegalLocationConstraintException": _REGION,
    "SlowDown": "try again later",
    "503": "try again later",
}
"""The next step by the code of S3's answer."""

_KINDS = {
    "botocore.NoCredentialsError": ("no AWS credentials were found", f"set {_KEYS}"),
    "botocore.PartialCredentialsError": ("a part of the AWS credentials is missing", f"set {_KEYS}"),
    "botocore.ProfileNotFound": (
        "the AWS configuration has no profile of the name in AWS_PROFILE",
        "correct or unset AWS_PROFILE",
    ),
    "botocore.NoRegionError": ("no AWS region is set", _REGION),
    "botocore.InvalidRegionError": ("the AWS region is no name of a region", _REGION),
    "botocore.ConfigNotFound": ("there is no AWS configuration", "check AWS_CONFIG_FILE"),
    "botocore.ConfigParseError": (
        "the AWS configuration cannot be read",
        "check AWS_CONFIG_FILE and AWS_SHARED_CREDENTIALS_FILE",
    ),
    "botocore.CredentialRetrievalError": ("no AWS credentials could be fetched, {kind}", _RENEW),
    "botocore.SSOError": ("no AWS credentials could be fetched, {kind}", _RENEW),
    "botocore.TokenRetrievalError": ("no AWS credentials could be fetched, {kind}", _RENEW),
    "botocore.SSLError": (
        "its TLS certificate is not trusted",
        "set AWS_CA_BUNDLE to the certificate of its authority, or correct {endpoint}",
    ),
    "botocore.ProxyConnectionError": ("no answer through the proxy", "check HTTPS_PROXY and NO_PROXY"),
    "botocore.ConnectionError": ("no answer, {kind}", _STORE_ADDRESS),
    "botocore.HTTPClientError": ("no answer, {kind}", _STORE_ADDRESS),
    "botocore.ParamValidationError": ("the name of the bucket or of the key is not valid", "correct it"),
    "httpx.HTTPError": ("cannot be reached ({kind})", "check {endpoint}"),
    "google.DefaultCredentialsError": ("no Google credentials were found", "set GOOGLE_APPLICATION_CREDENTIALS"),
    "requests.SSLError": (
        "MLflow's TLS certificate is not trusted",
        "set MLFLOW_TRACKING_SERVER_CERT_PATH to the certificate of its authority, or correct MLFLOW_TRACKING_URI",
    ),
    "requests.ProxyError": ("MLflow does not answer through the proxy", "check HTTPS_PROXY and NO_PROXY"),
    "requests.Timeout": ("MLflow does not answer in time", "is it running? check MLFLOW_TRACKING_URI and the network"),
    "requests.RetryError": ("MLflow answers with errors of its own", "see the log of the server"),
    "requests.ConnectionError": (
        "MLflow cannot be reached",
        "is it running? check MLFLOW_TRACKING_URI and the network",
    ),
    "requests.InvalidURL": ("MLFLOW_TRACKING_URI is no address", "set it to http(s):// and the host of the server"),
    "mlflow.InvalidUrlException": (
        "MLFLOW_TRACKING_URI is no address",
        "set it to http(s):// and the host of the server",
    ),
}
"""What was found and the next step, by library and class; a base class after its subclasses."""

_QUOTED = {
    "Unable to locate credentials": "botocore.NoCredentialsError",
    "Could not connect to the endpoint URL": "botocore.HTTPClientError",
}
"""Classes whose message MLflow quotes when it downloads several files at once."""

_S3_CODE = re.compile(r"An error occurred \((\w{1,60})\)")

_REFUSED = {
    401: ("MLflow refuses the login", "set MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD"),
    403: (
        "MLflow does not allow this",
        "give the user of MLFLOW_TRACKING_USERNAME the right; without a login, see `mlflow server --allowed-hosts`",
    ),
    413: ("a file is larger than MLflow or its proxy accepts", "raise that limit, or store artifacts in S3 directly"),
}
_LOGIN_CODES = {"UNAUTHENTICATED": 401, "CUSTOMER_UNAUTHORIZED": 401, "PERMISSION_DENIED": 403}


@contextmanager
def asking(remote: Remote) -> Iterator[None]:
    """Turn what a library raises in the block into the error of `remote`; an error of our own code passes."""
    try:
        yield
    except PipelineError:
        raise
    except Exception as error:
        sentence = sentence_of(error, remote)
        if sentence is None:
            raise
        raise remote.error(sentence) from error


def sentence_of(error: BaseException, remote: Remote) -> str | None:
    """What happened and what to do next; None if no library raised it. It holds no secret."""
    for one in _chain(error):
        sentence = _known(one, remote)
        if sentence is not None:
            return sentence
    kind = type(error).__name__
    if "mlflow.MlflowException" in _names(error):
        return f"MLflow: {_quoted(error)}"
    if not _is_foreign(error):
        return None
    if isinstance(error, ValueError) and str(error).startswith("Invalid endpoint"):
        return f"{remote.store}: the address of S3 is no address; set {remote.endpoint} to http(s):// and its host"
    if isinstance(error, OSError) and error.filename is not None:
        return f"{remote.store}: {error.filename}: {error.strerror}; {remote.folder}"
    return f"{remote.store}: {kind}; check {remote.endpoint}"


def _known(error: BaseException, remote: Remote) -> str | None:
    names = _names(error)
    code = _s3_code(error, names)
    if code is not None:
        step = _CODES.get(code, "check bucket, key and the AWS_ variables").format(endpoint=remote.endpoint)
        return f"{remote.store}: S3 answered {code}; {step}"
    if isinstance(error, ImportError):
        module = f"the Python module {error.name}" if error.name else "a Python module"
        return f"{remote.store} needs {module}, which is not installed; {_NO_MODULE}"
    status = _status(error, names)
    if status is not None:
        return "; ".join(_REFUSED.get(status, (f"MLflow answered with status {status}", "see the log of the server")))
    texts = str(error) if names & {"mlflow.MlflowException", "boto3.Boto3Error"} else ""
    names |= {name for text, name in _QUOTED.items() if text in texts}
    for name, (found, step) in _KINDS.items():
        if name in names:
            about = f"{remote.store}: " if name.startswith(("botocore.", "google.", "httpx.")) else ""
            return f"{about}{found}; {step}".format(kind=type(error).__name__, endpoint=remote.endpoint)
    return None


def _s3_code(error: BaseException, names: set[str]) -> str | None:
    if "botocore.ClientError" in names:
        return str(getattr(error, "response", {}).get("Error", {}).get("Code", "unknown"))
    if names & {"mlflow.MlflowException", "boto3.Boto3Error"}:
        quoted = _S3_CODE.search(str(error))
        return quoted[1] if quoted else None
    return None


def _status(error: BaseException, names: set[str]) -> int | None:
    """The status of an answer that refuses; None if MLflow's own message states more."""
    if "mlflow.MlflowException" in names:
        return _LOGIN_CODES.get(str(getattr(error, "error_code", "")))
    if "requests.HTTPError" in names:
        return getattr(getattr(error, "response", None), "status_code", None)
    return None


def _chain(error: BaseException) -> Iterator[BaseException]:
    """The error, what caused it, what caused that."""
    seen: set[int] = set()
    one: BaseException | None = error
    while one is not None and id(one) not in seen:
        seen.add(id(one))
        yield one
        one = one.__cause__ or (None if one.__suppress_context__ else one.__context__)


def _names(error: BaseException) -> set[str]:
    """The classes of an error, each as the library and its own name."""
    return {f"{one.__module__.partition('.')[0]}.{one.__name__}" for one in type(error).__mro__}


def _is_foreign(error: BaseException) -> bool:
    """Whether a library's class was raised, or any class while a library ran."""
    if any(name.partition(".")[0] in _LIBRARIES for name in _names(error)):
        return True
    trace = error.__traceback__
    while trace is not None:
        if str(trace.tb_frame.f_globals.get("__name__", "")).partition(".")[0] in _LIBRARIES:
            return True
        trace = trace.tb_next
    return False


def _quoted(error: BaseException) -> str:
    """The first line of a message, without the body of an answer, and without the secrets of an address."""
    line = next(iter(str(error).splitlines()), type(error).__name__).partition(" Response body:")[0]
    without_login = re.sub(r"//[^/\s'\"]*@", "//", line)
    return re.sub(r"(\w://[^\s?'\"]*)\?[^\s'\"]*", r"\1", without_login)[:_MOST]
