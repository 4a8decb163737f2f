"""Of all roles that this repository ships or shows, only the operator's may write what the operator trusts.

Covers: manifests, kustomize patches (also as text), workflows and the snippets of the pages; wildcards; roles that
Kubernetes aggregates into its own; `kubectl create role`; to whom the operator's role is bound.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml

from tests.documented import PAGES, ROOT

FOLDERS = ("crds", "deploy", "examples", "delivery", "demo", "lab", "testbed", "bench", "docs", ".github")
MANIFESTS = sorted(
    path for folder in FOLDERS for suffix in ("*.yaml", "*.yml", "*.json") for path in (ROOT / folder).rglob(suffix)
)
TRUSTED = (
    ("sentiment.dev", "sentimentmodels/status"),
    ("sentiment.dev", "sentimentmodels/scale-and-all-others"),
    ("apps", "controllerrevisions"),
)
"""What the operator trusts. The second stands for `sentimentmodels/*`, the only rule that grants it."""

WRITES = ("create", "update", "patch", "delete", "deletecollection")
FENCED = re.compile(r"^ *```[^\n]*\n(.*?)^ *```", re.MULTILINE | re.DOTALL)
INDENTED = re.compile(r"(?:^ {4}[^\n]*\n)+", re.MULTILINE)
CREATED = re.compile(r"kubectl\b[^\n]*\bcreate (?:cluster)?role\b[^\n]*")


class Grant(NamedTuple):
    """A rule that lets the subjects of a role write what is trusted."""

    resource: str
    verb: str


def parsed(text: str) -> Iterator[Any]:
    """The YAML documents in a text; none if it is something else."""
    try:
        yield from yaml.safe_load_all(text)
    except yaml.YAMLError:
        return


def snippets(page: str) -> Iterator[str]:
    """The code of a page."""
    for code in (*FENCED.findall(page), *INDENTED.findall(FENCED.sub("", page))):
        yield "\n".join(re.sub(r"^ {4}", "", line) for line in code.splitlines())
        yield code


def rules(value: Any) -> Iterator[dict[str, Any]]:
    """All rules of roles inside a document, also inside patches that are given as text."""
    if isinstance(value, dict):
        if "verbs" in value and "resources" in value:
            yield value
        value = list(value.values())
    if isinstance(value, list):
        for one in value:
            yield from rules(one)
    elif isinstance(value, str) and "verbs" in value:
        for document in parsed(value):
            if not isinstance(document, str):
                yield from rules(document)


def covers(pattern: str, resource: str) -> bool:
    """Whether `pattern` stands for `resource`: for RBAC (`*`, `*/status`) or for a reader (`sentimentmodels/*`)."""
    if pattern in ("*", resource):
        return True
    name, _, part = pattern.partition("/")
    wanted, _, wanted_part = resource.partition("/")
    return bool(part and wanted_part) and name in ("*", wanted) and part in ("*", wanted_part)


def grants(text: str) -> set[Grant]:
    """What a manifest, or the code of a page, lets someone write."""
    found = set()
    for document in parsed(text):
        for rule in rules(document):
            for group, resource in TRUSTED:
                if {group, "*"} & set(rule["apiGroups"]) and any(covers(one, resource) for one in rule["resources"]):
                    verbs = WRITES if "*" in rule["verbs"] else set(rule["verbs"]) & set(WRITES)
                    found |= {Grant(resource, verb) for verb in verbs}
    for command in CREATED.findall(text):
        if re.search(r"controllerrevisions|sentimentmodels(\.\S+)?/|--resource[= ]\S*\*", command):
            found.add(Grant(command, "create"))
    return found


OPERATOR = ROOT / "deploy" / "base" / "rbac.yaml"


def test_no_role_but_the_operators_writes_what_the_operator_trusts() -> None:
    found = {str(path.relative_to(ROOT)): grants(path.read_text()) for path in MANIFESTS}
    assert {path for path, granted in found.items() if granted} == {"deploy/base/rbac.yaml"}
    assert grants(OPERATOR.read_text()) == {
        Grant("sentimentmodels/status", "patch"),
        Grant("controllerrevisions", "create"),
        Grant("controllerrevisions", "delete"),
    }


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_no_page_shows_such_a_role(page: Path) -> None:
    assert [grants(code) for code in snippets(page.read_text()) if grants(code)] == []


def documents(kind: str) -> Iterator[dict[str, Any]]:
    for path in MANIFESTS:
        for document in parsed(path.read_text()):
            if isinstance(document, dict) and document.get("kind") in (kind, f"Cluster{kind}"):
                yield document


def test_no_role_is_aggregated_into_one_of_kubernetes() -> None:
    roles = list(documents("Role"))
    assert roles
    for role in roles:
        labels = role["metadata"].get("labels") or {}
        assert not [label for label in labels if label.startswith("rbac.authorization.k8s.io/aggregate-to-")]
        assert "aggregationRule" not in role


def test_only_the_operator_is_bound_to_its_role() -> None:
    bindings = [one for one in documents("RoleBinding") if one["roleRef"]["name"] == "sentiment-operator"]
    subjects = [(one["kind"], one["name"], one["namespace"]) for binding in bindings for one in binding["subjects"]]
    assert subjects == [("ServiceAccount", "sentiment-operator", "sentiment-system")]
    others = {one["roleRef"]["name"] for one in documents("RoleBinding")}
    assert others.isdisjoint({"cluster-admin", "admin", "edit"})


@pytest.mark.parametrize(
    "code",
    [
        "rules: [{apiGroups: [sentiment.dev], resources: [sentimentmodels/status], verbs: [update]}]",
        "rules: [{apiGroups: [sentiment.dev], resources: ['sentimentmodels/*'], verbs: ['*']}]",
        "rules: [{apiGroups: ['*'], resources: ['*/status'], verbs: [patch]}]",
        "rules: [{apiGroups: [apps], resources: ['*'], verbs: [create]}]",
        "patch: '- {op: add, value: {apiGroups: [apps], resources: [controllerrevisions], verbs: [patch]}}'",
        "kubectl create role ci --verb=patch --resource=sentimentmodels.sentiment.dev/status",
        "kubectl -n a create clusterrole ci --verb=create --resource=controllerrevisions.apps",
    ],
)
def test_such_a_role_would_be_found(code: str) -> None:
    assert grants(code)
    assert any(grants(one) for one in snippets(f"Text.\n\n```yaml\n{code}\n```\n"))


@pytest.mark.parametrize(
    "code",
    [
        "rules: [{apiGroups: [sentiment.dev], resources: [sentimentmodels, sentimentmodels/scale], verbs: [patch]}]",
        "rules: [{apiGroups: [sentiment.dev], resources: [sentimentmodels/status], verbs: [get]}]",
        "rules: [{apiGroups: [apps], resources: [controllerrevisions], verbs: [list]}]",
        "kubectl create role ci --verb=patch --resource=sentimentmodels.sentiment.dev",
    ],
)
def test_other_roles_are_no_concern(code: str) -> None:
    assert not grants(code)
