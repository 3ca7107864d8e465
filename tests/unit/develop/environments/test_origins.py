"""Origins of environments: a request as the host is asked for it."""

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.support.actors import user
from unshelf.contracts.errors import InvalidInput
from unshelf.develop.environments.origins import check_request, origin_of, pins_of
from unshelf.develop.environments.schemas import EnvironmentBuildRequest
from unshelf.develop.environments.tables import EnvironmentRow

ANA = user("ana", risk="contributor")
LOCK = f"""lock-version = "1.0"
[[packages]]
name = "numpy"
version = "2.0"
wheels = [{{ url = "https://index/n.whl", hashes = {{ sha256 = "{"a" * 64}" }} }}]
[[packages]]
name = "colorama"
version = "0.4"
marker = "sys_platform == 'win32'"
sdist = {{ url = "https://index/c.tar.gz", hashes = {{ sha256 = "{"b" * 64}" }} }}
"""
BASE = EnvironmentRow(
    hash="e" * 64, lock=LOCK, python="3.11.7", packages=2, created_at=datetime(2026, 1, 1, tzinfo=UTC)
)


def wanted(**fields: Any) -> EnvironmentBuildRequest:
    return EnvironmentBuildRequest(name="own", **fields)


def test_packages_of_a_lock_are_pinned_with_their_files() -> None:
    assert pins_of(LOCK, beside=[]) == [
        f"numpy==2.0 --hash=sha256:{'a' * 64}",
        f"colorama==0.4 ; sys_platform == 'win32' --hash=sha256:{'b' * 64}",
    ]
    assert [pin.partition("==")[0] for pin in pins_of(LOCK, beside=["NumPy>=2.1"])] == ["colorama"]


def test_a_package_that_came_with_a_model_can_not_be_added_to() -> None:
    lock = '[[packages]]\nname = "own"\nversion = "1"\nwheels = [{ path = "wheels/own-1-py3-none-any.whl", hashes = {} }]\n'
    with pytest.raises(InvalidInput, match="own came as a file with a model"):
        pins_of(lock, beside=[])


def test_a_base_alone_is_taken_as_it_is() -> None:
    origin = origin_of(wanted(base="base"), BASE, "base:3", ANA)
    assert (origin.build.environment, origin.build.lock, origin.build.python) == ("e" * 64, LOCK, "3.11.7")
    assert (origin.shown["base"], origin.shown["version"]) == ("base:3", "")


def test_a_base_with_packages_or_another_python_is_locked_anew_from_its_pins() -> None:
    added = origin_of(wanted(base="base", requirements=["pandas"]), BASE, "base:3", ANA).build
    assert (added.lock, added.environment, added.python) == ("", "", "3.11.7")
    assert added.requirements[0] == "pandas"
    assert len(added.requirements) == 3
    moved = origin_of(wanted(version="iris", python="3.12"), BASE, "iris:1", ANA).build
    assert (moved.lock, moved.python, len(moved.requirements)) == ("", "3.12", 2)


def test_requirements_and_locks_are_passed_on() -> None:
    plain = origin_of(wanted(requirements=["six"], constraints=["six<2"], python="3.12"), None, "", ANA).build
    assert (plain.requirements, plain.constraints, plain.python, plain.actor) == (["six"], ["six<2"], "3.12", "ana")
    locked = origin_of(wanted(lock=LOCK, file="pylock.toml"), None, "", ANA)
    assert (locked.build.lock, locked.shown["lock"], locked.shown["file"]) == (LOCK, True, "pylock.toml")


@pytest.mark.parametrize(
    "fields",
    [{}, {"lock": "x", "base": "y"}, {"base": "x", "version": "y"}, {"lock": "x", "requirements": ["six"]}],
)
def test_a_request_says_one_thing(fields: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput):
        check_request(wanted(**fields))
