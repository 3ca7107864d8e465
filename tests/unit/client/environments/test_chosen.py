"""A bundle in an environment of the server: its lock and Python, and nothing of its own."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.support.control import Control, running_control
from tests.support.models import write_model
from tests.support.routes import TOKEN
from unshelf.client.bundling.bundle import Bundle
from unshelf.client.bundling.files import content_of_bytes
from unshelf.client.bundling.unshelf_toml import read_recipe
from unshelf.client.environments.chosen import with_environment
from unshelf.client.errors import InvalidModel
from unshelf.client.http import Http
from unshelf.contracts.bundle import Loader, Manifest

FOUND = {"reference": "base:3", "hash": "e" * 64, "python": "3.12.1", "warning": "It is deprecated."}
LOCK = 'lock-version = "1.0"\n'


@pytest.fixture
def control() -> Iterator[Control]:
    with running_control() as running:
        running.reply("GET", "/api/v1/environments/base", FOUND)
        running.reply("GET", "/api/v1/environments/base/lock", LOCK)
        yield running


def bundle() -> Bundle:
    content = content_of_bytes("model.bin", b"model")
    manifest = Manifest(loader=Loader(kind="python"), files=[content.entry], python="3.11", requirements=["six"])
    return Bundle(manifest=manifest, contents=[content])


def test_a_version_takes_the_lock_and_the_python(control: Control) -> None:
    with closing(Http(control.url, TOKEN)) as http:
        changed = with_environment(http, bundle(), "base")
    manifest = changed.manifest
    assert (manifest.python, manifest.requirements, manifest.constraints) == ("3.12.1", [], [])
    (lock,) = [each for each in changed.contents if each.path == manifest.lock]
    assert b"".join(lock.chunks()) == LOCK.encode()
    assert changed.notes[-2:] == [
        "The version runs in the environment base:3 (eeeeeeeeeeee), as it is.",
        "It is deprecated.",
    ]


def test_one_that_is_not_there_is_an_error(control: Control) -> None:
    control.problem("GET", "/api/v1/environments/nothing", 404, "not_found", "There is no environment 'nothing'.")
    with closing(Http(control.url, TOKEN)) as http, pytest.raises(InvalidModel, match="no environment 'nothing'"):
        with_environment(http, bundle(), "nothing")


def test_a_recipe_names_an_environment_or_says_what_is_in_it(tmp_path: Path) -> None:
    recipe = write_model(tmp_path, name="iris") / "unshelf.toml"
    recipe.write_text(recipe.read_text().replace("requirements = []", 'name = "base:3"'))
    assert read_recipe(tmp_path).environment == "base:3"
    recipe.write_text(recipe.read_text().replace('name = "base:3"', 'name = "base:3"\npython = "3.12"'))
    with pytest.raises(InvalidModel, match="gives python, too"):
        read_recipe(tmp_path)
