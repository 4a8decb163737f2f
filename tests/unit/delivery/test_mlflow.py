"""deploy/mlflow: who gets which right in it, who can connect to it, and where each password comes from."""

import runpy
from configparser import ConfigParser
from pathlib import Path
from typing import Any

import yaml

from delivery.cluster import ROOT

DEPLOY = ROOT / "deploy"
USERS = runpy.run_path(str(DEPLOY / "mlflow" / "users.py"))
OPERATOR = {"kubernetes.io/metadata.name": "sentiment-system", "app.kubernetes.io/name": "sentiment-operator"}


def objects(path: str) -> list[dict[str, Any]]:
    return list(yaml.safe_load_all((DEPLOY / path).read_text()))


def pod(path: str) -> dict[str, Any]:
    (found,) = (item["spec"]["template"]["spec"] for item in objects(path) if item["kind"] == "Deployment")
    return dict(found)


def secret_keys(path: str) -> dict[tuple[str, str], bool]:
    """The keys of Secrets that a Deployment reads, and whether each may be absent."""
    containers = [*pod(path).get("initContainers", ()), *pod(path)["containers"]]
    references = [
        one["valueFrom"]["secretKeyRef"]
        for container in containers
        for one in container["env"]
        if "secretKeyRef" in one.get("valueFrom", {})
    ]
    return {(one["name"], one["key"]): one.get("optional", False) for one in references}


class Store:
    """MLflow's store of users, in memory."""

    def __init__(self, *names: str) -> None:
        self.users = dict.fromkeys(names, ("old", False))
        self.grants: set[tuple[str, ...]] = set()

    def has_user(self, name: str) -> bool:
        return name in self.users

    def create_user(self, name: str, password: str, is_admin: bool) -> None:
        assert name not in self.users
        self.users[name] = password, is_admin

    def update_user(self, name: str, password: str, is_admin: bool) -> None:
        assert name in self.users
        self.users[name] = password, is_admin

    def grant_user_permission(self, *grant: str) -> None:
        self.grants.add(grant)


def test_every_start_sets_passwords_and_the_least_rights() -> None:
    store = Store("operator")
    for name in USERS["RIGHTS"]:
        USERS["ensure_user"](store, name, f"new-{name}")
    assert store.users == {
        "admin": ("new-admin", True),
        "operator": ("new-operator", False),
        "delivery": ("new-delivery", False),
    }
    assert store.grants == {
        ("operator", "registered_model", "*", "READ"),
        ("operator", "logged_model", "*", "READ"),
        ("delivery", "registered_model", "*", "EDIT"),
        ("delivery", "experiment", "*", "EDIT"),
    }


def test_the_configuration_grants_nothing_by_default_and_keeps_the_database_from_other_users(tmp_path: Path) -> None:
    path, uri = tmp_path / "basic_auth.ini", "postgresql+psycopg2://mlflow:p%40ss@db:5432/mlflow?sslmode=require"
    for _ in range(2):  # the volume outlives a container
        USERS["write_configuration"](path, uri)
    assert path.stat().st_mode & 0o777 == 0o600
    read = ConfigParser()  # as MLflow reads it
    read.read(path)
    assert read["mlflow"]["database_uri"] == uri
    assert read["mlflow"]["default_permission"] == "NO_PERMISSIONS"


def test_the_server_asks_for_a_login_and_knows_no_users_password() -> None:
    (server,) = pod("mlflow/mlflow.yaml")["containers"]
    assert "--app-name=basic-auth" in server["args"]
    assert {one["name"] for one in server["env"]} == {
        "MLFLOW_BACKEND_STORE_URI",
        "MLFLOW_AUTH_CONFIG_PATH",
        "MLFLOW_FLASK_SERVER_SECRET_KEY",
    }
    assert "PASSWORD" not in (DEPLOY / "mlflow" / "mlflow.env").read_text()


def test_without_its_secrets_mlflow_does_not_start_and_the_operator_does() -> None:
    assert set(secret_keys("mlflow/mlflow.yaml").values()) == {False}
    assert secret_keys("base/operator.yaml") == {("mlflow-login", "username"): True, ("mlflow-login", "password"): True}


def test_external_secrets_and_the_page_make_every_secret_that_the_manifests_read() -> None:
    needed = {*secret_keys("mlflow/mlflow.yaml"), *secret_keys("base/operator.yaml")}
    folder = DEPLOY / "components" / "external-secrets"
    made = {
        (item["spec"]["target"]["name"], data["secretKey"])
        for name in yaml.safe_load((folder / "kustomization.yaml").read_text())["resources"]
        for item in objects(f"components/external-secrets/{name}")
        if item["kind"] == "ExternalSecret"
        for data in item["spec"]["data"]
    }
    assert made == needed
    page = (ROOT / "docs" / "eks.md").read_text()
    for name, key in needed:
        (command,) = (
            part.partition("\nkubectl")[0]
            for part in page.split("create secret generic ")[1:]
            if part.startswith(f"{name} ")
        )
        assert f"--from-literal={key}=" in command


def test_only_the_operator_and_delivery_connect_to_mlflow() -> None:
    (policy,) = objects("mlflow/network-policy.yaml")
    (service,) = (item for item in objects("mlflow/mlflow.yaml") if item["kind"] == "Service")
    assert policy["spec"]["podSelector"]["matchLabels"] == service["spec"]["selector"]
    assert policy["spec"]["policyTypes"] == ["Ingress", "Egress"]
    (ingress,) = policy["spec"]["ingress"]
    assert ingress["ports"] == [{"port": "http"}]
    callers = [
        {label: value for selector in one.values() for label, value in selector["matchLabels"].items()}
        for one in ingress["from"]
    ]
    assert callers == [OPERATOR, {"sentiment.dev/delivery": "true"}]
    # A label of a pod alone would admit anyone who can create a pod.
    assert all("namespaceSelector" in one for one in ingress["from"])
    assert [port["port"] for rule in policy["spec"]["egress"] for port in rule["ports"]] == [53, 53, 5432, 443]


def test_the_operators_own_policy_lets_it_reach_mlflow() -> None:
    (policy,) = objects("base/network-policy.yaml")
    (server,) = pod("mlflow/mlflow.yaml")["containers"]
    ports = [port["port"] for rule in policy["spec"]["egress"] for port in rule["ports"]]
    assert server["ports"][0]["containerPort"] in ports
    (namespace,) = (item for item in objects("base/namespace.yaml"))
    assert namespace["metadata"]["name"] == OPERATOR["kubernetes.io/metadata.name"]
    assert pod("base/operator.yaml")["containers"][0]["name"] == "operator"
