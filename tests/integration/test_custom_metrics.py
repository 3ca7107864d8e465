"""A metric of somebody's own on a whole platform: evaluated in the sandbox, equal to what NumPy says, and hostile to nobody but itself."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.support.models import write_model
from tests.support.platform import Platform, running_platform
from tests.support.segments import record, write
from tests.support.waiting import wait_until

MODEL = """
def predict(rows):
    return [row["days"] * 1.0 for row in rows]
"""
GOOD = """
import numpy as np

def lost_margin(truth, prediction, rows):
    late = prediction - truth
    return float(np.mean(np.where(late < 0, -4.0 * late, late) * np.asarray(rows["margin"], dtype=float)))
"""
HOSTILE = """
import glob, os, socket

def spy(truth, prediction, rows):
    found = []
    for path in ({home!r} + "/admin-token", {home!r} + "/unshelf.db", {home!r} + "/predictions"):
        try:
            os.listdir(path) if path.endswith("predictions") else open(path).read()
            found.append(path)
        except OSError:
            pass
    try:
        with socket.create_connection(("127.0.0.1", {port}), timeout=2):
            found.append("the platform's port")
    except OSError:
        pass
    found += [name for name in os.environ if "TOKEN" in name or name == "API_KEY"]
    if found:
        raise AssertionError(f"reached {{found}}")
    try:
        os.kill(os.getppid(), 9)
    except OSError:
        pass
    raise RuntimeError("nothing was reached")
"""
ROWS = 200


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    with running_platform(tmp_path_factory.mktemp("metrics") / "home", gateways="1") as running:
        yield running


def measures(platform: Platform) -> dict[str, dict[str, Any]]:
    found = platform.http.get("/api/v1/models/parcels/quality", params={"since": "3d", "by": "day"}).json()
    return {each["name"]: each for each in found["measured"]["metrics"]}


def problem_of(platform: Platform, metric: str) -> str:
    return str(platform.http.get(f"/api/v1/models/parcels/quality/metrics/{metric}").json()["problem"])


def test_a_function_is_evaluated_and_a_hostile_one_spoils_nothing(platform: Platform, tmp_path: Path) -> None:
    """Given labelled predictions, when files declare a metric and somebody adds another, then its value is NumPy's, by slice, too."""
    folder = write_model(
        tmp_path / "parcels", name="parcels", code=MODEL, requirements=("numpy",),
        example=[{"days": 2.0, "margin": 1.5, "region": "north"}, {"days": 3.0, "margin": 0.5, "region": "south"}],
    )  # fmt: skip
    (folder / "lost.py").write_text(GOOD)
    with (folder / "unshelf.toml").open("a") as recipe:
        recipe.write('\n[[metrics]]\nname = "lost_margin"\nfile = "lost.py"\nbetter = "lower"\n')
    platform.cli("deploy", str(folder))
    assert "lost_margin" in platform.cli("metrics", "list", "parcels").stdout
    platform.cli("columns", "set", "parcels", "--task", "regression", "--prediction", "output", "--slices", "region")
    assert platform.http.put("/api/v1/models/parcels/secrets/API_KEY", json={"value": "s3cret"}).is_success
    random = np.random.default_rng(7)
    margin, days = random.uniform(0.5, 2.0, ROWS).round(2), random.integers(1, 9, ROWS).astype(float)
    truth = days + random.integers(-2, 3, ROWS)
    begin = time.time_ns() - 10**9
    write(
        platform.home / "predictions" / "20261101T000000000000001-0-a.seg",
        *(
            record(
                n, time_ns=begin + n, model="parcels", reference="parcels", output=f"[{days[n]}]".encode(),
                input=(
                    f'{{"inputs": [{{"days": {days[n]}, "margin": {margin[n]}, "region": "{"north" if n % 4 else "south"}"}}]}}'
                ).encode(),
            )
            for n in range(ROWS)
        ),
    )  # fmt: skip
    path = tmp_path / "metric.py"
    path.write_text(HOSTILE.format(home=str(platform.home), port=int(platform.url.rpartition(":")[2])))
    platform.cli("metrics", "add", "parcels", "spy", "--file", str(path))
    labels = [{"prediction_id": f"p{n}", "value": float(truth[n])} for n in range(ROWS)]
    assert platform.http.post("/api/v1/labels", json={"model": "parcels", "labels": labels}).json()["accepted"] == ROWS

    wait_until(lambda: "lost_margin" in measures(platform), seconds=240, what="the value of the metric")
    late = days - truth
    expected = np.where(late < 0, -4.0 * late, late) * margin
    found = measures(platform)["lost_margin"]
    assert found["custom"] and found["value"] == pytest.approx(expected.mean())
    assert found["low"] < found["value"] < found["high"]
    half = 1.96 * expected.std() / ROWS**0.5
    assert (found["high"] - found["low"]) / 2 == pytest.approx(half, rel=0.3)
    quality = platform.http.get("/api/v1/models/parcels/quality", params={"since": "3d", "by": "day"}).json()
    slices = {each["value"]: each["measured"]["metrics"][-1] for each in quality["slices"]}
    assert slices["south"]["value"] == pytest.approx(expected[::4].mean())
    assert "lost_margin" in platform.cli("quality", "parcels").stdout

    limit = ["--kind", "performance", "--metric", "lost_margin", "--absolute", "--threshold", "0.001"]
    platform.cli("monitors", "set", "parcels", "margin", *limit)
    platform.cli("monitors", "backfill", "parcels", "margin", "--since", "2d")
    judged = platform.http.get("/api/v1/models/parcels/monitors/margin/results").json()["results"]
    assert "alarm" in {each["status"] for each in judged}
    shown = " ".join(platform.cli("monitors", "show", "parcels", "margin").stdout.split())
    assert "lost_margin" in shown and "alarm" in shown

    wait_until(lambda: problem_of(platform, "spy"), seconds=240, what="the finding about the hostile function")
    said = problem_of(platform, "spy")
    assert "reached" not in said or "nothing was reached" in said, said
    listed = platform.cli("metrics", "list", "parcels").stdout
    assert "lost_margin" in listed and "spy" in listed
    assert measures(platform)["lost_margin"]["value"] == pytest.approx(expected.mean()), (
        "the other metric has its value"
    )
