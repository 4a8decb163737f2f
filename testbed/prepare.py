"""The base of all end-to-end tests, prepared once before they start: the lab, both images, the operator, a model.

A ConfigMap in the cluster records what was made and the state of the checkout that it was made from. It disappears with
the cluster, and tests refuse to run if it names another state of the checkout.
"""

import contextlib
import json
import subprocess
import warnings
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from delivery import deploy
from delivery.cluster import ROOT, Cluster, DeliveryError, connect
from delivery.images import build_and_push
from lab import client
from lab.client import Progress, content_key
from sentiment_pipeline.data.ingestion.ingest import ingest
from sentiment_pipeline.data.preparation.prepare import prepare as prepare_reviews
from sentiment_pipeline.evaluation.evaluate import evaluate
from sentiment_pipeline.params import load_params
from sentiment_pipeline.training.train import train

NOTE = "end-to-end-tests"
"""The ConfigMap in the operator's namespace."""
DEPLOYED = ("operator", "serving", "model", "pipeline", "pyproject.toml", "requirements", "crds", "deploy")
DOCKERFILES = "Dockerfile.*"
WORKSPACE = ROOT / "build" / "end-to-end"
PARAMS = """
data: {source: "builtin:sample", sample_rows: 1500, group: movie}
prepare: {}
split: {test_share: 0.2}
train:
  folds: 3
  candidates:
    - {name: pairs, ngrams: [1, 2], min_df: 2, c: 3.0}
golden: {rows: 50, texts: test}
gate: {min_accuracy: 0.7, max_drop: 0.05}
tracking: {experiment: e2e}
"""


@dataclass(frozen=True)
class Prepared:
    """What was prepared for the tests."""

    checkout: str
    """Hash of the files that the rest was made from."""
    images: dict[str, str]
    """Name -> `registry/name@sha256:...`."""
    workspace: str
    """A folder in which the pipeline has trained and evaluated a small model."""


def prepare() -> None:
    """Prepare everything, except what was already made from the same files."""
    progress = Progress()
    if not client.is_up():
        subprocess.run(client.command("up", "--nodes", "2"), cwd=ROOT, check=True)
    cluster, checkout = connect("lab"), checkout_key()
    found = noted(cluster)
    if found is None or found.checkout != checkout:
        with progress.step("building both images and pushing them"):
            images = build_and_push(cluster, report=progress.report)
        with progress.step("training a small model"):
            _train()
        found = Prepared(checkout, images, str(WORKSPACE))
    with progress.step("installing the operator"):
        deploy.install(cluster, found.images)
    _note(cluster, found)


def prepared(cluster: Cluster) -> Prepared:
    """What `prepare` made from the present state of this checkout.

    Raises:
        DeliveryError: it did not run, or the checkout has changed since.
    """
    found = noted(cluster)
    if found is None or found.checkout != checkout_key():
        reason = "was not prepared for these tests" if found is None else "runs another state of this checkout"
        raise DeliveryError(f"the lab {reason}: run `make e2e` (or `make e2e TESTS=...` for some of the tests)")
    return found


def checkout_key() -> str:
    """A hash of the present content of everything that is built, trained or installed."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "--deduplicate", "--"]
    listed = subprocess.run([*command, *DEPLOYED, DOCKERFILES], cwd=ROOT, check=True, capture_output=True, text=True)
    return content_key([PARAMS, *_names_and_contents(listed.stdout.splitlines())])


def _names_and_contents(names: list[str]) -> Iterator[str | bytes]:
    for name in sorted(names):
        if (ROOT / name).is_file():
            yield name
            yield (ROOT / name).read_bytes()


def _train() -> None:
    WORKSPACE.mkdir(parents=True, exist_ok=True)
    (WORKSPACE / "params.yaml").write_text(PARAMS)
    params = load_params(WORKSPACE / "params.yaml")
    with contextlib.chdir(WORKSPACE), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        ingest(params.data)
        prepare_reviews(params)
        train(params)
        evaluate(params)


def noted(cluster: Cluster) -> Prepared | None:
    """What was prepared, from any state of any checkout; None if nothing was."""
    done = cluster.try_kubectl("-n", deploy.NAMESPACE, "get", "configmap", NOTE, "-o", "json")
    if done.returncode != 0:
        return None
    fields: dict[str, Any] = json.loads(json.loads(done.stdout)["data"]["prepared"])
    found = Prepared(**fields)
    return found if Path(found.workspace).is_dir() else None


def _note(cluster: Cluster, made: Prepared) -> None:
    note = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": NOTE, "namespace": deploy.NAMESPACE},
        "data": {"prepared": json.dumps(asdict(made))},
    }
    cluster.kubectl("apply", "-f", "-", stdin=json.dumps(note))
