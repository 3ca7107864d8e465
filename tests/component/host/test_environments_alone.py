"""Environments without a bundle, with a real host and real uv."""

import shutil
from collections.abc import Iterator

import pytest

from tests.component.host.running import ENVIRONMENT, PYTHON, RunningHost, running_host
from unshelf.contracts.protocols.environments import BuildEnvironment, EnvironmentBuilt
from unshelf.contracts.protocols.host import Failed, Progress


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
