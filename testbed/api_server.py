"""A Kubernetes API without a cluster: etcd and kube-apiserver of the lab's build, with the project's CRD.

Both listen on free ports of 127.0.0.1 and need neither root nor a network of their own. There are no controllers and no
nodes: the server validates, defaults and stores objects, and nothing acts on them.
"""

import json
import os
import secrets
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from lab.client import kubernetes_program
from testbed.servers import free_port, running
from testbed.waiting import eventually

CRD = Path(__file__).resolve().parents[1] / "crds" / "sentimentmodel.yaml"

_CRD_PATH = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/sentimentmodels.sentiment.dev"


@dataclass(frozen=True, kw_only=True)
class ApiServer:
    """A running API server and an administrator's access to it."""

    http: httpx.Client
    """Requests to paths such as ``/api/v1/namespaces``."""

    kubeconfig: Path
    program: Path

    def apply(self, path: str, manifest: str | bytes) -> dict[str, Any]:
        """Apply a manifest (YAML or JSON) server-side to the object at `path`, and return the object.

        Raises:
            httpx.HTTPStatusError: the server refuses it.
        """
        answer = self.http.patch(
            path,
            params={"fieldManager": "testbed", "force": "true"},
            content=manifest,
            headers={"Content-Type": "application/apply-patch+yaml"},
        )
        answer.raise_for_status()
        found: dict[str, Any] = answer.json()
        return found

    def kubectl(self, *arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        """Run kubectl, whatever its exit code."""
        argv = [str(self.program), "kubectl", f"--kubeconfig={self.kubeconfig}", *arguments]
        return subprocess.run(argv, input=stdin, text=True, capture_output=True, check=False, timeout=60)


@contextmanager
def api_server(folder: Path) -> Iterator[ApiServer]:
    """An empty API server with the CRD, until the block ends. Its files and logs go to `folder`.

    Builds Kubernetes if the lab's cache does not have it (about 5 minutes, with progress on standard error).

    Raises:
        LabError: Kubernetes cannot be built on this machine.
    """
    program = kubernetes_program()
    token = secrets.token_hex(16)
    etcd_url, peer_url = (f"http://127.0.0.1:{free_port()}" for _ in range(2))
    port = free_port()
    url, certificate = f"https://127.0.0.1:{port}", folder / "apiserver.crt"
    with running(_etcd(program, folder, etcd_url, peer_url), f"{etcd_url}/health", folder / "etcd.log", os.environ):
        command = _kube_apiserver(program, folder, etcd_url, port=port, token=token)
        with running(command, lambda: _is_ready(url, certificate, token), folder / "kube-apiserver.log", os.environ):
            kubeconfig = _write_kubeconfig(folder, url, certificate, token)
            with _http(url, certificate, token) as http:
                server = ApiServer(http=http, kubeconfig=kubeconfig, program=program)
                server.apply(_CRD_PATH, CRD.read_bytes())
                # The condition Established comes before the server serves the resource.
                eventually(
                    lambda: http.get("/apis/sentiment.dev/v1alpha1/sentimentmodels").is_success, "the CRD served"
                )
                yield server


def _etcd(program: Path, folder: Path, url: str, peer_url: str) -> list[str]:
    return [
        *(str(program), "etcd"),
        f"--data-dir={folder / 'etcd'}",
        f"--listen-client-urls={url}",
        f"--advertise-client-urls={url}",
        f"--listen-peer-urls={peer_url}",
        f"--initial-advertise-peer-urls={peer_url}",
        f"--initial-cluster=default={peer_url}",
        "--unsafe-no-fsync",
        "--log-level=warn",
    ]


def _kube_apiserver(program: Path, folder: Path, etcd_url: str, *, port: int, token: str) -> list[str]:
    tokens, account_key = folder / "tokens.csv", folder / "service-accounts.key"
    tokens.write_text(f"{token},admin,admin,system:masters\n")
    key = ec.generate_private_key(ec.SECP256R1())
    account_key.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()))
    return [
        *(str(program), "kube-apiserver"),
        "--bind-address=127.0.0.1",
        "--advertise-address=127.0.0.1",
        f"--secure-port={port}",
        f"--cert-dir={folder}",  # where it writes a certificate that it signs itself
        f"--etcd-servers={etcd_url}",
        f"--token-auth-file={tokens}",
        "--service-account-issuer=https://kubernetes.default.svc.cluster.local",
        f"--service-account-key-file={account_key}",
        f"--service-account-signing-key-file={account_key}",
        "--service-cluster-ip-range=10.96.0.0/16",
        "--authorization-mode=RBAC",
        "--enable-admission-plugins=OwnerReferencesPermissionEnforcement",
        "--endpoint-reconciler-type=none",  # no Endpoints lead to a loopback address
        "--feature-gates=MutatingAdmissionPolicy=true",
        "--runtime-config=admissionregistration.k8s.io/v1beta1=true",
        "--shutdown-delay-duration=0s",
    ]


def _write_kubeconfig(folder: Path, url: str, certificate: Path, token: str) -> Path:
    name = "apiserver"
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": name, "cluster": {"server": url, "certificate-authority": str(certificate)}}],
        "users": [{"name": name, "user": {"token": token}}],
        "contexts": [{"name": name, "context": {"cluster": name, "user": name}}],
        "current-context": name,
    }
    path = folder / "kubeconfig"
    path.write_text(json.dumps(config))
    return path


def _http(url: str, certificate: Path, token: str) -> httpx.Client:
    context = ssl.create_default_context(cafile=str(certificate))
    return httpx.Client(base_url=url, verify=context, headers={"Authorization": f"Bearer {token}"}, timeout=30)


def _is_ready(url: str, certificate: Path, token: str) -> bool:
    if not certificate.exists():
        return False
    try:
        with _http(url, certificate, token) as http:
            return http.get("/readyz").is_success
    except (httpx.HTTPError, ssl.SSLError):
        return False
