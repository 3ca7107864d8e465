"""What a bundling process is given, and what is judged of its answer. The process itself: tests/component/host/test_bundling.py."""

import pytest

from unshelf.contracts.bundle import BundleFile, Loader, Manifest
from unshelf.contracts.protocols.bundling import MadeBundle, MadeFile
from unshelf.host.errors import HostFailure
from unshelf.host.prepare.bundling import check_made, library_paths, summary_of


def file(path: str, digest: str) -> BundleFile:
    return BundleFile(path=path, sha256=digest * 64, size=1)


def manifest(*files: BundleFile, requirements: tuple[str, ...] = (), lock: str | None = None) -> Manifest:
    loader = Loader(kind="sklearn", format="joblib")
    return Manifest(loader=loader, files=list(files), python="3.11", requirements=list(requirements), lock=lock)


def test_the_client_is_there_with_its_libraries_and_nothing_of_the_server() -> None:
    names = {path.name for path in library_paths()}

    assert {"unshelf", "msgspec", "packaging", "yaml"} <= names
    assert not names & {"site-packages", "sqlalchemy", "fastapi", "uv"}


def test_a_bundle_holds_what_was_sent_or_made() -> None:
    sent, made, strange = file("model.pkl", "a"), file("example.json", "b"), file("other", "c")
    content = MadeFile(sha256=made.sha256, content=b"x")

    check_made(MadeBundle(manifest=manifest(sent, made), made=[content]), [sent])
    with pytest.raises(HostFailure, match="'other'"):
        check_made(MadeBundle(manifest=manifest(sent, strange), made=[content]), [sent])


@pytest.mark.parametrize(
    ("requirements", "lock", "summary"),
    [
        (("numpy", "scikit-learn==1.7"), None, "sklearn (joblib); 2 requirements; Python 3.11"),
        (("numpy==2.0",), None, "sklearn (joblib); numpy==2.0; Python 3.11"),
        ((), "lock.toml", "sklearn (joblib); the lock of an environment; Python 3.11"),
    ],
)
def test_what_the_files_were_found_to_be_is_one_line(
    requirements: tuple[str, ...], lock: str | None, summary: str
) -> None:
    assert summary_of(manifest(file("lock.toml", "a"), requirements=requirements, lock=lock)) == summary
