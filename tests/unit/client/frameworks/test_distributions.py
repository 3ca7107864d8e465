"""Modules are named by the distribution that is installed, also where several share a namespace."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from unshelf.client.frameworks import distributions
from unshelf.client.frameworks.distributions import distribution_of, distributions_of


@pytest.fixture
def shared_namespace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Three distributions of the namespace `acme`, one of them below `acme.cloud`, and none that is called acme."""
    installed = {
        "acme-store": ["acme/cloud/store/__init__.py", "acme/cloud/store/client.py"],
        "acme-api": ["acme/api/__init__.py", "acme/fast.cpython-311-x86_64-linux-gnu.so"],
        "acme.text": ["acme/text.py"],
    }
    for name, files in installed.items():
        info = tmp_path / f"{name.replace('-', '_')}-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        (info / "RECORD").write_text("".join(f"{file},,\n" for file in files))
        for file in files:
            (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / file).write_text("")
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    _forget()
    yield
    monkeypatch.undo()
    _forget()


def _forget() -> None:
    distributions._providers.cache_clear()
    distributions._modules.cache_clear()


def test_modules_are_named_by_the_distribution_that_is_installed() -> None:
    assert distribution_of("sklearn.linear_model._ridge") == "scikit-learn"
    assert distribution_of("json.decoder") is None
    assert distribution_of("a_module_that_nobody_has") is None
    assert distributions_of(["yaml", "sklearn", "sklearn.tree", "os"]) == ["PyYAML", "scikit-learn"]


@pytest.mark.usefixtures("shared_namespace")
@pytest.mark.parametrize(
    ("modules", "names"),
    [
        (["acme.text"], ["acme.text"]),
        (["acme.text", "acme.text.drop_comment"], ["acme.text"]),
        (["acme.cloud", "acme.cloud.store"], ["acme-store"]),
        (["acme.cloud.store.client.Client"], ["acme-store"]),
        (["acme.fast"], ["acme-api"]),
        (["acme", "acme.api", "acme.text"], ["acme-api", "acme.text"]),
        (["acme"], ["acme-api", "acme-store", "acme.text"]),
        (["acme.none"], []),
    ],
)
def test_each_part_of_a_namespace_is_that_of_its_own_distribution(modules: list[str], names: list[str]) -> None:
    assert distributions_of(modules) == names
