"""Environments without a bundle, with a real host and real uv."""

import json
import platform
import shutil
from collections.abc import Iterator

import pytest

from tests.component.host.running import ENVIRONMENT, PYTHON, RunningHost, manifest_of, running_host
from unshelf.contracts.protocols.environments import BuildEnvironment, EnvironmentBuilt
from unshelf.contracts.protocols.host import Awake, Failed, Progress, Wake


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHost]:
    with running_host(tmp_path_factory.mktemp("host") / "home") as running:
        yield running


def folders(host: RunningHost) -> set[str]:
    return {path.name for path in (host.home / "environments").iterdir()} - {ENVIRONMENT}


def built(host: RunningHost, **wanted: object) -> EnvironmentBuilt:
    answer = host.sender().ask(BuildEnvironment(id=1, actor="ana", **wanted))  # type: ignore[arg-type]
    assert isinstance(answer, EnvironmentBuilt), answer
    return answer


def test_requirements_are_locked_and_built_and_each_step_is_told(host: RunningHost) -> None:
    heard = host.sender().ask_all(BuildEnvironment(id=1, python=PYTHON, requirements=["six==1.17.0"], actor="ana"))

    answer = heard[-1]
    assert isinstance(answer, EnvironmentBuilt), answer
    steps = [(one.step, one.state) for one in heard[:-1] if isinstance(one, Progress)]
    assert steps == [(step, state) for step in ("lock", "build") for state in ("started", "done")]
    assert 'name = "six"' in answer.lock
    assert answer.python.startswith(f"{PYTHON}.")
    assert answer.built
    assert answer.bytes > 30_000
    assert answer.environment in folders(host)


def test_an_environment_that_is_there_is_not_built_again(host: RunningHost) -> None:
    first, second = built(host, requirements=["six==1.16.0"]), built(host, requirements=["six<1.17"])
    assert (first.environment, first.bytes) == (second.environment, second.bytes)
    assert not second.built


def test_an_environment_whose_folder_is_gone_is_built_again_from_its_lock(host: RunningHost) -> None:
    first = built(host, requirements=["six==1.15.0"])
    shutil.rmtree(host.home / "environments" / first.environment)
    again = built(host, lock=first.lock, python=first.python, environment=first.environment)
    assert (again.environment, again.lock, again.built) == (first.environment, first.lock, True)


def test_a_lock_of_another_environment_is_refused(host: RunningHost) -> None:
    lock = built(host, requirements=["six==1.17.0"]).lock
    answer = host.sender().ask(BuildEnvironment(id=1, lock=lock, environment="0" * 64))
    assert isinstance(answer, Failed)
    assert answer.code == "build_failed"
    assert "000000000000" in answer.detail


def test_a_failure_names_the_package_and_leaves_nothing(host: RunningHost) -> None:
    before = folders(host)
    answer = host.sender().ask(BuildEnvironment(id=1, requirements=["six==0.0.1"]))
    assert isinstance(answer, Failed)
    assert (answer.code, answer.step) == ("lock_failed", "lock")
    assert "six==0.0.1" in answer.detail
    assert folders(host) == before


@pytest.mark.parametrize(
    "made_with", [platform.python_version(), pytest.param(f"{PYTHON}.999", marks=pytest.mark.long)]
)
def test_an_environment_whose_interpreter_moved_is_made_again_when_its_version_is_woken(
    host: RunningHost, made_with: str
) -> None:
    """Given an environment that was made with an interpreter of this minor version that is gone, when a version of it is woken, then it is
    made again under its name, and doctor names it."""
    environment = built(host, requirements=["six==1.12.0"]).environment
    folder = host.home / "environments" / environment
    facts = json.loads((folder / "complete").read_bytes())
    (folder / "complete").write_text(json.dumps(facts | {"python": made_with}))
    (folder / "bin" / "python").unlink()
    (folder / "bin" / "python").symlink_to(f"/opt/gone/bin/python{PYTHON}")

    host.publish(manifest_of(host.home), environment=environment)
    answer = host.sender().ask(Wake(id=1, model="m", version=1))

    assert isinstance(answer, Awake), answer
    assert (folder / "bin" / "python").exists()
    assert list((folder / "lib").glob("python*/site-packages/six.py"))
    machine = host.describe().machine
    assert machine is not None
    (check,) = [each for each in machine.checks if each.name == "environments"]
    assert check.state == "warn" and environment[:12] in check.detail
    host.publish()
