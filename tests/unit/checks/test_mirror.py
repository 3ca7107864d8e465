"""A module without a unit test of its own is found; packages, entry points, migrations and declarations need none."""

from pathlib import Path

from checks.mirror import without_mirror
from checks.source import Module


def test_a_module_is_mirrored_by_a_test_of_its_name_in_the_same_folder(tmp_path: Path) -> None:
    (tmp_path / "host" / "fleet").mkdir(parents=True)
    (tmp_path / "host" / "fleet" / "test_scaling.py").touch()
    (tmp_path / "test_budget.py").touch()
    paths = [
        "host/fleet/scaling.py", "host/fleet/budget.py", "host/__init__.py", "host/__main__.py",
        "foundation/database/migrations/versions/v0001.py",
    ]  # fmt: skip
    assert without_mirror([Module(path, "def f(): ...") for path in paths], tmp_path) == ["host/fleet/budget.py"]


def test_a_module_that_only_declares_needs_no_test(tmp_path: Path) -> None:
    declares = Module("host/tables.py", "class Row:\n    id: int\n\nLIMIT = 3\n")
    acts = Module("host/rows.py", "class Row:\n    def size(self): ...\n")
    assert without_mirror([declares, acts], tmp_path) == ["host/rows.py"]
