"""Every program of a lab other than the nodes, in the order in which `up` needs them."""

from dataclasses import dataclass

from lab.errors import LabError
from lab.kubernetes import control_plane
from lab.layout import Programs, State
from lab.service import Service
from lab.settings import Settings
from lab.standins import mlflow, monitoring, storage


@dataclass(frozen=True, kw_only=True)
class Services:
    etcd: Service
    api_server: Service
    cluster: tuple[Service, ...]
    """They need the API server."""
    standins: tuple[Service, ...]
    """They need only the bridge."""
    prometheus: Service
    """It needs the certificates."""

    @property
    def all(self) -> tuple[Service, ...]:
        return (self.etcd, self.api_server, *self.cluster, *self.standins, self.prometheus)

    def named(self, name: str) -> Service:
        for service in self.all:
            if service.name == name:
                return service
        raise LabError(f"the lab has no service {name}; it has {', '.join(s.name for s in self.all)}")


def services(settings: Settings, state: State, programs: Programs) -> Services:
    """All programs other than the nodes; in each group the slowest to start comes first."""
    lab = programs.kubernetes
    return Services(
        etcd=control_plane.etcd(settings, state, lab),
        api_server=control_plane.api_server(settings, state, lab),
        cluster=(
            control_plane.controller_manager(settings, state, lab),
            control_plane.scheduler(settings, state, lab),
            control_plane.coredns(settings, state, lab),
            control_plane.metrics_server(settings, state, lab),
        ),
        standins=(
            mlflow.mlflow(settings, state),
            storage.s3(settings),
            storage.registry(settings, state),
            monitoring.alertmanager(settings, state),
        ),
        prometheus=monitoring.prometheus(settings, state, programs.prometheus),
    )


def write_config(settings: Settings, state: State, names: Services) -> None:
    """Write every configuration file and make every data folder."""
    for service in names.all:
        state.data(service.name).mkdir(parents=True, exist_ok=True)
    control_plane.write_config(settings, state)
    storage.write_registry_config(settings, state)
    monitoring.write_config(settings, state)
