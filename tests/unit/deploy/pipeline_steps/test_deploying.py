"""The model file and its example are found in a folder, or asked for."""

from typing import Any

import pytest

from unshelf.contracts.bundle import BundleFile
from unshelf.contracts.errors import InvalidInput
from unshelf.deploy.pipeline_steps.deploying import _files_named
from unshelf.develop.pipelines.run import StepOrder
from unshelf.develop.pipelines.values import LeftFiles


def named(*paths: str, **arguments: Any) -> tuple[str | None, str | None]:
    order = StepOrder(run="r", step="s", project="p", pipeline="x", key="k", arguments=arguments, facts={})
    return _files_named(order, LeftFiles(files=[BundleFile(path=path, sha256="0" * 64, size=1) for path in paths]))


def test_what_can_be_the_model_is_found() -> None:
    assert named("model.joblib") == (None, None)
    assert named("model.joblib", "example.json", "requirements.txt") == ("model.joblib", "example.json")
    assert named("unshelf.toml", "a.bin", "b.bin") == (None, None)
    assert named("a.bin", "b.bin", "rows.csv", file="b.bin", example="rows.csv") == ("b.bin", "rows.csv")
    with pytest.raises(InvalidInput, match=r"several files that could be the model: a.bin, b.bin"):
        named("a.bin", "b.bin")
