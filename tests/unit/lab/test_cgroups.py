"""Control groups from the text of /proc/mounts, and on ordinary folders in place of the kernel's trees."""

from pathlib import Path

import pytest

from lab.host import cgroups
from lab.host.cgroups import Hierarchies

V1 = """\
proc /proc proc rw 0 0
tmpfs /sys/fs/cgroup tmpfs rw,mode=755 0 0
cgroup /sys/fs/cgroup/cpu,cpuacct cgroup rw,relatime,cpu,cpuacct 0 0
cgroup /sys/fs/cgroup/cpuset cgroup rw,relatime,cpuset 0 0
cgroup /sys/fs/cgroup/systemd cgroup rw,relatime,xattr,name=systemd 0 0
cgroup /elsewhere cgroup rw,relatime,cpuset 0 0
"""
HYBRID = V1 + "cgroup2 /sys/fs/cgroup/unified cgroup2 rw,relatime 0 0\n"
V2 = "cgroup2 /sys/fs/cgroup cgroup2 rw,nosuid,nodev,noexec,relatime,nsdelegate,memory_recursiveprot 0 0\n"


def test_version_1_has_a_group_in_every_tree_once() -> None:
    trees = cgroups.parse_mounts(V1)
    assert trees.version == 1
    assert [str(g) for g in trees.groups("lab-node1")] == [
        "/sys/fs/cgroup/cpu,cpuacct/lab-node1",
        "/sys/fs/cgroup/cpuset/lab-node1",
        "/sys/fs/cgroup/systemd/lab-node1",
    ]


def test_hybrid_host_counts_as_version_1_and_its_unified_tree_is_cleaned_too() -> None:
    trees = cgroups.parse_mounts(HYBRID)
    assert trees.version == 1
    assert Path("/sys/fs/cgroup/unified/lab-node1") in trees.groups("lab-node1")


def test_version_2_has_one_group() -> None:
    trees = cgroups.parse_mounts(V2)
    assert trees.version == 2
    assert trees.groups("lab-node1") == [Path("/sys/fs/cgroup/lab-node1")]


def test_new_version_1_cpuset_group_gets_its_parents_cpus_and_memory_nodes(tmp_path: Path) -> None:
    root, group = tmp_path / "cpuset", tmp_path / "cpuset" / "lab-node1"
    group.mkdir(parents=True)
    for folder, cpus in ((root, "0-1\n"), (group, "\n")):
        (folder / "cpuset.cpus").write_text(cpus)
        (folder / "cpuset.mems").write_text(cpus)
    cgroups.create(Hierarchies((root,), None), "lab-node1")
    assert (group / "cpuset.cpus").read_text() == "0-1\n"
    assert (group / "cpuset.mems").read_text() == "0-1\n"


def test_version_2_group_delegates_controllers_and_holds_no_process(tmp_path: Path) -> None:
    group = tmp_path / "lab-node1"
    group.mkdir()
    for folder in (tmp_path, group):
        (folder / "cgroup.controllers").write_text("pids\n")
        (folder / "cgroup.subtree_control").write_text("")
    cgroups.create(Hierarchies((), tmp_path), "lab-node1")
    assert (tmp_path / "cgroup.subtree_control").read_text() == "+pids"
    assert (group / "cgroup.subtree_control").read_text() == "+pids"
    assert not (group / "cgroup.procs").exists()


@pytest.mark.parametrize(
    ("available", "wanted"),
    [
        ("cpuset cpu io memory hugetlb pids rdma misc", ["cpu", "cpuset", "hugetlb", "io", "memory", "pids"]),
        ("memory pids", ["memory", "pids"]),
        ("", []),
    ],
)
def test_only_controllers_that_the_kubelet_needs_are_delegated(available: str, wanted: list[str]) -> None:
    assert cgroups.delegable(available.split()) == wanted


def test_groups_of_a_lab_are_found_by_prefix_in_every_tree_and_removed_from_the_leaves_up(tmp_path: Path) -> None:
    trees = Hierarchies((tmp_path / "cpu", tmp_path / "memory"), None)
    (tmp_path / "cpu/lab-node1/kubepods/pod1").mkdir(parents=True)
    (tmp_path / "memory/lab-node2").mkdir(parents=True)
    (tmp_path / "memory/labtwo-node1").mkdir()
    found = cgroups.with_prefix(trees, "lab-node")
    assert found == {"lab-node1", "lab-node2"}
    for name in found:
        cgroups.remove(trees, name)
    assert sorted(p.name for p in tmp_path.glob("*/*")) == ["labtwo-node1"]
