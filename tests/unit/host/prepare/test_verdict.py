"""A verdict that the program wrote itself: refused where no check would give it, and else held against what is known outside."""

from pathlib import Path
from typing import Any

import msgspec
import pytest

from unshelf.contracts.bundle import Batching, BundleFile, Checks, Loader, Manifest
from unshelf.host.errors import HostFailure
from unshelf.host.prepare.verdict import is_installed, log_with, seen_from_outside, site_packages

CODE = Loader(kind="python", entry="predict.py:predict")


@pytest.fixture
def python(tmp_path: Path) -> Path:
    """An environment with a package, a module and an extension."""
    packages = tmp_path / "lib" / "python3.11" / "site-packages"
    (packages / "numpy" / "linalg").mkdir(parents=True)
    (packages / "six.py").touch()
    (packages / "numpy" / "_core.cpython-311-x86_64-linux-gnu.so").touch()
    return tmp_path / "bin" / "python"


def manifest(loader: Loader = CODE, **fields: Any) -> Manifest:
    return Manifest(
        loader=loader, files=[BundleFile(path="predict.py", sha256="a" * 64, size=1)], python="3.11", **fields
    )


def checks(**fields: Any) -> Checks:
    return msgspec.structs.replace(Checks(python="3.11.7", load_seconds=0.1, memory_bytes=1000), **fields)


def judged(python: Path, verdict: Checks, of: Manifest | None = None) -> Checks:
    return seen_from_outside(verdict, of or manifest(), python=python, version="3.11.9", seconds=2.0)


@pytest.mark.parametrize(
    ("of", "fields"),
    [
        (manifest(), {}),
        (manifest(batching=Batching(share=False)), {}),
        (manifest(Loader(kind="sklearn", file="m.skops"), batching=Batching(max_rows=1)), {}),
        (manifest(batching=Batching(share=True), output="table"), {}),
        (manifest(batching=Batching(share=True)), {"streams": True}),
    ],
)
def test_sharing_that_no_check_would_allow_fails_the_check(python: Path, of: Manifest, fields: dict[str, Any]) -> None:
    with pytest.raises(HostFailure, match="wrote a verdict of its own") as caught:
        judged(python, checks(batchable=True, batchable_reason="proved, on my word", **fields), of)
    assert (caught.value.code, caught.value.step) == ("check_failed", "check")
    assert not judged(python, checks(batchable=False, **fields), of).batchable


def test_sharing_that_was_asked_for_or_is_known_of_a_library_is_believed(python: Path) -> None:
    for of in (manifest(batching=Batching(share=True)), manifest(Loader(kind="sklearn", file="m.skops"))):
        assert judged(python, checks(batchable=True, batch_rows=64), of).batch_rows == 64


def test_what_is_known_here_stands_in_place_of_what_was_said(python: Path) -> None:
    said = checks(
        python="9.9", load_seconds=1e9, predict_seconds=float("nan"), memory_bytes=-5, calls=-1, batch_rows=10**9
    )
    known = judged(python, said)
    assert (known.python, known.load_seconds, known.predict_seconds) == ("3.11.9", 2.0, 2.0)
    assert (known.memory_bytes, known.calls, known.batch_rows) == (0, 0, manifest().batching.max_rows)


def test_a_warm_process_imports_what_the_environment_has_and_nothing_else(python: Path) -> None:
    said = [
        "antigravity",
        "numpy",
        "numpy.linalg",
        "numpy._core",
        "six",
        "os",
        "../six",
        "numpy.",
        "",
        "numpy.nothing",
        "six.py",
    ]
    assert judged(python, checks(modules=said)).modules == ["numpy", "numpy.linalg", "numpy._core", "six"]
    assert not is_installed("six", [])
    assert len(site_packages(python)) == 1


def test_texts_have_a_length(python: Path) -> None:
    said = checks(batchable_reason="x" * 10**6, fork_safe_reason="x" * 10**6, warnings=["x" * 10**6] * 1000)
    assert len(msgspec.json.encode(judged(python, said))) < 500_000


def test_a_log_has_a_traceback_once() -> None:
    traceback = "Traceback (most recent call last):\n  File x\nValueError: no\n"
    assert log_with(f"loading\n{traceback}", traceback) == f"loading\n{traceback}"
    assert log_with("12:00 ValueError: no", traceback) == "12:00 ValueError: no"
    assert log_with("loading", traceback) == f"loading\n{traceback}"
    assert (log_with("", traceback), log_with("loading", "")) == (traceback, "loading")
