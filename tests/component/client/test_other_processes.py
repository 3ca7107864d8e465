"""A client that goes into other processes: by fork, as prefork servers do, or pickled, as Spark, dask and joblib do."""

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

_CHILDREN = 8
_FORKED = """
import multiprocessing, sys
import unshelf

client = unshelf.Client(sys.argv[1], "t" * 40)

def ask(number):
    return number, client.predict("echo", [number])

if __name__ == "__main__":
    client.predict("echo", [0])  # a connection is open when the children come to be
    with multiprocessing.get_context("fork").Pool(8) as pool:
        wrong = [(number, answer) for number, answer in pool.map(ask, range(400), chunksize=1) if answer != [number]]
    assert client.predict("echo", [7]) == [7]
    print(wrong)
"""
_THREADED = """
import os, sys, threading
import unshelf

client = unshelf.Client(sys.argv[1], "t" * 40)
stop = threading.Event()

def keep_asking():
    while not stop.is_set():
        client.predict("echo", [1])

threads = [threading.Thread(target=keep_asking) for _ in range(4)]
for thread in threads:
    thread.start()
for _ in range(20):  # some of these forks happen while a thread holds the pool's lock
    child = os.fork()
    if child == 0:
        os._exit(0 if client.predict("echo", [os.getpid()]) == [os.getpid()] else 1)
    assert os.waitpid(child, 0)[1] == 0
stop.set()
for thread in threads:
    thread.join()
print("right")
"""
_PICKLED = """
import pickle, sys
import cloudpickle
import unshelf

client = unshelf.Client(sys.argv[1], "t" * 40)
again = pickle.loads(pickle.dumps(client))
assert again.predict("echo", [3]) == [3]
score = lambda row: unshelf.predict("echo", [row], url=sys.argv[1], token="t" * 40)
sent = cloudpickle.dumps(score)
assert len(sent) < 2000, len(sent)
print(pickle.loads(sent)(5))
"""


class _Echo(BaseHTTPRequestHandler):
    """Answers predictions with their inputs, on connections that stay open."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        body = json.dumps({"id": "p", "model": "echo", "version": 1, "outputs": asked["inputs"]}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *arguments: Any) -> None:
        """Say nothing."""


class _Server(ThreadingHTTPServer):
    request_queue_size = 128


@contextmanager
def _echo_server() -> Iterator[str]:
    server = _Server(("127.0.0.1", 0), _Echo)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def url() -> Iterator[str]:
    with _echo_server() as address:
        yield address


def _run(program: str, url: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", program, url], capture_output=True, text=True, timeout=100, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_each_child_of_a_fork_gets_its_own_answers(url: str) -> None:
    """Given a client with an open connection, when eight forked children ask at once, then none hears another's answer."""
    assert _run(_FORKED, url) == "[]"


def test_a_fork_beside_asking_threads_inherits_no_held_lock(url: str) -> None:
    assert _run(_THREADED, url) == "right"


def test_a_client_and_functions_that_use_the_module_are_pickled(url: str) -> None:
    pytest.importorskip("cloudpickle", reason="cloudpickle is not installed: make test-long installs it")
    assert _run(_PICKLED, url) == "[5]"
