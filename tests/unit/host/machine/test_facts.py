"""The machine as `unshelf doctor` shows it."""

import os
import platform
from pathlib import Path

import msgspec
import pytest
import uvloop

from unshelf.contracts.protocols.host import Described
from unshelf.host.artifacts.interpreters import Interpreters
from unshelf.host.machine.facts import _check_git, _check_mount, describe_machine
from unshelf.host.machine.gpus import Gpus
from unshelf.host.packages.uv import Uv
from unshelf.host.sandbox.sandbox import NO_SANDBOX


@pytest.mark.runs_program
def test_facts_are_plain_and_every_warning_says_what_to_do(tmp_path: Path) -> None:
    uv = Uv(tmp_path, cache=tmp_path)
    machine = uvloop.run(
        describe_machine(
            tmp_path, Interpreters(uv), uv, Gpus([]), sandbox=NO_SANDBOX, controllers=[], with_interpreters=True
        )
    )

    sent = msgspec.msgpack.encode(Described(id=1, machine=machine, replicas=[]))
    assert msgspec.msgpack.decode(sent, type=Described).machine == machine
    assert machine.cores >= 1
    assert not machine.sandboxed
    assert machine.disk_free_bytes > 0
    assert platform.python_version() in machine.pythons
    names = [check.name for check in machine.checks]
    assert names == ["cores", "memory", "disk", "open files", "cgroups", "sandbox", "uv", "git", "python"]
    for check in machine.checks:
        assert check.state in ("ok", "warn", "fail")
        assert check.detail
        assert check.hint or check.state == "ok" or check.name == "memory"


def test_a_machine_without_git_says_what_that_means() -> None:
    assert _check_git("/usr/bin/git").state == "ok"
    check = _check_git(None)
    assert check.state == "warn" and "repository" in check.detail and "Install git" in check.hint


def test_a_home_folder_from_which_nothing_can_be_loaded_is_told(tmp_path: Path) -> None:
    assert _check_mount(os.statvfs(tmp_path).f_flag & ~os.ST_NOEXEC) == []
    (check,) = _check_mount(os.ST_NOEXEC | os.ST_NOSUID)
    assert check.state == "fail"
    assert "noexec" in check.detail
    assert "UNSHELF_HOME" in check.hint
