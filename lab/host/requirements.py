"""The checks that a machine can run a lab, each with an error that names what is missing."""

import os
import platform
import socket
from pathlib import Path

from lab.command import succeeds
from lab.errors import RequirementError
from lab.host import cgroups, network
from lab.settings import Settings

_HIDDEN_FROM_NODES = (Path("/run"), Path("/var/run"), Path("/var/lib"), Path("/var/log"))


def check_user(system: str, user: int) -> None:
    if system != "Linux":
        raise RequirementError(
            f"the lab runs Kubernetes nodes in Linux namespaces and this is {system}: use a Linux machine"
        )
    if user != 0:
        raise RequirementError("the lab makes network links, mounts and control groups: run it as root (sudo)")


def check_user_here() -> None:
    check_user(platform.system(), os.geteuid())


def check_folders(settings: Settings) -> None:
    """Check that nodes can see the lab's folders: a node has its own /run, /var/lib and /var/log."""
    for variable, folder in (("LAB_STATE", settings.state), ("LAB_CACHE", settings.cache)):
        for hidden in _HIDDEN_FROM_NODES:
            if folder.is_relative_to(hidden):
                raise RequirementError(f"nodes cannot see {folder}: set {variable} to a folder outside {hidden}")


def check_kernel(settings: Settings) -> None:
    """Try the kernel features that the lab needs, in temporary namespaces."""
    check_folders(settings)
    if not succeeds(["unshare", "--mount", "--pid", "--fork", "--uts", "--net", "true"]):
        raise RequirementError("this machine does not let root make namespaces: is it a container without privileges?")
    if not network.has_bridges():
        raise RequirementError("this kernel cannot make bridges and virtual Ethernet cables (bridge, veth)")
    if not succeeds(["iptables", "-w", "-S", "INPUT"]):
        raise RequirementError("iptables does not work here: does the kernel lack nf_tables and ip_tables?")
    trees = cgroups.hierarchies()
    if not trees.v1 and not trees.v2:
        raise RequirementError("no control groups are mounted under /sys/fs/cgroup")
    if not _overlay_works(settings.state):
        raise RequirementError(
            f"overlay mounts do not work in {settings.state}: set LAB_STATE to a folder on an ordinary disk"
        )


def _overlay_works(folder: Path) -> bool:
    script = (
        'set -e; cd "$1"; mkdir -p lower upper work merged; '
        "mount -t overlay overlay -o lowerdir=lower,upperdir=upper,workdir=work merged"
    )
    trial = folder / "overlay-trial"
    trial.mkdir(parents=True, exist_ok=True)
    try:
        return succeeds(["unshare", "--mount", "sh", "-c", script, "sh", trial])
    finally:
        succeeds(["rm", "-rf", trial])


def check_ports_free(settings: Settings) -> None:
    """Check that nothing listens on the lab's ports; the bridge must have its address."""
    for name, port in settings.ports.items():
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((str(settings.host), port))
            except OSError as err:
                raise RequirementError(
                    f"port {port} of {settings.host} is taken ({err.strerror}): "
                    f"stop what listens there, or set LAB_{name.upper()}"
                ) from err
