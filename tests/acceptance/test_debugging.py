"""A data scientist finds out why a model fails: by what it printed, and by the traceback of the prediction that failed."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.support.models import write_model
from tests.support.platform import UNSHELF, Platform, running_platform
from tests.support.waiting import wait_until

CODE = """
import logging
import sys

RATES = {"fr": 1.0, "de": 2.0}
print("rates are read")


def predict(rows):
    print("asked for", [row["country"] for row in rows])
    logging.getLogger("rates").warning("rows: %s", len(rows))
    return [rate_of(row) for row in rows]


def rate_of(row):
    sys.stderr.write("looking up " + row["country"] + "\\n")
    return RATES[row["country"]]
"""
EXAMPLE = [{"country": "fr"}, {"country": "de"}]


def output(platform: Platform, *options: str) -> list[dict[str, Any]]:
    said = platform.cli("logs", "rates", "--output", "--json", *options).stdout
    return [json.loads(line) for line in said.splitlines()]


def test_why_a_prediction_failed_is_found_by_the_id_in_its_error(tmp_path: Path) -> None:
    """Given a model that prints and fails for one row, when a caller meets the failure, then its owner finds all of it by the id."""
    folder = write_model(tmp_path / "rates", name="rates", code=CODE, example=EXAMPLE)
    with running_platform(tmp_path / "home") as platform:
        platform.cli("deploy", str(folder))
        assert platform.predict("rates", [{"country": "de"}]) == [2.0]
        shop = platform.client(platform.key(name="shop"))
        answer = shop.post("/models/rates/predict", json={"inputs": [{"country": "atlantis"}]})
        failure = answer.json()
        assert (answer.status_code, "atlantis" in answer.text) == (500, False)

        shown = platform.cli("logs", "rates", "--id", failure["id"]).stdout
        assert "KeyError: 'atlantis'" in shown
        assert 'return RATES[row["country"]]' in shown
        assert "looking up atlantis" in shown
        assert "asked for ['atlantis']" in shown
        assert "shop" in shown
        assert "shop" in platform.cli("logs", "rates").stdout

        lines = output(platform)
        workers = [line for line in lines if line["replica"] != "check"]
        texts = [line["text"] for line in workers]
        assert texts.count("rates are read") >= 1
        assert "rows: 1" in texts
        pids = {
            str(each["pid"])
            for each in json.loads(platform.cli("show", "rates", "--json").stdout)["version"]["replicas"]
        }
        assert {line["replica"] for line in workers} == pids
        assert all(line["time"] and line["version"] == 1 for line in lines)
        checked = [line["text"] for line in lines if line["replica"] == "check"]
        assert "rates are read" in checked
        assert "asked for ['fr', 'de']" in checked
        assert output(platform, "--since", "2099-01-01") == []
        assert [line["text"] for line in output(platform, "--limit", "1")] == texts[-1:]

        predicting = platform.client(platform.key())
        assert predicting.get("/api/v1/models/rates/output").status_code == 403


@pytest.mark.long
def test_what_a_model_prints_is_followed_as_it_comes(tmp_path: Path) -> None:
    folder = write_model(tmp_path / "rates", name="rates", code=CODE, example=EXAMPLE)
    with running_platform(tmp_path / "home") as platform:
        platform.cli("deploy", str(folder))
        with (
            (tmp_path / "followed").open("w") as followed,
            subprocess.Popen(
                [*UNSHELF, "logs", "rates", "--output", "-f", "--limit", "0"],
                env=platform.environment(),
                stdout=followed,
            ) as follower,
        ):
            try:

                def comes() -> bool:
                    platform.predict("rates", [{"country": "fr"}])
                    return "looking up fr" in (tmp_path / "followed").read_text()

                wait_until(comes, what="the line is there")
            finally:
                follower.terminate()


LEAKS = """
import os
import warnings

KEY = os.environ["BANK_KEY"]
print("connecting with", KEY)
warnings.warn("old key " + KEY)


def predict(rows):
    if rows[0]["a"] < 0:
        raise ValueError("refused: " + KEY)
    return [row["a"] for row in rows]
"""


@pytest.mark.long
def test_a_secret_that_a_model_prints_or_raises_is_left_out(tmp_path: Path) -> None:
    """Given a model that prints and raises its key, when its owner looks, then the key's name is there, and nowhere its value."""
    value = "correct-horse-battery"
    folder = write_model(tmp_path / "bank", name="bank", code=LEAKS, example=[{"a": 1.0}])
    with running_platform(tmp_path / "home") as platform:
        said = subprocess.run(
            [*UNSHELF, "secrets", "set", "BANK_KEY", "--model", "bank"],
            input=value, env=platform.environment(), capture_output=True, text=True, check=True,
        )  # fmt: skip
        deployed = platform.cli("deploy", str(folder))
        failed = platform.http.post("/models/bank/predict", json={"inputs": [{"a": -1.0}]})
        assert failed.status_code == 500
        told = platform.cli("logs", "bank", "--id", failed.json()["id"]).stdout
        printed = platform.cli("logs", "bank", "--output").stdout
        shown = platform.cli("show", "bank").stdout
        assert "ValueError: refused: [secret BANK_KEY]" in told
        assert "connecting with [secret BANK_KEY]" in printed
        assert "old key [secret BANK_KEY]" in shown
        for text in (said.stdout, deployed.stdout, told, printed, shown):
            assert value not in text
    for path in (tmp_path / "home").rglob("*"):
        assert path.is_dir() or path.is_socket() or value.encode() not in path.read_bytes(), path
