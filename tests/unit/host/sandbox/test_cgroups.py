"""Control groups where the machine lets us make some, in either version, and a worker without limits where it does not.

The tree is an ordinary folder: the kernel's files are those that are written, and a group whose files are there can't be removed."""

from collections.abc import Callable
from pathlib import Path

import pytest

from unshelf.host.sandbox import cgroups
from unshelf.host.sandbox.cgroups import CgroupManager, GroupLimits, WorkerCgroup
from unshelf.runtime.machine import own_group

LIMITS = GroupLimits(cpu=1.5, memory_bytes=512 << 20, processes=512)
Machine = Callable[..., CgroupManager]


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    """A machine whose groups have the files of these controllers."""

    def made(own: str, *offers: str, version: int = 2, groups: tuple[str, ...] = ("own",)) -> CgroupManager:
        mount = tmp_path / "cgroup"
        for group in groups:
            (mount / group).mkdir(parents=True)
        mounts = [f"1 0 0:1 / {mount} rw - cgroup2 cgroup2 rw"]
        if version == 1:
            names = [group.partition("/")[0] for group in groups]
            mounts = [f"1 0 0:1 / {mount / name} rw - cgroup cgroup rw,{name}" for name in names]
        (tmp_path / "mountinfo").write_text("\n".join(mounts))
        (tmp_path / "self").write_text(own)
        monkeypatch.setattr(own_group, "_MOUNTS", tmp_path / "mountinfo")
        monkeypatch.setattr(own_group, "_OWN", tmp_path / "self")
        monkeypatch.setattr(cgroups, "_offers", lambda _parent, file: file in offers)
        return CgroupManager(tmp_path / "home")

    return made


def limits(group: WorkerCgroup) -> dict[str, str]:
    """File of a limit → what was written, over the folders of a worker's groups."""
    folders = {Path(membership.file).parent for membership in group.memberships}
    return {path.name: path.read_text() for folder in folders for path in folder.iterdir()}


def test_version_2_holds_memory_and_cores_in_one_group(machine: Machine) -> None:
    manager = machine("0::/own\n", "memory.max", "cpu.max", "pids.max")
    group = manager.make(LIMITS)
    assert limits(group) == {"memory.max": str(512 << 20), "cpu.max": "150000 100000", "pids.max": "512"}
    assert [(each.holds, each.memory) for each in group.memberships] == [
        ("memory 512 MiB (cgroup v2)", True), ("cpu 1.5 (cgroup v2)", False),
        ("512 processes (cgroup v2)", False),
    ]  # fmt: skip
    assert {Path(each.file).name for each in group.memberships} == {"cgroup.procs"}
    assert len({each.file for each in group.memberships}) == 1


def test_version_1_holds_them_in_a_group_for_each(machine: Machine) -> None:
    manager = machine(
        "4:memory:/own\n3:cpu,cpuacct:/own\n8:pids:/own\n", "memory.limit_in_bytes", "cpu.cfs_quota_us", "pids.max",
        version=1, groups=("memory/own", "cpu/own", "pids/own"),
    )  # fmt: skip
    group = manager.make(LIMITS)
    assert limits(group) == {
        "memory.limit_in_bytes": str(512 << 20), "cpu.cfs_period_us": "100000", "cpu.cfs_quota_us": "150000",
        "pids.max": "512",
    }  # fmt: skip
    assert {Path(each.file).name for each in group.memberships} == {"tasks"}


@pytest.mark.parametrize("offers", [(), ("cpu.max",)])
def test_without_memory_there_are_no_groups(machine: Machine, tmp_path: Path, offers: tuple[str, ...]) -> None:
    manager = machine("0::/own\n", *offers)
    assert manager.make(LIMITS).memberships == []
    manager.sweep()
    manager.close()


def test_memory_alone_is_better_than_nothing(machine: Machine) -> None:
    group = machine("0::/own\n", "memory.max").make(LIMITS)
    assert [each.memory for each in group.memberships] == [True]


def test_without_a_bound_of_cores_a_group_takes_all_there_are(machine: Machine) -> None:
    group = machine("0::/own\n", "memory.max", "cpu.max").make(GroupLimits(memory_bytes=1 << 20, processes=5))
    assert limits(group) == {"memory.max": str(1 << 20)}


def test_a_group_that_is_not_ours_to_change_is_no_error(machine: Machine) -> None:
    manager = machine("0::/elsewhere\n", "memory.max", "cpu.max")
    assert manager.make(LIMITS).memberships == []


def test_each_home_has_groups_of_its_own_which_go_when_it_closes(machine: Machine, tmp_path: Path) -> None:
    manager = machine("0::/own\n", "memory.max")
    (ours,) = (tmp_path / "cgroup" / "own").glob("unshelf-*")
    CgroupManager(tmp_path / "other home")
    assert len(list((tmp_path / "cgroup" / "own").glob("unshelf-*"))) == 2
    (ours / "w-of-a-killed-host").mkdir()
    (ours / "cgroup.subtree_control").unlink(missing_ok=True)
    manager.close()
    assert not ours.exists()


def test_a_group_in_which_a_worker_lives_is_left(machine: Machine, tmp_path: Path) -> None:
    manager = machine("0::/own\n", "memory.max")
    (ours,) = (tmp_path / "cgroup" / "own").glob("unshelf-*")
    for name in ("wlives", "wgone"):
        (ours / name).mkdir()
    (ours / "wlives" / "a process").write_text("")
    manager.sweep()
    assert [path.name for path in ours.glob("w*")] == ["wlives"]


@pytest.mark.parametrize(
    ("file", "text", "ended"),
    [
        ("memory.events", "low 0\noom 1\noom_kill 1\n", True), ("memory.events", "oom 3\noom_kill 0\n", False),
        ("memory.oom_control", "oom_kill_disable 0\nunder_oom 0\noom_kill 2\n", True), ("other", "oom_kill 1\n", False),
    ],
)  # fmt: skip
def test_the_kernel_counts_the_processes_that_it_ended_for_their_memory(
    tmp_path: Path, file: str, text: str, ended: bool
) -> None:
    (tmp_path / file).write_text(text)
    assert WorkerCgroup([], [tmp_path]).ran_out_of_memory() is ended


def test_a_worker_without_groups_did_not_run_out_of_memory(tmp_path: Path) -> None:
    (tmp_path / "w").mkdir()
    group = WorkerCgroup([], [tmp_path / "w"])
    group.remove()
    group.remove()
    assert not (tmp_path / "w").exists()
    assert not group.ran_out_of_memory()


def test_a_group_that_counts_processes_tells_how_many_there_are(machine: Machine) -> None:
    group = machine("0::/own\n", "memory.max", "pids.max").make(LIMITS)
    assert group.processes() is None, "the kernel's file is not there"
    (Path(group.memberships[0].file).parent / "pids.current").write_text("17\n")
    assert group.processes() == 17


def test_where_our_processes_are_in_a_leaf_groups_are_made_beside_it(machine: Machine, tmp_path: Path) -> None:
    leaf = f"own/{own_group.LEAF}"
    machine(f"0::/{leaf}\n", "memory.max", groups=(leaf,))
    assert [path.name[:8] for path in sorted((tmp_path / "cgroup" / "own").glob("unshelf-*"))] == ["unshelf-"] * 2
    assert list((tmp_path / "cgroup" / leaf).iterdir()) == []


GIVES_WAY = GroupLimits(cpu=1, memory_bytes=1 << 30, processes=10, low_cpu_weight=True)


@pytest.fixture
def shares(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Folder and file of a share of cores → what was written; in a plain folder the kernel's file is not there."""
    written: dict[str, str] = {}
    write = cgroups._write_if_there

    def kept(path: Path, text: str) -> None:
        if path.name in ("cpu.weight", "cpu.shares"):
            written[f"{path.parent.name}/{path.name}"] = text
        write(path, text)

    monkeypatch.setattr(cgroups, "_write_if_there", kept)
    return written


def test_in_version_2_groups_that_give_way_lie_beside_the_others(machine: Machine, shares: dict[str, str]) -> None:
    """A share of cores counts only among the children of one group: below that of the workers, jobs would take half of it from ours."""
    manager = machine("0::/own\n", "memory.max", "cpu.max")
    first, second = manager.make(LIMITS), manager.make(GIVES_WAY)
    (workers,) = {Path(each.file).parent.parent for each in first.memberships}
    (low,) = {Path(each.file).parent.parent for each in second.memberships}
    assert low == workers.with_name(f"{workers.name}-low")
    assert shares == {f"{low.name}/cpu.weight": "1"}


def test_in_version_1_only_the_group_of_cores_does(machine: Machine, shares: dict[str, str]) -> None:
    manager = machine(
        "4:memory:/own\n3:cpu,cpuacct:/own\n", "memory.limit_in_bytes", "cpu.cfs_quota_us",
        version=1, groups=("memory/own", "cpu/own"),
    )  # fmt: skip
    parents = [Path(each.file).parent.parent.name for each in manager.make(GIVES_WAY).memberships]
    workers = Path(manager.make(LIMITS).memberships[0].file).parent.parent.name
    assert parents == [workers, f"{workers}-low"]
    assert shares == {f"{workers}-low/cpu.shares": "10"}


def test_without_shares_of_cores_they_lie_with_the_others(machine: Machine, shares: dict[str, str]) -> None:
    manager = machine("0::/own\n", "memory.max")
    folders = {Path(manager.make(limits).memberships[0].file).parent.parent for limits in (LIMITS, GIVES_WAY)}
    assert len(folders) == 1
    assert shares == {}


def test_groups_that_give_way_are_swept_and_go_with_the_home(machine: Machine, tmp_path: Path) -> None:
    manager = machine("0::/own\n", "memory.max", "cpu.max")
    (ours,) = (tmp_path / "cgroup" / "own").glob("unshelf-*")
    low = ours.with_name(f"{ours.name}-low")
    (low / "w-of-a-killed-host").mkdir(parents=True)
    for folder in (ours, tmp_path / "cgroup" / "own"):
        (folder / "cgroup.subtree_control").unlink(missing_ok=True)
    manager.close()
    assert not low.exists()
    assert not ours.exists()
