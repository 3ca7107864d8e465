"""Manifests check themselves: paths stay inside, digests are digests, and code is called code whoever says otherwise."""

from typing import Any

import pytest

from unshelf.contracts.bundle import BundleFile, Loader, Manifest, Scaling, is_bundle_path

DIGEST = "a" * 64


def manifest(loader: Loader, *paths: str, **fields: Any) -> Manifest:
    files = [BundleFile(path=path, sha256=DIGEST, size=1) for path in paths]
    return Manifest(loader=loader, files=files, python="3.11", **fields)


@pytest.mark.parametrize("path", ["model.skops", "code/a b.py", "…/ü", "a" * 255])
def test_plain_relative_paths_are_paths_of_a_bundle(path: str) -> None:
    assert is_bundle_path(path)


@pytest.mark.parametrize(
    "path", ["", "/etc/passwd", "../up", "a/../b", "a//b", "a/", ".", "a\\b", "a\nb", "a\x00", "a" * 256, "a/" * 600]
)
def test_anything_that_could_leave_the_folder_is_not(path: str) -> None:
    with pytest.raises(ValueError, match="no path inside a bundle"):
        BundleFile(path=path, sha256=DIGEST, size=1)


@pytest.mark.parametrize("digest", ["", "a" * 63, "A" * 64, "g" * 64, "a" * 65])
def test_files_are_addressed_by_digests_alone(digest: str) -> None:
    with pytest.raises(ValueError, match="64 lower-case hex digits"):
        BundleFile(path="a", sha256=digest, size=1)


@pytest.mark.parametrize(
    ("loader", "paths"),
    [
        (Loader(kind="sklearn", format="pickle"), ["model.pkl"]),
        (Loader(kind="sklearn", format="joblib"), ["model.joblib"]),
        (Loader(kind="torch", format="torchscript"), ["model.pt"]),
        (Loader(kind="python", entry="predict.py:predict"), []),
        (Loader(kind="mlflow", file="model"), ["model/MLmodel"]),
        (Loader(kind="sklearn", format="skops"), ["model.skops", "features.py"]),
    ],
)
def test_a_bundle_that_runs_code_says_so_though_its_maker_does_not(loader: Loader, paths: list[str]) -> None:
    assert manifest(loader, *paths).runs_code


def test_data_is_no_code_unless_its_maker_says_so() -> None:
    data = Loader(kind="sklearn", format="skops", file="model.skops")
    assert not manifest(data, "model.skops").runs_code
    assert manifest(data, "model.skops", contains_code=True).runs_code


def test_what_a_manifest_names_must_be_in_it() -> None:
    with pytest.raises(ValueError, match=r"example names 'x.json', which is no file"):
        manifest(Loader(kind="onnx"), "model.onnx", example="x.json")
    with pytest.raises(ValueError, match="names each path once"):
        manifest(Loader(kind="onnx"), "a", "a")


@pytest.mark.parametrize("fields", [{"min": 2, "max": 1}, {"min": -1}, {"max": 0}, {"idle": 0.0}])
def test_scaling_is_whole(fields: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="scaling"):
        Scaling(**fields)
