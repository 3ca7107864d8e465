"""Modules are read with their paths, and a line belongs to the innermost definition around it."""

from pathlib import Path

from checks.source import Module, read_modules


def test_every_module_below_the_root_is_read_in_order(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "c.py").write_text("x = 'é'\n", "utf-8")
    (tmp_path / "a.py").touch()
    (tmp_path / "a.txt").touch()
    assert [(module.path, module.text) for module in read_modules(tmp_path)] == [("a.py", ""), ("b/c.py", "x = 'é'\n")]


def test_a_line_belongs_to_the_innermost_definition() -> None:
    module = Module(
        "a.py", "x = 1\nclass A:\n    def run(self):\n        if x:\n            def inner():\n                pass\n"
    )
    assert [module.place_of(line) for line in (1, 2, 3, 4, 6)] == ["", "A", "A.run", "A.run", "A.run.inner"]
