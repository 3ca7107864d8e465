"""Our own control group in either version: its limits, its parents', and the leaf that our processes move into."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from unshelf.runtime.machine import own_group
from unshelf.runtime.machine.own_group import LEAF, enter_leaf, folder_of, own_limits, usable_cores

GIB = 1 << 30
Tree = Callable[..., Path]


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Tree:
    """A machine with these hierarchies and files: `own` is /proc/self/cgroup, `mounts` hierarchy → the group that is its root."""

    def made(own: str, mounts: dict[str, str], files: dict[str, object]) -> Path:
        top = tmp_path / "cgroup"
        lines = ["23 1 0:1 / /proc rw - proc proc rw"]
        for name, root in mounts.items():
            kind = f"cgroup2 cgroup2 rw,{name}" if name == "unified" else f"cgroup cgroup rw,{name}"
            lines.append(f"31 23 0:{len(lines)} {root} {top / name} rw,relatime - {kind}")
            (top / name).mkdir(parents=True)
        for path, content in files.items():
            (top / path).parent.mkdir(parents=True, exist_ok=True)
            (top / path).write_text(str(content))
        (tmp_path / "self").write_text(own)
        (tmp_path / "mountinfo").write_text("\n".join(lines))
        monkeypatch.setattr(own_group, "_OWN", tmp_path / "self")
        monkeypatch.setattr(own_group, "_MOUNTS", tmp_path / "mountinfo")
        return top

    return made


def test_version_2_the_tightest_of_our_group_and_its_parents(tree: Tree) -> None:
    tree(
        "0::/user.slice/job/step\n", {"unified": "/"},
        {
            "unified/user.slice/memory.max": 8 * GIB, "unified/user.slice/job/memory.max": 2 * GIB,
            "unified/user.slice/job/memory.current": GIB,
            "unified/user.slice/job/memory.stat": "anon 5\nfile_mapped 100\ninactive_file 4000\nactive_file 500\nslab_reclaimable 60\n",
            "unified/user.slice/job/step/memory.max": "max", "unified/user.slice/job/step/cpu.max": "150000 100000",
            "unified/user.slice/cpu.max": "max 100000",
        },
    )  # fmt: skip
    limits = own_limits()
    assert (limits.memory_bytes, limits.memory_used_bytes, limits.cores) == (2 * GIB, GIB - 4460, 1.5)


def test_version_1_each_controller_in_its_hierarchy(tree: Tree) -> None:
    tree(
        "4:memory:/a/b\n3:cpu,cpuacct:/c\n0::/\n", {"memory": "/", "cpu,cpuacct": "/", "unified": "/"},
        {
            "memory/a/memory.limit_in_bytes": 3 * GIB, "memory/a/memory.usage_in_bytes": GIB,
            "memory/a/memory.stat": "inactive_file 7\nactive_file 7\nmapped_file 7\nhierarchical_memory_limit 9\n"
            "total_mapped_file 100\ntotal_inactive_file 4000\ntotal_active_file 500\n",
            "memory/a/b/memory.limit_in_bytes": 9223372036854771712,
            "cpu,cpuacct/c/cpu.cfs_quota_us": 50000, "cpu,cpuacct/c/cpu.cfs_period_us": 100000,
            "cpu,cpuacct/cpu.cfs_quota_us": -1, "cpu,cpuacct/cpu.cfs_period_us": 100000,
        },
    )  # fmt: skip
    limits = own_limits()
    assert (limits.memory_bytes, limits.memory_used_bytes, limits.cores) == (3 * GIB, GIB - 4400, 0.5)


@pytest.mark.parametrize("own", ["/docker/abc", "/docker/abc/inner"])
def test_a_container_that_sees_its_own_group_as_the_root(tree: Tree, own: str) -> None:
    tree(
        f"4:memory:{own}\n", {"memory": "/docker/abc"},
        {"memory/memory.limit_in_bytes": GIB, "memory/inner/memory.limit_in_bytes": 2 * GIB},
    )  # fmt: skip
    assert own_limits().memory_bytes == GIB


def test_a_group_that_is_not_seen_from_here_is_not_ours_but_its_limits_hold(tree: Tree) -> None:
    tree("0::/../../elsewhere\n", {"unified": "/"}, {"unified/memory.max": GIB})
    group = folder_of("memory")
    assert group is not None and not group.is_seen
    assert own_limits().memory_bytes == GIB


@pytest.mark.parametrize("content", ["", "nonsense\n", "0::/gone\n"])
def test_a_machine_without_groups_has_no_limits(tree: Tree, content: str) -> None:
    tree(content, {}, {})
    assert own_limits() == own_group.OwnLimits()
    assert folder_of("memory") is None


@pytest.mark.parametrize(("quota", "cores"), [("10000", 1), ("150000", 2), ("100000", 1), ("99900000", None)])
def test_cores_are_bounded_by_the_share_of_time(
    tree: Tree, monkeypatch: pytest.MonkeyPatch, quota: str, cores: int | None
) -> None:
    tree("0::/own\n", {"unified": "/"}, {"unified/own/cpu.max": f"{quota} 100000"})
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(4)))
    assert usable_cores() == (cores or 4)


def test_in_version_2_we_move_into_a_leaf(tree: Tree) -> None:
    top = tree(
        "0::/service\n", {"unified": "/"},
        {"unified/service/cgroup.procs": f"{os.getpid()}\n", "unified/service/cgroup.controllers": "cpu memory pids"},
    )  # fmt: skip
    enter_leaf()
    assert (top / "unified/service" / LEAF / "cgroup.procs").read_text() == str(os.getpid())


@pytest.mark.parametrize(
    ("own", "inside", "controllers"),
    [
        ("/service", "{pid}\n999999\n", "memory"), ("/service", "{pid}\n", ""), (f"/service/{LEAF}", "{pid}\n", "memory"),
        ("/elsewhere", "{pid}\n", "memory"),
    ],
)  # fmt: skip
def test_a_group_that_is_not_ours_alone_or_gives_nothing_is_left(
    tree: Tree, own: str, inside: str, controllers: str
) -> None:
    content = inside.format(pid=os.getpid())
    top = tree(
        f"0::{own}\n", {"unified": "/"},
        {f"unified/service{end}/{name}": text for end in ("", f"/{LEAF}")
         for name, text in (("cgroup.procs", content), ("cgroup.controllers", controllers))},
    )  # fmt: skip
    enter_leaf()
    assert (top / "unified/service" / LEAF / "cgroup.procs").read_text() == content


@pytest.mark.skipif(not Path("/proc/self/cgroup").exists(), reason="no control groups here")
def test_this_machine_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    assert usable_cores() >= 1
    limits = own_limits()
    assert limits.memory_bytes is None or limits.memory_bytes > 0
