"""What the workflows promise: minimal permissions, pinned actions, steps that are make targets."""

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from delivery.cluster import ROOT

WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yaml"))
PINNED = re.compile(r"uses: (\./\S+|[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+)( # zizmor: .*| .*)?$")
NO_TARGET = {
    "(umask 077 && aws secretsmanager get-secret-value",
    "aws eks update-kubeconfig --name",
    "gh pr comment",
    "gh release create",
    "sudo --preserve-env=CI,HOME env",
}
"""Commands that are not make targets, because they belong to the runner's environment."""


def jobs(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(path.read_text())["jobs"]
    return found


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_nothing_is_allowed_at_the_top_and_every_job_ends(path: Path) -> None:
    assert yaml.safe_load(path.read_text())["permissions"] == {}
    for name, job in jobs(path).items():
        assert "permissions" in job, name
        assert "uses" in job or "timeout-minutes" in job, name


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_actions_are_pinned_with_their_release(path: Path) -> None:
    used = [line.strip().removeprefix("- ") for line in path.read_text().splitlines() if "uses:" in line]
    assert [line for line in used if not PINNED.match(line)] == []


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_every_step_is_an_existing_make_target(path: Path) -> None:
    database = subprocess.run(
        ["make", "--print-data-base", "--question", "help"], cwd=ROOT, text=True, capture_output=True, check=False
    ).stdout
    targets = set(re.findall(r"^([a-z][a-z0-9-]*):(?!=)", database, re.MULTILINE))
    commands = [step["run"] for job in jobs(path).values() for step in job.get("steps", ()) if "run" in step]
    for command in commands:
        if not any(command.startswith(words) for words in NO_TARGET):
            word, _, target = command.partition(" ")
            assert (word, target in targets) == ("make", True), command


MAIN = "github.ref == format('refs/heads/{0}', github.event.repository.default_branch)"


def test_only_the_branch_main_is_delivered() -> None:
    """`github.ref_name` would also admit a tag of the branch's name."""
    calls = [job for path in WORKFLOWS for job in jobs(path).values() if "cd.yaml" in job.get("uses", "")]
    assert len(calls) == 2
    for job in calls:
        assert job["if"].removeprefix("github.event_name == 'push' && ") == MAIN


def test_credentials_exist_only_in_the_protected_environment() -> None:
    deliver = jobs(ROOT / ".github" / "workflows" / "cd.yaml")["deliver"]
    assert deliver["environment"] == "production"
    for path in WORKFLOWS:
        for name, job in jobs(path).items():
            assert job["permissions"].get("id-token") is None or "cd.yaml" in job.get("uses", "") or job == deliver, (
                name
            )


def test_pull_requests_run_on_githubs_machines_without_credentials() -> None:
    for path in WORKFLOWS:
        text = path.read_text()
        assert "pull_request_target" not in text
        assert "workflow_run" not in text
        if "pull_request" in text:
            assert "secrets." not in text
            assert {job["runs-on"] for job in jobs(path).values() if "runs-on" in job} == {"ubuntu-24.04"}


def test_the_documents_protect_the_environment_before_a_role_trusts_it() -> None:
    page = (ROOT / "docs" / "eks.md").read_text()
    branches = page.index("environments/production/deployment-branch-policies")
    role = page.index("aws iam create-role --role-name sentiment-delivery")
    assert branches < role
    assert ":job_workflow_ref:$REPOSITORY/.github/workflows/cd.yaml@refs/heads/main" in page[branches:role]
    commands = re.findall(r"^```sh aws\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    assert not any("ClusterAdmin" in command or "associate-access-policy" in command for command in commands)


def test_deliverys_rights_in_the_cluster_are_those_of_a_delivery() -> None:
    role, binding = yaml.safe_load_all((ROOT / "deploy" / "overlays" / "eks" / "delivery.yaml").read_text())
    assert (role["kind"], role["metadata"]["namespace"]) == ("Role", "sentiment-models")
    rights = {resource: rule["verbs"] for rule in role["rules"] for resource in rule["resources"]}
    assert rights == {
        "sentimentmodels": ["get", "list", "watch", "create", "patch"],
        "services": ["get"],
        "pods": ["get", "list", "watch"],
        "pods/portforward": ["create"],
    }
    group = binding["subjects"][0]["name"]
    assert f"--kubernetes-groups {group} " in (ROOT / "docs" / "eks.md").read_text()
