"""Folders, files and functions over the limits are found, and those at the limits are not."""

from checks.size import MAX_FILES, MAX_FUNCTION_LINES, MAX_LINES, check_sizes
from checks.source import Module


def found(*modules: Module) -> list[tuple[str, str]]:
    return [(finding.rule, finding.subject) for finding in check_sizes(list(modules))]


def test_a_folder_holds_as_many_files_as_it_may() -> None:
    full = [Module(f"room/m{number}.py", "") for number in range(MAX_FILES)]
    assert found(*full, Module("room/__init__.py", "")) == []
    assert found(*full, Module("room/one_more.py", "")) == [("folder", "room")]


def test_migrations_are_as_many_as_they_are() -> None:
    assert found(*(Module(f"database/migrations/versions/v{number}.py", "") for number in range(40))) == []


def test_a_file_that_is_too_long_is_found() -> None:
    assert found(Module("a.py", "x = 1\n" * MAX_LINES)) == []
    assert found(Module("a.py", "x = 1\n" * (MAX_LINES + 1))) == [("file", "a.py")]


def test_a_method_that_is_too_long_is_found_by_its_name() -> None:
    body = "        pass\n"
    fits = "class A:\n    async def run(self):\n" + body * (MAX_FUNCTION_LINES - 1)
    assert found(Module("a.py", fits)) == []
    assert found(Module("a.py", fits + body)) == [("function", "a.py::A.run")]
