"""Paths in the state folder of one running lab, and the programs in the cache folder that all labs share."""

from dataclasses import dataclass
from pathlib import Path

MODULES = Path(__file__).resolve().parent / "go"
"""The Go modules: `kubernetes`, `prometheus` and `pause`."""
PROJECT = MODULES.parents[1]
"""The checkout that the lab belongs to."""


@dataclass(frozen=True)
class State:
    """The state folder, which holds everything that a running lab writes."""

    root: Path

    @property
    def settings(self) -> Path:
        """The settings that this lab was brought up with."""
        return self.root / "settings.json"

    @property
    def finished(self) -> Path:
        """Written when `up` has succeeded: the number of nodes and the boot of the machine."""
        return self.root / "up.json"

    @property
    def api_ready(self) -> Path:
        """Nodes wait for this file before they start the kubelet."""
        return self.root / "api-ready"

    @property
    def processes(self) -> Path:
        return self.root / "processes"

    @property
    def logs(self) -> Path:
        return self.root / "log"

    @property
    def audit_log(self) -> Path:
        return self.logs / "audit.log"

    @property
    def pki(self) -> Path:
        return self.root / "pki"

    @property
    def kubeconfigs(self) -> Path:
        return self.root / "conf"

    @property
    def admin_kubeconfig(self) -> Path:
        return self.kubeconfigs / "admin.conf"

    @property
    def bin(self) -> Path:
        """kubectl and promtool, for PATH."""
        return self.root / "bin"

    @property
    def config(self) -> Path:
        """Rendered configuration files."""
        return self.root / "config"

    @property
    def rules(self) -> Path:
        """Prometheus reads every `*.yaml` here."""
        return self.root / "rules"

    def data(self, service: str) -> Path:
        return self.root / "data" / service

    def node(self, name: str) -> Path:
        return self.root / name


@dataclass(frozen=True, kw_only=True)
class Programs:
    """The programs that were built for labs, in the cache folder."""

    kubernetes: Path
    """One program with all components: `kubernetes kubelet ...`."""
    pause_archive: Path
    prometheus: Path
    promtool: Path


def python_environment(cache: Path) -> dict[str, str]:
    """Keep Python's compiled files in the cache folder, whatever this shell sets: MLflow then starts sooner."""
    return {"PYTHONPYCACHEPREFIX": str(cache / "pycache"), "PYTHONDONTWRITEBYTECODE": ""}
