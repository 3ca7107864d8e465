"""The machine as `unshelf doctor` shows it."""

import platform
from pathlib import Path

import msgspec
import uvloop

from unshelf.contracts.hosting import Described
from unshelf.host.gpus import Gpus
from unshelf.host.interpreters import Interpreters
from unshelf.host.machine import describe_machine
from unshelf.host.uv import Uv


def test_facts_are_plain_and_every_warning_says_what_to_do(tmp_path: Path) -> None:
    uv = Uv(tmp_path)
    machine = uvloop.run(describe_machine(tmp_path, Interpreters(uv), uv, Gpus([])))

    sent = msgspec.msgpack.encode(Described(id=1, machine=machine, replicas=[]))
    assert msgspec.msgpack.decode(sent, type=Described).machine == machine
    assert machine["cores"] >= 1
    assert machine["disk_free_bytes"] > 0
    assert platform.python_version() in machine["pythons"]
    names = [check["name"] for check in machine["checks"]]
    assert names == ["cores", "memory", "disk", "open files", "cgroups", "namespaces", "uv", "python"]
    for check in machine["checks"]:
        assert check["state"] in ("ok", "warn", "fail")
        assert check["detail"]
        assert check["hint"] or check["state"] == "ok" or check["name"] == "memory"
