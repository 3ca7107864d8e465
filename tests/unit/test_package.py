"""`import unshelf` costs nothing, and its public names are there when they are asked for."""

import subprocess
import sys

import pytest

import unshelf
from unshelf.client.errors import UnshelfError

pytestmark = pytest.mark.runs_program


def test_importing_unshelf_imports_nothing_heavy() -> None:
    """Given a fresh process, when it imports unshelf, then neither an HTTP library nor a codec comes with it."""
    code = (
        "import sys, unshelf; print([m for m in ('httpx', 'msgspec', 'rich', 'typer', 'pydantic') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_every_public_name_is_listed_and_found() -> None:
    for name in unshelf.__all__:
        assert name in dir(unshelf)
        assert getattr(unshelf, name) is not None
    assert issubclass(unshelf.DeployFailed, UnshelfError)


def test_an_unknown_name_is_told_as_python_does() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'deplyo'"):
        _ = unshelf.deplyo


def test_deploy_is_the_function_also_beside_the_wing_of_that_name() -> None:
    """Given a process that imported the server's wing `deploy`, in whichever order, then `unshelf.deploy` is what publishes models."""
    code = (
        "import unshelf; from unshelf.deploy.registry import service; import unshelf.deploy.releases; "
        "print(callable(unshelf.deploy), service.__name__)"
    )
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["True", "unshelf.deploy.registry.service"]
