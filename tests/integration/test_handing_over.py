"""Large Arrow tables through a real platform: handed to the worker, whatever happens to worker and client, and nothing stays open."""

import hashlib
import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np
import pyarrow as pa
import pytest

from tests.support.models import write_model
from tests.support.platform import Platform
from tests.support.segments import records_in
from tests.support.waiting import wait_until
from unshelf.contracts.records import PredictionRecord

ARROW = "application/vnd.apache.arrow.stream"
NAMES = [f"x{number}" for number in range(8)]
HOLDING_SUMS = """
import pathlib, time
import numpy

FOLDER = pathlib.Path({folder!r})

def predict(array: numpy.ndarray):
    if (FOLDER / "hold").exists():
        (FOLDER / "held").touch()
        while (FOLDER / "hold").exists():
            time.sleep(0.01)
    return array.sum(axis=1)
"""


def deploy(platform: Platform, folder: Path) -> None:
    """A model that sums, and waits as long as there is a file `hold` in the folder."""
    example = [dict.fromkeys(NAMES, 1.0), dict.fromkeys(NAMES, 2.0)]
    model = write_model(
        folder / "sums", name="sums", requirements=("pyarrow", "numpy"),
        code=HOLDING_SUMS.format(folder=str(folder)), example=example,
    )  # fmt: skip
    recipe = model / "unshelf.toml"
    recipe.write_text(recipe.read_text().replace('name = "sums"\n', 'name = "sums"\ninput = "numpy"\n'))
    platform.cli("deploy", str(model))


def stream(values: Any) -> bytes:
    sink = pa.BufferOutputStream()
    table = pa.table({name: values[:, place] for place, name in enumerate(NAMES)})
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return sink.getvalue().to_pybytes()


def ask(platform: Platform, body: bytes) -> Any:
    """The sums, as an array; anything but 200 fails the test with the answer shown."""
    answer = platform.http.post("/models/sums/predict", content=body, headers={"content-type": ARROW, "accept": ARROW})
    assert answer.status_code == 200, answer.text
    with pa.ipc.open_stream(answer.content) as reader:
        return reader.read_all().column(0).to_numpy()


def leave_in_the_middle(platform: Platform, body: bytes) -> None:
    """Send half of it and hang up."""
    address = urlsplit(platform.url)
    head = (
        f"POST /models/sums/predict HTTP/1.1\r\nHost: {address.netloc}\r\nAuthorization: Bearer {platform.token}\r\n"
        f"Content-Type: {ARROW}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    with socket.create_connection((address.hostname or "", address.port or 0), timeout=60) as client:
        client.sendall(head.encode() + body[: len(body) // 2])


def recorded(platform: Platform) -> list[PredictionRecord]:
    return records_in(sorted((platform.home / "predictions").rglob("*.seg")))


def open_descriptors(platform: Platform) -> list[int]:
    return [process.num_fds() for role in ("gateway", "worker") for process in platform.processes(role)[-1:]]


@pytest.mark.long
def test_tables_reach_their_worker_whatever_happens(start_platform: Callable[..., Platform], tmp_path: Path) -> None:
    """Given a worker that is killed and clients that leave, then answers and digests are right, and no descriptor is left over."""
    platform = start_platform(gateways="1", sandbox="off")  # the model waits for a file of the test's
    deploy(platform, tmp_path)
    values = np.random.default_rng(3).normal(size=(100_000, len(NAMES)))
    body, sums = stream(values), values.sum(axis=1)
    np.testing.assert_array_equal(ask(platform, body), sums)
    before = open_descriptors(platform)

    (tmp_path / "hold").touch()
    with ThreadPoolExecutor() as threads:
        asked = threads.submit(ask, platform, body)
        wait_until(lambda: (tmp_path / "held").exists(), what="the model has the table")
        platform.kill("worker")
        (tmp_path / "hold").unlink()
        np.testing.assert_array_equal(asked.result(60), sums)

    for _ in range(3):
        leave_in_the_middle(platform, body)
    wait_until(lambda: len(recorded(platform)) == 5, what="all is recorded")
    for _ in range(3):
        np.testing.assert_array_equal(ask(platform, body), sums)

    records = recorded(platform)
    answered = [record for record in records if record.status == 200]
    assert sorted(record.attempts for record in answered) == [1, 1, 1, 1, 2]
    assert {record.input_sha256 for record in answered} == {hashlib.sha256(body).hexdigest()}
    assert {record.code for record in records if record not in answered} == {"malformed_request"}
    wait_until(lambda: open_descriptors(platform) == before, what=f"descriptors as before: {before}")
