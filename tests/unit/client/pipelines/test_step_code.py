"""A step gets the modules that it imports, and all that is no Python."""

from unshelf.client.bundling.files import content_of_bytes
from unshelf.client.pipelines.step_code import files_of_step


def test_only_what_is_imported_is_sent_with_everything_that_is_no_python() -> None:
    sources = {
        "fit.py": b"import features, numpy\nfrom lib.base import rate\n", "features.py": b"import deep\n", "deep.py": b"",
        "lib/__init__.py": b"", "lib/base.py": b"from . import more\n", "lib/more.py": b"", "lib/unused.py": b"",
        "report.py": b"import fit\n", "settings.yaml": b"a: 1\n",
    }  # fmt: skip
    contents = [content_of_bytes(path, source) for path, source in sources.items()]
    assert files_of_step(contents, "fit.py") == [
        "unshelf_call.py", "deep.py", "features.py", "fit.py", "lib/__init__.py", "lib/base.py", "lib/more.py", "settings.yaml"
    ]  # fmt: skip


def test_a_module_below_the_root_finds_its_neighbours() -> None:
    contents = [
        content_of_bytes("src/fit.py", b"import near\n"),
        content_of_bytes("src/near.py", b""),
        content_of_bytes("other.py", b""),
    ]
    assert files_of_step(contents, "src/fit.py") == ["unshelf_call.py", "src/fit.py", "src/near.py"]


def test_where_nobody_can_tell_what_is_imported_everything_is_sent() -> None:
    contents = [
        content_of_bytes("fit.py", b"import importlib\nimportlib.import_module(NAME)\n"),
        content_of_bytes("other.py", b""),
    ]
    assert files_of_step(contents, "fit.py") == ["unshelf_call.py", "fit.py", "other.py"]
    contents[0] = content_of_bytes("fit.py", b"def (:\n")
    assert files_of_step(contents, "fit.py") == ["unshelf_call.py", "fit.py", "other.py"]
