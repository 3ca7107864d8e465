"""Files of versions: read by those who may see what a version is made of, with an event; an example is data."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.support.actors import actor
from tests.support.deploying import Deploying
from unshelf.contracts.bundle import BundleFile
from unshelf.contracts.errors import Forbidden, NotFound
from unshelf.contracts.permissions import Permission
from unshelf.deploy.files.service import VersionFileService
from unshelf.foundation.access.actors import Actor, Grant
from unshelf.foundation.access.scopes import INSTALLATION, model_scope

EXAMPLE = BundleFile(path="data/example.json", sha256="a" * 64, size=40)
VIEWER = Actor(
    id="c", kind="user", label="c", grants=(Grant(permissions=frozenset({Permission.MODEL_INSPECT}), scope=INSTALLATION),)
)  # fmt: skip


@pytest.fixture
def service(deploying: Deploying) -> VersionFileService:
    deploying.register("iris", b"weights")
    return VersionFileService(
        database=deploying.database, audit=deploying.audit, inspect=_with_example(deploying.registry.inspect),
        scope_of=model_scope, read=lambda digest: iter([digest.encode()]),
    )  # fmt: skip


def _with_example(inspect: Callable[[str], Any]) -> Callable[[str], Any]:
    def found(ref: str) -> Any:
        model = inspect(ref)
        manifest = model.version.manifest
        object.__setattr__(
            model.version, "manifest", type(manifest)(
                loader=manifest.loader, files=[*manifest.files, EXAMPLE], python="3.11", example=EXAMPLE.path
            ),
        )  # fmt: skip
        return model

    return found


def content(chunks: Iterator[bytes]) -> bytes:
    return b"".join(chunks)


def test_a_file_is_read_with_an_event(service: VersionFileService, deploying: Deploying) -> None:
    weights = deploying.registry.inspect("iris").version.manifest.files[0]
    file, chunks = service.file(VIEWER, "iris:1", weights.path)
    assert (file, content(chunks)) == (weights, weights.sha256.encode())
    assert deploying.actions()[-1] == "version.file_read"


def test_an_example_takes_the_right_to_read_data(service: VersionFileService, deploying: Deploying) -> None:
    file, _ = service.file(actor(), "iris", EXAMPLE.path)
    assert file == EXAMPLE
    before = deploying.actions()
    with pytest.raises(Forbidden):
        service.file(VIEWER, "iris", EXAMPLE.path)
    assert deploying.actions() == before


@pytest.mark.parametrize("path", ["../unshelf.db", "/etc/passwd", "model.bin/..", "nothing"])
def test_only_what_the_manifest_lists_is_there(service: VersionFileService, path: str) -> None:
    with pytest.raises(NotFound, match="has no file"):
        service.file(actor(), "iris", path)
