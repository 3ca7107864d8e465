"""The surroundings of a program: what it is told by variables, and what nobody may choose."""

from pathlib import Path
from typing import Any

import pytest

from unshelf.contracts.bundle import BundleFile
from unshelf.contracts.home import Home
from unshelf.contracts.protocols.jobs import AttemptOrder
from unshelf.contracts.tiers import TIERS
from unshelf.host.egress.plan import plan_for
from unshelf.host.jobs.attempt_folder import AttemptFolder
from unshelf.host.jobs.program import Surroundings, confine, environment_of
from unshelf.host.launch.tiers import ResourceLimits
from unshelf.host.machine.gpus import Gpus
from unshelf.host.sandbox.cgroups import NO_GROUP
from unshelf.host.sandbox.sandbox import NoSandbox
from unshelf.host.sandbox.walls import Walls

ORDER = AttemptOrder(
    job="01hz", number=2, project="risk", tier="small", environment="e" * 64,
    code=[BundleFile(path="a.py", sha256="a" * 64, size=1)], command=["a.py"], seconds=1.0, disk_bytes=1, output_bytes=1,
    variables={"EPOCHS": "3", "PYTHONUNBUFFERED": "0"}, secrets={"SERVICE_KEY": "hush", "UNSHELF_JOB": "another"},
)  # fmt: skip


class Walled(NoSandbox):
    """Remembers the walls that were asked for."""

    def confine(self, walls: Walls) -> Any:
        self.walls = walls
        place = super().confine(walls)
        place.walled = True  # type: ignore[misc]
        return place


def surroundings(folder: Path, **more: Any) -> Surroundings:
    limits = ResourceLimits("small", TIERS["small"], NO_GROUP, Gpus([]), ())
    return Surroundings(
        home=folder, python=folder / "env" / "bin" / "python", code=folder / "code",
        inputs={"UNSHELF_DATA_ORDERS": folder / "data"}, limits=limits, network="none", **more,
    )  # fmt: skip


def test_a_program_finds_where_everything_is_and_who_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "hush")
    monkeypatch.setenv("UNSHELF_TOKEN", "hush")
    folder, given, sandbox = AttemptFolder(Home(tmp_path), "01hz", 2), surroundings(tmp_path), NoSandbox("a test")
    variables = environment_of(ORDER, folder, confine(folder, sandbox, given), given)
    assert variables["UNSHELF_JOB"] == "01hz", "no secret has a say in what the platform says"
    assert variables["UNSHELF_RESULTS"] == f"{folder.outputs}/results.json"
    assert variables["UNSHELF_DATA_ORDERS"] == str(tmp_path / "data")
    assert (variables["EPOCHS"], variables["SERVICE_KEY"], variables["PYTHONUNBUFFERED"]) == ("3", "hush", "0")
    assert variables["OMP_NUM_THREADS"] == "1"
    assert not {"AWS_SECRET_ACCESS_KEY", "UNSHELF_TOKEN"} & variables.keys()


def test_the_walls_show_what_it_needs_and_let_it_write_into_two_folders(tmp_path: Path) -> None:
    folder, sandbox = AttemptFolder(Home(tmp_path), "01hz", 2), Walled("a test")
    for each in (folder.outputs, folder.checkpoint):
        each.mkdir(parents=True)
    given = surroundings(tmp_path, egress=plan_for(["db.example.org:5432"]))
    confine(folder, sandbox, given)
    walls = sandbox.walls
    assert walls.writable == (folder.outputs, folder.checkpoint)
    assert {folder.parameters, tmp_path / "data"} <= set(walls.readable)
    assert (walls.bundle, walls.network) == (tmp_path / "code", "none")
    assert "db.example.org" in walls.hosts
    assert walls.temporary_bytes == TIERS["small"].memory_bytes // 2
