"""The control plane's programs. They listen only on the host's address on the bridge."""

from pathlib import Path

from lab.layout import State
from lab.service import Service
from lab.settings import Settings

ETCD, API_SERVER = "etcd", "kube-apiserver"
METRICS_SERVER_PORT = 4443
DNS_PORT, DNS_HEALTH_PORT = 10053, 10054

AUDIT_POLICY = """\
apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived]
rules:
  - level: Metadata
    verbs: [create, update, patch, delete, deletecollection]
  - level: None
"""
"""Log every write once, with its user and user agent, so that tests can count writes."""


def corefile(settings: Settings, state: State, *, upstream: bool) -> str:
    """CoreDNS's configuration.

    Args:
        upstream: whether to forward names outside of the cluster to the host's name servers.
    """
    forward = "  forward . /etc/resolv.conf\n" if upstream else ""
    return f"""\
.:{DNS_PORT} {{
  bind {settings.host}
  errors
  health {settings.host}:{DNS_HEALTH_PORT}
  cache 30
  kubernetes cluster.local {{
    kubeconfig {state.admin_kubeconfig}
  }}
{forward}}}
"""


def has_name_server(resolv_conf: str) -> bool:
    return any(line.split()[:1] == ["nameserver"] for line in resolv_conf.splitlines())


def write_config(settings: Settings, state: State) -> None:
    state.config.mkdir(parents=True, exist_ok=True)
    _audit_policy(state).write_text(AUDIT_POLICY)
    try:
        upstream = has_name_server(Path("/etc/resolv.conf").read_text())
    except FileNotFoundError:
        upstream = False
    _corefile(state).write_text(corefile(settings, state, upstream=upstream))


def etcd(settings: Settings, state: State, lab: Path) -> Service:
    pki = state.pki / "etcd"
    client, peer = f"https://{settings.host}:2379", f"https://{settings.host}:2380"
    return Service(
        name=ETCD,
        argv=(
            *(str(lab), "etcd"),
            f"--data-dir={state.data(ETCD)}",
            f"--listen-client-urls={client}",
            f"--advertise-client-urls={client}",
            f"--listen-peer-urls={peer}",
            f"--initial-advertise-peer-urls={peer}",
            f"--initial-cluster=default={peer}",
            f"--listen-metrics-urls=http://{settings.host}:2381",
            f"--cert-file={pki}/server.crt",
            f"--key-file={pki}/server.key",
            "--client-cert-auth",
            f"--trusted-ca-file={pki}/ca.crt",
            f"--peer-cert-file={pki}/peer.crt",
            f"--peer-key-file={pki}/peer.key",
            "--peer-client-cert-auth",
            f"--peer-trusted-ca-file={pki}/ca.crt",
            "--unsafe-no-fsync",  # a lab survives restarts of etcd, not of the machine
            "--log-level=warn",
        ),
        health=f"http://{settings.host}:2381/readyz",
    )


def api_server(settings: Settings, state: State, lab: Path) -> Service:
    pki = state.pki
    return Service(
        name=API_SERVER,
        argv=(
            *(str(lab), "kube-apiserver"),
            f"--advertise-address={settings.host}",
            f"--bind-address={settings.host}",
            f"--secure-port={settings.api_port}",
            f"--etcd-servers=https://{settings.host}:2379",
            f"--etcd-cafile={pki}/etcd/ca.crt",
            f"--etcd-certfile={pki}/apiserver-etcd-client.crt",
            f"--etcd-keyfile={pki}/apiserver-etcd-client.key",
            f"--client-ca-file={pki}/ca.crt",
            f"--tls-cert-file={pki}/apiserver.crt",
            f"--tls-private-key-file={pki}/apiserver.key",
            f"--kubelet-client-certificate={pki}/apiserver-kubelet-client.crt",
            f"--kubelet-client-key={pki}/apiserver-kubelet-client.key",
            "--kubelet-preferred-address-types=InternalIP",
            "--service-account-issuer=https://kubernetes.default.svc.cluster.local",
            f"--service-account-key-file={pki}/sa.pub",
            f"--service-account-signing-key-file={pki}/sa.key",
            f"--service-cluster-ip-range={settings.service_cidr}",
            "--authorization-mode=Node,RBAC",
            "--enable-admission-plugins=NodeRestriction,OwnerReferencesPermissionEnforcement",
            "--allow-privileged",
            f"--requestheader-client-ca-file={pki}/front-proxy-ca.crt",
            "--requestheader-allowed-names=front-proxy-client",
            "--requestheader-extra-headers-prefix=X-Remote-Extra-",
            "--requestheader-group-headers=X-Remote-Group",
            "--requestheader-username-headers=X-Remote-User",
            f"--proxy-client-cert-file={pki}/front-proxy-client.crt",
            f"--proxy-client-key-file={pki}/front-proxy-client.key",
            "--enable-aggregator-routing",  # to endpoints directly: a cluster address may lead through a dead node
            f"--audit-policy-file={_audit_policy(state)}",
            f"--audit-log-path={state.audit_log}",
            "--shutdown-delay-duration=0s",
        ),
        health=f"https://{settings.host}:{settings.api_port}/readyz",
        authority=pki / "ca.crt",
        url=f"https://{settings.host}:{settings.api_port}",
    )


def controller_manager(settings: Settings, state: State, lab: Path) -> Service:
    pki = state.pki
    return Service(
        name="kube-controller-manager",
        argv=(
            *(str(lab), "kube-controller-manager"),
            *_as(state.kubeconfigs / "controller-manager.conf"),
            f"--bind-address={settings.host}",
            f"--cluster-cidr={settings.pod_cidr}",
            f"--service-cluster-ip-range={settings.service_cidr}",
            f"--root-ca-file={pki}/ca.crt",
            f"--service-account-private-key-file={pki}/sa.key",
            f"--cluster-signing-cert-file={pki}/ca.crt",
            f"--cluster-signing-key-file={pki}/ca.key",
            f"--client-ca-file={pki}/ca.crt",
            "--use-service-account-credentials",
            "--leader-elect=false",
            "--node-monitor-grace-period=10s",  # tests wait until a killed node is NotReady
        ),
        health=f"https://{settings.host}:10257/healthz",
    )


def scheduler(settings: Settings, state: State, lab: Path) -> Service:
    argv = (str(lab), "kube-scheduler", *_as(state.kubeconfigs / "scheduler.conf"))
    return Service(
        name="kube-scheduler",
        argv=(*argv, f"--bind-address={settings.host}", "--leader-elect=false"),
        health=f"https://{settings.host}:10259/healthz",
    )


def coredns(settings: Settings, state: State, lab: Path) -> Service:
    return Service(
        name="coredns",
        argv=(str(lab), "coredns", "-conf", str(_corefile(state))),
        health=f"http://{settings.host}:{DNS_HEALTH_PORT}/health",
    )


def metrics_server(settings: Settings, state: State, lab: Path) -> Service:
    return Service(
        name="metrics-server",
        argv=(
            *(str(lab), "metrics-server"),
            *_as(state.admin_kubeconfig),
            f"--bind-address={settings.host}",
            f"--secure-port={METRICS_SERVER_PORT}",
            f"--cert-dir={state.data('metrics-server')}",
            "--kubelet-insecure-tls",
            "--kubelet-preferred-address-types=InternalIP",
            "--metric-resolution=15s",
        ),
        health=f"https://{settings.host}:{METRICS_SERVER_PORT}/livez",
    )


def _as(kubeconfig: Path) -> tuple[str, ...]:
    uses = ("kubeconfig", "authentication-kubeconfig", "authorization-kubeconfig")
    return tuple(f"--{use}={kubeconfig}" for use in uses)


def _audit_policy(state: State) -> Path:
    return state.config / "audit-policy.yaml"


def _corefile(state: State) -> Path:
    return state.config / "Corefile"
