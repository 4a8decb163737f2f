"""The steps of the ci and cd workflow files, run against the lab for three commits in order.

Covers: a good commit, whose model serves and becomes the champion; one that makes the model worse and stops at the
gate; one that passes the gate and is rejected by the cluster, with the reason in the job's last line. These tests run
alone and last. The jobs check and e2e of ci are not run: they contain these tests.
"""

import json
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import yaml

from delivery import rollout, summary
from delivery.cluster import ROOT, Cluster
from delivery.deploy import NAMESPACE
from demo import workspace
from sentiment_pipeline.tracking.registry import CHAMPION, MlflowRegistry
from testbed.resource import Resource, namespaced
from testbed.versions import Registry
from tests.e2e.workflow import Ended, Runner

pytestmark = [pytest.mark.e2e, pytest.mark.disruptive]

CI_USES = frozenset({"actions/checkout", "actions/setup-python", "actions/upload-artifact"})
CD_USES = CI_USES | {
    "aws-actions/configure-aws-credentials",
    "aws-actions/amazon-ecr-login",
    "docker/setup-buildx-action",
    "kubeconfig of the EKS cluster",
    "login at MLflow",
    "signing key",
}
SMALL = {
    "data.sample_rows": 1500,
    "train.folds": 3,
    "train.candidates": [{"name": "pairs", "ngrams": [1, 2], "min_df": 2, "c": 3.0}],
    "golden.rows": 50,
    "gate.min_accuracy": 0.6,
    "gate.max_drop": 0.02,
}
WORSE = {"train.candidates": [{"name": "few", "ngrams": [1, 1], "min_df": 2, "c": 3.0, "max_features": 150}]}
ENOUGH_ROWS = 40
"""With fewer rows, no model could prove an accuracy of 0.90: the fault would be the set's, not the version's."""
OTHER = {"train.candidates": [{"name": "pairs", "ngrams": [1, 2], "min_df": 2, "c": 4.0}]}


@dataclass(frozen=True)
class Repository:
    """A clone for commits, delivered to one SentimentModel."""

    root: Path
    resource: Resource

    def commit(self, changes: Mapping[str, object]) -> str:
        """Commit a change of params.yaml and return the commit before it."""
        before = self._git("rev-parse", "HEAD")
        workspace.set_parameters(self.root, changes)
        self._git("-c", "user.name=e2e", "-c", "user.email=e2e@example.com", "commit", "--quiet", "--all", "-m", "Change")  # fmt: skip  # noqa: E501
        return before

    def ci(self, *, pull_request: str = "") -> Ended:
        """The job that has no credentials: for a push, or for a pull request onto that commit."""
        values = {
            "github.event.pull_request.base.sha": pull_request,
            "github.event_name == 'pull_request'": bool(pull_request),
        }
        return Runner(values=values, environment={"WORKSPACE": str(self.root)}, left_out=CI_USES).run("ci", "model")

    def cd(self) -> Ended:
        """The delivery, with the lab in place of AWS."""
        lab = dict(self.resource.cluster.environment)
        values = {
            "vars.MLFLOW_TRACKING_URI": lab["MLFLOW_TRACKING_URI"],
            "vars.DVC_REMOTE": f"s3://dvc/{self.resource.namespace}",
            "vars.NAMESPACE || 'sentiment-models'": self.resource.namespace,
            "vars.RESOURCE || 'reviews'": self.resource.name,
            "vars.MANIFEST || 'examples/eks.yaml'": self.root / "manifest.yaml",
            "steps.ecr.outputs.registry": lab["REGISTRY"],
            "github.sha": self._git("rev-parse", "HEAD"),
            "inputs.refresh": False,
            "vars.INSTALL_OPERATOR == 'yes'": False,
            "vars.SIGNING_SECRET && format('{0}/signing.pem', runner.temp)": "",
        }
        given = {name: lab[name] for name in lab if name.startswith("AWS_") or name in {"KUBECONFIG", "PATH"}}
        instead = {"CLUSTER": "lab", "OVERLAY": "", "WORKSPACE": str(self.root), "NAME": self.resource.model}
        return Runner(values=values, environment={**given, **instead}, left_out=CD_USES).run("cd", "deliver")

    def _git(self, *arguments: str) -> str:
        return subprocess.run(
            ["git", *arguments], cwd=self.root, check=True, text=True, capture_output=True
        ).stdout.strip()


@pytest.fixture(scope="module")
def repository(cluster: Cluster, registry: Registry, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Repository]:
    """A clone with small parameters, and a namespace without a SentimentModel."""
    folder = tmp_path_factory.mktemp("delivery")
    root = workspace.prepare(cluster.environment, workspace=folder / "workspace", cache=folder / "cache")
    with namespaced(cluster) as resource:
        manifest = yaml.safe_load((ROOT / "examples" / "sentimentmodel.yaml").read_text())
        manifest["spec"]["model"]["name"] = resource.model
        manifest["spec"]["rollout"] = {"verification": {"soakSeconds": 0}}
        (root / "manifest.yaml").write_text(yaml.safe_dump(manifest))
        yield Repository(root, resource)


def champion_of(repository: Repository) -> str | None:
    found = MlflowRegistry().by_alias(repository.resource.model, CHAMPION)
    return found.number if found else None


def test_a_push_ends_with_the_new_version_serving_as_champion(repository: Repository) -> None:
    repository.commit(SMALL)
    checked = repository.ci()
    assert checked.failed is None, checked.last_line
    delivered = repository.cd()
    assert delivered.failed is None, delivered.last_line
    assert delivered.last_line == "version 1 serves"
    assert (repository.resource.serving(), champion_of(repository)) == ("1", "1")


def test_the_rights_that_the_documents_give_to_cd_are_enough(repository: Repository, tmp_path: Path) -> None:
    resource = repository.resource
    cd = with_the_rights_of_cd(resource, tmp_path / "kubeconfig")
    rollout.patch(cd, resource.name, version="1", namespace=resource.namespace)
    assert rollout.wait(cd, resource.name, namespace=resource.namespace).ready
    assert "label" in rollout.smoke(cd, resource.name, namespace=resource.namespace)
    _, last = summary.describe(cd, resource.name, version="1", namespace=resource.namespace)
    assert last == "version 1 serves"
    for forbidden in (
        ("patch", "sentimentmodels", "--subresource=status", "-n", resource.namespace),
        ("create", "controllerrevisions.apps", "-n", resource.namespace),
        ("create", "deployments.apps", "-n", resource.namespace),
        ("get", "secrets", "-n", resource.namespace),
        ("patch", "deployments.apps", "-n", NAMESPACE),
        ("get", "sentimentmodels", "-n", NAMESPACE),
    ):
        assert cd.try_kubectl("auth", "can-i", *forbidden).stdout.strip() == "no", forbidden


def with_the_rights_of_cd(resource: Resource, config: Path) -> Cluster:
    """The cluster as cd sees it: with the Role of deploy/overlays/eks in this namespace, and as its group."""
    for rights in yaml.safe_load_all((ROOT / "deploy" / "overlays" / "eks" / "delivery.yaml").read_text()):
        rights["metadata"]["namespace"] = resource.namespace
        resource.kubectl("apply", "-f", "-", stdin=json.dumps(rights))
    kubeconfig = yaml.safe_load(Path(resource.cluster.environment["KUBECONFIG"]).read_text())
    for user in kubeconfig["users"]:
        user["user"] |= {"as": "cd", "as-groups": ["sentiment-delivery"]}
    config.write_text(yaml.safe_dump(kubeconfig))
    return replace(resource.cluster, environment={**resource.cluster.environment, "KUBECONFIG": str(config)})


def test_a_commit_that_makes_the_model_worse_is_stopped_at_the_gate(repository: Repository) -> None:
    base = repository.commit(WORSE)
    checked = repository.ci(pull_request=base)
    assert checked.failed is None, checked.last_line
    assert "| `evaluate.accuracy` |" in checked.output_of("make metric-diff")
    delivered = repository.cd()
    assert delivered.failed == "make gate"
    assert "gate.max_drop" in delivered.output_of("make gate")
    assert delivered.last_line.startswith("version 2 was not rolled out")
    assert (repository.resource.serving(), champion_of(repository)) == ("1", "1")


def test_a_version_that_the_cluster_refuses_ends_red_with_the_reason_last(repository: Repository) -> None:
    row = json.dumps({"text": "A wonderful film, I loved it.", "label": "negative"})
    data = {"quality.jsonl": f"{row}\n" * ENOUGH_ROWS}
    body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "quality"}, "data": data}
    repository.resource.kubectl("apply", "-f", "-", stdin=json.dumps(body))
    verification = {"minAccuracy": "0.90", "qualitySet": {"configMapName": "quality"}}
    repository.resource.patch({"spec": {"rollout": {"verification": verification}}})
    repository.commit(OTHER)
    delivered = repository.cd()
    assert delivered.failed == "make rollout"
    assert delivered.last_line.startswith("version 3 does not serve: Rejected: ")
    assert delivered.last_line.endswith("(version 1 serves)")
    assert (repository.resource.serving(), champion_of(repository)) == ("1", "1")
