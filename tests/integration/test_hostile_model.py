"""A hostile model, and its check, on a whole platform, one test a trick: each is refused or hurts its own version alone, whose owner is
told, and heals."""

import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.hostile import BOUNDED, REFUSED, TIERS, outcomes_in_check, play, replica, write_hostile
from tests.support.models import write_model
from tests.support.platform import Platform, running_platform
from tests.support.waiting import wait_until

pytestmark = pytest.mark.skipif(os.getuid() != 0, reason="a sandbox takes root")

WHOLE_NETWORK = '\n[network]\naccess = "full"\n'


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    """A platform with a model that is forked, one that is spawned, and a neighbour."""
    folder = tmp_path_factory.mktemp("hostile")
    with running_platform(folder / "home", gateways="1", sandbox="require", tiers=TIERS) as running:
        for name in ("forked", "spawned"):
            model = write_hostile(folder / name, running, name=name, threads=name == "spawned")
            running.cli("deploy", str(model))
        running.cli("deploy", str(write_model(folder / "neighbour", name="neighbour", extra=WHOLE_NETWORK)))
        yield running


@pytest.fixture(params=["forked", pytest.param("spawned", marks=pytest.mark.long)])
def model(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


def all_is_well(platform: Platform, model: str) -> None:
    """Both the model and its neighbour answer."""
    assert platform.predict("neighbour", [{"a": 1.0, "b": 2.0}]) == [3.0]
    wait_until(lambda: play(platform, model, "nothing") == (200, "nothing"))


def test_the_platform_says_which_walls_stand(platform: Platform, model: str) -> None:
    all_is_well(platform, model)
    facts = replica(platform, model)
    assert facts["started_by"] == {"forked": "fork", "spawned": "spawn"}[model], facts["spawned_because"]
    assert facts["walls"][1:] == [
        "no privileges", "files of its own", "processes of its own", "shared memory of its own", "system calls filtered",
        "no network", "/tmp 256 MiB",
    ]  # fmt: skip
    assert facts["walls"][0].startswith("user ")
    assert any("512 processes" in limit for limit in facts["limits"])
    assert "no network" in platform.cli("show", model).stdout
    assert "no network" not in replica(platform, "neighbour")["walls"], "but for who asks for the server's"


@pytest.mark.parametrize("trick", REFUSED)
def test_a_trick_is_refused(platform: Platform, model: str, trick: str) -> None:
    status, outcome = play(platform, model, trick)
    assert (status, str(outcome)[:8]) == (200, "refused:"), outcome


@pytest.mark.parametrize("trick", BOUNDED)
def test_a_resource_without_end_has_one(platform: Platform, model: str, trick: str) -> None:
    """Given a model that takes all it can get, then it gets an error at its bound, and goes on once it let go."""
    status, outcome = play(platform, model, trick)
    if status == 200:
        assert str(outcome).split(" ")[0] == BOUNDED[trick], outcome
    else:  # a thousand processes take memory and time, which are bounded too
        assert (trick, status) in (("fork_bomb", 503), ("fork_bomb", 504)), outcome
    all_is_well(platform, model)


@pytest.mark.long
def test_a_worker_that_stays_at_its_process_limit_is_replaced_and_its_owner_told(
    platform: Platform, model: str
) -> None:
    before = replica(platform, model)["pid"]
    status, outcome = play(platform, model, "stay_at_the_limit")
    assert (status, str(outcome)[:6]) == (200, "EAGAIN"), outcome
    log = platform.home / "logs" / "workers" / f"{model}-1.log"
    wait_until(lambda: "it sat at its limit of 512 processes and threads" in log.read_text(errors="replace"), 120)
    all_is_well(platform, model)
    assert replica(platform, model)["pid"] != before


def test_a_poisoned_worker_poisons_no_other(platform: Platform) -> None:
    play(platform, "forked", "poison_the_warm_process")
    assert play(platform, "forked", "is_poisoned") == (200, "True"), "its own process is its own"
    before = replica(platform, "forked")["pid"]
    play(platform, "forked", "end_at_once")
    wait_until(lambda: play(platform, "forked", "is_poisoned") == (200, "False"))
    assert replica(platform, "forked")["pid"] != before
    assert replica(platform, "forked")["started_by"] == "fork"


def test_ten_gigabytes_end_the_worker_and_its_owner_is_told(platform: Platform, model: str) -> None:
    status, problem = play(platform, model, "take_ten_gigabytes")
    assert (status, problem["code"]) == (503, "out_of_memory")
    assert platform.records(model)[-1]["code"] == "out_of_memory"
    all_is_well(platform, model)


@pytest.mark.parametrize("trick", ["close_its_socket", "answer_garbage", "write_into_the_report"])
def test_a_worker_that_breaks_its_own_connections_is_replaced(platform: Platform, model: str, trick: str) -> None:
    status, outcome = play(platform, model, trick)
    assert status in (200, 500, 502, 503), outcome
    assert platform.records(model)[-1]["model"] == model
    all_is_well(platform, model)


def test_a_flood_of_output_holds_up_nobody_else_and_is_cut(platform: Platform) -> None:
    """Given a model that prints 200 MiB, then its neighbour answers meanwhile, and soon its log takes little."""
    outcome: list[Any] = []
    asking = threading.Thread(target=lambda: outcome.append(play(platform, "spawned", "print_a_flood")))
    asking.start()
    for _ in range(20):
        assert platform.predict("neighbour", [{"a": 1.0, "b": 2.0}]) == [3.0]
    asking.join(60)
    assert outcome == [(200, "printed")]
    logs = platform.home / "logs" / "workers"
    wait_until(lambda: sum(path.stat().st_size for path in logs.glob("spawned-*")) < 40 << 20)
    all_is_well(platform, "spawned")


def test_a_check_is_refused_every_trick(platform: Platform, tmp_path: Path) -> None:
    """Given a model that tries all of them when its check predicts the example, then each is refused."""
    outcomes = outcomes_in_check(tmp_path / "model", platform, REFUSED)
    assert (outcomes.others, outcomes.refused) == ({}, len(REFUSED)), outcomes.said
    all_is_well(platform, "forked")


@pytest.mark.parametrize(
    "tricks",
    [
        ["fill_the_temporary_folder", "threads_without_end"],
        pytest.param(["fill_shared_memory", "make_files_without_end", "fork_bomb"], marks=pytest.mark.long),
    ],
)
def test_a_check_takes_only_so_much(platform: Platform, tmp_path: Path, tricks: list[str]) -> None:
    outcomes = outcomes_in_check(tmp_path / "model", platform, tricks)
    assert {name: outcome.split(" ")[0] for name, outcome in outcomes.others.items()} == {
        name: BOUNDED[name] for name in tricks
    }, outcomes.said
    all_is_well(platform, "forked")


def test_ten_gigabytes_end_a_check_and_who_deploys_is_told(platform: Platform, tmp_path: Path) -> None:
    said = " ".join(outcomes_in_check(tmp_path / "model", platform, ["take_ten_gigabytes"]).said.split())
    assert "it ran out of its memory (512 MiB, tier tight)" in said
    all_is_well(platform, "forked")
