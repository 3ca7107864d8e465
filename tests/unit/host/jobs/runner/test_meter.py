"""Measurements come from control groups where they tell, else from processes."""

from pathlib import Path
from types import SimpleNamespace

from unshelf.host.jobs.runner.meter import Meter


def group(folder: Path, **files: str) -> str:
    for name, text in files.items():
        (folder / name.replace("_DOT_", ".")).write_text(text)
    return str(folder)


def test_a_group_of_version_two_tells_time_memory_and_peak(tmp_path: Path) -> None:
    folder = group(
        tmp_path,
        cpu_DOT_stat="usage_usec 2500000\nuser_usec 1\n",
        memory_DOT_current="4096\n",
        memory_DOT_peak="8192\n",
    )
    meter = Meter([folder])
    assert meter.usage() == (2.5, 4096)
    counted = SimpleNamespace(ru_utime=1.0, ru_stime=0.25, ru_maxrss=1)
    assert meter.total(counted) == (2.5, 8192)


def test_groups_of_version_one_tell_in_their_own_files(tmp_path: Path) -> None:
    folder = group(tmp_path, cpuacct_DOT_usage="1500000000\n", memory_DOT_usage_in_bytes="100\n")
    assert Meter([folder]).usage() == (1.5, 100)


def test_where_no_group_tells_the_kernels_account_counts() -> None:
    counted = SimpleNamespace(ru_utime=1.0, ru_stime=0.25, ru_maxrss=3)
    assert Meter([]).total(counted) == (1.25, 3072)
    assert Meter([]).usage().cpu_seconds >= 0.0
    assert Meter([]).total(None) == (0.0, 0)


def test_a_group_whose_process_the_system_ended_ran_out_of_memory(tmp_path: Path) -> None:
    assert Meter([group(tmp_path, memory_DOT_events="oom 2\noom_kill 1\n")]).ran_out_of_memory()
    assert not Meter([group(tmp_path, memory_DOT_events="oom 2\noom_kill 0\n")]).ran_out_of_memory()
    assert not Meter(["/nowhere"]).ran_out_of_memory()
