"""A model that yields, as its maker and its callers meet it: written as a generator, read word by word, recorded whole."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

import unshelf
from tests.support.models import write_model
from tests.support.platform import UNSHELF, Platform
from tests.support.waiting import wait_until

TELLER = '''
import time
from pathlib import Path


class Teller:
    """Tells a text word by word; of each word it waits until the reader has the one before."""

    def predict(self, rows):
        for row in rows:
            for number, word in enumerate(row["text"].split()):
                while row["folder"] and number and not Path(row["folder"], f"seen-{number - 1}").exists():
                    time.sleep(0.005)
                if word == "stumble":
                    raise ValueError("over a word")
                yield word


predict = Teller().predict
'''
EXAMPLE = [{"text": "once upon a time", "folder": ""}]


@pytest.fixture(scope="module")
def platform(open_platform: Platform) -> Platform:
    """Models of these tests meet them at files."""
    return open_platform


@pytest.fixture(scope="module")
def teller(platform: Platform, tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = write_model(tmp_path_factory.mktemp("teller"), name="teller", code=TELLER, example=EXAMPLE)
    platform.cli("deploy", str(folder))
    return "teller"


def test_a_data_scientist_hears_each_word_as_it_is_told(platform: Platform, teller: str, tmp_path: Path) -> None:
    """Given a deployed generator, when it is asked by the SDK, then each word is there before the next one is made, and the
    record has all of them under the stream's id."""
    rows = [{"text": "the quick brown fox", "folder": str(tmp_path)}]
    heard: list[Any] = []
    with (
        unshelf.Client(platform.url, platform.token) as client,
        client.stream(teller, rows) as words,
    ):
        for word in words:
            (tmp_path / f"seen-{len(heard)}").touch()  # only now the model goes on
            heard.append(word)
        (record,) = [one for one in client.predictions(teller) if one["id"] == words.id]
    assert heard == ["the", "quick", "brown", "fox"]
    assert (words.model, words.version) == (teller, 1)
    assert (record["status"], record["output"]) == (200, heard)


@pytest.mark.long
def test_the_guide_is_true(platform: Platform, tmp_path: Path) -> None:
    """Given the files of docs/guides/streaming.md, when they are deployed and asked as it says, then its answers come."""
    guide = (Path(__file__).parents[2] / "docs" / "guides" / "streaming.md").read_text()
    code, recipe, example = (
        guide.split(f"```{kind}\n", 1)[1].split("```", 1)[0] for kind in ("python", "toml", "json")
    )
    folder = tmp_path / "shout"
    folder.mkdir()
    for name, text in (("predict.py", code), ("unshelf.toml", recipe), ("example.json", example)):
        (folder / name).write_text(text)
    platform.cli("deploy", str(folder))
    answer = platform.http.post(
        "/models/shout/predict",
        json={"inputs": [{"text": "hello wide world"}]},
        headers={"Accept": "text/event-stream"},
    )
    told = guide.split("/models/shout/predict\n", 1)[1].split("```", 1)[0]
    id = answer.headers["x-prediction-id"]
    assert answer.text.rstrip("\n") == told.replace("0192f3a4b5c6d7e8f90a1b2c3d4e", id).rstrip("\n")


def test_a_failure_midway_is_the_exception_of_any_other_failure(platform: Platform, teller: str) -> None:
    """Given words that were heard already, when the model raises, then so does the loop, and its owner finds the reason."""
    stumbling = [{"text": "I will stumble", "folder": ""}]
    words = unshelf.stream(teller, stumbling, url=platform.url, token=platform.token)
    assert [next(words), next(words)] == ["I", "will"]
    with pytest.raises(unshelf.ModelFailed) as raised:
        next(words)
    assert "over a word" not in str(raised.value)
    (record,) = [one for one in platform.records(teller) if one["id"] == raised.value.id]
    assert "over a word" in json.dumps(record)
    with pytest.raises(unshelf.InvalidInput):
        next(unshelf.stream(teller, [{"text": 1, "folder": ""}], url=platform.url, token=platform.token))


def test_the_command_line_prints_a_word_a_line_as_it_comes(platform: Platform, teller: str, tmp_path: Path) -> None:
    rows = tmp_path / "rows.json"
    rows.write_text(json.dumps([{"text": "one two three", "folder": str(tmp_path)}]))
    command = [*UNSHELF, "predict", teller, "--data", str(rows), "--stream"]
    with subprocess.Popen(
        command, env=platform.environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as said:
        assert said.stdout is not None
        for number, word in enumerate(("one", "two", "three")):
            assert said.stdout.readline() == f'"{word}"\n'
            assert said.poll() is None or number == 2
            (tmp_path / f"seen-{number}").touch()
        assert said.stdout.read() == ""
    assert said.returncode == 0


def test_who_has_heard_enough_stops_the_model(platform: Platform, teller: str, tmp_path: Path) -> None:
    """Given an endless text, when the reader leaves the loop, then the record says so, with what was read."""
    text = "word " * 100_000
    with (
        unshelf.Client(platform.url, platform.token) as client,
        client.stream(teller, [{"text": text, "folder": str(tmp_path)}]) as words,
    ):
        assert next(words) == "word"

    def outcome() -> list[str]:
        return [one["code"] for one in platform.records(teller) if one["id"] == words.id]

    wait_until(lambda: outcome() == ["client_gone"], what="the record of a caller who left")
    (tmp_path / "seen-0").touch()
    assert platform.predict(teller, [{"text": "next please", "folder": ""}]) == ["next", "please"]
