"""Arguments of the platform's steps are read with errors that name them."""

import pytest

from unshelf.contracts.errors import InvalidInput
from unshelf.contracts.references import Reference
from unshelf.deploy.pipeline_steps.arguments import argument, numbered, reference_argument
from unshelf.develop.pipelines.values import LeftFiles


def test_arguments_have_types_and_defaults() -> None:
    assert argument({"percent": 10}, "percent", float, 100.0) == 10.0
    assert argument({"percent": None}, "percent", float, 100.0) == 100.0
    for given, said in ((True, "a float, got True"), ("x", "got 'x'"), (LeftFiles(files=[]), "got files")):
        with pytest.raises(InvalidInput, match=said):
            argument({"percent": given}, "percent", float)
    with pytest.raises(InvalidInput, match="is files, got 'x'"):
        argument({"files": "x"}, "files", LeftFiles)


def test_versions_come_as_texts_and_as_values_of_steps() -> None:
    assert reference_argument({"version": {"version": "iris:3"}}, "version") == Reference("iris", version=3)
    assert numbered(reference_argument({"version": "iris:3"}, "version")) == ("iris", 3)
    with pytest.raises(InvalidInput, match="names no version"):
        numbered(Reference("iris"))
    for odd in ("", 3, {"x": 1}):
        with pytest.raises(InvalidInput, match="version"):
            reference_argument({"version": odd}, "version")
