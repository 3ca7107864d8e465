"""Python code as a model, deployed and asked for real: asynchronous functions, classes given as classes, code of a script."""

import subprocess
import sys
from pathlib import Path

import pytest

import unshelf
from tests.support.models import write_model
from tests.support.platform import Platform

pytestmark = pytest.mark.long  # a whole platform for what unit and component tests prove of its parts

CONNECTED = """
import asyncio


class predict:
    def __init__(self):
        self.loop = asyncio.get_running_loop()
        self.connections = 0

    async def load(self, folder):
        self.server = await asyncio.start_unix_server(self.serve, "/tmp/echo.sock")
        self.reader, self.writer = await asyncio.open_unix_connection("/tmp/echo.sock")

    async def serve(self, reader, writer):
        self.connections += 1
        while line := await reader.readline():
            writer.write(str(2 * float(line)).encode() + b"\\n")

    async def predict(self, rows):
        answers = []
        for row in rows:
            self.writer.write(f"{row['a']}\\n".encode())
            answers.append({"twice": float(await self.reader.readline()), "connections": self.connections})
        return answers
"""
TELLER = """
import asyncio

async def predict(rows):
    for row in rows:
        for word in row["text"].split():
            await asyncio.sleep(0)
            if word == "stumble":
                raise ValueError("over a word")
            yield word
"""
SCRIPT = """
import asyncio, functools, unshelf

WEIGHT = 3

def weighted(values):
    return [WEIGHT * value for value in values]

class Model:
    def load(self):
        self.offset = 1

    def predict(self, rows):
        return [value + self.offset for value in weighted([row["a"] for row in rows])]

class Asynchronous(Model):
    async def predict(self, rows):
        await asyncio.sleep(0)
        return super().predict(rows)

async def scaled(rows, factor):
    await asyncio.sleep(0)
    return [row["a"] * factor for row in rows]

example = [{"a": 1}, {"a": 2}]
for name, model in {
    "a-class": Model,
    "an-asynchronous-class": Asynchronous,
    "an-asynchronous-function": functools.partial(scaled, factor=4),
    "an-asynchronous-lambda": lambda rows: scaled(rows, 5),
}.items():
    unshelf.deploy(model, name=name, example=example, progress=False)
"""


def client_of(platform: Platform) -> unshelf.Client:
    return unshelf.Client(platform.url, platform.token)


def test_an_asynchronous_class_keeps_its_connections_between_calls(platform: Platform, tmp_path: Path) -> None:
    """Given a class that opens a connection in `load`, when it is asked again and again, then it goes on with that connection."""
    platform.cli("deploy", str(write_model(tmp_path / "model", name="connected", code=CONNECTED, example=[{"a": 1.0}])))
    for value in (1.0, 2.0, 3.0):
        assert platform.predict("connected", [{"a": value}]) == [{"twice": 2 * value, "connections": 1}]


def test_an_asynchronous_generator_streams(platform: Platform, tmp_path: Path) -> None:
    folder = write_model(tmp_path / "model", name="async-teller", code=TELLER, example=[{"text": "once upon a time"}])
    platform.cli("deploy", str(folder))
    with client_of(platform) as client:
        with client.stream("async-teller", [{"text": "the quick fox"}]) as words:
            assert list(words) == ["the", "quick", "fox"]
        heard: list[str] = []
        with (
            pytest.raises(unshelf.ModelFailed),
            client.stream("async-teller", [{"text": "they stumble once"}]) as words,
        ):
            heard.extend(iter(words))
        assert heard == ["they"]
    assert platform.predict("async-teller", [{"text": "all at once"}]) == ["all", "at", "once"]


@pytest.fixture(scope="module")
def of_a_script(platform: Platform, tmp_path_factory: pytest.TempPathFactory) -> Platform:
    """Models whose code is in no file: that of `python -c`, as a notebook's."""
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        env=platform.environment(),
        cwd=tmp_path_factory.mktemp("script"),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return platform


@pytest.mark.parametrize(
    ("model", "answer"),
    [
        ("a-class", [31, 7]),
        ("an-asynchronous-class", [31, 7]),
        ("an-asynchronous-function", [40, 8]),
        ("an-asynchronous-lambda", [50, 10]),
    ],
)
def test_code_that_is_in_no_file_is_deployed_by_value(of_a_script: Platform, model: str, answer: list[int]) -> None:
    assert of_a_script.predict(model, [{"a": 10}, {"a": 2}]) == answer


def test_a_class_that_needs_arguments_is_refused_at_deploy(platform: Platform, tmp_path: Path) -> None:
    script = (
        "import unshelf\nclass Model:\n    def __init__(self, path): self.path = path\n"
        "    def predict(self, rows): return rows\nunshelf.deploy(Model, name='needy', example=[1])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        env=platform.environment(),
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "missing a required argument: 'path'" in done.stderr
    assert platform.http.get("/api/v1/models/needy").status_code == 404
