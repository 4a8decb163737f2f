"""`promote`: makes a version the champion if the cluster serves it."""

import json
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sentiment_pipeline.errors import PipelineError, Refused
from sentiment_pipeline.tracking.registry import CHAMPION, Registry, Version

_TIMEOUT_SECONDS = 30
_EXPECTED = "expected a SentimentModel as JSON (`kubectl get smdl NAME -o json`), found something else"


@dataclass(frozen=True)
class Serving:
    """The version that a SentimentModel serves, from its status; empty strings if it serves none."""

    model: str
    version: str
    digest: str


def serving_of(resource: Any) -> Serving:
    """Read a SentimentModel as the API server returns it.

    Raises:
        PipelineError: it is not a SentimentModel.
    """
    if not isinstance(resource, dict) or resource.get("kind") != "SentimentModel":
        raise PipelineError(_EXPECTED)
    serving = resource.get("status", {}).get("serving", {})
    model = resource.get("spec", {}).get("model", {}).get("name", "")
    return Serving(model, str(serving.get("version", "")), str(serving.get("digest", "")))


def check(version: Version, serving: Serving, resource: str) -> None:
    """Check that the cluster serves a version.

    Raises:
        Refused: it does not; the message states what it serves.
    """
    if serving.model != version.name:
        raise Refused(f"{resource} serves the model {serving.model}, not {version.name}")
    if serving.version != version.number:
        served = f"version {serving.version}" if serving.version else "nothing"
        raise Refused(f"{resource} serves {served}, not version {version.number}; the champion is unchanged")
    if not version.digest or serving.digest != version.digest:
        raise Refused(
            f"{resource} serves version {version.number} with digest {serving.digest or 'unknown'},"
            f" but the registry has {version.digest or 'none'}; the champion is unchanged"
        )


def promote(registry: Registry, name: str, number: str, resource: Any, resource_name: str) -> Version:
    """Make a version the champion, if `resource` (a SentimentModel as JSON) serves it.

    Raises:
        Refused: it does not.
        RegistryError: MLflow did not answer.
    """
    version = registry.version(name, number)
    check(version, serving_of(resource), resource_name)
    registry.set_alias(name, CHAMPION, number)
    return version


def parse_resource(text: Iterable[str]) -> Any:
    """A resource from the lines of its JSON.

    Raises:
        PipelineError: it is none.
    """
    try:
        return json.loads("".join(text))
    except ValueError:
        raise PipelineError(_EXPECTED) from None


def read_resource(kubectl: str, name: str, namespace: str) -> Any:
    """Read a SentimentModel from the cluster of the current KUBECONFIG.

    Raises:
        PipelineError: kubectl is missing or failed; the message holds its error.
    """
    command = [kubectl, "get", "sentimentmodels.sentiment.dev", name, "--namespace", namespace, "--output", "json"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=_TIMEOUT_SECONDS)
    except FileNotFoundError:
        raise PipelineError(f"{kubectl} is not on PATH; install it, or set --kubectl or --serving-json") from None
    except subprocess.TimeoutExpired:
        raise PipelineError(f"kubectl did not answer within {_TIMEOUT_SECONDS} s; is the cluster reachable?") from None
    except subprocess.CalledProcessError as error:
        raise PipelineError(f"kubectl failed: {error.stderr.strip()}") from None
    return parse_resource(done.stdout)
