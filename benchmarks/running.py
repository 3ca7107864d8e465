"""Systems under load: installing a peer, starting it, asking it, and stopping all that it started."""

import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx
import psutil
from uv import find_uv_bin

from benchmarks.peers import CASES, Peer, Setting, encode

REPOSITORY = Path(__file__).resolve().parents[1]
PROGRAMS = REPOSITORY / "benchmarks" / "programs"
BUILT = REPOSITORY / "build" / "peers"
START_SECONDS = 120.0


class Unusable(Exception):
    """A system can't be installed or does not answer as it should; the message says why."""


def install(peer: Peer) -> str:
    """Make the peer's environment, once; the version of what is compared. Raises Unusable."""
    folder = BUILT / peer.key
    stamp = folder / "complete.json"
    wanted = {"requirements": list(peer.requirements), "python": sys.version, "prepare": repr(peer.prepare)}
    if not stamp.exists() or json.loads(stamp.read_text()) != wanted:
        shutil.rmtree(folder, ignore_errors=True)
        python = str(folder / "bin" / "python")
        environment = {"UV_FIND_LINKS": os.environ.get("PIP_FIND_LINKS", ""), **os.environ}
        uv = find_uv_bin()
        _run([uv, "venv", "--quiet", "--python", sys.executable, str(folder)], environment, REPOSITORY)
        install = [uv, "pip", "install", "--quiet", "--compile-bytecode", "--python", python, *peer.requirements]
        _run(install, environment, REPOSITORY)
        work = folder / "work"
        work.mkdir()
        for command in peer.prepare:
            _run(_filled(command, _places(peer)), _clean_environment(peer, {}), work)
        stamp.write_text(json.dumps(wanted))
    code = f"from importlib.metadata import version; print(version({peer.shown!r}))"
    return _run([str(folder / "bin" / "python"), "-c", code], dict(os.environ), REPOSITORY).strip()


@contextlib.contextmanager
def running(peer: Peer, setting: Setting) -> Iterator[str]:
    """The peer, started with this setting and seen to give right answers; its URL."""
    ports = _free_ports(3)
    places = {**_places(peer), "port": str(ports[0]), "port2": str(ports[1]), "port3": str(ports[2])}
    work = BUILT / peer.key / "work"
    for name, content in setting.files.items():
        (work / name).write_text(json.dumps(_filled_json(content, places)))
    environment = _clean_environment(
        peer, {name: value.format(**places) for name, value in setting.environment.items()}
    )
    with (work / "log.txt").open("wb") as log:
        process = subprocess.Popen(
            _filled(setting.command, places),
            cwd=work,
            env=environment,
            stdout=log,
            stderr=log,
            stdin=subprocess.DEVNULL,
        )
    try:
        url = f"http://127.0.0.1:{ports[0]}{setting.path}"
        try:
            _await_right_answers(url, setting, process, predicts=peer.predicts)
        except Unusable as error:
            raise Unusable(f"{error}\n{(work / 'log.txt').read_text(errors='replace')[-1500:]}") from error
        yield url
    finally:
        stop_tree(process)


def check_answers(
    url: str, setting: Setting, *, predicts: bool = True, headers: Mapping[str, str] | None = None
) -> None:
    """Ask for every case; raises Unusable when an answer is wrong."""
    with httpx.Client(timeout=30, headers=headers, trust_env=False) as client:
        for row, kind in CASES if predicts else CASES[:1]:
            try:
                answer = client.post(url, content=encode(setting, row), headers={"content-type": "application/json"})
            except httpx.TransportError as error:
                raise Unusable(f"it can't be reached: {error!r}") from error
            if answer.status_code != 200:
                raise Unusable(f"answered {answer.status_code}: {answer.text[:500]}")
            got = setting.answer(answer.json())
            if got != kind:
                raise Unusable(f"for {row} it answered {got!r}, not {kind}")


def stop_tree(process: subprocess.Popen[Any]) -> None:
    """End a process and all that it started, however many processes that are."""
    family = []
    with contextlib.suppress(psutil.NoSuchProcess):
        family = psutil.Process(process.pid).children(recursive=True)
    process.terminate()
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(20)
    process.kill()
    process.wait(10)
    _, alive = psutil.wait_procs(family, timeout=5)
    for child in alive:
        with contextlib.suppress(psutil.NoSuchProcess):
            child.kill()
    psutil.wait_procs(alive, timeout=5)


def _await_right_answers(url: str, setting: Setting, process: subprocess.Popen[Any], *, predicts: bool) -> None:
    deadline = time.monotonic() + START_SECONDS
    said = "nothing"
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise Unusable(f"it ended with status {process.returncode}")
        try:
            check_answers(url, setting, predicts=predicts)
        except Unusable as error:
            said = str(error)
            time.sleep(0.3)
            continue
        return
    raise Unusable(f"no right answer within {START_SECONDS:.0f} s; the last one: {said}")


def _places(peer: Peer) -> dict[str, str]:
    folder = BUILT / peer.key
    return {
        "python": str(folder / "bin" / "python"), "bin": str(folder / "bin"), "programs": str(PROGRAMS), "work": str(folder / "work"),
    }  # fmt: skip


def _filled(command: tuple[str, ...], places: Mapping[str, str]) -> list[str]:
    return [word.format(**places) for word in command]


def _filled_json(value: Any, places: Mapping[str, str]) -> Any:
    """`{"http_port": "{port}"}` → `{"http_port": 1234}`; nothing else is touched."""
    if isinstance(value, dict):
        return {key: _filled_json(item, places) for key, item in value.items()}
    if isinstance(value, str) and value.startswith("{port"):
        return int(value.format(**places))
    return value


def _clean_environment(peer: Peer, more: Mapping[str, str]) -> dict[str, str]:
    """As in a shell where the peer's environment is active, with one BLAS thread each: more only disturb on so small a model."""
    path = f"{BUILT / peer.key / 'bin'}{os.pathsep}{os.environ.get('PATH', '')}"
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("UNSHELF_", "PYTHONPATH"))}
    return {**kept, "PATH": path, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", **more}


def _free_ports(count: int) -> list[int]:
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]


def _run(command: list[str], environment: Mapping[str, str], folder: Path) -> str:
    done = subprocess.run(command, env=environment, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise Unusable(f"`{' '.join(command)}` ended with status {done.returncode}\n{done.stderr[-2000:]}")
    return done.stdout
