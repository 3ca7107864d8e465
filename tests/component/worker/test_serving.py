"""A worker process serves: real frames on a real socket."""

import json
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support.waiting import wait_until
from unshelf.contracts.protocols.frames import NATIVE, REQUEST, STOPPING

DOUBLE = {"predict.py": "def predict(values):\n    return [value * 2 for value in values]\n"}


def slow(folder: Path, seconds: float) -> tuple[dict[str, str], Callable[[], bool]]:
    """A model that takes its time, and whether it has begun."""
    begun = folder / "begun"
    code = f"""
import pathlib, time

def predict(values):
    pathlib.Path({str(begun)!r}).touch()
    time.sleep({seconds})
    return values
"""
    return {"predict.py": code}, begun.exists


def test_a_request_is_answered(start: Any) -> None:
    gateway = start(files=DOUBLE).gateway()
    answer = gateway.ask({"inputs": [1.5, 2]})
    assert (answer.status, answer.json, answer.rows) == (200, [3.0, 4.0], 2)


def test_what_waits_is_predicted_together(start: Any, tmp_path: Path) -> None:
    files, is_busy = slow(tmp_path, 0.3)
    gateway = start(files=files).gateway()
    frames = [gateway.frame(json.dumps({"inputs": [number]}).encode()) for number in range(10)]
    gateway.socket.sendall(frames[0][1])
    wait_until(is_busy, what="the worker is busy with the first one")
    gateway.socket.sendall(b"".join(frame for _, frame in frames[1:]))
    answers = {answer.id: answer for answer in [gateway.receive() for _ in frames]}
    assert [answers[id].json for id, _ in frames] == [[float(number)] for number in range(10)]
    assert answers[frames[0][0]].rows == 1
    assert {answers[id].rows for id, _ in frames[1:]} == {9}
    assert all(answer.predict >= 300_000 for answer in answers.values())


def test_a_batch_holds_no_more_rows_than_allowed(start: Any) -> None:
    gateway = start(files=DOUBLE, max_batch_rows=4).gateway()
    frames = [gateway.frame(b'{"inputs": [1, 2, 3]}')[1] for _ in range(6)]
    gateway.socket.sendall(b"".join(frames))
    assert {gateway.receive().rows for _ in frames} == {3}


def test_the_queue_time_is_what_earlier_batches_took(start: Any) -> None:
    slow = "import time\ndef predict(values):\n    time.sleep(0.2)\n    return values\n"
    gateway = start(files={"predict.py": slow}, max_batch_rows=1).gateway()
    gateway.socket.sendall(b"".join(gateway.frame(b'{"inputs": [1]}')[1] for _ in range(2)))
    first, second = gateway.receive(), gateway.receive()
    assert first.queue < 200_000 <= second.queue


def test_without_proof_nothing_is_batched(start: Any) -> None:
    gateway = start(files=DOUBLE, batchable=False).gateway()
    frames = [gateway.frame(b'{"inputs": [1]}')[1] for _ in range(5)]
    gateway.socket.sendall(b"".join(frames))
    assert {gateway.receive().rows for _ in frames} == {1}


def test_one_bad_request_fails_alone(start: Any) -> None:
    picky = "def predict(values):\n    if 13 in values: raise ValueError('unlucky')\n    return values\n"
    gateway = start(files={"predict.py": picky}).gateway()
    bodies = [b'{"inputs": [1]}', b'{"inputs": [13]}', b'{"inputs": ["x"]}', b"{", b'{"inputs": [2]}']
    frames = [gateway.frame(body) for body in bodies]
    gateway.socket.sendall(b"".join(frame for _, frame in frames))
    answers = {answer.id: answer for answer in [gateway.receive() for _ in frames]}
    assert [answers[id].status for id, _ in frames] == [200, 500, 422, 400, 200]
    guilty = answers[frames[1][0]].json
    assert guilty["code"] == "model_error"
    assert "unlucky" not in guilty["detail"]
    assert "ValueError: unlucky" in guilty["traceback"]


@pytest.mark.parametrize(
    "code",
    ["raise SystemExit(3)", "raise KeyboardInterrupt", "exit()", "f = lambda: f()\n    f()", "raise MemoryError"],
)
def test_nothing_a_model_raises_ends_the_worker(start: Any, code: str) -> None:
    gateway = start(files={"predict.py": f"def predict(values):\n    {code}\n"}).gateway()
    assert gateway.ask({"inputs": [1]}).json["code"] == "model_error"
    assert gateway.ask({"inputs": [1]}).status == 500


def test_a_cancelled_request_is_neither_predicted_nor_answered(start: Any, tmp_path: Path) -> None:
    files, is_busy = slow(tmp_path, 0.3)
    gateway = start(files=files).gateway()
    _, first = gateway.frame(b'{"inputs": [1]}')
    second_id, second = gateway.frame(b'{"inputs": [2]}')
    third_id, third = gateway.frame(b'{"inputs": [3]}')
    gateway.socket.sendall(first)
    wait_until(is_busy)
    gateway.socket.sendall(second + third + gateway.cancel(second_id))
    gateway.receive()
    answer = gateway.receive()
    assert (answer.id, answer.rows) == (third_id, 1)


def test_a_frame_may_come_in_pieces_and_a_large_one_whole(start: Any) -> None:
    gateway = start(files=DOUBLE).gateway()
    _, frame = gateway.frame(b'{"inputs": [1]}')
    for byte in frame:
        gateway.socket.sendall(bytes([byte]))
    assert gateway.receive().json == [2.0]
    assert len(gateway.ask({"inputs": [1.0] * 300_000}).json) == 300_000


def test_answers_wait_for_a_slow_reader_while_others_are_served(start: Any) -> None:
    worker = start(files={"predict.py": "def predict(values):\n    return ['x' * 1_000_000 for _ in values]\n"})
    slow, quick = worker.gateway(), worker.gateway()
    frames = [slow.frame(b'{"inputs": [1]}')[1] for _ in range(20)]
    slow.socket.sendall(b"".join(frames))
    assert quick.ask({"inputs": [1]}).status == 200
    assert sum(len(slow.receive().payload) for _ in frames) == 20 * 1_000_004


def test_what_is_no_frame_ends_the_connection_and_no_other(start: Any) -> None:
    worker = start(files=DOUBLE)
    good, bad, odd = worker.gateway(), worker.gateway(), worker.gateway()
    bad.socket.sendall(b"\x00" * 64)
    odd.socket.sendall(REQUEST.pack(12, 1, 77, NATIVE, 0, 0))
    assert bad.hung_up()
    assert odd.hung_up()
    assert good.ask({"inputs": [1]}).status == 200


def test_an_unknown_protocol_is_415(start: Any) -> None:
    answer = start(files=DOUBLE).gateway().ask({"inputs": [1]}, protocol=99)
    assert (answer.status, answer.json["code"]) == (415, "unsupported_media_type")


@pytest.mark.long
def test_a_gateway_that_leaves_takes_its_requests_along(start: Any, tmp_path: Path) -> None:
    files, is_busy = slow(tmp_path, 2.0)
    worker = start(files=files, batchable=False)
    leaver, stayer = worker.gateway(), worker.gateway()
    leaver.socket.sendall(b"".join(leaver.frame(b'{"inputs": [1]}')[1] for _ in range(50)))
    wait_until(is_busy)
    leaver.close()
    began = time.monotonic()
    assert stayer.ask({"inputs": [1]}).status == 200
    assert time.monotonic() - began < 60


def test_sigterm_answers_what_was_received_and_says_so(start: Any, tmp_path: Path) -> None:
    files, is_busy = slow(tmp_path, 0.3)
    worker = start(files=files, batchable=False)
    gateway, idle = worker.gateway(), worker.gateway()
    idle.ask({"inputs": [1]})
    (tmp_path / "begun").unlink()
    gateway.socket.sendall(b"".join(gateway.frame(b'{"inputs": [1]}')[1] for _ in range(3)))
    wait_until(is_busy)
    worker.process.send_signal(signal.SIGTERM)
    answers = [gateway.receive() for _ in range(3)]
    assert all(answer.status == 200 for answer in answers)
    assert answers[-1].flags & STOPPING
    assert gateway.hung_up()
    assert idle.hung_up()
    assert worker.wait() == 0


def listens(worker: Any) -> bool:
    try:
        worker.gateway().close()
    except ConnectionRefusedError:
        return False
    return True


def test_without_its_host_it_serves_those_who_are_there_and_then_ends(start: Any) -> None:
    worker = start(files=DOUBLE)
    gateway = worker.gateway()
    gateway.ask({"inputs": [1]})
    worker.cut_lifeline()
    wait_until(lambda: not listens(worker), what="it takes no new connections")
    assert gateway.ask({"inputs": [1]}).status == 200
    gateway.close()
    assert worker.wait() == 0


def test_a_gateway_that_comes_just_when_the_host_goes_harms_nobody(start: Any) -> None:
    """Given both in one turn of the worker's loop, then those who are there are served on."""
    worker = start(files=DOUBLE)
    gateway = worker.gateway()
    gateway.ask({"inputs": [1]})
    worker.process.send_signal(signal.SIGSTOP)
    worker.cut_lifeline()
    worker.gateway()
    worker.process.send_signal(signal.SIGCONT)
    assert gateway.ask({"inputs": [1]}).status == 200


def test_without_host_and_gateways_it_ends_at_once(start: Any) -> None:
    worker = start(files=DOUBLE)
    worker.cut_lifeline()
    assert worker.wait() == 0


def test_the_host_hears_how_much_it_is_used(start: Any) -> None:
    worker = start(files=DOUBLE)
    gateway = worker.gateway()
    for _ in range(3):
        gateway.ask({"inputs": [1]})
    told = worker.event()
    while told["requests"] < 3:
        told = worker.event()
    assert told["event"] == "used"
    assert abs(told["last_used"] - time.time()) < 5


def test_a_model_can_not_touch_the_worker_s_pipes(start: Any) -> None:
    nosy = (
        "import os, sys, subprocess\n"
        "def predict(values):\n"
        "    listed = subprocess.run(['ls', '/proc/self/fd'], capture_output=True, text=True).stdout.split()\n"
        "    return [repr(sys.stdin.read()) + ' ' + str(len(listed)) for _ in values]\n"
    )
    answer = start(files={"predict.py": nosy}).gateway().ask({"inputs": [1]})
    assert answer.json == ["'' 4"]  # nothing on standard input; a child has 0, 1, 2 and the folder it lists


def test_a_model_that_can_not_be_loaded_is_told_to_the_host(start: Any) -> None:
    worker = start(command="serve", files={"predict.py": "import not_there"}, expect_failure=True)
    event = worker.event()
    assert (event["event"], event["step"]) == ("failed", "load")
    assert "Add `not_there` to the requirements" in event["hint"]
    assert worker.wait() == 1


def test_user_modules_named_like_ours_do_not_clash(start: Any) -> None:
    files = {
        "predict.py": "import server, frames\ndef predict(values):\n    return [server.NAME + frames.NAME] * len(values)\n",
        "server.py": "NAME = 'theirs'\n",
        "frames.py": "NAME = ' too'\n",
    }
    assert start(files=files).gateway().ask({"inputs": [1]}).json == ["theirs too"]


def test_nothing_of_unshelf_is_imported(start: Any) -> None:
    code = "import sys\ndef predict(values):\n    return [sorted(n for n in sys.modules if n.split('.')[0] == 'unshelf')]\n"
    assert start(files={"predict.py": code}).gateway().ask({"inputs": [1]}).json == [[]]


def open_files(worker: Any) -> int:
    return len(list(Path(f"/proc/{worker.process.pid}/fd").iterdir()))


def test_connections_leave_nothing_open(start: Any) -> None:
    worker = start(files=DOUBLE)
    before = open_files(worker)
    for _ in range(100):
        gateway = worker.gateway()
        gateway.ask({"inputs": [1]})
        gateway.close()
    wait_until(lambda: open_files(worker) == before, what="what the gateways held is closed")


def test_variables_are_neither_in_the_command_line_nor_in_the_environment_that_others_read(start: Any) -> None:
    code = (
        "import os, subprocess\nKEY = os.environ['SERVICE_KEY']\ndef predict(values):\n"
        "    return [KEY + subprocess.run('echo -$SERVICE_KEY', shell=True, capture_output=True, text=True).stdout for _ in values]\n"
    )
    worker = start(files={"predict.py": code}, variables={"SERVICE_KEY": "hunter2"})
    answer = worker.gateway().ask({"inputs": [1.0]})
    assert answer.json == ["hunter2-hunter2\n"]
    for name in ("environ", "cmdline"):
        assert b"hunter2" not in Path(f"/proc/{worker.process.pid}/{name}").read_bytes()


def test_the_record_of_a_variable_that_is_missing_says_how_to_set_it(start: Any) -> None:
    code = "import os\ndef predict(values):\n    return [os.environ['SERVICE_KEY'] for _ in values]\n"
    answer = start(files={"predict.py": code}).gateway().ask({"inputs": [1.0]})
    assert (answer.status, answer.json["detail"]) == (500, "The model raised KeyError.")
    assert "`unshelf secrets set SERVICE_KEY --model iris`" in answer.json["traceback"]
