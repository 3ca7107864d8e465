"""Tiers on a whole platform: who wants too much or hangs is ended alone, told why, and replaced."""

import json
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from tests.support.models import write_model
from tests.support.platform import Platform

TIERS = json.dumps({"small": {"cpu": 1, "memory_bytes": 200 << 20, "threads": 1}})
CODE = """
import time

def predict(rows):
    for row in rows:
        if row["a"] == 1000:
            held = bytearray(1 << 30)
            held[::4096] = b"x" * len(held[::4096])
        if row["a"] == 2000:
            time.sleep(600)
    return [row["a"] + row["b"] for row in rows]
"""


@pytest.mark.long
def test_over_its_memory_a_worker_dies_alone_and_callers_and_owner_hear_why(
    start_platform: Callable[..., Platform], tmp_path: Path
) -> None:
    """Given a model on a small tier, when an input needs more memory, then it is refused with the reason and others go on."""
    platform = start_platform(tiers=TIERS, gateways="1")
    platform.cli("deploy", str(write_model(tmp_path / "hungry", name="hungry", code=CODE)))
    platform.cli("deploy", str(write_model(tmp_path / "other", name="other")))
    assert platform.predict("other", [{"a": 1, "b": 2}]) == [3]
    (bystander,) = _replicas(platform, "other")

    answer = platform.http.post("/models/hungry/predict", json={"inputs": [{"a": 1000.0, "b": 1.0}]})

    assert (answer.status_code, answer.json()["code"]) == (503, "out_of_memory")
    assert "200 MiB, tier small" in answer.json()["detail"]
    assert platform.records("hungry")[-1]["output"]["code"] == "out_of_memory"
    assert platform.predict("hungry", [{"a": 1, "b": 2}]) == [3]
    assert _replicas(platform, "other")[0]["pid"] == bystander["pid"]
    shown = platform.cli("show", "hungry").stdout
    assert "tier small: memory 200 MiB" in shown
    assert "forked" in shown


@pytest.mark.long
def test_a_worker_that_hangs_is_killed_at_its_deadline_and_replaced(
    start_platform: Callable[..., Platform], tmp_path: Path
) -> None:
    """Given a model that hangs on an input, when its deadline has passed, then its worker is killed and the next call served."""
    platform = start_platform(gateways="1")
    model = write_model(tmp_path / "hanging", name="hanging", code=CODE)
    recipe = model / "unshelf.toml"
    recipe.write_text(recipe.read_text().replace('name = "hanging"', 'name = "hanging"\ntimeout = 5.0'))
    platform.cli("deploy", str(model))
    (before,) = _replicas(platform, "hanging")

    answer = platform.http.post("/models/hanging/predict", json={"inputs": [{"a": 2000.0, "b": 1.0}]})
    assert (answer.status_code, answer.json()["code"]) == (504, "deadline_exceeded")
    assert platform.predict("hanging", [{"a": 1, "b": 2}]) == [3]
    assert not psutil.pid_exists(before["pid"])


@pytest.mark.long
def test_a_deploy_with_an_unknown_tier_names_the_known_ones(
    start_platform: Callable[..., Platform], tmp_path: Path
) -> None:
    """Given a recipe with a tier that the server does not have, when it is deployed, then it is refused with those it has."""
    platform = start_platform()
    model = write_model(tmp_path / "huge", name="huge", extra='\n[resources]\ntier = "huge"\n')
    failed = platform.cli("deploy", str(model), check=False)
    assert failed.returncode == 1
    said = " ".join((failed.stdout + failed.stderr).split())
    assert "there is no tier 'huge'" in said
    assert "small (1 cpu, 1 GiB), medium" in said


def _replicas(platform: Platform, name: str) -> list[dict]:
    return platform.http.get(f"/api/v1/models/{name}").json()["version"]["replicas"]
